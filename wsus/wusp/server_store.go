package wusp

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/benbjohnson/clock"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/metadata"
)

// AllComputers is the group that every client belongs to.
const AllComputers = ""

// MaxGroups bounds the groups of a [Store].
const MaxGroups = 1024

// ErrUnknownUpdate means that an update is not in the [Store].
var ErrUnknownUpdate = errors.New("unknown update")

// ErrTooMany means that a bound of the [Store] is reached.
var ErrTooMany = errors.New("too many")

// Approval is what an administrator wants done with an update.
type Approval struct {
	// Action is install, optional_install, uninstall, pre_deployment_check or
	// block, which clients see as pre_deployment_check.
	Action wsus.Action
	// Deadline is empty when there is none.
	Deadline DateTime
}

// Store is the catalogue of a [Server]: fragments by revision id, approvals
// per group, and what each group therefore gets. An update that is neither
// approved nor declined is sent for evaluation only, as
// [wsus.ActionPreDeploymentCheck]; that is how a site that deploys by other
// means sees everything.
//
// Use [NewStore]. A Store is safe for concurrent use; each change is made as
// a whole, and a sync sees the state before or after it.
type Store struct {
	clock clock.Clock
	now   atomic.Pointer[snapshot]

	mu        sync.Mutex // held to change what follows
	reader    nodeReader
	approvals map[string]map[compliance.UpdateID]Approval
	declined  map[compliance.UpdateID]bool
	lastID    int32 // of deployments
}

// NewStore returns an empty Store. Times of changes are read from the clock;
// nil means the system's.
func NewStore(c clock.Clock) *Store {
	if c == nil {
		c = clock.New()
	}
	s := &Store{
		clock:     c,
		approvals: map[string]map[compliance.UpdateID]Approval{AllComputers: {}},
		declined:  make(map[compliance.UpdateID]bool),
	}
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	s.now.Store(&snapshot{generation: binary.LittleEndian.Uint64(b[:])})
	s.commit(s.now.Load().revisions)
	return s
}

// Publish adds what documents hold: update documents, Core fragments,
// software distribution packages and catalogues of these. Packages become
// updates as [PackageDocuments] says, and the categories that they need are
// added with them. A higher revision replaces a lower one; a revision that
// is already there must have the same Core fragment, else the error matches
// [wsus.ErrDuplicate]. On error nothing is changed.
func (s *Store) Publish(documents ...[]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []fragments
	for i, data := range documents {
		f, err := s.reader.publishable(data)
		if err != nil {
			return fmt.Errorf("wusp: publish document %d: %w", i+1, err)
		}
		all = append(all, f...)
	}
	return s.publish(all)
}

// publish adds fragments; the caller holds the lock.
func (s *Store) publish(all []fragments) error {
	old := s.now.Load().revisions
	known := make(map[wsus.Identity]*revision, len(old)+len(all))
	ids := make(map[compliance.UpdateID]bool, len(old)+len(all))
	for _, r := range old {
		known[r.update.Identity] = r
		ids[r.update.ID] = true
	}
	for i := range all {
		ids[all[i].update.ID] = true
	}
	all = append(all, missingCategories(all, ids)...)
	revisions := slices.Clone(old)
	for i := range all {
		f := &all[i]
		if r := known[f.update.Identity]; r != nil {
			if string(r.core) != string(f.core) {
				return &wsus.UpdateError{Identity: f.update.Identity, Detail: "published before", Err: wsus.ErrDuplicate}
			}
			continue
		}
		if len(revisions) >= wsus.MaxUpdates {
			return fmt.Errorf("wusp: publish: %w revisions", ErrTooMany)
		}
		r := &revision{fragments: *f, id: int32(len(revisions)) + 1} //nolint:gosec // bounded by MaxUpdates
		known[f.update.Identity] = r
		revisions = append(revisions, r)
	}
	s.commit(revisions)
	return nil
}

// missingCategories are the categories of locally published updates that
// are needed and not there.
func missingCategories(all []fragments, ids map[compliance.UpdateID]bool) []fragments {
	var made []fragments
	for i := range all {
		for _, clause := range all[i].update.Prerequisites {
			for _, id := range clause.Any {
				if !clause.Category || ids[id] || id != metadata.LocallyPublished() && metadata.ClassificationName(id) == "" {
					continue
				}
				f, err := documentFragments(categoryUpdate(id))
				if err != nil {
					continue // unreachable: the document is our own
				}
				ids[id] = true
				made = append(made, f)
			}
		}
	}
	return made
}

// PublishFragments adds a revision by the fragments of it that a server has:
// Core, and Extended and Localized ones where there are any.
func (s *Store) PublishFragments(core, extended []byte, localized ...[]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	roots, err := s.reader.read(core, true)
	if err != nil {
		return fmt.Errorf("wusp: publish: %w", err)
	}
	f, err := coreFragments(roots, core)
	if err != nil {
		return fmt.Errorf("wusp: publish: %w", err)
	}
	f.extended = slices.Clone(extended)
	if err := f.relations(); err != nil {
		return fmt.Errorf("wusp: publish: %w", err)
	}
	for _, l := range localized {
		text, err := s.reader.read(l, true)
		if err != nil || len(text) != 1 {
			return fmt.Errorf("wusp: publish: a Localized fragment: %w", errors.Join(err, ErrNotPublishable))
		}
		f.localized = append(f.localized, localizedText{childText(text[0], "Language"), slices.Clone(l)})
	}
	return s.publish([]fragments{f})
}

// Approve says what is to be done with an update in a group, which is made
// if it is new. [wsus.ActionNone] takes an approval back.
func (s *Store) Approve(group string, id compliance.UpdateID, a Approval) error {
	switch a.Action {
	case wsus.ActionNone, wsus.ActionPreDeploymentCheck, wsus.ActionInstall, wsus.ActionOptionalInstall,
		wsus.ActionUninstall, wsus.ActionBlock:
	case wsus.ActionEvaluate, wsus.ActionBundle:
		return fmt.Errorf("wusp: approve %s: %w: %v", id, wsus.ErrUnknownAction, a.Action)
	default:
		return fmt.Errorf("wusp: approve %s: %w: %v", id, wsus.ErrUnknownAction, a.Action)
	}
	if _, ok := a.Deadline.Time(); a.Deadline != "" && !ok {
		return fmt.Errorf("wusp: approve %s: deadline %q is no time", id, a.Deadline)
	}
	return s.change(id, func() error {
		g, err := s.group(group)
		if err != nil {
			return err
		}
		if a.Action == wsus.ActionNone {
			delete(g, id)
		} else {
			g[id] = a
		}
		return nil
	})
}

// AddGroup makes a group, if it is new.
func (s *Store) AddGroup(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.group(name); err != nil {
		return err
	}
	s.commit(s.now.Load().revisions)
	return nil
}

// group returns the approvals of a group, and makes it if it is new.
func (s *Store) group(name string) (map[compliance.UpdateID]Approval, error) {
	name = strings.ToLower(name)
	g := s.approvals[name]
	if g == nil {
		if len(s.approvals) >= MaxGroups {
			return nil, fmt.Errorf("wusp: %w groups", ErrTooMany)
		}
		g = make(map[compliance.UpdateID]Approval)
		s.approvals[name] = g
	}
	return g, nil
}

// Decline takes an update out of what every client gets, or puts it back.
func (s *Store) Decline(id compliance.UpdateID, declined bool) error {
	return s.change(id, func() error {
		if declined {
			s.declined[id] = true
		} else {
			delete(s.declined, id)
		}
		return nil
	})
}

func (s *Store) change(id compliance.UpdateID, f func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now.Load()
	if _, ok := now.current[id]; !ok {
		return fmt.Errorf("wusp: %w: %s", ErrUnknownUpdate, id)
	}
	if err := f(); err != nil {
		return err
	}
	s.commit(now.revisions)
	return nil
}

// Groups are the names of the groups, in lower case and in order;
// [AllComputers] is the first.
func (s *Store) Groups() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.approvals))
}

// Len is how many updates there are, in any revision; categories count.
func (s *Store) Len() int { return len(s.now.Load().current) }

// Unreachable are the updates that no client will ever get because a
// prerequisite of them is not in the store, sorted by id.
func (s *Store) Unreachable() []compliance.UpdateID {
	now := s.now.Load()
	v := now.views[AllComputers]
	installed := newBits(len(now.revisions))
	for i := range now.revisions {
		installed.set(i)
	}
	var ids []compliance.UpdateID
	for _, i := range v.order {
		if !now.satisfied(int(i), installed) {
			ids = append(ids, now.revisions[i].update.ID)
		}
	}
	slices.SortFunc(ids, compliance.UpdateID.Compare)
	return ids
}
