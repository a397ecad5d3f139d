package runner_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/updatescan/updatescan/examples/conformance/internal/runner"
)

// moody is a subject in this process that does what the operation says.
type moody struct{}

func (moody) Answer(op string, in json.RawMessage) (json.RawMessage, error) {
	switch op {
	case "panic":
		panic("no such update")
	case "fail":
		return nil, errors.New("not today")
	case "garbage":
		return json.RawMessage("{"), nil
	}
	return in, nil
}

func TestInProcess(t *testing.T) {
	t.Parallel()
	vector := func(id, op, topic string) runner.Vector {
		rule, _, _ := strings.Cut(id, "/")
		return runner.Vector{ID: id, Rule: rule, Op: op, Topic: topic, In: json.RawMessage(`{"a": 1}`), Want: json.RawMessage(`{"a": 1.0}`)}
	}
	report, err := runner.Run(t.Context(), runner.Config{
		Launch: runner.InProcess(moody{}, runner.Hello{Name: "moody"}),
		Vectors: []runner.Vector{
			vector("TTL-1/a", "echo", "ttl"), vector("TTL-1/b", "panic", "ttl"), vector("TTL-1/c", "fail", "ttl"), vector("TTL-1/d", "garbage", "ttl"),
			vector("DIFF-1/a", "echo", "diff"), vector("SITE-1/a", "echo", "of another time"),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []struct {
		outcome runner.Outcome
		failure string
	}{
		{runner.Passed, ""},
		{runner.Failed, "panic: no such update"},
		{runner.Failed, "not today"},
		{runner.Failed, "answer: not JSON at byte 1: unexpected EOF"},
		{runner.Passed, ""},
		{runner.NotAsked, ""}, // a topic that is not known
	}
	for i, w := range want {
		if r := report.Results[i]; r.Outcome != w.outcome || r.Failure != w.failure {
			t.Errorf("%s: %v, %q; want %v, %q", r.Vector.ID, r.Outcome, r.Failure, w.outcome, w.failure)
		}
	}
	if report.OK() || len(report.Faults) > 0 {
		t.Errorf("report: %s", report.Verdict())
	}
}
