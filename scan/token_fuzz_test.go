package scan_test

import (
	"testing"

	"github.com/updatescan/updatescan/scan"
)

// FuzzParse feeds every text parser of the package: what one accepts is
// exactly what its value writes.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"scan_schedule", "forced_online", "connect", "metadata_fresh", "completed", "outbox", "joined", "{00000000-0000-0000-0000-000000000113}", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		check := func(what string, text string, err error) {
			if err == nil && text != s {
				t.Errorf("%s accepts %q and writes %q", what, s, text)
			}
		}
		trigger, err := scan.ParseTrigger(s)
		check("ParseTrigger", trigger.String(), err)
		typ, err := scan.ParseType(s)
		check("ParseType", typ.String(), err)
		action, err := scan.ParseAction(s)
		check("ParseAction", action.String(), err)
		reason, err := scan.ParseReason(s)
		check("ParseReason", reason.String(), err)
		outcome, err := scan.ParseOutcome(s)
		check("ParseOutcome", outcome.String(), err)
		part, err := scan.ParsePart(s)
		check("ParsePart", part.String(), err)
		kind, err := scan.ParseNoticeKind(s)
		check("ParseNoticeKind", kind.String(), err)
		if trigger, err := scan.TriggerBySchedule(s); err == nil && !trigger.Valid() {
			t.Errorf("TriggerBySchedule(%q) = %v", s, trigger)
		}
	})
}
