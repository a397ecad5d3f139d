package fleet

import (
	"context"
	"fmt"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
)

// Agreement says how far the site and its clients are of one mind.
type Agreement struct {
	// InOrder is how many clients have sent all they know, and of which the site has
	// the last serial, misses nothing and has got nothing bad. The site must know
	// their states as they do.
	InOrder int `json:"in_order"`
	// Equal is of how many of these it does.
	Equal int `json:"equal"`
	// Differ names the others of these.
	Differ []string `json:"differ,omitempty"`
}

// Compare compares the states that the clients have recorded with those that the
// site has.
func (f *Fleet) Compare(ctx context.Context, reader site.Reader) (Agreement, error) {
	var a Agreement
	for _, c := range f.clients {
		ok, err := f.compare(ctx, reader, c, &a)
		if err != nil {
			return Agreement{}, fmt.Errorf("client %s: %w", c.name, err)
		}
		if !ok {
			a.Differ = append(a.Differ, c.name)
		}
	}
	return a, nil
}

// compare compares one client. A client that is not in order is left alone.
func (f *Fleet) compare(ctx context.Context, reader site.Reader, c *client, a *Agreement) (ok bool, err error) {
	id, err := site.NormalID(c.id)
	if err != nil {
		return false, err
	}
	status, err := c.agent.Status(ctx)
	if err != nil {
		return false, err
	}
	states, err := reader.States(ctx, site.StateQuery{Client: id, TopicType: statemsg.UpdateDetection})
	if err != nil {
		return false, err
	}
	known := &states.Client
	waits := status.Waiting > 0 || status.InFlight > 0 || status.LastSerial != known.Highest
	lost := len(known.Missing) > 0 || known.Refresh != (site.Refresh{}) || known.Resync.Open || known.Resync.Wanted
	if waits || lost || known.Counts.Bad > 0 || states.More {
		return true, nil
	}
	a.InOrder++
	base, err := c.agent.Baseline(ctx)
	if err != nil {
		return false, err
	}
	if !same(base, states.Rows) {
		return false, nil
	}
	a.Equal++
	return true, nil
}

// same says whether rows are the states of a baseline. An update that the client
// does not know is Unknown on the site, with a row or without.
func same(base *compliance.Snapshot, rows []site.Row) bool {
	known := 0
	for i := range rows {
		f := site.Facts{Detection: &rows[i]}
		id, err := compliance.ParseUpdateID(rows[i].Message.TopicID)
		if err != nil {
			return false
		}
		rec, ok := base.Find(id)
		if !ok && f.State() == compliance.Unknown {
			continue
		}
		if !ok || rec.State != f.State() {
			return false
		}
		known++
	}
	return known == base.Len()
}
