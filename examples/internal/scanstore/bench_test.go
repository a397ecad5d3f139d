package scanstore_test

import (
	"context"
	"encoding/binary"
	"testing"

	"github.com/updatescan/updatescan/examples/internal/sqltest"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/scan/scantest"
	"github.com/updatescan/updatescan/scan/sqlstore"
)

// agentCommits are the commits of an agent that lives for a week with 40
// updates: what it really stores.
func agentCommits(b *testing.B) [][]scan.Blob {
	b.Helper()
	list := new(tape)
	r, err := scantest.NewRig(scantest.RigConfig{})
	if err != nil {
		b.Fatal(err)
	}
	r.Storage.Next = list
	for i := range 40 {
		r.Machine.Set(scantest.ID(i+1), 100, 1)
	}
	if err := r.Enable(b.Context()); err != nil {
		b.Fatal(err)
	}
	if err := r.Pass(b.Context(), 7*24*60*60*1e9); err != nil {
		b.Fatal(err)
	}
	return list.commits
}

// tape is a storage that keeps every commit.
type tape struct {
	scan.MemStorage

	commits [][]scan.Blob
}

// Commit implements [scan.Storage].
func (s *tape) Commit(ctx context.Context, blobs []scan.Blob) error {
	s.commits = append(s.commits, blobs)
	return s.MemStorage.Commit(ctx, blobs)
}

// BenchmarkCommit is an agent's commit to SQLite, synced, beside the driver's
// own commit of one row, in the same mode and as large as the average commit
// of the agent, and of 300 bytes.
func BenchmarkCommit(b *testing.B) {
	commits := agentCommits(b)
	size, n := 0, 0
	for _, c := range commits {
		for _, blob := range c {
			size += len(blob.Data)
			n++
		}
	}
	b.Run("agent", func(b *testing.B) {
		s := newMedium(b, sqlstore.SQLite).open(b)
		for i := 0; b.Loop(); i++ {
			if err := s.Commit(b.Context(), commits[i%len(commits)]); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(size)/float64(len(commits)), "B/commit")
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
	}{{"one-row", make([]byte, 300)}, {"one-row-as-large", make([]byte, size/len(commits))}} {
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
