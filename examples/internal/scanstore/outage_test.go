package scanstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/updatescan/updatescan/examples/internal/sqltest"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/scan/sqlstore"
)

// TestFull commits more than there is room for.
func TestFull(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-9")
	m := newMedium(t, sqlstore.SQLite)
	db := sqltest.OpenSQLite(t, m.Path+"?_pragma=max_page_count(40)")
	s, err := sqlstore.Open(t.Context(), db, m.config())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Commit(t.Context(), parts(1)); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		list := parts(2)
		list[scan.PartMetadata-1].Data = make([]byte, 1<<20)
		err := s.Commit(t.Context(), list)
		if e, ok := errors.AsType[*sqlstore.Error](err); !ok || !errors.Is(err, sqlstore.ErrNoSpace) || e.Err == nil {
			t.Fatalf("Commit = %v, want ErrNoSpace and the driver's error", err)
		}
		holds(t, s, 1)
	}
	if err := s.Commit(t.Context(), parts(3)); err != nil {
		t.Fatal(err)
	}
	holds(t, s, 3)
}

// TestFileGone deletes, moves and replaces the file of an open store.
func TestFileGone(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-9")
	m := newMedium(t, sqlstore.SQLite)
	s := m.open(t)
	if err := s.Commit(t.Context(), parts(1)); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{m.Path, m.Path + "-wal"} {
		rename(t, file, m.Path+".away")
		gone(t, s)
		write(t, file, nil) // another file
		gone(t, s)
		rename(t, m.Path+".away", file) // the file again
		holds(t, s, 1)
	}
	if err := s.Commit(t.Context(), parts(2)); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(m.Path); err != nil {
		t.Fatal(err)
	}
	gone(t, s)
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Skipf("SKIPPED: this system does not move open files: %v", err)
	}
}

// gone checks that nothing can be done with a store whose file is gone.
func gone(t *testing.T, s *sqlstore.Store) {
	t.Helper()
	if err := s.Commit(t.Context(), parts(9)); !errors.Is(err, sqlstore.ErrGone) {
		t.Errorf("Commit = %v, want ErrGone", err)
	}
	if _, err := s.Load(t.Context()); !errors.Is(err, sqlstore.ErrGone) {
		t.Errorf("Load = %v, want ErrGone", err)
	}
}

// TestSessionEnds ends the session of a store, as an administrator or a restart
// of the server does.
func TestSessionEnds(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-9")
	m := newMedium(t, sqlstore.PostgreSQL)
	s := m.open(t)
	if err := s.Commit(t.Context(), parts(1)); err != nil {
		t.Fatal(err)
	}
	kick(t, m)
	if err := s.Commit(t.Context(), parts(2)); !errors.Is(err, sqlstore.ErrLost) {
		t.Errorf("Commit = %v, want ErrLost", err)
	}
	if err := s.Commit(t.Context(), parts(2)); !errors.Is(err, sqlstore.ErrLost) {
		t.Errorf("Commit before a Load = %v, want ErrLost", err)
	}
	holds(t, s, 1)
	if err := s.Commit(t.Context(), parts(3)); err != nil {
		t.Fatal(err)
	}
	kick(t, m)
	if _, err := s.Load(t.Context()); err == nil {
		t.Error("Load = nil in a session that has ended")
	}
	holds(t, s, 3)

	// Somebody else opens it meanwhile.
	kick(t, m)
	other := reopen(t, m)
	if err := other.Commit(t.Context(), parts(4)); err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(t.Context(), parts(5)); !errors.Is(err, sqlstore.ErrLost) {
		t.Errorf("Commit = %v, want ErrLost", err)
	}
	if _, err := s.Load(t.Context()); !errors.Is(err, sqlstore.ErrInUse) {
		t.Errorf("Load = %v, want ErrInUse", err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := s.Load(t.Context()); !errors.Is(err, sqlstore.ErrTakenOver) {
			t.Errorf("Load = %v, want ErrTakenOver", err)
		}
	}
}

// kick ends the session that holds the client's lock, and waits until it has
// ended.
func kick(t *testing.T, m medium) {
	t.Helper()
	db := m.DB(t)
	rows, err := db.QueryContext(t.Context(), `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted
		AND classid::bigint = ($1::bigint >> 32) & 4294967295 AND objid::bigint = $1::bigint & 4294967295`, m.lockKey(t))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var pids []int
	for rows.Next() {
		var pid int
		if err := rows.Scan(&pid); err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	if len(pids) != 1 {
		t.Fatalf("%d sessions hold the lock, want one", len(pids))
	}
	if _, err := db.ExecContext(t.Context(), `SELECT pg_terminate_backend($1, 10000)`, pids[0]); err != nil {
		t.Fatal(err)
	}
}

// lockKey is the key that a second Open names.
func (m medium) lockKey(t *testing.T) (key int64) {
	t.Helper()
	e := refused(t, m, sqlstore.ErrInUse)
	if _, err := fmt.Sscanf(e.Where, "advisory lock %d", &key); err != nil {
		t.Fatal(err)
	}
	return key
}

// wire is a line to the server that can be cut.
type wire struct {
	to       string
	listener net.Listener

	frozen   atomic.Bool // what passes is swallowed from now on
	atCommit atomic.Int32
	mu       sync.Mutex
	open     []net.Conn
}

// What becomes of a connection that sends a COMMIT.
const (
	cutNever = iota
	cutBefore
	cutAfter
)

// newWire returns the line and the DSN through it.
func newWire(t *testing.T, dsn string) (*wire, string) {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{to: u.Host}
	if w.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil { //nolint:noctx // it is closed below
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = w.listener.Close()
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, c := range w.open {
			_ = c.Close()
		}
	})
	go w.accept()
	u.Host = w.listener.Addr().String()
	return w, u.String()
}

func (w *wire) accept() {
	for {
		near, err := w.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", w.to) //nolint:noctx // loopback
		if err != nil {
			_ = near.Close()
			continue
		}
		w.mu.Lock()
		w.open = append(w.open, near, far)
		w.mu.Unlock()
		frozen := new(atomic.Bool)
		go w.pass(near, far, frozen)
		go w.pass(far, near, frozen)
	}
}

// pass passes on what comes in, until the line is frozen: from then on nothing
// gets through, and neither side is told.
func (w *wire) pass(from, to net.Conn, frozen *atomic.Bool) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if w.frozen.Load() {
			frozen.Store(true)
		}
		if frozen.Load() {
			if err != nil {
				return
			}
			continue
		}
		commit := bytes.Contains(buf[:n], []byte("COMMIT\x00"))
		if commit && w.atCommit.CompareAndSwap(cutBefore, cutNever) {
			frozen.Store(true)
			_ = from.Close()
			return
		}
		if _, werr := to.Write(buf[:n]); err != nil || werr != nil {
			if errors.Is(err, io.EOF) {
				_ = to.Close()
			}
			return
		}
		if commit && w.atCommit.CompareAndSwap(cutAfter, cutNever) {
			frozen.Store(true)
			_ = from.Close()
			return
		}
	}
}

// TestPartition cuts the line without either side being told: the server goes
// on holding the lock for a session that nobody uses.
func TestPartition(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-9")
	m := newMedium(t, sqlstore.PostgreSQL)
	w, dsn := newWire(t, m.DSN)
	s := medium{sqltest.Medium{Dialect: m.Dialect, DSN: dsn}}.open(t)
	if err := s.Commit(t.Context(), parts(1)); err != nil {
		t.Fatal(err)
	}
	w.frozen.Store(true)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.Commit(ctx, parts(2)); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, sqlstore.ErrLost) {
		t.Errorf("Commit = %v, want the end of the context and ErrLost", err)
	}
	w.frozen.Store(false) // for new connections
	refused(t, m, sqlstore.ErrInUse)
	holds(t, s, 1) // it has ended its own old session
	if err := s.Commit(t.Context(), parts(3)); err != nil {
		t.Fatal(err)
	}
	holds(t, s, 3)
}

// TestInDoubt loses the line in the middle of a COMMIT.
func TestInDoubt(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-9")
	for _, tt := range []struct {
		name string
		cut  int32
		want byte
	}{
		{"before the server has it", cutBefore, 1},
		{"after the server has it", cutAfter, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := newMedium(t, sqlstore.PostgreSQL)
			w, dsn := newWire(t, m.DSN)
			s := medium{sqltest.Medium{Dialect: m.Dialect, DSN: dsn}}.open(t)
			if err := s.Commit(t.Context(), parts(1)); err != nil {
				t.Fatal(err)
			}
			w.atCommit.Store(tt.cut)
			if err := s.Commit(t.Context(), parts(2)); !errors.Is(err, sqlstore.ErrInDoubt) {
				t.Fatalf("Commit = %v, want ErrInDoubt", err)
			}
			holds(t, s, tt.want)
		})
	}
}

// TestManyClients lets several clients share the tables of PostgreSQL.
func TestManyClients(t *testing.T) {
	t.Parallel()
	m := newMedium(t, sqlstore.PostgreSQL)
	db := m.DB(t)
	var all sync.WaitGroup
	for _, name := range []string{"a", "b", "c", "d", "A", "a ", "é"} {
		all.Go(func() { // they find no tables, all at once
			s, err := sqlstore.Open(t.Context(), db, sqlstore.Config{Dialect: m.Dialect, Client: name})
			if err != nil {
				t.Errorf("Open of client %q = %v", name, err)
				return
			}
			defer s.Close()
			for range 5 {
				if err := s.Commit(t.Context(), []scan.Blob{{Part: scan.PartOutbox, Data: []byte(name)}}); err != nil {
					t.Error(err)
				}
			}
			got, err := s.Load(t.Context())
			if err != nil || len(got) != 1 || string(got[0].Data) != name {
				t.Errorf("client %q has %q, %v", name, got, err)
			}
		})
	}
	all.Wait()
}
