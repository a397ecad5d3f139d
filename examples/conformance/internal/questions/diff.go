package questions

// rec is a record of an update, by its number.
func rec(n, revision int, state string) o {
	return o{"id", update(n), "revision", revision, "state", state}
}

// between asks about two sets of records.
func between(base, next l) o { return o{"base", base, "next", next} }

// messagesOf asks for the messages.
func messagesOf(base, next l, more ...any) o {
	return between(base, next).with("at", moment(noon)).with(more...)
}

// states are those of an update, in the order of their numbers.
var states = []struct{ text, words string }{
	{"unknown", "unknown"}, {"not_required", "not-required"}, {"required", "required"}, {"installed", "installed"},
}

func diffs(c *collector) {
	numbers(c)
	changed(c)
	ordered(c)
	unknown(c)
	gone(c)
	revised(c)
	summaries(c)
}

// numbers are DIFF-1.
func numbers(c *collector) {
	for i, s := range states[1:] {
		c.add("DIFF-1/the-number-of-"+s.words, inside, "diff.messages", messagesOf(l{}, l{rec(i+1, 100, s.text)}))
	}
	c.add("DIFF-1/all-of-them", inside, "summary", o{"states", l{"unknown", "not_required", "required", "installed"}})
	c.add("DIFF-1/the-number-of-what-is-gone", outside, "diff.messages", messagesOf(l{rec(1, 100, "required")}, l{}, "report_removed", true),
		note("0 is no state that a scan finds of an update"), flag("DIFF-6"))
}

// changed are DIFF-2.
func changed(c *collector) {
	for _, from := range states[1:] {
		for _, to := range states[1:] {
			base, next := l{rec(1, 100, from.text)}, l{rec(1, 100, to.text)}
			if from == to {
				c.add("DIFF-2/still-"+to.words, outside, "diff.messages", messagesOf(base, next))
				continue
			}
			c.add("DIFF-2/from-"+from.words+"-to-"+to.words, inside, "diff.messages", messagesOf(base, next))
		}
		c.add("DIFF-2/first-"+from.words, inside, "diff.messages", messagesOf(l{}, l{rec(1, 100, from.text)}))
	}
	c.add("DIFF-2/one-of-three-changed", inside, "diff.messages", messagesOf(
		l{rec(1, 100, "required"), rec(2, 100, "required"), rec(3, 100, "installed")},
		l{rec(1, 100, "required"), rec(2, 100, "installed"), rec(3, 100, "installed")}))
	c.add("DIFF-2/none-of-three-changed", outside, "diff", between(
		l{rec(1, 100, "required"), rec(2, 100, "not_required"), rec(3, 100, "installed")},
		l{rec(1, 100, "required"), rec(2, 100, "not_required"), rec(3, 100, "installed")}))
	c.add("DIFF-2/nothing-before-and-nothing-found", outside, "diff", between(l{}, l{}))
	c.add("DIFF-2/recorded-as-unknown-before", inside, "diff", between(l{rec(1, 100, "unknown")}, l{rec(1, 100, "required")}),
		note("a record that says unknown is a record: this is a change and no first report"), flag("DIFF-5"))
}

// ordered are DIFF-4.
func ordered(c *collector) {
	c.add("DIFF-4/found-in-descending-order", inside, "diff", between(l{}, l{rec(3, 100, "required"), rec(2, 100, "installed"), rec(1, 100, "not_required")}))
	c.add("DIFF-4/found-in-ascending-order", outside, "diff", between(l{}, l{rec(1, 100, "required"), rec(2, 100, "installed")}))
	c.add("DIFF-4/gone-between-the-others", inside, "diff", between(
		l{rec(2, 100, "required"), rec(1, 100, "required")}, l{rec(3, 100, "required"), rec(1, 100, "installed")}))
	c.add("DIFF-4/letters-after-digits", inside, "diff", between(l{}, l{rec(0x0a, 100, "required"), rec(0x10, 100, "required"), rec(0x09, 100, "required")}),
		note("the order is that of the text of the ids"))
	c.add("DIFF-4/the-baseline-is-sorted", inside, "diff.apply", between(
		l{rec(3, 100, "required")}, l{rec(3, 100, "required"), rec(2, 100, "installed"), rec(1, 100, "required")}))
	c.add("DIFF-4/applied-gives-what-was-found", inside, "diff.apply", between(
		l{rec(1, 100, "required"), rec(2, 100, "installed")}, l{rec(2, 101, "installed"), rec(1, 100, "installed"), rec(3, 7, "not_required")}))
	c.add("DIFF-4/with-itself", outside, "diff", between(
		l{rec(2, 100, "required"), rec(1, 100, "installed")}, l{rec(1, 100, "installed"), rec(2, 100, "required")}))
	c.add("DIFF-4/an-update-twice-before", outside, "diff", between(l{rec(1, 100, "required"), rec(1, 100, "required")}, l{}))
	c.add("DIFF-4/an-update-twice-with-two-states", outside, "diff.apply", between(l{}, l{rec(1, 100, "required"), rec(1, 100, "installed")}))
	c.add("DIFF-4/an-update-twice-with-two-revisions", outside, "diff.messages", messagesOf(l{}, l{rec(1, 100, "required"), rec(1, 101, "required")}))
}

// unknown are DIFF-5.
func unknown(c *collector) {
	for _, s := range states[1:] {
		c.add("DIFF-5/not-evaluated-was-"+s.words, inside, "diff.apply", between(l{rec(1, 100, s.text)}, l{rec(1, 101, "unknown")}),
			note("it keeps its state and its revision"))
	}
	c.add("DIFF-5/not-evaluated-is-no-change", inside, "diff", between(l{rec(1, 100, "required")}, l{rec(1, 100, "unknown")}))
	c.add("DIFF-5/not-evaluated-raises-nothing", inside, "diff.messages", messagesOf(l{rec(1, 100, "required")}, l{rec(1, 100, "unknown")}, "report_removed", true))
	c.add("DIFF-5/never-evaluated-raises-nothing", inside, "diff.messages", messagesOf(l{}, l{rec(1, 100, "unknown")}))
	c.add("DIFF-5/never-evaluated-is-not-recorded", inside, "diff.apply", between(l{}, l{rec(1, 100, "unknown"), rec(2, 100, "required")}))
	c.add("DIFF-5/only-one-could-not-be", inside, "diff", between(
		l{rec(1, 100, "required"), rec(2, 100, "required")}, l{rec(1, 100, "unknown"), rec(2, 100, "installed")}))
	c.add("DIFF-5/evaluated-to-the-same-as-before", outside, "diff", between(l{rec(1, 100, "required")}, l{rec(1, 100, "required")}))
	c.add("DIFF-5/gone-is-not-the-same", outside, "diff", between(l{rec(1, 100, "required")}, l{}), flag("DIFF-6"))
}

// gone are DIFF-6.
func gone(c *collector) {
	c.add("DIFF-6/gone-is-a-change", inside, "diff", between(l{rec(1, 100, "required")}, l{}))
	c.add("DIFF-6/gone-sends-nothing", inside, "diff.messages", messagesOf(l{rec(1, 100, "installed")}, l{}))
	c.add("DIFF-6/gone-sends-when-asked", outside, "diff.messages", messagesOf(l{rec(1, 100, "installed")}, l{}, "report_removed", true))
	c.add("DIFF-6/gone-beside-others", inside, "diff.apply", between(l{rec(1, 100, "required"), rec(2, 100, "required")}, l{rec(2, 100, "required")}))
	c.add("DIFF-6/all-gone", inside, "diff.apply", between(l{rec(1, 100, "required"), rec(2, 100, "installed")}, l{}))
	c.add("DIFF-6/back-again-is-a-first-report", inside, "diff.messages", messagesOf(l{}, l{rec(1, 100, "required")}))
	c.add("DIFF-6/still-there", outside, "diff.apply", between(l{rec(1, 100, "required")}, l{rec(1, 100, "required")}))
	c.add("DIFF-6/one-gone-and-one-new-when-asked", outside, "diff.messages",
		messagesOf(l{rec(2, 100, "required")}, l{rec(1, 100, "required")}, "report_removed", true))
}

// revised are DIFF-7.
func revised(c *collector) {
	for _, r := range []struct {
		to    int
		words string
	}{{101, "one-higher"}, {2147483647, "the-highest"}, {99, "one-lower"}, {0, "none"}} {
		c.add("DIFF-7/a-revision-"+r.words, inside, "diff", between(l{rec(1, 100, "required")}, l{rec(1, r.to, "required")}))
	}
	c.add("DIFF-7/a-revision-sends-nothing", inside, "diff.messages", messagesOf(l{rec(1, 100, "installed")}, l{rec(1, 101, "installed")}))
	c.add("DIFF-7/a-revision-is-remembered", inside, "diff.apply", between(l{rec(1, 100, "installed")}, l{rec(1, 101, "installed")}))
	c.add("DIFF-7/the-same-revision", outside, "diff", between(l{rec(1, 100, "required")}, l{rec(1, 100, "required")}))
	c.add("DIFF-7/a-revision-and-a-state", outside, "diff.messages", messagesOf(l{rec(1, 100, "required")}, l{rec(1, 101, "installed")}),
		note("the message carries the new revision"))
	c.add("DIFF-7/a-first-report-with-its-revision", outside, "diff.messages", messagesOf(l{}, l{rec(1, 205, "required")}))
	c.add("DIFF-7/what-is-gone-with-its-last-revision", outside, "diff.messages", messagesOf(l{rec(1, 205, "required")}, l{}, "report_removed", true), flag("DIFF-6"))
}

// summaries are SITE-8.
func summaries(c *collector) {
	for _, s := range states {
		side := inside
		if s.text == "required" {
			side = outside
		}
		c.add("SITE-8/one-client-"+s.words, side, "summary", o{"states", l{s.text}})
	}
	c.add("SITE-8/no-clients", outside, "summary", o{"states", l{}})
	c.add("SITE-8/installed-and-not-required-comply", inside, "summary", o{"states", l{"installed", "not_required", "not_required"}})
	c.add("SITE-8/half-unknown", inside, "summary", o{"states", l{"installed", "unknown", "unknown", "not_required"}})
	c.add("SITE-8/all-required", outside, "summary", o{"states", l{"required", "required", "required"}})
	c.add("SITE-8/seven-clients", inside, "summary", o{"states", l{"required", "installed", "unknown", "not_required", "installed", "required", "unknown"}})
}
