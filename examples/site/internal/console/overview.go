package console

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg/site"
)

// quiet is after how long without a report a client counts as not heard from.
const quiet = 48 * time.Hour

// overview is the page of all updates.
type overview struct {
	Clients int
	All     bar // of the updates that are not declined
	Updates []updateLine
	// Declined are updates that clients still have states of.
	Declined []updateLine
	More     bool
	Quiet    int // clients not heard from
	Missing  int // clients with missing messages
	Kept     uint64
}

// updateLine is an update in a list.
type updateLine struct {
	ID, Title string
	Bar       bar
}

// overview asks for the summaries of all updates, those with the least share of
// compliant clients first.
func (c *Console) overview(r *http.Request) (*view, error) {
	ctx := r.Context()
	all, err := c.cfg.Reader.Summaries(ctx, site.SummaryQuery{Limit: site.MaxLimit})
	if err != nil {
		return nil, err
	}
	o := &overview{Clients: all.Clients, More: all.More}
	var sum compliance.Summary
	for _, u := range all.Updates {
		line := updateLine{u.Update, c.title(u.Update), newBar(u.Summary)}
		if _, declined, _ := c.cfg.Update(u.Update); declined {
			o.Declined = append(o.Declined, line)
			continue
		}
		o.Updates = append(o.Updates, line)
		sum.Required += u.Summary.Required
		sum.NotRequired += u.Summary.NotRequired
		sum.Installed += u.Summary.Installed
		sum.Unknown += u.Summary.Unknown
	}
	slices.SortStableFunc(o.Updates, func(a, b updateLine) int {
		p, _ := a.Bar.Summary.Percent()
		q, _ := b.Bar.Summary.Percent()
		return cmp.Compare(p, q)
	})
	o.All = newBar(sum)
	if err := c.troubles(ctx, o); err != nil {
		return nil, err
	}
	return &view{Title: "Software updates compliance", AsOf: all.AsOf, Data: o}, nil
}

// troubles counts what the page of problems lists.
func (c *Console) troubles(ctx context.Context, o *overview) error {
	silent, err := c.cfg.Reader.Search(ctx, site.ClientQuery{NotHeardSince: c.cfg.Now().Add(-quiet), Limit: site.MaxLimit})
	if err != nil {
		return err
	}
	missing, err := c.cfg.Reader.Search(ctx, site.ClientQuery{Missing: true, Limit: site.MaxLimit})
	if err != nil {
		return err
	}
	kept, err := c.cfg.Reader.Inspect(ctx, site.KeptQuery{Limit: 1})
	if err != nil {
		return err
	}
	o.Quiet, o.Missing, o.Kept = len(silent.Clients), len(missing.Clients), kept.Total
	return nil
}

// title is the title of an update, or its id if it has none.
func (c *Console) title(update string) string {
	if title, _, ok := c.cfg.Update(update); ok {
		return title
	}
	return update
}
