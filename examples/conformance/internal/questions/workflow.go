package questions

import "time"

const (
	quarter = 15 * time.Minute
	hour    = time.Hour
	// half and most are random numbers: of the window, half, and all but the
	// least part.
	half = "9223372036854775808"
	most = "18446744073709551615"
)

func workflows(c *collector) {
	initialScans(c)
	cleared2(c)
	connections(c)
	secure(c)
	policyConflicts(c)
	noLocations(c)
	compared(c)
	scanStates(c)
	retried(c)
	interrupted(c)
	queued(c)
	installations(c)
	scheduled(c)
	dormant(c)
	spread(c)
	recordedStates(c)
	refreshes(c)
	marked(c)
	resyncs(c)
	atomic(c)
	sending(c)
	checks(c)
	required(c)
	noFallback(c)
	explained(c)
	doneAgain(c)
}

// initialScans are WF-1.
func initialScans(c *collector) {
	waits := func() *script { return client("random", l{half, "0", "0"}) }
	c.run("WF-1/a-quarter-of-the-window", inside, client("random", l{"4611686018427387904", "0", "0"}))
	c.run("WF-1/no-delay-at-all", inside, client())
	c.run("WF-1/a-window-of-ten-minutes", inside, client("initial_window_s", 600, "random", l{half, "0", "0"}))
	c.run("WF-1/a-second-before-it-is-due", outside, waits().tickOn(hour-time.Second))
	c.run("WF-1/when-it-is-due", inside, waits().tickOn(hour))
	c.run("WF-1/later-than-it-is-due", inside, waits().tickOn(5*hour))
	c.run("WF-1/enabled-again-while-it-waits", outside, waits().on(30*time.Minute).event("policy_received", "enabled", true, "content_version", 39).tickOn(hour))
	c.run("WF-1/enabled-again-when-it-is-over", outside, scanned().after(hour).event("policy_received", "enabled", true))
	c.run("WF-1/disabled-and-enabled-while-it-waits", outside,
		waits().on(10*time.Minute).event("policy_received", "enabled", false).on(20*time.Minute).event("policy_received", "enabled", true).tickOn(hour),
		note("its time is drawn once, and stays"))
	c.run("WF-1/a-request-does-not-replace-it", inside, waits().on(time.Minute).request("software_updates_scan_cycle").connects(1, 1, 38, found).tickOn(hour))
	c.run("WF-1/the-clock-moved-back-while-it-waits", inside, waits().on(-3*hour).tick(),
		note("it does not wait longer than it was to"))
}

// cleared2 are WF-2.
func cleared2(c *collector) {
	before := func() *script {
		return client("random", l{half, "0", "0"}).on(time.Minute).request("software_updates_scan_cycle").connects(1, 1, 38, found)
	}
	c.run("WF-2/history-from-before", inside, before().tickOn(hour), note("metadata of an hour ago is forgotten when the initial scan starts"))
	c.run("WF-2/connects-although-it-was-fresh", inside, before().tickOn(hour).connects(2, 1, 38, found))
	c.run("WF-2/nothing-to-clear", inside, client())
	c.run("WF-2/another-scan-clears-nothing", outside, before().on(30*time.Minute).request("scan_schedule").evaluates(2, 1, found))
	c.run("WF-2/a-retry-clears-nothing", outside, client().cannotConnect(1, 1).tickOn(30*time.Minute+3*time.Second))
	c.run("WF-2/the-baseline-stays", inside, before().tickOn(hour).connects(2, 1, 38, l{rec(1, 100, "installed"), rec(2, 100, "not_required")}),
		note("cleared is the history of metadata, not what was reported"))
}

// connections are WF-3: what an online scan does, in order.
func connections(c *collector) {
	located := func() *script { return client("site_code", "PS1").answer("located", 1, 1, "locations", l{at(serverA)}) }
	c.run("WF-3/the-location-first", inside, client("site_code", "PS1", "update_source", update(0xcc)))
	c.run("WF-3/then-the-policy", inside, located())
	c.run("WF-3/then-written", inside, located().answer("policy_read", 1, 1, "effective", o{}))
	c.run("WF-3/then-the-update-agent", inside, located().answer("policy_read", 1, 1, "effective", o{}).answer("policy_written", 1, 1))
	c.run("WF-3/not-written-when-it-is-named", outside, located().answer("policy_read", 1, 1, "effective", wuPolicy(serverA, serverA)))
	c.run("WF-3/written-when-it-is-not-in-use", inside,
		located().answer("policy_read", 1, 1, "effective", o{"server", serverA, "status_server", serverA}))
	c.run("WF-3/with-the-default-port", inside,
		client().answer("located", 1, 1, "locations", l{at("http://sup01.example.test")}).answer("policy_read", 1, 1, "effective", o{}))
	c.run("WF-3/a-policy-that-cannot-be-written", outside,
		located().answer("policy_read", 1, 1, "effective", o{}).answer("policy_written", 1, 1, "code", "0x80070005"))
	c.run("WF-3/a-policy-that-cannot-be-read", outside, located().answer("policy_read", 1, 1, "code", "0x80070005"))
	c.run("WF-3/an-answer-of-an-attempt-that-is-over", outside, located().answer("located", 1, 2, "locations", l{at(serverB)}),
		note("it is ignored"))
	c.run("WF-3/local-metadata-asks-for-no-location", outside, scanned().after(hour).request("scan_schedule"))
}

// secure are WF-4.
func secure(c *collector) {
	native := func() *script { return begin().event("policy_received", "enabled", true, "native_mode", true) }
	internet := func() *script {
		return begin().event("roamed", "internet", true).event("policy_received", "enabled", true)
	}
	c.run("WF-4/native-mode-and-http", inside, native().answer("located", 1, 1, "locations", l{at(serverA)}))
	c.run("WF-4/native-mode-and-https", outside, native().located(1, 1, secureA), note("and retrieving is told to insist"))
	c.run("WF-4/internet-and-http", inside, internet().answer("located", 1, 1, "locations", l{at(serverA)}))
	c.run("WF-4/internet-and-https", outside, internet().located(1, 1, secureA))
	c.run("WF-4/intranet-and-http", outside, client().located(1, 1, serverA))
	c.run("WF-4/roamed-after-it-was-located", inside,
		client().answer("located", 1, 1, "locations", l{at(serverA)}).event("roamed", "internet", true).
			answer("policy_read", 1, 1, "effective", wuPolicy(serverA, serverA)),
		note("http is refused before a byte is sent"))
	c.run("WF-4/roamed-while-the-policy-was-written", inside,
		client().answer("located", 1, 1, "locations", l{at(serverA)}).answer("policy_read", 1, 1, "effective", o{}).
			event("roamed", "internet", true).answer("policy_written", 1, 1))
	c.run("WF-4/back-on-the-intranet", outside,
		begin().event("roamed", "internet", true).event("roamed", "internet", false).event("policy_received", "enabled", true).located(1, 1, serverA))
}

// policyConflicts are WF-5.
func policyConflicts(c *collector) {
	read := func(server string, use bool) *script {
		return client().answer("located", 1, 1, "locations", l{at(serverA)}).
			answer("policy_read", 1, 1, "effective", o{"server", server, "use", use, "higher_authority", true})
	}
	c.run("WF-5/a-scan-against-the-domain", inside, read(serverB, true), note("nothing is overwritten, and it is not tried again"))
	c.run("WF-5/a-scan-against-another-port", inside, read("http://sup01.example.test:80", true))
	c.run("WF-5/a-scan-with-the-domain", outside, read(serverA, true))
	c.run("WF-5/a-scan-over-a-local-policy", outside,
		client().answer("located", 1, 1, "locations", l{at(serverA)}).answer("policy_read", 1, 1, "effective", wuPolicy(serverB, serverB)))
}

// noLocations are WF-6.
func noLocations(c *collector) {
	wants := func() *script { return begin().event("policy_received", "enabled", true, "content_version", 38) }
	c.run("WF-6/located-nothing", inside, client().answer("located", 1, 1, "locations", l{}), note("it is final: no code of a connection"))
	c.run("WF-6/located-a-lower-version", inside, wants().answer("located", 1, 1, "locations", l{at(serverA, "version", 37)}))
	c.run("WF-6/located-the-version", outside, wants().answer("located", 1, 1, "locations", l{at(serverA, "version", 38)}))
	c.run("WF-6/locating-failed", outside, client().answer("located", 1, 1, "code", "0x87D00631"))
	c.run("WF-6/the-server-does-not-answer", outside, client().cannotConnect(1, 1), note("which is told apart, and tried again"))
	c.run("WF-6/the-request-wants-more-than-policy", inside,
		scanned().after(hour).request("scan_schedule", "required", 40).answer("located", 2, 1, "locations", l{at(serverA, "version", 39)}))
}

// compared are WF-7.
func compared(c *collector) {
	offline := func() *script {
		return delivered().on(20*time.Minute).event("installed", "updates", l{update(1)})
	}
	c.run("WF-7/an-offline-scan-is-compared", inside, offline().evaluates(2, 1, l{rec(1, 100, "installed"), rec(2, 100, "not_required")}).tickOn(23*time.Minute))
	c.run("WF-7/an-online-scan-is-compared", inside, delivered().on(hour).request("software_updates_scan_cycle").
		connects(2, 1, 39, l{rec(1, 100, "installed"), rec(2, 100, "not_required"), rec(3, 100, "required")}).tickOn(hour+quarter))
	c.run("WF-7/a-scan-with-local-metadata-is-compared", inside, delivered().on(hour).request("scan_schedule").
		evaluates(2, 1, l{rec(1, 100, "installed"), rec(2, 100, "not_required")}).tickOn(hour+quarter))
	c.run("WF-7/nothing-has-changed", outside, delivered().on(hour).request("scan_schedule").evaluates(2, 1, found).tickOn(hour+quarter),
		note("only the state of the scan is reported"))
	c.run("WF-7/a-scan-that-failed-compares-nothing", outside, delivered().on(hour).request("software_updates_scan_cycle").cannotConnect(2, 1).tickOn(hour+quarter))
}

// scanStates are WF-8: the messages of topic 501.
func scanStates(c *collector) {
	c.run("WF-8/waiting-for-the-location", inside, client().tickOn(quarter))
	c.run("WF-8/still-waiting-when-located", inside, client().answer("located", 1, 1, "locations", l{at(serverA)}).tickOn(quarter))
	c.run("WF-8/running", inside, client().located(1, 1, serverA).tickOn(quarter))
	c.run("WF-8/running-with-local-metadata", inside, delivered().on(hour).request("scan_schedule").tickOn(hour+quarter))
	c.run("WF-8/completed", inside, scanned().tickOn(quarter))
	c.run("WF-8/completed-with-errors", inside, client().connects(1, 1, 38, l{rec(1, 100, "required"), rec(2, 100, "unknown")}).tickOn(quarter))
	c.run("WF-8/pending-retry", inside, client().cannotConnect(1, 1).tickOn(quarter))
	c.run("WF-8/failed", inside, client().answer("located", 1, 1, "locations", l{}).tickOn(quarter))
	c.run("WF-8/for-its-update-source", inside, client("update_source", update(0xcc)).tickOn(quarter))
	c.run("WF-8/a-refused-request-has-no-state", outside, begin().request("software_updates_scan_cycle").tickOn(quarter))
	c.run("WF-8/a-queued-scan-has-no-state", outside, delivered().on(hour).request("scan_schedule").request("software_updates_scan_cycle").
		evaluates(2, 1, found), flag("WF-11"))
}
