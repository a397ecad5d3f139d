package applicability_test

import (
	"testing"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
)

const registryDoc = `"registry":{"keys":{
	"HKEY_LOCAL_MACHINE\\SOFTWARE\\A":{"":"default","Text":"Hello World","Number":7,"Big":4294967295,"Empty":"",
		"Bin":{"type":"REG_BINARY","data":"00ff"},"Exp":{"type":"REG_EXPAND_SZ","data":"%Dir%\\x"},
		"Ver":"1.34.02440.1261","NoVer":"1.2-beta","Q":{"type":"REG_QWORD","data":7},"Multi":{"type":"REG_MULTI_SZ","data":["a","b"]}},
	"HKLM\\SOFTWARE\\A\\One":{"State":1,"Name":"first"},
	"HKLM\\SOFTWARE\\A\\Two":{"State":2,"Name":"second"},
	"HKLM\\SOFTWARE\\A\\Two\\Deep":{"State":2},
	"HKLM\\SOFTWARE\\WOW6432Node\\B":{"Text":"32"},
	"HKLM\\SOFTWARE\\Leaf":{},
	"HKLM\\SYSTEM\\C":{"Text":"both"}}}`

const partialRegistry = `"registry":{"covers":["HKLM\\SOFTWARE\\A"],"keys":{"HKLM\\SOFTWARE\\A\\One":{},"HKLM\\SOFTWARE\\B\\One":{"V":1}}}`

func regAttrs(subkey string, attrs ...string) []string {
	return append([]string{"Key", "HKEY_LOCAL_MACHINE", "Subkey", subkey}, attrs...)
}

func reg(name, value string, attrs ...string) wsus.Rule {
	return rule(name, regAttrs(`SOFTWARE\A`, append([]string{"Value", value}, attrs...)...)...)
}

func TestRegistryKeysAndValues(t *testing.T) {
	t.Parallel()
	key := func(subkey string, attrs ...string) wsus.Rule {
		return rule("RegKeyExists", regAttrs(subkey, attrs...)...)
	}
	value := func(attrs ...string) wsus.Rule { return rule("RegValueExists", regAttrs(`SOFTWARE\A`, attrs...)...) }
	runRules(t, []ruleCase{
		{name: "there", doc: registryDoc, rule: key(`software\\a\`), want: yes},
		{name: "above a listed key", doc: registryDoc, rule: key(`SYSTEM`), want: yes},
		{name: "not there", doc: registryDoc, rule: key(`SOFTWARE\X`), want: no, cause: absent},
		{name: "32-bit view", doc: registryDoc, rule: key(`SOFTWARE\B`, "RegType32", "true"), want: yes},
		{name: "native view", doc: registryDoc, rule: key(`SOFTWARE\B`), want: no, cause: absent},
		{name: "32-bit view of a 64-bit key", doc: registryDoc, rule: key(`SOFTWARE\A`, "RegType32", "1"), want: no, cause: absent},
		{name: "32-bit view, node written out", doc: registryDoc, rule: key(`SOFTWARE\WOW6432Node\B`, "RegType32", "1"), want: yes},
		{name: "32-bit view, not redirected", doc: registryDoc, rule: key(`SYSTEM\C`, "RegType32", "1"), want: yes},
		{name: "32-bit Windows has one view", doc: `"processor":{"architecture":0},` + registryDoc, rule: key(`SOFTWARE\A`, "RegType32", "1"), want: yes},
		{name: "absent where covered", doc: partialRegistry, rule: key(`SOFTWARE\A\Two`), want: no, cause: absent},
		{name: "outside what is covered", doc: partialRegistry, rule: key(`SOFTWARE\B\Two`), want: unknown, cause: unavailable},
		{name: "listed outside what is covered", doc: partialRegistry, rule: key(`SOFTWARE\B`), want: yes},
		{name: "incomplete", doc: `"registry":{"complete":false}`, rule: key("SOFTWARE"), want: unknown, cause: unavailable},
		{name: "unavailable", rule: key("SOFTWARE"), want: unknown, cause: unavailable},
		{name: "root of a user", doc: registryDoc, rule: rule("RegKeyExists", "Key", "HKEY_CURRENT_USER", "Subkey", "X"), want: no, cause: absent},
		{name: "no such root", doc: registryDoc, rule: rule("RegKeyExists", "Key", "HKEY_X", "Subkey", "X"), want: unknown, cause: invalid},
		{name: "no subkey", doc: registryDoc, rule: rule("RegKeyExists", "Key", "HKEY_LOCAL_MACHINE"), want: unknown, cause: invalid},
		{name: "bad flag", doc: registryDoc, rule: key("A", "RegType32", "yes"), want: unknown, cause: invalid},
		{name: "loop target outside a loop", doc: registryDoc, rule: rule("RegKeyExists", "Key", "HKEY_LOOP_TARGET", "Subkey", "X"), want: unknown, cause: invalid},

		{name: "there", doc: registryDoc, rule: value("Value", "TEXT"), want: yes},
		{name: "default value", doc: registryDoc, rule: value(), want: yes},
		{name: "default value by empty name", doc: registryDoc, rule: value("Value", ""), want: yes},
		{name: "no default value", doc: registryDoc, rule: rule("RegValueExists", regAttrs(`SOFTWARE\A\One`)...), want: no, cause: absent},
		{name: "right type", doc: registryDoc, rule: value("Value", "Bin", "Type", "REG_BINARY"), want: yes},
		{name: "other type", doc: registryDoc, rule: value("Value", "Bin", "Type", "REG_SZ"), want: no, cause: otherType},
		{name: "list", doc: registryDoc, rule: value("Value", "Multi", "Type", "reg_multi_sz"), want: yes},
		{name: "64 bits", doc: registryDoc, rule: value("Value", "Q", "Type", "REG_QWORD"), want: yes},
		{name: "not there", doc: registryDoc, rule: value("Value", "X"), want: no, cause: absent},
		{name: "value not covered", doc: partialRegistry, rule: rule("RegValueExists", regAttrs(`SOFTWARE\B\One`, "Value", "X")...), want: unknown, cause: unavailable},
		{name: "bad type", doc: registryDoc, rule: value("Value", "X", "Type", "REG_X"), want: unknown, cause: invalid},
	})
}

func TestRegistryComparisons(t *testing.T) {
	t.Parallel()
	runRules(t, []ruleCase{
		{name: "equal", doc: registryDoc, rule: reg("RegDword", "Number", "Comparison", "EqualTo", "Data", "7"), want: yes},
		{name: "unsigned", doc: registryDoc, rule: reg("RegDword", "Big", "Comparison", "GreaterThan", "Data", "1"), want: yes},
		{name: "missing", doc: registryDoc, rule: reg("RegDword", "X", "Comparison", "LessThan", "Data", "1"), want: no, cause: absent},
		{name: "other type", doc: registryDoc, rule: reg("RegDword", "Text", "Comparison", "LessThan", "Data", "1"), want: no, cause: otherType},
		{name: "64 bits are another type", doc: registryDoc, rule: reg("RegDword", "Q", "Comparison", "EqualTo", "Data", "7"), want: no, cause: otherType},
		{name: "unavailable", rule: reg("RegDword", "Number", "Comparison", "EqualTo", "Data", "7"), want: unknown, cause: unavailable},
		{name: "too large", doc: registryDoc, rule: reg("RegDword", "Number", "Comparison", "EqualTo", "Data", "4294967296"), want: unknown, cause: invalid},
		{name: "comparison of strings", doc: registryDoc, rule: reg("RegDword", "Number", "Comparison", "Contains", "Data", "7"), want: unknown, cause: invalid},

		{name: "equal in any case", doc: registryDoc, rule: reg("RegSz", "Text", "Comparison", "EqualTo", "Data", "hello world"), want: yes},
		{name: "begins", doc: registryDoc, rule: reg("RegSz", "Text", "Comparison", "BeginsWith", "Data", "HELLO"), want: yes},
		{name: "contains", doc: registryDoc, rule: reg("RegSz", "Text", "Comparison", "Contains", "Data", "O W"), want: yes},
		{name: "ends", doc: registryDoc, rule: reg("RegSz", "Text", "Comparison", "EndsWith", "Data", "world"), want: yes},
		{name: "does not begin", doc: registryDoc, rule: reg("RegSz", "Text", "Comparison", "BeginsWith", "Data", "world"), want: no},
		{name: "empty", doc: registryDoc, rule: reg("RegSz", "Empty", "Comparison", "EqualTo", "Data", ""), want: yes},
		{name: "default value", doc: registryDoc, rule: reg("RegSz", "", "Comparison", "EqualTo", "Data", "default"), want: yes},
		{name: "missing", doc: registryDoc, rule: reg("RegSz", "X", "Comparison", "EqualTo", "Data", "a"), want: no, cause: absent},
		{name: "other type", doc: registryDoc, rule: reg("RegSz", "Exp", "Comparison", "Contains", "Data", "x"), want: no, cause: otherType},
		{name: "unavailable", rule: reg("RegSz", "X", "Comparison", "EqualTo", "Data", "a"), want: unknown, cause: unavailable},
		{name: "scalar comparison", doc: registryDoc, rule: reg("RegSz", "Text", "Comparison", "LessThan", "Data", "a"), want: unknown, cause: invalid},
		{name: "no data", doc: registryDoc, rule: reg("RegSz", "Text", "Comparison", "EqualTo"), want: unknown, cause: invalid},

		{name: "not expanded", doc: registryDoc, rule: reg("RegExpandSz", "Exp", "Comparison", "BeginsWith", "Data", "%dir%"), want: yes},
		{name: "other type", doc: registryDoc, rule: reg("RegExpandSz", "Text", "Comparison", "Contains", "Data", "l"), want: no, cause: otherType},
		{name: "missing", doc: registryDoc, rule: reg("RegExpandSz", "X", "Comparison", "Contains", "Data", "l"), want: no, cause: absent},

		{name: "leading zeros", doc: registryDoc, rule: reg("RegSzToVersion", "Ver", "Comparison", "EqualTo", "Data", "1.34.2440.1261"), want: yes},
		{name: "missing parts are zero", doc: registryDoc, rule: reg("RegSzToVersion", "Ver", "Comparison", "GreaterThan", "Data", "1.34"), want: yes},
		{name: "not a version", doc: registryDoc, rule: reg("RegSzToVersion", "NoVer", "Comparison", "GreaterThan", "Data", "0.0.0.0"), want: no, cause: unparsable},
		{name: "empty", doc: registryDoc, rule: reg("RegSzToVersion", "Empty", "Comparison", "GreaterThan", "Data", "0.0.0.0"), want: no, cause: unparsable},
		{name: "missing", doc: registryDoc, rule: reg("RegSzToVersion", "X", "Comparison", "LessThan", "Data", "1.0.0.0"), want: no, cause: absent},
		{name: "bad data", doc: registryDoc, rule: reg("RegSzToVersion", "Ver", "Comparison", "LessThan", "Data", "v1"), want: unknown, cause: invalid},

		{name: "text", doc: registryDoc, rule: reg("WUv4RegKeyValue", "Text", "Data", "hello world"), want: yes},
		{name: "number", doc: registryDoc, rule: reg("WUv4RegKeyValue", "Number", "Data", "7"), want: yes},
		{name: "default value", doc: registryDoc, rule: rule("WUv4RegKeyValue", regAttrs(`SOFTWARE\A`, "Data", "default")...), want: yes},
		{name: "missing", doc: registryDoc, rule: reg("WUv4RegKeyValue", "X", "Data", "7"), want: no, cause: absent},
		{name: "other type", doc: registryDoc, rule: reg("WUv4RegKeyValue", "Bin", "Data", "7"), want: no, cause: otherType},
		{name: "no data", doc: registryDoc, rule: reg("WUv4RegKeyValue", "X"), want: unknown, cause: invalid},
		{name: "part", doc: registryDoc, rule: reg("WUv4RegKeySubstring", "Text", "Data", "LO WO"), want: yes},
		{name: "not a part", doc: registryDoc, rule: reg("WUv4RegKeySubstring", "Text", "Data", "low"), want: no},
	})
}

func loop(subkey, trueIf string, child ...wsus.Rule) wsus.Rule {
	r := rule("RegKeyLoop", regAttrs(subkey, "TrueIf", trueIf)...)
	r.Children = child
	return r
}

func TestRegKeyLoop(t *testing.T) {
	t.Parallel()
	state := func(n string) wsus.Rule {
		return rule("RegDword", "Key", "HKEY_LOOP_TARGET", "Value", "State", "Comparison", "EqualTo", "Data", n)
	}
	deep := rule("RegKeyExists", "Key", "HKEY_LOOP_TARGET", "Subkey", "Deep")
	second := rule("RegSz", "Key", "HKEY_LOOP_TARGET", "Value", "Name", "Comparison", "EqualTo", "Data", "second")
	nested := rule("RegKeyLoop", "Key", "HKEY_LOOP_TARGET", "TrueIf", "Any")
	nested.Children = []wsus.Rule{state("2")}
	runRules(t, []ruleCase{
		{name: "any", doc: registryDoc, rule: loop(`SOFTWARE\A`, "Any", state("2")), want: yes},
		{name: "any, none does", doc: registryDoc, rule: loop(`SOFTWARE\A`, "Any", state("3")), want: no},
		{name: "all, one does", doc: registryDoc, rule: loop(`SOFTWARE\A`, "all", state("1")), want: no},
		{name: "all do", doc: registryDoc, rule: loop(`SOFTWARE\A`, "All", parent("Or", state("1"), state("2"))), want: yes},
		{name: "none does", doc: registryDoc, rule: loop(`SOFTWARE\A`, "None", state("3")), want: yes},
		{name: "none, one does", doc: registryDoc, rule: loop(`SOFTWARE\A`, "None", state("1")), want: no},
		{name: "below the current key", doc: registryDoc, rule: loop(`SOFTWARE\A`, "Any", deep), want: yes},
		{name: "in a loop", doc: registryDoc, rule: loop(`SOFTWARE\A`, "Any", nested), want: yes},
		{name: "in a loop, all", doc: registryDoc, rule: loop(`SOFTWARE\A`, "All", nested), want: no},
		{name: "after an inner loop the target is the outer one", doc: registryDoc, rule: loop(`SOFTWARE\A`, "Any", parent("And", nested, second)), want: yes},
		{name: "missing key, any", doc: registryDoc, rule: loop(`SOFTWARE\X`, "Any", state("1")), want: no},
		{name: "missing key, all", doc: registryDoc, rule: loop(`SOFTWARE\X`, "All", state("1")), want: yes},
		{name: "missing key, none", doc: registryDoc, rule: loop(`SOFTWARE\X`, "None", state("1")), want: yes},
		{name: "key without subkeys", doc: registryDoc, rule: loop(`SOFTWARE\Leaf`, "Any", rule("True")), want: no},
		{name: "unknown child", doc: registryDoc, rule: loop(`SOFTWARE\A`, "Any", rule("MuiInstalled")), want: unknown, cause: operand},
		{name: "subkeys not covered", doc: partialRegistry, rule: loop(`SOFTWARE\B`, "Any", rule("True")), want: unknown, cause: unavailable},
		{name: "unavailable", rule: loop(`SOFTWARE\A`, "Any", rule("True")), want: unknown, cause: unavailable},
		{name: "two children", doc: registryDoc, rule: loop(`SOFTWARE\A`, "Any", rule("True"), rule("True")), want: unknown, cause: invalid},
		{name: "no child", doc: registryDoc, rule: loop(`SOFTWARE\A`, "Any"), want: unknown, cause: invalid},
		{name: "bad logic", doc: registryDoc, rule: loop(`SOFTWARE\A`, "Some", rule("True")), want: unknown, cause: invalid},
		{name: "no logic", doc: registryDoc, rule: rule("RegKeyLoop", regAttrs("A")...), want: unknown, cause: invalid},
	})
}

func TestRegKeyLoopKeepsTheView(t *testing.T) {
	t.Parallel()
	doc := document(t, `"registry":{"keys":{"HKLM\\SOFTWARE\\WOW6432Node\\P\\App":{"V":1},"HKLM\\SOFTWARE\\P\\Other":{}}}`)
	r := rule("RegKeyLoop", regAttrs(`SOFTWARE\P`, "RegType32", "true", "TrueIf", "All")...)
	r.Children = []wsus.Rule{rule("RegValueExists", "Key", "HKEY_LOOP_TARGET", "Subkey", "", "Value", "V")}
	if got := applicability.ExplainRule(doc.Facts(), &r); got.Value != yes {
		t.Errorf("loop in the 32-bit view = %v, want true\n%s", got.Value, got.String())
	}
}
