package applicability

import (
	"encoding/json"
	"strings"

	"github.com/updatescan/updatescan/compliance"
)

// String is the explanation as indented text that ends in a line feed.
func (e *Explanation) String() string { return string(e.AppendIndent(nil)) }

// AppendIndent appends the explanation as indented text, two blanks a level.
func (e *Explanation) AppendIndent(b []byte) []byte {
	b = append(b, e.ID.String()...)
	if e.Title != "" {
		b = append(b, "  "+e.Title...)
	}
	b = append(b, "\n  state: "+e.State.Name()+", because "+e.Reason.String()...)
	if e.Detail != "" {
		b = append(b, ": "+e.Detail...)
	}
	b = append(b, '\n')
	if e.Omission != Reported {
		b = append(b, "  not in the results: "+e.Omission.String()...)
		if e.Omission == OmittedSuperseded {
			b = append(b, " by "+e.SupersededBy.String()...)
		}
		b = append(b, '\n')
	}
	for i := range e.Prerequisites {
		c := &e.Prerequisites[i]
		kind := "  prerequisite"
		if c.Category {
			kind = "  category"
		}
		b = append(b, kind+": "+c.Value.String()+"\n"...)
		b = c.appendUpdates(b)
	}
	for i := range e.Sections {
		b = e.Sections[i].appendIndent(b, 1)
	}
	for i := range e.Bundle {
		b = append(b, "  bundle: at least one of\n"...)
		b = e.Bundle[i].appendUpdates(b)
	}
	return b
}

func (c *ClauseExplanation) appendUpdates(b []byte) []byte {
	for i := range c.Updates {
		u := &c.Updates[i]
		b = append(b, "    "+u.ID.String()...)
		if u.Missing {
			b = append(b, ": not in the catalogue\n"...)
			continue
		}
		b = append(b, ": "+u.State.Name()+", because "+u.Reason.String()...)
		if u.Title != "" {
			b = append(b, "  "+u.Title...)
		}
		b = append(b, '\n')
	}
	return b
}

// String is the rule and what is below it as indented text.
func (e RuleExplanation) String() string { return string(e.appendIndent(nil, 0)) }

func (e RuleExplanation) appendIndent(b []byte, level int) []byte {
	b = append(b, strings.Repeat("  ", level)+e.Name...)
	for _, a := range e.Attrs {
		b = append(b, " "+a.Name+"="+quoteShort(a.Value)...)
	}
	b = append(b, ": "+e.Value.String()...)
	if e.Cause != CauseDecided && e.Cause != CauseOperand {
		b = append(b, " ("+e.Cause.String()...)
		b = append(b, ')')
	}
	if e.Detail != "" {
		b = append(b, " "+e.Detail...)
	}
	b = append(b, '\n')
	for _, r := range e.Reads {
		b = append(b, strings.Repeat("  ", level+1)+"- "+r.Fact+" = "+r.Found+"\n"...)
	}
	for i := range e.Children {
		b = e.Children[i].appendIndent(b, level+1)
	}
	return b
}

// MarshalJSON writes ids and states as their tokens.
func (e *Explanation) MarshalJSON() ([]byte, error) {
	type plain Explanation
	out := struct {
		ID    string           `json:"update"`
		State compliance.State `json:"state"`
		*plain
		SupersededBy string `json:"superseded_by,omitempty"`
	}{ID: e.ID.String(), State: e.State, plain: (*plain)(e)}
	if e.SupersededBy != (compliance.UpdateID{}) {
		out.SupersededBy = e.SupersededBy.String()
	}
	return json.Marshal(out)
}

// MarshalJSON writes the update's id and, if it is in the catalogue, its
// state and reason.
func (u UpdateExplanation) MarshalJSON() ([]byte, error) {
	out := struct {
		ID      string  `json:"update"`
		Title   string  `json:"title,omitempty"`
		Missing bool    `json:"missing,omitempty"`
		State   string  `json:"state,omitempty"`
		Reason  *Reason `json:"reason,omitempty"`
	}{ID: u.ID.String(), Title: u.Title, Missing: u.Missing}
	if !u.Missing {
		out.State, out.Reason = u.State.String(), &u.Reason
	}
	return json.Marshal(out)
}

// MarshalJSON writes the attributes in order, as an array of names and values.
func (e RuleExplanation) MarshalJSON() ([]byte, error) {
	type plain RuleExplanation
	type attr struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	attrs := make([]attr, 0, len(e.Attrs))
	for _, a := range e.Attrs {
		attrs = append(attrs, attr(a))
	}
	return json.Marshal(struct {
		plain
		Attrs []attr `json:"attributes,omitempty"`
	}{plain(e), attrs})
}
