package sqlstore

import (
	"context"
	"database/sql"

	"github.com/updatescan/updatescan/internal/sqldb"
)

// session is a connection that holds the lock of a client, with the statements
// that it has prepared.
type session struct {
	sqldb.Session

	load, claim, put, remove *sql.Stmt
}

// discard closes the connection. It may be called again.
func (s *session) discard() {
	for _, stmt := range []*sql.Stmt{s.load, s.claim, s.put, s.remove} {
		if stmt != nil {
			_ = stmt.Close()
		}
	}
	s.Discard()
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
		stmt, err := s.Conn.PrepareContext(ctx, s.Dialect.Text(p.query))
		if err != nil {
			return err
		}
		*p.stmt = stmt
	}
	return nil
}
