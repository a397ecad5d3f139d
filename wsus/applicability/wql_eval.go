package applicability

// truth is the set of values that a condition of a query may have for a row:
// SQL's true, false and null, and more than one of them when a property is
// not available.
type truth uint8

const (
	maybeTrue truth = 1 << iota
	maybeFalse
	maybeNull
	maybeAny = maybeTrue | maybeFalse | maybeNull
)

func truthOf(b bool) truth {
	if b {
		return maybeTrue
	}
	return maybeFalse
}

func (t truth) not() truth {
	r := t & maybeNull
	if t&maybeTrue != 0 {
		r |= maybeFalse
	}
	if t&maybeFalse != 0 {
		r |= maybeTrue
	}
	return r
}

// and is SQL's AND lifted to sets: each pair of members is combined.
func (t truth) and(u truth) truth {
	r := t & u & maybeTrue
	r |= (t | u) & maybeFalse
	if (t&maybeNull != 0 && u&(maybeNull|maybeTrue) != 0) || (u&maybeNull != 0 && t&(maybeNull|maybeTrue) != 0) {
		r |= maybeNull
	}
	return r
}

// or is SQL's OR, by De Morgan's law.
func (t truth) or(u truth) truth { return t.not().and(u.not()).not() }

// wqlCondition is a condition over the rows of one class: a whole WHERE or
// one of the operands of its outermost OR. (Some row makes a OR b true
// exactly when some row makes a true or some row makes b true, so the
// operands can be evaluated, and remembered, one by one.)
type wqlCondition struct {
	props []string
	expr  *wqlExpr // nil: every row
}

// exists decides whether some row of the table satisfies the condition.
func (c *wqlCondition) exists(t *Table) Value {
	if c.expr == nil {
		return ValueOf(t.rows > 0)
	}
	if c.expr.leaf() {
		return c.expr.existsColumn(t, t.columns[c.props[c.expr.prop]])
	}
	cols := make([]*column, len(c.props))
	for i, p := range c.props {
		cols[i] = t.columns[p]
	}
	result := False
	for row := range t.rows {
		v := c.expr.eval(cols, row)
		if v == maybeTrue {
			return True
		}
		if v&maybeTrue != 0 {
			result = Unknown
		}
	}
	return result
}

func (e *wqlExpr) leaf() bool { return e.op != wqlAnd && e.op != wqlOr && e.op != wqlNot }

// existsColumn is exists for a condition on a single property.
func (e *wqlExpr) existsColumn(t *Table, col *column) Value {
	if t.rows == 0 {
		return False
	}
	if col == nil {
		return Unknown
	}
	result := False
	for i := range col.cells {
		v := e.evalCell(&col.cells[i])
		if v == maybeTrue {
			return True
		}
		if v&maybeTrue != 0 {
			result = Unknown
		}
	}
	return result
}

// eval evaluates the condition for a row.
func (e *wqlExpr) eval(cols []*column, row int) truth {
	switch e.op {
	case wqlAnd:
		t := maybeTrue
		for _, kid := range e.kids {
			if t = t.and(kid.eval(cols, row)); t == maybeFalse {
				return t
			}
		}
		return t
	case wqlOr:
		t := maybeFalse
		for _, kid := range e.kids {
			if t = t.or(kid.eval(cols, row)); t == maybeTrue {
				return t
			}
		}
		return t
	case wqlNot:
		return e.kids[0].eval(cols, row).not()
	case wqlCompare, wqlNotEqual, wqlLike, wqlIsNull, wqlIsNotNull:
		if cols[e.prop] == nil {
			return e.unknownCell()
		}
		return e.evalCell(&cols[e.prop].cells[row])
	}
	return maybeAny
}

// unknownCell evaluates a leaf for a property that is not available.
func (e *wqlExpr) unknownCell() truth {
	if e.op == wqlIsNull || e.op == wqlIsNotNull {
		return maybeTrue | maybeFalse
	}
	return maybeAny
}

// evalCell evaluates a leaf for one value. A comparison with NULL is null; a
// comparison with an array is beyond this evaluator, so it may be anything.
func (e *wqlExpr) evalCell(c *cell) truth {
	if e.op == wqlIsNull || e.op == wqlIsNotNull {
		return truthOf((c.kind == cellNull) == (e.op == wqlIsNull))
	}
	if c.kind == cellNull {
		return maybeNull
	}
	if c.kind == cellArray {
		return maybeAny
	}
	if e.op == wqlLike {
		return truthOf(e.like.match(c.folded))
	}
	order := c.order(&e.lit)
	if e.op == wqlNotEqual {
		return truthOf(order != 0)
	}
	return truthOf(e.cmp.holds(order))
}

// split returns the operands of the outermost OR, or the whole condition.
func (q *wqlQuery) split() []*wqlExpr {
	if q.where == nil {
		return []*wqlExpr{nil}
	}
	if q.where.op == wqlOr {
		return q.where.kids
	}
	return []*wqlExpr{q.where}
}

// narrow returns the condition with only the properties it reads.
func (q *wqlQuery) narrow(e *wqlExpr) wqlCondition {
	c := wqlCondition{}
	if e == nil {
		return c
	}
	if len(q.props) == 1 {
		return wqlCondition{props: q.props, expr: e}
	}
	index := map[int]int{}
	var copyExpr func(*wqlExpr) *wqlExpr
	copyExpr = func(e *wqlExpr) *wqlExpr {
		n := *e
		if e.leaf() {
			i, ok := index[e.prop]
			if !ok {
				i = len(c.props)
				index[e.prop] = i
				c.props = append(c.props, q.props[e.prop])
			}
			n.prop = i
			return &n
		}
		n.kids = make([]*wqlExpr, 0, len(e.kids))
		for _, kid := range e.kids {
			n.kids = append(n.kids, copyExpr(kid))
		}
		return &n
	}
	c.expr = copyExpr(e)
	return c
}
