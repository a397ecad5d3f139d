package applicability

import (
	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
)

// Explanation is why an update has its state. It marshals to JSON and prints
// as indented text, both always the same for the same facts.
type Explanation struct {
	ID       compliance.UpdateID `json:"-"`
	Revision compliance.Revision `json:"revision"`
	Title    string              `json:"title,omitempty"`
	State    compliance.State    `json:"-"`
	Reason   Reason              `json:"reason"`
	Detail   string              `json:"detail,omitempty"`
	Omission Omission            `json:"reported"`
	// SupersededBy is the update that pruned this one, zero when none did.
	SupersededBy  compliance.UpdateID `json:"-"`
	Prerequisites []ClauseExplanation `json:"prerequisites,omitempty"`
	Sections      []RuleExplanation   `json:"sections,omitempty"`
	// Bundle has the members of a bundle, clause by clause.
	Bundle []ClauseExplanation `json:"bundle,omitempty"`
}

// ClauseExplanation is a prerequisite clause or a bundle clause.
type ClauseExplanation struct {
	// Value is the value of a prerequisite clause; Unknown for a bundle's.
	Value Value `json:"value"`
	// Category: the clause is about categories.
	Category bool                `json:"category,omitempty"`
	Updates  []UpdateExplanation `json:"updates"`
}

// UpdateExplanation is an update that a clause names.
type UpdateExplanation struct {
	ID    compliance.UpdateID `json:"-"`
	Title string              `json:"title,omitempty"`
	// Missing: it is not in the catalogue; State and Reason say nothing.
	Missing bool             `json:"missing,omitempty"`
	State   compliance.State `json:"-"`
	Reason  Reason           `json:"-"`
}

// RuleExplanation is a rule, or a section of rules, with its value.
type RuleExplanation struct {
	// Path is where the rule stands, as in [Issue].
	Path string `json:"path"`
	// Name is the rule's name, Attrs its attributes as written.
	Name  string      `json:"name"`
	Attrs []wsus.Attr `json:"-"`
	Value Value       `json:"value"`
	Cause Cause       `json:"cause"`
	// Detail says what is wrong with a rule that cannot be evaluated.
	Detail string `json:"detail,omitempty"`
	// Reads are the facts that the rule read, in order.
	Reads    []Read            `json:"reads,omitempty"`
	Children []RuleExplanation `json:"rules,omitempty"`
}

// ExplainRule decides a single rule against facts, outside any catalogue.
// Rules that depend on an update see one with a zero id and no metadata. No
// rule (nil) is unknown with the cause [CauseInvalid].
func ExplainRule(facts Facts, rule *wsus.Rule) RuleExplanation {
	if rule == nil {
		return RuleExplanation{Value: Unknown, Cause: CauseInvalid, Detail: "invalid: no rule"}
	}
	c := newCompiler(0)
	c.update = &wsus.Update{}
	rules := []wsus.Rule{*rule}
	root := c.children(rules)[0]
	m := newMachine(c.set, facts)
	return m.explainRule(root, rule.Name, rule)
}

// explain builds the explanation of an update that was decided.
func (r *run) explain(i int32) *Explanation {
	u, own, v := r.prog.catalog.At(int(i)), &r.prog.updates[i], &r.verdicts[i]
	e := &Explanation{
		ID: u.ID, Revision: u.Revision, Title: u.Title, State: v.State, Reason: v.Reason,
		Detail: v.Detail, Omission: v.Omission, SupersededBy: v.SupersededBy,
	}
	for k := range own.clauses {
		cl := &own.clauses[k]
		ce := ClauseExplanation{Value: r.clause(cl), Category: cl.category}
		for _, id := range u.Prerequisites[k].Any {
			ce.Updates = append(ce.Updates, r.explainUpdate(id))
		}
		e.Prerequisites = append(e.Prerequisites, ce)
	}
	for _, s := range [...]*section{&own.installed, &own.superseded, &own.installable} {
		if len(s.roots) > 0 {
			e.Sections = append(e.Sections, r.explainSection(s))
		}
	}
	for _, members := range own.bundle {
		ce := ClauseExplanation{}
		for _, m := range members {
			ce.Updates = append(ce.Updates, r.explainUpdate(m.id))
		}
		e.Bundle = append(e.Bundle, ce)
	}
	return e
}

func (r *run) explainUpdate(id compliance.UpdateID) UpdateExplanation {
	at, ok := r.prog.catalog.Find(id)
	if !ok {
		return UpdateExplanation{ID: id, Missing: true}
	}
	v := &r.verdicts[at]
	return UpdateExplanation{ID: id, Title: r.prog.catalog.At(at).Title, State: v.State, Reason: v.Reason}
}

func (m *machine) explainSection(s *section) RuleExplanation {
	o := operandOutcome(m.evalSection(s))
	e := RuleExplanation{Path: s.name, Name: s.name, Value: o.value, Cause: o.cause}
	names := stepNames(s.rules)
	for i, root := range s.roots {
		e.Children = append(e.Children, m.explainRule(root, s.name+"/"+names[i], &s.rules[i]))
	}
	return e
}

// explainRule explains a rule, which the node is the compiled form of, with
// all operands of a logical rule, whether or not they decide it.
func (m *machine) explainRule(id int32, path string, rule *wsus.Rule) RuleExplanation {
	n := &m.rules.nodes[id]
	e := RuleExplanation{Path: path, Name: rule.Name, Attrs: rule.Attrs}
	if n.issue != nil {
		e.Detail = describeIssue(n.issue)
	}
	if n.op == opLeaf || n.op == opLoop {
		var o outcome
		o, e.Reads = m.trace(n)
		e.Value, e.Cause = o.value, o.cause
		return e
	}
	o := m.eval(id)
	e.Value, e.Cause = o.value, o.cause
	if len(n.kids) == 0 {
		return e
	}
	names := stepNames(rule.Children)
	for i, kid := range n.kids {
		e.Children = append(e.Children, m.explainRule(kid, path+"/"+names[i], &rule.Children[i]))
	}
	return e
}
