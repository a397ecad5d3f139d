package applicability

import "iter"

// Reason says why an update has its state. The zero Reason is invalid.
type Reason uint8

const (
	// ReasonInstalled means: the prerequisites hold and IsInstalled is true.
	ReasonInstalled Reason = 1 + iota
	// ReasonInstallable means: the prerequisites hold, IsInstalled and IsSuperseded
	// are false, IsInstallable is true.
	ReasonInstallable
	// ReasonNotInstallable means: neither IsInstalled nor IsInstallable is true.
	ReasonNotInstallable
	// ReasonSuperseded means: IsSuperseded is true.
	ReasonSuperseded
	// ReasonNoRules means: the update has neither rules nor bundle members.
	ReasonNoRules
	// ReasonPrerequisite means: no update of some prerequisite clause is installed.
	ReasonPrerequisite
	// ReasonPrerequisiteMissing means: some prerequisite clause names only updates
	// that are not in the catalogue.
	ReasonPrerequisiteMissing
	// ReasonCycle means: the update is its own prerequisite, by way of others, and
	// nothing outside the cycle installs any of them.
	ReasonCycle
	// ReasonBundle means: the state was derived from the members of the bundle.
	ReasonBundle
	// ReasonBundleMissing means: no member of the bundle is in the catalogue.
	ReasonBundleMissing
	// ReasonUnavailable means: a fact is not available.
	ReasonUnavailable
	// ReasonUnsupported means: a rule is none of the vocabulary, or no source tells
	// what it is for such facts.
	ReasonUnsupported
	// ReasonInvalid means: a rule is written wrongly.
	ReasonInvalid
	// ReasonWQL means: a WQL query uses a syntax that is not known.
	ReasonWQL
	// ReasonLimit means: a bound of the evaluator was reached.
	ReasonLimit
	// ReasonPrerequisiteUnknown means: whether a prerequisite is installed is not
	// known.
	ReasonPrerequisiteUnknown
	// ReasonBundleUnknown means: the state of a bundle member is not known.
	ReasonBundleUnknown
)

func (r Reason) token() string {
	switch r {
	case ReasonInstalled:
		return "installed"
	case ReasonInstallable:
		return "installable"
	case ReasonNotInstallable:
		return "not_installable"
	case ReasonSuperseded:
		return "superseded_by_rule"
	case ReasonNoRules:
		return "no_rules"
	case ReasonPrerequisite:
		return "prerequisite"
	case ReasonPrerequisiteMissing:
		return "prerequisite_missing"
	case ReasonCycle:
		return "cycle"
	case ReasonBundle:
		return "bundle"
	case ReasonBundleMissing:
		return "bundle_missing"
	case ReasonUnavailable:
		return "fact_unavailable"
	case ReasonUnsupported:
		return "unsupported_rule"
	case ReasonInvalid:
		return "invalid_rule"
	case ReasonWQL:
		return "unsupported_wql"
	case ReasonLimit:
		return "limit"
	case ReasonPrerequisiteUnknown:
		return "prerequisite_unknown"
	case ReasonBundleUnknown:
		return "bundle_unknown"
	}
	return ""
}

// String is the token, such as "prerequisite_missing".
func (r Reason) String() string { return enumString("Reason", r.token(), uint8(r)) }

// AppendText appends the token; an invalid reason is an error.
func (r Reason) AppendText(b []byte) ([]byte, error) {
	return enumAppend(b, "Reason", r.token(), uint8(r))
}

// MarshalText is the token; an invalid reason is an error.
func (r Reason) MarshalText() ([]byte, error) { return r.AppendText(nil) }

// UnmarshalText reads a token. On error the receiver is unchanged.
func (r *Reason) UnmarshalText(text []byte) error {
	w, err := ParseReason(string(text))
	if err == nil {
		*r = w
	}
	return err
}

// ParseReason reads a token exactly as String writes it.
func ParseReason(s string) (Reason, error) {
	return enumParse("Reason", s, ReasonBundleUnknown, Reason.token)
}

// Reasons iterates over all reasons.
func Reasons() iter.Seq[Reason] {
	return func(yield func(Reason) bool) {
		for r := ReasonInstalled; r <= ReasonBundleUnknown; r++ {
			if !yield(r) {
				return
			}
		}
	}
}

// reasonOf is the reason for an update that is unknown because of a rule
// with the cause.
func reasonOf(c Cause) Reason {
	switch c {
	case CauseUnsupported, CauseUndefined:
		return ReasonUnsupported
	case CauseInvalid:
		return ReasonInvalid
	case CauseWQL:
		return ReasonWQL
	case CauseLimit:
		return ReasonLimit
	case CauseDecided, CauseAbsent, CauseType, CauseUnparsable, CauseUnavailable, CauseOperand:
		return ReasonUnavailable
	}
	return ReasonUnavailable
}
