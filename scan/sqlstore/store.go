package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/updatescan/updatescan/internal/sqldb"
	"github.com/updatescan/updatescan/scan"
)

// Store is a [scan.Storage] in a database. Use [Open]: the zero Store is closed.
// It is safe for concurrent use, one call at a time; a call that waits for
// another one ends with its context.
type Store struct {
	cfg     Config
	hold    *sqldb.Hold
	session *session // nil while there is no connection
}

var _ scan.Storage = (*Store)(nil)

// Open opens the state of a client in a database and holds it until
// [Store.Close]. A database that is empty is given its tables, an older one is
// migrated. The error is a [*scan.ConfigError] or an [*Error], and then what is
// stored is as it was. A SQLite file that did not exist may then exist, and one
// whose migration failed be in WAL mode.
//
// The store keeps one connection of db for itself; in SQLite no other can do
// anything meanwhile. The caller closes db, after the store. The database must
// let at least one more connection be open than are in use, or Open waits for
// one.
func Open(ctx context.Context, db *sql.DB, cfg Config) (*Store, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	if db == nil {
		return nil, &scan.ConfigError{Field: "db", Value: "nil", Want: "a database"}
	}
	s := &Store{cfg: cfg, hold: sqldb.NewHold(db, cfg.Dialect)}
	if err := s.connect(ctx, true); err != nil {
		return nil, failed(ctx, "open", err)
	}
	s.hold.Done()
	return s, nil
}

// connect gets a connection and the lock. The first time it migrates the
// database and raises the epoch, and later it requires that the epoch is still
// the same.
func (s *Store) connect(ctx context.Context, first bool) error {
	conn, err := s.hold.Connect(ctx)
	if err != nil {
		return err
	}
	se := &session{Session: conn}
	err = s.enter(ctx, se, first)
	if err == nil && se.Dialect == SQLite {
		err = se.Watch(ctx)
	}
	if err != nil {
		se.discard()
		return err
	}
	s.session = se
	s.hold.Keep(&se.Session)
	return nil
}

// enter takes the lock, looks at the database, and claims it.
func (s *Store) enter(ctx context.Context, se *session, first bool) error {
	lock := func() error { return lockSQLite(ctx, se, s.cfg.Client) }
	if se.Dialect == PostgreSQL {
		lock = func() error { return se.LockPostgreSQL(ctx, pkg, s.cfg.Client, s.hold.Last()) }
	}
	if err := lock(); err != nil {
		return err
	}
	if !first {
		epoch, _, err := readParts(ctx, se, s.cfg.Client)
		if err == nil {
			err = s.fence(epoch)
		}
		return err
	}
	if err := se.Begin(ctx, "EXCLUSIVE"); err != nil {
		return err
	}
	err := s.claim(ctx, se)
	if err == nil {
		err = se.Commit(ctx)
	}
	return err // a transaction that is open ends with the connection
}

// claim migrates the database and raises the epoch.
func (s *Store) claim(ctx context.Context, se *session) error {
	if se.Dialect == PostgreSQL { // one at a time creates or migrates the tables
		if err := se.Exec(ctx, "SELECT pg_advisory_xact_lock(?)", sqldb.LockKey(pkg, se.Schema, "")); err != nil {
			return err
		}
	}
	n, err := inspect(ctx, se, s.cfg.Client)
	if err != nil {
		return err
	}
	if err := schema.Migrate(ctx, &se.Session, n); err != nil {
		return err
	}
	rows, err := se.Query(ctx, `INSERT INTO scan_client (client, epoch, commits) VALUES (?, 1, 0)
		ON CONFLICT (client) DO UPDATE SET epoch = scan_client.epoch + 1 RETURNING epoch`, s.cfg.Client)
	if err != nil {
		return err
	}
	if len(rows) == 1 {
		s.hold.Epoch, _ = rows[0][0].(int64)
	}
	epoch, _, err := readParts(ctx, se, s.cfg.Client)
	if err == nil && (epoch != s.hold.Epoch || epoch < 1) {
		err = fault(ErrDamaged, "table "+tableClient+", column epoch", fmt.Sprint(epoch), "a number that was just raised")
	}
	return err
}

// fence notes when somebody else has opened the database.
func (s *Store) fence(epoch int64) error {
	if epoch == s.hold.Epoch {
		return nil
	}
	if epoch == noClient {
		return fault(ErrDamaged, "table "+tableClient, "no row", fmt.Sprintf("one of client %.60q", s.cfg.Client))
	}
	return s.hold.Lost(tableClient, fmt.Sprintf("epoch %d", epoch), nil)
}

// take waits for the store's turn.
func (s *Store) take(ctx context.Context, op string) error {
	if s == nil {
		return (*sqldb.Hold)(nil).Take(ctx, pkg, op)
	}
	return s.hold.Take(ctx, pkg, op)
}

// drop gives up the connection.
func (s *Store) drop() {
	if s.session != nil {
		s.session.discard()
	}
	s.session = nil
}

// Load implements [scan.Storage]. A part with a wrong checksum is an error that
// wraps [ErrDamaged], and so are a part that nobody knows and a client whose
// row is gone. Load connects again where the connection was lost.
func (s *Store) Load(ctx context.Context) ([]scan.Blob, error) {
	if err := s.take(ctx, "load"); err != nil {
		return nil, err
	}
	defer s.hold.Done()
	blobs, err := s.read(ctx)
	if err != nil {
		return nil, failed(ctx, "load", err)
	}
	return blobs, nil
}

// read is Load for the one whose turn it is.
func (s *Store) read(ctx context.Context) ([]scan.Blob, error) {
	if s.session == nil {
		if err := s.connect(ctx, false); err != nil {
			return nil, err
		}
	}
	if err := sqldb.InPlace(s.session.Files); err != nil {
		return nil, err
	}
	epoch, blobs, err := readParts(ctx, s.session, s.cfg.Client)
	if err == nil {
		err = s.fence(epoch)
	}
	if err != nil && (s.hold.Over() != nil || !s.session.Alive(err)) {
		s.drop()
	}
	if err != nil {
		return nil, err
	}
	return blobs, nil
}

// noClient is the epoch of a client that has no row.
const noClient = -1

// readParts returns the epoch and the parts of a client, as one query saw them,
// when all of them are whole.
func readParts(ctx context.Context, se *session, client string) (epoch int64, blobs []scan.Blob, err error) {
	if err := se.prepare(ctx); err != nil {
		return 0, nil, err
	}
	rows, err := sqldb.Collect(se.load.QueryContext(ctx, client))
	if err != nil {
		return 0, nil, err
	}
	epoch = noClient
	for _, row := range rows {
		e, ok := row[0].(int64)
		if !ok {
			return 0, nil, fault(ErrDamaged, "table "+tableClient+", column epoch", sqldb.Kind(row[0]), "a number")
		}
		epoch = e
		if row[1] == nil && len(rows) == 1 {
			break // a client without parts
		}
		blob, err := readPart(client, row)
		if err != nil {
			return 0, nil, err
		}
		blobs = append(blobs, blob)
	}
	return epoch, blobs, nil
}

// readPart checks a row of a part: epoch, part, data, checksum.
func readPart(client string, row []any) (scan.Blob, error) {
	name := sqldb.Text(row[1])
	where := wherePart(client, name)
	part, err := scan.ParsePart(name)
	if err != nil {
		return scan.Blob{}, fault(ErrDamaged, where, "an unknown part", "machine, baseline, outbox or metadata")
	}
	data, ok := row[2].([]byte)
	if !ok {
		return scan.Blob{}, fault(ErrDamaged, where+", column data", sqldb.Kind(row[2]), "bytes")
	}
	sum, ok := row[3].(int64)
	if !ok {
		return scan.Blob{}, fault(ErrDamaged, where+", column crc", sqldb.Kind(row[3]), "a checksum")
	}
	if got := checksum(client, name, data); got != sum {
		return scan.Blob{}, fault(ErrDamaged, where, fmt.Sprintf("checksum %08x of %d bytes", got, len(data)), fmt.Sprintf("%08x", sum))
	}
	if data == nil {
		data = []byte{}
	}
	return scan.Blob{Part: part, Data: data}, nil
}

// Commit implements [scan.Storage]: one transaction, synced (DIFF-9). Nothing
// was written after an error, unless it wraps [ErrInDoubt].
func (s *Store) Commit(ctx context.Context, blobs []scan.Blob) error {
	if err := s.take(ctx, "commit"); err != nil {
		return err
	}
	defer s.hold.Done()
	for _, b := range blobs {
		if !b.Part.Valid() {
			return &Error{Package: pkg, Op: "commit", Where: "blobs", Found: b.Part.String(), Want: "a part of a client"}
		}
	}
	if s.session == nil {
		return &Error{Package: pkg, Op: "commit", Fault: ErrLost}
	}
	err := s.session.Begin(ctx, "EXCLUSIVE")
	if err == nil {
		err = s.write(ctx, blobs)
	}
	if err == nil {
		return nil
	}
	whole := failed(ctx, "commit", err)
	if s.hold.Over() != nil || errors.Is(err, ErrInDoubt) || !s.session.Rollback(ctx, err) {
		s.drop()
		if whole.Fault == nil {
			whole.Fault = ErrLost
		}
	}
	return whole
}

// write is the transaction that was begun.
func (s *Store) write(ctx context.Context, blobs []scan.Blob) error {
	se := s.session
	got, err := se.claim.ExecContext(ctx, s.cfg.Client, s.hold.Epoch)
	if err != nil {
		return err
	}
	if n, err := got.RowsAffected(); err != nil || n != 1 {
		return s.hold.Lost(tableClient, "another epoch", err)
	}
	for _, b := range blobs {
		if b.Data == nil {
			_, err = se.remove.ExecContext(ctx, s.cfg.Client, b.Part.String())
		} else {
			_, err = se.put.ExecContext(ctx, s.cfg.Client, b.Part.String(), b.Data, checksum(s.cfg.Client, b.Part.String(), b.Data))
		}
		if err != nil {
			return err
		}
	}
	if err := sqldb.InPlace(se.Files); err != nil {
		return err
	}
	return se.Commit(ctx)
}

// Close gives the database up, once the call that is at work has ended. Every
// call after it is refused with [ErrClosed], and a second Close does nothing. Its
// error is always nil; that of a database/sql connection is not told to us.
func (s *Store) Close() error {
	if s == nil || !s.hold.End() {
		return nil
	}
	defer s.hold.Done()
	if s.session != nil {
		s.session.Unlock()
	}
	s.drop()
	return nil
}
