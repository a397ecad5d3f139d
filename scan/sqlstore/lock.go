package sqlstore

import (
	"context"
)

// lockSQLite takes the lock of the file and inspects what is in it, before
// anything is changed; then it makes commits durable.
func lockSQLite(ctx context.Context, s *session, client string) error {
	if err := s.Setting(ctx, "locking_mode", "EXCLUSIVE", ErrInUse, "exclusive"); err != nil {
		return err
	}
	if err := s.Begin(ctx, "EXCLUSIVE"); err != nil {
		return err
	}
	err := examine(ctx, s, client)
	if !s.Rollback(ctx, err) && err == nil {
		err = fault(ErrLost, "", "", "")
	}
	if err != nil {
		return err
	}
	return s.Durable(ctx)
}

// examine looks at all of a SQLite database and changes nothing.
func examine(ctx context.Context, s *session, client string) error {
	if err := s.Whole(ctx); err != nil {
		return err
	}
	n, err := inspect(ctx, s, client)
	if err != nil || n < schema.Version() {
		return err
	}
	_, _, err = readParts(ctx, s, client)
	return err
}
