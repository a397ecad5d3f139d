package wusp_test

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/updatescan/updatescan/internal/testdata"
)

// schema is what a strict SOAP stack makes of a WSDL: the elements and types
// of its schemas. It knows sequences of elements, extensions and the simple
// types that occur, and no more.
type schema struct {
	elements map[xml.Name]*xsdElement
	types    map[xml.Name]*xsdType
}

type xsdElement struct {
	Name      string   `xml:"name,attr"`
	Type      string   `xml:"type,attr"`
	Ref       string   `xml:"ref,attr"`
	Min       string   `xml:"minOccurs,attr"`
	Max       string   `xml:"maxOccurs,attr"`
	Nillable  string   `xml:"nillable,attr"`
	Complex   *xsdType `xml:"complexType"`
	space     string
	qualified bool
	prefixes  map[string]string
}

type xsdType struct {
	Name        string       `xml:"name,attr"`
	Sequence    []xsdElement `xml:"sequence>element"`
	Any         []struct{}   `xml:"sequence>any"`
	Restriction *struct {
		Base string `xml:"base,attr"`
		Enum []struct {
			Value string `xml:"value,attr"`
		} `xml:"enumeration"`
	} `xml:"restriction"`
	Extension *struct {
		Base     string       `xml:"base,attr"`
		Sequence []xsdElement `xml:"sequence>element"`
	} `xml:"complexContent>extension"`
	space    string
	prefixes map[string]string
}

type xsdSchema struct {
	Target   string       `xml:"targetNamespace,attr"`
	Form     string       `xml:"elementFormDefault,attr"`
	Attrs    []xml.Attr   `xml:",any,attr"`
	Elements []xsdElement `xml:"element"`
	Complex  []xsdType    `xml:"complexType"`
	Simple   []xsdType    `xml:"simpleType"`
}

func loadWSDL(tb testing.TB, names ...string) *schema {
	tb.Helper()
	s := &schema{elements: make(map[xml.Name]*xsdElement), types: make(map[xml.Name]*xsdType)}
	for _, name := range names {
		data, err := os.ReadFile(testdata.Dir(tb, "ms-wusp", "wsdl", name))
		if err != nil {
			tb.Fatal(err)
		}
		var doc struct {
			Attrs   []xml.Attr  `xml:",any,attr"`
			Schemas []xsdSchema `xml:"types>schema"`
		}
		if err := xml.Unmarshal(data, &doc); err != nil {
			tb.Fatalf("%s: %v", name, err)
		}
		for i := range doc.Schemas {
			s.load(&doc.Schemas[i], doc.Attrs)
		}
	}
	return s
}

func (s *schema) load(x *xsdSchema, outer []xml.Attr) {
	prefixes := make(map[string]string)
	for _, list := range [][]xml.Attr{outer, x.Attrs} {
		for _, a := range list {
			if a.Name.Space == "xmlns" {
				prefixes[a.Name.Local] = a.Value
			}
		}
	}
	var own func(list []xsdElement)
	ownType := func(t *xsdType) {
		t.space, t.prefixes = x.Target, prefixes
		own(t.Sequence)
		if t.Extension != nil {
			own(t.Extension.Sequence)
		}
	}
	own = func(list []xsdElement) {
		for i := range list {
			e := &list[i]
			e.space, e.qualified, e.prefixes = x.Target, x.Form == "qualified", prefixes
			if e.Complex != nil {
				ownType(e.Complex)
			}
		}
	}
	own(x.Elements)
	for i := range x.Elements {
		s.elements[xml.Name{Space: x.Target, Local: x.Elements[i].Name}] = &x.Elements[i]
	}
	for _, list := range [][]xsdType{x.Complex, x.Simple} {
		for i := range list {
			ownType(&list[i])
			s.types[xml.Name{Space: x.Target, Local: list[i].Name}] = &list[i]
		}
	}
}

// tree is an element of an instance, read by the standard library.
type tree struct {
	name xml.Name
	nil  bool
	text string
	kids []*tree
}

func parseTree(data []byte) (*tree, error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	stack := []*tree{{}}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) && len(stack) == 1 && len(stack[0].kids) == 1 {
			return stack[0].kids[0], nil
		}
		if err != nil {
			return nil, err
		}
		top := stack[len(stack)-1]
		switch token := token.(type) {
		case xml.StartElement:
			k := &tree{name: token.Name}
			for _, a := range token.Attr {
				k.nil = k.nil || a.Name.Local == "nil" && a.Value == "true"
			}
			top.kids = append(top.kids, k)
			stack = append(stack, k)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			top.text += string(token)
		}
	}
}

// check reports what in an envelope a strict reader would refuse.
func (s *schema) check(data []byte) error {
	root, err := parseTree(data)
	if err != nil {
		return err
	}
	const soap = "http://schemas.xmlsoap.org/soap/envelope/"
	if root.name != (xml.Name{Space: soap, Local: "Envelope"}) || len(root.kids) != 1 || root.kids[0].name != (xml.Name{Space: soap, Local: "Body"}) || len(root.kids[0].kids) != 1 {
		return fmt.Errorf("not an envelope with one body and one element in it")
	}
	body := root.kids[0].kids[0]
	if body.name.Local == "Fault" {
		return checkFault(body)
	}
	e := s.elements[body.name]
	if e == nil {
		return fmt.Errorf("element %v is not declared", body.name)
	}
	return s.element(e, body, "/"+body.name.Local)
}

// checkFault: the children of a SOAP 1.1 fault are in no namespace.
func checkFault(f *tree) error {
	order := []string{"faultcode", "faultstring", "faultactor", "detail"}
	for _, k := range f.kids {
		for len(order) > 0 && order[0] != k.name.Local {
			order = order[1:]
		}
		if len(order) == 0 || k.name.Space != "" {
			return fmt.Errorf("fault has %v out of place", k.name)
		}
		for _, d := range k.kids {
			if d.name.Space != "" {
				return fmt.Errorf("detail has %v", d.name)
			}
		}
	}
	return nil
}

func (s *schema) element(e *xsdElement, t *tree, path string) error {
	if t.nil {
		if e.Nillable != "true" {
			return fmt.Errorf("%s is nil", path)
		}
		return nil
	}
	if e.Complex != nil {
		return s.content(e.Complex, t, path)
	}
	prefix, local, _ := strings.Cut(e.Type, ":")
	space := e.prefixes[prefix]
	if space == "http://www.w3.org/2001/XMLSchema" {
		return simple(local, t, path)
	}
	typ := s.types[xml.Name{Space: space, Local: local}]
	if typ == nil {
		return fmt.Errorf("%s: type %s is not declared", path, e.Type)
	}
	return s.content(typ, t, path)
}

func (s *schema) sequence(t *xsdType) []xsdElement {
	if t.Extension == nil {
		return t.Sequence
	}
	prefix, local, _ := strings.Cut(t.Extension.Base, ":")
	var all []xsdElement
	if base := s.types[xml.Name{Space: t.prefixes[prefix], Local: local}]; base != nil {
		all = append(all, s.sequence(base)...)
	}
	return append(all, t.Extension.Sequence...)
}

// content walks the children along the sequence.
func (s *schema) content(typ *xsdType, t *tree, path string) error {
	if typ.Restriction != nil && len(typ.Restriction.Enum) > 0 {
		for _, v := range typ.Restriction.Enum {
			if v.Value == t.text {
				return nil
			}
		}
		return fmt.Errorf("%s: %q is none of the values of %s", path, t.text, typ.Name)
	}
	if typ.Restriction != nil {
		_, local, _ := strings.Cut(typ.Restriction.Base, ":")
		if typ.Name == "guid" {
			local = "guid"
		}
		return simple(local, t, path)
	}
	if strings.TrimSpace(t.text) != "" {
		return fmt.Errorf("%s: text %q", path, t.text)
	}
	if len(typ.Any) > 0 {
		return nil
	}
	kids := t.kids
	for _, e := range s.sequence(typ) {
		e := e
		if e.Ref != "" {
			return fmt.Errorf("%s: references are not known to this test", path)
		}
		lowest, most := 1, 1
		if e.Min != "" {
			lowest, _ = strconv.Atoi(e.Min)
		}
		if e.Max == "unbounded" {
			most = 1 << 30
		} else if e.Max != "" {
			most, _ = strconv.Atoi(e.Max)
		}
		want := xml.Name{Local: e.Name}
		if e.qualified {
			want.Space = e.space
		}
		n := 0
		for len(kids) > 0 && kids[0].name == want && n < most {
			if err := s.element(&e, kids[0], path+"/"+e.Name); err != nil {
				return err
			}
			kids = kids[1:]
			n++
		}
		if n < lowest {
			return fmt.Errorf("%s: %d of %s, want at least %d", path, n, e.Name, lowest)
		}
	}
	if len(kids) > 0 {
		return fmt.Errorf("%s: %v is not expected here", path, kids[0].name)
	}
	return nil
}

var guidPattern = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)

// simple checks a value of a simple type.
func simple(local string, t *tree, path string) error {
	if len(t.kids) > 0 {
		return fmt.Errorf("%s: %v in a value", path, t.kids[0].name)
	}
	var err error
	switch local {
	case "string":
	case "int":
		_, err = strconv.ParseInt(t.text, 10, 32)
	case "long":
		_, err = strconv.ParseInt(t.text, 10, 64)
	case "short":
		_, err = strconv.ParseInt(t.text, 10, 16)
	case "unsignedByte":
		_, err = strconv.ParseUint(t.text, 10, 8)
	case "boolean":
		if t.text != "true" && t.text != "false" && t.text != "0" && t.text != "1" {
			err = fmt.Errorf("no boolean")
		}
	case "dateTime":
		if _, err = time.Parse(time.RFC3339Nano, t.text); err != nil {
			_, err = time.Parse("2006-01-02T15:04:05", t.text) // the zone may be left out
		}
	case "base64Binary":
		_, err = base64.StdEncoding.DecodeString(t.text)
	case "guid":
		if !guidPattern.MatchString(t.text) {
			err = fmt.Errorf("no GUID")
		}
	default:
		err = fmt.Errorf("type %s is not known to this test", local)
	}
	if err != nil {
		return fmt.Errorf("%s: %q: %w", path, t.text, err)
	}
	return nil
}
