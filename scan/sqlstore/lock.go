package sqlstore

import (
	"context"
	"fmt"
	"hash/fnv"
	"strings"
)

// lockSQLite takes the lock of the file and inspects what is in it, before
// anything is changed; then it makes commits durable.
func lockSQLite(ctx context.Context, s *session, client string) error {
	if err := s.setting(ctx, "locking_mode", "EXCLUSIVE", ErrInUse, "exclusive"); err != nil {
		return err
	}
	if err := s.begin(ctx); err != nil {
		return err
	}
	err := examine(ctx, s, client)
	if !s.rollback(ctx, err) && err == nil {
		err = fault(ErrLost, "", "", "")
	}
	if err != nil {
		return err
	}
	if err := s.setting(ctx, "journal_mode", "WAL", ErrNotDurable, "wal"); err != nil {
		return err
	}
	// FULL syncs the log at each commit. Fullfsync is for macOS, where a sync
	// does not reach the disk; elsewhere it does nothing.
	for _, pragma := range []string{"synchronous", "fullfsync", "checkpoint_fullfsync"} {
		value, want := "ON", "1"
		if pragma == "synchronous" {
			value, want = "FULL", "2"
		}
		if err := s.exec(ctx, "PRAGMA "+pragma+" = "+value); err != nil {
			return err
		}
		if err := s.setting(ctx, pragma, "", ErrNotDurable, want); err != nil {
			return err
		}
	}
	// A large commit would leave a large log behind.
	_, err = s.query(ctx, fmt.Sprintf("PRAGMA journal_size_limit = %d", 8<<20))
	return err
}

// setting sets a pragma, when value is not empty, and refuses the database when
// it is not what is wanted then.
func (s *session) setting(ctx context.Context, pragma, value string, refusal error, want string) error {
	query := "PRAGMA " + pragma
	if value != "" {
		query += " = " + value
	}
	got, err := s.one(ctx, query)
	if err != nil {
		return err
	}
	if !strings.EqualFold(got, want) {
		return fault(refusal, "pragma "+pragma, got, want)
	}
	return nil
}

// examine looks at all of a SQLite database and changes nothing.
func examine(ctx context.Context, s *session, client string) error {
	rows, err := s.query(ctx, "PRAGMA quick_check(3)")
	if err != nil {
		return err
	}
	for _, row := range rows {
		if got := text(row[0]); got != "ok" {
			return fault(ErrDamaged, "pages", fmt.Sprintf("%.300s", got), "ok")
		}
	}
	n, err := inspect(ctx, s, client)
	if err != nil || n < version() {
		return err
	}
	_, _, err = readParts(ctx, s, client)
	return err
}

// lockKey is the key of an advisory lock: one a schema, when client is empty,
// and one a client.
func lockKey(schema, client string) int64 {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "updatescan scan/sqlstore\x00%s\x00%s", schema, client)
	return int64(h.Sum64())
}

// lockPostgreSQL sees to it that commits are durable and takes the lock of the
// client. Old is the server's process of the session before this one, 0 for
// none; see [session.evict].
func lockPostgreSQL(ctx context.Context, s *session, client string, old int64) error {
	fsync, err := s.one(ctx, "SHOW fsync")
	if err != nil {
		return err
	}
	if fsync != "on" {
		return fault(ErrNotDurable, "fsync", fsync, "on")
	}
	commit, err := s.one(ctx, "SHOW synchronous_commit")
	if err != nil {
		return err
	}
	if commit == "off" {
		if err := s.exec(ctx, "SET synchronous_commit = on"); err != nil {
			return err
		}
		if commit, err = s.one(ctx, "SHOW synchronous_commit"); err != nil {
			return err
		}
		if commit != "on" {
			return fault(ErrNotDurable, "synchronous_commit", commit, "on")
		}
	}
	rows, err := s.query(ctx, "SELECT current_schema(), CAST(pg_backend_pid() AS BIGINT)")
	if err != nil {
		return err
	}
	if len(rows) != 1 || rows[0][0] == nil {
		return fault(ErrForeign, "search_path", "no schema", "one that exists")
	}
	s.schema = text(rows[0][0])
	s.pid, _ = rows[0][1].(int64)
	return s.lock(ctx, lockKey(s.schema, client), old)
}

// lockTries is how often a lock is asked for that was given up meanwhile.
const lockTries = 5

// lock takes an advisory lock, from the session that this store had before if
// that still has it.
func (s *session) lock(ctx context.Context, key, old int64) error {
	for range lockTries {
		got, err := s.one(ctx, "SELECT pg_try_advisory_lock(?)", key)
		if err != nil || got == "true" {
			return err
		}
		holder, err := s.holder(ctx, key)
		if err != nil {
			return err
		}
		if holder == 0 {
			continue // just given up
		}
		if holder == old {
			return s.evict(ctx, key, old)
		}
		return fault(ErrInUse, fmt.Sprintf("advisory lock %d", key), fmt.Sprintf("held by process %d of the server", holder), "none to hold it")
	}
	return fault(ErrInUse, fmt.Sprintf("advisory lock %d", key), "others take and leave it", "none to hold it")
}

// holder returns the server's process that holds an advisory lock, 0 for none.
func (s *session) holder(ctx context.Context, key int64) (int64, error) {
	rows, err := s.query(ctx, `SELECT CAST(pid AS BIGINT) FROM pg_locks
		WHERE locktype = 'advisory' AND granted AND objsubid = 1
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
		AND CAST(classid AS BIGINT) = ? AND CAST(objid AS BIGINT) = ?`, int64(uint64(key)>>32), key&0xffffffff)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	pid, _ := rows[0][0].(int64)
	return pid, nil
}

// evict ends the session that this store had before: its connection is broken,
// and the server has not noticed.
func (s *session) evict(ctx context.Context, key, pid int64) error {
	if _, err := s.query(ctx, "SELECT pg_terminate_backend(CAST(? AS INTEGER))", pid); err != nil {
		return err
	}
	if err := s.exec(ctx, "SET lock_timeout = '10s'"); err != nil {
		return err
	}
	if err := s.exec(ctx, "SELECT pg_advisory_lock(?)", key); err != nil {
		if sqlState(err) == "55P03" { // lock_not_available
			return &Error{Fault: ErrInUse, Where: fmt.Sprintf("advisory lock %d", key), Err: err}
		}
		return err
	}
	return s.exec(ctx, "RESET lock_timeout")
}
