package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/metadata"
)

// packages is how many packages are generated.
const packages = 500

// A package and a fragment as structs of encoding/xml.
type (
	xmlRule struct {
		XMLName  xml.Name
		Attrs    []xml.Attr `xml:",any,attr"`
		Children []xmlRule  `xml:",any"`
	}
	xmlSection struct {
		Rules []xmlRule `xml:",any"`
	}
	xmlPackage struct {
		XMLName    xml.Name
		Properties struct {
			ID     string `xml:"PackageID,attr"`
			Vendor string `xml:"VendorName,attr"`
			Date   string `xml:"CreationDate,attr"`
		}
		Title       string `xml:"LocalizedProperties>Title"`
		Description string `xml:"LocalizedProperties>Description"`
		Data        struct {
			Severity       string `xml:"MsrcSeverity,attr"`
			Classification string `xml:"UpdateClassification,attr"`
			KB             string `xml:"KBArticleID"`
		} `xml:"UpdateSpecificData"`
		Installable xmlSection `xml:"IsInstallable"`
		Installed   xmlSection `xml:"IsInstalled"`
		Superseded  []string   `xml:"SupersededPackages>PackageID"`
		Items       []struct {
			ID          string     `xml:"ID,attr"`
			Installed   xmlSection `xml:"ApplicabilityRules>IsInstalled"`
			Superseded  xmlSection `xml:"ApplicabilityRules>IsSuperseded"`
			Installable xmlSection `xml:"ApplicabilityRules>IsInstallable"`
		} `xml:"InstallableItem"`
	}
	xmlFragment struct {
		Identity struct {
			ID       string `xml:"UpdateID,attr"`
			Revision int    `xml:"RevisionNumber,attr"`
		} `xml:"UpdateIdentity"`
		Properties struct {
			Type string `xml:"UpdateType,attr"`
		}
		Prerequisites struct {
			Clauses []struct {
				Category bool `xml:"IsCategory,attr"`
				Updates  []struct {
					ID string `xml:"UpdateID,attr"`
				} `xml:"UpdateIdentity"`
			} `xml:"AtLeastOne"`
		} `xml:"Relationships>Prerequisites"`
		Installed   xmlSection `xml:"ApplicabilityRules>IsInstalled"`
		Installable xmlSection `xml:"ApplicabilityRules>IsInstallable"`
	}
)

// generate writes packages of a made-up vendor, of the size and shape of real
// ones.
func generate(n int) [][]byte {
	docs := make([][]byte, n)
	for i := range docs {
		var b strings.Builder
		fmt.Fprintf(&b, `<sdp:SoftwareDistributionPackage SchemaVersion="1.0" xmlns:sdp="http://schemas.microsoft.com/wsus/2005/04/CorporatePublishing/SoftwareDistributionPackage.xsd" xmlns:lar="http://schemas.microsoft.com/wsus/2005/04/CorporatePublishing/LogicalApplicabilityRules.xsd" xmlns:bar="http://schemas.microsoft.com/wsus/2005/04/CorporatePublishing/BaseApplicabilityRules.xsd">
  <sdp:Properties PackageID="%s" CreationDate="2008-05-20T09:30:00Z" VendorName="Fabrikam"/>
  <sdp:LocalizedProperties><sdp:Language>en</sdp:Language><sdp:Title>Fabrikam driver %d</sdp:Title><sdp:Description>A driver of the Fabrikam family.</sdp:Description></sdp:LocalizedProperties>
  <sdp:UpdateSpecificData MsrcSeverity="Important" UpdateClassification="Updates"><sdp:KBArticleID>FB-%d</sdp:KBArticleID></sdp:UpdateSpecificData>
  <sdp:IsInstallable><lar:And>
    <bar:WmiQuery Namespace="root\cimv2" WqlQuery="SELECT * FROM Win32_ComputerSystem WHERE Manufacturer = 'Fabrikam' AND NOT (Model LIKE '%%Server%%')"/>
    <lar:Or>`, id(i), i, i)
		for _, v := range []string{"0", "1", "2", "3"} {
			fmt.Fprintf(&b, `
      <lar:And><bar:Processor Architecture="9"/><bar:WindowsVersion Comparison="EqualTo" MajorVersion="6" MinorVersion="%s"/></lar:And>
      <lar:And><bar:Processor Architecture="0"/><bar:WindowsVersion Comparison="EqualTo" MajorVersion="6" MinorVersion="%s"/>
        <bar:RegSz Key="HKEY_LOCAL_MACHINE" Subkey="SOFTWARE\Microsoft\Windows NT\CurrentVersion" Value="CurrentVersion" Comparison="EqualTo" Data="6.%s"/></lar:And>`, v, v, v)
		}
		b.WriteString(`
    </lar:Or></lar:And></sdp:IsInstallable>
  <sdp:SupersededPackages>`)
		for k := range 5 {
			fmt.Fprintf(&b, "<sdp:PackageID>%s</sdp:PackageID>", id(100_000+i*5+k))
		}
		fmt.Fprintf(&b, `</sdp:SupersededPackages>
  <sdp:InstallableItem ID="%s"><sdp:ApplicabilityRules>
    <sdp:IsInstalled><lar:And>
      <bar:WmiQuery Namespace="root\cimv2" WqlQuery="SELECT * FROM Win32_BaseBoard WHERE Product LIKE '%%%04X%%'"/>
      <bar:FileVersion Csidl="37" Path="drivers\fb%d.sys" Comparison="GreaterThanOrEqualTo" Version="10.1.%d.0"/>
    </lar:And></sdp:IsInstalled>
    <sdp:IsInstallable><bar:WmiQuery Namespace="root\cimv2" WqlQuery="SELECT * FROM Win32_BaseBoard WHERE Product LIKE '%%%04X%%'"/></sdp:IsInstallable>
  </sdp:ApplicabilityRules></sdp:InstallableItem>
</sdp:SoftwareDistributionPackage>`, id(200_000+i), i%97, i%40, i, i%97)
		docs[i] = []byte(b.String())
	}
	return docs
}

// fragments writes fragments as WSUS serves them.
func fragments(n int) [][]byte {
	docs := make([][]byte, n)
	for i := range docs {
		docs[i] = fmt.Appendf(nil, `<UpdateIdentity UpdateID="%s" RevisionNumber="200" /><Properties UpdateType="Software" /><Relationships><Prerequisites><AtLeastOne IsCategory="true"><UpdateIdentity UpdateID="%s" /></AtLeastOne><AtLeastOne><UpdateIdentity UpdateID="%s" /></AtLeastOne></Prerequisites></Relationships><ApplicabilityRules><IsInstalled><b.FileVersion Csidl="37" Path="fb%d.dll" Comparison="GreaterThanOrEqualTo" Version="6.0.6001.%d" /></IsInstalled><IsInstallable><And><b.RegKeyExists Key="HKEY_LOCAL_MACHINE" Subkey="SOFTWARE\Fabrikam\Suite" /><Not><b.RegDword Key="HKEY_LOCAL_MACHINE" Subkey="SOFTWARE\Fabrikam\Suite" Value="Blocked" Comparison="EqualTo" Data="1" /></Not></And></IsInstallable></ApplicabilityRules>`,
			id(i), id(900_001), id(900_002), i%97, 18000+i)
	}
	return docs
}

// fromZip reads the packages of an archive.
func fromZip(name string) ([][]byte, error) {
	z, err := zip.OpenReader(name)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	var docs [][]byte
	for _, f := range z.File {
		if !strings.HasSuffix(f.Name, ".sdp") {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			return nil, err
		}
		docs = append(docs, bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	}
	if len(docs) == 0 {
		return nil, errors.New("no package (*.sdp) in it")
	}
	return docs, nil
}

// desk is the machine that packages are evaluated on.
const desk = `{"format": "updatescan-machine-1", "name": "DESK-0042",
"windows": {"major": 6, "minor": 0, "build": 6001, "service_pack_major": 1, "product_type": 1},
"processor": {"architecture": 9, "count": 2},
"registry": {"keys": {"HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion": {"CurrentVersion": "6.0"}}},
"files": {"entries": {"C:\\Windows\\System32\\drivers\\fb7.sys": {"version": "10.1.7.0"}}},
"wmi": {"root\\cimv2": {
  "Win32_ComputerSystem": {"rows": [{"Manufacturer": "Fabrikam", "Model": "Desk 320 MT"}]},
  "Win32_BaseBoard": {"rows": [{"Product": "0007"}]},
  "Win32_BIOS": {"rows": [{"ReleaseDate": "20070912000000.000000+000"}]}}}}`

// parsePackages reads packages as a user of the library does.
func parsePackages(docs [][]byte) ([]wsus.Update, error) {
	r, err := metadata.NewReader(metadata.Options{})
	if err != nil {
		return nil, err
	}
	var all []wsus.Update
	for i, d := range docs {
		us, err := r.Parse(d)
		if err != nil {
			return nil, fmt.Errorf("package %d: %w", i, err)
		}
		all = append(all, us...)
	}
	return all, nil
}

// unmarshalPackages is the peer.
func unmarshalPackages(docs [][]byte) ([]xmlPackage, error) {
	all := make([]xmlPackage, len(docs))
	for i, d := range docs {
		if err := xml.Unmarshal(d, &all[i]); err != nil {
			return nil, fmt.Errorf("package %d: %w", i, err)
		}
	}
	return all, nil
}

// parseFragments reads fragments as a user of the library does.
func parseFragments(docs [][]byte) ([]wsus.Update, error) {
	r, err := metadata.NewReader(metadata.Options{})
	if err != nil {
		return nil, err
	}
	all := make([]wsus.Update, len(docs))
	for i, d := range docs {
		if all[i], err = r.ParseFragment(d); err != nil {
			return nil, fmt.Errorf("fragment %d: %w", i, err)
		}
	}
	return all, nil
}

// unmarshalFragments is the peer; a fragment has no root, so it gets one.
func unmarshalFragments(docs [][]byte) ([]xmlFragment, error) {
	all := make([]xmlFragment, len(docs))
	for i, d := range docs {
		wrapped := append(append([]byte("<x>"), d...), "</x>"...)
		if err := xml.Unmarshal(wrapped, &all[i]); err != nil {
			return nil, fmt.Errorf("fragment %d: %w", i, err)
		}
	}
	return all, nil
}

// rules counts the elements of expressions.
func rules(sections ...[]wsus.Rule) int {
	n := 0
	for _, s := range sections {
		n += len(s)
		for i := range s {
			n += rules(s[i].Children)
		}
	}
	return n
}

// rules counts the elements of a section.
func (s xmlSection) rules() int {
	n := len(s.Rules)
	for _, r := range s.Rules {
		n += xmlSection{r.Children}.rules()
	}
	return n
}

// checkPackages says in what the two readings of packages differ. A package of
// several items, which the library makes several updates of, is compared by id
// and title only.
func checkPackages(docs [][]byte) error {
	updates, err := parsePackages(docs)
	if err != nil {
		return err
	}
	theirs, err := unmarshalPackages(docs)
	if err != nil {
		return err
	}
	at := 0
	for i, p := range theirs {
		if at >= len(updates) {
			return fmt.Errorf("%d packages read by encoding/xml, %d updates by package metadata", len(theirs), len(updates))
		}
		u := updates[at]
		pid, err := compliance.ParseUpdateID(p.Properties.ID)
		if err != nil || pid != u.ID || strings.TrimSpace(p.Title) != u.Title {
			return fmt.Errorf("package %d: %s %q and %v %q", i, p.Properties.ID, p.Title, u.ID, u.Title)
		}
		if at++; len(p.Items) > 1 {
			at += len(p.Items)
			continue
		}
		want := p.Installable.rules() + p.Installed.rules()
		for _, item := range p.Items {
			want += item.Installed.rules() + item.Superseded.rules() + item.Installable.rules()
		}
		if got := rules(u.Rules.IsInstalled, u.Rules.IsSuperseded, u.Rules.IsInstallable); got != want || len(p.Superseded) != len(u.Supersedes) {
			return fmt.Errorf("package %d, %v: %d rules and %d superseded, encoding/xml has %d and %d", i, u.ID, got, len(u.Supersedes), want, len(p.Superseded))
		}
	}
	if at != len(updates) {
		return fmt.Errorf("%d updates, of which the packages read by encoding/xml explain %d", len(updates), at)
	}
	return nil
}

// checkFragments says in what the two readings of fragments differ.
func checkFragments(docs [][]byte) error {
	updates, err := parseFragments(docs)
	if err != nil {
		return err
	}
	theirs, err := unmarshalFragments(docs)
	if err != nil {
		return err
	}
	for i, f := range theirs {
		u := updates[i]
		got := fmt.Sprintln(u.ID, u.Revision, len(u.Prerequisites), rules(u.Rules.IsInstalled, u.Rules.IsInstallable))
		want := fmt.Sprintln(f.Identity.ID, f.Identity.Revision, len(f.Prerequisites.Clauses), f.Installed.rules()+f.Installable.rules())
		if got != want {
			return fmt.Errorf("fragment %d: %q, encoding/xml has %q", i, got, want)
		}
	}
	return nil
}

func metadataGroups(catalog string) ([]group, error) {
	docs := generate(packages)
	if catalog != "" {
		var err error
		if docs, err = fromZip(catalog); err != nil {
			return nil, fmt.Errorf("-catalog: %s: %w", catalog, err)
		}
	}
	evaluate, err := evaluateGroup(docs)
	if err != nil {
		return nil, err
	}
	frags := fragments(packages)
	const target = "5x encoding/xml into structs"
	return []group{{
		name: fmt.Sprintf("metadata: parse %d packages", len(docs)), unit: "ns a package", target: target,
		note:  "the peer keeps names and attributes as they are written; it checks no id, number or bound",
		check: func() error { return checkPackages(docs) },
		entries: []entry{
			{name: "metadata.Reader.Parse", ours: true, per: len(docs), run: reads(docs, parsePackages)},
			{name: "encoding/xml Unmarshal into structs", per: len(docs), run: reads(docs, unmarshalPackages)},
		},
	}, {
		name: fmt.Sprintf("metadata: parse %d fragments of WSUS", len(frags)), unit: "ns a fragment", target: target,
		note:  "the peer gets a root element around each fragment, which copies it",
		check: func() error { return checkFragments(frags) },
		entries: []entry{
			{name: "metadata.Reader.ParseFragment", ours: true, per: len(frags), run: reads(frags, parseFragments)},
			{name: "encoding/xml Unmarshal into structs", per: len(frags), run: reads(frags, unmarshalFragments)},
		},
	}, evaluate}, nil
}

// reads is a benchmark of reading documents.
func reads[T any](docs [][]byte, read func([][]byte) ([]T, error)) func(*testing.B) {
	return func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			all, err := read(docs)
			fail(b, err)
			keepInt = len(all)
		}
	}
}

// evaluateGroup evaluates the packages on a machine.
func evaluateGroup(docs [][]byte) (group, error) {
	parsed, err := parsePackages(docs)
	if err != nil {
		return group{}, err
	}
	cat, err := wsus.NewCatalog(1, parsed)
	if err != nil {
		return group{}, err
	}
	machine, err := applicability.ParseDocument([]byte(desk))
	if err != nil {
		return group{}, err
	}
	evaluator, err := applicability.New(applicability.Config{Facts: machine.Facts()})
	if err != nil {
		return group{}, err
	}
	evaluator.Compile(cat)
	return group{
		name: fmt.Sprintf("applicability: evaluate a catalogue of %d, compiled once", cat.Len()), unit: "ns an update", target: "<= 20 us",
		entries: []entry{{name: "applicability.Evaluator.Evaluate", ours: true, per: cat.Len(), run: func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				got, err := evaluator.Evaluate(context.Background(), cat)
				fail(b, err)
				keepInt = got.Snapshot.Len()
			}
		}}},
	}, nil
}
