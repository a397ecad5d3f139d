package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/updatescan/updatescan/internal/sqldb"
	"github.com/updatescan/updatescan/statemsg/site"
)

// Store is a [site.Store] and a [site.Reader] in a database. Use [Open]: the zero
// Store is closed. It is safe for concurrent use: what belongs to [site.Store] one
// call at a time, and readers beside it.
type Store struct {
	d      Dialect
	hold   *sqldb.Hold
	w      *writer // nil while there is no connection
	closed atomic.Bool

	clients, updates names
	ids              []int64 // of the updates of the commit at work
	counts           counts
}

var (
	_ site.Store     = (*Store)(nil)
	_ site.Forgetter = (*Store)(nil)
	_ site.Reader    = (*Store)(nil)
)

// Open opens the database of a site and holds it until [Store.Close]. A database
// that is empty is given its tables, an older one is migrated. The error is a
// [*ConfigError] or an [*Error], and then nothing is changed but that a SQLite
// file that did not exist exists, and the file of its lock.
//
// The store keeps one connection of db for itself, and takes one more for each
// [site.Reader] call; so db must allow two at least. The caller closes db, after the
// store.
func Open(ctx context.Context, db *sql.DB, cfg Config) (*Store, error) {
	if !cfg.Dialect.Valid() {
		return nil, &ConfigError{Field: "Dialect", Value: cfg.Dialect.String(), Want: "SQLite or PostgreSQL"}
	}
	if db == nil {
		return nil, &ConfigError{Field: "db", Value: "nil", Want: "a database"}
	}
	if n := db.Stats().MaxOpenConnections; n == 1 {
		return nil, &ConfigError{Field: "db", Value: "at most one connection", Want: "two or more"}
	}
	s := &Store{d: cfg.Dialect, hold: sqldb.NewHold(db, cfg.Dialect)}
	if err := s.connect(ctx, true); err != nil {
		return nil, failed(ctx, "open", err)
	}
	s.hold.Done()
	return s, nil
}

// connect gets a connection and the lock. The first time it migrates the database
// and raises the epoch, and later it requires that the epoch is still the same.
func (s *Store) connect(ctx context.Context, first bool) error {
	conn, err := s.hold.Connect(ctx)
	if err != nil {
		return err
	}
	w := &writer{Session: conn}
	if err := s.enter(ctx, w, first); err != nil {
		w.discard()
		return err
	}
	s.w = w
	s.hold.Keep(&w.Session)
	return nil
}

// enter takes the lock, looks at the database, and claims it.
func (s *Store) enter(ctx context.Context, w *writer, first bool) error {
	var err error
	if s.d == PostgreSQL {
		err = w.lockPostgreSQL(ctx, s.hold.Last())
	} else {
		err = w.lockSQLite(ctx)
	}
	if err == nil {
		err = w.Begin(ctx, "IMMEDIATE")
	}
	if err == nil && first {
		err = s.claim(ctx, w)
	}
	if err == nil {
		err = s.restore(ctx, w)
	}
	if err == nil {
		err = w.Commit(ctx)
	}
	if err == nil && s.d == SQLite {
		err = w.Watch(ctx)
	}
	return err // a transaction that is open ends with the connection
}

// claim migrates the database and raises the epoch.
func (s *Store) claim(ctx context.Context, w *writer) error {
	n, err := schema.Inspect(ctx, &w.Session)
	if err != nil {
		return err
	}
	if err := schema.Migrate(ctx, &w.Session, n); err != nil {
		return err
	}
	rows, err := w.Query(ctx, `UPDATE site SET epoch = epoch + 1 WHERE id = 1 RETURNING epoch`)
	if err != nil {
		return err
	}
	if len(rows) != 1 {
		return fault(ErrDamaged, "table site", fmt.Sprintf("%d rows", len(rows)), "one")
	}
	var ok bool
	if s.hold.Epoch, ok = rows[0][0].(int64); !ok || s.hold.Epoch < 1 {
		return fault(ErrDamaged, "table site, column epoch", fmt.Sprint(rows[0][0]), "a number")
	}
	return nil
}

// restore checks the epoch and finds out which numbers are free.
func (s *Store) restore(ctx context.Context, w *writer) error {
	rows, err := w.Query(ctx, `SELECT epoch, COALESCE((SELECT MAX(client_id) FROM clients), 0) + 1,
		COALESCE((SELECT MAX(update_id) FROM updates), 0) + 1 FROM site WHERE id = 1`)
	if err != nil {
		return err
	}
	if len(rows) != 1 {
		return fault(ErrDamaged, "table site", fmt.Sprintf("%d rows", len(rows)), "one")
	}
	c := columns{values: rows[0], where: "tables site, clients, updates"}
	epoch := c.number(0, 1<<62)
	s.clients, s.updates = names{next: c.number(1, maxID)}, names{next: c.number(1, maxID)}
	if c.err != nil {
		return c.err
	}
	if epoch != s.hold.Epoch {
		return s.hold.Lost("site", fmt.Sprintf("epoch %d", epoch), nil)
	}
	return nil
}

// maxID is the highest number of a client or an update.
const maxID = 1<<31 - 1

// take waits for the store's turn and sees to it that there is a connection.
func (s *Store) take(ctx context.Context, op string) error {
	if s == nil {
		return (*sqldb.Hold)(nil).Take(ctx, pkg, op)
	}
	if err := s.hold.Take(ctx, pkg, op); err != nil {
		return err
	}
	if s.w == nil {
		if err := s.connect(ctx, false); err != nil {
			s.hold.Done()
			return failed(ctx, op, err)
		}
	}
	return nil
}

// drop gives up the connection, and what is remembered beside it.
func (s *Store) drop() {
	if s.w != nil {
		s.w.discard()
	}
	s.w = nil
}

// Close gives the database up, once the call that is at work has ended. Every
// call after it is refused with [ErrClosed], and a second Close does nothing. Its
// error is always nil; that of a database/sql connection is not told to us.
func (s *Store) Close() error {
	if s == nil || !s.hold.End() {
		return nil
	}
	defer s.hold.Done()
	s.closed.Store(true)
	if s.w != nil {
		s.w.Unlock()
	}
	s.drop()
	return nil
}

// fail gives up the connection if it cannot be used after an error, and makes it an
// [*Error]. The one at work calls it.
func (s *Store) fail(ctx context.Context, op string, err error, inTransaction bool) error {
	usable := s.w.Alive(err) && s.hold.Over() == nil && !errors.Is(err, ErrInDoubt)
	if usable && inTransaction {
		usable = s.w.Rollback(ctx, err)
	}
	if usable && s.d == PostgreSQL && ctx.Err() != nil {
		usable = false // the driver may have closed it
	}
	if !usable {
		s.drop()
	}
	return failed(ctx, op, err)
}
