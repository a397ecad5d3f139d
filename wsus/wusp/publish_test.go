package wusp_test

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/updatescan/updatescan/internal/testdata"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/metadata"
	"github.com/updatescan/updatescan/wsus/wusp"
)

const samplePackage = `<?xml version="1.0" encoding="utf-8"?>
<sdp:SoftwareDistributionPackage SchemaVersion="1.1"
 xmlns:sdp="http://schemas.microsoft.com/wsus/2005/04/CorporatePublishing/SoftwareDistributionPackage.xsd"
 xmlns:lar="http://schemas.microsoft.com/wsus/2005/04/CorporatePublishing/LogicalApplicabilityRules.xsd"
 xmlns:bar="http://schemas.microsoft.com/wsus/2005/04/CorporatePublishing/BaseApplicabilityRules.xsd"
 xmlns:cmd="http://schemas.microsoft.com/wsus/2005/04/CorporatePublishing/Installers/CommandLineInstallation.xsd">
 <sdp:Properties PackageID="AAAAAAAA-0000-4000-8000-000000000001" CreationDate="2026-01-02T03:04:05Z" VendorName="Contoso">
  <sdp:MoreInfoUrl>http://example.test/more</sdp:MoreInfoUrl>
 </sdp:Properties>
 <sdp:LocalizedProperties><sdp:Language>en</sdp:Language><sdp:Title>Viewer 2 &amp; tools</sdp:Title></sdp:LocalizedProperties>
 <sdp:LocalizedProperties><sdp:Language>de</sdp:Language><sdp:Title>Betrachter 2</sdp:Title></sdp:LocalizedProperties>
 <sdp:UpdateSpecificData MsrcSeverity="Low" UpdateClassification="Security Updates"><sdp:KBArticleID>1234567</sdp:KBArticleID></sdp:UpdateSpecificData>
 <sdp:IsInstallable><bar:Processor Architecture="9" /></sdp:IsInstallable>
 <sdp:SupersededPackages><sdp:PackageID>aaaaaaaa-0000-4000-8000-000000000009</sdp:PackageID></sdp:SupersededPackages>
 <sdp:InstallableItem ID="aaaaaaaa-0000-4000-8000-000000000002">
  <sdp:ApplicabilityRules>
   <sdp:IsInstalled><bar:RegSz Key="HKEY_LOCAL_MACHINE" Subkey="Software\Contoso" Value="V" Comparison="EqualTo" Data="2" /></sdp:IsInstalled>
   <sdp:IsInstallable><lar:Not><bar:MuiInstalled /></lar:Not></sdp:IsInstallable>
  </sdp:ApplicabilityRules>
  <sdp:InstallProperties RebootBehavior="NeverReboots" />
  <cmd:CommandLineInstallerData Program="setup.exe" Arguments="/q"><cmd:ReturnCode Code="0" Result="Succeeded" Reboot="false" /></cmd:CommandLineInstallerData>
  <sdp:OriginFile Digest="AAECAwQFBgcICQoLDA0ODxAREhM=" FileName="setup.exe" Size="10" Modified="2026-01-01T00:00:00Z" OriginUri="http://example.test/setup.exe" />
 </sdp:InstallableItem>
</sdp:SoftwareDistributionPackage>`

// TestPackageDocument: each part of a package is where the stylesheet puts it.
func TestPackageDocument(t *testing.T) {
	t.Parallel()
	docs, err := wusp.PackageDocuments([]byte(samplePackage))
	if err != nil || len(docs) != 1 {
		t.Fatalf("PackageDocuments = %d, %v", len(docs), err)
	}
	text := string(docs[0])
	at := 0
	for _, part := range []string{
		`<upd:Update `,
		`<upd:UpdateIdentity UpdateID="AAAAAAAA-0000-4000-8000-000000000001" RevisionNumber="1" />`,
		`<upd:Properties DefaultPropertiesLanguage="en" CreationDate="2026-01-02T03:04:05Z" IsLocallyPublished="true" UpdateType="Software" ExplicitlyDeployable="true" PublicationState="Published" Handler="http://schemas.microsoft.com/msus/2002/12/UpdateHandlers/CommandLineInstallation" MsrcSeverity="Low">`,
		`<upd:InstallationBehavior RebootBehavior="NeverReboots" />`,
		`<upd:MoreInfoUrl>http://example.test/more</upd:MoreInfoUrl>`,
		`<upd:KBArticleID>1234567</upd:KBArticleID></upd:Properties>`,
		`<upd:LocalizedPropertiesCollection><upd:LocalizedProperties><upd:Language>en</upd:Language><upd:Title>Viewer 2 &amp; tools</upd:Title></upd:LocalizedProperties>`,
		`<upd:Relationships><upd:SupersededUpdates><upd:UpdateIdentity UpdateID="aaaaaaaa-0000-4000-8000-000000000009" /></upd:SupersededUpdates>`,
		`<upd:Prerequisites><upd:AtLeastOne IsCategory="true"><upd:UpdateIdentity UpdateID="5cc25303-143f-40f3-a2ff-803a1db69955" /></upd:AtLeastOne>`,
		`<upd:AtLeastOne IsCategory="true"><upd:UpdateIdentity UpdateID="0fa1201d-4330-4fa8-8ae9-b877473b6441" /></upd:AtLeastOne></upd:Prerequisites></upd:Relationships>`,
		`<upd:ApplicabilityRules><upd:IsInstalled><bar:RegSz Key="HKEY_LOCAL_MACHINE"`,
		`<upd:IsInstallable><lar:And><bar:Processor Architecture="9" /><lar:Not><bar:MuiInstalled /></lar:Not></lar:And></upd:IsInstallable></upd:ApplicabilityRules>`,
		`<upd:Files><upd:File Digest="AAECAwQFBgcICQoLDA0ODxAREhM=" FileName="setup.exe" Size="10" Modified="2026-01-01T00:00:00Z" DigestAlgorithm="SHA1" /></upd:Files>`,
		`<upd:HandlerSpecificData xsi:type="cmd:CommandLineInstallation"><cmd:InstallCommand Program="setup.exe" Arguments="/q"><cmd:ReturnCode Code="0" Result="Succeeded" Reboot="false" /></cmd:InstallCommand></upd:HandlerSpecificData></upd:Update>`,
	} {
		i := strings.Index(text[at:], part)
		if i < 0 {
			t.Fatalf("PackageDocuments: %q is not there, or not in its place, in\n%s", part, text)
		}
		at += i + len(part)
	}
	if err := xml.Unmarshal(docs[0], new(struct{})); err != nil {
		t.Errorf("PackageDocuments: %v", err)
	}
}

// TestPackageBundle: a package of several parts is a bundle and its members.
func TestPackageBundle(t *testing.T) {
	t.Parallel()
	second := strings.Replace(samplePackage, "</sdp:SoftwareDistributionPackage>",
		`<sdp:InstallableItem ID="aaaaaaaa-0000-4000-8000-000000000003" /></sdp:SoftwareDistributionPackage>`, 1)
	docs, err := wusp.PackageDocuments([]byte(second))
	if err != nil || len(docs) != 3 {
		t.Fatalf("PackageDocuments = %d, %v", len(docs), err)
	}
	if want := `<upd:BundledUpdates><upd:AtLeastOne><upd:UpdateIdentity UpdateID="aaaaaaaa-0000-4000-8000-000000000002" RevisionNumber="1" /><upd:UpdateIdentity UpdateID="aaaaaaaa-0000-4000-8000-000000000003" RevisionNumber="1" />`; !strings.Contains(string(docs[0]), want) {
		t.Errorf("PackageDocuments: no %s in\n%s", want, docs[0])
	}
	if strings.Contains(string(docs[0]), "ApplicabilityRules>") || !strings.Contains(string(docs[1]), "<lar:And>") {
		t.Errorf("PackageDocuments: rules are not at the members:\n%s", docs)
	}
}

func TestPublishRefusals(t *testing.T) {
	t.Parallel()
	for name, doc := range map[string]string{
		"no XML":       "hello",
		"empty":        "",
		"another root": "<a/>",
		"no identity":  `<Update><Properties UpdateType="Software"/></Update>`,
		"no id":        `<SoftwareDistributionPackage><Properties/></SoftwareDistributionPackage>`,
		"doctype":      `<!DOCTYPE a><Update/>`,
		"core cut":     `<UpdateIdentity UpdateID="aaaaaaaa-0000-4000-8000-000000000009" RevisionNumber="1"/><Properties`,
	} {
		s := wusp.NewStore(nil)
		if err := s.Publish([]byte(samplePackage), []byte(doc)); err == nil || s.Len() != 0 {
			t.Errorf("%s: Publish = %v, %d updates", name, err, s.Len())
		}
	}
	if err := wusp.NewStore(nil).Publish([]byte("<a/>")); !errors.Is(err, wusp.ErrNotPublishable) {
		t.Errorf("Publish = %v, want ErrNotPublishable", err)
	}
	s := wusp.NewStore(nil)
	if err := s.Publish([]byte(samplePackage)); err != nil || s.Len() != 3 {
		t.Fatalf("Publish = %v, %d updates, want the package and its two categories", err, s.Len())
	}
	if err := s.Publish([]byte(samplePackage)); err != nil || s.Len() != 3 {
		t.Errorf("Publish again = %v, %d updates", err, s.Len())
	}
	if err := s.Publish([]byte(strings.Replace(samplePackage, `Data="2"`, `Data="3"`, 1))); !errors.Is(err, wsus.ErrDuplicate) {
		t.Errorf("Publish another = %v, want ErrDuplicate", err)
	}
}

// TestGenuineFragments: of a genuine document the fragments are made that the
// genuine server made of it.
func TestGenuineFragments(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile(testdata.Dir(t, "wsus-captures", "catalog-documents", "ff36f0b5-dded-4780-8664-cd78af8b62c1-r200.xml"))
	if err != nil {
		t.Fatal(err)
	}
	core, extended, err := wusp.FragmentsOf(doc)
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string][]byte{"core": core, "extended": extended} {
		want, err := os.ReadFile(testdata.Dir(t, "wsus-captures", "core-fragments", "ff36f0b5-dded-4780-8664-cd78af8b62c1-r200."+name+".xml"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(bytes.TrimSpace(want)), string(got)); diff != "" {
			t.Errorf("%s fragment (-want +got):\n%s", name, diff)
		}
	}
}

// vendorPackages are the packages of the vendor catalogue.
func vendorPackages(tb testing.TB) [][]byte {
	tb.Helper()
	z, err := zip.OpenReader(testdata.Dir(tb, "vendor-catalogue", "hp-2021-sdp.zip"))
	if err != nil {
		tb.Fatal(err)
	}
	defer z.Close()
	var docs [][]byte
	for _, f := range z.File {
		if filepath.Ext(f.Name) != ".sdp" {
			continue
		}
		r, err := f.Open()
		if err != nil {
			tb.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			tb.Fatal(err)
		}
		docs = append(docs, data)
	}
	return docs
}

// TestGenuinePackages: the documents that packages become mean what the
// packages mean.
func TestGenuinePackages(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("publishes 1,829 packages one by one")
	}
	docs := vendorPackages(t)
	for _, name := range []string{"0e6cf4ac-2853-48aa-825b-8fe28206575f.sdp", "dc718411-a5f1-4b15-966a-63a77cbb156e.sdp"} {
		data, err := os.ReadFile(testdata.Dir(t, "vendor-catalogue", name))
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, data)
	}
	for _, doc := range docs {
		want, err := metadata.Parse(doc, metadata.Options{})
		if err != nil {
			t.Fatal(err)
		}
		made, err := wusp.PackageDocuments(doc)
		if err != nil || len(made) != len(want) {
			t.Fatalf("PackageDocuments = %d, %v, want %d", len(made), err, len(want))
		}
		for i := range made {
			got, err := metadata.Parse(made[i], metadata.Options{})
			if err != nil || len(got) != 1 {
				t.Fatalf("Parse = %d, %v", len(got), err)
			}
			w := want[i]
			w.Vendor, w.Action = "", 0 // in no part of an update document
			w.Rules.IsInstalled, w.Rules.IsInstallable = together(w.Rules.IsInstalled), together(w.Rules.IsInstallable)
			g := got[0]
			for len(g.Prerequisites) > 0 && g.Prerequisites[0].Category {
				g.Prerequisites = g.Prerequisites[1:]
			}
			// Printed, nil and empty lists are the same.
			if fmt.Sprintf("%+v", w) == fmt.Sprintf("%+v", g) {
				continue
			}
			if diff := cmp.Diff(w, g, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("%s (-want +got):\n%s", w.ID, diff)
			}
		}
	}
	t.Logf("%d packages", len(docs))
}

// together is one expression for several.
func together(list []wsus.Rule) []wsus.Rule {
	if len(list) < 2 {
		return list
	}
	return []wsus.Rule{{Name: "And", Children: list}}
}
