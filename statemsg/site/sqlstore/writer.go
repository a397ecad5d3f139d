package sqlstore

import (
	"context"
	"fmt"

	"github.com/updatescan/updatescan/internal/sqldb"
)

// Settings of the connection of a SQLite database that writes.
const (
	cacheKiB = 128 << 10
	// pageBytes is the size of a page of a new database: a larger one makes fewer
	// writes of the changes of many clients.
	pageBytes = 8192
	// checkpointPages is how long the log grows before its pages are written back:
	// those that changed several times are written once.
	checkpointPages = 16384
	// busyMillis is how long somebody else's lock is waited for.
	busyMillis = 5000
	// wholeBytes is the largest database whose pages are all looked at when it is
	// opened.
	wholeBytes = 64 << 20
)

// writer is the connection that holds the lock of a site and writes, with the
// statements that it has prepared.
type writer struct {
	sqldb.Session

	rows rowWriter
}

// discard closes the connection and its statements, which would hold a SQLite
// database open. It may be called again.
func (w *writer) discard() {
	for query, st := range w.rows.statements {
		st.Close()
		delete(w.rows.statements, query)
	}
	w.Discard()
}

// lockPostgreSQL takes the advisory lock of a site, whose key is made of the schema.
func (w *writer) lockPostgreSQL(ctx context.Context, old int64) error {
	encoding, err := w.One(ctx, "SHOW server_encoding")
	if err != nil {
		return err
	}
	if encoding != "UTF8" {
		return fault(ErrForeign, "server_encoding", encoding, "UTF8")
	}
	return w.LockPostgreSQL(ctx, pkg, "", old)
}

// lockSQLite looks at the database before anything is changed, takes the lock of
// the site and makes commits durable.
//
// The lock is that of a second database, beside the first and with "-lock" after
// its name, that is in locking_mode EXCLUSIVE: so others can read the first one.
func (w *writer) lockSQLite(ctx context.Context) error {
	if err := w.examine(ctx); err != nil {
		return err
	}
	rows, err := w.Query(ctx, "PRAGMA database_list") // number, name, path
	if err != nil {
		return err
	}
	path := ""
	for _, row := range rows {
		if len(row) >= 3 && sqldb.Text(row[1]) == "main" {
			path = sqldb.Text(row[2])
		}
	}
	if path == "" {
		return fault(ErrNotDurable, "database", "none in a file", "a file")
	}
	// Who finds it taken does not wait.
	if err := w.Exec(ctx, "PRAGMA busy_timeout = 0"); err != nil {
		return err
	}
	if err := w.Exec(ctx, "ATTACH DATABASE ? AS site_lock", path+"-lock"); err != nil {
		return err
	}
	if err := w.Setting(ctx, "site_lock.locking_mode", "EXCLUSIVE", ErrInUse, "exclusive"); err != nil {
		return err
	}
	if _, err := w.Query(ctx, "PRAGMA site_lock.journal_mode = OFF"); err != nil {
		return err
	}
	// A write takes the lock, and in this mode it is kept.
	for _, statement := range []string{
		"CREATE TABLE IF NOT EXISTS site_lock.holder (id INTEGER PRIMARY KEY, opened INTEGER NOT NULL)",
		"INSERT INTO site_lock.holder (id, opened) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET opened = opened + 1",
		fmt.Sprintf("PRAGMA busy_timeout = %d", busyMillis),
	} {
		if err := w.Exec(ctx, statement); err != nil {
			return err
		}
	}
	// It takes effect in a new database only.
	if err := w.Exec(ctx, fmt.Sprintf("PRAGMA main.page_size = %d", pageBytes)); err != nil {
		return err
	}
	if err := w.Durable(ctx); err != nil {
		return err
	}
	for _, pragma := range []string{
		fmt.Sprintf("PRAGMA cache_size = -%d", cacheKiB),
		fmt.Sprintf("PRAGMA wal_autocheckpoint = %d", checkpointPages),
		fmt.Sprintf("PRAGMA journal_size_limit = %d", checkpointPages*pageBytes),
	} {
		if _, err := w.Query(ctx, pragma); err != nil {
			return err
		}
	}
	return nil
}

// examine looks at a SQLite database and changes nothing.
func (w *writer) examine(ctx context.Context) error {
	if err := w.Exec(ctx, fmt.Sprintf("PRAGMA busy_timeout = %d", busyMillis)); err != nil {
		return err
	}
	rows, err := w.Query(ctx, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
	if err != nil {
		return err
	}
	if n, ok := rows[0][0].(int64); ok && n <= wholeBytes {
		if err := w.Whole(ctx); err != nil {
			return err
		}
	}
	_, err = schema.Inspect(ctx, &w.Session)
	return err
}
