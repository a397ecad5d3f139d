package compliance

import (
	"iter"
	"strconv"
)

// ChangeKind says what a [Change] is. The zero value is invalid.
type ChangeKind uint8

// The kinds of change.
const (
	// First means that the update was never recorded before (DIFF-2).
	First ChangeKind = 1 + iota
	// Changed means that the state differs from the last recorded one
	// (DIFF-2); the revision may differ too.
	Changed
	// Revised means that only the revision differs, which is not a change of
	// state (DIFF-7).
	Revised
	// Removed means that the update is gone from the results (DIFF-6).
	Removed
)

// ChangeKinds iterates over the kinds in the order of their numbers.
func ChangeKinds() iter.Seq[ChangeKind] {
	return func(yield func(ChangeKind) bool) {
		for k := First; k <= Removed; k++ {
			if !yield(k) {
				return
			}
		}
	}
}

// ParseChangeKind returns the kind with the given token: "first", "changed",
// "revised" or "removed", compared exactly. Any other text is an [*EnumError]
// that names it.
func ParseChangeKind(text string) (ChangeKind, error) {
	for k := range ChangeKinds() {
		if k.token() == text {
			return k, nil
		}
	}
	return 0, &EnumError{Type: "change kind", Text: text}
}

// String returns the kind's token, such as "first", or "ChangeKind(9)" for a
// number that is no kind.
func (k ChangeKind) String() string {
	if token := k.token(); token != "" {
		return token
	}
	return "ChangeKind(" + strconv.Itoa(int(k)) + ")"
}

// AppendText appends the kind's token to b. It implements
// [encoding.TextAppender]. A number that is no kind is an [*EnumError].
func (k ChangeKind) AppendText(b []byte) ([]byte, error) {
	token := k.token()
	if token == "" {
		return nil, &EnumError{Type: "change kind", Text: k.String()}
	}
	return append(b, token...), nil
}

// MarshalText returns the kind's token. It implements
// [encoding.TextMarshaler]. A number that is no kind is an [*EnumError].
func (k ChangeKind) MarshalText() ([]byte, error) { return k.AppendText(nil) }

// UnmarshalText sets k to the kind that text is the token of, as
// [ParseChangeKind] does. On error k is untouched. It implements
// [encoding.TextUnmarshaler].
func (k *ChangeKind) UnmarshalText(text []byte) error {
	v, err := ParseChangeKind(string(text))
	if err != nil {
		return err
	}
	*k = v
	return nil
}

// token is the stable text of k, empty for a number that is no kind.
func (k ChangeKind) token() string {
	switch k {
	case First:
		return "first"
	case Changed:
		return "changed"
	case Revised:
		return "revised"
	case Removed:
		return "removed"
	}
	return ""
}

// Change is one difference between the last recorded states and the results
// of a scan. It is comparable; the zero value is no change.
type Change struct {
	// ID is the update.
	ID UpdateID
	// Kind says what changed, and which other fields have meaning.
	Kind ChangeKind
	// From is the last recorded state; [Unknown] for [First].
	From State
	// To is the new state; [Unknown] for [Removed], and for no other kind.
	To State
	// FromRevision is the last recorded revision; 0 for [First].
	FromRevision Revision
	// Revision is the new revision, which a message for the change carries as
	// its first parameter (DIFF-7); for [Removed] it is the last recorded one.
	Revision Revision
}

// Reported says whether the change raises a state message by default: [First]
// and [Changed] do (DIFF-2); [Revised] does not (DIFF-7), nor does [Removed]
// (DIFF-6).
func (c Change) Reported() bool { return c.Kind == First || c.Kind == Changed }

// Reported iterates over those changes that raise a state message by default,
// in their order.
func Reported(changes []Change) iter.Seq[Change] {
	return func(yield func(Change) bool) {
		for _, c := range changes {
			if c.Reported() && !yield(c) {
				return
			}
		}
	}
}
