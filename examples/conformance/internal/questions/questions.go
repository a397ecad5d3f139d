package questions

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/updatescan/updatescan/examples/conformance/internal/ops"
	"github.com/updatescan/updatescan/internal/rules"
)

// File is the file of a topic.
type File struct {
	// Topic is the topic; the file is named after it.
	Topic string
	// Vectors is how many it holds.
	Vectors int
	// Data is its content.
	Data []byte
}

// Files returns the files of all topics. An answer of the reference models that
// the library does not give is an error that names the vector and both answers.
func Files() ([]File, error) {
	registry, err := rules.Load()
	if err != nil {
		return nil, err
	}
	c := &collector{ids: map[string]bool{}, own: ownChoices(registry), model: ops.Model(""), ours: ops.Library()}
	var files []File
	for _, topic := range []struct {
		name string
		fill func(*collector)
	}{
		{"trigger", triggers},
		{"ttl", freshness},
		{"decision", decisions},
		{"location", locations},
		{"retry", retries},
		{"diff", diffs},
		{"outbox", outboxes},
		{"report", reports},
		{"workflow", workflows},
		{"site", sites},
		{"wire", wires},
		{"applicability", applicability},
	} {
		c.list = nil
		topic.fill(c)
		data, err := format(topic.name, c.list)
		c.errs = append(c.errs, err)
		files = append(files, File{Topic: topic.name, Vectors: len(c.list), Data: data})
	}
	return files, errors.Join(c.errs...)
}

// ownChoices are the rules that rest on nothing but our choice.
func ownChoices(registry *rules.Registry) map[string]bool {
	own := map[string]bool{}
	for _, r := range registry.Rules {
		own[r.ID] = slices.Equal(r.Status, []string{"our_choice"})
	}
	return own
}

// vector is a vector as it is written.
type vector struct {
	ID, Rule, Side, Op string
	In, Want           json.RawMessage
	Note               string
	Flags              []string
}

// The sides of a rule.
const (
	inside  = "inside"
	outside = "outside"
)

// collector takes the vectors of a topic in and answers them.
type collector struct {
	ids         map[string]bool
	own         map[string]bool
	model, ours *ops.Answers
	list        []vector
	errs        []error
}

// more is what a vector may have besides.
type more func(*vector)

// note is a remark for the reader.
func note(text string) more { return func(v *vector) { v.Note = text } }

// flag names a rule that is our choice and on which the answer rests. A vector
// of a rule that rests on our choice alone is flagged with it without this.
func flag(rule string) more {
	return func(v *vector) {
		if !slices.Contains(v.Flags, rule) {
			v.Flags = append(v.Flags, rule)
		}
	}
}

// add takes a vector in. The id is the rule, a slash, and words.
func (c *collector) add(id, side, op string, in any, more ...more) {
	rule, _, _ := strings.Cut(id, "/")
	v := vector{ID: id, Rule: rule, Side: side, Op: op}
	if err := c.complete(&v, in, more); err != nil {
		c.errs = append(c.errs, fmt.Errorf("questions: %s: %w", id, err))
		return
	}
	c.list = append(c.list, v)
}

func (c *collector) complete(v *vector, in any, more []more) error {
	if c.ids[v.ID] {
		return errors.New("the id is there already")
	}
	c.ids[v.ID] = true
	if c.own[v.Rule] {
		flag(v.Rule)(v)
	}
	for _, m := range more {
		m(v)
	}
	var err error
	if v.In, err = marshal(in); err != nil {
		return err
	}
	if v.Want, err = c.model.Answer(v.Op, v.In); err != nil {
		return err
	}
	confirmed, err := c.ours.Answer(v.Op, v.In)
	if err != nil {
		return err
	}
	if !bytes.Equal(v.Want, confirmed) {
		return fmt.Errorf("the library disagrees with the model\n%s of %s\nmodel   %s\nlibrary %s", v.Op, v.In, v.Want, confirmed)
	}
	return nil
}

// o is a JSON object: key, value, key, value.
type o []any

// MarshalJSON writes the members in their order.
func (o o) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, part := range o {
		data, err := marshal(part)
		if err != nil {
			return nil, err
		}
		if i%2 == 1 {
			b.WriteByte(':')
		} else if i > 0 {
			b.WriteByte(',')
		}
		b.Write(data)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// with returns the object with more members.
func (o o) with(members ...any) o { return append(slices.Clone(o), members...) }

// l is a JSON list.
type l []any

// marshal writes JSON without escaping what is only special in HTML.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
