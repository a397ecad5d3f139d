package wsustest

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/updatescan/updatescan/wsus"
)

// product decides the rules about Windows Installer that name what they look
// for.
func (j *judge) product(a *attributes) (tri, bool) {
	switch a.rule.Name {
	case "MsiProductInstalled":
		v, _ := j.matches(a)
		return v, true
	case "MsiPatchInstalledForProduct":
		v, product := j.matches(a)
		patch := a.code("PatchCode")
		list, there := part(product, "patches")
		if there == yes {
			patches, _ := list.([]any)
			there = triOf(slices.ContainsFunc(patches, func(p any) bool {
				entry, _ := p.(map[string]any)
				text, _ := entry["code"].(string)
				code, _ := readCode(text)
				return code == patch && entry["applied"] == true
			}))
		}
		if v == no {
			return no, true
		}
		return all(v, there), true
	case "MsiFeatureInstalledForProduct":
		return j.parts(a, "Feature", "features", func(s string) string { return s }), true
	case "MsiComponentInstalledForProduct":
		return j.parts(a, "Component", "components", func(s string) string {
			if code, ok := readCode(s); ok {
				return code
			}
			return lower(s)
		}), true
	}
	return no, false
}

// installed reports whether a state of Windows Installer counts as installed.
func installed(state any) bool { return state == "local" || state == "source" || state == "default" }

// matches decides whether a product is installed within the bounds of its
// version, inclusive unless excluded, and in the language.
func (j *judge) matches(a *attributes) (tri, map[string]any) {
	code := a.code("ProductCode")
	type bound struct {
		attr   string
		orders []int
	}
	bounds := []bound{{"VersionMin", []int{0, 1}}, {"VersionMax", []int{-1, 0}}}
	if a.flag("ExcludeVersionMin") {
		bounds[0].orders = []int{1}
	}
	if a.flag("ExcludeVersionMax") {
		bounds[1].orders = []int{-1}
	}
	product, there := j.machine.productOf(code)
	var values []tri
	for _, b := range bounds {
		if !a.has(b.attr) {
			continue
		}
		want := a.version(b.attr)
		have, known := part(product, "version")
		if known == yes {
			text, _ := have.(string)
			version, _ := readVersion(text)
			known = passes(b.orders, slices.Compare(version, want))
		}
		values = append(values, known)
	}
	if a.has("Language") {
		want := a.number("Language", -max31-1, max31)
		have, known := part(product, "language")
		if known == yes {
			known = triOf(integer(have) == want)
		}
		values = append(values, known)
	}
	if there != yes {
		return there, nil
	}
	if !installed(product["state"]) {
		return no, product
	}
	return all(values...), product
}

// productOf is what is known of a product, and whether it is there.
func (d *document) productOf(code string) (map[string]any, tri) {
	if d.MSI == nil {
		return nil, unknown
	}
	for listed, product := range d.MSI.Products {
		if c, _ := readCode(listed); c == code {
			if product["state"] == nil {
				product["state"] = "default"
			}
			return product, yes
		}
	}
	return nil, map[bool]tri{true: no, false: unknown}[d.MSI.Complete == nil || *d.MSI.Complete]
}

// parts decides whether one of the products, or all, is installed with one of
// the parts, or all.
func (j *judge) parts(a *attributes, element, section string, normal func(string) string) tri {
	products, parts := some, some
	if a.flag("AllProductsRequired") {
		products = all
	}
	if a.flag("All" + element + "sRequired") {
		parts = all
	}
	var names []string
	var values []tri
	for _, child := range a.rule.Children {
		if child.Name == element {
			name := strings.TrimSpace(child.Text)
			a.bad = a.bad || name == ""
			names = append(names, name)
		}
	}
	for _, child := range a.rule.Children {
		if child.Name != "Product" {
			continue
		}
		child.Attrs = append(slices.Clone(child.Attrs), wsus.Attr{Name: "ProductCode", Value: strings.TrimSpace(child.Text)})
		sub := &attributes{rule: &child}
		v, product := j.matches(sub)
		a.bad = a.bad || sub.bad
		var have []tri
		for _, name := range names {
			have = append(have, stateOf(product, section, name, normal))
		}
		if v != no {
			v = all(v, parts(have...))
		}
		values = append(values, v)
	}
	a.bad = a.bad || len(names) == 0 || len(values) == 0
	return products(values...)
}

// stateOf is whether a feature or component of a product is installed.
func stateOf(product map[string]any, section, name string, normal func(string) string) tri {
	list, there := part(product, section)
	if there != yes {
		return unknown
	}
	entries, _ := list.(map[string]any)
	for listed, state := range entries {
		if normal(listed) == normal(name) {
			return triOf(installed(state))
		}
	}
	return no
}

// other decides the rules about licences, history, and queries.
func (j *judge) other(a *attributes) (tri, bool) {
	d := &j.machine
	switch a.rule.Name {
	case "LicenseValueExists", "LicenseDword":
		name := a.filled("Value")
		var c []int
		var want int64
		if a.rule.Name == "LicenseDword" {
			c, want = a.comparison(), a.number("Data", 0, max32)
		}
		if d.Licenses == nil {
			return unknown, true
		}
		for listed, v := range d.Licenses {
			if lower(listed) != lower(name) {
				continue
			}
			if _, number := v.(json.Number); c == nil || number {
				return some(triOf(c == nil), passes(c, cmp.Compare(integer(v), want))), true
			}
		}
		return no, true
	case "InstalledOnce":
		if d.InstalledOnce == nil {
			return unknown, true
		}
		return triOf(slices.Contains(d.InstalledOnce, j.update.ID.String())), true
	case "GenericQuery":
		namespace, kind, parameter := a.present("Namespace"), a.present("Type"), a.present("Parameter")
		comparison, value := lower(strings.TrimSpace(a.optional("Comparison"))), a.optional("Value")
		if a.has("Comparison") {
			a.comparison()
		}
		for _, q := range d.Generic {
			if q.Namespace == namespace && q.Type == kind && q.Parameter == parameter && lower(q.Comparison) == comparison && q.Value == value {
				return triOf(q.Result), true
			}
		}
		return unknown, true
	case "WmiQuery":
		return j.query(a), true
	}
	return no, false
}
