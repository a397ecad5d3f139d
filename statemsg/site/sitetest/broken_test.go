package sitetest_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg/site"
	"github.com/updatescan/updatescan/statemsg/site/sitetest"
)

// broken is a MemStore with other methods in place of its own.
type broken struct {
	site.MemStore
	clients func(*site.MemStore, context.Context, []string) ([]site.Client, error)
	rows    func(*site.MemStore, context.Context, []site.RowKey) ([]site.Row, error)
	due     func(*site.MemStore, context.Context, time.Time, string, int) ([]site.Client, error)
	commit  func(*site.MemStore, context.Context, []site.Plan, []site.Kept) error
	sums    func(*site.MemStore, context.Context, site.SummaryQuery) (site.Summaries, error)
	states  func(*site.MemStore, context.Context, site.StateQuery) (site.States, error)
	search  func(*site.MemStore, context.Context, site.ClientQuery) (site.Found, error)
	inspect func(*site.MemStore, context.Context, site.KeptQuery) (site.KeptPage, error)
	forget  func(*site.MemStore, context.Context, string, time.Time) (bool, error)
}

func (b *broken) Clients(ctx context.Context, ids []string) ([]site.Client, error) {
	if b.clients != nil {
		return b.clients(&b.MemStore, ctx, ids)
	}
	return b.MemStore.Clients(ctx, ids)
}

func (b *broken) Rows(ctx context.Context, keys []site.RowKey) ([]site.Row, error) {
	if b.rows != nil {
		return b.rows(&b.MemStore, ctx, keys)
	}
	return b.MemStore.Rows(ctx, keys)
}

func (b *broken) Due(ctx context.Context, since time.Time, after string, limit int) ([]site.Client, error) {
	if b.due != nil {
		return b.due(&b.MemStore, ctx, since, after, limit)
	}
	return b.MemStore.Due(ctx, since, after, limit)
}

func (b *broken) Commit(ctx context.Context, plans []site.Plan, kept []site.Kept) error {
	if b.commit != nil {
		return b.commit(&b.MemStore, ctx, plans, kept)
	}
	return b.MemStore.Commit(ctx, plans, kept)
}

func (b *broken) Forget(ctx context.Context, id string, at time.Time) (bool, error) {
	if b.forget != nil {
		return b.forget(&b.MemStore, ctx, id, at)
	}
	return b.MemStore.Forget(ctx, id, at)
}

func (b *broken) Summaries(ctx context.Context, q site.SummaryQuery) (site.Summaries, error) {
	if b.sums != nil {
		return b.sums(&b.MemStore, ctx, q)
	}
	return b.MemStore.Summaries(ctx, q)
}

func (b *broken) States(ctx context.Context, q site.StateQuery) (site.States, error) {
	if b.states != nil {
		return b.states(&b.MemStore, ctx, q)
	}
	return b.MemStore.States(ctx, q)
}

func (b *broken) Search(ctx context.Context, q site.ClientQuery) (site.Found, error) {
	if b.search != nil {
		return b.search(&b.MemStore, ctx, q)
	}
	return b.MemStore.Search(ctx, q)
}

func (b *broken) Inspect(ctx context.Context, q site.KeptQuery) (site.KeptPage, error) {
	if b.inspect != nil {
		return b.inspect(&b.MemStore, ctx, q)
	}
	return b.MemStore.Inspect(ctx, q)
}

// commits returns a broken store that changes the plans it is given.
func commits(change func(*site.Plan)) func() *broken {
	return func() *broken {
		return &broken{commit: func(s *site.MemStore, ctx context.Context, plans []site.Plan, kept []site.Kept) error {
			plans = slices.Clone(plans)
			for i := range plans {
				change(&plans[i])
			}
			return s.Commit(ctx, plans, kept)
		}}
	}
}

// keeping is a store that keeps what it was given.
type keeping struct {
	site.MemStore
	mu    sync.Mutex
	plans []site.Plan
}

func (k *keeping) Commit(ctx context.Context, plans []site.Plan, kept []site.Kept) error {
	k.mu.Lock()
	k.plans = append(k.plans, plans...)
	k.mu.Unlock()
	return k.MemStore.Commit(ctx, plans, kept)
}

func (k *keeping) Clients(_ context.Context, ids []string) ([]site.Client, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []site.Client
	for _, id := range ids {
		for _, p := range slices.Backward(k.plans) {
			if p.Client.ID == id {
				out = append(out, p.Client)
				break
			}
		}
	}
	return out, nil
}

// halves is a store that commits one plan after the other, and lets readers in
// between if there are any.
func halves() *broken {
	var read atomic.Int64
	return &broken{
		commit: func(s *site.MemStore, ctx context.Context, plans []site.Plan, kept []site.Kept) error {
			for i := range plans {
				if err := s.Commit(ctx, plans[i:i+1], nil); err != nil {
					return err
				}
				before := read.Load()
				for range 200 {
					if read.Load() > before+1 {
						break
					}
					runtime.Gosched()
				}
			}
			return s.Commit(ctx, nil, kept)
		},
		sums: func(s *site.MemStore, ctx context.Context, q site.SummaryQuery) (site.Summaries, error) {
			defer read.Add(1)
			return s.Summaries(ctx, q)
		},
	}
}

func brokenStores() map[string]func() *broken {
	return map[string]func() *broken{
		"empty": func() *broken {
			return &broken{states: func(s *site.MemStore, ctx context.Context, q site.StateQuery) (site.States, error) {
				st, err := s.States(ctx, q)
				if err == nil && !st.Client.Known() {
					err = errors.New("no such client")
				}
				return st, err
			}}
		},
		"clients": commits(func(p *site.Plan) { p.Client.Resync.Wanted = false }),
		"rows": commits(func(p *site.Plan) {
			p.Put = slices.Clone(p.Put)
			for i := range p.Put {
				p.Put[i].Details = strings.TrimRight(p.Put[i].Details, " \r\n")
				p.Put[i].TopicID = strings.TrimRight(p.Put[i].TopicID, " ")
			}
		}),
		"order": func() *broken {
			return &broken{commit: func(s *site.MemStore, ctx context.Context, plans []site.Plan, kept []site.Kept) error {
				plans = slices.Clone(plans)
				slices.Reverse(plans)
				return s.Commit(ctx, plans, kept)
			}}
		},
		"remove": commits(func(p *site.Plan) { p.RemoveBelow.Serial = min(p.RemoveBelow.Serial, 1) }),
		"ended": func() *broken {
			return &broken{commit: func(s *site.MemStore, ctx context.Context, plans []site.Plan, kept []site.Kept) error {
				return errors.Join(s.Commit(context.WithoutCancel(ctx), plans, kept), ctx.Err())
			}}
		},
		"due": func() *broken {
			return &broken{due: func(s *site.MemStore, ctx context.Context, since time.Time, after string, limit int) ([]site.Client, error) {
				due, err := s.Due(ctx, since, after, limit)
				return slices.DeleteFunc(due, func(c site.Client) bool { return c.Resync.Wanted }), err
			}}
		},
		"kept": func() *broken {
			return &broken{inspect: func(s *site.MemStore, ctx context.Context, q site.KeptQuery) (site.KeptPage, error) {
				page, err := s.Inspect(ctx, q)
				page.Total = min(page.Total, site.MaxKept)
				return page, err
			}}
		},
		"summaries": func() *broken {
			return &broken{sums: func(s *site.MemStore, ctx context.Context, q site.SummaryQuery) (site.Summaries, error) {
				sums, err := s.Summaries(ctx, q)
				for i := range sums.Updates { // only clients that were ever heard of
					if u := &sums.Updates[i].Summary; u.Unknown > 0 && u.Total() == 4 {
						u.Unknown--
					}
				}
				return sums, err
			}}
		},
		"states": func() *broken {
			return &broken{states: func(s *site.MemStore, ctx context.Context, q site.StateQuery) (site.States, error) {
				st, err := s.States(ctx, q)
				st.More = len(st.Rows) == q.Limit && q.Limit > 0
				return st, err
			}}
		},
		"search": func() *broken {
			return &broken{search: func(s *site.MemStore, ctx context.Context, q site.ClientQuery) (site.Found, error) {
				if len(q.States) == 1 && q.States[0] == compliance.Unknown { // only 500/0 counts as Unknown
					found, err := s.Search(ctx, q)
					found.Clients = slices.DeleteFunc(found.Clients, func(f site.Facts) bool { return f.Detection == nil })
					return found, err
				}
				return s.Search(ctx, q)
			}}
		},
		"as-of": func() *broken {
			return &broken{sums: func(s *site.MemStore, ctx context.Context, q site.SummaryQuery) (site.Summaries, error) {
				sums, err := s.Summaries(ctx, q)
				if !sums.AsOf.IsZero() {
					sums.AsOf = sums.AsOf.Add(time.Second)
				}
				return sums, err
			}}
		},
		"queries": func() *broken {
			return &broken{inspect: func(s *site.MemStore, ctx context.Context, q site.KeptQuery) (site.KeptPage, error) {
				q.Limit = min(max(q.Limit, 0), site.MaxLimit)
				return s.Inspect(ctx, q)
			}}
		},
		"whole": halves,
		"forget": func() *broken {
			return &broken{forget: func(s *site.MemStore, ctx context.Context, id string, at time.Time) (bool, error) {
				known, err := s.Forget(ctx, id, at) // and says that something has changed when nothing has
				return known, errors.Join(err, s.Commit(ctx, nil, []site.Kept{{Received: at, Report: true}}))
			}}
		},
		"forgotten": func() *broken { // remembers the name of whoever was there
			return &broken{forget: func(s *site.MemStore, ctx context.Context, id string, at time.Time) (bool, error) {
				known, err := s.Clients(ctx, []string{id})
				if err != nil || len(known) == 0 {
					return false, err
				}
				plan := site.Plan{At: at, Client: site.Client{ID: id}, RemoveBelow: site.Mark{Life: 1 << 31}}
				return true, s.Commit(ctx, []site.Plan{plan}, nil)
			}}
		},
		"played": commits(func(p *site.Plan) { // mixes up what only a long life shows
			p.Client.Resync.Number = min(p.Client.Resync.Number, 1) + p.Client.Resync.Number&^(1<<20-1)
			if p.Client.Resync.Number == 1 {
				p.Client.Resync.Highest &^= 1
			}
		}),
	}
}

// TestBrokenStores breaks each clause: its check finds it.
func TestBrokenStores(t *testing.T) {
	t.Parallel()
	stores := make(map[string]func() sitetest.Keeper)
	for clause, newStore := range brokenStores() {
		stores[clause] = func() sitetest.Keeper { return newStore() }
	}
	stores["owned"] = func() sitetest.Keeper { return new(keeping) }
	for clause, newStore := range stores {
		t.Run(clause, func(t *testing.T) {
			t.Parallel()
			t.Attr("rule", "SITE-1")
			err := sitetest.CheckStore(t.Context(), newStore)
			var found []string
			for e := range clauseErrors(err) {
				found = append(found, e.Clause)
				if errors.Unwrap(e) == nil || !strings.Contains(e.Error(), e.Says) {
					t.Errorf("error %v does not say what the clause says", e)
				}
			}
			if !slices.Contains(found, clause) {
				t.Errorf("CheckStore found %v, want %q among them", found, clause)
			}
		})
	}
}

// clauseErrors yields the clause errors that are joined in err.
func clauseErrors(err error) func(func(*sitetest.ClauseError) bool) {
	return func(yield func(*sitetest.ClauseError) bool) {
		joined, ok := err.(interface{ Unwrap() []error }) //nolint:errorlint // the joined errors are wanted one by one
		if !ok {
			return
		}
		for _, e := range joined.Unwrap() {
			if c, ok := errors.AsType[*sitetest.ClauseError](e); ok && !yield(c) {
				return
			}
		}
	}
}

// TestCheckStoreEnds ends the context of a check.
func TestCheckStoreEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := sitetest.CheckStore(ctx, func() sitetest.Keeper { return new(site.MemStore) })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("CheckStore = %v, want the context's error", err)
	}
	var none *sitetest.ClauseError
	if errors.As(err, &none) {
		t.Errorf("CheckStore blames %v", none)
	}
}
