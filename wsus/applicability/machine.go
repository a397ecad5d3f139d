package applicability

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// maxLoopSteps is how many subkeys the RegKeyLoops of one evaluation visit at
// most, nested loops multiplied out.
const maxLoopSteps = 1 << 20

// maxReads is how many facts the explanation of one rule lists at most; only
// a RegKeyLoop reads as many.
const maxReads = 256

// machine is one evaluation: the facts read so far and the outcomes of the
// distinct rules. Not safe for concurrent use.
type machine struct {
	reader
	rules *ruleSet
	// memo is the outcome of each distinct rule; seen says whether it has
	// been found already.
	memo []outcome
	seen []bool
	// conditions is likewise the result of each distinct WQL condition.
	conditions []Value
	condSeen   []bool

	loop  resolvedKey // current subkey of the innermost RegKeyLoop
	steps int

	tracing bool
	reads   []Read
}

func newMachine(rules *ruleSet, facts Facts) *machine {
	return &machine{
		reader:     reader{facts: facts},
		rules:      rules,
		memo:       make([]outcome, len(rules.nodes)),
		seen:       make([]bool, len(rules.nodes)),
		conditions: make([]Value, len(rules.conditions)),
		condSeen:   make([]bool, len(rules.conditions)),
	}
}

// Read is a fact that a rule read, and what was found.
type Read struct {
	// Fact names the fact, such as `registry HKEY_LOCAL_MACHINE\SOFTWARE\A value "B"`.
	Fact string `json:"fact"`
	// Found is its value, or "absent", or "not available".
	Found string `json:"found"`
}

// note records a fact that was read, when the evaluation explains.
func note[T any](m *machine, f Fact[T], show func(T) string, name string, args ...any) {
	if !m.tracing || len(m.reads) == maxReads {
		return
	}
	found := "not available"
	switch f.Presence {
	case Unavailable:
	case Absent:
		found = "absent"
	case Present:
		found = show(f.Value)
	}
	m.reads = append(m.reads, Read{Fact: fmt.Sprintf(name, args...), Found: found})
}

func showText(s string) string                  { return quoteShort(s) }
func showBool(b bool) string                    { return strconv.FormatBool(b) }
func showNumber[T ~int32 | ~uint32](n T) string { return strconv.FormatInt(int64(n), 10) }

func showWindows(w WindowsVersion) string {
	return fmt.Sprintf("%d.%d.%d service pack %d.%d, suites %#x, product type %d",
		w.Major, w.Minor, w.Build, w.ServicePackMajor, w.ServicePackMinor, w.SuiteMask, w.ProductType)
}

func showProcessor(p Processor) string {
	part := func(f Fact[uint16]) string {
		if f.Presence != Present {
			return f.Presence.String()
		}
		return strconv.Itoa(int(f.Value))
	}
	return fmt.Sprintf("architecture %d, level %s, revision %s", p.Architecture, part(p.Level), part(p.Revision))
}

func showFact[T any](f Fact[T], show func(T) string) string {
	if f.Presence != Present {
		return f.Presence.String()
	}
	return show(f.Value)
}

func showTime(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func showFile(f File) string {
	kind := "file"
	if f.Directory {
		kind = "directory"
	}
	return fmt.Sprintf("%s, version %s, created %s, modified %s, size %s, language %s", kind,
		showFact(f.Version, Version.String), showFact(f.Created, showTime), showFact(f.Modified, showTime),
		showFact(f.Size, func(n int64) string { return strconv.FormatInt(n, 10) }),
		showFact(f.Language, func(n uint16) string { return strconv.Itoa(int(n)) }))
}

func showList(list []string) string {
	if len(list) > 8 {
		return fmt.Sprintf("[%s ...] (%d)", strings.Join(list[:8], " "), len(list))
	}
	return "[" + strings.Join(list, " ") + "]"
}

func showProduct(p Product) string {
	return fmt.Sprintf("%s, version %s, language %s", p.State, showFact(p.Version, Version.String),
		showFact(p.Language, showNumber[int32]))
}

// value reads a registry value and notes it.
func (m *machine) value(k keyRef, name, folded string) Fact[RegistryValue] {
	key := k.resolve(m)
	f := m.readValue(key, name, folded)
	note(m, f, RegistryValue.String, "registry %v value %q", key.key, name)
	return f
}

// text reads a REG_SZ; the outcome is meant for when ok is false.
func (m *machine) text(k keyRef, name, folded string) (text string, ok bool, o outcome) {
	f := m.value(k, name, folded)
	if f.Presence != Present {
		return "", false, missing(f.Presence)
	}
	if f.Value.Type != RegSZ {
		return "", false, outcome{False, CauseType}
	}
	return f.Value.Text, true, outcome{}
}

// file reads a file and notes it.
func (m *machine) file(path string) Fact[File] {
	f := m.readFile(path)
	note(m, f, showFile, "file %s", path)
	return f
}

// product reads a product and notes it.
func (m *machine) product(code GUID) Fact[Product] {
	f := m.readProduct(code)
	note(m, f, showProduct, "MSI product %v", code)
	return f
}
