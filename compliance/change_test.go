package compliance_test

import (
	"math"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/compliance/compliancetest"
)

func itoa(i int) string { return strconv.Itoa(i) }

func TestChangeKindFullRange(t *testing.T) {
	t.Parallel()
	tokens := map[compliance.ChangeKind]string{
		compliance.First: "first", compliance.Changed: "changed",
		compliance.Revised: "revised", compliance.Removed: "removed",
	}
	if got := slices.Collect(compliance.ChangeKinds()); len(got) != len(tokens) || got[0] != compliance.First {
		t.Errorf("ChangeKinds() = %v, want all four from first on", got)
	}
	for k := range compliance.ChangeKinds() {
		if k != compliance.First {
			t.Errorf("ChangeKinds() first = %v, want first", k)
		}
		break
	}
	for i := range math.MaxUint8 + 1 {
		v := compliance.ChangeKind(i)
		text, err := v.MarshalText()
		if string(text) != tokens[v] || (tokens[v] != "") != (err == nil) {
			t.Fatalf("ChangeKind(%d).MarshalText() = %q, %v, want %q", i, text, err, tokens[v])
		}
		if err != nil {
			wantEnumError(t, err, "ChangeKind("+itoa(i)+")")
			continue
		}
		got, err := compliance.ParseChangeKind(string(text))
		if err != nil || got != v || v.String() != string(text) {
			t.Errorf("ParseChangeKind(%q) = %v, %v, want %v", text, got, err, v)
		}
		back := compliance.ChangeKind(77)
		if err := back.UnmarshalText(text); err != nil || back != v {
			t.Errorf("UnmarshalText(%q) = %v, %v, want %v", text, back, err, v)
		}
	}
}

func TestParseChangeKindRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "First", "first ", "gone", "ChangeKind(1)"} {
		got, err := compliance.ParseChangeKind(text)
		if err == nil || got != 0 {
			t.Errorf("ParseChangeKind(%q) = %v, %v, want 0 and an error", text, got, err)
			continue
		}
		wantEnumError(t, err, text)
		k := compliance.Removed
		if err := k.UnmarshalText([]byte(text)); err == nil || k != compliance.Removed {
			t.Errorf("UnmarshalText(%q) = %v, k = %v, want an error and k untouched", text, err, k)
		}
	}
}

func TestReported(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-2")
	t.Attr("rule", "DIFF-6")
	t.Attr("rule", "DIFF-7")
	want := map[compliance.ChangeKind]bool{compliance.First: true, compliance.Changed: true}
	var all, reported []compliance.Change
	for i := range math.MaxUint8 + 1 {
		c := compliance.Change{ID: compliancetest.Scattered(i), Kind: compliance.ChangeKind(i)}
		if got := c.Reported(); got != want[c.Kind] {
			t.Errorf("Change{Kind: %v}.Reported() = %v, want %v", c.Kind, got, want[c.Kind])
		}
		all = append(all, c)
		if want[c.Kind] {
			reported = append(reported, c)
		}
	}
	if diff := cmp.Diff(reported, slices.Collect(compliance.Reported(all))); diff != "" {
		t.Errorf("Reported mismatch (-want +got):\n%s", diff)
	}
	for c := range compliance.Reported(all) {
		if c.Kind != compliance.First {
			t.Errorf("Reported first = %v, want first", c.Kind)
		}
		break
	}
}
