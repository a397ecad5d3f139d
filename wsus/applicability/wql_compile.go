package applicability

import (
	"slices"
	"strings"
)

// compiledQuery is a query, shared by all rules that are written the same.
type compiledQuery struct {
	id    queryID
	class classID
	// conditions is indexes into the conditions of the rule set: the query
	// has a row when one of them has.
	conditions []int32
	err        error
}

// queryCompiler turns queries into conditions. A condition that occurs in
// several queries, whatever its spelling, is one condition.
type queryCompiler struct {
	set     *ruleSet
	queries map[queryID]*compiledQuery // by folded namespace
	classes map[classID]*classConditions
	// parser parses comparisons one by one, over the properties of query; found
	// is the conditions of the query that is being compiled.
	parser wqlParser
	query  wqlQuery
	found  []int32
	buf    []byte
}

// classConditions finds the conditions on the rows of a class: by what they
// say, and comparisons by how they are written.
type classConditions struct {
	said, written map[string]int32
	// props is the properties that the last comparison read.
	props []string
}

func newQueryCompiler(set *ruleSet) queryCompiler {
	return queryCompiler{
		set: set, queries: map[queryID]*compiledQuery{}, classes: map[classID]*classConditions{},
		parser: wqlParser{folded: map[string]string{}},
	}
}

// compile compiles a query once.
func (c *queryCompiler) compile(namespace, text string) *compiledQuery {
	key := queryID{fold(namespace), text}
	if q, ok := c.queries[key]; ok {
		return q
	}
	q := &compiledQuery{id: queryID{namespace, text}}
	c.queries[key] = q
	c.found = c.found[:0]
	if !c.disjunction(q, key.namespace) {
		c.found = c.found[:0]
		c.parse(q, key.namespace)
	}
	q.conditions = slices.Clone(c.found)
	return q
}

// parse compiles any query.
func (c *queryCompiler) parse(q *compiledQuery, namespace string) {
	parsed, err := parseWQL(q.id.wql)
	if err != nil {
		q.err = err
		return
	}
	class := c.class(q, namespace, parsed.class)
	for _, e := range parsed.split() {
		c.add(class, parsed, e)
	}
}

// class sets the class of a query and returns the conditions on it.
func (c *queryCompiler) class(q *compiledQuery, namespace, name string) *classConditions {
	q.class = classID{namespace, fold(name)}
	class := c.classes[q.class]
	if class == nil {
		class = &classConditions{said: map[string]int32{}, written: map[string]int32{}}
		c.classes[q.class] = class
	}
	return class
}

// add adds a condition of a parsed query to those of the query.
func (c *queryCompiler) add(class *classConditions, parsed *wqlQuery, e *wqlExpr) int32 {
	c.buf = c.buf[:0]
	if e != nil {
		c.buf = e.appendKey(c.buf, parsed.props)
	}
	i, ok := class.said[string(c.buf)]
	if !ok {
		i = c.set.condition(class.share(parsed.narrow(e)))
		class.said[string(c.buf)] = i
	}
	c.found = append(c.found, i)
	return i
}

// share makes a condition use the properties of the last one if they are the
// same, and keeps a copy of its own if not.
func (k *classConditions) share(c wqlCondition) wqlCondition {
	if !slices.Equal(k.props, c.props) {
		k.props = slices.Clone(c.props)
	}
	c.props = k.props
	return c
}

// condition appends a condition.
func (s *ruleSet) condition(c wqlCondition) int32 {
	n := len(s.conditions)
	if n == cap(s.conditions) {
		s.conditions = slices.Grow(s.conditions, max(n, firstNodes))
	}
	s.conditions = append(s.conditions, c)
	return int32(n)
}

// disjunction compiles a query that is written as nearly all are: comparisons
// of a property with a string, joined by OR. A comparison that was met before
// in the same spelling is not parsed again. It returns false for every query
// that is not of the form, or has a fault: parse does those.
func (c *queryCompiler) disjunction(q *compiledQuery, namespace string) bool {
	if len(q.id.wql) > MaxQueryLength {
		return false
	}
	p := &c.parser
	p.lex, p.query = wqlLexer{query: q.id.wql}, &c.query
	if p.advance() != nil || p.head() != nil || !p.is("where") {
		return false
	}
	class := c.class(q, namespace, c.query.class)
	for rest := q.id.wql[p.lex.pos:]; ; {
		rest = strings.TrimLeft(rest, wqlBlanks)
		n := comparisonLength(rest)
		if n == 0 || !c.comparison(class, rest[:n]) {
			return false
		}
		rest = strings.TrimLeft(rest[n:], wqlBlanks)
		if rest == "" {
			return true
		}
		if len(rest) < 3 || !strings.EqualFold(rest[:2], "or") || isNameStart(rest[2]) || isDigit(rest[2]) {
			return false
		}
		rest = rest[2:]
	}
}

// comparison adds a comparison to the conditions of the query; false if the
// text is not exactly one.
func (c *queryCompiler) comparison(class *classConditions, text string) bool {
	if i, ok := class.written[text]; ok {
		c.found = append(c.found, i)
		return true
	}
	c.query.props = c.query.props[:0]
	p := &c.parser
	p.lex, p.query = wqlLexer{query: text}, &c.query
	if p.advance() != nil {
		return false
	}
	e, err := p.condition()
	if err != nil || p.tok.kind != tokEnd {
		return false
	}
	class.written[text] = c.add(class, p.query, e)
	return true
}

// comparisonLength is the length of the text up to the end of its first
// string, if that may be a comparison of a property with a string; else 0.
// The text that follows begins a new token, whatever it is.
func comparisonLength(s string) int {
	if s == "" || !isNameStart(s[0]) {
		return 0
	}
	open := 0
	for open < len(s) && s[open] != '\'' && s[open] != '"' {
		open++
	}
	for i := open + 1; i < len(s); i++ {
		if s[i] == s[open] {
			return i + 1
		}
		if s[i] == '\\' {
			i++
		}
	}
	return 0
}
