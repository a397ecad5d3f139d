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
func newMedium(t testing.TB, d sqlstore.Dialect) medium {
	t.Helper()
	m := medium{dialect: d}
	if d == sqlstore.SQLite {
		_, m.path = sqltest.SQLite(t)
	} else {
		_, m.dsn = sqltest.PostgreSQL(t)
	}
	return m
}

// db opens the database anew, with connections of its own.
func (m medium) db(t testing.TB) *sql.DB {
	t.Helper()
	if m.dialect == sqlstore.SQLite {
		return sqltest.OpenSQLite(t, m.path)
	}
	return sqltest.OpenPostgreSQL(t, m.dsn)
}

// open opens the site's store, which is closed after the test.
func (m medium) open(t testing.TB) *sqlstore.Store {
	t.Helper()
	return m.over(t, m.db(t))
}

// over opens the site's store over connections.
func (m medium) over(t testing.TB, db *sql.DB) *sqlstore.Store {
	t.Helper()
	s, err := sqlstore.Open(t.Context(), db, sqlstore.Config{Dialect: m.dialect})
	if err != nil {
		t.Fatalf("Open = %v", err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// do runs statements on the database.
func (m medium) do(t testing.TB, statements ...string) {
	t.Helper()
	db := m.db(t)
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
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
func refused(t testing.TB, m medium, want error) *sqlstore.Error {
	t.Helper()
	s, err := sqlstore.Open(t.Context(), m.db(t), sqlstore.Config{Dialect: m.dialect})
	if err == nil {
		_ = s.Close()
		t.Fatalf("Open = nil, want %v", want)
	}
	if !errors.Is(err, want) {
		t.Fatalf("Open = %v, want %v", err, want)
	}
	e, ok := errors.AsType[*sqlstore.Error](err)
	if !ok || e.Op != "open" {
		t.Fatalf("Open = %T %v, want an *sqlstore.Error", err, err)
	}
	t.Log(err)
	return e
}

func TestContract(t *testing.T) {
	t.Parallel()
	for d := range sqlstore.Dialects() {
		t.Run(d.String(), func(t *testing.T) {
			t.Parallel()
			sitetest.RunStore(t, func(t *testing.T) sitetest.Keeper { return newMedium(t, d).open(t) })
		})
	}
}

// TestHistories plays random histories, and compares the site with the model after
// each step.
func TestHistories(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-2")
	everywhere(t, func(t *testing.T, m medium) {
		db := m.db(t)
		rapid.Check(t, func(rt *rapid.T) {
			var steps []sitetest.Step
			if rapid.Bool().Draw(rt, "hostile") {
				steps = siterapid.Hostile(12).Draw(rt, "steps")
			} else {
				steps = siterapid.Restored(12).Draw(rt, "steps")
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
