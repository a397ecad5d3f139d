package sitestore_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/updatescan/updatescan/statemsg/site"
	"github.com/updatescan/updatescan/statemsg/site/sqlstore"
)

// fill fills a database with clients that have a row of each update, by SQL, as they
// are after a first report.
func fill(tb testing.TB, m medium, clients, updates int) {
	tb.Helper()
	store := m.open(tb)
	for from := 0; from < clients; from += 1000 {
		var plans []site.Plan
		for c := from; c < min(from+1000, clients); c++ {
			plans = append(plans, site.Plan{At: benchStart, Client: site.Client{
				ID: benchID(c), Version: "4.00.6487.2000", NetBIOSName: fmt.Sprintf("LAB-PC-%05d", c), Life: 1, Highest: uint64(updates),
				FirstDate: benchStart, LastDate: benchStart, FirstHeard: benchStart, LastHeard: benchStart,
				Counts: site.Counts{Reports: 1, Messages: uint64(updates)},
			}})
		}
		if err := store.Commit(tb.Context(), plans, nil); err != nil {
			tb.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		tb.Fatal(err)
	}
	numbers := fmt.Sprintf("(WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i FROM n) n", updates-1)
	name := `'5d7e1f0a-93c4-4b1d-8a52-' || printf('%012x', i)`
	if m.dialect == sqlstore.PostgreSQL {
		numbers = fmt.Sprintf("generate_series(0, %d) n(i)", updates-1)
		name = `'5d7e1f0a-93c4-4b1d-8a52-' || lpad(to_hex(i), 12, '0')`
	}
	m.do(tb,
		`INSERT INTO updates (update_id, unique_id) SELECT i + 1, `+name+` FROM `+numbers,
		fmt.Sprintf(`INSERT INTO update_states (client_id, update_id, state, revision, serial, changed_us, received_s, life)
			SELECT c.client_id, u.update_id, 1 + (c.client_id + u.update_id) %% 3, 102, u.update_id, %d, %d, 1
			FROM clients c CROSS JOIN updates u ORDER BY c.client_id, u.update_id`, benchStart.UnixMicro(), benchStart.Unix()),
	)
	if m.dialect == sqlstore.PostgreSQL {
		m.do(tb, "VACUUM (FREEZE, ANALYZE) update_states", "ANALYZE")
	}
}

// BenchmarkDelta takes in weekly deltas: of each client in random order a report of 10
// changed states, 500 reports a transaction, into a database of 10 million rows (with
// -short, of 1 million). Then it asks for summaries.
func BenchmarkDelta(b *testing.B) {
	const updates, changed, group = 1000, 10, 500
	clients := 10_000
	if testing.Short() {
		clients = 1000
	}
	for d := range sqlstore.Dialects() {
		b.Run(d.String(), func(b *testing.B) {
			m := newMedium(b, d)
			start := time.Now()
			fill(b, m, clients, updates)
			b.Logf("filled in %v", time.Since(start).Round(time.Second))
			store := m.open(b)
			random := rand.New(rand.NewPCG(1, 2))
			round := 0
			var took []time.Duration
			for b.Loop() {
				round++
				var reports [][]byte
				for _, c := range random.Perm(clients) {
					reports = append(reports, deltaReport(b, c, round, updates, changed, random))
				}
				took = append(took, takeIn(b, store, reports, group))
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(clients)/median(took), "clients/s")
			start = time.Now()
			all, err := store.Summaries(b.Context(), site.SummaryQuery{})
			if err != nil || len(all.Updates) != updates {
				b.Fatalf("%d summaries, %v", len(all.Updates), err)
			}
			b.ReportMetric(time.Since(start).Seconds(), "s/summary")
			start = time.Now()
			if _, err := store.Summaries(b.Context(), site.SummaryQuery{Updates: []string{benchUpdate(7)}}); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(time.Since(start).Seconds()*1000, "ms/one-update")
			start = time.Now()
			if _, err := store.Search(b.Context(), site.ClientQuery{Update: benchUpdate(7), Limit: 100}); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(time.Since(start).Seconds()*1000, "ms/search")
		})
	}
}

// deltaReport is a report of changed states of random updates.
func deltaReport(tb testing.TB, client, round, updates, changed int, random *rand.Rand) []byte {
	tb.Helper()
	at := benchStart.Add(time.Duration(round) * 7 * 24 * time.Hour)
	r := report(client, at)
	for i, u := range random.Perm(updates)[:changed] {
		r.Messages = append(r.Messages, detection(u, at, uint64(updates+(round-1)*changed+i+1)))
	}
	return encode(tb, r)
}
