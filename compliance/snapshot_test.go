package compliance_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/compliance/compliancetest"
	"github.com/updatescan/updatescan/compliance/compliancetest/compliancerapid"
	"pgregory.net/rapid"
)

func TestNewSnapshotAnyOrder(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-4")
	rapid.Check(t, func(t *rapid.T) {
		pair := compliancerapid.Pairs().Draw(t, "pair")
		base, next := pair.Base, pair.Next
		records := compliancerapid.Permutations(next).Draw(t, "order")
		given := slices.Clone(records)
		var like *compliance.Snapshot
		if rapid.Bool().Draw(t, "like") {
			like = compliancetest.Build(t, nil, base)
		}
		s := compliancetest.Build(t, like, records)
		want := next
		if !slices.Equal(compliancetest.RecordsOf(s), want) {
			t.Fatalf("records mismatch (-want +got):\n%s", cmp.Diff(want, compliancetest.RecordsOf(s)))
		}
		if !slices.Equal(records, given) {
			t.Fatal("NewSnapshot modified its argument")
		}
		if s.Len() != len(want) {
			t.Fatalf("Len() = %d, want %d", s.Len(), len(want))
		}
		for i, r := range want {
			if got := s.At(i); got != r {
				t.Fatalf("At(%d) = %v, want %v", i, got, r)
			}
		}
		if !s.Equal(compliancetest.Build(t, nil, want)) || !s.Equal(s) {
			t.Fatal("Equal = false for the same records, want true")
		}
		if like != nil && !slices.Equal(compliancetest.RecordsOf(like), base) {
			t.Fatal("NewSnapshot modified like")
		}
	})
}

func TestSnapshotFind(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pair := compliancerapid.Pairs().Draw(t, "pair")
		base, next := pair.Base, pair.Next
		s := compliancetest.Build(t, nil, next)
		for _, r := range slices.Concat(base, next, []compliance.Record{{}, {ID: compliance.UpdateID{0: 0xff, 15: 0xff}}}) {
			id := r.ID
			want, there := compliancetest.Find(next, id)
			if got, ok := s.Find(id); got != want || ok != there {
				t.Fatalf("Find(%v) = %v, %v, want %v, %v", id, got, ok, want, there)
			}
		}
	})
}

func TestSnapshotSummary(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-8")
	rapid.Check(t, func(t *rapid.T) {
		next := compliancerapid.Pairs().Draw(t, "pair").Next
		s := compliancetest.Build(t, nil, next)
		var want compliance.Summary
		counts := map[compliance.State]int{}
		for _, r := range next {
			want.Add(r.State)
			counts[r.State]++
		}
		if got := s.Summary(); got != want {
			t.Fatalf("Summary() = %+v, want %+v", got, want)
		}
		for n := range 256 {
			st := compliance.State(n)
			if got := s.Count(st); got != counts[st] {
				t.Fatalf("Count(%v) = %d, want %d", st, got, counts[st])
			}
		}
	})
}

func TestSnapshotEqualSeesEveryField(t *testing.T) {
	t.Parallel()
	var list []compliance.Record
	for i := range 33 {
		list = append(list, compliance.Record{ID: compliancetest.Scattered(i), Revision: 100, State: compliance.Required})
	}
	list = compliancetest.Sorted(list)
	s := compliancetest.Build(t, nil, list)
	for _, share := range []bool{true, false} {
		like := s
		if !share {
			like = nil
		}
		for i := range list {
			other := slices.Clone(list)
			other[i].Revision++
			if s.Equal(compliancetest.Build(t, like, other)) {
				t.Errorf("Equal = true with another revision at %d, want false", i)
			}
			other = slices.Clone(list)
			other[i].State = compliance.Installed
			if s.Equal(compliancetest.Build(t, like, other)) {
				t.Errorf("Equal = true with another state at %d, want false", i)
			}
			other = slices.Clone(list)
			other[i].ID[15] ^= 1
			if s.Equal(compliancetest.Build(t, like, other)) {
				t.Errorf("Equal = true with another id at %d, want false", i)
			}
			if s.Equal(compliancetest.Build(t, like, slices.Delete(other, i, i+1))) {
				t.Errorf("Equal = true without record %d, want false", i)
			}
		}
	}
}

func TestNewSnapshotShares(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pair := compliancerapid.Pairs().Draw(t, "pair")
		base, next := pair.Base, pair.Next
		a := compliancetest.Build(t, nil, base)
		b := compliancetest.Build(t, a, compliancerapid.Permutations(next).Draw(t, "order"))
		sameIDs, sameRevs := len(base) == len(next), true
		for _, r := range next {
			old, there := compliancetest.Find(base, r.ID)
			sameIDs = sameIDs && there
			sameRevs = sameRevs && there && old.Revision == r.Revision
		}
		if got := compliance.SharesIDs(a, b); got != sameIDs {
			t.Fatalf("shares ids = %v, want %v", got, sameIDs)
		}
		if got, want := compliance.SharesRevisions(a, b), sameIDs && sameRevs; got != want {
			t.Fatalf("shares revisions = %v, want %v", got, want)
		}
	})
}

func TestEmptySnapshot(t *testing.T) {
	t.Parallel()
	built := compliancetest.Build(t, nil, nil)
	for name, s := range map[string]*compliance.Snapshot{"nil": nil, "zero": {}, "built": built} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if n := s.Len(); n != 0 {
				t.Errorf("Len() = %d, want 0", n)
			}
			if r, ok := s.Find(compliancetest.Scattered(1)); ok || r != (compliance.Record{}) {
				t.Errorf("Find = %v, %v, want nothing", r, ok)
			}
			for r := range s.All() {
				t.Errorf("All() yields %v, want nothing", r)
			}
			if got := s.Summary(); got != (compliance.Summary{}) {
				t.Errorf("Summary() = %+v, want zero", got)
			}
			if n := s.Count(compliance.Unknown); n != 0 {
				t.Errorf("Count(unknown) = %d, want 0", n)
			}
			for _, other := range []*compliance.Snapshot{nil, {}, built} {
				if !s.Equal(other) || compliance.Diff(s, other) != nil {
					t.Errorf("an empty snapshot differs from another: Equal = %v, Diff = %v", s.Equal(other), compliance.Diff(s, other))
				}
			}
			full := compliancetest.Build(t, s, []compliance.Record{{ID: compliancetest.Scattered(1), State: compliance.Required}})
			if s.Equal(full) || full.Equal(s) {
				t.Error("Equal(full) = true, want false")
			}
			if got := compliance.Diff(s, full); len(got) != 1 || got[0].Kind != compliance.First {
				t.Errorf("Diff(empty, full) = %v, want one First", got)
			}
			if got := compliance.Diff(full, s); len(got) != 1 || got[0].Kind != compliance.Removed {
				t.Errorf("Diff(full, empty) = %v, want one Removed", got)
			}
			got, err := compliance.Apply(s, compliance.Diff(s, full))
			if err != nil || !got.Equal(full) {
				t.Errorf("Apply(empty, Diff(empty, full)) = %v, %v, want full", got, err)
			}
			if got, err := compliance.Apply(s, nil); err != nil || got != s {
				t.Errorf("Apply(empty, nil) = %p, %v, want the base itself", got, err)
			}
			data, err := s.MarshalBinary()
			if err != nil || len(data) != 16 {
				t.Errorf("MarshalBinary() = %d bytes, %v, want 16", len(data), err)
			}
			text, err := s.MarshalJSON()
			if err != nil || string(text) != `{"updates":[]}` {
				t.Errorf("MarshalJSON() = %s, %v, want no updates", text, err)
			}
		})
	}
}

func TestSnapshotAtPanicsOutside(t *testing.T) {
	t.Parallel()
	// 33 records leave unused lanes in the second word: they are no records.
	var list []compliance.Record
	for i := range 33 {
		list = append(list, compliance.Record{ID: compliancetest.Scattered(i), State: compliance.Installed})
	}
	for _, i := range []int{-1, 33, 34, 64} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("At(%d) did not panic", i)
				}
			}()
			compliancetest.Build(t, nil, list).At(i)
		}()
	}
}

func TestSnapshotAllStops(t *testing.T) {
	t.Parallel()
	s := compliancetest.Build(t, nil, []compliance.Record{{ID: compliancetest.Scattered(1)}, {ID: compliancetest.Scattered(2)}})
	n := 0
	for range s.All() {
		n++
		break
	}
	if n != 1 {
		t.Errorf("All() yielded %d after break, want 1", n)
	}
}

func TestNewSnapshotRefusesDuplicates(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-4")
	rapid.Check(t, func(t *rapid.T) {
		next := compliancerapid.Pairs().Draw(t, "pair").Next
		list := next
		if len(list) == 0 {
			return
		}
		// A later duplicate and a bad record must not hide the first one.
		i := rapid.IntRange(0, len(list)-1).Draw(t, "first")
		j := rapid.IntRange(i, len(list)-1).Draw(t, "later")
		twins := append(slices.Clone(list), list[i], list[j])
		twins[rapid.IntRange(0, len(twins)-1).Draw(t, "bad")].State = 4
		s, err := compliance.NewSnapshot(nil, compliancerapid.Permutations(twins).Draw(t, "order"))
		dup, ok := errors.AsType[*compliance.DuplicateError](err)
		if s != nil || !ok || dup.ID != list[i].ID {
			t.Fatalf("NewSnapshot = %v, %v, want a duplicate of %v", s, err, list[i].ID)
		}
		if !strings.Contains(err.Error(), list[i].ID.String()) {
			t.Fatalf("error = %q, want it to name %v", err, list[i].ID)
		}
	})
}

func TestNewSnapshotRefusesBadRecords(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-1")
	good := func(n int) compliance.Record {
		return compliance.Record{ID: compliancetest.Scattered(n), Revision: compliance.MaxRevision, State: compliance.Installed}
	}
	for n := range 256 {
		r := good(2)
		r.State = compliance.State(n)
		_, err := compliance.NewSnapshot(nil, []compliance.Record{good(1), r, good(3)})
		bad, ok := errors.AsType[*compliance.RecordError](err)
		if wantOK := n <= 3; wantOK != (err == nil) || (!wantOK && (!ok || bad.Record != r)) {
			t.Errorf("NewSnapshot with State(%d) = %v, want error %v", n, err, !wantOK)
		}
		if err != nil && !strings.Contains(err.Error(), r.ID.String()+": State("+itoa(n)+") is not a state") {
			t.Errorf("error = %q, want it to name %v and State(%d)", err, r.ID, n)
		}
	}
	for _, rev := range []compliance.Revision{compliance.MaxRevision + 1, 1<<32 - 1} {
		r := good(2)
		r.Revision = rev
		_, err := compliance.NewSnapshot(nil, []compliance.Record{good(3), r, good(1)})
		bad, ok := errors.AsType[*compliance.RecordError](err)
		if !ok || bad.Record != r || !strings.Contains(err.Error(), "revision") {
			t.Errorf("NewSnapshot with revision %d = %v, want a *RecordError", rev, err)
		}
	}
}

func TestNewSnapshotIsBounded(t *testing.T) {
	t.Parallel()
	_, err := compliance.NewSnapshot(nil, make([]compliance.Record, compliance.MaxRecords+1))
	e, ok := errors.AsType[*compliance.CountError](err)
	if !ok || e.Count != compliance.MaxRecords+1 || !strings.Contains(err.Error(), itoa(e.Count)) {
		t.Errorf("NewSnapshot(MaxRecords+1) = %v, want a *CountError", err)
	}
}
