package wsus

import (
	"errors"
	"fmt"
	"iter"
)

// RetryAction is what follows a failed scan. The zero RetryAction is
// invalid.
type RetryAction uint8

const (
	// RetrySame scans again at the same location after the delay.
	RetrySame RetryAction = 1 + iota
	// RetryNext scans at the next location after the delay.
	RetryNext
	// RetryStop does not retry.
	RetryStop
)

// ErrUnknownRetryAction is matched by the errors for what is no RetryAction.
var ErrUnknownRetryAction = errors.New("unknown retry action")

// token is the text form, or "" for an invalid RetryAction.
func (a RetryAction) token() string {
	switch a {
	case RetrySame:
		return "same_location"
	case RetryNext:
		return "next_location"
	case RetryStop:
		return "stop"
	}
	return ""
}

// String returns the text form, such as "same_location", or
// "RetryAction(9)" for an invalid one.
func (a RetryAction) String() string {
	if s := a.token(); s != "" {
		return s
	}
	return fmt.Sprintf("RetryAction(%d)", uint8(a))
}

// AppendText appends the text form to b. An invalid RetryAction is refused
// with an error that matches [ErrUnknownRetryAction].
func (a RetryAction) AppendText(b []byte) ([]byte, error) {
	s := a.token()
	if s == "" {
		return b, fmt.Errorf("wsus: marshal retry action: %w %d", ErrUnknownRetryAction, uint8(a))
	}
	return append(b, s...), nil
}

// MarshalText returns the text form; see [RetryAction.AppendText].
func (a RetryAction) MarshalText() ([]byte, error) {
	b, err := a.AppendText(nil)
	if err != nil {
		return nil, err
	}
	return b, nil
}

// UnmarshalText reads the text form as [ParseRetryAction] does. On error the
// receiver is unchanged.
func (a *RetryAction) UnmarshalText(text []byte) error {
	v, err := ParseRetryAction(string(text))
	if err != nil {
		return err
	}
	*a = v
	return nil
}

// ParseRetryAction reads the text form, which must match exactly. Anything
// else is an error that matches [ErrUnknownRetryAction].
func ParseRetryAction(s string) (RetryAction, error) {
	for a := range RetryActions() {
		if a.token() == s {
			return a, nil
		}
	}
	return 0, fmt.Errorf("wsus: parse retry action: %w %s", ErrUnknownRetryAction, quote(s))
}

// RetryActions returns every RetryAction in the order of its number.
func RetryActions() iter.Seq[RetryAction] {
	return func(yield func(RetryAction) bool) {
		for a := RetrySame; a <= RetryStop; a++ {
			if !yield(a) {
				return
			}
		}
	}
}
