package applicability

import (
	"errors"
	"fmt"
	"math"
	"strconv"
)

// documentClass is a WMI class. Without a table it is known not to exist.
type documentClass struct {
	namespace, class string
	properties       []string
	rows             []map[string]any
	table            *Table
}

// Table implements [WMI].
func (d *Document) Table(namespace, class string) Fact[*Table] {
	c := d.wmi[classID{fold(cleanNamespace(namespace)), fold(class)}]
	if c == nil {
		return Fact[*Table]{}
	}
	if c.table == nil {
		return NoFact[*Table]()
	}
	return FactOf(c.table)
}

// readWMI reads the wmi section.
func (d *jsonReader) readWMI(n *jsonNode) map[classID]*documentClass {
	classes := map[classID]*documentClass{}
	for _, ns := range d.members(n, "an object of WMI namespaces") {
		namespace := cleanNamespace(ns.key)
		for _, item := range d.members(ns, "an object of WMI classes") {
			id := classID{fold(namespace), fold(item.key)}
			if old := classes[id]; old != nil {
				d.fail(item, "the same class as %s:%s, written differently", old.namespace, old.class)
			}
			classes[id] = d.wmiClass(item, namespace)
		}
	}
	return classes
}

func (d *jsonReader) wmiClass(n *jsonNode, namespace string) *documentClass {
	c := &documentClass{namespace: namespace, class: n.key}
	if n.kind == jsonNull {
		return c
	}
	rows := n
	if n.kind == jsonObject {
		f := d.object(n, "properties", "rows")
		rows = d.need(n, f, "rows")
		if f["properties"] != nil {
			c.properties = append(c.properties, d.texts(f["properties"], "a property name")...)
		}
	}
	for _, row := range d.elements(rows, "an array of rows, an object with rows, or null") {
		c.rows = append(c.rows, d.wmiRow(row))
	}
	if d.fault != nil {
		return c
	}
	table, err := NewTable(c.properties, c.rows)
	if err != nil {
		d.fail(n, "%v", err)
	}
	c.table = table
	return c
}

func (d *jsonReader) wmiRow(n *jsonNode) map[string]any {
	row := map[string]any{}
	seen := map[string]bool{}
	for _, item := range d.members(n, "an object of properties") {
		if folded := fold(item.key); seen[folded] {
			d.fail(item, "the same property twice, written differently")
		} else {
			seen[folded] = true
		}
		row[item.key] = d.wmiValue(item, 0)
	}
	return row
}

// wmiValue is the Go value of a property. Arrays and embedded objects are
// kept, though queries cannot compare them; an object is the array of what it
// holds.
func (d *jsonReader) wmiValue(n *jsonNode, depth int) any {
	switch n.kind {
	case jsonNull:
		return nil
	case jsonBool:
		return n.text == "true"
	case jsonString:
		return n.text
	case jsonNumber:
		v, err := wmiNumber(n.text)
		if err != nil {
			d.fail(n, "found %.40s, want a number of 64 bits", n.text)
		}
		return v
	case jsonArray, jsonObject:
		list := make([]any, 0, len(n.items))
		if depth == maxArrayDepth {
			d.fail(n, "arrays nested more than %d deep", maxArrayDepth)
			return list
		}
		for _, item := range n.items {
			list = append(list, d.wmiValue(item, depth+1))
		}
		return list
	}
	return nil
}

// maxArrayDepth is how deeply the arrays of a WMI property may be nested.
const maxArrayDepth = 8

// wmiNumber reads a number: an int64 or uint64 if it is one of these however
// it is written, else a float64.
func wmiNumber(text string) (any, error) {
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return i, nil
	}
	if u, err := strconv.ParseUint(text, 10, 64); err == nil {
		return u, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, err
	}
	return wmiFloat(f), nil
}

// wmiFloat is the number as it is read again after JSON wrote it, which shows
// a whole number below 1e21 without point and exponent.
func wmiFloat(f float64) any {
	if f == 0 {
		return int64(0)
	}
	if f != math.Trunc(f) || math.Abs(f) >= 1e21 {
		return f
	}
	text := strconv.FormatFloat(f, 'f', -1, 64)
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return i
	}
	if u, err := strconv.ParseUint(text, 10, 64); err == nil {
		return u
	}
	return f
}

// cleanWMI copies a value that a caller gives into the form in which a
// document holds it. Elements of arrays are values, too.
func cleanWMI(v any, depth int) (any, error) {
	var list []any
	switch v := v.(type) {
	case nil, bool, int64:
		return v, nil
	case string:
		return validText(v), nil
	case int:
		return int64(v), nil
	case int32:
		return int64(v), nil
	case uint32:
		return int64(v), nil
	case uint16:
		return int64(v), nil
	case uint64:
		return wmiNumber(strconv.FormatUint(v, 10))
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("%v, want a finite number", v)
		}
		return wmiFloat(v), nil
	case []string:
		for _, s := range v {
			list = append(list, s)
		}
	case []any:
		list = v
	default:
		return nil, fmt.Errorf("value of type %T, want nil, string, bool, a number or a slice", v)
	}
	if depth == maxArrayDepth {
		return nil, fmt.Errorf("slices nested more than %d deep", maxArrayDepth)
	}
	clean := make([]any, 0, len(list))
	for _, item := range list {
		c, err := cleanWMI(item, depth+1)
		if err != nil {
			return nil, err
		}
		clean = append(clean, c)
	}
	return clean, nil
}

// cleanRow copies a row, likewise.
func cleanRow(row map[string]any) (map[string]any, error) {
	if row == nil {
		return nil, errors.New("nil, want a map of properties")
	}
	clean := make(map[string]any, len(row))
	for name, v := range row {
		c, err := cleanWMI(v, 0)
		if err != nil {
			return nil, fmt.Errorf("property %s: %w", quoteShort(name), err)
		}
		clean[validText(name)] = c
	}
	if len(clean) != len(row) {
		return nil, errors.New("a property twice")
	}
	return clean, nil
}

// SetWMI sets the rows of a class, replacing those it had. Values are as for
// [NewTable], and so are the elements of slices, which may be nested 8 deep. A
// value of another type, a number that is not finite, a property twice and a
// nil row are errors.
func (d *Document) SetWMI(namespace, class string, rows ...map[string]any) error {
	namespace, class = cleanNamespace(validText(namespace)), validText(class)
	var clean []map[string]any
	for i, row := range rows {
		c, err := cleanRow(row)
		if err != nil {
			return fmt.Errorf("applicability: WMI class %s:%s: row %d: %w", namespace, class, i, err)
		}
		clean = append(clean, c)
	}
	table, err := NewTable(nil, clean)
	if err != nil {
		return fmt.Errorf("applicability: WMI class %s:%s: %w", namespace, class, err)
	}
	if d.wmi == nil {
		d.wmi = map[classID]*documentClass{}
	}
	d.wmi[classID{fold(namespace), fold(class)}] = &documentClass{
		namespace: namespace, class: class, rows: clean, table: table,
	}
	return nil
}
