package applicability

import (
	"github.com/updatescan/updatescan/wsus"
)

// msiMetadataRule compiles the six Windows Installer rules that have no
// attributes and read the Metadata section of their update.
func msiMetadataRule(r *wsus.Rule, a *attrs) leaf {
	switch r.Name {
	case "MsiPatchInstalled":
		return &patchRule{meta: a.patchMetadata(), ask: patchIsInstalled}
	case "MsiPatchSuperseded":
		return &patchRule{meta: a.patchMetadata(), ask: patchIsSuperseded}
	case "MsiPatchInstallable":
		return &patchRule{meta: a.patchMetadata(), ask: patchIsInstallable}
	case "MsiApplicationInstalled":
		return &applicationRule{meta: a.applicationMetadata(), ask: appIsInstalled}
	case "MsiApplicationSuperseded":
		return &applicationRule{meta: a.applicationMetadata(), ask: appIsSuperseded}
	case "MsiApplicationInstallable":
		return &applicationRule{meta: a.applicationMetadata(), ask: appIsInstallable}
	}
	return nil
}

// metadata finds the one entry of the update's Metadata with the name.
func (a *attrs) metadata(name string) *wsus.Rule {
	rules := a.c.update.Rules.Metadata
	for i := range rules {
		if rules[i].Name == name {
			return &rules[i]
		}
	}
	a.fail("Metadata", "has no %s", name)
	return &wsus.Rule{}
}

// childNamed returns the first child with the name, or nil.
func childNamed(r *wsus.Rule, name string) *wsus.Rule {
	for i := range r.Children {
		if r.Children[i].Name == name {
			return &r.Children[i]
		}
	}
	return nil
}

type appQuestion uint8

const (
	appIsInstalled appQuestion = iota
	appIsSuperseded
	appIsInstallable
)

type recache uint8

const (
	recacheNever recache = iota
	recacheLower
	recacheAny
)

// applicationMetadata is an MsiApplicationMetadata.
type applicationMetadata struct {
	code    GUID
	version Fact[Version]
	recache recache
}

func (a *attrs) applicationMetadata() *applicationMetadata {
	m := &applicationMetadata{}
	product := childNamed(a.metadata("MsiApplicationMetadata"), "ProductCode")
	if product == nil {
		a.fail("MsiApplicationMetadata", "has no ProductCode")
		return m
	}
	sub := &attrs{c: a.c, r: product}
	var err error
	if m.code, err = ParseGUID(trimText(product)); err != nil {
		a.fail("ProductCode", "%.64q is not a GUID", product.Text)
	}
	m.version = sub.optVersion("Version")
	switch fold(sub.opt("UseRecacheReinstall")) {
	case "", "never":
		m.recache = recacheNever
	case "lowerversion":
		m.recache = recacheLower
	case "anyversion":
		m.recache = recacheAny
	default:
		a.fail("UseRecacheReinstall", "%.40q is not Never, LowerVersion or AnyVersion", sub.opt("UseRecacheReinstall"))
	}
	if sub.bad {
		a.fail("ProductCode/"+sub.badAttr, "%s", sub.badDetail)
	}
	return m
}

// applicationRule is one of the three MsiApplication rules. The sources give
// their names and metadata only; this is our reading:
//
//   - Installed: the product is installed, at the metadata's version or later
//     when it has one.
//   - Superseded: the product is installed at a later version than the
//     metadata's.
//   - Installable: the product is not installed; or it is, at a lower version
//     and recaching is allowed for lower versions, or at another version and
//     it is allowed for any.
type applicationRule struct {
	meta *applicationMetadata
	ask  appQuestion
}

func (r *applicationRule) test(m *machine) outcome {
	f := m.product(r.meta.code)
	if f.Presence == Unavailable {
		return missing(f.Presence)
	}
	installed := f.Presence == Present && f.Value.State.Installed()
	if !installed {
		return outcome{ValueOf(r.ask == appIsInstallable), CauseAbsent}
	}
	if r.meta.version.Presence != Present {
		return decided(r.ask == appIsInstalled)
	}
	if r.ask == appIsInstallable && r.meta.recache == recacheNever {
		return decided(false)
	}
	have := f.Value.Version
	if have.Presence != Present {
		return missing(have.Presence)
	}
	order := have.Value.Compare(r.meta.version.Value)
	if r.ask == appIsInstalled {
		return decided(order >= 0)
	}
	if r.ask == appIsSuperseded {
		return decided(order > 0)
	}
	return decided(order < 0 || (order > 0 && r.meta.recache == recacheAny))
}
