package main

import (
	"strings"
	"testing"
)

const (
	first   = `{"protocol": 1}` + "\n"
	request = `{"id": 7, "op": "ttl.check", "in": {"stamp": {"time": "2008-06-01T00:00:00Z", "version": 38}, "now": "2008-06-02T00:00:00Z"}}` + "\n"
)

// talk runs the program and returns what it writes, line by line.
func talk(t *testing.T, input string, args ...string) ([]string, error) {
	t.Helper()
	var out, stderr strings.Builder
	err := run(args, strings.NewReader(input), &out, &stderr)
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n"), err
}

func TestTalk(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args  []string
		input string
		want  []string // parts of each line
	}{
		"nothing asked": {nil, first, []string{`{"protocol":1,"name":"updatescan",`}},
		"an answer":     {nil, first + request, []string{`"topics":["trigger","ttl",`, `{"id":7,"out":{"fresh":true,"reason":"within_ttl","age_s":86400}}`}},
		"a refusal":     {nil, first + `{"id": 1, "op": "trigger.info", "in": {"trigger": "x"}}` + "\n", []string{"", `{"id":1,"out":{"error":"unknown_trigger"}}`}},
		"a failure":     {nil, first + `{"id": 1, "op": "x", "in": {}}` + "\n" + request, []string{"", `{"id":1,"failure":"ops: unknown operation \"x\""}`, `{"id":7,"out"`}},
		"the model":     {[]string{"-model"}, first + request, []string{`"name":"updatescan reference models"`, `"reason":"within_ttl"`}},
		"a mistake":     {[]string{"-mistake", "ttl-boundary-expired"}, first + request, []string{"", `"reason":"expired"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines, err := talk(t, c.input, c.args...)
			if err != nil || len(lines) != len(c.want) {
				t.Fatalf("run(%q) writes %q, %v; want %d lines", c.args, lines, err, len(c.want))
			}
			for i, want := range c.want {
				if !strings.Contains(lines[i], want) {
					t.Errorf("run(%q): line %d is %s, want %s in it", c.args, i, lines[i], want)
				}
			}
		})
	}
}

func TestTalkRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args        []string
		input, want string
	}{
		"another protocol": {nil, `{"protocol": 2}` + "\n", "protocol 1"},
		"no first line":    {nil, request, "protocol 1"},
		"no JSON":          {nil, first + "hello\n", "read"},
		"an argument":      {[]string{"model"}, first, "no argument"},
		"no such mistake":  {[]string{"-mistake", "ttl-boundary"}, first, "no mistake"},
		"a flag":           {[]string{"-models"}, first, "not defined"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := talk(t, c.input, c.args...); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("run(%q) with %q = %v, want %q", c.args, c.input, err, c.want)
			}
		})
	}
}
