package metadata_test

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
)

// The test-only writer: updates to documents, fragments and packages.

// ids is the text of the n-th id of our own.
func ids(n int) string { return fmt.Sprintf("0badcafe-0000-4000-8000-%012x", n) }

// style says how a document is written.
type style struct {
	// fragment: no namespaces, textual prefixes, no attributes or parts that a
	// Core fragment lacks.
	fragment bool
	// space stands between the elements.
	space string
}

func escaped(s string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		panic(err)
	}
	return b.String()
}

// textual are the rules with a textual prefix in fragments.
var textual = map[string]string{"FileVersion": "b.", "RegSz": "b.", "MsiProductInstalled": "m.", "WindowsDriverInstalled": "d."}

func (st style) rules(b *strings.Builder, rules []wsus.Rule) {
	for _, r := range rules {
		name := "bar:" + r.Name
		if st.fragment {
			name = textual[r.Name] + r.Name
		}
		fmt.Fprintf(b, "%s<%s", st.space, name)
		if !st.fragment {
			b.WriteString(` xmlns:bar="urn:example:rules"`)
		}
		for _, a := range r.Attrs {
			fmt.Fprintf(b, ` %s="%s"`, a.Name, escaped(a.Value))
		}
		if len(r.Children) == 0 && r.Text == "" {
			b.WriteString("/>")
			continue
		}
		// The text is split around the children, to be put together again.
		half := len(r.Text) / 2
		for half > 0 && r.Text[half]&0xC0 == 0x80 {
			half--
		}
		b.WriteString(">" + escaped(r.Text[:half]))
		inner := style{fragment: st.fragment}
		inner.rules(b, r.Children)
		fmt.Fprintf(b, "%s</%s>", escaped(r.Text[half:]), name)
	}
}

func (st style) section(b *strings.Builder, name string, rules []wsus.Rule) {
	if rules == nil {
		return
	}
	fmt.Fprintf(b, "<%s>", name)
	st.rules(b, rules)
	fmt.Fprintf(b, "</%s>", name)
}

func (st style) sections(b *strings.Builder, r wsus.Rules) {
	b.WriteString("<ApplicabilityRules>")
	st.section(b, "IsInstalled", r.IsInstalled)
	st.section(b, "IsSuperseded", r.IsSuperseded)
	st.section(b, "IsInstallable", r.IsInstallable)
	st.section(b, "Metadata", r.Metadata)
	b.WriteString("</ApplicabilityRules>")
}

func (st style) relationships(b *strings.Builder, u wsus.Update) {
	b.WriteString("<Relationships>" + st.space)
	if len(u.Supersedes) > 0 {
		b.WriteString("<SupersededUpdates>")
		for _, id := range u.Supersedes {
			fmt.Fprintf(b, `<UpdateIdentity UpdateID="{%s}"/>`, strings.ToUpper(id.String()))
		}
		b.WriteString("</SupersededUpdates>")
	}
	b.WriteString("<Prerequisites>")
	for _, c := range u.Prerequisites {
		if !c.Category && len(c.Any) == 1 {
			fmt.Fprintf(b, `<UpdateIdentity UpdateID="%s"/>%s`, c.Any[0], st.space)
			continue
		}
		if c.Category {
			b.WriteString(`<AtLeastOne IsCategory="true">`)
		} else {
			b.WriteString(`<AtLeastOne>`)
		}
		for _, id := range c.Any {
			fmt.Fprintf(b, `<UpdateIdentity UpdateID="%s"/>`, id)
		}
		b.WriteString("</AtLeastOne>" + st.space)
	}
	b.WriteString("</Prerequisites><BundledUpdates>")
	for _, c := range u.Bundled {
		b.WriteString("<AtLeastOne>")
		for _, m := range c.Any {
			fmt.Fprintf(b, `<UpdateIdentity UpdateID="%s" RevisionNumber="%d"/>`, m.ID, m.Revision)
		}
		b.WriteString("</AtLeastOne>")
	}
	b.WriteString("</BundledUpdates></Relationships>")
}

var kindNames = map[wsus.Kind]string{
	wsus.KindSoftware: "Software", wsus.KindDriver: "Driver", wsus.KindCategory: "Category", wsus.KindDetectoid: "Detectoid",
}

// extended writes what the Properties of a document and an Extended fragment
// have in common, and the handler's data.
func (st style) extended(b *strings.Builder, u wsus.Update) {
	fmt.Fprintf(b, ` Handler="http://example.test/handlers/%s" MsrcSeverity="%s">`, u.Handler, escaped(u.Severity))
	fmt.Fprintf(b, `%s<InstallationBehavior RebootBehavior="%s"/>`, st.space, u.RebootBehavior)
	for _, s := range u.Bulletins {
		fmt.Fprintf(b, "<SecurityBulletinID> %s </SecurityBulletinID>", escaped(s))
	}
	for _, s := range u.CVEs {
		fmt.Fprintf(b, "<CveID>%s</CveID>", escaped(s))
	}
	for _, s := range u.KBArticles {
		fmt.Fprintf(b, "<KBArticleID><![CDATA[%s]]></KBArticleID>", s)
	}
}

func (st style) handlerData(b *strings.Builder, u wsus.Update) {
	fmt.Fprintf(b, `<HandlerSpecificData type="cat:Category"><CategoryInformation CategoryType="%s"/></HandlerSpecificData>`,
		u.CategoryType)
}

func localizedFragment(language, title, description string) string {
	return fmt.Sprintf("<LocalizedProperties><Language>%s</Language><Title>%s</Title><Description>%s</Description></LocalizedProperties>",
		language, escaped(title), escaped(description))
}

// document writes an update document.
func (st style) document(u wsus.Update) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="utf-8"?><!-- made for a test --><Update xmlns="http://schemas.microsoft.com/msus/2002/12/Update">`)
	fmt.Fprintf(&b, `%s<UpdateIdentity UpdateID="%s" RevisionNumber="%d"/>%[1]s`, st.space, u.ID, u.Revision)
	fmt.Fprintf(&b, `<Properties UpdateType="%s" DefaultPropertiesLanguage="de"`, kindNames[u.Kind])
	if u.Expired {
		b.WriteString(` PublicationState="Expired"`)
	} else {
		b.WriteString(` PublicationState="Published"`)
	}
	if !u.Created.IsZero() {
		fmt.Fprintf(&b, ` CreationDate="%s"`, u.Created.Format(time.RFC3339Nano))
	}
	st.extended(&b, u)
	b.WriteString("</Properties><LocalizedPropertiesCollection>")
	b.WriteString(localizedFragment("fr", "titre", "texte"))
	b.WriteString(localizedFragment("en", u.Title, u.Description))
	b.WriteString("</LocalizedPropertiesCollection>")
	st.relationships(&b, u)
	st.sections(&b, u.Rules)
	b.WriteString(`<Files><File Digest="AAAA"/></Files>`)
	st.handlerData(&b, u)
	b.WriteString("</Update>\n")
	return b.String()
}

// core, extendedFragment: what a server makes of the document.
func (st style) core(u wsus.Update) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<UpdateIdentity UpdateID="%s" RevisionNumber="%d"/><Properties UpdateType="%s"/>`,
		u.ID, u.Revision, kindNames[u.Kind])
	st.relationships(&b, u)
	st.sections(&b, u.Rules)
	return b.String()
}

func (st style) extendedFragment(u wsus.Update) string {
	var b strings.Builder
	b.WriteString(`<ExtendedProperties DefaultPropertiesLanguage="en"`)
	st.extended(&b, u)
	b.WriteString("</ExtendedProperties><Files/>")
	st.handlerData(&b, u)
	return b.String()
}

// Generators.

func genID(t *rapid.T, label string) compliance.UpdateID {
	// Few ids, so that they meet; among them classifications.
	n := rapid.IntRange(-2, 20).Draw(t, label)
	if n == -1 {
		return mustID("28bc880e-0592-4cbf-8f95-c79b17911d5f")
	}
	if n == -2 {
		return mustID("0fa1201d-4330-4fa8-8ae9-b877473b6441")
	}
	return mustID(ids(n))
}

func genText(t *rapid.T, label string) string {
	alphabet := []rune("abcXYZ019 <>&\"'.\\%_\t\nä€😀-=]")
	return strings.TrimSpace(string(rapid.SliceOfN(rapid.SampledFrom(alphabet), 0, 12).Draw(t, label)))
}

func genWords(t *rapid.T, label string) []string {
	list := rapid.SliceOfN(rapid.StringMatching(`[A-Z]{2}[0-9]{2}-[0-9]{1,4}`), 0, 3).Draw(t, label)
	if len(list) == 0 {
		return nil
	}
	return list
}

func genRules(t *rapid.T, depth int) []wsus.Rule {
	n := rapid.IntRange(0, 3).Draw(t, "rules")
	rules := make([]wsus.Rule, 0, n)
	for range n {
		r := wsus.Rule{Name: rapid.SampledFrom([]string{
			"And", "Or", "Not", "FileVersion", "RegSz", "MsiProductInstalled", "WindowsDriverInstalled", "assembly", "b", "x.y",
		}).Draw(t, "name")}
		for _, name := range []string{"Path", "Value", "Comparison"}[:rapid.IntRange(0, 3).Draw(t, "attrs")] {
			value := rapid.OneOf(
				rapid.SampledFrom([]string{"GreaterThan", "HKEY_LOCAL_MACHINE", "1.2.3.4", ""}),
				rapid.Custom(func(t *rapid.T) string { return genText(t, "value") }),
			).Draw(t, "value")
			r.Attrs = append(r.Attrs, wsus.Attr{Name: name, Value: value})
		}
		if rapid.Bool().Draw(t, "has text") {
			r.Text = genText(t, "text")
		}
		if depth > 0 && rapid.Bool().Draw(t, "deeper") {
			if children := genRules(t, depth-1); len(children) > 0 {
				r.Children = children
			}
		}
		rules = append(rules, r)
	}
	return rules
}

func genSection(t *rapid.T, label string) []wsus.Rule {
	if rapid.Bool().Draw(t, label) {
		return nil
	}
	return genRules(t, 3)
}

// genUpdate draws an update. Classification and Products follow from the
// prerequisites and are left out.
func genUpdate(t *rapid.T) wsus.Update {
	u := wsus.Update{
		Kind:           rapid.SampledFrom([]wsus.Kind{wsus.KindSoftware, wsus.KindDriver, wsus.KindCategory, wsus.KindDetectoid}).Draw(t, "kind"),
		Expired:        rapid.Bool().Draw(t, "expired"),
		Title:          "T" + genText(t, "title"),
		Description:    genText(t, "description"),
		KBArticles:     genWords(t, "KB"),
		Bulletins:      genWords(t, "bulletins"),
		CVEs:           genWords(t, "CVE"),
		Severity:       rapid.SampledFrom([]string{"", "Low", "Critical"}).Draw(t, "severity"),
		CategoryType:   rapid.SampledFrom([]string{"", "Product"}).Draw(t, "category"),
		RebootBehavior: rapid.SampledFrom([]string{"", "NeverReboots"}).Draw(t, "reboot"),
		Handler:        rapid.SampledFrom([]string{"Cbs", "WindowsInstaller"}).Draw(t, "handler"),
	}
	u.ID = genID(t, "id")
	u.Revision = compliance.Revision(rapid.OneOf(rapid.Uint32Range(0, 300), rapid.Uint32Range(1<<31-3, 1<<31-1)).Draw(t, "revision"))
	if rapid.Bool().Draw(t, "created") {
		u.Created = time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "s"), rapid.SampledFrom([]int64{0, 1e8, 123456700}).Draw(t, "ns")).UTC()
	}
	for range rapid.IntRange(0, 3).Draw(t, "clauses") {
		c := wsus.Clause{Category: rapid.Bool().Draw(t, "category clause")}
		for range rapid.IntRange(1, 3).Draw(t, "any") {
			c.Any = append(c.Any, genID(t, "member"))
		}
		u.Prerequisites = append(u.Prerequisites, c)
	}
	for range rapid.IntRange(0, 2).Draw(t, "bundles") {
		var c wsus.BundleClause
		for range rapid.IntRange(1, 3).Draw(t, "any") {
			c.Any = append(c.Any, wsus.Identity{ID: genID(t, "member"), Revision: 200})
		}
		u.Bundled = append(u.Bundled, c)
	}
	for range rapid.IntRange(0, 2).Draw(t, "superseded") {
		u.Supersedes = append(u.Supersedes, genID(t, "old"))
	}
	u.Rules = wsus.Rules{
		IsInstalled: genSection(t, "installed"), IsSuperseded: genSection(t, "superseded rule"),
		IsInstallable: genSection(t, "installable"), Metadata: genSection(t, "metadata"),
	}
	return u
}

// genPackage draws the text of a package.
func genPackage(t *rapid.T) string {
	st := style{space: rapid.SampledFrom([]string{"", "\r\n\t"}).Draw(t, "space")}
	var b strings.Builder
	b.WriteString(`<sdp:SoftwareDistributionPackage xmlns:sdp="urn:example:sdp" xmlns:cmd="urn:example:cmd" SchemaVersion="1.0">` + st.space)
	fmt.Fprintf(&b, `<sdp:Properties PackageID="%s" CreationDate="2026-11-0%dT08:00:00" VendorName="%s"%s/>`, ids(100),
		rapid.IntRange(1, 9).Draw(t, "day"), escaped(genText(t, "vendor")),
		rapid.SampledFrom([]string{"", ` UpdateType="Driver"`, ` PublicationState="Expired"`, ` UpdateType="Detectoid"`}).Draw(t, "more"))
	for range rapid.IntRange(0, 2).Draw(t, "texts") {
		b.WriteString(st.space + localizedFragment(rapid.SampledFrom([]string{"en-US", "en", "de", ""}).Draw(t, "lang"), genText(t, "title"), genText(t, "description")))
	}
	b.WriteString(rapid.SampledFrom([]string{
		`<sdp:ApplicationSpecificData/>`,
		`<sdp:UpdateSpecificData UpdateClassification="Tools" MsrcSeverity="Low"><sdp:CveID>CVE-2026-1</sdp:CveID><sdp:CveID>CVE-2026-2</sdp:CveID></sdp:UpdateSpecificData>`,
		`<sdp:UpdateSpecificData UpdateClassification="Hotfixes"><sdp:KBArticleID> 4711 </sdp:KBArticleID></sdp:UpdateSpecificData>`,
	}).Draw(t, "specific"))
	section := func(name string) {
		st.section(&b, "sdp:"+name, genSection(t, name))
	}
	section("IsInstallable")
	section("IsInstalled")
	list := func(name string) {
		if n := rapid.IntRange(0, 2).Draw(t, name); n > 0 {
			fmt.Fprintf(&b, "<sdp:%s>", name)
			for range n {
				fmt.Fprintf(&b, "%s<sdp:PackageID> %s</sdp:PackageID>", st.space, genID(t, "id"))
			}
			fmt.Fprintf(&b, "</sdp:%s>", name)
		}
	}
	list("SupersededPackages")
	for range rapid.IntRange(0, 2).Draw(t, "prerequisites") {
		b.WriteString("<sdp:Prerequisites>")
		for range rapid.IntRange(1, 2).Draw(t, "clauses") {
			fmt.Fprintf(&b, "<sdp:AtLeastOne><sdp:PackageID>%s</sdp:PackageID></sdp:AtLeastOne>", genID(t, "id"))
		}
		b.WriteString("</sdp:Prerequisites>")
	}
	list("BundledPackages")
	for i := range rapid.IntRange(0, 3).Draw(t, "items") {
		fmt.Fprintf(&b, `<sdp:InstallableItem ID="{%s}">%s`, strings.ToUpper(ids(200+i)), st.space)
		if rapid.Bool().Draw(t, "has rules") {
			b.WriteString("<sdp:ApplicabilityRules>")
			for _, name := range []string{"IsInstalled", "IsSuperseded", "IsInstallable", "Metadata"} {
				section(name)
			}
			b.WriteString("</sdp:ApplicabilityRules>")
		}
		b.WriteString(rapid.SampledFrom([]string{
			"", `<sdp:InstallProperties RebootBehavior="NeverReboots"/><cmd:CommandLineInstallerData Program="a.exe"/>`,
			`<cmd:MsiInstallerData/>`, `<cmd:UpdateExeInstallerData/>`,
		}).Draw(t, "installer"))
		b.WriteString("</sdp:InstallableItem>")
	}
	b.WriteString("</sdp:SoftwareDistributionPackage>")
	return b.String()
}

// utf16Of returns the text in UTF-16 with a byte order mark.
func utf16Of(s string, big bool) []byte {
	var out []byte
	for _, r := range "\uFEFF" + s {
		units := []uint16{uint16(r)}
		if r > 0xFFFF {
			r -= 0x10000
			units = []uint16{uint16(0xD800 + r>>10), uint16(0xDC00 + r&0x3FF)}
		}
		for _, u := range units {
			pair := []byte{byte(u), byte(u >> 8)}
			if big {
				slices.Reverse(pair)
			}
			out = append(out, pair...)
		}
	}
	return out
}
