package wusp

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/metadata"
)

// entry is a revision in the cache.
type entry struct {
	id        int32
	update    wsus.Update // with the action and the leaf flag of the server
	unread    bool        // it could not be read and is no part of the catalogue
	installed bool        // as evaluated last; only of non-leaves
	extended  bool        // extended information was asked for
}

// cache holds every revision that a server has sent, and has not taken back.
type cache struct {
	reader    *metadata.Reader
	entries   map[int32]*entry
	order     []*entry // sorted, nil when it is to be sorted anew
	installed int      // how many are installed non-leaves
	bundles   bool     // a non-leaf bundles others, leaves may be among them
}

// put adds or replaces an entry.
func (c *cache) put(e *entry) { c.entries[e.id], c.order = e, nil }

// drop removes an entry.
func (c *cache) drop(id int32) {
	delete(c.entries, id)
	c.order = nil
}

// replace replaces all entries.
func (c *cache) replace(entries map[int32]*entry) { c.entries, c.order = entries, nil }

// sorted are the entries in ascending order of their ids. The slice is kept
// until an entry comes or goes.
func (c *cache) sorted() []*entry {
	if c.order == nil {
		c.order = slices.SortedFunc(maps.Values(c.entries), func(a, b *entry) int { return cmp.Compare(a.id, b.id) })
	}
	return c.order
}

// matters reports whether a revision may decide what is installed.
func (c *cache) matters(leaf bool) bool { return !leaf || c.bundles }

// lists are the ids of the cache as a request names them. The software pass
// leaves the drivers out, the driver pass everything else that is not an
// installed non-leaf.
func (c *cache) lists() (installed, other, drivers []int32) {
	for _, e := range c.sorted() {
		if e.installed {
			installed = append(installed, e.id)
			continue
		}
		if e.update.Kind == wsus.KindDriver {
			drivers = append(drivers, e.id)
			continue
		}
		other = append(other, e.id)
	}
	return installed, other, drivers
}

// evaluate decides which non-leaves are installed, and reports whether that
// has changed. Only non-leaves are looked at, and what they bundle: nothing
// else can be a prerequisite.
func (s *session) evaluate(ctx context.Context) (changed bool, err error) {
	c := &s.server.cache
	newest := make(map[compliance.UpdateID]*entry, len(c.entries))
	for _, e := range c.sorted() {
		if e.unread {
			continue
		}
		if old := newest[e.update.ID]; old == nil || old.update.Revision <= e.update.Revision {
			newest[e.update.ID] = e
		}
	}
	wanted := make(map[compliance.UpdateID]bool)
	c.bundles = false
	var updates []wsus.Update
	var add func(id compliance.UpdateID)
	add = func(id compliance.UpdateID) {
		e := newest[id]
		if e == nil || wanted[id] {
			return
		}
		wanted[id] = true
		updates = append(updates, e.update)
		c.bundles = c.bundles || len(e.update.Bundled) > 0
		for _, clause := range e.update.Bundled {
			for _, member := range clause.Any {
				add(member.ID)
			}
		}
	}
	for _, e := range c.entries {
		if !e.update.Leaf && !e.unread {
			add(e.update.ID)
		}
	}
	catalog, err := wsus.NewCatalog(0, updates)
	if err != nil {
		return false, err
	}
	verdicts, err := s.client.evaluator.Verdicts(ctx, catalog)
	if err != nil {
		return false, err
	}
	states := make(map[compliance.UpdateID]compliance.State, len(verdicts))
	for i := range verdicts {
		states[verdicts[i].ID] = verdicts[i].State
	}
	c.installed = 0
	for _, e := range c.entries {
		installed := !e.unread && !e.update.Leaf && states[e.update.ID] == compliance.Installed
		changed = changed || installed != e.installed
		e.installed = installed
		if installed {
			c.installed++
		}
	}
	return changed, nil
}

// catalogue is the cache as a catalogue.
func (s *session) catalogue(req wsus.RetrieveRequest) (*wsus.Catalog, error) {
	sv := s.server
	if sv.catalog == nil || sv.catalog.Version() != req.Location.Version {
		// The same update under two numbers is taken from the higher one.
		last := make(map[wsus.Identity]*entry, len(sv.cache.entries))
		for _, e := range sv.cache.sorted() {
			if !e.unread {
				last[e.update.Identity] = e
			}
		}
		updates := make([]wsus.Update, 0, len(last))
		for _, e := range last {
			updates = append(updates, e.update)
		}
		catalog, err := wsus.NewCatalog(req.Location.Version, updates)
		if err != nil {
			return nil, err
		}
		sv.catalog = catalog
	}
	if req.Previous != nil && (req.Previous == sv.catalog || req.Previous.Equal(sv.catalog)) {
		sv.catalog = req.Previous
	}
	return sv.catalog, nil
}

// seed fills an empty cache with a previous catalogue. Its updates get
// numbers that no server gives, until the server tells the true ones.
func (s *session) seed(previous *wsus.Catalog) {
	sv := s.server
	if len(sv.cache.entries) > 0 || previous.Len() == 0 || previous.Len() > s.client.cfg.MaxRevisions || sv.catalog != nil {
		return
	}
	for i, u := range previous.All() {
		id := int32(-1 - i)
		sv.cache.put(&entry{id: id, update: *u, extended: u.Title != ""})
	}
	sv.refresh, sv.seeded = true, true
}

// rootOf is the local name of the root element of a fragment.
func rootOf(fragment []byte) string {
	_, rest, ok := bytes.Cut(fragment, []byte{'<'})
	if !ok {
		return ""
	}
	end := bytes.IndexAny(rest, " \t\r\n/>")
	if end < 0 {
		return ""
	}
	name := rest[:end]
	return string(name[bytes.IndexByte(name, ':')+1:])
}
