package wsus

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds of a location's URL.
const (
	// MaxURLBytes is the greatest length of a location's URL, in bytes.
	MaxURLBytes = 2048
	// MaxHostBytes is the greatest length of its host name, in bytes.
	MaxHostBytes = 255
)

// Endpoint is what a location's URL says: scheme, host and port. It is the
// normal form in which locations and policies are compared, with ==.
type Endpoint struct {
	// Scheme is "http" or "https".
	Scheme string
	// Host is the server's name in lower case without a final dot, or its
	// address; an IPv6 address is in its canonical text, without brackets.
	Host string
	// Port is 1 to 65535.
	Port uint16
}

// ParseEndpoint reads a location's URL:
//
//	scheme "://" host [ ":" port ] [ "/" ]
//
// The scheme is http or https, any case. The host is a name of letters,
// digits, '-', '_' and '.', an IPv4 address, or an IPv6 address in brackets.
// The port is 1 to 65535; when it is missing it is 80 for http and 443 for
// https (policy always has a port, WF-3, so it is filled in rather than
// refused). User names, paths, queries and fragments are refused: WUServer
// holds none. The error is a [*LocationError] that matches [ErrBadLocation]
// and names the URL and the fault.
func ParseEndpoint(url string) (Endpoint, error) {
	bad := func(format string, args ...any) (Endpoint, error) {
		return Endpoint{}, &LocationError{URL: url, Kind: ErrBadLocation, Detail: fmt.Sprintf(format, args...)}
	}
	if len(url) > MaxURLBytes {
		return bad("longer than %d bytes", MaxURLBytes)
	}
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok {
		return bad("no scheme")
	}
	e := Endpoint{Scheme: lower(scheme)}
	if e.Scheme != "http" && e.Scheme != "https" {
		return bad("scheme is not http or https")
	}
	rest = strings.TrimSuffix(rest, "/")
	if i := strings.IndexAny(rest, "/?#@\\"); i >= 0 {
		return bad("%q after the scheme: only host and port are allowed", rest[i])
	}
	host, port, fault := splitHostPort(rest)
	if fault != "" {
		return bad("%s", fault)
	}
	if e.Host, fault = normalHost(host); fault != "" {
		return bad("%s", fault)
	}
	e.Port = 80
	if e.SSL() {
		e.Port = 443
	}
	if port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return bad("port is not 1 to 65535")
		}
		e.Port = uint16(n)
	}
	return e, nil
}

// splitHostPort splits "host", "host:port", "[v6]" and "[v6]:port". A port
// that is named must not be empty.
func splitHostPort(s string) (host, port, fault string) {
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return "", "", "bracket of the address is not closed"
		}
		host, s = s[1:end], s[end+1:]
		if !strings.Contains(host, ":") {
			return "", "", "brackets without an IPv6 address"
		}
		if s == "" {
			return host, "", ""
		}
		if s[0] != ':' {
			return "", "", "text after the address"
		}
		if s == ":" {
			return "", "", "port is empty"
		}
		return host, s[1:], ""
	}
	host, port, named := strings.Cut(s, ":")
	if named && port == "" {
		return "", "", "port is empty"
	}
	if strings.Contains(port, ":") {
		return "", "", "more than one ':': an IPv6 address needs brackets"
	}
	return host, port, ""
}

// normalHost returns the normal form of a host, or what is wrong with it.
func normalHost(host string) (normal, fault string) {
	if strings.Contains(host, ":") {
		addr, err := netip.ParseAddr(host)
		if err != nil || addr.Zone() != "" {
			return "", "not an IPv6 address"
		}
		return addr.String(), ""
	}
	host = lower(strings.TrimSuffix(host, "."))
	if host == "" {
		return "", "no host"
	}
	if len(host) > MaxHostBytes {
		return "", fmt.Sprintf("host longer than %d bytes", MaxHostBytes)
	}
	for i := range len(host) {
		c := host[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return "", characterAt(host, i) + " in the host"
		}
	}
	// A final dot is cut off already: one that is left had none before it.
	if host[0] == '.' || host[len(host)-1] == '.' || strings.Contains(host, "..") {
		return "", "empty label in the host"
	}
	return host, ""
}

// characterAt quotes the character that begins at s[i], or names the byte
// where the text is not UTF-8.
func characterAt(s string, i int) string {
	r, size := utf8.DecodeRuneInString(s[i:])
	if r == utf8.RuneError && size <= 1 {
		return fmt.Sprintf("byte 0x%02X", s[i])
	}
	return strconv.QuoteRune(r)
}

// lower returns s with the ASCII letters in lower case.
func lower(s string) string {
	for i := range len(s) {
		if s[i] >= 'A' && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if b[i] >= 'A' && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

// SSL reports whether the endpoint is reached by SSL: its scheme is https.
func (e Endpoint) SSL() bool { return e.Scheme == "https" }

// SameServer reports whether two endpoints have the same host and port,
// whatever their schemes.
func (e Endpoint) SameServer(o Endpoint) bool { return e.Host == o.Host && e.Port == o.Port }

// String returns the URL with its port always written out, such as
// "http://wsus.example.test:8530"; this is the form that policy holds (WF-3).
func (e Endpoint) String() string {
	host := e.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return e.Scheme + "://" + host + ":" + strconv.Itoa(int(e.Port))
}
