package applicability

import "iter"

// Value is the result of a rule: true, false, or unknown because a fact it
// needs was not available. The zero Value is Unknown.
type Value uint8

const (
	// Unknown means: a fact was not available, or the rule could not be evaluated.
	Unknown Value = iota
	// False means: the rule is known not to hold.
	False
	// True means: the rule is known to hold.
	True
)

// ValueOf is True for true and False for false.
func ValueOf(b bool) Value {
	if b {
		return True
	}
	return False
}

// And is Kleene's conjunction: False as soon as one side is, True when both
// are, otherwise Unknown.
func (v Value) And(w Value) Value {
	if v == False || w == False {
		return False
	}
	if v == True && w == True {
		return True
	}
	return Unknown
}

// Or is Kleene's disjunction: True as soon as one side is, False when both
// are, otherwise Unknown.
func (v Value) Or(w Value) Value {
	if v == True || w == True {
		return True
	}
	if v == False && w == False {
		return False
	}
	return Unknown
}

// Not is Kleene's negation: the negation of Unknown is Unknown.
func (v Value) Not() Value {
	if v == True {
		return False
	}
	if v == False {
		return True
	}
	return Unknown
}

func (v Value) token() string {
	switch v {
	case Unknown:
		return "unknown"
	case False:
		return "false"
	case True:
		return "true"
	}
	return ""
}

// String is the token "true", "false" or "unknown".
func (v Value) String() string { return enumString("Value", v.token(), uint8(v)) }

// AppendText appends the token; a number outside the enumeration is an error.
func (v Value) AppendText(b []byte) ([]byte, error) {
	return enumAppend(b, "Value", v.token(), uint8(v))
}

// MarshalText is the token; a number outside the enumeration is an error.
func (v Value) MarshalText() ([]byte, error) { return v.AppendText(nil) }

// UnmarshalText reads a token. On error the receiver is unchanged.
func (v *Value) UnmarshalText(text []byte) error {
	w, err := ParseValue(string(text))
	if err == nil {
		*v = w
	}
	return err
}

// ParseValue reads a token exactly as String writes it.
func ParseValue(s string) (Value, error) { return enumParse("Value", s, True, Value.token) }

// Values iterates over the three values.
func Values() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		for v := Unknown; v <= True; v++ {
			if !yield(v) {
				return
			}
		}
	}
}
