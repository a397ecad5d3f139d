package compliancetest_test

import (
	"fmt"
	"slices"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/compliance/compliancetest"
)

// diffOfMyOwn is a diff as it is easily written: what could not be evaluated
// is a state like the others, and what is gone is not seen.
func diffOfMyOwn(base, next []compliance.Record) []compliance.Change {
	was := map[compliance.UpdateID]compliance.Record{}
	for _, r := range base {
		was[r.ID] = r
	}
	var changes []compliance.Change
	for _, r := range compliancetest.Sorted(next) {
		old, recorded := was[r.ID]
		c := compliance.Change{ID: r.ID, From: old.State, To: r.State, FromRevision: old.Revision, Revision: r.Revision}
		if !recorded {
			c.Kind = compliance.First
		} else if old.State != r.State {
			c.Kind = compliance.Changed
		} else if old.Revision != r.Revision {
			c.Kind = compliance.Revised
		}
		if c.Kind != 0 {
			changes = append(changes, c)
		}
	}
	return changes
}

func ExampleCheckDiff() {
	fmt.Println(compliancetest.CheckDiff(diffOfMyOwn))
	// Output:
	// compliancetest: DIFF-5/never-recorded: an update that could not be evaluated and was never recorded is no change: of 0 and 1 records: 00000050 first unknown@100, want no changes
	// compliancetest: DIFF-5/kept: an update that could not be evaluated keeps its last recorded state: of 1 and 1 records: 00000050 unknown@100 revised to unknown@101, want no changes
	// compliancetest: DIFF-6/removed: an update that is gone from the results is reported as removed: of 1 and 0 records: no changes, want 00000050 unknown@100 removed
}

func ExampleCheckApply() {
	err := compliancetest.CheckApply(func(base []compliance.Record, changes []compliance.Change) ([]compliance.Record, error) {
		// An apply function of your own goes here. This one forgets nothing.
		return compliancetest.Model{Mistake: "diff-removed-kept"}.Apply(base, changes), nil
	})
	fmt.Println(err)
	// Output:
	// compliancetest: DIFF-6/forgotten: what is gone is forgotten: to 1 records 00000050 unknown@100 removed: 1 records, want 0; still to do: 00000050 unknown@100 removed
}

func ExampleDescribe() {
	base := slices.Concat(compliancetest.Required(1, 2), compliancetest.Installed(3, 4))
	next := slices.Concat(compliancetest.Installed(2), compliancetest.Unknown(3), compliancetest.Revised(101, compliancetest.Installed(4)), compliancetest.NotRequired(5))
	for _, c := range (compliancetest.Model{}).Diff(base, next) {
		fmt.Println(compliancetest.Describe([]compliance.Change{c}))
	}
	// Output:
	// 00000001 required@100 removed
	// 00000002 required@100 to installed@100
	// 00000004 installed@100 revised to installed@101
	// 00000005 first not_required@100
}
