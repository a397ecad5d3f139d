package applicability_test

import (
	"testing"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
)

const (
	productA = "{aaaaaaaa-0000-4000-8000-000000000001}"
	productB = "{aaaaaaaa-0000-4000-8000-000000000002}"
	productC = "{aaaaaaaa-0000-4000-8000-000000000003}"
	productX = "{aaaaaaaa-0000-4000-8000-0000000000ff}"
	patchP   = "{bbbbbbbb-0000-4000-8000-000000000001}"
	patchQ   = "{bbbbbbbb-0000-4000-8000-000000000002}"
	upgradeU = "{cccccccc-0000-4000-8000-000000000001}"
)

const msiDoc = `"msi":{"products":{
	"` + productA + `":{"state":"local","version":"2.5.0","language":1033,"upgrade_code":"` + upgradeU + `",
		"features":{"Core":"local","Help":"advertised","Net":"source"},
		"components":{"{DDDDDDDD-0000-4000-8000-000000000001}":"local","Plain":"absent"},
		"patches":[{"code":"` + patchQ + `","sequences":[{"family":"Fam","sequence":"2.0","supersedes":true}]}]},
	"` + productB + `":{"version":null,"language":null,"features":{"Core":"local"},"patches":[]},
	"` + productC + `":{"state":"advertised","version":"9.0"}}}`

func TestMsiProductInstalled(t *testing.T) {
	t.Parallel()
	p := func(code string, attrs ...string) wsus.Rule {
		return rule("MsiProductInstalled", append([]string{"ProductCode", code}, attrs...)...)
	}
	runRules(t, []ruleCase{
		{name: "installed", doc: msiDoc, rule: p(productA), want: yes},
		{name: "upper case without braces", doc: msiDoc, rule: p("AAAAAAAA-0000-4000-8000-000000000001"), want: yes},
		{name: "absent", doc: msiDoc, rule: p(productX), want: no, cause: absent},
		{name: "advertised", doc: msiDoc, rule: p(productC), want: no},
		{name: "default state", doc: msiDoc, rule: p(productB), want: yes},
		{name: "at the lower bound", doc: msiDoc, rule: p(productA, "VersionMin", "2.5"), want: yes},
		{name: "lower bound excluded", doc: msiDoc, rule: p(productA, "VersionMin", "2.5", "ExcludeVersionMin", "true"), want: no},
		{name: "below the lower bound", doc: msiDoc, rule: p(productA, "VersionMin", "2.5.0.1"), want: no},
		{name: "at the upper bound", doc: msiDoc, rule: p(productA, "VersionMax", "2.5.0.0"), want: yes},
		{name: "upper bound excluded", doc: msiDoc, rule: p(productA, "VersionMax", "2.5.0.0", "ExcludeVersionMax", "1"), want: no},
		{name: "within", doc: msiDoc, rule: p(productA, "VersionMin", "2.0", "VersionMax", "3.0", "ExcludeVersionMin", "true", "ExcludeVersionMax", "true"), want: yes},
		{name: "exclusion without bound", doc: msiDoc, rule: p(productA, "ExcludeVersionMin", "true", "ExcludeVersionMax", "true"), want: yes},
		{name: "bound without version", doc: msiDoc, rule: p(productB, "VersionMin", "1.0"), want: no, cause: absent},
		{name: "language", doc: msiDoc, rule: p(productA, "Language", "1033"), want: yes},
		{name: "other language", doc: msiDoc, rule: p(productA, "Language", "1031"), want: no},
		{name: "language not known", doc: msiDoc, rule: p(productB, "Language", "1031"), want: no, cause: absent},
		{name: "version not recorded", doc: `"msi":{"products":{"` + productA + `":{}}}`, rule: p(productA, "VersionMin", "1.0"), want: unknown, cause: unavailable},
		{name: "version not recorded, language differs", doc: `"msi":{"products":{"` + productA + `":{"language":1}}}`, rule: p(productA, "VersionMin", "1.0", "Language", "2"), want: no},
		{name: "not listed, incomplete", doc: `"msi":{"complete":false}`, rule: p(productA), want: unknown, cause: unavailable},
		{name: "unavailable", rule: p(productA), want: unknown, cause: unavailable},
		{name: "no code", doc: msiDoc, rule: rule("MsiProductInstalled"), want: unknown, cause: invalid},
		{name: "bad code", doc: msiDoc, rule: p("{1}"), want: unknown, cause: invalid},
		{name: "bad bound", doc: msiDoc, rule: p(productA, "VersionMin", "1.x"), want: unknown, cause: invalid},
		{name: "bad language", doc: msiDoc, rule: p(productA, "Language", "en"), want: unknown, cause: invalid},
	})
}

func TestMsiPartsInstalled(t *testing.T) {
	t.Parallel()
	parts := func(name, kind string, attrs []string, parts []string, products ...string) wsus.Rule {
		r := rule(name, attrs...)
		for _, p := range parts {
			r.Children = append(r.Children, element(kind, p))
		}
		for _, p := range products {
			r.Children = append(r.Children, element("Product", p))
		}
		return r
	}
	feature := func(attrs, names []string, products ...string) wsus.Rule {
		return parts("MsiFeatureInstalledForProduct", "Feature", attrs, names, products...)
	}
	component := func(attrs, names []string, products ...string) wsus.Rule {
		return parts("MsiComponentInstalledForProduct", "Component", attrs, names, products...)
	}
	allFeatures, allProducts := []string{"AllFeaturesRequired", "true"}, []string{"AllProductsRequired", "true"}
	filtered := feature(nil, []string{"Core"})
	filtered.Children = append(filtered.Children, rule("Product", "ProductCode", productA, "VersionMin", "3.0"))
	const comp = "dddddddd-0000-4000-8000-000000000001"
	runRules(t, []ruleCase{
		{name: "one of two", doc: msiDoc, rule: feature(nil, []string{"Help", "Core"}, productA), want: yes},
		{name: "source counts", doc: msiDoc, rule: feature(nil, []string{"Net"}, productA), want: yes},
		{name: "advertised does not", doc: msiDoc, rule: feature(nil, []string{"Help"}, productA), want: no},
		{name: "all required", doc: msiDoc, rule: feature(allFeatures, []string{"Help", "Core"}, productA), want: no},
		{name: "all there", doc: msiDoc, rule: feature(allFeatures, []string{"Net", "Core"}, productA), want: yes},
		{name: "no such feature", doc: msiDoc, rule: feature(nil, []string{"core"}, productA), want: no, cause: absent},
		{name: "any product", doc: msiDoc, rule: feature(nil, []string{"Core"}, productX, productB), want: yes},
		{name: "all products", doc: msiDoc, rule: feature(allProducts, []string{"Core"}, productA, productB), want: yes},
		{name: "all products, one absent", doc: msiDoc, rule: feature(allProducts, []string{"Core"}, productA, productX), want: no, cause: absent},
		{name: "filter of the product", doc: msiDoc, rule: filtered, want: no},
		{name: "features not recorded", doc: `"msi":{"products":{"` + productA + `":{}}}`, rule: feature(nil, []string{"Core"}, productA), want: unknown, cause: unavailable},
		{name: "unavailable", rule: feature(nil, []string{"Core"}, productA), want: unknown, cause: unavailable},
		{name: "no feature", doc: msiDoc, rule: feature(nil, nil, productA), want: unknown, cause: invalid},
		{name: "no product", doc: msiDoc, rule: feature(nil, []string{"Core"}), want: unknown, cause: invalid},
		{name: "bad product", doc: msiDoc, rule: feature(nil, []string{"Core"}, "x"), want: unknown, cause: invalid},
		{name: "there", doc: msiDoc, rule: component(nil, []string{comp}, productA), want: yes},
		{name: "absent state", doc: msiDoc, rule: component(nil, []string{"plain"}, productA), want: no},
		{name: "all required", doc: msiDoc, rule: component([]string{"AllComponentsRequired", "true"}, []string{comp, "Plain"}, productA), want: no},
		{name: "not recorded", doc: msiDoc, rule: component(nil, []string{comp}, productB), want: unknown, cause: unavailable},
		{name: "no component", doc: msiDoc, rule: component(nil, nil, productA), want: unknown, cause: invalid},
	})
	patch := func(attrs ...string) wsus.Rule { return rule("MsiPatchInstalledForProduct", attrs...) }
	runRules(t, []ruleCase{
		{name: "applied", doc: msiDoc, rule: patch("PatchCode", patchQ, "ProductCode", productA), want: yes},
		{name: "version outside", doc: msiDoc, rule: patch("PatchCode", patchQ, "ProductCode", productA, "VersionMax", "2.0"), want: no},
		{name: "not applied", doc: msiDoc, rule: patch("PatchCode", patchP, "ProductCode", productA), want: no},
		{name: "product absent", doc: msiDoc, rule: patch("PatchCode", patchP, "ProductCode", productX), want: no, cause: absent},
		{name: "patches not recorded", doc: `"msi":{"products":{"` + productA + `":{}}}`, rule: patch("PatchCode", patchP, "ProductCode", productA), want: unknown, cause: unavailable},
		{name: "unavailable", rule: patch("PatchCode", patchP, "ProductCode", productA), want: unknown, cause: unavailable},
		{name: "no patch", doc: msiDoc, rule: patch("ProductCode", productA), want: unknown, cause: invalid},
		{name: "no product", doc: msiDoc, rule: patch("PatchCode", patchP), want: unknown, cause: invalid},
	})
}

// metadataCase decides the three rules of a family on an update with
// metadata. The wants are installed, superseded, installable.
type metadataCase struct {
	name     string
	doc      string
	metadata wsus.Rule
	want     [3]applicability.Value
}

func runMetadata(t *testing.T, family string, cases []metadataCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(family+"/"+c.name, func(t *testing.T) {
			t.Parallel()
			u := update(1, wsus.Rules{
				IsInstalled:   []wsus.Rule{rule(family + "Installed")},
				IsSuperseded:  []wsus.Rule{rule(family + "Superseded")},
				IsInstallable: []wsus.Rule{rule(family + "Installable")},
				Metadata:      []wsus.Rule{c.metadata},
			})
			v := verdicts(t, applicability.Config{Facts: document(t, c.doc).Facts()}, u)[updateID(1)]
			if got := [3]applicability.Value{v.IsInstalled, v.IsSuperseded, v.IsInstallable}; got != c.want {
				t.Errorf("installed, superseded, installable = %v, want %v (%v: %s)", got, c.want, v.Reason, v.Detail)
			}
		})
	}
}

func application(code string, attrs ...string) wsus.Rule {
	return parent("MsiApplicationMetadata", element("ProductCode", code, attrs...))
}

func TestMsiApplicationRules(t *testing.T) {
	t.Parallel()
	all := [3]applicability.Value{unknown, unknown, unknown}
	runMetadata(t, "MsiApplication", []metadataCase{
		{"absent", msiDoc, application(productX), [3]applicability.Value{no, no, yes}},
		{"advertised is not installed", msiDoc, application(productC), [3]applicability.Value{no, no, yes}},
		{"present", msiDoc, application(productA), [3]applicability.Value{yes, no, no}},
		{"same version", msiDoc, application(productA, "Version", "2.5.0"), [3]applicability.Value{yes, no, no}},
		{"later than the metadata", msiDoc, application(productA, "Version", "2.4"), [3]applicability.Value{yes, yes, no}},
		{"earlier, no recache", msiDoc, application(productA, "Version", "2.6"), [3]applicability.Value{no, no, no}},
		{"earlier, recache never", msiDoc, application(productA, "Version", "2.6", "UseRecacheReinstall", "Never"), [3]applicability.Value{no, no, no}},
		{"earlier, recache lower", msiDoc, application(productA, "Version", "2.6", "UseRecacheReinstall", "LowerVersion"), [3]applicability.Value{no, no, yes}},
		{"later, recache lower", msiDoc, application(productA, "Version", "2.4", "UseRecacheReinstall", "LowerVersion"), [3]applicability.Value{yes, yes, no}},
		{"later, recache any", msiDoc, application(productA, "Version", "2.4", "UseRecacheReinstall", "AnyVersion"), [3]applicability.Value{yes, yes, yes}},
		{"version not known", msiDoc, application(productB, "Version", "2.4", "UseRecacheReinstall", "AnyVersion"), [3]applicability.Value{no, no, no}},
		{"unavailable", "", application(productA), all},
		{"bad code", msiDoc, application("x"), all},
		{"bad recache", msiDoc, application(productA, "UseRecacheReinstall", "Often"), all},
		{"bad version", msiDoc, application(productA, "Version", "x"), all},
		{"no code", msiDoc, parent("MsiApplicationMetadata"), all},
		{"no metadata", msiDoc, parent("Other"), all},
	})
}

// patchMeta is an MsiPatchMetadata for patch P on product A.
func patchMeta(attrs []string, children ...wsus.Rule) wsus.Rule {
	p := rule("MsiPatch", append([]string{"PatchGUID", patchP}, attrs...)...)
	p.Children = append(children, element("TargetProductCode", productA))
	return parent("MsiPatchMetadata", p)
}

func target(children ...wsus.Rule) wsus.Rule { return parent("TargetProduct", children...) }

func patchesOf(patches string) string {
	return `"msi":{"products":{"` + productA + `":{"version":"2.5.0","language":1033,"upgrade_code":"` + upgradeU + `","patches":[` + patches + `]}}}`
}

func TestMsiPatchRules(t *testing.T) {
	t.Parallel()
	all := [3]applicability.Value{unknown, unknown, unknown}
	applicable := [3]applicability.Value{no, no, yes}
	none := [3]applicability.Value{no, no, no}
	version := func(text string, attrs ...string) wsus.Rule {
		return target(element("TargetVersion", text, append([]string{"Validate", "true"}, attrs...)...))
	}
	sequence := func(n string) wsus.Rule {
		return parent("SequenceData", element("PatchFamily", "fam"), element("Sequence", n))
	}
	fallback := patchMeta(nil)
	fallback.Children = append(fallback.Children, element("FallbackPatchCode", patchQ))
	runMetadata(t, "MsiPatch", []metadataCase{
		{"product absent", `"msi":{}`, patchMeta(nil), none},
		{"missing", patchesOf(""), patchMeta(nil), applicable},
		{"applied", patchesOf(`{"code":"` + patchP + `"}`), patchMeta(nil), [3]applicability.Value{yes, no, no}},
		{"registered, not in force", patchesOf(`{"code":"` + patchP + `","applied":false}`), patchMeta(nil), [3]applicability.Value{no, yes, no}},
		{"obsoleted", patchesOf(`{"code":"` + patchQ + `","obsoletes":["` + patchP + `"]}`), patchMeta(nil), [3]applicability.Value{no, yes, no}},
		{"fallback applied", patchesOf(`{"code":"` + patchQ + `"}`), fallback, [3]applicability.Value{yes, no, no}},
		{"version matches", patchesOf(""), patchMeta(nil, version("2.5.0", "ComparisonType", "Equal", "ComparisonFilter", "MajorMinorUpdate")), applicable},
		{"version differs", patchesOf(""), patchMeta(nil, version("2.4.0", "ComparisonType", "Equal")), none},
		{"major only", patchesOf(""), patchMeta(nil, version("2.4.0", "ComparisonType", "Equal", "ComparisonFilter", "Major")), applicable},
		{"major and minor", patchesOf(""), patchMeta(nil, version("2.4.0", "ComparisonFilter", "MajorMinor")), none},
		{"at most", patchesOf(""), patchMeta(nil, version("2.6", "ComparisonType", "LessThanOrEqual")), applicable},
		{"less", patchesOf(""), patchMeta(nil, version("2.5", "ComparisonType", "LessThan")), none},
		{"at least", patchesOf(""), patchMeta(nil, version("2.5", "ComparisonType", "GreaterThanOrEqual")), applicable},
		{"greater", patchesOf(""), patchMeta(nil, version("2.5", "ComparisonType", "GreaterThan")), none},
		{"any version", patchesOf(""), patchMeta(nil, version("9.9", "ComparisonType", "None")), applicable},
		{"version not validated", patchesOf(""), patchMeta(nil, target(element("TargetVersion", "9.9", "Validate", "false"))), applicable},
		{"one of two targets", patchesOf(""), patchMeta(nil, version("9.9"), version("2.5")), applicable},
		{"applied although the version has moved on", patchesOf(`{"code":"` + patchP + `"}`), patchMeta(nil, version("2.4")), [3]applicability.Value{yes, no, no}},
		{"language matches", patchesOf(""), patchMeta(nil, target(element("TargetLanguage", "1033", "Validate", "true"))), applicable},
		{"language differs", patchesOf(""), patchMeta(nil, target(element("TargetLanguage", "1031", "Validate", "true"))), none},
		{"upgrade code matches", patchesOf(""), patchMeta(nil, target(element("UpgradeCode", upgradeU, "Validate", "1"))), applicable},
		{"upgrade code differs", patchesOf(""), patchMeta(nil, target(element("UpgradeCode", productX, "Validate", "1"))), none},
		{"product code differs", patchesOf(""), patchMeta(nil, target(element("TargetProductCode", productX, "Validate", "1"))), none},
		{"behind in its family", msiDoc, patchMeta(nil, sequence("1.0")), [3]applicability.Value{no, yes, no}},
		{"behind one that is not in force", patchesOf(`{"code":"` + patchQ + `","applied":false,"sequences":[{"family":"Fam","sequence":"2.0","supersedes":true}]}`), patchMeta(nil, sequence("1.0")), applicable},
		{"behind one that supersedes nothing", patchesOf(`{"code":"` + patchQ + `","sequences":[{"family":"Fam","sequence":"2.0"}]}`), patchMeta(nil, sequence("1.0")), applicable},
		{"obsoleted by one that is not in force", patchesOf(`{"code":"` + patchQ + `","applied":false,"obsoletes":["` + patchP + `"]}`), patchMeta(nil), applicable},
		{"ahead in its family", msiDoc, patchMeta(nil, sequence("3.0")), applicable},
		{"behind in one family of two", msiDoc, patchMeta(nil, sequence("1.0"), parent("SequenceData", element("PatchFamily", "other"), element("Sequence", "1"))), applicable},
		{"family of another product", msiDoc, patchMeta(nil, parent("SequenceData", element("PatchFamily", "fam"), element("ProductCode", productX), element("Sequence", "1"))), applicable},
		{"installer new enough", `"windows":{"major":6,"minor":1,"build":7601},` + patchesOf(""), patchMeta([]string{"MinMsiVersion", "405"}), applicable},
		{"installer too old", `"msi":{"installer":"3.0","products":{"` + productA + `":{"patches":[]}}}`, patchMeta([]string{"MinMsiVersion", "5"}), none},
		{"installer not known", patchesOf(""), patchMeta([]string{"MinMsiVersion", "4"}), [3]applicability.Value{no, no, unknown}},
		{"patches not recorded", `"msi":{"products":{"` + productA + `":{}}}`, patchMeta(nil), all},
		{"patches not recorded, no target", `"msi":{"products":{"` + productA + `":{"version":"1.0"}}}`, patchMeta(nil, version("2.0")), [3]applicability.Value{unknown, no, no}},
		{"version not recorded", `"msi":{"products":{"` + productA + `":{"patches":[]}}}`, patchMeta(nil, version("2.0")), [3]applicability.Value{no, no, unknown}},
		{"unavailable", "", patchMeta(nil), all},
		{"no metadata", patchesOf(""), parent("Other"), all},
		{"no patch", patchesOf(""), parent("MsiPatchMetadata"), all},
		{"bad patch code", patchesOf(""), parent("MsiPatchMetadata", rule("MsiPatch", "PatchGUID", "x")), all},
		{"no product list", patchesOf(""), parent("MsiPatchMetadata", rule("MsiPatch", "PatchGUID", patchP)), all},
		{"bad version", patchesOf(""), patchMeta(nil, version("two")), all},
		{"bad comparison", patchesOf(""), patchMeta(nil, version("2", "ComparisonType", "About")), all},
		{"bad filter", patchesOf(""), patchMeta(nil, version("2", "ComparisonFilter", "Minor")), all},
		{"bad flag", patchesOf(""), patchMeta(nil, target(element("TargetVersion", "2", "Validate", "maybe"))), all},
		{"bad language", patchesOf(""), patchMeta(nil, target(element("TargetLanguage", "en", "Validate", "true"))), all},
		{"bad sequence", patchesOf(""), patchMeta(nil, sequence("x")), all},
		{"sequence without family", patchesOf(""), patchMeta(nil, parent("SequenceData", element("Sequence", "1"))), all},
		{"bad installer version", patchesOf(""), patchMeta([]string{"MinMsiVersion", "-1"}), all},
	})
}

// Rules that read metadata must not be shared between updates that say the
// same rule and different metadata.
func TestMetadataRulesAreNotShared(t *testing.T) {
	t.Parallel()
	withMeta := func(n int, code string) wsus.Update {
		return update(n, wsus.Rules{
			IsInstalled: []wsus.Rule{rule("MsiApplicationInstalled")},
			Metadata:    []wsus.Rule{application(code)},
		})
	}
	byID := verdicts(t, applicability.Config{Facts: document(t, msiDoc).Facts()}, withMeta(1, productA), withMeta(2, productX))
	if a, x := byID[updateID(1)].State, byID[updateID(2)].State; a != compliance.Installed || x != compliance.NotRequired {
		t.Errorf("states = %v, %v, want installed, not_required", a, x)
	}
}
