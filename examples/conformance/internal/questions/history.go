package questions

import "time"

// The steps of a history happen at a distance from noon.

func steps(list ...o) o { return o{"steps", list} }

func step(at time.Duration, do string) o { return o{"at", moment(noon.Add(at)), "do", do} }

// retrieved is an online scan that begins at a distance and takes some time.
func retrieved(started, takes time.Duration, version int) o {
	return o{"at", moment(noon.Add(started + takes)), "do", "retrieved", "started", moment(noon.Add(started)), "version", version}
}

func locally(at time.Duration) o { return step(at, "answered_locally") }

func failed(at time.Duration) o { return step(at, "failed") }

func cancelled(at time.Duration) o { return step(at, "cancelled") }

func cleared(at time.Duration) o { return step(at, "cleared") }

// check asks for freshness; a version of 0 requires none.
func check(at time.Duration, required int) o {
	s := step(at, "check")
	if required > 0 {
		return s.with("required", required)
	}
	return s
}

// completions are TTL-4.
func completions(c *collector) {
	c.add("TTL-4/the-first-retrieval", inside, "ttl.history", steps(retrieved(0, 90*time.Second, 38), check(90*time.Second, 0)))
	c.add("TTL-4/a-scan-that-takes-an-hour", inside, "ttl.history", steps(retrieved(0, time.Hour, 38), check(24*time.Hour+30*time.Minute, 0)),
		note("the TTL is counted from the completion"))
	c.add("TTL-4/forced-while-fresh", inside, "ttl.history",
		steps(retrieved(0, time.Minute, 38), retrieved(12*time.Hour, time.Minute, 38), check(30*time.Hour, 0)))
	c.add("TTL-4/forced-twice-in-a-minute", inside, "ttl.history",
		steps(retrieved(0, 10*time.Second, 38), retrieved(20*time.Second, 10*time.Second, 38), check(24*time.Hour+30*time.Second, 0)),
		flag("TTL-2"))
	c.add("TTL-4/a-second-after-the-full-ttl", outside, "ttl.history",
		steps(retrieved(0, time.Minute, 38), retrieved(12*time.Hour, time.Minute, 38), check(36*time.Hour+61*time.Second, 0)))
	c.add("TTL-4/retrieved-when-expired", inside, "ttl.history",
		steps(retrieved(0, time.Minute, 38), check(48*time.Hour, 0), retrieved(48*time.Hour, time.Minute, 39), check(49*time.Hour, 0)))
	c.add("TTL-4/a-lower-version-than-before", inside, "ttl.history",
		steps(retrieved(0, time.Minute, 39), retrieved(time.Hour, time.Minute, 38), check(2*time.Hour, 39)),
		note("what was retrieved last is what is stored"))
	c.add("TTL-4/the-clock-moved-back-between", inside, "ttl.history",
		steps(retrieved(10*time.Hour, time.Minute, 38), retrieved(0, time.Minute, 38), check(time.Hour, 0)),
		note("scans run one at a time: the stamp moves back with the clock"))
	c.add("TTL-4/the-clock-moved-back-during-the-scan", inside, "ttl.history",
		steps(retrieved(10*time.Hour, -9*time.Hour, 38), check(2*time.Hour, 0)))
	c.add("TTL-4/a-check-moves-nothing", outside, "ttl.history",
		steps(retrieved(0, time.Minute, 38), check(time.Hour, 0), check(2*time.Hour, 0), check(24*time.Hour+2*time.Minute, 0)))
}

// localScans are TTL-5.
func localScans(c *collector) {
	first := retrieved(0, time.Minute, 38)
	c.add("TTL-5/one-scan-with-local-metadata", inside, "ttl.history", steps(first, locally(time.Hour), check(24*time.Hour+2*time.Minute, 0)))
	c.add("TTL-5/one-every-six-hours", inside, "ttl.history",
		steps(first, locally(6*time.Hour), locally(12*time.Hour), locally(18*time.Hour), locally(24*time.Hour), check(25*time.Hour, 0)))
	c.add("TTL-5/in-the-last-moment", inside, "ttl.history", steps(first, locally(24*time.Hour+time.Minute), check(24*time.Hour+61*time.Second, 0)))
	c.add("TTL-5/offline-with-expired-metadata", inside, "ttl.history", steps(first, locally(72*time.Hour), check(72*time.Hour, 0)))
	c.add("TTL-5/offline-when-the-clock-moved-back", inside, "ttl.history", steps(first, locally(-time.Hour), check(time.Hour, 0)))
	c.add("TTL-5/and-then-a-retrieval", outside, "ttl.history",
		steps(first, locally(6*time.Hour), retrieved(12*time.Hour, time.Minute, 38), check(30*time.Hour, 0)))
	c.add("TTL-5/between-two-retrievals", outside, "ttl.history",
		steps(first, retrieved(6*time.Hour, time.Minute, 39), locally(7*time.Hour), check(30*time.Hour+time.Minute, 0)), flag("TTL-2"))
}

// failures are TTL-6.
func failures(c *collector) {
	first := retrieved(0, time.Minute, 38)
	for _, end := range []struct {
		words string
		step  func(time.Duration) o
	}{{"a-failure", failed}, {"a-cancellation", cancelled}} {
		c.add("TTL-6/"+end.words+"-while-fresh", inside, "ttl.history", steps(first, end.step(12*time.Hour), check(24*time.Hour+2*time.Minute, 0)))
		c.add("TTL-6/"+end.words+"-when-expired", inside, "ttl.history", steps(first, end.step(48*time.Hour), check(48*time.Hour, 0)))
		c.add("TTL-6/"+end.words+"-with-nothing-stored", inside, "ttl.history", steps(end.step(time.Hour), check(time.Hour, 0)))
		c.add("TTL-6/"+end.words+"-leaves-it-usable", inside, "ttl.history", steps(first, end.step(time.Hour), check(2*time.Hour, 38)))
		c.add("TTL-6/"+end.words+"-every-half-hour", inside, "ttl.history",
			steps(first, end.step(24*time.Hour), end.step(24*time.Hour+30*time.Minute), end.step(25*time.Hour), check(25*time.Hour, 0)))
		c.add("TTL-6/"+end.words+"-and-then-a-retrieval", outside, "ttl.history",
			steps(first, end.step(48*time.Hour), retrieved(49*time.Hour, time.Minute, 39), check(50*time.Hour, 39)))
	}
	c.add("TTL-6/a-failure-after-clearing", inside, "ttl.history", steps(first, cleared(time.Hour), failed(2*time.Hour), check(2*time.Hour, 0)))
}
