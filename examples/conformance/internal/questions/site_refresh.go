package questions

import "time"

// siteSummaries are SITE-8: what counts.
func siteSummaries(c *collector) {
	four := func() *siteScript {
		s := newSite()
		for n := range 4 {
			s.from(n + 1).report(up(1, 1, n))
		}
		return s
	}
	c.site("SITE-8/one-of-each-state", inside, four().summary(1))
	c.site("SITE-8/a-silent-client-counts-as-unknown", inside, four().register(5, true).summary(1))
	c.site("SITE-8/a-client-that-is-switched-off-counts", inside, four().register(2, false).register(6, false).summary(1))
	c.site("SITE-8/a-client-without-the-update-counts-as-unknown", inside, four().from(5).report(up(1, 2, 3)).summary(1, 2))
	c.site("SITE-8/an-update-that-nobody-reports", inside, four().summary(7))
	c.site("SITE-8/all-updates-in-the-order-of-their-ids", inside, newSite().report(up(1, 3, 1), up(2, 1, 2), up(3, 2, 3)).summary())
	c.site("SITE-8/other-topics-are-no-updates", outside, newSite().report(of(1, 402, update(1), 9), scanState(2, 3)).summary())
	c.site("SITE-8/named-twice-told-once", inside, four().summary(1, 2, 1))
	c.site("SITE-8/nobody-is-known", outside, newSite().summary(1))
	c.site("SITE-8/everybody-is-compliant", outside, newSite().report(up(1, 1, 1)).from(2).report(up(1, 1, 3)).summary(1))
	c.site("SITE-8/a-client-with-a-bad-report-alone-does-not-count", outside, newSite().bad().summary(1))
}

// siteRefreshes are SITE-9: a refresh replaces what there was.
func siteRefreshes(c *collector) {
	old := func() *siteScript { return heard(3).after(hour) }
	c.site("SITE-9/a-removal-is-repaired", inside, old().report(up(4, 1, 2), up(5, 2, 2), marker(6, 4, 0)).rows().states(3))
	c.site("SITE-9/what-is-still-there-stays", outside, old().report(up(4, 1, 2), up(5, 2, 2), up(6, 3, 2), marker(7, 4, 0)).rows())
	c.site("SITE-9/without-a-marker-nothing-is-removed", outside, old().report(up(4, 1, 2), up(5, 2, 2)).rows())
	c.site("SITE-9/a-client-that-knows-nothing", inside, old().report(marker(4, 4, 0)).rows())
	c.site("SITE-9/the-first-serial-of-the-refresh-stays", inside, old().report(up(4, 1, 2), marker(5, 4, 0)).rows())
	c.site("SITE-9/the-serial-before-the-refresh-goes", inside, heard(2).after(hour).report(up(3, 3, 2), up(4, 1, 2), marker(5, 4, 0)).rows())
	c.site("SITE-9/all-from-the-first-stays", outside, old().report(up(4, 4, 2), marker(5, 1, 0)).rows())
	c.site("SITE-9/what-comes-after-the-marker-stays", inside, old().report(up(4, 1, 2), marker(5, 4, 0), up(6, 6, 3)).rows())
	c.site("SITE-9/what-changed-after-the-marker-stays-changed", inside, old().report(up(4, 1, 2), marker(5, 4, 0), up(6, 1, 3)).rows())
	c.site("SITE-9/other-topics-are-replaced-too", inside,
		newSite().report(scanState(1, 3), of(2, 402, "two", 9), up(3, 1, 2)).after(hour).report(scanState(4, 3), marker(5, 4, 0)).rows())
	c.site("SITE-9/messages-without-serial-go", inside, newSite().report(up(0, 9, 2), up(1, 1, 2)).after(hour).report(up(2, 1, 2), marker(3, 2, 0)).rows())
	c.site("SITE-9/rows-of-an-earlier-life-go", inside, old().report(up(1, 8, 2)).after(minute).report(up(2, 1, 2), marker(3, 2, 1)).rows(), flag("SITE-5"))
	c.site("SITE-9/rows-of-another-client-stay", outside, heard(2).from(2).report(up(1, 1, 2), up(2, 2, 2)).after(hour).report(up(3, 1, 2), marker(4, 3, 0)).from(1).rows())
	c.site("SITE-9/a-second-refresh", inside,
		old().report(up(4, 1, 2), up(5, 2, 2), marker(6, 4, 0)).after(hour).report(up(7, 1, 2), marker(8, 7, 0)).rows())
	c.site("SITE-9/the-same-report-again-removes-nothing", outside,
		old().report(up(4, 1, 2), marker(5, 4, 0)).after(minute).report(up(6, 6, 2)).after(minute).dated(hour, up(4, 1, 2), marker(5, 4, 0)).rows(), flag("SITE-2"))
	c.site("SITE-9/a-bad-marker-removes-nothing", outside, old().report(up(4, 1, 2), of(5, 700, "refresh", 1, "params", l{"4"})).rows())
	c.site("SITE-9/a-bad-record-within-the-refresh", inside, old().report(up(4, 1, 2), up(5, 2, 9), marker(6, 4, 0)).rows(),
		note("it has come; its row is not repaired and its state is Unknown, because the message was bad"))
}

// siteRefreshOrders are SITE-9: the parts of a refresh in every order. Serial 3 says
// that update 1 is Installed, 4 that update 2 is, and 5 is the marker.
func siteRefreshOrders(c *collector) {
	parts := map[rune]func(*siteScript) *siteScript{
		'a': func(s *siteScript) *siteScript { return s.dated(hour, up(3, 1, 3)) },
		'b': func(s *siteScript) *siteScript { return s.dated(hour+time.Second, up(4, 2, 3)) },
		'm': func(s *siteScript) *siteScript { return s.dated(hour+2*time.Second, marker(5, 3, 0)) },
	}
	names := map[rune]string{'a': "first", 'b': "second", 'm': "marker"}
	for _, order := range []string{"abm", "amb", "bam", "bma", "mab", "mba"} {
		s, id := newSite().report(up(1, 8, 2), up(2, 9, 2)).after(hour), "SITE-9/in-the-order"
		for _, part := range order {
			s = parts[part](s.after(minute)).rows()
			id += "-" + names[part]
		}
		c.site(id, inside, s, note("nothing is removed before all of it has come"))
	}
	begun := func() *siteScript { return newSite().report(up(1, 8, 2), up(2, 9, 2)).after(hour) }
	c.site("SITE-9/a-part-is-missing", outside, begun().report(up(3, 1, 3), marker(5, 3, 0)).rows().known())
	c.site("SITE-9/the-first-part-is-missing", outside, begun().report(up(4, 2, 3), marker(5, 3, 0)).rows().known())
	c.site("SITE-9/the-marker-was-lost", outside, begun().report(up(3, 1, 3), up(4, 2, 3)).after(minute).report(up(6, 6, 2)).rows())
	c.site("SITE-9/the-marker-comes-after-what-followed", inside,
		begun().report(up(3, 1, 3), up(4, 2, 3)).after(minute).report(up(6, 6, 2)).after(minute).dated(hour, marker(5, 3, 0)).rows())
	c.site("SITE-9/the-part-that-is-missing-was-bad", inside, begun().report(up(3, 1, 3), marker(5, 3, 0)).after(minute).dated(hour, up(4, 2, 9)).rows())
	c.site("SITE-9/a-later-refresh-takes-the-place-of-one-that-is-arriving", inside,
		begun().report(up(3, 1, 3), marker(5, 3, 0)).after(hour).report(up(6, 1, 3), up(7, 2, 3), marker(8, 6, 0)).rows().known())
	c.site("SITE-9/of-two-that-are-arriving-the-later-counts", inside,
		begun().report(up(3, 1, 3), marker(5, 3, 0)).after(hour).report(up(6, 1, 3), marker(8, 6, 0)).after(minute).dated(hour, up(4, 2, 3)).rows().known())
	c.site("SITE-9/the-marker-of-an-earlier-one-comes-later", outside,
		begun().report(up(3, 1, 3), up(4, 2, 3)).after(hour).report(up(6, 1, 3), marker(8, 6, 0)).after(minute).dated(hour, marker(5, 3, 0)).rows().known(),
		note("the later one is still arriving"))
	c.site("SITE-9/a-refresh-that-reaches-further-back", outside,
		begun().report(up(3, 1, 3), marker(4, 3, 0)).after(hour).report(up(5, 2, 3), marker(6, 1, 0)).after(minute).dated(0, up(2, 9, 2)).rows().known(),
		note("it removes nothing, and what was replaced before stays replaced"))
	c.site("SITE-9/an-earlier-refresh-after-a-complete-one", outside,
		begun().report(up(3, 1, 3)).after(hour).report(up(6, 1, 3), marker(7, 6, 0)).after(minute).dated(hour, up(4, 2, 3), marker(5, 3, 0)).rows().known(),
		note("what is below a complete refresh is replaced: it comes too late"))
}

// siteRefreshGaps are SITE-9: what a refresh does to missing ranges.
func siteRefreshGaps(c *collector) {
	c.site("SITE-9/a-gap-before-it-is-forgotten", inside, gap().after(hour).report(up(4, 1, 2), marker(5, 4, 0)).on(3*day).check().known())
	c.site("SITE-9/a-gap-after-it-stays", outside, heard(1).after(hour).report(up(2, 1, 2), marker(3, 2, 0), up(5, 5, 2)).known())
	c.site("SITE-9/a-gap-before-it-and-one-after-it", inside, gap().after(hour).report(up(4, 1, 2), marker(5, 4, 0), up(7, 7, 2)).known())
	c.site("SITE-9/a-gap-right-before-it", inside, heard(1).after(hour).report(up(4, 1, 2), marker(5, 4, 0)))
	c.site("SITE-9/a-gap-before-it-stays-until-it-has-come", outside, gap().after(hour).report(up(4, 1, 2), marker(6, 4, 0)).known())
	c.site("SITE-9/a-gap-that-reaches-into-it", outside, heard(1).after(hour).report(up(5, 1, 2), marker(6, 4, 0)).rows().known())
	c.site("SITE-9/a-late-message-from-before-it", inside, gap().after(hour).report(up(4, 1, 2), marker(5, 4, 0)).after(minute).dated(0, up(2, 2, 2)).rows(),
		note("it is not taken in any more, or what was removed would come back"))
	c.site("SITE-9/a-late-message-from-before-it-has-come", outside, gap().after(hour).report(up(4, 1, 2), marker(6, 4, 0)).after(minute).dated(0, up(2, 2, 2)).rows())
	c.site("SITE-9/the-first-report-is-a-refresh", inside, newSite().report(up(7, 1, 2), up(8, 2, 2), marker(9, 7, 0)).known())
	c.site("SITE-9/a-request-that-is-older-is-answered", inside, gap().on(3*day).check().after(minute).report(up(4, 1, 2), marker(5, 4, 0)).rows(), flag("SITE-5"))
}

// siteConsistent are SITE-10: a summary equals its rows.
func siteConsistent(c *collector) {
	both := func(s *siteScript) *siteScript { return s.summary(1).states(1) }
	c.site("SITE-10/after-each-report", inside,
		both(both(both(newSite().report(up(1, 1, 2))).after(minute).report(up(2, 1, 3))).from(2).after(minute).report(up(1, 1, 2))))
	c.site("SITE-10/after-a-late-report", inside,
		both(both(newSite().after(minute).report(up(2, 1, 3))).after(minute).dated(0, up(1, 1, 2))))
	c.site("SITE-10/after-a-client-was-registered", inside, both(both(heard(1)).after(minute).register(2, true)))
	c.site("SITE-10/after-a-refresh-has-removed", inside, both(both(heard(2)).after(hour).report(up(3, 2, 2), marker(4, 3, 0))))
	c.site("SITE-10/after-a-reset", inside, both(both(heard(2)).after(hour).report(up(1, 1, 3))), flag("SITE-5"))
	c.site("SITE-10/after-a-check-that-asked", inside, both(both(gap()).on(3*day).check().after(minute)))
	c.site("SITE-10/after-a-check-that-did-not-ask", outside, both(both(gap()).on(day).check().after(minute)))
	c.site("SITE-10/after-a-report-that-was-not-stored", outside, both(failing(both(heard(1)).after(hour), up(2, 1, 3)).after(minute)))
	c.site("SITE-10/after-a-report-that-was-refused", outside,
		both(both(heard(1)).after(hour).do("report", "client", o{"id", "somebody"}, "date", moment(noon), "messages", l{up(2, 1, 3)}).after(minute)))
	c.site("SITE-10/after-a-repeat", inside, both(both(heard(1)).after(hour).again().after(minute)), note("that it came is kept too"))
	c.site("SITE-10/after-a-bad-report", inside, both(both(heard(1)).after(hour).bad().after(minute)))
	c.site("SITE-10/asked-twice", outside, both(both(heard(1)).after(hour)))
	c.site("SITE-10/asked-of-a-site-that-knows-nobody", outside, both(newSite()))
	c.site("SITE-10/when-the-clock-was-moved-back", outside, both(both(heard(1)).on(-hour).dated(hour, up(2, 1, 3))), note("it is of the latest time"))
	c.site("SITE-10/in-whole-seconds", inside, both(newSite().on(1500*time.Millisecond).report(up(1, 1, 2))))
}
