package wsustest

import (
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"github.com/updatescan/updatescan/wsus"
)

// urlParts is what the URL of a location says.
type urlParts struct {
	scheme string // "http" or "https"
	host   string // lower case, without a final dot or brackets
	port   int
}

// The two forms of a location's URL. A port has as many leading zeros as it
// likes. Both cases are written out, since (?i) has letters that are not ASCII.
var (
	namedURL   = regexp.MustCompile(`^([hH][tT][tT][pP][sS]?)://([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)\.?(?::([0-9]+))?/?$`)
	addressURL = regexp.MustCompile(`^([hH][tT][tT][pP][sS]?)://\[([0-9A-Fa-f:.]+)\](?::([0-9]+))?/?$`)
)

// Endpoint is the reference of [wsus.ParseEndpoint]: scheme, host and port of
// a location's URL, and whether it is one (WF-3).
func (m Model) Endpoint(url string) (wsus.Endpoint, bool) {
	at, ok := readURL(url)
	if !ok {
		return wsus.Endpoint{}, false
	}
	return wsus.Endpoint{Scheme: at.scheme, Host: at.host, Port: uint16(at.port)}, true
}

// readURL reads a location's URL: http or https, a host, perhaps a port and a
// final slash, and nothing else (WF-3).
func readURL(url string) (urlParts, bool) {
	if len(url) > 2048 {
		return urlParts{}, false
	}
	found := namedURL.FindStringSubmatch(url)
	if found == nil {
		if found = addressURL.FindStringSubmatch(url); found == nil {
			return urlParts{}, false
		}
		address, err := netip.ParseAddr(found[2])
		if err != nil || !address.Is6() {
			return urlParts{}, false
		}
		found[2] = address.String()
	}
	at := urlParts{scheme: strings.ToLower(found[1]), host: strings.ToLower(found[2])}
	if len(at.host) > 255 {
		return urlParts{}, false
	}
	if found[3] == "" {
		at.port = map[string]int{"http": 80, "https": 443}[at.scheme]
		return at, true
	}
	port, err := strconv.Atoi(found[3])
	if err != nil || port < 1 || port > 65535 {
		return urlParts{}, false
	}
	at.port = port
	return at, true
}

// sameURL reports whether two URLs are the same server: scheme, host and port.
func sameURL(a, b string) bool {
	x, okX := readURL(a)
	y, okY := readURL(b)
	return okX && okY && x == y
}

// text is the URL with its port written out, or without it.
func (p urlParts) text(withPort bool) string {
	host := p.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if !withPort {
		return p.scheme + "://" + host
	}
	return p.scheme + "://" + host + ":" + strconv.Itoa(p.port)
}

// defaultPort reports whether the port is the one of the scheme.
func (p urlParts) defaultPort() bool {
	return p.scheme == "http" && p.port == 80 || p.scheme == "https" && p.port == 443
}
