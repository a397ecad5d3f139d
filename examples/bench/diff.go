package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/r3labs/diff/v3"

	"github.com/updatescan/updatescan/compliance"
)

const updates = 20_000

// record is what somebody would keep in a map.
type record struct {
	State    compliance.State
	Revision compliance.Revision
}

// id returns the n-th of many well spread update ids.
func id(n int) (u compliance.UpdateID) {
	x := uint64(n+1) * 0x9E3779B97F4A7C15
	binary.BigEndian.PutUint64(u[:8], x^x>>29)
	binary.BigEndian.PutUint64(u[8:], x*0xBF58476D1CE4E5B9)
	return u
}

// states builds a snapshot and the same as a map. One of every is changed,
// and one of other is another update.
func states(like *compliance.Snapshot, every, other int) (*compliance.Snapshot, map[compliance.UpdateID]record) {
	records := make([]compliance.Record, updates)
	m := make(map[compliance.UpdateID]record, updates)
	for i := range records {
		st := compliance.State(1 + i%3)
		if every > 0 && i%every == 0 {
			st = compliance.State(1 + (i+1)%3)
		}
		u := id(i)
		if other > 0 && i%other == 0 {
			u = id(i + updates)
		}
		records[i] = compliance.Record{ID: u, Revision: 100, State: st}
		m[u] = record{st, 100}
	}
	s, err := compliance.NewSnapshot(like, records)
	if err != nil {
		panic(err)
	}
	return s, m
}

// mapDiff is what a careful user writes.
func mapDiff(dst []compliance.Change, base, next map[compliance.UpdateID]record) []compliance.Change {
	for u, n := range next {
		o, ok := base[u]
		if !ok {
			dst = append(dst, compliance.Change{ID: u, Kind: compliance.First, To: n.State, Revision: n.Revision})
		} else if o.State != n.State {
			dst = append(dst, compliance.Change{ID: u, Kind: compliance.Changed, From: o.State, To: n.State, FromRevision: o.Revision, Revision: n.Revision})
		}
	}
	for u, o := range base {
		if _, ok := next[u]; !ok {
			dst = append(dst, compliance.Change{ID: u, Kind: compliance.Removed, From: o.State, FromRevision: o.Revision, Revision: o.Revision})
		}
	}
	return dst
}

// checkDiff says in what the ways of comparing disagree.
func checkDiff(ours, maps []compliance.Change, base, next map[string]int) error {
	slices.SortFunc(maps, func(a, b compliance.Change) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	if !slices.Equal(ours, maps) {
		return fmt.Errorf("compliance.Diff has %d changes, two maps have %d, or others", len(ours), len(maps))
	}
	changed := make(map[string]bool, len(ours))
	for _, c := range ours {
		changed[c.ID.String()] = true
	}
	log, err := diff.Diff(base, next)
	if err != nil {
		return fmt.Errorf("r3labs/diff: %w", err)
	}
	for _, c := range log {
		if !changed[c.Path[0]] {
			return fmt.Errorf("r3labs/diff has a change of %v that compliance.Diff has not", c.Path)
		}
	}
	if len(log) != len(changed) {
		return fmt.Errorf("compliance.Diff has %d changes, r3labs/diff %d", len(changed), len(log))
	}
	if same := cmp.Equal(base, next); same != (len(ours) == 0) {
		return fmt.Errorf("go-cmp: equal is %v, compliance.Diff has %d changes", same, len(ours))
	}
	return nil
}

func diffGroups() []group {
	base, baseMap := states(nil, 0, 0)
	same, sameMap := states(base, 0, 0)
	one, oneMap := states(base, 100, 0)
	set, setMap := states(base, 0, 100)
	small := func(m map[compliance.UpdateID]record) map[string]int {
		out := make(map[string]int, len(m))
		for u, r := range m {
			out[u.String()] = int(r.State)
		}
		return out
	}
	baseText := small(baseMap)
	make1 := func(name, target string, next *compliance.Snapshot, nextMap map[compliance.UpdateID]record) group {
		nextText := small(nextMap)
		var buf []compliance.Change
		return group{
			name: "diff: 20,000 updates, " + name, unit: "ns a diff", target: target,
			note: "ours returns changes sorted by update; the maps' are in no order and the maps were built before",
			check: func() error {
				return checkDiff(compliance.Diff(base, next), mapDiff(nil, baseMap, nextMap), baseText, nextText)
			},
			entries: []entry{
				{name: "compliance.AppendDiff, reused buffer", ours: true, run: func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						buf = compliance.AppendDiff(buf[:0], base, next)
					}
				}},
				{name: "compliance.Diff", ours: true, run: func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						buf = compliance.Diff(base, next)
					}
				}},
				{name: "two maps, reused buffer", run: func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						buf = mapDiff(buf[:0], baseMap, nextMap)
					}
				}},
				{name: "r3labs/diff, map[string]int", run: func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						log, err := diff.Diff(baseText, nextText)
						fail(b, err)
						keepInt = len(log)
					}
				}},
				{name: "go-cmp Diff, map[string]int", run: func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						keepInt = len(cmp.Diff(baseText, nextText))
					}
				}},
			},
		}
	}
	return []group{
		make1("nothing changed, same set", "<= 1 us, 0 allocs; 100x two maps", same, sameMap),
		make1("1 % changed, same set", "<= 20 us; 15x two maps", one, oneMap),
		make1("1 % other updates", "<= 100 us; 5x two maps", set, setMap),
	}
}
