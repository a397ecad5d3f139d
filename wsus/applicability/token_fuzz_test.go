package applicability_test

import (
	"testing"

	"github.com/updatescan/updatescan/wsus/applicability"
)

// FuzzParseTokens feeds the text parsers of the package: what one accepts it
// writes, and reads again as the same value.
func FuzzParseTokens(f *testing.F) {
	for _, s := range []string{"true", "unavailable", "REG_SZ", "local", "6.0.6001.18000", "{90120000-0030-0000-0000-0000000FF1CE}", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		check := func(what, text string, err error) {
			if err == nil && text != s {
				t.Errorf("%s accepts %q and writes %q", what, s, text)
			}
		}
		value, err := applicability.ParseValue(s)
		check("ParseValue", value.String(), err)
		presence, err := applicability.ParsePresence(s)
		check("ParsePresence", presence.String(), err)
		reason, err := applicability.ParseReason(s)
		check("ParseReason", reason.String(), err)
		cause, err := applicability.ParseCause(s)
		check("ParseCause", cause.String(), err)
		omission, err := applicability.ParseOmission(s)
		check("ParseOmission", omission.String(), err)
		state, err := applicability.ParseInstallState(s)
		check("ParseInstallState", state.String(), err)
		super, err := applicability.ParseSupersedence(s)
		check("ParseSupersedence", super.String(), err)
		if v, err := applicability.ParseVersion(s); err == nil {
			if again, err := applicability.ParseVersion(v.String()); err != nil || again != v {
				t.Errorf("ParseVersion(%q) = %v, which reads as %v, %v", s, v, again, err)
			}
		}
		if v, err := applicability.ParseGUID(s); err == nil {
			if again, err := applicability.ParseGUID(v.String()); err != nil || again != v {
				t.Errorf("ParseGUID(%q) = %v, which reads as %v, %v", s, v, again, err)
			}
		}
	})
}
