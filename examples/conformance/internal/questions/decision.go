package questions

import "time"

// stored is a state of the stored metadata in which a decision is made.
type stored struct {
	words    string
	stamp    any
	required int
	fresh    bool
	present  bool
	flags    []string
}

// metadataStates are around the boundaries of freshness, at noon.
var metadataStates = []stored{
	{words: "nothing-stored"},
	{words: "metadata-of-this-moment", stamp: stamped(noon, 38), fresh: true, present: true},
	{words: "metadata-a-second-old", stamp: stamped(noon.Add(-time.Second), 38), fresh: true, present: true},
	{words: "metadata-an-hour-old", stamp: stamped(noon.Add(-time.Hour), 38), fresh: true, present: true},
	{words: "metadata-a-day-old", stamp: stamped(noon.Add(-day), 38), fresh: true, present: true, flags: []string{"TTL-2"}},
	{words: "metadata-a-nanosecond-too-old", stamp: stamped(noon.Add(-day-time.Nanosecond), 38), present: true},
	{words: "metadata-a-month-old", stamp: stamped(noon.Add(-30*day), 38), present: true},
	{words: "metadata-ahead-within-the-tolerance", stamp: stamped(noon.Add(5*time.Minute), 38), fresh: true, present: true, flags: []string{"TTL-7"}},
	{words: "metadata-from-the-future", stamp: stamped(noon.Add(time.Hour), 38), present: true, flags: []string{"TTL-7"}},
	{words: "the-required-version", stamp: stamped(noon.Add(-time.Hour), 38), required: 38, fresh: true, present: true},
	{words: "too-low-a-version", stamp: stamped(noon.Add(-time.Hour), 37), required: 38, present: true},
}

// deciding asks for the decision of a scan.
func (s stored) deciding(scanType string) o {
	in := o{"type", scanType, "stamp", s.stamp}
	if s.required > 0 {
		in = in.with("required", s.required)
	}
	return in.with("now", moment(noon))
}

func (s stored) more() []more {
	var list []more
	for _, f := range s.flags {
		list = append(list, flag(f))
	}
	return list
}

func decisions(c *collector) {
	for _, s := range metadataStates {
		var rested []more // a forced scan is decided without looking at freshness, but states it
		if s.flags != nil {
			rested = s.more()
		}
		c.add("DEC-1/forced-online-with-"+s.words, inside, "decide", s.deciding("forced_online"), rested...)
		side := inside
		if s.fresh {
			side = outside
		}
		c.add("DEC-2/non-forced-with-"+s.words, side, "decide", s.deciding("non_forced_online"), rested...)
		if s.present {
			c.add("DEC-3/forced-offline-with-"+s.words, inside, "decide", s.deciding("forced_offline"), rested...)
		}
	}
	fresh, expired := metadataStates[3], metadataStates[6]
	c.add("DEC-1/an-online-scan-that-is-not-forced", outside, "decide", fresh.deciding("non_forced_online"))
	c.add("DEC-1/a-forced-scan-that-is-offline", outside, "decide", fresh.deciding("forced_offline"))
	c.add("DEC-3/non-forced-with-the-same-old-metadata", outside, "decide", expired.deciding("non_forced_online"))
	c.add("DEC-3/forced-online-with-the-same-old-metadata", outside, "decide", expired.deciding("forced_online"))
	noHistory(c)
	reasons(c)
	again(c)
}

// noHistory are DEC-4.
func noHistory(c *collector) {
	nothing := metadataStates[0]
	c.add("DEC-4/forced-offline-with-nothing-stored", inside, "decide", nothing.deciding("forced_offline"),
		note("it fails with 0x87D00606 and does not connect"))
	required := nothing
	required.required = 38
	c.add("DEC-4/forced-offline-with-nothing-stored-and-a-version-required", inside, "decide", required.deciding("forced_offline"))
	c.add("DEC-4/forced-offline-with-nothing-stored-and-a-long-ttl", inside, "decide",
		o{"type", "forced_offline", "ttl_s", 315360000, "stamp", nil, "now", moment(noon)})
	c.add("DEC-4/forced-offline-with-metadata-of-no-version", outside, "decide",
		o{"type", "forced_offline", "stamp", stamped(noon.Add(-time.Hour), 0), "now", moment(noon)})
	c.add("DEC-4/forced-offline-with-metadata-of-a-year-ago", outside, "decide",
		o{"type", "forced_offline", "stamp", stamped(noon.Add(-366*day), 38), "now", moment(noon)})
	c.add("DEC-4/non-forced-with-nothing-stored", outside, "decide", nothing.deciding("non_forced_online"))
	c.add("DEC-4/forced-online-with-nothing-stored", outside, "decide", nothing.deciding("forced_online"))
}

// reasons are DEC-6: what to do, and why.
func reasons(c *collector) {
	fresh, expired := metadataStates[3], metadataStates[6]
	c.add("DEC-6/forced-online-says-it-was-forced", inside, "decide", fresh.deciding("forced_online"))
	c.add("DEC-6/forced-online-says-so-of-old-metadata-too", inside, "decide", expired.deciding("forced_online"),
		note("that the metadata is not fresh is stated, and is not the reason"))
	c.add("DEC-6/non-forced-says-not-fresh", inside, "decide", expired.deciding("non_forced_online"))
	c.add("DEC-6/non-forced-says-fresh", inside, "decide", fresh.deciding("non_forced_online"))
	c.add("DEC-6/forced-offline-states-the-freshness-it-ignores", inside, "decide", expired.deciding("forced_offline"))
	for _, no := range []struct{ text, words string }{
		{"non_forced_offline", "the-fourth-combination"}, {"", "nothing"}, {"Forced_Online", "capitals"}, {"offline", "half-a-type"},
	} {
		c.add("DEC-6/no-decision-for-"+no.words, outside, "decide", o{"type", no.text, "stamp", nil, "now", moment(noon)})
	}
	c.add("DEC-6/the-time-is-all-that-differs", inside, "decide",
		o{"type", "non_forced_online", "stamp", fresh.stamp, "now", moment(noon.Add(day))},
		note("the same scan a day later connects"))
}

// again are DEC-8: forced means really done again.
func again(c *collector) {
	for _, d := range []struct {
		age   time.Duration
		words string
	}{{0, "in-the-same-moment"}, {time.Second, "after-a-second"}, {59 * time.Minute, "after-almost-an-hour"}, {time.Hour, "after-an-hour"}} {
		in := func(scanType string) o {
			return o{"type", scanType, "stamp", stamped(noon.Add(-d.age), 38), "now", moment(noon)}
		}
		c.add("DEC-8/forced-again-"+d.words, inside, "decide", in("forced_online"))
		c.add("DEC-8/not-forced-"+d.words, outside, "decide", in("non_forced_online"))
	}
}
