package sitestore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/updatescan/updatescan/examples/internal/sqltest"
	"github.com/updatescan/updatescan/statemsg/site"
	"github.com/updatescan/updatescan/statemsg/site/sqlstore"
)

// TestFull commits more than there is room for.
func TestFull(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-1")
	m := newMedium(t, sqlstore.SQLite)
	s := m.over(t, sqltest.OpenSQLite(t, m.Path+"?_pragma=max_page_count(100)"))
	if err := put(t, s, 1, 1, 50); err != nil {
		t.Fatal(err)
	}
	before := content(t, m)
	for range 3 {
		err := put(t, s, 2, 1, 20_000)
		if e, ok := errors.AsType[*sqlstore.Error](err); !ok || !errors.Is(err, sqlstore.ErrNoSpace) || e.Err == nil {
			t.Fatalf("Commit = %v, want ErrNoSpace and the driver's error", err)
		}
		holds(t, s, 1, 50, 50)
		holds(t, s, 2, 0, 0)
	}
	if content(t, m) != before {
		t.Error("the database is not as it was")
	}
	// What fits is taken in, by a site that was told so.
	server, err := site.New(site.Config{Store: s})
	if err != nil {
		t.Fatal(err)
	}
	big, small := report(2, benchStart), report(3, benchStart)
	for i := range 20_000 {
		big.Messages = append(big.Messages, detection(i, benchStart, uint64(i+1)))
	}
	small.Messages = append(small.Messages, detection(7, benchStart, 1))
	if _, err := server.Receive(t.Context(), big); !errors.Is(err, site.ErrStore) || !errors.Is(err, sqlstore.ErrNoSpace) {
		t.Errorf("Receive = %v, want ErrStore and ErrNoSpace", err)
	}
	if _, err := server.Receive(t.Context(), small); err != nil {
		t.Errorf("Receive = %v", err)
	}
	holds(t, s, 3, 1, 1)
}

// TestFileGone moves and replaces the file of an open store.
func TestFileGone(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-1")
	m := newMedium(t, sqlstore.SQLite)
	s := m.open(t)
	if err := put(t, s, 1, 1, 5); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{m.Path, m.Path + "-wal"} {
		if err := os.Rename(file, m.Path+".away"); err != nil {
			t.Skipf("SKIPPED: this system does not move open files: %v", err)
		}
		if err := put(t, s, 1, 6, 5); !errors.Is(err, sqlstore.ErrGone) {
			t.Errorf("Commit without %s = %v, want ErrGone", file, err)
		}
		if err := os.Rename(m.Path+".away", file); err != nil {
			t.Fatal(err)
		}
		holds(t, s, 1, 5, 5)
	}
	if err := put(t, s, 1, 6, 5); err != nil {
		t.Fatal(err)
	}
	holds(t, s, 1, 5, 10)
}

// TestSessionEnds ends the sessions of a store, as a restart of the server does, before
// each call.
func TestSessionEnds(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-1")
	m := newMedium(t, sqlstore.PostgreSQL)
	s := m.open(t)
	admin := m.DB(t)
	kick := func() {
		t.Helper()
		e := refused(t, m, sqlstore.ErrInUse)
		var key int64
		if _, err := fmt.Sscanf(e.Where, "advisory lock %d", &key); err != nil {
			t.Fatal(err)
		}
		if _, err := admin.ExecContext(t.Context(), `SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory' AND granted
			AND classid::bigint = ($1::bigint >> 32) & 4294967295 AND objid::bigint = $1::bigint & 4294967295`, key); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 5 {
		if err := put(t, s, 1, 1+5*i, 5); err != nil {
			t.Fatal(err)
		}
		kick()
		if err := s.Commit(t.Context(), nil, []site.Kept{{Reason: "lost"}}); err == nil {
			t.Error("Commit = nil in a session that has ended")
		}
		holds(t, s, 1, 5, 5+5*i)
		if _, err := s.Clients(t.Context(), []string{benchID(1)}); err != nil {
			t.Errorf("Clients after the error = %v", err)
		}
	}
	page, err := s.Inspect(t.Context(), site.KeptQuery{})
	if err != nil || page.Total != 0 {
		t.Errorf("%d kept, %v", page.Total, err)
	}
}

// TestContextEnds ends contexts in the middle of commits: all or nothing, and what
// comes after works.
func TestContextEnds(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-1")
	everywhere(t, func(t *testing.T, m medium) {
		t.Helper()
		s := m.open(t)
		highest := 0
		for i := range 30 {
			r := report(1, benchStart)
			for j := range 3000 {
				r.Messages = append(r.Messages, detection(j, benchStart, uint64(highest+j+1)))
			}
			known, err := s.Clients(t.Context(), []string{benchID(1)})
			if err != nil {
				t.Fatal(err)
			}
			var c site.Client
			if len(known) > 0 {
				c = known[0]
			}
			p, err := site.Ingest(site.Policy{}, c, r, benchStart, nil)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			stop := make(chan struct{})
			go func() {
				for range i * 3000 { // some time
					select {
					case <-stop:
					default:
					}
				}
				cancel()
			}()
			err = s.Commit(ctx, []site.Plan{p}, nil)
			close(stop)
			cancel()
			if err == nil {
				highest += 3000
			} else if !errors.Is(err, context.Canceled) {
				t.Errorf("Commit = %v, want the end of the context", err)
			}
			holds(t, s, 1, min(highest, 3000), highest)
		}
		t.Logf("%d of 30 were committed", highest/3000)
	})
}
