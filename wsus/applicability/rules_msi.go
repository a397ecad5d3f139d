package applicability

import (
	"strings"

	"github.com/updatescan/updatescan/wsus"
)

// msiRule compiles the Windows Installer rules that say what they look for
// in their own attributes and children.
func msiRule(r *wsus.Rule, a *attrs) leaf {
	switch r.Name {
	case "MsiProductInstalled":
		return &productInstalled{a.product("ProductCode")}
	case "MsiPatchInstalledForProduct":
		return &patchInstalled{product: a.product("ProductCode"), patch: a.guid("PatchCode")}
	case "MsiFeatureInstalledForProduct":
		return a.parts("Feature", "AllFeaturesRequired", (*machine).feature)
	case "MsiComponentInstalledForProduct":
		return a.parts("Component", "AllComponentsRequired", (*machine).component)
	}
	return nil
}

// productFilter is a product code with bounds of its version and a language.
type productFilter struct {
	code                   GUID
	min, max               Fact[Version]
	excludeMin, excludeMax bool
	language               Fact[int32]
}

// product reads a product filter. Bounds are inclusive unless excluded, and
// an exclusion without its bound is ignored (specified).
func (a *attrs) product(code string) productFilter {
	p := productFilter{
		code: a.guid(code), min: a.optVersion("VersionMin"), max: a.optVersion("VersionMax"),
		excludeMin: a.flag("ExcludeVersionMin"), excludeMax: a.flag("ExcludeVersionMax"),
	}
	if a.has("Language") {
		p.language = FactOf(a.signed("Language"))
	}
	return p
}

// match decides whether the product is installed within the filter. A bound
// without a known version is false, a language without a known language too
// (observed) when the product is known to have none; unknown when that was
// not recorded.
func (p *productFilter) match(m *machine) outcome {
	f := m.product(p.code)
	if f.Presence != Present {
		return missing(f.Presence)
	}
	if !f.Value.State.Installed() {
		return decided(false)
	}
	result := outcome{True, CauseDecided}
	for _, o := range [...]outcome{
		p.bound(f.Value.Version, p.min, p.excludeMin, cmpGreater),
		p.bound(f.Value.Version, p.max, p.excludeMax, cmpLess),
		p.speaks(f.Value.Language),
	} {
		if o.value == False {
			return o
		}
		if o.value == Unknown {
			result = o
		}
	}
	return result
}

// bound compares the version with a bound: strictly when it is excluded.
func (p *productFilter) bound(have, bound Fact[Version], exclude bool, beyond comparison) outcome {
	if bound.Presence != Present {
		return decided(true)
	}
	if have.Presence != Present {
		return missing(have.Presence)
	}
	order := have.Value.Compare(bound.Value)
	return decided(beyond.holds(order) || (order == 0 && !exclude))
}

func (p *productFilter) speaks(have Fact[int32]) outcome {
	if p.language.Presence != Present {
		return decided(true)
	}
	if have.Presence != Present {
		return missing(have.Presence)
	}
	return decided(have.Value == p.language.Value)
}

// productInstalled is the MsiProductInstalled rule.
type productInstalled struct{ product productFilter }

func (p *productInstalled) test(m *machine) outcome { return p.product.match(m) }

// patchInstalled is the MsiPatchInstalledForProduct rule: a product within
// the filter has the patch in force.
type patchInstalled struct {
	product productFilter
	patch   GUID
}

func (p *patchInstalled) test(m *machine) outcome {
	o := p.product.match(m)
	if o.value == False {
		return o
	}
	f := m.patches(p.product.code)
	if f.Presence != Present {
		return missing(f.Presence)
	}
	if !hasPatch(f.Value, p.patch) {
		return decided(false)
	}
	return o
}

// patches reads the patches of a product and notes them.
func (m *machine) patches(code GUID) Fact[[]Patch] {
	f := m.readPatches(code)
	note(m, f, func(list []Patch) string {
		texts := make([]string, 0, len(list))
		for i := range list {
			state := "superseded"
			if list[i].Applied {
				state = "applied"
			}
			texts = append(texts, list[i].Code.String()+" "+state)
		}
		return showList(texts)
	}, "MSI patches of %v", code)
	return f
}

func hasPatch(patches []Patch, code GUID) bool {
	for i := range patches {
		if patches[i].Applied && patches[i].Code == code {
			return true
		}
	}
	return false
}

func (m *machine) feature(code GUID, name string) outcome {
	f := m.readFeature(code, name)
	note(m, f, InstallState.String, "MSI feature %q of %v", name, code)
	return partOutcome(f)
}

func (m *machine) component(code GUID, name string) outcome {
	f := m.readComponent(code, name)
	note(m, f, InstallState.String, "MSI component %q of %v", name, code)
	return partOutcome(f)
}

func partOutcome(f Fact[InstallState]) outcome {
	if f.Presence != Present {
		return missing(f.Presence)
	}
	return decided(f.Value.Installed())
}

// partsInstalled is MsiFeatureInstalledForProduct and
// MsiComponentInstalledForProduct: one product (or all of them) is installed
// with one of the parts (or all of them).
type partsInstalled struct {
	parts       []string
	products    []productFilter
	allParts    bool
	allProducts bool
	read        func(*machine, GUID, string) outcome
}

// parts compiles a rule over parts of products. A Product names its code in
// its text (schema) or in a ProductCode attribute, and may carry the filter
// attributes of MsiProductInstalled (observed).
func (a *attrs) parts(element, all string, read func(*machine, GUID, string) outcome) leaf {
	p := &partsInstalled{allParts: a.flag(all), allProducts: a.flag("AllProductsRequired"), read: read}
	for i := range a.r.Children {
		child := &a.r.Children[i]
		text := strings.TrimSpace(child.Text)
		switch child.Name {
		case element:
			if text == "" {
				a.fail(element, "is empty")
			}
			p.parts = append(p.parts, text)
		case "Product":
			attr := *child
			if _, ok := attr.Attr("ProductCode"); !ok {
				attr.Attrs = append([]wsus.Attr{{Name: "ProductCode", Value: text}}, attr.Attrs...)
			}
			sub := &attrs{c: a.c, r: &attr}
			p.products = append(p.products, sub.product("ProductCode"))
			if sub.bad {
				a.fail("Product", "%s %s", sub.badAttr, sub.badDetail)
			}
		}
	}
	if len(p.parts) == 0 {
		a.fail(element, "is missing")
	}
	if len(p.products) == 0 {
		a.fail("Product", "is missing")
	}
	return p
}

func (p *partsInstalled) test(m *machine) outcome {
	acc := accumulator{all: p.allProducts}
	for i := range p.products {
		o := p.products[i].match(m)
		if o.value != False {
			parts := accumulator{all: p.allParts}
			for _, part := range p.parts {
				parts.add(p.read(m, p.products[i].code, part))
			}
			o = conjoin(o, parts.result())
		}
		acc.add(o)
	}
	return acc.result()
}

// conjoin is the conjunction of two outcomes, with the cause of the one that
// decides.
func conjoin(a, b outcome) outcome {
	if a.value == False || (a.value == Unknown && b.value != False) {
		return a
	}
	return b
}

// accumulator is the conjunction or disjunction of outcomes, with the cause
// of the first that decides it.
type accumulator struct {
	all   bool
	value outcome
	any   bool
}

func (a *accumulator) add(o outcome) {
	if !a.any {
		a.value, a.any = o, true
		return
	}
	next := a.value.value.Or(o.value)
	if a.all {
		next = a.value.value.And(o.value)
	}
	if next != a.value.value {
		a.value = outcome{next, o.cause}
	}
}

// result of no outcome at all is True for all, False for any.
func (a *accumulator) result() outcome {
	if !a.any {
		return decided(a.all)
	}
	return a.value
}
