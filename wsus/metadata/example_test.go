package metadata_test

import (
	"fmt"
	"testing/fstest"

	"github.com/updatescan/updatescan/wsus/metadata"
)

// A folder of packages becomes a catalogue.
func ExampleReadFS() {
	folder := fstest.MapFS{ // os.DirFS("packages") outside of an example
		"editor.sdp": {Data: []byte(`<sdp:SoftwareDistributionPackage SchemaVersion="1.0"
  xmlns:sdp="http://schemas.microsoft.com/wsus/2005/04/CorporatePublishing/SoftwareDistributionPackage.xsd"
  xmlns:bar="http://schemas.microsoft.com/wsus/2005/04/CorporatePublishing/BaseApplicabilityRules.xsd">
  <sdp:Properties PackageID="7c1d1c8e-6a6f-4a0e-9a2b-1f0f5d3c2b10" CreationDate="2026-10-01T08:00:00Z" VendorName="Contoso"/>
  <sdp:LocalizedProperties><sdp:Language>en</sdp:Language><sdp:Title>Contoso Editor 3.1</sdp:Title></sdp:LocalizedProperties>
  <sdp:UpdateSpecificData UpdateClassification="Security Updates" MsrcSeverity="Important"/>
  <sdp:IsInstallable><bar:FileExists Csidl="38" Path="Contoso\editor.exe"/></sdp:IsInstallable>
  <sdp:InstallableItem ID="7c1d1c8e-6a6f-4a0e-9a2b-1f0f5d3c2b11">
    <sdp:ApplicabilityRules>
      <sdp:IsInstalled><bar:FileVersion Csidl="38" Path="Contoso\editor.exe" Comparison="GreaterThanOrEqualTo" Version="3.1.0.0"/></sdp:IsInstalled>
    </sdp:ApplicabilityRules>
  </sdp:InstallableItem>
</sdp:SoftwareDistributionPackage>`)},
		"notes.txt": {Data: []byte("not metadata")},
	}
	result, err := metadata.ReadFS(folder, metadata.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	catalog, err := result.Catalog(1)
	if err != nil {
		fmt.Println(err)
		return
	}
	u := catalog.At(0)
	fmt.Println(u.Title, "by", u.Vendor)
	fmt.Println(metadata.ClassificationName(u.Classification), u.Severity)
	fmt.Println("installable:", u.Rules.IsInstallable[0].Name)
	fmt.Println("installed:", u.Rules.IsInstalled[0].Name)
	fmt.Println("skipped:", result.Skipped)
	// Output:
	// Contoso Editor 3.1 by Contoso
	// Security Updates Important
	// installable: FileExists
	// installed: FileVersion
	// skipped: [notes.txt]
}

// What an update server sends about one update comes in pieces.
func ExampleParseFragment() {
	core := `<UpdateIdentity UpdateID="3b2f9a5e-41c8-4f6f-8f15-6a2f0f1d7a01" RevisionNumber="201" /><Properties UpdateType="Software" />` +
		`<Relationships><Prerequisites><UpdateIdentity UpdateID="3b2f9a5e-41c8-4f6f-8f15-6a2f0f1d7a02" /></Prerequisites></Relationships>` +
		`<ApplicabilityRules><IsInstalled><b.RegKeyExists Key="HKEY_LOCAL_MACHINE" Subkey="SOFTWARE\Contoso" /></IsInstalled></ApplicabilityRules>`
	extended := `<ExtendedProperties MsrcSeverity="Critical"><KBArticleID>4711000</KBArticleID></ExtendedProperties>`
	german := `<LocalizedProperties><Language>de</Language><Title>Sicherheitsupdate</Title></LocalizedProperties>`
	english := `<LocalizedProperties><Language>en</Language><Title>Security Update</Title></LocalizedProperties>`

	opt := metadata.Options{Languages: []string{"de", "en"}}
	u, err := metadata.ParseFragment([]byte(core), opt)
	if err == nil {
		err = metadata.AddExtended(&u, []byte(extended), opt)
	}
	if err == nil {
		err = metadata.AddLocalized(&u, [][]byte{[]byte(english), []byte(german)}, opt)
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(u.Identity)
	fmt.Println(u.Title, "KB", u.KBArticles, u.Severity)
	fmt.Println(u.Rules.IsInstalled[0].Name)
	// Output:
	// 3b2f9a5e-41c8-4f6f-8f15-6a2f0f1d7a01 revision 201
	// Sicherheitsupdate KB [4711000] Critical
	// RegKeyExists
}

// A refused document says where.
func ExampleParse_error() {
	_, err := metadata.Parse([]byte("<Update>\n  <UpdateIdentity UpdateID=\"oops\"/>\n</Update>"), metadata.Options{Origin: "u.xml"})
	fmt.Println(err)
	// Output:
	// metadata: u.xml:2:3: UpdateID "oops" is no update id
}
