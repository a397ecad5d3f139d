package scanstore_test

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/updatescan/updatescan/examples/internal/sqltest"
	"github.com/updatescan/updatescan/scan/sqlstore"
)

// filled returns a database that holds generation 1, with nobody at it.
func filled(tb testing.TB, m medium) medium {
	tb.Helper()
	s := m.open(tb)
	if err := s.Commit(tb.Context(), parts(1)); err != nil {
		tb.Fatal(err)
	}
	if err := s.Close(); err != nil {
		tb.Fatal(err)
	}
	return m
}

// content is all that a database holds, to see that it was left as it is: the
// bytes of the file, or the rows of the tables.
func content(tb testing.TB, m medium) string {
	tb.Helper()
	if m.Dialect == sqlstore.SQLite {
		data, err := os.ReadFile(m.Path)
		if err != nil {
			tb.Fatal(err)
		}
		return string(data)
	}
	var all strings.Builder
	db := m.DB(tb)
	for _, table := range []string{"scan_schema", "scan_client", "scan_part"} {
		var text *string
		err := db.QueryRowContext(tb.Context(), "SELECT string_agg(r::text, ' ' ORDER BY r::text) FROM "+table+" r").Scan(&text)
		if err != nil {
			all.WriteString(table + ": " + err.Error() + "\n")
			continue
		}
		if text != nil {
			all.WriteString(table + ": " + *text + "\n")
		}
	}
	return all.String()
}

// TestDamaged refuses what was damaged, changes nothing, and says where it is.
func TestDamaged(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-9")
	for _, tt := range []struct {
		name       string
		statements []string
		want       error
		where      string
		found      string
	}{
		{"wrong checksum", []string{`UPDATE scan_part SET crc = crc + 1 WHERE part = 'outbox'`}, sqlstore.ErrDamaged, "outbox", "checksum"},
		{"checksum missing", []string{`UPDATE scan_part SET crc = -1 WHERE part = 'machine'`}, sqlstore.ErrDamaged, "machine", "checksum"},
		{"other data", []string{`UPDATE scan_part SET data = (SELECT data FROM scan_part WHERE part = 'outbox') WHERE part = 'baseline'`}, sqlstore.ErrDamaged, "baseline", "checksum"},
		{
			"parts exchanged",
			[]string{
				`UPDATE scan_part SET part = 'x' WHERE part = 'machine'`, `UPDATE scan_part SET part = 'machine' WHERE part = 'baseline'`,
				`UPDATE scan_part SET part = 'baseline' WHERE part = 'x'`,
			},
			sqlstore.ErrDamaged, "part ", "checksum",
		},
		{"unknown part", []string{`UPDATE scan_part SET part = 'history' WHERE part = 'metadata'`}, sqlstore.ErrDamaged, "history", "unknown part"},
		{"no parts table", []string{`DROP TABLE scan_part`}, sqlstore.ErrDamaged, "scan_part", "missing"},
		{"no clients table", []string{`ALTER TABLE scan_client RENAME TO other`}, sqlstore.ErrDamaged, "scan_client", "missing"},
		{"no versions table", []string{`DROP TABLE scan_schema`}, sqlstore.ErrDamaged, "scan_schema", "missing"},
		{"a column is missing", []string{`ALTER TABLE scan_part DROP COLUMN crc`}, sqlstore.ErrDamaged, "scan_part", "column crc"},
		{"no version", []string{`DELETE FROM scan_schema`}, sqlstore.ErrDamaged, "scan_schema", "0 rows"},
		{"version 0", []string{`UPDATE scan_schema SET version = 0`}, sqlstore.ErrDamaged, "version", "0"},
		{"newer", []string{`UPDATE scan_schema SET version = 3`}, sqlstore.ErrNewer, "scan_schema", "version 3"},
		{"much newer", []string{`UPDATE scan_schema SET version = 3000000000`, `DROP TABLE scan_part`}, sqlstore.ErrNewer, "scan_schema", "version 3000000000"},
		{
			"a table of versions of somebody else's",
			[]string{`DROP TABLE scan_schema`, `CREATE TABLE scan_schema (number INTEGER)`},
			sqlstore.ErrForeign, "scan_schema", "column name",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			everywhere(t, func(t *testing.T, m medium) {
				t.Helper()
				filled(t, m).Do(t, tt.statements...)
				before := content(t, m)
				e := refused(t, m, tt.want)
				if !strings.Contains(e.Where, tt.where) || !strings.Contains(e.Found, tt.found) || e.Want == "" {
					t.Errorf("where %q, found %q, want %q", e.Where, e.Found, e.Want)
				}
				if content(t, m) != before {
					t.Error("the database is not as it was")
				}
			})
		})
	}
}

// TestDamagedAtWork finds damage that befell an open store: in PostgreSQL,
// since nobody else reaches a file that is held.
func TestDamagedAtWork(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, statement string
		load, commit    error
	}{
		{"checksum", `UPDATE scan_part SET crc = 5 WHERE part = 'machine'`, sqlstore.ErrDamaged, nil},
		{"parts are gone", `DELETE FROM scan_part`, nil, nil},
		{"the client is gone", `WITH p AS (DELETE FROM scan_part) DELETE FROM scan_client`, sqlstore.ErrDamaged, sqlstore.ErrTakenOver},
		{"taken over", `UPDATE scan_client SET epoch = epoch + 1`, sqlstore.ErrTakenOver, sqlstore.ErrTakenOver},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := newMedium(t, sqlstore.PostgreSQL)
			s := m.open(t)
			if err := s.Commit(t.Context(), parts(1)); err != nil {
				t.Fatal(err)
			}
			m.Do(t, tt.statement)
			for range 2 {
				if _, err := s.Load(t.Context()); !errors.Is(err, tt.load) {
					t.Errorf("Load = %v, want %v", err, tt.load)
				}
			}
			err := s.Commit(t.Context(), parts(2))
			if !errors.Is(err, tt.commit) {
				t.Errorf("Commit = %v, want %v", err, tt.commit)
			}
			if err == nil {
				holds(t, s, 2) // a commit of all parts repairs them
			}
		})
	}
}

// TestFence commits under an old epoch, as behind a pooler that let two in.
func TestFence(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-9")
	m := newMedium(t, sqlstore.PostgreSQL)
	s := m.open(t)
	if err := s.Commit(t.Context(), parts(1)); err != nil {
		t.Fatal(err)
	}
	m.Do(t, `UPDATE scan_client SET epoch = epoch + 1`)
	for range 2 {
		if err := s.Commit(t.Context(), parts(2)); !errors.Is(err, sqlstore.ErrTakenOver) {
			t.Errorf("Commit = %v, want ErrTakenOver", err)
		}
	}
	if _, err := s.Load(t.Context()); !errors.Is(err, sqlstore.ErrTakenOver) {
		t.Errorf("Load = %v, want ErrTakenOver", err)
	}
	holds(t, m.open(t), 1) // the old one has given up the lock
}

// TestForeign refuses databases of somebody else.
func TestForeign(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, found string
		want        error
		make        func(t *testing.T, m medium)
	}{
		{"other tables", "2 of somebody else's (orders, users)", sqlstore.ErrForeign, func(t *testing.T, m medium) {
			t.Helper()
			m.Do(t, `CREATE TABLE users (name TEXT)`, `CREATE TABLE orders (number INTEGER)`, `INSERT INTO users VALUES ('a')`)
		}},
		{"other tables in WAL mode", "1 of somebody else's (users)", sqlstore.ErrForeign, func(t *testing.T, m medium) {
			t.Helper()
			m.Do(t, `PRAGMA journal_mode = WAL`, `CREATE TABLE users (name TEXT)`)
		}},
		{"a text", "", sqlstore.ErrForeign, func(t *testing.T, m medium) {
			t.Helper()
			write(t, m.Path, bytes.Repeat([]byte("Dear diary,\n"), 1000))
		}},
		{"another client", `client "GUID:other"`, sqlstore.ErrForeign, func(t *testing.T, m medium) {
			t.Helper()
			cfg := m.config()
			cfg.Client = "GUID:other"
			s, err := sqlstore.Open(t.Context(), m.DB(t), cfg)
			if err != nil {
				t.Fatal(err)
			}
			_ = s.Close()
		}},
		{"a page of zeroes", "", sqlstore.ErrDamaged, func(t *testing.T, m medium) {
			t.Helper()
			filled(t, m)
			data, err := os.ReadFile(m.Path)
			if err != nil {
				t.Fatal(err)
			}
			clear(data[4096:8192])
			write(t, m.Path, data)
		}},
		{"cut short", "", sqlstore.ErrDamaged, func(t *testing.T, m medium) {
			t.Helper()
			filled(t, m)
			data, err := os.ReadFile(m.Path)
			if err != nil {
				t.Fatal(err)
			}
			write(t, m.Path, data[:len(data)-5000])
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := newMedium(t, sqlstore.SQLite)
			tt.make(t, m)
			before := content(t, m)
			for range 2 {
				if e := refused(t, m, tt.want); tt.found != "" && e.Found != tt.found {
					t.Errorf("found %q, want %q", e.Found, tt.found)
				}
			}
			if content(t, m) != before {
				t.Error("the file is not as it was")
			}
		})
	}
}

func write(tb testing.TB, path string, data []byte) {
	tb.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		tb.Fatal(err)
	}
}

// TestInMemory refuses a database that a power-off would erase.
func TestInMemory(t *testing.T) {
	t.Parallel()
	e := refused(t, medium{sqltest.Medium{Dialect: sqlstore.SQLite, Path: ":memory:"}}, sqlstore.ErrNotDurable)
	if e.Found != "memory" || e.Want != "wal" {
		t.Errorf("found %q, want %q", e.Found, e.Want)
	}
}
