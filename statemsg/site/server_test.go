package site_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
	"github.com/updatescan/updatescan/statemsg/site/sitetest"
)

// gate is a MemStore whose commits wait at a gate, fail or panic.
type gate struct {
	site.MemStore
	open    chan struct{} // nil = open
	fail    error
	panics  bool
	commits [][]site.Plan
	reads   int
}

func (g *gate) Clients(ctx context.Context, ids []string) ([]site.Client, error) {
	g.reads++
	return g.MemStore.Clients(ctx, ids)
}

func (g *gate) Rows(ctx context.Context, keys []site.RowKey) ([]site.Row, error) {
	g.reads++
	return g.MemStore.Rows(ctx, keys)
}

func (g *gate) Commit(ctx context.Context, plans []site.Plan, kept []site.Kept) error {
	if g.open != nil {
		select {
		case <-g.open:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if g.panics {
		panic("disk on fire")
	}
	if g.fail != nil {
		return g.fail
	}
	g.commits = append(g.commits, plans)
	return g.MemStore.Commit(ctx, plans, kept)
}

func newServer(t *testing.T, cfg site.Config) *site.Server {
	t.Helper()
	s, err := site.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// reports are reports of one message each of an agent.
func reports(n, count int) []*statemsg.Report {
	a := sitetest.NewAgent(n)
	for i := range count {
		a.Set(start, sitetest.Update(i), compliance.Required)
	}
	return a.Reports(start, 1)
}

var start = time.Date(2008, 6, 3, 9, 0, 0, 0, time.UTC)

// answer is what Receive returned.
type answer struct {
	resync uint64
	err    error
}

// receive gives a report to the server and returns where the answer will be.
func receive(ctx context.Context, s *site.Server, r *statemsg.Report) chan answer {
	c := make(chan answer, 1)
	go func() {
		resync, err := s.Receive(ctx, r)
		c <- answer{resync, err}
	}()
	synctest.Wait()
	return c
}

func TestServerGroupsCommits(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-1")
	synctest.Test(t, func(t *testing.T) {
		store := &gate{open: make(chan struct{})}
		s := newServer(t, site.Config{Store: store})
		var answers []chan answer
		all := append(reports(1, 3), reports(2, 40)...)
		for _, r := range all {
			answers = append(answers, receive(t.Context(), s, r))
		}
		for i, c := range answers {
			if len(c) > 0 {
				t.Errorf("report %d is answered before it is durable", i)
			}
		}
		close(store.open)
		synctest.Wait()
		for i, c := range answers {
			if got := <-c; got != (answer{}) {
				t.Errorf("report %d: %+v, want nothing", i, got)
			}
		}
		if len(store.commits) != 2 || len(store.commits[0]) != 1 || len(store.commits[1]) != len(all)-1 {
			t.Errorf("%d commits, want the first report and then all others", len(store.commits))
		}
		if store.reads != 2 {
			t.Errorf("%d reads, want one for each group", store.reads)
		}
		for n, count := range map[int]int{1: 3, 2: 40} {
			st, err := store.States(t.Context(), site.StateQuery{Client: sitetest.AgentID(n)})
			if err != nil || len(st.Rows) != count || st.Client.Highest != uint64(count) || st.Client.Missing != nil {
				t.Errorf("client %d: %d rows, %+v, %v, want %d", n, len(st.Rows), st.Client, err, count)
			}
		}
	})
}

func TestServerFailures(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk full")
	for name, c := range map[string]struct {
		set  func(*gate)
		want error
	}{
		"error": {func(g *gate) { g.fail = broken }, broken},
		"panic": {func(g *gate) { g.panics = true }, site.ErrStore},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Attr("rule", "SITE-1")
			synctest.Test(t, func(t *testing.T) {
				store := &gate{}
				s := newServer(t, site.Config{Store: store})
				all := reports(1, 6)
				if got := <-receive(t.Context(), s, all[0]); got.err != nil {
					t.Fatal(got.err)
				}
				c.set(store)
				for _, r := range all[1:3] {
					if got := <-receive(t.Context(), s, r); !errors.Is(got.err, c.want) || !errors.Is(got.err, site.ErrStore) {
						t.Errorf("Receive = %v, want %v", got.err, c.want)
					}
				}
				store.fail, store.panics = nil, false
				for _, r := range all {
					if got := <-receive(t.Context(), s, r); got.err != nil {
						t.Error(got.err)
					}
				}
				st, err := store.States(t.Context(), site.StateQuery{Client: sitetest.AgentID(1)})
				if err != nil || len(st.Rows) != 6 || st.Client.Missing != nil || st.Client.Counts.Messages != 6 || st.Client.Counts.Duplicates != 1 {
					t.Errorf("after the failure: %d rows, %+v, %v", len(st.Rows), st.Client, err)
				}
			})
		})
	}
}

func TestServerContext(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-1")
	synctest.Test(t, func(t *testing.T) {
		store := &gate{open: make(chan struct{})}
		s := newServer(t, site.Config{Store: store, StoreTimeout: time.Minute})
		all := reports(1, 4)
		gone := errors.New("client gone")
		ctx, cancel := context.WithCancelCause(t.Context())
		working := receive(ctx, s, all[0])
		waiting := receive(ctx, s, all[1])
		stays := receive(t.Context(), s, all[2])
		cancel(gone)
		synctest.Wait()
		for _, c := range []chan answer{working, waiting} {
			if got := <-c; !errors.Is(got.err, gone) {
				t.Errorf("Receive = %v, want the cause", got.err)
			}
		}
		close(store.open)
		if got := <-stays; got.err != nil {
			t.Error(got.err)
		}
		// What was being stored is stored, what waited was taken back.
		st, err := store.States(t.Context(), site.StateQuery{Client: sitetest.AgentID(1)})
		if err != nil || len(st.Rows) != 2 || len(st.Client.Missing) != 1 {
			t.Errorf("%d rows, %+v, %v, want the first and the third", len(st.Rows), st.Client, err)
		}
		// A store that hangs is given up.
		store.open = make(chan struct{})
		if got := <-receive(t.Context(), s, all[3]); !errors.Is(got.err, context.DeadlineExceeded) {
			t.Errorf("Receive = %v, want that the store's time is over", got.err)
		}
	})
}

func TestServerBusyAndClosed(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-1")
	synctest.Test(t, func(t *testing.T) {
		store := &gate{open: make(chan struct{})}
		s := newServer(t, site.Config{Store: store, MaxQueue: 2, MaxQueueMessages: 10})
		all := reports(1, 4)
		var answers []chan answer
		for _, r := range all[:3] {
			answers = append(answers, receive(t.Context(), s, r))
		}
		_, err := s.Receive(t.Context(), all[3])
		if !errors.Is(err, site.ErrBusy) || statemsg.RetryAfter(err) != site.BusyRetryAfter {
			t.Errorf("Receive = %v, want ErrBusy", err)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Close(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close = %v, want that it waits", err)
		}
		if _, err := s.Receive(t.Context(), all[3]); !errors.Is(err, site.ErrClosed) {
			t.Errorf("Receive = %v, want ErrClosed", err)
		}
		close(store.open)
		if err := s.Close(t.Context()); err != nil {
			t.Errorf("Close = %v", err)
		}
		for _, c := range answers {
			if got := <-c; got.err != nil {
				t.Errorf("Receive before Close = %v", got.err)
			}
		}
	})
}

func TestServerRefuses(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-1")
	s := newServer(t, site.Config{Store: new(site.MemStore)})
	r := *reports(1, 1)[0]
	r.Client.ID = "nobody"
	if _, err := s.Receive(t.Context(), &r); !errors.Is(err, statemsg.ErrInvalidClient) {
		t.Errorf("Receive = %v, want ErrInvalidClient", err)
	}
	if err := s.Register(t.Context(), "nobody", true); !errors.Is(err, statemsg.ErrInvalidClient) {
		t.Errorf("Register = %v, want ErrInvalidClient", err)
	}
	if _, err := s.Receive(t.Context(), &statemsg.Report{Client: statemsg.Client{ID: sitetest.AgentID(1)}}); !errors.Is(err, statemsg.ErrNoMessages) {
		t.Errorf("Receive = %v, want ErrNoMessages", err)
	}
	huge := &statemsg.Report{Client: statemsg.Client{ID: sitetest.AgentID(1)}, Messages: make([]statemsg.Message, statemsg.MaxReportMessages+1)}
	if _, err := s.Receive(t.Context(), huge); !errors.Is(err, statemsg.ErrReportSize) {
		t.Errorf("Receive = %v, want ErrReportSize", err)
	}
	for _, cfg := range []site.Config{
		{},
		{Store: new(site.MemStore), MaxQueue: -1},
		{Store: new(site.MemStore), MaxQueueMessages: -1},
		{Store: new(site.MemStore), GroupReports: -1},
		{Store: new(site.MemStore), GroupMessages: -1},
		{Store: new(site.MemStore), CacheClients: -2},
		{Store: new(site.MemStore), StoreTimeout: -1},
		{Store: new(site.MemStore), Policy: site.Policy{MinMissingAge: -1}},
		{Store: new(site.MemStore), Policy: site.Policy{MinResyncPeriod: time.Millisecond}},
		{Store: new(site.MemStore), Policy: site.Policy{CheckInterval: site.MaxPolicyDuration + time.Second}},
	} {
		if _, err := site.New(cfg); err == nil {
			t.Errorf("New(%+v) = nil, want an error", cfg)
		}
	}
}

// TestServerRun lets a site run for some days: the check finds what is missing, the
// answer says so, the client refreshes, and the answer is silent again.
func TestServerRun(t *testing.T) {
	t.Parallel()
	for _, rule := range []string{"SITE-4", "SITE-9"} {
		t.Attr("rule", rule)
	}
	synctest.Test(t, func(t *testing.T) {
		store := new(site.MemStore)
		var events []site.Event
		s := newServer(t, site.Config{Store: store, Observe: func(p *site.Plan) { events = append(events, p.Events...) }})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		synctest.Wait()
		if err := s.Run(ctx); !errors.Is(err, site.ErrRunning) {
			t.Errorf("Run = %v, want ErrRunning", err)
		}
		a, tr := sitetest.NewAgent(1), s.Transport()
		send := func() (refreshed bool) {
			for _, r := range a.Reports(time.Now(), 10) {
				if err := tr.Send(t.Context(), r); err != nil {
					t.Fatal(err)
				}
				refreshed = a.Answer(time.Now(), tr.Resync()) || refreshed
			}
			return refreshed
		}
		a.Set(time.Now(), sitetest.Update(1), compliance.Required)
		a.Reports(time.Now(), 10) // lost
		a.Set(time.Now(), sitetest.Update(2), compliance.Required)
		if send() {
			t.Error("a resync is asked for at once")
		}
		time.Sleep(2880*time.Minute + time.Second)
		a.Set(time.Now(), sitetest.Update(2), compliance.Installed)
		if send() {
			t.Error("a resync is asked for before the next check")
		}
		time.Sleep(15 * time.Minute)
		a.Set(time.Now(), sitetest.Update(2), compliance.Required)
		if !send() {
			t.Error("no resync is asked for")
		}
		if send() || tr.Resync() != 0 {
			t.Error("the resync is asked for again")
		}
		if err := sitetest.Settled(t.Context(), store, a); err != nil {
			t.Error(err)
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Run = %v, want the context's error", err)
		}
		if err := s.Close(t.Context()); err != nil { // and Observe is told of all
			t.Error(err)
		}
		var kinds []string
		for _, e := range events {
			kinds = append(kinds, e.Kind.String())
		}
		if got, want := fmt.Sprint(kinds), "[first_report gap_opened resync_asked resync_answered gap_replaced refresh_complete]"; got != want {
			t.Errorf("events %s, want %s", got, want)
		}
	})
}

// TestServerForget lets a site forget clients: one that is gone does not come again,
// and one that still lives is whole again in time, although it has answered the same
// number before (SITE-4).
func TestServerForget(t *testing.T) {
	t.Parallel()
	for _, rule := range []string{"SITE-4", "SITE-8", "SITE-9"} {
		t.Attr("rule", rule)
	}
	synctest.Test(t, func(t *testing.T) {
		store := new(site.MemStore)
		s := newServer(t, site.Config{Store: store})
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _ = s.Run(ctx) }()
		defer cancel()
		a, tr := sitetest.NewAgent(1), s.Transport()
		asked := 0
		send := func() {
			a.Set(time.Now(), sitetest.Update(9), 1+compliance.State(time.Now().Hour()%2))
			for _, r := range a.Reports(time.Now(), 10) {
				if err := tr.Send(t.Context(), r); err != nil {
					t.Fatal(err)
				}
				if a.Answer(time.Now(), tr.Resync()) {
					asked++
				}
			}
		}
		for n := range 3 {
			a.Set(time.Now(), sitetest.Update(n), compliance.Required)
		}
		a.Reports(time.Now(), 10) // lost, so that it answers number 1
		for range 80 {
			send()
			time.Sleep(time.Hour)
		}
		if err := s.Register(t.Context(), sitetest.AgentID(2), true); err != nil {
			t.Fatal(err)
		}
		if err := sitetest.Settled(t.Context(), store, a); err != nil || asked != 1 {
			t.Fatalf("before: asked %d times, %v", asked, err)
		}
		for _, c := range []struct {
			id    string
			known bool
		}{{sitetest.AgentID(2), true}, {sitetest.AgentID(2), false}, {a.Client.ID, true}, {sitetest.AgentID(3), false}} {
			if known, err := s.Forget(t.Context(), c.id); err != nil || known != c.known {
				t.Errorf("Forget(%s) = %t, %v, want %t", c.id, known, err, c.known)
			}
		}
		found, err := store.Search(t.Context(), site.ClientQuery{})
		if err != nil || len(found.Clients) != 0 {
			t.Errorf("%d clients, %v, want none", len(found.Clients), err)
		}
		send()
		st, err := store.States(t.Context(), site.StateQuery{Client: a.Client.ID})
		if err != nil || len(st.Rows) != 1 || st.Client.Counts.Reports != 1 || len(st.Client.Missing) != 1 || st.Client.Missing[0].From != 1 {
			t.Errorf("%d rows, %+v, %v, want a new client", len(st.Rows), st.Client, err)
		}
		for range 48 + 72 + 2 {
			time.Sleep(time.Hour)
			send()
		}
		send()
		if err := sitetest.Settled(t.Context(), store, a); err != nil || asked != 2 {
			t.Errorf("at the end: asked %d times, %v", asked, err)
		}
		cancel()
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// bare is a store that cannot forget.
type bare struct{ site.Store }

func TestServerForgetRefuses(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-8")
	s := newServer(t, site.Config{Store: bare{new(site.MemStore)}})
	if _, err := s.Forget(t.Context(), sitetest.AgentID(1)); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Forget = %v, want ErrUnsupported", err)
	}
	if _, err := s.Forget(t.Context(), "nobody"); !errors.Is(err, statemsg.ErrInvalidClient) {
		t.Errorf("Forget = %v, want ErrInvalidClient", err)
	}
	store := new(picky)
	s = newServer(t, site.Config{Store: store})
	store.down = errors.New("no connection")
	if _, err := s.Forget(t.Context(), sitetest.AgentID(1)); !errors.Is(err, site.ErrStore) {
		t.Errorf("Forget = %v, want ErrStore", err)
	}
}

// TestServerChains takes everything a world does in as few commits as possible: the
// effect is that of one at a time.
func TestServerChains(t *testing.T) {
	t.Parallel()
	for _, rule := range []string{"SITE-1", "SITE-2", "SITE-5", "SITE-9"} {
		t.Attr("rule", rule)
	}
	for seed := range 20 {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { chain(t, seed) })
		})
	}
}
