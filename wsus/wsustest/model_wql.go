package wsustest

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// wqlToken is one token of a query.
var wqlToken = regexp.MustCompile(`^[ \t\r\n]*(?:` +
	`('(?:[^'\\]|\\[\\'"])*'|"(?:[^"\\]|\\[\\'"])*")` + // 1: a string
	`|([A-Za-z_\x{80}-\x{10FFFF}][A-Za-z0-9_\x{80}-\x{10FFFF}]*)` + // 2: a word
	`|([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)` + // 3: a number
	`|(<>|!=|<=|>=|[=<>(),*]))`) // 4: a sign

// word is a token: its kind is the number of its group above, 0 at the end.
type word struct {
	kind int
	text string
}

// query decides a WmiQuery: whether at least one row comes back.
func (j *judge) query(a *attributes) tri {
	namespace := `root\cimv2`
	if a.has("Namespace") {
		namespace = a.filled("Namespace")
	}
	text := a.filled("WqlQuery")
	q := wql{j: j}
	class, where, ok := q.parse(text)
	if !ok {
		a.badQuery = true
		return unknown
	}
	t, there := j.machine.table(namespace, class)
	if there != yes {
		return there
	}
	result := no
	for _, row := range t.rows() {
		outcomes := map[tri]bool{yes: true} // without a condition every row counts
		if where != nil {
			outcomes = where(row)
		}
		if outcomes[yes] {
			result = max(result, map[bool]tri{true: yes, false: unknown}[len(outcomes) == 1])
		}
	}
	return result
}

// cleanNamespace is the form in which namespaces are compared.
func cleanNamespace(s string) string {
	s = strings.ReplaceAll(strings.TrimSpace(s), "/", `\`)
	s = strings.TrimFunc(strings.TrimPrefix(s, `\\.\`), func(r rune) bool { return r == '\\' || unicode.IsSpace(r) })
	return strings.Join(keyParts(s), `\`)
}

// condition is a condition of a query: for a row, the values that it may have,
// one of SQL's three (no, unknown for null, yes), and several of them when a
// property of the row is not known.
type condition func(row map[string]any) map[tri]bool

// wql reads one query.
type wql struct {
	j      *judge
	words  []word
	at     int
	failed bool
	depth  int
}

func (q *wql) fail() { q.failed = true }

// parse reads SELECT (* | property, ...) FROM class [WHERE condition].
func (q *wql) parse(text string) (class string, where condition, ok bool) {
	if len(text) > 64<<10 {
		return "", nil, false
	}
	for rest := text; strings.Trim(rest, " \t\r\n") != ""; {
		found := wqlToken.FindStringSubmatch(rest)
		if found == nil {
			return "", nil, false
		}
		for kind := 1; kind <= 4; kind++ {
			if found[kind] != "" {
				q.words = append(q.words, word{kind, found[kind]})
			}
		}
		rest = rest[len(found[0]):]
	}
	q.expect("select")
	if !q.accept("*") {
		for q.name(); q.accept(","); q.name() {
		}
	}
	q.expect("from")
	class = q.name()
	if q.accept("where") {
		where = q.or()
	}
	if q.at != len(q.words) {
		q.fail()
	}
	return class, where, !q.failed
}

// next is the token that is next.
func (q *wql) next() word {
	if q.failed || q.at >= len(q.words) {
		return word{}
	}
	return q.words[q.at]
}

// accept takes a word or a sign if it is next.
func (q *wql) accept(text string) bool {
	if w := q.next(); (w.kind == 2 || w.kind == 4) && lower(w.text) == text {
		q.at++
		return true
	}
	return false
}

func (q *wql) expect(text string) {
	if !q.accept(text) {
		q.fail()
	}
}

// name takes the name of a class or a property, in lower case.
func (q *wql) name() string {
	w := q.next()
	name := lower(w.text)
	reserved := []string{"select", "from", "where", "and", "or", "not", "like", "is", "null", "true", "false", "isa", "within", "group"}
	if w.kind != 2 || slices.Contains(reserved, name) {
		q.fail()
		return ""
	}
	q.at++
	return name
}

// combined is a condition of two others: each pair of what they may be.
func combined(x, y condition, by func(a, b tri) tri) condition {
	return func(row map[string]any) map[tri]bool {
		outcomes := map[tri]bool{}
		right := y(row)
		for a := range x(row) {
			for b := range right {
				outcomes[by(a, b)] = true
			}
		}
		return outcomes
	}
}

func (q *wql) or() condition {
	x := q.and()
	for q.accept("or") {
		x = combined(x, q.and(), func(a, b tri) tri { return max(a, b) })
	}
	return x
}

func (q *wql) and() condition {
	x := q.not()
	for q.accept("and") {
		x = combined(x, q.not(), func(a, b tri) tri { return min(a, b) })
	}
	return x
}

// not reads NOT condition, (condition) or a comparison. The first two nest 64
// deep at most.
func (q *wql) not() condition {
	negated := q.accept("not")
	if !negated && !q.accept("(") {
		return q.comparison()
	}
	if q.depth++; q.depth > 64 {
		q.fail()
	}
	if q.failed {
		return nil
	}
	var x condition
	if negated {
		inner := q.not()
		x = func(row map[string]any) map[tri]bool {
			outcomes := map[tri]bool{}
			for a := range inner(row) {
				outcomes[not(a)] = true
			}
			return outcomes
		}
	} else {
		x = q.or()
		q.expect(")")
	}
	q.depth--
	return x
}

// comparison reads property op literal, literal op property, property LIKE
// 'pattern' and property IS [NOT] NULL.
func (q *wql) comparison() condition {
	if lit, ok := q.literal(); ok {
		orders := q.operator()
		for i := range orders {
			orders[i] = -orders[i]
		}
		return q.compare(q.name(), orders, lit)
	}
	property := q.name()
	if q.accept("like") {
		return q.like(property)
	}
	if q.accept("is") {
		wanted := !q.accept("not")
		q.expect("null")
		return func(row map[string]any) map[tri]bool {
			v, known := row[property]
			if !known {
				return map[tri]bool{no: true, yes: true}
			}
			return map[tri]bool{triOf((v == nil) == wanted): true}
		}
	}
	orders := q.operator()
	lit, ok := q.literal()
	if !ok {
		q.fail()
	}
	return q.compare(property, orders, lit)
}

// operator takes an operator: the orders that it lets pass.
func (q *wql) operator() []int {
	orders := map[string][]int{"=": {0}, "<>": {-1, 1}, "!=": {-1, 1}, "<": {-1}, "<=": {-1, 0}, ">": {1}, ">=": {0, 1}}[q.next().text]
	if orders == nil || q.next().kind != 4 {
		q.fail()
	}
	q.at++
	return orders
}

// unquoted is the content of a string of the query.
func unquoted(s string) string {
	var b strings.Builder
	for i := 1; i < len(s)-1; i++ {
		if s[i] == '\\' {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// like reads the pattern of LIKE.
func (q *wql) like(property string) condition {
	w := q.next()
	if w.kind != 1 {
		q.fail()
		return nil
	}
	q.at++
	pattern := unquoted(w.text)
	if _, ok := (Model{}).Like(pattern, ""); !ok {
		q.fail()
		return nil
	}
	return q.onValue(property, func(v any) tri {
		matches, _ := Model{}.Like(pattern, q.j.wordOf(v))
		return triOf(matches)
	})
}

// Like is the reference of LIKE in WQL: whether the whole text matches the
// pattern, and whether the pattern is one. In it % is any text, _ one
// character, [a-f] one of a set, [^a-f] one not of it. Case does not count.
func (m Model) Like(pattern, text string) (matches, ok bool) {
	p := []rune(lower(pattern))
	for i := 0; i < len(p); i++ {
		if p[i] != '[' {
			continue
		}
		end := slices.Index(p[i:], ']')
		if end < 0 || end == 1 || end == 2 && p[i+1] == '^' {
			return false, false
		}
		i += end
	}
	return like(p, []rune(lower(text))), true
}

// like tries everything, one character after the other.
func like(pattern, text []rune) bool {
	if len(pattern) == 0 {
		return len(text) == 0
	}
	if pattern[0] == '%' {
		for i := range len(text) + 1 {
			if like(pattern[1:], text[i:]) {
				return true
			}
		}
		return false
	}
	if len(text) == 0 {
		return false
	}
	if pattern[0] != '[' {
		return (pattern[0] == '_' || pattern[0] == text[0]) && like(pattern[1:], text[1:])
	}
	end := slices.Index(pattern, ']')
	set, negate := pattern[1:end], false
	if set[0] == '^' {
		set, negate = set[1:], true
	}
	in := false
	for i := 0; i < len(set); i++ {
		if i+2 < len(set) && set[i+1] == '-' {
			in = in || (set[i] <= text[0] && text[0] <= set[i+2])
			i += 2
		} else {
			in = in || set[i] == text[0]
		}
	}
	return in != negate && like(pattern[end+1:], text[1:])
}
