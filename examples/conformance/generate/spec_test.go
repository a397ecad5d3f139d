package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/internal/rules"
)

// vectorsDir is the folder of the vectors, seen from here.
var vectorsDir = filepath.Join("..", "..", "..", "scan", "scantest", "vectors")

// TestSpecIsGenerated fails when the specification is not what is generated from
// the registry, the library, the vectors and the texts beside this file.
func TestSpecIsGenerated(t *testing.T) {
	t.Parallel()
	want, err := spec(os.DirFS(vectorsDir))
	if err != nil {
		t.Fatalf("spec() = %v", err)
	}
	got, err := os.ReadFile(filepath.Join(vectorsDir, specName))
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
		t.Errorf("SPEC.md is not what is generated; run go run ./examples/conformance/generate -spec (-generated +file)\n%s", diff)
	}
}

// TestSpecSaysEveryRule fails when a rule that is built has no sentence in
// chapters 4, 5, 7 and 8 that names it, or when these name a rule that is none.
func TestSpecSaysEveryRule(t *testing.T) {
	t.Parallel()
	registry, err := rules.Load()
	if err != nil {
		t.Fatal(err)
	}
	parts, err := templateParts()
	if err != nil {
		t.Fatal(err)
	}
	said := citations(strings.Join(parts, ""))
	for _, r := range registry.Rules {
		if r.Built && len(said[r.ID]) == 0 {
			t.Errorf("no section of chapters 4, 5, 7 and 8 names %s", r.ID)
		}
		delete(said, r.ID)
	}
	for id, sections := range said {
		t.Errorf("sections %v name %s, which is no rule", sections, id)
	}
}

// TestSpecHasNoGo fails when the specification, which is for readers of any
// language, names something of this one.
func TestSpecHasNoGo(t *testing.T) {
	t.Parallel()
	parts, err := templateParts()
	if err != nil {
		t.Fatal(err)
	}
	for i, part := range parts {
		for _, word := range []string{"time.Duration", "nil", "func ", "goroutine", "struct {", "struct{", "[]string", "package "} {
			if strings.Contains(part, word) {
				t.Errorf("part %d has %q", i+1, word)
			}
		}
	}
}

// reference finds what the text refers to: "(5.3)", "table 3.7" and the like.
var reference = regexp.MustCompile(`(?:\(|\b(?:in|of|do|is|by|at|and|table|section) )([1-8]\.[0-9]{1,2}(?:\.[0-9])?)\b`)

// TestSpecSectionsExist fails when the text refers to a section that there is
// not.
func TestSpecSectionsExist(t *testing.T) {
	t.Parallel()
	text, err := spec(fstest.MapFS{})
	if err != nil {
		t.Fatal(err)
	}
	have := make(map[string]bool)
	for line := range strings.Lines(string(text)) {
		if m := heading.FindStringSubmatch(line); m != nil {
			if have[m[1]] {
				t.Errorf("there are two sections %s", m[1])
			}
			have[m[1]] = true
		}
	}
	for _, m := range reference.FindAllStringSubmatch(string(text), -1) {
		for _, section := range m[1:] {
			if section != "" && !have[section] {
				t.Errorf("%q: there is no section %s", m[0], section)
			}
		}
	}
}

func TestCountVectors(t *testing.T) {
	t.Parallel()
	counts, err := countVectors(fstest.MapFS{
		"core/ttl.json":      {Data: []byte(`{"vectors": [{"rule": "TTL-1"}, {"rule": "TTL-2"}]}`)},
		"generated/ttl.json": {Data: []byte(`{"vectors": [{"rule": "TTL-2"}]}`)},
		"core/decision.json": {Data: []byte(`{"vectors": [{"rule": "TTL-2"}]}`)},
	})
	if err != nil {
		t.Fatalf("countVectors() = %v", err)
	}
	want := map[string]*vectorCount{
		"TTL-1": {core: 1, topics: []string{"ttl"}},
		"TTL-2": {core: 2, generated: 1, topics: []string{"decision", "ttl"}},
	}
	if diff := cmp.Diff(want, counts, cmp.AllowUnexported(vectorCount{})); diff != "" {
		t.Errorf("countVectors() (-want +got)\n%s", diff)
	}
	if _, err := countVectors(fstest.MapFS{"core/ttl.json": {Data: []byte(`{`)}}); err == nil {
		t.Error("countVectors() of a broken file gives no error")
	}
}

func TestRunSpec(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := run([]string{"-dir", dir, "-spec"}, os.Stderr); err != nil {
		t.Fatalf("run(-spec) = %v", err)
	}
	text, err := os.ReadFile(filepath.Join(dir, specName))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(text, []byte("# Specification\n")) {
		t.Errorf("run(-spec) wrote %.40q", text)
	}
	if err := run(nil, os.Stderr); err == nil {
		t.Error("run() without arguments gives no error")
	}
}
