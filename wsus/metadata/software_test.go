package metadata_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/metadata"
)

// pack writes a package around its parts.
func pack(parts ...string) string {
	return `<SoftwareDistributionPackage xmlns="urn:example:sdp" SchemaVersion="1.0">
  <Properties PackageID="` + ids(1) + `" CreationDate="2026-11-20T10:30:00+02:00" VendorName="Contoso">
    <ProductName>Editor</ProductName>
  </Properties>
  <LocalizedProperties><Language>en</Language><Title>Editor 3.1</Title><Description>Repairs saving.</Description></LocalizedProperties>
` + strings.Join(parts, "\n") + `
</SoftwareDistributionPackage>`
}

const (
	appData    = `<ApplicationSpecificData/>`
	pkgRules   = `<IsInstallable><Processor Architecture="9"/></IsInstallable><IsInstalled><RegKeyExists Subkey="A"/></IsInstalled>`
	itemHeader = `<InstallableItem ID="`
)

func packItem(n int, rules string) string {
	return itemHeader + ids(n) + `"><ApplicabilityRules>` + rules + `</ApplicabilityRules>
<InstallProperties RebootBehavior="AlwaysRequiresReboot"/><MspInstallerData PatchCode="x"/></InstallableItem>`
}

func rule(name string, attrs ...string) wsus.Rule {
	r := wsus.Rule{Name: name}
	for i := 0; i < len(attrs); i += 2 {
		r.Attrs = append(r.Attrs, wsus.Attr{Name: attrs[i], Value: attrs[i+1]})
	}
	return r
}

func parse(t *testing.T, text string) []wsus.Update {
	t.Helper()
	updates, err := metadata.Parse([]byte(text), metadata.Options{})
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	return updates
}

func TestPackageRulesAreCombined(t *testing.T) {
	t.Parallel()
	processor, key := rule("Processor", "Architecture", "9"), rule("RegKeyExists", "Subkey", "A")
	own, old := rule("FileExists", "Path", "a.dll"), rule("True")
	tests := []struct {
		name string
		text string
		want wsus.Rules
	}{
		{
			"package only", pack(appData, pkgRules),
			wsus.Rules{IsInstallable: []wsus.Rule{processor}, IsInstalled: []wsus.Rule{key}},
		},
		{
			"one item without rules", pack(appData, pkgRules, itemHeader+ids(2)+`"/>`),
			wsus.Rules{IsInstallable: []wsus.Rule{processor}, IsInstalled: []wsus.Rule{key}},
		},
		{
			"both", pack(appData, pkgRules, packItem(2, `<IsInstalled><FileExists Path="a.dll"/></IsInstalled><IsSuperseded><True/></IsSuperseded><IsInstallable><True/></IsInstallable>`)),
			wsus.Rules{
				IsInstalled: []wsus.Rule{key, own}, IsSuperseded: []wsus.Rule{old}, IsInstallable: []wsus.Rule{processor, old},
			},
		},
		{
			"item only", pack(appData, packItem(2, `<IsInstalled><FileExists Path="a.dll"/></IsInstalled>`)),
			wsus.Rules{IsInstalled: []wsus.Rule{own}},
		},
		{
			"empty sections", pack(appData, `<IsInstallable/>`, packItem(2, `<IsInstalled/>`)),
			wsus.Rules{IsInstalled: []wsus.Rule{}, IsInstallable: []wsus.Rule{}},
		},
		{"nothing", pack(appData), wsus.Rules{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			updates := parse(t, tt.text)
			if len(updates) != 1 {
				t.Fatalf("%d updates, want 1", len(updates))
			}
			if updates[0].ID != mustID(ids(1)) || updates[0].Revision != 1 {
				t.Errorf("identity %v, want %s revision 1", updates[0].Identity, ids(1))
			}
			if diff := cmp.Diff(tt.want, updates[0].Rules); diff != "" {
				t.Errorf("rules (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPackageOfSeveralItemsIsABundle(t *testing.T) {
	t.Parallel()
	text := pack(
		`<UpdateSpecificData UpdateClassification="Security Updates" MsrcSeverity="Important"><KBArticleID>4711</KBArticleID></UpdateSpecificData>`,
		pkgRules,
		`<SupersededPackages><PackageID>`+ids(8)+`</PackageID></SupersededPackages>`,
		`<Prerequisites><AtLeastOne><PackageID>`+ids(9)+`</PackageID></AtLeastOne></Prerequisites>`,
		`<BundledPackages><PackageID>`+ids(7)+`</PackageID></BundledPackages>`,
		packItem(2, `<IsInstalled><True/></IsInstalled>`), packItem(3, ``),
	)
	updates := parse(t, text)
	if len(updates) != 3 {
		t.Fatalf("%d updates, want 3", len(updates))
	}
	member := func(n int) wsus.Identity { return wsus.Identity{ID: mustID(ids(n)), Revision: 1} }
	want := []wsus.BundleClause{{Any: []wsus.Identity{member(2), member(3), member(7)}}}
	if diff := cmp.Diff(want, updates[0].Bundled); diff != "" {
		t.Errorf("bundle (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(wsus.Rules{}, updates[0].Rules); diff != "" {
		t.Errorf("the bundle's rules (-want +got):\n%s", diff)
	}
	if len(updates[0].Prerequisites) != 1 || len(updates[0].Supersedes) != 1 || updates[0].Action != wsus.ActionNone {
		t.Errorf("bundle: prerequisites %v, supersedes %v, action %v", updates[0].Prerequisites, updates[0].Supersedes, updates[0].Action)
	}
	for i, u := range updates[1:] {
		if u.Identity != member(i+2) || u.Action != wsus.ActionBundle || u.Title != "Editor 3.1" || u.Prerequisites != nil ||
			u.Supersedes != nil || u.Handler != "WindowsInstaller" || u.RebootBehavior != "AlwaysRequiresReboot" {
			t.Errorf("item %d: %+v", i, u)
		}
	}
	wantRules := []wsus.Rule{rule("RegKeyExists", "Subkey", "A"), rule("True")}
	if diff := cmp.Diff(wantRules, updates[1].Rules.IsInstalled); diff != "" {
		t.Errorf("first item IsInstalled (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(wantRules[:1], updates[2].Rules.IsInstalled); diff != "" {
		t.Errorf("second item IsInstalled (-want +got):\n%s", diff)
	}
}

func TestPackageProperties(t *testing.T) {
	t.Parallel()
	u := parse(t, pack(`<UpdateSpecificData UpdateClassification="Critical Updates" MsrcSeverity="Critical">
<SecurityBulletinID>CS26-004</SecurityBulletinID><CveID>CVE-2026-0001</CveID><CveID>CVE-2026-0002</CveID><KBArticleID>4711</KBArticleID></UpdateSpecificData>`))[0]
	if got := u.Created.Format("2006-01-02 15:04:05 MST"); got != "2026-11-20 08:30:00 UTC" {
		t.Errorf("Created = %s, want 2026-11-20 08:30:00 UTC", got)
	}
	got := []string{u.Vendor, u.Severity, metadata.ClassificationName(u.Classification), u.Title, u.Description}
	want := []string{"Contoso", "Critical", "Critical Updates", "Editor 3.1", "Repairs saving."}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("properties (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([][]string{{"CS26-004"}, {"CVE-2026-0001", "CVE-2026-0002"}, {"4711"}}, [][]string{u.Bulletins, u.CVEs, u.KBArticles}); diff != "" {
		t.Errorf("numbers (-want +got):\n%s", diff)
	}
	if !slices.Equal(u.Products, []compliance.UpdateID{metadata.LocallyPublished()}) || u.Prerequisites != nil {
		t.Errorf("products %v, prerequisites %v, want the local product and no clause", u.Products, u.Prerequisites)
	}
	u = parse(t, strings.Replace(pack(appData), `VendorName="Contoso"`, `UpdateType="Driver" PublicationState="Expired"`, 1))[0]
	if u.Kind != wsus.KindDriver || !u.Expired || u.Handler != "WindowsDriver" || metadata.ClassificationName(u.Classification) != "Applications" {
		t.Errorf("kind %v, expired %v, handler %q, classification %v", u.Kind, u.Expired, u.Handler, u.Classification)
	}
}

func TestClassifications(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"Updates":            "cd5ffd1e-e932-4e3a-bf74-18bf0b1bbd83",
		"Critical Updates":   "e6cf1350-c01b-414d-a61f-263d14d133b4",
		"Security Updates":   "0fa1201d-4330-4fa8-8ae9-b877473b6441",
		"Definition Updates": "e0789628-ce08-4437-be74-2495b842f43b",
		"Feature Packs":      "b54e7d24-7add-428f-8b75-90a396fa584f",
		"Update Rollups":     "28bc880e-0592-4cbf-8f95-c79b17911d5f",
		"Service Packs":      "68c5b0a3-d1a6-4553-ae49-01d3a7827828",
		"Tools":              "b4832bd8-e735-4761-8daf-37f882276dab",
		"Drivers":            "ebfc1fc5-71a4-4f7b-9aca-3b9a503104a0",
		"Applications":       "5c9376ab-8ce6-464a-b136-22113dd69801",
	}
	for name, text := range want {
		id, ok := metadata.Classification(name)
		if !ok || id != mustID(text) || metadata.ClassificationName(id) != name {
			t.Errorf("Classification(%q) = %s, %v, want %s", name, id, ok, text)
		}
	}
	for _, name := range []string{"", "Hotfixes", "updates"} {
		if id, ok := metadata.Classification(name); ok || id != (compliance.UpdateID{}) {
			t.Errorf("Classification(%q) = %s, %v, want none", name, id, ok)
		}
	}
	if got := metadata.ClassificationName(metadata.LocallyPublished()); got != "" {
		t.Errorf("ClassificationName(LocallyPublished()) = %q, want none", got)
	}
	if got := metadata.LocallyPublished().String(); got != "5cc25303-143f-40f3-a2ff-803a1db69955" {
		t.Errorf("LocallyPublished() = %s", got)
	}
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		wanted   []string
		fallback string
		there    []string
		want     string
	}{
		{"english by default", nil, "de", []string{"de", "en", "fr"}, "en"},
		{"wanted first", []string{"fr", "de"}, "en", []string{"en", "de", "fr"}, "fr"},
		{"wanted second", []string{"it", "de"}, "en", []string{"en", "de", "fr"}, "de"},
		{"exact before region", []string{"pt-BR"}, "", []string{"pt", "pt-br", "pt-PT"}, "pt-br"},
		{"region before next", []string{"pt-BR", "en"}, "", []string{"en", "pt-PT"}, "pt-PT"},
		{"default language", []string{"it"}, "fr", []string{"en", "de", "fr"}, "fr"},
		{"first", []string{"it"}, "es", []string{"de", "fr"}, "de"},
		{"none wanted", []string{}, "", []string{"de", "en"}, "de"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := `<Update><UpdateIdentity UpdateID="` + ids(1) + `" RevisionNumber="1"/><Properties UpdateType="Software" DefaultPropertiesLanguage="` +
				tt.fallback + `"/><LocalizedPropertiesCollection>`
			for _, l := range tt.there {
				text += localizedFragment(l, l, "")
			}
			text += "</LocalizedPropertiesCollection></Update>"
			updates, err := metadata.Parse([]byte(text), metadata.Options{Languages: tt.wanted})
			if err != nil {
				t.Fatal(err)
			}
			if updates[0].Title != tt.want {
				t.Errorf("Languages %q of %q: title %q, want %q", tt.wanted, tt.there, updates[0].Title, tt.want)
			}
		})
	}
}
