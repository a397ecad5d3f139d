package questions

import "time"

// siteStored are SITE-1: what was taken in is there, also after a restart.
func siteStored(c *collector) {
	c.site("SITE-1/a-report-is-there", inside, heard(3).rows().known())
	c.site("SITE-1/reports-of-two-clients", inside, heard(2).from(2).after(minute).report(ups(1, 1)...).rows().from(1).rows())
	c.site("SITE-1/there-after-a-restart", inside, heard(3).restart().rows().known())
	c.site("SITE-1/a-gap-is-there-after-a-restart", inside, newSite().report(up(1, 1, 2), up(5, 5, 2)).restart().known().after(hour).report(up(3, 3, 2)))
	c.site("SITE-1/a-repeat-is-known-after-a-restart", inside, heard(3).restart().after(hour).again())
	c.site("SITE-1/a-request-is-open-after-a-restart", inside, newSite().report(up(3, 1, 2)).after(2*day+time.Second).check().restart().after(hour).report(up(4, 4, 2)))
	c.site("SITE-1/a-refresh-goes-on-after-a-restart", inside,
		heard(2).after(hour).report(up(3, 1, 3), marker(5, 3, 0)).restart().known().after(minute).dated(hour, up(4, 3, 1)).rows())
	c.site("SITE-1/a-life-goes-on-after-a-restart", inside,
		heard(2).after(hour).report(up(1, 9, 2)).restart().after(hour).report(up(2, 2, 3)).rows())
	c.site("SITE-1/what-was-bad-is-kept-after-a-restart", inside, newSite().report(up(1, 1, 9), up(2, 2, 2)).bad().restart().kept())
	c.site("SITE-1/a-silent-client-is-known-after-a-restart", inside, newSite().register(3, true).register(4, false).restart().states(1))
	c.site("SITE-1/the-id-in-lower-case", inside,
		newSite().do("report", "client", o{"id", "GUID:abcdef01-1111-2222-3333-abcdefabcdef"}, "date", moment(noon), "messages", l{up(1, 1, 2)}).
			do("rows", "client", "GUID:ABCDEF01-1111-2222-3333-ABCDEFABCDEF").do("client", "client", "GUID:abcdef01-1111-2222-3333-abcdefabcdef"),
		note("a client has one id however a report spells it"))
	c.site("SITE-1/the-id-without-its-prefix", inside,
		newSite().do("report", "client", o{"id", "abcdef01-1111-2222-3333-abcdefabcdef"}, "date", moment(noon), "messages", l{up(1, 1, 2)}).
			do("client", "client", "GUID:ABCDEF01-1111-2222-3333-ABCDEFABCDEF"))
	for _, no := range []struct{ id, words string }{
		{"", "empty"},
		{"GUID:", "nothing-but-the-prefix"},
		{"GUID:00000001-1111-2222-3333-44444444444", "too-short"},
		{"GUID:00000001-1111-2222-3333-44444444444g", "not-hexadecimal"},
		{"guid:00000001-1111-2222-3333-444444444444", "another-prefix"},
		{"{00000001-1111-2222-3333-444444444444}", "in-braces"},
	} {
		c.site("SITE-1/refused-an-id-that-is-"+no.words, outside,
			newSite().do("report", "client", o{"id", no.id}, "date", moment(noon), "messages", l{up(1, 1, 2)}).summary(1))
	}
	c.site("SITE-1/refused-to-register-what-is-no-client", outside, newSite().do("register", "client", "somebody", "enabled", true).summary(1))
}

// siteStoreFailed are SITE-1: a report that could not be stored was not taken in.
func siteStoreFailed(c *collector) {
	c.site("SITE-1/not-stored-and-nothing-is-known", outside, failing(newSite(), ups(1, 2)...).known().rows().summary(1))
	c.site("SITE-1/not-stored-and-sent-again", outside, failing(newSite(), ups(1, 2)...).after(minute).again().rows())
	c.site("SITE-1/not-stored-and-nothing-is-overwritten", outside, failing(heard(2).after(hour), up(3, 1, 3)).rows().known())
	c.site("SITE-1/not-stored-and-a-gap-stays", outside, failing(newSite().report(up(1, 1, 2), up(3, 3, 2)).after(hour), up(2, 2, 2)).known().after(minute).again().rows())
	c.site("SITE-1/not-stored-and-no-reset", outside, failing(heard(2).after(hour), up(1, 9, 2)).known().after(minute).again())
	c.site("SITE-1/not-stored-and-nothing-is-removed", outside, failing(heard(2).after(hour), up(3, 1, 3), marker(4, 3, 0)).rows().after(minute).again().rows())
	c.site("SITE-1/not-stored-and-nothing-is-kept", outside, failing(newSite(), up(1, 1, 9)).kept().after(minute).again().kept())
	c.site("SITE-1/stored-at-the-first-time", inside, newSite().report(ups(1, 2)...).after(minute).again().rows())
}

// failing is a report that the store does not take.
func failing(s *siteScript, messages ...o) *siteScript {
	n := len(s.steps)
	s.report(messages...)
	s.steps = s.steps[:n]
	return s.lost()
}

// siteRepeated are SITE-2: a message takes effect once.
func siteRepeated(c *collector) {
	c.site("SITE-2/the-same-report-again", inside, heard(3).after(hour).again().rows().known())
	c.site("SITE-2/the-same-report-again-and-again", inside, heard(1).after(minute).again().after(day).again().known())
	c.site("SITE-2/a-new-report", outside, heard(3).after(hour).report(ups(4, 5)...).rows().known())
	c.site("SITE-2/the-same-report-after-three-others", inside,
		heard(1).after(minute).report(up(2, 2, 2)).after(minute).report(up(3, 3, 2)).after(minute).report(up(4, 4, 2)).after(minute).dated(0, up(1, 1, 2)).known(),
		note("it need not be among the reports that are remembered"))
	c.site("SITE-2/the-same-report-after-two-others", inside,
		heard(1).after(minute).report(up(2, 2, 2)).after(minute).report(up(3, 3, 2)).after(minute).dated(0, up(1, 1, 2)).known())
	c.site("SITE-2/one-that-was-overwritten-again", inside,
		heard(1).after(minute).report(up(2, 1, 3)).after(minute).report(up(3, 3, 2)).after(minute).report(up(4, 4, 2)).after(minute).dated(0, up(1, 1, 2)).rows())
	c.site("SITE-2/half-of-it-came-before", inside, heard(3).after(minute).dated(0, up(2, 2, 2), up(3, 3, 2), up(4, 4, 2), up(5, 5, 2)).rows(), flag("SITE-5"))
	c.site("SITE-2/twice-in-one-report", inside, newSite().report(up(1, 1, 2), up(2, 2, 2), up(1, 1, 2)).rows().known())
	c.site("SITE-2/three-times-in-one-report", inside, newSite().report(up(1, 1, 2), up(1, 1, 2), up(1, 1, 2)).known())
	c.site("SITE-2/once-each-in-one-report", outside, newSite().report(up(2, 2, 2), up(1, 1, 2)).rows())
	c.site("SITE-2/of-a-late-one-again", inside,
		newSite().report(up(1, 1, 2), up(3, 3, 2)).after(minute).dated(-minute, up(2, 2, 2)).after(minute).again().rows().known())
	c.site("SITE-2/the-serials-of-another-client", outside, heard(2).from(2).report(up(1, 1, 3), up(2, 2, 3)).rows().from(1).rows())
	c.site("SITE-2/the-same-with-a-bad-record", inside, newSite().report(up(1, 1, 2), up(2, 2, 9)).after(minute).again().known().kept(),
		note("it is bad once"), flag("SITE-5"))
	c.site("SITE-2/with-a-message-without-serial-again", inside, newSite().report(up(1, 1, 2), up(0, 5, 2)).after(minute).again().rows())
}

// siteOrdered are SITE-2: the higher serial wins.
func siteOrdered(c *collector) {
	c.site("SITE-2/the-higher-serial-comes-later", inside, heard(1).after(minute).report(up(2, 1, 3)).rows())
	c.site("SITE-2/the-higher-serial-comes-first", inside, newSite().after(minute).report(up(2, 1, 3)).after(minute).dated(0, up(1, 1, 2)).rows())
	c.site("SITE-2/the-higher-serial-is-of-an-earlier-time", inside, heard(1).after(minute).report(upAt(-hour, 2, 1, 3)).rows(),
		note("the times of the messages make no difference"))
	c.site("SITE-2/the-lower-serial-is-of-a-later-time", inside, newSite().after(minute).report(up(2, 1, 3)).after(minute).dated(0, upAt(hour, 1, 1, 2)).rows())
	c.site("SITE-2/both-in-one-report", inside, newSite().report(up(1, 1, 2), up(2, 1, 3)).rows())
	c.site("SITE-2/both-in-one-report-the-higher-first", inside, newSite().report(up(2, 1, 3), up(1, 1, 2)).rows())
	c.site("SITE-2/three-in-the-order-two-three-one", inside,
		newSite().dated(minute, up(2, 1, 3)).after(minute).dated(2*minute, up(3, 1, 1)).after(minute).dated(0, up(1, 1, 2)).rows())
	c.site("SITE-2/three-in-the-order-three-one-two", inside,
		newSite().dated(2*minute, up(3, 1, 1)).after(minute).dated(0, up(1, 1, 2)).after(minute).dated(minute, up(2, 1, 3)).rows())
	c.site("SITE-2/three-in-the-order-one-three-two", inside,
		newSite().dated(0, up(1, 1, 2)).after(minute).dated(2*minute, up(3, 1, 1)).after(minute).dated(minute, up(2, 1, 3)).rows())
	c.site("SITE-2/three-in-the-order-three-two-one", inside,
		newSite().dated(2*minute, up(3, 1, 1)).after(minute).dated(minute, up(2, 1, 3)).after(minute).dated(0, up(1, 1, 2)).rows())
	c.site("SITE-2/a-lower-serial-of-another-topic", outside, newSite().after(minute).report(up(2, 1, 3)).after(minute).dated(0, up(1, 2, 2)).rows())
	c.site("SITE-2/the-same-id-of-another-type", outside, newSite().report(of(1, 301, "one", 4), of(2, 300, "one", 1)).rows())
	c.site("SITE-2/the-same-id-in-capitals", outside, newSite().report(of(1, 301, "one", 4), of(2, 301, "ONE", 5)).rows())
	c.site("SITE-2/everything-of-a-message-is-replaced", inside,
		newSite().report(of(1, 301, "one", 4, "id_type", 3, "criticality", 2, "params", l{"a", "b"}, "details", "why")).after(minute).report(of(2, 301, "one", 5)).rows())
	c.site("SITE-2/the-name-is-that-of-the-newest-report", inside,
		newSite().named("new", hour, up(2, 2, 2)).named("old", 0, up(1, 1, 2)).known())
	c.site("SITE-2/the-name-changes-with-a-newer-report", outside,
		newSite().named("old", 0, up(1, 1, 2)).named("new", hour, up(2, 2, 2)).known())
}

// named is a report that names the computer.
func (s *siteScript) named(name string, d time.Duration, m o) *siteScript {
	s.after(2 * hour)
	return s.do("report", "client", o{"id", s.who, "version", "4.00." + name, "netbios_name", name}, "date", moment(noon.Add(d)), "messages", l{m})
}

// siteWithoutSerial are SITE-2: messages that have none go by their times.
func siteWithoutSerial(c *collector) {
	at := func(d time.Duration, state int) o { return upAt(d, 0, 1, state) }
	c.site("SITE-2/without-serial-the-first", inside, newSite().report(at(0, 2)).rows().known())
	c.site("SITE-2/without-serial-a-later-time", inside, newSite().report(at(0, 2)).after(minute).report(at(time.Second, 3)).rows())
	c.site("SITE-2/without-serial-the-same-time", outside, newSite().report(at(0, 2)).after(minute).report(at(0, 3)).rows(), note("the first stays"))
	c.site("SITE-2/without-serial-a-microsecond-later", inside, newSite().report(at(0, 2)).after(minute).report(at(time.Microsecond, 3)).rows())
	c.site("SITE-2/without-serial-a-nanosecond-later", outside, newSite().report(at(0, 2)).after(minute).report(at(time.Nanosecond, 3)).rows(),
		note("times of messages are whole microseconds"))
	c.site("SITE-2/without-serial-an-earlier-time", outside, newSite().report(at(0, 2)).after(minute).report(at(-time.Second, 3)).rows())
	c.site("SITE-2/without-serial-after-one-with", outside, heard(1).after(minute).report(at(hour, 3)).rows(), note("a serial wins over none"))
	c.site("SITE-2/without-serial-before-one-with", inside, newSite().report(at(hour, 3)).after(minute).report(up(1, 1, 2)).rows())
	c.site("SITE-2/without-serial-and-with-in-one-report", inside, newSite().report(up(1, 1, 2), at(hour, 3)).rows(),
		note("those without are taken first"))
	c.site("SITE-2/two-without-serial-in-one-report", inside, newSite().report(at(time.Second, 3), at(0, 2)).rows(), note("by their times"))
}
