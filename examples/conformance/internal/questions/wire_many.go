package questions

import "fmt"

// wireID is the id of an update whose number may be above 255.
func wireID(n int) string { return fmt.Sprintf("00000000-0000-0000-0000-%012x", n) }

// wireMany are so many revisions with the numbers from 1 on.
func wireMany(count int, kind string, leaf bool, action string, more ...any) l {
	var list l
	for n := 1; n <= count; n++ {
		list = append(list, o{"id", n, "update", wireID(n), "kind", kind, "leaf", leaf, "action", action}.with(more...))
	}
	return list
}

// wireTogether are WF-9: the defaults of the limits, and what RefreshCache names
// at once.
func wireTogether(c *collector) {
	for _, n := range []int{400, 401} {
		side := outside
		if n > 400 {
			side = inside
		}
		c.wire(fmt.Sprintf("WF-9/wire-%d-installed", n), side, wire().sync("new", wireMany(n, "detectoid", false, "evaluate", "installed", true)),
			note("400 may be when nothing else is said"))
	}
	trips := wire().sync("new", l{wireCategory(1, true)})
	for n := range 198 {
		trips.sync("changed", l{o{"id", 1, "leaf", n%2 == 0, "action", "evaluate"}}) // a shift each time
	}
	c.wire("WF-9/wire-200-trips", inside, trips.sync("new", l{wireCategory(2, true)}),
		note("200 may be when nothing else is said"))
	row := func(number, n int) o { return o{"id", number, "update", wireID(n), "leaf", true, "action", "bundle"} }
	many := func(n int) *wireScript {
		return wire().sync("new", wireMany(n, "software", true, "bundle")).then().faults("sync_updates", "InvalidCookie")
	}
	c.wire("WF-9/wire-refresh-of-200", outside, many(200), note("one call"))
	c.wire("WF-9/wire-refresh-of-201", outside, many(201).on("refresh_cache",
		o{"rows", l{row(1001, 1)}}, fault("CookieExpired"), o{"rows", l{row(2002, 2), row(2201, 201)}}, o{"rows", l{row(2150, 150)}}),
		note("the second of two calls is not answered, and both are made again: the rows of both count then, also about what the other named"))
}

// wireUnusual are what the first reader of the text found untested.
func wireUnusual(c *collector) {
	c.wire("WF-9/wire-expired-without-a-cookie", inside,
		wire().faults("sync_updates", "CookieExpired").on("get_authorization_cookie", nil, o{"status", 503}, fault("CookieExpired")).then(),
		note("there is none then that could be the old one, and the old one is forgotten"))
	c.wire("WF-9/wire-old-cookie-forgotten-by-configuration", outside,
		wire().faults("sync_updates", "CookieExpired").on("get_cookie", nil, fault("ConfigChanged")))
	c.wire("WF-9/wire-expired-again-after-a-refresh", inside,
		wire().sync("new", wireLeaves(2, 1)).then().faults("sync_updates", "CookieExpired", "InvalidCookie", "CookieExpired").
			on("refresh_cache", o{"rows", l{wireRow(12, 2, true, "install")}}), note("an answer to RefreshCache is none of the scan"))
	c.wire("WF-9/wire-expired-again-after-the-categories", inside,
		wire("categories", l{update(9)}).faults("start_category_scan", "CookieExpired").faults("sync_updates", "CookieExpired"))
	c.wire("WF-9/wire-too-many-in-the-driver-pass", inside,
		wire("drivers", true, "max_installed", 1).sync("new", l{wireCategory(1, true)}).sync().faults("sync_updates", "ServerChanged").
			on("refresh_cache", o{"rows", l{wireRow(11, 1, false, "evaluate"), wireRow(12, 1, false, "evaluate")}}))
	c.wire("WF-9/wire-extended-no-longer-wanted", outside,
		wire().sync("new", wireLeaves(2, 1)).faults("get_extended_update_info", "InvalidCookie"), note("the refresh leaves nothing to ask for"))
	c.wire("WF-9/wire-doubled-pair-asked-under-one", inside,
		wire().sync("new", wireLeaves(2, 1)).then().sync("new", l{wireRevision(5, 2, 100, "software", true, "install")}).
			on("get_extended_update_info", nil, o{"status", 503}).then().faults("sync_updates", "InvalidCookie").
			on("refresh_cache", o{"rows", l{wireRow(22, 2, true, "install")}}), note("what the refresh returns is what the higher number was: not asked for"))
	c.wire("WF-3/wire-keys-left-out-of-a-scripted-configuration", inside,
		wire().says("registration", false, "max_extended", 1).on("get_config", o{"last_change", "x"}).sync("new", wireLeaves(2, 2)),
		note("they have the defaults of the form"))
	c.wire("WF-3/wire-extended-fifty-when-nothing-is-said", inside, wire().on("get_config", o{}).sync("new", wireLeaves(1, 51)))
}
