package wsus

import (
	"fmt"
	"time"

	"github.com/updatescan/updatescan/compliance"
)

// MaxRevision is the greatest revision number of an update, inclusive.
const MaxRevision = compliance.MaxRevision

// Identity is an update and its revision.
type Identity struct {
	ID       compliance.UpdateID
	Revision compliance.Revision
}

// String returns the identity as "<id> revision <n>".
func (i Identity) String() string {
	return fmt.Sprintf("%s revision %d", i.ID, i.Revision)
}

// Clause is one prerequisite: at least one of the updates must be installed.
// A bare UpdateIdentity of the metadata is a clause of one. The clauses of an
// update are ANDed.
type Clause struct {
	// Category says that the clause names categories the update belongs to
	// (IsCategory="true"), as well as being a condition.
	Category bool
	// Any are the updates of which one must be installed, in any revision.
	Any []compliance.UpdateID
}

// BundleClause is one set of alternative members of a bundle. The clauses of
// a bundle are ANDed.
type BundleClause struct {
	// Any are the members; unlike prerequisites they name a revision.
	Any []Identity
}

// Update is the metadata of one update, the part that a compliance scan
// uses. Updates of a [Catalog] are shared and must not be modified.
type Update struct {
	Identity
	// Kind is the update's kind; it must be valid.
	Kind Kind
	// Action is the deployment action the server sent; ActionNone when the
	// metadata came without one.
	Action Action
	// Expired says that the update was withdrawn (PublicationState "Expired").
	Expired bool
	// Leaf says that no update names this one as a prerequisite, in the
	// server's words. It is meaningful only with an Action.
	Leaf bool
	// Title and Description are in one language, the reader's choice.
	Title       string
	Description string
	// KBArticles, Bulletins and CVEs are the numbers as written, such as
	// "951748", "MS08-037" and "CVE-2008-1447".
	KBArticles []string
	Bulletins  []string
	CVEs       []string
	// Severity is the MSRC severity, such as "Critical"; empty when none.
	Severity string
	// Vendor is the vendor's name, where the metadata has it.
	Vendor string
	// CategoryType is, for KindCategory, "Company", "ProductFamily",
	// "Product" or "UpdateClassification".
	CategoryType string
	// Classification is the update's classification category; the zero id
	// when not known.
	Classification compliance.UpdateID
	// Products are the product categories the update belongs to.
	Products []compliance.UpdateID
	// Created is the creation date; the zero time when not known. A
	// Catalog keeps it in UTC.
	Created time.Time
	// RebootBehavior is "NeverReboots", "AlwaysRequiresReboot" or
	// "CanRequestReboot"; empty when not known.
	RebootBehavior string
	// Handler is the name of the handler that installs the update.
	Handler string
	// Prerequisites are ANDed clauses.
	Prerequisites []Clause
	// Bundled are the clauses of members when the update is a bundle.
	Bundled []BundleClause
	// Supersedes are the updates this one replaces, in any revision.
	Supersedes []compliance.UpdateID
	// Rules are the applicability rules.
	Rules Rules
	// Origin says where the metadata was read, for error messages: a file
	// name, an entry of a zip. It is no part of the content: two copies of
	// an update from different places are the same update.
	Origin string
}

// check says what of the update a catalogue cannot hold.
func (u *Update) check() error {
	fault := func(format string, args ...any) error {
		return &UpdateError{Identity: u.Identity, Origin: u.Origin, Detail: fmt.Sprintf(format, args...)}
	}
	if u.ID.IsZero() {
		return fault("the zero id is that of no update")
	}
	if !u.Kind.Valid() {
		return fault("invalid kind %d", uint8(u.Kind))
	}
	if !u.Action.Valid() {
		return fault("invalid action %d", uint8(u.Action))
	}
	if u.Revision > MaxRevision {
		return fault("revision above %d", MaxRevision)
	}
	for i := range u.Bundled {
		for _, m := range u.Bundled[i].Any {
			if m.Revision > MaxRevision {
				return fault("bundle member %s: revision above %d", m.ID, MaxRevision)
			}
		}
	}
	for _, section := range u.Rules.sections() {
		for i := range *section {
			if (*section)[i].Depth(MaxRuleDepth) > MaxRuleDepth {
				return fault("rules nested deeper than %d", MaxRuleDepth)
			}
		}
	}
	return nil
}
