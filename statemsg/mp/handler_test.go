package mp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/mp"
)

// acknowledged checks an acknowledgement.
func (a answer) acknowledged(tb testing.TB, resync uint64) {
	tb.Helper()
	if a.status != http.StatusOK || a.Resync == nil || *a.Resync != resync || a.header.Get(mp.ResyncHeader) != fmt.Sprint(resync) {
		tb.Errorf("answer = %d %q %q, resync %v and header %q, want 200 and %d", a.status, a.Error, a.Detail, a.Resync, a.header.Get(mp.ResyncHeader), resync)
	}
}

func TestAcknowledge(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-1")
	t.Attr("rule", "SITE-4")
	plain := wire(t, report(clientA, 17, 3))
	for name, tt := range map[string]struct {
		body []byte
		kind string
		enc  string
	}{
		"plain":             {plain, "application/xml", ""},
		"identity":          {plain, "application/xml", "identity"},
		"gzip":              {zipped(t, plain), "application/xml; charset=UTF-16", "GZip"},
		"gzip, two members": {append(zipped(t, plain[:100]), zipped(t, plain[100:])...), "text/xml;charset=utf-16le", "gzip"},
	} {
		s := &fake{resync: 7}
		req := post(bytes.NewReader(tt.body))
		req.Header.Set("Content-Type", tt.kind)
		if tt.enc != "" {
			req.Header.Set("Content-Encoding", tt.enc)
		}
		ask(t, handler(t, mp.HandlerConfig{Receiver: s}), req).acknowledged(t, 7)
		if diff := cmp.Diff([]statemsg.Report{*report(clientA, 17, 3)}, s.Received()); diff != "" {
			t.Errorf("%s: received (-want +got)\n%s", name, diff)
		}
	}
}

// TestRefuse goes through the answers that need nothing but a request. Nothing
// is stored, and no token is logged.
func TestRefuse(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-1")
	var logged bytes.Buffer
	s := new(fake)
	h := handler(t, mp.HandlerConfig{
		Receiver: s, MaxWireBytes: 8000, MaxReportBytes: 8000, Burst: 1000,
		Logger: slog.New(slog.NewTextHandler(&logged, nil)),
	})
	good := wire(t, report(clientA, 1, 1))
	for name, tt := range map[string]struct {
		edit   func(*http.Request)
		body   []byte
		status int
		word   string
		header string // name=value
	}{
		"another path":        {edit: func(r *http.Request) { r.URL.Path = "/" }, status: 404, word: "not_found"},
		"path below":          {edit: func(r *http.Request) { r.URL.Path += "/" }, status: 404, word: "not_found"},
		"get":                 {edit: func(r *http.Request) { r.Method = "GET" }, status: 405, word: "method_not_allowed", header: "Allow=POST"},
		"no credential":       {edit: func(r *http.Request) { r.Header.Del("Authorization") }, status: 401, word: "unauthenticated", header: `Www-Authenticate=Bearer realm="statemsg"`},
		"basic":               {edit: func(r *http.Request) { r.SetBasicAuth("a", tokenA) }, status: 401, word: "unauthenticated"},
		"unknown token":       {edit: func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+tokenA+"x") }, status: 401, word: "unauthenticated"},
		"token in the query":  {edit: func(r *http.Request) { r.Header.Del("Authorization"); r.URL.RawQuery = "access_token=" + tokenA }, status: 401, word: "unauthenticated"},
		"two tokens":          {edit: func(r *http.Request) { r.Header.Add("Authorization", "Bearer "+tokenB) }, status: 401, word: "unauthenticated"},
		"another's report":    {edit: func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+tokenB) }, status: 403, word: "wrong_client"},
		"no type":             {edit: func(r *http.Request) { r.Header.Del("Content-Type") }, status: 415, word: "unsupported_media_type"},
		"json":                {edit: func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }, status: 415, word: "unsupported_media_type"},
		"latin1":              {edit: func(r *http.Request) { r.Header.Set("Content-Type", "text/xml; charset=iso-8859-1") }, status: 415, word: "unsupported_media_type"},
		"brotli":              {edit: func(r *http.Request) { r.Header.Set("Content-Encoding", "br") }, status: 415, word: "unsupported_encoding", header: "Accept-Encoding=gzip"},
		"gzip twice":          {edit: func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip, gzip") }, status: 415, word: "unsupported_encoding"},
		"gzip in two headers": {edit: func(r *http.Request) { r.Header["Content-Encoding"] = []string{"gzip", "gzip"} }, status: 415, word: "unsupported_encoding"},
		"not gzip":            {edit: func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }, status: 400, word: "bad_encoding"},
		"declared too large":  {body: make([]byte, 8001), status: 413, word: "too_large"},
		"too large":           {edit: func(r *http.Request) { r.ContentLength = -1 }, body: make([]byte, 8001), status: 413, word: "too_large"},
		"too large when zipped": {
			edit: func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") },
			body: zipped(t, make([]byte, 8001)), status: 413, word: "too_large",
		},
		"gzip cut": {
			edit: func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") },
			body: zipped(t, good)[:100], status: 400, word: "bad_encoding",
		},
		"gzip and more": {
			edit: func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") },
			body: append(zipped(t, good), "more"...), status: 400, word: "bad_encoding",
		},
		"empty gzip": {
			edit: func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") },
			body: []byte{}, status: 400, word: "bad_encoding",
		},
		"empty":               {body: []byte{}, status: 400, word: "bad_report"},
		"as large as allowed": {body: make([]byte, 8000), status: 400, word: "bad_report"},
		"no report":           {body: []byte("<html></html>"), status: 400, word: "bad_report"},
		"half":                {body: good[:len(good)/2], status: 400, word: "bad_report"},
		"after it":            {body: append(bytes.Clone(good), good...), status: 400, word: "bad_report"},
	} {
		body := tt.body
		if body == nil {
			body = good
		}
		req := post(bytes.NewReader(body))
		if tt.edit != nil {
			tt.edit(req)
		}
		a := ask(t, h, req)
		if a.status != tt.status || a.Error != tt.word || a.Detail == "" {
			t.Errorf("%s: answer = %d %q %q, want %d %q with a detail", name, a.status, a.Error, a.Detail, tt.status, tt.word)
		}
		if tt.word == "bad_report" && len(body) > 0 && body[0] != 0 && !strings.Contains(a.Detail, "line 1, column ") {
			t.Errorf("%s: detail %q does not say where", name, a.Detail)
		}
		if k, v, ok := strings.Cut(tt.header, "="); ok && a.header.Get(k) != v {
			t.Errorf("%s: header %s = %q, want %q", name, k, a.header.Get(k), v)
		}
		if n := len(s.Received()); n != 0 {
			t.Fatalf("%s: %d reports were stored", name, n)
		}
	}
	if strings.Contains(logged.String(), "0123456789abcdef") {
		t.Errorf("a token is in the log:\n%s", logged.String())
	}
	if !strings.Contains(logged.String(), clientB+" has sent a report of "+clientA) {
		t.Errorf("the log does not tell who sent another's report:\n%s", logged.String())
	}
}

// TestOneName: a client has one id at the site, however it writes its letters.
func TestOneName(t *testing.T) {
	t.Parallel()
	s := new(fake)
	h := handler(t, mp.HandlerConfig{Receiver: s})
	for i, id := range []string{clientA, "GUID:" + strings.ToLower(clientA[5:]), clientA[5:]} {
		ask(t, h, post(bytes.NewReader(wire(t, report(id, uint64(i+1), 1))))).acknowledged(t, 0)
	}
	for _, r := range s.Received() {
		if r.Client.ID != clientA {
			t.Errorf("received the id %s, want %s", r.Client.ID, clientA)
		}
	}
	if n := len(s.Received()); n != 3 {
		t.Errorf("%d reports, want 3", n)
	}
}

// brokenAuthenticator cannot say who it is, or says nonsense.
type brokenAuthenticator struct {
	id  string
	err error
}

func (b brokenAuthenticator) Authenticate(*http.Request) (string, error) { return b.id, b.err }
func (b brokenAuthenticator) Challenge() string                          { return "" }

// TestReceiverErrors: only a nil error is an acknowledgement.
func TestReceiverErrors(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-1")
	const secret = "password=hunter2"
	for name, tt := range map[string]struct {
		err    error
		status int
		word   string
		after  string
		detail string
	}{
		"gone":     {errors.New(secret), 503, "unavailable", "30", "the site cannot store the report at present"},
		"busy":     {&statemsg.RetryError{After: 1500 * time.Millisecond, Err: errors.New(secret)}, 503, "unavailable", "2", ""},
		"for ever": {&statemsg.RetryError{After: 9000 * time.Hour, Err: errors.New(secret)}, 503, "unavailable", "86400", ""},
		"rejected": {fmt.Errorf("site: serial 0: %w", statemsg.ErrRejected), 400, "rejected", "", "site: serial 0: statemsg: report rejected"},
	} {
		s := &fake{err: tt.err, resync: 9}
		a := ask(t, handler(t, mp.HandlerConfig{Receiver: s}), post(bytes.NewReader(wire(t, report(clientA, 1, 1)))))
		a.is(t, tt.status, tt.word)
		if got := a.header.Get("Retry-After"); got != tt.after {
			t.Errorf("%s: Retry-After = %q, want %q", name, got, tt.after)
		}
		if strings.Contains(a.Detail, secret) || tt.detail != "" && a.Detail != tt.detail {
			t.Errorf("%s: detail = %q, want %q", name, a.Detail, tt.detail)
		}
		if a.Resync != nil || a.header.Get(mp.ResyncHeader) != "" {
			t.Errorf("%s: the refusal has a resync", name)
		}
	}
	good := wire(t, report(clientA, 1, 1))
	panics := mp.ReceiverFunc(func(context.Context, *statemsg.Report) (uint64, error) { panic("no") })
	h := handler(t, mp.HandlerConfig{Receiver: panics, MaxInFlight: 1})
	for range 3 { // and its place is free again
		ask(t, h, post(bytes.NewReader(good))).is(t, 500, "internal")
	}
	h = handler(t, mp.HandlerConfig{Receiver: new(fake), Authenticator: brokenAuthenticator{err: errors.New(secret)}})
	ask(t, h, post(bytes.NewReader(good))).is(t, 503, "unavailable")
	h = handler(t, mp.HandlerConfig{Receiver: new(fake), Authenticator: brokenAuthenticator{id: "nobody"}})
	ask(t, h, post(bytes.NewReader(good))).is(t, 500, "internal")
}

// TestReject: what is no report is kept for inspection, and no more than that.
func TestReject(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-7")
	type kept struct {
		Client, Body string
		Why          error
	}
	var all []kept
	fails := false
	h := handler(t, mp.HandlerConfig{
		Receiver: &fake{err: statemsg.ErrRejected},
		Reject: func(_ context.Context, id string, body []byte, why error) error {
			all = append(all, kept{id, string(body), why})
			if fails {
				return errors.New("disk full")
			}
			return nil
		},
	})
	bad := "<Report><no/></Report>"
	ask(t, h, post(strings.NewReader(bad))).is(t, 400, "bad_report")
	req := post(bytes.NewReader(zipped(t, []byte(bad))))
	req.Header.Set("Content-Encoding", "gzip")
	ask(t, h, req).is(t, 400, "bad_report")
	req = post(strings.NewReader(bad))
	req.Header.Set("Content-Encoding", "gzip")
	ask(t, h, req).is(t, 400, "bad_encoding")
	fails = true
	large := "<Report>" + strings.Repeat(" ", 3*mp.MaxRejectBytes)
	ask(t, h, post(strings.NewReader(large))).is(t, 400, "bad_report")
	want := []kept{{Client: clientA, Body: bad}, {Client: clientA, Body: bad}, {Client: clientA, Body: bad}, {Client: clientA, Body: large[:mp.MaxRejectBytes]}}
	for i := range min(len(all), len(want)) {
		if all[i].Client != want[i].Client || all[i].Body != want[i].Body || errors.Is(all[i].Why, statemsg.ErrReport) != (i != 2) {
			t.Errorf("rejected %d: %q by %s, %v", i, all[i].Body[:min(len(all[i].Body), 100)], all[i].Client, all[i].Why)
		}
	}
	// Another's report, one that the receiver rejects, and one that did not
	// arrive are none.
	ask(t, h, post(bytes.NewReader(wire(t, report(clientB, 1, 1))))).is(t, 403, "wrong_client")
	ask(t, h, post(bytes.NewReader(wire(t, report(clientA, 1, 1))))).is(t, 400, "rejected")
	ask(t, h, post(io.MultiReader(strings.NewReader(bad), cutOff{}))).is(t, 400, "incomplete")
	if len(all) != len(want) {
		t.Errorf("%d bad reports were kept, want %d", len(all), len(want))
	}
}

// cutOff is a connection that ends too early.
type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestHealth(t *testing.T) {
	t.Parallel()
	clk := clock.NewMock()
	clk.Set(day)
	calls, fault := 0, error(nil)
	h := handler(t, mp.HandlerConfig{Receiver: new(fake), Clock: clk, Ready: func(context.Context) error {
		calls++
		return fault
	}})
	get := func(method, path string) answer {
		return ask(t, h, httptest.NewRequest(method, path, nil))
	}
	get("GET", mp.HealthPath).is(t, 200, "")
	get("HEAD", mp.HealthPath).is(t, 200, "")
	get("POST", mp.HealthPath).is(t, 405, "method_not_allowed")
	if calls != 0 {
		t.Error("the health endpoint asks the hook")
	}
	get("GET", mp.ReadyPath).is(t, 200, "")
	fault = errors.New("password=hunter2")
	get("GET", mp.ReadyPath).is(t, 200, "") // asked a moment ago
	clk.Add(time.Second)
	a := get("GET", mp.ReadyPath)
	a.is(t, 503, "unavailable")
	if a.Detail != "not ready" || calls != 2 {
		t.Errorf("detail = %q after %d calls", a.Detail, calls)
	}
	ask(t, handler(t, mp.HandlerConfig{Receiver: new(fake)}), httptest.NewRequest("GET", mp.ReadyPath, nil)).is(t, 200, "")
	panics := handler(t, mp.HandlerConfig{Receiver: new(fake), Ready: func(context.Context) error { panic("no") }})
	ask(t, panics, httptest.NewRequest("GET", mp.ReadyPath, nil)).is(t, 503, "unavailable")
}

// TestReadyHangs: a hook that hangs, and does not heed its context, is asked
// once, and nobody waits for it for ever.
func TestReadyHangs(t *testing.T) {
	t.Parallel()
	clk := clock.NewMock()
	clk.Set(day)
	asked, hang := make(chan struct{}, 10), make(chan struct{})
	h := handler(t, mp.HandlerConfig{Receiver: new(fake), Clock: clk, Ready: func(context.Context) error {
		asked <- struct{}{}
		<-hang
		return nil
	}})
	answers := make(chan int, 3)
	for range 3 {
		go func() {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("GET", mp.ReadyPath, nil))
			answers <- w.Code
		}()
	}
	<-asked
	for n := 0; n < 3; {
		clk.Add(10 * time.Second) // until all of them wait
		select {
		case status := <-answers:
			n++
			if status != 503 {
				t.Errorf("answer = %d, want 503", status)
			}
		default:
		}
	}
	if len(asked) > 0 {
		t.Error("the hook was asked again while it hangs")
	}
	close(hang)
}

func TestHandlerConfig(t *testing.T) {
	t.Parallel()
	ok := mp.HandlerConfig{Receiver: new(fake), Authenticator: tokens(t)}
	for name, edit := range map[string]func(*mp.HandlerConfig){
		"no receiver":      func(c *mp.HandlerConfig) { c.Receiver = nil },
		"no authenticator": func(c *mp.HandlerConfig) { c.Authenticator = nil },
		"wire bytes":       func(c *mp.HandlerConfig) { c.MaxWireBytes = -1 },
		"wire bytes, more": func(c *mp.HandlerConfig) { c.MaxWireBytes = statemsg.MaxReportBytes + 1 },
		"report bytes":     func(c *mp.HandlerConfig) { c.MaxReportBytes = statemsg.MaxReportBytes + 1 },
		"in flight":        func(c *mp.HandlerConfig) { c.MaxInFlight = -1 },
		"per client":       func(c *mp.HandlerConfig) { c.MaxPerClient = -1 },
		"memory":           func(c *mp.HandlerConfig) { c.MaxMemoryBytes = statemsg.MaxReportBytes },
		"rate":             func(c *mp.HandlerConfig) { c.RatePerMinute = -2 },
		"burst":            func(c *mp.HandlerConfig) { c.Burst = -1 },
		"clients":          func(c *mp.HandlerConfig) { c.MaxClients = -1 },
		"retry after":      func(c *mp.HandlerConfig) { c.RetryAfter = statemsg.MaxRetryAfter + 1 },
		"receive timeout":  func(c *mp.HandlerConfig) { c.ReceiveTimeout = -1 },
	} {
		cfg := ok
		edit(&cfg)
		if h, err := mp.NewHandler(cfg); h != nil || !errors.Is(err, mp.ErrConfig) {
			t.Errorf("%s: NewHandler = %v, %v, want ErrConfig", name, h, err)
		}
	}
}
