// Package compliancerapid draws what tests of a comparison of states need: ids,
// records, orders of records, and pairs of a base and the results of a scan
// that differ a little, in every way there is.
//
// Sizes are mostly near 32 and 64, where a set of bits goes on to its next
// word, and revisions often at the ends of their range.
//
// Importing the package registers the flags of rapid, so that only tests
// should.
package compliancerapid

import (
	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/compliance/compliancetest"
)

// States draws one of the four states.
func States() *rapid.Generator[compliance.State] {
	return rapid.Map(rapid.Uint8Range(0, 3), func(n uint8) compliance.State { return compliance.State(n) })
}

// AnyStates draws a state, or now and then a number that is none.
func AnyStates() *rapid.Generator[compliance.State] {
	return rapid.Map(rapid.Uint8Range(0, 5), func(n uint8) compliance.State { return compliance.State(n) })
}

// Revisions draws few revisions, so that two are often the same, and the ends
// of their range.
func Revisions() *rapid.Generator[compliance.Revision] {
	return rapid.SampledFrom([]compliance.Revision{0, 100, 101, compliance.MaxRevision})
}

// IDs draws one of the first n ids of [compliancetest.Scattered].
func IDs(n int) *rapid.Generator[compliance.UpdateID] {
	return rapid.Map(rapid.IntRange(0, n-1), compliancetest.Scattered)
}

// AnyIDs draws any id, the zero one too.
func AnyIDs() *rapid.Generator[compliance.UpdateID] {
	return rapid.Custom(func(t *rapid.T) compliance.UpdateID {
		return compliance.UpdateID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "bytes"))
	})
}

// Records draws a record of one of the first n ids.
func Records(n int) *rapid.Generator[compliance.Record] {
	return rapid.Custom(func(t *rapid.T) compliance.Record {
		return compliance.Record{
			ID:       IDs(n).Draw(t, "id"),
			Revision: Revisions().Draw(t, "revision"),
			State:    States().Draw(t, "state"),
		}
	})
}

// Sizes draws a number of records up to 300, mostly near the size of a word.
func Sizes() *rapid.Generator[int] {
	near := rapid.Map(rapid.IntRange(-2, 2), func(n int) int { return 32 + n })
	near2 := rapid.Map(rapid.IntRange(-2, 2), func(n int) int { return 64 + n })
	return rapid.OneOf(rapid.IntRange(0, 5), near, near2, rapid.IntRange(0, 300))
}

// Permutations draws an order of the records; nil of none.
func Permutations(records []compliance.Record) *rapid.Generator[[]compliance.Record] {
	if len(records) == 0 {
		return rapid.Just[[]compliance.Record](nil)
	}
	return rapid.Permutation(records)
}

// Pair is a base and the results of a scan after it, each sorted by id.
type Pair struct {
	// Base are the last recorded states. Unknown ones may be among them,
	// which only a caller can have put there.
	Base []compliance.Record
	// Next are the results of a scan.
	Next []compliance.Record
}

// Pairs draws a base of [Sizes] and results that differ from it in up to 40
// records, in every way there is: mostly in few or none.
func Pairs() *rapid.Generator[Pair] {
	return rapid.Custom(func(t *rapid.T) Pair {
		n := Sizes().Draw(t, "size")
		stride := rapid.IntRange(1, 7).Draw(t, "stride")
		base, next := map[compliance.UpdateID]compliance.Record{}, map[compliance.UpdateID]compliance.Record{}
		for i := range n {
			r := compliance.Record{
				ID: compliancetest.Scattered(i), Revision: compliance.Revision(100 + i%3), State: compliance.State(1 + (i/stride)%3),
			}
			base[r.ID], next[r.ID] = r, r
		}
		most := rapid.SampledFrom([]int{0, 1, 4, 40}).Draw(t, "most")
		for range rapid.IntRange(0, most).Draw(t, "edits") {
			r := Records(n+4).Draw(t, "record")
			edited := next
			if rapid.IntRange(0, 3).Draw(t, "side") == 0 {
				edited = base
			}
			if rapid.IntRange(0, 3).Draw(t, "edit") == 0 {
				delete(edited, r.ID)
			} else {
				edited[r.ID] = r
			}
		}
		return Pair{Base: listed(base), Next: listed(next)}
	})
}

func listed(m map[compliance.UpdateID]compliance.Record) []compliance.Record {
	var list []compliance.Record
	for _, r := range m {
		list = append(list, r)
	}
	return compliancetest.Sorted(list)
}

// Snapshots makes the snapshots of a pair, of records in drawn orders, which
// share memory or not.
func Snapshots(t *rapid.T, p Pair) (base, next *compliance.Snapshot) {
	base = compliancetest.Build(t, nil, Permutations(p.Base).Draw(t, "base order"))
	var like *compliance.Snapshot
	if rapid.Bool().Draw(t, "share") {
		like = base
	}
	return base, compliancetest.Build(t, like, Permutations(p.Next).Draw(t, "next order"))
}
