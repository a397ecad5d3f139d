package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// v is a vector for the fake subject.
type v struct {
	id     string // "TTL-2/" is put before it, unless it has a rule
	do     string
	answer string // of the subject, "1" for none
	want   string // "1" for none
	flags  []string
}

// writeVectors writes vectors for the fake subject and returns their folder.
// Those of rules DIFF-n are of the topic diff, all others of the topic ttl.
func writeVectors(t *testing.T, vs ...v) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string][]any{}
	for _, x := range vs {
		if !strings.Contains(x.id, "/") {
			x.id = "TTL-2/" + x.id
		}
		for _, text := range []*string{&x.answer, &x.want} {
			if *text == "" {
				*text = "1"
			}
		}
		topic := "ttl"
		if strings.HasPrefix(x.id, "DIFF") {
			topic = "diff"
		}
		rule, _, _ := strings.Cut(x.id, "/")
		files[topic] = append(files[topic], map[string]any{
			"id": x.id, "rule": rule, "side": "inside", "op": "fake", "flags": x.flags, "unknown_key": true,
			"in":   map[string]any{"do": x.do, "answer": json.RawMessage(x.answer)},
			"want": json.RawMessage(x.want),
		})
	}
	if err := os.Mkdir(filepath.Join(dir, "core"), 0o755); err != nil {
		t.Fatal(err)
	}
	for topic, list := range files {
		var b strings.Builder
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(map[string]any{"format": 1, "topic": topic, "vectors": list}); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "core", topic+".json"), b.String())
	}
	return dir
}

// write writes a file.
func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// outcome is what a run of the program did.
type outcome struct {
	code           int
	stdout, stderr string
}

// conformance runs the program.
func conformance(t *testing.T, args ...string) outcome {
	t.Helper()
	var stdout, stderr strings.Builder
	code := run(t.Context(), args, &stdout, &stderr)
	return outcome{code, stdout.String(), stderr.String()}
}

// onFake runs the program on the fake subject.
func onFake(t *testing.T, dir string, flags []string, mode ...string) outcome {
	t.Helper()
	args := append([]string{"-vectors", dir}, flags...)
	return conformance(t, append(append(args, "--"), fakeCommand(mode...)...)...)
}

// wantCode checks the exit code.
func (o outcome) wantCode(t *testing.T, want int) {
	t.Helper()
	if o.code != want {
		t.Fatalf("exit code %d, want %d\nstdout:\n%s\nstderr:\n%s", o.code, want, o.stdout, o.stderr)
	}
}

// wantText checks that a text holds others, in this order.
func wantText(t *testing.T, text string, parts ...string) {
	t.Helper()
	rest := text
	for _, part := range parts {
		_, after, ok := strings.Cut(rest, part)
		if !ok {
			t.Fatalf("%q is missing, or too early, in:\n%s", part, text)
		}
		rest = after
	}
}

func TestAllPassed(t *testing.T) {
	t.Parallel()
	dir := writeVectors(t, v{id: "plain"}, v{id: "spaces", do: "spaces"}, v{id: "TTL-10/number", answer: "1.0"},
		v{id: "DIFF-4/object", answer: `{"a": [1, 2], "b": null}`, want: `{"b":null,"a":[1,2]}`})
	o := onFake(t, dir, nil)
	o.wantCode(t, exitOK)
	want := `subject: fake 1

topic, rule  passed  failed  declared  expected  not asked
ttl               3       0         0         0          0
  TTL-2           2       0         0         0          0
  TTL-10          1       0         0         0          0
diff              1       0         0         0          0
  DIFF-4          1       0         0         0          0
all               4       0         0         0          0

ok: 4 passed, 0 failed, 0 declared, 0 expected failures, 0 not asked
`
	if o.stdout != want || o.stderr != "" {
		t.Errorf("got:\n%s%s\nwant:\n%s", o.stdout, o.stderr, want)
	}
}

func TestWrongAnswer(t *testing.T) {
	t.Parallel()
	dir := writeVectors(t, v{
		id: "wrong", answer: `{"fresh": true, "steps": [{"n": 9007199254740993}], "x": 1, "a b": 2}`,
		want: `{"fresh": false, "steps": [{"n": 9007199254740992}, 7], "a b": 3}`,
	}, v{id: "right"})
	o := onFake(t, dir, nil)
	o.wantCode(t, exitFailed)
	wantText(t, o.stdout, "FAIL TTL-2/wrong\n", "rule     TTL-2, inside of its boundary (topic ttl, core/ttl.json)",
		`differs  $["a b"]: want 3, got 2`, "differs  $.fresh: want false, got true",
		"differs  $.steps[0].n: want 9007199254740992, got 9007199254740993", "differs  $.steps[1]: want 7, got nothing", "differs  $.x: want nothing, got 1",
		`request  {"id":1,"op":"fake","in":{"answer":{`, `want     {"fresh":false,"steps":`, `got      {"a b":2,"fresh":true,`,
		"FAILED: 1 passed, 1 failed, 0 declared, 0 expected failures, 0 not asked\n")
}

// misdeeds are what a subject may do at a vector, and what is said of it.
var misdeeds = []struct{ do, want string }{
	{"failure", "failure  the subject reports a failure: no idea"},
	{"crash", "misdeed  crashed: it ended with exit status 3 before it answered"},
	{"garbage", `misdeed  garbage: not JSON at byte`},
	{"empty", `misdeed  garbage: not JSON at byte 0: unexpected EOF: ""`},
	{"two", `misdeed  second_line: more than the answer: "{\"id\": `},
	{"empty-behind", "misdeed  second_line: more than the answer\n"},
	{"late", `misdeed  second_line: it answered twice: "{\"id\": `},
	{"long", "misdeed  long_line: a line that is longer than the limit"},
	{"wrong-id", "misdeed  wrong_id: it answers id 10"},
	{"text-id", `misdeed  garbage: no number "id": `},
	{"bad-json", "misdeed  garbage: not JSON at byte"},
	{"twice-the-key", `misdeed  garbage: not JSON at byte 29: key "a" occurs twice: `},
	{"no-utf8", "misdeed  garbage: not UTF-8: "},
	{"no-out", `misdeed  garbage: want one of "out" and "failure": `},
	{"half-line", `misdeed  crashed: it ended with exit status 0 within a line: "{\"id\": "`},
}

// TestMisdeeds has each misdeed between two good answers: it is reported with
// the vector at which it happened, and the others pass.
func TestMisdeeds(t *testing.T) {
	t.Parallel()
	for _, m := range misdeeds {
		t.Run(m.do, func(t *testing.T) {
			t.Parallel()
			o := onFake(t, writeVectors(t, v{id: "before"}, v{id: "bad", do: m.do}, v{id: "after"}), nil)
			o.wantCode(t, exitFailed)
			wantText(t, o.stdout, "FAIL TTL-2/bad\n", m.want, "request  {", "want     1", "got      ", "FAILED: 2 passed, 1 failed")
			if m.do != "late" { // that one had answered
				wantText(t, o.stdout, "got      no answer\n")
			}
		})
	}
}

func TestStderrIsShownWithTheFailure(t *testing.T) {
	t.Parallel()
	dir := writeVectors(t, v{id: "bad", do: "crash"}, v{id: "good"})
	o := onFake(t, dir, nil)
	wantText(t, o.stdout, "FAIL TTL-2/bad", "stderr   boom at the\n           second line\n")
	if o.stderr != "" {
		t.Errorf("stderr: %s", o.stderr)
	}
	o = onFake(t, dir, []string{"-stderr"})
	wantText(t, o.stderr, "boom at the\nsecond line\n")
}

// TestCrashAfterAnswer leaves open whether the end is noticed before the next
// question is written.
func TestCrashAfterAnswer(t *testing.T) {
	t.Parallel()
	o := onFake(t, writeVectors(t, v{id: "bad", do: "crash-after"}, v{id: "next"}, v{id: "last"}), nil)
	o.wantCode(t, exitFailed)
	wantText(t, o.stdout, "FAIL TTL-2/", "misdeed  crashed: it ended with exit status 3 ", "FAILED: 2 passed, 1 failed")
}

// limit is a time limit for tests in which something hangs. All that does not
// hang must be done within it, on a machine that is busy.
const limit = "-timeout=4s"

func TestHangs(t *testing.T) {
	t.Parallel()
	for do, want := range map[string]string{
		"hang":         "misdeed  hung: no answer within 4s",
		"close-output": "misdeed  crashed: it closed its output before it answered",
	} {
		t.Run(do, func(t *testing.T) {
			t.Parallel()
			o := onFake(t, writeVectors(t, v{id: "before"}, v{id: "bad", do: do}, v{id: "after"}), []string{limit})
			o.wantCode(t, exitFailed)
			wantText(t, o.stdout, "FAIL TTL-2/bad\n", want, "FAILED: 2 passed, 1 failed")
		})
	}
}

// TestBigQuestionToADeafSubject writes more than a pipe holds.
func TestBigQuestionToADeafSubject(t *testing.T) {
	t.Parallel()
	big := `"` + strings.Repeat("x", 1<<20) + `"`
	o := onFake(t, writeVectors(t, v{id: "hang", do: "hang"}, v{id: "big", answer: big, want: big}), []string{limit})
	o.wantCode(t, exitFailed)
	wantText(t, o.stdout, "FAIL TTL-2/hang\n", "FAILED: 1 passed, 1 failed")
}

func TestTopicIsGivenUp(t *testing.T) {
	t.Parallel()
	vs := []v{{id: "DIFF-1/other-topic"}}
	for i := range 25 {
		vs = append(vs, v{id: fmt.Sprintf("crash-%d", i), do: "crash"})
	}
	o := onFake(t, writeVectors(t, vs...), nil)
	o.wantCode(t, exitFailed)
	wantText(t, o.stdout, "GIVEN UP: topic ttl is given up: the subject was started again 20 times in a row\n",
		"FAILED: 1 passed, 21 failed, 0 declared, 0 expected failures, 4 not asked\n")
}

func TestBadStarts(t *testing.T) {
	t.Parallel()
	for mode, want := range map[string]string{
		"no-json":        `conformance: could not run: bad_handshake: not JSON at byte 0: invalid character 'h' looking for beginning of value: "hello"`,
		"protocol-2":     "bad_handshake: it speaks protocol 2, the runner speaks 1: ",
		"no-protocol":    `bad_handshake: no number "protocol": `,
		"no-name":        `bad_handshake: no text "name": `,
		"topics-no-list": `bad_handshake: no list of texts "topics": `,
		"two-hellos":     "bad_handshake: more than one line before the first question",
		"hello-crash":    "crashed: handshake: it ended with exit status 4 before it answered\nthe subject's standard error:\nno licence\n",
		"hello-hang":     "hung: handshake: no answer within 4s",
		"no-topics":      "could not run: the subject implements none of the topics that are asked for",
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			o := onFake(t, writeVectors(t, v{id: "one"}), []string{"-start-timeout=4s"}, mode)
			o.wantCode(t, exitNotRun)
			wantText(t, o.stderr, want)
			if o.stdout != "" {
				t.Errorf("stdout: %s", o.stdout)
			}
		})
	}
	o := conformance(t, "-vectors", writeVectors(t, v{id: "one"}), "--", filepath.Join(t.TempDir(), "nothing"))
	o.wantCode(t, exitNotRun)
	wantText(t, o.stderr, "conformance: could not run: not_started: ", "nothing")
}

func TestRestartFails(t *testing.T) {
	t.Parallel()
	dir := writeVectors(t, v{id: "good"}, v{id: "bad", do: "crash"}, v{id: "never"}, v{id: "DIFF-1/nor-this"})
	o := onFake(t, dir, nil, "once", filepath.Join(t.TempDir(), "mark"))
	o.wantCode(t, exitFailed)
	wantText(t, o.stdout, "FAIL TTL-2/bad", "FAULT crashed\n  what     handshake: it ended with exit status 5 before it answered\n  after    TTL-2/bad\n",
		"GIVEN UP: the run is given up: the subject could not be started again 3 times in a row\n",
		"FAILED: 1 passed, 1 failed, 0 declared, 0 expected failures, 2 not asked, 3 faults\n")
}

func TestBadEnds(t *testing.T) {
	t.Parallel()
	for mode, want := range map[string]string{
		"bad-end":     "FAULT bad_end\n  what     it ended with exit status 3, want 0\n  after    TTL-2/last\n  stderr   could not save\n",
		"hang-at-end": "FAULT hung\n  what     it did not end within 4s after its input was closed\n",
		"line-at-end": "FAULT second_line\n  what     a line that nobody asked for: \"bye\"\n",
		"child":       "FAULT child_left\n  what     it ended and left a process running\n",
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			o := onFake(t, writeVectors(t, v{id: "first"}, v{id: "last"}), []string{limit}, mode)
			o.wantCode(t, exitFailed)
			wantText(t, o.stdout, want, "FAILED: 2 passed, 0 failed", ", 1 fault\n")
		})
	}
}

func TestDeclared(t *testing.T) {
	t.Parallel()
	dir := writeVectors(t, v{id: "declared", answer: "2", flags: []string{"TTL-2"}}, v{id: "agrees", flags: []string{"TTL-1", "TTL-2"}},
		v{id: "not-flagged"}, v{id: "crash", do: "crash", flags: []string{"TTL-2"}})
	o := onFake(t, dir, nil, "differs")
	o.wantCode(t, exitFailed)
	wantText(t, o.stdout, `warning: the subject differs in "TTL-99", which no vector here is flagged with`,
		"Declared differences:\n", "  TTL-2/declared  the subject differs in TTL-2; $: want 1, got 2\n", "  TTL-2/agrees  the subject differs in TTL-2; as wanted\n",
		"FAIL TTL-2/crash\n", "FAILED: 1 passed, 1 failed, 2 declared, 0 expected failures, 0 not asked\n")
}

func TestTopicsLeftOut(t *testing.T) {
	t.Parallel()
	o := onFake(t, writeVectors(t, v{id: "one"}, v{id: "DIFF-1/not-asked"}), nil, "other-topics")
	o.wantCode(t, exitOK)
	wantText(t, o.stdout, `warning: the subject names topic "tt1", which there is not`, "ok: 1 passed, 0 failed, 0 declared, 0 expected failures, 1 not asked\n")
}

func TestExpectFail(t *testing.T) {
	t.Parallel()
	dir := writeVectors(t, v{id: "wrong", answer: "2"}, v{id: "crash", do: "crash"}, v{id: "right"}, v{id: "DIFF-1/other"})
	list := filepath.Join(t.TempDir(), "list")
	flags := []string{"-expect-fail", list}
	write(t, list, "# known\nTTL-2/wrong  # a remark\n\n\tTTL-2/crash\r\n")
	o := onFake(t, dir, flags)
	o.wantCode(t, exitOK)
	wantText(t, o.stdout, "Expected failures:\n  TTL-2/wrong  $: want 1, got 2\n  TTL-2/crash  crashed: ", "ok: 2 passed, 0 failed, 0 declared, 2 expected failures, 0 not asked")

	write(t, list, "TTL-2/wrong\nTTL-2/crash\nTTL-2/right\n")
	o = onFake(t, dir, flags)
	o.wantCode(t, exitFailed)
	wantText(t, o.stdout, "FAIL TTL-2/right\n", "why      it is expected to fail and passes: take it off the list", "FAILED: 1 passed, 1 failed, 0 declared, 2 expected failures")

	// A vector that is not asked neither passes nor fails.
	o = onFake(t, dir, append([]string{"-topic", "diff"}, flags...))
	o.wantCode(t, exitOK)

	for text, want := range map[string]string{
		"TTL-2/wrong\nTTL-2/wrnog\n": `list: bad list of expected failures: line 2: no vector has the id "TTL-2/wrnog"`,
		"TTL-2/wrong\nTTL-2/wrong\n": "line 2: TTL-2/wrong is listed twice",
	} {
		write(t, list, text)
		o = onFake(t, dir, flags)
		o.wantCode(t, exitNotRun)
		wantText(t, o.stderr, want)
	}
}
