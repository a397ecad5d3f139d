package compliancetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/updatescan/updatescan/compliance"
)

// DiffFunc compares the last recorded states with the results of a scan, as
// [compliance.Diff] does. Neither side has an update twice; both may be in any
// order and nil.
type DiffFunc func(base, next []compliance.Record) []compliance.Change

// CheckDiff checks a diff function against the rules DIFF-2 to DIFF-7 and
// returns all that it breaks, joined, each a [*ClauseError]. An empty answer
// may be nil or not.
//
// Green does not prove that changes are made from the right base (DIFF-3 is
// the caller's as well), nor that recording base and messages is atomic
// (DIFF-9).
func CheckDiff(diff DiffFunc) error { return checkAll(diffClauses(), diff) }

// RunDiff is [CheckDiff] with one subtest a clause, named by its id, so that
// one can be left out with -skip.
func RunDiff(t *testing.T, diff DiffFunc) {
	t.Helper()
	runAll(t, diffClauses(), diff)
}

func diffClauses() []clause[DiffFunc] {
	return []clause[DiffFunc]{
		diffKind("DIFF-2/first", "DIFF-2", "an update that was never recorded is a first report, whatever its state"),
		diffKind("DIFF-2/changed", "DIFF-2", "a state that differs from the last recorded one is a change"),
		diffKind("DIFF-2/unchanged", "DIFF-2", "an unchanged state raises nothing"),
		{"DIFF-3/base-only", "DIFF-3", "the comparison is with the base that is given, not with what was seen before", diffBaseOnly},
		{"DIFF-4/order", "DIFF-4", "changes are ordered by id and do not depend on the order of the input", diffOrder},
		{"DIFF-4/arguments", "DIFF-4", "the diff does not modify its arguments", diffArguments},
		diffKind("DIFF-5/never-recorded", "DIFF-5", "an update that could not be evaluated and was never recorded is no change"),
		diffKind("DIFF-5/kept", "DIFF-5", "an update that could not be evaluated keeps its last recorded state"),
		diffKind("DIFF-6/removed", "DIFF-6", "an update that is gone from the results is reported as removed"),
		diffKind("DIFF-7/revised", "DIFF-7", "a new revision with the same state is no change of state"),
		diffKind("DIFF-7/changed-and-revised", "DIFF-7", "a change carries the new revision, and the last recorded one"),
	}
}

// diffKind is the clause about one kind of update.
func diffKind(id, rule, says string) clause[DiffFunc] {
	return clause[DiffFunc]{id, rule, says, func(diff DiffFunc) error {
		for i, one := range allKinds()[id] {
			for _, p := range company(i, one) {
				want := Model{}.Diff(p.base, p.next)
				got := inOrder(diff(slices.Clone(p.base), slices.Clone(p.next)))
				if !slices.Equal(got, want) {
					return fmt.Errorf("of %d and %d records: %s, want %s", len(p.base), len(p.next), brief(got), brief(want))
				}
			}
		}
		return nil
	}}
}

// inOrder sorts changes: their order is a clause of its own.
func inOrder(changes []compliance.Change) []compliance.Change {
	sorted := slices.Clone(changes)
	slices.SortStableFunc(sorted, func(a, b compliance.Change) int { return a.ID.Compare(b.ID) })
	return sorted
}

// brief describes the first few changes.
func brief(changes []compliance.Change) string {
	const few = 3
	if len(changes) <= few {
		return Describe(changes)
	}
	return fmt.Sprintf("%s and %d more", Describe(changes[:few]), len(changes)-few)
}

func diffBaseOnly(diff DiffFunc) error {
	p := mixture()
	first := inOrder(diff(slices.Clone(p.base), slices.Clone(p.next)))
	between := []pair{p, {p.next, p.base}, {nil, p.next}, {p.next, p.next}}
	for _, other := range between {
		_ = diff(slices.Clone(other.base), slices.Clone(other.next))
		if again := inOrder(diff(slices.Clone(p.base), slices.Clone(p.next))); !slices.Equal(again, first) {
			return fmt.Errorf("asked again: %s, before %s", brief(again), brief(first))
		}
	}
	return nil
}

func diffOrder(diff DiffFunc) error {
	p := mixture()
	large := pair{many(Required(1), 200), many(Installed(1), 200)}
	for _, p := range []pair{p, {nil, p.next}, {p.base, nil}, large} {
		var first []compliance.Change
		for i, base := range orders(p.base) {
			for j, next := range orders(p.next) {
				got := diff(slices.Clone(base), slices.Clone(next))
				if i == 0 && j == 0 {
					first = inOrder(got)
				}
				if !slices.Equal(inOrder(got), first) {
					return fmt.Errorf("another order of the input: %s, before %s", brief(inOrder(got)), brief(first))
				}
				if !slices.Equal(got, first) {
					return fmt.Errorf("%d changes are not in the order of ids: %s", len(got), brief(got))
				}
			}
		}
	}
	return nil
}

func diffArguments(diff DiffFunc) error {
	p := mixture()
	for _, base := range orders(p.base) {
		for _, next := range orders(p.next) {
			// The room behind them belongs to the caller too.
			a, b := roomy(base), roomy(next)
			_ = diff(a[:len(base)], b[:len(next)])
			if !slices.Equal(a, roomy(base)) || !slices.Equal(b, roomy(next)) {
				return fmt.Errorf("of %d and %d records, base or next is not as it was", len(base), len(next))
			}
		}
	}
	return nil
}

// roomy is a copy of the records with some others behind them.
func roomy(given []compliance.Record) []compliance.Record {
	return slices.Concat(given, many(Required(77), 32))
}
