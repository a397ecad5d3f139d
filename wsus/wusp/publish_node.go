package wusp

import (
	"strings"
	"unicode"

	"github.com/updatescan/updatescan/internal/xmltok"
)

// Bounds of one document that is published.
const (
	maxPublishBytes = 64 << 20
	maxPublishDepth = 128
	maxPublishNodes = 1 << 20
)

// node is an element of a document that is being published. White space
// between elements is not kept.
type node struct {
	space, local string
	attrs        []nodeAttr
	text         string
	kids         []*node
}

// nodeAttr is an attribute; space is empty for one without a prefix.
type nodeAttr struct{ space, local, value string }

func (n *node) attr(local string) (string, bool) {
	if n == nil {
		return "", false
	}
	for i := range n.attrs {
		if n.attrs[i].local == local {
			return n.attrs[i].value, true
		}
	}
	return "", false
}

// kid is the first child of the name, nil when there is none; n may be nil.
func (n *node) kid(local string) *node {
	if n == nil {
		return nil
	}
	for _, k := range n.kids {
		if k.local == local {
			return k
		}
	}
	return nil
}

func (n *node) kidsNamed(local string) []*node {
	if n == nil {
		return nil
	}
	var found []*node
	for _, k := range n.kids {
		if k.local == local {
			found = append(found, k)
		}
	}
	return found
}

// add appends a child and returns it.
func (n *node) add(space, local string) *node {
	k := &node{space: space, local: local}
	n.kids = append(n.kids, k)
	return k
}

func (n *node) set(local, value string) {
	n.attrs = append(n.attrs, nodeAttr{local: local, value: value})
}

// nodeReader reads documents into nodes and shares the names among them.
type nodeReader struct {
	tok   xmltok.Tokenizer
	names map[string]string
	left  int
}

func (r *nodeReader) name(b []byte) string {
	if s, ok := r.names[string(b)]; ok {
		return s
	}
	s := string(b)
	r.names[s] = s
	return s
}

// read returns the root elements of a document, several when it is a list of
// fragments.
func (r *nodeReader) read(data []byte, fragments bool) ([]*node, error) {
	if r.names == nil || len(r.names) > 1<<16 {
		r.names = make(map[string]string)
	}
	lim := xmltok.Limits{MaxBytes: maxPublishBytes, MaxDepth: maxPublishDepth, LaxPrefixes: fragments}
	if len(data) >= 2 && (data[0] == 0xFE && data[1] == 0xFF || data[0] == 0xFF && data[1] == 0xFE) {
		plain, err := xmltok.DecodeUTF16(nil, data)
		if err != nil {
			return nil, &DecodeError{Msg: err.Error()}
		}
		data, lim.FromUTF16 = plain, true
	}
	r.tok.Reset(data, lim, fragments)
	r.left = maxPublishNodes
	top := &node{}
	stack := []*node{top}
	for {
		kind, err := r.tok.Next()
		if err != nil {
			return nil, located(err)
		}
		here := stack[len(stack)-1]
		switch kind {
		case xmltok.Start:
			if r.left--; r.left < 0 {
				return nil, &DecodeError{Msg: "more elements than a document may have", Err: ErrTooLarge}
			}
			k := r.start()
			here.kids = append(here.kids, k)
			stack = append(stack, k)
		case xmltok.End:
			stack = stack[:len(stack)-1]
		case xmltok.Text:
			if b := r.tok.Text(); here.text != "" || strings.TrimLeftFunc(string(b), unicode.IsSpace) != "" {
				here.text += string(b)
			}
		case xmltok.EOF:
			return top.kids, nil
		}
	}
}

// start returns the element of the current start tag.
func (r *nodeReader) start() *node {
	n := &node{space: r.name(r.tok.Space()), local: r.name(r.tok.Local())}
	attrs := r.tok.Attrs()
	if len(attrs) == 0 {
		return n
	}
	n.attrs = make([]nodeAttr, len(attrs))
	for i, a := range attrs {
		n.attrs[i] = nodeAttr{local: r.name(a.Local), value: string(a.Value)}
		if len(a.Prefix) > 0 {
			space, _ := r.tok.Lookup(a.Prefix)
			n.attrs[i].space = r.name(space)
		}
	}
	return n
}

// fragmentName is the name of an element in a Core fragment: what was its
// namespace is written before the name of a rule.
func fragmentName(n *node, rules bool) (prefix, local string) {
	if !rules {
		return "", n.local
	}
	switch {
	case strings.Contains(n.space, "BaseApplicabilityRules"):
		return "b.", n.local
	case strings.Contains(n.space, "MsiApplicabilityRules"):
		return "m.", n.local
	case strings.Contains(n.space, "WindowsDriver"):
		return "d.", n.local
	}
	return "", n.local
}

// appendFragment appends an element as it stands in a fragment: without
// namespaces, but for those that are not the protocol's own, such as that of
// a component manifest.
func appendFragment(b []byte, n *node, rules bool, outer string) []byte {
	prefix, local := fragmentName(n, rules)
	b = append(b, '<')
	b = append(b, prefix...)
	b = append(b, local...)
	foreign := ""
	if !strings.Contains(n.space, "microsoft.com/") {
		foreign = n.space
	}
	if foreign != outer {
		b = appendAttr(b, "xmlns", foreign)
	}
	for i := range n.attrs {
		b = appendAttr(b, n.attrs[i].local, n.attrs[i].value)
	}
	if n.text == "" && len(n.kids) == 0 {
		return append(b, " />"...)
	}
	b = append(b, '>')
	b = appendEscaped(b, n.text)
	for _, k := range n.kids {
		b = appendFragment(b, k, rules, foreign)
	}
	b = append(b, '<', '/')
	b = append(b, prefix...)
	b = append(b, local...)
	return append(b, '>')
}

// appendAttr appends an attribute with a value as it was read, so that
// reading it again gives the same.
func appendAttr(b []byte, name, value string) []byte {
	b = append(b, ' ')
	b = append(b, name...)
	b = append(b, '=', '"')
	for {
		i := strings.IndexAny(value, "\"\t\n\r<>&")
		if i < 0 {
			break
		}
		b = append(b, value[:i]...)
		switch value[i] {
		case '"':
			b = append(b, "&quot;"...)
		case '\t':
			b = append(b, "&#9;"...)
		case '\n':
			b = append(b, "&#10;"...)
		case '\r':
			b = append(b, "&#13;"...)
		case '<':
			b = append(b, "&lt;"...)
		case '>':
			b = append(b, "&gt;"...)
		case '&':
			b = append(b, "&amp;"...)
		}
		value = value[i+1:]
	}
	b = append(b, value...)
	return append(b, '"')
}
