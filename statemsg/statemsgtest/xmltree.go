package statemsgtest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// node is an element of a report.
type node struct {
	name     string            // with its prefix
	attrs    map[string]string // by name with prefix
	children []*node
	text     string // all character data that is directly in it
}

// attr is an attribute's value and whether it is there.
func (n *node) attr(name string) (string, bool) {
	value, ok := n.attrs[name]
	return value, ok
}

// Limits of a document.
const (
	maxDepth        = 16
	maxAttrs        = 16
	maxDeclarations = 128 // of namespaces, in scope at once
)

// The forms of pieces of XML that encoding/xml is lax about.
var (
	declarationForm = regexp.MustCompile(`^<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*("1\.0"|'1\.0')` +
		`([ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*("[^"]*"|'[^']*'))?` +
		`([ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*("(yes|no)"|'(yes|no)'))?[ \t\r\n]*\?>`)
	startForm     = regexp.MustCompile(`^<[^ \t\r\n=/>]+([ \t\r\n]+[^ \t\r\n=/>]+[ \t\r\n]*=[ \t\r\n]*("[^"]*"|'[^']*'))*[ \t\r\n]*/?>$`)
	surrogateForm = regexp.MustCompile(`&#(x0*[dD][89a-fA-F][0-9a-fA-F]{2}|0*(5529[6-9]|55[3-9]\d\d|5[67]\d{3}));`)
)

const (
	xmlSpace   = "http://www.w3.org/XML/1998/namespace"
	xmlnsSpace = "http://www.w3.org/2000/xmlns/"
)

// scope is an element that is open, and the namespaces that it sees.
type scope struct {
	*node
	spaces       map[string]string // by prefix
	declarations int
}

// treeReader reads a document in UTF-8.
type treeReader struct {
	doctype bool // a document type declaration is skipped
	doc     []byte
	in      *xml.Decoder
	open    []scope
	root    *node
}

// readTree reads a document in UTF-8 that was in the given encoding, or says
// what of it is not well-formed, or is more than a report may have.
func readTree(doc []byte, encoding string, doctype bool) (*node, error) {
	if !carries(string(doc), len(doc)) {
		return nil, errors.New("not UTF-8, or a character that XML does not allow")
	}
	doc = bytes.TrimPrefix(doc, []byte("\xEF\xBB\xBF"))
	if found := declarationForm.FindSubmatch(doc); found != nil {
		if found[3] != nil && !strings.EqualFold(strings.Trim(string(found[3]), `"'`), encoding) {
			return nil, fmt.Errorf("the encoding is %s", found[3])
		}
		doc = doc[len(found[0]):]
	}
	r := treeReader{doctype: doctype, doc: doc, in: xml.NewDecoder(bytes.NewReader(doc))}
	for {
		from := r.in.InputOffset()
		token, err := r.in.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = r.take(token, string(doc[from:r.in.InputOffset()]))
		}
		if err != nil {
			return nil, err
		}
	}
	if len(r.open) > 0 || r.root == nil {
		return nil, errors.New("cut short")
	}
	return r.root, nil
}

// take takes in a token, written as raw.
func (r *treeReader) take(token xml.Token, raw string) error {
	switch token := token.(type) {
	case xml.StartElement:
		return r.start(raw)
	case xml.EndElement:
		if len(r.open) == 0 || r.open[len(r.open)-1].name != nameOf(token.Name) {
			return fmt.Errorf("</%s> closes nothing", nameOf(token.Name))
		}
		r.open = r.open[:len(r.open)-1]
	case xml.CharData:
		return r.characters(string(token), raw)
	case xml.Directive:
		if !r.doctype {
			return errors.New("a document type declaration")
		}
	case xml.ProcInst:
		if strings.EqualFold(token.Target, "xml") || strings.Contains(token.Target, ":") {
			return fmt.Errorf("<?%s", token.Target)
		}
	}
	return nil
}

// nameOf is a name with its prefix.
func nameOf(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}

// characters takes in character data.
func (r *treeReader) characters(text, raw string) error {
	if !strings.HasPrefix(raw, "<![CDATA[") && surrogateForm.MatchString(raw) {
		return errors.New("half a character")
	}
	if len(r.open) == 0 {
		if strings.Trim(raw, " \t\r\n") != "" {
			return errors.New("text outside of the root element")
		}
		return nil
	}
	r.open[len(r.open)-1].text += text
	return nil
}

// start takes in a start tag, written as raw: line ends and tabs in the values
// of its attributes are spaces, unless they were given by number.
func (r *treeReader) start(raw string) error {
	if !startForm.MatchString(raw) || surrogateForm.MatchString(raw) {
		return fmt.Errorf("%s is no start tag", raw)
	}
	raw = strings.NewReplacer("\r\n", " ", "\r", " ", "\n", " ", "\t", " ").Replace(raw)
	token, err := xml.NewDecoder(strings.NewReader(raw)).RawToken()
	if err != nil {
		return err
	}
	tag := token.(xml.StartElement)
	s := scope{node: &node{name: nameOf(tag.Name), attrs: map[string]string{}}, spaces: map[string]string{"xml": xmlSpace}}
	if len(r.open) == 0 && r.root != nil {
		return errors.New("a second root element")
	}
	if len(r.open) >= maxDepth || len(tag.Attr) > maxAttrs {
		return errors.New("too deep, or too many attributes")
	}
	if len(r.open) == 0 {
		r.root = s.node
	} else {
		parent := r.open[len(r.open)-1]
		parent.children = append(parent.children, s.node)
		maps.Copy(s.spaces, parent.spaces)
		s.declarations = parent.declarations
	}
	for _, a := range tag.Attr {
		name := nameOf(a.Name)
		if _, twice := s.attrs[name]; twice {
			return fmt.Errorf("attribute %s is given twice", name)
		}
		s.attrs[name] = a.Value
		if err := s.declare(a); err != nil {
			return err
		}
	}
	r.open = append(r.open, s)
	return s.checkNames(tag)
}

// declare brings a declaration of a namespace into scope.
func (s *scope) declare(a xml.Attr) error {
	prefix := ""
	if a.Name.Space == "xmlns" {
		prefix = a.Name.Local
	} else if nameOf(a.Name) != "xmlns" {
		return nil
	}
	s.declarations++
	if s.declarations > maxDeclarations {
		return errors.New("too many namespaces")
	}
	own := (prefix == "xml") == (a.Value == xmlSpace)
	if prefix == "xmlns" || !own || a.Value == xmlnsSpace || prefix != "" && a.Value == "" {
		return fmt.Errorf("prefix %q cannot mean %q", prefix, a.Value)
	}
	s.spaces[prefix] = a.Value
	return nil
}

// checkNames checks that prefixes are declared and that no two attributes have
// one expanded name.
func (s *scope) checkNames(tag xml.StartElement) error {
	names := []xml.Name{tag.Name}
	var expanded []string
	for _, a := range tag.Attr {
		if a.Name.Space == "xmlns" {
			if strings.Contains(a.Name.Local, ":") {
				return fmt.Errorf("%s is no name", nameOf(a.Name))
			}
			continue
		}
		names = append(names, a.Name)
		if a.Name.Space == "" {
			continue
		}
		name := s.spaces[a.Name.Space] + " " + a.Name.Local
		if slices.Contains(expanded, name) {
			return fmt.Errorf("attribute %s is given twice", a.Name.Local)
		}
		expanded = append(expanded, name)
	}
	for _, n := range names {
		if strings.Contains(n.Local, ":") {
			return fmt.Errorf("%s is no name", n.Local)
		}
		if _, ok := s.spaces[n.Space]; n.Space != "" && !ok {
			return fmt.Errorf("prefix %s is not declared", n.Space)
		}
	}
	return nil
}
