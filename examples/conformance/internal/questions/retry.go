package questions

// failure asks what follows a failure.
func failure(code string, retries, others int, more ...any) o {
	return o{"code", code, "retries", retries, "others", others}.with(more...)
}

func retries(c *collector) {
	retryable(c)
	counted(c)
	policies(c)
	cutShort(c)
}

// retryable are WF-9: codes that are retried, and their neighbours that are not.
func retryable(c *collector) {
	for _, r := range []struct{ code, words, side string }{
		{"0x80072EFD", "cannot-connect", inside},
		{"0x80072EFE", "connection-aborted", inside},
		{"0x80072EFF", "connection-reset", outside},
		{"0x80072EFC", "the-code-before-them", outside},
		{"0x80072EE2", "time-out", outside},
		{"0x80072EE7", "name-not-resolved-by-the-system", outside},
		{"0x8024402C", "name-not-resolved-by-the-agent", inside},
		{"0x80244016", "bad-request", inside},
		{"0x80244017", "denied", outside},
		{"0x80244018", "forbidden", inside},
		{"0x80244019", "not-found", inside},
		{"0x8024401B", "proxy-authentication", outside},
		{"0x8024401C", "request-time-out", inside},
		{"0x80244022", "service-unavailable", inside},
		{"0x80244023", "gateway-time-out", inside},
		{"0x8024401F", "server-error", inside},
		{"0x80240438", "no-interactive-user", outside},
		{"0x87D00692", "policy-conflict", outside},
		{"0x87D00606", "no-offline-history", outside},
		{"0x87D00691", "no-source", outside},
		{"0x80040693", "agent-too-old", inside},
		{"0x80004005", "unspecified", outside},
		{"0x80070005", "access-denied", outside},
	} {
		c.add("WF-9/the-code-"+r.words, r.side, "retry.next", failure(r.code, 0, 0))
	}
	c.add("WF-9/a-final-code-with-another-location", outside, "retry.next", failure("0x80072EE2", 0, 1), note("other failures are final, whatever is left"))
	c.add("WF-9/a-final-code-after-retries", outside, "retry.next", failure("0x80244017", 4, 2))
	c.add("WF-9/the-wider-table", inside, "retry.table", o{"table", "wider"})
	c.add("WF-9/the-documented-table", inside, "retry.table", o{"table", "documented"})
	for _, r := range []struct{ code, words, side string }{
		{"0x80072EE7", "name-not-resolved", inside},
		{"0x80072EFF", "connection-reset", inside},
		{"0x80244017", "denied", outside},
		{"0x80072F8F", "certificate", outside},
	} {
		c.add("WF-9/in-the-wider-table-"+r.words, r.side, "retry.next", failure(r.code, 0, 0, "table", "wider"))
	}
	c.add("WF-9/a-table-of-ones-own", inside, "retry.next", failure("0x80004005", 0, 0, "table", l{"0x80004005"}))
	c.add("WF-9/not-in-a-table-of-ones-own", outside, "retry.next", failure("0x80072EFD", 0, 0, "table", l{"0x80004005"}))
	c.add("WF-9/a-table-of-nothing", outside, "retry.next", failure("0x80072EFD", 0, 1, "table", l{}))
}

// counted are WF-9: four retries, then the next location.
func counted(c *collector) {
	for retries, words := range []string{"first", "second", "third", "fourth"} {
		c.add("WF-9/the-"+words+"-retry-with-another-location", inside, "retry.next", failure("0x80072EFD", retries, 1))
	}
	c.add("WF-9/the-next-location", inside, "retry.next", failure("0x80072EFD", 4, 1), note("after two minutes, and its retries count from 0"))
	c.add("WF-9/the-next-of-many", inside, "retry.next", failure("0x80072EFD", 4, 7))
	c.add("WF-9/nothing-left", outside, "retry.next", failure("0x80072EFD", 4, 0))
	c.add("WF-9/more-retries-than-there-are", outside, "retry.next", failure("0x80072EFD", 5, 0))
	c.add("WF-9/more-retries-than-there-are-and-another-location", inside, "retry.next", failure("0x80072EFD", 5, 1))
}

// policies are WF-9 with another policy.
func policies(c *collector) {
	c.add("WF-9/one-attempt-used", outside, "retry.next", failure("0x80072EFD", 1, 0, "attempts", 1))
	c.add("WF-9/one-attempt-left", inside, "retry.next", failure("0x80072EFD", 0, 0, "attempts", 1))
	c.add("WF-9/six-attempts", inside, "retry.next", failure("0x80072EFD", 5, 0, "attempts", 6))
	c.add("WF-9/a-delay-of-a-minute", inside, "retry.next", failure("0x80072EFD", 0, 0, "delay_s", 60))
	c.add("WF-9/a-switch-delay-of-ten-minutes", inside, "retry.next", failure("0x80072EFD", 4, 1, "switch_delay_s", 600))
}

// cutShort are WF-10.
func cutShort(c *collector) {
	const cancelled = "0x8024000B"
	c.add("WF-10/a-cancelled-scan", inside, "retry.next", failure(cancelled, 0, 0), note("it is no failure; what follows is not for the retry policy to say"))
	c.add("WF-10/a-cancelled-scan-with-another-location", inside, "retry.next", failure(cancelled, 0, 1))
	c.add("WF-10/a-cancelled-scan-after-all-retries", inside, "retry.next", failure(cancelled, 4, 1))
	c.add("WF-10/a-cancelled-scan-with-its-code-in-the-table", inside, "retry.next", failure(cancelled, 0, 0, "table", l{cancelled, "0x80072EFD"}))
	c.add("WF-10/the-code-before-it", outside, "retry.next", failure("0x8024000A", 0, 0))
	c.add("WF-10/the-code-after-it", outside, "retry.next", failure("0x8024000C", 0, 0))
	c.add("WF-10/a-code-that-is-a-success", inside, "retry.next", failure("0x00240005", 0, 0))
}
