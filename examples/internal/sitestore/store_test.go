package sitestore_test

import (
	"database/sql"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/examples/internal/sqltest"
	"github.com/updatescan/updatescan/statemsg/site/sitetest"
	"github.com/updatescan/updatescan/statemsg/site/sitetest/siterapid"
	"github.com/updatescan/updatescan/statemsg/site/sqlstore"
)

// medium is a database that can be opened again and again.
type medium struct {
	dialect sqlstore.Dialect
	// path is the file of SQLite, dsn the address of PostgreSQL.
	path, dsn string
}

// newMedium returns a new, empty database.
func newMedium(tb testing.TB, d sqlstore.Dialect) medium {
	tb.Helper()
	m := medium{dialect: d}
	if d == sqlstore.SQLite {
		_, m.path = sqltest.SQLite(tb)
	} else {
		_, m.dsn = sqltest.PostgreSQL(tb)
	}
	return m
}

// db opens the database anew, with connections of its own.
func (m medium) db(tb testing.TB) *sql.DB {
	tb.Helper()
	if m.dialect == sqlstore.SQLite {
		return sqltest.OpenSQLite(tb, m.path)
	}
	return sqltest.OpenPostgreSQL(tb, m.dsn)
}

// open opens the site's store, which is closed after the test.
func (m medium) open(tb testing.TB) *sqlstore.Store {
	tb.Helper()
	return m.over(tb, m.db(tb))
}

// over opens the site's store over connections.
func (m medium) over(tb testing.TB, db *sql.DB) *sqlstore.Store {
	tb.Helper()
	s, err := sqlstore.Open(tb.Context(), db, sqlstore.Config{Dialect: m.dialect})
	if err != nil {
		tb.Fatalf("Open = %v", err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

// do runs statements on the database.
func (m medium) do(tb testing.TB, statements ...string) {
	tb.Helper()
	db := m.db(tb)
	for _, s := range statements {
		if _, err := db.ExecContext(tb.Context(), s); err != nil {
			tb.Fatalf("%s: %v", s, err)
		}
	}
	if err := db.Close(); err != nil {
		tb.Fatal(err)
	}
}

// everywhere runs a test on each dialect.
func everywhere(t *testing.T, test func(t *testing.T, m medium)) {
	t.Helper()
	for d := range sqlstore.Dialects() {
		t.Run(d.String(), func(t *testing.T) {
			t.Parallel()
			test(t, newMedium(t, d))
		})
	}
}

// refused checks that a database is refused with an error, and says so in full.
func refused(tb testing.TB, m medium, want error) *sqlstore.Error {
	tb.Helper()
	s, err := sqlstore.Open(tb.Context(), m.db(tb), sqlstore.Config{Dialect: m.dialect})
	if err == nil {
		_ = s.Close()
		tb.Fatalf("Open = nil, want %v", want)
	}
	if !errors.Is(err, want) {
		tb.Fatalf("Open = %v, want %v", err, want)
	}
	e, ok := errors.AsType[*sqlstore.Error](err)
	if !ok || e.Op != "open" {
		tb.Fatalf("Open = %T %v, want an *sqlstore.Error", err, err)
	}
	tb.Log(err)
	return e
}

func TestContract(t *testing.T) {
	t.Parallel()
	for d := range sqlstore.Dialects() {
		t.Run(d.String(), func(t *testing.T) {
			t.Parallel()
			sitetest.RunStore(t, func(t *testing.T) sitetest.Keeper {
				t.Helper()
				return newMedium(t, d).open(t)
			})
		})
	}
}

// TestHistories plays random histories, and compares the site with the model after
// each step.
func TestHistories(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-2")
	everywhere(t, func(t *testing.T, m medium) {
		t.Helper()
		db := m.db(t)
		most := 12
		if m.dialect == sqlstore.PostgreSQL { // every question is several trips
			most = 4
		}
		rapid.Check(t, func(rt *rapid.T) {
			var steps []sitetest.Step
			if rapid.Bool().Draw(rt, "hostile") {
				steps = siterapid.Hostile(most).Draw(rt, "steps")
			} else {
				steps = siterapid.Restored(most).Draw(rt, "steps")
			}
			s, err := sqlstore.Open(t.Context(), db, sqlstore.Config{Dialect: m.dialect})
			if err != nil {
				rt.Fatal(err)
			}
			defer s.Close()
			w := sitetest.NewWorld(s, 3)
			err = w.Play(t.Context(), steps)
			if err == nil {
				err = checkViews(t.Context(), db, s)
			}
			m.do(t, clean...)
			if err != nil {
				rt.Fatal(err)
			}
		})
	})
}

// clean empties the database.
var clean = []string{
	"DELETE FROM clients", "DELETE FROM updates", "DELETE FROM update_states", "DELETE FROM other_states",
	"DELETE FROM missing_ranges", "DELETE FROM kept_bad", "UPDATE site SET as_of_s = NULL, kept_total = 0",
}
