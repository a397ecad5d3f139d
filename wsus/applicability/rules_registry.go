package applicability

import (
	"strconv"
	"strings"

	"github.com/updatescan/updatescan/wsus"
)

// registryRule compiles the rules about the registry except RegKeyLoop.
func registryRule(r *wsus.Rule, a *attrs) leaf {
	switch r.Name {
	case "RegKeyExists":
		return &regKeyExists{key: a.key()}
	case "RegValueExists":
		return newRegValueExists(a)
	case "RegDword":
		v := a.regValue(true)
		v.types = only(RegDWord)
		cmp, want := a.scalar(), a.unsigned("Data", 32)
		v.holds = func(v RegistryValue) outcome { return decided(cmp.holds(compareUint(v.Number, want))) }
		return v
	case "RegSz":
		return a.regText(RegSZ)
	case "RegExpandSz":
		return a.regText(RegExpandSZ)
	case "RegSzToVersion":
		v := a.regValue(true)
		v.types = only(RegSZ)
		cmp, want := a.scalar(), a.version("Data")
		v.holds = func(v RegistryValue) outcome {
			// Text that is no version makes the rule false (our reading).
			have, ok := parseVersion(strings.TrimSpace(v.Text))
			if !ok {
				return outcome{False, CauseUnparsable}
			}
			return decided(cmp.holds(have.Compare(want)))
		}
		return v
	case "WUv4RegKeyValue":
		return a.legacy(func(have, want string) bool { return have == want })
	case "WUv4RegKeySubstring":
		return a.legacy(strings.Contains)
	}
	return nil
}

// regKeyExists is the RegKeyExists rule.
type regKeyExists struct{ key keyRef }

func (k *regKeyExists) test(m *machine) outcome {
	key := k.key.resolve(m)
	p := m.readKey(key)
	note(m, Fact[string]{Presence: p, Value: "present"}, func(s string) string { return s }, "registry %v", key.key)
	if p != Present {
		return missing(p)
	}
	return decided(true)
}

// typeSet is a set of registry types; empty means any.
type typeSet uint16

func only(types ...RegistryType) typeSet {
	var s typeSet
	for _, t := range types {
		s |= 1 << t
	}
	return s
}

// regValue is a rule about one registry value. A missing value is false, and
// so is one of another type than the rule reads (our reading: the safe one;
// the cause says so).
type regValue struct {
	key          keyRef
	name, folded string
	types        typeSet
	holds        func(RegistryValue) outcome // nil: it is enough that it exists
}

// regValue reads the key and the value's name, "" being the default value.
func (a *attrs) regValue(needName bool) *regValue {
	name := a.opt("Value")
	if needName {
		name = a.needAny("Value")
	}
	return &regValue{key: a.key(), name: name, folded: fold(name)}
}

func (v *regValue) test(m *machine) outcome {
	f := m.value(v.key, v.name, v.folded)
	if f.Presence != Present {
		return missing(f.Presence)
	}
	if v.types != 0 && v.types&(1<<f.Value.Type) == 0 {
		return outcome{False, CauseType}
	}
	if v.holds == nil {
		return decided(true)
	}
	return v.holds(f.Value)
}

// newRegValueExists compiles RegValueExists: without Value it is about the
// key's default value; a Type that is given must be the value's (specified).
func newRegValueExists(a *attrs) leaf {
	v := a.regValue(false)
	if a.has("Type") {
		t, err := ParseRegistryType(strings.ToUpper(strings.TrimSpace(a.opt("Type"))))
		if err != nil {
			a.fail("Type", "%.40q is not a registry type", a.opt("Type"))
		}
		v.types = only(t)
	}
	return v
}

// regText compiles RegSz and RegExpandSz. Strings are compared without
// regard to case (our reading, the registry's convention); a REG_EXPAND_SZ
// is compared as it is stored, not expanded (our reading).
func (a *attrs) regText(t RegistryType) leaf {
	v := a.regValue(true)
	v.types = only(t)
	cmp, want := a.textual(), fold(a.needAny("Data"))
	v.holds = func(v RegistryValue) outcome { return decided(cmp.holdsText(fold(v.Text), want)) }
	return v
}

// legacy compiles the two rules kept from Windows Update v4. Their algorithm
// is specified elsewhere and not published: text is compared without regard
// to case, a number by its decimal digits (our reading).
func (a *attrs) legacy(holds func(have, want string) bool) leaf {
	v := a.regValue(false)
	v.types = only(RegSZ, RegExpandSZ, RegDWord)
	want := fold(a.needAny("Data"))
	v.holds = func(v RegistryValue) outcome {
		have := fold(v.Text)
		if v.Type == RegDWord {
			have = strconv.FormatUint(v.Number, 10)
		}
		return decided(holds(have, want))
	}
	return v
}
