package applicability

import (
	"strings"

	"github.com/updatescan/updatescan/wsus"
)

// systemRule compiles the rules about Windows, the platform and hardware.
func systemRule(r *wsus.Rule, a *attrs) leaf {
	switch r.Name {
	case "Platform":
		return &platform{id: a.need("PlatformID")}
	case "WindowsVersion":
		return newVersionTest(a, false)
	case "PlatformVersion":
		return newVersionTest(a, true)
	case "SystemMetric":
		return &systemMetric{
			cmp: a.scalar(), index: a.signed("Index"), value: a.signed("Value"),
		}
	case "Processor":
		return &processor{
			architecture: uint16(a.unsigned("Architecture", 16)),
			level:        a.optUnsigned("Level", 16), revision: a.optUnsigned("Revision", 16),
		}
	case "NumberOfProcessors":
		return &processorCount{cmp: a.scalar(), number: uint32(a.unsigned("Number", 32))}
	case "ClusteredOS":
		return clusteredOS{}
	case "ClusterResourceOwner":
		name := a.needAny("Value")
		return &resourceOwner{
			key: a.key(), name: name, folded: fold(name), prefix: a.opt("Prefix"), suffix: a.opt("Suffix"),
		}
	}
	return nil
}

// platform is the Platform rule: the family's name, in any case.
type platform struct{ id string }

func (p *platform) test(m *machine) outcome {
	f := m.readPlatformID()
	note(m, f, showText, "platform")
	if f.Presence != Present {
		return missing(f.Presence)
	}
	return decided(fold(f.Value) == fold(strings.TrimSpace(p.id)))
}

// versionTest is WindowsVersion or PlatformVersion.
type versionTest struct {
	platform bool
	cmp      comparison
	// parts is major, minor, service pack major, service pack minor.
	parts       [4]Fact[uint64]
	build       Fact[uint64]
	suites      Fact[uint64]
	allSuites   bool
	productType Fact[uint64]
}

func newVersionTest(a *attrs, platform bool) leaf {
	t := &versionTest{
		platform: platform,
		cmp:      cmpEqual,
		parts: [4]Fact[uint64]{
			a.optUnsigned("MajorVersion", 32), a.optUnsigned("MinorVersion", 32),
			a.optUnsigned("ServicePackMajor", 16), a.optUnsigned("ServicePackMinor", 16),
		},
		build:       a.optUnsigned("BuildNumber", 32),
		suites:      a.optUnsigned("SuiteMask", 16),
		allSuites:   a.flag("AllSuitesMustBePresent"),
		productType: a.optUnsigned("ProductType", 16),
	}
	if a.has("Comparison") {
		t.cmp = a.scalar()
	}
	given := t.build.Presence == Present || t.suites.Presence == Present || t.productType.Presence == Present
	for _, p := range t.parts {
		given = given || p.Presence == Present
	}
	if !given {
		// VerifyVersionInfo fails when it is asked for nothing.
		a.fail("", "no attribute to compare")
	}
	return t
}

func (t *versionTest) test(m *machine) outcome {
	var f Fact[WindowsVersion]
	if t.platform {
		f = m.readPlatformVersion()
		note(m, f, showWindows, "platform version")
	} else {
		f = m.readWindows()
		note(m, f, showWindows, "Windows version")
	}
	if f.Presence != Present {
		return missing(f.Presence)
	}
	return decided(t.holds(f.Value))
}

// holds compares as VerifyVersionInfo does (specified): the version parts
// hierarchically over those given, so that 10.0 is greater than 6.3. The
// build is a test of its own with the same comparison, and the product type
// is compared for equality whatever the comparison is (both observed). With
// AllSuitesMustBePresent every suite given must be there, otherwise one of
// them (specified).
func (t *versionTest) holds(w WindowsVersion) bool {
	have := [4]uint64{uint64(w.Major), uint64(w.Minor), uint64(w.ServicePackMajor), uint64(w.ServicePackMinor)}
	order, given := 0, false
	for i, p := range t.parts {
		if p.Presence != Present {
			continue
		}
		given = true
		if order == 0 {
			order = compareUint(have[i], p.Value)
		}
	}
	if given && !t.cmp.holds(order) {
		return false
	}
	if t.build.Presence == Present && !t.cmp.holds(compareUint(uint64(w.Build), t.build.Value)) {
		return false
	}
	if t.productType.Presence == Present && uint64(w.ProductType) != t.productType.Value {
		return false
	}
	if t.suites.Presence != Present {
		return true
	}
	common := uint64(w.SuiteMask) & t.suites.Value
	if t.allSuites {
		return common == t.suites.Value
	}
	return common != 0
}

func compareUint(a, b uint64) int {
	if a < b {
		return -1
	}
	if a > b {
		return 1
	}
	return 0
}

// systemMetric is the SystemMetric rule. A metric that is absent is 0, as
// GetSystemMetrics answers for an index it does not know.
type systemMetric struct {
	cmp          comparison
	index, value int32
}

func (s *systemMetric) test(m *machine) outcome {
	f := m.readMetric(s.index)
	note(m, f, showNumber[int32], "system metric %d", s.index)
	if f.Presence == Unavailable {
		return missing(f.Presence)
	}
	n := int64(0)
	if f.Presence == Present {
		n = int64(f.Value)
	}
	return decided(s.cmp.holds(int(n - int64(s.value))))
}

// processor is the Processor rule: each number that is given must be equal.
type processor struct {
	architecture    uint16
	level, revision Fact[uint64]
}

func (p *processor) test(m *machine) outcome {
	f := m.readProcessor()
	note(m, f, showProcessor, "processor")
	if f.Presence != Present {
		return missing(f.Presence)
	}
	v := ValueOf(f.Value.Architecture == p.architecture)
	cause := CauseDecided
	for _, part := range [...]struct {
		want Fact[uint64]
		have Fact[uint16]
	}{{p.level, f.Value.Level}, {p.revision, f.Value.Revision}} {
		if part.want.Presence != Present || v == False {
			continue
		}
		if part.have.Presence != Present {
			o := missing(part.have.Presence)
			v, cause = v.And(o.value), o.cause
			continue
		}
		if uint64(part.have.Value) != part.want.Value {
			v, cause = False, CauseDecided
		}
	}
	return outcome{v, cause}
}

// processorCount is the NumberOfProcessors rule.
type processorCount struct {
	cmp    comparison
	number uint32
}

func (p *processorCount) test(m *machine) outcome {
	f := m.readProcessorCount()
	note(m, f, showNumber[uint32], "number of processors")
	if f.Presence != Present {
		return missing(f.Presence)
	}
	return decided(p.cmp.holds(compareUint(uint64(f.Value), uint64(p.number))))
}

// clusteredOS is the ClusteredOS rule.
type clusteredOS struct{}

func (clusteredOS) test(m *machine) outcome {
	f := m.readClustered()
	note(m, f, showBool, "node of a cluster")
	if f.Presence != Present {
		return missing(f.Presence)
	}
	return decided(f.Value)
}

// resourceOwner is the ClusterResourceOwner rule: the resource named prefix,
// registry text, suffix is owned by this node; false when the name is not
// there or the resource cannot be opened (specified).
type resourceOwner struct {
	key            keyRef
	name, folded   string
	prefix, suffix string
}

func (r *resourceOwner) test(m *machine) outcome {
	text, ok, o := m.text(r.key, r.name, r.folded)
	if !ok {
		return o
	}
	name := r.prefix + text + r.suffix
	f := m.readOwned(name)
	note(m, f, showBool, "cluster resource %q owned", name)
	if f.Presence != Present {
		return missing(f.Presence)
	}
	return decided(f.Value)
}
