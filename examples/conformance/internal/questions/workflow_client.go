package questions

import "time"

// scheduled are WF-13.
func scheduled(c *collector) {
	short := o{"interval_s", 3600}
	c.run("WF-13/a-week-by-default", inside, delivered())
	c.run("WF-13/when-the-week-is-over", inside, delivered().tickOn(7*day), note("both schedules are due; one scan answers both"), flag("WF-11"))
	c.run("WF-13/a-second-before-the-week-is-over", outside, delivered().tickOn(7*day-time.Second))
	c.run("WF-13/every-hour", inside, delivered("scan_schedule", short).tickOn(hour).evaluates(2, 1, found).tickOn(hour+quarter).acknowledged(4))
	c.run("WF-13/late-and-in-phase", inside, delivered("scan_schedule", short).tickOn(hour+40*time.Minute).evaluates(2, 1, found).tickOn(hour+45*time.Minute).acknowledged(4),
		note("the next is an hour after the occurrence, not after now"))
	c.run("WF-13/missed-five-times-runs-once", inside, delivered("scan_schedule", short).event("power_off").on(5*hour+time.Minute).event("resumed").evaluates(2, 1, found).tickOn(5*hour+quarter).acknowledged(4))
	c.run("WF-13/disabled", outside, delivered("scan_schedule", o{"disabled", true}, "reevaluation", o{"disabled", true}))
	custom := func(random l) *script {
		return delivered("scan_schedule", o{"start", moment(noon.Add(day)), "interval_s", 86400}, "random", random)
	}
	c.run("WF-13/a-custom-start-is-delayed", inside, custom(l{"0", half, "0"}))
	c.run("WF-13/a-custom-start-with-no-delay", outside, custom(l{"0", "0", half}))
	c.run("WF-13/a-custom-start-nearly-two-hours-later", inside, custom(l{"0", most, "0"}))
	c.run("WF-13/a-custom-reevaluation-is-delayed", inside,
		delivered("reevaluation", o{"start", moment(noon.Add(day))}, "random", l{"0", "0", half}))
	c.run("WF-13/a-custom-start-in-the-past", inside,
		delivered("scan_schedule", o{"start", moment(noon.Add(-10 * day)), "interval_s", 86400}, "random", l{"0", half, "0"}))
	c.run("WF-13/the-first-of-a-custom-schedule", inside, custom(l{"0", half, "0"}).tickOn(day+hour))
}

// dormant are WF-14.
func dormant(c *collector) {
	off := func(s *script) *script { return s.event("policy_received", "enabled", false) }
	on := func(s *script) *script { return s.event("policy_received", "enabled", true) }
	c.run("WF-14/timers-stop", inside, off(delivered().on(hour)))
	c.run("WF-14/a-schedule-does-not-fire", inside, off(delivered("scan_schedule", o{"interval_s", 3600}).on(30*time.Minute)).tickOn(2*hour))
	c.run("WF-14/nothing-is-deleted", inside, off(delivered().on(hour)).tickOn(2*hour))
	c.run("WF-14/a-request-is-refused", inside, off(delivered().on(hour)).after(time.Minute).request("software_updates_scan_cycle", "token", 5))
	c.run("WF-14/messages-still-leave", inside, off(scanned().on(10*time.Minute)).tickOn(quarter))
	c.run("WF-14/a-scan-under-way-ends", inside, off(scanned().after(hour).request("scan_schedule")).evaluates(2, 1, found))
	c.run("WF-14/a-retry-waits", inside, off(client().cannotConnect(1, 1)).tickOn(2*hour))
	c.run("WF-14/enabled-again", outside, on(off(delivered("scan_schedule", o{"interval_s", 3600}).on(30*time.Minute)).on(2*hour+10*time.Minute)),
		note("it resumes with what is due, once"))
	c.run("WF-14/enabled-again-with-fresh-metadata", outside, on(off(delivered().on(hour)).on(2*hour)).request("scan_schedule"))
	c.run("WF-14/a-retry-goes-on", outside, on(off(client().cannotConnect(1, 1)).on(2*hour)))
	c.run("WF-14/never-enabled", inside, begin().event("policy_received", "enabled", false).tickOn(day))
}

// spread are WF-15.
func spread(c *collector) {
	at := func(d time.Duration) o { return o{"start", moment(noon.Add(d)), "interval_s", 86400} }
	both := func() *script {
		return delivered("scan_schedule", at(-day), "reevaluation", at(-day), "random", l{"0", half, "4611686018427387904"})
	}
	c.run("WF-15/the-same-after-a-power-off", inside, both().powerOff())
	c.run("WF-15/the-same-after-an-occurrence-and-a-power-off", inside, both().tickOn(hour).evaluates(2, 1, found).powerOff())
	c.run("WF-15/the-same-after-three-days-off", inside, both().event("power_off").on(3*day).event("resumed"))
	c.run("WF-15/the-same-when-dormant", inside, both().event("policy_received", "enabled", false).on(20*time.Minute).event("policy_received", "enabled", true))
	c.run("WF-15/the-same-when-the-clock-moves-back", inside, both().on(-9*day).tick())
	c.run("WF-15/each-with-its-own-delay", outside, both())
}

// recordedStates are DIFF-3: against what was recorded, not what was delivered.
func recordedStates(c *collector) {
	installed := l{rec(1, 100, "installed"), rec(2, 100, "not_required")}
	c.run("DIFF-3/not-sent-yet", inside, scanned().on(5*time.Minute).request("scan_schedule").evaluates(2, 1, found).tickOn(quarter))
	c.run("DIFF-3/sent-and-not-acknowledged", inside, scanned().tickOn(quarter).on(20*time.Minute).request("scan_schedule").evaluates(2, 1, found))
	c.run("DIFF-3/sending-failed", inside, scanned().tickOn(quarter).after(time.Second).event("send_ended", "batch", 1, "code", "0x80072EFD").
		request("scan_schedule").evaluates(2, 1, found))
	c.run("DIFF-3/there-and-back-before-it-was-sent", inside,
		delivered().on(20*time.Minute).request("scan_schedule").evaluates(2, 1, installed).request("scan_schedule").evaluates(3, 1, found).tickOn(30*time.Minute),
		note("two changes; the later message takes the place of the earlier"))
	c.run("DIFF-3/delivered-and-changed", outside, delivered().on(20*time.Minute).request("scan_schedule").evaluates(2, 1, installed))
	c.run("DIFF-3/delivered-and-the-same", outside, delivered().on(20*time.Minute).request("scan_schedule").evaluates(2, 1, found))
}

// atomic are DIFF-9: baseline and messages are one commit.
func atomic(c *collector) {
	c.run("DIFF-9/off-after-the-scan", inside, scanned().powerOff().tickOn(quarter), note("what was recorded is sent, once"))
	c.run("DIFF-9/off-after-the-scan-and-scanned-again", inside, scanned().powerOff().request("scan_schedule").evaluates(2, 1, found).tickOn(quarter))
	c.run("DIFF-9/off-before-the-scan-ended", outside,
		client().located(1, 1, serverA).answer("retrieved", 1, 1, "version", 38).powerOff().connects(1, 2, 38, found).tickOn(quarter),
		note("nothing was recorded, and the scan starts anew"))
	c.run("DIFF-9/off-while-sending", inside, scanned().tickOn(quarter).powerOff(), note("the same batch is sent again"))
	c.run("DIFF-9/off-between-acknowledgement-and-change", inside, delivered().request("scan_schedule").
		evaluates(2, 1, l{rec(1, 100, "installed"), rec(2, 100, "not_required")}).powerOff().tickOn(30*time.Minute))
}

// sending are MSG-3 to MSG-7 and MSG-10 in a client.
func sending(c *collector) {
	failed := func() *script {
		return scanned().tickOn(quarter).after(time.Second).event("send_ended", "batch", 1, "code", "0x80072EFD")
	}
	c.run("MSG-3/a-client-with-nothing-to-send", outside, delivered().tickOn(30*time.Minute))
	c.run("MSG-3/a-client-that-waits-for-the-tick", inside, scanned().tickOn(quarter-time.Second).tickOn(quarter))
	c.run("MSG-4/a-client-after-an-installation", inside, delivered().on(16*time.Minute).event("installed", "updates", l{update(1)}).
		evaluates(2, 1, found).tickOn(18*time.Minute).tickOn(18*time.Minute+time.Second))
	c.run("MSG-4/a-client-after-a-scheduled-scan", outside, delivered().on(16*time.Minute).request("scan_schedule").evaluates(2, 1, found).tickOn(18*time.Minute+time.Second))
	c.run("MSG-5/a-client-after-a-power-off", inside, delivered().powerOff().request("scan_schedule").evaluates(2, 1, found).tickOn(30*time.Minute))
	c.run("MSG-7/a-client-that-cannot-send", inside, failed().after(time.Minute).tick())
	c.run("MSG-7/a-client-that-is-asked-to-wait", inside,
		scanned().tickOn(quarter).after(time.Second).event("send_ended", "batch", 1, "code", "0x80072EFD", "retry_after_s", 1800))
	c.run("MSG-7/a-client-that-is-told-to-send-now", inside, failed().event("send_asked"), note("back-off does not hold what was asked for"))
	c.run("MSG-7/a-client-whose-send-was-cut-short", outside,
		scanned().tickOn(quarter).after(time.Second).event("send_ended", "batch", 1, "interrupted", true).after(time.Minute).event("resumed"),
		note("which is no failure"))
	small := func() *script { return scanned("cycle", o{"batch_messages", 2}).tickOn(quarter).acknowledged(1) }
	c.run("MSG-10/a-client-with-more-than-a-batch", inside, small().after(10*time.Second).tick())
	c.run("MSG-10/a-client-that-drains-too-early", outside, small().after(9*time.Second).tick())
	c.run("MSG-10/a-client-that-was-off-resends-nothing", inside, delivered().powerOff().tickOn(30*time.Minute))
}

// checks are TRG-7: what a scan says of the updates that it was about.
func checks(c *collector) {
	named := l{update(3), update(2), update(1)}
	c.run("TRG-7/each-of-the-named-updates", inside, scanned().after(hour).request("before_installation", "updates", named, "token", 9).evaluates(2, 1, found),
		note("in the order of ids; one that is not found is not required any more"))
	c.run("TRG-7/one-that-could-not-be-evaluated", inside, scanned().after(hour).request("before_download", "updates", l{update(1)}).
		evaluates(2, 1, l{rec(1, 100, "unknown"), rec(2, 100, "not_required")}))
	c.run("TRG-7/named-by-two-requests", inside, scanned().after(hour).request("software_updates_scan_cycle").
		request("before_download", "updates", l{update(2)}, "token", 1).request("before_installation", "updates", l{update(1), update(2)}, "token", 2).
		connects(2, 1, 38, found), flag("WF-11"))
	c.run("TRG-7/no-updates-named", outside, scanned().after(hour).request("scan_schedule").evaluates(2, 1, found))
	c.run("TRG-7/refused-without-updates", inside, scanned().after(hour).request("before_download", "token", 3))
	c.run("TRG-5/refused-by-an-unknown-trigger", inside, scanned().after(hour).request("Scan_Schedule", "token", 4))
}

// required are TTL-8 in a client.
func required(c *collector) {
	c.run("TTL-8/a-newer-policy-starts-nothing", inside, delivered().on(hour).event("policy_received", "enabled", true, "content_version", 39))
	c.run("TTL-8/the-next-scan-uses-what-is-fresh", inside, delivered().on(hour).event("policy_received", "enabled", true, "content_version", 39).request("scan_schedule"))
	c.run("TTL-8/a-request-that-requires-more-connects", inside, delivered().on(hour).request("scan_schedule", "required", 39))
	c.run("TTL-8/a-request-that-requires-the-same", outside, delivered().on(hour).request("scan_schedule", "required", 38))
	c.run("TTL-8/a-server-that-has-less-than-required", inside,
		delivered().on(hour).request("scan_schedule", "required", 39).answer("located", 2, 1, "locations", l{at(serverA, "version", 39)}).
			answer("policy_read", 2, 1, "effective", wuPolicy(serverA, serverA)).answer("retrieved", 2, 1, "version", 38))
}

// noFallback are DEC-5.
func noFallback(c *collector) {
	c.run("DEC-5/expired-metadata-is-not-fallen-back-to", inside, delivered().on(25*hour).request("scan_schedule").cannotConnect(2, 1))
	c.run("DEC-5/fresh-metadata-does-not-save-a-forced-scan", inside, delivered().on(hour).request("software_updates_scan_cycle").cannotConnect(2, 1))
	c.run("DEC-5/a-final-failure-neither", inside, delivered().on(25*hour).request("scan_schedule").located(2, 1, serverA).answer("retrieved", 2, 1, "code", "0x80244017"))
	c.run("DEC-5/no-location-neither", inside, delivered().on(25*hour).request("scan_schedule").answer("located", 2, 1, "locations", l{}))
	c.run("DEC-5/the-connection-succeeds", outside, delivered().on(25*hour).request("scan_schedule").connects(2, 1, 39, found))
	c.run("DEC-5/no-connection-is-required", outside, delivered().on(hour).request("scan_schedule").evaluates(2, 1, found))
}

// explained are DEC-7: what a result says.
func explained(c *collector) {
	c.run("DEC-7/of-local-metadata", inside, delivered().on(hour).request("scan_schedule").evaluates(2, 1, found),
		note("the server it came from, its stamp, and until when it stays fresh"))
	c.run("DEC-7/of-retrieved-metadata", inside, delivered().on(hour).request("software_updates_scan_cycle").connects(2, 1, 39, found))
	c.run("DEC-7/of-an-offline-scan-with-old-metadata", inside, delivered().on(48*hour).event("installed", "updates", l{update(1)}).evaluates(2, 1, found),
		note("used, and fresh until nothing"))
	c.run("DEC-7/of-a-failure", inside, delivered().on(hour).request("software_updates_scan_cycle").cannotConnect(2, 1))
	c.run("DEC-7/of-a-refusal", outside, begin().request("scan_schedule", "token", 6))
}

// doneAgain are DEC-8.
func doneAgain(c *collector) {
	c.run("DEC-8/a-forced-scan-within-the-hour", inside, scanned().after(10*time.Minute).request("software_updates_scan_cycle"))
	c.run("DEC-8/a-forced-scan-in-the-same-second", inside, scanned().request("deployment_evaluation_cycle"))
	c.run("DEC-8/an-offline-scan-looks-at-the-machine", inside, delivered().on(20*time.Minute).event("installed", "updates", l{update(1)}).
		evaluates(2, 1, l{rec(1, 100, "installed"), rec(2, 100, "required")}))
	c.run("DEC-8/a-scan-that-is-not-forced", outside, scanned().after(10*time.Minute).request("scan_schedule"))
	c.run("TRG-3/the-scan-cycle-connects", inside, delivered().on(hour).request("software_updates_scan_cycle"))
	c.run("TRG-3/the-schedule-does-not", outside, delivered().on(hour).request("scan_schedule"))
	c.run("TRG-3/after-the-restart-it-stays-offline", inside, delivered().on(20*time.Minute).
		event("installed", "updates", l{update(1)}, "restart_required", true).evaluates(2, 1, found).on(48*hour).event("restarted"))
	c.run("TRG-4/the-initial-scan-connects", inside, client("random", l{half, "0", "0"}).on(time.Minute).
		request("software_updates_scan_cycle").connects(1, 1, 38, found).tickOn(hour))
	c.run("TRG-4/only-once", outside, delivered().on(hour).event("policy_received", "enabled", true).tickOn(day))
}
