package compliance_test

import (
	"testing"

	"github.com/updatescan/updatescan/compliance"
)

// FuzzParseTokens: what a parser accepts is exactly what its value writes.
func FuzzParseTokens(f *testing.F) {
	for _, s := range []string{"required", "not_required", "First", "changed", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if v, err := compliance.ParseState(s); err == nil && v.String() != s {
			t.Errorf("ParseState accepts %q and writes %q", s, v)
		}
		if v, err := compliance.ParseChangeKind(s); err == nil && v.String() != s {
			t.Errorf("ParseChangeKind accepts %q and writes %q", s, v)
		}
	})
}
