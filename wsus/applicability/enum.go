package applicability

import (
	"fmt"
	"strconv"
)

// enumString is the String form of an enumeration: its token, or Type(9).
func enumString(typ, token string, n uint8) string {
	if token == "" {
		return typ + "(" + strconv.Itoa(int(n)) + ")"
	}
	return token
}

// enumAppend appends a token and refuses a number that has none.
func enumAppend(b []byte, typ, token string, n uint8) ([]byte, error) {
	if token == "" {
		return b, fmt.Errorf("applicability: %s(%d): not a value of the enumeration", typ, n)
	}
	return append(b, token...), nil
}

// enumParse finds the value with the token s among the numbers 0 to last.
func enumParse[T ~uint8](typ, s string, last T, token func(T) string) (T, error) {
	for v := range last + 1 {
		if t := token(v); t != "" && t == s {
			return v, nil
		}
	}
	return 0, fmt.Errorf("applicability: %s %q: not a value of the enumeration", typ, s)
}
