package questions

import (
	"fmt"
	"strings"
)

// wireSSL are WF-4: SSL only, and redirections.
func wireSSL(c *collector) {
	const secure = "https://wsus.example.test:8531"
	c.wire("WF-4/wire-http-by-ssl-only", inside, wireSynced().only("ssl_only", true))
	c.wire("WF-4/wire-https-by-ssl-only", outside, wire("url", secure).only("ssl_only", true))
	c.wire("WF-4/wire-http", outside, wire().only("ssl_only", false))
	c.wire("WF-4/wire-ssl-only-from-now-on", inside, wireSynced().then("ssl_only", true).then())
	for _, op := range []string{
		"get_config", "get_authorization_cookie", "get_cookie", "register_computer", "sync_updates", "get_extended_update_info",
	} {
		c.wire("WF-4/wire-redirected-at-"+words(op), inside,
			wireSynced().on(op, o{"status", 302, "redirect", "http://other.example.test:8530/"}).then(), note("nothing is sent there"))
	}
	for _, status := range []int{301, 303, 307, 308} {
		c.wire(fmt.Sprintf("WF-4/wire-redirected-by-%d", status), inside,
			wire().on("sync_updates", o{"status", status, "redirect", "https://wsus.example.test:8531/ClientWebService/client.asmx"}))
	}
	c.wire("WF-4/wire-redirected-to-the-same-server", inside,
		wire().on("get_config", o{"status", 302, "redirect", "http://wsus.example.test:8530/ClientWebService/client.asmx"}))
	c.wire("WF-4/wire-not-redirected", outside, wire().on("get_config", nil))
}

// wireServices are WF-4: where the authorization cookie is asked for.
func wireServices(c *collector) {
	for _, s := range []struct{ words, url, side string }{
		{"empty", "", outside},
		{"relative", "Auth/auth.asmx", outside},
		{"from-the-root", "/Auth/auth.asmx", outside},
		{"above-the-root", "../auth.asmx", outside},
		{"with-a-question", "auth.asmx?site=1", outside},
		{"in-full", "http://wsus.example.test:8530/auth.asmx", outside},
		{"without-a-scheme", "//wsus.example.test:8530/auth.asmx", outside},
		{"on-another-host", "http://auth.example.test:8530/auth.asmx", inside},
		{"on-another-host-without-a-scheme", "//auth.example.test:8530/auth.asmx", inside},
		{"on-another-port", "http://wsus.example.test:8531/auth.asmx", inside},
		{"on-the-port-of-http", "http://wsus.example.test/auth.asmx", inside},
		{"by-another-scheme", "https://wsus.example.test:8530/auth.asmx", inside},
	} {
		c.wire("WF-4/wire-service-"+s.words, s.side, wire().says("service_url", s.url))
	}
	c.wire("WF-4/wire-service-on-port-80", outside, wire("url", "http://wsus.example.test:80").says("service_url", "http://wsus.example.test/auth.asmx"))
	c.wire("WF-4/wire-service-moves-away", inside,
		wireSynced().on("get_config", nil, o{"service_url", "//auth.example.test/x"}).then().faults("sync_updates", "ConfigChanged").then())
}

// The faults that are recovered from, and those that are not.
func wireRecovered() []string {
	return []string{
		"InvalidCookie", "ServerChanged", "ConfigChanged", "CookieExpired", "InvalidAuthorizationCookie", "RegistrationRequired", "RegistrationNotRequired",
	}
}

func wireFinal() []string {
	return []string{
		"InvalidParameters", "InvalidParameter", "InternalServerError", "ServerBusy", "FileLocationChanged", "FileLocationsChanged", "SomethingElse",
		"cookieexpired", "",
	}
}

// wireCode makes words of an error code.
func wireCode(code string) string {
	if code == "" {
		return "no-code"
	}
	var b strings.Builder
	for i, r := range code {
		if r >= 'A' && r <= 'Z' && i > 0 {
			b.WriteByte('-')
		}
		b.WriteString(strings.ToLower(string(r)))
	}
	if code == strings.ToLower(code) {
		return b.String() + "-in-lower-case"
	}
	return b.String()
}

// wireRefreshed is what RefreshCache answers about the updates of wireSynced.
func wireRefreshed() o {
	return o{"rows", l{wireRow(11, 1, false, "evaluate"), wireRow(12, 2, true, "block")}}
}

// wireOf is a script in which the call that is named is made, and meets what is
// given. The cache is refreshed in a second retrieval, when that is the call:
// after ServerChanged, or InvalidCookie when that is not to come yet.
func wireOf(op string, answers ...any) *wireScript {
	if op == "refresh_cache" {
		because := "ServerChanged"
		if f, is := answers[0].(o); is && f[1] == because {
			because = "InvalidCookie"
		}
		return wireSynced().on(op, answers...).ever(op, wireRefreshed()).then().faults("sync_updates", because)
	}
	var config o
	if op == "start_category_scan" {
		config = o{"categories", l{update(9)}}
	}
	s := wire(config...)
	if op == "sync_updates" {
		s.sync("new", l{wireCategory(1, true)}, "cookie", "second").on(op, answers...).sync("new", wireLeaves(2, 1))
	} else {
		s.sync("new", l{wireCategory(1, true)}).sync("new", wireLeaves(2, 1)).on(op, answers...)
	}
	return s.ever("refresh_cache", wireRefreshed())
}

// wireCalls are the calls of a scan.
func wireCalls() []string {
	return []string{
		"get_config", "get_authorization_cookie", "get_cookie", "register_computer", "start_category_scan", "sync_updates", "refresh_cache",
		"get_extended_update_info",
	}
}

// wireFaultsEverywhere are WF-9: each fault that is recovered from, at each
// call.
func wireFaultsEverywhere(c *collector) {
	for _, code := range wireRecovered() {
		for _, op := range wireCalls() {
			side := outside
			if code == "RegistrationRequired" && op == "get_config" {
				side = inside // there is no configuration yet that it could change
			}
			c.wire("WF-9/wire-"+wireCode(code)+"-at-"+words(op), side, wireOf(op, fault(code)))
		}
	}
}

// wireFaultsAgain are WF-9: each fault twice.
func wireFaultsAgain(c *collector) {
	for _, code := range wireRecovered() {
		c.wire("WF-9/wire-"+wireCode(code)+"-twice", inside, wireOf("sync_updates", fault(code), fault(code)).then())
		c.wire("WF-9/wire-"+wireCode(code)+"-for-ever", inside, wireSynced().then().ever("sync_updates", fault(code)).then())
		c.wire("WF-9/wire-"+wireCode(code)+"-at-two-calls", sideOfSecond(code), wireOf("get_extended_update_info", fault(code)).faults("register_computer", code))
		s := wireOf("get_extended_update_info", fault(code))
		if code == "InvalidCookie" || code == "ServerChanged" {
			s.sync() // the sync begins anew
		}
		c.wire("WF-9/wire-"+wireCode(code)+"-in-each-retrieval", outside, s.then().faults("sync_updates", code))
	}
	c.wire("WF-9/wire-cookie-expired-after-each-answer", outside,
		wire().faults("sync_updates", "CookieExpired").sync("new", wireLeaves(1, 1), "truncated", true).faults("sync_updates", "CookieExpired").
			sync("new", wireLeaves(2, 1), "cookie", "later").faults("get_extended_update_info", "CookieExpired"))
	c.wire("WF-9/wire-cookie-expired-after-each-batch", outside,
		wire().says("max_extended", 1).sync("new", wireLeaves(1, 2)).on("get_extended_update_info", fault("CookieExpired"), nil, fault("CookieExpired"), nil))
	c.wire("WF-9/wire-cookie-expired-after-registering", inside, wire().faults("register_computer", "CookieExpired").faults("sync_updates", "CookieExpired"),
		note("nothing of the scan has been answered in between"))
	c.wire("WF-9/wire-invalid-cookie-then-server-changed", outside,
		wireOf("sync_updates", fault("InvalidCookie"), fault("ServerChanged")), note("they are two codes"))
	c.wire("WF-9/wire-all-in-a-row", outside, wireOf("sync_updates",
		fault("InvalidCookie"), fault("ServerChanged"), fault("ConfigChanged"), fault("CookieExpired"), fault("InvalidAuthorizationCookie"),
		fault("RegistrationRequired"), fault("RegistrationNotRequired")))
	c.wire("WF-9/wire-cookie-expired-then-invalid-cookie", outside,
		wireOf("sync_updates", fault("CookieExpired")).faults("get_cookie", "InvalidCookie"), note("no old cookie is shown any more"))
	c.wire("WF-9/wire-cookie-expired-then-invalid-authorization", outside,
		wireSynced().then().faults("sync_updates", "CookieExpired").on("get_cookie", nil, fault("InvalidAuthorizationCookie")), note("the old cookie is shown again"))
	c.wire("WF-9/wire-new-authorization", outside,
		wireSynced().on("get_authorization_cookie", o{"cookie", "a1"}, o{"cookie", "a2"}).on("get_cookie", o{"cookie", "k1"}, o{"cookie", "k2"}).
			faults("get_extended_update_info", "CookieExpired"))
}

// sideOfSecond is the side of a fault that comes at two calls, between which the
// sync is answered: an expired cookie is recovered from both times.
func sideOfSecond(code string) string {
	if code == "CookieExpired" {
		return outside
	}
	return inside
}

// wireFaultsAlone are WF-9: faults that are never recovered from.
func wireFaultsAlone(c *collector) {
	for _, code := range wireFinal() {
		c.wire("WF-9/wire-"+wireCode(code), inside, wireOf("sync_updates", fault(code)).then())
	}
	for _, op := range wireCalls() {
		c.wire("WF-9/wire-server-busy-at-"+words(op), inside, wireOf(op, fault("ServerBusy")).then())
	}
}

// wireRefreshes are WF-9: the cache after InvalidCookie and ServerChanged.
func wireRefreshes(c *collector) {
	refreshed := func(rows ...any) *wireScript {
		return wireSynced().then().faults("sync_updates", "ServerChanged").on("refresh_cache", o{"rows", l(rows)})
	}
	c.wire("WF-9/wire-refresh-gives-new-numbers", outside, refreshed(wireRow(11, 1, false, "evaluate"), wireRow(12, 2, true, "install")))
	c.wire("WF-9/wire-refresh-swaps-numbers", outside, refreshed(wireRow(2, 1, false, "evaluate"), wireRow(1, 2, true, "install")))
	c.wire("WF-9/wire-refresh-leaves-one-out", outside, refreshed(wireRow(12, 2, true, "block")))
	c.wire("WF-9/wire-refresh-leaves-all-out", outside, refreshed())
	c.wire("WF-9/wire-refresh-without-rows", outside, wireSynced().then().faults("sync_updates", "InvalidCookie").on("refresh_cache", nil))
	c.wire("WF-9/wire-refresh-changes-leaf", outside, refreshed(wireRow(11, 1, true, "evaluate"), wireRow(12, 2, false, "block")))
	c.wire("WF-9/wire-refresh-of-what-was-not-asked", outside, refreshed(wireRow(11, 1, false, "evaluate"), wireRow(13, 3, true, "install"),
		o{"id", 14, "update", update(2), "revision", 101, "leaf", true, "action", "install"}))
	c.wire("WF-9/wire-refresh-gives-a-number-twice", outside, refreshed(wireRow(11, 1, false, "evaluate"), wireRow(11, 2, true, "block")), note("the later row counts"))
	c.wire("WF-9/wire-refresh-gives-two-numbers", outside, refreshed(wireRow(11, 1, false, "evaluate"), wireRow(12, 1, false, "evaluate")), note("both are in the cache"))
	c.wire("WF-9/wire-refresh-of-an-empty-cache", outside, wire().faults("sync_updates", "ServerChanged"), note("nothing is asked for"))
	c.wire("WF-9/wire-refresh-before-registering", outside,
		wireSynced().then().faults("sync_updates", "ServerChanged", "RegistrationRequired").on("refresh_cache", o{"rows", l{wireRow(11, 1, false, "evaluate")}}))
	c.wire("WF-9/wire-refresh-of-drivers", outside,
		wire("drivers", true).sync("new", l{wireDriver(1), wireUpdate(2, "detectoid", false, "evaluate", "installed", true)}).sync().
			faults("sync_updates", "ServerChanged").on("refresh_cache", o{"rows", l{wireRow(11, 1, true, "install"), wireRow(12, 2, false, "evaluate")}}))
	c.wire("WF-9/wire-refresh-in-the-middle", outside,
		wireSynced().faults("get_extended_update_info", "ServerChanged").on("refresh_cache", o{"rows", l{wireRow(11, 1, false, "evaluate")}}).
			sync("new", wireLeaves(7, 1)), note("the sync begins anew when extended information is there"))
	c.wire("WF-9/wire-refresh-in-the-driver-pass", outside,
		wire("drivers", true).sync("new", l{wireCategory(1, true)}).sync().faults("sync_updates", "InvalidCookie").
			on("refresh_cache", o{"rows", l{wireRow(5, 1, false, "evaluate")}}).sync("new", l{wireDriver(3)}))
	c.wire("WF-9/wire-refresh-asked-already", outside,
		wireSynced().then().faults("sync_updates", "ServerChanged").on("refresh_cache", o{"rows", l{wireRow(11, 1, false, "evaluate"), wireRow(12, 2, true, "install")}}).
			sync("new", wireLeaves(3, 1)), note("extended information of what has a new number is not asked for again"))
	c.wire("WF-9/wire-refresh-of-one-update-twice", outside,
		wire().sync("new", l{wireLeaf(1), wireLeaf(2), wireRevision(3, 1, 100, "software", true, "block"), wireRevision(4, 1, 101, "software", true, "block")}).
			then().faults("sync_updates", "ServerChanged").on("refresh_cache", o{"rows", l{wireRow(11, 1, true, "evaluate")}}))
}

// wireRegistrations are WF-9: whether the agent registers.
func wireRegistrations(c *collector) {
	no := []any{"registration", false}
	c.wire("WF-9/wire-no-registration", outside, wireSynced().says(no...).then())
	c.wire("WF-9/wire-registration-required-after-all", outside, wireSynced().says(no...).faults("get_extended_update_info", "RegistrationRequired").then())
	c.wire("WF-9/wire-registration-required-again", outside, wireSynced().faults("get_extended_update_info", "RegistrationRequired").then(), note("although it has registered"))
	c.wire("WF-9/wire-registration-required-then-not", inside,
		wireSynced().says(no...).faults("register_computer", "RegistrationNotRequired").faults("get_extended_update_info", "RegistrationRequired").
			faults("get_extended_update_info", "RegistrationRequired"))
	c.wire("WF-9/wire-registration-not-then-required", outside,
		wireSynced().faults("register_computer", "RegistrationNotRequired").faults("get_extended_update_info", "RegistrationRequired"))
	c.wire("WF-9/wire-registration-not-required-each-time", outside,
		wire().faults("register_computer", "RegistrationNotRequired", "RegistrationNotRequired").then().then(), note("it is not registered, and forgets at the end that this is not wanted"))
	c.wire("WF-9/wire-registration-busy", inside, wire().faults("register_computer", "ServerBusy").then())
}

// wireFailures are WF-9: what is neither an answer nor a fault.
func wireFailures(c *collector) {
	for _, status := range []int{400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 418, 500, 501, 502, 503, 504, 505, 506, 599, 201, 202, 204, 206, 300, 304} {
		c.wire(fmt.Sprintf("WF-9/wire-status-%d", status), inside, wireOf("sync_updates", o{"status", status}))
	}
	c.wire("WF-9/wire-status-302-to-nowhere", inside, wireOf("sync_updates", o{"status", 302}))
	for _, op := range wireCalls() {
		for _, f := range []struct {
			words  string
			answer o
		}{{"unavailable", o{"status", 503}}, {"page", o{"html", true}}, {"cut", o{"cut", true}}} {
			c.wire("WF-9/wire-"+f.words+"-at-"+words(op), inside, wireOf(op, f.answer).then())
		}
	}
	c.wire("WF-9/wire-no-authorization-cookie", inside, wire().on("get_authorization_cookie", o{"cookie", ""}).then())
	c.wire("WF-9/wire-an-empty-cookie", outside, wireSynced().on("get_cookie", o{"cookie", ""}).restarted(), note("it is one like any other"))
}

// wireRestarts are WF-10: the agent's process ends.
func wireRestarts(c *collector) {
	c.wire("WF-10/wire-restart", inside, wireSynced().restarted())
	c.wire("WF-10/wire-no-restart", outside, wireSynced().then())
	c.wire("WF-10/wire-restart-before-the-first", inside, wireSynced().only("restart", true))
	c.wire("WF-10/wire-restart-twice", inside, wireSynced().restarted().restarted().sync("new", wireLeaves(3, 1)))
	for _, f := range []struct {
		words  string
		answer o
	}{{"cut", o{"cut", true}}, {"busy", fault("ServerBusy")}, {"unavailable", o{"status", 503}}} {
		for _, restart := range []bool{true, false} {
			side, more := inside, "-and-a-restart"
			s := wire().sync("new", l{wireCategory(1, true)}, "cookie", "second").on("sync_updates", f.answer).sync("new", wireLeaves(2, 1))
			if !restart {
				side, more = outside, ""
				s.then()
			} else {
				s.restarted()
			}
			c.wire("WF-10/wire-"+f.words+"-in-the-middle"+more, side, s)
		}
	}
	for _, restart := range []bool{true, false} {
		side, more := outside, ""
		again := (*wireScript).then
		if restart {
			side, more = inside, "-and-a-restart"
			again = func(s *wireScript, _ ...any) *wireScript { return s.restarted() }
		}
		c.wire("WF-10/wire-authorized"+more, side, again(wireSynced().on("get_cookie", o{"cut", true})), note("an authorization cookie is not kept over a restart"))
		c.wire("WF-10/wire-old-cookie"+more, side,
			again(wireSynced().on("get_authorization_cookie", nil, o{"cut", true}).faults("get_extended_update_info", "CookieExpired")),
			note("an expired cookie is not kept over a restart"))
		c.wire("WF-10/wire-refresh-wanted"+more, side,
			again(wireSynced().faults("get_extended_update_info", "ServerChanged").on("refresh_cache", o{"cut", true}, o{"rows", l{wireRow(11, 1, false, "evaluate")}})),
			note("that the cache is to be refreshed is"))
		c.wire("WF-10/wire-registered"+more, side, again(wireSynced()))
		c.wire("WF-10/wire-registration-told-by-a-fault"+more, side,
			again(wireSynced().says("registration", false).faults("get_extended_update_info", "RegistrationRequired").on("register_computer", o{"cut", true})))
		c.wire("WF-10/wire-two-revisions"+more, side,
			again(wire().sync("new", l{wireLeaf(1), wireRevision(2, 1, 101, "software", true, "block"), wireRevision(3, 1, 101, "software", true, "install")})),
			note("after a restart only the highest is there"))
		c.wire("WF-10/wire-configuration"+more, side, again(wire("categories", l{update(9)}).says("max_extended", 1).sync("new", wireLeaves(1, 1))).sync("new", wireLeaves(2, 2)))
		c.wire("WF-10/wire-no-configuration"+more, side, again(wireSynced().faults("get_extended_update_info", "ConfigChanged").on("get_config", nil, o{"cut", true})))
	}
}

// wireAgain are DEC-8: a retrieval connects, however little has changed.
func wireAgain(c *collector) {
	c.wire("DEC-8/wire-the-first", outside, wireSynced())
	c.wire("DEC-8/wire-the-second", inside, wireSynced().then(), note("one call, and nothing of the handshake"))
	c.wire("DEC-8/wire-the-third", inside, wireSynced().then().then())
	c.wire("DEC-8/wire-the-second-of-nothing", inside, wire().then())
	c.wire("DEC-8/wire-the-second-with-drivers", inside, wire("drivers", true).sync("new", l{wireDriver(1)}).then())
	c.wire("DEC-8/wire-the-second-after-a-failure", inside, wire().on("get_config", o{"cut", true}).then())
	c.wire("DEC-8/wire-the-second-brings-more", inside,
		wireSynced().then().sync("new", l{wireUpdate(3, "detectoid", false, "evaluate", "installed", true)}, "cookie", "later").sync("new", wireLeaves(4, 1), "out_of_scope", l{2}))
	c.wire("DEC-8/wire-the-second-is-registered", inside, wire().then(), note("registered once"))
	c.wire("DEC-8/wire-recoveries-are-counted-anew", inside,
		wireSynced().faults("get_extended_update_info", "ConfigChanged").then().faults("sync_updates", "ConfigChanged"))
	c.wire("DEC-8/wire-trips-are-counted-anew", inside, wireSynced("max_trips", 2).then().sync("new", l{wireCategory(3, true)}).sync())
}
