package sqlstore_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/scan/sqlstore"
)

// The tests with a real database are in the examples' module, in
// examples/internal/scanstore; here is what a script shows better.

func TestDialect(t *testing.T) {
	t.Parallel()
	valid := map[sqlstore.Dialect]bool{sqlstore.SQLite: true, sqlstore.PostgreSQL: true}
	for i := range math.MaxUint8 + 1 {
		d := sqlstore.Dialect(i)
		text, err := d.MarshalText()
		if valid[d] != (err == nil) || valid[d] != d.Valid() {
			t.Fatalf("Dialect(%d): %q, %v", i, text, err)
		}
		got, perr := sqlstore.ParseDialect(string(text))
		if err == nil && (got != d || perr != nil || d.String() != string(text)) {
			t.Errorf("ParseDialect(%q) = %v, %v", text, got, perr)
		}
		if err != nil && (!errors.Is(err, sqlstore.ErrUnknownDialect) || !strings.HasPrefix(d.String(), "Dialect(")) {
			t.Errorf("Dialect(%d): %v, %v", i, d, err)
		}
	}
	d := sqlstore.SQLite
	for _, text := range []string{"", "SQLite", "postgres", "sqlite "} {
		if err := d.UnmarshalText([]byte(text)); !errors.Is(err, sqlstore.ErrUnknownDialect) || d != sqlstore.SQLite {
			t.Errorf("UnmarshalText(%q) = %v, %v", text, d, err)
		}
	}
	if err := d.UnmarshalText([]byte("postgresql")); err != nil || d != sqlstore.PostgreSQL {
		t.Errorf("UnmarshalText = %v, %v", d, err)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		field string
		cfg   sqlstore.Config
	}{
		{"Dialect", sqlstore.Config{Client: "a"}},
		{"Dialect", sqlstore.Config{Dialect: 3, Client: "a"}},
		{"Client", sqlstore.Config{Dialect: sqlstore.SQLite}},
		{"Client", sqlstore.Config{Dialect: sqlstore.SQLite, Client: "a\x00"}},
		{"Client", sqlstore.Config{Dialect: sqlstore.SQLite, Client: "\xff"}},
		{"Client", sqlstore.Config{Dialect: sqlstore.SQLite, Client: strings.Repeat("a", sqlstore.MaxClientBytes+1)}},
	} {
		db := sqlite().open()
		_, err := sqlstore.Open(t.Context(), db, tt.cfg)
		if e, ok := errors.AsType[*scan.ConfigError](err); !ok || e.Field != tt.field {
			t.Errorf("Open(%+v) = %v, want one of field %s", tt.cfg, err, tt.field)
		}
		_ = db.Close()
	}
	_, err := sqlstore.Open(t.Context(), nil, sqlstore.Config{Dialect: sqlstore.SQLite, Client: "a"})
	if e, ok := errors.AsType[*scan.ConfigError](err); !ok || e.Field != "db" {
		t.Errorf("Open(nil) = %v", err)
	}
	var zero sqlstore.Store
	if _, err := zero.Load(t.Context()); !errors.Is(err, sqlstore.ErrClosed) {
		t.Errorf("Load of the zero store = %v", err)
	}
	if err := errors.Join(zero.Close(), (*sqlstore.Store)(nil).Close()); err != nil {
		t.Errorf("Close of the zero store = %v", err)
	}
}

// TestOpenFails lets one statement of Open fail after the other: the error
// wraps the driver's, the connection is closed, and the lock with it.
func TestOpenFails(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	for _, tt := range []struct {
		dialect sqlstore.Dialect
		at      string
		rows    [][]driver.Value
		err     error
		want    error
	}{
		{sqlstore.SQLite, "locking_mode", row("normal"), nil, sqlstore.ErrInUse},
		{sqlstore.SQLite, "BEGIN", nil, codeError(5), sqlstore.ErrInUse},
		{sqlstore.SQLite, "BEGIN", nil, codeError(5 | 1<<8), sqlstore.ErrInUse},
		{sqlstore.SQLite, "BEGIN", nil, errors.New("a driver says: database is locked"), sqlstore.ErrInUse},
		{sqlstore.SQLite, "quick_check", nil, codeError(11), sqlstore.ErrDamaged},
		{sqlstore.SQLite, "quick_check", row("page 3 is never used"), nil, sqlstore.ErrDamaged},
		{sqlstore.SQLite, "quick_check", nil, errors.New("file is not a database"), sqlstore.ErrForeign},
		{sqlstore.SQLite, "sqlite_master", nil, boom, boom},
		{sqlstore.SQLite, "journal_mode", row("delete"), nil, sqlstore.ErrNotDurable},
		{sqlstore.SQLite, "PRAGMA synchronous", row(int64(1)), nil, sqlstore.ErrNotDurable},
		{sqlstore.SQLite, "fullfsync", row(int64(0)), nil, sqlstore.ErrNotDurable},
		{sqlstore.SQLite, "CREATE TABLE", nil, codeError(13), sqlstore.ErrNoSpace},
		{sqlstore.SQLite, "=COMMIT", nil, boom, boom},
		{sqlstore.PostgreSQL, "SHOW fsync", row("off"), nil, sqlstore.ErrNotDurable},
		{sqlstore.PostgreSQL, "SHOW synchronous_commit", row("off"), nil, sqlstore.ErrNotDurable},
		{sqlstore.PostgreSQL, "current_schema(), ", row(nil, int64(1)), nil, sqlstore.ErrForeign},
		{sqlstore.PostgreSQL, "pg_try_advisory_lock", row(false), nil, sqlstore.ErrInUse},
		{sqlstore.PostgreSQL, "pg_try_advisory_lock", nil, stateError("08006"), stateError("08006")},
		{sqlstore.PostgreSQL, "CREATE TABLE", nil, stateError("53100"), sqlstore.ErrNoSpace},
		{sqlstore.PostgreSQL, "information_schema", nil, stateError("XX001"), sqlstore.ErrDamaged},
		{sqlstore.PostgreSQL, "RETURNING", row("text"), nil, sqlstore.ErrDamaged},
		{sqlstore.PostgreSQL, "=COMMIT", nil, driver.ErrBadConn, sqlstore.ErrInDoubt},
	} {
		t.Run(tt.dialect.String()+"/"+tt.at, func(t *testing.T) {
			t.Parallel()
			f := sqlite()
			if tt.dialect == sqlstore.PostgreSQL {
				f = postgres()
			}
			f.script(answer{has: tt.at, rows: tt.rows, err: tt.err})
			db := f.open()
			_, err := sqlstore.Open(t.Context(), db, sqlstore.Config{Dialect: tt.dialect, Client: "a"})
			if !errors.Is(err, tt.want) || tt.err != nil && !errors.Is(err, tt.err) {
				t.Errorf("Open = %v, want %v with %v", err, tt.want, tt.err)
			}
			if e, ok := errors.AsType[*sqlstore.Error](err); !ok || e.Op != "open" {
				t.Errorf("Open = %T", err)
			}
			if f.closed != 1 {
				t.Errorf("%d connections were closed, want 1", f.closed)
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestCommitFails lets one statement of a commit fail after the other.
func TestCommitFails(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-9")
	for _, tt := range []struct {
		dialect sqlstore.Dialect
		at      string
		err     error
		want    error
		lost    bool // the connection is given up
	}{
		{sqlstore.SQLite, "BEGIN", codeError(10), codeError(10), false},
		{sqlstore.SQLite, "INSERT", codeError(13), sqlstore.ErrNoSpace, false},
		{sqlstore.SQLite, "DELETE", codeError(11), sqlstore.ErrDamaged, false},
		{sqlstore.SQLite, "=COMMIT", codeError(10), codeError(10), false},
		{sqlstore.SQLite, "=COMMIT", driver.ErrBadConn, sqlstore.ErrLost, true},
		{sqlstore.PostgreSQL, "INSERT", stateError("40001"), stateError("40001"), false},
		{sqlstore.PostgreSQL, "INSERT", stateError("57P01"), sqlstore.ErrLost, true},
		{sqlstore.PostgreSQL, "INSERT", errors.New("unexpected EOF"), sqlstore.ErrLost, true},
		{sqlstore.PostgreSQL, "=COMMIT", stateError("40001"), stateError("40001"), false},
		{sqlstore.PostgreSQL, "=COMMIT", stateError("57P01"), sqlstore.ErrInDoubt, true},
		{sqlstore.PostgreSQL, "=COMMIT", errors.New("unexpected EOF"), sqlstore.ErrInDoubt, true},
	} {
		t.Run(tt.dialect.String()+"/"+tt.at, func(t *testing.T) {
			t.Parallel()
			f := sqlite()
			if tt.dialect == sqlstore.PostgreSQL {
				f = postgres()
			}
			s, err := sqlstore.Open(t.Context(), f.open(), sqlstore.Config{Dialect: tt.dialect, Client: "a"})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			f.script(answer{has: tt.at, err: tt.err, times: 1})
			list := []scan.Blob{{Part: scan.PartMachine, Data: []byte("x")}, {Part: scan.PartOutbox}}
			if err := s.Commit(t.Context(), list); !errors.Is(err, tt.want) || !errors.Is(err, tt.err) {
				t.Errorf("Commit = %v, want %v and %v", err, tt.want, tt.err)
			}
			if lost := f.closed == 1; lost != tt.lost {
				t.Errorf("given up: %v, want %v", lost, tt.lost)
			}
			if !tt.lost && f.said("ROLLBACK") == 0 {
				t.Error("nothing was rolled back")
			}
			err = s.Commit(t.Context(), list)
			if tt.lost != errors.Is(err, sqlstore.ErrLost) || !tt.lost && err != nil {
				t.Errorf("the next Commit = %v", err)
			}
			if _, err := s.Load(t.Context()); err != nil {
				t.Errorf("Load = %v", err)
			}
			if err := s.Commit(t.Context(), list); err != nil {
				t.Errorf("Commit after Load = %v", err)
			}
		})
	}
}

// TestLoadFails reads what is no state.
func TestLoadFails(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		rows [][]driver.Value
		err  error
		want error
	}{
		{"no row", nil, nil, sqlstore.ErrDamaged},
		{"epoch of text", row("x", nil, nil, nil), nil, sqlstore.ErrDamaged},
		{"null data", row(int64(1), "machine", nil, int64(0)), nil, sqlstore.ErrDamaged},
		{"text", row(int64(1), "machine", "text", int64(0)), nil, sqlstore.ErrDamaged},
		{"null checksum", row(int64(1), "machine", []byte("x"), nil), nil, sqlstore.ErrDamaged},
		{"another epoch", row(int64(2), nil, nil, nil), nil, sqlstore.ErrTakenOver},
		{"an error", nil, codeError(11), sqlstore.ErrDamaged},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := sqlite()
			s, err := sqlstore.Open(t.Context(), f.open(), sqlstore.Config{Dialect: sqlstore.SQLite, Client: "a"})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			f.script(answer{has: "c.epoch, p.part", rows: tt.rows, err: tt.err})
			if got, err := s.Load(t.Context()); !errors.Is(err, tt.want) || got != nil {
				t.Errorf("Load = %v, %v, want %v", got, err, tt.want)
			}
		})
	}
}

// TestWait ends the context of a call that waits for another one.
func TestWait(t *testing.T) {
	t.Parallel()
	f := sqlite()
	s, err := sqlstore.Open(t.Context(), f.open(), sqlstore.Config{Dialect: sqlstore.SQLite, Client: "a"})
	if err != nil {
		t.Fatal(err)
	}
	block, blocked := make(chan struct{}), make(chan struct{})
	f.script(answer{has: "=COMMIT", block: block, blocked: blocked, times: 1})
	first := make(chan error)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { first <- s.Commit(ctx, []scan.Blob{{Part: scan.PartOutbox}}) }()
	<-blocked
	waiting, stop := context.WithCancel(t.Context())
	second := make(chan error)
	go func() { _, err := s.Load(waiting); second <- err }()
	stop()
	if err := <-second; !errors.Is(err, context.Canceled) {
		t.Errorf("Load = %v, want context.Canceled", err)
	}
	cancel() // a COMMIT that was sent is not cut short
	close(block)
	if err := <-first; err != nil {
		t.Errorf("Commit = %v, want nil", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestUnknownPart commits a part that nobody knows.
func TestUnknownPart(t *testing.T) {
	t.Parallel()
	f := sqlite()
	s, err := sqlstore.Open(t.Context(), f.open(), sqlstore.Config{Dialect: sqlstore.SQLite, Client: "a"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, p := range []scan.Part{0, 5} {
		err := s.Commit(t.Context(), []scan.Blob{{Part: scan.PartOutbox}, {Part: p}})
		if e, ok := errors.AsType[*sqlstore.Error](err); !ok || e.Found != p.String() {
			t.Errorf("Commit = %v", err)
		}
	}
	if f.said("DELETE") > 0 {
		t.Error("something was changed")
	}
}
