package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Hold is what a store keeps of its hold on a database from one connection to the
// next: whose turn it is, its epoch, and why it is of no use any more. The zero Hold,
// and a nil one, is closed. Take is safe for concurrent use; the other methods are
// for the one whose turn it is, or who opens the store.
type Hold struct {
	// DB and Dialect are the database.
	DB      *sql.DB
	Dialect Dialect
	// Epoch is the number of the opening, by which it is noticed that somebody else
	// has opened the database since.
	Epoch int64

	turn  chan struct{} // holds one value, which the one at work has
	pid   int64         // PostgreSQL: the server's process of the last session
	files []Watched     // SQLite: the file itself
	over  error         // why the store is of no use any more
}

// NewHold returns a Hold whose turn is that of the caller, who opens the store.
func NewHold(db *sql.DB, d Dialect) *Hold {
	return &Hold{DB: db, Dialect: d, turn: make(chan struct{}, 1)}
}

// Connect gets a connection to the database that was opened.
func (h *Hold) Connect(ctx context.Context) (Session, error) {
	if err := errors.Join(ctx.Err(), InPlace(h.files)); err != nil {
		return Session{}, err
	}
	conn, err := h.DB.Conn(ctx)
	if err != nil {
		return Session{}, err
	}
	return Session{Conn: conn, Dialect: h.Dialect}, nil
}

// Last is the server's process of the session before, 0 for none; see
// [Session.LockPostgreSQL].
func (h *Hold) Last() int64 { return h.pid }

// Keep notes what the next session must know of one that has the lock.
func (h *Hold) Keep(s *Session) { h.pid, h.files = s.PID, s.Files[:min(len(s.Files), 1)] }

// Lost notes that somebody else has opened the database, and returns the error of
// that: in which table another epoch is, what was found there, and the driver's error,
// which may be nil.
func (h *Hold) Lost(table, found string, err error) error {
	h.over = ErrTakenOver
	return &Error{Fault: ErrTakenOver, Where: "table " + table, Found: found, Want: fmt.Sprintf("epoch %d", h.Epoch), Err: err}
}

// Over is why the store is of no use any more, nil if it is.
func (h *Hold) Over() error { return h.over }

// Take waits for the turn, which [Hold.Done] gives back. Its error is that of a call
// of a store: it is closed, was taken over, or ctx has ended.
func (h *Hold) Take(ctx context.Context, pkg, op string) error {
	if h == nil || h.turn == nil {
		return &Error{Package: pkg, Op: op, Fault: ErrClosed}
	}
	if err := ctx.Err(); err != nil {
		return &Error{Package: pkg, Op: op, Err: err}
	}
	select {
	case <-h.turn:
	case <-ctx.Done():
		return &Error{Package: pkg, Op: op, Err: ctx.Err()}
	}
	if h.over != nil {
		h.Done()
		return &Error{Package: pkg, Op: op, Fault: h.over}
	}
	return nil
}

// Done gives the turn back.
func (h *Hold) Done() { h.turn <- struct{}{} }

// End takes the turn for the last time and reports whether there is one to take: every
// Take after it is refused. The turn is to be given back all the same. It may be
// called again.
func (h *Hold) End() bool {
	if h == nil || h.turn == nil {
		return false
	}
	<-h.turn
	h.over = ErrClosed
	return true
}
