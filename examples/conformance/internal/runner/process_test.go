package runner_test

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/updatescan/updatescan/examples/conformance/internal/runner"
)

// TestProgram is no test: it is the program of the tests below, which start
// this one again with the arguments "program" and what it does.
func TestProgram(*testing.T) {
	if flag.Arg(0) != "program" {
		return
	}
	switch flag.Arg(1) {
	case "line": // of as many bytes as asked for
		var n int
		_, _ = fmt.Sscan(flag.Arg(2), &n)
		fmt.Printf("%-*s\n", n, `{"protocol":1,"name":"p","version":"","topics":[]}`)
		_, _ = io.Copy(io.Discard, os.Stdin)
	case "talk":
		for i := range 5000 {
			fmt.Fprintf(os.Stderr, "line %d\n", i)
		}
		os.Exit(1)
	case "env":
		fmt.Fprintln(os.Stderr, strings.Join(os.Environ(), " "))
		os.Exit(1)
	}
	os.Exit(0)
}

// program is the program of the tests.
func program(args ...string) runner.Program {
	return runner.Program{Path: os.Args[0], Args: append([]string{"-test.run=^TestProgram$", "--", "program"}, args...)}
}

func TestLineLimit(t *testing.T) {
	t.Parallel()
	for bytes, ok := range map[string]bool{"200": true, "201": false, "70000": false} {
		p := program("line", bytes)
		p.MaxLineBytes = 200
		s, err := runner.Command(p)(t.Context())
		if ok {
			if err != nil {
				t.Errorf("%s bytes: %v", bytes, err)
			} else if ends := s.End(); len(ends) > 0 {
				t.Errorf("%s bytes: end: %v", bytes, ends[0])
			}
			continue
		}
		e, is := errors.AsType[*runner.SubjectError](err)
		if !is || e.Kind != runner.LongLine {
			t.Errorf("%s bytes: %v, want %v", bytes, err, runner.LongLine)
		}
	}
}

func TestStderrIsBounded(t *testing.T) {
	t.Parallel()
	p := program("talk")
	var all strings.Builder
	p.Stderr = &all
	_, err := runner.Command(p)(t.Context())
	e, is := errors.AsType[*runner.SubjectError](err)
	if !is || e.Kind != runner.Crashed {
		t.Fatalf("%v, want %v", err, runner.Crashed)
	}
	lines := strings.Split(e.Stderr, "\n")
	if len(lines) != 20 || lines[0] != "line 4980" || lines[19] != "line 4999" {
		t.Errorf("kept: %q", lines)
	}
	if n := strings.Count(all.String(), "\n"); n != 5000 {
		t.Errorf("%d lines passed on, want 5000", n)
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	p := program("env")
	p.Env = append(os.Environ(), "MISTAKE=ttl-sliding")
	_, err := runner.Command(p)(t.Context())
	e, is := errors.AsType[*runner.SubjectError](err)
	if !is || !strings.Contains(e.Stderr, "MISTAKE=ttl-sliding") {
		t.Errorf("%v: environment %q", err, e.Stderr)
	}
}
