package applicability_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/wsustest"
)

func TestPrerequisites(t *testing.T) {
	t.Parallel()
	have := ofKind(constant(101, yes, no), wsus.KindDetectoid)
	haveNot := ofKind(constant(102, no, no), wsus.KindDetectoid)
	open := ofKind(constant(103, unknown, no), wsus.KindDetectoid)
	category := ofKind(constant(104, yes, no), wsus.KindCategory)
	u := constant(1, no, yes)
	installed := constant(1, yes, no)
	for name, c := range map[string]struct {
		u      wsus.Update
		want   compliance.State
		reason applicability.Reason
	}{
		"met":                             {requires(u, false, 101), stRequired, applicability.ReasonInstallable},
		"unmet":                           {requires(u, false, 102), stNotRequired, applicability.ReasonPrerequisite},
		"one of the clause":               {requires(u, false, 102, 101), stRequired, applicability.ReasonInstallable},
		"one of the clause, one unknown":  {requires(u, false, 103, 101), stRequired, applicability.ReasonInstallable},
		"every clause":                    {requires(requires(u, false, 101), false, 102), stNotRequired, applicability.ReasonPrerequisite},
		"unknown":                         {requires(u, false, 103), stUnknown, applicability.ReasonPrerequisiteUnknown},
		"unknown, but not applicable":     {requires(constant(1, no, no), false, 103), stNotRequired, applicability.ReasonNotInstallable},
		"unknown and unmet":               {requires(requires(u, false, 103), false, 102), stNotRequired, applicability.ReasonPrerequisite},
		"installed needs them too":        {requires(installed, false, 102), stNotRequired, applicability.ReasonPrerequisite},
		"missing from the catalogue":      {requires(u, false, 999), stNotRequired, applicability.ReasonPrerequisiteMissing},
		"one missing, one met":            {requires(u, false, 999, 101), stRequired, applicability.ReasonInstallable},
		"one missing, one unmet":          {requires(u, false, 999, 102), stNotRequired, applicability.ReasonPrerequisite},
		"category":                        {requires(u, true, 104), stRequired, applicability.ReasonInstallable},
		"category missing counts as met":  {requires(u, true, 998, 999), stRequired, applicability.ReasonInstallable},
		"category unmet, another missing": {requires(u, true, 102, 999), stNotRequired, applicability.ReasonPrerequisite},
		"empty clause":                    {requires(u, false), stNotRequired, applicability.ReasonPrerequisiteMissing},
	} {
		v := verdicts(t, applicability.Config{}, c.u, have, haveNot, open, category)[updateID(1)]
		if v.State != c.want || v.Reason != c.reason {
			t.Errorf("%s: %v because %v (%s), want %v because %v", name, v.State, v.Reason, v.Detail, c.want, c.reason)
		}
	}
}

func TestChainOfPrerequisites(t *testing.T) {
	t.Parallel()
	const n = 20_000
	updates := []wsus.Update{constant(n, yes, no)}
	for i := range n {
		// Lower ids depend on higher ones and the other way round, so that no
		// order of ids is the order of dependence.
		updates = append(updates, requires(constant(i, yes, no), false, (i*7919+7919)%n, n))
	}
	updates[1] = constant(0, no, yes)
	list, err := newEvaluator(t, applicability.Config{}).Verdicts(t.Context(), newCatalog(t, updates...))
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range list[1:] {
		if v.State != stInstalled {
			t.Fatalf("update %d: %v because %v, want installed", i+1, v.State, v.Reason)
		}
	}
	line := []wsus.Update{constant(0, no, no)}
	for i := 1; i < n; i++ {
		line = append(line, requires(constant(i, yes, no), false, i-1))
	}
	byID := verdicts(t, applicability.Config{}, line...)
	if v := byID[updateID(n-1)]; v.State != stNotRequired || v.Reason != applicability.ReasonPrerequisite {
		t.Errorf("end of a line of %d: %v because %v, want not required because prerequisite", n, v.State, v.Reason)
	}
}

func TestCycles(t *testing.T) {
	t.Parallel()
	on, off := constant(100, yes, no), constant(101, no, no)
	for name, c := range map[string]struct {
		updates []wsus.Update
		want    map[int]compliance.State
		reason  applicability.Reason // of update 1
	}{
		"itself": {
			[]wsus.Update{requires(constant(1, yes, yes), false, 1)},
			map[int]compliance.State{1: stNotRequired},
			applicability.ReasonCycle,
		},
		"two": {
			[]wsus.Update{requires(constant(1, yes, yes), false, 2), requires(constant(2, yes, yes), false, 1)},
			map[int]compliance.State{1: stNotRequired, 2: stNotRequired},
			applicability.ReasonCycle,
		},
		"a way in": {
			[]wsus.Update{requires(constant(1, yes, no), false, 2), requires(constant(2, yes, no), false, 1, 100), on},
			map[int]compliance.State{1: stInstalled, 2: stInstalled},
			applicability.ReasonInstalled,
		},
		"a way in that is closed": {
			[]wsus.Update{requires(constant(1, yes, no), false, 2), requires(constant(2, yes, no), false, 1, 101), off},
			map[int]compliance.State{1: stNotRequired, 2: stNotRequired},
			applicability.ReasonCycle,
		},
		"stopped half-way": {
			[]wsus.Update{
				requires(constant(1, yes, no), false, 3), requires(constant(2, yes, no), false, 1, 100),
				requires(constant(3, no, yes), false, 2), on,
			},
			map[int]compliance.State{1: stNotRequired, 2: stInstalled, 3: stRequired},
			applicability.ReasonCycle,
		},
		"unknown inside": {
			[]wsus.Update{requires(constant(1, yes, no), false, 2), requires(constant(2, unknown, no), false, 1, 100), on},
			map[int]compliance.State{1: stUnknown, 2: stUnknown},
			applicability.ReasonPrerequisiteUnknown,
		},
		"bundle that requires itself": {
			[]wsus.Update{
				bundles(requires(update(1, wsus.Rules{}), false, 1), 100), on,
				requires(constant(2, yes, no), false, 1),
			},
			map[int]compliance.State{1: stNotRequired, 2: stNotRequired},
			applicability.ReasonCycle,
		},
		"bundle without a way in": {
			[]wsus.Update{bundles(requires(update(1, wsus.Rules{}), false, 2), 100), on, requires(constant(2, yes, no), false, 1)},
			map[int]compliance.State{1: stNotRequired, 2: stNotRequired},
			applicability.ReasonCycle,
		},
		"bundle of a parent's prerequisite": {
			[]wsus.Update{bundles(requires(update(1, wsus.Rules{}), false, 100), 2), requires(constant(2, yes, no), false, 1), on},
			map[int]compliance.State{1: stUnknown},
			applicability.ReasonCycle,
		},
	} {
		byID := verdicts(t, applicability.Config{}, c.updates...)
		for n, want := range c.want {
			if v := byID[updateID(n)]; v.State != want {
				t.Errorf("%s: update %d is %v because %v (%s), want %v", name, n, v.State, v.Reason, v.Detail, want)
			}
		}
		if v := byID[updateID(1)]; v.Reason != c.reason {
			t.Errorf("%s: update 1 because %v, want %v", name, v.Reason, c.reason)
		}
	}
}

func TestLargeCycleIsUnknown(t *testing.T) {
	t.Parallel()
	var updates []wsus.Update
	for i := range 2000 {
		updates = append(updates, requires(constant(i, yes, no), false, (i+1)%2000))
	}
	if v := verdicts(t, applicability.Config{}, updates...)[updateID(5)]; v.State != stUnknown || v.Reason != applicability.ReasonLimit {
		t.Errorf("cycle of 2000: %v because %v, want unknown because limit", v.State, v.Reason)
	}
}

func TestPrerequisitesAgreeWithTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "updates")
		var updates []wsus.Update
		for i := range n {
			u := constant(i, rapid.SampledFrom([]applicability.Value{no, unknown, yes}).Draw(t, fmt.Sprintf("installed %d", i)), no)
			for range rapid.IntRange(0, 2).Draw(t, "clauses") {
				u = requires(u, false, rapid.SliceOfN(rapid.IntRange(0, n-1), 1, 3).Draw(t, "clause")...)
			}
			updates = append(updates, u)
		}
		records, _, err := wsustest.Model{}.Evaluate(updates, &applicability.Document{})
		if err != nil {
			t.Fatal(err)
		}
		c, err := wsus.NewCatalog(1, rapid.Permutation(updates).Draw(t, "order"))
		if err != nil {
			t.Fatal(err)
		}
		e, err := applicability.New(applicability.Config{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := e.Verdicts(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if len(records) != n || len(got) != n {
			t.Fatalf("%d verdicts, %d records of the model, want %d", len(got), len(records), n)
		}
		for i, v := range got {
			if v.ID != records[i].ID || v.State != records[i].State {
				t.Errorf("update %v is %v because %v, want %v", v.ID, v.State, v.Reason, records[i].State)
			}
		}
	})
}
