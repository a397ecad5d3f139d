package wsustest_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wsustest"
	"github.com/updatescan/updatescan/wsus/wsustest/wsusrapid"
)

// TestMetadataRulesAgree compares the rules about drivers and packages, which
// read the metadata of their update, with the evaluator: one update each.
func TestMetadataRulesAgree(t *testing.T) {
	t.Parallel()
	seen := map[string]map[string]bool{}
	rapid.Check(t, func(t *rapid.T) {
		metadata := wsusrapid.Metadata().Draw(t, "metadata")
		machine := wsusrapid.Machine().Draw(t, "machine")
		var updates []wsus.Update
		names := []string{
			"WindowsDriverInstalled", "WindowsDriverSuperseded", "WindowsDriverInstallable", "CbsPackageInstalled", "CbsPackageInstallable",
		}
		for i, name := range names {
			u := wsustest.Simple(i+1, false, false)
			u.Rules = wsus.Rules{IsInstalled: []wsus.Rule{{Name: name}}, Metadata: metadata}
			updates = append(updates, u)
		}
		for i, r := range agree(t, updates, machine) {
			if seen[names[i]] == nil {
				seen[names[i]] = map[string]bool{}
			}
			seen[names[i]][r.State.String()] = true
		}
	})
	for name, states := range seen {
		if len(states) < 2 && !testing.Short() { // which draws a fifth
			t.Errorf("%s: only the states %v", name, states)
		}
	}
}
