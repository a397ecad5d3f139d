package applicability

import "iter"

// Omission says why an update is not among the results of a scan. The zero
// Omission is invalid.
type Omission uint8

const (
	// Reported means: the update is among the results.
	Reported Omission = 1 + iota
	// OmittedKind means: categories and detectoids are never results.
	OmittedKind
	// OmittedAction means: the deployment action is evaluate, bundle or block.
	OmittedAction
	// OmittedMember means: another update bundles it, and no action of its own
	// makes it a result.
	OmittedMember
	// OmittedExpired means: the metadata is expired.
	OmittedExpired
	// OmittedSuperseded means: pruned, because an update that supersedes it is
	// required or installed.
	OmittedSuperseded
)

func (o Omission) token() string {
	switch o {
	case Reported:
		return "reported"
	case OmittedKind:
		return "kind"
	case OmittedAction:
		return "action"
	case OmittedMember:
		return "bundle_member"
	case OmittedExpired:
		return "expired"
	case OmittedSuperseded:
		return "superseded"
	}
	return ""
}

// String is the token, such as "bundle_member".
func (o Omission) String() string { return enumString("Omission", o.token(), uint8(o)) }

// AppendText appends the token; an invalid omission is an error.
func (o Omission) AppendText(b []byte) ([]byte, error) {
	return enumAppend(b, "Omission", o.token(), uint8(o))
}

// MarshalText is the token; an invalid omission is an error.
func (o Omission) MarshalText() ([]byte, error) { return o.AppendText(nil) }

// UnmarshalText reads a token. On error the receiver is unchanged.
func (o *Omission) UnmarshalText(text []byte) error {
	w, err := ParseOmission(string(text))
	if err == nil {
		*o = w
	}
	return err
}

// ParseOmission reads a token exactly as String writes it.
func ParseOmission(s string) (Omission, error) {
	return enumParse("Omission", s, OmittedSuperseded, Omission.token)
}

// Omissions iterates over all omissions.
func Omissions() iter.Seq[Omission] {
	return func(yield func(Omission) bool) {
		for o := Reported; o <= OmittedSuperseded; o++ {
			if !yield(o) {
				return
			}
		}
	}
}
