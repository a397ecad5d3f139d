// Package sqltest opens databases for tests: a SQLite database in a file of its
// own, and a schema of its own on a PostgreSQL server where one can be reached.
//
// The server is named by the environment variable UPDATESCAN_PG, a DSN in the
// form of a URL, such as .ci/postgres prints. Where it is not set, tests that
// need it are skipped and say so.
package sqltest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"
)

// Env is the environment variable that names the PostgreSQL server.
const Env = "UPDATESCAN_PG"

// SQLite returns a new, empty SQLite database and the path of its file, which
// are gone after the test.
func SQLite(tb testing.TB) (db *sql.DB, path string) {
	tb.Helper()
	path = filepath.Join(tb.TempDir(), "test.db")
	return OpenSQLite(tb, path), path
}

// OpenSQLite opens the SQLite database in a file; it is closed after the test.
func OpenSQLite(tb testing.TB, path string) *sql.DB {
	tb.Helper()
	return open(tb, "sqlite", "file:"+filepath.ToSlash(path))
}

// PostgreSQL returns a database whose tables live in a new, empty schema, which
// is dropped after the test, and a DSN that opens the same again. Without a
// server the test is skipped.
func PostgreSQL(tb testing.TB) (db *sql.DB, dsn string) {
	tb.Helper()
	server := os.Getenv(Env)
	if server == "" {
		tb.Skipf("SKIPPED: %s names no PostgreSQL server (.ci/postgres start prints one)", Env)
	}
	dsn, drop, err := NewSchema(tb.Context(), server)
	if err != nil {
		tb.Fatalf("%s: %v", Env, err)
	}
	tb.Cleanup(func() {
		if err := drop(context.WithoutCancel(tb.Context())); err != nil {
			tb.Errorf("%s: %v", Env, err)
		}
	})
	return OpenPostgreSQL(tb, dsn), dsn
}

// NewSchema makes a new, empty schema on the server, and returns a DSN whose tables
// live there, and a function that drops it.
func NewSchema(ctx context.Context, server string) (dsn string, drop func(context.Context) error, err error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", nil, err
	}
	schema := fmt.Sprintf("test_%016x", rand.Uint64())
	admin := func(ctx context.Context, statement string) error {
		db, err := sql.Open("pgx", server)
		if err != nil {
			return err
		}
		_, err = db.ExecContext(ctx, statement)
		return errors.Join(err, db.Close())
	}
	if err := admin(ctx, "CREATE SCHEMA "+schema); err != nil {
		return "", nil, err
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String(), func(ctx context.Context) error { return admin(ctx, "DROP SCHEMA "+schema+" CASCADE") }, nil
}

// OpenPostgreSQL opens a DSN, such as [PostgreSQL] returned; it is closed after
// the test.
func OpenPostgreSQL(tb testing.TB, dsn string) *sql.DB {
	tb.Helper()
	return open(tb, "pgx", dsn)
}

// open opens a database for the time of the test.
func open(tb testing.TB, driver, dsn string) *sql.DB {
	tb.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return db
}
