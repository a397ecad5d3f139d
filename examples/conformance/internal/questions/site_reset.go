package questions

import "time"

// siteResets are SITE-5: what shows that a client has begun its serials again.
func siteResets(c *collector) {
	c.site("SITE-5/a-restart-from-one", inside, heard(3).after(hour).report(up(1, 8, 2)).rows())
	c.site("SITE-5/a-restart-from-one-with-the-same-messages", inside, heard(3).after(hour).report(ups(1, 3)...).rows(), note("the date is another"))
	c.site("SITE-5/a-restart-from-one-dated-before", inside, newSite().report(ups(1, 3)...).after(hour).dated(-hour, up(1, 8, 2)).rows(),
		note("its clock may have been wrong"))
	c.site("SITE-5/a-restart-from-one-with-the-same-date", outside, heard(3).after(hour).again(), note("a retry has the same date"), flag("MSG-6"))
	c.site("SITE-5/a-restart-from-one-after-many-reports", inside,
		heard(1).after(minute).report(up(2, 2, 2)).after(minute).report(up(3, 3, 2)).after(minute).report(up(4, 4, 2)).after(minute).report(up(5, 5, 2)).
			after(minute).dated(30*time.Second, up(1, 1, 2)))
	c.site("SITE-5/a-retry-of-the-first-after-many-reports", outside,
		heard(1).after(minute).report(up(2, 2, 2)).after(minute).report(up(3, 3, 2)).after(minute).report(up(4, 4, 2)).after(minute).report(up(5, 5, 2)).
			after(minute).dated(0, up(1, 1, 2)))
	c.site("SITE-5/the-first-serial-of-a-report-with-another-date", inside, heard(2).after(hour).report(ups(3, 4)...).after(hour).report(up(3, 8, 2)).rows())
	c.site("SITE-5/the-first-serial-of-a-report-with-an-earlier-date", inside, heard(2).after(hour).report(ups(3, 4)...).after(hour).dated(minute, ups(3, 4)...))
	c.site("SITE-5/the-first-serial-of-a-report-with-another-number", inside, heard(2).after(hour).report(ups(3, 4)...).after(hour).dated(hour, up(3, 3, 2)))
	c.site("SITE-5/the-same-first-serial-number-and-date", outside, heard(2).after(hour).report(ups(3, 4)...).after(hour).dated(hour, up(3, 8, 3), up(4, 9, 3)).rows(),
		note("taken as a retry; what it says is not looked at"))
	c.site("SITE-5/a-serial-that-was-seen-dated-later", inside, heard(4).after(hour).report(up(3, 3, 2)).rows())
	c.site("SITE-5/a-serial-that-was-seen-and-a-new-one-dated-later", inside, heard(4).after(hour).report(up(4, 4, 2), up(5, 5, 2)).rows())
	c.site("SITE-5/a-serial-that-was-seen-with-the-same-date", outside, heard(4).after(hour).dated(0, up(3, 3, 2)))
	c.site("SITE-5/a-serial-that-was-seen-dated-a-microsecond-later", inside, heard(4).after(hour).dated(time.Microsecond, up(3, 3, 2)))
	c.site("SITE-5/a-serial-that-was-seen-dated-a-nanosecond-later", outside, heard(4).after(hour).dated(time.Nanosecond, up(3, 3, 2)),
		note("dates are whole microseconds"))
	c.site("SITE-5/another-state", inside, heard(4).after(hour).dated(-hour, up(3, 3, 3)))
	c.site("SITE-5/another-time", inside, heard(4).after(hour).dated(-hour, upAt(4*time.Second, 3, 3, 2)))
	c.site("SITE-5/another-parameter", inside, newSite().report(of(1, 301, "zero", 4), of(2, 301, "one", 4, "params", l{"1"})).after(hour).dated(-hour, of(2, 301, "one", 4, "params", l{"2"})))
	c.site("SITE-5/another-criticality", inside, newSite().report(of(1, 301, "zero", 4), of(2, 301, "one", 4)).after(hour).dated(-hour, of(2, 301, "one", 4, "criticality", 1)))
	c.site("SITE-5/other-details", inside, newSite().report(of(1, 301, "zero", 4), of(2, 301, "one", 4)).after(hour).dated(-hour, of(2, 301, "one", 4, "details", "why")))
	c.site("SITE-5/another-topic-that-has-no-row", inside, heard(4).after(hour).dated(-hour, up(3, 9, 2)))
	c.site("SITE-5/another-topic-whose-row-is-older", inside, heard(4).after(hour).dated(-hour, up(3, 2, 2)))
	c.site("SITE-5/another-topic-whose-row-is-newer", outside, heard(4).after(hour).dated(-hour, up(3, 4, 2)),
		note("it may be what the newer one overwrote"))
	c.site("SITE-5/the-same-content", outside, heard(4).after(hour).dated(-hour, up(3, 3, 2)))
	c.site("SITE-5/a-gap-is-closed-by-an-earlier-date", outside, gap().after(hour).dated(-hour, up(2, 2, 2)))
	c.site("SITE-5/a-gap-is-closed-by-a-later-date", outside, gap().after(hour).report(up(2, 2, 2)), note("the serial was not seen before"))
}

// siteNoResets are SITE-5: what looks like a reset and is none.
func siteNoResets(c *collector) {
	c.site("SITE-5/one-comes-late-to-a-client-that-began-above", outside, newSite().report(up(3, 3, 2)).after(hour).report(up(1, 1, 2)))
	c.site("SITE-5/a-bad-record-with-a-serial-that-was-seen", outside, heard(4).after(hour).dated(-hour, up(3, 3, 9)).kept(), note("a repeat; it was judged before"))
	c.site("SITE-5/a-serial-below-a-refresh", outside,
		heard(2).after(hour).report(up(3, 1, 2), marker(4, 3, 0)).after(hour).dated(-hour, up(2, 2, 2)).rows(), flag("SITE-9"),
		note("its row was removed: nothing is left to compare with"))
	c.site("SITE-5/a-serial-at-the-beginning-of-a-refresh", inside,
		heard(2).after(hour).report(up(3, 1, 2), marker(4, 3, 0)).after(hour).dated(-hour, up(3, 2, 2)).rows(), flag("SITE-9"))
	c.site("SITE-5/the-clock-of-the-client-was-moved-back", outside, heard(3).after(hour).dated(-day, up(4, 4, 2)))
	c.site("SITE-5/a-message-without-serial", outside, heard(2).after(hour).report(up(0, 9, 2)))
}

// siteAfterReset are SITE-5: what a reset does.
func siteAfterReset(c *collector) {
	reset := func() *siteScript { return heard(3).after(hour).report(up(1, 8, 2)) }
	c.site("SITE-5/the-rows-stay", inside, reset().rows().known())
	c.site("SITE-5/a-row-of-the-life-before-is-overwritten", inside, reset().after(minute).report(up(2, 3, 3)).rows(),
		note("the life counts before the serial"))
	c.site("SITE-5/what-was-missing-is-forgotten", inside, newSite().report(up(1, 1, 2), up(5, 5, 2)).after(hour).report(up(1, 8, 2)))
	c.site("SITE-5/gaps-are-counted-anew", inside, heard(5).after(hour).report(up(3, 8, 2)), note("the new life begins with 3: 1 and 2 are missing"))
	c.site("SITE-5/a-refresh-that-was-arriving-is-forgotten", inside,
		newSite().report(up(1, 1, 2), marker(4, 2, 0)).after(hour).report(up(1, 8, 2)).rows(), flag("SITE-9"))
	c.site("SITE-5/the-answer-to-the-resync-replaces-the-rows", inside,
		reset().after(minute).report(up(2, 1, 3), marker(3, 2, 1)).rows(), flag("SITE-9"))
	c.site("SITE-5/a-second-reset-within-72-hours", inside, reset().after(hour).report(up(1, 7, 2)), note("a resync is wanted and must wait"))
	c.site("SITE-5/a-second-reset-at-exactly-72-hours", inside, reset().after(3*day).report(up(1, 7, 2)))
	c.site("SITE-5/a-second-reset-a-second-before-72-hours", outside, reset().after(3*day-time.Second).report(up(1, 7, 2)))
	c.site("SITE-5/what-is-wanted-is-asked-for-at-72-hours", inside, reset().after(hour).report(up(1, 7, 2)).on(3*day).check().on(3*day+hour).check())
	c.site("SITE-5/what-is-wanted-is-answered-by-a-refresh", outside,
		reset().after(hour).report(up(1, 7, 2)).after(minute).report(up(2, 1, 2), marker(3, 2, 0)).on(4*day).check(), flag("SITE-9"))
	c.site("SITE-5/a-report-of-the-life-before", inside, heard(3).after(hour).report(up(1, 8, 2)).after(minute).dated(30*minute, ups(4, 5)...).rows(),
		note("it was made before the report that revealed the reset"))
	c.site("SITE-5/a-report-dated-as-that-which-revealed-it", outside, heard(3).after(hour).report(up(1, 8, 2)).after(minute).dated(hour, ups(4, 5)...).rows())
	c.site("SITE-5/a-report-of-the-life-before-at-72-hours", outside, reset().after(3*day).dated(30*minute, ups(4, 5)...).rows(),
		note("it is believed after a while"))
	c.site("SITE-5/a-report-of-the-life-before-a-second-before-72-hours", inside, reset().after(3*day-time.Second).dated(30*minute, ups(4, 5)...).rows())
	c.site("SITE-5/the-next-serial-with-a-clock-moved-back", outside, reset().after(minute).dated(-day, up(2, 2, 3)).rows())
	c.site("SITE-5/a-retry-of-the-life-before", outside, heard(3).after(hour).report(up(1, 8, 2)).after(minute).dated(0, ups(1, 3)...).rows(),
		note("it is remembered, and a repeat"))
	c.site("SITE-5/two-machines-with-one-id", inside,
		heard(2).after(minute).dated(10*time.Second, up(1, 5, 1), up(2, 6, 1)).after(hour).report(up(3, 1, 3)).after(minute).report(up(3, 5, 3)).rows().known(),
		note("a cloned client is reset again and again"))
	c.site("SITE-5/restored-from-an-old-backup", inside,
		heard(2).after(hour).report(ups(3, 6)...).after(day).report(up(3, 3, 1), up(4, 4, 1)).after(minute).report(up(5, 1, 2), up(6, 2, 2), up(7, 3, 1), marker(8, 5, 1)).rows(),
		flag("SITE-9"), note("its serials go on from what it remembered"))
}
