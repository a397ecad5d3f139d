package wsustest

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/updatescan/updatescan/wsus"
)

// attributes reads the attributes of a rule, and notes when one is missing or
// malformed.
type attributes struct {
	rule     *wsus.Rule
	inLoop   bool
	bad      bool
	badQuery bool
}

// get is an attribute; the first of the name counts.
func (a *attributes) get(name string) (string, bool) {
	for _, attr := range a.rule.Attrs {
		if attr.Name == name {
			return attr.Value, true
		}
	}
	return "", false
}

func (a *attributes) has(name string) bool {
	_, ok := a.get(name)
	return ok
}

// present is an attribute that must be there.
func (a *attributes) present(name string) string {
	v, ok := a.get(name)
	if !ok {
		a.bad = true
	}
	return v
}

// filled is an attribute that must be there and not be empty.
func (a *attributes) filled(name string) string {
	v := a.present(name)
	if v == "" {
		a.bad = true
	}
	return v
}

// optional is an attribute, or "".
func (a *attributes) optional(name string) string {
	v, _ := a.get(name)
	return v
}

// oneOf is a word, in lower case, of those given.
func (a *attributes) oneOf(name string, words ...string) string {
	v := strings.ToLower(strings.TrimSpace(a.filled(name)))
	if !slices.Contains(words, v) {
		a.bad = true
	}
	return v
}

func (a *attributes) flag(name string) bool {
	if !a.has(name) {
		return false
	}
	v := strings.ToLower(strings.TrimSpace(a.optional(name)))
	if v != "true" && v != "1" && v != "false" && v != "0" {
		a.bad = true
	}
	return v == "true" || v == "1"
}

// number is a whole number from low to high.
func (a *attributes) number(name string, low, high int64) int64 {
	v := strings.TrimSpace(a.filled(name))
	if low >= 0 && (strings.HasPrefix(v, "+") || strings.HasPrefix(v, "-")) {
		a.bad = true
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < low || n > high {
		a.bad = true
	}
	return n
}

// The highest numbers of 16, 31, 32 and 63 bits.
const (
	max16 = 1<<16 - 1
	max31 = 1<<31 - 1
	max32 = 1<<32 - 1
	max63 = 1<<63 - 1
)

// comparison says which orders (-1, 0 or +1) an attribute Comparison lets pass.
func (a *attributes) comparison() []int {
	orders := map[string][]int{
		"lessthan": {-1}, "lessthanorequalto": {-1, 0}, "equalto": {0}, "greaterthanorequalto": {0, 1}, "greaterthan": {1},
	}
	passes, ok := orders[strings.ToLower(strings.TrimSpace(a.filled("Comparison")))]
	if !ok {
		a.bad = true
	}
	return passes
}

// textComparison says whether a text passes the comparison with another.
func (a *attributes) textComparison() func(have, want string) bool {
	word := a.oneOf("Comparison", "equalto", "beginswith", "contains", "endswith")
	return func(have, want string) bool {
		have, want = strings.ToLower(have), strings.ToLower(want)
		at := strings.Index(have, want)
		switch word {
		case "equalto":
			return have == want
		case "beginswith":
			return at == 0
		case "contains":
			return at >= 0
		}
		return len(have) >= len(want) && have[len(have)-len(want):] == want
	}
}

func (a *attributes) version(name string) []int64 {
	v, ok := readVersion(strings.TrimSpace(a.filled(name)))
	if !ok {
		a.bad = true
	}
	return v
}

// versionText is one to four numbers.
var versionText = regexp.MustCompile(`^[0-9]+(\.[0-9]+){0,3}$`)

// readVersion reads one to four numbers of 32 bits with dots between them;
// those that are missing are 0.
func readVersion(s string) ([]int64, bool) {
	if len(s) > 64 || !versionText.MatchString(s) {
		return nil, false
	}
	v := make([]int64, 4)
	for i, part := range strings.Split(s, ".") {
		n, err := strconv.ParseInt(part, 10, 64)
		if err != nil || n > max32 {
			return nil, false
		}
		v[i] = n
	}
	return v, true
}

// date is a moment, in UTC when it names no zone.
func (a *attributes) date(name string) time.Time {
	v := strings.TrimSpace(a.filled(name))
	t, err := time.Parse(time.RFC3339Nano, v)
	if err != nil {
		t, err = time.Parse(time.RFC3339Nano, v+"Z")
	}
	if err != nil {
		a.bad = true
	}
	return t
}

// codeText is the code of a product, a patch or an update.
var codeText = regexp.MustCompile(`^(\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)

// code is a GUID without braces, in lower case.
func (a *attributes) code(name string) string {
	code, ok := readCode(a.filled(name))
	if !ok {
		a.bad = true
	}
	return code
}

func readCode(s string) (string, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	return strings.Trim(s, "{}"), codeText.MatchString(s)
}

// tag is a language tag in lower case.
func (a *attributes) tag(name string) string {
	v := strings.ToLower(strings.TrimSpace(a.filled(name)))
	for _, c := range v {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-", c) {
			a.bad = true
		}
	}
	return v
}

// key is a registry key: below a root, or below the current subkey of the
// loop around the rule.
func (a *attributes) key(j *judge) registryPath {
	root := strings.ToLower(strings.TrimSpace(a.filled("Key")))
	in32 := a.flag("RegType32")
	if root == "hkey_loop_target" {
		if !a.inLoop {
			a.bad = true
			return registryPath{}
		}
		return j.targets[len(j.targets)-1].below(keyParts(a.optional("Subkey")), in32)
	}
	full := map[string]string{"hklm": "hkey_local_machine", "hkcu": "hkey_current_user", "hkcr": "hkey_classes_root", "hku": "hkey_users", "hkcc": "hkey_current_config"}
	if long, ok := full[root]; ok {
		root = long
	}
	known := false
	for _, long := range full {
		known = known || root == long
	}
	sub := keyParts(a.filled("Subkey"))
	if !known || len(sub) == 0 {
		a.bad = true
	}
	return registryPath{parts: append([]string{root}, sub...), in32: in32}
}
