package compliance

import (
	"fmt"
	"slices"
)

// Apply returns base with the changes made: the new last recorded states
// (DIFF-3, DIFF-4). The changes must ascend by id, as [Diff] returns them; a
// part of a diff may be applied too. The result shares its ids and revisions
// with base where they are the same, and is base itself when there are no
// changes. Neither argument is modified.
//
// A change that does not fit base is an [*ApplyError] that names it, and
// nothing is applied: a kind that does not exist; an id not above that of the
// change before; a First of a recorded update; any other change of an update
// that is not recorded, or recorded with another state or revision than its
// From and FromRevision; fields that contradict the kind; and a change to
// Unknown other than a removal, because what could not be evaluated keeps its
// state (DIFF-5). A result of more than [MaxRecords] is a [*CountError].
func Apply(base *Snapshot, changes []Change) (*Snapshot, error) {
	if len(changes) == 0 {
		return base, nil
	}
	for i := range changes {
		if reason := faultOf(&changes[i]); reason != "" {
			return nil, &ApplyError{Index: i, Change: changes[i], Reason: reason}
		}
		if i > 0 && !less(&changes[i-1].ID, &changes[i].ID) {
			return nil, &ApplyError{Index: i, Change: changes[i], Reason: "not above the change before it"}
		}
	}
	from := base.view()
	grow, sameSet, sameRevs := 0, true, true
	at := 0
	for i := range changes {
		c := &changes[i]
		pos, found := searchFrom(from.ids, &c.ID, at)
		if reason := misfit(c, &from, pos, found); reason != "" {
			return nil, &ApplyError{Index: i, Change: *c, Reason: reason}
		}
		at = pos
		if c.Kind == First {
			grow++
			sameSet = false
		}
		if c.Kind == Removed {
			grow--
			sameSet = false
		}
		sameRevs = sameRevs && c.Revision == c.FromRevision
	}
	if sameSet {
		return patch(&from, changes, sameRevs), nil
	}
	if n := len(from.ids) + grow; n > MaxRecords {
		return nil, &CountError{Count: n}
	}
	return rebuild(&from, changes, len(from.ids)+grow), nil
}

// faultOf says what is wrong with c whatever it is applied to, or nothing.
func faultOf(c *Change) string {
	if c.Kind.token() == "" {
		return "no such kind"
	}
	if !c.From.valid() || !c.To.valid() {
		return "no such state"
	}
	if c.Revision > MaxRevision || c.FromRevision > MaxRevision {
		return "revision out of range"
	}
	if c.Kind == Removed {
		if c.To != Unknown || c.Revision != c.FromRevision {
			return "a removal has no new state or revision"
		}
		return ""
	}
	if c.To == Unknown {
		return "only a removal leads to unknown" // DIFF-5
	}
	if c.Kind == First && (c.From != Unknown || c.FromRevision != 0) {
		return "a first record has no last state or revision"
	}
	if c.Kind == Changed && c.From == c.To {
		return "state does not change"
	}
	if c.Kind == Revised && (c.From != c.To || c.FromRevision == c.Revision) {
		return "a revision changes the revision and nothing else"
	}
	return ""
}

// misfit says why c cannot be made to base, in which pos and found are the
// answer of searchFrom for its id, or nothing.
func misfit(c *Change, base *Snapshot, pos int, found bool) string {
	if c.Kind == First {
		if found {
			return "already recorded"
		}
		return ""
	}
	if !found {
		return "not recorded"
	}
	if st := base.states.at(pos); st != c.From {
		return fmt.Sprintf("recorded as %v, not %v", st, c.From)
	}
	if rev := base.revs[pos]; rev != c.FromRevision {
		return fmt.Sprintf("recorded with revision %d, not %d", rev, c.FromRevision)
	}
	return ""
}

// patch makes changes that fit base and keep its set of updates.
func patch(base *Snapshot, changes []Change, sameRevs bool) *Snapshot {
	s := &Snapshot{ids: base.ids, revs: base.revs, states: slices.Clone(base.states)}
	if !sameRevs {
		s.revs = slices.Clone(base.revs)
	}
	at := 0
	for i := range changes {
		c := &changes[i]
		at, _ = searchFrom(base.ids, &c.ID, at)
		s.states.set(at, c.To)
		if c.Revision != c.FromRevision {
			s.revs[at] = c.Revision
		}
	}
	return s
}

// rebuild makes changes that fit base and lead to n records.
func rebuild(base *Snapshot, changes []Change, n int) *Snapshot {
	s := &Snapshot{
		ids:    make([]UpdateID, 0, n),
		revs:   make([]Revision, 0, n),
		states: make(lanes, laneWords(n)),
	}
	at := 0 // records of base before at are done
	for i := range changes {
		c := &changes[i]
		pos, found := searchFrom(base.ids, &c.ID, at)
		s.keep(base, at, pos)
		at = pos
		if found {
			at++
		}
		if c.Kind != Removed { // DIFF-6: a removed update is forgotten
			s.states.set(len(s.ids), c.To)
			s.ids = append(s.ids, c.ID)
			s.revs = append(s.revs, c.Revision)
		}
	}
	s.keep(base, at, len(base.ids))
	return s
}

// keep appends the records of base from i to j, exclusive, to a snapshot that
// is being built and has room for them.
func (s *Snapshot) keep(base *Snapshot, i, j int) {
	s.states.blit(len(s.ids), base.states, i, j-i)
	s.ids = append(s.ids, base.ids[i:j]...)
	s.revs = append(s.revs, base.revs[i:j]...)
}

// ApplyError reports a change that does not fit the snapshot it was to be
// applied to.
type ApplyError struct {
	// Index is the change's place in the changes given, from 0.
	Index int
	// Change is the change that does not fit.
	Change Change
	// Reason says why it does not.
	Reason string
}

// Error names the change by place, kind and update, and says the reason.
func (e *ApplyError) Error() string {
	return fmt.Sprintf("compliance: apply: change %d, %v of %v: %s", e.Index, e.Change.Kind, e.Change.ID, e.Reason)
}
