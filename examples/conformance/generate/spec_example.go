package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/updatescan/updatescan/examples/conformance/internal/ops"
)

// exampleSteps are the steps of the specification's example, a time and an
// event each.
func exampleSteps() [][2]string {
	return [][2]string{
		{"2008-06-02T08:00:00Z", `{"type": "policy_received", "enabled": true}`},
		{"2008-06-02T09:00:00Z", `{"type": "tick"}`},
		{"2008-06-02T09:00:01Z", `{"type": "located", "job": 1, "attempt": 1, "locations": [{"url": "http://sup01.example.test:8530", "version": 38}]}`},
		{"2008-06-02T09:00:02Z", `{"type": "policy_read", "job": 1, "attempt": 1, "effective": {}}`},
		{"2008-06-02T09:00:03Z", `{"type": "policy_written", "job": 1, "attempt": 1}`},
		{"2008-06-02T09:00:30Z", `{"type": "retrieved", "job": 1, "attempt": 1, "version": 38}`},
		{"2008-06-02T09:01:00Z", `{"type": "evaluated", "job": 1, "attempt": 1, "records": [{"id": "5d7e1f0a-93c4-4b1d-8a52-0c6f2e9b7d31", "revision": 102, "state": "required"}]}`},
		{"2008-06-02T09:15:00Z", `{"type": "tick"}`},
		{"2008-06-02T09:15:02Z", `{"type": "send_ended", "batch": 1}`},
	}
}

// exampleConfig is its configuration.
const exampleConfig = `{"random": ["9223372036854775808", "0", "0"]}`

// example writes the example: each step with the effects and the next time that
// the library answers, and the end.
func example() (string, error) {
	var steps []string
	for _, s := range exampleSteps() {
		steps = append(steps, fmt.Sprintf(`{"at": %q, "event": %s}`, s[0], s[1]))
	}
	in := fmt.Sprintf(`{"config": %s, "steps": [%s]}`, exampleConfig, strings.Join(steps, ", "))
	answer, err := ops.Library().Answer("workflow.run", json.RawMessage(in))
	if err != nil {
		return "", fmt.Errorf("generate: example: %w", err)
	}
	var out struct {
		Steps []struct {
			Effects []json.RawMessage `json:"effects"`
			Next    json.RawMessage   `json:"next"`
		} `json:"steps"`
		End json.RawMessage `json:"end"`
	}
	if err := json.Unmarshal(answer, &out); err != nil {
		return "", fmt.Errorf("generate: example: %w", err)
	}
	var b strings.Builder
	for i, s := range exampleSteps() {
		fmt.Fprintf(&b, "    at %s: %s\n", s[0], s[1])
		for _, e := range out.Steps[i].Effects {
			writeWrapped(&b, "      -> ", e)
		}
		fmt.Fprintf(&b, "      next %s\n\n", bytes.Trim(out.Steps[i].Next, `"`))
	}
	writeWrapped(&b, "    end: ", out.End)
	return strings.TrimSuffix(b.String(), "\n"), nil
}

// lineWidth is where the lines of the example are broken.
const lineWidth = 110

// writeWrapped writes a JSON value, broken after a comma where a line would be
// too long.
func writeWrapped(b *strings.Builder, head string, value json.RawMessage) {
	line, indent := head, strings.Repeat(" ", len(head)+2)
	for part := range strings.SplitAfterSeq(string(value), ",") {
		if len(line)+len(part) > lineWidth {
			b.WriteString(line + "\n")
			line = indent
		}
		line += part
	}
	b.WriteString(line + "\n")
}
