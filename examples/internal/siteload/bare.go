package siteload

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/updatescan/updatescan/statemsg/site/sqlstore"
)

// Row is a row of the table of states: client, update, state, revision, serial,
// changed (microseconds), received (seconds), life.
type Row [8]int64

// columns are those of a Row and one more, which is empty.
const columns = "client_id, update_id, state, revision, serial, changed_us, received_s, life, other"

// bareRows is how many rows a statement of SQLite writes.
const bareRows = 100

// Bare is what somebody would write who has numbers already: a table as the site's,
// written with one upsert of many rows. The settings are those of the site's store.
type Bare struct {
	dialect   sqlstore.Dialect
	db        *sql.DB
	conn      *sql.Conn
	many, one *sql.Stmt
}

// NewBare makes the table in an empty database.
func NewBare(ctx context.Context, m Medium) (*Bare, error) {
	db, err := m.DB()
	if err != nil {
		return nil, err
	}
	p := &Bare{dialect: m.Dialect, db: db}
	if err := p.prepare(ctx); err != nil {
		p.Close()
		return nil, fmt.Errorf("bare upsert: %w", err)
	}
	return p, nil
}

func (p *Bare) prepare(ctx context.Context) (err error) {
	if p.conn, err = p.db.Conn(ctx); err != nil {
		return err
	}
	table := `CREATE TABLE update_states (serial BIGINT NOT NULL, changed_us BIGINT NOT NULL, received_s BIGINT NOT NULL, life BIGINT NOT NULL,
		revision BIGINT, client_id INTEGER NOT NULL, update_id INTEGER NOT NULL, state INTEGER NOT NULL, other TEXT, PRIMARY KEY (client_id, update_id))`
	conflict := ` ON CONFLICT (client_id, update_id) DO UPDATE SET state = excluded.state, revision = excluded.revision, serial = excluded.serial,
		changed_us = excluded.changed_us, received_s = excluded.received_s, life = excluded.life, other = excluded.other`
	statements := []string{table + " WITH (fillfactor = 90)"}
	const tuple = "(?, ?, ?, ?, ?, ?, ?, ?, NULL)"
	one := `INSERT INTO update_states (` + columns + `) VALUES ` + tuple
	many := one + strings.Repeat(", "+tuple, bareRows-1)
	if p.dialect == sqlstore.PostgreSQL {
		one = `INSERT INTO update_states (` + columns + `) SELECT t.*, NULL
			FROM unnest($1::int4[], $2::int4[], $3::int4[], $4::int8[], $5::int8[], $6::int8[], $7::int8[], $8::int8[]) t`
		many = one
	} else {
		statements = []string{
			"PRAGMA page_size = 8192", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA cache_size = -131072", "PRAGMA wal_autocheckpoint = 16384",
			table + " WITHOUT ROWID",
		}
	}
	for _, s := range statements {
		if _, err := p.conn.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	if p.one, err = p.conn.PrepareContext(ctx, one+conflict); err != nil {
		return err
	}
	p.many, err = p.conn.PrepareContext(ctx, many+conflict)
	return err
}

// Upsert writes n rows in one transaction.
func (p *Bare) Upsert(ctx context.Context, n int, row func(i int) Row) error {
	if _, err := p.conn.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	write := p.sqlite
	if p.dialect == sqlstore.PostgreSQL {
		write = p.postgres
	}
	if err := write(ctx, n, row); err != nil {
		_, _ = p.conn.ExecContext(ctx, "ROLLBACK")
		return err
	}
	_, err := p.conn.ExecContext(ctx, "COMMIT")
	return err
}

func (p *Bare) sqlite(ctx context.Context, n int, row func(i int) Row) error {
	args := make([]any, 0, bareRows*len(Row{}))
	for i := range n {
		for _, v := range row(i) {
			args = append(args, v)
		}
		st := p.many
		if i >= n-n%bareRows {
			st = p.one
		} else if len(args) < cap(args) {
			continue
		}
		if _, err := st.ExecContext(ctx, args...); err != nil {
			return err
		}
		args = args[:0]
	}
	return nil
}

func (p *Bare) postgres(ctx context.Context, n int, row func(i int) Row) error {
	var values [len(Row{})][]int64
	for k := range values {
		values[k] = make([]int64, n)
	}
	for i := range n {
		for k, v := range row(i) {
			values[k][i] = v
		}
	}
	_, err := p.many.ExecContext(ctx, values[0], values[1], values[2], values[3], values[4], values[5], values[6], values[7])
	return err
}

// Rows returns all rows, by client and update.
func (p *Bare) Rows(ctx context.Context) ([]Row, error) {
	return readRows(ctx, p.db, `SELECT client_id, update_id, state, revision, serial, changed_us, received_s, life
		FROM update_states ORDER BY client_id, update_id`)
}

// Close closes the database.
func (p *Bare) Close() {
	for _, st := range []*sql.Stmt{p.one, p.many} {
		if st != nil {
			_ = st.Close()
		}
	}
	if p.conn != nil {
		_ = p.conn.Close()
	}
	_ = p.db.Close()
}
