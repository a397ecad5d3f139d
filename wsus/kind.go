package wsus

import (
	"errors"
	"fmt"
	"iter"
)

// Kind is an update's kind, the UpdateType of its metadata. The zero Kind is
// invalid: every update has one.
type Kind uint8

const (
	// KindSoftware is a software update.
	KindSoftware Kind = 1 + iota
	// KindDriver is a driver update.
	KindDriver
	// KindCategory is a product, product family, company or classification.
	KindCategory
	// KindDetectoid is a shared applicability check.
	KindDetectoid
)

// ErrUnknownKind is matched by the errors of [ParseKind],
// [Kind.UnmarshalText] and [Kind.MarshalText] for what is no Kind.
var ErrUnknownKind = errors.New("unknown kind")

// token is the text form, or "" for an invalid Kind. It has no default so
// that the exhaustive linter sees a new constant.
func (k Kind) token() string {
	switch k {
	case KindSoftware:
		return "software"
	case KindDriver:
		return "driver"
	case KindCategory:
		return "category"
	case KindDetectoid:
		return "detectoid"
	}
	return ""
}

// Valid reports whether k is one of the constants.
func (k Kind) Valid() bool { return k.token() != "" }

// String returns the text form, such as "software", or "Kind(9)" for an
// invalid Kind.
func (k Kind) String() string {
	if s := k.token(); s != "" {
		return s
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// AppendText appends the text form to b. An invalid Kind is refused with an
// error that matches [ErrUnknownKind], and b is returned as it was.
func (k Kind) AppendText(b []byte) ([]byte, error) {
	s := k.token()
	if s == "" {
		return b, fmt.Errorf("wsus: marshal kind: %w %d", ErrUnknownKind, uint8(k))
	}
	return append(b, s...), nil
}

// MarshalText returns the text form; see [Kind.AppendText].
func (k Kind) MarshalText() ([]byte, error) {
	b, err := k.AppendText(nil)
	if err != nil {
		return nil, err
	}
	return b, nil
}

// UnmarshalText reads the text form as [ParseKind] does. On error the
// receiver is unchanged.
func (k *Kind) UnmarshalText(text []byte) error {
	v, err := ParseKind(string(text))
	if err != nil {
		return err
	}
	*k = v
	return nil
}

// ParseKind reads the text form, which must match exactly. Anything else is
// an error that names the text and matches [ErrUnknownKind].
func ParseKind(s string) (Kind, error) {
	for k := range Kinds() {
		if k.token() == s {
			return k, nil
		}
	}
	return 0, fmt.Errorf("wsus: parse kind: %w %s", ErrUnknownKind, quote(s))
}

// Kinds returns every Kind in the order of its number.
func Kinds() iter.Seq[Kind] {
	return func(yield func(Kind) bool) {
		for k := KindSoftware; k <= KindDetectoid; k++ {
			if !yield(k) {
				return
			}
		}
	}
}
