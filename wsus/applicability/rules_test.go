package applicability_test

import (
	"testing"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
)

const (
	yes     = applicability.True
	no      = applicability.False
	unknown = applicability.Unknown
)

// ruleCase is a rule on a machine document, and its value and cause. The zero
// cause is CauseDecided.
type ruleCase struct {
	name  string
	doc   string // sections of the document
	rule  wsus.Rule
	want  applicability.Value
	cause applicability.Cause
}

const (
	absent      = applicability.CauseAbsent
	otherType   = applicability.CauseType
	unparsable  = applicability.CauseUnparsable
	unavailable = applicability.CauseUnavailable
	invalid     = applicability.CauseInvalid
	operand     = applicability.CauseOperand
)

func runRules(t *testing.T, cases []ruleCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.rule.Name+"/"+c.name, func(t *testing.T) {
			t.Parallel()
			got := applicability.ExplainRule(document(t, c.doc).Facts(), &c.rule)
			if got.Value != c.want || got.Cause != c.cause {
				t.Errorf("ExplainRule() = %v (%v), want %v (%v)\n%s", got.Value, got.Cause, c.want, c.cause, got.String())
			}
		})
	}
}

func TestVocabulary(t *testing.T) {
	t.Parallel()
	names := applicability.Vocabulary()
	if len(names) != 62 {
		t.Errorf("Vocabulary() has %d names, want 62", len(names))
	}
	seen := map[string]bool{}
	for _, name := range names {
		if seen[name] {
			t.Errorf("Vocabulary() has %q twice", name)
		}
		seen[name] = true
		r := rule(name)
		if got := applicability.ExplainRule(applicability.Facts{}, &r); got.Cause == applicability.CauseUnsupported {
			t.Errorf("rule %s is in the vocabulary but unsupported", name)
		}
	}
	for _, name := range []string{
		"", "and", "WindowsDriver", "InstalledVersionRange", "Direct3D", "SensorById", "NFC", "Camera", "FileVersionPrepend",
		"RegSzPrependRegSz", "PrependRegSz",
	} {
		r := rule(name)
		got := applicability.ExplainRule(applicability.Facts{}, &r)
		if got.Value != unknown || got.Cause != applicability.CauseUnsupported {
			t.Errorf("rule %q = %v (%v), want unknown (unsupported)", name, got.Value, got.Cause)
		}
	}
}

func TestLogicalRules(t *testing.T) {
	t.Parallel()
	T, F, U := rule("True"), rule("False"), rule("MuiInstalled")
	runRules(t, []ruleCase{
		{name: "constant", rule: T, want: yes},
		{name: "constant", rule: F, want: no},
		{name: "true true", rule: parent("And", T, T), want: yes},
		{name: "false decides", rule: parent("And", U, F), want: no},
		{name: "unknown stays", rule: parent("And", T, U), want: unknown, cause: operand},
		{name: "none", rule: parent("And"), want: unknown, cause: invalid},
		{name: "true decides", rule: parent("Or", U, T), want: yes},
		{name: "false false", rule: parent("Or", F, F), want: no},
		{name: "unknown stays", rule: parent("Or", F, U), want: unknown, cause: operand},
		{name: "none", rule: parent("Or"), want: unknown, cause: invalid},
		{name: "true", rule: parent("Not", T), want: no},
		{name: "false", rule: parent("Not", F), want: yes},
		{name: "unknown", rule: parent("Not", U), want: unknown, cause: operand},
		{name: "two", rule: parent("Not", T, T), want: unknown, cause: invalid},
		{name: "none", rule: parent("Not"), want: unknown, cause: invalid},
		{name: "invalid operand that does not matter", rule: parent("Or", rule("Processor"), T), want: yes},
		{name: "unsupported operand", rule: parent("Not", rule("Camera")), want: unknown, cause: operand},
	})
}

func TestSystemRules(t *testing.T) {
	t.Parallel()
	const win10 = `"windows":{"major":10,"minor":0,"build":19045,"suite_mask":272,"product_type":1}`
	const server = `"windows":{"major":6,"minor":1,"build":7601,"service_pack_major":1,"product_type":3}`
	version := func(attrs ...string) wsus.Rule { return rule("WindowsVersion", attrs...) }
	runRules(t, []ruleCase{
		{name: "windows", doc: win10, rule: rule("Platform", "PlatformID", "windows"), want: yes},
		{name: "other", doc: `"platform":{"id":"Other"}`, rule: rule("Platform", "PlatformID", "Windows"), want: no},
		{name: "unavailable", rule: rule("Platform", "PlatformID", "Windows"), want: unknown, cause: unavailable},
		{name: "no id", doc: win10, rule: rule("Platform"), want: unknown, cause: invalid},

		{name: "equal by default", doc: win10, rule: version("MajorVersion", "10", "MinorVersion", "0"), want: yes},
		{name: "hierarchy", doc: win10, rule: version("Comparison", "GreaterThan", "MajorVersion", "6", "MinorVersion", "3"), want: yes},
		{name: "hierarchy the other way", doc: win10, rule: version("Comparison", "LessThan", "MajorVersion", "6", "MinorVersion", "3"), want: no},
		{name: "service pack in the hierarchy", doc: server, rule: version("Comparison", "greaterthanorequalto", "MajorVersion", "6", "MinorVersion", "1", "ServicePackMajor", "1"), want: yes},
		{name: "service pack too low", doc: server, rule: version("Comparison", "GreaterThanOrEqualTo", "MajorVersion", "6", "MinorVersion", "1", "ServicePackMajor", "1", "ServicePackMinor", "1"), want: no},
		{name: "minor only", doc: server, rule: version("Comparison", "GreaterThan", "MinorVersion", "0"), want: yes},
		{name: "build apart", doc: win10, rule: version("Comparison", "GreaterThan", "MajorVersion", "6", "BuildNumber", "20000"), want: no},
		{name: "build equal", doc: win10, rule: version("BuildNumber", "19045"), want: yes},
		{name: "product type is equality", doc: server, rule: version("Comparison", "GreaterThanOrEqualTo", "MajorVersion", "6", "ProductType", "1"), want: no},
		{name: "product type", doc: server, rule: version("ProductType", "3"), want: yes},
		{name: "one suite of two", doc: win10, rule: version("SuiteMask", "18"), want: yes},
		{name: "all suites", doc: win10, rule: version("SuiteMask", "18", "AllSuitesMustBePresent", "true"), want: no},
		{name: "all suites there", doc: win10, rule: version("SuiteMask", "16", "AllSuitesMustBePresent", "1"), want: yes},
		{name: "suite absent", doc: win10, rule: version("SuiteMask", "128"), want: no},
		{name: "unavailable", rule: version("MajorVersion", "10"), want: unknown, cause: unavailable},
		{name: "nothing to compare", doc: win10, rule: version("Comparison", "EqualTo"), want: unknown, cause: invalid},
		{name: "bad comparison", doc: win10, rule: version("Comparison", "Around", "MajorVersion", "10"), want: unknown, cause: invalid},
		{name: "bad number", doc: win10, rule: version("MajorVersion", "ten"), want: unknown, cause: invalid},
		{name: "suite beyond 16 bits", doc: win10, rule: version("SuiteMask", "65536"), want: unknown, cause: invalid},

		{name: "as windows", doc: win10, rule: rule("PlatformVersion", "MajorVersion", "10"), want: yes},
		{name: "own", doc: win10 + `,"platform":{"id":"Windows","version":{"major":7,"minor":0,"build":1}}`, rule: rule("PlatformVersion", "MajorVersion", "7"), want: yes},
		{name: "other platform", doc: win10 + `,"platform":{"id":"Other"}`, rule: rule("PlatformVersion", "MajorVersion", "10"), want: unknown, cause: unavailable},

		{name: "equal", doc: `"system_metrics":{"86":1}`, rule: rule("SystemMetric", "Comparison", "EqualTo", "Index", "86", "Value", "1"), want: yes},
		{name: "absent is zero", doc: `"system_metrics":{}`, rule: rule("SystemMetric", "Comparison", "EqualTo", "Index", "87", "Value", "0"), want: yes},
		{name: "negative", doc: `"system_metrics":{"76":-2147483648}`, rule: rule("SystemMetric", "Comparison", "LessThan", "Index", "76", "Value", "2147483647"), want: yes},
		{name: "unavailable", rule: rule("SystemMetric", "Comparison", "EqualTo", "Index", "86", "Value", "1"), want: unknown, cause: unavailable},
		{name: "no index", doc: `"system_metrics":{}`, rule: rule("SystemMetric", "Comparison", "EqualTo", "Value", "1"), want: unknown, cause: invalid},

		{name: "architecture", doc: `"processor":{"architecture":9}`, rule: rule("Processor", "Architecture", "9"), want: yes},
		{name: "other architecture", doc: `"processor":{"architecture":12}`, rule: rule("Processor", "Architecture", "9", "Level", "6"), want: no},
		{name: "level and revision", doc: `"processor":{"architecture":0,"level":6,"revision":3}`, rule: rule("Processor", "Architecture", "0", "Level", "6", "Revision", "3"), want: yes},
		{name: "other revision", doc: `"processor":{"architecture":0,"revision":4}`, rule: rule("Processor", "Architecture", "0", "Level", "6", "Revision", "3"), want: no},
		{name: "level not recorded", doc: `"processor":{"architecture":0}`, rule: rule("Processor", "Architecture", "0", "Level", "6"), want: unknown, cause: unavailable},
		{name: "unavailable", rule: rule("Processor", "Architecture", "9"), want: unknown, cause: unavailable},
		{name: "no architecture", doc: `"processor":{"architecture":9}`, rule: rule("Processor", "Level", "6"), want: unknown, cause: invalid},

		{name: "at least", doc: `"processor":{"architecture":9,"count":4}`, rule: rule("NumberOfProcessors", "Comparison", "GreaterThanOrEqualTo", "Number", "4"), want: yes},
		{name: "more", doc: `"processor":{"architecture":9,"count":4}`, rule: rule("NumberOfProcessors", "Comparison", "GreaterThan", "Number", "4"), want: no},
		{name: "not recorded", doc: `"processor":{"architecture":9}`, rule: rule("NumberOfProcessors", "Comparison", "GreaterThan", "Number", "4"), want: unknown, cause: unavailable},
		{name: "negative", doc: `"processor":{"architecture":9,"count":4}`, rule: rule("NumberOfProcessors", "Comparison", "GreaterThan", "Number", "-1"), want: unknown, cause: invalid},

		{name: "node", doc: `"cluster":{"node":true}`, rule: rule("ClusteredOS"), want: yes},
		{name: "no node", doc: `"cluster":{"node":false}`, rule: rule("ClusteredOS"), want: no},
		{name: "unavailable", rule: rule("ClusteredOS"), want: unknown, cause: unavailable},
	})
	owner := rule("ClusterResourceOwner", "Key", "HKEY_LOCAL_MACHINE", "Subkey", `SOFTWARE\A`, "Value", "N", "Prefix", "SQL (", "Suffix", ")")
	const named = `"registry":{"keys":{"HKLM\\SOFTWARE\\A":{"N":"one"}}}`
	runRules(t, []ruleCase{
		{name: "owned", doc: named + `,"cluster":{"node":true,"owns":["sql (ONE)"]}`, rule: owner, want: yes},
		{name: "not owned", doc: named + `,"cluster":{"node":true}`, rule: owner, want: no},
		{name: "no name", doc: `"registry":{},"cluster":{"node":true}`, rule: owner, want: no, cause: absent},
		{name: "name unavailable", doc: `"cluster":{"node":true}`, rule: owner, want: unknown, cause: unavailable},
		{name: "cluster unavailable", doc: named, rule: owner, want: unknown, cause: unavailable},
		{name: "no value", doc: named, rule: rule("ClusterResourceOwner", "Key", "HKEY_LOCAL_MACHINE", "Subkey", "A"), want: unknown, cause: invalid},
	})
}

func TestLanguageRules(t *testing.T) {
	t.Parallel()
	en, de := `"languages":{"system":"en-US","mui":null}`, `"languages":{"system":"en-US","mui":["en-US","de-DE"]}`
	windows := func(l string) wsus.Rule { return rule("WindowsLanguage", "Language", l) }
	mui := func(l string) wsus.Rule { return rule("MuiLanguageInstalled", "Language", l) }
	runRules(t, []ruleCase{
		{name: "same", doc: en, rule: windows("en"), want: yes},
		{name: "same tag in another case", doc: en, rule: windows("EN-us"), want: yes},
		{name: "other", doc: en, rule: windows("de"), want: no},
		{name: "not a prefix of letters", doc: `"languages":{"system":"enm","mui":null}`, rule: windows("en"), want: no},
		{name: "false with MUI", doc: de, rule: windows("en"), want: no},
		{name: "MUI unknown, language the same", doc: `"languages":{"system":"en"}`, rule: windows("en"), want: unknown, cause: unavailable},
		{name: "MUI unknown, language another", doc: `"languages":{"system":"en"}`, rule: windows("de"), want: no},
		{name: "language unknown, MUI installed", doc: `"languages":{"mui":["de"]}`, rule: windows("de"), want: no},
		{name: "language unknown, no MUI", doc: `"languages":{"mui":null}`, rule: windows("de"), want: unknown, cause: unavailable},
		{name: "Brazilian is not Portuguese", doc: `"languages":{"system":"pt-BR","mui":null}`, rule: windows("pt"), want: no},
		{name: "unavailable", rule: windows("en"), want: unknown, cause: unavailable},
		{name: "missing", doc: en, rule: rule("WindowsLanguage"), want: unknown, cause: invalid},
		{name: "not a tag", doc: en, rule: windows("e*"), want: unknown, cause: invalid},

		{name: "as windows", doc: en, rule: rule("PlatformLanguage", "Language", "en"), want: yes},
		{name: "own", doc: en + `,"platform":{"id":"Windows","language":"fr"}`, rule: rule("PlatformLanguage", "Language", "fr"), want: yes},

		{name: "installed", doc: de, rule: rule("MuiInstalled"), want: yes},
		{name: "not installed", doc: en, rule: rule("MuiInstalled"), want: no, cause: absent},
		{name: "unavailable", doc: `"languages":{"system":"en"}`, rule: rule("MuiInstalled"), want: unknown, cause: unavailable},

		{name: "there", doc: de, rule: mui("de"), want: yes},
		{name: "not there", doc: de, rule: mui("fr"), want: no},
		{name: "no MUI", doc: en, rule: mui("en"), want: no, cause: absent},
		{name: "unavailable", rule: mui("en"), want: unknown, cause: unavailable},
		{name: "missing", doc: de, rule: rule("MuiLanguageInstalled"), want: unknown, cause: invalid},
	})
}

func TestLicenceHistoryAndGenericRules(t *testing.T) {
	t.Parallel()
	const doc = `"licenses":{"Kernel-Edition":4,"Family":"EnterpriseS"}`
	dword := func(attrs ...string) wsus.Rule { return rule("LicenseDword", attrs...) }
	generic := rule("GenericQuery", "Namespace", "urn:v", "Type", "t", "Parameter", "p", "Comparison", "equalto", "Value", "3")
	const answer = `"generic_queries":[{"namespace":"urn:v","type":"t","parameter":"p","comparison":"EqualTo","value":"3","result":`
	runRules(t, []ruleCase{
		{name: "there", doc: doc, rule: rule("LicenseValueExists", "Value", "kernel-edition"), want: yes},
		{name: "text", doc: doc, rule: rule("LicenseValueExists", "Value", "Family"), want: yes},
		{name: "not there", doc: doc, rule: rule("LicenseValueExists", "Value", "X"), want: no, cause: absent},
		{name: "unavailable", rule: rule("LicenseValueExists", "Value", "X"), want: unknown, cause: unavailable},
		{name: "missing", doc: doc, rule: rule("LicenseValueExists"), want: unknown, cause: invalid},

		{name: "equal", doc: doc, rule: dword("Value", "Kernel-Edition", "Comparison", "EqualTo", "Data", "4"), want: yes},
		{name: "less", doc: doc, rule: dword("Value", "Kernel-Edition", "Comparison", "LessThan", "Data", "4"), want: no},
		{name: "not a number", doc: doc, rule: dword("Value", "Family", "Comparison", "EqualTo", "Data", "4"), want: no, cause: otherType},
		{name: "absent", doc: doc, rule: dword("Value", "X", "Comparison", "EqualTo", "Data", "4"), want: no, cause: absent},
		{name: "unavailable", rule: dword("Value", "X", "Comparison", "EqualTo", "Data", "4"), want: unknown, cause: unavailable},
		{name: "data too large", doc: doc, rule: dword("Value", "X", "Comparison", "EqualTo", "Data", "4294967296"), want: unknown, cause: invalid},

		{name: "installed before", doc: `"installed_once":["{00000000-0000-0000-0000-000000000000}"]`, rule: rule("InstalledOnce"), want: yes},
		{name: "never installed", doc: `"installed_once":[]`, rule: rule("InstalledOnce"), want: no},
		{name: "unavailable", rule: rule("InstalledOnce"), want: unknown, cause: unavailable},

		{name: "yes", doc: answer + `true}]`, rule: generic, want: yes},
		{name: "no", doc: answer + `false}]`, rule: generic, want: no},
		{name: "other query", doc: `"generic_queries":[{"namespace":"urn:v","type":"t","parameter":"p","result":true}]`, rule: generic, want: unknown, cause: unavailable},
		{name: "no handler", rule: generic, want: unknown, cause: unavailable},
		{name: "no parameter", rule: rule("GenericQuery", "Namespace", "n", "Type", "t"), want: unknown, cause: invalid},
		{name: "bad comparison", rule: rule("GenericQuery", "Namespace", "n", "Type", "t", "Parameter", "p", "Comparison", "Like"), want: unknown, cause: invalid},
	})
}
