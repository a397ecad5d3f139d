package questions

import "time"

// retried are WF-9.
func retried(c *collector) {
	two := l{at(serverA), at(serverB)}
	once := o{"attempts", 1}
	c.run("WF-9/again-after-thirty-minutes", inside, client().cannotConnect(1, 1).tickOn(30*time.Minute+3*time.Second))
	c.run("WF-9/a-second-too-early", outside, client().cannotConnect(1, 1).tickOn(30*time.Minute+2*time.Second))
	c.run("WF-9/the-only-retry-is-used-up", outside, client("retry", once).cannotConnect(1, 1).tickOn(30*time.Minute+3*time.Second).cannotConnect(1, 2))
	s := client().cannotConnect(1, 1)
	for attempt := 2; attempt <= 5; attempt++ {
		s.after(30*time.Minute).tick().cannotConnect(1, attempt)
	}
	c.run("WF-9/four-retries-and-no-more", outside, s)
	switched := func() *script {
		return client("retry", once).
			answer("located", 1, 1, "locations", two).answer("policy_read", 1, 1, "effective", wuPolicy(serverA, serverA)).
			answer("retrieved", 1, 1, "code", "0x80072EFD").after(30*time.Minute).tick().
			answer("located", 1, 2, "locations", two).answer("policy_read", 1, 2, "effective", wuPolicy(serverA, serverA)).
			answer("retrieved", 1, 2, "code", "0x80072EFD")
	}
	c.run("WF-9/then-the-next-after-two-minutes", inside, switched().after(2*time.Minute).tick().answer("located", 1, 3, "locations", two))
	c.run("WF-9/and-it-stays-there-after-a-success", inside,
		switched().after(2*time.Minute).tick().answer("located", 1, 3, "locations", two).answer("policy_read", 1, 3, "effective", wuPolicy(serverB, serverB)).
			answer("retrieved", 1, 3, "version", 38).evaluates(1, 3, found).
			after(hour).request("software_updates_scan_cycle").answer("located", 2, 1, "locations", two))
	c.run("WF-9/a-client-on-the-internet-does-not-switch", outside,
		begin("retry", once).event("roamed", "internet", true).event("policy_received", "enabled", true).
			answer("located", 1, 1, "locations", l{at(secureA), at(secureB)}).answer("policy_read", 1, 1, "effective", wuPolicy(secureA, secureA)).
			answer("retrieved", 1, 1, "code", "0x80072EFD").after(30*time.Minute).tick().
			answer("located", 1, 2, "locations", l{at(secureA), at(secureB)}).answer("policy_read", 1, 2, "effective", wuPolicy(secureA, secureA)).
			answer("retrieved", 1, 2, "code", "0x80072EFD"))
	c.run("WF-9/a-failure-that-is-final", outside, client().located(1, 1, serverA).answer("retrieved", 1, 1, "code", "0x80072EE2"))
	c.run("WF-9/a-failure-that-is-final-with-another-location", outside,
		client().answer("located", 1, 1, "locations", two).answer("policy_read", 1, 1, "effective", wuPolicy(serverA, serverA)).
			answer("retrieved", 1, 1, "code", "0x80244017"))
	c.run("WF-9/an-evaluation-that-fails", outside, client().located(1, 1, serverA).answer("retrieved", 1, 1, "version", 38).
		answer("evaluated", 1, 1, "code", "0x80004005"))
	c.run("WF-9/asked-for-while-it-waits", inside, client("retry", once).cannotConnect(1, 1).on(10*time.Minute).request("scan_schedule").cannotConnect(1, 2),
		note("the retry is made now and is not used up: somebody is waiting"), flag("WF-11"))
}

// interrupted are WF-10.
func interrupted(c *collector) {
	once := o{"attempts", 1}
	cut := func() *script {
		return client("retry", once).located(1, 1, serverA).after(time.Second).event("interrupted", "job", 1, "attempt", 1)
	}
	c.run("WF-10/an-interruption-is-no-failure", inside, cut())
	c.run("WF-10/it-waits-for-the-process", inside, cut().after(hour).tick())
	c.run("WF-10/and-starts-anew", inside, cut().after(time.Minute).event("resumed"))
	c.run("WF-10/an-interruption-uses-no-retry", inside, cut().after(time.Minute).event("resumed").cannotConnect(1, 2))
	c.run("WF-10/a-power-off-uses-no-retry", inside, client("retry", once).located(1, 1, serverA).powerOff().cannotConnect(1, 2))
	c.run("WF-10/a-power-off-while-a-retry-waits", inside, client().cannotConnect(1, 1).powerOff(), note("it waits as long as it would have"))
	c.run("WF-10/a-failure-uses-one", outside, client("retry", once).cannotConnect(1, 1).after(30*time.Minute).tick().cannotConnect(1, 2))
	c.run("WF-10/given-up-by-itself", inside, client("retry", once).located(1, 1, serverA).answer("retrieved", 1, 1, "code", "0x8024000B").
		after(30*time.Minute).tick().cannotConnect(1, 2), note("cancelled is no failure: made again after the delay, and no retry is used up"))
	c.run("WF-10/an-answer-that-comes-too-late", outside, cut().answer("retrieved", 1, 1, "version", 38))
}

// queued are WF-11.
func queued(c *collector) {
	busy := func() *script { return scanned().after(hour).request("scan_schedule", "token", 1) } // evaluates with local metadata
	records := found
	c.run("WF-11/one-at-a-time", inside, busy().request("software_updates_scan_cycle", "token", 2))
	c.run("WF-11/the-next-when-it-has-ended", inside, busy().request("software_updates_scan_cycle", "token", 2).evaluates(2, 1, records))
	c.run("WF-11/the-same-type-is-joined", inside,
		busy().request("software_updates_scan_cycle", "token", 2).request("deployment_evaluation_cycle", "token", 3).
			evaluates(2, 1, records).connects(3, 1, 38, records), note("one scan answers both"))
	c.run("WF-11/non-forced-joins-forced-online", inside,
		busy().request("software_updates_scan_cycle", "token", 2).request("deployment_reevaluation", "token", 3).
			evaluates(2, 1, records).connects(3, 1, 38, records))
	c.run("WF-11/forced-does-not-join-non-forced", outside,
		scanned().after(hour).request("software_updates_scan_cycle").request("before_download", "updates", l{update(1)}).
			located(2, 1, serverA).request("deployment_evaluation_cycle", "token", 4).answer("retrieved", 2, 1, "version", 38).evaluates(2, 1, records))
	c.run("WF-11/non-forced-joins-one-that-runs", inside,
		scanned().after(hour).request("software_updates_scan_cycle", "token", 1).located(2, 1, serverA).request("scan_schedule", "token", 2).
			answer("retrieved", 2, 1, "version", 38).evaluates(2, 1, records))
	c.run("WF-11/one-that-evaluates-is-not-joined", outside,
		scanned().after(hour).request("software_updates_scan_cycle", "token", 1).located(2, 1, serverA).answer("retrieved", 2, 1, "version", 38).
			request("scan_schedule", "token", 2).evaluates(2, 1, records).evaluates(3, 1, records),
		note("it may have looked at the machine already"))
	c.run("WF-11/one-that-requires-less-is-not-joined", outside,
		scanned().after(hour).request("software_updates_scan_cycle", "token", 1).located(2, 1, serverA).request("scan_schedule", "token", 2, "required", 40).
			answer("retrieved", 2, 1, "version", 38).evaluates(2, 1, records))
	c.run("WF-11/offline-does-not-join-online", outside,
		busy().request("software_updates_scan_cycle", "token", 2).event("installed", "updates", l{update(1)}).
			evaluates(2, 1, records).connects(3, 1, 38, records).evaluates(4, 1, records))
	c.run("WF-11/non-forced-does-not-join-offline", outside,
		busy().event("installed", "updates", l{update(1)}).request("before_download", "updates", l{update(1)}, "token", 3).evaluates(2, 1, records))
	c.run("WF-11/in-order-of-arrival", inside,
		busy().event("installed", "updates", l{update(1)}).request("software_updates_scan_cycle", "token", 3).evaluates(2, 1, records).evaluates(3, 1, records))
	c.run("WF-11/what-waits-for-a-retry-lets-others-pass", inside, scanned().after(hour).request("software_updates_scan_cycle").cannotConnect(2, 1).
		event("installed", "updates", l{update(1)}).evaluates(3, 1, records))
	c.run("WF-11/a-schedule-does-not-hurry-a-retry", outside,
		client("scan_schedule", o{"interval_s", 600}).cannotConnect(1, 1).tickOn(10*time.Minute), note("a schedule that fires only joins"))
}

// installations are WF-12.
func installations(c *collector) {
	after := l{rec(1, 100, "installed"), rec(2, 100, "not_required")}
	restart := func() *script {
		return delivered().on(20*time.Minute).event("installed", "updates", l{update(1)}, "assignment", "{a1}", "restart_required", true)
	}
	c.run("WF-12/no-restart-needed", outside, delivered().on(20*time.Minute).event("installed", "updates", l{update(1)}, "assignment", "{a1}").
		evaluates(2, 1, after).tickOn(23*time.Minute))
	c.run("WF-12/a-restart-needed", inside, restart().evaluates(2, 1, after).tickOn(23*time.Minute), note("the update stays required, and says what it waits for"))
	c.run("WF-12/a-restart-needed-and-no-assignment", inside, delivered().on(20*time.Minute).
		event("installed", "updates", l{update(1)}, "restart_required", true).evaluates(2, 1, after).tickOn(23*time.Minute))
	c.run("WF-12/restarted", inside, restart().evaluates(2, 1, after).on(22*time.Minute).event("restarted").evaluates(3, 1, after).tickOn(25*time.Minute))
	c.run("WF-12/restarted-and-not-installed", inside, restart().evaluates(2, 1, after).on(22*time.Minute).event("restarted").evaluates(3, 1, found).tickOn(25*time.Minute))
	c.run("WF-12/any-scan-before-the-restart", inside, restart().evaluates(2, 1, after).on(hour).request("scan_schedule").evaluates(3, 1, after))
	c.run("WF-12/required-before-the-restart", inside, restart().evaluates(2, 1, found))
	c.run("WF-12/a-restart-that-nothing-waits-for", outside, delivered().on(20*time.Minute).event("restarted"))
	c.run("WF-12/installed-again-without-a-restart", outside, restart().evaluates(2, 1, after).on(30*time.Minute).
		event("installed", "updates", l{update(1)}, "assignment", "{a1}").evaluates(3, 1, after))
	c.run("WF-12/waiting-across-a-power-off", inside, restart().evaluates(2, 1, after).powerOff().event("restarted").evaluates(3, 1, after))
}
