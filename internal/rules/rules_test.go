package rules_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/updatescan/updatescan/internal/rules"
	"github.com/updatescan/updatescan/internal/testdata"
	"github.com/updatescan/updatescan/scan/scantest/vectors"
)

// notBuilt are the rules that are still to be built: none. The list only shrinks.
var notBuilt []string

// minVectors is how many vectors there are at least. It only grows.
const minVectors = 2000

var (
	ruleID     = regexp.MustCompile(`\b(?:TRG|TTL|DEC|WF|DIFF|MSG|SITE)-[0-9]+\b`)
	notLibrary = regexp.MustCompile(`^examples/|(?:test|rapid|vectors)/[^/]*$`)
	ruleAttr   = regexp.MustCompile(`\.Attr\("rule", "([^"]*)"\)`)
)

// source is what the Go files of the repository say of the rules.
type source struct {
	code  map[string][]string // rule -> library files that name it
	tests map[string][]string // rule -> test files with an attribute that names it
}

// read scans the Go files of the library and of its tests.
func read(t *testing.T) source {
	t.Helper()
	s := source{code: make(map[string][]string), tests: make(map[string][]string)}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		name = filepath.ToSlash(name)
		if strings.HasPrefix(name, "internal/rules/") {
			return nil
		}
		if !strings.HasSuffix(name, "_test.go") && notLibrary.MatchString(name) {
			return nil // a kit or a program proves nothing of the library
		}
		if !strings.HasSuffix(name, "_test.go") {
			for _, id := range ruleID.FindAllString(string(data), -1) {
				s.code[id] = append(s.code[id], name)
			}
			return nil
		}
		for _, m := range ruleAttr.FindAllStringSubmatch(string(data), -1) {
			s.tests[m[1]] = append(s.tests[m[1]], name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestTraceability holds rules, code and tests together: every rule that is
// built is named at the code that implements it and by a test that proves it,
// and nothing names a rule that does not exist.
func TestTraceability(t *testing.T) {
	t.Parallel()
	reg, err := rules.Load()
	if err != nil {
		t.Fatal(err)
	}
	src := read(t)
	known := make(map[string]bool)
	for _, r := range reg.Rules {
		known[r.ID] = true
		if !r.Built {
			continue
		}
		if len(src.code[r.ID]) == 0 {
			t.Errorf("rule %s is built, and no library file names it", r.ID)
		}
		if len(src.tests[r.ID]) == 0 {
			t.Errorf("rule %s is built, and no test has the attribute (\"rule\", %q)", r.ID, r.ID)
		}
	}
	for id, files := range src.code {
		if !known[id] {
			t.Errorf("%s: names rule %s, which is not in the registry", files[0], id)
		}
	}
	for id, files := range src.tests {
		if !known[id] {
			t.Errorf("%s: names rule %q, which is not in the registry", files[0], id)
		}
	}
}

// TestVectors holds rules and vectors together: every rule that is built has
// vectors on both sides of its boundary, and every vector names a rule, as its
// own and in its flags, that exists.
func TestVectors(t *testing.T) {
	t.Parallel()
	reg, err := rules.Load()
	if err != nil {
		t.Fatal(err)
	}
	known := make(map[string]bool)
	for _, r := range reg.Rules {
		known[r.ID] = true
	}
	files, err := fs.Glob(vectors.FS(), "*/*.json")
	if err != nil {
		t.Fatal(err)
	}
	sides := make(map[string]map[string]int) // rule -> side -> how many
	total := 0
	for _, name := range files {
		var file struct {
			Vectors []struct {
				ID, Rule, Side string
				Flags          []string
			}
		}
		data, err := fs.ReadFile(vectors.FS(), name)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &file); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, v := range file.Vectors {
			total++
			for _, id := range append(v.Flags, v.Rule) {
				if !known[id] {
					t.Errorf("%s: vector %s names rule %q, which is not in the registry", name, v.ID, id)
				}
			}
			if sides[v.Rule] == nil {
				sides[v.Rule] = make(map[string]int)
			}
			sides[v.Rule][v.Side]++
		}
	}
	for _, r := range reg.Rules {
		for _, side := range []string{"inside", "outside"} {
			if r.Built && sides[r.ID][side] == 0 {
				t.Errorf("rule %s is built, and no vector is %s of its boundary", r.ID, side)
			}
		}
	}
	if total < minVectors {
		t.Errorf("there are %d vectors, want at least %d", total, minVectors)
	}
}

// TestRegistry checks the registry itself.
func TestRegistry(t *testing.T) {
	t.Parallel()
	reg, err := rules.Load()
	if err != nil {
		t.Fatal(err)
	}
	status := map[string]string{"S": "documented", "D": "documented", "L": "seen_in_logs", "C": "our_choice"}
	seen := make(map[string]bool)
	for _, r := range reg.Rules {
		if seen[r.ID] {
			t.Errorf("%s: listed twice", r.ID)
		}
		seen[r.ID] = true
		if ruleID.FindString(r.ID) != r.ID {
			t.Errorf("%q is not a rule ID", r.ID)
		}
		if r.Rule == "" || len(r.Sources) == 0 || r.SourceNote == "" {
			t.Errorf("%s: has no sentence or no source", r.ID)
		}
		var want []string
		for _, s := range r.Sources {
			if reg.Sources[s] == "" {
				t.Errorf("%s: source %q is not explained", r.ID, s)
			}
			if !slices.Contains(want, status[s]) {
				want = append(want, status[s])
			}
		}
		if !slices.Equal(r.Status, want) {
			t.Errorf("%s: status is %v, its sources say %v", r.ID, r.Status, want)
		}
		if allowed := slices.Contains(notBuilt, r.ID); r.Built == allowed {
			t.Errorf("%s: built is %t; the list of rules not built only shrinks", r.ID, r.Built)
		}
	}
}

// TestRegistryComplete compares the registry with the normative text, where
// that is at hand.
func TestRegistryComplete(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(testdata.Dir(t, "..", "RULES.md"))
	if err != nil {
		t.Fatal(err)
	}
	reg, err := rules.Load()
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, m := range regexp.MustCompile(`(?m)^\| ((?:TRG|TTL|DEC|WF|DIFF|MSG|SITE)-[0-9]+) \|`).FindAllStringSubmatch(string(data), -1) {
		want = append(want, m[1])
	}
	for _, r := range reg.Rules {
		got = append(got, r.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the registry lists %v, the rules are %v", got, want)
	}
}
