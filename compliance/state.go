package compliance

import (
	"iter"
	"strconv"
)

// State is the compliance state of one update on one client (DIFF-1). Its
// numbers are the state ids of topic type 500, so they may be written to a
// message as they are.
//
// The zero value is [Unknown], and it is a state like the others: a client
// about which nothing was said is exactly a client of which nothing is known,
// so forgetting to set a State never claims compliance. The states above
// [Installed] do not exist; text methods refuse them.
type State uint8

// The four states of an update (DIFF-1).
const (
	// Unknown means that nothing is known: the update was never evaluated, or
	// could not be (DIFF-5).
	Unknown State = 0
	// NotRequired means that the update does not apply to the client.
	NotRequired State = 1
	// Required means that the update applies to the client and is missing.
	Required State = 2
	// Installed means that the update is present on the client.
	Installed State = 3
)

// States iterates over the four states in the order of their numbers.
func States() iter.Seq[State] {
	return func(yield func(State) bool) {
		for s := Unknown; s <= Installed; s++ {
			if !yield(s) {
				return
			}
		}
	}
}

// ParseState returns the state with the given token: "unknown",
// "not_required", "required" or "installed", compared exactly. Any other text
// is an [*EnumError] that names it.
func ParseState(text string) (State, error) {
	for s := range States() {
		if s.token() == text {
			return s, nil
		}
	}
	return Unknown, &EnumError{Type: "state", Text: text}
}

// String returns the state's token, such as "not_required", or "State(9)" for
// a number that is no state.
func (s State) String() string {
	if token := s.token(); token != "" {
		return token
	}
	return "State(" + strconv.Itoa(int(s)) + ")"
}

// Name returns the state's name as the console shows it: "Unknown", "Not
// Required", "Required" or "Installed"; "State(9)" for a number that is no
// state.
func (s State) Name() string {
	switch s {
	case Unknown:
		return "Unknown"
	case NotRequired:
		return "Not Required"
	case Required:
		return "Required"
	case Installed:
		return "Installed"
	}
	return s.String()
}

// AppendText appends the state's token to b. It implements
// [encoding.TextAppender]. A number that is no state is an [*EnumError].
func (s State) AppendText(b []byte) ([]byte, error) {
	token := s.token()
	if token == "" {
		return nil, &EnumError{Type: "state", Text: s.String()}
	}
	return append(b, token...), nil
}

// MarshalText returns the state's token. It implements
// [encoding.TextMarshaler]. A number that is no state is an [*EnumError].
func (s State) MarshalText() ([]byte, error) { return s.AppendText(nil) }

// UnmarshalText sets s to the state that text is the token of, as
// [ParseState] does. On error s is untouched. It implements
// [encoding.TextUnmarshaler].
func (s *State) UnmarshalText(text []byte) error {
	v, err := ParseState(string(text))
	if err != nil {
		return err
	}
	*s = v
	return nil
}

// token is the stable text of s, empty for a number that is no state.
func (s State) token() string {
	switch s {
	case Unknown:
		return "unknown"
	case NotRequired:
		return "not_required"
	case Required:
		return "required"
	case Installed:
		return "installed"
	}
	return ""
}

// valid reports whether s is one of the four states.
func (s State) valid() bool { return s <= Installed }

// EnumError reports a text that is no token of an enumeration, or a value
// that has none.
type EnumError struct {
	// Type names the enumeration: "state" or "change kind".
	Type string
	// Text is the token that was not understood, or the value that has no
	// token in the form "State(9)".
	Text string
}

// Error says which text was refused, cut to a bounded length.
func (e *EnumError) Error() string {
	return "compliance: " + e.Type + ": " + quote(e.Text) + " is not one"
}

// maxQuoted bounds how many bytes of a foreign text an error repeats.
const maxQuoted = 64

// quote quotes s for an error, cutting what is over maxQuoted bytes.
func quote(s string) string {
	if len(s) > maxQuoted {
		return strconv.Quote(s[:maxQuoted]) + "..."
	}
	return strconv.Quote(s)
}
