package main

import (
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/updatescan/updatescan/examples/conformance/internal/runner"
	"github.com/updatescan/updatescan/scan/scantest/vectors"
)

// pythonSubject returns the command line of the subject in Python, and skips
// the test when there is no Python that can run it.
func pythonSubject(t *testing.T) []string {
	t.Helper()
	for _, name := range []string{"python3", "python"} {
		// The interpreter itself, because what is called python3 may be a
		// script that takes longer to find it than it takes to start.
		out, err := exec.Command(name, "-c", "import sys; print(sys.version_info >= (3, 11), sys.executable)").Output()
		if program, ok := strings.CutPrefix(strings.TrimSpace(string(out)), "True "); err == nil && ok {
			// -S leaves installed packages out: it has only the standard library.
			return []string{program, "-S", filepath.Join("python", "subject.py")}
		}
	}
	t.Skip("SKIPPED: there is no Python 3.11 or later here; the subject in Python, which proves that the specification is enough, was NOT tested")
	return nil
}

// TestPythonSubject runs the subject that was written from the specification.
// It implements everything but applicability.
func TestPythonSubject(t *testing.T) {
	t.Parallel()
	command := slices.Insert(pythonSubject(t), 1, "-B") // leave no compiled files behind
	o := conformance(t, append([]string{"-json", "--"}, command...)...)
	o.wantCode(t, exitOK)
	var got struct {
		Total struct {
			Passed, Failed, Declared int
			Expected                 int `json:"expected_failures"`
		}
		Results []struct{ ID, Topic, Outcome string }
	}
	if err := json.Unmarshal([]byte(o.stdout), &got); err != nil {
		t.Fatal(err)
	}
	if got.Total.Passed == 0 || got.Total.Failed+got.Total.Declared+got.Total.Expected > 0 {
		t.Errorf("total: %+v, want everything passed", got.Total)
	}
	for _, r := range got.Results {
		if r.Outcome == "not_asked" && r.Topic != "applicability" {
			t.Errorf("%s was not asked", r.ID)
		}
	}
	o = conformance(t, slices.Concat([]string{"-topic", "ttl", "--"}, command, []string{"--mistake", "ttl-boundary-expired"})...)
	o.wantCode(t, exitFailed)
	wantText(t, o.stdout, "FAIL TTL-2/exactly-the-ttl\n")
}

// mutant is a planted mistake.
type mutant struct {
	ID, Rule string
	Ops      []string
}

// mutants reads mutants.json.
func mutants(t *testing.T) []mutant {
	t.Helper()
	var list struct{ Mutants []mutant }
	if err := json.Unmarshal([]byte(vectorFile(t, "mutants.json")), &list); err != nil {
		t.Fatal(err)
	}
	return list.Mutants
}

// plantingSubject is the subject in Python with one operation more, which
// plants a mistake for all questions to come. Starting a process for each
// mistake takes a hundred times as long as asking it.
const plantingSubject = `
import json, sys
sys.path.insert(0, "python")
import mistakes, subject
for line in sys.stdin.buffer:
    request = json.loads(line)
    if request.get("op") == "test.plant":
        mistakes.plant(request["in"])
        reply = {"id": request["id"], "out": None}
    else:
        reply = subject.reply(line)
    print(json.dumps(reply), flush=True)
`

// TestMutantsOfPython has the subject in Python make each mistake: a vector of
// the rule that it breaks, and of its operations, fails.
func TestMutantsOfPython(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("plants each mistake in another process")
	}
	python := pythonSubject(t)[0]
	all, err := runner.Load(vectors.FS())
	if err != nil {
		t.Fatal(err)
	}
	s, err := runner.Command(runner.Program{Path: python, Args: []string{"-B", "-S", "-c", plantingSubject}})(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mutants(t) {
		t.Run(m.ID, func(t *testing.T) {
			t.Attr("rule", m.Rule)
			if _, err := s.Answer("test.plant", json.RawMessage(`"`+m.ID+`"`)); err != nil {
				t.Fatal(err)
			}
			if ok, asked := caught(t, s, m, all); !ok {
				t.Errorf("none of %d vectors of %s with one of %v fails", asked, m.Rule, m.Ops)
			}
		})
	}
	for _, e := range s.End() {
		t.Errorf("its end: %v", e)
	}
}

// caught asks a subject the vectors of a mutant's rule, those of the mutant's
// operations, until one fails. It returns whether one did, and how many were
// asked.
func caught(t *testing.T, s runner.Subject, m mutant, all []runner.Vector) (ok bool, asked int) {
	t.Helper()
	for _, v := range all {
		if v.Rule != m.Rule || !slices.Contains(m.Ops, v.Op) {
			continue
		}
		asked++
		diffs, err := runner.Ask(s, v)
		if e, gone := errors.AsType[*runner.SubjectError](err); gone {
			t.Fatal(e)
		}
		if err != nil || len(diffs) > 0 {
			return true, asked
		}
	}
	return false, asked
}
