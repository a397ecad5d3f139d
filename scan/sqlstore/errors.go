package sqlstore

import (
	"context"

	"github.com/updatescan/updatescan/internal/sqldb"
)

// What an [Error] may wrap.
var (
	// ErrInUse means that the client's database is open already, in this
	// process or in another one.
	ErrInUse = sqldb.ErrInUse
	// ErrTakenOver means that somebody has opened the client's database since.
	// This store is of no use any more, and nothing was written.
	ErrTakenOver = sqldb.ErrTakenOver
	// ErrNewer means that the tables are of a later version than this package
	// knows.
	ErrNewer = sqldb.ErrNewer
	// ErrForeign means that it is no database of a client, or one of another
	// client.
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
	// ErrLost means that the connection was lost before; Load connects again.
	ErrLost = sqldb.ErrLost
	// ErrInDoubt means that the connection was lost in the middle of a COMMIT;
	// Load tells whether it took place.
	ErrInDoubt = sqldb.ErrInDoubt
	// ErrClosed means that the store was closed, or was not made by [Open].
	ErrClosed = sqldb.ErrClosed
)

// Error is an error of a [Store]: what was to be done (Op: "open", "load" or
// "commit"), one of the errors of this package (Fault, nil for a failure that only
// the driver can tell of), where, what was found and what was expected there (Where,
// Found and Want, which may be empty), and the error of the driver or the context
// (Err, which may be nil). It wraps Fault and Err.
type Error = sqldb.Error

// pkg is the package in the text of an [Error].
const pkg = "scan/sqlstore"

// fault is an error of what was found in the database.
func fault(sentinel error, where, found, want string) error {
	return sqldb.Fault(sentinel, where, found, want)
}

// failed makes an error of a call an [*Error].
func failed(ctx context.Context, op string, err error) *Error {
	return sqldb.Failed(ctx, pkg, op, err)
}
