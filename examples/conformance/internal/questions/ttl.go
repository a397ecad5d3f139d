package questions

import "time"

// moment is a time of the vectors.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999999999Z") }

// noon is a moment from which the tables count.
var noon = time.Date(2008, 6, 3, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// stamped is a stamp.
func stamped(at time.Time, version int) o { return o{"time", moment(at), "version", version} }

// aged asks about metadata of an age at noon.
func aged(age time.Duration) o { return o{"stamp", stamped(noon.Add(-age), 38), "now", moment(noon)} }

// edge is a step beside a boundary.
type edge struct {
	by    time.Duration
	words string
}

// edges are around a boundary; the middle one is the boundary itself.
var edges = []edge{
	{-time.Second, "a-second-less-than"},
	{-time.Nanosecond, "a-nanosecond-less-than"},
	{0, "exactly"},
	{time.Nanosecond, "a-nanosecond-more-than"},
	{time.Second, "a-second-more-than"},
}

func freshness(c *collector) {
	limits(c)
	ages(c)
	absent(c)
	future(c)
	versions(c)
	monotone(c)
	completions(c)
	localScans(c)
	failures(c)
}

// limits are TTL-1: the default, and what is refused.
func limits(c *collector) {
	for _, no := range []struct {
		ttl   int
		words string
	}{{0, "zero"}, {-1, "a-second-below-zero"}, {-86400, "a-day-below-zero"}} {
		c.add("TTL-1/a-ttl-of-"+no.words, inside, "ttl.check", o{"ttl_s", no.ttl}.with(aged(time.Hour)...))
	}
	c.add("TTL-1/zero-and-nothing-stored", inside, "ttl.check", o{"ttl_s", 0, "stamp", nil, "now", moment(noon)},
		note("the policy is refused before the stamp is looked at"))
	for _, yes := range []struct {
		ttl   int
		words string
	}{{1, "a-second"}, {3600, "an-hour"}, {604800, "a-week"}, {315360000, "ten-years"}} {
		c.add("TTL-1/configured-to-"+yes.words, outside, "ttl.check", o{"ttl_s", yes.ttl}.with(aged(time.Second)...))
	}
	for _, d := range []struct {
		age   time.Duration
		words string
	}{{12 * time.Hour, "half-a-day"}, {12*time.Hour + time.Second, "just-over-half-a-day"}, {23 * time.Hour, "twenty-three-hours"}} {
		c.add("TTL-1/by-default-"+d.words+"-is-fresh", outside, "ttl.check", aged(d.age))
	}
	c.add("TTL-1/by-default-two-days-are-not", inside, "ttl.check", aged(2*day))
	c.add("TTL-1/the-default-written-out", outside, "ttl.check", o{"ttl_s", 86400, "tolerance_s", 300}.with(aged(18*time.Hour)...))
}

// ages are TTL-2: the boundary.
func ages(c *collector) {
	for _, ttl := range []struct {
		d     time.Duration
		words string
	}{{day, "a-day"}, {time.Second, "a-second"}, {time.Hour, "an-hour"}, {7 * day, "a-week"}} {
		for _, e := range edges {
			in := aged(ttl.d + e.by)
			if ttl.d != day {
				in = o{"ttl_s", int(ttl.d / time.Second)}.with(in...)
			}
			side := outside
			if e.by > 0 {
				side = inside
			}
			var extra []more
			if e.by == 0 {
				extra = append(extra, flag("TTL-2"), note("exactly the TTL is still fresh: our choice"))
			}
			c.add("TTL-2/"+e.words+"-a-ttl-of-"+ttl.words, side, "ttl.check", in, extra...)
		}
	}
	c.add("TTL-2/half-an-hour-over", inside, "ttl.check", aged(day+30*time.Minute))
	c.add("TTL-2/a-year-old", inside, "ttl.check", aged(366*day))
	c.add("TTL-2/age-rounded-down", outside, "ttl.check", aged(1500*time.Millisecond), note("age_s is whole seconds, rounded down"))
}

// absent are TTL-3.
func absent(c *collector) {
	none := o{"stamp", nil, "now", moment(noon)}
	c.add("TTL-3/nothing-stored", inside, "ttl.check", none)
	c.add("TTL-3/nothing-stored-and-a-version-required", inside, "ttl.check", o{"stamp", nil, "required", 38, "now", moment(noon)},
		note("absent is said before too low a version"))
	c.add("TTL-3/nothing-stored-and-ten-years", inside, "ttl.check", o{"ttl_s", 315360000}.with(none...))
	c.add("TTL-3/stored-without-a-version", outside, "ttl.check", o{"stamp", stamped(noon, 0), "now", moment(noon)})
	c.add("TTL-3/stored-at-the-same-moment", outside, "ttl.check", aged(0))
	c.add("TTL-3/a-new-client", inside, "ttl.history", steps(check(0, 0)))
	c.add("TTL-3/cleared-while-fresh", inside, "ttl.history", steps(retrieved(0, time.Minute, 38), cleared(time.Hour), check(time.Hour, 0)))
	c.add("TTL-3/cleared-twice", inside, "ttl.history", steps(cleared(0), cleared(time.Hour), check(time.Hour, 0)))
	c.add("TTL-3/retrieved-after-clearing", outside, "ttl.history",
		steps(retrieved(0, time.Minute, 38), cleared(time.Hour), retrieved(2*time.Hour, time.Minute, 39), check(2*time.Hour, 0)))
}

// future are TTL-7.
func future(c *collector) {
	for _, tolerance := range []struct {
		d     time.Duration
		words string
	}{{5 * time.Minute, "five-minutes"}, {time.Second, "a-second"}, {time.Hour, "an-hour"}} {
		for _, e := range edges {
			in := aged(-tolerance.d - e.by)
			if tolerance.d != 5*time.Minute {
				in = o{"tolerance_s", int(tolerance.d / time.Second)}.with(in...)
			}
			side := outside
			if e.by > 0 {
				side = inside
			}
			c.add("TTL-7/"+e.words+"-"+tolerance.words+"-ahead", side, "ttl.check", in)
		}
	}
	c.add("TTL-7/a-nanosecond-ahead", outside, "ttl.check", aged(-time.Nanosecond), note("its age is 0, not -1"))
	c.add("TTL-7/a-year-ahead", inside, "ttl.check", aged(-366*day))
	c.add("TTL-7/half-a-second-beyond", inside, "ttl.check", aged(-5*time.Minute-500*time.Millisecond), note("-300.5 seconds rounded down are -301"))
	c.add("TTL-7/a-day-ahead-with-a-long-ttl", inside, "ttl.check", o{"ttl_s", 604800}.with(aged(-day)...))
	c.add("TTL-7/the-clock-moved-back", inside, "ttl.history",
		steps(retrieved(10*time.Hour, time.Minute, 38), check(9*time.Hour, 0), check(10*time.Hour-5*time.Minute, 0), check(11*time.Hour, 0)),
		note("not fresh until the clock has caught up; the stamp stays"))
}

// versions are TTL-8.
func versions(c *collector) {
	for _, v := range []struct {
		version, required int
		words, side       string
	}{
		{37, 38, "one-below", inside},
		{38, 38, "the-same", outside},
		{39, 38, "one-above", outside},
		{0, 1, "no-version-and-one-required", inside},
		{0, 0, "no-version-and-none-required", outside},
		{38, 0, "a-version-and-none-required", outside},
		{38, 4294967295, "the-highest-required", inside},
		{4294967295, 4294967295, "the-highest-stored", outside},
	} {
		c.add("TTL-8/"+v.words, v.side, "ttl.check",
			o{"stamp", stamped(noon.Add(-time.Hour), v.version), "required", v.required, "now", moment(noon)})
	}
	low := func(age time.Duration) o {
		return o{"stamp", stamped(noon.Add(-age), 37), "required", 38, "now", moment(noon)}
	}
	c.add("TTL-8/too-low-and-expired", inside, "ttl.check", low(2*day), note("the version is said before the age"))
	c.add("TTL-8/too-low-and-within-the-tolerance", inside, "ttl.check", low(-time.Minute))
	c.add("TTL-8/too-low-and-not-trusted", outside, "ttl.check", low(-time.Hour), note("a stamp from the future is said before the version"), flag("TTL-7"))
	c.add("TTL-8/high-enough-and-expired", outside, "ttl.check", o{"stamp", stamped(noon.Add(-2*day), 39), "required", 38, "now", moment(noon)})
	c.add("TTL-8/each-check-its-own-requirement", inside, "ttl.history",
		steps(retrieved(0, time.Minute, 38), check(time.Hour, 38), check(time.Hour, 39), check(time.Hour, 0)))
}

// monotone are TTL-9.
func monotone(c *collector) {
	for _, d := range []struct {
		age   time.Duration
		words string
	}{{0, "at-once"}, {time.Nanosecond, "a-nanosecond-old"}, {time.Second, "a-second-old"}, {59 * time.Second, "not-yet-a-minute-old"}, {time.Minute, "a-minute-old"}} {
		c.add("TTL-9/fresh-"+d.words, inside, "ttl.check", aged(d.age))
	}
	c.add("TTL-9/fresh-all-the-way", inside, "ttl.history",
		steps(retrieved(0, time.Hour, 38), check(time.Hour, 0), check(time.Hour+30*time.Second, 0), check(7*time.Hour, 0), check(19*time.Hour, 0), check(24*time.Hour+59*time.Minute, 0)))
	c.add("TTL-9/expired-from-then-on", outside, "ttl.history",
		steps(retrieved(0, time.Hour, 38), check(25*time.Hour+time.Second, 0), check(26*time.Hour, 0), check(49*time.Hour, 0)))
	for _, ttl := range []struct {
		s     int
		words string
	}{{90000, "an-hour-longer"}, {172800, "twice-as-long"}} {
		c.add("TTL-9/a-ttl-"+ttl.words, inside, "ttl.check", o{"ttl_s", ttl.s}.with(aged(day)...))
	}
	c.add("TTL-9/a-ttl-an-hour-shorter", outside, "ttl.check", o{"ttl_s", 82800}.with(aged(day)...))
}
