package xmltok_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/updatescan/updatescan/internal/xmltok"
)

// eventsOf lists what the tokenizer finds in doc, one line per token: "+" a
// start tag, "-" an end tag, "=" text, merged where nothing comes between.
// Names are written {space}local.
func eventsOf(doc []byte, lim xmltok.Limits, fragments bool) ([]string, error) {
	var t xmltok.Tokenizer
	t.Reset(doc, lim, fragments)
	var list eventList
	for {
		kind, err := t.Next()
		if err != nil {
			return nil, err
		}
		switch kind {
		case xmltok.Start:
			line := "+" + nameOf(t.Space(), t.Local())
			for _, attr := range t.Attrs() {
				var space []byte
				if attr.Prefix != nil {
					space, _ = t.Lookup(attr.Prefix)
				}
				line += fmt.Sprintf(" %s=%q", nameOf(space, attr.Local), attr.Value)
			}
			list.add(line)
		case xmltok.End:
			list.add("-" + nameOf(t.Space(), t.Local()))
		case xmltok.Text:
			list.text(string(t.Text()))
		case xmltok.EOF:
			return list.done(), nil
		}
	}
}

// referenceOf is eventsOf by encoding/xml.
func referenceOf(doc []byte) ([]string, error) {
	d := xml.NewDecoder(bytes.NewReader(doc))
	var list eventList
	depth := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return list.done(), nil
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			depth++
			line := "+" + nameOf([]byte(token.Name.Space), []byte(token.Name.Local))
			for _, attr := range token.Attr {
				if attr.Name.Space == "xmlns" || attr.Name.Space == "" && attr.Name.Local == "xmlns" {
					continue
				}
				line += fmt.Sprintf(" %s=%q", nameOf([]byte(attr.Name.Space), []byte(attr.Name.Local)), attr.Value)
			}
			list.add(line)
		case xml.EndElement:
			depth--
			list.add("-" + nameOf([]byte(token.Name.Space), []byte(token.Name.Local)))
		case xml.CharData:
			if depth > 0 {
				list.text(string(token))
			}
		}
	}
}

// nameOf writes an expanded name.
func nameOf(space, local []byte) string {
	if len(space) == 0 {
		return string(local)
	}
	return fmt.Sprintf("{%s}%s", space, local)
}

// eventList gathers lines and merges text.
type eventList struct {
	lines   []string
	pending string
}

func (l *eventList) text(s string) { l.pending += s }

func (l *eventList) add(line string) {
	if l.pending != "" {
		l.lines = append(l.lines, fmt.Sprintf("=%q", l.pending))
		l.pending = ""
	}
	l.lines = append(l.lines, line)
}

func (l *eventList) done() []string { return l.lines }

// flatten makes line ends and tabs in tags spaces, in which the two differ:
// encoding/xml does not normalise attribute values.
func flatten(lines []string) []string {
	out := make([]string, len(lines))
	r := strings.NewReplacer("\n", " ", "\t", " ", "\r", " ", `\n`, " ", `\t`, " ", `\r`, " ")
	for i, line := range lines {
		out[i] = line
		if line[0] != '=' {
			out[i] = r.Replace(line)
		}
	}
	return out
}
