package compliance_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/updatescan/updatescan/compliance"
	"pgregory.net/rapid"
)

const sampleID = "5d7e1f0a-93c4-4b1d-8a52-0c6f2e9b7d31"

// modelParseID is the slow, obvious reading of an id.
func modelParseID(s string) (compliance.UpdateID, bool) {
	if strings.HasPrefix(s, "{") && strings.HasSuffix(s, "}") && len(s) > 1 {
		s = strings.TrimSuffix(strings.TrimPrefix(s, "{"), "}")
	}
	parts := strings.Split(s, "-")
	if len(parts) != 5 {
		return compliance.UpdateID{}, false
	}
	for i, n := range []int{8, 4, 4, 4, 12} {
		if len(parts[i]) != n {
			return compliance.UpdateID{}, false
		}
	}
	raw, err := hex.DecodeString(strings.Join(parts, ""))
	if err != nil {
		return compliance.UpdateID{}, false
	}
	return compliance.UpdateID(raw), true
}

// checkParse compares ParseUpdateID and UnmarshalText with the model.
func checkParse(t rapid.TB, s string) {
	t.Helper()
	want, ok := modelParseID(s)
	got, err := compliance.ParseUpdateID(s)
	if got != want || ok != (err == nil) {
		t.Fatalf("ParseUpdateID(%q) = %v, %v, want %v, ok %v", s, got, err, want, ok)
	}
	id := compliance.UpdateID{0: 7, 15: 9}
	uerr := id.UnmarshalText([]byte(s))
	if ok && (uerr != nil || id != want) {
		t.Fatalf("UnmarshalText(%q) = %v, id = %v, want %v", s, uerr, id, want)
	}
	if ok {
		text := strings.ToLower(strings.Trim(s, "{}"))
		if got.String() != text {
			t.Fatalf("ParseUpdateID(%q).String() = %q, want %q", s, got.String(), text)
		}
		return
	}
	if uerr == nil || id != (compliance.UpdateID{0: 7, 15: 9}) {
		t.Fatalf("UnmarshalText(%q) = %v, id = %v, want an error and id untouched", s, uerr, id)
	}
	e, isID := errors.AsType[*compliance.IDError](err)
	if !isID || e.Text != s || e.Offset < 0 || e.Offset > len(s) || e.Reason == "" {
		t.Fatalf("ParseUpdateID(%q) error = %#v, want an *IDError with text, offset and reason", s, err)
	}
}

func TestParseUpdateIDRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		text   string
		offset int
		reason string
	}{
		{"empty", "", 0, "has 0 bytes"},
		{"short", sampleID[:35], 35, "has 35 bytes"},
		{"long", sampleID + "00", 0, "want '{'"},
		{"longer", sampleID + "000", 36, "has 39 bytes"},
		{"no hyphens", strings.ReplaceAll(sampleID, "-", ""), 32, "has 32 bytes"},
		{"open brace only", "{" + sampleID + "x", 37, "want '}'"},
		{"close brace only", "x" + sampleID + "}", 0, "want '{'"},
		{"half a pair of braces", "{" + sampleID, 36, "has 37 bytes"},
		{"round brackets", "(" + sampleID + ")", 0, "want '{'"},
		{"letter g", "5d7e1f0g" + sampleID[8:], 7, "hexadecimal digit, got 'g'"},
		{"hyphen for a digit", "-" + sampleID[1:], 0, "hexadecimal digit, got '-'"},
		{"digit for a hyphen", sampleID[:13] + "0" + sampleID[14:], 13, "want '-', got '0'"},
		{"last digit", sampleID[:35] + "G", 35, "hexadecimal digit"},
		{"last digit in braces", "{" + sampleID[:35] + "G}", 36, "hexadecimal digit"},
		{"non-ASCII", sampleID[:34] + "é", 34, "hexadecimal digit"},
		{"spaces", " " + sampleID + " ", 0, "want '{'"},
		{"very long", strings.Repeat("a", 9999), 36, "has 9999 bytes"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			checkParse(t, test.text)
			_, err := compliance.ParseUpdateID(test.text)
			e, ok := errors.AsType[*compliance.IDError](err)
			if !ok || e.Offset != test.offset || !strings.Contains(e.Reason, test.reason) {
				t.Errorf("ParseUpdateID(%.50q) = %v, want offset %d and %q", test.text, err, test.offset, test.reason)
			}
			if n := len(err.Error()); n > 400 {
				t.Errorf("error text has %d bytes, want a bounded one", n)
			}
		})
	}
}

func TestParseUpdateIDEveryByteCounts(t *testing.T) {
	t.Parallel()
	const text = "{" + sampleID + "}"
	for i := range len(text) {
		for c := range 256 {
			edited := text[:i] + string([]byte{byte(c)}) + text[i+1:]
			checkParse(t, edited)
			checkParse(t, edited[1:len(edited)-1])
		}
	}
}

func TestUpdateIDTextRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		id := compliance.UpdateID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
		text := id.String()
		raw := hex.EncodeToString(id[:])
		want := raw[:8] + "-" + raw[8:12] + "-" + raw[12:16] + "-" + raw[16:20] + "-" + raw[20:]
		if text != want {
			t.Fatalf("String() = %q, want %q", text, want)
		}
		for _, form := range []string{text, strings.ToUpper(text), "{" + text + "}"} {
			if got, err := compliance.ParseUpdateID(form); err != nil || got != id {
				t.Fatalf("ParseUpdateID(%q) = %v, %v, want %v", form, got, err, id)
			}
		}
		for _, room := range []int{0, 3, 39, 100} {
			b, err := id.AppendText(append(make([]byte, 0, room), "id="...))
			if err != nil || string(b) != "id="+want {
				t.Fatalf("AppendText = %q, %v, want %q", b, err, "id="+want)
			}
		}
		if b, err := id.MarshalText(); err != nil || string(b) != want {
			t.Fatalf("MarshalText() = %q, %v, want %q", b, err, want)
		}
	})
}

func TestUpdateIDOrderIsThatOfText(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-4")
	rapid.Check(t, func(t *rapid.T) {
		a := compliance.UpdateID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "a"))
		b := a
		for range rapid.IntRange(0, 2).Draw(t, "edits") {
			b[rapid.IntRange(0, 15).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		}
		if got, want := a.Compare(b), strings.Compare(a.String(), b.String()); got != want {
			t.Fatalf("%v.Compare(%v) = %d, want %d", a, b, got, want)
		}
	})
}

func TestUpdateIDIsZero(t *testing.T) {
	t.Parallel()
	if !(compliance.UpdateID{}).IsZero() {
		t.Error("UpdateID{}.IsZero() = false, want true")
	}
	if (compliance.UpdateID{15: 1}).IsZero() {
		t.Error("UpdateID{15: 1}.IsZero() = true, want false")
	}
}

func TestUpdateIDInJSON(t *testing.T) {
	t.Parallel()
	in := map[compliance.UpdateID]compliance.State{parse(t, sampleID): compliance.Required}
	text, err := json.Marshal(in)
	if want := `{"` + sampleID + `":"required"}`; err != nil || string(text) != want {
		t.Fatalf("json.Marshal = %s, %v, want %s", text, err, want)
	}
	var out map[compliance.UpdateID]compliance.State
	if err := json.Unmarshal(text, &out); err != nil || len(out) != 1 || out[parse(t, sampleID)] != compliance.Required {
		t.Errorf("json.Unmarshal = %v, %v, want %v", out, err, in)
	}
}

func FuzzParseUpdateID(f *testing.F) {
	f.Add(sampleID)
	f.Add("{" + strings.ToUpper(sampleID) + "}")
	f.Add("{}")
	f.Add("00000000-0000-0000-0000-00000000000")
	f.Fuzz(func(t *testing.T, s string) {
		checkParse(t, s)
	})
}

// parse is ParseUpdateID for a text that is known to be good.
func parse(tb testing.TB, text string) compliance.UpdateID {
	tb.Helper()
	id, err := compliance.ParseUpdateID(text)
	if err != nil {
		tb.Fatalf("ParseUpdateID(%q) = %v, want no error", text, err)
	}
	return id
}
