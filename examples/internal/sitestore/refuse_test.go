package sitestore_test

import (
	"database/sql"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/updatescan/updatescan/examples/internal/sqltest"
	"github.com/updatescan/updatescan/statemsg/site"
	"github.com/updatescan/updatescan/statemsg/site/sqlstore"
)

// put commits a plan of a client with a message of each of some updates.
func put(tb testing.TB, s *sqlstore.Store, client, serial, updates int) error {
	tb.Helper()
	r := report(client, benchStart)
	for i := range updates {
		r.Messages = append(r.Messages, detection(i, benchStart, uint64(serial+i)))
	}
	var c site.Client
	known, err := s.Clients(tb.Context(), []string{benchID(client)})
	if err != nil {
		return err
	}
	if len(known) > 0 {
		c = known[0]
	}
	p, err := site.Ingest(site.Policy{}, c, r, benchStart, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return s.Commit(tb.Context(), []site.Plan{p}, nil)
}

// holds checks how many rows a client has, and its highest serial.
func holds(tb testing.TB, s *sqlstore.Store, client, rows, highest int) {
	tb.Helper()
	got, err := s.States(tb.Context(), site.StateQuery{Client: benchID(client), Limit: site.MaxLimit})
	if err != nil {
		tb.Fatalf("States = %v", err)
	}
	if len(got.Rows) != rows || got.Client.Highest != uint64(highest) {
		tb.Fatalf("client %d has %d rows up to serial %d, want %d up to %d", client, len(got.Rows), got.Client.Highest, rows, highest)
	}
}

// TestTwice opens a site's database twice.
func TestTwice(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, m medium) {
		t.Helper()
		db := m.DB(t)
		first := m.over(t, db)
		if err := put(t, first, 1, 1, 5); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			refused(t, m, sqlstore.ErrInUse)
			if _, err := sqlstore.Open(t.Context(), db, sqlstore.Config{Dialect: m.Dialect}); !errors.Is(err, sqlstore.ErrInUse) {
				t.Errorf("Open over the same connections = %v, want ErrInUse", err)
			}
			holds(t, first, 1, 5, 5)
		}
		if err := put(t, first, 1, 6, 5); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := first.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if err := first.Commit(t.Context(), []site.Plan{{}}, nil); !errors.Is(err, sqlstore.ErrClosed) {
			t.Errorf("Commit = %v, want ErrClosed", err)
		}
		if _, err := first.Search(t.Context(), site.ClientQuery{}); !errors.Is(err, sqlstore.ErrClosed) {
			t.Errorf("Search = %v, want ErrClosed", err)
		}
		second := m.open(t)
		holds(t, second, 1, 5, 10)
	})
}

// TestTakenOver is the fence behind the lock.
func TestTakenOver(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, m medium) {
		t.Helper()
		s := m.open(t)
		if err := put(t, s, 1, 1, 5); err != nil {
			t.Fatal(err)
		}
		m.Do(t, "UPDATE site SET epoch = epoch + 1")
		for range 2 {
			if err := s.Commit(t.Context(), nil, []site.Kept{{Reason: "x"}}); !errors.Is(err, sqlstore.ErrTakenOver) {
				t.Errorf("Commit = %v, want ErrTakenOver", err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		holds(t, m.open(t), 1, 5, 5)
	})
}

// content is all of a database as text.
func content(tb testing.TB, m medium) string {
	tb.Helper()
	db := m.DB(tb)
	defer db.Close()
	var all strings.Builder
	for _, name := range []string{"site_schema", "site", "clients", "updates", "update_states", "other_states", "missing_ranges", "kept_bad", "somebody"} {
		rows, err := table(tb.Context(), db, "SELECT * FROM "+name+" ORDER BY 1, 2")
		all.WriteString(name + " " + cell(err) + "\n")
		for _, row := range rows {
			all.WriteString(strings.Join(row, " ") + "\n")
		}
	}
	return all.String()
}

// TestRefused refuses what is newer, somebody else's or damaged, changes nothing, and
// says where it is.
func TestRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		statements []string
		want       error
		where      string
		found      string
	}{
		{"newer", []string{`UPDATE site_schema SET version = 2`}, sqlstore.ErrNewer, "site_schema", "version 2"},
		{"version 0", []string{`UPDATE site_schema SET version = 0`}, sqlstore.ErrDamaged, "site_schema", "0"},
		{"no version", []string{`DELETE FROM site_schema`}, sqlstore.ErrDamaged, "site_schema", "0 rows"},
		{"no table of versions", []string{`DROP TABLE site_schema`}, sqlstore.ErrDamaged, "site_schema", "missing"},
		{"no view", []string{`DROP VIEW update_summary`}, sqlstore.ErrDamaged, "update_summary", "missing"},
		{"no table", []string{`DROP VIEW missing_messages`, `DROP TABLE missing_ranges`}, sqlstore.ErrDamaged, "missing_", "missing"},
		{"no site", []string{`DELETE FROM site`}, sqlstore.ErrDamaged, "site", "0 rows"},
		{
			"a table of versions of somebody else's",
			[]string{`DROP TABLE site_schema`, `CREATE TABLE site_schema (number INTEGER)`},
			sqlstore.ErrForeign, "site_schema", "column name",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			everywhere(t, func(t *testing.T, m medium) {
				t.Helper()
				s := m.open(t)
				if err := put(t, s, 1, 1, 5); err != nil {
					t.Fatal(err)
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				m.Do(t, tt.statements...)
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
	t.Run("other tables", func(t *testing.T) {
		t.Parallel()
		everywhere(t, func(t *testing.T, m medium) {
			t.Helper()
			m.Do(t, `CREATE TABLE clients (name TEXT)`, `INSERT INTO clients VALUES ('ACME')`)
			refused(t, m, sqlstore.ErrForeign)
			if got, err := table(t.Context(), m.DB(t), "SELECT * FROM clients"); err != nil || len(got) != 1 {
				t.Errorf("%v, %v", got, err)
			}
		})
	})
	t.Run("a text file", func(t *testing.T) {
		t.Parallel()
		m := newMedium(t, sqlstore.SQLite)
		text := strings.Repeat("This is no database.\n", 500)
		if err := os.WriteFile(m.Path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, m, sqlstore.ErrForeign)
		if got, err := os.ReadFile(m.Path); err != nil || string(got) != text {
			t.Errorf("the file is not as it was, %v", err)
		}
	})
	t.Run("a page of zeroes", func(t *testing.T) {
		t.Parallel()
		m := newMedium(t, sqlstore.SQLite)
		s := m.open(t)
		if err := put(t, s, 1, 1, 2000); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		m.Do(t, "PRAGMA wal_checkpoint(TRUNCATE)")
		data, err := os.ReadFile(m.Path)
		if err != nil {
			t.Fatal(err)
		}
		pages, err := table(t.Context(), m.DB(t), "SELECT rootpage FROM sqlite_master WHERE name = 'update_states'")
		if err != nil || len(pages) != 1 {
			t.Fatal(pages, err)
		}
		copy(data[len(data)/4096/2*4096:], make([]byte, 4096))
		if err := os.WriteFile(m.Path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, m, sqlstore.ErrDamaged)
	})
	t.Run("in memory", func(t *testing.T) {
		t.Parallel()
		db, err := sql.Open("sqlite", ":memory:")
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := sqlstore.Open(t.Context(), db, sqlstore.Config{Dialect: sqlstore.SQLite}); !errors.Is(err, sqlstore.ErrNotDurable) {
			t.Errorf("Open = %v, want ErrNotDurable", err)
		}
	})
}

// TestConfig refuses configurations.
func TestConfig(t *testing.T) {
	t.Parallel()
	db, _ := sqltest.SQLite(t)
	single, _ := sqltest.SQLite(t)
	single.SetMaxOpenConns(1)
	for _, tt := range []struct {
		name    string
		db      *sql.DB
		dialect sqlstore.Dialect
		field   string
	}{
		{"no dialect", db, 0, "Dialect"},
		{"another dialect", db, 9, "Dialect"},
		{"no database", nil, sqlstore.SQLite, "db"},
		{"one connection", single, sqlstore.SQLite, "db"},
	} {
		_, err := sqlstore.Open(t.Context(), tt.db, sqlstore.Config{Dialect: tt.dialect})
		if e, ok := errors.AsType[*sqlstore.ConfigError](err); !ok || e.Field != tt.field || e.Error() == "" {
			t.Errorf("%s: Open = %v, want a ConfigError of %s", tt.name, err, tt.field)
		}
	}
}

// TestDurable looks at the settings of the connection that writes.
func TestDurable(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-1")
	m := newMedium(t, sqlstore.SQLite)
	s := m.open(t)
	if err := put(t, s, 1, 1, 5); err != nil {
		t.Fatal(err)
	}
	got, err := table(t.Context(), m.DB(t), "PRAGMA journal_mode")
	if err != nil || got[0][0] != "wal" {
		t.Errorf("journal_mode %v, %v", got, err)
	}
	pg := newMedium(t, sqlstore.PostgreSQL)
	db := sqltest.OpenPostgreSQL(t, pg.DSN+"&synchronous_commit=off")
	pg.over(t, db) // it is switched on
}
