package compliance_test

import (
	"testing"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/compliance/compliancetest"
	"github.com/updatescan/updatescan/compliance/compliancetest/compliancerapid"
	"pgregory.net/rapid"
)

func TestSummaryPercent(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-8")
	tests := []struct {
		name    string
		summary compliance.Summary
		total   int
		percent float64
		ok      bool
	}{
		{"nothing", compliance.Summary{}, 0, 0, false},
		{"installed", compliance.Summary{Installed: 3}, 3, 100, true},
		{"not required", compliance.Summary{NotRequired: 7}, 7, 100, true},
		{"both compliant", compliance.Summary{Installed: 3, NotRequired: 4}, 7, 100, true},
		{"required", compliance.Summary{Required: 3}, 3, 0, true},
		{"unknown counts in the total", compliance.Summary{Unknown: 3}, 3, 0, true},
		{"one of each", compliance.Summary{Required: 1, NotRequired: 1, Installed: 1, Unknown: 1}, 4, 50, true},
		{"seven in a hundred", compliance.Summary{Required: 43, NotRequired: 5, Installed: 2, Unknown: 50}, 100, 7, true},
		{"a fleet", compliance.Summary{Required: 1, NotRequired: 99_998, Unknown: 1}, 100_000, 99.998, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := test.summary.Total(); got != test.total {
				t.Errorf("%+v.Total() = %d, want %d", test.summary, got, test.total)
			}
			if got, ok := test.summary.Percent(); got != test.percent || ok != test.ok {
				t.Errorf("%+v.Percent() = %v, %v, want %v, %v", test.summary, got, ok, test.percent, test.ok)
			}
		})
	}
}

func TestSummaryCountsStates(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-8")
	rapid.Check(t, func(t *rapid.T) {
		states := rapid.SliceOf(compliancerapid.AnyStates()).Draw(t, "states")
		var s compliance.Summary
		for _, st := range states {
			s.Add(st)
		}
		model := compliancetest.Model{}
		want := model.Summary(states)
		if s != want {
			t.Fatalf("after Add of %v: %+v, want %+v", states, s, want)
		}
		counts := []int{want.Unknown, want.NotRequired, want.Required, want.Installed, 0, 0}
		for n, count := range counts {
			st := compliance.State(n)
			if got := s.Of(st); got != count {
				t.Fatalf("Of(%v) = %d, want %d", st, got, count)
			}
		}
		if s.Total() != model.Total(states) {
			t.Fatalf("Total() = %d, want %d", s.Total(), model.Total(states))
		}
		percent, ok := s.Percent()
		if ok != (len(states) > 0) || percent < 0 || percent > 100 {
			t.Fatalf("Percent() = %v, %v of %d states", percent, ok, len(states))
		}
		compliant := model.Compliant(states)
		if (percent == 100) != (ok && compliant == len(states)) {
			t.Fatalf("Percent() = %v with %d of %d compliant", percent, compliant, len(states))
		}
	})
}
