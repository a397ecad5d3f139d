package wsustest_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
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
		want, unsupported, err := wsustest.Model{}.Evaluate(updates, machine)
		if err != nil {
			t.Fatal(err)
		}
		c, err := wsus.NewCatalog(1, updates)
		if err != nil {
			t.Fatal(err)
		}
		e, err := applicability.New(applicability.Config{Facts: machine.Facts()})
		if err != nil {
			t.Fatal(err)
		}
		got, err := e.Evaluate(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, slices.Collect(got.Snapshot.All())); diff != "" {
			text, _ := json.Marshal(machine)
			t.Fatalf("Evaluate() records (-want +got):\n%s\n%s\n%+v", diff, text, metadata)
		}
		if diff := cmp.Diff(unsupported, got.Unsupported); diff != "" {
			t.Fatalf("Evaluate() unsupported (-want +got):\n%s", diff)
		}
		for i, r := range want {
			if seen[names[i]] == nil {
				seen[names[i]] = map[string]bool{}
			}
			seen[names[i]][r.State.String()] = true
		}
	})
	for name, states := range seen {
		if len(states) < 2 {
			t.Errorf("%s: only the states %v", name, states)
		}
	}
}
