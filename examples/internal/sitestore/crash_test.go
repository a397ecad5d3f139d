package sitestore_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/updatescan/updatescan/examples/internal/sqltest"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
	"github.com/updatescan/updatescan/statemsg/site/sqlstore"
)

// crashClients are the clients of TestKill; each sends reports of crashMessages.
const (
	crashClients  = 20
	crashMessages = 40
)

// crashReport is the report of a client with a number, from 1.
func crashReport(client, n int) *statemsg.Report {
	at := benchStart.Add(time.Duration(n) * time.Minute)
	r := report(client, at)
	for i := range crashMessages {
		r.Messages = append(r.Messages, detection((n+i)%100, at, uint64((n-1)*crashMessages+i+1)))
	}
	return r
}

// TestChild is the process of TestKill; it does nothing by itself. Its clients send one
// report after the other, all at once, from the last that was sent again.
func TestChild(t *testing.T) {
	m, ok := sqltest.Parent(t)
	if !ok {
		return
	}
	s := reopen(t, medium{m})
	server, err := site.New(site.Config{Store: s})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("child: open")
	var all sync.WaitGroup
	for c := range crashClients {
		st, err := s.States(t.Context(), site.StateQuery{Client: benchID(c), Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			n := max(1, int(st.Client.Highest)/crashMessages) // a retry first
			for ; ; n++ {
				if _, err := server.Receive(t.Context(), crashReport(c, n)); err != nil {
					t.Error(err)
					return
				}
				fmt.Printf("child: %d %d\n", c, n)
			}
		})
	}
	all.Wait()
}

// reopen opens a database whose holder was killed: the server may take a moment to
// notice that.
func reopen(t *testing.T, m medium) *sqlstore.Store {
	t.Helper()
	return sqltest.Reopened(t, m.Medium, func(db *sql.DB) (*sqlstore.Store, error) {
		return sqlstore.Open(t.Context(), db, sqlstore.Config{Dialect: m.Dialect})
	})
}

// TestKill kills a site in the middle of taking reports in, ten times, in a short test
// three times: no report that was acknowledged is lost, and none was taken in twice.
func TestKill(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-1")
	everywhere(t, func(t *testing.T, m medium) {
		t.Helper()
		rounds := 10
		if testing.Short() {
			rounds = 3
		}
		for round := range rounds {
			cmd, lines := m.Child(t)
			acknowledged := map[int]int{}
			answers := 0
			for lines.Scan() {
				var c, n int
				if _, err := fmt.Sscanf(lines.Text(), "child: %d %d", &c, &n); err == nil {
					acknowledged[c] = n
					answers++
				} else if strings.Contains(lines.Text(), "_test.go") {
					t.Log(lines.Text())
				}
				if answers == crashClients+10*round {
					// Not always just after an answer; then all that it said is read.
					for start, spin := time.Now(), time.Duration(rand.IntN(3000))*time.Microsecond; time.Since(start) < spin; {
						continue
					}
					if err := cmd.Process.Kill(); err != nil {
						t.Fatal(err)
					}
				}
			}
			_ = cmd.Wait()
			if answers < crashClients {
				t.Fatalf("round %d: %d answers", round, answers)
			}
			s := reopen(t, m)
			checkCrash(t, m, s, round, acknowledged)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// checkCrash checks that each client is as whole reports leave it: as many as were
// acknowledged, or more.
func checkCrash(t *testing.T, m medium, s *sqlstore.Store, round int, acknowledged map[int]int) {
	t.Helper()
	more := 0
	for c := range crashClients {
		st, err := s.States(t.Context(), site.StateQuery{Client: benchID(c), Limit: site.MaxLimit})
		if err != nil {
			t.Fatal(err)
		}
		n := int(st.Client.Highest) / crashMessages
		if st.Client.Highest%crashMessages != 0 || n < acknowledged[c] || len(st.Client.Missing) > 0 {
			t.Fatalf("round %d: client %d has serials up to %d, missing %v; report %d was acknowledged", round, c, st.Client.Highest, st.Client.Missing, acknowledged[c])
		}
		if want := uint64(n * crashMessages); st.Client.Counts.Messages != want {
			t.Fatalf("round %d: client %d: %d messages took effect, want %d", round, c, st.Client.Counts.Messages, want)
		}
		more += n - acknowledged[c]
		want := map[string]statemsg.Message{}
		for i := 1; i <= n; i++ {
			for _, msg := range crashReport(c, i).Messages {
				want[msg.TopicID] = msg
			}
		}
		if len(st.Rows) != len(want) {
			t.Fatalf("round %d: client %d has %d rows, want %d", round, c, len(st.Rows), len(want))
		}
		for _, row := range st.Rows {
			if w := want[row.Message.TopicID]; row.Message.Serial != w.Serial || row.Message.StateID != w.StateID || !row.Message.Time.Equal(w.Time) {
				t.Fatalf("round %d: client %d has %+v, want %+v", round, c, row.Message, w)
			}
		}
	}
	if err := checkViews(t.Context(), m.DB(t), s); err != nil {
		t.Fatal(err)
	}
	t.Logf("round %d: all that was acknowledged is there, and %d reports more", round, more)
}
