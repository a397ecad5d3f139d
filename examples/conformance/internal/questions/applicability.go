package questions

import (
	"fmt"
	"strings"
)

// metadata is an update document.
type metadata struct {
	n, revision int
	kind        string // Software when empty
	state       string // Published when empty
	requires    string // content of Prerequisites
	replaces    []int
	bundles     [][]int
	installed   string // rules
	superseded  string
	installable string
	metadata    string // what rules read
}

const updateHead = `<upd:Update xmlns:upd="http://schemas.microsoft.com/msus/2002/12/Update"` +
	` xmlns:lar="http://schemas.microsoft.com/msus/2002/12/LogicalApplicabilityRules"` +
	` xmlns:bar="http://schemas.microsoft.com/msus/2002/12/BaseApplicabilityRules"` +
	` xmlns:mar="http://schemas.microsoft.com/msus/2002/12/MsiApplicabilityRules"` +
	` xmlns:drv="http://schemas.microsoft.com/msus/2002/12/UpdateHandlers/WindowsDriver">`

// xml writes the document.
func (m metadata) xml() string {
	var b strings.Builder
	section := func(name, content string) string {
		if content == "" {
			return ""
		}
		return "<upd:" + name + ">" + content + "</upd:" + name + ">"
	}
	revision := max(m.revision, 1)
	kind, state := m.kind, m.state
	if kind == "" {
		kind = "Software"
	}
	if state == "" {
		state = "Published"
	}
	fmt.Fprintf(&b, `%s<upd:UpdateIdentity UpdateID="%s" RevisionNumber="%d"/>`, updateHead, update(m.n), revision)
	fmt.Fprintf(&b, `<upd:Properties UpdateType="%s" PublicationState="%s"/>`, kind, state)
	relations := section("Prerequisites", m.requires)
	var replaced, bundled string
	for _, n := range m.replaces {
		replaced += `<upd:UpdateIdentity UpdateID="` + update(n) + `"/>`
	}
	for _, clause := range m.bundles {
		members := ""
		for _, n := range clause {
			members += `<upd:UpdateIdentity UpdateID="` + update(n) + `" RevisionNumber="1"/>`
		}
		bundled += "<upd:AtLeastOne>" + members + "</upd:AtLeastOne>"
	}
	relations += section("BundledUpdates", bundled) + section("SupersededUpdates", replaced)
	b.WriteString(section("Relationships", relations))
	b.WriteString(section("ApplicabilityRules",
		section("IsInstalled", m.installed)+section("IsSuperseded", m.superseded)+section("IsInstallable", m.installable)+section("Metadata", m.metadata)))
	b.WriteString("</upd:Update>")
	return b.String()
}

// one is a prerequisite: one of the updates.
func one(updates ...int) string {
	s := "<upd:AtLeastOne>"
	for _, n := range updates {
		s += `<upd:UpdateIdentity UpdateID="` + update(n) + `"/>`
	}
	return s + "</upd:AtLeastOne>"
}

// oneCategory is a prerequisite of a category.
func oneCategory(n int) string {
	return `<upd:AtLeastOne IsCategory="true"><upd:UpdateIdentity UpdateID="` + update(n) + `"/></upd:AtLeastOne>`
}

// The constant rules.
const (
	isTrue  = "<lar:True/>"
	isFalse = "<lar:False/>"
	// isUnknown reads what the machine of the tables does not tell.
	isUnknown = `<bar:LicenseValueExists Value="Edition"/>`
)

// machine is the machine of the tables, a Windows Vista of 32 bits with its
// first service pack.
var machine = o{
	"format", "updatescan-machine-1",
	"windows",
	o{"major", 6, "minor", 0, "build", 6001, "service_pack_major", 1, "bits", 32},
	"processor",
	o{"architecture", 0, "level", 6, "count", 2},
	"languages",
	o{"system", "en-US", "mui", nil},
	"registry",
	o{"keys", o{
		`HKLM\SOFTWARE\Example`, o{"Version", "7.0.6001.9", "Count", 20, "Name", "Desk 320", "Path", `C:\Example`},
	}},
	"files",
	o{"entries", o{
		`C:\Windows\System32\example.dll`,
		o{"version", "7.0.6001.18000", "size", 4096, "modified", "2008-05-13T17:00:00Z"},
		`C:\Windows\System32\plain.txt`,
		o{"version", nil, "size", 10},
	}},
	"msi",
	o{"products", o{
		"{6f1c1e5a-8d2b-4c39-9d0e-0a1b2c3d4e5f}", o{"version", "3.1.0", "language", 1033},
	}},
	"wmi",
	o{`root\cimv2`, o{
		"Win32_ComputerSystem",
		l{o{"Manufacturer", "Fabrikam", "Model", "Desk 320 SFF", "TotalPhysicalMemory", 2147483648}},
		"Win32_Battery", nil,
	}},
}

// evaluating asks for the states of updates.
func evaluating(updates ...metadata) o {
	documents := []string{}
	for _, u := range updates {
		documents = append(documents, u.xml())
	}
	return o{"updates", documents, "machine", machine}
}

// rule asks for the state of an update that is installable when a rule holds:
// required then, else not.
func rule(text string) o { return evaluating(metadata{n: 1, installed: isFalse, installable: text}) }

func applicability(c *collector) {
	systemRules(c)
	fileRules(c)
	registryRules(c)
	otherRules(c)
	deviceRules(c)
	driverRules(c)
	logic(c)
	sections(c)
	prerequisites(c)
	notEvaluated(c)
	notReported(c)
}

// holds adds rules that hold, and rules that only just do not.
func (c *collector) holds(rules []struct{ words, side, text string }) {
	for _, r := range rules {
		c.add("DIFF-1/required-if-"+r.words, r.side, "applicability.evaluate", rule(r.text))
	}
}

func systemRules(c *collector) {
	c.holds([]struct{ words, side, text string }{
		{"windows-is-the-version", inside, `<bar:WindowsVersion Comparison="EqualTo" MajorVersion="6" MinorVersion="0"/>`},
		{"windows-is-another-version", outside, `<bar:WindowsVersion Comparison="EqualTo" MajorVersion="6" MinorVersion="1"/>`},
		{"windows-is-at-least-the-service-pack", inside, `<bar:WindowsVersion Comparison="GreaterThanOrEqualTo" MajorVersion="6" MinorVersion="0" ServicePackMajor="1"/>`},
		{"windows-is-at-least-the-next-service-pack", outside, `<bar:WindowsVersion Comparison="GreaterThanOrEqualTo" MajorVersion="6" MinorVersion="0" ServicePackMajor="2"/>`},
		{"windows-is-older", inside, `<bar:WindowsVersion Comparison="LessThan" MajorVersion="6" MinorVersion="0" ServicePackMajor="2"/>`},
		{"windows-is-of-an-older-major-version", inside, `<bar:WindowsVersion Comparison="GreaterThan" MajorVersion="5" MinorVersion="2"/>`},
		{"the-build-is-higher", outside, `<bar:WindowsVersion Comparison="GreaterThan" BuildNumber="6001"/>`},
		{"it-is-a-workstation", inside, `<bar:WindowsVersion ProductType="1"/>`},
		{"it-is-a-server", outside, `<bar:WindowsVersion ProductType="3"/>`},
		{"the-processor-is-x86", inside, `<bar:Processor Architecture="0"/>`},
		{"the-processor-is-x64", outside, `<bar:Processor Architecture="9"/>`},
		{"it-has-two-processors", inside, `<bar:NumberOfProcessors Comparison="GreaterThanOrEqualTo" Number="2"/>`},
		{"it-has-three-processors", outside, `<bar:NumberOfProcessors Comparison="GreaterThanOrEqualTo" Number="3"/>`},
		{"the-language-is-english", inside, `<bar:WindowsLanguage Language="en"/>`},
		{"the-language-is-german", outside, `<bar:WindowsLanguage Language="de"/>`},
	})
}

func fileRules(c *collector) {
	version := func(comparison, v string) string {
		return `<bar:FileVersion Csidl="37" Path="example.dll" Comparison="` + comparison + `" Version="` + v + `"/>`
	}
	c.holds([]struct{ words, side, text string }{
		{"a-file-has-the-version", inside, version("EqualTo", "7.0.6001.18000")},
		{"a-file-is-below-the-version", inside, version("LessThan", "7.0.6001.18001")},
		{"a-file-is-not-below-its-version", outside, version("LessThan", "7.0.6001.18000")},
		{"versions-are-compared-by-number", inside, version("GreaterThan", "7.0.6001.9")},
		{"a-file-is-there", inside, `<bar:FileExists Csidl="37" Path="EXAMPLE.DLL"/>`},
		{"a-file-is-not-there", outside, `<bar:FileExists Csidl="37" Path="missing.dll"/>`},
		{"a-file-is-at-a-path", inside, `<bar:FileExists Path="C:\Windows\System32\example.dll"/>`},
		{"a-file-has-no-version", outside, `<bar:FileVersion Csidl="37" Path="plain.txt" Comparison="GreaterThanOrEqualTo" Version="0.0.0.0"/>`},
		{"a-missing-file-has-a-version", outside, `<bar:FileVersion Csidl="37" Path="missing.dll" Comparison="LessThan" Version="9.0.0.0"/>`},
		{"a-file-has-the-size", inside, `<bar:FileSize Csidl="37" Path="example.dll" Comparison="EqualTo" Size="4096"/>`},
		{"a-file-was-modified-later", outside, `<bar:FileModified Csidl="37" Path="example.dll" Comparison="GreaterThan" Modified="2008-05-13T17:00:00Z"/>`},
	})
}

func registryRules(c *collector) {
	const key = `Key="HKEY_LOCAL_MACHINE" Subkey="SOFTWARE\Example"`
	c.holds([]struct{ words, side, text string }{
		{"a-key-is-there", inside, `<bar:RegKeyExists ` + key + `/>`},
		{"a-key-is-there-in-capitals", inside, `<bar:RegKeyExists Key="HKEY_LOCAL_MACHINE" Subkey="software\EXAMPLE"/>`},
		{"a-key-is-not-there", outside, `<bar:RegKeyExists Key="HKEY_LOCAL_MACHINE" Subkey="SOFTWARE\Missing"/>`},
		{"a-value-is-there", inside, `<bar:RegValueExists ` + key + ` Value="Count" Type="REG_DWORD"/>`},
		{"a-value-is-of-another-type", outside, `<bar:RegValueExists ` + key + ` Value="Count" Type="REG_SZ"/>`},
		{"a-number-is-high-enough", inside, `<bar:RegDword ` + key + ` Value="Count" Comparison="GreaterThanOrEqualTo" Data="20"/>`},
		{"a-number-is-one-too-low", outside, `<bar:RegDword ` + key + ` Value="Count" Comparison="GreaterThanOrEqualTo" Data="21"/>`},
		{"a-number-is-text", outside, `<bar:RegDword ` + key + ` Value="Version" Comparison="GreaterThanOrEqualTo" Data="0"/>`},
		{"a-text-is-the-same", inside, `<bar:RegSz ` + key + ` Value="Name" Comparison="EqualTo" Data="desk 320"/>`},
		{"a-text-begins-so", inside, `<bar:RegSz ` + key + ` Value="Name" Comparison="BeginsWith" Data="Desk"/>`},
		{"a-text-ends-otherwise", outside, `<bar:RegSz ` + key + ` Value="Name" Comparison="EndsWith" Data="32"/>`},
		{"a-text-is-a-lower-version", inside, `<bar:RegSzToVersion ` + key + ` Value="Version" Comparison="LessThan" Data="7.0.6001.10"/>`},
		{"a-text-is-no-version", outside, `<bar:RegSzToVersion ` + key + ` Value="Name" Comparison="LessThan" Data="7.0"/>`},
	})
}

func otherRules(c *collector) {
	query := func(q string) string { return `<bar:WmiQuery Namespace="root\cimv2" WqlQuery="` + q + `"/>` }
	product := func(attrs string) string {
		return `<mar:MsiProductInstalled ProductCode="{6F1C1E5A-8D2B-4C39-9D0E-0A1B2C3D4E5F}"` + attrs + `/>`
	}
	c.holds([]struct{ words, side, text string }{
		{"a-query-has-a-row", inside, query("SELECT * FROM Win32_ComputerSystem WHERE Manufacturer = 'FABRIKAM' AND Model LIKE 'Desk 320%'")},
		{"a-query-has-no-row", outside, query("SELECT * FROM Win32_ComputerSystem WHERE Model LIKE 'Desk 320'")},
		{"a-query-compares-numbers", inside, query("SELECT * FROM Win32_ComputerSystem WHERE TotalPhysicalMemory &gt;= 2147483648")},
		{"a-query-asks-a-class-that-is-not-there", outside, query("SELECT * FROM Win32_Battery")},
		{"a-product-is-installed", inside, product("")},
		{"a-product-is-of-another-code", outside, `<mar:MsiProductInstalled ProductCode="{6F1C1E5A-8D2B-4C39-9D0E-0A1B2C3D4E50}"/>`},
		{"a-product-is-at-the-lowest-version", inside, product(` VersionMin="3.1.0"`)},
		{"a-product-is-at-an-excluded-version", outside, product(` VersionMin="3.1.0" ExcludeVersionMin="true"`)},
		{"a-product-is-above-the-highest-version", outside, product(` VersionMax="3.0.9"`)},
	})
}

// logic are the operators, with what is not known (DIFF-5).
func logic(c *collector) {
	and := func(rules ...string) string { return "<lar:And>" + strings.Join(rules, "") + "</lar:And>" }
	or := func(rules ...string) string { return "<lar:Or>" + strings.Join(rules, "") + "</lar:Or>" }
	not := func(rule string) string { return "<lar:Not>" + rule + "</lar:Not>" }
	c.holds([]struct{ words, side, text string }{
		{"all-hold", inside, and(isTrue, isTrue)},
		{"one-of-all-does-not", outside, and(isTrue, isFalse)},
		{"one-of-some-holds", inside, or(isFalse, isTrue)},
		{"none-of-some-holds", outside, or(isFalse, isFalse)},
		{"the-contrary-does-not", inside, not(isFalse)},
		{"the-contrary-holds", outside, not(isTrue)},
		{"two-rules-of-a-section-hold", inside, isTrue + isTrue},
		{"one-of-two-rules-of-a-section-does-not", outside, isTrue + isFalse},
	})
	for _, r := range []struct{ words, side, text string }{
		{"a-rule-is-not-known", inside, isUnknown},
		{"the-contrary-is-not-known", inside, not(isUnknown)},
		{"one-of-all-is-not-known", inside, and(isTrue, isUnknown)},
		{"one-of-some-is-not-known", inside, or(isFalse, isUnknown)},
		{"one-of-all-does-not-hold-anyway", outside, and(isUnknown, isFalse)},
		{"one-of-some-holds-anyway", outside, or(isUnknown, isTrue)},
	} {
		c.add("DIFF-5/unknown-if-"+r.words, r.side, "applicability.evaluate", rule(r.text))
	}
}

// sections are DIFF-1: which state follows from which section.
func sections(c *collector) {
	for _, s := range []struct {
		words, side string
		update      metadata
	}{
		{"installed-and-installable", inside, metadata{installed: isTrue, installable: isTrue}},
		{"installed-and-not-installable", inside, metadata{installed: isTrue, installable: isFalse}},
		{"installed-and-superseded-by-its-own-rule", inside, metadata{installed: isTrue, superseded: isTrue, installable: isTrue}},
		{"superseded-by-its-own-rule", outside, metadata{installed: isFalse, superseded: isTrue, installable: isTrue}},
		{"not-superseded-by-its-own-rule", inside, metadata{installed: isFalse, superseded: isFalse, installable: isTrue}},
		{"without-a-section-installable", outside, metadata{installed: isFalse}},
		{"without-a-section-installed", inside, metadata{installable: isTrue}},
		{"without-any-rule", outside, metadata{}},
	} {
		s.update.n = 1
		c.add("DIFF-1/an-update-"+s.words, s.side, "applicability.evaluate", evaluating(s.update))
	}
	low, high := metadata{n: 1, revision: 100, installable: isTrue}, metadata{n: 1, revision: 101, installed: isTrue}
	c.add("DIFF-1/the-highest-revision-counts", inside, "applicability.evaluate", evaluating(high, low))
	c.add("DIFF-1/many-updates-sorted", inside, "applicability.evaluate",
		evaluating(metadata{n: 3, installable: isTrue}, metadata{n: 1, installed: isTrue}, metadata{n: 2, installable: isFalse}))
	c.add("DIFF-1/no-updates", outside, "applicability.evaluate", evaluating())
}

// prerequisites are DIFF-1 too.
func prerequisites(c *collector) {
	needs := func(requires string) metadata {
		return metadata{n: 1, requires: requires, installed: isFalse, installable: isTrue}
	}
	detects := func(n int, rule string) metadata { return metadata{n: n, kind: "Detectoid", installed: rule} }
	category := func(n int, rule string) metadata { return metadata{n: n, kind: "Category", installed: rule} }
	for _, p := range []struct {
		words, side string
		in          o
	}{
		{"a-detectoid-that-holds", inside, evaluating(needs(one(2)), detects(2, isTrue))},
		{"a-detectoid-that-does-not", outside, evaluating(needs(one(2)), detects(2, isFalse))},
		{"one-detectoid-of-two", inside, evaluating(needs(one(2, 3)), detects(2, isFalse), detects(3, isTrue))},
		{"both-detectoids", outside, evaluating(needs(one(2)+one(3)), detects(2, isFalse), detects(3, isTrue))},
		{"an-update-that-is-not-there", outside, evaluating(needs(one(2)))},
		{"a-category-that-is-not-there", inside, evaluating(needs(oneCategory(2)))},
		{"a-category-that-is-there", inside, evaluating(needs(oneCategory(2)), category(2, isTrue))},
		{"a-category-that-does-not-hold", outside, evaluating(needs(oneCategory(2)), category(2, isFalse))},
		{"a-chain-of-detectoids", outside, evaluating(needs(one(2)),
			metadata{n: 2, kind: "Detectoid", requires: one(3), installed: isTrue}, detects(3, isFalse))},
		{"an-update-that-is-installed", inside, evaluating(needs(one(2)), metadata{n: 2, installed: isTrue})},
		{"an-update-that-is-required", outside, evaluating(needs(one(2)), metadata{n: 2, installable: isTrue})},
	} {
		c.add("DIFF-1/needs-"+p.words, p.side, "applicability.evaluate", p.in)
	}
	c.add("DIFF-5/needs-a-detectoid-that-is-not-known", inside, "applicability.evaluate", evaluating(needs(one(2)), detects(2, isUnknown)))
	c.add("DIFF-5/needs-one-that-is-not-known-and-one-that-fails", outside, "applicability.evaluate",
		evaluating(needs(one(2)+one(3)), detects(2, isUnknown), detects(3, isFalse)))
}

// notEvaluated are DIFF-5.
func notEvaluated(c *collector) {
	c.add("DIFF-5/a-rule-that-nobody-supports", inside, "applicability.evaluate", rule(`<bar:Camera Location="Front"/>`),
		note("it is counted, and never false in silence"))
	c.add("DIFF-5/a-rule-that-is-written-wrongly", inside, "applicability.evaluate",
		rule(`<bar:FileVersion Csidl="37" Path="example.dll" Comparison="About" Version="7.0"/>`))
	c.add("DIFF-5/a-query-with-an-unknown-syntax", inside, "applicability.evaluate",
		rule(`<bar:WmiQuery Namespace="root\cimv2" WqlQuery="ASSOCIATORS OF {Win32_ComputerSystem}"/>`))
	c.add("DIFF-5/a-class-nobody-looked-at", inside, "applicability.evaluate",
		rule(`<bar:WmiQuery Namespace="root\cimv2" WqlQuery="SELECT * FROM Win32_Product"/>`))
	c.add("DIFF-5/an-unsupported-rule-that-does-not-matter", outside, "applicability.evaluate",
		rule(`<lar:And><bar:Camera Location="Front"/><lar:False/></lar:And>`))
	c.add("DIFF-5/installed-whatever-else-is-not-known", outside, "applicability.evaluate",
		evaluating(metadata{n: 1, installed: isTrue, superseded: isUnknown, installable: isUnknown}))
	c.add("DIFF-5/whether-installed-is-not-known", inside, "applicability.evaluate", evaluating(metadata{n: 1, installed: isUnknown, installable: isTrue}))
	c.add("DIFF-5/not-installable-and-perhaps-installed", inside, "applicability.evaluate", evaluating(metadata{n: 1, installed: isUnknown, installable: isFalse}))
	c.add("DIFF-5/one-of-two-not-known", inside, "applicability.evaluate",
		evaluating(metadata{n: 1, installable: isUnknown}, metadata{n: 2, installable: isTrue}))
}

// notReported are DIFF-6: updates that are not among the results.
func notReported(c *collector) {
	old := metadata{n: 1, installed: isFalse, installable: isTrue}
	newer := func(installed, installable string) metadata {
		return metadata{n: 2, replaces: []int{1}, installed: installed, installable: installable}
	}
	c.add("DIFF-6/replaced-by-one-that-is-required", inside, "applicability.evaluate", evaluating(old, newer(isFalse, isTrue)))
	c.add("DIFF-6/replaced-by-one-that-is-installed", inside, "applicability.evaluate", evaluating(old, newer(isTrue, isTrue)))
	c.add("DIFF-6/replaced-by-one-that-does-not-apply", outside, "applicability.evaluate", evaluating(old, newer(isFalse, isFalse)),
		note("what does not apply replaces nothing"))
	expired := newer(isFalse, isTrue)
	expired.state = "Expired"
	c.add("DIFF-6/replaced-by-one-that-has-expired", outside, "applicability.evaluate", evaluating(old, expired))
	gone := old
	gone.state = "Expired"
	c.add("DIFF-6/expired", inside, "applicability.evaluate", evaluating(gone, metadata{n: 2, installable: isTrue}))
	c.add("DIFF-6/categories-and-detectoids", inside, "applicability.evaluate",
		evaluating(metadata{n: 1, kind: "Category", installed: isTrue}, metadata{n: 2, kind: "Detectoid", installed: isTrue}))
	bundle := metadata{n: 9, bundles: [][]int{{1}}}
	c.add("DIFF-6/a-member-of-a-bundle", inside, "applicability.evaluate", evaluating(old, bundle), note("the bundle has the state of its member"))
	c.add("DIFF-6/a-bundle-with-one-of-two-required", inside, "applicability.evaluate",
		evaluating(old, metadata{n: 2, installed: isTrue}, metadata{n: 9, bundles: [][]int{{1, 2}}}))
	c.add("DIFF-6/no-member-and-not-replaced", outside, "applicability.evaluate", evaluating(old, metadata{n: 2, installable: isTrue}))
}
