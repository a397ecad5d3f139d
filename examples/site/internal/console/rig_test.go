package console_test

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/updatescan/updatescan/examples/site/internal/console"
	"github.com/updatescan/updatescan/examples/site/internal/fleet"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
)

const (
	good    = "GUID:4F6C2B1A-0001-4D7E-9C55-2008060200AA"
	hostile = "GUID:4F6C2B1A-0002-4D7E-9C55-2008060200AA"
	silent  = "GUID:4F6C2B1A-0003-4D7E-9C55-2008060200AA"
	off     = "GUID:4F6C2B1A-0004-4D7E-9C55-2008060200AA"

	known = "7d1e9c40-5208-4b61-9a0c-0000000f1bf9"
	evil  = `"><script>alert(1)</script>/../?a=b&c=d#e`
)

var begin = time.Date(2008, 6, 9, 8, 0, 0, 0, time.UTC)

// rig is a console over a site in memory.
type rig struct {
	t       *testing.T
	clock   *fleet.Clock
	server  *site.Server
	journal console.Journal
	config  console.Config
}

// newRig fills a site: a good client, a hostile one, one that is silent and one that
// is switched off.
func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, clock: fleet.NewClock(begin)}
	store := new(site.MemStore)
	var err error
	if r.server, err = site.New(site.Config{Store: store, Clock: r.clock, Observe: r.journal.Observe}); err != nil {
		t.Fatal(err)
	}
	r.config = console.Config{
		Reader: store, Now: r.clock.Now, Journal: &r.journal,
		Update: func(id string) (string, bool, bool) {
			return "Security Update for <Tags> & Ampersands (KB990201)", false, id == known
		},
	}
	for id, enabled := range map[string]bool{silent: true, off: false} {
		r.do(r.server.Register(t.Context(), id, enabled))
	}
	r.report(good, "DESK-0001", begin,
		message(statemsg.UpdateDetection, known, statemsg.DetectionRequired, 1, "100"),
		message(statemsg.UpdateDetection, evil, statemsg.DetectionInstalled, 2, "100"),
		message(statemsg.UpdateSourceScan, "source", statemsg.ScanFailed, 3, "-2147012867"),
		message(statemsg.UpdateEnforcement, known, 9, 4))
	r.report(hostile, `<b onclick="x">&'`, begin,
		message(statemsg.UpdateDetection, evil, 9, 1, `<img src="http://evil.example/x.png">`),
		message(statemsg.AssignmentEnforcement, `</td></table><script src=//evil.example></script>`, 77, 12, `javascript:alert(1)`))
	r.do(r.server.Reject(t.Context(), hostile, []byte("<\x00!\x00D\x00O\x00C\x00<script>\xff\xfe"), errors.New(`line 1: <script>"bad"`)))
	r.clock.Set(begin.Add(3 * 24 * time.Hour))
	_, err = r.server.Check(t.Context())
	r.do(err)
	return r
}

// do expects no error.
func (r *rig) do(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// message makes a message.
func message(topic statemsg.TopicType, id string, state statemsg.StateID, serial uint64, params ...string) statemsg.Message {
	return statemsg.Message{TopicType: topic, TopicID: id, StateID: state, Params: params, Time: begin, Serial: serial}
}

// report lets a client report.
func (r *rig) report(id, name string, at time.Time, messages ...statemsg.Message) {
	r.t.Helper()
	_, err := r.server.Receive(r.t.Context(), &statemsg.Report{
		Client: statemsg.Client{ID: id, NetBIOSName: name}, Date: at, Messages: messages,
	})
	r.do(err)
}

// ask asks for a page.
func (r *rig) ask(method, path string) *http.Response {
	r.t.Helper()
	c, err := console.New(r.config)
	r.do(err)
	w := httptest.NewRecorder()
	c.ServeHTTP(w, httptest.NewRequestWithContext(r.t.Context(), method, path, nil))
	return w.Result()
}

// page asks for a page that is there, and checks what holds of every page.
func (r *rig) page(path string) string {
	r.t.Helper()
	resp := r.ask(http.MethodGet, path)
	body, err := io.ReadAll(resp.Body)
	r.do(err)
	if resp.StatusCode != http.StatusOK {
		r.t.Fatalf("GET %s: %s\n%s", path, resp.Status, body)
	}
	checkPage(r.t, path, resp.Header, string(body))
	return string(body)
}

// allPages are the paths of all pages.
func allPages() []string {
	query := func(path, id string) string { return path + "?" + url.Values{"id": {id}}.Encode() }
	return []string{
		"/", "/clients", "/problems", query("/update", known), query("/update", evil), query("/update", known) + "&state=unknown",
		query("/client", good), query("/client", hostile), query("/client", silent), query("/client", off),
	}
}

// checkPage checks what holds of every page: elements are nested as they should be,
// every address is one of this server, nothing can run, and bars are whole.
func checkPage(t *testing.T, path string, header http.Header, body string) {
	t.Helper()
	if got := header.Get("Content-Type"); got != "text/html; charset=utf-8" {
		t.Errorf("%s: Content-Type %q", path, got)
	}
	if got := header.Get("Content-Security-Policy"); !strings.Contains(got, "default-src 'none'") || strings.Contains(got, "unsafe") {
		t.Errorf("%s: Content-Security-Policy %q", path, got)
	}
	// The pages close every element, so that they are well-formed XML as well.
	d := xml.NewDecoder(strings.NewReader(body))
	counts, width := make(map[string]int), 0
	ids := make(map[string]bool)
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v in\n%s", path, err, body)
		}
		e, ok := token.(xml.StartElement)
		if end, isEnd := token.(xml.EndElement); isEnd && end.Name.Local == "svg" && width != 0 && width != 1000 {
			t.Errorf("%s: a bar is %d wide, want 1000", path, width)
		}
		if !ok {
			continue
		}
		counts[e.Name.Local]++
		if e.Name.Local == "svg" {
			width = 0
		}
		for _, a := range e.Attr {
			checkAttr(t, path, e.Name.Local, a)
			if a.Name.Local == "id" {
				if ids[a.Value] {
					t.Errorf("%s: the id %q occurs twice", path, a.Value)
				}
				ids[a.Value] = true
			}
			if w, err := strconv.Atoi(a.Value); err == nil && e.Name.Local == "rect" && a.Name.Local == "width" {
				width += w
			}
		}
	}
	for name, want := range map[string]int{"h1": 1, "main": 1, "title": 1, "html": 1, "script": 0, "img": 0, "iframe": 0, "form": 0, "style": 0, "b": 0} {
		if counts[name] != want {
			t.Errorf("%s: %d elements %s, want %d", path, counts[name], name, want)
		}
	}
}

// checkAttr checks an attribute.
func checkAttr(t *testing.T, path, element string, a xml.Attr) {
	t.Helper()
	name := a.Name.Local
	if strings.HasPrefix(name, "on") || name == "style" || name == "src" {
		t.Errorf("%s: element %s has %s=%q", path, element, name, a.Value)
	}
	if name != "href" {
		return
	}
	u, err := url.Parse(a.Value)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(a.Value, "/") && !strings.HasPrefix(a.Value, "#") {
		t.Errorf("%s: element %s leads to %q (%v)", path, element, a.Value, err)
	}
}
