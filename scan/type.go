package scan

import (
	"errors"
	"fmt"
	"iter"
)

// ErrUnknownType is what the error of an unknown scan type wraps.
var ErrUnknownType = errors.New("unknown scan type")

// Type is a scan type: online or offline, forced or non-forced (TRG-2). Only
// three of the four combinations exist; non-forced offline is not a scan type
// and cannot be built or parsed. The zero value is invalid (TRG-5).
type Type uint8

const (
	// NonForcedOnline connects to WSUS only when the stored metadata is not
	// fresh (DEC-2).
	NonForcedOnline Type = 1 + iota
	// ForcedOnline always connects to WSUS (DEC-1).
	ForcedOnline
	// ForcedOffline uses the stored metadata only and never connects
	// (DEC-3).
	ForcedOffline
)

const lastType = ForcedOffline

func (t Type) token() string {
	switch t {
	case NonForcedOnline:
		return "non_forced_online"
	case ForcedOnline:
		return "forced_online"
	case ForcedOffline:
		return "forced_offline"
	}
	return ""
}

// TypeOf returns the scan type with the given axes. Non-forced offline is an
// error that wraps [ErrUnknownType] (TRG-2).
func TypeOf(online, forced bool) (Type, error) {
	if online && forced {
		return ForcedOnline, nil
	}
	if online {
		return NonForcedOnline, nil
	}
	if forced {
		return ForcedOffline, nil
	}
	return 0, fmt.Errorf("scan: %w: an offline scan is always forced", ErrUnknownType)
}

// Valid reports whether t is one of the three scan types.
func (t Type) Valid() bool { return t >= 1 && t <= lastType }

// Online reports whether a scan of the type may connect to WSUS.
func (t Type) Online() bool { return t == NonForcedOnline || t == ForcedOnline }

// Forced reports whether the scan is done as its type says whatever the age
// of the stored metadata.
func (t Type) Forced() bool { return t == ForcedOnline || t == ForcedOffline }

// Types iterates over the scan types in the order of their numbers.
func Types() iter.Seq[Type] {
	return func(yield func(Type) bool) {
		for t := Type(1); t <= lastType; t++ {
			if !yield(t) {
				return
			}
		}
	}
}

// ParseType parses a type's text form, exactly (TRG-5). The error wraps
// [ErrUnknownType] and names the text; "non_forced_offline" is one of those
// it refuses (TRG-2).
func ParseType(s string) (Type, error) {
	for t := range Types() {
		if t.token() == s {
			return t, nil
		}
	}
	return 0, fmt.Errorf("scan: %w %q", ErrUnknownType, s)
}

// String returns the text form, or "Type(9)" for an invalid type.
func (t Type) String() string {
	if s := t.token(); s != "" {
		return s
	}
	return fmt.Sprintf("Type(%d)", uint8(t))
}

// Label returns the type as a person reads it, such as "non-forced online".
func (t Type) Label() string {
	switch t {
	case NonForcedOnline:
		return "non-forced online"
	case ForcedOnline:
		return "forced online"
	case ForcedOffline:
		return "forced offline"
	}
	return t.String()
}

// AppendText appends the text form; an invalid type is an error that wraps
// [ErrUnknownType].
func (t Type) AppendText(b []byte) ([]byte, error) {
	s := t.token()
	if s == "" {
		return b, fmt.Errorf("scan: %w %d", ErrUnknownType, uint8(t))
	}
	return append(b, s...), nil
}

// MarshalText returns the text form as [Type.AppendText] does.
func (t Type) MarshalText() ([]byte, error) { return t.AppendText(nil) }

// UnmarshalText parses the text form as [ParseType] does.
func (t *Type) UnmarshalText(text []byte) error {
	v, err := ParseType(string(text))
	if err != nil {
		return err
	}
	*t = v
	return nil
}
