package applicability

import (
	"strconv"
	"strings"

	"github.com/updatescan/updatescan/wsus"
)

type patchQuestion uint8

const (
	patchIsInstalled patchQuestion = iota
	patchIsSuperseded
	patchIsInstallable
)

// patchMetadata is an MsiPatchMetadata: the applicability data of a patch.
type patchMetadata struct {
	codes     []GUID // the patch, then the fallback patch if there is one
	minMSI    uint64 // major * 100 + minor of Windows Installer; 0: any
	targets   []patchTarget
	products  []GUID
	sequences []patchFamily
}

// patchTarget is a TargetProduct: what a product must be like.
type patchTarget struct {
	code     Fact[GUID] // present: must be equal
	upgrade  Fact[GUID]
	language Fact[int32]
	version  Version
	cmp      comparison // 0: the version does not matter
	parts    int        // how many numbers of the version are compared
	minMSI   uint64
}

// patchFamily is a SequenceData.
type patchFamily struct {
	family   string // folded
	product  Fact[GUID]
	sequence Version
}

func trimText(r *wsus.Rule) string { return strings.TrimSpace(r.Text) }

// patchMetadata reads the update's MsiPatchMetadata.
func (a *attrs) patchMetadata() *patchMetadata {
	meta := a.metadata("MsiPatchMetadata")
	m := &patchMetadata{}
	patch := childNamed(meta, "MsiPatch")
	if patch == nil {
		a.fail("MsiPatchMetadata", "has no MsiPatch")
		return m
	}
	sub := &attrs{c: a.c, r: patch}
	m.codes = append(m.codes, sub.guid("PatchGUID"))
	m.minMSI = sub.installer()
	sub.flag("TargetsRTM") // says what the patch was made for, not whether it applies
	if fallback := childNamed(meta, "FallbackPatchCode"); fallback != nil {
		m.codes = append(m.codes, sub.textGUID(fallback))
	}
	for i := range patch.Children {
		child := &patch.Children[i]
		switch child.Name {
		case "TargetProduct":
			m.targets = append(m.targets, sub.target(child))
		case "TargetProductCode":
			m.products = append(m.products, sub.textGUID(child))
		case "SequenceData":
			m.sequences = append(m.sequences, sub.sequence(child))
		}
	}
	if len(m.products) == 0 {
		sub.fail("TargetProductCode", "is missing")
	}
	if sub.bad {
		a.fail("MsiPatch/"+sub.badAttr, "%s", sub.badDetail)
	}
	return m
}

// installer reads MinMsiVersion as major * 100 + minor. The small numbers are
// those of a patch's summary information: 2 is Windows Installer 1.2, 3 is
// 2.0, 4 is 3.0, 5 is 3.1 (our reading).
func (a *attrs) installer() uint64 {
	n := a.optUnsigned("MinMsiVersion", 31).Value
	switch n {
	case 0, 1:
		return 0
	case 2:
		return 102
	case 3:
		return 200
	case 4:
		return 300
	case 5:
		return 301
	}
	return n
}

func (a *attrs) textGUID(r *wsus.Rule) GUID {
	g, err := ParseGUID(trimText(r))
	if err != nil {
		a.fail(r.Name, "%.64q is not a GUID", r.Text)
	}
	return g
}

func (a *attrs) textVersion(r *wsus.Rule) Version {
	v, ok := parseVersion(trimText(r))
	if !ok {
		a.fail(r.Name, "%.64q is not a version", r.Text)
	}
	return v
}

// validated reports whether the child says Validate="true".
func (a *attrs) validated(r *wsus.Rule) bool {
	sub := &attrs{c: a.c, r: r}
	v := sub.flag("Validate")
	if sub.bad {
		a.fail(r.Name+"/Validate", "%s", sub.badDetail)
	}
	return v
}

// target reads a TargetProduct.
func (a *attrs) target(r *wsus.Rule) patchTarget {
	t := patchTarget{}
	own := &attrs{c: a.c, r: r}
	t.minMSI = own.installer()
	for i := range r.Children {
		child := &r.Children[i]
		switch child.Name {
		case "TargetProductCode":
			if a.validated(child) {
				t.code = FactOf(a.textGUID(child))
			}
		case "UpgradeCode":
			if a.validated(child) {
				t.upgrade = FactOf(a.textGUID(child))
			}
		case "TargetLanguage":
			if a.validated(child) {
				n, err := strconv.ParseInt(trimText(child), 10, 32)
				if err != nil {
					a.fail(child.Name, "%.40q is not a number", child.Text)
				}
				t.language = FactOf(int32(n))
			}
		case "TargetVersion":
			if a.validated(child) {
				t.version = a.textVersion(child)
				t.cmp, t.parts = a.versionValidation(child)
			}
		}
	}
	if own.bad {
		a.fail("TargetProduct/"+own.badAttr, "%s", own.badDetail)
	}
	return t
}

// versionValidation reads ComparisonType and ComparisonFilter; without them
// all of the version must be equal.
func (a *attrs) versionValidation(r *wsus.Rule) (comparison, int) {
	cmp, parts := cmpEqual, 3
	typ, _ := r.Attr("ComparisonType")
	switch fold(typ) {
	case "lessthan":
		cmp = cmpLess
	case "lessthanorequal":
		cmp = cmpLessOrEqual
	case "", "equal":
	case "greaterthanorequal":
		cmp = cmpGreaterOrEqual
	case "greaterthan":
		cmp = cmpGreater
	case "none":
		cmp = 0
	default:
		a.fail(r.Name+"/ComparisonType", "%.40q is not a comparison", typ)
	}
	filter, _ := r.Attr("ComparisonFilter")
	switch fold(filter) {
	case "major":
		parts = 1
	case "majorminor":
		parts = 2
	case "", "majorminorupdate":
	case "none":
		cmp = 0
	default:
		a.fail(r.Name+"/ComparisonFilter", "%.40q is not Major, MajorMinor, MajorMinorUpdate or None", filter)
	}
	return cmp, parts
}

// sequence reads a SequenceData.
func (a *attrs) sequence(r *wsus.Rule) patchFamily {
	f := patchFamily{}
	for i := range r.Children {
		child := &r.Children[i]
		switch child.Name {
		case "PatchFamily":
			f.family = fold(trimText(child))
		case "ProductCode":
			f.product = FactOf(a.textGUID(child))
		case "Sequence":
			f.sequence = a.textVersion(child)
		}
	}
	if f.family == "" {
		a.fail("SequenceData", "has no PatchFamily")
	}
	return f
}

// patchRule is one of the three MsiPatch rules. The sources give the metadata
// but not the algorithm; this is our reading, after what Windows Installer
// does with such metadata. A target is a product of the list of target
// product codes that is installed and satisfies one TargetProduct (there may
// be none, then any product of the list is). On a target the patch is in
// force, or it is superseded (registered without being in force, obsoleted
// by a patch in force, or behind a superseding one in all its families), or
// it is missing.
//
//   - Installed: there is a target with the patch in force, and none where it
//     is missing. (A target already patched need not satisfy the version of a
//     TargetProduct any more: it counts when the patch is in force.)
//   - Superseded: there is a target, the patch is missing on none, in force on
//     none.
//   - Installable: there is a target where the patch is missing, and Windows
//     Installer is new enough.
type patchRule struct {
	meta *patchMetadata
	ask  patchQuestion
}

// patchCount is what was found on the products: whether the patch is in
// force, missing, superseded on some target.
type patchCount struct{ applied, missing, superseded Value }

func (r *patchRule) test(m *machine) outcome {
	n := patchCount{applied: False, missing: False, superseded: False}
	for _, code := range r.meta.products {
		r.count(m, code, &n)
	}
	var v Value
	switch r.ask {
	case patchIsInstalled:
		v = n.applied.And(n.missing.Not())
	case patchIsSuperseded:
		v = n.superseded.And(n.missing.Not()).And(n.applied.Not())
	case patchIsInstallable:
		v = n.missing.And(r.newEnough(m))
	}
	if v == Unknown {
		return outcome{v, CauseUnavailable}
	}
	return outcome{v, CauseDecided}
}

// count adds what is found on one product.
func (r *patchRule) count(m *machine, code GUID, n *patchCount) {
	product := m.product(code)
	if product.Presence == Unavailable {
		n.applied, n.missing, n.superseded = n.applied.Or(Unknown), n.missing.Or(Unknown), n.superseded.Or(Unknown)
		return
	}
	if product.Presence == Absent || !product.Value.State.Installed() {
		return
	}
	patches := m.patches(code)
	if patches.Presence == Present {
		for _, patch := range r.meta.codes {
			if hasPatch(patches.Value, patch) {
				n.applied = True
				return
			}
		}
	}
	target := r.isTarget(code, product.Value)
	if patches.Presence != Present {
		// Not knowing the patches, it may be in force, superseded or missing.
		n.applied = n.applied.Or(Unknown)
		n.superseded = n.superseded.Or(target.And(Unknown))
		n.missing = n.missing.Or(target.And(Unknown))
		return
	}
	behind := ValueOf(r.isBehind(code, patches.Value))
	n.superseded = n.superseded.Or(target.And(behind))
	n.missing = n.missing.Or(target.And(behind.Not()))
}

// isTarget reports whether the product satisfies a TargetProduct.
func (r *patchRule) isTarget(code GUID, p Product) Value {
	if len(r.meta.targets) == 0 {
		return True
	}
	v := False
	for i := range r.meta.targets {
		v = v.Or(r.meta.targets[i].match(code, p))
	}
	return v
}

func (t *patchTarget) match(code GUID, p Product) Value {
	v := True
	if t.code.Presence == Present {
		v = v.And(ValueOf(t.code.Value == code))
	}
	if t.upgrade.Presence == Present {
		v = v.And(testPart(p.UpgradeCode, func(g GUID) bool { return g == t.upgrade.Value }).value)
	}
	if t.language.Presence == Present {
		v = v.And(testPart(p.Language, func(n int32) bool { return n == t.language.Value }).value)
	}
	if t.cmp != 0 {
		v = v.And(testPart(p.Version, func(w Version) bool {
			want := t.version
			for i := t.parts; i < len(want); i++ {
				want[i], w[i] = 0, 0
			}
			return t.cmp.holds(w.Compare(want))
		}).value)
	}
	return v
}

// isBehind reports whether the patch is superseded on a product.
func (r *patchRule) isBehind(code GUID, patches []Patch) bool {
	for i := range patches {
		p := &patches[i]
		for _, own := range r.meta.codes {
			if p.Code == own && !p.Applied {
				return true
			}
			for _, obsolete := range p.Obsoletes {
				if p.Applied && obsolete == own {
					return true
				}
			}
		}
	}
	families, behind := 0, 0
	for _, f := range r.meta.sequences {
		if f.product.Presence == Present && f.product.Value != code {
			continue
		}
		families++
		if f.overtaken(patches) {
			behind++
		}
	}
	return families > 0 && behind == families
}

// overtaken reports whether a patch in force supersedes the family's earlier
// ones and stands after this one.
func (f *patchFamily) overtaken(patches []Patch) bool {
	for i := range patches {
		if !patches[i].Applied {
			continue
		}
		for _, s := range patches[i].Sequences {
			if s.Supersedes && fold(s.Family) == f.family && s.Sequence.Compare(f.sequence) > 0 {
				return true
			}
		}
	}
	return false
}

// newEnough reports whether Windows Installer has the version that the patch
// asks for.
func (r *patchRule) newEnough(m *machine) Value {
	want := r.meta.minMSI
	for i := range r.meta.targets {
		want = max(want, r.meta.targets[i].minMSI)
	}
	if want == 0 {
		return True
	}
	f := m.readInstaller()
	note(m, f, Version.String, "Windows Installer version")
	return testPart(f, func(v Version) bool { return uint64(v[0])*100+uint64(v[1]) >= want }).value
}
