package sqlstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"strings"
	"sync"
)

// fake is a database/sql driver that answers from a script, for what no real
// database does when it is asked to. It is a database of either dialect that
// keeps nothing.
type fake struct {
	mu sync.Mutex
	// answers are tried in their order; a statement without one has no rows.
	answers []answer
	log     []string
	closed  int
}

// answer is what happens to a statement.
type answer struct {
	// has is what the statement contains; with an equals sign before it, what it
	// is.
	has  string
	rows [][]driver.Value
	err  error
	// block, when not nil, is waited for first, with a signal that it is.
	block, blocked chan struct{}
	// times is how often, 0 for always.
	times int
}

// row is one row with its values.
func row(values ...driver.Value) [][]driver.Value { return [][]driver.Value{values} }

// open returns a database of the driver.
func (f *fake) open() *sql.DB { return sql.OpenDB(f) }

// said returns how many statements contained a text.
func (f *fake) said(text string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.log {
		if strings.Contains(s, text) {
			n++
		}
	}
	return n
}

// script adds an answer before all others.
func (f *fake) script(a answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers = append([]answer{a}, f.answers...)
}

func (f *fake) answer(ctx context.Context, query string) ([][]driver.Value, error) {
	f.mu.Lock()
	f.log = append(f.log, query)
	var found answer
	for i, a := range f.answers {
		whole, exact := strings.CutPrefix(a.has, "=")
		if exact && query != whole || !exact && !strings.Contains(query, a.has) {
			continue
		}
		found = a
		if a.times == 1 {
			f.answers = append(append([]answer{}, f.answers[:i]...), f.answers[i+1:]...)
		} else if a.times > 1 {
			f.answers[i].times--
		}
		break
	}
	f.mu.Unlock()
	if found.block != nil {
		close(found.blocked)
		<-found.block
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return found.rows, found.err
}

// Connect implements [driver.Connector].
func (f *fake) Connect(context.Context) (driver.Conn, error) { return &fakeConn{f: f}, nil }

// Driver implements [driver.Connector].
func (f *fake) Driver() driver.Driver { return nil }

type fakeConn struct{ f *fake }

func (c *fakeConn) Prepare(query string) (driver.Stmt, error) { return &fakeStmt{c.f, query}, nil }
func (c *fakeConn) Begin() (driver.Tx, error) {
	return nil, errors.New("transactions are begun by statements")
}

func (c *fakeConn) Close() error {
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	c.f.closed++
	return nil
}

type fakeStmt struct {
	f     *fake
	query string
}

func (s *fakeStmt) Close() error  { return nil }
func (s *fakeStmt) NumInput() int { return -1 }
func (s *fakeStmt) Exec([]driver.Value) (driver.Result, error) {
	return nil, errors.New("not used")
}
func (s *fakeStmt) Query([]driver.Value) (driver.Rows, error) { return nil, errors.New("not used") }

func (s *fakeStmt) ExecContext(ctx context.Context, _ []driver.NamedValue) (driver.Result, error) {
	rows, err := s.f.answer(ctx, s.query)
	if err != nil {
		return nil, err
	}
	return driver.RowsAffected(len(rows)), nil
}

func (s *fakeStmt) QueryContext(ctx context.Context, _ []driver.NamedValue) (driver.Rows, error) {
	rows, err := s.f.answer(ctx, s.query)
	if err != nil {
		return nil, err
	}
	return &fakeRows{rows}, nil
}

type fakeRows struct{ rows [][]driver.Value }

func (r *fakeRows) Columns() []string {
	if len(r.rows) == 0 {
		return []string{"none"}
	}
	return make([]string, len(r.rows[0]))
}
func (r *fakeRows) Close() error { return nil }
func (r *fakeRows) Next(dest []driver.Value) error {
	if len(r.rows) == 0 {
		return io.EOF
	}
	copy(dest, r.rows[0])
	r.rows = r.rows[1:]
	return nil
}

// sqlite is a script of a SQLite database that is new.
func sqlite() *fake {
	return &fake{answers: []answer{
		{has: "locking_mode", rows: row("exclusive")},
		{has: "journal_mode", rows: row("wal")},
		{has: "quick_check", rows: row("ok")},
		{has: "PRAGMA synchronous", rows: row(int64(2))},
		{has: "fullfsync", rows: row(int64(1))},
		{has: "RETURNING epoch", rows: row(int64(1))},
		{has: "c.epoch, p.part", rows: row(int64(1), nil, nil, nil)},
		{has: "commits = commits + 1", rows: row(int64(1))},
	}}
}

// postgres is a script of a PostgreSQL database that is new.
func postgres() *fake {
	return &fake{answers: []answer{
		{has: "SHOW", rows: row("on")},
		{has: "current_schema(), ", rows: row("public", int64(77))},
		{has: "pg_try_advisory_lock", rows: row(true)},
		{has: "RETURNING epoch", rows: row(int64(1))},
		{has: "c.epoch, p.part", rows: row(int64(1), nil, nil, nil)},
		{has: "commits = commits + 1", rows: row(int64(1))},
	}}
}

// stateError is an error of a PostgreSQL server, codeError one of SQLite, as
// drivers have them.
type (
	stateError string
	codeError  int
)

func (e stateError) Error() string    { return "server: " + string(e) }
func (e stateError) SQLState() string { return string(e) }
func (e codeError) Error() string     { return "sqlite" }
func (e codeError) Code() int         { return int(e) }
