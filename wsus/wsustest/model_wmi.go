package wsustest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math/big"
	"regexp"
	"strconv"
	"strings"
)

// table is the rows of a WMI class in a document.
type table struct {
	Rows       []map[string]any `json:"rows"`
	Properties []string         `json:"properties"`
}

// UnmarshalJSON reads an object, or the rows alone.
func (t *table) UnmarshalJSON(data []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		return decoder.Decode(&t.Rows)
	}
	type plain table
	return decoder.Decode((*plain)(t))
}

// table is a class, and whether it is there.
func (d *document) table(namespace, class string) (*table, tri) {
	for ns, classes := range d.WMI {
		for name, t := range classes {
			if cleanNamespace(ns) == cleanNamespace(namespace) && lower(name) == lower(class) {
				return t, triOf(t != nil)
			}
		}
	}
	return nil, unknown
}

// rows are the rows, their properties in lower case. A property that some row
// has is NULL in those that lack it; others are not known.
func (t *table) rows() []map[string]any {
	known := map[string]any{}
	for _, name := range t.Properties {
		known[lower(name)] = nil
	}
	for _, row := range t.Rows {
		for name := range row {
			known[lower(name)] = nil
		}
	}
	var rows []map[string]any
	for _, row := range t.Rows {
		full := map[string]any{}
		for name := range known {
			full[name] = nil
		}
		for name, v := range row {
			full[lower(name)] = v
		}
		rows = append(rows, full)
	}
	return rows
}

// literal takes a literal, if one is next: a text, a number or a truth value.
func (q *wql) literal() (any, bool) {
	w := q.next()
	var v any
	switch {
	case w.kind == 1:
		v = unquoted(w.text)
	case w.kind == 3:
		v = json.Number(w.text)
	case w.kind == 2 && lower(w.text) == "true":
		v = true
	case w.kind == 2 && lower(w.text) == "false":
		v = false
	default:
		return nil, false
	}
	q.at++
	return v, true
}

// onValue is a condition on one property: anything when the property is not
// known or is an array, null when it is NULL.
func (q *wql) onValue(property string, holds func(any) tri) condition {
	return func(row map[string]any) map[tri]bool {
		v, known := row[property]
		_, array := v.([]any)
		_, object := v.(map[string]any)
		if !known || array || object {
			return map[tri]bool{no: true, unknown: true, yes: true}
		}
		if v == nil {
			return map[tri]bool{unknown: true}
		}
		return map[tri]bool{holds(v): true}
	}
}

// compare is the comparison of a property with a literal.
func (q *wql) compare(property string, orders []int, lit any) condition {
	return q.onValue(property, func(v any) tri { return passes(orders, q.j.order(v, lit)) })
}

// order compares two values: two texts as text; otherwise as numbers if both
// can be read as such, true being 1; else as text.
func (j *judge) order(v, lit any) int {
	_, text := v.(string)
	_, litText := lit.(string)
	if !text || !litText {
		x, okX := j.number(v)
		y, okY := j.number(lit)
		if okX && okY {
			order := x.value.Cmp(y.value)
			floatX, _ := x.value.Float64()
			floatY, _ := y.value.Float64()
			if order != 0 && floatX == floatY && (!x.whole || !y.whole) {
				j.unmodelled["numbers in WQL that differ by less than floating point can tell"] = true
			}
			return order
		}
	}
	if n, ok := lit.(json.Number); ok {
		lit = n.String() // as it is written
	}
	return cmp.Compare(lower(j.wordOf(v)), lower(j.wordOf(lit)))
}

// wordOf is the text of a value.
func (j *judge) wordOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			j.unmodelled["numbers that are not whole as text in WQL"] = true
		}
		return v.String()
	}
	return ""
}

// numeral is a value as a number, and whether it is written as a whole one of
// 64 bits.
type numeral struct {
	value *big.Rat
	whole bool
}

// numberText is a decimal number.
var numberText = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?([0-9]+))?$`)

// number reads a value as a number if it can be read as one. A text that
// others might read as a number and this does not know how is refused.
func (j *judge) number(v any) (numeral, bool) {
	s := ""
	switch v := v.(type) {
	case bool:
		return numeral{big.NewRat(map[bool]int64{true: 1}[v], 1), true}, true
	case json.Number:
		s = v.String()
	case string:
		s = v
	}
	found := numberText.FindStringSubmatch(s)
	_, text := v.(string)
	if text && (strings.HasPrefix(s, ".") && found != nil || strings.HasPrefix(strings.TrimLeft(lower(s), "+-"), "0x") || found != nil && len(s) > 40) {
		j.unmodelled["such texts as numbers in WQL"] = true
		return numeral{}, false
	}
	if found == nil {
		return numeral{}, false
	}
	if len(found[3]) > 2 {
		j.unmodelled["numbers with exponents of more than two digits in WQL"] = true
		return numeral{}, false
	}
	_, err := strconv.ParseInt(s, 10, 64)
	value, ok := new(big.Rat).SetString(s)
	if !ok { // a point with nothing after it
		value, ok = new(big.Rat).SetString(strings.Replace(s, ".", "", 1))
	}
	return numeral{value, err == nil}, ok
}
