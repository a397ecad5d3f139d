package questions

// The servers of the tables.
const (
	serverA = "http://sup01.example.test:8530"
	serverB = "http://sup02.example.test:8530"
	serverC = "http://sup03.example.test:8530"
	secureA = "https://sup01.example.test:8531"
	secureB = "https://sup02.example.test:8531"
)

// at is a location.
func at(url string, more ...any) o { return o{"url", url}.with(more...) }

// order asks for the order of locations.
func order(list l, more ...any) o { return o{"locations", list}.with(more...) }

func locations(c *collector) {
	ssl(c)
	noneFits(c)
	affinity(c)
	written(c)
	conflicts(c)
}

// ssl are WF-4.
func ssl(c *collector) {
	both := l{at(serverA), at(secureB)}
	plain := l{at(serverA), at(serverB)}
	c.add("WF-4/native-mode-skips-http", inside, "location.order", order(both, "ssl_only", true))
	c.add("WF-4/the-internet-skips-http", inside, "location.order", order(both, "internet", true))
	c.add("WF-4/native-mode-on-the-internet-skips-http", inside, "location.order", order(both, "ssl_only", true, "internet", true))
	c.add("WF-4/the-intranet-takes-both", outside, "location.order", order(both))
	c.add("WF-4/only-http-in-native-mode", inside, "location.order", order(plain, "ssl_only", true))
	c.add("WF-4/only-http-on-the-internet", inside, "location.order", order(plain, "internet", true))
	c.add("WF-4/only-http-on-the-intranet", outside, "location.order", order(plain))
	c.add("WF-4/a-scheme-in-capitals-is-http", inside, "location.order", order(l{at("HTTP://sup01.example.test:8530")}, "ssl_only", true))
	c.add("WF-4/a-scheme-in-capitals-is-https", outside, "location.order", order(l{at("HTTPS://sup01.example.test:8531")}, "ssl_only", true))
	c.add("WF-4/http-on-the-port-of-https", inside, "location.order", order(l{at("http://sup01.example.test:443")}, "ssl_only", true),
		note("the scheme counts, not the port"))
	c.add("WF-4/https-on-the-port-of-http", outside, "location.order", order(l{at("https://sup01.example.test:80")}, "ssl_only", true))
	c.add("WF-4/refused-before-the-version-is-looked-at", inside, "location.order", order(l{at(serverA, "version", 37)}, "ssl_only", true, "version", 38))
	c.add("WF-4/refused-before-the-network-is-looked-at", inside, "location.order", order(l{at(serverA, "intranet", true)}, "internet", true))
	c.add("WF-4/the-last-good-one-is-http", inside, "location.order", order(both, "ssl_only", true, "last_good", serverA),
		note("what was good before is not good any more"))
}

// noneFits are WF-6: what is told apart from a server that does not answer.
func noneFits(c *collector) {
	c.add("WF-6/no-locations", inside, "location.order", order(l{}))
	c.add("WF-6/no-locations-for-the-internet", inside, "location.order", order(l{}, "internet", true, "version", 38))
	c.add("WF-6/one-version-below", inside, "location.order", order(l{at(serverA, "version", 37)}, "version", 38))
	c.add("WF-6/no-version-said", inside, "location.order", order(l{at(serverA)}, "version", 1))
	c.add("WF-6/all-below", inside, "location.order", order(l{at(serverA, "version", 36), at(serverB, "version", 37)}, "version", 38))
	c.add("WF-6/one-of-two-below", inside, "location.order", order(l{at(serverA, "version", 37), at(serverB, "version", 38)}, "version", 38),
		note("it is left out, and the other is used"))
	c.add("WF-6/exactly-the-version", outside, "location.order", order(l{at(serverA, "version", 38)}, "version", 38))
	c.add("WF-6/one-version-above", outside, "location.order", order(l{at(serverA, "version", 39)}, "version", 38))
	c.add("WF-6/no-version-wanted", outside, "location.order", order(l{at(serverA)}))
	c.add("WF-6/a-location-of-the-other-network", inside, "location.order", order(l{at(secureA, "intranet", true)}, "internet", true))
	c.add("WF-6/a-location-of-the-internet-on-the-intranet", inside, "location.order", order(l{at(serverA, "internet", true)}))
	c.add("WF-6/a-location-of-both-networks", outside, "location.order", order(l{at(serverA, "internet", true, "intranet", true)}))
	c.add("WF-6/a-location-that-does-not-say", outside, "location.order", order(l{at(secureA)}, "internet", true),
		note("a location that names neither network serves both"))
	c.add("WF-6/the-network-before-the-version", inside, "location.order", order(l{at(serverA, "internet", true, "version", 37)}, "version", 38))
	for _, no := range []struct{ url, words string }{
		{"sup01.example.test:8530", "no-scheme"},
		{"ftp://sup01.example.test", "another-scheme"},
		{"http://sup01.example.test:0", "port-zero"},
		{"http://sup01.example.test:65536", "too-high-a-port"},
		{"http://", "no-host"},
		{"http://sup01.example.test/ClientWebService", "a-path"},
		{"http://user@sup01.example.test", "a-user"},
	} {
		c.add("WF-6/an-address-with-"+no.words, inside, "location.order", order(l{at(no.url)}))
	}
	c.add("WF-6/a-bad-address-beside-a-good-one", outside, "location.order", order(l{at("sup01"), at(serverB)}))
	c.add("WF-6/the-highest-port", outside, "location.order", order(l{at("http://sup01.example.test:65535")}))
	c.add("WF-6/a-final-slash", outside, "location.order", order(l{at("http://sup01.example.test:8530/")}), note("the answer has it as it was given"))
}

// affinity are WF-9: the order in which locations are tried.
func affinity(c *collector) {
	three := l{at(serverA), at(serverB), at(serverC)}
	forest := l{at(serverA), at(serverB), at(serverC, "same_forest", true)}
	c.add("WF-9/as-given", outside, "location.order", order(three))
	c.add("WF-9/the-last-good-one-of-three", inside, "location.order", order(three, "last_good", serverB))
	c.add("WF-9/the-last-good-one-is-not-there", outside, "location.order", order(l{at(serverA), at(serverB)}, "last_good", serverC))
	c.add("WF-9/the-own-forest-first", inside, "location.order", order(forest))
	c.add("WF-9/the-last-good-one-before-the-own-forest", inside, "location.order", order(forest, "last_good", serverB))
	c.add("WF-9/the-last-good-one-on-another-port", outside, "location.order", order(three, "last_good", "http://sup02.example.test:8531"))
	c.add("WF-9/the-last-good-one-in-capitals", inside, "location.order", order(three, "last_good", "HTTP://SUP02.example.test:8530/"))
	c.add("WF-9/one-given-up-on", inside, "location.order", order(three, "failed", l{serverA}))
	c.add("WF-9/two-given-up-on", inside, "location.order", order(three, "failed", l{serverA, serverC}))
	c.add("WF-9/all-given-up-on", inside, "location.order", order(three, "failed", l{serverC, serverB, serverA}))
	c.add("WF-9/given-up-on-what-is-not-there", outside, "location.order", order(l{at(serverA)}, "failed", l{serverB}))
	c.add("WF-9/given-up-on-the-last-good-one", inside, "location.order", order(three, "last_good", serverB, "failed", l{serverB}))
	c.add("WF-9/given-up-on-with-the-default-port", inside, "location.order",
		order(l{at("http://sup01.example.test"), at(serverB)}, "failed", l{"http://sup01.example.test:80"}))
	c.add("WF-9/the-same-server-twice", inside, "location.order", order(l{at("http://sup01.example.test"), at("http://SUP01.example.test:80"), at(serverB)}),
		note("the first counts"))
	c.add("WF-9/the-same-host-with-both-schemes", outside, "location.order", order(l{at(serverA), at(secureA)}))
}

// wuPolicy is a policy of the update agent in use.
func wuPolicy(server, status string) o {
	return o{"server", server, "status_server", status, "use", true}
}

// written are WF-3: what is written to local policy.
func written(c *collector) {
	policyFor := func(url string, effective o) o { return o{"url", url, "effective", effective} }
	for _, w := range []struct{ url, words string }{
		{serverA, "its-port"},
		{"http://sup01.example.test", "the-default-port-of-http"},
		{"https://sup01.example.test", "the-default-port-of-https"},
		{secureA, "the-port-of-https"},
		{"HTTP://SUP01.Example.TEST:8530", "lower-case"},
		{"http://192.0.2.7:8530", "an-address"},
	} {
		c.add("WF-3/written-with-"+w.words, inside, "policy.for", policyFor(w.url, o{}))
	}
	c.add("WF-3/named-already", outside, "policy.for", policyFor(serverA, wuPolicy(serverA, serverA)))
	c.add("WF-3/named-already-in-capitals", outside, "policy.for", policyFor(serverA, wuPolicy("HTTP://SUP01.EXAMPLE.TEST:8530", serverA)),
		note("what is there is left as it is"))
	c.add("WF-3/named-already-without-the-default-port", outside, "policy.for",
		policyFor("http://sup01.example.test:80", wuPolicy("http://sup01.example.test", "http://sup01.example.test")))
	c.add("WF-3/not-in-use", inside, "policy.for", policyFor(serverA, o{"server", serverA, "status_server", serverA, "use", false}))
	c.add("WF-3/another-status-server", inside, "policy.for", policyFor(serverA, wuPolicy(serverA, serverB)))
	c.add("WF-3/no-status-server", inside, "policy.for", policyFor(serverA, wuPolicy(serverA, "")))
	c.add("WF-3/another-port", inside, "policy.for", policyFor(serverA, wuPolicy("http://sup01.example.test:80", "http://sup01.example.test:80")))
	c.add("WF-3/another-scheme", inside, "policy.for", policyFor("https://sup01.example.test:8530", wuPolicy(serverA, serverA)))
	c.add("WF-3/another-server", inside, "policy.for", policyFor(serverA, wuPolicy(serverB, serverB)))
}

// conflicts are WF-5: policy of a higher authority.
func conflicts(c *collector) {
	domain := func(url, server, status string, use bool) o {
		return o{"url", url, "effective", o{"server", server, "status_server", status, "use", use, "higher_authority", true}}
	}
	c.add("WF-5/the-domain-names-another-server", inside, "policy.for", domain(serverA, serverB, serverB, true))
	c.add("WF-5/the-domain-names-another-port", inside, "policy.for", domain(serverA, "http://sup01.example.test:80", "http://sup01.example.test:80", true))
	c.add("WF-5/the-domain-names-the-default-port", inside, "policy.for", domain(serverA, "http://sup01.example.test", "", true))
	c.add("WF-5/the-domain-names-another-status-server", inside, "policy.for", domain(serverA, serverA, serverB, true))
	c.add("WF-5/the-domain-names-the-same", outside, "policy.for", domain(serverA, serverA, serverA, true))
	c.add("WF-5/the-domain-names-no-status-server", outside, "policy.for", domain(serverA, serverA, "", true))
	c.add("WF-5/the-domain-writes-capitals", outside, "policy.for", domain(serverA, "HTTP://SUP01.EXAMPLE.TEST:8530/", "", true))
	c.add("WF-5/the-domain-leaves-the-default-port-out", outside, "policy.for", domain("http://sup01.example.test:80", "http://sup01.example.test", "", true))
	c.add("WF-5/the-domain-policy-is-not-in-use", inside, "policy.for", domain(serverA, serverA, serverA, false),
		note("what the client writes would not take effect"))
	c.add("WF-5/the-domain-names-no-server", inside, "policy.for", domain(serverA, "", "", true))
	c.add("WF-5/the-domain-without-ssl", inside, "policy.for", domain("https://sup01.example.test:8530", serverA, "", true))
	c.add("WF-5/the-domain-with-ssl", outside, "policy.for", domain(serverA, "https://sup01.example.test:8530", "", true))
	c.add("WF-5/a-local-policy-of-another-server", outside, "policy.for", o{"url", serverA, "effective", wuPolicy(serverB, serverB)},
		note("nobody above has set it: it is overwritten"))
}
