package applicability

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxJSONDepth is how deeply the JSON of a machine document may be nested.
const maxJSONDepth = 32

type jsonKind uint8

const (
	jsonNull jsonKind = iota
	jsonBool
	jsonNumber
	jsonString
	jsonArray
	jsonObject
)

func (k jsonKind) String() string {
	switch k {
	case jsonNull:
		return "null"
	case jsonBool:
		return "a boolean"
	case jsonNumber:
		return "a number"
	case jsonString:
		return "a string"
	case jsonArray:
		return "an array"
	case jsonObject:
		return "an object"
	}
	return "nothing"
}

// jsonNode is a value of a document, which remembers where it stands.
type jsonNode struct {
	kind   jsonKind
	offset int
	parent *jsonNode
	// text is the content of a string, the text of a number, "true" or
	// "false".
	text string
	// key is the name in the parent, if that is an object, else index is the
	// place in it.
	key   string
	index int
	items []*jsonNode
}

// path names the node, such as $.files.entries["C:\\a.txt"].size.
func (n *jsonNode) path() string {
	if n.parent == nil {
		return "$"
	}
	p := n.parent.path()
	if n.parent.kind == jsonArray {
		return p + "[" + strconv.Itoa(n.index) + "]"
	}
	for i := range len(n.key) {
		if c := n.key[i]; c == '_' || isDigit(c) || (c|0x20 >= 'a' && c|0x20 <= 'z') {
			continue
		}
		return p + "[" + strconv.Quote(n.key) + "]"
	}
	if n.key == "" {
		return p + `[""]`
	}
	return p + "." + n.key
}

// jsonError is a fault at an offset of the input.
type jsonError struct {
	offset int
	path   string
	text   string
}

func (f *jsonError) Error() string { return f.text }

// jsonParser builds the tree of a JSON text (RFC 8259), strictly.
type jsonParser struct {
	src   []byte
	pos   int
	depth int
	at    *jsonNode
}

func parseJSON(src []byte) (*jsonNode, error) {
	p := &jsonParser{src: src}
	p.space()
	root, err := p.value(nil)
	if err != nil {
		return nil, err
	}
	p.space()
	if p.pos != len(src) {
		p.at = root
		return nil, p.fail(p.pos, "text after the end of the document")
	}
	return root, nil
}

func (p *jsonParser) fail(offset int, format string, args ...any) error {
	f := &jsonError{offset: offset, path: "$", text: fmt.Sprintf(format, args...)}
	if p.at != nil {
		f.path = p.at.path()
	}
	return f
}

func (p *jsonParser) space() {
	for p.pos < len(p.src) && strings.IndexByte(" \t\r\n", p.src[p.pos]) >= 0 {
		p.pos++
	}
}

func (p *jsonParser) peek() byte {
	if p.pos < len(p.src) {
		return p.src[p.pos]
	}
	return 0
}

// value parses a value into a new child of parent.
func (p *jsonParser) value(parent *jsonNode) (*jsonNode, error) {
	n := &jsonNode{offset: p.pos, parent: parent}
	if parent != nil {
		n.index = len(parent.items)
	}
	return n, p.fill(n)
}

func (p *jsonParser) fill(n *jsonNode) error {
	p.at = n
	if p.pos == len(p.src) {
		return p.fail(p.pos, "the document ends where a value should be")
	}
	c := p.src[p.pos]
	if c == '{' || c == '[' {
		p.depth++
		if p.depth > maxJSONDepth {
			return p.fail(p.pos, "nested more than %d deep", maxJSONDepth)
		}
		var err error
		if c == '{' {
			err = p.object(n)
		} else {
			err = p.array(n)
		}
		p.depth--
		return err
	}
	if c == '"' {
		n.kind = jsonString
		var err error
		n.text, err = p.string()
		return err
	}
	if c == '-' || isDigit(c) {
		n.kind = jsonNumber
		var err error
		n.text, err = p.number()
		return err
	}
	for _, w := range [...]struct {
		text string
		kind jsonKind
	}{{"true", jsonBool}, {"false", jsonBool}, {"null", jsonNull}} {
		if strings.HasPrefix(string(p.src[p.pos:min(len(p.src), p.pos+5)]), w.text) {
			p.pos += len(w.text)
			n.kind, n.text = w.kind, w.text
			return nil
		}
	}
	return p.fail(p.pos, "unexpected %q, want a value", rune(c))
}

func (p *jsonParser) object(n *jsonNode) error {
	n.kind = jsonObject
	p.pos++
	seen := map[string]bool{}
	for first := true; ; first = false {
		p.space()
		if p.peek() == '}' && first {
			p.pos++
			return nil
		}
		p.at = n
		if p.peek() != '"' {
			return p.fail(p.pos, "want a name in double quotes")
		}
		kid := &jsonNode{parent: n, offset: p.pos}
		key, err := p.string()
		if err != nil {
			return err
		}
		kid.key = key
		if seen[key] {
			p.at = kid
			return p.fail(kid.offset, "the name occurs twice")
		}
		seen[key] = true
		p.space()
		if p.peek() != ':' {
			return p.fail(p.pos, "want a colon after a name")
		}
		p.pos++
		p.space()
		kid.offset = p.pos
		if err := p.fill(kid); err != nil {
			return err
		}
		n.items = append(n.items, kid)
		if done, err := p.next(n, '}'); done || err != nil {
			return err
		}
	}
}

func (p *jsonParser) array(n *jsonNode) error {
	n.kind = jsonArray
	p.pos++
	p.space()
	if p.peek() == ']' {
		p.pos++
		return nil
	}
	for {
		p.space()
		kid, err := p.value(n)
		if err != nil {
			return err
		}
		n.items = append(n.items, kid)
		if done, err := p.next(n, ']'); done || err != nil {
			return err
		}
	}
}

// next reads a comma, or the end of an object or array.
func (p *jsonParser) next(n *jsonNode, end byte) (bool, error) {
	p.space()
	c := p.peek()
	if c == end {
		p.pos++
		return true, nil
	}
	if c != ',' {
		p.at = n
		return false, p.fail(p.pos, "want a comma or %c", end)
	}
	p.pos++
	return false, nil
}

// string reads a string in quotes.
func (p *jsonParser) string() (string, error) {
	start := p.pos
	p.pos++
	for plain := p.pos; plain < len(p.src); plain++ {
		c := p.src[plain]
		if c == '"' && utf8.Valid(p.src[p.pos:plain]) {
			s := string(p.src[p.pos:plain])
			p.pos = plain + 1
			return s, nil
		}
		if c == '\\' || c < 0x20 || c == '"' {
			break
		}
	}
	var b []byte
	for p.pos < len(p.src) {
		c := p.src[p.pos]
		if c == '"' {
			p.pos++
			return string(b), nil
		}
		if c < 0x20 {
			return "", p.fail(p.pos, "control character %#02x in a string: want an escape", c)
		}
		if c == '\\' {
			r, err := p.escape()
			if err != nil {
				return "", err
			}
			b = utf8.AppendRune(b, r)
			continue
		}
		r, size := utf8.DecodeRune(p.src[p.pos:])
		if r == utf8.RuneError && size == 1 {
			return "", p.fail(p.pos, "not valid UTF-8")
		}
		b = append(b, p.src[p.pos:p.pos+size]...)
		p.pos += size
	}
	return "", p.fail(start, "string without an end")
}

// escape reads an escape, a pair of surrogates as one.
func (p *jsonParser) escape() (rune, error) {
	if p.pos+1 < len(p.src) {
		if i := strings.IndexByte(`"\/bfnrt`, p.src[p.pos+1]); i >= 0 {
			p.pos += 2
			return rune("\"\\/\b\f\n\r\t"[i]), nil
		}
	}
	high, ok := p.unit(p.pos)
	if !ok {
		return 0, p.fail(p.pos, "unknown escape in a string (a backslash of a path is written twice)")
	}
	p.pos += 6
	if high < 0xD800 || high > 0xDFFF {
		return high, nil
	}
	low, ok := p.unit(p.pos)
	if !ok || high > 0xDBFF || low < 0xDC00 || low > 0xDFFF {
		return 0, p.fail(p.pos-6, "half of a surrogate pair in a string")
	}
	p.pos += 6
	return (high-0xD800)<<10 + (low - 0xDC00) + 0x10000, nil
}

// unit reads \uXXXX.
func (p *jsonParser) unit(at int) (rune, bool) {
	if at+6 > len(p.src) || p.src[at] != '\\' || p.src[at+1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(p.src[at+2:at+6]), 16, 16)
	return rune(n), err == nil
}

// number reads a number and checks its form.
func (p *jsonParser) number() (string, error) {
	start := p.pos
	if p.peek() == '-' {
		p.pos++
	}
	digits := func() int {
		from := p.pos
		for isDigit(p.peek()) {
			p.pos++
		}
		return p.pos - from
	}
	whole := p.pos
	ok := digits() > 0 && (p.src[whole] != '0' || p.pos == whole+1)
	if ok && p.peek() == '.' {
		p.pos++
		ok = digits() > 0
	}
	if ok && (p.peek()|0x20) == 'e' {
		p.pos++
		if p.peek() == '+' || p.peek() == '-' {
			p.pos++
		}
		ok = digits() > 0
	}
	if !ok {
		return "", p.fail(start, "not a number")
	}
	return string(p.src[start:p.pos]), nil
}
