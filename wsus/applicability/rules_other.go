package applicability

import (
	"strings"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
)

// otherRule compiles WmiQuery, InstalledOnce and GenericQuery.
func otherRule(r *wsus.Rule, a *attrs) leaf {
	switch r.Name {
	case "WmiQuery":
		return newWMIQuery(a)
	case "InstalledOnce":
		return &installedOnce{id: a.c.update.ID}
	case "GenericQuery":
		q := &genericQuery{GenericQuery{
			Namespace: a.needAny("Namespace"), Type: a.needAny("Type"), Parameter: a.needAny("Parameter"),
			Comparison: strings.TrimSpace(a.opt("Comparison")), Value: a.opt("Value"),
		}}
		if a.has("Comparison") {
			a.scalar()
		}
		return q
	}
	return nil
}

// usesUpdate reports whether the rule of the name depends on the update it
// belongs to: its id, or its metadata.
func usesUpdate(name string) bool {
	switch name {
	case "InstalledOnce",
		"MsiPatchInstalled", "MsiPatchSuperseded", "MsiPatchInstallable",
		"MsiApplicationInstalled", "MsiApplicationSuperseded", "MsiApplicationInstallable",
		"WindowsDriverInstalled", "WindowsDriverSuperseded", "WindowsDriverInstallable",
		"CbsPackageInstalled", "CbsPackageInstallable":
		return true
	}
	return false
}

// readsChildren reports whether the rule of the name has child elements that
// are not rules.
func readsChildren(name string) bool {
	return name == "MsiFeatureInstalledForProduct" || name == "MsiComponentInstalledForProduct"
}

// installedOnce is the InstalledOnce rule.
type installedOnce struct{ id compliance.UpdateID }

func (i *installedOnce) test(m *machine) outcome {
	f := m.readInstalledOnce(i.id)
	note(m, f, showBool, "installed once %v", i.id)
	if f.Presence != Present {
		return missing(f.Presence)
	}
	return decided(f.Value)
}

// genericQuery is the GenericQuery rule: unknown unless the facts have a
// handler for it.
type genericQuery struct{ query GenericQuery }

func (g *genericQuery) test(m *machine) outcome {
	f := m.readGeneric(g.query)
	note(m, f, showBool, "generic query %q %q %q", g.query.Namespace, g.query.Type, g.query.Parameter)
	if f.Presence != Present {
		return missing(f.Presence)
	}
	return decided(f.Value)
}
