package applicability

import (
	"strconv"
	"strings"

	"github.com/updatescan/updatescan/wsus"
)

// regKeyLoop evaluates its child for each direct subkey of a key.
type regKeyLoop struct {
	key    keyRef
	trueIf loopLogic
	child  int32
}

// compileLoop compiles a RegKeyLoop.
func (c *compiler) compileLoop(r *wsus.Rule) int32 {
	a := &attrs{c: c, r: r}
	key := a.key()
	trueIf, ok := parseLoop(strings.TrimSpace(a.need("TrueIf")))
	if !ok {
		a.fail("TrueIf", "%.40q is not Any, All or None", a.opt("TrueIf"))
	}
	if a.bad {
		return c.issue(r, CauseInvalid, a.badAttr, a.badDetail)
	}
	if len(r.Children) != 1 {
		return c.issue(r, CauseInvalid, "", strconv.Itoa(len(r.Children))+" rules, want exactly 1")
	}
	c.loops++
	child := c.children(r.Children)[0]
	c.loops--
	text := "@" + string(c.leafKey(r)) + " " + strconv.Itoa(int(child))
	// The child may read the target of this loop only, or of none; either
	// way the loop as a whole depends on an outer loop through its key alone
	// (the child's HKEY_LOOP_TARGET is this loop's).
	return c.intern(text, node{
		op: opLoop, rule: r, kids: c.keep([]int32{child}), volatile: a.volatile,
		leaf: &regKeyLoop{key: key, trueIf: trueIf, child: child},
	})
}

// test visits the subkeys. A missing key is no subkeys at all: Any is false,
// None true, and All true, as logic has it (our reading).
func (l *regKeyLoop) test(m *machine) outcome {
	key := l.key.resolve(m)
	f := m.readSubkeys(key)
	note(m, f, showList, "registry %v subkeys", key.key)
	if f.Presence == Unavailable {
		return missing(Unavailable)
	}
	outer := m.loop
	defer func() { m.loop = outer }()
	any, all := False, True
	for _, name := range f.Value {
		m.steps++
		if m.steps > maxLoopSteps {
			return outcome{Unknown, CauseLimit}
		}
		m.loop = key.child(name, fold(name), false)
		v := m.eval(l.child).value
		any, all = any.Or(v), all.And(v)
		if (any == True && l.trueIf != loopAll) || (all == False && l.trueIf == loopAll) {
			break
		}
	}
	if l.trueIf == loopAll {
		return operandOutcome(all)
	}
	if l.trueIf == loopNone {
		return operandOutcome(any.Not())
	}
	return operandOutcome(any)
}
