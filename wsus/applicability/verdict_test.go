package applicability_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
)

// requires adds a prerequisite clause of the numbers.
func requires(u wsus.Update, category bool, numbers ...int) wsus.Update {
	c := wsus.Clause{Category: category}
	for _, n := range numbers {
		c.Any = append(c.Any, updateID(n))
	}
	u.Prerequisites = append(u.Prerequisites, c)
	return u
}

// bundles adds a bundle clause of the numbers.
func bundles(u wsus.Update, numbers ...int) wsus.Update {
	c := wsus.BundleClause{}
	for _, n := range numbers {
		c.Any = append(c.Any, wsus.Identity{ID: updateID(n), Revision: 1})
	}
	u.Bundled = append(u.Bundled, c)
	return u
}

func supersedes(u wsus.Update, numbers ...int) wsus.Update {
	for _, n := range numbers {
		u.Supersedes = append(u.Supersedes, updateID(n))
	}
	return u
}

// ofKind makes the update a detectoid, or a category.
func ofKind(u wsus.Update, k wsus.Kind) wsus.Update {
	u.Kind = k
	return u
}

func withAction(u wsus.Update, a wsus.Action) wsus.Update {
	u.Action = a
	return u
}

const (
	stUnknown     = compliance.Unknown
	stNotRequired = compliance.NotRequired
	stRequired    = compliance.Required
	stInstalled   = compliance.Installed
)

func TestStatesOfParts(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-1")
	const Y, N, U = yes, no, unknown
	for _, c := range []struct {
		installed, superseded, installable applicability.Value
		want                               compliance.State
		reason                             applicability.Reason
	}{
		{Y, N, N, stInstalled, applicability.ReasonInstalled},
		{Y, Y, Y, stInstalled, applicability.ReasonInstalled},
		{Y, U, U, stInstalled, applicability.ReasonInstalled},
		{N, N, Y, stRequired, applicability.ReasonInstallable},
		{N, Y, Y, stNotRequired, applicability.ReasonSuperseded},
		{N, Y, U, stNotRequired, applicability.ReasonSuperseded},
		{N, N, N, stNotRequired, applicability.ReasonNotInstallable},
		{N, U, N, stNotRequired, applicability.ReasonNotInstallable},
		{N, U, Y, stUnknown, applicability.ReasonUnavailable},
		{N, N, U, stUnknown, applicability.ReasonUnavailable},
		{U, N, N, stUnknown, applicability.ReasonUnavailable},
		{U, N, Y, stUnknown, applicability.ReasonUnavailable},
		{U, Y, Y, stUnknown, applicability.ReasonUnavailable},
	} {
		u := update(1, wsus.Rules{
			IsInstalled:   []wsus.Rule{constRule(c.installed)},
			IsSuperseded:  []wsus.Rule{constRule(c.superseded)},
			IsInstallable: []wsus.Rule{constRule(c.installable)},
		})
		v := verdicts(t, applicability.Config{}, u)[updateID(1)]
		if v.State != c.want || v.Reason != c.reason {
			t.Errorf("installed %v, superseded %v, installable %v: %v because %v, want %v because %v",
				c.installed, c.superseded, c.installable, v.State, v.Reason, c.want, c.reason)
		}
	}
}

func TestMissingSections(t *testing.T) {
	t.Parallel()
	truth := []wsus.Rule{rule("True")}
	for name, c := range map[string]struct {
		rules  wsus.Rules
		want   compliance.State
		reason applicability.Reason
	}{
		"none":                         {wsus.Rules{}, stNotRequired, applicability.ReasonNoRules},
		"installed only":               {wsus.Rules{IsInstalled: truth}, stInstalled, applicability.ReasonInstalled},
		"installable only":             {wsus.Rules{IsInstallable: truth}, stRequired, applicability.ReasonInstallable},
		"superseded only":              {wsus.Rules{IsSuperseded: truth}, stNotRequired, applicability.ReasonSuperseded},
		"empty says nothing":           {wsus.Rules{IsInstalled: []wsus.Rule{}, IsInstallable: truth}, stRequired, applicability.ReasonInstallable},
		"several are a conjunction":    {wsus.Rules{IsInstalled: []wsus.Rule{rule("True"), rule("False")}, IsInstallable: truth}, stRequired, applicability.ReasonInstallable},
		"several, all of them true":    {wsus.Rules{IsInstalled: []wsus.Rule{rule("True"), rule("True")}}, stInstalled, applicability.ReasonInstalled},
		"several, one of them unknown": {wsus.Rules{IsInstalled: []wsus.Rule{rule("True"), rule("Camera")}}, stUnknown, applicability.ReasonUnsupported},
	} {
		v := verdicts(t, applicability.Config{}, update(1, c.rules))[updateID(1)]
		if v.State != c.want || v.Reason != c.reason {
			t.Errorf("%s: %v because %v, want %v because %v", name, v.State, v.Reason, c.want, c.reason)
		}
	}
}

func TestWhatIsReported(t *testing.T) {
	t.Parallel()
	expired := constant(9, no, yes)
	expired.Expired = true
	member, own := constant(21, yes, no), withAction(constant(22, yes, no), wsus.ActionInstall)
	byID := verdicts(t, applicability.Config{},
		constant(1, no, yes),
		ofKind(constant(2, no, yes), wsus.KindDriver),
		ofKind(constant(3, yes, no), wsus.KindCategory),
		ofKind(constant(4, yes, no), wsus.KindDetectoid),
		withAction(constant(5, no, yes), wsus.ActionEvaluate),
		withAction(constant(6, no, yes), wsus.ActionBundle),
		withAction(constant(7, no, yes), wsus.ActionBlock),
		withAction(constant(8, no, yes), wsus.ActionPreDeploymentCheck),
		expired, bundles(update(20, wsus.Rules{}), 21, 22), member, own,
	)
	for n, want := range map[int]applicability.Omission{
		1: applicability.Reported, 2: applicability.Reported, 3: applicability.OmittedKind, 4: applicability.OmittedKind,
		5: applicability.OmittedAction, 6: applicability.OmittedAction, 7: applicability.OmittedAction, 8: applicability.Reported,
		9: applicability.OmittedExpired, 20: applicability.Reported, 21: applicability.OmittedMember, 22: applicability.Reported,
	} {
		if got := byID[updateID(n)].Omission; got != want {
			t.Errorf("update %d: %v, want %v", n, got, want)
		}
	}
}

func TestEvaluateReportsAndExplainsUnknown(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-5")
	c := newCatalog(t,
		constant(1, yes, no), constant(2, no, yes), constant(3, no, no), constant(4, unknown, no),
		supersedes(constant(5, no, yes), 2), ofKind(constant(6, yes, no), wsus.KindCategory),
		requires(constant(7, no, yes), false, 4))
	got, err := newEvaluator(t, applicability.Config{}).Evaluate(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	var records []compliance.Record
	for r := range got.Snapshot.All() {
		records = append(records, r)
	}
	want := []compliance.Record{
		{ID: updateID(1), Revision: 1, State: stInstalled},
		{ID: updateID(3), Revision: 1, State: stNotRequired},
		{ID: updateID(4), Revision: 1, State: stUnknown},
		{ID: updateID(5), Revision: 1, State: stRequired},
		{ID: updateID(7), Revision: 1, State: stUnknown},
	}
	if diff := cmp.Diff(want, records); diff != "" {
		t.Errorf("Evaluate().Snapshot (-want +got):\n%s", diff)
	}
	problems := []wsus.Problem{
		{ID: updateID(4), Reason: "fact_unavailable: IsInstalled/MuiInstalled: not available: MUI languages"},
		{ID: updateID(7), Reason: "prerequisite_unknown: prerequisite " + updateID(4).String()},
	}
	if diff := cmp.Diff(problems, got.Problems); diff != "" {
		t.Errorf("Evaluate().Problems (-want +got):\n%s", diff)
	}
}

func TestReasonsOfUnknown(t *testing.T) {
	t.Parallel()
	doc := document(t, partialRegistry+`,"wmi":{"root\\cimv2":{"X":[{"A":1}]}}`)
	for name, c := range map[string]struct {
		rule   wsus.Rule
		reason applicability.Reason
		detail string
	}{
		"registry": {
			parent("And", rule("True"), parent("Or", rule("False"), rule("RegKeyExists", regAttrs("B")...))), applicability.ReasonUnavailable,
			`IsInstalled/And/Or/RegKeyExists: not available: registry HKEY_LOCAL_MACHINE\B`,
		},
		"property": {
			query("select * from X where B = 1"), applicability.ReasonUnavailable,
			`IsInstalled/WmiQuery: not available: WMI class root\cimv2:x (1 rows)`,
		},
		"unsupported": {parent("Not", rule("Camera")), applicability.ReasonUnsupported, "IsInstalled/Not/Camera: unsupported"},
		"invalid":     {rule("Processor"), applicability.ReasonInvalid, "IsInstalled/Processor: invalid: Architecture: is missing"},
		"wql": {
			query("SELECT"), applicability.ReasonWQL,
			"IsInstalled/WmiQuery: unsupported wql: WqlQuery: applicability: unsupported WQL at offset 6: found the end of the query, want * or a property",
		},
		"in a loop": {
			loop(`SOFTWARE\A`, "Any", rule("Camera")), applicability.ReasonUnsupported,
			"IsInstalled/RegKeyLoop: Camera: unsupported",
		},
	} {
		v := verdicts(t, applicability.Config{Facts: doc.Facts()}, update(1, wsus.Rules{IsInstalled: []wsus.Rule{c.rule}}))[updateID(1)]
		if v.State != stUnknown || v.Reason != c.reason || v.Detail != c.detail {
			t.Errorf("%s: %v because %v: %q\nwant unknown because %v: %q", name, v.State, v.Reason, v.Detail, c.reason, c.detail)
		}
	}
}

func TestCancelledEvaluation(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e, c := newEvaluator(t, applicability.Config{}), newCatalog(t, constant(1, yes, no))
	if got, err := e.Evaluate(ctx, c); !errors.Is(err, context.Canceled) || got.Snapshot != nil {
		t.Errorf("Evaluate(cancelled) = %v, %v, want context.Canceled and nothing", got, err)
	}
	if _, err := e.Verdicts(ctx, c); !errors.Is(err, context.Canceled) {
		t.Errorf("Verdicts(cancelled) = %v, want context.Canceled", err)
	}
	if _, err := e.Explain(ctx, c, updateID(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("Explain(cancelled) = %v, want context.Canceled", err)
	}
}

func TestEmptyCatalogs(t *testing.T) {
	t.Parallel()
	e := newEvaluator(t, applicability.Config{})
	for name, c := range map[string]*wsus.Catalog{"nil": nil, "empty": newCatalog(t)} {
		got, err := e.Evaluate(t.Context(), c)
		if err != nil || got.Snapshot.Len() != 0 || got.Problems != nil || got.Unsupported != nil {
			t.Errorf("Evaluate(%s) = %+v, %v, want nothing", name, got, err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	_, err := applicability.New(applicability.Config{Supersedence: 9})
	if e, ok := errors.AsType[*applicability.ConfigError](err); !ok || e.Field != "Supersedence" {
		t.Errorf("New(Supersedence: 9) = %v, want a ConfigError", err)
	}
}

func TestProgramsAreKept(t *testing.T) {
	t.Parallel()
	programs := &applicability.Programs{}
	a, b := newCatalog(t, constant(1, yes, no)), newCatalog(t, constant(1, yes, no))
	e := newEvaluator(t, applicability.Config{Programs: programs})
	first := e.Compile(a)
	if e.Compile(b) == first || e.Compile(a) != first || programs.Get(a) != first {
		t.Error("a catalogue's program is not kept, or is another's")
	}
	if first.Catalog() != a {
		t.Error("Catalog() is another catalogue")
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	doc := laptop(t)
	e := newEvaluator(t, applicability.Config{Facts: doc.Facts()})
	catalogs := []*wsus.Catalog{
		newCatalog(t, constant(1, yes, no), update(2, wsus.Rules{IsInstalled: []wsus.Rule{query("SELECT * FROM Win32_BIOS")}})),
		newCatalog(t, constant(1, no, yes)), newCatalog(t, constant(1, no, no)),
	}
	wants := []compliance.State{stInstalled, stRequired, stNotRequired}
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for k := range 30 {
				i := (n + k) % len(catalogs)
				got, err := e.Evaluate(context.Background(), catalogs[i])
				if err != nil || got.Snapshot.At(0).State != wants[i] {
					t.Errorf("Evaluate(%d) = %v, %v", i, got.Snapshot, err)
				}
			}
		})
	}
	wg.Wait()
}

// A change of the machine is seen by the next evaluation, not by one that has
// begun; here: that nothing is remembered from one to the next.
func TestEvaluationsDoNotRememberFacts(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DEC-8")
	doc := document(t, `"registry":{}`)
	e := newEvaluator(t, applicability.Config{Facts: doc.Facts()})
	installed := rule("RegValueExists", regAttrs(`SOFTWARE\Fix`, "Value", "Done")...)
	c := newCatalog(t, update(1, wsus.Rules{IsInstalled: []wsus.Rule{installed}, IsInstallable: []wsus.Rule{rule("True")}}))
	for i, want := range []compliance.State{stRequired, stInstalled} {
		got, err := e.Evaluate(t.Context(), c)
		if err != nil || got.Snapshot.At(0).State != want {
			t.Errorf("evaluation %d = %v, %v, want %v", i, got.Snapshot.At(0), err, want)
		}
		if err := doc.SetRegistry(`HKLM\SOFTWARE\Fix`, "Done", applicability.DWord(1)); err != nil {
			t.Fatal(err)
		}
	}
}
