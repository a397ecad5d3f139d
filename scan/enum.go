package scan

import "fmt"

// enum is an enumeration whose values are numbered from 1, with a token each.
type enum interface {
	~uint8
	token() string
}

// enumString returns a value's token, or its type's name and number when it
// has none.
func enumString[E enum](v E, name string) string {
	if s := v.token(); s != "" {
		return s
	}
	return fmt.Sprintf("%s(%d)", name, uint8(v))
}

// enumAppend appends a value's token; what says in the error what it is.
func enumAppend[E enum](b []byte, v E, what string) ([]byte, error) {
	s := v.token()
	if s == "" {
		return b, fmt.Errorf("scan: unknown %s %d", what, uint8(v))
	}
	return append(b, s...), nil
}

// enumParse finds the value of a token, exactly.
func enumParse[E enum](s string, last E, what string) (E, error) {
	for v := E(1); v <= last; v++ {
		if v.token() == s {
			return v, nil
		}
	}
	return 0, fmt.Errorf("scan: unknown %s %q", what, s)
}
