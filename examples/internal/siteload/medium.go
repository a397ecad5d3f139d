package siteload

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"

	"github.com/updatescan/updatescan/examples/internal/sqltest"
	"github.com/updatescan/updatescan/statemsg/site"
	"github.com/updatescan/updatescan/statemsg/site/sqlstore"
)

// Medium is a database that can be opened again and again.
type Medium struct {
	Dialect sqlstore.Dialect
	// Driver and DSN open it.
	Driver, DSN string
	drop        func(context.Context) error
}

// NewMedium returns a new, empty database: a file in a temporary folder, or a schema
// on the server that [sqltest.Env] names.
func NewMedium(ctx context.Context, d sqlstore.Dialect) (Medium, error) {
	if d == sqlstore.PostgreSQL {
		dsn, drop, err := sqltest.NewSchema(ctx, os.Getenv(sqltest.Env))
		return Medium{d, "pgx", dsn, drop}, err
	}
	dir, err := os.MkdirTemp("", "siteload")
	if err != nil {
		return Medium{}, err
	}
	dsn := "file:" + filepath.ToSlash(filepath.Join(dir, "site.db"))
	return Medium{d, "sqlite", dsn, func(context.Context) error { return os.RemoveAll(dir) }}, nil
}

// Drop removes the database, which must be closed.
func (m Medium) Drop(ctx context.Context) error {
	if m.drop == nil {
		return nil
	}
	return m.drop(ctx)
}

// DB opens the database with connections of its own.
func (m Medium) DB() (*sql.DB, error) { return sql.Open(m.Driver, m.DSN) }

// Open opens the site's store. The function closes it.
func (m Medium) Open(ctx context.Context) (*sqlstore.Store, func(), error) {
	db, err := m.DB()
	if err != nil {
		return nil, nil, err
	}
	store, err := sqlstore.Open(ctx, db, sqlstore.Config{Dialect: m.Dialect})
	if err != nil {
		_ = db.Close()
		return nil, nil, err
	}
	return store, func() { _ = store.Close(); _ = db.Close() }, nil //nolint:contextcheck // It is closed without one.
}

// Rows returns what a site has of update states, by client and update, with the
// numbers that [Full] and [Delta] give them.
func (m Medium) Rows(ctx context.Context) ([]Row, error) {
	db, err := m.DB()
	if err != nil {
		return nil, err
	}
	defer db.Close()
	// The ids ascend as the numbers do.
	return readRows(ctx, db, `SELECT DENSE_RANK() OVER (ORDER BY c.client), DENSE_RANK() OVER (ORDER BY u.unique_id),
		s.state, s.revision, s.serial, s.changed_us, s.received_s, s.life
		FROM update_states s JOIN clients c ON c.client_id = s.client_id JOIN updates u ON u.update_id = s.update_id
		ORDER BY c.client, u.unique_id`)
}

func readRows(ctx context.Context, db *sql.DB, query string) ([]Row, error) {
	found, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var all []Row
	for found.Next() {
		var r Row
		if err := found.Scan(&r[0], &r[1], &r[2], &r[3], &r[4], &r[5], &r[6], &r[7]); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, found.Err()
}

// series is a table n(i) of the numbers from 0.
func series(d sqlstore.Dialect, name string, n int) string {
	if d == sqlstore.PostgreSQL {
		return fmt.Sprintf("generate_series(0, %d) %s(i)", n-1, name)
	}
	return fmt.Sprintf("(WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i FROM n) %s", n-1, name)
}

// fillRows fills a table of states with what the reports of [Full] in round 0 bring.
func fillRows(ctx context.Context, m Medium, clients, updates int, before ...string) error {
	db, err := m.DB()
	if err != nil {
		return err
	}
	defer db.Close()
	fill := fmt.Sprintf(`INSERT INTO update_states (client_id, update_id, state, revision, serial, changed_us, received_s, life)
		SELECT c.i + 1, u.i + 1, 1 + u.i %% 3, %d, u.i + 1, %d, %d, 1 FROM %s CROSS JOIN %s ORDER BY c.i, u.i`,
		revision, Start().UnixMicro(), Start().Unix(), series(m.Dialect, "c", clients), series(m.Dialect, "u", updates))
	statements := append(before, fill)
	if m.Dialect == sqlstore.PostgreSQL {
		statements = append(statements, "VACUUM (FREEZE, ANALYZE) update_states", "ANALYZE")
	}
	for _, s := range statements {
		if _, err := db.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%.60s: %w", s, err)
		}
	}
	return nil
}

// FillBare fills the table of a [Bare].
func FillBare(ctx context.Context, m Medium, clients, updates int) error {
	return fillRows(ctx, m, clients, updates)
}

// FillSite makes an empty database that of a site which has the reports of [Full] in
// round 0 of so many clients about so many updates.
func FillSite(ctx context.Context, m Medium, clients, updates int) error {
	store, done, err := m.Open(ctx)
	if err != nil {
		return err
	}
	for from := 0; from < clients && err == nil; from += 1000 {
		var plans []site.Plan
		for c := from; c < min(from+1000, clients); c++ {
			plans = append(plans, site.Plan{At: Start(), Client: site.Client{
				ID: ClientID(c), Version: "4.00.6487.2000", NetBIOSName: netBIOSName(c), Life: 1, Highest: uint64(updates),
				FirstDate: Start(), LastDate: Start(), FirstHeard: Start(), LastHeard: Start(),
				Counts: site.Counts{Reports: 1, Messages: uint64(updates)},
			}})
		}
		err = store.Commit(ctx, plans, nil)
	}
	done()
	if err != nil {
		return err
	}
	hex := "printf('%012x', u.i)"
	if m.Dialect == sqlstore.PostgreSQL {
		hex = "lpad(to_hex(u.i), 12, '0')"
	}
	return fillRows(ctx, m, clients, updates, fmt.Sprintf("INSERT INTO updates (update_id, unique_id) SELECT u.i + 1, '%s' || %s FROM %s",
		updatePrefix, hex, series(m.Dialect, "u", updates)))
}
