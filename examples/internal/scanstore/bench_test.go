package scanstore_test

import (
	"encoding/binary"
	"testing"

	"github.com/updatescan/updatescan/examples/internal/scanstore"
	"github.com/updatescan/updatescan/examples/internal/sqltest"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/scan/sqlstore"
)

// BenchmarkCommit is an agent's commit to SQLite, synced, beside the driver's
// own commit of one row, in the same mode and as large as the average commit
// of the agent, and of 300 bytes.
func BenchmarkCommit(b *testing.B) {
	commits, err := scanstore.AgentCommits(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	size, n := scanstore.MeanBytes(commits), 0
	for _, c := range commits {
		n += len(c)
	}
	b.Run("agent", func(b *testing.B) {
		s := newMedium(b, sqlstore.SQLite).open(b)
		for i := 0; b.Loop(); i++ {
			if err := s.Commit(b.Context(), commits[i%len(commits)]); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(size), "B/commit")
		b.ReportMetric(float64(n)/float64(len(commits)), "parts/commit")
	})
	b.Run("agent-small", func(b *testing.B) {
		s := newMedium(b, sqlstore.SQLite).open(b)
		blobs := []scan.Blob{{Part: scan.PartMachine, Data: make([]byte, 300)}}
		for i := 0; b.Loop(); i++ {
			binary.BigEndian.PutUint64(blobs[0].Data, uint64(i))
			if err := s.Commit(b.Context(), blobs); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, row := range []struct {
		name string
		data []byte
	}{{"one-row", make([]byte, 300)}, {"one-row-as-large", make([]byte, size)}} {
		b.Run(row.name, func(b *testing.B) {
			_, path := sqltest.SQLite(b)
			db := sqltest.OpenSQLite(b, path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
			db.SetMaxOpenConns(1)
			if _, err := db.ExecContext(b.Context(), `CREATE TABLE t (id INTEGER PRIMARY KEY, data BLOB)`); err != nil {
				b.Fatal(err)
			}
			stmt, err := db.PrepareContext(b.Context(), `INSERT INTO t VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET data = excluded.data`)
			if err != nil {
				b.Fatal(err)
			}
			defer stmt.Close()
			for i := 0; b.Loop(); i++ {
				// SQLite writes and syncs nothing where nothing has changed.
				binary.BigEndian.PutUint64(row.data, uint64(i))
				if _, err := stmt.ExecContext(b.Context(), row.data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
