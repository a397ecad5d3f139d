package compliance

import (
	"math/bits"
	"slices"
)

// Diff returns the changes from base, the last recorded states (DIFF-3), to
// next, the results of a scan. They are sorted by id, one for each update at
// most, and depend on the two sets of records only (DIFF-4). For each update:
//
//  1. Not in next, in base: [Removed] (DIFF-6).
//  2. Unknown in next: no change, whatever base has. The update could not be
//     evaluated and keeps its last recorded state (DIFF-5).
//  3. In next with another state, not in base: [First] (DIFF-2).
//  4. In both, the states differ: [Changed] (DIFF-2).
//  5. In both with one state, the revisions differ: [Revised] (DIFF-7).
//  6. Otherwise: no change.
//
// A record of base that is Unknown counts as recorded, so rule 4 gives a
// Changed from Unknown.
//
// Diff returns nil when nothing changed, and allocates once when something
// did. It does not modify its arguments.
func Diff(base, next *Snapshot) []Change {
	d := differ{a: base.view(), b: next.view()}
	if sameMemory(d.a.ids, d.b.ids) && sameMemory(d.a.revs, d.b.revs) {
		return AppendDiff(nil, base, next) // a second walk costs little here
	}
	var room [stackChanges]Change
	found := d.walk(room[:0], 0, 0)
	if len(found) == 0 {
		return nil
	}
	out := append(make([]Change, 0, len(found)+d.over), found...)
	if d.over == 0 {
		return out
	}
	return d.walk(out, d.i, d.j)
}

// AppendDiff appends the changes that [Diff] returns to dst. It allocates
// nothing when dst has room for them, and once when not.
func AppendDiff(dst []Change, base, next *Snapshot) []Change {
	d := differ{a: base.view(), b: next.view()}
	dst = d.walk(dst, 0, 0)
	if d.over == 0 {
		return dst
	}
	return d.walk(slices.Grow(dst, d.over), d.i, d.j)
}

// stackChanges is how many changes Diff gathers on the stack before it knows
// how many there are. When few records changed it saves the second walk over
// snapshots that share too little to be compared by words.
const stackChanges = 512

// differ walks two snapshots side by side. Each step appends its changes to
// out as long as that has room, and returns it; the others are only counted,
// so that out can be enlarged at once to what is needed, and the walk taken up
// again at the first of them. Out is passed along rather than kept, so that it
// may be on the caller's stack.
type differ struct {
	a, b Snapshot // base and next
	over int      // number of changes that found no room
	i, j int      // where in a and b the first of them is
}

// walk walks base from record i and next from record j on. Where both have
// one set of ids, i and j must be equal.
func (d *differ) walk(out []Change, i, j int) []Change {
	if !sameMemory(d.a.ids, d.b.ids) {
		return d.merge(out, i, j)
	}
	if !sameMemory(d.a.revs, d.b.revs) {
		return d.pairs(out, i, i, len(d.a.ids)-i)
	}
	// One set of updates and of revisions: only states can differ.
	k := i / lanesPerWord
	if part := i % lanesPerWord; part != 0 {
		out = d.pairs(out, i, i, min(lanesPerWord-part, len(d.a.ids)-i))
		k++
	}
	next := d.b.states
	base := d.a.states[:len(next)]
	for ; k < len(next); k++ {
		if base[k] != next[k] {
			out = d.changed(out, k*lanesPerWord, k*lanesPerWord, differing(base[k], next[k]))
		}
	}
	return out
}

// differing returns the low bit of each lane in which next differs from base
// and is not Unknown.
func differing(base, next uint64) uint64 {
	return nonzero(base^next) & nonzero(next) // DIFF-5: Unknown in next changes nothing
}

// merge walks two different sets of ids from records i and j on. Runs of
// equal ids are found and compared as blocks.
func (d *differ) merge(out []Change, i, j int) []Change {
	a, b := d.a.ids, d.b.ids
	for i < len(a) && j < len(b) {
		if n := commonRun(a[i:], b[j:]); n > 0 {
			out = d.pairs(out, i, j, n)
			i, j = i+n, j+n
			continue
		}
		if less(&a[i], &b[j]) {
			out = d.removed(out, i, j)
			i++
		} else {
			out = d.first(out, i, j)
			j++
		}
	}
	for ; i < len(a); i++ {
		out = d.removed(out, i, j)
	}
	for ; j < len(b); j++ {
		out = d.first(out, i, j)
	}
	return out
}

// runBlock is the number of ids that commonRun compares at once.
const runBlock = 16

// commonRun returns how many leading ids of a and b are the same.
func commonRun(a, b []UpdateID) int {
	limit := min(len(a), len(b))
	if limit == 0 || a[0] != b[0] {
		return 0
	}
	n := 1
	for limit-n >= runBlock && *(*[runBlock]UpdateID)(a[n:]) == *(*[runBlock]UpdateID)(b[n:]) {
		n += runBlock
	}
	for n < limit && a[n] == b[n] {
		n++
	}
	return n
}

// pairs compares n records of base from i on with those of next from j on,
// which have the same ids.
func (d *differ) pairs(out []Change, i, j, n int) []Change {
	for n > 0 {
		part := min(n, lanesPerWord)
		next := d.b.states.window(j)
		mask := differing(d.a.states.window(i), next)
		mask |= revised(d.a.revs[i:i+part], d.b.revs[j:j+part]) & nonzero(next) // DIFF-5
		if mask &= firstLanes(part); mask != 0 {
			out = d.changed(out, i, j, mask)
		}
		i, j, n = i+part, j+part, n-part
	}
	return out
}

// revised returns the low bit of each lane whose revisions differ, for at
// most 32 records.
func revised(a, b []Revision) uint64 {
	if len(a) == lanesPerWord && len(b) == lanesPerWord &&
		*(*[lanesPerWord]Revision)(a) == *(*[lanesPerWord]Revision)(b) {
		return 0
	}
	b = b[:len(a)]
	var some Revision // without a branch, because most blocks are equal
	for l, r := range a {
		some |= r ^ b[l]
	}
	if some == 0 {
		return 0
	}
	var mask uint64
	for l, r := range a {
		if r != b[l] {
			mask |= 1 << (2 * uint(l))
		}
	}
	return mask
}

// changed takes in the changes of the records whose lanes have their low bit
// in mask; lane 0 is record i of base and record j of next.
func (d *differ) changed(out []Change, i, j int, mask uint64) []Change {
	for ; mask != 0; mask &= mask - 1 {
		lane := bits.TrailingZeros64(mask) / 2
		if len(out) == cap(out) {
			d.full(i+lane, j+lane, bits.OnesCount64(mask))
			return out
		}
		c := Change{
			ID:           d.b.ids[j+lane],
			Kind:         Changed, // DIFF-2
			From:         d.a.states.at(i + lane),
			To:           d.b.states.at(j + lane),
			FromRevision: d.a.revs[i+lane],
			Revision:     d.b.revs[j+lane],
		}
		if c.From == c.To {
			c.Kind = Revised // DIFF-7
		}
		out = append(out, c)
	}
	return out
}

// removed takes in record i of base, which next, at j, does not have (DIFF-6).
func (d *differ) removed(out []Change, i, j int) []Change {
	if len(out) == cap(out) {
		d.full(i, j, 1)
		return out
	}
	rev := d.a.revs[i]
	return append(out, Change{ID: d.a.ids[i], Kind: Removed, From: d.a.states.at(i), FromRevision: rev, Revision: rev})
}

// first takes in record j of next, which base, at i, does not have (DIFF-2).
func (d *differ) first(out []Change, i, j int) []Change {
	to := d.b.states.at(j)
	if to == Unknown {
		return out // DIFF-5: what could not be evaluated is not recorded
	}
	if len(out) == cap(out) {
		d.full(i, j, 1)
		return out
	}
	return append(out, Change{ID: d.b.ids[j], Kind: First, To: to, Revision: d.b.revs[j]})
}

// full counts n changes that find no room, the first of them at i and j.
func (d *differ) full(i, j, n int) {
	if d.over == 0 {
		d.i, d.j = i, j
	}
	d.over += n
}
