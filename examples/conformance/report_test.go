package main

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestJSON(t *testing.T) {
	t.Parallel()
	dir := writeVectors(t, v{id: "right"}, v{id: "wrong", answer: `"<&>"`}, v{id: "crash", do: "crash"}, v{id: "last"}, v{id: "DIFF-1/other"})
	o := onFake(t, dir, []string{"-json", "-run", "TTL"}, "bad-end")
	o.wantCode(t, exitFailed)
	type counts struct {
		Passed, Failed, Declared int
		Expected                 int `json:"expected_failures"`
		NotAsked                 int `json:"not_asked"`
	}
	var got struct {
		Format  int
		OK      bool
		Verdict string
		Subject struct{ Name, Version string }
		Total   counts
		Table   []struct {
			Topic, Rule string
			counts
		}
		Results []struct {
			ID, Topic, Rule, Outcome string
			Misdeed                  *struct{ Kind, Detail, Stderr string }
			Differences              []struct {
				Path      string
				Want, Got json.RawMessage
			}
			Request, Want, Got json.RawMessage
		}
		Faults []struct {
			Misdeed struct{ Kind, Detail, Stderr string }
			Last    string
		}
		GivenUp []string `json:"given_up"`
	}
	if err := json.Unmarshal([]byte(o.stdout), &got); err != nil {
		t.Fatalf("%v in %s", err, o.stdout)
	}
	if got.Format != 1 || got.OK || got.Subject.Name != "fake" || got.Total != (counts{Passed: 2, Failed: 2}) || len(got.Table) != 2 || got.Table[1].Rule != "TTL-2" {
		t.Errorf("got %+v", got)
	}
	var outcomes []string
	for _, r := range got.Results {
		outcomes = append(outcomes, r.ID+" "+r.Outcome)
	}
	if diff := cmp.Diff([]string{"TTL-2/right passed", "TTL-2/wrong failed", "TTL-2/crash failed", "TTL-2/last passed"}, outcomes); diff != "" {
		t.Fatalf("outcomes (-want +got):\n%s", diff)
	}
	wrong, crash := got.Results[1], got.Results[2]
	if len(wrong.Differences) != 1 || wrong.Differences[0].Path != "$" || string(wrong.Got) != `"<&>"` || string(wrong.Want) != "1" || len(wrong.Request) == 0 {
		t.Errorf("wrong answer: %+v", wrong)
	}
	if crash.Misdeed == nil || crash.Misdeed.Kind != "crashed" || !strings.HasPrefix(crash.Misdeed.Stderr, "boom") || crash.Got != nil {
		t.Errorf("crash: %+v", crash)
	}
	if len(got.Faults) != 1 || got.Faults[0].Misdeed.Kind != "bad_end" || got.Faults[0].Last != "TTL-2/last" {
		t.Errorf("faults: %+v", got.Faults)
	}
}

// junit is what this test reads of a JUnit file.
type junit struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
	Skipped  int `xml:"skipped,attr"`
	Suites   []struct {
		Name  string `xml:"name,attr"`
		Tests int    `xml:"tests,attr"`
		Cases []struct {
			Class   string `xml:"classname,attr"`
			Name    string `xml:"name,attr"`
			Time    string `xml:"time,attr"`
			Failure *struct {
				Message string `xml:"message,attr"`
				Text    string `xml:",chardata"`
			} `xml:"failure"`
			Error *struct {
				Type    string `xml:"type,attr"`
				Message string `xml:"message,attr"`
			} `xml:"error"`
			Skipped *struct {
				Message string `xml:"message,attr"`
			} `xml:"skipped"`
			Stderr string `xml:"system-err"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

func TestJUnit(t *testing.T) {
	t.Parallel()
	dir := writeVectors(t, v{id: "right"}, v{id: "wrong", answer: `"<\u0001>"`}, v{id: "crash", do: "crash"}, v{id: "listed", answer: "2"},
		v{id: "flagged", answer: "2", flags: []string{"TTL-2"}}, v{id: "DIFF-1/other"})
	list, file := filepath.Join(t.TempDir(), "list"), filepath.Join(t.TempDir(), "junit.xml")
	write(t, list, "TTL-2/listed")
	o := onFake(t, dir, []string{"-junit", file, "-expect-fail", list}, "differs")
	o.wantCode(t, exitFailed)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got junit
	if err := xml.Unmarshal(data, &got); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	if got.Tests != 6 || got.Failures != 1 || got.Errors != 1 || got.Skipped != 2 || len(got.Suites) != 2 || got.Suites[0].Name != "ttl" || got.Suites[0].Tests != 5 {
		t.Fatalf("got %+v", got)
	}
	cases := got.Suites[0].Cases
	if c := cases[0]; c.Class != "ttl.TTL-2" || c.Name != "TTL-2/right" || c.Failure != nil || c.Error != nil || c.Skipped != nil || !strings.HasPrefix(c.Time, "0.") {
		t.Errorf("right: %+v", c)
	}
	if c := cases[1]; c.Failure == nil || !strings.HasPrefix(c.Failure.Message, "$: want 1, got ") || !strings.Contains(c.Failure.Text, "FAIL TTL-2/wrong\n") {
		t.Errorf("wrong: %+v", c)
	}
	if c := cases[2]; c.Error == nil || c.Error.Type != "crashed" || !strings.HasPrefix(c.Stderr, "boom") {
		t.Errorf("crash: %+v", c)
	}
	for _, i := range []int{3, 4} {
		if cases[i].Skipped == nil {
			t.Errorf("%s is not skipped", cases[i].Name)
		}
	}
}

// TestJUnitOfFaults has what belongs to no vector.
func TestJUnitOfFaults(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "junit.xml")
	o := onFake(t, writeVectors(t, v{id: "one"}), []string{"-junit", file}, "bad-end")
	o.wantCode(t, exitFailed)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got junit
	if err := xml.Unmarshal(data, &got); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	if got.Errors != 1 || len(got.Suites) != 2 || got.Suites[1].Name != "run" || got.Suites[1].Cases[0].Error.Type != "bad_end" {
		t.Errorf("got %+v", got)
	}
}

func TestFilters(t *testing.T) {
	t.Parallel()
	dir := writeVectors(t, v{id: "one"}, v{id: "TTL-3/two"}, v{id: "DIFF-1/one"})
	for _, c := range []struct {
		flags []string
		code  int
		want  string
	}{
		{nil, exitOK, "ok: 3 passed"},
		{[]string{"-topic", "ttl"}, exitOK, "ok: 2 passed"},
		{[]string{"-topic", "ttl,diff"}, exitOK, "ok: 3 passed"},
		{[]string{"-run", "/one$"}, exitOK, "ok: 2 passed"},
		{[]string{"-topic", "ttl", "-run", "^TTL-3/"}, exitOK, "ok: 1 passed"},
		{[]string{"-topic", "tt1"}, exitNotRun, `-topic: no vector has the topic "tt1"`},
		{[]string{"-run", "nothing"}, exitNotRun, "-run nothing: no vector's id matches"},
		{[]string{"-run", "("}, exitNotRun, "-run: error parsing regexp"},
		{[]string{"-timeout", "0s"}, exitNotRun, "-timeout 0s, -start-timeout 1m0s: want more than 0"},
		{[]string{"-nonsense"}, exitNotRun, "flag provided but not defined: -nonsense"},
		{[]string{"-junit", filepath.Join(dir, "no", "such", "folder")}, exitNotRun, "folder"},
		{[]string{"-expect-fail", filepath.Join(dir, "missing")}, exitNotRun, "missing"},
		{[]string{"-vectors", filepath.Join(dir, "missing")}, exitNotRun, "no file of vectors in core or generated"},
		{[]string{"-export", "x"}, exitNotRun, "-export runs no subject"},
	} {
		o := onFake(t, dir, c.flags)
		o.wantCode(t, c.code)
		wantText(t, o.stdout+o.stderr, c.want)
	}
	o := conformance(t)
	o.wantCode(t, exitNotRun)
	wantText(t, o.stderr, "conformance: no subject: want -- PROGRAM [ARGUMENTS], or -export DIR")
	o = conformance(t, "-h")
	o.wantCode(t, exitOK)
	wantText(t, o.stdout, "Usage: go run ./examples/conformance [flags] -- ./subject [args]", "-expect-fail FILE")
}

func TestExport(t *testing.T) {
	t.Parallel()
	vectors := writeVectors(t, v{id: "one", answer: `"<a>"`, want: `{"b": "<a>", "a": 1.0}`}, v{id: "DIFF-1/two-words"})
	dir := filepath.Join(t.TempDir(), "new", "folder")
	o := conformance(t, "-vectors", vectors, "-export", dir)
	o.wantCode(t, exitOK)
	got := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		rel, _ := filepath.Rel(dir, name)
		got[filepath.ToSlash(rel)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"ttl/TTL-2/one.request.json":         `{"id":1,"op":"fake","in":{"answer":"<a>","do":""}}` + "\n",
		"ttl/TTL-2/one.answer.json":          `{"id":1,"out":{"b":"<a>","a":1.0}}` + "\n",
		"diff/DIFF-1/two-words.request.json": `{"id":2,"op":"fake","in":{"answer":1,"do":""}}` + "\n",
		"diff/DIFF-1/two-words.answer.json":  `{"id":2,"out":1}` + "\n",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	o = conformance(t, "-vectors", vectors, "-export", dir)
	o.wantCode(t, exitNotRun)
	wantText(t, o.stderr, "the folder is not empty")
}

func TestBadVectorFiles(t *testing.T) {
	t.Parallel()
	vector := `{"id": "TTL-2/one", "rule": "TTL-2", "op": "x", "in": {}, "want": {}}`
	file := func(vectors string) string {
		return fmt.Sprintf(`{"format": 1, "topic": "ttl", "vectors": [%s]}`, vectors)
	}
	for _, c := range []struct{ name, text, want string }{
		{"format", `{"format": 2, "topic": "ttl", "vectors": []}`, "format 2, want 1"},
		{"topic", `{"format": 1, "topic": "diff", "vectors": []}`, `topic "diff", want "ttl" as the file is named`},
		{"json", `{`, "unexpected EOF"},
		{"trailing", file(vector) + "{}", "more than one JSON value"},
		{"key twice", `{"format": 1, "format": 1}`, `key "format" occurs twice`},
		{"id twice", file(vector + "," + vector), "id TTL-2/one is also in core/ttl.json"},
		{"no id", file(`{"rule": "TTL-2"}`), `vector 0: id "", want`},
		{"upper case", file(`{"id": "TTL-2/One", "rule": "TTL-2"}`), `id "TTL-2/One", want`},
		{"other rule", file(`{"id": "TTL-2/one", "rule": "TTL-3"}`), `rule "TTL-3", want "TTL-2" as its id begins`},
		{"no want", file(`{"id": "TTL-2/one", "rule": "TTL-2", "op": "x", "in": {}}`), "want op, in and want"},
		{"none", file(""), "no file of vectors"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.Mkdir(filepath.Join(dir, "core"), 0o755); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "core", "ttl.json"), c.text)
			o := conformance(t, "-vectors", dir, "--", "subject")
			o.wantCode(t, exitNotRun)
			wantText(t, o.stderr, "conformance: runner: bad vectors: ", c.want)
		})
	}
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var stdout, stderr strings.Builder
	// The subject's first words on standard error end the run.
	args := append([]string{"-vectors", writeVectors(t, v{id: "says", do: "say"}, v{id: "hangs", do: "hang"}), "-stderr", "--"}, fakeCommand()...)
	code := run(ctx, args, &stdout, writerFunc(func(p []byte) (int, error) { cancel(); return stderr.Write(p) }))
	if code != exitNotRun || !strings.Contains(stderr.String(), "could not run: context canceled") || stdout.Len() > 0 {
		t.Errorf("code %d, stdout %q, stderr %q", code, stdout.String(), stderr.String())
	}
}

// writerFunc is a writer.
type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
