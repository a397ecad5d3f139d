package compliance_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/updatescan/updatescan/compliance"
	"pgregory.net/rapid"
)

// This file holds the slow, obvious second implementation, and the draws.

type recordMap map[compliance.UpdateID]compliance.Record

func toMap(records []compliance.Record) recordMap {
	m := recordMap{}
	for _, r := range records {
		m[r.ID] = r
	}
	return m
}

// toRecords lists m in the order of text forms.
func (m recordMap) toRecords() []compliance.Record {
	records := slices.Collect(maps.Values(m))
	slices.SortFunc(records, func(a, b compliance.Record) int {
		return strings.Compare(a.ID.String(), b.ID.String())
	})
	return records
}

func modelDiff(base, next recordMap) []compliance.Change {
	var changes []compliance.Change
	for id, old := range base {
		if _, there := next[id]; !there {
			changes = append(changes, compliance.Change{
				ID: id, Kind: compliance.Removed, From: old.State, To: compliance.Unknown,
				FromRevision: old.Revision, Revision: old.Revision,
			})
		}
	}
	for id, now := range next {
		if now.State == compliance.Unknown {
			continue
		}
		old, there := base[id]
		c := compliance.Change{
			ID: id, From: old.State, To: now.State, FromRevision: old.Revision, Revision: now.Revision,
		}
		switch {
		case !there:
			c.Kind = compliance.First
		case old.State != now.State:
			c.Kind = compliance.Changed
		case old.Revision != now.Revision:
			c.Kind = compliance.Revised
		default:
			continue
		}
		changes = append(changes, c)
	}
	slices.SortFunc(changes, func(a, b compliance.Change) int {
		return strings.Compare(a.ID.String(), b.ID.String())
	})
	return changes
}

// modelSettle is what base becomes when next was recorded on it.
func modelSettle(base, next recordMap) recordMap {
	settled := recordMap{}
	for id, now := range next {
		if now.State != compliance.Unknown {
			settled[id] = now
		} else if old, there := base[id]; there {
			settled[id] = old
		}
	}
	return settled
}

// testID spreads small numbers over ids, so that some differ in the first
// eight bytes and some only in the last, and so that their order is not that
// of the numbers.
func testID(n int) compliance.UpdateID {
	var id compliance.UpdateID
	high := uint32(n/4) * 2654435761
	id[0], id[1], id[6], id[7] = byte(high>>24), byte(high>>16), byte(high>>8), byte(high)
	id[8+n%4*2] = byte(0xf0 - 64*(n%4))
	return id
}

// shuffled draws an order of records.
func shuffled(t *rapid.T, records []compliance.Record, label string) []compliance.Record {
	if len(records) == 0 {
		return nil
	}
	return rapid.Permutation(records).Draw(t, label)
}

// drawSize draws a number of records, mostly near the size of a word.
func drawSize() *rapid.Generator[int] {
	near := rapid.Map(rapid.IntRange(-2, 2), func(n int) int { return 32 + n })
	near2 := rapid.Map(rapid.IntRange(-2, 2), func(n int) int { return 64 + n })
	return rapid.OneOf(rapid.IntRange(0, 5), near, near2, rapid.IntRange(0, 300))
}

// drawPair draws the records of a base and of a scan after it: a base of any
// size, in which a few records are then changed in every way there is.
func drawPair(t *rapid.T) (base, next recordMap) {
	n := drawSize().Draw(t, "size")
	stride := rapid.IntRange(1, 7).Draw(t, "stride")
	base, next = recordMap{}, recordMap{}
	for i := range n {
		r := compliance.Record{ID: testID(i), Revision: compliance.Revision(100 + i%3), State: compliance.State(1 + (i/stride)%3)}
		base[r.ID], next[r.ID] = r, r
	}
	most := rapid.SampledFrom([]int{0, 1, 4, 40}).Draw(t, "most")
	for range rapid.IntRange(0, most).Draw(t, "edits") {
		id := testID(rapid.IntRange(0, n+3).Draw(t, "at"))
		r := compliance.Record{
			ID:       id,
			Revision: rapid.SampledFrom([]compliance.Revision{0, 100, 101, compliance.MaxRevision}).Draw(t, "revision"),
			State:    compliance.State(rapid.IntRange(0, 3).Draw(t, "state")),
		}
		edited := next
		if rapid.IntRange(0, 3).Draw(t, "side") == 0 {
			edited = base
		}
		if rapid.IntRange(0, 3).Draw(t, "edit") == 0 {
			delete(edited, id)
		} else {
			edited[id] = r
		}
	}
	return base, next
}

// drawSnapshots makes snapshots of drawn records, in drawn orders, that share
// memory or not.
func drawSnapshots(t *rapid.T, base, next recordMap) (a, b *compliance.Snapshot) {
	a = build(t, nil, shuffled(t, base.toRecords(), "base order"))
	var like *compliance.Snapshot
	if rapid.Bool().Draw(t, "share") {
		like = a
	}
	return a, build(t, like, shuffled(t, next.toRecords(), "next order"))
}

// build is NewSnapshot for records that are known to be good.
func build(t rapid.TB, like *compliance.Snapshot, records []compliance.Record) *compliance.Snapshot {
	t.Helper()
	s, err := compliance.NewSnapshot(like, records)
	if err != nil {
		t.Fatalf("NewSnapshot(%d records) = %v, want no error", len(records), err)
	}
	return s
}

// parse is ParseUpdateID for a text that is known to be good.
func parse(tb testing.TB, text string) compliance.UpdateID {
	tb.Helper()
	id, err := compliance.ParseUpdateID(text)
	if err != nil {
		tb.Fatalf("ParseUpdateID(%q) = %v, want no error", text, err)
	}
	return id
}

// recordsOf lists a snapshot through its iterator.
func recordsOf(s *compliance.Snapshot) []compliance.Record { return slices.Collect(s.All()) }
