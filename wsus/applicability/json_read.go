package applicability

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/updatescan/updatescan/compliance"
)

// DocumentError is a fault in a machine document: what is wrong, where, and
// what is expected there.
type DocumentError struct {
	// Line and Column count from 1; Column counts bytes.
	Line, Column int
	// Path names the value, such as $.files.entries["C:\\a.txt"].size.
	Path string
	// Detail says what was found and what was expected.
	Detail string
}

// Error implements error.
func (e *DocumentError) Error() string {
	return fmt.Sprintf("applicability: machine document: %d:%d: %s: %s", e.Line, e.Column, e.Path, e.Detail)
}

// jsonReader reads the values of a tree; the first fault is kept, and from
// then on everything reads as zero.
type jsonReader struct{ fault *jsonError }

func (d *jsonReader) fail(n *jsonNode, format string, args ...any) {
	if d.fault == nil {
		d.fault = &jsonError{offset: n.offset, path: n.path(), text: fmt.Sprintf(format, args...)}
	}
}

// want reports whether n has the kind, and fails if not.
func (d *jsonReader) want(n *jsonNode, kind jsonKind, what string) bool {
	if n.kind == kind {
		return true
	}
	d.fail(n, "found %v, want %s", n.kind, what)
	return false
}

// fields is the members of an object, by name.
type fields map[string]*jsonNode

// object reads an object that may have only the named fields.
func (d *jsonReader) object(n *jsonNode, names ...string) fields {
	if !d.want(n, jsonObject, "an object") {
		return nil
	}
	f := make(fields, len(n.items))
	for _, item := range n.items {
		if !slices.Contains(names, item.key) {
			d.fail(item, "unknown field, want one of: %s", strings.Join(names, ", "))
		}
		f[item.key] = item
	}
	return f
}

// need returns a field that must be there.
func (d *jsonReader) need(n *jsonNode, f fields, name string) *jsonNode {
	if item := f[name]; item != nil {
		return item
	}
	d.fail(n, "field %q is missing", name)
	return &jsonNode{parent: n, key: name, offset: n.offset}
}

// members are the items of an object with free names.
func (d *jsonReader) members(n *jsonNode, what string) []*jsonNode {
	if !d.want(n, jsonObject, what) {
		return nil
	}
	return n.items
}

// elements are the items of an array.
func (d *jsonReader) elements(n *jsonNode, what string) []*jsonNode {
	if !d.want(n, jsonArray, what) {
		return nil
	}
	return n.items
}

func (d *jsonReader) text(n *jsonNode, what string) string {
	if !d.want(n, jsonString, what) {
		return ""
	}
	return n.text
}

func (d *jsonReader) texts(n *jsonNode, what string) []string {
	items := d.elements(n, "an array of strings: "+what)
	list := make([]string, 0, len(items))
	for _, item := range items {
		list = append(list, d.text(item, what))
	}
	return list
}

func (d *jsonReader) flag(n *jsonNode) bool {
	return d.want(n, jsonBool, "true or false") && n.text == "true"
}

// unsigned reads a whole number from 0 to limit.
func (d *jsonReader) unsigned(n *jsonNode, limit uint64) uint64 {
	v, err := strconv.ParseUint(n.text, 10, 64)
	if n.kind != jsonNumber || err != nil || v > limit {
		d.fail(n, "found %s, want a whole number from 0 to %d", describeJSON(n), limit)
		return 0
	}
	return v
}

// signed reads a whole number of 32 bits.
func (d *jsonReader) signed(n *jsonNode) int32 {
	v, err := strconv.ParseInt(n.text, 10, 32)
	if n.kind != jsonNumber || err != nil {
		d.fail(n, "found %s, want a whole number of 32 bits", describeJSON(n))
	}
	return int32(v)
}

func describeJSON(n *jsonNode) string {
	if n.kind == jsonNumber || n.kind == jsonBool {
		return n.text
	}
	if n.kind == jsonString {
		return quoteShort(n.text)
	}
	return n.kind.String()
}

func (d *jsonReader) version(n *jsonNode) Version {
	v, ok := parseVersion(n.text)
	if n.kind != jsonString || !ok {
		d.fail(n, `found %s, want a version such as "10.0.19041.1"`, describeJSON(n))
	}
	return v
}

func (d *jsonReader) guid(n *jsonNode) GUID { return d.guidText(n, n.text, n.kind == jsonString) }

func (d *jsonReader) guidText(n *jsonNode, text string, ok bool) GUID {
	g, err := ParseGUID(text)
	if !ok || err != nil {
		d.fail(n, `found %s, want a GUID such as "{6f1c1e5a-8d2b-4c39-9d0e-0a1b2c3d4e5f}"`, quoteShort(text))
	}
	return g
}

func (d *jsonReader) updateID(n *jsonNode) compliance.UpdateID { return compliance.UpdateID(d.guid(n)) }

func (d *jsonReader) time(n *jsonNode) time.Time {
	t, err := time.Parse(time.RFC3339Nano, n.text)
	if n.kind != jsonString || err != nil {
		d.fail(n, `found %s, want a time such as "2008-06-01T12:00:00Z"`, describeJSON(n))
	} else if !hasYear(t) {
		d.fail(n, "found %s, want a time in the years 0000 to 9999 of UTC", describeJSON(n))
	}
	return t.UTC()
}

// The times of the years 0000 to 9999, which RFC 3339 can write, in seconds
// from 1970.
const (
	firstSecond = -62_167_219_200
	lastSecond  = 253_402_300_799
)

// hasYear reports whether a document can hold the time.
func hasYear(t time.Time) bool { return t.Unix() >= firstSecond && t.Unix() <= lastSecond }

// maybe reads an optional field: missing is unavailable, null is absent.
func maybe[T any](f fields, name string, read func(*jsonNode) T) Fact[T] {
	n := f[name]
	if n == nil {
		return Fact[T]{}
	}
	if n.kind == jsonNull {
		return NoFact[T]()
	}
	return FactOf(read(n))
}
