package wusp

import (
	"slices"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
)

// revision is one revision of an update; its id is its place in the list of
// all revisions, counted from 1.
type revision struct {
	fragments
	id int32
}

// snapshot is the state of a Store between two changes. It is not modified.
type snapshot struct {
	// generation names the store: revision ids mean nothing to another one.
	generation uint64
	// number counts the changes.
	number    uint64
	revisions []*revision
	// current is the place of the highest revision of each update.
	current map[compliance.UpdateID]int32
	// clauses are the prerequisites of each revision by place: alternatives
	// that are current. A clause without any can never be satisfied.
	clauses [][][]int32
	// categories has a bit for each clause that names categories.
	categories []uint64
	// members are the places of what a bundle bundles.
	members [][]int32
	leaf    []bool
	views   map[string]*view
}

// view is what a group gets.
type view struct {
	// order are the places of what is in scope, prerequisites first.
	order []int32
	// deployments and changed have an entry for each revision: nil when it is
	// not in scope, and the number of the change that made it so.
	deployments []*Deployment
	changed     []uint64
	drivers     bool
}

// bits is a set of places.
type bits []uint64

func newBits(n int) bits           { return make(bits, (n+63)/64) }
func (b bits) set(i int)           { b[i>>6] |= 1 << (i & 63) }
func (b bits) clear(i int)         { b[i>>6] &^= 1 << (i & 63) }
func (b bits) has(i int) bool      { return b[i>>6]&(1<<(i&63)) != 0 }
func (b bits) hasInt(i int32) bool { return b.has(int(i)) }

// commit makes the next snapshot of the revisions and of the store's
// approvals; the caller holds the lock.
func (s *Store) commit(revisions []*revision) {
	old := s.now.Load()
	next := &snapshot{
		generation: old.generation, number: old.number + 1, revisions: revisions,
		current: old.current, clauses: old.clauses, categories: old.categories, members: old.members, leaf: old.leaf,
		views: make(map[string]*view, len(s.approvals)),
	}
	if len(revisions) != len(old.revisions) || old.current == nil {
		next.index()
	}
	for group := range s.approvals {
		before := old.views[group]
		if before == nil {
			before = old.views[AllComputers]
		}
		next.views[group] = s.view(next, old, before, group)
	}
	s.now.Store(next)
}

// index works out what follows from the revisions alone.
func (n *snapshot) index() {
	size := len(n.revisions)
	n.current = make(map[compliance.UpdateID]int32, size)
	for i, r := range n.revisions {
		if at, ok := n.current[r.update.ID]; !ok || n.revisions[at].update.Revision < r.update.Revision {
			n.current[r.update.ID] = int32(i) //nolint:gosec // bounded by MaxUpdates
		}
	}
	n.clauses, n.members = make([][][]int32, size), make([][]int32, size)
	n.categories, n.leaf = make([]uint64, size), make([]bool, size)
	for i := range n.leaf {
		n.leaf[i] = true
	}
	for i, r := range n.revisions {
		if n.current[r.update.ID] != int32(i) { //nolint:gosec // bounded by MaxUpdates
			continue
		}
		for k, c := range r.update.Prerequisites {
			var any []int32
			for _, id := range c.Any {
				if at, ok := n.current[id]; ok {
					any = append(any, at)
					n.leaf[at] = false
				}
			}
			n.clauses[i] = append(n.clauses[i], any)
			if c.Category && k < 64 {
				n.categories[i] |= 1 << k
			}
		}
		for _, c := range r.update.Bundled {
			for _, m := range c.Any {
				if at, ok := n.current[m.ID]; ok {
					n.members[i] = append(n.members[i], at)
				}
			}
		}
	}
}

// satisfied reports whether each prerequisite of the revision has a member
// among those installed.
func (n *snapshot) satisfied(i int, installed bits) bool {
	for _, c := range n.clauses[i] {
		if !slices.ContainsFunc(c, installed.hasInt) {
			return false
		}
	}
	return true
}

// view works out what a group gets: all software and drivers that are not
// declined, with what they need and bundle, prerequisites first.
func (s *Store) view(n, old *snapshot, before *view, group string) *view {
	size := len(n.revisions)
	v := &view{deployments: make([]*Deployment, size), changed: make([]uint64, size)}
	member := newBits(size)
	for i := range n.revisions {
		if n.isCurrent(i) && !s.declined[n.revisions[i].update.ID] {
			for _, m := range n.members[i] {
				member.set(int(m))
			}
		}
	}
	w := walk{n: n, seen: newBits(size), without: s.declined}
	for i, r := range n.revisions {
		if n.isCurrent(i) && (r.update.Kind == wsus.KindSoftware || r.update.Kind == wsus.KindDriver) {
			w.visit(int32(i)) //nolint:gosec // bounded by MaxUpdates
		}
	}
	v.order = w.order
	today := DateTime(s.clock.Now().UTC().Format("2006-01-02"))
	for _, at := range v.order {
		i := int(at)
		r := n.revisions[i]
		v.drivers = v.drivers || r.update.Kind == wsus.KindDriver
		d := s.deployment(r, group, member.has(i))
		if before != nil && i < len(before.deployments) && before.deployments[i] != nil {
			was := before.deployments[i]
			if was.Action == d.Action && was.Deadline == d.Deadline {
				v.deployments[i], v.changed[i] = was, before.changed[i]
				if old.leaf[i] != n.leaf[i] {
					v.changed[i] = n.number
				}
				continue
			}
		}
		s.lastID++
		d.ID, d.LastChangeTime = s.lastID, today
		v.deployments[i], v.changed[i] = &d, n.number
	}
	return v
}

func (n *snapshot) isCurrent(i int) bool {
	return n.current[n.revisions[i].update.ID] == int32(i) //nolint:gosec // bounded by MaxUpdates
}

// deployment is what a group is to do with a revision.
func (s *Store) deployment(r *revision, group string, member bool) Deployment {
	d := Deployment{IsAssigned: true, AutoSelect: "0", AutoDownload: "0", SupersedenceBehavior: "0"}
	if r.update.Kind == wsus.KindCategory || r.update.Kind == wsus.KindDetectoid {
		d.Action = wsus.ActionEvaluate
		return d
	}
	a, ok := s.approvals[group][r.update.ID]
	if !ok {
		a, ok = s.approvals[AllComputers][r.update.ID]
	}
	d.Action, d.Deadline = a.Action, a.Deadline
	if !ok || a.Action == wsus.ActionBlock {
		d.Action, d.Deadline = wsus.ActionPreDeploymentCheck, ""
	}
	if member && d.Action == wsus.ActionPreDeploymentCheck {
		d.Action = wsus.ActionBundle
	}
	d.IsAssigned = d.Action != wsus.ActionOptionalInstall
	return d
}

// walk lists revisions so that each comes after what it needs and bundles.
// Of a cycle some member comes first. It keeps its own stack: documents
// decide how deep relations go.
type walk struct {
	n       *snapshot
	seen    bits
	without map[compliance.UpdateID]bool
	order   []int32
	stack   []walkStep
}

type walkStep struct {
	at   int32
	next []int32
}

func (w *walk) visit(at int32) {
	w.push(at)
	for len(w.stack) > 0 {
		top := &w.stack[len(w.stack)-1]
		if len(top.next) == 0 {
			w.order = append(w.order, top.at)
			w.stack = w.stack[:len(w.stack)-1]
			continue
		}
		to := top.next[0]
		top.next = top.next[1:]
		w.push(to)
	}
}

func (w *walk) push(at int32) {
	if w.seen.hasInt(at) || w.without[w.n.revisions[at].update.ID] {
		return
	}
	w.seen.set(int(at))
	var next []int32
	for _, c := range w.n.clauses[at] {
		next = append(next, c...)
	}
	w.stack = append(w.stack, walkStep{at, append(next, w.n.members[at]...)})
}

// filtered is what of the view belongs to one of the categories, with what
// that needs and bundles.
func (v *view) filtered(n *snapshot, ids []CategoryIdentifier) bits {
	within, need := newBits(len(n.revisions)), newBits(len(n.revisions))
	for _, c := range ids {
		if at, ok := n.current[c.ID]; ok {
			within.set(int(at))
		}
	}
	for _, at := range v.order {
		for k, c := range n.clauses[at] {
			if k < 64 && n.categories[at]&(1<<k) != 0 && slices.ContainsFunc(c, within.hasInt) {
				within.set(int(at))
			}
		}
	}
	copy(need, within)
	for _, at := range slices.Backward(v.order) {
		if !need.hasInt(at) {
			continue
		}
		for _, c := range n.clauses[at] {
			for _, m := range c {
				need.set(int(m))
			}
		}
		for _, m := range n.members[at] {
			need.set(int(m))
		}
	}
	return need
}
