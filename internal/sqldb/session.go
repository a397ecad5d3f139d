package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"
)

// CommitWait is how long a COMMIT that was sent is waited for when its context
// has ended.
const CommitWait = 30 * time.Second

// Session is a connection that holds a store's lock. Transactions are begun and
// ended by statements, because one of database/sql is rolled back behind our back
// when its context ends. Not safe for concurrent use.
type Session struct {
	Conn    *sql.Conn
	Dialect Dialect
	PID     int64  // PostgreSQL: the server's process
	Schema  string // PostgreSQL: the schema of the tables
	Files   []Watched

	key int64 // PostgreSQL: of the lock
}

// Watched is a file that must stay where it is.
type Watched struct {
	path string
	info fs.FileInfo
}

// Exec runs a statement.
func (s *Session) Exec(ctx context.Context, query string, args ...any) error {
	_, err := s.Conn.ExecContext(ctx, s.Dialect.Text(query), args...)
	return err
}

// Query returns the rows of a query, each value as the driver has it.
func (s *Session) Query(ctx context.Context, query string, args ...any) ([][]any, error) {
	rows, err := s.Conn.QueryContext(ctx, s.Dialect.Text(query), args...)
	return Collect(rows, err)
}

// Collect reads all rows.
func Collect(rows *sql.Rows, err error) ([][]any, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var list [][]any
	for rows.Next() {
		row := make([]any, len(names))
		into := make([]any, len(names))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		list = append(list, row)
	}
	return list, rows.Err()
}

// One returns the only value of a query as text.
func (s *Session) One(ctx context.Context, query string, args ...any) (string, error) {
	rows, err := s.Query(ctx, query, args...)
	if err != nil {
		return "", err
	}
	if len(rows) != 1 || len(rows[0]) < 1 {
		return "", fmt.Errorf("%s: %d rows, want one", query, len(rows))
	}
	if b, ok := rows[0][0].([]byte); ok {
		return string(b), nil
	}
	return fmt.Sprint(rows[0][0]), nil
}

// Begin opens a transaction; in SQLite of a mode: EXCLUSIVE or IMMEDIATE.
func (s *Session) Begin(ctx context.Context, mode string) error {
	if s.Dialect == SQLite {
		return s.Exec(ctx, "BEGIN "+mode)
	}
	return s.Exec(ctx, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
}

// Commit ends the transaction. It is not cut short by ctx; see [CommitWait].
// Its error wraps [ErrInDoubt] when the connection was lost.
func (s *Session) Commit(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	if s.Dialect == SQLite {
		return s.Exec(ctx, "COMMIT")
	}
	ctx, cancel := context.WithTimeout(ctx, CommitWait)
	defer cancel()
	err := s.Exec(ctx, "COMMIT")
	if err != nil && !s.Alive(err) {
		return &Error{Fault: ErrInDoubt, Err: err}
	}
	return err
}

// Rollback ends a transaction after an error and reports whether the session
// can be used on.
func (s *Session) Rollback(ctx context.Context, err error) bool {
	if !s.Alive(err) {
		return false
	}
	if s.Dialect == PostgreSQL {
		return ctx.Err() == nil && s.Exec(ctx, "ROLLBACK") == nil
	}
	ctx = context.WithoutCancel(ctx)
	if s.Exec(ctx, "ROLLBACK") == nil {
		return true
	}
	// SQLite rolls back by itself after some errors. Then there is no
	// transaction, and one can be begun.
	return s.Exec(ctx, "BEGIN") == nil && s.Exec(ctx, "ROLLBACK") == nil
}

// Alive reports whether the connection can be used after an error, or after none.
func (s *Session) Alive(err error) bool {
	if err == nil {
		return true
	}
	if gone(err) {
		return false
	}
	if s.Dialect == SQLite {
		return true
	}
	if e, ok := errors.AsType[*Error](err); ok && e.Err == nil {
		return true // ours, of what the server has answered
	}
	state := SQLState(err)
	return state != "" && !strings.HasPrefix(state, "08") && !strings.HasPrefix(state, "57P")
}

// Discard closes the connection itself, which gives up the lock, and not only
// its place in the pool. It may be called again.
func (s *Session) Discard() {
	// A connection that is said to be bad is closed.
	_ = s.Conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = s.Conn.Close()
}

// Watch notes where the files of the database are. What cannot be found, since
// a driver may keep files in places of its own, is not watched.
func (s *Session) Watch(ctx context.Context) error {
	rows, err := s.Query(ctx, "PRAGMA database_list") // number, name, path
	if err != nil {
		return err
	}
	for _, row := range rows {
		if len(row) < 3 || Text(row[1]) != "main" || Text(row[2]) == "" {
			continue
		}
		for _, path := range []string{Text(row[2]), Text(row[2]) + "-wal"} {
			if info, err := os.Stat(path); err == nil {
				s.Files = append(s.Files, Watched{path, info})
			}
		}
	}
	return nil
}

// InPlace returns an error when a file is not the one that was opened.
func InPlace(files []Watched) error {
	for _, f := range files {
		info, err := os.Stat(f.path)
		if err != nil {
			return &Error{Fault: ErrGone, Where: f.path, Err: err}
		}
		if !os.SameFile(f.info, info) {
			return Fault(ErrGone, f.path, "another file", "the one that was opened")
		}
	}
	return nil
}
