package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
)

// What an [Error] may wrap.
var (
	// ErrInUse means that the database is open already, in this process or in
	// another one.
	ErrInUse = errors.New("the database is in use")
	// ErrTakenOver means that somebody has opened the database since. This store is of no use any more, and nothing was written.
	ErrTakenOver = errors.New("the database was opened by somebody else since")
	// ErrNewer means that the tables are of a later version than this package
	// knows.
	ErrNewer = errors.New("the database is of a newer version")
	// ErrForeign means that the database holds something else, or what belongs
	// to somebody else.
	ErrForeign = errors.New("the database is somebody else's")
	// ErrDamaged means that what is stored is not what was stored.
	ErrDamaged = errors.New("the database is damaged")
	// ErrNotDurable means that the database cannot keep a commit over a
	// power-off.
	ErrNotDurable = errors.New("commits to the database are not durable")
	// ErrGone means that the file of the database was deleted or replaced.
	ErrGone = errors.New("the file of the database is gone")
	// ErrNoSpace means that the disk, or the database, is full.
	ErrNoSpace = errors.New("the disk is full")
	// ErrLost means that the connection was lost.
	ErrLost = errors.New("the connection to the database was lost")
	// ErrInDoubt means that the connection was lost in the middle of a COMMIT,
	// so that it may have taken place or not.
	ErrInDoubt = errors.New("whether the commit took place is not known")
	// ErrClosed means that the store was closed, or was never opened.
	ErrClosed = errors.New("the store is closed")
)

// Error is an error of a store.
type Error struct {
	// Package is that of the store, such as "scan/sqlstore".
	Package string
	// Op is what was to be done, such as "open", "load" or "commit".
	Op string
	// Fault is one of the errors of this package, or nil for a failure that
	// only the driver can tell of.
	Fault error
	// Where is the place in the database, such as `part outbox`; it may be
	// empty, as the next two.
	Where string
	// Found is what is there, and Want what was expected.
	Found, Want string
	// Err is the error of the driver or the context; it may be nil.
	Err error
}

// Error implements error.
func (e *Error) Error() string {
	text := []string{e.Package, e.Op}
	if e.Fault != nil {
		text = append(text, e.Fault.Error())
	}
	if e.Where != "" {
		text = append(text, e.Where)
	}
	if e.Found != "" {
		found := e.Found
		if e.Want != "" {
			found += ", want " + e.Want
		}
		text = append(text, found)
	}
	if e.Err != nil {
		text = append(text, e.Err.Error())
	}
	return strings.Join(text, ": ")
}

// Unwrap returns Fault and Err, those that are there.
func (e *Error) Unwrap() []error {
	var list []error
	for _, err := range []error{e.Fault, e.Err} {
		if err != nil {
			list = append(list, err)
		}
	}
	return list
}

// Fault is an error of what was found in the database.
func Fault(sentinel error, where, found, want string) error {
	return &Error{Fault: sentinel, Where: where, Found: found, Want: want}
}

// Failed makes an error of a call an [*Error]: with the package and the operation,
// with what it means where the driver's error tells, and with the error of a
// context that has ended.
func Failed(ctx context.Context, pkg, op string, err error) *Error {
	e := &Error{Package: pkg, Op: op, Err: err, Fault: meaning(err)}
	if inner, ok := errors.AsType[*Error](err); ok {
		if error(inner) == err { //nolint:errorlint // not one that is wrapped
			*e = *inner
			e.Package, e.Op = pkg, op
			return e
		}
		e.Fault = inner.Fault
	}
	if ended := ctx.Err(); ended != nil && !errors.Is(err, ended) {
		e.Err = errors.Join(ended, err)
	}
	return e
}

// Result codes of SQLite.
const (
	codeBusy    = 5
	codeLocked  = 6
	codeCorrupt = 11
	codeFull    = 13
	codeNotADB  = 26
)

// sqliteTexts are the texts of those codes, which SQLite has never changed, for
// drivers whose errors have no method for the code.
var sqliteTexts = map[string]int{
	"database is locked":                codeBusy,
	"database table is locked":          codeLocked,
	"database disk image is malformed":  codeCorrupt,
	"database or disk is full":          codeFull,
	"file is not a database":            codeNotADB,
	"file is encrypted or is not a dat": codeNotADB,
}

// sqliteCode is the primary result code of an error of SQLite, 0 for another.
func sqliteCode(err error) int {
	if coded, ok := errors.AsType[interface {
		error
		Code() int
	}](err); ok {
		return coded.Code() & 0xff
	}
	for text, code := range sqliteTexts {
		if strings.Contains(err.Error(), text) {
			return code
		}
	}
	return 0
}

// SQLState is the code of an error that a PostgreSQL server has sent, empty for
// another.
func SQLState(err error) string {
	if e, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err); ok {
		return e.SQLState()
	}
	return ""
}

// meaning is the error of this package that an error of a driver stands for, nil
// for most.
func meaning(err error) error {
	if gone(err) {
		return ErrLost
	}
	if state := SQLState(err); state != "" {
		if state == "53100" { // disk_full
			return ErrNoSpace
		}
		if state == "XX001" || state == "XX002" { // data_corrupted, index_corrupted
			return ErrDamaged
		}
		return nil
	}
	code := sqliteCode(err)
	if code == codeBusy || code == codeLocked {
		return ErrInUse
	}
	if code == codeCorrupt {
		return ErrDamaged
	}
	if code == codeNotADB {
		return ErrForeign
	}
	if code == codeFull {
		return ErrNoSpace
	}
	return nil
}

// gone reports whether an error says that the connection is of no use any more.
func gone(err error) bool {
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone)
}
