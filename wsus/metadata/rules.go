package metadata

import (
	"bytes"

	"github.com/updatescan/updatescan/internal/xmltok"
	"github.com/updatescan/updatescan/wsus"
)

// forest holds what is needed while rule elements are being read.
type forest struct {
	// stack holds the open elements, each followed by its finished children.
	stack []wsus.Rule
	// open says for each open element where it is and where its text starts.
	open []openRule
	// text is the text of the open elements, that of an inner element after
	// that of its parents.
	text []byte
}

type openRule struct{ rule, text int }

// forest reads all child elements of the current element as rule trees, up to
// and with the current element's end tag. Without any it returns an empty
// slice, not nil.
func (r *Reader) forest() ([]wsus.Rule, error) {
	f := &r.trees
	f.stack, f.open, f.text = f.stack[:0], f.open[:0], f.text[:0]
	for {
		kind, err := r.tok.Next()
		if err != nil {
			return nil, err
		}
		switch kind {
		case xmltok.Start:
			if err := r.openRule(); err != nil {
				return nil, err
			}
		case xmltok.Text:
			if len(f.open) > 0 {
				f.text = append(f.text, r.tok.Text()...)
			}
		case xmltok.End:
			if len(f.open) == 0 {
				if len(f.stack) == 0 {
					return []wsus.Rule{}, nil
				}
				return r.rules.clone(f.stack), nil
			}
			r.closeRule()
		case xmltok.EOF:
			return nil, r.tok.Errorf("the document ends inside the rules")
		}
	}
}

// openRule pushes the element that has just been opened.
func (r *Reader) openRule() error {
	r.nodes++
	if r.nodes > MaxRules {
		return r.tok.Errorf("more than %d rule elements", MaxRules)
	}
	f := &r.trees
	given := r.tok.Attrs()
	attrs := r.attrs.take(len(given))
	for i := range given {
		attrs[i] = wsus.Attr{Name: r.texts.intern(given[i].Local), Value: r.texts.intern(given[i].Value)}
	}
	f.open = append(f.open, openRule{rule: len(f.stack), text: len(f.text)})
	f.stack = append(f.stack, wsus.Rule{Name: r.texts.intern(ruleName(r.tok.Local())), Attrs: attrs})
	return nil
}

// closeRule gives the innermost open element its children and its text.
func (r *Reader) closeRule() {
	f := &r.trees
	top := f.open[len(f.open)-1]
	f.open = f.open[:len(f.open)-1]
	rule := &f.stack[top.rule]
	rule.Children = r.rules.clone(f.stack[top.rule+1:])
	rule.Text = r.texts.intern(bytes.TrimSpace(f.text[top.text:]))
	f.stack = f.stack[:top.rule+1]
	f.text = f.text[:top.text]
}

// ruleName strips the prefix that fragments write as text: b. for base rules,
// m. for MSI rules, d. for driver rules.
func ruleName(local []byte) []byte {
	if len(local) > 2 && local[1] == '.' && (local[0] == 'b' || local[0] == 'm' || local[0] == 'd') {
		return local[2:]
	}
	return local
}

// applicability reads the sections of the current ApplicabilityRules element.
// A section without an expression is empty, not nil.
func (r *Reader) applicability(into *wsus.Rules) error {
	for {
		ok, err := r.child()
		if err != nil || !ok {
			return err
		}
		var section *[]wsus.Rule
		switch string(r.tok.Local()) {
		case "IsInstalled":
			section = &into.IsInstalled
		case "IsSuperseded":
			section = &into.IsSuperseded
		case "IsInstallable":
			section = &into.IsInstallable
		case "Metadata":
			section = &into.Metadata
		default:
			if err := r.tok.Skip(); err != nil {
				return err
			}
			continue
		}
		if err := r.section(section); err != nil {
			return err
		}
	}
}

// section reads the expressions of the current element and adds them to a
// section: several expressions are ANDed, wherever they stand.
func (r *Reader) section(into *[]wsus.Rule) error {
	found, err := r.forest()
	if err != nil {
		return err
	}
	*into = r.rules.join(*into, found)
	return nil
}
