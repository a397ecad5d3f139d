package site

import (
	"slices"

	"github.com/updatescan/updatescan/statemsg"
)

// mark takes note of the refresh markers among messages that were taken in
// (SITE-9).
func (in *intake) mark(taken []statemsg.Message) {
	if !in.markers {
		return
	}
	c := &in.c
	for i := range taken {
		m := &taken[i]
		if m.Serial == 0 || !m.IsRefreshMarker() {
			continue
		}
		from, request, err := statemsg.ParseRefreshMarker(m)
		if err != nil {
			continue // it is not among those taken in
		}
		if c.Resync.Open && request == c.Resync.Number { // SITE-4
			in.answered()
		}
		if m.Serial > c.Refresh.Marker { // of two that are arriving the later counts
			c.Refresh = Refresh{From: from, Marker: m.Serial, Request: request}
			if n := c.missingIn(from, m.Serial); n > 0 {
				in.event(Event{Kind: RefreshArriving, From: from, To: m.Serial, Number: n})
			}
		}
	}
}

// answered closes the open resync request.
func (in *intake) answered() {
	in.c.Resync.Open = false
	in.event(Event{Kind: ResyncAnswered, Number: in.c.Resync.Number})
}

// missingIn is how many serials from one to another are missing.
func (c *Client) missingIn(from, to uint64) uint64 {
	n := uint64(0)
	for _, r := range c.Missing {
		if r.From <= to && r.To >= from {
			n += min(r.To, to) - max(r.From, from) + 1
		}
	}
	return n
}

// complete lets the refresh replace what was there, once all of it has arrived
// (SITE-9).
func (in *intake) complete() {
	c := &in.c
	f := c.Refresh
	if f.Marker == 0 || c.missingIn(f.From, f.Marker) > 0 {
		return
	}
	in.remove = Mark{c.Life, f.From}
	// No range reaches over the refresh's first serial, which has arrived.
	n := 0
	for n < len(c.Missing) && c.Missing[n].To < f.From {
		in.event(Event{Kind: GapReplaced, From: c.Missing[n].From, To: c.Missing[n].To})
		n++
	}
	if n > 0 {
		in.own()
		c.Missing = slices.Delete(c.Missing, 0, n)
	}
	c.Refresh, c.RefreshedFrom = Refresh{}, max(c.RefreshedFrom, f.From)
	in.event(Event{Kind: RefreshComplete, From: f.From, To: f.Marker, Number: f.Request})
	if c.Resync.Open && f.Marker > c.Resync.Highest { // SITE-4
		in.answered()
	}
	c.Resync.Wanted = false
}
