package ops_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/updatescan/updatescan/examples/conformance/internal/ops"
	"github.com/updatescan/updatescan/internal/rules"
	"github.com/updatescan/updatescan/scan/scantest/vectors"
)

// vector is a test vector.
type vector struct {
	ID   string          `json:"id"`
	Rule string          `json:"rule"`
	Side string          `json:"side"`
	Op   string          `json:"op"`
	In   json.RawMessage `json:"in"`
	Want json.RawMessage `json:"want"`

	file string
}

// readVectors returns the vectors of the files that match.
func readVectors(t *testing.T, pattern string) []vector {
	t.Helper()
	names, err := fs.Glob(vectors.FS(), pattern)
	if err != nil {
		t.Fatal(err)
	}
	var list []vector
	for _, name := range names {
		data, err := fs.ReadFile(vectors.FS(), name)
		if err != nil {
			t.Fatal(err)
		}
		var file struct {
			Vectors []vector `json:"vectors"`
		}
		if err := json.Unmarshal(data, &file); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, v := range file.Vectors {
			v.file = name
			list = append(list, v)
		}
	}
	return list
}

// allVectors returns every vector there is.
func allVectors(t *testing.T) []vector {
	t.Helper()
	return slices.Concat(readVectors(t, "core/*.json"), readVectors(t, "generated/*.json"))
}

// same reports whether two JSON texts are the same value. Numbers are compared
// as they are written.
func same(a, b json.RawMessage) bool {
	value := func(raw json.RawMessage) (v any) {
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.UseNumber()
		if dec.Decode(&v) != nil {
			return raw
		}
		return v
	}
	return reflect.DeepEqual(value(a), value(b))
}

// TestVectors asks the library and the reference models every vector.
func TestVectors(t *testing.T) {
	t.Parallel()
	for name, answers := range map[string]*ops.Answers{"library": ops.Library(), "model": ops.Model("")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, v := range allVectors(t) {
				got, err := answers.Answer(v.Op, v.In)
				if err != nil {
					t.Errorf("%s: %s: %v", v.file, v.ID, err)
				} else if !same(got, v.Want) {
					t.Errorf("%s: %s: %s\nwas asked %s\nanswered  %s\nwant      %s", v.file, v.ID, v.Op, v.In, got, v.Want)
				}
			}
		})
	}
}

// TestSides wants vectors on both sides of every rule that is built.
func TestSides(t *testing.T) {
	t.Parallel()
	registry, err := rules.Load()
	if err != nil {
		t.Fatal(err)
	}
	sides := map[string]map[string]bool{}
	for _, r := range registry.Rules {
		sides[r.ID] = map[string]bool{}
	}
	for _, v := range allVectors(t) {
		if sides[v.Rule] == nil {
			t.Errorf("%s: %s: there is no rule %s", v.file, v.ID, v.Rule)
			continue
		}
		sides[v.Rule][v.Side] = true
	}
	for _, r := range registry.Rules {
		for _, side := range []string{"inside", "outside"} {
			if r.Built && !sides[r.ID][side] {
				t.Errorf("no vector lies %s of %s: %s", side, r.ID, r.Rule)
			}
		}
	}
}

// mutant is a planted mistake.
type mutant struct {
	ID      string   `json:"id"`
	Rule    string   `json:"rule"`
	Ops     []string `json:"ops"`
	Mistake string   `json:"mistake"`
}

func readMutants(t *testing.T) []mutant {
	t.Helper()
	data, err := fs.ReadFile(vectors.FS(), "mutants.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Mutants []mutant `json:"mutants"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	return file.Mutants
}

// enough is how many vectors that catch a mistake are looked for.
func enough() int {
	if testing.Short() {
		return 1
	}
	return 5
}

// TestMistakes plants each mistake in the reference models, which a vector of
// its rule has to catch.
func TestMistakes(t *testing.T) {
	t.Parallel()
	all := allVectors(t)
	for _, m := range readMutants(t) {
		t.Run(m.ID, func(t *testing.T) {
			t.Parallel()
			t.Attr("rule", m.Rule)
			answers := ops.Model(m.ID)
			var caught []string
			for _, v := range all {
				if v.Rule != m.Rule || !slices.Contains(m.Ops, v.Op) || len(caught) == enough() {
					continue
				}
				if got, err := answers.Answer(v.Op, v.In); err != nil || !same(got, v.Want) {
					caught = append(caught, v.ID)
				}
			}
			if len(caught) == 0 {
				t.Errorf("no vector of %s catches the mistake %s: %s", m.Rule, m.ID, m.Mistake)
			}
			t.Logf("caught by %s", strings.Join(caught, ", "))
		})
	}
}
