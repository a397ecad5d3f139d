package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/updatescan/updatescan/examples/conformance/internal/runner"
	"github.com/updatescan/updatescan/scan/scantest/vectors"
)

// schema compiles the schema of the vectors.
func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(vectorFile(t, "schema.json")))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// vectorFile reads one of the built-in files.
func vectorFile(t *testing.T, name string) string {
	t.Helper()
	data, err := fs.ReadFile(vectors.FS(), name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// check validates a text against the schema.
func check(t *testing.T, s *jsonschema.Schema, text string) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return s.Validate(doc)
}

func TestFilesMatchTheSchema(t *testing.T) {
	t.Parallel()
	s := schema(t)
	files := []string{"mutants.json"}
	for _, pattern := range []string{"core/*", "generated/*"} {
		found, err := fs.Glob(vectors.FS(), pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v, %v", pattern, found, err)
		}
		files = append(files, found...)
	}
	for _, name := range files {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := check(t, s, vectorFile(t, name)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

// TestReadme keeps the page that reimplementers read, and the schema, together:
// its example is valid, and both know the same operations.
func TestReadme(t *testing.T) {
	t.Parallel()
	readme := vectorFile(t, "README.md")
	_, example, _ := strings.Cut(readme, "```json\n")
	example, _, found := strings.Cut(example, "```")
	if !found {
		t.Fatal("README.md has no example")
	}
	if err := check(t, schema(t), example); err != nil {
		t.Errorf("the example of README.md: %v", err)
	}
	_, operations, _ := strings.Cut(readme, "\n## Operations\n")
	var told []string
	topic := ""
	for text := range strings.Lines(operations) {
		if rest, ok := strings.CutPrefix(text, "### "); ok {
			topic = strings.TrimSpace(rest)
			if !slices.Contains(runner.Topics(), topic) {
				t.Errorf("README.md has topic %q, the runner does not know it", topic)
			}
		}
		// A row of a table of operations has "->" in it; rows of config,
		// events and effects have not.
		if m := regexp.MustCompile("^\\| `([a-z._]+)` \\|.*->").FindStringSubmatch(text); m != nil {
			told = append(told, m[1])
		} else if m := regexp.MustCompile("^\\| `([a-z._]+)` \\| the same").FindStringSubmatch(text); m != nil {
			told = append(told, m[1])
		}
	}
	var doc struct {
		Defs struct {
			Op struct{ Enum []string }
		} `json:"$defs"`
	}
	if err := json.Unmarshal([]byte(vectorFile(t, "schema.json")), &doc); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(told, doc.Defs.Op.Enum) {
		t.Errorf("README.md has the operations %v,\nschema.json has %v", told, doc.Defs.Op.Enum)
	}
}

// TestVectors holds what the schema cannot say. That ids are unique, begin with
// their rule, and that a file is named after its topic is refused by Load.
func TestVectors(t *testing.T) {
	t.Parallel()
	all, err := runner.Load(vectors.FS())
	if err != nil {
		t.Fatal(err)
	}
	type rule struct {
		ID     string
		Status []string
		Built  bool
	}
	var registry struct{ Rules []rule }
	data, err := os.ReadFile("../../internal/rules/registry.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &registry); err != nil {
		t.Fatal(err)
	}
	rules := make(map[string]rule)
	for _, r := range registry.Rules {
		rules[r.ID] = r
	}
	for _, v := range all {
		if !rules[v.Rule].Built {
			t.Errorf("%s: %s: rule %s is not one that is built", v.File, v.ID, v.Rule)
		}
		for _, flag := range v.Flags {
			if !slices.Contains(rules[flag].Status, "our_choice") {
				t.Errorf("%s: %s: flag %s is no rule that is our choice, in whole or in part", v.File, v.ID, flag)
			}
		}
	}
	seen := make(map[string]bool)
	for _, m := range mutants(t) {
		if seen[m.ID] {
			t.Errorf("mutants.json: %s is there twice", m.ID)
		}
		seen[m.ID] = true
		if !rules[m.Rule].Built {
			t.Errorf("mutants.json: %s: rule %s is not one that is built", m.ID, m.Rule)
		}
	}
}

// goodFile is a file that the schema accepts; the tests below break it.
const goodFile = `{"format": 1, "topic": "ttl", "vectors": [
 {"id": "TTL-2/exactly-the-ttl", "rule": "TTL-2", "side": "outside", "op": "ttl.check",
  "in": {"stamp": {"time": "2008-06-01T00:00:00Z", "version": 38}, "now": "2008-06-02T00:00:00Z"},
  "want": {"fresh": true, "reason": "within_ttl", "age_s": 86400}, "note": "n", "flags": ["TTL-2"]},
 {"id": "TTL-4/history", "rule": "TTL-4", "side": "inside", "op": "ttl.history",
  "in": {"steps": [{"at": "2008-06-01T00:00:00Z", "do": "retrieved", "version": 1, "started": "2008-06-01T00:00:00Z"}]},
  "want": {"steps": [{"stamp": null}]}}]}`

func TestBrokenFilesAreRefused(t *testing.T) {
	t.Parallel()
	s := schema(t)
	if err := check(t, s, goodFile); err != nil {
		t.Fatalf("the good file: %v", err)
	}
	for _, c := range []struct{ name, old, text string }{
		{"no format", `"format": 1, `, ``},
		{"other format", `"format": 1`, `"format": 2`},
		{"no topic", `"topic": "ttl", `, ``},
		{"unknown topic", `"topic": "ttl"`, `"topic": "time"`},
		{"op of another topic", `"topic": "ttl"`, `"topic": "diff"`},
		{"a key too many in the file", `"format": 1`, `"format": 1, "more": 1`},
		{"id without words", `TTL-2/exactly-the-ttl`, `TTL-2/`},
		{"id in upper case", `exactly-the-ttl`, `exactly-the-TTL`},
		{"id with two dashes", `exactly-the-ttl`, `exactly--the-ttl`},
		{"id without a rule", `TTL-2/exactly-the-ttl`, `exactly-the-ttl`},
		{"no rule", `"rule": "TTL-2", `, ``},
		{"no side", `"side": "outside", `, ``},
		{"unknown side", `"outside"`, `"boundary"`},
		{"no op", `"op": "ttl.check",`, ``},
		{"unknown op", `"ttl.check"`, `"ttl.chekc"`},
		{"in of another op", `"op": "ttl.check"`, `"op": "ttl.history"`},
		{"no want", `"want": {"fresh": true, "reason": "within_ttl", "age_s": 86400}, `, ``},
		{"a key too many in the vector", `"note": "n"`, `"remark": "n"`},
		{"empty note", `"note": "n"`, `"note": ""`},
		{"no flags", `["TTL-2"]`, `[]`},
		{"a flag that is no rule", `["TTL-2"]`, `["ttl"]`},
		{"no now", `, "now": "2008-06-02T00:00:00Z"`, ``},
		{"a key too many in in", `"now"`, `"ttl_ms": 1, "now"`},
		{"a duration that is not whole", `"now"`, `"ttl_s": 1.5, "now"`},
		{"time without a zone", `"now": "2008-06-02T00:00:00Z"`, `"now": "2008-06-02T00:00:00"`},
		{"time with another zone", `"now": "2008-06-02T00:00:00Z"`, `"now": "2008-06-02T00:00:00+00:00"`},
		{"time with trailing zeros", `"now": "2008-06-02T00:00:00Z"`, `"now": "2008-06-02T00:00:00.50Z"`},
		{"version below zero", `"version": 38`, `"version": -1`},
		{"want without a key", `, "age_s": 86400`, ``},
		{"want with a key too many", `"age_s": 86400`, `"age_s": 86400, "ttl_s": 1`},
		{"unknown reason", `"within_ttl"`, `"within"`},
		{"an error of another op", `{"fresh": true, "reason": "within_ttl", "age_s": 86400}`, `{"error": "unknown_type"}`},
		{"an error with more", `{"fresh": true, "reason": "within_ttl", "age_s": 86400}`, `{"error": "bad_policy", "code": 1}`},
		{"unknown step", `"do": "retrieved"`, `"do": "fetched"`},
		{"a step without its keys", `, "version": 1, "started": "2008-06-01T00:00:00Z"`, ``},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			broken := strings.Replace(goodFile, c.old, c.text, 1)
			if broken == goodFile {
				t.Fatalf("%q is not in the good file", c.old)
			}
			if err := check(t, s, broken); err == nil {
				t.Errorf("accepted: %s", broken)
			}
		})
	}
	for _, text := range []string{
		`{}`, `[]`, `{"format": 1, "topic": "ttl", "vectors": []}`, `{"format": 1, "mutants": []}`,
		`{"format": 1, "mutants": [{"id": "a", "rule": "TTL-2", "ops": [], "mistake": "m"}]}`,
		`{"format": 1, "mutants": [{"id": "a", "rule": "TTL-2", "ops": ["nothing"], "mistake": "m"}]}`,
		`{"format": 1, "mutants": [{"id": "A", "rule": "TTL-2", "ops": ["decide"], "mistake": "m"}]}`,
	} {
		if err := check(t, s, text); err == nil {
			t.Errorf("accepted: %s", text)
		}
	}
}

// TestEveryOperationIsClosed has the schema refuse, for each operation, a
// question and an answer with a key that nobody knows.
func TestEveryOperationIsClosed(t *testing.T) {
	t.Parallel()
	s := schema(t)
	all, err := runner.Load(vectors.FS())
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for _, v := range all {
		if seen[v.Op] {
			continue
		}
		seen[v.Op] = true
		file := func(in, want string) string {
			data, err := json.Marshal(map[string]any{"format": 1, "topic": v.Topic, "vectors": []any{map[string]any{
				"id": v.ID, "rule": v.Rule, "side": v.Side, "op": v.Op, "in": json.RawMessage(in), "want": json.RawMessage(want),
			}}})
			if err != nil {
				t.Fatal(err)
			}
			return string(data)
		}
		more := func(object json.RawMessage) string {
			rest := strings.TrimPrefix(strings.TrimSpace(string(object)), "{")
			if strings.TrimSpace(rest) == "}" {
				return `{"nobody_knows": 1}`
			}
			return `{"nobody_knows": 1, ` + rest
		}
		in, want := string(v.In), string(v.Want)
		if err := check(t, s, file(in, want)); err != nil {
			t.Errorf("%s: %v", v.ID, err)
		}
		if err := check(t, s, file(more(v.In), want)); err == nil {
			t.Errorf("%s: a question with another key is accepted", path.Join(v.Topic, v.Op))
		}
		if err := check(t, s, file(in, more(v.Want))); err == nil {
			t.Errorf("%s: an answer with another key is accepted", path.Join(v.Topic, v.Op))
		}
	}
}
