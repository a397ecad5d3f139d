package questions

// timetable is the question of cycle.run.
func timetable(policy o, events, sends l, until int) o {
	return o{"policy", policy, "events", events, "sends", sends, "until_s", until}
}

// recorded is an event that records messages of new topics.
func recorded(at, n int) o { return o{"at_s", at, "record", n} }

// installed is an event that records messages that are to leave early.
func installed(at, n int) o { return o{"at_s", at, "record", n, "flush", true} }

// How a send goes.

func send(takes int, fails bool, retryAfter int) o {
	return o{"takes_s", takes, "fails", fails, "retry_after_s", retryAfter}
}

func succeeds() o { return send(1, false, 0) }

func fails() o { return send(1, true, 0) }

func takes(s int) o { return send(s, false, 0) }

func asksFor(s int) o { return send(1, true, s) }

// bulk are MSG-3.
func bulk(c *collector) {
	none := o{}
	for _, at := range []struct {
		s           int
		words, side string
	}{
		{0, "at-the-anchor", inside},
		{1, "just-after-the-anchor", inside},
		{899, "a-second-before-the-tick", inside},
		{900, "at-the-tick", inside},
		{901, "a-second-after-the-tick", inside},
	} {
		c.add("MSG-3/recorded-"+at.words, at.side, "cycle.run", timetable(none, l{recorded(at.s, 1)}, l{}, 2700))
	}
	c.add("MSG-3/nothing-recorded", outside, "cycle.run", timetable(none, l{}, l{}, 3600), note("a tick with nothing waiting sends nothing"))
	c.add("MSG-3/one-tick-with-something-and-three-without", outside, "cycle.run", timetable(none, l{recorded(2000, 1)}, l{}, 4500))
	c.add("MSG-3/all-that-waits-in-one-batch", inside, "cycle.run", timetable(none, l{recorded(100, 2), recorded(500, 3), recorded(899, 1)}, l{}, 1800))
	c.add("MSG-3/every-five-minutes", inside, "cycle.run",
		timetable(o{"interval_s", 300, "backoff_max_s", 300}, l{recorded(10, 1), recorded(300, 1), recorded(601, 1)}, l{}, 1200))
	c.add("MSG-3/a-send-that-takes-longer-than-the-interval", inside, "cycle.run",
		timetable(none, l{recorded(10, 1), recorded(910, 1)}, l{takes(1000)}, 3600),
		note("what waits is due since the tick that passed, and leaves after the gap"))
}

// flushed are MSG-4.
func flushed(c *collector) {
	none := o{}
	c.add("MSG-4/flushed-at-once-after-the-tick", inside, "cycle.run", timetable(none, l{installed(901, 2)}, l{}, 2700))
	c.add("MSG-4/flushed-two-minutes-before-the-tick", outside, "cycle.run", timetable(none, l{installed(780, 2)}, l{}, 1800))
	c.add("MSG-4/flushed-just-over-two-minutes-before-the-tick", inside, "cycle.run", timetable(none, l{installed(779, 2)}, l{}, 1800))
	c.add("MSG-4/flushed-a-minute-before-the-tick", outside, "cycle.run", timetable(none, l{installed(840, 2)}, l{}, 1800), note("the tick comes first"))
	c.add("MSG-4/what-waited-before-leaves-too", inside, "cycle.run", timetable(none, l{recorded(50, 3), installed(100, 2)}, l{}, 1800))
	c.add("MSG-4/recorded-after-it-was-asked", inside, "cycle.run", timetable(none, l{installed(100, 1), recorded(200, 2), recorded(221, 4)}, l{}, 1800))
	c.add("MSG-4/asked-twice", inside, "cycle.run", timetable(none, l{installed(100, 1), installed(160, 1)}, l{}, 1800), note("the earlier deadline stays"))
	c.add("MSG-4/asked-with-nothing-waiting", outside, "cycle.run", timetable(none, l{o{"at_s", 100, "flush", true}, recorded(110, 1)}, l{}, 1800),
		note("there is nothing to send early, and the wish is forgotten"))
	c.add("MSG-4/within-thirty-seconds", inside, "cycle.run", timetable(o{"flush_within_s", 30}, l{installed(100, 1)}, l{}, 1800))
	c.add("MSG-4/not-asked", outside, "cycle.run", timetable(none, l{recorded(100, 2)}, l{}, 1800))
	c.add("MSG-4/while-a-send-backs-off", outside, "cycle.run", timetable(none, l{recorded(100, 1), installed(905, 2)}, l{asksFor(600)}, 3600),
		note("back-off is respected"), flag("MSG-7"))
}

// backedOff are MSG-7.
func backedOff(c *collector) {
	none := o{}
	one := l{recorded(10, 1)}
	c.add("MSG-7/one-failure", inside, "cycle.run", timetable(none, one, l{fails()}, 1800))
	c.add("MSG-7/three-failures", inside, "cycle.run", timetable(none, one, l{fails(), fails(), fails()}, 2700))
	c.add("MSG-7/up-to-the-longest-wait", inside, "cycle.run",
		timetable(none, one, l{fails(), fails(), fails(), fails(), fails(), fails()}, 7200))
	c.add("MSG-7/starts-anew-after-a-success", inside, "cycle.run",
		timetable(none, l{recorded(10, 1), recorded(1100, 1)}, l{fails(), fails(), succeeds(), fails()}, 3600))
	c.add("MSG-7/asked-for-ten-minutes", inside, "cycle.run", timetable(none, one, l{asksFor(600)}, 2700))
	c.add("MSG-7/asked-for-less-than-the-back-off", inside, "cycle.run", timetable(none, one, l{asksFor(30)}, 2700))
	c.add("MSG-7/asked-for-more-than-the-longest-wait", inside, "cycle.run", timetable(none, one, l{asksFor(3600)}, 7200))
	c.add("MSG-7/recorded-while-backing-off", inside, "cycle.run", timetable(none, l{recorded(10, 2), recorded(930, 3)}, l{fails()}, 2700),
		note("the batch in flight is sent again as it was; nothing else leaves before"))
	c.add("MSG-7/no-failure", outside, "cycle.run", timetable(none, one, l{takes(30)}, 1800))
	c.add("MSG-7/a-back-off-of-ten-seconds", inside, "cycle.run",
		timetable(o{"backoff_min_s", 10, "backoff_max_s", 35}, one, l{fails(), fails(), fails(), fails()}, 1800))
	c.add("MSG-7/a-failure-that-takes-long", inside, "cycle.run", timetable(none, one, l{send(300, true, 0)}, 2700),
		note("the wait begins when the send has failed"))
}

// drained are MSG-10.
func drained(c *collector) {
	small := o{"batch_messages", 2}
	c.add("MSG-10/five-in-batches-of-two", inside, "cycle.run", timetable(small, l{recorded(10, 5)}, l{}, 1800))
	c.add("MSG-10/two-in-one-batch-of-two", outside, "cycle.run", timetable(small, l{recorded(10, 2)}, l{}, 1800))
	c.add("MSG-10/three-in-batches-of-two", inside, "cycle.run", timetable(small, l{recorded(10, 3)}, l{}, 1800))
	c.add("MSG-10/a-gap-of-a-minute", inside, "cycle.run", timetable(o{"batch_messages", 1, "drain_gap_s", 60}, l{recorded(10, 3)}, l{}, 1800))
	c.add("MSG-10/the-gap-begins-at-the-end-of-a-send", inside, "cycle.run", timetable(small, l{recorded(10, 4)}, l{takes(100)}, 1800))
	c.add("MSG-10/a-gap-before-the-tick", inside, "cycle.run",
		timetable(o{"drain_gap_s", 300}, l{installed(700, 1), recorded(830, 1)}, l{}, 2700),
		note("the tick lies within the gap; what waits leaves at its end"))
	c.add("MSG-10/a-thousand-and-one-by-default", inside, "cycle.run", timetable(o{}, l{recorded(10, 1001)}, l{}, 1800))
	c.add("MSG-10/a-thousand-by-default", outside, "cycle.run", timetable(o{}, l{recorded(10, 1000)}, l{}, 1800))
	c.add("MSG-10/a-failure-while-draining", inside, "cycle.run", timetable(small, l{recorded(10, 4)}, l{succeeds(), fails()}, 2700))
	c.add("MSG-10/recorded-while-draining", inside, "cycle.run", timetable(small, l{recorded(10, 3), recorded(905, 2)}, l{}, 2700))
}
