package ttl

import (
	"iter"
	"strconv"
)

// Reason says why metadata is fresh or not. The zero Reason is invalid.
type Reason uint8

const (
	// WithinTTL means that the age is the TTL or less (TTL-2). It is the only
	// reason that is fresh.
	WithinTTL Reason = 1 + iota
	// Expired means that the age is more than the TTL (TTL-2).
	Expired
	// Absent means that there is no stamp (TTL-3).
	Absent
	// FromFuture means that the stamp is later than now by more than the
	// tolerance (TTL-7).
	FromFuture
	// VersionTooLow means that the version is below the required one (TTL-8).
	VersionTooLow
)

// maxReasonTextBytes is how much of an unknown text a [ReasonError] quotes.
const maxReasonTextBytes = 64

// ReasonError says that a text or a number is not a [Reason].
type ReasonError struct {
	// Text is the unknown text, cut after 64 bytes, or the String of the
	// invalid value.
	Text string
}

// Error names what is unknown.
func (e *ReasonError) Error() string {
	return "ttl: reason: unknown: " + strconv.Quote(e.Text)
}

// Reasons yields every valid reason in the order of their numbers.
func Reasons() iter.Seq[Reason] {
	return func(yield func(Reason) bool) {
		for r := WithinTTL; r <= VersionTooLow; r++ {
			if !yield(r) {
				return
			}
		}
	}
}

// ParseReason returns the reason with the given token. Tokens are compared
// exactly. The error is a [*ReasonError].
func ParseReason(text string) (Reason, error) {
	for r := range Reasons() {
		if r.token() == text {
			return r, nil
		}
	}
	return 0, &ReasonError{Text: text[:min(len(text), maxReasonTextBytes)]}
}

// token is the stable text of a valid reason, and empty for any other.
func (r Reason) token() string {
	switch r {
	case WithinTTL:
		return "within_ttl"
	case Expired:
		return "expired"
	case Absent:
		return "absent"
	case FromFuture:
		return "from_future"
	case VersionTooLow:
		return "version_too_low"
	}
	return ""
}

// String is the reason's token, such as "within_ttl", or "Reason(9)" for an
// invalid one.
func (r Reason) String() string {
	if text := r.token(); text != "" {
		return text
	}
	return "Reason(" + strconv.Itoa(int(r)) + ")"
}

// AppendText appends the reason's token. For an invalid reason it returns b
// as it was and a [*ReasonError].
func (r Reason) AppendText(b []byte) ([]byte, error) {
	text := r.token()
	if text == "" {
		return b, &ReasonError{Text: r.String()}
	}
	return append(b, text...), nil
}

// MarshalText returns the reason's token, or a [*ReasonError] for an invalid
// reason.
func (r Reason) MarshalText() ([]byte, error) {
	b, err := r.AppendText(nil)
	if err != nil {
		return nil, err
	}
	return b, nil
}

// UnmarshalText sets the reason from its token. On an unknown text it returns
// a [*ReasonError] and leaves the reason as it was.
func (r *Reason) UnmarshalText(text []byte) error {
	// Only as much is copied as is needed to tell it from every token.
	parsed, err := ParseReason(string(text[:min(len(text), maxReasonTextBytes)]))
	if err != nil {
		return err
	}
	*r = parsed
	return nil
}
