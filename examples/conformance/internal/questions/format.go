package questions

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// width is how long a line may be before it is broken.
const width = 160

// format writes the file of a topic. A vector takes a few lines, broken only
// where it would not fit.
func format(topic string, list []vector) ([]byte, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "{\n  \"format\": 1,\n  \"topic\": %q,\n  \"vectors\": [\n", topic)
	for i, v := range list {
		fmt.Fprintf(&b, "    {\"id\": %q, \"rule\": %q, \"side\": %q, \"op\": %q,\n", v.ID, v.Rule, v.Side, v.Op)
		members := []struct {
			key   string
			value any
		}{{"in", v.In}, {"want", v.Want}}
		if v.Note != "" {
			members = append(members, struct {
				key   string
				value any
			}{"note", v.Note})
		}
		if len(v.Flags) > 0 {
			members = append(members, struct {
				key   string
				value any
			}{"flags", v.Flags})
		}
		for j, m := range members {
			raw, err := marshal(m.value)
			if err != nil {
				return nil, err
			}
			n, err := parse(raw)
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(&b, "     %q: ", m.key)
			n.write(&b, 5, len(m.key)+9)
			if j < len(members)-1 {
				b.WriteString(",\n")
			}
		}
		b.WriteString("}")
		if i < len(list)-1 {
			b.WriteString(",")
		}
		b.WriteString("\n")
	}
	b.WriteString("  ]\n}\n")
	return []byte(b.String()), nil
}

// node is a JSON value that knows its text on one line.
type node struct {
	open, end string
	keys      []string // of an object
	kids      []node
	line      string
}

// parse reads a JSON value and keeps the order of its keys.
func parse(raw []byte) (node, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	return parseValue(dec)
}

func parseValue(dec *json.Decoder) (node, error) {
	token, err := dec.Token()
	if err != nil {
		return node{}, err
	}
	if token != json.Delim('{') && token != json.Delim('[') {
		line, err := marshal(token)
		return node{line: string(line)}, err
	}
	n := node{open: "[", end: "]"}
	if token == json.Delim('{') {
		n.open, n.end = "{", "}"
	}
	var parts []string
	for dec.More() {
		var prefix string
		if n.open == "{" {
			key, err := dec.Token()
			if err != nil {
				return node{}, err
			}
			text, err := marshal(key)
			if err != nil {
				return node{}, err
			}
			prefix = string(text) + ": "
			n.keys = append(n.keys, prefix)
		}
		kid, err := parseValue(dec)
		if err != nil {
			return node{}, err
		}
		n.kids = append(n.kids, kid)
		parts = append(parts, prefix+kid.line)
	}
	n.line = n.open + strings.Join(parts, ", ") + n.end
	_, err = dec.Token() // the end
	return n, err
}

// write writes the value, which begins at a column of a line that is indented,
// and returns the column at which it ends. A list that does not fit has a line
// for each element; of an object, lines are filled.
func (n *node) write(b *strings.Builder, indent, column int) int {
	if n.open == "" || column+len(n.line) <= width || len(n.kids) == 0 {
		b.WriteString(n.line)
		return column + len(n.line)
	}
	b.WriteString(n.open)
	indent++
	column++
	for i := range n.kids {
		kid, key := &n.kids[i], ""
		if n.keys != nil {
			key = n.keys[i]
		}
		fits := column+1+len(key)+len(kid.line) < width
		if n.keys == nil || i > 0 && !fits {
			b.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
		} else if i > 0 {
			b.WriteString(" ")
			column++
		}
		b.WriteString(key)
		column = kid.write(b, indent, column+len(key))
		if i < len(n.kids)-1 {
			b.WriteString(",")
			column++
		}
	}
	b.WriteString(n.end)
	return column + 1
}
