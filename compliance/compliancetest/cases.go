package compliancetest

import (
	"slices"

	"github.com/updatescan/updatescan/compliance"
)

// pair is a base and the results of a scan after it.
type pair struct{ base, next []compliance.Record }

// kinds are the ways in which one update can be in a base and in the results,
// by the clause that says what becomes of it.
type kinds map[string][]pair

// allKinds goes through every way: absent, or one of four states with one of
// two revisions, on both sides.
func allKinds() kinds {
	sides := [][]compliance.Record{nil}
	for _, s := range []compliance.State{compliance.Unknown, compliance.NotRequired, compliance.Required, compliance.Installed} {
		for _, r := range []compliance.Revision{Revision, Revision + 1} {
			sides = append(sides, []compliance.Record{{ID: ID(50), Revision: r, State: s}})
		}
	}
	all := kinds{}
	for _, base := range sides {
		for _, next := range sides {
			if id := kind(base, next); id != "" {
				all[id] = append(all[id], pair{base, next})
			}
		}
	}
	return all
}

// kind is the clause for an update that is in the base, in the results, or in
// both.
func kind(base, next []compliance.Record) string {
	if len(next) == 0 {
		if len(base) == 0 {
			return ""
		}
		return "DIFF-6/removed"
	}
	if next[0].State == compliance.Unknown {
		if len(base) == 0 {
			return "DIFF-5/never-recorded"
		}
		return "DIFF-5/kept"
	}
	if len(base) == 0 {
		return "DIFF-2/first"
	}
	sameRevision := base[0].Revision == next[0].Revision
	if base[0].State != next[0].State {
		if sameRevision {
			return "DIFF-2/changed"
		}
		return "DIFF-7/changed-and-revised"
	}
	if sameRevision {
		return "DIFF-2/unchanged"
	}
	return "DIFF-7/revised"
}

// company puts an update of a pair between others that stay as they are, and
// makes many alike of it. The first pair of a kind gets every number at which
// a set of bits goes on to its next word; the others get two.
func company(i int, p pair) []pair {
	others := slices.Concat(Required(1, 99), Installed(49, 51), NotRequired(2, 98))
	pairs := []pair{p, {slices.Concat(p.base, others), slices.Concat(p.next, others)}}
	numbers := []int{2, 33}
	if i == 0 {
		numbers = []int{2, 31, 32, 33, 63, 64, 65, 300}
	}
	for _, n := range numbers {
		pairs = append(pairs, pair{many(p.base, n), many(p.next, n)})
	}
	return pairs
}

// many repeats a record under other ids.
func many(one []compliance.Record, n int) []compliance.Record {
	var all []compliance.Record
	for i := range n {
		for _, r := range one {
			r.ID = Scattered(i)
			all = append(all, r)
		}
	}
	return all
}

// mixture is a pair in which everything happens, without what could not be
// evaluated.
func mixture() pair {
	return pair{
		slices.Concat(Required(1, 2, 3, 4), Installed(11, 12, 13), NotRequired(21, 22), Required(31, 32)),
		slices.Concat(Required(1, 2), Installed(3, 4), Revised(Revision+1, Installed(11, 12, 13)), Required(21), NotRequired(22, 41, 42)),
	}
}

// orders are a few orders of the records: as they are, backwards, turned, and
// every second first.
func orders(given []compliance.Record) [][]compliance.Record {
	backwards, second := slices.Clone(given), []compliance.Record(nil)
	slices.Reverse(backwards)
	for i := 1; i < len(given); i += 2 {
		second = append(second, given[i])
	}
	for i := 0; i < len(given); i += 2 {
		second = append(second, given[i])
	}
	middle := len(given) / 2
	return [][]compliance.Record{given, backwards, slices.Concat(given[middle:], given[:middle]), second}
}
