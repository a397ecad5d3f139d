package wsusrapid_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/wsustest"
	"github.com/updatescan/updatescan/wsus/wsustest/wsusrapid"
)

// TestMistakesAreMet holds the generators to their purpose: each planted
// mistake shows in 500 draws.
func TestMistakesAreMet(t *testing.T) {
	t.Parallel()
	order := func(m wsustest.Model, seed int) string {
		c := wsusrapid.Choices(4).Example(seed)
		got, err := m.Order(c.Locations, c.Requirement)
		return fmt.Sprint(got, err)
	}
	policy := func(m wsustest.Model, seed int) string {
		url := wsusrapid.URL().Example(seed)
		got, write, err := m.PolicyFor(wsus.Location{URL: url}, wsusrapid.Effective(url).Example(seed))
		return fmt.Sprint(got, write, err)
	}
	retry := func(m wsustest.Model, seed int) string {
		p := wsusrapid.RetryPolicy().Example(seed)
		return fmt.Sprint(m.Next(p, wsusrapid.Failure(p).Example(seed)))
	}
	for mistake, ask := range map[string]func(wsustest.Model, int) string{
		"wf-internet-http": order, "wf-native-http": order, "wf-lower-version-used": order,
		"wf-no-location-unreachable": order, "wf-forgets-good-location": order,
		"wf-policy-without-port": policy, "wf-conflict-overwritten": policy, "wf-conflict-ignores-port": policy,
		"wf-five-retries": retry, "wf-final-switches": retry, "wf-switch-at-once": retry, "wf-cancel-fails": retry, "wf-timeout-retried": retry,
	} {
		t.Run(mistake, func(t *testing.T) {
			t.Parallel()
			met := 0
			for seed := range 500 {
				if ask(wsustest.Model{}, seed) != ask(wsustest.Model{Mistake: mistake}, seed) {
					met++
				}
			}
			if met == 0 {
				t.Error("no draw shows the mistake")
			}
		})
	}
}

// TestLeavesReachEverything finds every rule that the model knows among the
// drawn ones, and all three values of nearly each of them.
func TestLeavesReachEverything(t *testing.T) {
	t.Parallel()
	values := map[string]map[applicability.Value]bool{}
	for seed := range 2000 {
		r := wsusrapid.Leaf().Example(seed)
		machine := wsusrapid.Machine().Example(seed)
		if values[r.Name] == nil {
			values[r.Name] = map[applicability.Value]bool{}
		}
		values[r.Name][applicability.ExplainRule(machine.Facts(), &r).Value] = true
	}
	whole := 0
	for _, name := range applicability.Vocabulary() {
		if slices.Contains([]string{
			"True", "False", "And", "Or", "Not", "RegKeyLoop",
			"MsiPatchInstalled", "MsiPatchSuperseded", "MsiPatchInstallable",
			"MsiApplicationInstalled", "MsiApplicationSuperseded", "MsiApplicationInstallable",
			"WindowsDriverInstalled", "WindowsDriverSuperseded", "WindowsDriverInstallable", "CbsPackageInstalled", "CbsPackageInstallable",
		}, name) {
			continue
		}
		if len(values[name]) < 2 {
			t.Errorf("%s: only the values %v", name, values[name])
		}
		if len(values[name]) == 3 {
			whole++
		}
	}
	if whole < 25 {
		t.Errorf("all three values of %d rules, want at least 25", whole)
	}
}

// What is drawn is what it says.
func TestDrawnIsValid(t *testing.T) {
	t.Parallel()
	start := time.Date(2008, 6, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		url := wsusrapid.URL().Draw(t, "url")
		if _, err := wsus.ParseEndpoint(url); err != nil {
			t.Errorf("URL: %v", err)
		}
		if c := wsusrapid.Choices(5).Draw(t, "choice"); len(c.Locations) > 5 {
			t.Errorf("Choices(5): %d locations", len(c.Locations))
		}
		if err := wsusrapid.RetryPolicy().Draw(t, "retry").Validate(); err != nil {
			t.Errorf("RetryPolicy: %v", err)
		}
		if c := wsusrapid.Catalog(4).Draw(t, "catalogue"); c.Len() > 4 {
			t.Errorf("Catalog(4): %d updates", c.Len())
		}
		if _, err := wsus.NewCatalog(1, wsusrapid.Related(5).Draw(t, "related")); err != nil {
			t.Errorf("Related: %v", err)
		}
		r := wsusrapid.Rule(3).Draw(t, "rule")
		if n := r.Depth(10); n > 4 { // a feature is below its leaf
			t.Errorf("Rule(3): depth %d", n)
		}
		outages := wsusrapid.Outages(start, time.Hour, url).Draw(t, "outages")
		var s wsustest.SUP
		if err := s.Plan(outages...); err != nil {
			t.Errorf("Outages: %v", err)
		}
		for i, o := range outages {
			if o.From.Before(start) || o.From.After(start.Add(time.Hour)) || i > 0 && o.From.Before(outages[i-1].From) {
				t.Errorf("outage %d begins at %v", i, o.From)
			}
		}
		wsusrapid.Policy().Draw(t, "policy")
	})
}
