package applicability

import (
	"fmt"
	"strconv"
	"strings"
)

// Version is a version of four numbers, as files, products and rules have it.
type Version [4]uint32

// maxVersionText bounds the length of a version's text.
const maxVersionText = 64

// ParseVersion reads one to four numbers separated by dots; missing numbers
// are 0 and leading zeros are allowed ("7.00.0.0"). The schema's limit of
// five digits a number is not enforced, because real metadata exceeds it;
// each number must fit in 32 bits.
func ParseVersion(s string) (Version, error) {
	v, ok := parseVersion(s)
	if !ok {
		return Version{}, fmt.Errorf("applicability: version %.64q: not one to four numbers separated by dots", s)
	}
	return v, nil
}

func parseVersion(s string) (v Version, ok bool) {
	if s == "" || len(s) > maxVersionText {
		return Version{}, false
	}
	part := 0
	for field := range strings.SplitSeq(s, ".") {
		if part == len(v) || field == "" || field[0] < '0' || field[0] > '9' {
			return Version{}, false
		}
		n, err := strconv.ParseUint(field, 10, 32)
		if err != nil {
			return Version{}, false
		}
		v[part] = uint32(n)
		part++
	}
	return v, true
}

// Compare orders versions number by number: -1, 0 or +1.
func (v Version) Compare(w Version) int {
	for i := range v {
		if v[i] != w[i] {
			if v[i] < w[i] {
				return -1
			}
			return 1
		}
	}
	return 0
}

// String is the four numbers separated by dots.
func (v Version) String() string {
	b := make([]byte, 0, 24)
	for i, n := range v {
		if i > 0 {
			b = append(b, '.')
		}
		b = strconv.AppendUint(b, uint64(n), 10)
	}
	return string(b)
}
