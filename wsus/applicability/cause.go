package applicability

import "iter"

// Cause says why a single rule has its value.
type Cause uint8

const (
	// CauseDecided means: the facts were there and were compared; logical rules
	// have this cause too when they are not unknown.
	CauseDecided Cause = iota
	// CauseAbsent means: what the rule looks at is known not to exist.
	CauseAbsent
	// CauseType means: a registry or license value is there but of another type
	// than the rule reads, which makes the rule false.
	CauseType
	// CauseUnparsable means: a value is there but is not of the form that the rule
	// reads (a version, for example), which makes the rule false.
	CauseUnparsable
	// CauseUnavailable means: a fact is not available; the rule is unknown.
	CauseUnavailable
	// CauseUnsupported means: the rule is none of the vocabulary, or has an attribute
	// whose meaning no source tells; unknown.
	CauseUnsupported
	// CauseInvalid means: the rule is written wrongly (an attribute is missing or
	// malformed, or it is nested too deeply); unknown.
	CauseInvalid
	// CauseWQL means: the rule's WQL query uses a syntax that the evaluator does
	// not know; unknown.
	CauseWQL
	// CauseLimit means: a bound of the evaluator was reached; unknown.
	CauseLimit
	// CauseOperand means: a logical rule or a loop is unknown because an operand is.
	CauseOperand
	// CauseUndefined means: the facts are there, but no source tells what the rule
	// is then; unknown.
	CauseUndefined
)

func (c Cause) token() string {
	switch c {
	case CauseDecided:
		return "decided"
	case CauseAbsent:
		return "absent"
	case CauseType:
		return "other_type"
	case CauseUnparsable:
		return "unparsable"
	case CauseUnavailable:
		return "unavailable"
	case CauseUnsupported:
		return "unsupported"
	case CauseInvalid:
		return "invalid"
	case CauseWQL:
		return "unsupported_wql"
	case CauseLimit:
		return "limit"
	case CauseOperand:
		return "operand"
	case CauseUndefined:
		return "undefined"
	}
	return ""
}

// String is the token, such as "unavailable".
func (c Cause) String() string { return enumString("Cause", c.token(), uint8(c)) }

// AppendText appends the token; a number outside the enumeration is an error.
func (c Cause) AppendText(b []byte) ([]byte, error) {
	return enumAppend(b, "Cause", c.token(), uint8(c))
}

// MarshalText is the token; a number outside the enumeration is an error.
func (c Cause) MarshalText() ([]byte, error) { return c.AppendText(nil) }

// UnmarshalText reads a token. On error the receiver is unchanged.
func (c *Cause) UnmarshalText(text []byte) error {
	w, err := ParseCause(string(text))
	if err == nil {
		*c = w
	}
	return err
}

// ParseCause reads a token exactly as String writes it.
func ParseCause(s string) (Cause, error) { return enumParse("Cause", s, CauseUndefined, Cause.token) }

// Causes iterates over all causes.
func Causes() iter.Seq[Cause] {
	return func(yield func(Cause) bool) {
		for c := CauseDecided; c <= CauseUndefined; c++ {
			if !yield(c) {
				return
			}
		}
	}
}

// outcome is a rule's value with its cause; two bytes, so that it can be
// kept for every distinct rule of a catalogue during an evaluation.
type outcome struct {
	value Value
	cause Cause
}

func decided(b bool) outcome { return outcome{ValueOf(b), CauseDecided} }

// missing is the outcome of a rule whose fact is not present: false when it
// is known to be absent, unknown when it is not available.
func missing(p Presence) outcome {
	if p == Absent {
		return outcome{False, CauseAbsent}
	}
	return outcome{Unknown, CauseUnavailable}
}
