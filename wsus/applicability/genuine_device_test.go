package applicability_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/updatescan/updatescan/internal/testdata"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/metadata"
)

// findRules finds all rules of the name in a tree, in order.
func findRules(rules []wsus.Rule, name string) []wsus.Rule {
	var found []wsus.Rule
	for i := range rules {
		if rules[i].Name == name {
			found = append(found, rules[i])
		}
		found = append(found, findRules(rules[i].Children, name)...)
	}
	return found
}

func attrOf(tb testing.TB, r wsus.Rule, name string) string {
	tb.Helper()
	v, ok := r.Attr(name)
	if !ok {
		tb.Fatalf("%s has no attribute %s", r.Name, name)
	}
	return v
}

// capturedComponents reads the captured updates by component servicing, and of
// systems, without what they require.
func capturedComponents(tb testing.TB) (packages []wsus.Update, system wsus.Update) {
	tb.Helper()
	for _, u := range readCaptures(tb, "cbs", "*core*.xml") {
		u.Prerequisites = nil
		if len(findRules(u.Rules.IsInstalled, "CbsPackageInstalled")) > 0 {
			packages = append(packages, u)
		} else {
			system = u
		}
	}
	if len(packages) != 2 || len(findRules(system.Rules.IsInstalled, "ProductReleaseInstalled")) != 1 {
		tb.Fatalf("captured: %d updates by component servicing, want 2, and one of a system", len(packages))
	}
	return packages, system
}

// verdictOf decides one update on a machine, and wants no rule unsupported.
func verdictOf(tb testing.TB, doc *applicability.Document, u wsus.Update) applicability.Reason {
	tb.Helper()
	c := newCatalog(tb, u)
	if n := applicability.Compile(c).Issues(); len(n) != 0 {
		tb.Errorf("%v: issues %v, want none", u.ID, n)
	}
	return verdicts(tb, applicability.Config{Facts: doc.Facts()}, u)[u.ID].Reason
}

func TestCapturedPackages(t *testing.T) {
	t.Parallel()
	packages, _ := capturedComponents(t)
	for _, u := range packages {
		found := findRules(u.Rules.Metadata, "assemblyIdentity")
		if len(found) == 0 {
			t.Fatalf("%v: no assemblyIdentity", u.ID)
		}
		id := found[0]
		if attrOf(t, id, "language") != "neutral" {
			t.Fatalf("%v: a package of a language", u.ID)
		}
		identity := strings.Join([]string{
			attrOf(t, id, "name"), attrOf(t, id, "publicKeyToken"), attrOf(t, id, "processorArchitecture"), "", attrOf(t, id, "version"),
		}, "~")
		const key = `HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing`
		set := func(change func(*applicability.Document) error) *applicability.Document {
			doc := document(t, `"registry":{}`)
			if err := change(doc); err != nil {
				t.Fatal(err)
			}
			return doc
		}
		for name, c := range map[string]struct {
			doc  *applicability.Document
			want applicability.Reason
		}{
			"installed": {set(func(d *applicability.Document) error { d.SetPackage(identity, 112); return nil }), applicability.ReasonInstalled},
			"in the registry": {set(func(d *applicability.Document) error {
				return d.SetRegistry(key+`\Packages\`+identity, "CurrentState", applicability.DWord(112))
			}), applicability.ReasonInstalled},
			"installable":        {set(func(d *applicability.Document) error { d.SetPackageInstallable(identity, true); return nil }), applicability.ReasonInstallable},
			"not installable":    {set(func(d *applicability.Document) error { d.SetPackageInstallable(identity, false); return nil }), applicability.ReasonNotInstallable},
			"servicing not read": {laptop(t), applicability.ReasonUnavailable},
		} {
			if got := verdictOf(t, c.doc, u); got != c.want {
				t.Errorf("%v, %s: because %v, want %v", u.ID, name, got, c.want)
			}
		}
	}
}

func TestCapturedSystem(t *testing.T) {
	t.Parallel()
	_, u := capturedComponents(t)
	release := findRules(u.Rules.IsInstalled, "ProductReleaseInstalled")[0]
	name := attrOf(t, release, "Name")
	version, err := applicability.ParseVersion(attrOf(t, release, "Version"))
	if err != nil {
		t.Fatal(err)
	}
	var skus []string
	var low, high string
	for _, r := range findRules(u.Rules.IsInstallable, "DeviceAttribute") {
		switch value := attrOf(t, r, "Value"); attrOf(t, r, "Name") {
		case "OSSkuId":
			skus = append(skus, value)
		case "OSVersion":
			if attrOf(t, r, "Comparison") == "LessThan" {
				high = value
			} else {
				low = value
			}
		}
	}
	if len(skus) < 2 || low == "" || high == "" {
		t.Fatalf("editions %v, versions from %q to %q", skus, low, high)
	}
	// The first edition is excluded, the others are included.
	excluded, included := skus[0], skus[1]
	earlier, later := version, version
	earlier[3]--
	later[3]++
	for title, c := range map[string]struct {
		sku, os string
		release applicability.Version
		want    applicability.Reason
	}{
		"another edition":       {excluded, low, applicability.Version{}, applicability.ReasonNotInstallable},
		"the edition":           {included, low, applicability.Version{}, applicability.ReasonInstallable},
		"the system after it":   {included, high, applicability.Version{}, applicability.ReasonNotInstallable},
		"an earlier release":    {included, low, earlier, applicability.ReasonInstallable},
		"the release":           {included, low, version, applicability.ReasonInstalled},
		"a later release":       {included, low, later, applicability.ReasonUnsupported},
		"no edition is told":    {"", low, applicability.Version{}, applicability.ReasonNotInstallable},
		"no attribute is known": {"", "", earlier, applicability.ReasonUnavailable},
	} {
		doc := document(t, `"product_releases":{}`)
		if c.sku != "" {
			doc.SetDeviceAttribute("OSSkuId", c.sku)
		}
		if c.os != "" {
			doc.SetDeviceAttribute("OSVersion", c.os)
		}
		if c.release != (applicability.Version{}) {
			doc.SetProductRelease(name, c.release)
		}
		if got := verdictOf(t, doc, u); got != c.want {
			t.Errorf("%s: because %v, want %v", title, got, c.want)
		}
	}
}

// The published schema of driver rules declares the rules that are evaluated,
// and what they read of the metadata.
func TestDriverSchema(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(testdata.Dir(t, "ms-wusp", "schemas", "msus-2002-12-WindowsDriver.xsd"))
	if err != nil {
		t.Fatal(err)
	}
	declared := map[string]bool{}
	rules := 0
	for decoder := xml.NewDecoder(bytes.NewReader(data)); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		var name, group string
		for _, a := range start.Attr {
			switch a.Name.Local {
			case "name":
				name = a.Value
			case "substitutionGroup":
				group = a.Value
			}
		}
		declared[start.Name.Local+" "+name] = true
		if strings.HasSuffix(group, ":ApplicabilityRuleElement") {
			rules++
			if !slices.Contains(applicability.Vocabulary(), name) {
				t.Errorf("rule %s of the schema is not in the vocabulary", name)
			}
		}
	}
	if rules != 3 {
		t.Errorf("the schema declares %d rules, want 3", rules)
	}
	for _, name := range []string{
		"element WindowsDriverMetaData", "element CompatibleProvider", "attribute HardwareID", "attribute DriverVerDate",
		"attribute DriverVerVersion", "attribute Class", "attribute Provider",
	} {
		if !declared[name] {
			t.Errorf("the schema does not declare %s", name)
		}
	}
}

// A fragment has no root, and names its rules with prefixes that are text.
func TestFragmentWithPrefixes(t *testing.T) {
	t.Parallel()
	const fragment = `<UpdateIdentity UpdateID="00000000-0000-4000-8000-000000000001" RevisionNumber="100"/><Properties UpdateType="Driver"/>` +
		`<Relationships/><ApplicabilityRules><IsInstalled><d.WindowsDriverInstalled/></IsInstalled><IsSuperseded><d.WindowsDriverSuperseded/></IsSuperseded>` +
		`<IsInstallable><And><d.WindowsDriverInstallable/><b.Processor Architecture="9"/><Not><m.MsiProductInstalled ProductCode="` + productA + `"/></Not></And></IsInstallable>` +
		`<Metadata><d.WindowsDriverMetaData HardwareID="PCI\VEN_1" DriverVerDate="2008-06-01" DriverVerVersion="2.0.0.6"><CompatibleProvider>Contoso</CompatibleProvider>` +
		`</d.WindowsDriverMetaData></Metadata></ApplicabilityRules>`
	u, err := metadata.ParseFragment([]byte(fragment), metadata.Options{})
	if err != nil {
		t.Fatal(err)
	}
	doc := document(t, `"processor":{"architecture":9},"msi":{},"devices":[`+
		device(`,"driver":{"date":"2008-06-01","version":"2.0.0.5","matching_id":"PCI\\VEN_1"}`)+`]`)
	if got := verdictOf(t, doc, u); got != applicability.ReasonInstallable {
		t.Errorf("because %v, want %v", got, applicability.ReasonInstallable)
	}
}
