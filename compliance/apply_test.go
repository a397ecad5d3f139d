package compliance_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/compliance/compliancetest"
	"github.com/updatescan/updatescan/compliance/compliancetest/compliancerapid"
	"pgregory.net/rapid"
)

func TestApplyRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-4")
	a, b, c := compliance.UpdateID{1}, compliance.UpdateID{2}, compliance.UpdateID{3}
	const required, installed = compliance.Required, compliance.Installed
	base := compliancetest.Build(t, nil, []compliance.Record{{ID: a, Revision: 5, State: required}, {ID: c, Revision: 5, State: installed}})
	changed := compliance.Change{ID: a, Kind: compliance.Changed, From: required, To: installed, FromRevision: 5, Revision: 5}
	first := compliance.Change{ID: b, Kind: compliance.First, To: required, Revision: 9}
	revised := compliance.Change{ID: a, Kind: compliance.Revised, From: required, To: required, FromRevision: 5, Revision: 6}
	removed := compliance.Change{ID: c, Kind: compliance.Removed, From: installed, FromRevision: 5, Revision: 5}
	for _, good := range [][]compliance.Change{{changed}, {first}, {revised}, {removed}, {changed, first, removed}, {revised, removed}} {
		if _, err := compliance.Apply(base, good); err != nil {
			t.Fatalf("Apply(%v) = %v, want no error", good, err)
		}
	}
	with := func(c compliance.Change, edit func(*compliance.Change)) compliance.Change {
		edit(&c)
		return c
	}
	tests := []struct {
		name   string
		bad    compliance.Change
		reason string
	}{
		{"no kind", with(changed, func(c *compliance.Change) { c.Kind = 0 }), "no such kind"},
		{"kind 5", with(changed, func(c *compliance.Change) { c.Kind = 5 }), "no such kind"},
		{"from no state", with(changed, func(c *compliance.Change) { c.From = 4 }), "no such state"},
		{"to no state", with(changed, func(c *compliance.Change) { c.To = 4 }), "no such state"},
		{"revision", with(revised, func(c *compliance.Change) { c.Revision = compliance.MaxRevision + 1 }), "out of range"},
		{"from revision", with(revised, func(c *compliance.Change) { c.FromRevision = compliance.MaxRevision + 1 }), "out of range"},
		{"first of a recorded one", with(first, func(c *compliance.Change) { c.ID = a }), "already recorded"},
		{"first from a state", with(first, func(c *compliance.Change) { c.From = required }), "no last state"},
		{"first from a revision", with(first, func(c *compliance.Change) { c.FromRevision = 1 }), "no last state"},
		{"first to unknown", with(first, func(c *compliance.Change) { c.To = compliance.Unknown }), "unknown"},
		{"changed to unknown", with(changed, func(c *compliance.Change) { c.To = compliance.Unknown }), "unknown"},
		{"changed to the same", with(changed, func(c *compliance.Change) { c.To = required }), "does not change"},
		{"changed, not recorded", with(changed, func(c *compliance.Change) { c.ID = b }), "not recorded"},
		{"changed from another state", with(changed, func(c *compliance.Change) { c.From = compliance.NotRequired }), "recorded as required, not not_required"},
		{"changed from another revision", with(changed, func(c *compliance.Change) { c.FromRevision = 4 }), "recorded with revision 5, not 4"},
		{"revised to another state", with(revised, func(c *compliance.Change) { c.To = installed }), "nothing else"},
		{"revised to the same", with(revised, func(c *compliance.Change) { c.Revision = 5 }), "nothing else"},
		{"revised, not recorded", with(revised, func(c *compliance.Change) { c.ID = b }), "not recorded"},
		{"removed to a state", with(removed, func(c *compliance.Change) { c.To = required }), "no new state"},
		{"removed to a revision", with(removed, func(c *compliance.Change) { c.Revision = 6 }), "no new state"},
		{"removed, not recorded", with(removed, func(c *compliance.Change) { c.ID = b }), "not recorded"},
		{"removed, behind the end", with(removed, func(c *compliance.Change) { c.ID[0] = 9 }), "not recorded"},
		{"removed from another state", with(removed, func(c *compliance.Change) { c.From = required }), "recorded as installed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			wantApplyError(t, base, []compliance.Change{test.bad}, 0, test.reason)
			if test.bad.ID == c {
				wantApplyError(t, base, []compliance.Change{changed, first, test.bad}, 2, test.reason)
			}
		})
	}
	t.Run("out of order", func(t *testing.T) {
		t.Parallel()
		wantApplyError(t, base, []compliance.Change{first, changed}, 1, "not above")
	})
	t.Run("twice", func(t *testing.T) {
		t.Parallel()
		wantApplyError(t, base, []compliance.Change{first, first}, 1, "not above")
	})
}

// wantApplyError checks that change i is refused for a reason.
func wantApplyError(t *testing.T, base *compliance.Snapshot, changes []compliance.Change, i int, reason string) {
	t.Helper()
	before := compliancetest.RecordsOf(base)
	got, err := compliance.Apply(base, changes)
	e, ok := errors.AsType[*compliance.ApplyError](err)
	if got != nil || !ok || e.Index != i || e.Change != changes[i] || !strings.Contains(e.Reason, reason) {
		t.Errorf("Apply = %v, %v, want a refusal of change %d: %q", got, err, i, reason)
		return
	}
	if text := err.Error(); !strings.Contains(text, changes[i].ID.String()) || !strings.Contains(text, changes[i].Kind.String()) {
		t.Errorf("error = %q, want it to name the change", text)
	}
	if !slices.Equal(compliancetest.RecordsOf(base), before) {
		t.Error("Apply modified base on error")
	}
}

func TestApplyPartOfADiff(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-4")
	rapid.Check(t, func(t *rapid.T) {
		pair := compliancerapid.Pairs().Draw(t, "pair")
		a, b := compliancerapid.Snapshots(t, pair)
		var part []compliance.Change
		for _, c := range compliance.Diff(a, b) {
			if rapid.Bool().Draw(t, "take") {
				part = append(part, c)
			}
		}
		want := compliancetest.Model{}.Apply(pair.Base, part)
		got, err := compliance.Apply(a, part)
		if err != nil || !slices.Equal(compliancetest.RecordsOf(got), want) {
			t.Fatalf("Apply(part) = %v, %v, want %v", compliancetest.RecordsOf(got), err, want)
		}
	})
}

func TestApplyShares(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := compliancerapid.Snapshots(t, compliancerapid.Pairs().Draw(t, "pair"))
		changes := compliance.Diff(a, b)
		got, err := compliance.Apply(a, changes)
		if err != nil {
			t.Fatal(err)
		}
		sameSet, sameRevs := true, true
		for _, c := range changes {
			sameSet = sameSet && c.Kind != compliance.First && c.Kind != compliance.Removed
			sameRevs = sameRevs && c.Revision == c.FromRevision
		}
		if len(changes) == 0 && got != a {
			t.Fatal("Apply(a, nothing) is not a")
		}
		if got := compliance.SharesIDs(a, got); sameSet && !got {
			t.Fatalf("shares ids = %v, want %v", got, sameSet)
		}
		if got := compliance.SharesRevisions(a, got); sameSet && got != (sameRevs || a.Len() == 0) {
			t.Fatalf("shares revisions = %v, want %v", got, sameRevs)
		}
	})
}

func TestApplyIsBounded(t *testing.T) {
	t.Parallel()
	records := make([]compliance.Record, compliance.MaxRecords)
	for i := range records {
		records[i].ID = compliance.UpdateID{12: byte(i >> 24), 13: byte(i >> 16), 14: byte(i >> 8), 15: byte(i)}
	}
	base := compliancetest.Build(t, nil, records)
	first := compliance.Change{ID: compliance.UpdateID{0: 1}, Kind: compliance.First, To: compliance.Required}
	_, err := compliance.Apply(base, []compliance.Change{first})
	if e, ok := errors.AsType[*compliance.CountError](err); !ok || e.Count != compliance.MaxRecords+1 {
		t.Errorf("Apply over MaxRecords = %v, want a *CountError", err)
	}
	removed := compliance.Change{ID: compliance.UpdateID{15: 1}, Kind: compliance.Removed}
	got, err := compliance.Apply(base, []compliance.Change{removed, first})
	if err != nil || got.Len() != compliance.MaxRecords {
		t.Errorf("Apply at MaxRecords = %d records, %v, want %d", got.Len(), err, compliance.MaxRecords)
	}
}
