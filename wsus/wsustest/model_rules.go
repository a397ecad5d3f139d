package wsustest

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// passes reports whether an order passes a comparison.
func passes(comparison []int, order int) tri { return triOf(slices.Contains(comparison, order)) }

// system decides the rules about Windows, the platform and hardware.
func (j *judge) system(a *attributes) (tri, bool) {
	d := &j.machine
	switch a.rule.Name {
	case "Platform":
		id := strings.TrimSpace(a.filled("PlatformID"))
		if d.Platform != nil {
			return triOf(lower(d.Platform.ID) == lower(id)), true
		}
		if d.Windows != nil {
			return triOf(lower(id) == "windows"), true
		}
		return unknown, true
	case "WindowsVersion", "PlatformVersion":
		return j.windowsVersion(a), true
	case "SystemMetric":
		index, value, c := a.number("Index", -max31-1, max31), a.number("Value", -max31-1, max31), a.comparison()
		if d.SystemMetrics == nil {
			return unknown, true
		}
		return passes(c, cmp.Compare(d.SystemMetrics[strconv.FormatInt(index, 10)], value)), true
	case "Processor":
		v := []tri{triOf(integer(d.Processor["architecture"]) == a.number("Architecture", 0, max16))}
		for _, name := range []string{"Level", "Revision"} {
			if a.has(name) {
				want := a.number(name, 0, max16)
				have, there := part(d.Processor, lower(name))
				if there == yes {
					there = triOf(integer(have) == want)
				}
				v = append(v, there)
			}
		}
		if d.Processor == nil {
			return unknown, true
		}
		return all(v...), true
	case "NumberOfProcessors":
		want, c := a.number("Number", 0, max32), a.comparison()
		have, there := part(d.Processor, "count")
		if there != yes {
			return there, true
		}
		return passes(c, cmp.Compare(integer(have), want)), true
	case "ClusteredOS":
		if d.Cluster == nil {
			return unknown, true
		}
		return triOf(d.Cluster.Node), true
	case "ClusterResourceOwner":
		name, there := j.text(a)
		if there != yes || d.Cluster == nil {
			return min(there, unknown), true
		}
		name = a.optional("Prefix") + name + a.optional("Suffix")
		return triOf(slices.ContainsFunc(d.Cluster.Owns, func(s string) bool { return lower(s) == lower(name) })), true
	}
	return no, false
}

// windowsVersion compares as VerifyVersionInfo does: of major, minor, service
// pack major and minor those that are given, the first that differs decides;
// the build with the same comparison; the product type is equal; and the
// suites, one of them or all.
func (j *judge) windowsVersion(a *attributes) tri {
	have := map[string]int64{}
	d := &j.machine
	known := d.Windows != nil
	if known {
		w := d.Windows
		have = map[string]int64{
			"major": w.Major, "minor": w.Minor, "service_pack_major": w.ServicePackMajor, "service_pack_minor": w.ServicePackMinor,
			"build": w.Build, "suite_mask": w.SuiteMask, "product_type": w.ProductType,
		}
	}
	if a.rule.Name == "PlatformVersion" && d.Platform != nil {
		if d.Platform.Version != nil {
			have, known = d.Platform.Version, true
		} else if lower(d.Platform.ID) != "windows" {
			known = false
		}
	}
	c, given := []int{0}, false
	if a.has("Comparison") {
		c = a.comparison()
	}
	number := func(name string, high int64) (int64, bool) {
		if !a.has(name) {
			return 0, false
		}
		given = true
		return a.number(name, 0, high), true
	}
	var wanted, found []int64
	for _, part := range []struct {
		attr, fact string
		high       int64
	}{
		{"MajorVersion", "major", max32},
		{"MinorVersion", "minor", max32},
		{"ServicePackMajor", "service_pack_major", max16},
		{"ServicePackMinor", "service_pack_minor", max16},
	} {
		if n, ok := number(part.attr, part.high); ok {
			wanted, found = append(wanted, n), append(found, have[part.fact])
		}
	}
	v := []tri{}
	if len(wanted) > 0 {
		v = append(v, passes(c, slices.Compare(found, wanted)))
	}
	if n, ok := number("BuildNumber", max32); ok {
		v = append(v, passes(c, cmp.Compare(have["build"], n)))
	}
	if n, ok := number("ProductType", max16); ok {
		v = append(v, triOf(have["product_type"] == n))
	}
	every := a.flag("AllSuitesMustBePresent")
	if n, ok := number("SuiteMask", max16); ok {
		common := have["suite_mask"] & n
		v = append(v, triOf(every && common == n || !every && common != 0))
	}
	if !given {
		a.bad = true
	}
	if !known {
		return unknown
	}
	return all(v...)
}

// language decides the rules about languages.
func (j *judge) language(a *attributes) (tri, bool) {
	mui, hasMUI := part(j.machine.Languages, "mui")
	switch a.rule.Name {
	case "WindowsLanguage", "PlatformLanguage":
		tag := a.tag("Language")
		have, there := part(j.machine.Languages, "system")
		if p := j.machine.Platform; a.rule.Name == "PlatformLanguage" && p != nil && p.Language != nil {
			have, there = *p.Language, yes
		}
		if there == yes {
			there = triOf(speaks(have, tag))
		}
		return all(there, not(hasMUI)), true
	case "MuiInstalled":
		return hasMUI, true
	case "MuiLanguageInstalled":
		tag := a.tag("Language")
		if hasMUI != yes {
			return hasMUI, true
		}
		list, _ := mui.([]any)
		return triOf(slices.ContainsFunc(list, func(have any) bool { return speaks(have, tag) })), true
	}
	return no, false
}

// speaks reports whether a language is the one that a rule names, or a region
// of it. Portuguese of Brazil is a language of its own.
func speaks(have any, tag string) bool {
	text, _ := have.(string)
	text = strings.ReplaceAll(lower(text), "_", "-")
	if text == "pt-br" {
		return tag == "pt-br"
	}
	return text == tag || strings.HasPrefix(text, tag+"-")
}

// text is the REG_SZ that a rule names by Key, Subkey and Value; of another
// type it counts as not there.
func (j *judge) text(a *attributes) (string, tri) {
	kind, data, there := j.machine.regValue(a.key(j), a.present("Value"))
	if there == yes && kind != "REG_SZ" {
		return "", no
	}
	s, _ := data.(string)
	return s, there
}

// registry decides the rules about the registry but RegKeyLoop.
func (j *judge) registry(a *attributes) (tri, bool) {
	test := func(name string, types []string, holds func(data any) tri) (tri, bool) {
		kind, data, there := j.machine.regValue(a.key(j), name)
		if there != yes {
			return there, true
		}
		if !slices.Contains(types, kind) {
			return no, true
		}
		return holds(data), true
	}
	word := func(data any) string {
		s, _ := data.(string)
		if n := integer(data); s == "" && data != "" {
			s = strconv.FormatInt(n, 10)
		}
		return lower(s)
	}
	switch a.rule.Name {
	case "RegKeyExists":
		return j.machine.hasKey(a.key(j)), true
	case "RegValueExists":
		types := []string{"REG_SZ", "REG_EXPAND_SZ", "REG_BINARY", "REG_DWORD", "REG_MULTI_SZ", "REG_QWORD", "REG_FULL_RESOURCE_DESCRIPTOR", "REG_NONE"}
		if a.has("Type") {
			t := strings.ToUpper(strings.TrimSpace(a.optional("Type")))
			a.bad = a.bad || !slices.Contains(types, t)
			types = []string{t}
		}
		return test(a.optional("Value"), types, func(any) tri { return yes })
	case "RegDword":
		c, want := a.comparison(), a.number("Data", 0, max32)
		return test(a.present("Value"), []string{"REG_DWORD"}, func(data any) tri { return passes(c, cmp.Compare(integer(data), want)) })
	case "RegSz", "RegExpandSz":
		c, want := a.textComparison(), a.present("Data")
		kind := map[string]string{"RegSz": "REG_SZ", "RegExpandSz": "REG_EXPAND_SZ"}[a.rule.Name]
		return test(a.present("Value"), []string{kind}, func(data any) tri { return triOf(c(word(data), want)) })
	case "RegSzToVersion":
		c, want := a.comparison(), a.version("Data")
		return test(a.present("Value"), []string{"REG_SZ"}, func(data any) tri {
			have, ok := readVersion(strings.TrimSpace(word(data)))
			return all(triOf(ok), passes(c, slices.Compare(have, want)))
		})
	case "WUv4RegKeyValue", "WUv4RegKeySubstring":
		want := lower(a.present("Data"))
		return test(a.optional("Value"), []string{"REG_SZ", "REG_EXPAND_SZ", "REG_DWORD"}, func(data any) tri {
			if a.rule.Name == "WUv4RegKeyValue" {
				return triOf(word(data) == want)
			}
			return triOf(strings.Contains(word(data), want))
		})
	}
	return no, false
}

// file decides the rules about files.
func (j *judge) file(a *attributes) (tri, bool) {
	name, prepend := strings.CutSuffix(a.rule.Name, "PrependRegSz")
	attr := map[string]string{"FileVersion": "Version", "FileCreated": "Created", "FileModified": "Modified", "FileSize": "Size"}[name]
	if attr == "" && name != "FileExists" {
		return no, false
	}
	// One property is compared; or the file exists, and every property given
	// is equal.
	tests := map[string][]int{attr: {0}}
	if attr != "" {
		tests[attr] = a.comparison()
	} else {
		delete(tests, attr)
		for _, given := range []string{"Version", "Created", "Modified", "Size", "Language"} {
			if a.has(given) {
				tests[given] = []int{0}
			}
		}
	}
	file, v := j.locate(a, prepend)
	values := []tri{v}
	for attr, c := range tests {
		have, there := part(file, lower(attr))
		order := 0
		switch attr {
		case "Version":
			want := a.version(attr)
			text, _ := have.(string)
			found, _ := readVersion(text)
			order = slices.Compare(found, want)
		case "Created", "Modified":
			order = moment(have).Compare(a.date(attr))
		case "Size":
			order = cmp.Compare(integer(have), a.number(attr, 0, max63))
		case "Language":
			order = cmp.Compare(integer(have), a.number(attr, 0, max16))
		}
		if there == yes {
			there = passes(c, order)
		}
		values = append(values, there)
	}
	if v != yes {
		return v, true
	}
	return all(values...), true
}

// locate finds the file that a rule is about: at an absolute path, below a
// known folder, or below the folder that a registry value names.
func (j *judge) locate(a *attributes, prepend bool) (map[string]any, tri) {
	path := a.filled("Path")
	if prepend {
		folder, there := j.text(a)
		if there != yes {
			return nil, there
		}
		return j.machine.file(join(folder, path))
	}
	if a.has("Csidl") {
		folder, ok := j.machine.folder(strconv.FormatInt(a.number("Csidl", -max31-1, max31), 10))
		if !ok {
			return nil, unknown
		}
		return j.machine.file(join(folder, path))
	}
	return j.machine.file(path)
}

// join puts one backslash between a folder and a path.
func join(folder, path string) string {
	return strings.TrimRight(folder, `\/`) + `\` + strings.TrimLeft(path, `\/`)
}
