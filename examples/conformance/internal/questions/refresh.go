package questions

import "time"

// installedOne is what a scan finds when update 1 has been installed.
var installedOne = l{rec(1, 100, "installed"), rec(2, 100, "not_required")}

// marks says that an answer holds the marker of a refresh, whose form is our
// choice.
func marks() more { return flag("SITE-9") }

// refresh asks for one.
func (s *script) refresh() *script { return s.event("refresh_asked") }

// asked ends a send well, a second later, and the site asks for a resync.
func (s *script) asked(batch, number int) *script {
	return s.after(time.Second).event("send_ended", "batch", batch, "resync", number)
}

// refreshes are DIFF-8, and MSG-6 of what is repeated.
func refreshes(c *collector) {
	c.run("DIFF-8/every-known-state", inside, delivered().on(20*time.Minute).refresh().tickOn(30*time.Minute), marks(),
		note("and after them the marker: all of it has serials from 4 to the one before its own"))
	c.run("DIFF-8/what-waits-is-not-repeated", inside, delivered().on(20*time.Minute).request("scan_schedule").
		evaluates(2, 1, installedOne).refresh().tickOn(30*time.Minute), marks())
	c.run("DIFF-8/in-flight-is-repeated-later", inside, scanned().tickOn(quarter).refresh().acknowledged(1).tickOn(30*time.Minute), marks(),
		note("what is in flight is below the first serial that the marker names"))
	c.run("DIFF-8/nothing-known", outside, client("random", l{half, "0", "0"}).refresh().tickOn(quarter), marks(),
		note("the marker alone says that nothing is known"))
	c.run("DIFF-8/nothing-asked", outside, delivered().tickOn(30*time.Minute))
	c.run("DIFF-8/after-a-power-off", inside, delivered().powerOff().refresh().tickOn(30*time.Minute), marks())
	c.run("MSG-6/a-refresh-keeps-the-times", inside, delivered().on(50*time.Minute).refresh().tickOn(hour), marks())
	c.run("MSG-6/a-new-state-has-a-new-time", outside, delivered().on(50*time.Minute).request("scan_schedule").
		evaluates(2, 1, installedOne).tickOn(hour))
}

// marked are DIFF-8 of the marker of refreshes that overlap.
func marked(c *collector) {
	twice := func() *script { return delivered().on(20 * time.Minute).refresh() }
	c.run("DIFF-8/again-before-the-first-left", inside, twice().refresh().tickOn(30*time.Minute), marks(),
		note("everything is repeated once, and there is one marker"))
	c.run("DIFF-8/again-with-something-new-in-between", inside,
		twice().request("scan_schedule").evaluates(2, 1, l{rec(1, 100, "required"), rec(2, 100, "not_required"), rec(3, 100, "required")}).
			refresh().tickOn(30*time.Minute), marks(), note("the marker is last again"))
	c.run("DIFF-8/something-new-after-the-marker", outside,
		twice().request("scan_schedule").evaluates(2, 1, l{rec(1, 100, "required"), rec(2, 100, "not_required"), rec(3, 100, "required")}).
			tickOn(30*time.Minute), marks(), note("what is recorded later is not of the refresh"))
	c.run("DIFF-8/something-newer-before-the-marker", inside,
		twice().request("scan_schedule").evaluates(2, 1, installedOne).tickOn(30*time.Minute), marks(),
		note("what waits is overwritten in its place"))
	c.run("DIFF-8/again-while-the-first-is-in-flight", inside, twice().tickOn(30*time.Minute).refresh().acknowledged(4).tickOn(45*time.Minute), marks(),
		note("the first marker stays in its batch, and is not repeated"))
	c.run("DIFF-8/again-when-the-first-was-acknowledged", inside,
		twice().tickOn(30*time.Minute).acknowledged(4).refresh().tickOn(45*time.Minute), marks())
	c.run("DIFF-8/again-when-half-of-the-first-has-left", inside,
		scanned("cycle", o{"batch_messages", 2}).tickOn(quarter).acknowledged(1).after(10*time.Second).tick().acknowledged(3).
			on(20*time.Minute).refresh().tickOn(30*time.Minute).refresh().acknowledged(4).after(10*time.Second).tick().acknowledged(6).
			after(10*time.Second).tick(), marks())
	c.run("DIFF-8/a-power-off-while-the-marker-waits", inside, twice().powerOff().tickOn(30*time.Minute), marks())
	c.run("DIFF-8/a-dormant-client", inside,
		delivered().on(20*time.Minute).event("policy_received", "enabled", false).refresh().tickOn(30*time.Minute), marks())
	c.run("DIFF-8/a-removed-update", outside,
		delivered().on(20*time.Minute).request("scan_schedule").evaluates(2, 1, l{rec(2, 100, "not_required")}).refresh().tickOn(30*time.Minute), marks(),
		note("it is not known any more, and the marker says so"))
}

// resyncs are DIFF-8 of refreshes that the site asks for.
func resyncs(c *collector) {
	sent := func() *script { return scanned().tickOn(quarter) }
	answered := func() *script { return sent().asked(1, 7).tickOn(30 * time.Minute) }
	c.run("DIFF-8/the-site-asks", inside, sent().asked(1, 7).tickOn(30*time.Minute), marks(), note("the marker names the request"))
	c.run("DIFF-8/the-site-asks-for-nothing", outside, sent().asked(1, 0).tickOn(30*time.Minute))
	c.run("DIFF-8/the-site-asks-the-same-again", outside, answered().asked(4, 7).tickOn(45*time.Minute), marks(), note("it was answered"))
	c.run("DIFF-8/the-site-asks-anew", inside, answered().asked(4, 8).tickOn(45*time.Minute), marks())
	c.run("DIFF-8/the-site-asks-with-a-lower-number", inside, answered().asked(4, 6).tickOn(45*time.Minute), marks(),
		note("it is another number: a site may have lost what it knew"))
	c.run("DIFF-8/the-site-asks-the-same-after-a-power-off", outside,
		answered().powerOff().asked(4, 7).tickOn(hour), marks(), note("the number is kept, in the commit of the acknowledgement"))
	c.run("DIFF-8/the-site-asks-the-same-after-a-refresh", outside,
		answered().asked(4, 0).on(40*time.Minute).refresh().tickOn(45*time.Minute).asked(8, 7).tickOn(hour), marks(),
		note("a refresh of the client's own account is of request 0, and does not change what was answered"))
	c.run("DIFF-8/the-site-asks-while-something-waits", inside,
		sent().after(time.Second).request("scan_schedule").evaluates(2, 1, installedOne).asked(1, 7).tickOn(30*time.Minute), marks())
	c.run("DIFF-8/the-site-asks-one-that-knows-nothing", inside,
		client("random", l{half, "0", "0"}).refresh().tickOn(quarter).asked(1, 7).tickOn(30*time.Minute), marks())
	c.run("DIFF-8/the-site-asks-one-that-is-dormant", inside,
		sent().event("policy_received", "enabled", false).asked(1, 7).tickOn(30*time.Minute), marks())
	c.run("DIFF-8/a-send-that-failed-asks-for-nothing", outside,
		sent().after(time.Second).event("send_ended", "batch", 1, "code", "0x80072EFD", "resync", 7).after(time.Minute).tick())
	c.run("DIFF-8/a-send-that-was-cut-short-asks-for-nothing", outside,
		sent().after(time.Second).event("send_ended", "batch", 1, "interrupted", true, "resync", 7).event("resumed"))
	c.run("DIFF-8/a-batch-that-is-not-in-flight-asks-for-nothing", outside, sent().asked(2, 7).tickOn(30*time.Minute))
	c.run("MSG-6/a-resync-keeps-the-times", inside, sent().asked(1, 7).tickOn(hour), marks())
}
