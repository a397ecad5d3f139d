package runner

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
)

// Difference is a place at which an answer is not the wanted one.
type Difference struct {
	// Path leads to the place, such as $.steps[3].effects[0].type.
	Path string `json:"path"`
	// Want and Got are what is there; nil when nothing should be or is there.
	Want json.RawMessage `json:"want,omitempty"`
	Got  json.RawMessage `json:"got,omitempty"`
}

// String is one line for a person.
func (d Difference) String() string {
	text := func(v json.RawMessage) string {
		if v == nil {
			return "nothing"
		}
		return shorten(string(v), maxShownValue)
	}
	return fmt.Sprintf("%s: want %s, got %s", d.Path, text(d.Want), text(d.Got))
}

// maxShownValue is the most bytes of a value that a difference shows.
const maxShownValue = 300

// plainKey is a key that a path can have without quotes.
var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// differences compares two values that [parseValue] returned. Objects are the
// same when they have the same keys with the same values, lists when they have
// the same values in the same order, numbers when they are equal exactly.
func differences(want, got any) []Difference {
	var all []Difference
	compareValues("$", want, got, &all)
	return all
}

// compareValues appends the differences below a path.
func compareValues(path string, want, got any, all *[]Difference) {
	switch w := want.(type) {
	case map[string]any:
		if g, ok := got.(map[string]any); ok {
			compareObjects(path, w, g, all)
			return
		}
	case []any:
		if g, ok := got.([]any); ok {
			compareLists(path, w, g, all)
			return
		}
	case json.Number:
		if g, ok := got.(json.Number); ok && sameNumber(w, g) {
			return
		}
	default: // a string, a boolean or null
		if scalar(got) && want == got {
			return
		}
	}
	*all = append(*all, Difference{Path: path, Want: formatValue(want), Got: formatValue(got)})
}

// scalar reports whether a value is a string, a boolean or null.
func scalar(v any) bool {
	switch v.(type) {
	case string, bool, nil:
		return true
	}
	return false
}

// compareObjects appends the differences of two objects, by key.
func compareObjects(path string, want, got map[string]any, all *[]Difference) {
	keys := slices.AppendSeq(slices.Collect(maps.Keys(want)), maps.Keys(got))
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		at := path + "." + key
		if !plainKey.MatchString(key) {
			at = fmt.Sprintf("%s[%q]", path, key)
		}
		w, wanted := want[key]
		g, given := got[key]
		if wanted && given {
			compareValues(at, w, g, all)
			continue
		}
		d := Difference{Path: at}
		if wanted {
			d.Want = formatValue(w)
		}
		if given {
			d.Got = formatValue(g)
		}
		*all = append(*all, d)
	}
}

// compareLists appends the differences of two lists, by place.
func compareLists(path string, want, got []any, all *[]Difference) {
	for i := range max(len(want), len(got)) {
		at := fmt.Sprintf("%s[%d]", path, i)
		if i < len(want) && i < len(got) {
			compareValues(at, want[i], got[i], all)
			continue
		}
		d := Difference{Path: at}
		if i < len(want) {
			d.Want = formatValue(want[i])
		} else {
			d.Got = formatValue(got[i])
		}
		*all = append(*all, d)
	}
}

// shorten cuts a text to at most n bytes, between characters, and says how long
// it was.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	cut := n
	for cut > 0 && s[cut]&0xC0 == 0x80 {
		cut--
	}
	return fmt.Sprintf("%s... (%d bytes)", s[:cut], len(s))
}

// maxQuoted is the most bytes of a subject's line that a message shows.
const maxQuoted = 200

// quote shows a line of a subject in a message.
func quote(text []byte) string { return strconv.Quote(shorten(string(text), maxQuoted)) }
