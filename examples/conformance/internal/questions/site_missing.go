package questions

import "time"

// siteGaps are SITE-3: what is missing, and since when.
func siteGaps(c *collector) {
	c.site("SITE-3/nothing-is-missing", outside, heard(3).after(minute).report(up(4, 4, 2)))
	c.site("SITE-3/the-first-report-begins-at-one", outside, newSite().report(up(1, 1, 2)))
	c.site("SITE-3/the-first-report-begins-at-two", inside, newSite().report(up(2, 2, 2)))
	c.site("SITE-3/the-first-report-begins-at-a-hundred", inside, newSite().report(up(100, 1, 2)))
	c.site("SITE-3/one-serial-is-missing", inside, heard(3).after(minute).report(up(5, 5, 2)))
	c.site("SITE-3/many-serials-are-missing", inside, heard(3).after(minute).report(up(54, 5, 2)))
	c.site("SITE-3/missing-within-a-report", inside, newSite().report(up(1, 1, 2), up(4, 4, 2)))
	c.site("SITE-3/missing-twice-within-a-report", inside, newSite().report(up(1, 1, 2), up(3, 3, 2), up(6, 6, 2)))
	c.site("SITE-3/a-report-in-another-order-has-no-gap", outside, newSite().report(up(3, 3, 2), up(1, 1, 2), up(2, 2, 2)))
	c.site("SITE-3/each-gap-has-its-time", inside,
		newSite().report(up(1, 1, 2), up(3, 3, 2)).after(hour).report(up(5, 5, 2)).after(hour).report(up(9, 9, 2)))
	c.site("SITE-3/the-time-is-that-of-the-site", inside, heard(1).after(day).dated(hour, up(3, 3, 2)), note("not the date of the report"))
	c.site("SITE-3/the-time-is-in-whole-seconds", inside, heard(1).after(hour+999*time.Millisecond).report(up(3, 3, 2)))
	c.site("SITE-3/each-client-has-its-gaps", inside, newSite().report(up(2, 2, 2)).from(2).after(minute).report(up(1, 1, 2)).from(1).known())
	c.site("SITE-3/a-gap-is-not-filled-by-another-client", inside, newSite().report(up(2, 2, 2)).from(2).after(minute).report(up(1, 1, 2), up(2, 2, 2)).from(1).known())
	c.site("SITE-3/messages-without-serial-leave-no-gap", outside, newSite().report(up(0, 1, 2)).after(minute).report(up(1, 1, 2), up(0, 2, 2)).after(minute).report(up(2, 3, 2)))
	c.site("SITE-3/a-bad-record-leaves-no-gap", outside, newSite().report(up(1, 1, 2), up(2, 2, 9), up(3, 3, 2)))
	c.site("SITE-3/a-repeat-leaves-no-gap", outside, newSite().report(up(1, 1, 2), up(3, 3, 2)).after(minute).again())
}

// siteLate are SITE-3: late arrivals close ranges, wholly or in part.
func siteLate(c *collector) {
	late := func() *siteScript { // 2 to 6 are missing since noon
		return newSite().report(up(1, 1, 2), up(7, 7, 2)).after(hour)
	}
	some := func(s *siteScript, from, to int) *siteScript { return s.dated(-hour, ups(from, to)...) }
	c.site("SITE-3/closed-wholly", inside, some(late(), 2, 6).rows())
	c.site("SITE-3/closed-but-for-the-first", inside, some(late(), 3, 6))
	c.site("SITE-3/closed-but-for-the-last", inside, some(late(), 2, 5))
	c.site("SITE-3/closed-at-its-beginning", inside, some(late(), 2, 2))
	c.site("SITE-3/closed-at-its-end", inside, some(late(), 6, 6))
	c.site("SITE-3/closed-in-the-middle", inside, some(late(), 4, 4))
	c.site("SITE-3/closed-in-two-steps", inside, some(some(late(), 4, 6).after(hour), 2, 3))
	c.site("SITE-3/closed-in-two-steps-from-below", inside, some(some(late(), 2, 3).after(hour), 4, 6))
	c.site("SITE-3/closed-in-three-steps", inside, some(some(some(late(), 4, 4).after(hour), 5, 6).after(hour), 2, 3))
	c.site("SITE-3/closed-in-pieces-of-one-report", inside, late().dated(-hour, up(2, 2, 2), up(4, 4, 2), up(6, 6, 2)))
	c.site("SITE-3/closed-and-another-opened", inside, late().report(append(ups(2, 6), up(10, 10, 2))...))
	c.site("SITE-3/two-ranges-closed-by-one-report", inside,
		newSite().report(up(1, 1, 2), up(3, 3, 2), up(6, 6, 2)).after(hour).dated(-hour, up(2, 2, 2), up(4, 4, 2), up(5, 5, 2)))
	c.site("SITE-3/of-two-ranges-one-is-closed", inside,
		newSite().report(up(1, 1, 2), up(3, 3, 2)).after(minute).report(up(6, 6, 2)).after(hour).dated(-hour, up(2, 2, 2)))
	c.site("SITE-3/what-comes-before-the-first-report-closes-too", inside, newSite().report(up(3, 3, 2)).after(minute).dated(-hour, up(1, 1, 2)).after(minute).dated(-hour, up(2, 2, 2)))
	c.site("SITE-3/closed-by-a-bad-record", inside, newSite().report(up(1, 1, 2), up(3, 3, 2)).after(hour).dated(-hour, up(2, 2, 9)).kept(),
		note("it came; that it is bad is another matter"))
	c.site("SITE-3/closed-long-after", inside, newSite().report(up(1, 1, 2), up(3, 3, 2)).after(30*day).dated(-hour, up(2, 2, 2)).check())
	c.site("SITE-3/a-new-message-closes-nothing", outside, late().report(up(8, 8, 2)))
	c.site("SITE-3/a-late-message-is-taken-in", inside, some(late(), 3, 3).states(3).rows())
}

// everyOther are messages with every other serial, from 2: before each one is
// missing.
func everyOther(n int) []o {
	var list []o
	for k := range n {
		list = append(list, up(2+2*k, k+1, 2))
	}
	return list
}

// siteManyGaps are SITE-3: the ranges of a client are bounded.
func siteManyGaps(c *collector) {
	c.site("SITE-3/thirty-two-ranges", outside, newSite().report(everyOther(32)...))
	c.site("SITE-3/thirty-three-ranges", inside, newSite().report(everyOther(33)...),
		note("the two nearest to one another, the first such, become one"))
	c.site("SITE-3/one-range-more", inside, newSite().report(everyOther(32)...).after(hour).report(up(66, 40, 2)))
	c.site("SITE-3/the-nearest-two-become-one", inside,
		newSite().report(append(ups(2, 4), append(wide(6, 30), up(200, 90, 2))...)...).after(hour).report(up(202, 91, 2)))
	c.site("SITE-3/a-split-makes-one-too-many", inside,
		newSite().report(append(everyOther(31), up(70, 40, 2))...).after(hour).dated(-hour, up(66, 50, 2)))
	c.site("SITE-3/the-earlier-time-stays", inside,
		newSite().report(up(2, 1, 2)).after(hour).report(wide(4, 31)...).after(hour).report(up(200, 90, 2)))
	c.site("SITE-3/what-had-come-within-the-one-is-a-repeat", inside,
		newSite().report(everyOther(33)...).after(hour).dated(-hour, up(1, 50, 2), up(2, 1, 2)).rows(), note("and is missing no more"))
	c.site("SITE-3/what-had-come-and-was-overwritten", inside,
		newSite().report(everyOther(33)...).after(minute).report(up(67, 1, 3)).after(hour).dated(-hour, up(1, 50, 2), up(2, 1, 2)).rows(),
		note("nothing tells any more that it had come: it counts, and changes no row"))
	c.site("SITE-3/the-one-is-closed-by-what-is-missing", inside,
		newSite().report(everyOther(33)...).after(hour).dated(-hour, up(1, 50, 2), up(3, 51, 2)))
}

// wide are messages of which two come and one is missing, n times, beginning
// with one serial.
func wide(serial, n int) []o {
	var list []o
	for k := range n {
		list = append(list, up(serial+3*k, 10+k, 2), up(serial+1+3*k, 50+k, 2))
	}
	return list
}

// gap is a site at which the serial 2 is missing since noon.
func gap(config ...any) *siteScript { return newSite(config...).report(up(1, 1, 2), up(3, 3, 2)) }

const missingAge = 2880 * time.Minute

// siteResyncs are SITE-4: when a range has been missing for too long.
func siteResyncs(c *collector) {
	for _, e := range []struct {
		by    time.Duration
		words string
		side  string
	}{
		{-minute, "a-minute-less-than", outside},
		{-time.Second, "a-second-less-than", outside},
		{0, "exactly", outside},
		{time.Nanosecond, "a-nanosecond-more-than", outside},
		{time.Second - time.Nanosecond, "nearly-a-second-more-than", outside},
		{time.Second, "a-second-more-than", inside},
		{15 * minute, "a-quarter-of-an-hour-more-than", inside},
	} {
		var more []more
		if e.by > 0 && e.by < time.Second {
			more = append(more, note("the site counts in whole seconds"))
		}
		c.site("SITE-4/missing-for-"+e.words+"-2880-minutes", e.side, gap().on(missingAge+e.by).check().known(), more...)
		c.site("SITE-4/missing-for-"+e.words+"-an-hour-if-so-configured", e.side, gap("min_missing_age_s", 3600).on(hour+e.by).check())
	}
	c.site("SITE-4/the-gap-was-seen-within-a-second", inside, newSite().on(900*time.Millisecond).report(up(2, 2, 2)).on(missingAge+time.Second).check(),
		note("it is missing since the whole second"))
	c.site("SITE-4/the-answer-carries-the-number", inside, gap().on(missingAge+time.Second).check().after(minute).report(up(4, 4, 2)).after(minute).report(up(5, 5, 2)))
	c.site("SITE-4/a-report-alone-asks-for-nothing", outside, gap().on(3*day).report(up(4, 4, 2)))
	c.site("SITE-4/nothing-is-missing", outside, heard(3).on(3*day).check())
	c.site("SITE-4/closed-in-time", outside, gap().after(hour).dated(-hour, up(2, 2, 2)).on(3*day).check())
	c.site("SITE-4/closed-in-part", inside, newSite().report(up(1, 1, 2), up(5, 5, 2)).after(day).dated(-hour, up(3, 3, 2)).on(missingAge+time.Second).check(),
		note("what is left is missing since it was first seen"))
	c.site("SITE-4/of-two-ranges-one-is-too-old", inside, gap().on(day).report(up(6, 6, 2)).on(missingAge+time.Second).check())
	c.site("SITE-4/of-two-ranges-the-old-one-was-closed", outside, gap().on(day).report(up(6, 6, 2)).dated(-hour, up(2, 2, 2)).on(missingAge+time.Second).check())
	c.site("SITE-4/each-client-has-its-number", inside,
		gap().from(2).after(hour).report(up(4, 4, 2)).from(3).report(up(1, 1, 2)).on(missingAge+time.Second).check().after(hour).check().after(minute).report(up(2, 2, 2)))
	c.site("SITE-4/two-clients-at-once", inside, newSite().from(2).report(up(2, 2, 2)).from(1).report(up(2, 2, 2)).on(3*day).check(), note("in the order of their ids"))
	c.site("SITE-4/a-client-that-is-switched-off-is-asked-too", inside, gap().register(1, false).on(3*day).check())
}

// siteResyncPeriod are SITE-4: at most once in 72 hours.
func siteResyncPeriod(c *collector) {
	asked := func(config ...any) *siteScript { return gap(config...).on(3 * day).check() }
	for _, e := range []struct {
		by    time.Duration
		words string
		side  string
	}{
		{-time.Second, "a-second-before", outside},
		{-time.Nanosecond, "a-nanosecond-before", outside},
		{0, "exactly-at", inside},
		{time.Second, "a-second-after", inside},
	} {
		c.site("SITE-4/asked-again-"+e.words+"-72-hours", e.side, asked().on(6*day+e.by).check().known())
		c.site("SITE-4/asked-again-"+e.words+"-a-day-if-so-configured", e.side, asked("min_resync_period_s", 86400).on(4*day+e.by).check())
	}
	c.site("SITE-4/not-asked-again-at-the-next-check", outside, asked().after(15*minute).check().after(15*minute).check())
	c.site("SITE-4/asked-three-times", inside, asked().on(6*day).check().on(9*day).check())
	c.site("SITE-4/the-time-is-counted-from-the-last", outside, asked().on(7*day).check().on(9*day).check().on(10*day).check())
	c.site("SITE-4/a-new-gap-after-the-answer-must-wait", outside,
		asked().after(minute).report(up(4, 1, 2), up(5, 3, 2), marker(6, 4, 1)).after(minute).report(up(8, 8, 2)).on(5*day+12*hour).check())
	c.site("SITE-4/a-new-gap-after-the-answer-at-72-hours", inside,
		asked().after(minute).report(up(4, 1, 2), up(5, 3, 2), marker(6, 4, 1)).after(minute).report(up(8, 8, 2)).on(6*day).check())
	c.site("SITE-4/the-clock-of-the-site-was-moved-back", inside, asked().on(hour).report(up(4, 4, 2)).on(2*day+time.Second).check(),
		note("a request that was asked for in the future does not count"))
}

// siteResyncAnswers are SITE-4: what answers a request.
func siteResyncAnswers(c *collector) {
	asked := func() *siteScript { return gap().on(3 * day).check().after(minute) }
	c.site("SITE-4/a-refresh-that-names-it", inside, asked().report(up(4, 1, 2), up(5, 3, 2), marker(6, 4, 1)), flag("SITE-9"))
	c.site("SITE-4/a-marker-that-names-it-with-a-part-missing", inside, asked().report(up(4, 1, 2), marker(6, 4, 1)), flag("SITE-9"),
		note("the client has answered; that something is missing is another matter"))
	c.site("SITE-4/a-marker-that-names-another", outside, asked().report(up(4, 1, 2), marker(6, 4, 2)), flag("SITE-9"))
	c.site("SITE-4/a-refresh-of-its-own-accord", inside, asked().report(up(4, 1, 2), up(5, 3, 2), marker(6, 4, 0)), flag("SITE-9"),
		note("any refresh that was recorded later will do"))
	c.site("SITE-4/a-refresh-that-was-recorded-before", outside,
		newSite().report(up(1, 1, 2), up(2, 3, 2), up(7, 7, 2)).on(3*day).check().after(minute).dated(hour, up(4, 1, 2), up(5, 3, 2), marker(6, 4, 0)),
		flag("SITE-9"), note("it does not know of the request"))
	c.site("SITE-4/an-answer-without-a-marker", outside, asked().report(up(4, 1, 2), up(5, 3, 2)))
	c.site("SITE-4/the-marker-was-lost", outside, asked().report(up(4, 1, 2), up(5, 3, 2)).after(minute).report(up(7, 7, 2)), flag("SITE-9"))
	c.site("SITE-4/the-marker-comes-late", inside, asked().report(up(4, 1, 2), up(5, 3, 2)).after(minute).report(up(7, 7, 2)).after(minute).dated(3*day, marker(6, 4, 1)), flag("SITE-9"))
	c.site("SITE-4/asked-again-the-old-number-is-no-answer", outside, asked().on(6*day).check().after(minute).report(up(4, 1, 2), marker(6, 4, 1)), flag("SITE-9"))
	c.site("SITE-4/after-the-answer-the-number-is-gone", inside, asked().report(up(4, 1, 2), up(5, 3, 2), marker(6, 4, 1)).after(minute).report(up(7, 7, 2)).check().known(), flag("SITE-9"))
}
