package sqldb_test

import (
	"errors"
	"math"
	"testing"

	"github.com/updatescan/updatescan/internal/sqldb"
)

func TestDialect(t *testing.T) {
	t.Parallel()
	valid := map[sqldb.Dialect]string{sqldb.SQLite: "sqlite", sqldb.PostgreSQL: "postgresql"}
	for i := range math.MaxUint8 + 1 {
		d := sqldb.Dialect(i)
		text, err := d.MarshalText()
		if (valid[d] != "") != (err == nil) || d.Valid() != (err == nil) || string(text) != valid[d] {
			t.Fatalf("Dialect(%d): %q, %v", i, text, err)
		}
		var got sqldb.Dialect
		if perr := got.UnmarshalText(text); (perr == nil) != (err == nil) || err == nil && got != d {
			t.Fatalf("Dialect(%d): %v, %v", i, got, perr)
		}
		if err != nil && (!errors.Is(err, sqldb.ErrUnknownDialect) || d.String() == "") {
			t.Fatalf("Dialect(%d): %v", i, err)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	const query = "INSERT INTO t (a BLOB) VALUES (?, ?), (?, ?)"
	if got := sqldb.SQLite.Text(query); got != query {
		t.Errorf("SQLite.Text = %q", got)
	}
	if got, want := sqldb.PostgreSQL.Text(query), "INSERT INTO t (a BYTEA) VALUES ($1, $2), ($3, $4)"; got != want {
		t.Errorf("PostgreSQL.Text = %q, want %q", got, want)
	}
	if got := sqldb.PostgreSQL.Text("SELECT 1"); got != "SELECT 1" {
		t.Errorf("PostgreSQL.Text = %q", got)
	}
}

// TestAliveAfterNothing: a connection on which nothing has failed goes back to the
// pool. Were it closed, every read of PostgreSQL would wait for a new one.
func TestAliveAfterNothing(t *testing.T) {
	t.Parallel()
	for _, d := range []sqldb.Dialect{sqldb.SQLite, sqldb.PostgreSQL} {
		if s := (&sqldb.Session{Dialect: d}); !s.Alive(nil) {
			t.Errorf("%v: Alive(nil) = false", d)
		}
	}
}
