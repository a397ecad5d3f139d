package questions

// trigger is a way in which a scan starts, as the source page lists them.
type trigger struct {
	text, words    string
	forced, online bool
	names          bool // names updates
}

// starts are the eight ways of the source page, and the initial scan.
var starts = []trigger{
	{text: "initial_scan", words: "the-initial-scan", online: true},
	{text: "scan_schedule", words: "the-scan-schedule", online: true},
	{text: "deployment_reevaluation", words: "the-reevaluation-schedule", online: true},
	{text: "before_download", words: "before-download", online: true, names: true},
	{text: "before_installation", words: "before-installation", online: true, names: true},
	{text: "software_updates_scan_cycle", words: "the-scan-cycle", online: true, forced: true},
	{text: "deployment_evaluation_cycle", words: "the-evaluation-cycle", online: true, forced: true},
	{text: "after_installation", words: "after-installation", forced: true},
	{text: "after_restart", words: "after-restart", forced: true},
}

// update is the id of an update, by a number.
func update(n int) string {
	const digits = "0123456789abcdef"
	return "00000000-0000-0000-0000-0000000000" + string(digits[n>>4&15]) + string(digits[n&15])
}

func triggers(c *collector) {
	for _, s := range starts {
		side := outside
		if s.forced {
			side = inside
		}
		c.add("TRG-3/the-type-of-"+s.words, side, "trigger.info", o{"trigger", s.text})
	}
	for _, s := range starts[1:] {
		c.add("TRG-1/a-request-by-"+s.words, inside, "request.check", o{"trigger", s.text, "updates", l{update(1)}})
	}
	for _, no := range []struct{ text, words string }{
		{"policy_received", "policy"},
		{"user_logon", "a-logon"},
		{"maintenance_window", "a-maintenance-window"},
		{"before_restart", "before-a-restart"},
		{"after_download", "after-download"},
	} {
		c.add("TRG-1/no-scan-by-"+no.words, outside, "request.check", o{"trigger", no.text, "updates", l{update(1)}})
	}
	c.add("TRG-4/a-request-by-the-initial-scan", inside, "request.check", o{"trigger", "initial_scan", "updates", l{}},
		note("it is a trigger like the others, and names no updates"))
	c.add("TRG-4/the-initial-scan-is-online", inside, "trigger.info", o{"trigger", "initial_scan"})
	c.add("TRG-4/no-first-scan", outside, "trigger.info", o{"trigger", "first_scan"}, note("the token is initial_scan"))
	scanTypes(c)
	texts(c)
	schedules(c)
	named(c)
}

// scanTypes are TRG-2: three of four combinations.
func scanTypes(c *collector) {
	c.add("TRG-2/neither-online-nor-forced", inside, "type.of", o{"online", false, "forced", false}, note("the fourth combination does not exist"))
	c.add("TRG-2/online-and-not-forced", outside, "type.of", o{"online", true, "forced", false})
	c.add("TRG-2/online-and-forced", outside, "type.of", o{"online", true, "forced", true})
	c.add("TRG-2/offline-and-forced", outside, "type.of", o{"online", false, "forced", true})
	c.add("TRG-2/the-text-of-the-fourth", inside, "type.parse", o{"type", "non_forced_offline"})
	for _, t := range []struct{ text, words string }{
		{"non_forced_online", "non-forced-online"}, {"forced_online", "forced-online"}, {"forced_offline", "forced-offline"},
	} {
		c.add("TRG-2/the-text-"+t.words, outside, "type.parse", o{"type", t.text})
	}
	c.add("TRG-2/only-one-axis", inside, "type.parse", o{"type", "offline"})
}

// texts are TRG-5: one text form, compared exactly.
func texts(c *collector) {
	for _, no := range []struct{ text, words string }{
		{"Scan_Schedule", "capitals"},
		{"SCAN_SCHEDULE", "only-capitals"},
		{"scanSchedule", "camel-case"},
		{"scan-schedule", "a-hyphen"},
		{"scan schedule", "a-space-between"},
		{" scan_schedule", "a-space-before"},
		{"scan_schedule\n", "a-line-end-behind"},
		{"scan_schedules", "a-letter-more"},
		{"scan_schedul", "a-letter-less"},
		{"2", "a-number"},
		{"0", "zero"},
		{"Software Updates Scan Cycle", "the-name-for-people"},
	} {
		c.add("TRG-5/a-trigger-with-"+no.words, inside, "trigger.info", o{"trigger", no.text})
	}
	c.add("TRG-5/a-request-by-nothing", inside, "request.check", o{"trigger", "", "updates", l{}}, note("an empty text is not a default"))
	c.add("TRG-5/a-request-in-capitals", inside, "request.check", o{"trigger", "After_Restart", "updates", l{}})
	c.add("TRG-5/an-unknown-trigger-before-missing-updates", inside, "request.check", o{"trigger", "Before_Download", "updates", l{}},
		note("that it names no updates is not looked at"))
	for _, no := range []struct{ text, words string }{
		{"", "nothing"}, {"Forced_Online", "capitals"}, {"forced-online", "a-hyphen"}, {"forced", "half"}, {"online_forced", "the-other-order"},
	} {
		c.add("TRG-5/a-type-with-"+no.words, inside, "type.parse", o{"type", no.text})
	}
	c.add("TRG-5/the-exact-text", outside, "trigger.info", o{"trigger", "deployment_reevaluation"})
	c.add("TRG-5/the-exact-text-of-a-type", outside, "type.parse", o{"type", "forced_offline"})
}

// schedules are TRG-6: the schedule ids of the two user actions.
func schedules(c *collector) {
	const head = "00000000-0000-0000-0000-000000000"
	c.add("TRG-6/scan-cycle-in-braces", inside, "trigger.by_schedule", o{"schedule_id", "{" + head + "113}"})
	c.add("TRG-6/scan-cycle-without-braces", inside, "trigger.by_schedule", o{"schedule_id", head + "113"})
	c.add("TRG-6/evaluation-cycle-in-braces", inside, "trigger.by_schedule", o{"schedule_id", "{" + head + "108}"})
	for _, no := range []struct{ id, words string }{
		{head + "112", "one-less"},
		{"{" + head + "114}", "one-more"},
		{head + "000", "all-zeros"},
		{"", "nothing"},
		{"113", "the-number-alone"},
		{" " + head + "113", "a-space-before"},
	} {
		c.add("TRG-6/by-schedule-with-"+no.words, outside, "trigger.by_schedule", o{"schedule_id", no.id})
	}
	c.add("TRG-6/the-scan-cycle-knows-its-schedule", inside, "trigger.info", o{"trigger", "software_updates_scan_cycle"})
	c.add("TRG-6/the-scan-schedule-has-none", outside, "trigger.info", o{"trigger", "scan_schedule"},
		note("later versions start both by one id, which would make the schedule forced; the source page says it is not"))
	c.add("TRG-6/the-reevaluation-has-none", outside, "trigger.info", o{"trigger", "deployment_reevaluation"})
}

// named are TRG-7: requests that are about certain updates.
func named(c *collector) {
	for _, s := range starts {
		if s.names {
			c.add("TRG-7/"+s.words+"-about-nothing", inside, "request.check", o{"trigger", s.text, "updates", l{}})
			c.add("TRG-7/"+s.words+"-about-one", outside, "request.check", o{"trigger", s.text, "updates", l{update(1)}})
			c.add("TRG-7/"+s.words+"-about-two", outside, "request.check", o{"trigger", s.text, "updates", l{update(2), update(1)}})
			continue
		}
		c.add("TRG-7/"+s.words+"-about-nothing", outside, "request.check", o{"trigger", s.text, "updates", l{}})
	}
}
