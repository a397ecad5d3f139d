package sitetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
)

// Keeper is a store that can be read, as [site.MemStore] is.
type Keeper interface {
	site.Store
	site.Reader
}

// Direct carries out plans on a store one by one, without a [site.Server] and its
// clock: for tests that say themselves what time it is. The zero value keeps
// everything in memory.
type Direct struct {
	// Store keeps what the site knows; nil means a new MemStore.
	Store Keeper
	// Policy is the site's; the zero value means the defaults.
	Policy site.Policy
}

// Keeper is the store.
func (d *Direct) Keeper() Keeper {
	if d.Store == nil {
		d.Store = new(site.MemStore)
	}
	return d.Store
}

// known is what the site knows of a client.
func (d *Direct) known(ctx context.Context, clientID string) (site.Client, error) {
	id, err := site.NormalID(clientID)
	if err != nil {
		return site.Client{}, err
	}
	clients, err := d.Keeper().Clients(ctx, []string{id})
	if err != nil || len(clients) == 0 {
		return site.Client{}, err
	}
	return clients[0], nil
}

// Receive takes a report in and returns the plan, which is carried out. A plan that
// looked up a row that [site.Needs] does not name is an error.
func (d *Direct) Receive(ctx context.Context, now time.Time, r *statemsg.Report) (site.Plan, error) {
	c, err := d.known(ctx, r.Client.ID)
	if err != nil {
		return site.Plan{}, err
	}
	needed := site.Needs(c, r)
	var fault error
	p, err := site.Ingest(d.Policy, c, r, now, func(k site.RowKey) (site.Row, bool) {
		if !slices.Contains(needed, k) {
			fault = fmt.Errorf("sitetest: Ingest looked up %v, which Needs does not name", k)
		}
		rows, err := d.Keeper().Rows(ctx, []site.RowKey{k})
		if err != nil {
			fault = err
		}
		if len(rows) == 0 {
			return site.Row{}, false
		}
		return rows[0], true
	})
	if err == nil {
		err = fault
	}
	if err != nil {
		return site.Plan{}, err
	}
	return p, d.Keeper().Commit(ctx, []site.Plan{p}, nil)
}

// Reject keeps a bad report.
func (d *Direct) Reject(ctx context.Context, now time.Time, clientID string, body []byte, why string) error {
	c, err := d.known(ctx, clientID)
	if err != nil {
		return err
	}
	var plans []site.Plan
	if c.Known() {
		c.Counts.BadReports++
		plans = []site.Plan{{At: now.UTC().Truncate(time.Second), Client: c}}
	}
	return d.Keeper().Commit(ctx, plans, []site.Kept{site.KeepReport(clientID, body, why, now)})
}

// Register makes a client known.
func (d *Direct) Register(ctx context.Context, now time.Time, clientID string, enabled bool) error {
	c, err := d.known(ctx, clientID)
	if err != nil {
		return err
	}
	p, err := site.Register(c, clientID, enabled, now)
	if err != nil {
		return err
	}
	return d.Keeper().Commit(ctx, []site.Plan{p}, nil)
}

// Forget makes the site forget a client. A store that is no [site.Forgetter] is an
// error that wraps [errors.ErrUnsupported].
func (d *Direct) Forget(ctx context.Context, now time.Time, clientID string) error {
	id, err := site.NormalID(clientID)
	if err != nil {
		return err
	}
	f, ok := d.Keeper().(site.Forgetter)
	if !ok {
		return fmt.Errorf("sitetest: the store cannot forget: %w", errors.ErrUnsupported)
	}
	_, err = f.Forget(ctx, id, now.UTC().Truncate(time.Second))
	return err
}

// Check checks all clients that may be due, and returns which were asked for a
// resync, in ascending order.
func (d *Direct) Check(ctx context.Context, now time.Time) (asked []string, err error) {
	since := now.UTC().Truncate(time.Second).Add(-d.Policy.WithDefaults().MinMissingAge)
	due, err := d.Keeper().Due(ctx, since, "", site.MaxLimit)
	if err != nil {
		return nil, err
	}
	var plans []site.Plan
	for _, c := range due {
		if p, ok := site.Check(d.Policy, c, now); ok {
			plans = append(plans, p)
			asked = append(asked, p.Client.ID)
		}
	}
	if len(plans) == 0 {
		return nil, nil
	}
	return asked, d.Keeper().Commit(ctx, plans, nil)
}
