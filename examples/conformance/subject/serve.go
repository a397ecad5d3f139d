package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/updatescan/updatescan/examples/conformance/internal/ops"
)

// protocol is the version of the protocol that is spoken.
const protocol = 1

// version is what the subject says its own version is.
const version = "0.1"

// line is what the runner writes: the first line, or a request.
type line struct {
	Protocol *int            `json:"protocol"`
	ID       json.RawMessage `json:"id"`
	Op       string          `json:"op"`
	In       json.RawMessage `json:"in"`
}

// hello is the answer to the first line.
type hello struct {
	Protocol int      `json:"protocol"`
	Name     string   `json:"name"`
	Version  string   `json:"version"`
	Topics   []string `json:"topics"`
}

// reply is the answer to a request: one of Out and Failure.
type reply struct {
	ID      json.RawMessage `json:"id"`
	Out     json.RawMessage `json:"out,omitempty"`
	Failure string          `json:"failure,omitempty"`
}

// serve answers line after line until the input ends.
func serve(name string, answers *ops.Answers, in io.Reader, out io.Writer) error {
	input := json.NewDecoder(in)
	output := bufio.NewWriter(out)
	for first := true; ; first = false {
		var l line
		if err := input.Decode(&l); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("read: %w", err)
		}
		var answer any = hello{Protocol: protocol, Name: name, Version: version, Topics: ops.Topics()}
		if first {
			if l.Protocol == nil || *l.Protocol != protocol {
				return fmt.Errorf("the first line does not say protocol %d", protocol)
			}
		} else {
			answer = respond(answers, l)
		}
		data, err := json.Marshal(answer)
		if err != nil {
			return fmt.Errorf("write: %w", err)
		}
		if _, err := output.Write(append(data, '\n')); err != nil {
			return fmt.Errorf("write: %w", err)
		}
		if err := output.Flush(); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
}

// respond answers one request.
func respond(answers *ops.Answers, l line) reply {
	out, err := answers.Answer(l.Op, l.In)
	if err != nil {
		return reply{ID: l.ID, Failure: err.Error()}
	}
	return reply{ID: l.ID, Out: out}
}
