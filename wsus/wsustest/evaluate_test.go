package wsustest_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/wsustest"
	"github.com/updatescan/updatescan/wsus/wsustest/wsusrapid"
)

// TestRuleAgrees compares rules, one by one, with the evaluator: trees, and
// each family of leaves by itself.
func TestRuleAgrees(t *testing.T) {
	t.Parallel()
	for name, rules := range map[string]*rapid.Generator[wsus.Rule]{
		"trees":     wsusrapid.Rule(4),
		"loops":     wsusrapid.Loop(),
		"all":       wsusrapid.Leaf(),
		"files":     wsusrapid.Leaf("File"),
		"registry":  wsusrapid.Leaf("Reg", "WUv4", "Cluster"),
		"Windows":   wsusrapid.Leaf("WindowsVersion", "PlatformVersion"),
		"system":    wsusrapid.Leaf("Processor", "NumberOf", "SystemMetric", "Platform", "Licen", "Generic"),
		"languages": wsusrapid.Leaf("WindowsLanguage", "PlatformLanguage", "Mui"),
		"products":  wsusrapid.Leaf("Msi"),
		"queries":   wsusrapid.Leaf("WmiQuery"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				machine := wsusrapid.Machine().Draw(t, "machine")
				for _, r := range rapid.SliceOfN(rules, 8, 8).Draw(t, "rules") {
					want, err := wsustest.Model{}.Rule(&r, machine)
					if err != nil {
						t.Fatal(err)
					}
					if got := applicability.ExplainRule(machine.Facts(), &r); got.Value != want {
						text, _ := json.Marshal(machine)
						t.Fatalf("ExplainRule() = %v, want %v\n%v\n%s", got.Value, want, got, text)
					}
				}
			})
		})
	}
}

// agree evaluates updates with the model and with the evaluator, fails when they
// differ, and returns the records.
func agree(t *rapid.T, updates []wsus.Update, machine *applicability.Document) []compliance.Record {
	t.Helper()
	want, unsupported, err := wsustest.Model{}.Evaluate(updates, machine)
	if err != nil {
		t.Fatal(err)
	}
	c, err := wsus.NewCatalog(1, updates)
	if err != nil {
		t.Fatal(err)
	}
	e, err := applicability.New(applicability.Config{Facts: machine.Facts()})
	if err != nil {
		t.Fatal(err)
	}
	got, err := e.Evaluate(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, slices.Collect(got.Snapshot.All())); diff != "" {
		text, _ := json.Marshal(machine)
		t.Fatalf("Evaluate() records (-want +got):\n%s\n%s", diff, text)
	}
	if diff := cmp.Diff(unsupported, got.Unsupported); diff != "" {
		t.Fatalf("Evaluate() unsupported (-want +got):\n%s", diff)
	}
	return want
}

// TestEvaluateAgrees compares whole catalogues with the evaluator.
func TestEvaluateAgrees(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-5")
	rapid.Check(t, func(t *rapid.T) {
		agree(t, wsusrapid.Related(7).Draw(t, "updates"), wsusrapid.Machine().Draw(t, "machine"))
	})
}

// What the model does not know it refuses, by name, and returns nothing.
func TestModelRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	var machine applicability.Document
	if err := machine.SetWMI(`root\cimv2`, "X", map[string]any{"A": "0x1F", "B": 0.5, "C": uint64(1)<<63 + 1}); err != nil {
		t.Fatal(err)
	}
	where := func(condition string) wsus.Rule {
		return wsus.Rule{Name: "WmiQuery", Attrs: []wsus.Attr{{Name: "WqlQuery", Value: "SELECT * FROM X WHERE " + condition}}}
	}
	deep := wsus.Rule{Name: "True"}
	for range 128 {
		deep = wsus.Rule{Name: "Not", Children: []wsus.Rule{deep}}
	}
	for name, r := range map[string]wsus.Rule{
		"MsiPatchInstalled":       {Name: "Not", Children: []wsus.Rule{{Name: "MsiPatchInstalled"}}},
		"MsiApplicationInstalled": {Name: "MsiApplicationInstalled"},
		"such texts as numbers":   where("A = 31"),
		"as text":                 where("B = 'half'"),
		"exponents":               where("B = 1e100"),
		"floating point":          where("C = 9223372036854775808"),
		"128 deep":                deep,
	} {
		u := wsustest.Simple(1, false, true)
		u.Rules.IsSuperseded = []wsus.Rule{r}
		records, counts, err := wsustest.Model{}.Evaluate([]wsus.Update{u}, &machine)
		refused, ok := errors.AsType[*wsustest.UnmodelledError](err)
		if !ok || len(refused.What) == 0 || !strings.Contains(err.Error(), name) || records != nil || counts != nil {
			t.Errorf("%s: Evaluate() = %v, %v, %v, want a refusal", name, records, counts, err)
		}
		if _, err := (wsustest.Model{}).Rule(&r, &machine); !errors.As(err, &refused) {
			t.Errorf("%s: Rule() = %v, want a refusal", name, err)
		}
	}
	if _, err := (wsustest.Model{}).Rule(nil, &machine); err == nil {
		t.Error("Rule(nil) = nil, want an error")
	}
}
