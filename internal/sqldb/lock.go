package sqldb

import (
	"context"
	"fmt"
	"hash/fnv"
	"strings"
)

// Durable sees to it that the commits of a SQLite database survive a power-off.
func (s *Session) Durable(ctx context.Context) error {
	if err := s.Setting(ctx, "journal_mode", "WAL", ErrNotDurable, "wal"); err != nil {
		return err
	}
	// FULL syncs the log at each commit. Fullfsync is for macOS, where a sync
	// does not reach the disk; elsewhere it does nothing.
	for _, pragma := range []string{"synchronous", "fullfsync", "checkpoint_fullfsync"} {
		value, want := "ON", "1"
		if pragma == "synchronous" {
			value, want = "FULL", "2"
		}
		if err := s.Exec(ctx, "PRAGMA "+pragma+" = "+value); err != nil {
			return err
		}
		if err := s.Setting(ctx, pragma, "", ErrNotDurable, want); err != nil {
			return err
		}
	}
	// A large commit would leave a large log behind.
	_, err := s.Query(ctx, fmt.Sprintf("PRAGMA journal_size_limit = %d", 8<<20))
	return err
}

// Whole looks at the pages of a SQLite database and changes nothing.
func (s *Session) Whole(ctx context.Context) error {
	rows, err := s.Query(ctx, "PRAGMA quick_check(3)")
	if err != nil {
		return err
	}
	for _, row := range rows {
		if got := Text(row[0]); got != "ok" {
			return Fault(ErrDamaged, "pages", fmt.Sprintf("%.300s", got), "ok")
		}
	}
	return nil
}

// Setting sets a pragma, when value is not empty, and refuses the database when
// it is not what is wanted then.
func (s *Session) Setting(ctx context.Context, pragma, value string, refusal error, want string) error {
	query := "PRAGMA " + pragma
	if value != "" {
		query += " = " + value
	}
	got, err := s.One(ctx, query)
	if err != nil {
		return err
	}
	if !strings.EqualFold(got, want) {
		return Fault(refusal, "pragma "+pragma, got, want)
	}
	return nil
}

// LockKey is the key of an advisory lock: of a use of it, such as the path of a
// package, in a schema, and of something there.
func LockKey(use, schema, what string) int64 {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "updatescan %s\x00%s\x00%s", use, schema, what)
	return int64(h.Sum64())
}

// LockPostgreSQL sees to it that commits are durable and takes a lock for the
// session; see [LockKey]. Old is the server's process of the session before this
// one, 0 for none, which is ended if it holds the lock still.
func (s *Session) LockPostgreSQL(ctx context.Context, use, what string, old int64) error {
	fsync, err := s.One(ctx, "SHOW fsync")
	if err != nil {
		return err
	}
	if fsync != "on" {
		return Fault(ErrNotDurable, "fsync", fsync, "on")
	}
	commit, err := s.One(ctx, "SHOW synchronous_commit")
	if err != nil {
		return err
	}
	if commit == "off" {
		if err := s.Exec(ctx, "SET synchronous_commit = on"); err != nil {
			return err
		}
		if commit, err = s.One(ctx, "SHOW synchronous_commit"); err != nil {
			return err
		}
		if commit != "on" {
			return Fault(ErrNotDurable, "synchronous_commit", commit, "on")
		}
	}
	rows, err := s.Query(ctx, "SELECT current_schema(), CAST(pg_backend_pid() AS BIGINT)")
	if err != nil {
		return err
	}
	if len(rows) != 1 || rows[0][0] == nil {
		return Fault(ErrForeign, "search_path", "no schema", "one that exists")
	}
	s.Schema = Text(rows[0][0])
	s.PID, _ = rows[0][1].(int64)
	return s.lock(ctx, LockKey(use, s.Schema, what), old)
}

// lockTries is how often a lock is asked for that was given up meanwhile.
const lockTries = 5

// lock takes an advisory lock, from the session that this store had before if
// that still has it.
func (s *Session) lock(ctx context.Context, key, old int64) error {
	s.key = key
	for range lockTries {
		got, err := s.One(ctx, "SELECT pg_try_advisory_lock(?)", key)
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
		return Fault(ErrInUse, fmt.Sprintf("advisory lock %d", key), fmt.Sprintf("held by process %d of the server", holder), "none to hold it")
	}
	return Fault(ErrInUse, fmt.Sprintf("advisory lock %d", key), "others take and leave it", "none to hold it")
}

// Unlock gives up the lock of PostgreSQL, so that somebody else can have it before the
// server has noticed that the connection is closed. It takes at most [CommitWait].
func (s *Session) Unlock() {
	if s.Dialect != PostgreSQL {
		return // the lock goes with the connection
	}
	ctx, cancel := context.WithTimeout(context.Background(), CommitWait)
	defer cancel()
	_ = s.Exec(ctx, "SELECT pg_advisory_unlock(?)", s.key)
}

// holder returns the server's process that holds an advisory lock, 0 for none.
func (s *Session) holder(ctx context.Context, key int64) (int64, error) {
	rows, err := s.Query(ctx, `SELECT CAST(pid AS BIGINT) FROM pg_locks
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
func (s *Session) evict(ctx context.Context, key, pid int64) error {
	if _, err := s.Query(ctx, "SELECT pg_terminate_backend(CAST(? AS INTEGER))", pid); err != nil {
		return err
	}
	if err := s.Exec(ctx, "SET lock_timeout = '10s'"); err != nil {
		return err
	}
	if err := s.Exec(ctx, "SELECT pg_advisory_lock(?)", key); err != nil {
		if SQLState(err) == "55P03" { // lock_not_available
			return &Error{Fault: ErrInUse, Where: fmt.Sprintf("advisory lock %d", key), Err: err}
		}
		return err
	}
	return s.Exec(ctx, "RESET lock_timeout")
}
