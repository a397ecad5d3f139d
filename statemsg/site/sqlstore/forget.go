package sqlstore

import (
	"context"
	"time"
)

// Forget implements [site.Forgetter]: one transaction, synced.
func (s *Store) Forget(ctx context.Context, id string, at time.Time) (known bool, err error) {
	if err := s.take(ctx, "forget"); err != nil {
		return false, err
	}
	defer s.hold.Done()
	if !storable(id) {
		return false, nil
	}
	rows, err := s.w.Query(ctx, `SELECT client_id FROM clients WHERE client = ?`, id)
	if err != nil {
		return false, s.fail(ctx, "forget", err, false)
	}
	if len(rows) == 0 {
		return false, nil
	}
	c := columns{values: rows[0], where: "table clients"}
	client := c.number(1, maxID)
	if c.err != nil {
		return false, failed(ctx, "forget", c.err)
	}
	err = s.transact(ctx, "forget", func() error {
		if _, err := s.fence(ctx, at.Unix(), 0); err != nil {
			return err
		}
		for _, table := range []string{"update_states", "other_states", "missing_ranges", "clients"} {
			if err := s.w.Exec(ctx, `DELETE FROM `+table+` WHERE client_id = ?`, client); err != nil {
				return err
			}
		}
		return nil
	})
	// The number is still remembered, and is the client's again if it comes back.
	return err == nil, err
}

// Prune removes the updates that no client has a row of any more from the table of
// updates, and returns how many. Until then they remain after their last row has
// gone, and the view client_updates has them as Unknown everywhere; no answer of a
// [site.Reader] depends on them.
//
// It is for the owner of the database, who may never call it: an update costs about
// a hundred bytes. It may be called beside a site that is running, whose commits wait
// for it: it looks at all rows.
func (s *Store) Prune(ctx context.Context) (removed int, err error) {
	if err := s.take(ctx, "prune"); err != nil {
		return 0, err
	}
	defer s.hold.Done()
	err = s.transact(ctx, "prune", func() error {
		if _, err := s.fence(ctx, nil, 0); err != nil {
			return err
		}
		rows, err := s.w.Query(ctx, `DELETE FROM updates
			WHERE update_id NOT IN (SELECT DISTINCT update_id FROM update_states) RETURNING update_id`)
		removed = len(rows)
		return err
	})
	s.updates.forget()
	if err != nil {
		return 0, err
	}
	return removed, nil
}
