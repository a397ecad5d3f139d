package applicability

import "slices"

// wqlQuery is a parsed query. where is nil when there is none.
type wqlQuery struct {
	class string
	// props is the folded names of the properties that where reads; the
	// leaves of where hold indexes into it.
	props []string
	where *wqlExpr
}

// CheckQuery reports whether the WQL evaluator understands a query; the error
// is a [*QueryError].
func CheckQuery(wql string) error {
	_, err := parseWQL(wql)
	return err
}

type wqlOp uint8

const (
	wqlAnd wqlOp = 1 + iota
	wqlOr
	wqlNot
	wqlCompare
	wqlNotEqual
	wqlLike
	wqlIsNull
	wqlIsNotNull
)

// wqlExpr is a node of a condition.
type wqlExpr struct {
	op   wqlOp
	kids []*wqlExpr
	prop int
	cmp  comparison // of wqlCompare
	lit  cell       // of wqlCompare, wqlNotEqual; the pattern of wqlLike
	like *likePattern
}

type wqlParser struct {
	lex   wqlLexer
	tok   wqlToken
	query *wqlQuery
	index map[string]int // of the properties of query, once they are many
	depth int
	// folded is the folded form of names met before; nil remembers none.
	folded map[string]string
}

// fewProperties is how many properties of a query are looked through one by one.
const fewProperties = 8

// parseWQL parses SELECT (* | property, ...) FROM class [WHERE condition].
func parseWQL(s string) (*wqlQuery, error) {
	p := &wqlParser{lex: wqlLexer{query: s}, query: &wqlQuery{}}
	if len(s) > MaxQueryLength {
		return nil, p.lex.fail(MaxQueryLength, "query of %d bytes, at most %d", len(s), MaxQueryLength)
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if err := p.head(); err != nil {
		return nil, err
	}
	if p.tok.kind == tokEnd {
		return p.query, nil
	}
	if err := p.keyword("where"); err != nil {
		return nil, err
	}
	where, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.tok.kind != tokEnd {
		return nil, p.unexpected("AND, OR or the end of the query")
	}
	p.query.where = where
	return p.query, nil
}

func (p *wqlParser) advance() (err error) {
	p.tok, err = p.lex.next()
	return err
}

func (p *wqlParser) unexpected(want string) error {
	return p.lex.fail(p.tok.offset, "found %v, want %s", p.tok, want)
}

func (p *wqlParser) is(keyword string) bool {
	return p.tok.kind == tokName && foldsTo(p.tok.text, keyword)
}

func (p *wqlParser) symbol(s string) bool {
	return p.tok.kind == tokSymbol && p.tok.text == s
}

func (p *wqlParser) keyword(k string) error {
	if !p.is(k) {
		return p.unexpected(k)
	}
	return p.advance()
}

// longestReserved is the length of the longest reserved name.
const longestReserved = len("select")

// reserved reports whether a name cannot be a property.
func reserved(name string) bool {
	if len(name) > longestReserved && isASCII(name) {
		return false
	}
	switch fold(name) {
	case "select", "from", "where", "and", "or", "not", "like", "is", "null", "true", "false", "isa", "within", "group":
		return true
	}
	return false
}

// name reads a class or property name.
func (p *wqlParser) name(what string) (wqlToken, error) {
	t := p.tok
	if t.kind != tokName || reserved(t.text) {
		return t, p.unexpected(what)
	}
	return t, p.advance()
}

// head parses the query up to the class name. The list of properties has no
// influence on whether there are rows.
func (p *wqlParser) head() error {
	if err := p.keyword("select"); err != nil {
		return err
	}
	if p.symbol("*") {
		if err := p.advance(); err != nil {
			return err
		}
	} else {
		for {
			if _, err := p.name("* or a property"); err != nil {
				return err
			}
			if !p.symbol(",") {
				break
			}
			if err := p.advance(); err != nil {
				return err
			}
		}
	}
	if err := p.keyword("from"); err != nil {
		return err
	}
	t, err := p.name("a class")
	p.query.class = t.text
	return err
}

func (p *wqlParser) or() (*wqlExpr, error) { return p.chain("or", wqlOr, p.and) }

func (p *wqlParser) and() (*wqlExpr, error) { return p.chain("and", wqlAnd, p.not) }

// chain parses operands joined by one keyword.
func (p *wqlParser) chain(keyword string, op wqlOp, operand func() (*wqlExpr, error)) (*wqlExpr, error) {
	first, err := operand()
	if err != nil || !p.is(keyword) {
		return first, err
	}
	e := &wqlExpr{op: op, kids: []*wqlExpr{first}}
	for p.is(keyword) {
		if err := p.advance(); err != nil {
			return nil, err
		}
		kid, err := operand()
		if err != nil {
			return nil, err
		}
		e.kids = append(e.kids, kid)
	}
	return e, nil
}

func (p *wqlParser) enter() error {
	p.depth++
	if p.depth > MaxQueryDepth {
		return p.lex.fail(p.tok.offset, "nested more than %d deep", MaxQueryDepth)
	}
	return nil
}

func (p *wqlParser) not() (*wqlExpr, error) {
	if p.is("not") {
		if err := p.enter(); err != nil {
			return nil, err
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
		kid, err := p.not()
		p.depth--
		return &wqlExpr{op: wqlNot, kids: []*wqlExpr{kid}}, err
	}
	if !p.symbol("(") {
		return p.condition()
	}
	if err := p.enter(); err != nil {
		return nil, err
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	p.depth--
	if !p.symbol(")") {
		return nil, p.unexpected("AND, OR or )")
	}
	return e, p.advance()
}

// condition parses property op literal, literal op property, property LIKE
// 'pattern' and property IS [NOT] NULL.
func (p *wqlParser) condition() (*wqlExpr, error) {
	if lit, ok, err := p.literal(); ok || err != nil {
		if err != nil {
			return nil, err
		}
		return p.swapped(lit)
	}
	name, err := p.name("a property, a literal, NOT or (")
	if err != nil {
		return nil, err
	}
	e := &wqlExpr{prop: p.property(p.fold(name.text))}
	if p.is("like") {
		return e, p.like(e)
	}
	if p.is("is") {
		return e, p.isNull(e)
	}
	if err := p.operator(e, false); err != nil {
		return nil, err
	}
	lit, ok, err := p.literal()
	if err == nil && !ok {
		err = p.unexpected("a string, a number, TRUE or FALSE")
	}
	e.lit = lit
	return e, err
}

// fold is fold for names, which are few and occur often.
func (p *wqlParser) fold(name string) string {
	folded, ok := p.folded[name]
	if !ok {
		folded = fold(name)
		if p.folded != nil {
			p.folded[name] = folded
		}
	}
	return folded
}

func (p *wqlParser) property(folded string) int {
	q := p.query
	if p.index == nil {
		if i := slices.Index(q.props, folded); i >= 0 {
			return i
		}
		if len(q.props) == fewProperties {
			p.index = make(map[string]int, 2*fewProperties)
			for i, name := range q.props {
				p.index[name] = i
			}
		}
	} else if i, ok := p.index[folded]; ok {
		return i
	}
	i := len(q.props)
	if p.index != nil {
		p.index[folded] = i
	}
	q.props = append(q.props, folded)
	return i
}

// swapped parses the rest of literal op property.
func (p *wqlParser) swapped(lit cell) (*wqlExpr, error) {
	e := &wqlExpr{lit: lit}
	if err := p.operator(e, true); err != nil {
		return nil, err
	}
	name, err := p.name("a property")
	if err != nil {
		return nil, err
	}
	e.prop = p.property(p.fold(name.text))
	return e, nil
}

// operator reads a comparison; swap turns it round.
func (p *wqlParser) operator(e *wqlExpr, swap bool) error {
	e.op = wqlCompare
	text := ""
	if p.tok.kind == tokSymbol {
		text = p.tok.text
	}
	switch text {
	case "=":
		e.cmp = cmpEqual
	case "<>", "!=":
		e.op = wqlNotEqual
	case "<":
		e.cmp = cmpLess
	case "<=":
		e.cmp = cmpLessOrEqual
	case ">":
		e.cmp = cmpGreater
	case ">=":
		e.cmp = cmpGreaterOrEqual
	default:
		return p.unexpected("=, <>, !=, <, <=, >, >=, LIKE or IS")
	}
	if swap && e.op == wqlCompare {
		e.cmp = cmpLess + cmpGreater - e.cmp
	}
	return p.advance()
}

// literal reads a string, a number, TRUE or FALSE if one is next.
func (p *wqlParser) literal() (cell, bool, error) {
	t := p.tok
	if t.kind == tokString {
		return textCell(t.text), true, p.advance()
	}
	if t.kind == tokNumber {
		c, err := numberCell(t.text)
		if err != nil {
			return c, false, p.lex.fail(t.offset, "%.40q is not a finite number", t.text)
		}
		return c, true, p.advance()
	}
	if p.is("true") || p.is("false") {
		return boolCell(foldsTo(t.text, "true")), true, p.advance()
	}
	return cell{}, false, nil
}

func (p *wqlParser) like(e *wqlExpr) error {
	e.op = wqlLike
	if err := p.advance(); err != nil {
		return err
	}
	if p.tok.kind != tokString {
		return p.unexpected("a string")
	}
	lit := textCell(p.tok.text)
	like, err := compileLike(lit.folded)
	if err != nil {
		return p.lex.fail(p.tok.offset, "%v", err)
	}
	e.lit, e.like = lit, like
	return p.advance()
}

func (p *wqlParser) isNull(e *wqlExpr) error {
	e.op = wqlIsNull
	if err := p.advance(); err != nil {
		return err
	}
	if p.is("not") {
		e.op = wqlIsNotNull
		if err := p.advance(); err != nil {
			return err
		}
	}
	return p.keyword("null")
}

// appendKey writes the expression in one unambiguous form, by which equal
// conditions of different queries are recognised.
func (e *wqlExpr) appendKey(b []byte, props []string) []byte {
	b = append(b, '(', '0'+byte(e.op))
	switch e.op {
	case wqlAnd, wqlOr, wqlNot:
		for _, kid := range e.kids {
			b = kid.appendKey(b, props)
		}
	case wqlCompare, wqlNotEqual, wqlLike, wqlIsNull, wqlIsNotNull:
		b = appendText(b, props[e.prop])
		b = append(b, '0'+byte(e.cmp), '0'+byte(e.lit.kind))
		b = appendText(b, e.lit.folded)
	}
	return append(b, ')')
}
