package wsusrapid

import (
	"strconv"
	"strings"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/wsus"
)

// servers are few servers in several spellings each, and URLs that are not
// usable. The first of each list is its normal form.
var servers = [][]string{
	{"http://a:8530", "http://A:8530/", "HTTP://a.:08530"},
	{"https://a:8530", "https://a:8530/"},
	{"https://b:443", "https://b", "https://B:443", "HTTPS://b./"},
	{"http://b:443"},
	{"http://c:80", "http://c", "http://C/"},
	{"https://d:8531", "https://D:8531"},
	{"https://[2001:db8::1]:8531", "https://[2001:DB8:0::1]:8531/"},
}

// badURLs cannot be used.
var badURLs = []string{"", "e", "http://", "http://a:0", "http://a:65536", "ftp://a", "http://a/b", "http://a b", "https://[a]"}

// URL draws the URL of a location that is usable, of few servers in several
// spellings.
func URL() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return rapid.SampledFrom(rapid.SampledFrom(servers).Draw(t, "server")).Draw(t, "spelling")
	})
}

// AnyURL draws a URL as [URL] does, or sometimes one that is not usable.
func AnyURL() *rapid.Generator[string] {
	return rapid.OneOf(URL(), URL(), URL(), rapid.SampledFrom(badURLs))
}

// near draws the number, or one that is at most one away from it.
func near(n uint32) *rapid.Generator[uint32] {
	low, high := n, n
	if n > 0 {
		low--
	}
	if n+1 > n {
		high++
	}
	return rapid.Uint32Range(low, high)
}

// Location draws a location whose content version is near the given one.
func Location(version uint32) *rapid.Generator[wsus.Location] {
	return rapid.Custom(func(t *rapid.T) wsus.Location {
		l := wsus.Location{
			URL:        AnyURL().Draw(t, "url"),
			Version:    rapid.OneOf(near(version), near(version), rapid.Just(uint32(0))).Draw(t, "version"),
			SameForest: rapid.Bool().Draw(t, "same forest"),
		}
		if rapid.Bool().Draw(t, "side is said") {
			l.Internet = rapid.Bool().Draw(t, "internet")
			l.Intranet = rapid.Bool().Draw(t, "intranet")
		}
		return l
	})
}

// Choice is a choice to make: a list of locations and what is needed of one.
type Choice struct {
	Locations   []wsus.Location
	Requirement wsus.Requirement
}

// Choices draws lists of at most the given length, with a requirement that
// refers to them: versions near the wanted one; the last good location and
// those given up on mostly from the list, in any spelling, sometimes all of
// them.
func Choices(most int) *rapid.Generator[Choice] {
	return rapid.Custom(func(t *rapid.T) Choice {
		var c Choice
		version := rapid.SampledFrom([]uint32{0, 1, 2, 38, 1<<32 - 1}).Draw(t, "wanted")
		c.Locations = rapid.SliceOfN(Location(version), 0, most).Draw(t, "locations")
		c.Requirement = wsus.Requirement{
			SSLOnly:  rapid.Bool().Draw(t, "SSL only"),
			Internet: rapid.IntRange(0, 3).Draw(t, "internet") == 3,
			Version:  version,
		}
		if rapid.Bool().Draw(t, "has a last good one") {
			c.Requirement.LastGood = AnyURL().Draw(t, "last good")
		}
		if rapid.IntRange(0, 4).Draw(t, "gave up on all") == 0 {
			for _, l := range c.Locations {
				c.Requirement.Failed = append(c.Requirement.Failed, l.URL)
			}
			return c
		}
		c.Requirement.Failed = rapid.SliceOfN(AnyURL(), 0, 3).Draw(t, "gave up on")
		return c
	})
}

// Policy draws the update agent's server setting, of the client or of a
// higher authority, with the servers of [URL].
func Policy() *rapid.Generator[wsus.Policy] {
	return rapid.Custom(func(t *rapid.T) wsus.Policy {
		if rapid.IntRange(0, 9).Draw(t, "none set") == 0 {
			return wsus.Policy{}
		}
		p := wsus.Policy{
			Server:          AnyURL().Draw(t, "server"),
			Use:             rapid.IntRange(0, 4).Draw(t, "not in use") > 0,
			HigherAuthority: rapid.Bool().Draw(t, "higher authority"),
		}
		p.StatusServer = rapid.OneOf(rapid.Just(p.Server), rapid.Just(""), AnyURL()).Draw(t, "status server")
		return p
	})
}

// Effective draws a policy in force that is near the location of the URL,
// which must be usable: it names the same server, or one that differs in
// scheme, host or port only, in another spelling; sometimes it is as [Policy].
func Effective(url string) *rapid.Generator[wsus.Policy] {
	return rapid.Custom(func(t *rapid.T) wsus.Policy {
		at, err := wsus.ParseEndpoint(url)
		if err != nil {
			t.Fatalf("wsusrapid: %v", err)
		}
		if rapid.IntRange(0, 5).Draw(t, "anything") == 0 {
			return Policy().Draw(t, "policy")
		}
		p := wsus.Policy{
			Server:          nearEndpoint(at).Draw(t, "server"),
			Use:             rapid.IntRange(0, 7).Draw(t, "not in use") > 0,
			HigherAuthority: rapid.Bool().Draw(t, "higher authority"),
		}
		p.StatusServer = rapid.OneOf(rapid.Just(p.Server), nearEndpoint(at), rapid.Just("")).Draw(t, "status server")
		return p
	})
}

// nearEndpoint draws the endpoint's URL, mostly with at most one part changed.
func nearEndpoint(at wsus.Endpoint) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		switch rapid.IntRange(0, 7).Draw(t, "changed part") {
		case 0:
			at.Scheme = map[string]string{"http": "https", "https": "http"}[at.Scheme]
		case 1:
			at.Host = rapid.SampledFrom([]string{"a", "b", "x"}).Draw(t, "host")
		case 2:
			at.Port = rapid.SampledFrom([]uint16{80, 443, 8530, 8531}).Draw(t, "port")
		}
		url := at.String()
		if at.Port == map[string]uint16{"http": 80, "https": 443}[at.Scheme] && rapid.Bool().Draw(t, "without port") {
			url = strings.TrimSuffix(url, ":"+strconv.Itoa(int(at.Port)))
		}
		if rapid.Bool().Draw(t, "upper case") {
			url = strings.ToUpper(url)
		}
		if rapid.Bool().Draw(t, "slash") {
			url += "/"
		}
		return url
	})
}
