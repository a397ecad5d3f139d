package wsus_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wsustest"
)

func TestParseEndpoint(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-3")
	long := strings.Repeat("a", wsus.MaxHostBytes)
	tests := []struct {
		name, url string
		want      string // Endpoint.String, "" when refused
		fault     string // part of the error
	}{
		{"http with port", "http://wsus.example.test:8530", "http://wsus.example.test:8530", ""},
		{"https with port", "https://wsus.example.test:8531/", "https://wsus.example.test:8531", ""},
		{"http without port", "http://wsus", "http://wsus:80", ""},
		{"https without port", "https://wsus/", "https://wsus:443", ""},
		{"upper case", "HTTP://WSUS.Example.TEST:8530", "http://wsus.example.test:8530", ""},
		{"final dot", "http://wsus.example.test.:80", "http://wsus.example.test:80", ""},
		{"underscore", "http://sup_1:1", "http://sup_1:1", ""},
		{"IPv4", "http://192.0.2.7:65535", "http://192.0.2.7:65535", ""},
		{"IPv6", "https://[2001:DB8::1]:8531", "https://[2001:db8::1]:8531", ""},
		{"IPv6 without port", "https://[::1]", "https://[::1]:443", ""},
		{"longest host", "http://" + long, "http://" + long + ":80", ""},

		{"empty", "", "", "no scheme"},
		{"no scheme", "wsus:8530", "", "no scheme"},
		{"other scheme", "ftp://wsus", "", "not http or https"},
		{"empty scheme", "://wsus", "", "not http or https"},
		{"no host", "http://", "", "no host"},
		{"no host but a port", "http://:80", "", "no host"},
		{"only a dot", "http://.", "", "no host"},
		{"empty label", "http://a..b", "", "empty label"},
		{"leading dot", "http://.a", "", "empty label"},
		{"two final dots", "http://a..", "", "empty label"},
		{"blank in host", "http://ws us", "", `' ' in the host`},
		{"line break in host", "http://wsus\r\nX: y", "", "in the host"},
		{"not ASCII", "http://wsüs", "", "'ü' in the host"},
		{"not ASCII, upper case", "http://WSÄS", "", "'Ä' in the host"},
		{"not in the basic plane", "http://a😀", "", "'😀' in the host"},
		{"replacement character", "http://a\uFFFD", "", `'�' in the host`},
		{"invisible", "http://a\u200b", "", `'\u200b' in the host`},
		{"not UTF-8", "http://ws\xC3", "", "byte 0xC3 in the host"},
		{"not UTF-8, in the middle", "http://ws\xffus", "", "byte 0xFF in the host"},
		{"escape in host", "http://ws%20us", "", "in the host"},
		{"host too long", "http://" + long + "a", "", "host longer"},
		{"URL too long", "http://" + strings.Repeat("a", wsus.MaxURLBytes), "", "longer than 2048 bytes"},
		{"user name", "http://me@wsus", "", `'@'`},
		{"password", "http://me:pw@wsus:80", "", `'@'`},
		{"path", "http://wsus/dir", "", `'/'`},
		{"two slashes", "http://wsus//", "", `'/'`},
		{"query", "http://wsus?a", "", `'?'`},
		{"fragment", "http://wsus#a", "", `'#'`},
		{"backslash", `http://wsus\x`, "", "after the scheme"},
		{"port empty", "http://wsus:", "", "port is empty"},
		{"port 0", "http://wsus:0", "", "1 to 65535"},
		{"port too high", "http://wsus:65536", "", "1 to 65535"},
		{"port with sign", "http://wsus:+80", "", "1 to 65535"},
		{"port negative", "http://wsus:-1", "", "1 to 65535"},
		{"port not a number", "http://wsus:http", "", "1 to 65535"},
		{"IPv6 without brackets", "http://::1", "", "brackets"},
		{"bracket not closed", "http://[::1", "", "not closed"},
		{"text after bracket", "http://[::1]x", "", "after the address"},
		{"port empty after bracket", "http://[::1]:", "", "port is empty"},
		{"name in brackets", "http://[wsus]", "", "without an IPv6"},
		{"zone", "http://[fe80::1%25eth0]", "", "IPv6 address"},
		{"too many colons", "http://[1::2::3]", "", "not an IPv6 address"},
		{"too many groups", "http://[1:2:3:4:5:6:7:8:9]", "", "not an IPv6 address"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := wsus.ParseEndpoint(tt.url)
			if tt.want == "" {
				if !errors.Is(err, wsus.ErrBadLocation) || !strings.Contains(err.Error(), tt.fault) || got != (wsus.Endpoint{}) {
					t.Fatalf("ParseEndpoint(%q) = %v, %v, want an error with %q", tt.url, got, err, tt.fault)
				}
				if wsus.CodeOf(err) != wsus.CodeInvalidLocation {
					t.Errorf("CodeOf(%v) = %v, want %v", err, wsus.CodeOf(err), wsus.CodeInvalidLocation)
				}
				return
			}
			if err != nil || got.String() != tt.want {
				t.Fatalf("ParseEndpoint(%q) = %v, %v, want %v", tt.url, got, err, tt.want)
			}
			if again, err := wsus.ParseEndpoint(got.String()); again != got || err != nil {
				t.Errorf("ParseEndpoint(%q) = %v, %v, want %v", got, again, err, got)
			}
			if got.SSL() != strings.HasPrefix(got.String(), "https:") {
				t.Errorf("%v.SSL() = %t", got, got.SSL())
			}
		})
	}
}

// checkEndpoint compares with the second implementation.
func checkEndpoint(t interface {
	Helper()
	Fatalf(string, ...any)
}, s string,
) {
	t.Helper()
	got, err := wsus.ParseEndpoint(s)
	want, ok := wsustest.Model{}.Endpoint(s)
	if ok != (err == nil) || got != want {
		t.Fatalf("ParseEndpoint(%q) = %+v, %v, want %+v, %t", s, got, err, want, ok)
	}
	if err != nil {
		if !errors.Is(err, wsus.ErrBadLocation) || len(err.Error()) > 1000 {
			t.Fatalf("ParseEndpoint(%q) = %v", s, err)
		}
		return
	}
	if again, err := wsus.ParseEndpoint(got.String()); again != got || err != nil {
		t.Fatalf("ParseEndpoint(%q) = %+v, %v, want %+v: the form is not normal", got, again, err, got)
	}
}

func TestParseEndpointAgreesWithURL(t *testing.T) {
	t.Parallel()
	part := rapid.SampledFrom([]string{
		"http", "https", "HTTP", "://", ":", "/", "//", "wsus", "A.b", ".", "..", "[", "]", "::1", "2001:db8::7", "1:2:3:4:5:6:7:8",
		"80", "0", "65535", "65536", "+80", "08530", "@", "?", "#", "%", "%41", "\\", " ", "192.0.2.1", "::ffff:192.0.2.1", "é", "httpſ", "\u212a",
	})
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOfN(part, 1, 7).Draw(t, "parts"), "")
		if rapid.Bool().Draw(t, "scheme") {
			s = "http://" + s
		}
		checkEndpoint(t, s)
	})
}

func FuzzParseEndpoint(f *testing.F) {
	for _, s := range []string{"http://wsus:8530", "https://[::1]:8531/", "http://a@b", "http://%", "http://[", "HTTP://A..", "http://0x7f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkEndpoint(t, s) })
}
