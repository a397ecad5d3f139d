package applicability

import (
	"encoding/binary"
	"strconv"

	"github.com/updatescan/updatescan/wsus"
)

// logical compiles the five logical rules; false when r is none.
func (c *compiler) logical(r *wsus.Rule) (int32, bool) {
	switch r.Name {
	case "True":
		return c.intern("T", node{op: opTrue, rule: r}), true
	case "False":
		return c.intern("F", node{op: opFalse, rule: r}), true
	case "And":
		return c.operands(r, opAnd), true
	case "Or":
		return c.operands(r, opOr), true
	case "Not":
		if len(r.Children) != 1 {
			return c.issue(r, CauseInvalid, "", strconv.Itoa(len(r.Children))+" rules, want exactly 1"), true
		}
		return c.operands(r, opNot), true
	}
	return 0, false
}

// operands compiles a rule over other rules.
func (c *compiler) operands(r *wsus.Rule, op nodeOp) int32 {
	if len(r.Children) == 0 {
		return c.issue(r, CauseInvalid, "", "no rule, want at least 1")
	}
	kids := c.children(r.Children)
	key := append(c.buf[:0], '&', '0'+byte(op))
	for _, kid := range kids {
		key = binary.LittleEndian.AppendUint32(key, uint32(kid))
	}
	c.buf = key
	if id, ok := c.index[string(key)]; ok {
		return id
	}
	n := node{op: op, rule: r, kids: c.keep(kids)}
	for _, kid := range kids {
		n.volatile = n.volatile || c.set.nodes[kid].volatile
	}
	return c.intern(string(key), n)
}

// eval is the outcome of a rule, remembered unless it depends on a loop.
func (m *machine) eval(id int32) outcome {
	if m.seen[id] && !m.tracing {
		return m.memo[id]
	}
	n := &m.rules.nodes[id]
	o := m.evalNode(n)
	if !n.volatile && !m.tracing {
		m.memo[id], m.seen[id] = o, true
	}
	return o
}

func (m *machine) evalNode(n *node) outcome {
	switch n.op {
	case opTrue:
		return outcome{True, CauseDecided}
	case opFalse:
		return outcome{False, CauseDecided}
	case opLeaf, opLoop:
		return n.leaf.test(m)
	case opNot:
		return operandOutcome(m.eval(n.kids[0]).value.Not())
	case opAnd:
		v := True
		for _, kid := range n.kids {
			if v = v.And(m.eval(kid).value); v == False {
				break
			}
		}
		return operandOutcome(v)
	case opOr:
		v := False
		for _, kid := range n.kids {
			if v = v.Or(m.eval(kid).value); v == True {
				break
			}
		}
		return operandOutcome(v)
	case opIssue:
		return outcome{Unknown, n.issue.Cause}
	}
	return outcome{}
}

func operandOutcome(v Value) outcome {
	if v == Unknown {
		return outcome{v, CauseOperand}
	}
	return outcome{v, CauseDecided}
}

// evalSection is the conjunction of a section's expressions, False for a
// section that is missing.
func (m *machine) evalSection(s *section) Value {
	if len(s.roots) == 0 {
		return False
	}
	v := True
	for _, root := range s.roots {
		if v = v.And(m.eval(root).value); v == False {
			return False
		}
	}
	return v
}
