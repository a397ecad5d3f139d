package wsusrapid

import (
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/wsus"
)

// attr is an attribute of a rule with the values it may have. It is left out
// sometimes when it is optional.
type attr struct {
	name     string
	values   []string
	optional bool
}

func need(name string, values ...string) attr  { return attr{name, values, false} }
func maybe(name string, values ...string) attr { return attr{name, values, true} }

// often is a value that is to be drawn more often than the others of a list.
func often(value string) []string { return slices.Repeat([]string{value}, 10) }

// The values of attributes: those of [Machine], and their neighbours.
var (
	comparisons     = need("Comparison", "LessThan", "LessThanOrEqualTo", "EqualTo", "GreaterThanOrEqualTo", "GreaterThan", "greaterthan")
	textComparisons = need("Comparison", "EqualTo", "BeginsWith", "Contains", "EndsWith")
	languages       = []string{"en", "EN-us", "de", "pt", "pt-BR", "zh-TW"}
	versions        = []string{"1", "1.2", "1.2.3.3", "1.2.3.4", "01.2.3.4", "1.2.3.5", "1.2.4", "2.0"}
	dates           = []string{"2008-06-01T11:59:59Z", "2008-06-01T12:00:00Z", "2008-06-01T12:00:00", "2008-06-01T14:00:00+02:00", "2008-06-01T12:00:00.5Z"}
	small           = []string{"0", "4", "5", "6", "4294967295"}
	subkeys         = append(often(`SOFTWARE\A`), `software\a\`, `SOFTWARE\A\B`, `SOFTWARE\A\B\C`, `SOFTWARE`, `SOFTWARE\WOW6432Node\A`, `SYSTEM\A`, `SOFTWARE\A\Z`)
	valueNames      = []string{"", "T", "D", "E", "V", "F", "Z"}
	texts           = []string{"", "abc", "ABC", "b", "bc", "1.2.3.4", "x", `C:\dir`}
	paths           = append(often(`file.sys`), `\FILE.sys`, `sub\file.sys`, `sub\..\file.sys`, `sub`, `none.sys`)
	codes           = []string{"{11111111-1111-1111-1111-111111111111}", "22222222-2222-2222-2222-22222222222A", "{22222222-2222-2222-2222-22222222222a}", "{33333333-3333-3333-3333-333333333333}"}
)

// keyAttrs are the attributes of a registry key.
func keyAttrs() []attr {
	return []attr{
		need("Key", append(often("HKEY_LOCAL_MACHINE"), "HKLM", "hkey_local_machine", "HKEY_CURRENT_USER")...),
		need("Subkey", subkeys...), maybe("RegType32", "true", "false", "1"),
	}
}

// valueAttrs are the attributes of a registry value, mostly of the given name
// (in any case), and more.
func valueAttrs(name string, more ...attr) []attr {
	names := append(often(name), strings.ToLower(name))
	names = append(names, valueNames...)
	return append(append(keyAttrs(), need("Value", names...)), more...)
}

// productAttrs are the attributes of a product of Windows Installer.
func productAttrs(more ...attr) []attr {
	return append([]attr{
		need("ProductCode", codes...), maybe("VersionMin", versions...), maybe("VersionMax", versions...),
		maybe("ExcludeVersionMin", "true", "false"), maybe("ExcludeVersionMax", "1", "0"), maybe("Language", "0", "1033", "1031", "-5"),
	}, more...)
}

// leaves are the rules that read facts and have no children, with their
// attributes. The six rules that read an update's metadata are not among them.
func leaves() map[string][]attr {
	windows := []attr{
		{"Comparison", comparisons.values, true},
		maybe("MajorVersion", "5", "6", "10"),
		maybe("MinorVersion", "0", "1", "2"),
		maybe("BuildNumber", "7600", "7601", "7602"),
		maybe("ServicePackMajor", "0", "1", "2"),
		maybe("ServicePackMinor", "0", "1"),
		maybe("SuiteMask", "0", "2", "256", "258", "128"),
		maybe("AllSuitesMustBePresent", "true", "false"),
		maybe("ProductType", "1", "2", "3"),
	}
	path := need("Path", `C:\Windows\file.sys`, `c:\WINDOWS\sub\file.sys`, `C:/Windows/./file.sys`, `D:\file.sys`, `\\server\share\file.sys`, `file.sys`, `C:\Windows\Sub`, `D:`)
	list := map[string][]attr{
		"Platform":           {need("PlatformID", "Windows", "windows ", "Other")},
		"WindowsVersion":     windows,
		"PlatformVersion":    windows,
		"WindowsLanguage":    {need("Language", languages...)},
		"PlatformLanguage":   {need("Language", languages...)},
		"MuiInstalled":       nil,
		"SystemMetric":       {comparisons, need("Index", "86", "87", "-1"), need("Value", "-1", "0", "1")},
		"NumberOfProcessors": {comparisons, need("Number", "1", "2", "3")},
		"ClusteredOS":        nil,
		"Processor": {
			need("Architecture", "0", "9", "12", "65535"), maybe("Level", "5", "6", "7"), maybe("Revision", "0", "1", "2"),
		},
		"MuiLanguageInstalled": {need("Language", languages...)},
		"ClusterResourceOwner": valueAttrs("T", maybe("Prefix", "a", "A"), maybe("Suffix", "c", "")),
		"RegKeyExists":         keyAttrs(),
		"RegValueExists":       append(keyAttrs(), maybe("Value", valueNames...), maybe("Type", "REG_SZ", "REG_DWORD", "reg_none", "REG_MULTI_SZ")),
		"RegDword":             valueAttrs("D", comparisons, need("Data", small...)),
		"RegSz":                valueAttrs("T", textComparisons, need("Data", texts...)),
		"RegExpandSz":          valueAttrs("E", textComparisons, need("Data", texts...)),
		"RegSzToVersion":       valueAttrs("V", comparisons, need("Data", versions...)),
		"WUv4RegKeyValue":      append(keyAttrs(), maybe("Value", valueNames...), need("Data", "abc", "5", "", "B")),
		"WUv4RegKeySubstring":  append(keyAttrs(), maybe("Value", valueNames...), need("Data", "B", "5", "", "x")),
		"LicenseValueExists":   {need("Value", "L", "l", "M")},
		"LicenseDword":         {need("Value", "L", "T", "M"), comparisons, need("Data", small...)},
		"InstalledOnce":        nil,
		"GenericQuery": {
			need("Namespace", append(often("n"), "")...), need("Type", "t"), need("Parameter", "p"), maybe("Comparison", "EqualTo", "equalto "), maybe("Value", "1"),
		},
		"MsiProductInstalled":         productAttrs(),
		"MsiPatchInstalledForProduct": productAttrs(need("PatchCode", codes...)),
		"Direct3D":                    nil, // none of the vocabulary
	}
	maps.Copy(list, deviceLeaves())
	for _, kind := range []struct {
		name  string
		attrs []attr
	}{
		{"FileExists", []attr{
			maybe("Version", versions...), maybe("Created", dates...), maybe("Modified", dates...),
			maybe("Size", "4", "5", "9223372036854775807"), maybe("Language", "1033", "0"),
		}},
		{"FileVersion", []attr{comparisons, need("Version", versions...)}},
		{"FileCreated", []attr{comparisons, need("Created", dates...)}},
		{"FileModified", []attr{comparisons, need("Modified", dates...)}},
		{"FileSize", []attr{comparisons, need("Size", "0", "4", "5", "6", "9223372036854775807")}},
	} {
		list[kind.name] = append([]attr{path}, kind.attrs...)
		list[kind.name+"PrependRegSz"] = append(valueAttrs("F", need("Path", paths...)), kind.attrs...)
		list[kind.name+" in a folder"] = append([]attr{need("Path", paths...), need("Csidl", "36", "37", "41", "0", "-1")}, kind.attrs...)
	}
	return list
}

// Leaf draws a rule of the vocabulary that reads facts, with attributes near
// those of [Machine]. Now and then one is missing or malformed, or the rule is
// none of the vocabulary. With prefixes only rules whose names have one of them
// are drawn; one that no such rule has panics.
func Leaf(prefixes ...string) *rapid.Generator[wsus.Rule] { return leaf(false, prefixes) }

func leaf(inLoop bool, prefixes []string) *rapid.Generator[wsus.Rule] {
	list := leaves()
	names := []string{"WmiQuery", "WmiQuery", "MsiFeatureInstalledForProduct", "MsiComponentInstalledForProduct"}
	for name := range list {
		names = append(names, name)
	}
	names = slices.DeleteFunc(names, func(name string) bool {
		return len(prefixes) > 0 && !slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
	})
	slices.Sort(names)
	if len(names) == 0 {
		panic("wsusrapid: no such rule")
	}
	return rapid.Custom(func(t *rapid.T) wsus.Rule {
		name := pick(t, "rule", names)
		var r wsus.Rule
		switch name {
		case "WmiQuery":
			r = wsus.Rule{Name: name, Attrs: []wsus.Attr{{Name: "WqlQuery", Value: Query().Draw(t, "query")}}}
			if oneIn(t, 4, "with namespace") {
				r.Attrs = append(r.Attrs, wsus.Attr{Name: "Namespace", Value: pick(t, "namespace", []string{`ROOT\cimv2`, `root/CIMV2/`, `\\.\root\\cimv2`, `root\x`})})
			}
		case "MsiFeatureInstalledForProduct", "MsiComponentInstalledForProduct":
			r = parts(t, name)
		default:
			r = filled(t, name, list[name])
		}
		for i := range r.Attrs {
			if inLoop && r.Attrs[i].Name == "Key" && rapid.Bool().Draw(t, "of the loop") {
				r.Attrs[i].Value = "HKEY_LOOP_TARGET"
			}
			if inLoop && r.Attrs[i].Name == "Subkey" && rapid.Bool().Draw(t, "below") {
				r.Attrs[i].Value = pick(t, "subkey", []string{"", "C", "B", `B\C`})
			}
		}
		return spoiled(t, r)
	})
}

// filled draws the attributes of a rule.
func filled(t *rapid.T, name string, attrs []attr) wsus.Rule {
	if i := slices.IndexFunc([]byte(name), func(c byte) bool { return c == ' ' }); i >= 0 {
		name = name[:i]
	}
	r := wsus.Rule{Name: name}
	for _, a := range attrs {
		if a.optional && !oneIn(t, 3, "with "+a.name) {
			continue
		}
		r.Attrs = append(r.Attrs, wsus.Attr{Name: a.name, Value: pick(t, a.name, a.values)})
	}
	return r
}

// spoiled is the rule, or now and then one with an attribute less, or with one
// that is malformed.
func spoiled(t *rapid.T, r wsus.Rule) wsus.Rule {
	if len(r.Attrs) == 0 || !oneIn(t, 25, "spoil") {
		return r
	}
	i := rapid.IntRange(0, len(r.Attrs)-1).Draw(t, "which")
	if rapid.Bool().Draw(t, "leave out") {
		r.Attrs = slices.Delete(slices.Clone(r.Attrs), i, i+1)
	} else {
		r.Attrs[i].Value = pick(t, "value", []string{"", " ", "x", "-1", "+5", "65536", "4294967296", "1..2", "1.2.3.4.5", "true ", "é"})
	}
	return r
}

// parts draws a rule about the features or components of products.
func parts(t *rapid.T, name string) wsus.Rule {
	element := map[bool]string{true: "Feature", false: "Component"}[name == "MsiFeatureInstalledForProduct"]
	r := filled(t, name, []attr{maybe("All"+element+"sRequired", "true", "false"), maybe("AllProductsRequired", "true", "false")})
	for range pick(t, "parts", []int{0, 1, 1, 1, 2, 2}) {
		r.Children = append(r.Children, wsus.Rule{Name: element, Text: pick(t, "part", []string{"F", "f", " G ", "F", codes[2], codes[1], codes[0], ""})})
	}
	for range pick(t, "products", []int{0, 1, 1, 1, 2, 2}) {
		p := filled(t, "Product", productAttrs())
		if rapid.Bool().Draw(t, "code as text") {
			p.Text = " " + p.Attrs[0].Value
			p.Attrs = p.Attrs[1:]
		}
		r.Children = append(r.Children, p)
	}
	return r
}

// Rule draws a tree of at most the given depth of rules of the vocabulary:
// logic, loops over registry keys, and leaves near the facts of [Machine]. Now
// and then a rule is written wrongly or is none of the vocabulary.
func Rule(depth int) *rapid.Generator[wsus.Rule] { return tree(depth, false) }

func tree(depth int, inLoop bool) *rapid.Generator[wsus.Rule] {
	return rapid.Custom(func(t *rapid.T) wsus.Rule {
		kind := "leaf"
		if depth > 1 {
			kind = pick(t, "kind", []string{"leaf", "leaf", "And", "Or", "Not", "RegKeyLoop"})
		}
		switch kind {
		case "leaf":
			if oneIn(t, 6, "constant") {
				return wsus.Rule{Name: pick(t, "value", []string{"True", "False"})}
			}
			return leaf(inLoop, nil).Draw(t, "leaf")
		case "RegKeyLoop":
			return loop(t, inLoop, tree(depth-1, true))
		}
		r := wsus.Rule{Name: kind}
		n := 1
		if kind != "Not" || oneIn(t, 20, "wrong number") {
			n = pick(t, "operands", []int{0, 1, 2, 2, 2, 3, 3})
		}
		for range n {
			r.Children = append(r.Children, tree(depth-1, inLoop).Draw(t, "operand"))
		}
		return r
	})
}

// loop draws a RegKeyLoop over a child.
func loop(t *rapid.T, inLoop bool, child *rapid.Generator[wsus.Rule]) wsus.Rule {
	r := filled(t, "RegKeyLoop", append(keyAttrs(), need("TrueIf", "Any", "All", "None", "any")))
	if inLoop && rapid.Bool().Draw(t, "inner") {
		r.Attrs[0].Value = "HKEY_LOOP_TARGET"
		r.Attrs[1].Value = pick(t, "subkey", []string{"", "B"})
	}
	r.Children = []wsus.Rule{child.Draw(t, "child")}
	return spoiled(t, r)
}

// Loop draws a RegKeyLoop whose child is about the registry, or another loop.
func Loop() *rapid.Generator[wsus.Rule] {
	inner := rapid.Custom(func(t *rapid.T) wsus.Rule { return loop(t, true, leaf(true, []string{"Reg"})) })
	child := rapid.OneOf(leaf(true, []string{"Reg"}), leaf(true, []string{"Reg"}), inner)
	return rapid.Custom(func(t *rapid.T) wsus.Rule { return loop(t, false, child) })
}
