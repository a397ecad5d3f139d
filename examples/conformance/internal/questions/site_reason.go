package questions

import (
	"fmt"
	"strings"
)

// siteReasons are SITE-6: when a state is Unknown, and why.
func siteReasons(c *collector) {
	scanned := func(state int) *siteScript { return newSite().report(scanState(1, state), up(2, 1, 2)) }
	c.site("SITE-6/there-is-a-row", outside, heard(1).states(1))
	for i, words := range []string{"not-required", "required", "installed"} {
		c.site("SITE-6/there-is-a-row-that-says-"+words, outside, newSite().report(up(1, 1, i+1)).states(1))
	}
	c.site("SITE-6/the-client-has-reported-unknown", inside, newSite().report(up(1, 1, 0)).states(1), flag("DIFF-6"))
	c.site("SITE-6/never-heard-of", inside, newSite().register(1, true).states(1))
	c.site("SITE-6/nobody-is-known", outside, newSite().states(1))
	c.site("SITE-6/never-scanned", inside, heard(1).states(2))
	for _, s := range []struct {
		state int
		words string
	}{
		{1, "waits-for-its-location"},
		{2, "runs"},
		{3, "has-completed"},
		{4, "waits-for-a-retry"},
		{5, "has-failed"},
		{6, "has-completed-with-errors"},
		{0, "is-in-an-unknown-state"},
		{7, "is-in-a-state-that-nobody-knows"},
	} {
		c.site("SITE-6/the-scan-"+s.words, inside, scanned(s.state).states(9))
		if s.state == 5 {
			c.site("SITE-6/the-scan-"+s.words+"-and-there-is-a-row", outside, scanned(s.state).states(1))
		}
	}
	c.site("SITE-6/the-last-scan-counts", inside, newSite().report(scanState(1, 5), scanState(2, 3)).states(9))
	c.site("SITE-6/the-last-scan-of-two-sources-counts", inside, newSite().report(of(1, 501, "b", 5), of(2, 501, "a", 3)).states(9).after(minute).report(of(3, 501, "b", 2)).states(9))
	c.site("SITE-6/a-serial-is-missing", inside, newSite().report(scanState(1, 3), up(3, 1, 2)).states(9))
	c.site("SITE-6/a-serial-is-missing-and-there-is-a-row", outside, newSite().report(scanState(1, 3), up(3, 1, 2)).states(1))
	c.site("SITE-6/what-was-missing-has-come", inside, newSite().report(scanState(1, 3), up(3, 1, 2)).after(minute).dated(0, up(2, 2, 2)).states(9))
	c.site("SITE-6/a-resync-is-open", inside, heard(1).after(hour).report(up(1, 8, 2)).states(9), flag("SITE-5"))
	c.site("SITE-6/a-resync-is-wanted", inside,
		heard(1).after(hour).report(up(1, 8, 2), marker(2, 1, 1)).after(hour).report(up(1, 7, 2)).states(9), flag("SITE-5"), flag("SITE-9"))
	c.site("SITE-6/a-bad-record-of-the-update", inside, newSite().report(scanState(1, 3), up(2, 9, 7)).states(9).states(8))
	c.site("SITE-6/a-bad-record-of-another-type", outside, newSite().report(scanState(1, 3), of(2, 402, update(9), 1, "params", l{"1", "2", "3", "4", "5", "6"})).states(9))
	c.site("SITE-6/a-bad-record-that-was-corrected", outside, newSite().report(up(1, 9, 7)).after(minute).report(up(2, 9, 2)).states(9))
	c.site("SITE-6/a-bad-report-of-the-client", inside, newSite().report(scanState(1, 3)).after(minute).bad().states(9))
	c.site("SITE-6/a-bad-report-of-another-client", outside, newSite().report(scanState(1, 3)).from(2).report(scanState(1, 5)).bad().states(9))
	c.site("SITE-6/a-bad-report-of-nobody", outside, newSite().report(scanState(1, 3)).do("bad_report", "client", "").states(9))
	c.site("SITE-6/a-bad-report-is-all-that-came", inside, newSite().register(1, true).bad().states(9))
	c.site("SITE-6/switched-off", inside, newSite().register(1, false).states(1))
	c.site("SITE-6/switched-off-with-a-failed-scan-and-a-gap", inside, newSite().report(scanState(1, 5), up(3, 1, 2)).register(1, false).states(9))
	c.site("SITE-6/switched-off-and-there-is-a-row", outside, heard(1).register(1, false).states(1), note("what is known stays known"))
	c.site("SITE-6/switched-on-again", inside, newSite().report(scanState(1, 3)).register(1, false).register(1, true).states(9))
	c.site("SITE-6/bad-before-missing", inside, newSite().report(up(2, 9, 7)).states(9), note("the reasons have an order"))
	c.site("SITE-6/missing-before-the-scan", inside, newSite().report(scanState(2, 5)).states(9))
	c.site("SITE-6/removed-by-a-refresh", inside, newSite().report(scanState(1, 3), up(2, 1, 2)).states(1).after(hour).report(scanState(3, 3), marker(4, 3, 0)).states(1), flag("SITE-9"))
	c.site("SITE-6/each-client-for-itself", inside,
		newSite().report(up(1, 1, 3)).from(2).report(scanState(1, 2)).register(3, true).register(4, false).states(1))
}

// params are so many parameters.
func params(n int) l {
	list := l{}
	for i := range n {
		list = append(list, fmt.Sprint(i))
	}
	return list
}

// siteBadRecords are SITE-7: a bad record does not stop the others.
func siteBadRecords(c *collector) {
	among := func(m o) *siteScript { return newSite().report(up(1, 1, 2), m, up(3, 3, 2)).rows().kept() }
	refresh := func(id string, state int, params l) o { return of(2, 700, id, state, "params", params) }
	for _, b := range []struct {
		words string
		side  string
		m     o
	}{
		{"a-state-that-is-none", inside, up(2, 2, 4)},
		{"the-last-state-that-is-one", outside, up(2, 2, 3)},
		{"a-state-of-another-topic-type", outside, of(2, 402, "two", 4)},
		{"six-parameters", inside, of(2, 402, "two", 4, "params", params(6))},
		{"five-parameters", outside, of(2, 402, "two", 4, "params", params(5))},
		{"no-topic-id", inside, of(2, 402, "", 4)},
		{"topic-type-zero", inside, of(2, 0, "two", 4)},
		{"a-topic-type-that-nobody-knows", outside, of(2, 65535, "two", 4)},
		{"a-control-character", inside, of(2, 402, "two", 4, "details", "a\u0001b")},
		{"a-line-feed", outside, of(2, 402, "two", 4, "details", "a\nb")},
		{"a-parameter-too-long", inside, of(2, 402, "two", 4, "params", l{strings.Repeat("x", 2049)})},
		{"a-marker-in-another-state", inside, refresh("refresh", 2, l{"1", "0"})},
		{"a-marker-with-one-parameter", inside, refresh("refresh", 1, l{"1"})},
		{"a-marker-with-three-parameters", inside, refresh("refresh", 1, l{"1", "0", "0"})},
		{"a-marker-from-zero", inside, refresh("refresh", 1, l{"0", "0"})},
		{"a-marker-from-above-itself", inside, refresh("refresh", 1, l{"3", "0"})},
		{"a-marker-with-a-leading-zero", inside, refresh("refresh", 1, l{"01", "0"})},
		{"a-marker-with-a-sign", inside, refresh("refresh", 1, l{"+1", "0"})},
		{"a-marker-with-a-word", inside, refresh("refresh", 1, l{"1", "none"})},
		{"a-marker-with-an-empty-parameter", inside, refresh("refresh", 1, l{"", "0"})},
		{"another-topic-id-of-the-type-of-markers", outside, refresh("Refresh", 2, l{})},
	} {
		c.site("SITE-7/"+b.words, b.side, among(b.m))
	}
	c.site("SITE-7/a-marker-from-itself", outside, newSite().report(up(1, 1, 2), marker(2, 2, 0)).rows().kept(), flag("SITE-9"))
	c.site("SITE-7/a-marker-without-serial", inside, newSite().report(up(1, 1, 2), of(0, 700, "refresh", 1, "params", l{"1", "0"})).rows().kept())
	c.site("SITE-7/nothing-but-bad-records", inside, newSite().report(up(1, 1, 8), up(2, 2, 9)).rows().known().kept())
	c.site("SITE-7/the-bad-one-is-first", inside, newSite().report(up(1, 1, 8), up(2, 2, 2), up(3, 3, 2)).rows())
	c.site("SITE-7/the-bad-one-is-last", inside, newSite().report(up(1, 1, 2), up(2, 2, 2), up(3, 3, 8)).rows().after(minute).report(up(4, 4, 2)))
	c.site("SITE-7/bad-and-without-serial", inside, newSite().report(up(0, 1, 8), up(1, 2, 2)).rows().kept())
	c.site("SITE-7/a-serial-that-is-too-high", inside,
		newSite().report(up(1, 1, 2), o{"topic_type", 500, "topic_id", update(2), "state_id", 2, "time", moment(noon), "serial", uint64(1) << 63}).rows().kept(),
		note("it is as if it had none"))
	c.site("SITE-7/the-same-serial-twice-with-other-content", inside, newSite().report(up(1, 1, 2), up(2, 2, 2), up(2, 3, 2)).rows().kept(),
		note("the second is bad"), flag("SITE-2"))
	c.site("SITE-7/the-same-serial-twice-with-the-same-content", outside, newSite().report(up(1, 1, 2), up(2, 2, 2), up(2, 2, 2)).rows().kept(), flag("SITE-2"))
	c.site("SITE-7/the-row-that-was-there-stays", inside, heard(1).after(minute).report(up(2, 1, 8)).rows().kept())
	c.site("SITE-7/the-next-good-one-counts", inside, newSite().report(up(1, 1, 8)).after(minute).report(up(2, 1, 3)).rows().kept())
	c.site("SITE-7/no-bad-record", outside, heard(3).kept())
}

// siteBadReports are SITE-7: a bad report.
func siteBadReports(c *collector) {
	c.site("SITE-7/a-bad-report-of-a-client", inside, heard(1).after(minute).bad().known().kept().rows())
	c.site("SITE-7/a-bad-report-of-a-client-not-known", inside, newSite().bad().known().kept(), note("it is kept, and makes no client known"))
	c.site("SITE-7/a-bad-report-of-nobody", inside, heard(1).after(minute).do("bad_report", "client", "").do("bad_report", "client", "<script>").known().kept())
	c.site("SITE-7/a-bad-report-and-then-a-good-one", inside, heard(1).after(minute).bad().after(minute).report(up(2, 2, 2)).known())
	c.site("SITE-7/a-bad-report-of-a-client-that-was-registered", inside, newSite().register(1, true).after(minute).bad().known())
	c.site("SITE-7/bad-reports-of-two-clients", inside, heard(1).from(2).report(up(1, 1, 2)).bad().bad().from(1).bad().known().kept(), note("the newest first"))
	c.site("SITE-7/no-bad-report", outside, heard(1).known().kept())
	c.site("SITE-7/the-id-of-a-bad-report-in-lower-case", inside,
		newSite().do("bad_report", "client", "GUID:abcdef01-1111-2222-3333-abcdefabcdef").kept())
}
