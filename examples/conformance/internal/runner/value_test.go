package runner_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/examples/conformance/internal/runner"
)

// fixed is a subject that always answers the same.
type fixed string

func (f fixed) Answer(string, json.RawMessage) (json.RawMessage, error) {
	return json.RawMessage(f), nil
}

// compare asks for one text and gets another.
func compare(want, got string) ([]runner.Difference, error) {
	return runner.Ask(fixed(got), runner.Vector{ID: "TTL-1/x", Rule: "TTL-1", Want: json.RawMessage(want)})
}

func TestSameValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{`1`, `1.0`, true},
		{`1`, `10e-1`, true},
		{`1`, `0.1E+1`, true},
		{`100`, `1e2`, true},
		{`0`, `-0`, true},
		{`0`, `0.00e5`, true},
		{`0`, `-0e999999999999999999999`, true},
		{`-1`, `1`, false},
		{`0.1`, `0.10000000000000001`, false},
		{`9007199254740993`, `9007199254740992`, false},
		{`9007199254740993`, `9007199254740993.0`, true},
		{`18446744073709551615`, `18446744073709551616`, false},
		{`1e999999999999999999999`, `10e999999999999999999998`, true},
		{`1e999999999`, `1e999999998`, false},
		{`1`, `"1"`, false},
		{`1`, `true`, false},
		{`null`, `false`, false},
		{`null`, `null`, true},
		{`null`, `[]`, false},
		{`null`, `{}`, false},
		{`{}`, `[]`, false},
		{`"a"`, `"\u0061"`, true},
		{`"a"`, `"A"`, false},
		{`"a"`, `{"a": 1}`, false},
		{`[1, 2]`, `[2, 1]`, false},
		{`[1]`, `[1, 1]`, false},
		{`[]`, `[null]`, false},
		{`{"a": 1, "b": [{}]}`, "{\"b\":\t[ {} ],\n\"a\":1e0}", true},
		{`{"a": 1}`, `{"a": 1, "b": null}`, false},
		{`{"a": null}`, `{}`, false},
	} {
		for _, pair := range [][2]string{{c.a, c.b}, {c.b, c.a}} {
			diffs, err := compare(pair[0], pair[1])
			if err != nil || (len(diffs) == 0) != c.same {
				t.Errorf("want %s, got %s: %v, %v; same should be %v", pair[0], pair[1], diffs, err, c.same)
			}
		}
	}
}

func TestDifferences(t *testing.T) {
	t.Parallel()
	diffs, err := compare(`{"a": [1, {"b": "x"}], "c-d": null, "e": 1, "f": []}`, `{"a": [2, {"b": "y", "z": {}}, 3], "c-d": 0, "f": {"g": [1]}}`)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range diffs {
		got = append(got, d.String())
	}
	want := []string{
		`$.a[0]: want 1, got 2`,
		`$.a[1].b: want "x", got "y"`,
		`$.a[1].z: want nothing, got {}`,
		`$.a[2]: want nothing, got 3`,
		`$["c-d"]: want null, got 0`,
		`$.e: want 1, got nothing`,
		`$.f: want [], got {"g":[1]}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("differences (-want +got):\n%s", diff)
	}
	long := `"` + strings.Repeat("ü", 1000) + `"`
	diffs, err = compare(`1`, long)
	if err != nil || len(diffs) != 1 || len(diffs[0].String()) > 400 || !strings.HasSuffix(diffs[0].String(), "ü... (2002 bytes)") {
		t.Errorf("a long value: %v, %v", diffs, err)
	}
}

func TestNotJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		``:                  "unexpected EOF",
		` `:                 "unexpected EOF",
		`nope`:              "invalid character",
		`{"a": 1`:           "unexpected EOF",
		`[1, ]`:             "invalid character",
		`{"a": 1, "a": 2}`:  `key "a" occurs twice`,
		`{"a": 1} {"a": 1}`: "more than one JSON value",
		`1 x`:               "more than one JSON value",
		`01`:                "more than one JSON value",
		`NaN`:               "invalid character",
		"\"\xff\"":          "not UTF-8",
		"\"a\nb\"":          "invalid character",
		strings.Repeat("[", 2000) + strings.Repeat("]", 2000): "nested deeper than 1000",
	} {
		if _, err := compare(`1`, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: error %v, want %q", text, err, want)
		}
	}
}
