package applicability_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/wsustest"
)

func TestKleeneLaws(t *testing.T) {
	t.Parallel()
	all := slices.Collect(applicability.Values())
	for _, a := range all {
		if a.Not().Not() != a {
			t.Errorf("not not %v = %v", a, a.Not().Not())
		}
		if a.And(a) != a || a.Or(a) != a || a.And(yes) != a || a.Or(no) != a || a.And(no) != no || a.Or(yes) != yes {
			t.Errorf("identities fail for %v", a)
		}
		for _, b := range all {
			if a.And(b) != b.And(a) || a.Or(b) != b.Or(a) {
				t.Errorf("order matters for %v, %v", a, b)
			}
			if a.And(b).Not() != a.Not().Or(b.Not()) {
				t.Errorf("De Morgan fails for %v, %v", a, b)
			}
			if a.And(a.Or(b)) != a || a.Or(a.And(b)) != a {
				t.Errorf("absorption fails for %v, %v", a, b)
			}
			for _, c := range all {
				if a.And(b).And(c) != a.And(b.And(c)) || a.And(b.Or(c)) != a.And(b).Or(a.And(c)) {
					t.Errorf("association or distribution fails for %v, %v, %v", a, b, c)
				}
			}
		}
	}
	if unknown.Not() != unknown || unknown.And(yes) != unknown || unknown.Or(no) != unknown {
		t.Error("unknown does not stay unknown")
	}
}

// drawRule draws a logical expression; the leaf MuiInstalled is unknown and
// RegKeyExists of key K0 to K3 is what the machine says.
func drawRule(t *rapid.T, depth int) wsus.Rule {
	kind := rapid.SampledFrom([]string{"leaf", "And", "Or", "Not"}).Draw(t, "kind")
	if depth == 0 || kind == "leaf" {
		leaf := rapid.SampledFrom([]string{"True", "False", "MuiInstalled", "K0", "K1", "K2"}).Draw(t, "leaf")
		if leaf[0] == 'K' {
			return rule("RegKeyExists", regAttrs(leaf)...)
		}
		return rule(leaf)
	}
	n := 1
	if kind != "Not" {
		n = rapid.IntRange(1, 4).Draw(t, "operands")
	}
	r := parent(kind)
	for range n {
		r.Children = append(r.Children, drawRule(t, depth-1))
	}
	return r
}

// modelValue is the value of a drawn expression as the model finds it.
func modelValue(t *rapid.T, r *wsus.Rule, doc *applicability.Document) applicability.Value {
	v, err := wsustest.Model{}.Rule(r, doc)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// keyDocument is a machine where K0 to K2 are absent (0), unavailable (1) or
// present (2).
func keyDocument(t *rapid.T, keys map[string]int) *applicability.Document {
	doc := &applicability.Document{}
	for name, v := range keys {
		path := `HKLM\` + name
		var err error
		if v == 2 {
			err = doc.SetRegistryKey(path)
		}
		if v == 0 {
			err = doc.CoverRegistry(path)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := doc.CoverRegistry(`HKLM\Other`); err != nil {
		t.Fatal(err)
	}
	return doc
}

func drawKeys(t *rapid.T) map[string]int {
	keys := map[string]int{}
	for _, name := range []string{"K0", "K1", "K2"} {
		keys[name] = rapid.IntRange(0, 2).Draw(t, name)
	}
	return keys
}

func TestLogicAgreesWithTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r, doc := drawRule(t, 4), keyDocument(t, drawKeys(t))
		want := modelValue(t, &r, doc)
		got := applicability.ExplainRule(doc.Facts(), &r)
		if got.Value != want {
			t.Errorf("ExplainRule() = %v, want %v\n%s", got.Value, want, got.String())
		}
	})
}

// A verdict does not depend on the order of operands, and several updates with
// shared expressions are decided as each one alone.
func TestOrderAndSharingDoNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		doc := keyDocument(t, drawKeys(t))
		var updates []wsus.Update
		want := map[int]applicability.Value{}
		for n := range rapid.IntRange(1, 5).Draw(t, "updates") {
			r := drawRule(t, 3)
			want[n] = modelValue(t, &r, doc)
			updates = append(updates, update(n, wsus.Rules{IsInstalled: []wsus.Rule{shuffled(t, r)}}))
		}
		updates = rapid.Permutation(updates).Draw(t, "order")
		c, err := wsus.NewCatalog(1, updates)
		if err != nil {
			t.Fatal(err)
		}
		e, err := applicability.New(applicability.Config{Facts: doc.Facts()})
		if err != nil {
			t.Fatal(err)
		}
		got, err := e.Verdicts(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		for n := range want {
			if got[n].ID != updateID(n) || got[n].IsInstalled != want[n] {
				t.Errorf("update %d: IsInstalled = %v, want %v", n, got[n].IsInstalled, want[n])
			}
		}
	})
}

// shuffled is the rule with its operands in another order.
func shuffled(t *rapid.T, r wsus.Rule) wsus.Rule {
	if len(r.Children) == 0 {
		return r
	}
	kids := make([]wsus.Rule, 0, len(r.Children))
	for _, kid := range r.Children {
		kids = append(kids, shuffled(t, kid))
	}
	r.Children = rapid.Permutation(kids).Draw(t, "operands")
	return r
}

// nested is a rule below n Nots.
func nested(n int, r wsus.Rule) wsus.Rule {
	for range n {
		r = parent("Not", r)
	}
	return r
}

func TestHostileTrees(t *testing.T) {
	t.Parallel()
	deep := nested(100_000, rule("True"))
	got := applicability.ExplainRule(applicability.Facts{}, &deep)
	if got.Value != unknown || !strings.Contains(got.String(), "nested more than") {
		t.Errorf("100,000 levels = %v, want unknown, nested too deep", got.Value)
	}
	fits := nested(applicability.MaxRuleDepth-2, rule("True"))
	if got := applicability.ExplainRule(applicability.Facts{}, &fits); got.Value != yes {
		t.Errorf("%d levels = %v, want true", applicability.MaxRuleDepth-2, got.Value)
	}
	wide := parent("Or")
	for range 50_000 {
		wide.Children = append(wide.Children, rule("False"))
	}
	if got := applicability.ExplainRule(applicability.Facts{}, &wide); got.Value != no {
		t.Errorf("50,000 operands = %v, want false", got.Value)
	}
}

func TestIssuePathsAndCounts(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-5")
	bad := rule("Processor", "Level", "6")
	u := update(7, wsus.Rules{
		IsInstalled: []wsus.Rule{rule("Direct3D"), parent("Not", rule("Camera"))},
		IsInstallable: []wsus.Rule{parent(
			"And", parent("Or", rule("True")), parent("And", rule("True"), parent("And", bad, bad)), parent("And", query("x"), rule("Camera")),
		)},
	})
	c := newCatalog(t, u)
	prog := applicability.Compile(c)
	var got []string
	for _, issue := range prog.Issues() {
		if issue.ID != updateID(7) {
			t.Errorf("issue of update %v", issue.ID)
		}
		got = append(got, issue.String())
	}
	want := []string{
		"IsInstalled/Direct3D: unsupported",
		"IsInstalled/Not/Camera: unsupported",
		"IsInstallable/And/And[1]/And/Processor[1]: invalid attribute Architecture: is missing",
		"IsInstallable/And/And[1]/And/Processor[2]: invalid attribute Architecture: is missing",
		`IsInstallable/And/And[2]/WmiQuery: unsupported_wql attribute WqlQuery: applicability: unsupported WQL at offset 0: found "x", want select`,
		"IsInstallable/And/And[2]/Camera: unsupported",
	}
	if !slices.Equal(got, want) {
		t.Errorf("Issues() =\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if n := prog.Unsupported(); n["Camera"] != 2 || n["Direct3D"] != 1 || len(n) != 2 {
		t.Errorf("Unsupported() = %v", n)
	}
	if n := prog.Invalid(); n["Processor"] != 2 || len(n) != 1 {
		t.Errorf("Invalid() = %v", n)
	}
	if n := prog.Queries(); n["WmiQuery"] != 1 || len(n) != 1 {
		t.Errorf("Queries() = %v", n)
	}
	e := newEvaluator(t, applicability.Config{})
	eval, err := e.Evaluate(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	for name, n := range map[string]int{"Camera": 2, "Direct3D": 1, "Processor (invalid)": 2, "WmiQuery (WQL)": 1} {
		if eval.Unsupported[name] != n {
			t.Errorf("Evaluate().Unsupported[%q] = %d, want %d; all: %v", name, eval.Unsupported[name], n, eval.Unsupported)
		}
	}
	if len(eval.Problems) != 1 || eval.Problems[0].Reason != "unsupported_rule: IsInstalled/Direct3D: unsupported" {
		t.Errorf("Problems = %v", eval.Problems)
	}
}

// build makes a rule tree of bytes: each byte is a name, an attribute or the
// end of a rule.
func build(data []byte) wsus.Rule {
	names := append(applicability.Vocabulary(), "Feature", "Product", "Camera")
	attrs := []string{
		"Comparison", "Path", "Version", "Key", "Subkey", "Value", "Data", "Csidl", "Architecture", "TrueIf", "WqlQuery",
		"ProductCode", "PatchCode", "Size", "Language", "RegType32", "Type", "MajorVersion", "SuiteMask",
	}
	values := []string{
		"", "1", "EqualTo", "HKEY_LOCAL_MACHINE", "HKEY_LOOP_TARGET", `SOFTWARE\A`, "Any", "true", "1.2.3.4", "C:\\a",
		"select * from X where A like '%a'", productA, "REG_SZ", "x", "en", "37", "4294967296",
	}
	root := parent("And")
	stack := []*wsus.Rule{&root}
	for i := 0; i+1 < len(data) && len(stack) > 0; i += 2 {
		top := stack[len(stack)-1]
		switch data[i] % 4 {
		case 0, 1:
			if len(stack) < 200 {
				top.Children = append(top.Children, rule(names[int(data[i+1])%len(names)]))
				stack = append(stack, &top.Children[len(top.Children)-1])
			}
		case 2:
			top.Attrs = append(top.Attrs, wsus.Attr{Name: attrs[int(data[i]/4)%len(attrs)], Value: values[int(data[i+1])%len(values)]})
		case 3:
			stack = stack[:len(stack)-1]
		}
	}
	return root
}

func FuzzCompile(f *testing.F) {
	f.Add([]byte{0, 5, 2, 1, 2, 2, 3, 0, 0, 30, 14, 3, 18, 5, 38, 6, 0, 1})
	f.Add([]byte("rules are data, not code, and never crash"))
	doc, err := applicability.ParseDocument([]byte(`{"format":"updatescan-machine-1",` + registryDoc + "," + msiDoc + `}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := build(data)
		one := applicability.ExplainRule(doc.Facts(), &r)
		if again := applicability.ExplainRule(doc.Facts(), &r); again.String() != one.String() {
			t.Errorf("two explanations of one rule differ:\n%s\n%s", one.String(), again.String())
		}
		u := update(1, wsus.Rules{IsInstalled: []wsus.Rule{r}})
		c, err := wsus.NewCatalog(1, []wsus.Update{u})
		if err != nil {
			t.Skip(err)
		}
		e, err := applicability.New(applicability.Config{Facts: doc.Facts()})
		if err != nil {
			t.Fatal(err)
		}
		list, err := e.Verdicts(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if list[0].IsInstalled != one.Value {
			t.Errorf("in a catalogue %v, alone %v", list[0].IsInstalled, one.Value)
		}
	})
}
