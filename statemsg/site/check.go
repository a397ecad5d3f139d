package site

import "time"

// Check looks whether a range of the client has been missing for too long
// (SITE-4); ok is false when there is nothing to change. For a client and a time
// it asks for a resync when
//
//  1. a range has been missing for longer than MinMissingAge, exactly so long not
//     being longer, or a resync is wanted since a reset (SITE-5); and
//  2. no resync was ever asked for, or the last was MinResyncPeriod ago or more,
//     whether the client answered it or not.
//
// The number of the new request is one more than that of the last.
func Check(p Policy, c Client, now time.Time) (plan Plan, ok bool) {
	p, now = p.WithDefaults(), seconds(now)
	reason := ""
	if c.Resync.Wanted { // SITE-5
		reason = "wanted since a reset"
	}
	for _, r := range c.Missing {
		if now.Sub(r.Since) > p.MinMissingAge { // SITE-4
			reason = "serials missing for too long"
			break
		}
	}
	if reason == "" {
		return Plan{}, false
	}
	wanted := c.Resync.Wanted
	asked, e := c.ask(p, now, reason)
	if !asked {
		// The range is found again by the next check; it needs no note.
		c.Resync.Wanted = wanted
		return Plan{}, false
	}
	return Plan{At: now, Client: c, Events: []Event{e}}, true
}

// Register returns the plan that makes a client known to the site, so that it
// counts before it was ever heard of (SITE-6, SITE-8), and that notes whether its
// owner has switched the feature on for it. c is what the site knows of it, the zero
// Client if nothing; id is a client id that [NormalID] accepts.
func Register(c Client, id string, enabled bool, now time.Time) (Plan, error) {
	id, err := NormalID(id)
	if err != nil {
		return Plan{}, err
	}
	if !c.Known() {
		c = Client{ID: id}
	}
	c.Off = !enabled
	return Plan{At: seconds(now), Client: c}, nil
}
