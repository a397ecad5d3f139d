package compliancetest_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/compliance/compliancetest"
)

type (
	record = compliance.Record
	change = compliance.Change
)

func TestDiffOfTheLibraryPasses(t *testing.T) {
	t.Parallel()
	diff := func(base, next []record) []change {
		a := compliancetest.Build(t, nil, base)
		return compliance.Diff(a, compliancetest.Build(t, a, next))
	}
	compliancetest.RunDiff(t, diff)
	if err := compliancetest.CheckDiff(diff); err != nil {
		t.Errorf("CheckDiff = %v, want nil", err)
	}
}

func applyOfTheLibrary(base []record, changes []change) ([]record, error) {
	a, err := compliance.NewSnapshot(nil, base)
	if err != nil {
		return nil, err
	}
	got, err := compliance.Apply(a, changes)
	return compliancetest.RecordsOf(got), err
}

func TestApplyOfTheLibraryPasses(t *testing.T) {
	t.Parallel()
	compliancetest.RunApply(t, applyOfTheLibrary)
	if err := compliancetest.CheckApply(applyOfTheLibrary); err != nil {
		t.Errorf("CheckApply = %v, want nil", err)
	}
}

// broken lists the clauses that an error of a check names.
func broken(err error) []string {
	var clauses []string
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			clauses = append(clauses, broken(e)...)
		}
		return clauses
	}
	if e, ok := errors.AsType[*compliancetest.ClauseError](err); ok {
		return []string{e.Clause}
	}
	return nil
}

// but makes a diff of the right one by leaving changes out or altering them.
func but(edit func(change) (change, bool)) compliancetest.DiffFunc {
	return func(base, next []record) []change {
		var edited []change
		for _, c := range (compliancetest.Model{}).Diff(base, next) {
			if c, keep := edit(c); keep {
				edited = append(edited, c)
			}
		}
		return edited
	}
}

// remembering compares one base of the check, the one in which everything
// happens, with what it saw last.
func remembering() compliancetest.DiffFunc {
	var last []record
	return func(base, next []record) []change {
		if len(base) != 11 {
			return (compliancetest.Model{}).Diff(base, next)
		}
		if last != nil {
			base = last
		}
		last = slices.Clone(next)
		return (compliancetest.Model{}).Diff(base, next)
	}
}

func TestBrokenDiffsAreCaughtByName(t *testing.T) {
	t.Parallel()
	model := func(mistake string) compliancetest.DiffFunc { return compliancetest.Model{Mistake: mistake}.Diff }
	tests := []struct {
		name string
		diff compliancetest.DiffFunc
		want []string
	}{
		{"none", model(""), nil},
		{"not ours", model("ttl-sliding"), nil},
		{"only required first", but(func(c change) (change, bool) {
			return c, c.Kind != compliance.First || c.To == compliance.Required
		}), []string{"DIFF-2/first"}},
		{"changes to installed only", but(func(c change) (change, bool) {
			return c, c.Kind != compliance.Changed || c.To == compliance.Installed || c.Revision != c.FromRevision
		}), []string{"DIFF-2/changed"}},
		{"everything each time", func(base, next []record) []change {
			changes := (compliancetest.Model{}).Diff(base, next)
			for _, r := range next {
				if slices.Contains(base, r) && r.State != compliance.Unknown {
					changes = append(changes, change{ID: r.ID, Kind: compliance.Changed, From: r.State, To: r.State, FromRevision: r.Revision, Revision: r.Revision})
				}
			}
			slices.SortFunc(changes, func(a, b change) int { return a.ID.Compare(b.ID) })
			return changes
		}, []string{"DIFF-2/first", "DIFF-2/changed", "DIFF-2/unchanged", "DIFF-5/never-recorded", "DIFF-5/kept", "DIFF-6/removed", "DIFF-7/revised", "DIFF-7/changed-and-revised"}},
		{"remembers", remembering(), []string{"DIFF-3/base-only", "DIFF-4/order"}},
		{"input order", model("diff-input-order"), []string{"DIFF-4/order"}},
		{"first wins", func(base, next []record) []change {
			if len(next) > 1 && next[0].ID.Compare(next[1].ID) > 0 {
				next = next[:len(next)-1]
			}
			return (compliancetest.Model{}).Diff(base, next)
		}, nil},
		{"sorts in place", func(base, next []record) []change {
			copy(next, compliancetest.Sorted(next))
			return (compliancetest.Model{}).Diff(base, next)
		}, []string{"DIFF-4/arguments"}},
		{"appends in place", func(base, next []record) []change {
			_ = append(base, next...)
			return (compliancetest.Model{}).Diff(base, next)
		}, []string{"DIFF-4/arguments"}},
		{"unknown is a state", model("diff-unknown-recorded"), []string{"DIFF-5/never-recorded", "DIFF-5/kept"}},
		{"unknown is gone", model("diff-unknown-is-gone"), []string{"DIFF-5/kept"}},
		{"removed without a word", but(func(c change) (change, bool) {
			return c, c.Kind != compliance.Removed
		}), []string{"DIFF-6/removed"}},
		{"removed is not required", but(func(c change) (change, bool) {
			if c.Kind == compliance.Removed {
				c.Kind, c.To = compliance.Changed, compliance.NotRequired
			}
			return c, true
		}), []string{"DIFF-6/removed"}},
		{"revised is a change", but(func(c change) (change, bool) {
			if c.Kind == compliance.Revised {
				c.Kind = compliance.Changed
			}
			return c, true
		}), []string{"DIFF-7/revised"}},
		{"old revision", but(func(c change) (change, bool) {
			if c.Kind == compliance.Changed {
				c.Revision = c.FromRevision
			}
			return c, true
		}), []string{"DIFF-7/changed-and-revised"}},
		{"first sixty-four", func(base, next []record) []change {
			changes := (compliancetest.Model{}).Diff(base, next)
			return changes[:min(len(changes), 64)]
		}, []string{"DIFF-2/first", "DIFF-2/changed", "DIFF-6/removed", "DIFF-7/revised", "DIFF-7/changed-and-revised"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := compliancetest.CheckDiff(tt.diff)
			if tt.name == "first wins" { // it depends on the order and may break more
				if !slices.Contains(broken(err), "DIFF-4/order") {
					t.Errorf("CheckDiff(%s) = %v, want DIFF-4/order", tt.name, err)
				}
				return
			}
			if d := cmp.Diff(tt.want, broken(err)); d != "" {
				t.Errorf("CheckDiff(%s): broken clauses (-want +got):\n%s\n%v", tt.name, d, err)
			}
		})
	}
}

func TestBrokenAppliesAreCaughtByName(t *testing.T) {
	t.Parallel()
	model := func(mistake string) compliancetest.ApplyFunc {
		return func(base []record, changes []change) ([]record, error) {
			return compliancetest.Model{Mistake: mistake}.Apply(base, changes), nil
		}
	}
	without := func(kind compliance.ChangeKind) compliancetest.ApplyFunc {
		return func(base []record, changes []change) ([]record, error) {
			kept := slices.DeleteFunc(slices.Clone(changes), func(c change) bool { return c.Kind == kind })
			return (compliancetest.Model{}).Apply(base, kept), nil
		}
	}
	errNo := errors.New("no")
	tests := []struct {
		name  string
		apply compliancetest.ApplyFunc
		want  []string
	}{
		{"none", model(""), nil},
		{"no first", without(compliance.First), []string{"DIFF-4/first"}},
		{"no change", without(compliance.Changed), []string{"DIFF-4/changed", "DIFF-7/changed-and-revised"}},
		{"no removal", without(compliance.Removed), []string{"DIFF-6/forgotten"}},
		{"removed kept", model("diff-removed-kept"), []string{"DIFF-6/forgotten"}},
		{"no revision", without(compliance.Revised), []string{"DIFF-7/revised"}},
		{"old revision", func(base []record, changes []change) ([]record, error) {
			old := slices.Clone(changes)
			for i := range old {
				if old[i].Kind == compliance.Changed {
					old[i].Revision = old[i].FromRevision
				}
			}
			return (compliancetest.Model{}).Apply(base, old), nil
		}, []string{"DIFF-7/changed-and-revised"}},
		{"only what changed", func(_ []record, changes []change) ([]record, error) {
			return (compliancetest.Model{}).Apply(nil, changes), nil
		}, []string{"DIFF-4/first", "DIFF-4/changed", "DIFF-4/unchanged", "DIFF-5/kept", "DIFF-6/forgotten", "DIFF-7/revised", "DIFF-7/changed-and-revised"}},
		{"unknown forgotten", func(base []record, changes []change) ([]record, error) {
			if len(changes) == 0 && len(base) == 1 && base[0].State == compliance.Unknown {
				base = nil
			}
			return (compliancetest.Model{}).Apply(base, changes), nil
		}, []string{"DIFF-5/kept"}},
		{"unsorted", func(base []record, changes []change) ([]record, error) {
			got := (compliancetest.Model{}).Apply(base, changes)
			slices.Reverse(got)
			return got, nil
		}, []string{"DIFF-4/order"}},
		{"in place", func(base []record, changes []change) ([]record, error) {
			got := (compliancetest.Model{}).Apply(base, changes)
			copy(base, got)
			return got, nil
		}, []string{"DIFF-4/arguments"}},
		{"all or nothing", func(base []record, changes []change) ([]record, error) {
			if len(base) == 11 && len(changes) == 1 {
				return nil, errNo
			}
			return (compliancetest.Model{}).Apply(base, changes), nil
		}, []string{"DIFF-4/part"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := compliancetest.CheckApply(tt.apply)
			if d := cmp.Diff(tt.want, broken(err)); d != "" {
				t.Errorf("CheckApply(%s): broken clauses (-want +got):\n%s\n%v", tt.name, d, err)
			}
		})
	}
}

func TestModelCounts(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-8")
	states := []compliance.State{
		compliance.Required, compliance.Installed, compliance.Installed, compliance.NotRequired, compliance.Unknown, 9,
	}
	want := compliance.Summary{Required: 1, NotRequired: 1, Installed: 2, Unknown: 2}
	tests := []struct {
		mistake          string
		total, compliant int
	}{
		{"", 6, 3},
		{"site-unknown-not-counted", 4, 3},
		{"site-only-installed", 6, 2},
	}
	for _, tt := range tests {
		m := compliancetest.Model{Mistake: tt.mistake}
		if got := m.Summary(states); got != want {
			t.Errorf("%q: Summary() = %+v, want %+v", tt.mistake, got, want)
		}
		if total, compliant := m.Total(states), m.Compliant(states); total != tt.total || compliant != tt.compliant {
			t.Errorf("%q: Total, Compliant = %d, %d, want %d, %d", tt.mistake, total, compliant, tt.total, tt.compliant)
		}
	}
}

func TestRecordsCanBeRead(t *testing.T) {
	t.Parallel()
	if got, want := compliancetest.ID(42).String(), "00000042-0000-0000-0000-000000000000"; got != want {
		t.Errorf("ID(42) = %v, want %v", got, want)
	}
	if id := compliancetest.ID(-1); !id.IsZero() {
		t.Errorf("ID(-1) = %v, want zero", id)
	}
	twice := slices.Concat(compliancetest.Required(3, 1), compliancetest.Installed(2, 3, 1))
	if id, found := compliancetest.Duplicate(twice); !found || id != compliancetest.ID(1) {
		t.Errorf("Duplicate = %v, %v, want the first", id, found)
	}
	if id, found := compliancetest.Duplicate(twice[:4]); !found || id != compliancetest.ID(3) {
		t.Errorf("Duplicate = %v, %v, want 3", id, found)
	}
	if id, found := compliancetest.Duplicate(twice[:3]); found {
		t.Errorf("Duplicate = %v, want none", id)
	}
	seen := map[compliance.UpdateID]bool{}
	for n := range 1000 {
		seen[compliancetest.Scattered(n)] = true
	}
	if len(seen) != 1000 {
		t.Errorf("Scattered gives %d ids for 1000 numbers", len(seen))
	}
}
