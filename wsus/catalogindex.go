package wsus

import "github.com/updatescan/updatescan/compliance"

// relation is the reverse of a reference between updates: for each update
// the ascending indexes of those that refer to it, all in one slice.
type relation struct {
	start []int32 // Len()+1 offsets into from; nil when there is no edge
	from  []int
}

// of returns the indexes that refer to i.
func (r *relation) of(i int) []int {
	if r.start == nil {
		return nil
	}
	a, b := r.start[i], r.start[i+1]
	if a == b {
		return nil
	}
	return r.from[a:b:b]
}

// edge is one reference, from an update to another.
type edge struct{ from, to int32 }

// newRelation builds the reverse of the edges, which must be ordered by
// their from; an edge that repeats is kept once.
func newRelation(n int, edges []edge) relation {
	if len(edges) == 0 {
		return relation{}
	}
	start := make([]int32, n+1)
	last := make([]int32, n) // 1 + the latest from that refers to it
	kept := edges[:0]
	for _, e := range edges {
		if last[e.to] == e.from+1 {
			continue
		}
		last[e.to] = e.from + 1
		start[e.to+1]++
		kept = append(kept, e)
	}
	for i := range n {
		start[i+1] += start[i]
	}
	from := make([]int, len(kept))
	next := last
	copy(next, start[:n])
	for _, e := range kept {
		from[next[e.to]] = int(e.from)
		next[e.to]++
	}
	return relation{start: start, from: from}
}

// index computes the relations; references to updates that are not in the
// catalogue give no edge.
func (c *Catalog) index() {
	place := make(map[compliance.UpdateID]int32, len(c.updates))
	for i := range c.updates {
		place[c.updates[i].ID] = int32(i)
	}
	var superseded, bundled, required []edge
	for i := range c.updates {
		u, from := &c.updates[i], int32(i)
		for _, id := range u.Supersedes {
			if to, ok := place[id]; ok {
				superseded = append(superseded, edge{from, to})
			}
		}
		for j := range u.Bundled {
			for _, m := range u.Bundled[j].Any {
				if to, ok := place[m.ID]; ok {
					bundled = append(bundled, edge{from, to})
				}
			}
		}
		for j := range u.Prerequisites {
			for _, id := range u.Prerequisites[j].Any {
				if to, ok := place[id]; ok {
					required = append(required, edge{from, to})
				}
			}
		}
	}
	n := len(c.updates)
	c.supersededBy = newRelation(n, superseded)
	c.bundledIn = newRelation(n, bundled)
	c.requiredBy = newRelation(n, required)
}
