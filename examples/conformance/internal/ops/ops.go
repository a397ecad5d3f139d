package ops

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Answers answers operations. It is immutable and safe for concurrent use.
type Answers struct {
	ops map[string]handler
}

// handler answers one operation.
type handler func(in json.RawMessage) (any, error)

// Answer answers one operation: in is the value of the key "in" of a vector or
// a request. A refusal that the operation knows, such as an unknown trigger, is
// an answer; the error is for what has none: an unknown operation, a question
// with a fault, a configuration that is out of range.
func (a *Answers) Answer(op string, in json.RawMessage) (json.RawMessage, error) {
	h, ok := a.ops[op]
	if !ok {
		return nil, fmt.Errorf("ops: unknown operation %q", op)
	}
	out, err := h(in)
	var no *refusal
	if errors.As(err, &no) {
		out, err = no, nil
	}
	if err != nil {
		return nil, fmt.Errorf("ops: %s: %w", op, err)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(out); err != nil {
		return nil, fmt.Errorf("ops: %s: %w", op, err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Ops are the names of the operations that are answered, sorted.
func (a *Answers) Ops() []string { return slices.Sorted(maps.Keys(a.ops)) }

// Topics are the topics of the vectors, in the order of the specification.
func Topics() []string {
	return []string{"trigger", "ttl", "decision", "location", "retry", "diff", "outbox", "report", "workflow", "site", "wire", "applicability"}
}

// answer is the handler of a function from question to answer.
func answer[In, Out any](f func(In) (Out, error)) handler {
	return func(raw json.RawMessage) (any, error) {
		var in In
		if err := decode(raw, &in); err != nil {
			return nil, err
		}
		return f(in)
	}
}

// refusal is an answer that says no.
type refusal struct {
	name string
	code string // empty for a refusal without a code
}

// Error implements error, so that a refusal can be returned as one.
func (r *refusal) Error() string { return r.name + " " + r.code }

// MarshalJSON writes the refusal as an answer.
func (r *refusal) MarshalJSON() ([]byte, error) {
	if r.code == "" {
		return json.Marshal(struct {
			Error string `json:"error"`
		}{r.name})
	}
	return json.Marshal(struct {
		Error string `json:"error"`
		Code  string `json:"code"`
	}{r.name, r.code})
}

// refuse returns a refusal without a code.
func refuse(name string) error { return &refusal{name: name} }
