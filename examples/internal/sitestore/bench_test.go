package sitestore_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
	"github.com/updatescan/updatescan/statemsg/site/sqlstore"
)

// The size of the benchmark of ingest: clients, messages in a report of each, and
// reports in a transaction.
const (
	benchClients  = 1000
	benchMessages = 160
	benchReports  = 100
)

var benchStart = time.Date(2008, 6, 3, 9, 0, 0, 0, time.UTC)

func benchID(client int) string {
	return fmt.Sprintf("GUID:5B0A7C1E-93D4-4F60-8E25-%012X", client)
}

func benchUpdate(n int) string { return fmt.Sprintf("5d7e1f0a-93c4-4b1d-8a52-%012x", n) }

// report is a report of a client, without messages.
func report(client int, at time.Time) *statemsg.Report {
	return &statemsg.Report{
		Client: statemsg.Client{ID: benchID(client), Version: "4.00.6487.2000", NetBIOSName: fmt.Sprintf("LAB-PC-%05d", client)},
		Date:   at.Add(time.Minute),
	}
}

// detection is a message about an update.
func detection(update int, at time.Time, serial uint64) statemsg.Message {
	return statemsg.Message{
		TopicType: statemsg.UpdateDetection, TopicID: benchUpdate(update), IDType: statemsg.IDTypeUpdate,
		StateID: statemsg.StateID(1 + serial%3), Params: []string{"102"}, Time: at, Serial: serial,
	}
}

// encode is a report in its wire form.
func encode(tb testing.TB, r *statemsg.Report) []byte {
	tb.Helper()
	data, err := statemsg.AppendReport(nil, r)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// benchReport is a report of a client about all updates in a round, in its wire form.
func benchReport(tb testing.TB, client, round int) []byte {
	tb.Helper()
	at := benchStart.Add(time.Duration(round) * 24 * time.Hour)
	r := report(client, at)
	for i := range benchMessages {
		m := detection(i, at, uint64(round*benchMessages+i+1))
		m.StateID = statemsg.StateID(1 + (i+round)%3)
		r.Messages = append(r.Messages, m)
	}
	return encode(tb, r)
}

// takeIn lets a site take in reports in their wire form, and returns how long it took
// until all of them were stored.
func takeIn(tb testing.TB, store site.Store, reports [][]byte, group int) time.Duration {
	tb.Helper()
	server, err := site.New(site.Config{
		Store: store, GroupReports: group, GroupMessages: group * benchMessages,
		MaxQueue: 4 * group, MaxQueueMessages: 4 * group * benchMessages,
	})
	if err != nil {
		tb.Fatal(err)
	}
	next := make(chan []byte, len(reports))
	for _, r := range reports {
		next <- r
	}
	close(next)
	start := time.Now()
	var wg sync.WaitGroup
	errs := make(chan error, 3*group)
	for range 3 * group {
		wg.Go(func() {
			for data := range next {
				r, err := statemsg.DecodeReport(data)
				if err == nil {
					_, err = server.Receive(context.Background(), r)
				}
				if err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wg.Wait()
	took := time.Since(start)
	select {
	case err := <-errs:
		tb.Fatal(err)
	default:
	}
	if err := server.Close(context.Background()); err != nil {
		tb.Fatal(err)
	}
	return took
}

// bare is what somebody would write who has numbers already: one upsert of many rows.
type bare struct {
	dialect sqlstore.Dialect
	conn    *sql.Conn
	stmt    *sql.Stmt
}

const bareColumns = "client_id, update_id, state, revision, serial, changed_us, received_s, life, other"

func newBare(tb testing.TB, m medium) *bare {
	tb.Helper()
	db := m.db(tb)
	conn, err := db.Conn(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close() })
	table := `CREATE TABLE update_states (serial BIGINT NOT NULL, changed_us BIGINT NOT NULL, received_s BIGINT NOT NULL, life BIGINT NOT NULL,
		revision BIGINT, client_id INTEGER NOT NULL, update_id INTEGER NOT NULL, state INTEGER NOT NULL, other TEXT, PRIMARY KEY (client_id, update_id))`
	conflict := ` ON CONFLICT (client_id, update_id) DO UPDATE SET state = excluded.state, revision = excluded.revision, serial = excluded.serial,
		changed_us = excluded.changed_us, received_s = excluded.received_s, life = excluded.life, other = excluded.other`
	statements := []string{table + " WITH (fillfactor = 90)"}
	insert := `INSERT INTO update_states (` + bareColumns + `) SELECT * FROM unnest($1::int4[], $2::int4[], $3::int4[], $4::int8[], $5::int8[], $6::int8[], $7::int8[], $8::int8[], $9::text[])` + conflict
	if m.dialect == sqlstore.SQLite {
		statements = []string{
			"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA cache_size = -65536", "PRAGMA wal_autocheckpoint = 8192",
			table + " WITHOUT ROWID",
		}
		insert = `INSERT INTO update_states (` + bareColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)` + strings.Repeat(", (?, ?, ?, ?, ?, ?, ?, ?, ?)", 99) + conflict
	}
	for _, s := range statements {
		if _, err := conn.ExecContext(tb.Context(), s); err != nil {
			tb.Fatal(err)
		}
	}
	stmt, err := conn.PrepareContext(tb.Context(), insert)
	if err != nil {
		tb.Fatal(err)
	}
	return &bare{m.dialect, conn, stmt}
}

// round upserts the rows of a round, and returns how long it took.
func (p *bare) round(tb testing.TB, clients, round int) time.Duration {
	tb.Helper()
	changed, received := benchStart.Add(time.Duration(round)*24*time.Hour).UnixMicro(), benchStart.Unix()
	start := time.Now()
	exec := func(query string) {
		if _, err := p.conn.ExecContext(tb.Context(), query); err != nil {
			tb.Fatal(err)
		}
	}
	write := func(args ...any) {
		if _, err := p.stmt.ExecContext(tb.Context(), args...); err != nil {
			tb.Fatal(err)
		}
	}
	for from := 0; from < clients; from += benchReports {
		exec("BEGIN")
		var args []any
		var n [8][]int64
		var other []*string
		for c := from; c < from+benchReports; c++ {
			for i := range benchMessages {
				row := [8]int64{int64(c + 1), int64(i + 1), int64(1 + (i+round)%3), 102, int64(round*benchMessages + i + 1), changed, received, 1}
				if p.dialect == sqlstore.PostgreSQL {
					for k, v := range row {
						n[k] = append(n[k], v)
					}
					other = append(other, nil)
					continue
				}
				for _, v := range row {
					args = append(args, v)
				}
				if args = append(args, nil); len(args) == 900 {
					write(args...)
					args = args[:0]
				}
			}
		}
		if p.dialect == sqlstore.PostgreSQL {
			write(n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], other)
		}
		exec("COMMIT")
	}
	return time.Since(start)
}

func median(d []time.Duration) float64 {
	s := slices.Sorted(slices.Values(d))
	return s[len(s)/2].Seconds()
}

// BenchmarkIngest takes in reports of 160 messages of 1,000 clients, decoded from
// their XML, by a site over the store, 100 reports a transaction; and, in turns,
// writes the same rows with a bare upsert of many rows. First are reports of clients
// that are not known, again those of clients whose states have all changed.
func BenchmarkIngest(b *testing.B) {
	for d := range sqlstore.Dialects() {
		b.Run(d.String(), func(b *testing.B) {
			const rounds = 3
			var reports [rounds][][]byte
			for r := range reports {
				for c := range benchClients {
					reports[r] = append(reports[r], benchReport(b, c, r))
				}
			}
			took := map[string][]time.Duration{}
			for b.Loop() {
				store := newMedium(b, d).open(b)
				peer := newBare(b, newMedium(b, d))
				for r := range reports {
					name := "again"
					if r == 0 {
						name = "first"
					}
					took["site-"+name] = append(took["site-"+name], takeIn(b, store, reports[r], benchReports))
					took["bare-"+name] = append(took["bare-"+name], peer.round(b, benchClients, r))
				}
				if err := store.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(0, "ns/op")
			for name, d := range took {
				b.ReportMetric(benchClients*benchMessages/median(d), name+"-rows/s")
			}
			for _, name := range []string{"first", "again"} {
				b.ReportMetric(100*median(took["bare-"+name])/median(took["site-"+name]), name+"-%")
			}
		})
	}
}
