package wusptest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/internal/contract"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// syncClauses are about the loop of SyncUpdates.
func syncClauses() []contract.Clause[maker] {
	return []contract.Clause[maker]{
		clientClause("sync/all-named", "", "each revision that the server has sent and not taken back is named in the next request of the pass, and nothing else is", syncAllNamed),
		clientClause("sync/named-once", "", "no revision is named twice in a request", syncNamedOnce),
		clientClause("sync/installed", "", "the installed non-leaves are those that the machine says, and no other revision is named among them", syncInstalled),
		clientClause("sync/unlocks", "", "what needs an installed revision comes as soon as that is named, what needs another never", syncUnlocks),
		clientClause("sync/paging", "", "truncated answers are followed to the end", syncPaging),
		clientClause("sync/full-page", "", "a full page that is not truncated is the end", syncFullPage),
		clientClause("sync/ends", "", "after an answer that is not truncated and has nothing new no more is asked", syncEnds),
		clientClause("sync/changed", "", "a changed deployment or leaf flag is in the next catalogue", syncChanged),
		clientClause("sync/out-of-scope", "", "a revision that is out of scope is in no catalogue and no request from then on", syncOutOfScope),
		clientClause("sync/news-only", "", "a second retrieval brings over only what is new or changed", syncNewsOnly),
		clientClause("sync/same", "", "the catalogue is the same however it was come by", syncSame),
		clientClause("sync/duplicates", "", "an update that is twice in an answer is once in the catalogue", syncDuplicates),
	}
}

// mixed is a server with all that a loop has to do with: pages, a chain, a
// detectoid that is not installed and what needs it, a leaf that is installed.
func mixed() *Server {
	s := NewServer(7)
	s.Page = 3
	s.Updates = append(
		s.Updates,
		Update{ID: 4, Kind: wsus.KindDetectoid, Needs: []int32{1}, Action: wsus.ActionEvaluate, State: compliance.NotRequired},
		Update{ID: 5, Kind: wsus.KindSoftware, Leaf: true, Needs: []int32{4}, Action: wsus.ActionInstall},
		Update{ID: 6, Kind: wsus.KindSoftware, Leaf: true, Needs: []int32{2}, Action: wsus.ActionInstall, State: compliance.Installed},
		Update{ID: 7, Kind: wsus.KindDetectoid, Needs: []int32{3}, Action: wsus.ActionEvaluate},
		Update{ID: 8, Kind: wsus.KindSoftware, Leaf: true, Needs: []int32{7, 3}, Action: wsus.ActionInstall, State: compliance.NotRequired},
	)
	return s
}

// reached are the updates of mixed that a client gets.
func reached(s *Server) []Update {
	return slices.DeleteFunc(slices.Clone(s.Updates), func(u Update) bool { return u.ID == 5 })
}

// twice retrieves two times, with a change of the server in between.
func twice(ctx context.Context, l *lab) error {
	if _, err := l.must(ctx); err != nil {
		return err
	}
	l.server.Updates = append(slices.Delete(l.server.Updates, 3, 4), Software(500), Software(501))
	_, err := l.must(ctx)
	return err
}

// named are the revisions that a request names, each as often as it does.
func named(m *wusp.SyncUpdatesRequest) []int32 {
	return slices.Sorted(slices.Values(slices.Concat(m.InstalledNonLeafUpdateIDs, m.OtherCachedUpdateIDs, m.CachedDriverIDs)))
}

func syncAllNamed(ctx context.Context, make maker) error {
	l := newLab(make, mixed(), 100)
	if err := twice(ctx, l); err != nil {
		return err
	}
	cached := map[int32]bool{}
	for i, c := range syncs(l.server.Log(), false) {
		got, want := slices.Compact(named(c.Request.(*wusp.SyncUpdatesRequest))), slices.Sorted(maps.Keys(cached)) //nolint:errcheck,forcetypeassert // of the operation
		if !slices.Equal(got, want) {
			return fmt.Errorf("request %d names %v, the client has %v", i+1, got, want)
		}
		if m, ok := c.Answer.(*wusp.SyncUpdatesResponse); ok {
			for _, id := range m.OutOfScopeRevisionIDs {
				delete(cached, id)
			}
			for _, u := range m.NewUpdates {
				cached[u.ID] = true
			}
		}
	}
	return nil
}

func syncNamedOnce(ctx context.Context, make maker) error {
	l := newLab(make, mixed(), 100)
	if err := twice(ctx, l); err != nil {
		return err
	}
	for i, c := range syncs(l.server.Log(), false) {
		ids := named(c.Request.(*wusp.SyncUpdatesRequest)) //nolint:errcheck,forcetypeassert // of the operation
		if len(slices.Compact(slices.Clone(ids))) != len(ids) {
			return fmt.Errorf("request %d names %v", i+1, ids)
		}
	}
	return nil
}

func syncInstalled(ctx context.Context, make maker) error {
	l := newLab(make, mixed(), 100)
	if err := twice(ctx, l); err != nil {
		return err
	}
	installed := []int32{1, 2, 3, 7}
	for i, c := range syncs(l.server.Log(), false) {
		m := c.Request.(*wusp.SyncUpdatesRequest) //nolint:errcheck,forcetypeassert // of the operation
		for _, id := range m.InstalledNonLeafUpdateIDs {
			if !slices.Contains(installed, id) {
				return fmt.Errorf("request %d says that revision %d is an installed non-leaf", i+1, id)
			}
		}
		for _, id := range m.OtherCachedUpdateIDs {
			if slices.Contains(installed, id) {
				return fmt.Errorf("request %d says that revision %d is not installed, or a leaf", i+1, id)
			}
		}
	}
	return nil
}

func syncUnlocks(ctx context.Context, make maker) error {
	l := newLab(make, mixed(), 100)
	c, err := l.must(ctx)
	if err != nil {
		return err
	}
	return has(c, reached(l.server)...)
}

func syncPaging(ctx context.Context, make maker) error {
	for _, page := range []int{1, 2, 7} {
		s := NewServer(20)
		s.Page = page
		l := newLab(make, s, 100)
		c, err := l.must(ctx)
		if err == nil {
			err = has(c, s.Updates...)
		}
		if err != nil {
			return fmt.Errorf("%d a page: %w", page, err)
		}
	}
	return nil
}

func syncFullPage(ctx context.Context, make maker) error {
	s := &Server{Page: 4}
	for i := range int32(4) {
		s.Updates = append(s.Updates, Update{ID: 100 + i, Kind: wsus.KindSoftware, Leaf: true, Action: wsus.ActionInstall})
	}
	l := newLab(make, s, 100)
	c, err := l.must(ctx)
	if err != nil {
		return err
	}
	return first(has(c, s.Updates...), atMost(s, 2)) // one until nothing is new is allowed
}

// atMost checks how often SyncUpdates was called.
func atMost(s *Server, n int) error {
	if got := s.Count(wusp.OpSyncUpdates); got > n {
		return fmt.Errorf("%d calls of SyncUpdates, want at most %d", got, n)
	}
	return nil
}

func syncEnds(ctx context.Context, make maker) error {
	s := mixed()
	l := newLab(make, s, 100)
	for range 2 {
		s.Forget()
		if _, err := l.must(ctx); err != nil {
			return err
		}
		list := syncs(s.Log(), false)
		for i, c := range list[:len(list)-1] {
			if m, ok := c.Answer.(*wusp.SyncUpdatesResponse); ok && !m.Truncated && len(m.NewUpdates) == 0 {
				return fmt.Errorf("answer %d of %d has nothing new and says that there is no more", i+1, len(list))
			}
		}
	}
	return nil
}

func syncChanged(ctx context.Context, make maker) error {
	s := NewServer(4)
	l := newLab(make, s, 100)
	if _, err := l.must(ctx); err != nil {
		return err
	}
	s.Updates[3].Action, s.Updates[4].Leaf = wsus.ActionUninstall, false
	c, err := l.must(ctx)
	if err != nil {
		return err
	}
	u, err := find(c, s.Updates[3].ID)
	if err != nil {
		return err
	}
	if u.Action != wsus.ActionUninstall {
		return fmt.Errorf("the action is %s, want that of ChangedUpdates", u.Action)
	}
	if u, err = find(c, s.Updates[4].ID); err == nil && u.Leaf {
		return errors.New("an update is still a leaf")
	}
	return err
}

func syncOutOfScope(ctx context.Context, make maker) error {
	s := NewServer(5)
	l := newLab(make, s, 100)
	if _, err := l.must(ctx); err != nil {
		return err
	}
	gone := s.Updates[5]
	s.Updates = slices.Delete(s.Updates, 5, 6)
	for round := range 2 {
		s.Forget()
		c, err := l.must(ctx)
		if err != nil {
			return err
		}
		if err := has(c, s.Updates...); err != nil {
			return err
		}
		for _, call := range syncs(s.Log(), false)[1-round:] {
			if m := call.Request.(*wusp.SyncUpdatesRequest); slices.Contains(named(m), gone.ID) { //nolint:errcheck,forcetypeassert // of the operation
				return fmt.Errorf("revision %d was taken back and is named", gone.ID)
			}
		}
	}
	return nil
}

// sent are the numbers of the updates that calls brought, each as often as it
// came.
func sent(log []*Call) []int32 {
	var ids []int32
	for _, c := range log {
		if m, ok := c.Answer.(*wusp.SyncUpdatesResponse); ok && c.Raw == nil && c.Fault == nil {
			for _, u := range m.NewUpdates {
				ids = append(ids, u.ID)
			}
		}
	}
	slices.Sort(ids)
	return ids
}

func syncNewsOnly(ctx context.Context, make maker) error {
	s := mixed()
	l := newLab(make, s, 100)
	if _, err := l.must(ctx); err != nil {
		return err
	}
	s.Forget()
	if _, err := l.must(ctx); err != nil {
		return err
	}
	if ids := sent(s.Log()); len(ids) > 0 {
		return fmt.Errorf("without news %v came again", ids)
	}
	s.Updates = append(s.Updates, Software(500))
	s.Forget()
	c, err := l.must(ctx)
	if err != nil {
		return err
	}
	if ids := sent(s.Log()); !slices.Equal(ids, []int32{500}) {
		return fmt.Errorf("%v came, only 500 is new", ids)
	}
	for _, m := range s.Requests() {
		if m, ok := m.(*wusp.GetExtendedUpdateInfoRequest); ok && !slices.Equal(m.RevisionIDs, []int32{500}) {
			return fmt.Errorf("extended information of %v was asked for, only 500 is new", m.RevisionIDs)
		}
	}
	return has(c, reached(s)...)
}

func syncSame(ctx context.Context, make maker) error {
	end := mixed()
	end.Page = 0
	want, err := newLab(make, end, 100).must(ctx)
	if err != nil {
		return err
	}
	for name, prepare := range map[string]func(s *Server){
		"in pages":       func(*Server) {},
		"in small pages": func(s *Server) { s.Page = 1 },
		"with an expired cookie": func(s *Server) {
			s.Before = At(Skip(3, Times(1, Faulty(wusp.NewFault(wusp.CookieExpired, "")))), wusp.OpSyncUpdates)
		},
		"with a changed configuration": func(s *Server) {
			s.Before = At(Skip(3, Times(1, Faulty(wusp.NewFault(wusp.ConfigChanged, "")))), wusp.OpSyncUpdates)
		},
		"with a changed server": func(s *Server) {
			s.Before = At(Skip(3, Times(1, Faulty(wusp.NewFault(wusp.ServerChanged, "")))), wusp.OpSyncUpdates)
		},
	} {
		s := mixed()
		prepare(s)
		got, err := newLab(make, s, 100).must(ctx)
		if err == nil {
			err = equal(got, want)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	s := mixed()
	all := s.Updates
	s.Updates = append(slices.Clone(all[:6]), Software(500))
	l := newLab(make, s, 100)
	if _, err := l.must(ctx); err != nil {
		return err
	}
	s.Updates = all
	got, err := l.must(ctx)
	if err == nil {
		err = equal(got, want)
	}
	if err != nil {
		return fmt.Errorf("in two retrievals: %w", err)
	}
	return nil
}

// equal says where two catalogues differ.
func equal(got, want *wsus.Catalog) error {
	if got.Equal(want) {
		return nil
	}
	for _, u := range want.All() {
		if _, ok := got.Find(u.ID); !ok {
			return fmt.Errorf("another catalogue: %s is missing", u.Identity)
		}
	}
	if got.Len() != want.Len() {
		return fmt.Errorf("another catalogue, of %d updates instead of %d", got.Len(), want.Len())
	}
	return errors.New("another catalogue of the same updates")
}

func syncDuplicates(ctx context.Context, make maker) error {
	s := mixed()
	s.After = Duplicates()
	l := newLab(make, s, 100)
	c, err := l.must(ctx)
	if err != nil {
		return err
	}
	return has(c, reached(s)...)
}
