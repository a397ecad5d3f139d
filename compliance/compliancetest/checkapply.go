package compliancetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/updatescan/updatescan/compliance"
)

// ApplyFunc makes changes to the last recorded states, as [compliance.Apply]
// does. The base is in any order, without an update twice; the changes are
// those of a diff from it, or some of them, in the order of ids.
type ApplyFunc func(base []compliance.Record, changes []compliance.Change) ([]compliance.Record, error)

// CheckApply checks an apply function against the rules DIFF-4 to DIFF-7 and
// returns all that it breaks, joined, each a [*ClauseError]. An empty answer
// may be nil or not.
//
// Green does not prove that changes which do not fit are refused.
func CheckApply(apply ApplyFunc) error { return checkAll(applyClauses(), apply) }

// RunApply is [CheckApply] with one subtest a clause, named by its id, so that
// one can be left out with -skip.
func RunApply(t *testing.T, apply ApplyFunc) {
	t.Helper()
	runAll(t, applyClauses(), apply)
}

func applyClauses() []clause[ApplyFunc] {
	return []clause[ApplyFunc]{
		applyKind("DIFF-4/first", "DIFF-4", "a first report is recorded", "DIFF-2/first"),
		applyKind("DIFF-4/changed", "DIFF-4", "the new state is recorded", "DIFF-2/changed"),
		applyKind("DIFF-4/unchanged", "DIFF-4", "what did not change stays as it is", "DIFF-2/unchanged"),
		{"DIFF-4/order", "DIFF-4", "the result is sorted by id", applyOrder},
		{"DIFF-4/arguments", "DIFF-4", "applying does not modify its arguments", applyArguments},
		{"DIFF-4/part", "DIFF-4", "a part of a diff can be applied too", applyPart},
		applyKind("DIFF-5/kept", "DIFF-5", "what could not be evaluated keeps its record", "DIFF-5/kept"),
		applyKind("DIFF-6/forgotten", "DIFF-6", "what is gone is forgotten", "DIFF-6/removed"),
		applyKind("DIFF-7/revised", "DIFF-7", "a new revision is recorded", "DIFF-7/revised"),
		applyKind("DIFF-7/changed-and-revised", "DIFF-7", "a new revision is recorded with the state", "DIFF-7/changed-and-revised"),
	}
}

// applyKind is the clause about changes of one kind.
func applyKind(id, rule, says, of string) clause[ApplyFunc] {
	return clause[ApplyFunc]{id, rule, says, func(apply ApplyFunc) error {
		for i, one := range allKinds()[of] {
			for _, p := range company(i, one) {
				changes := Model{}.Diff(p.base, p.next)
				if err := applied(apply, p.base, changes, Model{}.Settle(p.base, p.next)); err != nil {
					return err
				}
			}
		}
		return nil
	}}
}

// applied checks a result but for its order.
func applied(apply ApplyFunc, base []compliance.Record, changes []compliance.Change, want []compliance.Record) error {
	got, err := apply(slices.Clone(base), slices.Clone(changes))
	if err != nil {
		return fmt.Errorf("to %d records %s: %w", len(base), brief(changes), err)
	}
	if !slices.Equal(Sorted(got), want) {
		// Told as what would still have to change.
		rest := Model{Mistake: "diff-unknown-recorded"}.Diff(got, want)
		return fmt.Errorf("to %d records %s: %d records, want %d; still to do: %s", len(base), brief(changes), len(got), len(want), brief(rest))
	}
	return nil
}

func applyOrder(apply ApplyFunc) error {
	p := mixture()
	changes := Model{}.Diff(p.base, p.next)
	for _, base := range orders(p.base) {
		got, err := apply(slices.Clone(base), slices.Clone(changes))
		if err == nil && !slices.Equal(got, Sorted(got)) {
			return fmt.Errorf("%d records are not in the order of ids", len(got))
		}
	}
	return nil
}

func applyArguments(apply ApplyFunc) error {
	p := mixture()
	given := Model{}.Diff(p.base, p.next)
	for _, base := range orders(p.base) {
		a, changes := roomy(base), slices.Clone(given)
		_, _ = apply(a[:len(base)], changes)
		if !slices.Equal(a, roomy(base)) || !slices.Equal(changes, given) {
			return fmt.Errorf("of %d records and %d changes, base or changes are not as they were", len(base), len(given))
		}
	}
	return nil
}

func applyPart(apply ApplyFunc) error {
	p := mixture()
	given := Model{}.Diff(p.base, p.next)
	whole, err := apply(slices.Clone(p.base), slices.Clone(given))
	if err != nil || !slices.Equal(Sorted(whole), Model{}.Settle(p.base, p.next)) {
		return nil //nolint:nilerr // another clause says so
	}
	for i := range given {
		part := slices.Delete(slices.Clone(given), i, i+1)
		for _, changes := range [][]compliance.Change{part, given[i : i+1], given[:i]} {
			if err := applied(apply, p.base, changes, Model{}.Apply(p.base, changes)); err != nil {
				return err
			}
		}
	}
	return nil
}
