package applicability

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/updatescan/updatescan/wsus"
)

// attrs reads the attributes of a rule; the first fault is kept and makes
// the rule invalid. Attributes that the rule does not know are ignored.
type attrs struct {
	c        *compiler
	r        *wsus.Rule
	bad      bool
	volatile bool

	badAttr, badDetail string
}

func (a *attrs) fail(attr, format string, args ...any) {
	if !a.bad {
		a.bad, a.badAttr, a.badDetail = true, attr, fmt.Sprintf(format, args...)
	}
}

// need returns an attribute that must be there and not be empty.
func (a *attrs) need(name string) string {
	v, ok := a.r.Attr(name)
	if !ok {
		a.fail(name, "is missing")
	} else if v == "" {
		a.fail(name, "is empty")
	}
	return v
}

// needAny returns an attribute that must be there and may be empty.
func (a *attrs) needAny(name string) string {
	v, ok := a.r.Attr(name)
	if !ok {
		a.fail(name, "is missing")
	}
	return v
}

func (a *attrs) has(name string) bool {
	_, ok := a.r.Attr(name)
	return ok
}

func (a *attrs) opt(name string) string {
	v, _ := a.r.Attr(name)
	return v
}

// flag reads an optional boolean: true, false, 1 or 0; false when missing.
func (a *attrs) flag(name string) bool {
	v, ok := a.r.Attr(name)
	if !ok {
		return false
	}
	switch fold(strings.TrimSpace(v)) {
	case "true", "1":
		return true
	case "false", "0":
		return false
	}
	a.fail(name, "%.40q is not true, false, 1 or 0", v)
	return false
}

// unsigned reads a required number of at most the given bits.
func (a *attrs) unsigned(name string, bits int) uint64 {
	v := a.need(name)
	if a.bad {
		return 0
	}
	n, err := strconv.ParseUint(strings.TrimSpace(v), 10, bits)
	if err != nil {
		a.fail(name, "%.40q is not a number of 0 to %d", v, uint64(1)<<bits-1)
	}
	return n
}

// signed reads a required number of 32 bits.
func (a *attrs) signed(name string) int32 {
	v := a.need(name)
	if a.bad {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 32)
	if err != nil {
		a.fail(name, "%.40q is not a whole number of 32 bits", v)
	}
	return int32(n)
}

// optUnsigned reads an optional number.
func (a *attrs) optUnsigned(name string, bits int) Fact[uint64] {
	if !a.has(name) {
		return NoFact[uint64]()
	}
	return FactOf(a.unsigned(name, bits))
}

// scalar reads a required scalar comparison.
func (a *attrs) scalar() comparison {
	const name = "Comparison"
	v := a.need(name)
	c, ok := parseScalar(strings.TrimSpace(v))
	if !ok {
		a.fail(name, "%.40q is not LessThan, LessThanOrEqualTo, EqualTo, GreaterThanOrEqualTo or GreaterThan", v)
	}
	return c
}

// textual reads a required comparison of strings.
func (a *attrs) textual() comparison {
	const name = "Comparison"
	v := a.need(name)
	c, ok := parseText(strings.TrimSpace(v))
	if !ok {
		a.fail(name, "%.40q is not EqualTo, BeginsWith, Contains or EndsWith", v)
	}
	return c
}

// version reads a required version.
func (a *attrs) version(name string) Version {
	v := a.need(name)
	w, ok := parseVersion(strings.TrimSpace(v))
	if !ok {
		a.fail(name, "%.64q is not one to four numbers separated by dots", v)
	}
	return w
}

// optVersion reads an optional version.
func (a *attrs) optVersion(name string) Fact[Version] {
	if !a.has(name) {
		return NoFact[Version]()
	}
	return FactOf(a.version(name))
}

// guid reads a required GUID.
func (a *attrs) guid(name string) GUID {
	v := a.need(name)
	g, err := ParseGUID(strings.TrimSpace(v))
	if err != nil {
		a.fail(name, "%.64q is not a GUID", v)
	}
	return g
}

// date reads a required date and time, in UTC when it names no zone.
func (a *attrs) date(name string) time.Time {
	v := strings.TrimSpace(a.need(name))
	for _, layout := range [...]string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05"} {
		// Parse accepts a fraction of a second after the seconds.
		if t, err := time.Parse(layout, v); err == nil {
			return t.UTC()
		}
	}
	a.fail(name, "%.64q is not a date and time such as 2008-06-01T12:00:00Z", v)
	return time.Time{}
}

// key reads Key, Subkey and RegType32.
func (a *attrs) key() keyRef {
	root := strings.TrimSpace(a.need("Key"))
	wow32 := a.flag("RegType32")
	if fold(root) == "hkey_loop_target" {
		if a.c.loops == 0 {
			a.fail("Key", "HKEY_LOOP_TARGET outside a RegKeyLoop")
		}
		a.volatile = true
		// A missing or empty Subkey means the current subkey itself (our
		// reading).
		sub := cleanKey(a.opt("Subkey"))
		return keyRef{RegistryKey{sub, wow32}, fold(sub), true}
	}
	name, ok := rootName(root)
	if !ok {
		a.fail("Key", "%.40q is not a root of the registry", root)
	}
	sub := cleanKey(a.need("Subkey"))
	if sub == "" {
		a.fail("Subkey", "is empty")
	}
	path := name + `\` + sub
	return keyRef{RegistryKey{path, wow32}, fold(path), false}
}
