package compliancetest

import (
	"maps"
	"slices"
	"strings"

	"github.com/updatescan/updatescan/compliance"
)

// Model is the comparison of states again, slow and obvious: a map for each
// side, and one update after the other. It shares types with package
// compliance and works everything out by itself. The zero Model is right.
type Model struct {
	// Mistake plants one of the mistakes of
	// scan/scantest/vectors/mutants.json by its id; empty for none; an id
	// that does not concern the model has no effect.
	Mistake string
}

// Diff returns the changes from base, the last recorded states, to next, the
// results of a scan, both in any order and without repeated updates (DIFF-2,
// DIFF-4 to DIFF-7). The changes are sorted by id, and nil when there are
// none. The arguments are not modified.
func (m Model) Diff(base, next []compliance.Record) []compliance.Change {
	was, is := byID(base), byID(next)
	var changes []compliance.Change
	for _, now := range next {
		old, recorded := was[now.ID]
		if c, changed := m.compare(old, recorded, now); changed {
			changes = append(changes, c)
		}
	}
	for _, old := range base {
		if _, there := is[old.ID]; !there {
			changes = append(changes, removed(old)) // DIFF-6
		}
	}
	if m.Mistake == "diff-input-order" {
		return changes
	}
	return byText(changes, func(c compliance.Change) compliance.UpdateID { return c.ID })
}

// compare is Diff for one update that is in the results.
func (m Model) compare(old compliance.Record, recorded bool, now compliance.Record) (compliance.Change, bool) {
	if now.State == compliance.Unknown {
		if m.Mistake == "diff-unknown-is-gone" {
			return removed(old), recorded
		}
		if m.Mistake != "diff-unknown-recorded" {
			return compliance.Change{}, false // DIFF-5
		}
	}
	c := compliance.Change{ID: now.ID, To: now.State, Revision: now.Revision}
	if !recorded {
		c.Kind = compliance.First // DIFF-2
		return c, true
	}
	c.From, c.FromRevision = old.State, old.Revision
	if old.State != now.State {
		c.Kind = compliance.Changed // DIFF-2
		return c, true
	}
	c.Kind = compliance.Revised // DIFF-7
	return c, old.Revision != now.Revision
}

// removed is the change of an update that is gone (DIFF-6).
func removed(old compliance.Record) compliance.Change {
	return compliance.Change{
		ID: old.ID, Kind: compliance.Removed, From: old.State, To: compliance.Unknown,
		FromRevision: old.Revision, Revision: old.Revision,
	}
}

// Apply returns base with the changes made, sorted by id (DIFF-3, DIFF-4,
// DIFF-6): the new last recorded states. The changes are those of a Diff, or
// some of them. The arguments are not modified.
func (m Model) Apply(base []compliance.Record, changes []compliance.Change) []compliance.Record {
	records := byID(base)
	for _, c := range changes {
		if c.Kind != compliance.Removed {
			records[c.ID] = compliance.Record{ID: c.ID, Revision: c.Revision, State: c.To}
		} else if m.Mistake != "diff-removed-kept" {
			delete(records, c.ID) // DIFF-6
		}
	}
	return Sorted(slices.Collect(maps.Values(records)))
}

// Settle returns what base becomes when the results of a scan were recorded
// on it, sorted by id: it is what Apply makes of base and the Diff to next,
// said without either. What was evaluated is as it was found (DIFF-2, DIFF-7),
// what could not be keeps its record (DIFF-5), and what is gone is forgotten
// (DIFF-6). The arguments are not modified.
func (m Model) Settle(base, next []compliance.Record) []compliance.Record {
	was, is := byID(base), byID(next)
	var settled []compliance.Record
	for id, now := range is {
		old, recorded := was[id]
		if now.State != compliance.Unknown || m.Mistake == "diff-unknown-recorded" {
			settled = append(settled, now)
		} else if recorded && m.Mistake != "diff-unknown-is-gone" {
			settled = append(settled, old)
		}
	}
	for id, old := range was {
		if _, there := is[id]; !there && m.Mistake == "diff-removed-kept" {
			settled = append(settled, old)
		}
	}
	return Sorted(settled)
}

// Summary counts the states (SITE-8). A number that is no state counts as
// Unknown. What is made of the counts, which a mistake can concern, is Total
// and Compliant.
func (m Model) Summary(states []compliance.State) compliance.Summary {
	counts := map[compliance.State]int{}
	for _, s := range states {
		counts[s]++
	}
	known := compliance.Summary{
		Required:    counts[compliance.Required],
		NotRequired: counts[compliance.NotRequired],
		Installed:   counts[compliance.Installed],
	}
	known.Unknown = len(states) - known.Required - known.NotRequired - known.Installed
	return known
}

// Total is how many states there are, from which the compliant share is
// computed. Unknown counts (SITE-8).
func (m Model) Total(states []compliance.State) int {
	if m.Mistake == "site-unknown-not-counted" {
		return len(states) - m.Summary(states).Unknown
	}
	return len(states)
}

// Compliant is how many states are compliant: Installed and Not Required
// (SITE-8).
func (m Model) Compliant(states []compliance.State) int {
	n := 0
	for _, s := range states {
		if s == compliance.Installed || s == compliance.NotRequired && m.Mistake != "site-only-installed" {
			n++
		}
	}
	return n
}

// Find returns the record of an update and whether there is one.
func Find(records []compliance.Record, id compliance.UpdateID) (compliance.Record, bool) {
	for _, r := range records {
		if r.ID == id {
			return r, true
		}
	}
	return compliance.Record{}, false
}

// Duplicate returns the first update, in the order of ids, that occurs twice.
func Duplicate(records []compliance.Record) (id compliance.UpdateID, found bool) {
	sorted := Sorted(records)
	for i := 1; i < len(sorted); i++ {
		if sorted[i-1].ID == sorted[i].ID {
			return sorted[i].ID, true
		}
	}
	return compliance.UpdateID{}, false
}

// Sorted returns the records in the order of the text forms of their ids, and
// those of one id as they were. The argument is not modified.
func Sorted(records []compliance.Record) []compliance.Record {
	return byText(records, func(r compliance.Record) compliance.UpdateID { return r.ID })
}

// byText returns a list in the order of the text forms of its ids.
func byText[T any](list []T, id func(T) compliance.UpdateID) []T {
	type lettered struct {
		text string
		item T
	}
	var all []lettered
	for _, item := range list {
		all = append(all, lettered{id(item).String(), item})
	}
	slices.SortStableFunc(all, func(a, b lettered) int { return strings.Compare(a.text, b.text) })
	var sorted []T
	for _, l := range all {
		sorted = append(sorted, l.item)
	}
	return sorted
}

// byID finds the records by their updates.
func byID(records []compliance.Record) map[compliance.UpdateID]compliance.Record {
	m := make(map[compliance.UpdateID]compliance.Record, len(records))
	for _, r := range records {
		m[r.ID] = r
	}
	return m
}
