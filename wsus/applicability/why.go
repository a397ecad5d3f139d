package applicability

import (
	"strings"
)

// unmet says which clause of an update's prerequisites fails.
func (r *run) unmet(u *program) (Reason, string) {
	for i := range u.clauses {
		cl := &u.clauses[i]
		if r.clause(cl) != False {
			continue
		}
		ids := make([]string, 0, len(cl.any)+len(cl.missing))
		for _, at := range cl.any {
			ids = append(ids, r.prog.catalog.At(int(at)).ID.String())
		}
		for _, id := range cl.missing {
			ids = append(ids, id.String())
		}
		text := showList(ids)
		if len(cl.any) == 0 {
			return ReasonPrerequisiteMissing, "none in the catalogue: " + text
		}
		for _, at := range cl.any {
			if u.cyclic && r.prog.updates[at].cyclic {
				return ReasonCycle, "cycle of prerequisites through " + text
			}
		}
		return ReasonPrerequisite, "none installed: " + text
	}
	return ReasonPrerequisite, ""
}

func (r *run) unknownClause(u *program) string {
	for i := range u.clauses {
		if r.clause(&u.clauses[i]) != Unknown {
			continue
		}
		for _, at := range u.clauses[i].any {
			if r.installed[at] == Unknown {
				return "prerequisite " + r.prog.catalog.At(int(at)).ID.String()
			}
		}
	}
	return ""
}

// whyUnknown finds the first thing that keeps an update unknown.
func (r *run) whyUnknown(u *program, v *Verdict) {
	if u.cyclic && r.cycleTooLarge(u) {
		v.Reason, v.Detail = ReasonLimit, "cycle of too many prerequisites"
		return
	}
	if v.Prerequisites == Unknown {
		v.Reason, v.Detail = ReasonPrerequisiteUnknown, r.unknownClause(u)
		return
	}
	for _, s := range [...]*section{&u.installed, &u.superseded, &u.installable} {
		if cause, detail, ok := r.firstUnknown(s); ok {
			v.Reason, v.Detail = reasonOf(cause), detail
			return
		}
	}
}

func (r *run) cycleTooLarge(u *program) bool {
	for _, g := range r.prog.groups {
		if len(g) <= maxCycle {
			continue
		}
		for _, i := range g {
			if &r.prog.updates[i] == u {
				return true
			}
		}
	}
	return false
}

// firstUnknown finds the first rule that makes a section unknown, its cause,
// and what it misses.
func (m *machine) firstUnknown(s *section) (Cause, string, bool) {
	if m.evalSection(s) != Unknown {
		return 0, "", false
	}
	path := []byte(s.name)
	for i, root := range s.roots {
		if m.eval(root).value == Unknown {
			path = append(append(path, '/'), stepNames(s.rules)[i]...)
			cause, detail := m.blame(root, &path)
			return cause, string(path) + ": " + detail, true
		}
	}
	return 0, "", false
}

// blame follows unknown operands down to a rule that reads facts.
func (m *machine) blame(id int32, path *[]byte) (Cause, string) {
	n := &m.rules.nodes[id]
	if n.op == opAnd || n.op == opOr || n.op == opNot {
		for i, kid := range n.kids {
			if m.eval(kid).value == Unknown {
				*path = append(append(*path, '/'), stepNames(n.rule.Children)[i]...)
				return m.blame(kid, path)
			}
		}
	}
	if n.issue != nil && n.op == opIssue {
		return n.issue.Cause, describeIssue(n.issue)
	}
	o, reads := m.trace(n)
	if o.cause == CauseWQL && n.issue != nil {
		return o.cause, describeIssue(n.issue)
	}
	var lacking []string
	for _, read := range reads {
		if strings.Contains(read.Found, "available") {
			lacking = append(lacking, read.Fact)
		}
	}
	if len(lacking) == 0 {
		for _, read := range reads {
			lacking = append(lacking, read.Fact+" ("+read.Found+")")
		}
	}
	if o.cause == CauseLimit {
		return o.cause, "too many subkeys"
	}
	if kid := m.issueBelow(n); kid != nil {
		return kid.Cause, kid.Rule + ": " + describeIssue(kid)
	}
	if o.cause == CauseUndefined {
		return o.cause, "not defined for " + strings.Join(lacking, "; ")
	}
	return o.cause, "not available: " + strings.Join(lacking, "; ")
}

// issueBelow finds a rule inside a loop that cannot be evaluated.
func (m *machine) issueBelow(n *node) *Issue {
	for _, kid := range n.kids {
		k := &m.rules.nodes[kid]
		if k.issue != nil {
			return k.issue
		}
		if issue := m.issueBelow(k); issue != nil {
			return issue
		}
	}
	return nil
}

func describeIssue(i *Issue) string {
	s := strings.ReplaceAll(i.Cause.String(), "_", " ")
	if i.Attribute != "" {
		s += ": " + i.Attribute
	}
	if i.Detail != "" {
		s += ": " + i.Detail
	}
	return s
}

// trace evaluates a rule once more and returns the facts it reads.
func (m *machine) trace(n *node) (outcome, []Read) {
	m.tracing, m.reads = true, nil
	o := m.evalNode(n)
	reads := m.reads
	m.tracing, m.reads = false, nil
	return o, reads
}

// problem is the text for an update that could not be evaluated.
func problem(v *Verdict) string {
	if v.Detail == "" {
		return v.Reason.String()
	}
	return v.Reason.String() + ": " + v.Detail
}
