package site_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
	"github.com/updatescan/updatescan/statemsg/site/sitetest"
)

// picky is a MemStore that cannot take everything.
type picky struct {
	gate
	plan   func(*site.Plan) error // refuses a commit
	client func(string) error     // refuses a read of clients
	down   error                  // of everything
	slow   time.Duration          // how long a commit takes to fail
	doubt  bool                   // the next commit takes place and fails
	tried  int                    // commits, those that failed included
}

func (p *picky) Clients(ctx context.Context, ids []string) ([]site.Client, error) {
	p.reads++
	if p.down != nil {
		return nil, p.down
	}
	for _, id := range ids {
		if p.client != nil && p.client(id) != nil {
			return nil, p.client(id)
		}
	}
	return p.MemStore.Clients(ctx, ids)
}

func (p *picky) Commit(ctx context.Context, plans []site.Plan, kept []site.Kept) error {
	p.tried++
	if p.down != nil {
		return p.down
	}
	if p.slow > 0 {
		ctx, cancel := context.WithTimeout(ctx, p.slow)
		defer cancel()
		<-ctx.Done()
		return errors.New("locked")
	}
	for i := range plans {
		if p.plan == nil {
			break
		}
		if err := p.plan(&plans[i]); err != nil {
			return err
		}
	}
	err := p.gate.Commit(ctx, plans, kept)
	if p.doubt && err == nil {
		p.doubt = false
		return errors.New("in doubt")
	}
	return err
}

func (p *picky) Forget(ctx context.Context, id string, at time.Time) (bool, error) {
	if p.down != nil {
		return false, p.down
	}
	return p.MemStore.Forget(ctx, id, at)
}

// together gives reports to the server so that all but the first are a group.
func together(t *testing.T, s *site.Server, store *gate, all []*statemsg.Report) []error {
	t.Helper()
	store.open = make(chan struct{})
	var answers []chan answer
	for _, r := range all {
		answers = append(answers, receive(t.Context(), s, r))
	}
	close(store.open)
	var errs []error
	for _, a := range answers {
		errs = append(errs, (<-a).err)
	}
	return errs
}

// TestServerOneByOne has a report in a group that the store cannot take: it fails,
// and its neighbours do not.
func TestServerOneByOne(t *testing.T) {
	t.Parallel()
	refusal, guilty := errors.New("cannot take it"), sitetest.AgentID(3)
	for name, set := range map[string]func(*picky){
		"commit": func(p *picky) {
			p.plan = func(plan *site.Plan) error {
				if plan.Client.ID == guilty {
					return refusal
				}
				return nil
			}
		},
		"panic": func(p *picky) {
			p.plan = func(plan *site.Plan) error {
				if plan.Client.ID == guilty {
					panic(refusal)
				}
				return nil
			}
		},
		"read": func(p *picky) {
			p.client = func(id string) error {
				if id == guilty {
					return refusal
				}
				return nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Attr("rule", "SITE-1")
			synctest.Test(t, func(t *testing.T) {
				store := new(picky)
				set(store)
				var order []string
				s := newServer(t, site.Config{Store: store, Observe: func(p *site.Plan) { order = append(order, p.Client.ID) }})
				var all []*statemsg.Report
				for n := 1; n <= 6; n++ {
					all = append(all, reports(n, 1)[0])
				}
				for round := range 2 { // it comes again, and fails again
					for i, err := range together(t, s, &store.gate, all) {
						bad := all[i].Client.ID == guilty
						if bad != errors.Is(err, site.ErrStore) || !bad && err != nil || bad && name != "panic" && !errors.Is(err, refusal) {
							t.Errorf("round %d, report %d: %v", round, i, err)
						}
					}
				}
				if err := s.Close(t.Context()); err != nil {
					t.Fatal(err)
				}
				var want []string
				for _, n := range []int{1, 2, 4, 5, 6, 1, 2, 4, 5, 6} {
					want = append(want, sitetest.AgentID(n))
				}
				if !slices.Equal(order, want) {
					t.Errorf("stored in the order %v, want %v", order, want)
				}
				sums, err := store.Summaries(t.Context(), site.SummaryQuery{})
				if err != nil || sums.Clients != 5 {
					t.Errorf("%d clients, %v, want all but the one", sums.Clients, err)
				}
			})
		})
	}
}

// TestServerInDoubt has a commit of a group that took place and failed all the same:
// what is tried again takes effect once.
func TestServerInDoubt(t *testing.T) {
	t.Parallel()
	for _, rule := range []string{"SITE-1", "SITE-2"} {
		t.Attr("rule", rule)
	}
	synctest.Test(t, func(t *testing.T) {
		store := new(picky)
		s := newServer(t, site.Config{Store: store})
		all := reports(1, 4)
		if got := <-receive(t.Context(), s, all[0]); got.err != nil { // and the client is remembered
			t.Fatal(got.err)
		}
		store.open = make(chan struct{})
		working := receive(t.Context(), s, reports(2, 1)[0])
		var answers []chan answer
		for _, r := range all[1:] {
			answers = append(answers, receive(t.Context(), s, r))
		}
		store.open <- struct{}{} // the one that is working
		if got := <-working; got.err != nil {
			t.Fatal(got.err)
		}
		synctest.Wait()
		store.doubt = true
		close(store.open)
		for i, a := range answers {
			if got := <-a; got.err != nil {
				t.Errorf("report %d: %v", i, got.err)
			}
		}
		st, err := store.States(t.Context(), site.StateQuery{Client: sitetest.AgentID(1)})
		if err != nil || len(st.Rows) != 4 || st.Client.Resets() != 0 || st.Client.Counts.Messages != 4 || st.Client.Counts.Duplicates != 3 {
			t.Errorf("%d rows, %+v, %v, want 4 messages and 3 duplicates", len(st.Rows), st.Client, err)
		}
	})
}

// TestServerDown has a store that fails for everybody: what that costs is bounded.
func TestServerDown(t *testing.T) {
	t.Parallel()
	const calls = 20
	for name, c := range map[string]struct {
		set   func(*picky)
		tried int           // commits after the first report's
		reads int           // reads of clients after it
		takes time.Duration // altogether
	}{
		// Each is tried, and the store is asked after each but the last.
		"full": {func(p *picky) { p.plan = func(*site.Plan) error { return errors.New("disk full") } }, 1 + calls, 2 * calls, 0},
		// The group, the first alone, and the question.
		"down": {func(p *picky) { p.down = errors.New("no connection") }, 0, 3, 0},
		// There is no time left to try again.
		"hangs": {func(p *picky) { p.open = make(chan struct{}) }, 1, 1, site.DefaultStoreTimeout},
		// One after the other waits for 25 seconds, as long as there is time.
		"slow": {func(p *picky) { p.slow = 25 * time.Second }, 3, 4, site.DefaultStoreTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Attr("rule", "SITE-1")
			synctest.Test(t, func(t *testing.T) {
				store := &picky{gate: gate{open: make(chan struct{})}}
				s := newServer(t, site.Config{Store: store})
				first := receive(t.Context(), s, reports(0, 1)[0])
				var answers []chan answer
				for n := range calls {
					answers = append(answers, receive(t.Context(), s, reports(n+1, 1)[0]))
				}
				open, tried, reads, began := store.open, store.tried, store.reads, time.Now()
				c.set(store)
				close(open)
				if got := <-first; got.err != nil {
					t.Error(got.err)
				}
				for i, a := range answers {
					if got := <-a; !errors.Is(got.err, site.ErrStore) {
						t.Errorf("report %d = %v, want ErrStore", i, got.err)
					}
				}
				if err := s.Close(t.Context()); err != nil {
					t.Fatal(err)
				}
				if got := time.Since(began); got != c.takes {
					t.Errorf("it took %v, want %v", got, c.takes)
				}
				if n, m := store.tried-tried, store.reads-reads; n != c.tried || m != c.reads {
					t.Errorf("%d commits and %d reads, want %d and %d", n, m, c.tried, c.reads)
				}
				sums, err := store.Summaries(t.Context(), site.SummaryQuery{})
				if err != nil || sums.Clients != 1 {
					t.Errorf("%d clients, %v, want the first", sums.Clients, err)
				}
			})
		})
	}
}

// TestServerStoresWhatItSays: whatever the store cannot take, a report is
// acknowledged exactly when it is stored.
func TestServerStoresWhatItSays(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-1")
	const clients, each = 6, 5
	rapid.Check(t, func(t *rapid.T) {
		bad := rapid.SliceOfN(rapid.IntRange(0, clients*each-1), 0, 4).Draw(t, "refused")
		store := new(picky)
		store.plan = func(p *site.Plan) error {
			for range 20 { // others come meanwhile
				runtime.Gosched()
			}
			for i := range p.Put {
				for _, n := range bad {
					if p.Client.ID == sitetest.AgentID(n/each) && p.Put[i].TopicID == sitetest.Update(n%each) {
						return fmt.Errorf("cannot take %d", n)
					}
				}
			}
			return nil
		}
		s, err := site.New(site.Config{Store: store, GroupReports: rapid.IntRange(0, 9).Draw(t, "group"), CacheClients: rapid.SampledFrom([]int{-1, 0, 3}).Draw(t, "cache")})
		if err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		var acked [clients][each]error
		for n := range clients {
			for i, r := range reports(n, each) {
				wait.Go(func() { _, acked[n][i] = s.Receive(context.Background(), r) })
			}
		}
		wait.Wait()
		if err := s.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		for n := range clients {
			for i, err := range acked[n] {
				rows, rerr := store.Rows(context.Background(), []site.RowKey{{Client: sitetest.AgentID(n), TopicType: statemsg.UpdateDetection, TopicID: sitetest.Update(i)}})
				if rerr != nil {
					t.Fatal(rerr)
				}
				if (err == nil) != (len(rows) == 1) || (err == nil) == slices.Contains(bad, n*each+i) {
					t.Errorf("client %d, report %d: answer %v, %d rows, refused %v", n, i, err, len(rows), bad)
				}
			}
		}
	})
}

// TestServerForgetInOrder forgets a client between reports that wait: what came
// before is forgotten, what comes after is not.
func TestServerForgetInOrder(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-1")
	synctest.Test(t, func(t *testing.T) {
		store := &gate{open: make(chan struct{})}
		s := newServer(t, site.Config{Store: store})
		all := reports(1, 4)
		answers := []chan answer{receive(t.Context(), s, reports(2, 1)[0]), receive(t.Context(), s, all[0]), receive(t.Context(), s, all[1])}
		known := make(chan bool, 1)
		go func() {
			k, err := s.Forget(t.Context(), sitetest.AgentID(1))
			known <- k && err == nil
		}()
		synctest.Wait()
		answers = append(answers, receive(t.Context(), s, all[2]), receive(t.Context(), s, all[3]))
		close(store.open)
		for i, a := range answers {
			if got := <-a; got.err != nil {
				t.Errorf("report %d: %v", i, got.err)
			}
		}
		st, err := store.States(t.Context(), site.StateQuery{Client: sitetest.AgentID(1)})
		if !<-known || err != nil || len(st.Rows) != 2 || st.Client.Counts.Reports != 2 || st.Client.Missing[0].To != 2 {
			t.Errorf("%d rows, %+v, %v, want the last two reports", len(st.Rows), st.Client, err)
		}
		if len(store.commits) != 3 {
			t.Errorf("%d commits, want the first report, those before and those after", len(store.commits))
		}
	})
}
