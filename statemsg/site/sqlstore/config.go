package sqlstore

import (
	"context"
	"fmt"
	"iter"

	"github.com/updatescan/updatescan/internal/sqldb"
)

// CommitWait is how long a COMMIT that was sent is waited for when its context
// has ended.
const CommitWait = sqldb.CommitWait

// Config says what database it is.
type Config struct {
	// Dialect is that of the database. It is required.
	Dialect Dialect
}

// ErrUnknownDialect is what the error of an unknown dialect's text or number
// wraps.
var ErrUnknownDialect = sqldb.ErrUnknownDialect

// Dialect is the kind of a database. The zero value is invalid. It has the text
// forms "sqlite" and "postgresql".
type Dialect = sqldb.Dialect

const (
	// SQLite is SQLite 3.38 or later, in a file.
	SQLite = sqldb.SQLite
	// PostgreSQL is PostgreSQL 12 or later, with an encoding of UTF8.
	PostgreSQL = sqldb.PostgreSQL
)

// Dialects iterates over the dialects in the order of their numbers.
func Dialects() iter.Seq[Dialect] { return sqldb.Dialects() }

// ParseDialect parses a dialect's text form, exactly. The error wraps
// [ErrUnknownDialect].
func ParseDialect(s string) (Dialect, error) { return sqldb.ParseDialect(s) }

// ConfigError is the refusal of a configuration.
type ConfigError struct {
	// Field is the field of Config, or "db".
	Field string
	// Value is its value, as text, and Want what is allowed.
	Value, Want string
}

// Error implements error.
func (e *ConfigError) Error() string {
	return fmt.Sprintf("site/sqlstore: config: %s: %s, want %s", e.Field, e.Value, e.Want)
}

// What an [Error] may wrap.
var (
	// ErrInUse means that a site has the database open already, in this process
	// or in another one, or that somebody else has locked it for too long.
	ErrInUse = sqldb.ErrInUse
	// ErrTakenOver means that another site has opened the database since. This
	// store is of no use any more, and nothing was written.
	ErrTakenOver = sqldb.ErrTakenOver
	// ErrNewer means that the tables are of a later version than this package
	// knows.
	ErrNewer = sqldb.ErrNewer
	// ErrForeign means that it is no database of a site.
	ErrForeign = sqldb.ErrForeign
	// ErrDamaged means that what is stored is not what was stored.
	ErrDamaged = sqldb.ErrDamaged
	// ErrNotDurable means that the database cannot keep a commit over a
	// power-off.
	ErrNotDurable = sqldb.ErrNotDurable
	// ErrGone means that the file of the database was deleted or replaced.
	ErrGone = sqldb.ErrGone
	// ErrNoSpace means that the disk, or the database, is full.
	ErrNoSpace = sqldb.ErrNoSpace
	// ErrLost means that the connection was lost; the next call connects again.
	ErrLost = sqldb.ErrLost
	// ErrInDoubt means that the connection was lost in the middle of a COMMIT,
	// so that it may have taken place or not.
	ErrInDoubt = sqldb.ErrInDoubt
	// ErrClosed means that the store was closed, or was not made by [Open].
	ErrClosed = sqldb.ErrClosed
)

// Error is an error of a [Store]: what was to be done (Op), one of the errors of
// this package (Fault, nil for a failure that only the driver can tell of), where,
// what was found and what was expected there (Where, Found and Want, which may be
// empty), and the error of the driver or the context (Err, which may be nil). It
// wraps Fault and Err.
type Error = sqldb.Error

// pkg is the package in the text of an [Error], and the use of its locks.
const pkg = "site/sqlstore"

// fault is an error of what was found in the database.
func fault(sentinel error, where, found, want string) error {
	return sqldb.Fault(sentinel, where, found, want)
}

// failed makes an error of a call an [*Error].
func failed(ctx context.Context, op string, err error) error {
	return sqldb.Failed(ctx, pkg, op, err)
}
