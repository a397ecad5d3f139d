package applicability

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// documentMSI is the msi section.
type documentMSI struct {
	complete  bool
	installer Fact[Version]
	products  map[GUID]*documentProduct
}

// documentProduct is a product. Parts that are nil are unavailable.
type documentProduct struct {
	product    Product
	features   map[string]InstallState
	components map[string]documentComponent // by folded code
	patches    []Patch
	hasPatches bool
}

type documentComponent struct {
	code  string
	state InstallState
}

func (s *documentMSI) clone() *documentMSI {
	if s == nil {
		return nil
	}
	c := &documentMSI{s.complete, s.installer, make(map[GUID]*documentProduct, len(s.products))}
	for code, p := range s.products {
		n := *p
		n.features, n.components, n.patches = maps.Clone(p.features), maps.Clone(p.components), slices.Clone(p.patches)
		c.products[code] = &n
	}
	return c
}

// absent is the presence of a product that is not listed.
func (s *documentMSI) absent() Presence {
	if s != nil && s.complete {
		return Absent
	}
	return Unavailable
}

func (d *Document) product(code GUID) (*documentProduct, Presence) {
	if d.msi != nil {
		if p := d.msi.products[code]; p != nil {
			return p, Present
		}
	}
	return nil, d.msi.absent()
}

// Product implements [MSI].
func (d *Document) Product(code GUID) Fact[Product] {
	p, presence := d.product(code)
	if p == nil {
		return Fact[Product]{Presence: presence}
	}
	return FactOf(p.product)
}

// Feature implements [MSI].
func (d *Document) Feature(product GUID, feature string) Fact[InstallState] {
	p, presence := d.product(product)
	if p == nil || p.features == nil {
		if p != nil {
			presence = Unavailable
		}
		return Fact[InstallState]{Presence: presence}
	}
	if s, ok := p.features[feature]; ok {
		return FactOf(s)
	}
	return NoFact[InstallState]()
}

// Component implements [MSI].
func (d *Document) Component(product GUID, component string) Fact[InstallState] {
	p, presence := d.product(product)
	if p == nil || p.components == nil {
		if p != nil {
			presence = Unavailable
		}
		return Fact[InstallState]{Presence: presence}
	}
	if c, ok := p.components[componentKey(component)]; ok {
		return FactOf(c.state)
	}
	return NoFact[InstallState]()
}

// componentKey normalises a component's code: a GUID in one form, anything
// else folded.
func componentKey(s string) string {
	if g, err := ParseGUID(strings.TrimSpace(s)); err == nil {
		return g.String()
	}
	return fold(s)
}

// Patches implements [Patches].
func (d *Document) Patches(product GUID) Fact[[]Patch] {
	p, presence := d.product(product)
	if p == nil {
		return Fact[[]Patch]{Presence: presence}
	}
	if !p.hasPatches {
		return Fact[[]Patch]{}
	}
	return FactOf(p.patches)
}

// InstallerVersion implements [Patches]: what the document says, or else 5.0,
// which comes with Windows 7 and everything later.
func (d *Document) InstallerVersion() Fact[Version] {
	if d.msi != nil && d.msi.installer.Presence == Present {
		return d.msi.installer
	}
	if w := d.windows; w != nil && (w.Major > 6 || (w.Major == 6 && w.Minor >= 1)) {
		return FactOf(Version{5, 0, 0, 0})
	}
	return Fact[Version]{}
}

// readMSI reads the msi section.
func (d *jsonReader) readMSI(n *jsonNode) *documentMSI {
	f := d.object(n, "complete", "installer", "products")
	s := &documentMSI{complete: true, products: map[GUID]*documentProduct{}}
	if f["complete"] != nil {
		s.complete = d.flag(f["complete"])
	}
	if f["installer"] != nil {
		s.installer = FactOf(d.version(f["installer"]))
	}
	if f["products"] == nil {
		return s
	}
	for _, item := range d.members(f["products"], "an object of product codes") {
		code := d.guidText(item, item.key, true)
		if s.products[code] != nil {
			d.fail(item, "the same product twice, written differently")
		}
		s.products[code] = d.msiProduct(item)
	}
	return s
}

func (d *jsonReader) msiProduct(n *jsonNode) *documentProduct {
	f := d.object(n, "state", "version", "language", "upgrade_code", "features", "components", "patches")
	p := &documentProduct{product: Product{
		State:       StateDefault,
		Version:     maybe(f, "version", d.version),
		Language:    maybe(f, "language", d.signed),
		UpgradeCode: maybe(f, "upgrade_code", d.guid),
	}}
	if f["state"] != nil {
		p.product.State = d.installState(f["state"])
	}
	if f["features"] != nil {
		p.features = map[string]InstallState{}
		for _, item := range d.members(f["features"], "an object of feature names") {
			p.features[item.key] = d.installState(item)
		}
	}
	if f["components"] != nil {
		p.components = map[string]documentComponent{}
		for _, item := range d.members(f["components"], "an object of component codes") {
			key := componentKey(item.key)
			if old, ok := p.components[key]; ok {
				d.fail(item, "the same component as %q, written differently", old.code)
			}
			p.components[key] = documentComponent{item.key, d.installState(item)}
		}
	}
	if f["patches"] != nil {
		p.hasPatches = true
		for _, item := range d.elements(f["patches"], "an array of patches") {
			p.patches = append(p.patches, d.patch(item))
		}
	}
	return p
}

func (d *jsonReader) installState(n *jsonNode) InstallState {
	s, err := ParseInstallState(n.text)
	if n.kind != jsonString || err != nil {
		d.fail(n, "found %s, want local, source, default, advertised, absent or broken", describeJSON(n))
	}
	return s
}

func (d *jsonReader) patch(n *jsonNode) Patch {
	f := d.object(n, "code", "applied", "obsoletes", "sequences")
	p := Patch{Code: d.guid(d.need(n, f, "code")), Applied: true}
	if f["applied"] != nil {
		p.Applied = d.flag(f["applied"])
	}
	if f["obsoletes"] != nil {
		for _, item := range d.elements(f["obsoletes"], "an array of patch codes") {
			p.Obsoletes = append(p.Obsoletes, d.guid(item))
		}
	}
	if f["sequences"] != nil {
		for _, item := range d.elements(f["sequences"], "an array of sequences") {
			g := d.object(item, "family", "sequence", "supersedes")
			s := PatchSequence{
				Family:   d.text(d.need(item, g, "family"), "a patch family"),
				Sequence: d.version(d.need(item, g, "sequence")),
			}
			if g["supersedes"] != nil {
				s.Supersedes = d.flag(g["supersedes"])
			}
			p.Sequences = append(p.Sequences, s)
		}
	}
	return p
}

// SetProduct adds or replaces a product; its features, components and patches
// stay as they were. The zero State is [StateDefault], as when it is missing
// in JSON; any other that is none is an error, which names the product. A
// document without an msi section gets one that is not complete.
func (d *Document) SetProduct(code GUID, p Product) error {
	state, err := givenState(p.State)
	if err != nil {
		return fmt.Errorf("applicability: product %v: %w", code, err)
	}
	d.ensureProduct(code).product = Product{
		State: state, Version: p.Version.clean(), Language: p.Language.clean(), UpgradeCode: p.UpgradeCode.clean(),
	}
	return nil
}

// givenState is the state that a caller gives, the default for none.
func givenState(s InstallState) (InstallState, error) {
	if s == 0 {
		return StateDefault, nil
	}
	if s.token() == "" {
		return 0, fmt.Errorf("%v is no state", s)
	}
	return s, nil
}

// DeleteProduct removes a product.
func (d *Document) DeleteProduct(code GUID) {
	if d.msi != nil {
		delete(d.msi.products, code)
	}
}

// SetFeature sets the state of a product's feature, adding the product as
// installed if it is not there. States are as for SetProduct.
func (d *Document) SetFeature(product GUID, feature string, state InstallState) error {
	state, err := givenState(state)
	if err != nil {
		return fmt.Errorf("applicability: product %v: feature %s: %w", product, quoteShort(feature), err)
	}
	p := d.ensureProduct(product)
	if p.features == nil {
		p.features = map[string]InstallState{}
	}
	p.features[validText(feature)] = state
	return nil
}

// SetComponent sets the state of a product's component, likewise.
func (d *Document) SetComponent(product GUID, component string, state InstallState) error {
	state, err := givenState(state)
	if err != nil {
		return fmt.Errorf("applicability: product %v: component %s: %w", product, quoteShort(component), err)
	}
	p := d.ensureProduct(product)
	if p.components == nil {
		p.components = map[string]documentComponent{}
	}
	component = validText(component)
	p.components[componentKey(component)] = documentComponent{component, state}
	return nil
}

// SetPatches sets the patches of a product, adding the product as installed
// if it is not there.
func (d *Document) SetPatches(product GUID, patches ...Patch) {
	p := d.ensureProduct(product)
	p.patches, p.hasPatches = nil, true
	for i := range patches {
		p.patches = append(p.patches, patches[i].clean())
	}
}

// clean is a copy of the patch that shares nothing with it.
func (p *Patch) clean() Patch {
	c := Patch{Code: p.Code, Applied: p.Applied, Obsoletes: append([]GUID(nil), p.Obsoletes...)}
	for _, s := range p.Sequences {
		s.Family = validText(s.Family)
		c.Sequences = append(c.Sequences, s)
	}
	return c
}

// CoverMSI says that all products are listed.
func (d *Document) CoverMSI() { d.msiSection().complete = true }

func (d *Document) ensureProduct(code GUID) *documentProduct {
	s := d.msiSection()
	p := s.products[code]
	if p == nil {
		p = &documentProduct{product: Product{State: StateDefault}}
		s.products[code] = p
	}
	return p
}

func (d *Document) msiSection() *documentMSI {
	if d.msi == nil {
		d.msi = &documentMSI{products: map[GUID]*documentProduct{}}
	}
	return d.msi
}
