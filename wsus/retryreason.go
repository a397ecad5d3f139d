package wsus

import (
	"errors"
	"fmt"
	"iter"
)

// RetryReason is why a failed scan is retried or not. The zero RetryReason
// is invalid.
type RetryReason uint8

const (
	// RetriesLeft means that the location has retries left.
	RetriesLeft RetryReason = 1 + iota
	// RetriesUsed means that its retries are used up, and another location
	// is left.
	RetriesUsed
	// RetryNotRetryable means that the code is not in the table.
	RetryNotRetryable
	// RetryExhausted means that the retries of the last location are used up.
	RetryExhausted
	// RetryNoFailure means that the code is no failure, or that the scan was
	// cut short.
	RetryNoFailure
)

// ErrUnknownRetryReason is matched by the errors for what is no RetryReason.
var ErrUnknownRetryReason = errors.New("unknown retry reason")

// token is the text form, or "" for an invalid RetryReason.
func (r RetryReason) token() string {
	switch r {
	case RetriesLeft:
		return "retries_left"
	case RetriesUsed:
		return "retries_used"
	case RetryNotRetryable:
		return "not_retryable"
	case RetryExhausted:
		return "exhausted"
	case RetryNoFailure:
		return "no_failure"
	}
	return ""
}

// String returns the text form, such as "retries_left", or "RetryReason(9)"
// for an invalid one.
func (r RetryReason) String() string {
	if s := r.token(); s != "" {
		return s
	}
	return fmt.Sprintf("RetryReason(%d)", uint8(r))
}

// AppendText appends the text form to b. An invalid RetryReason is refused
// with an error that matches [ErrUnknownRetryReason].
func (r RetryReason) AppendText(b []byte) ([]byte, error) {
	s := r.token()
	if s == "" {
		return b, fmt.Errorf("wsus: marshal retry reason: %w %d", ErrUnknownRetryReason, uint8(r))
	}
	return append(b, s...), nil
}

// MarshalText returns the text form; see [RetryReason.AppendText].
func (r RetryReason) MarshalText() ([]byte, error) {
	b, err := r.AppendText(nil)
	if err != nil {
		return nil, err
	}
	return b, nil
}

// UnmarshalText reads the text form as [ParseRetryReason] does. On error the
// receiver is unchanged.
func (r *RetryReason) UnmarshalText(text []byte) error {
	v, err := ParseRetryReason(string(text))
	if err != nil {
		return err
	}
	*r = v
	return nil
}

// ParseRetryReason reads the text form, which must match exactly. Anything
// else is an error that matches [ErrUnknownRetryReason].
func ParseRetryReason(s string) (RetryReason, error) {
	for r := range RetryReasons() {
		if r.token() == s {
			return r, nil
		}
	}
	return 0, fmt.Errorf("wsus: parse retry reason: %w %s", ErrUnknownRetryReason, quote(s))
}

// RetryReasons returns every RetryReason in the order of its number.
func RetryReasons() iter.Seq[RetryReason] {
	return func(yield func(RetryReason) bool) {
		for r := RetriesLeft; r <= RetryNoFailure; r++ {
			if !yield(r) {
				return
			}
		}
	}
}
