package sitestore_test

import (
	"testing"
	"time"

	"github.com/updatescan/updatescan/examples/internal/siteload"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
	"github.com/updatescan/updatescan/statemsg/site/sqlstore"
)

var benchStart = siteload.Start()

func benchID(client int) string { return siteload.ClientID(client) }

// report is a report of a client, without messages.
func report(client int, at time.Time) *statemsg.Report { return siteload.Report(client, at) }

// detection is a message about an update.
func detection(update int, at time.Time, serial uint64) statemsg.Message {
	return siteload.Detection(update, int(1+serial%3), at, serial)
}

// BenchmarkReader asks a database of 10 million rows (with -short, of 1 million). What
// ingest costs is measured in examples/bench.
func BenchmarkReader(b *testing.B) {
	const updates = 1000
	clients := 10_000
	if testing.Short() {
		clients = 1000
	}
	for d := range sqlstore.Dialects() {
		b.Run(d.String(), func(b *testing.B) {
			m := newMedium(b, d)
			start := time.Now()
			driver := "sqlite"
			if d == sqlstore.PostgreSQL {
				driver = "pgx"
			}
			load := siteload.Medium{Dialect: d, Driver: driver, DSN: m.DSN}
			if d == sqlstore.SQLite {
				load.DSN = "file:" + m.Path
			}
			if err := siteload.FillSite(b.Context(), load, clients, updates); err != nil {
				b.Fatal(err)
			}
			b.Logf("filled in %v", time.Since(start).Round(time.Second))
			store := m.open(b)
			b.Run("summaries", func(b *testing.B) {
				for round := 0; b.Loop(); round++ {
					// A commit makes the store forget what it found.
					b.StopTimer()
					p := site.Plan{At: benchStart.Add(time.Duration(round) * time.Second), Client: site.Client{ID: benchID(0), Life: 1, Highest: updates}}
					if err := store.Commit(b.Context(), []site.Plan{p}, nil); err != nil {
						b.Fatal(err)
					}
					b.StartTimer()
					all, err := store.Summaries(b.Context(), site.SummaryQuery{})
					if err != nil || len(all.Updates) != updates {
						b.Fatalf("%d summaries, %v", len(all.Updates), err)
					}
				}
			})
			b.Run("summary", func(b *testing.B) {
				for b.Loop() {
					if _, err := store.Summaries(b.Context(), site.SummaryQuery{Updates: []string{siteload.UpdateID(7)}}); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("search", func(b *testing.B) {
				for b.Loop() {
					if _, err := store.Search(b.Context(), site.ClientQuery{Update: siteload.UpdateID(7), Limit: 100}); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}
