package wsus

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/updatescan/updatescan/compliance"
)

// MaxUpdates is how many updates a [Catalog] holds at most.
const MaxUpdates = 1 << 22

// ErrTooManyUpdates is matched by the refusal of more than [MaxUpdates]
// updates.
var ErrTooManyUpdates = errors.New("too many updates")

// ErrDuplicate is matched by an [UpdateError] for an identity that was given
// twice with different content.
var ErrDuplicate = errors.New("same identity, different content")

// UpdateError is the refusal of one update.
type UpdateError struct {
	Identity Identity
	// Origin is where the update was read, as [Update.Origin] says.
	Origin string
	// Detail says what is wrong.
	Detail string
	// Err is the sentinel, if the fault has one, such as [ErrDuplicate].
	Err error
}

// Error implements error.
func (e *UpdateError) Error() string {
	if e == nil {
		return "wsus: update: unknown fault"
	}
	from := ""
	if e.Origin != "" {
		from = " from " + quote(e.Origin)
	}
	return fmt.Sprintf("wsus: update %s%s: %s", e.Identity, from, e.Detail)
}

// Unwrap returns Err.
func (e *UpdateError) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.Err
}

// Catalog is an immutable set of updates sorted by id, one revision of each,
// with the content version of the set. The nil Catalog and the zero Catalog
// are empty, of version 0. A Catalog is safe for concurrent use.
type Catalog struct {
	version      uint32
	updates      []Update // sorted by id, ids distinct
	supersededBy relation
	bundledIn    relation
	requiredBy   relation
}

// NewCatalog builds a catalogue of the content version from updates in any
// order. Of several revisions of an update the highest is kept. The same
// identity twice with the same content is kept once, with the [Update.Origin]
// that sorts first; with different content it is refused, whichever revision
// would have been kept, by an [*UpdateError] that matches [ErrDuplicate]. An
// update with the zero id, which is that of no update, an invalid Kind or
// Action, a revision above [MaxRevision] or rules deeper than [MaxRuleDepth]
// is refused by name. Relations to updates
// that are not in the catalogue are kept as they are.
//
// The result does not depend on the order of updates. NewCatalog keeps the
// slices that the updates refer to: they must not be modified afterwards. The
// slice itself is copied and stays the caller's.
func NewCatalog(version uint32, updates []Update) (*Catalog, error) {
	if len(updates) > MaxUpdates {
		return nil, fmt.Errorf("wsus: new catalogue: %w: %d, at most %d", ErrTooManyUpdates, len(updates), MaxUpdates)
	}
	order := make([]int32, len(updates))
	for i := range updates {
		if err := updates[i].check(); err != nil {
			return nil, err
		}
		order[i] = int32(i)
	}
	// By id, the highest revision first, then by origin: which of two equal
	// copies is kept must not depend on the order they came in.
	slices.SortStableFunc(order, func(a, b int32) int {
		x, y := &updates[a], &updates[b]
		if c := x.ID.Compare(y.ID); c != 0 {
			return c
		}
		if x.Revision != y.Revision {
			if x.Revision > y.Revision {
				return -1
			}
			return 1
		}
		return strings.Compare(x.Origin, y.Origin)
	})
	kept := make([]Update, 0, len(updates))
	for n, i := range order {
		u := &updates[i]
		if n > 0 {
			prev := &updates[order[n-1]]
			if prev.Identity == u.Identity && !sameContent(prev, u) {
				return nil, &UpdateError{
					Identity: u.Identity, Origin: u.Origin,
					Detail: fmt.Sprintf("%v, first seen in %s", ErrDuplicate, quote(prev.Origin)),
					Err:    ErrDuplicate,
				}
			}
			if prev.ID == u.ID {
				continue // an older revision, or a copy
			}
		}
		kept = append(kept, *u)
		last := &kept[len(kept)-1]
		if !last.Created.IsZero() {
			last.Created = last.Created.UTC()
		}
	}
	c := &Catalog{version: version, updates: slices.Clip(kept)}
	c.index()
	return c, nil
}

// Version is the content version.
func (c *Catalog) Version() uint32 {
	if c == nil {
		return 0
	}
	return c.version
}

// Len is the number of updates.
func (c *Catalog) Len() int {
	if c == nil {
		return 0
	}
	return len(c.updates)
}

// At returns the i-th update in id order. It must not be modified. At panics
// when i is not in the range 0 to Len() - 1, as indexing a slice does.
func (c *Catalog) At(i int) *Update { return &c.updates[i] }

// Find returns the index of an update and whether it is in the catalogue.
func (c *Catalog) Find(id compliance.UpdateID) (int, bool) {
	if c == nil {
		return 0, false
	}
	// By hand: slices.BinarySearchFunc would copy an Update at each step.
	low, high := 0, len(c.updates)
	for low < high {
		mid := int(uint(low+high) / 2)
		if c.updates[mid].ID.Compare(id) < 0 {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low == len(c.updates) || c.updates[low].ID != id {
		return 0, false
	}
	return low, true
}

// All iterates over the indexes and updates in id order. The updates must
// not be modified.
func (c *Catalog) All() iter.Seq2[int, *Update] {
	return func(yield func(int, *Update) bool) {
		for i := range c.Len() {
			if !yield(i, &c.updates[i]) {
				return
			}
		}
	}
}

// SupersededBy returns the indexes of the updates that supersede the i-th,
// ascending; nil when none does. It must not be modified.
func (c *Catalog) SupersededBy(i int) []int { return c.supersededBy.of(i) }

// BundledIn returns the indexes of the bundles that have the i-th update as
// a member, ascending; nil when none has. A member is found by its id: a
// catalogue has one revision of an update, and it stands for the revision
// that the bundle names. The result must not be modified.
func (c *Catalog) BundledIn(i int) []int { return c.bundledIn.of(i) }

// RequiredBy returns the indexes of the updates that name the i-th in a
// prerequisite clause, ascending; nil when none does. It must not be
// modified.
func (c *Catalog) RequiredBy(i int) []int { return c.requiredBy.of(i) }
