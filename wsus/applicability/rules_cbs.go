package applicability

import (
	"strings"

	"github.com/updatescan/updatescan/wsus"
)

const (
	// packagesKey is where Windows keeps the packages of component servicing.
	packagesKey = `HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages\`
	// packageStateValue is the value of a package's key that has its state.
	packageStateValue = "CurrentState"
	// packageInstalled is the state of an installed package (observed).
	packageInstalled = 0x70
)

// packageRule compiles the rules about packages of component servicing. They
// are in no published schema; what they mean is observed.
func packageRule(r *wsus.Rule, a *attrs) leaf {
	switch r.Name {
	case "CbsPackageInstalled":
		return newPackageTest(a.packageIdentity())
	case "CbsPackageInstalledByIdentity":
		identity := strings.TrimSpace(a.need("PackageIdentity"))
		a.checkIdentity("PackageIdentity", identity)
		return newPackageTest(identity)
	case "CbsPackageInstallable":
		return &packageInstallable{identity: a.packageIdentity()}
	}
	return nil
}

// packageIdentity is the identity of the package in the update's Metadata.
func (a *attrs) packageIdentity() string {
	entry := a.metadata("CbsPackageApplicabilityMetadata")
	for _, name := range [...]string{"assembly", "assemblyIdentity"} {
		if entry = childNamed(entry, name); entry == nil {
			a.fail("CbsPackageApplicabilityMetadata", "has no %s", name)
			return ""
		}
	}
	sub := &attrs{c: a.c, r: entry}
	language := sub.need("language")
	if fold(language) == "neutral" {
		language = ""
	}
	identity := strings.Join([]string{
		sub.need("name"), sub.need("publicKeyToken"), sub.need("processorArchitecture"), language, sub.need("version"),
	}, "~")
	sub.checkIdentity("", identity)
	if sub.bad {
		a.fail("assemblyIdentity/"+sub.badAttr, "%s", sub.badDetail)
	}
	return identity
}

// checkIdentity refuses an identity that cannot be the name of a key.
func (a *attrs) checkIdentity(attr, identity string) {
	if strings.ContainsAny(identity, `\/`) {
		a.fail(attr, "%.64q is no identity of a package", identity)
	}
}

// packageTest is CbsPackageInstalled and CbsPackageInstalledByIdentity: the
// state of the package is that of an installed one.
type packageTest struct {
	identity string
	key      keyRef
	folded   string
}

func newPackageTest(identity string) *packageTest {
	path := packagesKey + identity
	return &packageTest{
		identity: identity, folded: fold(packageStateValue),
		key: keyRef{RegistryKey{Path: path}, fold(path), false},
	}
}

func (p *packageTest) test(m *machine) outcome {
	f := m.readPackage(p.identity)
	note(m, f, showNumber[uint32], "state of package %s", p.identity)
	if f.Presence == Present {
		return decided(f.Value == packageInstalled)
	}
	if f.Presence == Absent {
		return missing(Absent)
	}
	v := m.value(p.key, packageStateValue, p.folded)
	if v.Presence != Present {
		return missing(v.Presence)
	}
	if v.Value.Type != RegDWord {
		return outcome{False, CauseType}
	}
	return decided(v.Value.Number == packageInstalled)
}

// packageInstallable is CbsPackageInstallable. Whether a package can be
// installed follows from its manifest and the component store, which only
// component servicing evaluates: the rule is what the facts answer.
type packageInstallable struct{ identity string }

func (p *packageInstallable) test(m *machine) outcome {
	f := m.readPackageInstallable(p.identity)
	note(m, f, showBool, "package %s installable", p.identity)
	if f.Presence != Present {
		return missing(f.Presence)
	}
	return decided(f.Value)
}
