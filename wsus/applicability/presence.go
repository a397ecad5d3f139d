package applicability

import "iter"

// Presence says whether a fact is there. The zero Presence is Unavailable.
type Presence uint8

const (
	// Unavailable means: nothing is known; the machine was not asked, or could not
	// answer. Rules that need the fact are unknown.
	Unavailable Presence = iota
	// Absent means: known not to exist. Rules that need it have a definite answer,
	// mostly false.
	Absent
	// Present means: known, with a value.
	Present
)

func (p Presence) token() string {
	switch p {
	case Unavailable:
		return "unavailable"
	case Absent:
		return "absent"
	case Present:
		return "present"
	}
	return ""
}

// String is the token "unavailable", "absent" or "present".
func (p Presence) String() string { return enumString("Presence", p.token(), uint8(p)) }

// AppendText appends the token; a number outside the enumeration is an error.
func (p Presence) AppendText(b []byte) ([]byte, error) {
	return enumAppend(b, "Presence", p.token(), uint8(p))
}

// MarshalText is the token; a number outside the enumeration is an error.
func (p Presence) MarshalText() ([]byte, error) { return p.AppendText(nil) }

// UnmarshalText reads a token. On error the receiver is unchanged.
func (p *Presence) UnmarshalText(text []byte) error {
	w, err := ParsePresence(string(text))
	if err == nil {
		*p = w
	}
	return err
}

// ParsePresence reads a token exactly as String writes it.
func ParsePresence(s string) (Presence, error) {
	return enumParse("Presence", s, Present, Presence.token)
}

// Presences iterates over the three presences.
func Presences() iter.Seq[Presence] {
	return func(yield func(Presence) bool) {
		for p := Unavailable; p <= Present; p++ {
			if !yield(p) {
				return
			}
		}
	}
}

// Fact is a fact about the machine with its presence. The zero Fact is
// unavailable; Value is meaningful only when Presence is Present.
type Fact[T any] struct {
	Presence Presence
	Value    T
}

// FactOf is a present fact.
func FactOf[T any](v T) Fact[T] { return Fact[T]{Presence: Present, Value: v} }

// NoFact is a fact known to be absent.
func NoFact[T any]() Fact[T] { return Fact[T]{Presence: Absent} }
