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
	return &wmiQuery{query: a.c.queries.compile(cleanNamespace(namespace), text)}
}

// cleanNamespace writes a namespace with single backslashes, without those
// and blanks at its ends. A namespace on another machine stays as it is and has no
// tables.
func cleanNamespace(s string) string {
	s = strings.ReplaceAll(strings.TrimSpace(s), "/", `\`)
	s = strings.TrimPrefix(s, `\\.\`)
	return cleanKey(strings.TrimFunc(s, func(r rune) bool { return r == '\\' || unicode.IsSpace(r) }))
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
