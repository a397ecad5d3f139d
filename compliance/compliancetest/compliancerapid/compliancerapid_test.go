package compliancerapid_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/compliance/compliancetest"
	"github.com/updatescan/updatescan/compliance/compliancetest/compliancerapid"
)

// Every mistake shows in a few hundred drawn pairs, so that a property over
// them is worth something.
func TestPairsFindEveryMistake(t *testing.T) {
	t.Parallel()
	for _, mistake := range []string{"diff-input-order", "diff-unknown-recorded", "diff-unknown-is-gone", "diff-removed-kept"} {
		t.Run(mistake, func(t *testing.T) {
			t.Parallel()
			wrong := compliancetest.Model{Mistake: mistake}
			for seed := range 300 {
				p := compliancerapid.Pairs().Example(seed)
				next := compliancerapid.Permutations(p.Next).Example(seed)
				right := compliancetest.Model{}.Diff(p.Base, next)
				if !slices.Equal(wrong.Diff(p.Base, next), right) {
					return
				}
				if !slices.Equal(wrong.Apply(p.Base, right), compliancetest.Model{}.Apply(p.Base, right)) {
					return
				}
			}
			t.Error("300 pairs do not show it")
		})
	}
}

// What Apply makes of a Diff is what Settle says, with every mistake too.
func TestModelAgreesWithItself(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-4")
	rapid.Check(t, func(t *rapid.T) {
		p := compliancerapid.Pairs().Draw(t, "pair")
		m := compliancetest.Model{Mistake: rapid.SampledFrom([]string{
			"", "diff-input-order", "diff-unknown-recorded", "diff-unknown-is-gone", "diff-removed-kept",
		}).Draw(t, "mistake")}
		base, next := slices.Clone(p.Base), slices.Clone(p.Next)
		got, want := m.Apply(p.Base, m.Diff(p.Base, p.Next)), m.Settle(p.Base, p.Next)
		if !slices.Equal(got, want) {
			t.Fatalf("%+v: Apply(Diff) = %v, Settle = %v", m, got, want)
		}
		if !slices.Equal(p.Base, base) || !slices.Equal(p.Next, next) {
			t.Fatal("the model modified its arguments")
		}
	})
}

func TestDrawsAreWhatTheySay(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-1")
	rapid.Check(t, func(t *rapid.T) {
		p := compliancerapid.Pairs().Draw(t, "pair")
		for _, side := range [][]compliance.Record{p.Base, p.Next} {
			if id, found := compliancetest.Duplicate(side); found || !slices.Equal(side, compliancetest.Sorted(side)) {
				t.Fatalf("%v is not sorted, or has %v twice", side, id)
			}
		}
		base, next := compliancerapid.Snapshots(t, p)
		if !slices.Equal(compliancetest.RecordsOf(base), p.Base) || !slices.Equal(compliancetest.RecordsOf(next), p.Next) {
			t.Fatal("the snapshots are not those of the pair")
		}
		id := compliancerapid.AnyIDs().Draw(t, "id")
		if again, err := compliance.ParseUpdateID(id.String()); err != nil || again != id {
			t.Fatalf("ParseUpdateID(%v) = %v, %v", id, again, err)
		}
	})
}
