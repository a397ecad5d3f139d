package sqltest

import (
	"bufio"
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/updatescan/updatescan/internal/sqldb"
)

// Medium is a database that can be opened again and again.
type Medium struct {
	Dialect sqldb.Dialect
	// Path is the file of SQLite, DSN the address of PostgreSQL.
	Path, DSN string
}

// New returns a new, empty database that is gone after the test. Without a
// PostgreSQL server a test that needs one is skipped.
func New(tb testing.TB, d sqldb.Dialect) Medium {
	tb.Helper()
	m := Medium{Dialect: d}
	if d == sqldb.SQLite {
		_, m.Path = SQLite(tb)
	} else {
		_, m.DSN = PostgreSQL(tb)
	}
	return m
}

// Everywhere runs a test on a new database of each dialect, in parallel.
func Everywhere(t *testing.T, test func(t *testing.T, m Medium)) {
	t.Helper()
	for d := range sqldb.Dialects() {
		t.Run(d.String(), func(t *testing.T) {
			t.Parallel()
			test(t, New(t, d))
		})
	}
}

// DB opens the database anew, with connections of its own, which are closed after
// the test.
func (m Medium) DB(tb testing.TB) *sql.DB {
	tb.Helper()
	if m.Dialect == sqldb.SQLite {
		return OpenSQLite(tb, m.Path)
	}
	return OpenPostgreSQL(tb, m.DSN)
}

// Do runs statements on the database, over a connection of its own.
func (m Medium) Do(tb testing.TB, statements ...string) {
	tb.Helper()
	db := m.DB(tb)
	for _, s := range statements {
		if _, err := db.ExecContext(tb.Context(), s); err != nil {
			tb.Fatalf("%s: %v", s, err)
		}
	}
	if err := db.Close(); err != nil {
		tb.Fatal(err)
	}
}

// Store is a store of either kind.
type Store interface{ Close() error }

// Opened is a store that was opened, with the error, if there is one; it is closed
// after the test.
func Opened[S Store](tb testing.TB, s S, err error) S {
	tb.Helper()
	if err != nil {
		tb.Fatalf("Open = %v", err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

// Refused checks that what opening a store has returned is a certain error, and that
// it says so in full.
func Refused[S Store](tb testing.TB, s S, err, want error) *sqldb.Error {
	tb.Helper()
	if err == nil {
		_ = s.Close()
		tb.Fatalf("Open = nil, want %v", want)
	}
	if !errors.Is(err, want) {
		tb.Fatalf("Open = %v, want %v", err, want)
	}
	e, ok := errors.AsType[*sqldb.Error](err)
	if !ok || e.Op != "open" {
		tb.Fatalf("Open = %T %v, want an *sqlstore.Error", err, err)
	}
	tb.Log(err)
	return e
}

// Reopened opens a store whose holder was killed: the PostgreSQL server may take a
// moment to notice that.
func Reopened[S Store](tb testing.TB, m Medium, open func(*sql.DB) (S, error)) S {
	tb.Helper()
	db := m.DB(tb)
	for tries := 0; ; tries++ {
		s, err := open(db)
		if err == nil || !errors.Is(err, sqldb.ErrInUse) || m.Dialect == sqldb.SQLite || tries > 6000 {
			return Opened(tb, s, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// childEnv makes the test TestChild the process that is killed: the dialect and the
// database, with a space between.
const childEnv = "UPDATESCAN_STORE_CHILD"

// Child starts the test TestChild of the same package as a process of its own, for
// which [Parent] returns m, and returns it and the lines that it writes.
func (m Medium) Child(tb testing.TB) (*exec.Cmd, *bufio.Scanner) {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), os.Args[0], "-test.run", "^TestChild$", "-test.v")
	cmd.Env = append(os.Environ(), childEnv+"="+m.Dialect.String()+" "+m.Path+m.DSN)
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	return cmd, bufio.NewScanner(out)
}

// Parent returns the database of a process that [Medium.Child] has started; ok is
// false in any other.
func Parent(tb testing.TB) (m Medium, ok bool) {
	tb.Helper()
	kind, place, ok := strings.Cut(os.Getenv(childEnv), " ")
	if !ok {
		return Medium{}, false
	}
	d, err := sqldb.ParseDialect(kind)
	if err != nil {
		tb.Fatal(err)
	}
	return Medium{Dialect: d, Path: place, DSN: place}, true
}
