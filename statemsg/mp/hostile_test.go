package mp_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/mp"
)

// repeated is a text again and again, so many bytes long. It counts what is
// read of it.
type repeated struct {
	text       string
	left, read int
	chunk      []byte
}

// chunk is about how much is read at a time.
const chunk = 1 << 16

func (r *repeated) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	if len(r.chunk) == 0 {
		r.chunk = bytes.Repeat([]byte(r.text), chunk/len(r.text))
	}
	n := copy(p, r.chunk[r.read%len(r.chunk):min(len(r.chunk), r.read%len(r.chunk)+r.left)])
	r.read += n
	r.left -= n
	return n, nil
}

// bomb is so many MiB of a text, compressed: one member of gzip for each.
func bomb(t *testing.T, text string, mibs int) []byte {
	t.Helper()
	return bytes.Repeat(zipped(t, bytes.Repeat([]byte(text), mib/len(text))), mibs)
}

const mib = 1 << 20

// TestBombs: what is huge, or would be, is refused before it takes much memory.
// Not parallel: it counts all memory that is taken.
func TestBombs(t *testing.T) {
	t.Attr("rule", "MSG-9")
	s := new(fake)
	h := handler(t, mp.HandlerConfig{Receiver: s, MaxReportBytes: 8 * mib, MaxWireBytes: 4 * mib, RatePerMinute: mp.Unlimited})
	whole := handler(t, mp.HandlerConfig{Receiver: s, RatePerMinute: mp.Unlimited})
	start := string(wire(t, report(clientA, 1, 1))[:400])
	for name, tt := range map[string]struct {
		handler  http.Handler
		gzip     bool
		body     []byte
		stream   *repeated
		status   int
		word     string
		readMost int
		most     int // bytes of memory
	}{
		"nesting, declared":     {handler: whole, stream: &repeated{text: "<a>", left: 100 * mib}, status: 413, word: "too_large", readMost: 65 * mib, most: 400 * mib},
		"nesting, small limit":  {handler: h, stream: &repeated{text: "<a>", left: 100 * mib}, status: 413, word: "too_large", readMost: 5 * mib, most: 32 * mib},
		"nesting, within limit": {handler: whole, stream: &repeated{text: "<Report>", left: 64 * mib}, status: 400, word: "bad_report", readMost: 64 * mib, most: 400 * mib},
		"zipped nesting":        {handler: h, gzip: true, body: bomb(t, "<a>", 100), status: 413, word: "too_large", most: 64 * mib},
		"bomb of zeros":         {handler: h, gzip: true, body: bomb(t, "\x00", 1000), status: 413, word: "too_large", most: 64 * mib},
		"bomb in a bomb":        {handler: h, gzip: true, body: zipped(t, bomb(t, "\x00", 1000)), status: 400, word: "bad_report", most: 64 * mib},
		"bomb after a start":    {handler: h, gzip: true, body: append(zipped(t, []byte(start)), bomb(t, " \x00", 100)...), status: 413, word: "too_large", most: 64 * mib},
		"bomb of nothings":      {handler: h, gzip: true, body: bytes.Repeat(zipped(t, nil), 2*mib/len(zipped(t, nil))), status: 400, word: "bad_report", most: 64 * mib},
		"bomb within limit":     {handler: h, gzip: true, body: bomb(t, "<Report>", 8), status: 400, word: "bad_report", most: 96 * mib},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		var req *http.Request
		if tt.stream != nil {
			req = post(tt.stream) // of unknown length
		} else {
			req = post(bytes.NewReader(tt.body))
		}
		if tt.gzip {
			req.Header.Set("Content-Encoding", "gzip")
		}
		a := ask(t, tt.handler, req)
		runtime.ReadMemStats(&after)
		if a.status != tt.status || a.Error != tt.word {
			t.Errorf("%s: answer = %d %q %q, want %d %q", name, a.status, a.Error, a.Detail, tt.status, tt.word)
		}
		if got := int(after.TotalAlloc - before.TotalAlloc); got > tt.most {
			t.Errorf("%s: %d MiB of memory, want at most %d", name, got/mib, tt.most/mib)
		}
		if tt.stream != nil && tt.stream.read > tt.readMost {
			t.Errorf("%s: %d bytes were read, want at most %d", name, tt.stream.read, tt.readMost)
		}
	}
	if s.Applied() != 0 {
		t.Errorf("%d messages were stored", s.Applied())
	}
}

// TestWrongEncodings: a report in an encoding that it does not name, or that is
// none, is refused with the place.
func TestWrongEncodings(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-9")
	good := wire(t, report(clientA, 1, 1))
	units := make([]uint16, (len(good)-2)/2)
	for i := range units {
		units[i] = uint16(good[2+2*i]) | uint16(good[3+2*i])<<8
	}
	text := string(utf16.Decode(units)) // says UTF-16
	utf8 := strings.Replace(text, "UTF-16", "UTF-8", 1)
	alone := bytes.Clone(good)
	at := bytes.Index(alone, []byte("L\x00A\x00B\x00"))
	copy(alone[at:], "\x00\xd8")
	s := new(fake)
	h := handler(t, mp.HandlerConfig{Receiver: s, RatePerMinute: mp.Unlimited})
	ask(t, h, post(strings.NewReader(utf8))).acknowledged(t, 0)
	for name, body := range map[string]string{
		"utf-8 that says utf-16":       text,
		"utf-16 that says utf-8":       "\xff\xfe" + string(widened(utf8)),
		"utf-16 without its mark":      string(good[2:]),
		"utf-16 with the other's mark": "\xfe\xff" + string(good[2:]),
		"utf-16, odd":                  string(good) + "x",
		"utf-16, half a pair":          string(alone),
		"utf-32":                       "\xff\xfe\x00\x00<\x00\x00\x00R\x00\x00\x00",
		"utf-8, not so":                strings.Replace(utf8, "LAB", "L\xc4B", 1),
		"utf-8, too long":              strings.Replace(utf8, "LAB", "L\xc0\xafB", 1),
		"latin-1":                      strings.Replace(utf8, "UTF-8", "ISO-8859-1", 1),
		"utf-7":                        strings.Replace(utf8, "UTF-8", "UTF-7", 1),
		"a control character":          strings.Replace(utf8, "LAB", "L\x01B", 1),
		"a character of none":          strings.Replace(utf8, "LAB", "L&#0;B", 1),
		"a document type":              strings.Replace(utf8, "<Report>", `<!DOCTYPE Report [<!ENTITY a SYSTEM "file:///etc/passwd">]><Report>`, 1),
		"an entity":                    strings.Replace(utf8, "LAB", "&xxe;", 1),
	} {
		a := ask(t, h, post(strings.NewReader(body)))
		if a.status != 400 || a.Error != "bad_report" || !strings.Contains(a.Detail, "line ") && !strings.Contains(a.Detail, "UTF-16") {
			t.Errorf("%s: answer = %d %q %q, want 400 bad_report and where", name, a.status, a.Error, a.Detail)
		}
	}
	if n := len(s.Received()); n != 1 {
		t.Errorf("%d reports were stored, want the good one", n)
	}
}

// widened is a text of ASCII in UTF-16LE.
func widened(s string) []byte {
	var b []byte
	for i := range len(s) {
		b = append(b, s[i], 0)
	}
	return b
}

// TestTextsAreData: whatever a field holds arrives as it is, through everything.
func TestTextsAreData(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-9")
	for i, text := range []string{
		"'; DROP TABLE states; --", `" OR "1"="1`, "1); DELETE FROM clients WHERE (1=1", "$1 ? :name %s %n {{.}} ${jndi:ldap://x}",
		"<script>alert(1)</script>", "]]><Report>", "&lt;&amp;#x0;", "\\'; EXEC xp_cmdshell('dir')", "Robert\u2028\u202e\ufeff猫😀", "a\r\nHTTP/1.1 200 OK\r\n\r\n{}",
	} {
		for _, gzip := range []bool{false, true} {
			s := new(fake)
			srv := serve(t, handler(t, mp.HandlerConfig{Receiver: s}), false)
			r := report(clientA, uint64(i+1), 1)
			r.Client.Version, r.Client.NetBIOSName = text, text
			r.Messages[0].TopicID, r.Messages[0].Details = text, text
			r.Messages[0].Params = []string{text, "", text, text, text}
			if err := client(t, srv, mp.ClientConfig{Gzip: gzip}).Send(t.Context(), r); err != nil {
				t.Fatalf("Send with %q = %v", text, err)
			}
			if diff := cmp.Diff([]statemsg.Report{*r}, s.Received()); diff != "" {
				t.Errorf("received (-want +got)\n%s", diff)
			}
		}
	}
}

// TestSomebodyElse: whoever writes another's id into a report, in any form, gets
// nothing stored under it.
func TestSomebodyElse(t *testing.T) {
	t.Parallel()
	s := new(fake)
	h := handler(t, mp.HandlerConfig{Receiver: s, RatePerMinute: mp.Unlimited})
	for _, id := range []string{clientB, clientB[5:], "GUID:" + strings.ToLower(clientB[5:])} {
		for _, gz := range []bool{false, true} {
			body := wire(t, report(id, 1, 1))
			req := post(bytes.NewReader(body))
			if gz {
				req = post(bytes.NewReader(zipped(t, body)))
				req.Header.Set("Content-Encoding", "gzip")
			}
			// Nor does it help to say it elsewhere.
			req.Header.Set("X-Client-ID", clientB)
			req.Header.Set("X-SSL-Client-CN", clientB)
			ask(t, h, req).is(t, 403, "wrong_client")
		}
	}
	two := strings.Replace(string(wire(t, report(clientB, 1, 1))), string(widened("<ClientID>")), string(widened("<ClientID>"+clientA+"</ClientID><ClientID>")), 1)
	ask(t, h, post(strings.NewReader(two))).is(t, 400, "bad_report")
	if n := s.Applied(); n != 0 {
		t.Error(fmt.Sprint(n, " messages were stored"))
	}
}
