package questions

import "fmt"

// wireLoops are WF-3: what the update agent is passed, and when it has all.
func wireLoops(c *collector) {
	c.wire("WF-3/wire-nothing-there", outside, wire())
	c.wire("WF-3/wire-a-category-and-what-needs-it", inside, wireSynced())
	c.wire("WF-3/wire-a-category-that-is-not-installed", outside, wire().sync("new", l{wireCategory(1, false)}))
	c.wire("WF-3/wire-leaves-only", outside, wire().sync("new", wireLeaves(1, 3)))
	c.wire("WF-3/wire-leaves-that-are-installed", outside,
		wire().sync("new", l{wireUpdate(1, "software", true, "install", "installed", true)}).then(), note("a leaf is never named as installed"))
	c.wire("WF-3/wire-three-levels", inside,
		wire().sync("new", l{wireCategory(1, true)}).sync("new", l{wireUpdate(2, "detectoid", false, "evaluate", "installed", true)}).
			sync("new", l{wireUpdate(3, "software", false, "install", "installed", true)}).sync("new", wireLeaves(4, 2)))
	c.wire("WF-3/wire-truncated-leaves", inside, wire().sync("new", wireLeaves(1, 2), "truncated", true).sync("new", wireLeaves(3, 2)))
	c.wire("WF-3/wire-truncated-until-nothing-is-left", inside,
		wire().sync("new", wireLeaves(1, 1), "truncated", true).sync("new", wireLeaves(2, 1), "truncated", true).sync())
	c.wire("WF-3/wire-the-same-category-again", outside,
		wire().sync("new", l{wireCategory(1, true)}).ever("sync_updates", o{"new", l{wireCategory(1, true)}}), note("nothing is unknown and nothing shifts"))
	c.wire("WF-3/wire-a-category-again-and-a-leaf", inside,
		wire().sync("new", l{wireCategory(1, true)}).sync("new", l{wireCategory(1, true), wireLeaf(2)}).sync("new", l{wireLeaf(2)}))
	c.wire("WF-3/wire-mixed", inside,
		wire().sync("new", l{wireLeaf(9), wireCategory(4, true), wireCategory(2, false), wireLeaf(1)}).sync("new", l{wireLeaf(3)}),
		note("numbers are named in ascending order"))
	c.wire("WF-3/wire-of-an-unknown-number-nothing-changes", outside,
		wire().sync("new", wireLeaves(1, 1), "changed", l{o{"id", 5, "leaf", false, "action", "install"}}, "out_of_scope", l{6}))
	c.wire("WF-3/wire-last-change-is-passed-on", inside, wire().says("last_change", "2026-11-02T08:00:00.123"))
	for _, version := range []string{"1.0", "2.90"} {
		c.wire("WF-3/wire-version-"+words(version), inside, wire("version", version))
	}
	c.wire("WF-3/wire-a-server-elsewhere", inside, wire("url", "http://wsus2.example.test:80"))
}

// words makes words of a version or the like.
func words(text string) string {
	b := []byte(text)
	for i := range b {
		if b[i] == '.' || b[i] == '_' {
			b[i] = '-'
		}
	}
	return string(b)
}

// wireShifts are WF-3: when what is installed is no longer what it was.
func wireShifts(c *collector) {
	old, newer := wireRevision(1, 1, 100, "category", false, "evaluate", "installed", true), wireRevision(2, 1, 101, "category", false, "evaluate")
	for _, truncated := range []bool{false, true} {
		more := ""
		if truncated {
			more = "-and-truncated"
		}
		shift := func(s *wireScript, members ...any) *wireScript {
			return s.sync(o(members).with("truncated", truncated)...).sync("new", wireLeaves(5, 1))
		}
		c.wire("WF-3/wire-shift-by-a-change"+more, inside, shift(
			wire().sync("new", l{wireUpdate(1, "software", true, "install", "installed", true)}, "truncated", true),
			"changed", l{o{"id", 1, "leaf", false, "action", "install"}}))
		c.wire("WF-3/wire-shift-back-by-a-change"+more, inside, shift(
			wire().sync("new", l{wireCategory(1, true)}), "changed", l{o{"id", 1, "leaf", true, "action", "evaluate"}}))
		c.wire("WF-3/wire-shift-by-leaving"+more, inside, shift(
			wire().sync("new", l{old, newer}), "out_of_scope", l{2}), note("the revision that is left is now the highest, and installed"))
		c.wire("WF-3/wire-shift-back-by-a-revision"+more, inside, shift(
			wire().sync("new", l{old}), "new", l{newer}))
		c.wire("WF-3/wire-shift-by-coming-again"+more, inside, shift(
			wire().sync("new", l{wireCategory(1, true)}), "new", l{wireCategory(1, true)}, "out_of_scope", l{1}),
			note("what came again was not unknown, but had gone and is installed"))
	}
	c.wire("WF-3/wire-leaving-is-no-shift", outside, wire().sync("new", l{wireCategory(1, true)}).sync("out_of_scope", l{1}))
	c.wire("WF-3/wire-an-action-is-no-shift", outside,
		wire().sync("new", l{wireCategory(1, true)}).sync("changed", l{o{"id", 1, "leaf", false, "action", "block"}}))
	c.wire("WF-3/wire-a-leaf-flag-without-a-shift", outside,
		wire().sync("new", l{wireCategory(1, false)}).sync("changed", l{o{"id", 1, "leaf", true, "action", "evaluate"}}))
	c.wire("WF-3/wire-a-new-number-for-the-same-shifts", inside,
		wire().sync("new", l{wireCategory(1, true)}).sync("new", l{wireRevision(3, 1, 100, "category", false, "evaluate", "installed", true)}, "out_of_scope", l{1}))
	c.wire("WF-3/wire-a-leaf-that-is-the-highest", outside,
		wire().sync("new", l{old}).sync("new", l{wireRevision(2, 1, 101, "category", true, "evaluate")}).then(),
		note("a leaf that comes lets nothing be found out anew; the next retrieval does"))
	c.wire("WF-3/wire-the-highest-is-a-leaf-and-installed", inside,
		wire().sync("new", l{wireRevision(1, 1, 100, "category", false, "evaluate"), wireRevision(2, 1, 101, "category", true, "evaluate", "installed", true)}).then())
	c.wire("WF-3/wire-the-highest-is-not-installed", outside, wire().sync("new", l{old, newer}).then())
	c.wire("WF-3/wire-the-highest-is-installed", inside,
		wire().sync("new", l{wireRevision(1, 1, 100, "category", false, "evaluate"), wireRevision(2, 1, 101, "category", false, "evaluate", "installed", true)}),
		note("then the lower one counts as installed too"))
	c.wire("WF-3/wire-the-highest-has-the-lower-number", outside,
		wire().sync("new", l{wireRevision(7, 1, 100, "category", false, "evaluate", "installed", true), wireRevision(2, 1, 101, "category", false, "evaluate")}))
}

// wireAnswers are WF-3: what becomes of an answer.
func wireAnswers(c *collector) {
	c.wire("WF-3/wire-out-of-scope", inside, wireSynced().then().sync("out_of_scope", l{2}))
	c.wire("WF-3/wire-out-of-scope-all", inside, wireSynced().then().sync("out_of_scope", l{1, 2}).then())
	c.wire("WF-3/wire-out-of-scope-and-new", inside,
		wireSynced().then().sync("new", l{wireUpdate(2, "software", true, "uninstall")}, "out_of_scope", l{2}), note("first it leaves, then it comes"))
	c.wire("WF-3/wire-out-of-scope-and-changed", outside,
		wireSynced().then().sync("changed", l{o{"id", 2, "leaf", true, "action", "block"}}, "out_of_scope", l{2}))
	c.wire("WF-3/wire-changed", inside, wireSynced().then().sync("changed", l{o{"id", 2, "leaf", true, "action", "uninstall"}}))
	c.wire("WF-3/wire-changed-and-new", inside,
		wireSynced().then().sync("changed", l{o{"id", 2, "leaf", true, "action", "block"}}, "new", l{wireUpdate(2, "software", true, "uninstall")}))
	c.wire("WF-3/wire-new-and-in-the-cache", inside,
		wireSynced().then().sync("new", l{wireRevision(2, 3, 105, "driver", true, "optional_install")}),
		note("of what has the number already only leaf and action are taken"))
	c.wire("WF-3/wire-new-twice", inside,
		wire().sync("new", l{wireLeaf(1), wireUpdate(1, "software", true, "block")}, "truncated", true).sync())
	c.wire("WF-3/wire-new-twice-and-no-leaf-then", inside, wire().sync("new", l{wireLeaf(1), wireUpdate(1, "software", false, "install")}).sync())
	c.wire("WF-3/wire-one-update-two-numbers", inside, wire().sync("new", l{wireLeaf(1), wireRevision(2, 1, 100, "software", true, "block")}),
		note("known with what the higher number has"))
	c.wire("WF-3/wire-one-update-two-revisions", inside, wire().sync("new", l{wireRevision(1, 1, 102, "software", true, "install"), wireRevision(2, 1, 101, "software", true, "block")}),
		note("known with its highest revision"))
	c.wire("WF-3/wire-new-cookie", inside, wire().sync("new", l{wireCategory(1, true)}, "cookie", "second").sync("new", wireLeaves(2, 1), "cookie", "third").then())
	c.wire("WF-3/wire-no-new-cookie", outside, wire().on("get_cookie", o{"cookie", "first"}).sync("new", l{wireCategory(1, true)}).sync("cookie", "").then())
	c.wire("WF-3/wire-new-cookie-in-the-driver-pass", inside, wire("drivers", true).sync("new", wireLeaves(1, 1)).sync("cookie", "third"))
}

// wireDrivers are WF-3: the driver pass.
func wireDrivers(c *collector) {
	c.wire("WF-3/wire-drivers-wanted", inside,
		wire("drivers", true).sync("new", l{wireCategory(1, true)}).sync("new", wireLeaves(2, 1)).sync("new", l{wireDriver(3)}).then())
	c.wire("WF-3/wire-drivers-not-wanted", outside, wire().sync("new", l{wireDriver(3), wireLeaf(2)}).then(), note("a driver is in neither list"))
	c.wire("WF-3/wire-drivers-not-needed", outside, wire("drivers", true).sync("drivers_not_needed", true))
	c.wire("WF-3/wire-drivers-not-needed-at-first", inside,
		wire("drivers", true).sync("new", l{wireCategory(1, true)}, "drivers_not_needed", true).sync(), note("the last answer says"))
	c.wire("WF-3/wire-drivers-not-needed-at-last", outside,
		wire("drivers", true).sync("new", l{wireCategory(1, true)}).sync("drivers_not_needed", true))
	c.wire("WF-3/wire-driver-pass-once", inside, wire("drivers", true).sync().sync("new", l{wireDriver(1)}, "truncated", true))
	c.wire("WF-3/wire-driver-pass-brings-a-category", inside, wire("drivers", true).sync().sync("new", l{wireCategory(1, true)}).then())
	c.wire("WF-3/wire-driver-pass-names-others-not", inside,
		wire("drivers", true).sync("new", l{wireCategory(1, true), wireCategory(2, false)}).sync("new", l{wireLeaf(3), wireDriver(4)}))
	c.wire("WF-3/wire-a-driver-that-others-need", inside,
		wire("drivers", true).sync("new", l{wireUpdate(1, "driver", false, "install", "installed", true), wireUpdate(2, "driver", false, "install")}).sync().then(),
		note("it is installed and no leaf, so it is named among those"))
	c.wire("WF-3/wire-driver-pass-takes-back", inside,
		wire("drivers", true).sync("new", l{wireDriver(1), wireLeaf(2)}).sync("out_of_scope", l{1}, "changed", l{o{"id", 2, "leaf", true, "action", "block"}}))
}

// wireCategories are WF-3: a scan that categories limit.
func wireCategories(c *collector) {
	two := l{update(8), update(9)}
	c.wire("WF-3/wire-categories", inside, wireSynced("categories", two))
	c.wire("WF-3/wire-categories-preferred", inside, wireSynced("categories", two).on("start_category_scan", o{"preferred", l{update(7)}}))
	c.wire("WF-3/wire-categories-some-unknown", inside,
		wireSynced("categories", two).on("start_category_scan", o{"preferred", l{update(9)}, "unknown", l{update(8)}}))
	c.wire("WF-9/wire-categories-all-unknown", inside, wireSynced("categories", two).on("start_category_scan", o{"preferred", l{}, "unknown", two}).then())
	c.wire("WF-9/wire-categories-none-preferred", outside, wireSynced("categories", two).on("start_category_scan", o{"preferred", l{}}), note("then nothing limits the scan"))
	c.wire("WF-3/wire-categories-at-each-retrieval", inside,
		wireSynced("categories", two).on("start_category_scan", nil, o{"preferred", l{update(7)}}).then().restarted())
	c.wire("WF-3/wire-categories-and-drivers", inside, wire("categories", l{update(9)}, "drivers", true))
	for _, v := range []struct{ agent, side string }{{"1.0", outside}, {"1.6", outside}, {"1.7", inside}, {"1.10", inside}, {"2.0", inside}} {
		c.wire("WF-3/wire-categories-agent-"+words(v.agent), v.side, wire("version", v.agent, "categories", l{update(9)}))
	}
	for _, v := range []struct{ server, side string }{{"2.9", outside}, {"3.1", outside}, {"3.10", inside}, {"4.0", inside}, {"10.0", inside}} {
		c.wire("WF-3/wire-categories-server-"+words(v.server), v.side, wire("categories", l{update(9)}).says("server_version", v.server))
	}
	c.wire("WF-3/wire-categories-server-says-nothing", outside, wire("categories", l{update(9)}).says("server_version", nil))
	c.wire("WF-3/wire-categories-server-renewed", inside,
		wireSynced("categories", l{update(9)}).on("get_config", o{"server_version", "3.1"}).
			on("sync_updates", fault("ConfigChanged")), note("it is asked as soon as it is known to be new enough"))
}

// wireExtended are WF-3: titles and the like.
func wireExtended(c *collector) {
	c.wire("WF-3/wire-extended-by-kind", inside,
		wire().sync("new", l{wireCategory(1, false), wireUpdate(2, "detectoid", false, "evaluate"), wireLeaf(3), wireDriver(4)}))
	c.wire("WF-3/wire-extended-by-action", inside, wire().sync("new", l{
		wireUpdate(1, "software", true, "evaluate"), wireUpdate(2, "software", true, "pre_deployment_check"), wireUpdate(3, "software", true, "optional_install"),
		wireUpdate(4, "software", true, "uninstall"), wireUpdate(5, "software", true, "bundle"), wireUpdate(6, "software", true, "block"),
	}))
	c.wire("WF-3/wire-extended-nothing-to-ask", outside,
		wire().sync("new", l{wireUpdate(1, "detectoid", true, "evaluate"), wireUpdate(2, "software", true, "bundle")}))
	c.wire("WF-3/wire-extended-a-bundle-no-more", inside,
		wire().sync("new", l{wireUpdate(2, "software", true, "bundle")}).then().sync("changed", l{o{"id", 2, "leaf", true, "action", "install"}}))
	for _, n := range []int{1, 2, 3, 4} {
		c.wire(fmt.Sprintf("WF-3/wire-extended-%d-at-once", n), inside, wire().says("max_extended", n).sync("new", wireLeaves(1, 3)))
	}
	c.wire("WF-3/wire-extended-fifty", outside, wire().says("max_extended", nil).sync("new", wireLeaves(1, 50)))
	c.wire("WF-3/wire-extended-fifty-one", inside, wire().says("max_extended", nil).sync("new", wireLeaves(1, 51)))
	c.wire("WF-3/wire-extended-more-than-fifty-at-once", outside, wire().says("max_extended", 60).sync("new", wireLeaves(1, 51)))
	c.wire("WF-3/wire-extended-out-of-scope", inside, wireSynced().on("get_extended_update_info", o{"out_of_scope", l{2}}).then())
	c.wire("WF-3/wire-extended-out-of-scope-before-it-is-asked", inside,
		wire().says("max_extended", 1).sync("new", wireLeaves(1, 3)).on("get_extended_update_info", o{"out_of_scope", l{2, 9}}).then())
	c.wire("WF-3/wire-extended-two-revisions", inside,
		wire().says("max_extended", 1).sync("new", l{wireLeaf(1), wireRevision(2, 1, 101, "software", true, "install")}), note("each is asked for"))
	c.wire("DEC-8/wire-extended-once", inside, wireSynced().then().sync("new", wireLeaves(3, 1)).then(), note("only what came since"))
	c.wire("DEC-8/wire-extended-goes-on-after-a-failure", inside,
		wire().says("max_extended", 1).sync("new", wireLeaves(1, 3)).on("get_extended_update_info", nil, o{"cut", true}).then())
}

// wireLimits are WF-9: what is too much.
func wireLimits(c *collector) {
	for _, n := range []int{1, 2, 3} {
		side := outside
		if n < 3 {
			side = inside
		}
		c.wire(fmt.Sprintf("WF-9/wire-three-trips-of-%d", n), side,
			wire("max_trips", n).sync("new", wireLeaves(1, 1), "truncated", true).sync("new", wireLeaves(2, 1), "truncated", true).sync("new", wireLeaves(3, 1)).then())
	}
	c.wire("WF-9/wire-no-trip-left-for-drivers", inside, wire("max_trips", 1, "drivers", true).sync("new", wireLeaves(1, 1)))
	c.wire("WF-9/wire-a-trip-left-for-drivers", outside, wire("max_trips", 2, "drivers", true).sync("new", wireLeaves(1, 1)))
	c.wire("WF-9/wire-a-fault-is-no-trip", outside, wire("max_trips", 2).faults("sync_updates", "CookieExpired").sync("new", wireLeaves(1, 1), "truncated", true).sync())
	c.wire("WF-9/wire-trips-are-not-counted-anew", inside,
		wire("max_trips", 2).sync("new", l{wireCategory(1, true)}).sync().faults("get_extended_update_info", "ServerChanged").ever("refresh_cache", o{"rows", l{wireRow(5, 1, false, "evaluate")}}),
		note("when the sync begins again in the same retrieval"))
	two := l{wireCategory(1, true), wireCategory(2, true)}
	c.wire("WF-9/wire-two-installed-of-two", outside, wire("max_installed", 2).sync("new", two))
	c.wire("WF-9/wire-two-installed-of-one", inside, wire("max_installed", 1).sync("new", two).then())
	c.wire("WF-9/wire-others-do-not-count", outside, wire("max_installed", 1).sync("new", l{wireCategory(1, true), wireCategory(2, false), wireLeaf(3)}))
	c.wire("WF-9/wire-truncated-and-nothing-new", inside, wire().sync("new", wireLeaves(1, 1)).then().sync("truncated", true))
	c.wire("WF-9/wire-truncated-and-only-what-is-known", inside,
		wire().sync("new", wireLeaves(1, 1), "truncated", true).ever("sync_updates", o{"new", wireLeaves(1, 1), "truncated", true}))
	c.wire("WF-9/wire-truncated-and-a-category-again", inside,
		wire().sync("new", l{wireCategory(1, true)}, "truncated", true).ever("sync_updates", o{"new", l{wireCategory(1, true)}, "truncated", true}))
	c.wire("WF-9/wire-truncated-and-only-what-had-gone", inside,
		wire().sync("new", wireLeaves(1, 1)).then().sync("new", wireLeaves(1, 1), "out_of_scope", l{1}, "truncated", true),
		note("it was in the cache when the answer came: not unknown"))
	c.wire("WF-9/wire-truncated-and-only-gone", inside, wireSynced().then().sync("out_of_scope", l{2}, "truncated", true))
	c.wire("WF-9/wire-broken", inside,
		wire().sync("new", l{wireCategory(1, true), wireUpdate(2, "software", true, "install", "broken", true), wireLeaf(3)}, "cookie", "second").then(),
		note("what came before it stays, and counts as installed"))
	c.wire("WF-9/wire-broken-and-in-the-cache", outside,
		wireSynced().then().sync("new", l{wireUpdate(2, "software", true, "block", "broken", true)}), note("its metadata is not looked at"))
	c.wire("WF-9/wire-broken-driver", inside, wire("drivers", true).sync().sync("new", l{wireDriver(1), wireUpdate(2, "driver", true, "install", "broken", true)}))
}
