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
	u, err := url.Parse(server)
	if err != nil {
		tb.Fatalf("%s: %v", Env, err)
	}
	admin := open(tb, "pgx", server)
	schema := fmt.Sprintf("test_%016x", rand.Uint64())
	if _, err := admin.ExecContext(tb.Context(), "CREATE SCHEMA "+schema); err != nil {
		tb.Fatalf("%s: %v", Env, err)
	}
	tb.Cleanup(func() {
		if _, err := admin.ExecContext(context.WithoutCancel(tb.Context()), "DROP SCHEMA "+schema+" CASCADE"); err != nil {
			tb.Errorf("%s: %v", Env, err)
		}
	})
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return OpenPostgreSQL(tb, u.String()), u.String()
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
