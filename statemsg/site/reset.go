package site

import (
	"math"
	"time"
)

// retry says whether the report is one that was taken in before (MSG-6).
func (in *intake) retry() bool {
	for _, b := range in.c.Batches {
		if b.First == in.numbered[0].Serial && b.Count == len(in.numbered) && b.Date.Equal(in.date) {
			return true
		}
	}
	return false
}

// stale says whether the report belongs to an earlier life of the client (SITE-5).
func (in *intake) stale() bool {
	c := &in.c
	if c.LifeSince.IsZero() || !in.date.Before(c.LifeDate) {
		return false
	}
	// A client whose clock was moved back goes on with the next serial; and if
	// one of its reports was lost besides, it is believed after a while.
	return in.now.Sub(c.LifeSince) < in.policy.MinResyncPeriod && in.numbered[0].Serial != c.Highest+1
}

// resetBy returns why the report shows that the client was reset, and the serial
// that does; "" when it does not (SITE-5).
func (in *intake) resetBy() (serial uint64, reason string) {
	c := &in.c
	for _, b := range c.Batches {
		if b.Life == c.Life && b.First == in.numbered[0].Serial {
			return b.First, "its first serial was that of another report"
		}
	}
	later := !c.LastDate.IsZero() && in.date.After(c.LastDate)
	for i := range in.numbered {
		m := &in.numbered[i]
		if m.Serial > c.Highest {
			break
		}
		if !c.seen(m.Serial) {
			continue
		}
		if m.Serial == 1 && !c.FirstDate.IsZero() && !c.FirstDate.Equal(in.date) {
			return 1, "its serials begin at 1 again"
		}
		if later {
			return m.Serial, "a serial that was seen is in a report dated later"
		}
		if m.Serial < c.RefreshedFrom || in.bad != nil && in.bad[i] != "" {
			continue
		}
		row, ok := in.row(m)
		if !ok {
			return m.Serial, "a serial that was seen is that of a topic that has no row"
		}
		order := row.Mark().Compare(Mark{c.Life, m.Serial})
		if order < 0 {
			return m.Serial, "a serial that was seen is that of a topic whose row is older"
		}
		if order == 0 && !same(&row.Message, m) {
			return m.Serial, "a serial that was seen has another content"
		}
	}
	return 0, ""
}

// reset begins the client's tracking again and asks for a resync (SITE-5). Rows of
// the life before stay until they are overwritten or a refresh replaces them; the
// batches stay, so that their retries are still known.
func (in *intake) reset(serial uint64, reason string) {
	c := &in.c
	if c.Life < math.MaxUint32 {
		c.Life++
	}
	c.LifeDate, c.LifeSince = in.date, in.now
	c.Highest, c.Missing, in.ownMissing = 0, nil, true
	c.FirstDate, c.LastDate = time.Time{}, time.Time{}
	c.Refresh, c.RefreshedFrom = Refresh{}, 0
	c.Resync.Highest = 0
	in.event(Event{Kind: ClientReset, From: serial, Reason: reason})
	if asked, e := c.ask(in.policy, in.now, "client reset"); asked {
		in.event(e)
	}
}

// ask asks the client for a resync, or notes that one is wanted when the last is
// too recent (SITE-4). A last one that lies in the future, because the site's clock
// was moved back, does not count.
func (c *Client) ask(p Policy, now time.Time, reason string) (asked bool, e Event) {
	age := now.Sub(c.Resync.Asked)
	if c.Resync.Number != 0 && age >= 0 && age < p.MinResyncPeriod { // SITE-4
		c.Resync.Wanted = true
		return false, Event{}
	}
	c.Resync = Resync{Number: c.Resync.Number + 1, Asked: now, Open: true, Highest: c.Highest}
	return true, Event{Kind: ResyncAsked, Number: c.Resync.Number, Reason: reason}
}
