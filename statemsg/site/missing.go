package site

import "slices"

// own makes the missing ranges the plan's own, before they are changed.
func (in *intake) own() {
	if in.ownMissing {
		return
	}
	in.c.Missing = append(make([]Range, 0, len(in.c.Missing)+2), in.c.Missing...)
	in.ownMissing = true
}

// arrive takes note of a serial above the highest: those between them are missing
// since now (SITE-3).
func (in *intake) arrive(serial uint64) {
	c := &in.c
	if serial > c.Highest+1 {
		in.own()
		gap := Range{From: c.Highest + 1, To: serial - 1, Since: in.now}
		c.Missing = append(c.Missing, gap)
		in.event(Event{Kind: GapOpened, From: gap.From, To: gap.To})
		in.bound()
	}
	c.Highest = serial
}

// close takes note of a serial that was missing (SITE-3); ok is false when it was
// not.
func (in *intake) close(serial uint64) (ok bool) {
	i, ok := in.c.missing(serial)
	if !ok {
		return false
	}
	in.own()
	c := &in.c
	r := c.Missing[i]
	if r.From == serial && r.To == serial {
		c.Missing = slices.Delete(c.Missing, i, i+1)
		in.closed(GapClosed, serial)
		return true
	}
	in.closed(GapNarrowed, serial)
	if r.From == serial {
		c.Missing[i].From++
		return true
	}
	if r.To == serial {
		c.Missing[i].To--
		return true
	}
	c.Missing[i].To = serial - 1
	c.Missing = slices.Insert(c.Missing, i+1, Range{From: serial + 1, To: r.To, Since: r.Since})
	in.bound()
	return true
}

// closed notes the event of a serial that was missing. Serials that follow one
// another are one event.
func (in *intake) closed(kind EventKind, serial uint64) {
	if n := len(in.events); n > 0 {
		e := &in.events[n-1]
		if e.Kind == GapNarrowed && e.To+1 == serial {
			e.To, e.Kind = serial, kind
			return
		}
	}
	in.event(Event{Kind: kind, From: serial, To: serial})
}

// bound merges the two ranges that lie nearest to one another, the first such if
// there are several, when there is one range too many (SITE-3). The merged one is
// missing since the earlier time.
func (in *intake) bound() {
	c := &in.c
	if len(c.Missing) <= MaxRanges {
		return
	}
	at := 0
	for i := range len(c.Missing) - 1 {
		if c.Missing[i+1].From-c.Missing[i].To < c.Missing[at+1].From-c.Missing[at].To {
			at = i
		}
	}
	a, b := c.Missing[at], c.Missing[at+1]
	in.event(Event{Kind: GapsMerged, From: a.To + 1, To: b.From - 1})
	merged := Range{From: a.From, To: b.To, Since: a.Since}
	if b.Since.Before(a.Since) {
		merged.Since = b.Since
	}
	c.Missing[at] = merged
	c.Missing = slices.Delete(c.Missing, at+1, at+2)
}
