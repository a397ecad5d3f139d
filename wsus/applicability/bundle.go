package applicability

import (
	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
)

// Member is a member of a bundle.
type Member struct {
	ID compliance.UpdateID
	// State is the member's own state; NotRequired when it is missing.
	State compliance.State
	// Missing: the member is not in the catalogue.
	Missing bool
}

// Bundle derives the state of a bundle parent without rules of its own from
// its members: the clauses are ANDed, the alternatives in a clause ORed. It
// is called only when the parent's prerequisites are not known to fail. It
// must be pure, and safe for concurrent use.
type Bundle func(parent *wsus.Update, clauses [][]Member) (compliance.State, Reason)

// DeriveBundle is the default [Bundle]:
//
//  1. Required when some clause has a required member.
//  2. Otherwise unknown when the state of some member is.
//  3. Otherwise installed when some member is.
//  4. Otherwise not required.
//
// A clause all of whose members are not applicable has no say. A single
// member's state is thus the parent's (observed); for several clauses this is
// a reading that fits most of what was observed, not all.
//
// A member that is not in the catalogue does not apply: a server leaves out
// updates whose prerequisites the client does not meet. But if no member is
// there and the update came without a deployment action, that is from a
// document and not from a server's synchronisation, the state is unknown (our
// choice).
func DeriveBundle(parent *wsus.Update, clauses [][]Member) (compliance.State, Reason) {
	var required, installed, unknown, found bool
	for _, members := range clauses {
		for _, m := range members {
			found = found || !m.Missing
			switch m.State {
			case compliance.Required:
				required = true
			case compliance.Installed:
				installed = true
			case compliance.Unknown:
				unknown = true
			case compliance.NotRequired:
			}
		}
	}
	if !found && parent.Action == wsus.ActionNone {
		return compliance.Unknown, ReasonBundleMissing
	}
	if required {
		return compliance.Required, ReasonBundle
	}
	if unknown {
		return compliance.Unknown, ReasonBundleUnknown
	}
	if installed {
		return compliance.Installed, ReasonBundle
	}
	return compliance.NotRequired, ReasonBundle
}
