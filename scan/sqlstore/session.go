package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// session is a connection that holds the lock of a client. Transactions are
// begun and ended by statements, because one of database/sql is rolled back
// behind our back when its context ends.
type session struct {
	conn    *sql.Conn
	dialect Dialect
	pid     int64  // PostgreSQL: the server's process
	schema  string // PostgreSQL: the schema of the tables
	files   []watched

	load, claim, put, remove *sql.Stmt
}

// watched is a file that must stay where it is.
type watched struct {
	path string
	info fs.FileInfo
}

// exec runs a statement.
func (s *session) exec(ctx context.Context, query string, args ...any) error {
	_, err := s.conn.ExecContext(ctx, s.dialect.text(query), args...)
	return err
}

// query returns the rows of a query, each value as the driver has it.
func (s *session) query(ctx context.Context, query string, args ...any) ([][]any, error) {
	rows, err := s.conn.QueryContext(ctx, s.dialect.text(query), args...)
	return collect(rows, err)
}

// collect reads all rows.
func collect(rows *sql.Rows, err error) ([][]any, error) {
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

// one returns the only value of a query as text.
func (s *session) one(ctx context.Context, query string, args ...any) (string, error) {
	rows, err := s.query(ctx, query, args...)
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

// begin opens a transaction.
func (s *session) begin(ctx context.Context) error {
	if s.dialect == SQLite {
		return s.exec(ctx, "BEGIN EXCLUSIVE")
	}
	return s.exec(ctx, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
}

// commit ends the transaction. It is not cut short by ctx; see [CommitWait].
// Its error wraps [ErrInDoubt] when the connection was lost.
func (s *session) commit(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	if s.dialect == SQLite {
		return s.exec(ctx, "COMMIT")
	}
	ctx, cancel := context.WithTimeout(ctx, CommitWait)
	defer cancel()
	err := s.exec(ctx, "COMMIT")
	if err != nil && !s.alive(err) {
		return &Error{Fault: ErrInDoubt, Err: err}
	}
	return err
}

// rollback ends a transaction after an error and reports whether the session
// can be used on.
func (s *session) rollback(ctx context.Context, err error) bool {
	if !s.alive(err) {
		return false
	}
	if s.dialect == PostgreSQL {
		return ctx.Err() == nil && s.exec(ctx, "ROLLBACK") == nil
	}
	ctx = context.WithoutCancel(ctx)
	if s.exec(ctx, "ROLLBACK") == nil {
		return true
	}
	// SQLite rolls back by itself after some errors. Then there is no
	// transaction, and one can be begun.
	return s.exec(ctx, "BEGIN") == nil && s.exec(ctx, "ROLLBACK") == nil
}

// alive reports whether the connection can be used after an error.
func (s *session) alive(err error) bool {
	if gone(err) {
		return false
	}
	if s.dialect == SQLite {
		return true
	}
	if e, ok := errors.AsType[*Error](err); ok && e.Err == nil {
		return true // ours, of what the server has answered
	}
	state := sqlState(err)
	return state != "" && !strings.HasPrefix(state, "08") && !strings.HasPrefix(state, "57P")
}

// discard closes the connection itself, which gives up the lock, and not only
// its place in the pool. It may be called again.
func (s *session) discard() {
	for _, stmt := range []*sql.Stmt{s.load, s.claim, s.put, s.remove} {
		if stmt != nil {
			_ = stmt.Close()
		}
	}
	// A connection that is said to be bad is closed.
	_ = s.conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = s.conn.Close()
}

// prepare prepares the statements of a store, once the tables are there.
func (s *session) prepare(ctx context.Context) error {
	if s.load != nil {
		return nil
	}
	for _, p := range []struct {
		stmt  **sql.Stmt
		query string
	}{
		{&s.load, `SELECT c.epoch, p.part, p.data, p.crc FROM scan_client c
			LEFT JOIN scan_part p ON p.client = c.client WHERE c.client = ?`},
		{&s.claim, `UPDATE scan_client SET commits = commits + 1 WHERE client = ? AND epoch = ?`},
		{&s.put, `INSERT INTO scan_part (client, part, data, crc) VALUES (?, ?, ?, ?)
			ON CONFLICT (client, part) DO UPDATE SET data = excluded.data, crc = excluded.crc`},
		{&s.remove, `DELETE FROM scan_part WHERE client = ? AND part = ?`},
	} {
		stmt, err := s.conn.PrepareContext(ctx, s.dialect.text(p.query))
		if err != nil {
			return err
		}
		*p.stmt = stmt
	}
	return nil
}

// watch notes where the files of the database are. What cannot be found, since
// a driver may keep files in places of its own, is not watched.
func (s *session) watch(ctx context.Context) error {
	rows, err := s.query(ctx, "PRAGMA database_list") // number, name, path
	if err != nil {
		return err
	}
	for _, row := range rows {
		if len(row) < 3 || text(row[1]) != "main" || text(row[2]) == "" {
			continue
		}
		for _, path := range []string{text(row[2]), text(row[2]) + "-wal"} {
			if info, err := os.Stat(path); err == nil {
				s.files = append(s.files, watched{path, info})
			}
		}
	}
	return nil
}

// inPlace returns an error when a file is not the one that was opened.
func inPlace(files []watched) error {
	for _, f := range files {
		info, err := os.Stat(f.path)
		if err != nil {
			return &Error{Fault: ErrGone, Where: f.path, Err: err}
		}
		if !os.SameFile(f.info, info) {
			return fault(ErrGone, f.path, "another file", "the one that was opened")
		}
	}
	return nil
}
