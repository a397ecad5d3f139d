package applicability

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
)

type cellKind uint8

const (
	cellNull cellKind = iota
	cellText
	cellNumber
	cellBool
	cellArray
)

// cell is a value of a WMI property or a literal of a query.
type cell struct {
	kind    cellKind
	numeric bool // num (and, when exact, whole) hold the value as a number
	exact   bool
	whole   int64
	num     float64
	text    string // as written
	folded  string
}

// newCell makes a cell of a Go value: nil, a string, a bool, an integer or
// floating-point number, or a slice, which WQL cannot compare.
func newCell(v any) (cell, error) {
	switch v := v.(type) {
	case nil:
		return cell{}, nil
	case string:
		return textCell(v), nil
	case bool:
		return boolCell(v), nil
	case int:
		return wholeCell(int64(v)), nil
	case int64:
		return wholeCell(v), nil
	case int32:
		return wholeCell(int64(v)), nil
	case uint32:
		return wholeCell(int64(v)), nil
	case uint16:
		return wholeCell(int64(v)), nil
	case uint64:
		if v <= math.MaxInt64 {
			return wholeCell(int64(v)), nil
		}
		return numberCell(strconv.FormatUint(v, 10))
	case float64:
		return numberCell(strconv.FormatFloat(v, 'g', -1, 64))
	case []any, []string:
		return cell{kind: cellArray}, nil
	}
	return cell{}, fmt.Errorf("applicability: WMI value of type %T: want nil, string, bool, a number or a slice", v)
}

func textCell(s string) cell {
	c := cell{kind: cellText, text: s, folded: fold(s)}
	if s != "" && len(s) <= 40 && (isDigit(s[0]) || s[0] == '-' || s[0] == '+') {
		c.parseNumber()
	}
	return c
}

func boolCell(b bool) cell {
	c := cell{kind: cellBool, numeric: true, exact: true, text: "FALSE", folded: "false"}
	if b {
		c.text, c.folded, c.whole, c.num = "TRUE", "true", 1, 1
	}
	return c
}

func wholeCell(n int64) cell {
	s := strconv.FormatInt(n, 10)
	return cell{kind: cellNumber, numeric: true, exact: true, whole: n, num: float64(n), text: s, folded: s}
}

// numberCell makes a number of its text.
func numberCell(s string) (cell, error) {
	c := cell{kind: cellNumber, text: s, folded: fold(s)}
	c.parseNumber()
	if !c.numeric {
		return cell{}, fmt.Errorf("applicability: WMI number %.40q: not a finite number", s)
	}
	return c, nil
}

func (c *cell) parseNumber() {
	if n, err := strconv.ParseInt(c.text, 10, 64); err == nil {
		c.numeric, c.exact, c.whole, c.num = true, true, n, float64(n)
		return
	}
	f, err := strconv.ParseFloat(c.text, 64)
	if err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) {
		c.numeric, c.num = true, f
	}
}

// order compares a property with a literal. Two strings are compared as
// folded text. Otherwise, when both are numbers or can be read as such
// (TRUE is 1, FALSE is 0), they are compared as numbers, else as folded
// text. Null and arrays are not compared here.
func (c *cell) order(lit *cell) int {
	if c.kind == cellText && lit.kind == cellText {
		return cmp.Compare(c.folded, lit.folded)
	}
	if c.numeric && lit.numeric {
		if c.exact && lit.exact {
			return cmp.Compare(c.whole, lit.whole)
		}
		return cmp.Compare(c.num, lit.num)
	}
	return cmp.Compare(c.folded, lit.folded)
}

// Table is the rows of a WMI class. It is immutable and safe for concurrent
// use.
type Table struct {
	rows    int
	columns map[string]*column
}

// column is a property: one cell for each row.
type column struct {
	name  string
	cells []cell
}

// NewTable builds a table from rows that map property names to values: nil
// for NULL, a string, a bool, a number, or a slice for an array (which
// queries can test for NULL only). Names are compared without regard to
// case. A property that some row has, or that properties lists, is known, and
// is NULL in the rows that lack it; every other property is unavailable.
func NewTable(properties []string, rows []map[string]any) (*Table, error) {
	t := &Table{rows: len(rows), columns: map[string]*column{}}
	for _, name := range properties {
		t.column(name)
	}
	for i, row := range rows {
		seen := make(map[string]bool, len(row))
		for name, v := range row {
			folded := fold(name)
			if seen[folded] {
				return nil, fmt.Errorf("applicability: WMI row %d: property %q twice", i, name)
			}
			seen[folded] = true
			c, err := newCell(v)
			if err != nil {
				return nil, fmt.Errorf("WMI row %d, property %q: %w", i, name, err)
			}
			t.column(name).cells[i] = c
		}
	}
	return t, nil
}

// column returns the named column, adding it when it is not there.
func (t *Table) column(name string) *column {
	folded := fold(name)
	col := t.columns[folded]
	if col == nil {
		col = &column{name: name, cells: make([]cell, t.rows)}
		t.columns[folded] = col
	} else if name < col.name {
		// The same name in two spellings: keep the one that sorts first, so
		// that the order of a map does not show.
		col.name = name
	}
	return col
}

// Len is the number of rows.
func (t *Table) Len() int { return t.rows }
