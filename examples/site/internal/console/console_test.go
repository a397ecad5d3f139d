package console_test

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/updatescan/updatescan/examples/site/internal/console"
	"github.com/updatescan/updatescan/statemsg/site"
)

func TestPages(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, path := range allPages() {
		body := r.page(path)
		for _, want := range []string{"As of Thu 12 Jun 2008, 08:00 UTC", `lang="en"`, `name="viewport"`} {
			if !strings.Contains(body, want) {
				t.Errorf("%s lacks %q:\n%s", path, want, body)
			}
		}
	}
}

// TestLinks follows every link of every page.
func TestLinks(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	todo, seen := []string{"/"}, make(map[string]bool)
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]
		if path, _, _ = strings.Cut(path, "#"); path == "" || seen[path] || path == "/style.css" {
			continue
		}
		seen[path] = true
		d := xml.NewDecoder(strings.NewReader(r.page(path)))
		for token, err := d.Token(); err == nil; token, err = d.Token() {
			if e, ok := token.(xml.StartElement); ok {
				for _, a := range e.Attr {
					if a.Name.Local == "href" {
						todo = append(todo, a.Value)
					}
				}
			}
		}
	}
	if len(seen) < 15 {
		t.Errorf("%d pages can be reached, want all: %v", len(seen), seen)
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for path, wants := range map[string][]string{
		"/": {
			"Security Update for &lt;Tags&gt; &amp; Ampersands (KB990201)", `aria-label="1 Required, 0 Not Required, 0 Installed, 3 Unknown"`,
			"0.0 %", "25.0 %", `<dt>Not heard from in two days</dt><dd><a href="/problems#quiet">4</a></dd>`,
			`<dt>With missing messages</dt><dd><a href="/problems#missing">1</a></dd>`, `<dt>Bad records and reports</dt><dd><a href="/problems#bad">2</a></dd>`,
		},
		"/clients": {"DESK-0001", "switched off", "10 missing", "resync open", "bad records", "bad reports", "Scan failed, 3 d 0 h ago", "never"},
		"/update?id=" + known: {
			"<h1>Security Update for &lt;Tags&gt;", "compliant, of 4 clients", "the client was never heard from", "never_heard",
			"software updates is switched off for the client", "a bad message of it is kept for inspection", "Mon 9 Jun 2008, 08:00",
		},
		"/client?id=" + good: {
			"DESK-0001", "Scan failed", "0x80072EFD", "Pending system restart", "Update installation", "up to 4", "Required", "Installed", "3 d 0 h ago",
		},
		"/client?id=" + hostile: {"2 to 11 since", "number 1, asked Thu 12 Jun 2008, 08:00, not answered yet", "a whole report", "the record with serial 1"},
		"/client?id=" + silent:  {"never", "the client was never heard from"},
		"/problems": {
			"registered, and silent", "software updates is switched off", "Scan failed", "2 to 11, since Mon 9 Jun 2008, 08:00, 3 d 0 h ago",
			"resync 1, not answered yet", "Number 2: a whole report", "Number 1: a record", "&lt;!DOC&lt;script&gt;..",
			"missing since now: serials 2 to 11", "resync 1 is asked for",
		},
	} {
		body := r.page(path)
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s lacks %q:\n%s", path, want, body)
			}
		}
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{http.MethodGet, "/nothing", http.StatusNotFound},
		{http.MethodGet, "/pages/layout.html", http.StatusNotFound},
		{http.MethodGet, "/client", http.StatusNotFound},
		{http.MethodGet, "/client?id=DESK-0001", http.StatusNotFound},
		{http.MethodGet, "/client?id=GUID:00000000-0000-0000-0000-000000000001", http.StatusNotFound},
		{http.MethodGet, "/update", http.StatusNotFound},
		{http.MethodGet, "/update?id=nobody-has-it", http.StatusNotFound},
		{http.MethodGet, "/update?id=" + strings.Repeat("x", 300), http.StatusNotFound},
		{http.MethodGet, "/update?state=nice&id=" + known, http.StatusBadRequest},
		{http.MethodPost, "/", http.StatusMethodNotAllowed},
		{http.MethodDelete, "/clients", http.StatusMethodNotAllowed},
		{http.MethodHead, "/", http.StatusOK},
		{http.MethodHead, "/nothing", http.StatusNotFound},
		{http.MethodGet, "/style.css", http.StatusOK},
	} {
		if resp := r.ask(c.method, c.path); resp.StatusCode != c.want {
			t.Errorf("%s %.60s: %d, want %d", c.method, c.path, resp.StatusCode, c.want)
		}
	}
}

// TestHead asks over a connection, because it is the server that leaves the body out.
func TestHead(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c, err := console.New(r.config)
	r.do(err)
	s := httptest.NewServer(c)
	defer s.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodHead, s.URL+"/problems", nil)
	r.do(err)
	resp, err := s.Client().Do(req)
	r.do(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || len(body) > 0 || resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("HEAD: %s, %d bytes, %v, %v", resp.Status, len(body), resp.Header, err)
	}
}

func TestStyle(t *testing.T) {
	t.Parallel()
	resp := newRig(t).ask(http.MethodGet, "/style.css")
	body, err := io.ReadAll(resp.Body)
	if err != nil || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/css") {
		t.Fatalf("style sheet: %v, %v", resp.Header, err)
	}
	for _, bad := range []string{"url(", "@import", "//"} {
		if strings.Contains(string(body), bad) {
			t.Errorf("the style sheet has %q", bad)
		}
	}
	for _, want := range []string{"prefers-color-scheme: dark", "max-width", ".required", ".not-required", ".installed", ".unknown"} {
		if !strings.Contains(string(body), want) {
			t.Errorf("the style sheet lacks %q", want)
		}
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if strings.Contains(r.page("/"), "http-equiv") {
		t.Error("a page that is at rest is loaded again")
	}
	r.config.Progress = func() string { return "it is <Tuesday>" }
	if body := r.page("/"); !strings.Contains(body, `http-equiv="refresh"`) || !strings.Contains(body, "it is &lt;Tuesday&gt;") {
		t.Errorf("progress is not shown:\n%s", body)
	}
}

func TestEmpty(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.config.Reader = new(site.MemStore)
	r.config.Journal = nil
	for path, want := range map[string]string{"/": "No client has told", "/clients": "knows no client", "/problems": "All clients were heard"} {
		if body := r.page(path); !strings.Contains(body, want) {
			t.Errorf("%s of an empty site lacks %q:\n%s", path, want, body)
		}
	}
}

// gone is a reader whose database is gone.
type gone struct{ site.Reader }

var errGone = errors.New("secret: no such host db.internal")

func (gone) Summaries(context.Context, site.SummaryQuery) (site.Summaries, error) {
	return site.Summaries{}, errGone
}

func (gone) States(context.Context, site.StateQuery) (site.States, error) {
	return site.States{}, errGone
}

func (gone) Search(context.Context, site.ClientQuery) (site.Found, error) {
	return site.Found{}, errGone
}

func (gone) Inspect(context.Context, site.KeptQuery) (site.KeptPage, error) {
	return site.KeptPage{}, errGone
}

func TestGone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.config.Reader = gone{}
	for _, path := range allPages() {
		resp := r.ask(http.MethodGet, path)
		body, err := io.ReadAll(resp.Body)
		r.do(err)
		if resp.StatusCode != http.StatusInternalServerError || strings.Contains(string(body), "secret") || !strings.Contains(string(body), "could not be answered") {
			t.Errorf("%s without a database: %s\n%s", path, resp.Status, body)
		}
		checkPage(t, path, resp.Header, string(body))
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	if _, err := console.New(console.Config{}); err == nil {
		t.Error("an empty configuration is accepted")
	}
}

func TestJournal(t *testing.T) {
	t.Parallel()
	var j console.Journal
	for i := range console.MaxEntries + 10 {
		j.Observe(&site.Plan{Events: []site.Event{{Kind: site.GapOpened, From: uint64(i), To: uint64(i)}, {Kind: site.FirstReport}}})
	}
	entries := j.Newest()
	if len(entries) != console.MaxEntries || entries[0].Text != "missing since now: serial 509" {
		t.Errorf("%d entries, the newest %+v", len(entries), entries[0])
	}
	var all console.Journal
	for k := range site.EventKinds() {
		all.Observe(&site.Plan{Events: []site.Event{{Kind: k, From: 1, To: 2, Number: 3, Reason: "reason"}}})
	}
	texts := make([]string, 0, 16)
	for _, e := range all.Newest() {
		texts = append(texts, e.Text)
	}
	slices.Sort(texts)
	if n := len(slices.Compact(texts)); n != int(site.BadRecord)-1 || slices.ContainsFunc(texts, regexp.MustCompile(`^$|%!`).MatchString) {
		t.Errorf("%d texts, want one for each kind but the first report: %q", n, texts)
	}
}
