package sqlstore

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// maxNames is how many numbers of clients, and of updates, a store remembers.
const maxNames = 200_000

// names remembers the numbers of texts: of clients or of updates. It holds about
// maxNames at most: when, after a transaction, the young ones are half of that, they
// become the old ones, and those that were old are forgotten. Within a transaction
// nothing is forgotten.
type names struct {
	young, old map[string]int64
	// fresh were given out in the transaction that is open.
	fresh map[string]int64
	// next is the next number that is free; the store is the only writer.
	next int64
}

// get returns a number, 0 when it is not remembered.
func (n *names) get(name string) int64 {
	if id, ok := n.young[name]; ok {
		return id
	}
	if id, ok := n.fresh[name]; ok {
		return id
	}
	id, ok := n.old[name]
	if ok {
		n.set(name, id)
	}
	return id
}

// set remembers a number.
func (n *names) set(name string, id int64) {
	if n.young == nil {
		n.young = make(map[string]int64)
	}
	n.young[strings.Clone(name)] = id
}

// forget forgets all numbers; they are found again in the database.
func (n *names) forget() { n.young, n.old = nil, nil }

// give gives a new number out.
func (n *names) give(name string) int64 {
	if n.fresh == nil {
		n.fresh = make(map[string]int64)
	}
	id := n.next + int64(len(n.fresh))
	n.fresh[name] = id
	return id
}

// settle remembers what was given out when the transaction took place, and forgets
// it when it did not.
func (n *names) settle(committed bool) {
	if committed {
		n.next += int64(len(n.fresh))
		for name, id := range n.fresh {
			n.set(name, id)
		}
	}
	n.fresh = nil
	if len(n.young) >= maxNames/2 {
		n.old, n.young = n.young, nil
	}
}

// storable says whether a database can hold a text. One that it cannot hold is
// nowhere in it.
func storable(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// list is texts as one argument; see [Store.in].
func list(d Dialect, texts []string) string {
	if d == SQLite {
		b, _ := json.Marshal(texts) // texts are never an error
		return string(b)
	}
	var b strings.Builder
	b.WriteByte('{')
	for i, s := range texts {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('"')
		for j := range len(s) {
			if s[j] == '"' || s[j] == '\\' {
				b.WriteByte('\\')
			}
			b.WriteByte(s[j])
		}
		b.WriteByte('"')
	}
	b.WriteByte('}')
	return b.String()
}

// within is the condition that a column of texts is in the list that is the next
// argument.
func within(d Dialect, column string) string {
	if d == SQLite {
		return column + ` IN (SELECT value FROM json_each(?))`
	}
	return column + ` = ANY (CAST(? AS TEXT[]))`
}

// numbers is the same for integers.
func numbers(d Dialect, ids []int64) string {
	b, _ := json.Marshal(ids) // numbers are never an error
	if d == SQLite {
		return string(b)
	}
	return "{" + strings.Trim(string(b), "[]") + "}"
}

// withinNumbers is the condition that a column of integers is in the list that is
// the next argument.
func withinNumbers(d Dialect, column string) string {
	if d == SQLite {
		return column + ` IN (SELECT value FROM json_each(?))`
	}
	return column + ` = ANY (CAST(? AS BIGINT[]))`
}
