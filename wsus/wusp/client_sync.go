package wusp

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/updatescan/updatescan/wsus"
)

// refreshBatch is how many updates RefreshCache is asked for at once, as
// agents do.
const refreshBatch = 200

// saveEvery is after how many SyncUpdates the state is stored on the way.
const saveEvery = 16

// scan brings the cache up to date. When revision numbers change on the way,
// it starts again; that happens once at most for each fault.
func (s *session) scan(ctx context.Context) error {
	for {
		s.resync = false
		if err := s.software(ctx); err != nil {
			return err
		}
		if err := s.extended(ctx); err != nil {
			return err
		}
		if !s.resync {
			return nil
		}
	}
}

// software makes the calls of the software pass, and of the driver pass.
func (s *session) software(ctx context.Context) error {
	if _, err := s.evaluate(ctx); err != nil {
		return err
	}
	for {
		answer, err := s.sync(ctx, false)
		if err != nil {
			return err
		}
		got, err := s.apply(answer)
		if err == nil && s.progress.Trips%saveEvery == 0 { // the power may go off (WF-10)
			err = s.save(ctx, false)
		}
		if err != nil {
			return err
		}
		changed := false
		if got.touched {
			if changed, err = s.evaluate(ctx); err != nil {
				return err
			}
		}
		if !answer.Truncated && !got.nonLeaf && !changed {
			return s.drivers(ctx, answer)
		}
		if got.unknown == 0 && !changed {
			if answer.Truncated {
				return &wsus.Error{Op: OpSyncUpdates.String(), Code: wsus.CodeMaxServerTrips, Err: ErrNoProgress}
			}
			return s.drivers(ctx, answer)
		}
	}
}

// drivers makes the one call of the driver pass, if it is wanted.
func (s *session) drivers(ctx context.Context, software *SyncUpdatesResponse) error {
	if !s.client.cfg.Drivers || software.DriverSyncNotNeeded == "true" {
		return nil
	}
	answer, err := s.sync(ctx, true)
	if err != nil {
		return err
	}
	_, err = s.apply(answer)
	return err
}

// sync makes one call of SyncUpdates.
func (s *session) sync(ctx context.Context, driverPass bool) (*SyncUpdatesResponse, error) {
	if limit := s.client.cfg.MaxTrips; s.progress.Trips >= limit {
		return nil, &LimitError{Field: "MaxTrips", Limit: limit, code: wsus.CodeMaxServerTrips}
	}
	answer, err := s.call(ctx, func() (Message, error) {
		if err := s.chooseCategories(ctx); err != nil {
			return nil, err
		}
		return s.syncRequest(driverPass)
	})
	if err != nil {
		return nil, err
	}
	s.advanced()
	m := answer.(*SyncUpdatesResponse) //nolint:errcheck,forcetypeassert // DecodeResponse returns that of the operation
	s.newCookie(m.NewCookie)
	return m, nil
}

func (s *session) syncRequest(driverPass bool) (Message, error) {
	cfg := &s.client.cfg
	installed, other, drivers := s.server.cache.lists()
	if len(installed) > cfg.MaxInstalled {
		return nil, &LimitError{Field: "MaxInstalled", Limit: cfg.MaxInstalled, code: wsus.CodeSOAPFault}
	}
	m := &SyncUpdatesRequest{
		Cookie:                        s.server.cookie,
		InstalledNonLeafUpdateIDs:     installed,
		SkipSoftwareSync:              driverPass,
		FilterCategoryIDs:             s.preferred,
		NeedTwoGroupOutOfScopeUpdates: len(s.preferred) > 0,
	}
	if driverPass {
		m.SystemSpec, m.CachedDriverIDs = cfg.Devices, drivers
	} else {
		m.OtherCachedUpdateIDs = other
	}
	if len(cfg.HardwareIDs) > 0 && s.clientAtLeast(specClient) {
		m.ComputerSpec = &ComputerSpec{HardwareIDs: cfg.HardwareIDs}
	}
	return m, nil
}

// got is what an answer brought.
type got struct {
	unknown int  // revisions that were not in the cache
	nonLeaf bool // a new revision is not a leaf
	touched bool // what is installed may have changed
}

// apply brings the cache to what an answer says.
func (s *session) apply(m *SyncUpdatesResponse) (got, error) {
	var g got
	c := &s.server.cache
	known := make(map[int32]bool)
	for i := range m.NewUpdates {
		id := m.NewUpdates[i].ID
		known[id] = c.entries[id] != nil
	}
	s.remove(m.OutOfScopeRevisionIDs, &g)
	s.remove(m.DeployedOutOfScopeRevisionIDs, &g)
	for i := range m.ChangedUpdates {
		s.change(&m.ChangedUpdates[i], &g)
	}
	for i := range m.NewUpdates {
		info := &m.NewUpdates[i]
		g.nonLeaf = g.nonLeaf || !info.IsLeaf
		if c.entries[info.ID] != nil {
			s.change(info, &g)
			continue
		}
		if len(c.entries) >= s.client.cfg.MaxRevisions {
			return g, &LimitError{Field: "MaxRevisions", Limit: s.client.cfg.MaxRevisions, code: wsus.CodeSOAPFault}
		}
		if err := s.add(info); err != nil {
			return g, err
		}
		if !known[info.ID] {
			g.unknown++
		}
		g.touched = g.touched || c.matters(info.IsLeaf)
		s.progress.New++
	}
	return g, nil
}

func (s *session) remove(ids []int32, g *got) {
	for _, id := range ids {
		if e := s.server.cache.entries[id]; e != nil {
			s.server.cache.drop(id)
			s.server.catalog = nil
			s.progress.Removed++
			g.touched = g.touched || s.server.cache.matters(e.update.Leaf)
		}
	}
}

// change gives a cached revision its new deployment and leaf flag.
func (s *session) change(info *UpdateInfo, g *got) {
	e := s.server.cache.entries[info.ID]
	if e == nil {
		return
	}
	act := e.update.Action
	if info.Deployment != nil {
		act = info.Deployment.Action
	}
	if act != e.update.Action || info.IsLeaf != e.update.Leaf {
		g.touched = g.touched || info.IsLeaf != e.update.Leaf
		e.update.Action, e.update.Leaf = act, info.IsLeaf
		s.server.catalog = nil
		s.progress.Changed++
	}
}

// add reads a new revision and caches it.
func (s *session) add(info *UpdateInfo) error {
	e := &entry{id: info.ID}
	u, err := s.server.cache.reader.ParseFragment(info.XML)
	if err != nil {
		if !s.client.cfg.KeepGoing {
			return &FragmentError{RevisionID: info.ID, Err: err}
		}
		// It is named in requests all the same, or it would come again.
		e.unread, e.extended = true, true
		s.progress.Skipped++
	}
	e.update = u
	e.update.Leaf = info.IsLeaf
	if info.Deployment != nil {
		e.update.Action = info.Deployment.Action
	}
	s.server.cache.put(e)
	s.server.catalog = nil
	return nil
}

// refreshCache asks for the revision numbers of everything in the cache, and
// drops what the server does not return.
func (s *session) refreshCache(ctx context.Context) error {
	sv := s.server
	byIdentity := make(map[UpdateIdentity]*entry, len(sv.cache.entries))
	var ids []UpdateIdentity
	for _, e := range sv.cache.sorted() {
		if e.unread {
			continue
		}
		id := UpdateIdentity{UpdateID: e.update.ID, RevisionNumber: int32(e.update.Revision)}
		if byIdentity[id] == nil {
			ids = append(ids, id)
		}
		byIdentity[id] = e
	}
	fresh := make(map[int32]*entry, len(ids))
	for batch := range slices.Chunk(ids, refreshBatch) {
		answer, err := s.post(ctx, &RefreshCacheRequest{Cookie: sv.cookie, GlobalIDs: batch})
		if sv.seeded && refused(err) {
			break // it was a guess
		}
		if err != nil {
			return err
		}
		m := answer.(*RefreshCacheResponse) //nolint:errcheck,forcetypeassert // as above
		for _, row := range m.Updates {
			old := byIdentity[row.GlobalID]
			if old == nil {
				continue // never asked for
			}
			e := *old
			e.id, e.update.Leaf = row.RevisionID, row.IsLeaf
			if row.Deployment != nil {
				e.update.Action = row.Deployment.Action
			}
			fresh[e.id] = &e
		}
	}
	s.progress.Removed += max(0, len(sv.cache.entries)-len(fresh))
	sv.cache.replace(fresh)
	sv.refresh, sv.seeded, sv.catalog = false, false, nil
	_, err := s.evaluate(ctx)
	return err
}

// refused reports whether a server has answered, and not what was asked, and
// no step of the handshake would help.
func refused(err error) bool {
	if f, ok := errors.AsType[*Fault](err); ok {
		c := f.ErrorCode.Normal()
		return c != InvalidCookie && c != ServerChanged && c != ConfigChanged && c != CookieExpired && c != InvalidAuthorizationCookie
	}
	_, status := errors.AsType[*StatusError](err)
	_, text := errors.AsType[*DecodeError](err)
	return status || text
}

// extended asks for what a person wants to know of the updates: titles,
// articles, severity.
func (s *session) extended(ctx context.Context) error {
	s.progress.ExtendedTotal = s.progress.Extended + len(s.incomplete())
	for {
		var batch []*entry
		answer, err := s.call(ctx, func() (Message, error) {
			batch = s.incomplete()
			batch = batch[:min(len(batch), s.maxExtended())]
			ids := make([]int32, len(batch))
			for i, e := range batch {
				ids[i] = e.id
			}
			if len(ids) == 0 {
				return nil, errNothing
			}
			return &GetExtendedUpdateInfoRequest{
				Cookie: s.server.cookie, RevisionIDs: ids,
				InfoTypes: []string{FragmentExtended, FragmentLocalizedProperties},
				Locales:   s.client.cfg.Languages,
			}, nil
		})
		if errors.Is(err, errNothing) {
			return nil
		}
		if err != nil {
			return err
		}
		s.advanced()
		s.progress.Extended += len(batch)
		m := answer.(*GetExtendedUpdateInfoResponse) //nolint:errcheck,forcetypeassert // as above
		if err := s.complete(batch, m); err != nil {
			return err
		}
	}
}

// errNothing says that there is nothing left to ask.
var errNothing = errors.New("nothing to ask")

// incomplete are the entries whose extended information is wanted: those that
// a person may see, which detectoids and members of bundles are not.
func (s *session) incomplete() []*entry {
	var list []*entry
	for _, e := range s.server.cache.sorted() {
		if e.extended || e.update.Kind == wsus.KindDetectoid || e.update.Action == wsus.ActionBundle {
			continue
		}
		list = append(list, e)
	}
	return list
}

// complete adds the fragments of an answer to the entries they belong to.
func (s *session) complete(batch []*entry, m *GetExtendedUpdateInfoResponse) error {
	reader := s.server.cache.reader
	extended := make(map[int32][]byte, len(batch))
	localized := make(map[int32][][]byte, len(batch))
	for _, u := range m.Updates {
		switch rootOf(u.XML) {
		case "ExtendedProperties":
			extended[u.ID] = u.XML
		case "LocalizedProperties":
			localized[u.ID] = append(localized[u.ID], u.XML)
		}
	}
	for _, e := range batch {
		var err error
		if data := extended[e.id]; data != nil {
			err = reader.AddExtended(&e.update, data)
		}
		if err == nil {
			err = reader.AddLocalized(&e.update, localized[e.id]...)
		}
		if err != nil {
			if !s.client.cfg.KeepGoing {
				return &FragmentError{RevisionID: e.id, Err: fmt.Errorf("extended information: %w", err)}
			}
			s.progress.Skipped++
		}
		e.extended = true
		s.server.catalog = nil
	}
	var g got
	s.remove(m.OutOfScopeRevisionIDs, &g)
	return nil
}
