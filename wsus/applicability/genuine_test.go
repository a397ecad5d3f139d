package applicability_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/internal/testdata"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/metadata"
)

// countRules counts the rules of the name in a catalogue.
func countRules(c *wsus.Catalog, name string) int {
	n := 0
	var walk func([]wsus.Rule)
	walk = func(rules []wsus.Rule) {
		for i := range rules {
			if rules[i].Name == name {
				n++
			}
			walk(rules[i].Children)
		}
	}
	for i := range c.Len() {
		r := &c.At(i).Rules
		walk(r.IsInstalled)
		walk(r.IsSuperseded)
		walk(r.IsInstallable)
	}
	return n
}

// One test, because the catalogue is read once for all of it.
func TestVendorCatalog(t *testing.T) {
	t.Parallel()
	c := vendorCatalog(t)
	t.Run("evaluated", func(t *testing.T) { vendorIsEvaluated(t, c) })
	t.Run("unknown machine", func(t *testing.T) { vendorOnAnUnknownMachine(t, c) })
	t.Run("explained", func(t *testing.T) { vendorIsExplained(t, c) })
}

func vendorIsEvaluated(t *testing.T, c *wsus.Catalog) {
	t.Helper()
	if c.Len() != 1831 {
		t.Errorf("catalogue has %d packages, want 1829 of HP and 2 of Dell", c.Len())
	}
	e := newEvaluator(t, applicability.Config{Facts: laptop(t).Facts(), Supersedence: applicability.KeepSuperseded})
	got, err := e.Evaluate(t.Context(), c)
	if err != nil {
		t.Fatalf("Evaluate() = %v", err)
	}
	if len(got.Unsupported) != 0 {
		t.Errorf("Evaluate().Unsupported = %v, want none", got.Unsupported)
	}
	if len(got.Problems) != 0 {
		t.Errorf("Evaluate() has %d problems, want none; the first is %v", len(got.Problems), got.Problems[0])
	}
	if got.Snapshot.Len() != c.Len() {
		t.Errorf("Evaluate() reports %d of %d packages", got.Snapshot.Len(), c.Len())
	}
	sum := got.Snapshot.Summary()
	if sum.Required == 0 || sum.Installed == 0 || sum.NotRequired == 0 || sum.Unknown != 0 {
		t.Errorf("Evaluate() = %+v, want some of each state but unknown", sum)
	}
	prog := e.Compile(c)
	total, distinct := prog.Rules()
	queries := countRules(c, "WmiQuery")
	if len(prog.Queries()) != 0 {
		t.Errorf("queries that do not compile: %v", prog.Queries())
	}
	t.Logf("%d packages: %+v; %d rules, %d distinct; all %d WMI queries compiled", c.Len(), sum, total, distinct, queries)
	if queries < 8000 {
		t.Errorf("the catalogue has %d WMI queries, want the 8,911 of the packages", queries)
	}
}

func vendorOnAnUnknownMachine(t *testing.T, c *wsus.Catalog) {
	t.Helper()
	t.Attr("rule", "DIFF-5")
	got, err := newEvaluator(t, applicability.Config{}).Evaluate(t.Context(), c)
	if err != nil {
		t.Fatalf("Evaluate() = %v", err)
	}
	want := compliance.Summary{Unknown: c.Len()}
	if diff := cmp.Diff(want, got.Snapshot.Summary()); diff != "" {
		t.Errorf("summary without facts (-want +got):\n%s", diff)
	}
	if len(got.Problems) != c.Len() {
		t.Errorf("%d problems for %d unknown updates", len(got.Problems), c.Len())
	}
}

// Evaluating to explain gives the verdicts that evaluating gives.
func vendorIsExplained(t *testing.T, c *wsus.Catalog) {
	t.Helper()
	e := newEvaluator(t, applicability.Config{Facts: laptop(t).Facts()})
	list, err := e.Verdicts(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for i := range list {
		v := &list[i]
		if v.State == compliance.NotRequired && i%400 != 0 {
			continue
		}
		x, err := e.Explain(t.Context(), c, v.ID)
		if err != nil {
			t.Fatal(err)
		}
		shown++
		if x.State != v.State || x.Reason != v.Reason {
			t.Errorf("Explain(%v) = %v because %v, Verdicts() %v because %v", v.ID, x.State, x.Reason, v.State, v.Reason)
		}
		parts := map[string]applicability.Value{"IsInstalled": v.IsInstalled, "IsSuperseded": v.IsSuperseded, "IsInstallable": v.IsInstallable}
		for _, s := range x.Sections {
			if s.Value != parts[s.Name] {
				t.Errorf("Explain(%v): %s = %v, want %v", v.ID, s.Name, s.Value, parts[s.Name])
			}
		}
	}
	t.Logf("%d explanations", shown)
}

// readCaptures parses all fragments below a folder of captures.
func readCaptures(tb testing.TB, pattern ...string) []wsus.Update {
	tb.Helper()
	names, err := filepath.Glob(filepath.Join(testdata.Dir(tb, "wsus-captures"), filepath.Join(pattern...)))
	if err != nil || len(names) == 0 {
		tb.Fatalf("Glob(%v) = %v, %v", pattern, names, err)
	}
	var updates []wsus.Update
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		more, err := metadata.Parse(data, metadata.Options{Origin: name})
		if err != nil {
			tb.Fatalf("Parse(%s) = %v", name, err)
		}
		updates = append(updates, more...)
	}
	return updates
}

func TestCapturedDefenderBundle(t *testing.T) {
	t.Parallel()
	updates := readCaptures(t, "core-fragments", "*.core.xml")
	// What the captured updates require is not among the fragments: stand-ins
	// that are installed make their own rules count.
	have := map[compliance.UpdateID]bool{}
	for i := range updates {
		have[updates[i].ID] = true
	}
	for i := range updates {
		for _, clause := range updates[i].Prerequisites {
			for _, id := range clause.Any {
				if !have[id] {
					have[id] = true
					updates = append(updates, wsus.Update{
						Identity: wsus.Identity{ID: id, Revision: 1}, Kind: wsus.KindDetectoid,
						Rules: wsus.Rules{IsInstalled: []wsus.Rule{rule("True")}},
					})
				}
			}
		}
	}
	current := laptop(t)
	behind := laptop(t)
	for _, name := range []string{"mpasdlta.vdm", "mpavdlta.vdm"} {
		path := `C:\ProgramData\Microsoft\Windows Defender\Definition Updates\Current\` + name
		file := applicability.NewFile(applicability.Version{1, 450, 1, 0}, time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC))
		if err := behind.SetFile(path, file); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []struct {
		name    string
		machine *applicability.Document
		id      string
		state   compliance.State
		reason  applicability.Reason
	}{
		{"engine, definitions too new for this package", current, "ff36f0b5-dded-4780-8664-cd78af8b62c1", compliance.NotRequired, applicability.ReasonNotInstallable},
		{"definitions as new as the package", current, "7366a74a-ef29-44e1-b738-570b516aca1f", compliance.Installed, applicability.ReasonInstalled},
		{"engine, old definitions", behind, "ff36f0b5-dded-4780-8664-cd78af8b62c1", compliance.Required, applicability.ReasonInstallable},
		{"old definitions, one package", behind, "7366a74a-ef29-44e1-b738-570b516aca1f", compliance.Required, applicability.ReasonInstallable},
		{"old definitions, newer package", behind, "266f6222-c89d-43f2-9f8a-69340271e677", compliance.Required, applicability.ReasonInstallable},
		{"bundle with the engine", behind, "1f9bd9bb-7390-4aa3-bbdb-ded99fac2583", compliance.Required, applicability.ReasonBundle},
		{"bundle of bundles", behind, "a2fef9b0-7951-4c2c-a42b-9e351dd1c1fe", compliance.Required, applicability.ReasonBundle},
		{"bundle whose members were not captured", behind, "ccb78947-6453-4ecc-9de8-bc0305c98f2d", compliance.Unknown, applicability.ReasonBundleMissing},
	} {
		id, err := compliance.ParseUpdateID(want.id)
		if err != nil {
			t.Fatal(err)
		}
		byID := verdicts(t, applicability.Config{Facts: want.machine.Facts()}, updates...)
		if v := byID[id]; v.State != want.state || v.Reason != want.reason {
			t.Errorf("%s: %v because %v (%s), want %v because %v", want.name, v.State, v.Reason, v.Detail, want.state, want.reason)
		}
	}
}
