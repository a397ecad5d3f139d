package sitestore_test

import (
	"database/sql"
	"testing"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/examples/internal/sqltest"
	"github.com/updatescan/updatescan/statemsg/site"
	"github.com/updatescan/updatescan/statemsg/site/sitetest"
	"github.com/updatescan/updatescan/statemsg/site/sitetest/siterapid"
	"github.com/updatescan/updatescan/statemsg/site/sqlstore"
)

// medium is a database that can be opened again and again.
type medium struct{ sqltest.Medium }

// newMedium returns a new, empty database.
func newMedium(tb testing.TB, d sqlstore.Dialect) medium {
	tb.Helper()
	return medium{sqltest.New(tb, d)}
}

// open opens the site's store, which is closed after the test.
func (m medium) open(tb testing.TB) *sqlstore.Store {
	tb.Helper()
	return m.over(tb, m.DB(tb))
}

// over opens the site's store over connections.
func (m medium) over(tb testing.TB, db *sql.DB) *sqlstore.Store {
	tb.Helper()
	s, err := sqlstore.Open(tb.Context(), db, sqlstore.Config{Dialect: m.Dialect})
	return sqltest.Opened(tb, s, err)
}

// everywhere runs a test on each dialect.
func everywhere(t *testing.T, test func(t *testing.T, m medium)) {
	t.Helper()
	sqltest.Everywhere(t, func(t *testing.T, m sqltest.Medium) {
		t.Helper()
		test(t, medium{m})
	})
}

// refused checks that a database is refused with an error, and says so in full.
func refused(tb testing.TB, m medium, want error) *sqlstore.Error {
	tb.Helper()
	s, err := sqlstore.Open(tb.Context(), m.DB(tb), sqlstore.Config{Dialect: m.Dialect})
	return sqltest.Refused(tb, s, err, want)
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

// TestReadKeepsConnection: the connection of a read is used by the next one.
func TestReadKeepsConnection(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, m medium) {
		t.Helper()
		db := m.DB(t)
		s := m.over(t, db)
		for range 3 {
			if _, err := s.Summaries(t.Context(), site.SummaryQuery{Limit: 1}); err != nil {
				t.Fatal(err)
			}
			if st := db.Stats(); st.Idle != 1 || st.OpenConnections != 2 {
				t.Errorf("after a read %d of %d connections are idle, want one besides the writer's", st.Idle, st.OpenConnections)
			}
		}
	})
}

// TestHistories plays random histories, and compares the site with the model after
// each step.
func TestHistories(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-2")
	everywhere(t, func(t *testing.T, m medium) {
		t.Helper()
		db := m.DB(t)
		most := 12
		if m.Dialect == sqlstore.PostgreSQL { // every question is several trips
			most = 4
		}
		rapid.Check(t, func(rt *rapid.T) {
			var steps []sitetest.Step
			switch rapid.IntRange(0, 2).Draw(rt, "kind") {
			case 0:
				steps = siterapid.Hostile(most).Draw(rt, "steps")
			case 1:
				steps = siterapid.Forgetful(most).Draw(rt, "steps")
			default:
				steps = siterapid.Restored(most).Draw(rt, "steps")
			}
			s, err := sqlstore.Open(t.Context(), db, sqlstore.Config{Dialect: m.Dialect})
			if err != nil {
				rt.Fatal(err)
			}
			defer s.Close()
			w := sitetest.NewWorld(s, 3)
			err = w.Play(t.Context(), steps)
			if err == nil {
				err = checkViews(t.Context(), db, s)
			}
			m.Do(t, clean...)
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
