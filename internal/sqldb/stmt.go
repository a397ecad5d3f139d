package sqldb

import (
	"context"
	"database/sql/driver"
)

// Stmt is a prepared statement of a session's connection that is carried out
// without the conversions of database/sql, for statements with many arguments. Its
// arguments must be an int64, a string, a []byte or nil. It ends with the
// connection, if it is not closed before.
type Stmt struct {
	s    *Session
	stmt driver.Stmt
}

// Prepare prepares a statement; see [Dialect.Text].
func (s *Session) Prepare(ctx context.Context, query string) (*Stmt, error) {
	st := &Stmt{s: s}
	err := s.Conn.Raw(func(conn any) error {
		var err error
		if p, ok := conn.(driver.ConnPrepareContext); ok {
			st.stmt, err = p.PrepareContext(ctx, s.Dialect.Text(query))
		} else {
			st.stmt, err = conn.(driver.Conn).Prepare(s.Dialect.Text(query))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return st, nil
}

// Exec carries the statement out. The arguments are numbered from 1.
func (st *Stmt) Exec(ctx context.Context, args []driver.NamedValue) error {
	return st.s.Conn.Raw(func(any) error {
		if e, ok := st.stmt.(driver.StmtExecContext); ok {
			_, err := e.ExecContext(ctx, args)
			return err
		}
		plain := make([]driver.Value, len(args))
		for i := range args {
			plain[i] = args[i].Value
		}
		_, err := st.stmt.Exec(plain) //nolint:staticcheck // for drivers that have nothing else
		return err
	})
}

// Close gives the statement up.
func (st *Stmt) Close() {
	_ = st.s.Conn.Raw(func(any) error { return st.stmt.Close() })
}
