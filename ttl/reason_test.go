package ttl_test

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/updatescan/updatescan/ttl"
)

var reasonTokens = map[ttl.Reason]string{
	ttl.WithinTTL:     "within_ttl",
	ttl.Expired:       "expired",
	ttl.Absent:        "absent",
	ttl.FromFuture:    "from_future",
	ttl.VersionTooLow: "version_too_low",
}

func TestReasonFullRange(t *testing.T) {
	t.Parallel()
	for i := range math.MaxUint8 + 1 {
		r := ttl.Reason(i)
		want, valid := reasonTokens[r]
		text, err := r.MarshalText()
		if valid != (err == nil) || string(text) != want {
			t.Fatalf("Reason(%d).MarshalText() = %q, %v, want %q", i, text, err, want)
		}
		appended, err := r.AppendText([]byte("x"))
		if valid != (err == nil) || string(appended) != "x"+want {
			t.Fatalf("Reason(%d).AppendText(x) = %q, %v, want %q", i, appended, err, "x"+want)
		}
		if valid {
			if got, err := ttl.ParseReason(want); got != r || err != nil {
				t.Errorf("ParseReason(%q) = %v, %v, want %v", want, got, err, r)
			}
			if got := r.String(); got != want {
				t.Errorf("Reason(%d).String() = %q, want %q", i, got, want)
			}
			continue
		}
		if got, _ := errors.AsType[*ttl.ReasonError](err); got == nil || got.Text != r.String() {
			t.Errorf("Reason(%d).AppendText: %v, want a ReasonError naming %v", i, err, r)
		}
		if got, err := ttl.ParseReason(r.String()); got != 0 || err == nil {
			t.Errorf("ParseReason(%q) = %v, %v, want an error", r.String(), got, err)
		}
	}
	if got := ttl.Reason(9).String(); got != "Reason(9)" {
		t.Errorf("Reason(9).String() = %q", got)
	}
}

func TestReasons(t *testing.T) {
	t.Parallel()
	got := slices.Collect(ttl.Reasons())
	if len(got) != len(reasonTokens) || !slices.IsSorted(got) {
		t.Errorf("Reasons() = %v, want all %d in order", got, len(reasonTokens))
	}
	for r := range ttl.Reasons() {
		if r != ttl.WithinTTL {
			t.Errorf("the first of Reasons() = %v", r)
		}
		break
	}
}

func TestReasonRefusesUnknownText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "Expired", "EXPIRED", " expired", "expired\n", "fresh", "Reason(1)", "expired" + strings.Repeat("x", 1<<20)} {
		r := ttl.FromFuture
		err := r.UnmarshalText([]byte(text))
		if r != ttl.FromFuture || err == nil {
			t.Errorf("UnmarshalText(%.20q) = %v, receiver %v, want an error, receiver untouched", text, err, r)
		}
		got, parseErr := ttl.ParseReason(text)
		if got != 0 || parseErr == nil || len(parseErr.Error()) > 200 {
			t.Errorf("ParseReason(%.20q) = %v, %.300v", text, got, parseErr)
		}
		if e, ok := errors.AsType[*ttl.ReasonError](parseErr); !ok || e.Text != text[:min(len(text), 64)] {
			t.Errorf("ParseReason(%.20q): %.300v does not name the text", text, parseErr)
		}
	}
	_, err := ttl.ParseReason("fresh")
	if got, want := err.Error(), `ttl: reason: unknown: "fresh"`; got != want {
		t.Errorf("ParseReason(fresh): %q, want %q", got, want)
	}
}

func TestReasonJSON(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(map[string]ttl.Reason{"reason": ttl.Expired})
	if err != nil || string(b) != `{"reason":"expired"}` {
		t.Errorf("json.Marshal = %s, %v", b, err)
	}
	var back struct{ Reason ttl.Reason }
	if err := json.Unmarshal(b, &back); err != nil || back.Reason != ttl.Expired {
		t.Errorf("json.Unmarshal = %v, %v, want expired", back.Reason, err)
	}
	if _, err := json.Marshal(ttl.Reason(0)); err == nil {
		t.Error("json.Marshal(Reason(0)): no error")
	}
}

func FuzzParseReason(f *testing.F) {
	for _, token := range reasonTokens {
		f.Add(token)
	}
	f.Add("Reason(0)")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ttl.ParseReason(text)
		if (err == nil) != (reasonTokens[r] != "") || err == nil && r.String() != text {
			t.Errorf("ParseReason(%q) = %v, %v", text, r, err)
		}
	})
}
