package applicability

import (
	"fmt"
	"strings"
	"unicode"
)

// defaultNamespace is the namespace of a query that names none.
const defaultNamespace = `root\cimv2`

// classID names a WMI class, folded.
type classID struct{ namespace, class string }

// queryID names a query as it is written.
type queryID struct{ namespace, wql string }

// compiledQuery is a query, shared by all rules that are written the same.
type compiledQuery struct {
	id    queryID
	class classID
	// conditions is indexes into the conditions of the rule set: the query
	// has a row when one of them has.
	conditions []int32
	err        error
}

// wmiQuery is the WmiQuery rule: at least one row comes back (specified).
type wmiQuery struct{ query *compiledQuery }

// newWMIQuery compiles a WmiQuery.
func newWMIQuery(a *attrs) leaf {
	namespace := defaultNamespace
	if a.has("Namespace") {
		namespace = a.need("Namespace")
	}
	text := a.need("WqlQuery")
	if a.bad {
		return &wmiQuery{query: &compiledQuery{}}
	}
	return &wmiQuery{query: a.c.query(cleanNamespace(namespace), text)}
}

// cleanNamespace writes a namespace with single backslashes, without those
// and blanks at its ends. A namespace on another machine stays as it is and has no
// tables.
func cleanNamespace(s string) string {
	s = strings.ReplaceAll(strings.TrimSpace(s), "/", `\`)
	s = strings.TrimPrefix(s, `\\.\`)
	return cleanKey(strings.TrimFunc(s, func(r rune) bool { return r == '\\' || unicode.IsSpace(r) }))
}

// query compiles a query once.
func (c *compiler) query(namespace, text string) *compiledQuery {
	key := fold(namespace) + "\x00" + text
	if q, ok := c.queryIndex[key]; ok {
		return q
	}
	q := &compiledQuery{id: queryID{namespace, text}}
	c.queryIndex[key] = q
	parsed, err := parseWQL(text)
	if err != nil {
		q.err = err
		return q
	}
	q.class = classID{fold(namespace), fold(parsed.class)}
	prefix := fmt.Sprintf("%q %q ", q.class.namespace, q.class.class)
	for _, e := range parsed.split() {
		c.buf = append(c.buf[:0], prefix...)
		if e != nil {
			c.buf = e.appendKey(c.buf, parsed.props)
		}
		i, ok := c.condIndex[string(c.buf)]
		if !ok {
			i = int32(len(c.set.conditions))
			c.set.conditions = append(c.set.conditions, parsed.narrow(e))
			c.condIndex[string(c.buf)] = i
		}
		q.conditions = append(q.conditions, i)
	}
	return q
}

// test asks whoever answers queries as a whole first, then the tables. A
// class that is not among the tables is not available; a class known to be
// absent has no rows.
func (w *wmiQuery) test(m *machine) outcome {
	q := w.query
	if m.facts.Queries != nil {
		f := m.readQuery(q.id)
		note(m, f, showBool, "WMI %s query %s", q.id.namespace, quoteShort(q.id.wql))
		if f.Presence == Present {
			return decided(f.Value)
		}
	}
	if q.err != nil {
		return outcome{Unknown, CauseWQL}
	}
	f := m.readTable(q.class)
	note(m, f, func(t *Table) string { return fmt.Sprintf("%d rows", t.rows) }, "WMI class %s:%s", q.class.namespace, q.class.class)
	if f.Presence != Present {
		return missing(f.Presence)
	}
	v := False
	for _, i := range q.conditions {
		if v = v.Or(m.condition(i, f.Value)); v == True {
			break
		}
	}
	if v == Unknown {
		return outcome{v, CauseUnavailable}
	}
	return outcome{v, CauseDecided}
}

// condition decides a condition once in an evaluation.
func (m *machine) condition(i int32, t *Table) Value {
	if !m.condSeen[i] {
		m.conditions[i] = m.rules.conditions[i].exists(t)
		m.condSeen[i] = true
	}
	return m.conditions[i]
}
