package sitestore_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
	"github.com/updatescan/updatescan/statemsg/site/sqlstore"
)

// TestForget forgets the client with the highest number, which is given out again to
// the next one after the database was opened anew: nothing of it is left.
func TestForget(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-8")
	everywhere(t, func(t *testing.T, m medium) {
		t.Helper()
		s := m.open(t)
		if err := put(t, s, 1, 1, 3); err != nil {
			t.Fatal(err)
		}
		lost := report(2, benchStart) // with a gap, and with rows in both tables
		lost.Messages = []statemsg.Message{
			detection(1, benchStart, 7),
			{TopicType: statemsg.UpdateSourceScan, TopicID: "s", StateID: 3, Time: benchStart, Serial: 8},
		}
		p, err := site.Ingest(site.Policy{}, site.Client{}, lost, benchStart, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Commit(t.Context(), []site.Plan{p}, nil); err != nil {
			t.Fatal(err)
		}
		if known, err := s.Forget(t.Context(), benchID(2), benchStart.Add(time.Hour)); err != nil || !known {
			t.Fatal(known, err)
		}
		for _, name := range []string{"update_states", "other_states", "missing_ranges"} {
			left, err := table(t.Context(), m.DB(t), "SELECT COUNT(*) FROM "+name+" WHERE client_id NOT IN (SELECT client_id FROM clients)")
			if err != nil || left[0][0] != "0" {
				t.Errorf("%s: %v rows of nobody, %v", name, left, err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = m.open(t)
		holds(t, s, 1, 3, 3)
		holds(t, s, 2, 0, 0)
		if err := put(t, s, 3, 1, 1); err != nil {
			t.Fatal(err)
		}
		holds(t, s, 3, 1, 1)
		if err := checkViews(t.Context(), m.DB(t), s); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Forget(t.Context(), benchID(1), benchStart); !errors.Is(err, sqlstore.ErrClosed) {
			t.Errorf("Forget = %v, want ErrClosed", err)
		}
		if _, err := s.Prune(t.Context()); !errors.Is(err, sqlstore.ErrClosed) {
			t.Errorf("Prune = %v, want ErrClosed", err)
		}
	})
}

// TestPrune removes the updates that have no rows, and takes them in again when they
// come back.
func TestPrune(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-10")
	everywhere(t, func(t *testing.T, m medium) {
		t.Helper()
		s := m.open(t)
		updates := func() string {
			t.Helper()
			rows, err := table(t.Context(), m.DB(t), "SELECT COUNT(*) FROM updates")
			if err != nil {
				t.Fatal(err)
			}
			return rows[0][0]
		}
		prune := func(want int) {
			t.Helper()
			if n, err := s.Prune(t.Context()); err != nil || n != want {
				t.Fatalf("Prune = %d, %v, want %d", n, err, want)
			}
			if err := checkViews(t.Context(), m.DB(t), s); err != nil {
				t.Fatal(err)
			}
		}
		prune(0)
		sums, err := s.Summaries(t.Context(), site.SummaryQuery{})
		if err != nil || !sums.AsOf.IsZero() {
			t.Errorf("as of %v, %v, want never", sums.AsOf, err)
		}
		for client, n := range []int{0, 2, 5} { // how many updates each has
			if n == 0 {
				continue
			}
			if err := put(t, s, client, 1, n); err != nil {
				t.Fatal(err)
			}
		}
		prune(0)
		if _, err := s.Forget(t.Context(), benchID(2), benchStart); err != nil {
			t.Fatal(err)
		}
		if got := updates(); got != "5" {
			t.Errorf("%s updates, want 5", got)
		}
		prune(3)
		if got := updates(); got != "2" {
			t.Errorf("%s updates, want 2", got)
		}
		if err := put(t, s, 3, 1, 4); err != nil { // two of them were known, two are again
			t.Fatal(err)
		}
		holds(t, s, 3, 4, 4)
		holds(t, s, 1, 2, 2)
		prune(0)
		m.Do(t, "UPDATE site SET epoch = epoch + 1")
		if _, err := s.Prune(t.Context()); !errors.Is(err, sqlstore.ErrTakenOver) {
			t.Errorf("Prune = %v, want ErrTakenOver", err)
		}
	})
}

// TestSwapped: the whole record of one client in the row of another is damage, and
// said to be; it is not taken for a client that is not known.
func TestSwapped(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-1")
	everywhere(t, func(t *testing.T, m medium) {
		t.Helper()
		s := m.open(t)
		for c := range 2 {
			if err := put(t, s, c, 1, 1); err != nil {
				t.Fatal(err)
			}
		}
		m.Do(t, fmt.Sprintf("UPDATE clients SET data = (SELECT data FROM clients WHERE client = '%s') WHERE client = '%s'", benchID(1), benchID(0)))
		if _, err := s.Clients(t.Context(), []string{benchID(0)}); !errors.Is(err, sqlstore.ErrDamaged) || !strings.Contains(err.Error(), benchID(1)) {
			t.Errorf("Clients = %v, want a record of %s in the way", err, benchID(1))
		}
		if _, err := s.States(t.Context(), site.StateQuery{Client: benchID(0), Limit: 1}); !errors.Is(err, sqlstore.ErrDamaged) {
			t.Errorf("States = %v, want %v", err, sqlstore.ErrDamaged)
		}
		if _, err := s.Search(t.Context(), site.ClientQuery{Limit: 5}); !errors.Is(err, sqlstore.ErrDamaged) {
			t.Errorf("Search = %v, want %v", err, sqlstore.ErrDamaged)
		}
	})
}

// TestOneDamaged lets a site take in reports of clients of which one is damaged in
// the database: the others are not hindered.
func TestOneDamaged(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-1")
	everywhere(t, func(t *testing.T, m medium) {
		t.Helper()
		s := m.open(t)
		const clients, guilty = 8, 5
		for c := range clients {
			if err := put(t, s, c, 1, 1); err != nil {
				t.Fatal(err)
			}
		}
		m.Do(t, m.Dialect.Text(fmt.Sprintf("UPDATE clients SET data = CAST('damaged' AS BLOB) WHERE client = '%s'", benchID(guilty))))
		server, err := site.New(site.Config{Store: s, CacheClients: -1})
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		var errs [clients]error
		for c := range clients {
			r := report(c, benchStart.Add(time.Minute))
			r.Messages = []statemsg.Message{detection(2, benchStart, 2)}
			all.Go(func() { _, errs[c] = server.Receive(t.Context(), r) })
		}
		all.Wait()
		for c, err := range errs {
			if c == guilty && !errors.Is(err, sqlstore.ErrDamaged) || c != guilty && err != nil {
				t.Errorf("client %d: %v", c, err)
			}
			if c != guilty {
				holds(t, s, c, 2, 2)
			}
		}
		// The one that is damaged can be forgotten, and begins anew.
		if known, err := server.Forget(t.Context(), benchID(guilty)); err != nil || !known {
			t.Errorf("Forget = %t, %v", known, err)
		}
		if err := put(t, s, guilty, 1, 3); err != nil {
			t.Error(err)
		}
	})
}
