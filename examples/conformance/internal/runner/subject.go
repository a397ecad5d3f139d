package runner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Subject is an implementation under test.
type Subject interface {
	// Answer answers one question. What it returns depends on nothing but op
	// and in. An error that is a [*SubjectError] means that the subject can
	// no longer be used; any other that it could not work out an answer, which
	// fails the vector and nothing else.
	//
	// It is called by one goroutine at a time.
	Answer(op string, in json.RawMessage) (json.RawMessage, error)
}

// Hello is what a subject says of itself.
type Hello struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	// Topics are what it implements; it is asked about nothing else.
	Topics []string `json:"topics"`
	// Differs are rules that are our choice and on which it has made another.
	Differs []string `json:"differs,omitempty"`
}

// same reports whether two subjects said the same.
func (h Hello) same(o Hello) bool {
	return h.Name == o.Name && h.Version == o.Version && slices.Equal(h.Topics, o.Topics) && slices.Equal(h.Differs, o.Differs)
}

// Session is a subject that has been started and has said what it is.
type Session interface {
	Subject
	Hello() Hello
	// End ends the subject and returns what was wrong with its end. It is not
	// called after a [*SubjectError].
	End() []*SubjectError
}

// Launch starts a subject. Its error is a [*SubjectError]. A subject ends at
// once when the context is done.
type Launch func(ctx context.Context) (Session, error)

// Kind says what a subject did wrong, besides wrong answers.
type Kind string

// The kinds of misbehaviour.
const (
	NotStarted   Kind = "not_started"   // it could not be started
	BadHandshake Kind = "bad_handshake" // its first line is not that of the protocol
	Hung         Kind = "hung"          // no answer, or no end, within the time limit
	Crashed      Kind = "crashed"       // it ended, or closed its output, before its input was closed
	Garbage      Kind = "garbage"       // a line that is not an answer
	LongLine     Kind = "long_line"     // a line over the limit
	WrongID      Kind = "wrong_id"      // an answer to another question
	SecondLine   Kind = "second_line"   // more than one line for a question
	BadEnd       Kind = "bad_end"       // an exit status other than 0
	ChildLeft    Kind = "child_left"    // it ended and left a process running
)

// SubjectError is something that a subject did wrong besides wrong answers.
type SubjectError struct {
	Kind   Kind   `json:"kind"`
	Detail string `json:"detail"`
	// Stderr is the end of what the subject wrote to standard error.
	Stderr string `json:"stderr,omitempty"`
	// Earlier says that it happened after the question before this one had
	// been answered: this question was not asked, or not answered yet.
	Earlier bool `json:"-"`
}

// Error implements error.
func (e *SubjectError) Error() string { return fmt.Sprintf("%s: %s", e.Kind, e.Detail) }

// FailureError is a subject's own word that it could not work out an answer.
type FailureError struct{ Why string }

// Error implements error.
func (e *FailureError) Error() string { return "the subject reports a failure: " + e.Why }

// inProcess is a session with a subject in this process.
type inProcess struct {
	subject Subject
	hello   Hello
}

// InProcess launches a subject in this process, which says hello. No topics
// there means all that are known. A panic is a failure to answer.
func InProcess(s Subject, hello Hello) Launch {
	if len(hello.Topics) == 0 {
		hello.Topics = Topics()
	}
	return func(context.Context) (Session, error) { return &inProcess{s, hello}, nil }
}

// Hello implements Session.
func (p *inProcess) Hello() Hello { return p.hello }

// End implements Session.
func (p *inProcess) End() []*SubjectError { return nil }

// Answer implements Subject.
func (p *inProcess) Answer(op string, in json.RawMessage) (out json.RawMessage, err error) {
	defer func() {
		if r := recover(); r != nil {
			out, err = nil, fmt.Errorf("panic: %v", r)
		}
	}()
	return p.subject.Answer(op, in)
}

// Ask asks a subject one vector and returns where its answer differs from the
// wanted one; none means that it passes. The error is the subject's, or says
// that the answer is not JSON.
func Ask(s Subject, v Vector) ([]Difference, error) {
	_, diffs, err := ask(s, v)
	return diffs, err
}

// ask is [Ask] that returns the answer too.
func ask(s Subject, v Vector) (json.RawMessage, []Difference, error) {
	out, err := s.Answer(v.Op, v.In)
	if err != nil {
		return nil, nil, err
	}
	got, err := parseValue(out)
	if err != nil {
		return nil, nil, fmt.Errorf("answer: %w", err)
	}
	want, err := parseValue(v.Want)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %s: %w", ErrVectors, v.ID, err)
	}
	return out, differences(want, got), nil
}

// asSubjectError returns err as a [*SubjectError], nil when it is none.
func asSubjectError(err error) *SubjectError {
	if e, ok := errors.AsType[*SubjectError](err); ok {
		return e
	}
	return nil
}
