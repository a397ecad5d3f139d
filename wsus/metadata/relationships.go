package metadata

import (
	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
)

// relationships reads the current Relationships element.
func (r *Reader) relationships(u *wsus.Update) error {
	for {
		ok, err := r.child()
		if err != nil || !ok {
			return err
		}
		switch string(r.tok.Local()) {
		case "SupersededUpdates":
			err = r.superseded(u)
		case "Prerequisites":
			err = r.prerequisites(u)
		case "BundledUpdates":
			err = r.bundled(u)
		default:
			err = r.tok.Skip()
		}
		if err != nil {
			return err
		}
	}
}

// superseded reads the current SupersededUpdates element.
func (r *Reader) superseded(u *wsus.Update) error {
	if err := r.identityMembers(); err != nil {
		return err
	}
	u.Supersedes = r.ids.join(u.Supersedes, r.memberIDs())
	return nil
}

// memberIDs returns the ids of the members that were listed last.
func (r *Reader) memberIDs() []compliance.UpdateID {
	ids := r.ids.take(len(r.lists.members))
	for i := range ids {
		ids[i] = r.lists.members[i].ID
	}
	return ids
}

// identityMembers lists the UpdateIdentity children of the current element
// with their revisions, 0 where none is given.
func (r *Reader) identityMembers() error {
	r.lists.members = r.lists.members[:0]
	for {
		ok, err := r.child()
		if err != nil || !ok {
			return err
		}
		if string(r.tok.Local()) != "UpdateIdentity" {
			if err := r.tok.Skip(); err != nil {
				return err
			}
			continue
		}
		member, err := r.identity(false)
		if err != nil {
			return err
		}
		r.lists.members = append(r.lists.members, member)
	}
}

// clauseMembers lists the members of the current element if it is a clause:
// AtLeastOne with at least one UpdateIdentity, or an UpdateIdentity that
// stands alone. Any other element is passed over.
func (r *Reader) clauseMembers() (found bool, err error) {
	switch string(r.tok.Local()) {
	case "UpdateIdentity":
		member, err := r.identity(false)
		if err != nil {
			return false, err
		}
		r.lists.members = append(r.lists.members[:0], member)
		return true, nil
	case "AtLeastOne":
		offset := r.tok.Offset()
		if err := r.identityMembers(); err != nil {
			return false, err
		}
		if len(r.lists.members) == 0 {
			return false, r.tok.ErrorfAt(offset, "AtLeastOne names no update")
		}
		return true, nil
	}
	return false, r.tok.Skip()
}

// prerequisites reads the current Prerequisites element.
func (r *Reader) prerequisites(u *wsus.Update) error {
	r.lists.clauses = r.lists.clauses[:0]
	for {
		ok, err := r.child()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		var category []byte
		if string(r.tok.Local()) == "AtLeastOne" {
			category, _ = r.tok.Attr("IsCategory")
		}
		clause := wsus.Clause{Category: parseTrue(category)} // now: the value lasts no longer
		found, err := r.clauseMembers()
		if err != nil {
			return err
		}
		if !found {
			continue
		}
		clause.Any = r.memberIDs()
		r.lists.clauses = append(r.lists.clauses, clause)
	}
	u.Prerequisites = r.clauses.join(u.Prerequisites, r.clauses.clone(r.lists.clauses))
	return nil
}

// bundled reads the current BundledUpdates element.
func (r *Reader) bundled(u *wsus.Update) error {
	r.lists.bundles = r.lists.bundles[:0]
	for {
		ok, err := r.child()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		found, err := r.clauseMembers()
		if err != nil {
			return err
		}
		if found {
			r.lists.bundles = append(r.lists.bundles, wsus.BundleClause{Any: r.members.clone(r.lists.members)})
		}
	}
	u.Bundled = r.bundles.join(u.Bundled, r.bundles.clone(r.lists.bundles))
	return nil
}
