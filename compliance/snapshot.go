package compliance

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"
)

// Revision is the revision number of an update's metadata, from 0 to
// [MaxRevision].
type Revision uint32

const (
	// MaxRevision is the greatest revision number.
	MaxRevision Revision = 1<<31 - 1
	// MaxRecords is the greatest number of records in a snapshot. It bounds
	// what a damaged or hostile store can make a reader allocate, far above
	// the tens of thousands of updates that a client scans for.
	MaxRecords = 1 << 20
)

// Record is one update in a snapshot.
type Record struct {
	// ID is the update.
	ID UpdateID
	// Revision is the revision of the metadata that was evaluated.
	Revision Revision
	// State is what the evaluation found.
	State State
}

// Snapshot is an immutable set of records, at most one for each update,
// sorted by id: the results of a scan, or the last recorded states. The zero
// value and a nil pointer are the empty snapshot for every method and
// function of the package.
//
// Snapshots of the same set of updates share the memory of their ids, and of
// their revisions when these are the same too (see [NewSnapshot] and [Apply]);
// each then costs two bits a record, and [Diff] compares 32 records at a time.
//
// A Snapshot is safe for concurrent use, except that the Unmarshal methods,
// which replace its contents, must not run beside anything else. Use it by
// pointer; copying the struct is allowed and shares its memory.
type Snapshot struct {
	ids    []UpdateID // ascending, no id twice; never written after construction
	revs   []Revision // one for each id; never written after construction
	states lanes      // one for each id; never written after construction
}

// NewSnapshot builds a snapshot from records in any order; records is neither
// modified nor kept. The result does not depend on the order (DIFF-4).
//
// A snapshot given as like, usually the last recorded one, lends its ids to
// the result when both have the same set of updates, and its revisions when
// these are equal too. It changes nothing but the cost; it may be nil.
//
// An update that occurs twice is refused by a [*DuplicateError] that names
// the first such id, a record with an invalid state or revision by a
// [*RecordError], more than [MaxRecords] records by a [*CountError]. A
// duplicate is reported before an invalid record, so that the error does not
// depend on the order either.
func NewSnapshot(like *Snapshot, records []Record) (*Snapshot, error) {
	if len(records) > MaxRecords {
		return nil, &CountError{Count: len(records)}
	}
	if !ascending(records) {
		records = sorted(records)
		for i := 1; i < len(records); i++ {
			if records[i-1].ID == records[i].ID {
				return nil, &DuplicateError{ID: records[i].ID}
			}
		}
	}
	for _, r := range records {
		if !r.State.valid() || r.Revision > MaxRevision {
			return nil, &RecordError{Record: r}
		}
	}
	return pack(like.view(), records), nil
}

// ascending reports whether the ids of records ascend strictly.
func ascending(records []Record) bool {
	for i := 1; i < len(records); i++ {
		if !less(&records[i-1].ID, &records[i].ID) {
			return false
		}
	}
	return true
}

// sorted returns a copy of records in the order of ids. It sorts small keys,
// which is several times faster than moving and comparing records.
func sorted(records []Record) []Record {
	type key struct {
		high, low uint64
		at        int
	}
	keys := make([]key, len(records))
	for i := range records {
		id := &records[i].ID
		keys[i] = key{binary.BigEndian.Uint64(id[:8]), binary.BigEndian.Uint64(id[8:]), i}
	}
	slices.SortFunc(keys, func(a, b key) int {
		if a.high == b.high {
			return cmp.Compare(a.low, b.low)
		}
		return cmp.Compare(a.high, b.high)
	})
	result := make([]Record, len(records))
	for i, k := range keys {
		result[i] = records[k.at]
	}
	return result
}

// pack builds a snapshot from valid records with ascending ids.
func pack(like Snapshot, records []Record) *Snapshot {
	s := &Snapshot{states: make(lanes, laneWords(len(records)))}
	sameIDs, sameRevs := len(records) == len(like.ids), true
	for i := range records {
		r := &records[i]
		s.states[i/lanesPerWord] |= uint64(r.State) << (2 * (uint(i) % lanesPerWord))
		if sameIDs {
			sameIDs = r.ID == like.ids[i]
			sameRevs = sameRevs && r.Revision == like.revs[i]
		}
	}
	if sameIDs {
		s.ids = like.ids
	} else {
		s.ids = make([]UpdateID, len(records))
		for i := range records {
			s.ids[i] = records[i].ID
		}
	}
	if sameIDs && sameRevs {
		s.revs = like.revs
	} else {
		s.revs = make([]Revision, len(records))
		for i := range records {
			s.revs[i] = records[i].Revision
		}
	}
	return s
}

// view returns the snapshot's fields, those of the empty snapshot for nil.
func (s *Snapshot) view() Snapshot {
	if s == nil {
		return Snapshot{}
	}
	return *s
}

// Len is the number of records.
func (s *Snapshot) Len() int {
	if s == nil {
		return 0
	}
	return len(s.ids)
}

// At returns record i in the order of ids. Like an index expression it panics
// unless i is at least 0 and less than Len.
func (s *Snapshot) At(i int) Record {
	v := s.view()
	return Record{ID: v.ids[i], Revision: v.revs[i], State: v.states.at(i)}
}

// Find returns the record of an update and whether there is one.
func (s *Snapshot) Find(id UpdateID) (Record, bool) {
	v := s.view()
	if i, found := searchFrom(v.ids, &id, 0); found {
		return s.At(i), true
	}
	return Record{}, false
}

// searchFrom returns the first index from from on whose id is not less than
// id, and whether it is id itself. It gallops, so that looking up ascending
// ids one after the other is cheap when they are near each other.
func searchFrom(ids []UpdateID, id *UpdateID, from int) (int, bool) {
	low, high, step := from, from, 1
	for high < len(ids) && less(&ids[high], id) {
		low = high + 1
		high += step
		step *= 2
	}
	high = min(high, len(ids))
	for low < high {
		mid := int(uint(low+high) / 2)
		if less(&ids[mid], id) {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low, low < len(ids) && ids[low] == *id
}

// All iterates over the records in the order of ids.
func (s *Snapshot) All() iter.Seq[Record] {
	return func(yield func(Record) bool) {
		for i := range s.Len() {
			if !yield(s.At(i)) {
				return
			}
		}
	}
}

// Equal reports whether both snapshots have the same records. Sharing memory
// makes no difference but to the cost.
func (s *Snapshot) Equal(other *Snapshot) bool {
	a, b := s.view(), other.view()
	return slices.Equal(a.states, b.states) &&
		(sameMemory(a.ids, b.ids) || slices.Equal(a.ids, b.ids)) &&
		(sameMemory(a.revs, b.revs) || slices.Equal(a.revs, b.revs))
}

// sameMemory reports whether a and b are one and the same slice, or both
// empty.
func sameMemory[T any](a, b []T) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// Count is the number of records in a state, 0 for a number that is no state.
func (s *Snapshot) Count(st State) int { return s.Summary().Of(st) }

// Summary counts the records by state: one client over its updates.
func (s *Snapshot) Summary() Summary {
	v := s.view()
	return v.states.summary(len(v.ids))
}

// DuplicateError reports an update that occurs twice where it may occur once.
type DuplicateError struct {
	// ID is the update; the first in the order of ids if there are several.
	ID UpdateID
}

// Error names the update.
func (e *DuplicateError) Error() string {
	return "compliance: duplicate update: " + e.ID.String()
}

// RecordError reports a record whose state or revision does not exist.
type RecordError struct {
	// Record is the record that was refused.
	Record Record
}

// Error names the update and what is wrong with its record.
func (e *RecordError) Error() string {
	if !e.Record.State.valid() {
		return fmt.Sprintf("compliance: record %v: %v is not a state", e.Record.ID, e.Record.State)
	}
	return fmt.Sprintf("compliance: record %v: revision %d is over %d", e.Record.ID, e.Record.Revision, MaxRevision)
}

// CountError reports more than [MaxRecords] records.
type CountError struct {
	// Count is the number of records that were given.
	Count int
}

// Error names the count and the bound.
func (e *CountError) Error() string {
	return fmt.Sprintf("compliance: snapshot: %d records are over %d", e.Count, MaxRecords)
}
