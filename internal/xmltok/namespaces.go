package xmltok

import "bytes"

// Names that are bound from the start.
const (
	xmlSpace   = "http://www.w3.org/XML/1998/namespace"
	xmlnsSpace = "http://www.w3.org/2000/xmlns/"
)

// namespace is a declaration in scope.
type namespace struct {
	prefix []byte // empty for the default
	space  []byte // empty if the default is taken back
	id     int    // the same for the same space
}

// Numbers of what is in no declaration; those of declarations start at zero.
const (
	idNone = -1 - iota
	idXML
)

// Space is the namespace name of the element of the current start or end
// tag; nil if it is in none, and at other tokens. It is valid until the next
// Reset.
func (t *Tokenizer) Space() []byte {
	if t.kind != Start && t.kind != End {
		return nil
	}
	space, _ := t.Lookup(t.Prefix())
	return space
}

// Lookup returns the namespace name that prefix is bound to at the current
// token, and whether it is bound. The empty prefix asks for the default
// namespace; mind that an attribute without a prefix is in no namespace. The
// result is valid until the next Reset.
func (t *Tokenizer) Lookup(prefix []byte) (space []byte, ok bool) {
	id := t.resolve(prefix)
	if id == idXML {
		return []byte(xmlSpace), true
	}
	if id == idNone || len(t.namespaces[id].space) == 0 {
		return nil, false
	}
	return t.namespaces[id].space, true
}

// resolve returns the number of the namespace that prefix is bound to.
func (t *Tokenizer) resolve(prefix []byte) int {
	for i := len(t.namespaces) - 1; i >= 0; i-- {
		if string(t.namespaces[i].prefix) == string(prefix) {
			return t.namespaces[i].id
		}
	}
	if string(prefix) == "xml" {
		return idXML
	}
	return idNone
}

// isDeclare reports whether attr declares a namespace.
func isDeclare(attr *Attr) bool {
	return string(attr.Prefix) == "xmlns" || len(attr.Prefix) == 0 && string(attr.Local) == "xmlns"
}

// declare brings the declaration attr of the current start tag into scope.
// It is false if it was refused.
func (t *Tokenizer) declare(attr *Attr) bool {
	var prefix []byte
	if len(attr.Prefix) > 0 {
		prefix = attr.Local
	}
	space := attr.Value
	if problem := declareProblem(prefix, space); problem != "" {
		t.fail(attr.Offset, "%s", problem)
		return false
	}
	for i := t.inScope; i < len(t.namespaces); i++ {
		if string(t.namespaces[i].prefix) == string(prefix) {
			t.fail(attr.Offset, "attribute %s is given twice", clip(t.data[attr.Offset:attr.Offset+qualifiedLen(attr)]))
			return false
		}
	}
	if len(t.namespaces) >= t.lim.MaxNamespaces {
		t.fail(attr.Offset, "more than %d namespace declarations in scope", t.lim.MaxNamespaces)
		return false
	}
	if len(t.scratch) > 0 {
		space = bytes.Clone(space) // it may be in scratch, which does not last
	}
	id := len(t.namespaces)
	for i := range t.namespaces {
		if bytes.Equal(t.namespaces[i].space, space) {
			id = t.namespaces[i].id
			break
		}
	}
	t.namespaces = append(t.namespaces, namespace{prefix: prefix, space: space, id: id})
	return true
}

// declareProblem says why prefix cannot be bound to space, empty if it can.
func declareProblem(prefix, space []byte) string {
	if string(prefix) == "xmlns" {
		return "prefix xmlns cannot be declared"
	}
	if (string(prefix) == "xml") != (string(space) == xmlSpace) {
		return "prefix xml and its namespace cannot be bound otherwise"
	}
	if string(space) == xmlnsSpace {
		return "the namespace of xmlns cannot be bound"
	}
	if len(prefix) > 0 && len(space) == 0 {
		return "prefix bound to an empty namespace name"
	}
	return ""
}

// checkPrefixes refuses prefixes in the current start tag that are not
// declared, and attributes that are the same but for the prefix.
func (t *Tokenizer) checkPrefixes() bool {
	if tag := t.open[t.tag]; tag.local != tag.name {
		prefix := t.data[tag.name : tag.local-1]
		if string(prefix) == "xmlns" {
			t.fail(tag.name, "prefix xmlns in the name of an element")
			return false
		}
		if t.resolve(prefix) == idNone && !t.lim.LaxPrefixes {
			t.fail(tag.name, "prefix %s is not declared", clip(prefix))
			return false
		}
	}
	t.spaceIDs = t.spaceIDs[:0]
	for i := range t.attrCount {
		attr := &t.attrs[i]
		id := idNone
		if attr.Prefix != nil {
			id = t.resolve(attr.Prefix)
			if id == idNone && !t.lim.LaxPrefixes {
				t.fail(attr.Offset, "prefix %s is not declared", clip(attr.Prefix))
				return false
			}
		}
		t.spaceIDs = append(t.spaceIDs, id)
		if id == idNone {
			continue
		}
		for j, other := range t.spaceIDs[:i] {
			if other == id && string(t.attrs[j].Local) == string(attr.Local) {
				t.fail(attr.Offset, "attribute %s is given twice, with two prefixes", clip(attr.Local))
				return false
			}
		}
	}
	return true
}
