package compliance_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/compliance/compliancetest"
	"github.com/updatescan/updatescan/compliance/compliancetest/compliancerapid"
	"pgregory.net/rapid"
)

func TestDiffTable(t *testing.T) {
	t.Parallel()
	id := compliancetest.Scattered(7)
	rec := func(st compliance.State, rev compliance.Revision) []compliance.Record {
		return []compliance.Record{{ID: id, State: st, Revision: rev}}
	}
	const (
		unknown, notRequired = compliance.Unknown, compliance.NotRequired
		required, installed  = compliance.Required, compliance.Installed
	)
	tests := []struct {
		name, rule string
		base, next []compliance.Record
		want       *compliance.Change
	}{
		{"never recorded, required", "DIFF-2", nil, rec(required, 5), &compliance.Change{Kind: compliance.First, To: required, Revision: 5}},
		{"never recorded, not required", "DIFF-2", nil, rec(notRequired, 5), &compliance.Change{Kind: compliance.First, To: notRequired, Revision: 5}},
		{"never recorded, installed", "DIFF-2", nil, rec(installed, 5), &compliance.Change{Kind: compliance.First, To: installed, Revision: 5}},
		{"state differs", "DIFF-2", rec(required, 5), rec(installed, 5), &compliance.Change{Kind: compliance.Changed, From: required, To: installed, FromRevision: 5, Revision: 5}},
		{"state same", "DIFF-2", rec(required, 5), rec(required, 5), nil},
		{"state and revision differ", "DIFF-2", rec(required, 5), rec(notRequired, 6), &compliance.Change{Kind: compliance.Changed, From: required, To: notRequired, FromRevision: 5, Revision: 6}},
		{"revision up", "DIFF-7", rec(required, 5), rec(required, 6), &compliance.Change{Kind: compliance.Revised, From: required, To: required, FromRevision: 5, Revision: 6}},
		{"revision down", "DIFF-7", rec(installed, 5), rec(installed, 4), &compliance.Change{Kind: compliance.Revised, From: installed, To: installed, FromRevision: 5, Revision: 4}},
		{"gone", "DIFF-6", rec(installed, 5), nil, &compliance.Change{Kind: compliance.Removed, From: installed, FromRevision: 5, Revision: 5}},
		{"gone, recorded as unknown", "DIFF-6", rec(unknown, 5), nil, &compliance.Change{Kind: compliance.Removed, FromRevision: 5, Revision: 5}},
		{"not evaluated, recorded", "DIFF-5", rec(installed, 5), rec(unknown, 5), nil},
		{"not evaluated, recorded, revised", "DIFF-5", rec(installed, 5), rec(unknown, 6), nil},
		{"not evaluated, never recorded", "DIFF-5", nil, rec(unknown, 5), nil},
		{"not evaluated, recorded as unknown, revised", "DIFF-5", rec(unknown, 5), rec(unknown, 6), nil},
		{"evaluated, recorded as unknown", "DIFF-2", rec(unknown, 5), rec(required, 5), &compliance.Change{Kind: compliance.Changed, To: required, FromRevision: 5, Revision: 5}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			t.Attr("rule", test.rule)
			var want []compliance.Change
			if test.want != nil {
				test.want.ID = id
				want = append(want, *test.want)
			}
			base := compliancetest.Build(t, nil, test.base)
			for _, like := range []*compliance.Snapshot{nil, base} {
				got := compliance.Diff(base, compliancetest.Build(t, like, test.next))
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("Diff mismatch (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestDiffAgreesWithModel(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-2")
	t.Attr("rule", "DIFF-4")
	t.Attr("rule", "DIFF-5")
	t.Attr("rule", "DIFF-6")
	t.Attr("rule", "DIFF-7")
	rapid.Check(t, func(t *rapid.T) {
		pair := compliancerapid.Pairs().Draw(t, "pair")
		base, next := pair.Base, pair.Next
		a, b := compliancerapid.Snapshots(t, pair)
		want := compliancetest.Model{}.Diff(base, next)
		got := compliance.Diff(a, b)
		if !slices.Equal(got, want) || (got == nil) != (len(want) == 0) {
			t.Fatalf("Diff mismatch (-want +got):\n%s", cmp.Diff(want, got))
		}
		// A destination with less room, just enough, and more.
		prefix := compliance.Change{ID: compliancetest.Scattered(999), Kind: compliance.Removed}
		room := rapid.IntRange(0, len(want)+2).Draw(t, "room")
		dst := append(make([]compliance.Change, 0, 1+room), prefix)
		got = compliance.AppendDiff(dst, a, b)
		if !slices.Equal(got, append([]compliance.Change{prefix}, want...)) {
			t.Fatalf("AppendDiff with room %d = %v, want the prefix and %v", room, got, want)
		}
		if !slices.Equal(compliancetest.RecordsOf(a), base) || !slices.Equal(compliancetest.RecordsOf(b), next) {
			t.Fatal("Diff modified its arguments")
		}
	})
}

func TestDiffLargeAgreesWithModel(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-2")
	// More changes than are gathered on the stack, in every shape.
	changes := map[string]func(int, *compliance.Record) bool{
		"none":      func(int, *compliance.Record) bool { return true },
		"states":    func(i int, r *compliance.Record) bool { r.State = compliance.State(i % 4); return true },
		"revisions": func(i int, r *compliance.Record) bool { r.Revision += compliance.Revision(i % 2); return true },
		"removals":  func(i int, _ *compliance.Record) bool { return i%3 > 0 },
		"ids":       func(i int, r *compliance.Record) bool { r.ID[1] ^= byte(i % 2); return true },
		"everything": func(i int, r *compliance.Record) bool {
			r.State = compliance.State(i % 4)
			r.ID[1] ^= byte(i / 100 % 2)
			return i%7 > 0
		},
		"all removed": func(int, *compliance.Record) bool { return false },
	}
	records := benchRecords(3000, 3)
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var edited []compliance.Record
			for i, r := range records {
				if change(i, &r) {
					edited = append(edited, r)
				}
			}
			base := compliancetest.Build(t, nil, records)
			for _, like := range []*compliance.Snapshot{nil, base} {
				next := compliancetest.Build(t, like, edited)
				for _, dir := range []struct{ a, b *compliance.Snapshot }{{base, next}, {next, base}, {nil, next}} {
					want := compliancetest.Model{}.Diff(compliancetest.RecordsOf(dir.a), compliancetest.RecordsOf(dir.b))
					got := compliance.Diff(dir.a, dir.b)
					if !slices.Equal(got, want) {
						t.Errorf("Diff has %d changes, want %d, or they differ", len(got), len(want))
					}
					if cap(got) > len(got)+64+len(got)/4 {
						t.Errorf("Diff allocated room for %d changes, want about %d", cap(got), len(got))
					}
					settled, err := compliance.Apply(dir.a, got)
					if err != nil || !slices.Equal(compliancetest.RecordsOf(settled), compliancetest.Model{}.Settle(compliancetest.RecordsOf(dir.a), compliancetest.RecordsOf(dir.b))) {
						t.Errorf("Apply = %d records, %v, want the settled ones", settled.Len(), err)
					}
				}
			}
		})
	}
}

// A destination that fills up at any place of any word must lose nothing and
// repeat nothing.
func TestAppendDiffFillsUpAnywhere(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-4")
	records := benchRecords(70, 1)
	base := compliancetest.Build(t, nil, records)
	edits := map[string]func(*compliance.Record){
		"states":    nextState,
		"revisions": func(r *compliance.Record) { r.Revision++ },
		"ids":       otherID,
	}
	for name, edit := range edits {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, step := range []int{1, 2, 3} {
				next := compliancetest.Build(t, base, every(slices.Clone(records), step, edit))
				want := compliancetest.Model{}.Diff(compliancetest.RecordsOf(base), compliancetest.RecordsOf(next))
				for room := range len(want) + 1 {
					got := compliance.AppendDiff(make([]compliance.Change, 0, room), base, next)
					if !slices.Equal(got, want) {
						t.Fatalf("AppendDiff with room for %d of %d mismatch (-want +got):\n%s", room, len(want), cmp.Diff(want, got))
					}
				}
			}
		})
	}
}

func TestDiffIsDeterministic(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-4")
	rapid.Check(t, func(t *rapid.T) {
		pair := compliancerapid.Pairs().Draw(t, "pair")
		a, b := compliancerapid.Snapshots(t, pair)
		c, d := compliancerapid.Snapshots(t, pair)
		want, got := compliance.Diff(a, b), compliance.Diff(c, d)
		if !slices.Equal(got, want) {
			t.Fatalf("Diff depends on order or sharing (-one +other):\n%s", cmp.Diff(want, got))
		}
		for i := 1; i < len(got); i++ {
			if got[i-1].ID.Compare(got[i].ID) >= 0 {
				t.Fatalf("change %d of %v does not come after that of %v", i, got[i].ID, got[i-1].ID)
			}
		}
	})
}

func TestDiffWithItselfIsEmpty(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-4")
	rapid.Check(t, func(t *rapid.T) {
		base := compliancerapid.Pairs().Draw(t, "pair").Base
		a, b := compliancerapid.Snapshots(t, compliancerapid.Pair{Base: base, Next: base})
		for _, pair := range [][2]*compliance.Snapshot{{a, a}, {a, b}, {b, a}} {
			if got := compliance.Diff(pair[0], pair[1]); got != nil {
				t.Fatalf("Diff of equal snapshots = %v, want nil", got)
			}
		}
	})
}

func TestApplyDiffLaw(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-3")
	t.Attr("rule", "DIFF-4")
	t.Attr("rule", "DIFF-5")
	rapid.Check(t, func(t *rapid.T) {
		pair := compliancerapid.Pairs().Draw(t, "pair")
		base, next := pair.Base, pair.Next
		a, b := compliancerapid.Snapshots(t, pair)
		changes := compliance.Diff(a, b)
		given := slices.Clone(changes)
		got, err := compliance.Apply(a, changes)
		if err != nil {
			t.Fatalf("Apply(a, Diff(a, b)) = %v, want no error", err)
		}
		settled := compliancetest.Build(t, nil, compliancetest.Model{}.Settle(base, next))
		if !got.Equal(settled) {
			t.Fatalf("Apply(a, Diff(a, b)) mismatch (-want +got):\n%s", cmp.Diff(compliancetest.RecordsOf(settled), compliancetest.RecordsOf(got)))
		}
		if b.Count(compliance.Unknown) == 0 && !got.Equal(b) {
			t.Fatal("Apply(a, Diff(a, b)) differs from b, which has no Unknown record")
		}
		// DIFF-3: what was recorded is not found again, delivered or not.
		if again := compliance.Diff(got, b); again != nil {
			t.Fatalf("Diff(Apply(a, Diff(a, b)), b) = %v, want nil", again)
		}
		if a.Count(compliance.Unknown) == 0 && got.Count(compliance.Unknown) != 0 {
			t.Fatal("Apply(a, Diff(a, b)) has Unknown records, a has none")
		}
		if !slices.Equal(changes, given) || !slices.Equal(compliancetest.RecordsOf(a), base) {
			t.Fatal("Apply modified its arguments")
		}
	})
}

func TestFirstScanReportsEveryUpdate(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-2")
	next := compliancetest.Build(t, nil, benchRecords(100, 9))
	changes := compliance.Diff(nil, next)
	if got := len(slices.Collect(compliance.Reported(changes))); got != 100 {
		t.Errorf("first scan of 100 updates reports %d, want 100", got)
	}
	base, err := compliance.Apply(nil, changes)
	if err != nil || !base.Equal(next) {
		t.Fatalf("Apply(nil, first scan) = %v, want the scan", err)
	}
	if got := compliance.Diff(base, next); got != nil {
		t.Errorf("second, equal scan gives %v, want nil", got)
	}
}

func TestRemovedUpdateReturnsAsFirst(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-6")
	records := benchRecords(70, 5)
	full := compliancetest.Build(t, nil, records)
	for i := range records {
		short := compliancetest.Build(t, nil, slices.Delete(slices.Clone(records), i, i+1))
		gone := compliance.Diff(full, short)
		if len(gone) != 1 || gone[0].Kind != compliance.Removed || gone[0].ID != records[i].ID || gone[0].Reported() {
			t.Fatalf("Diff without record %d = %v, want one unreported Removed of %v", i, gone, records[i].ID)
		}
		base, err := compliance.Apply(full, gone)
		if err != nil || !base.Equal(short) {
			t.Fatalf("Apply(removal) = %v, want the rest", err)
		}
		back := compliance.Diff(base, full)
		if len(back) != 1 || back[0].Kind != compliance.First || !back[0].Reported() || back[0].To != records[i].State {
			t.Fatalf("Diff with record %d back = %v, want one reported First", i, back)
		}
	}
}
