package mp_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/mp"
)

// fixed is a source of one number.
type fixed uint64

func (f fixed) Uint64() uint64 { return uint64(f) }

// says is a server that always gives the same answer.
func says(tb testing.TB, status int, header map[string]string, body string) *httptest.Server {
	tb.Helper()
	return serve(tb, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Date"] = nil
		for k, v := range header {
			w.Header().Set(k, v)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}), false)
}

// TestAnswers: what a client makes of an answer.
func TestAnswers(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-1")
	t.Attr("rule", "MSG-7")
	json := map[string]string{"Content-Type": "application/json"}
	for name, tt := range map[string]struct {
		status   int
		header   map[string]string
		body     string
		want     error // beside the StatusError
		rejected bool
		text     string
		resync   uint64
		ok       bool
	}{
		"acknowledged":       {status: 200, header: json, body: `{"resync":0}`, ok: true},
		"with a resync":      {status: 200, header: map[string]string{"Content-Type": "application/json; charset=utf-8"}, body: ` {"more":[1],"resync":18446744073709551615} `, ok: true, resync: math.MaxUint64},
		"login page":         {status: 200, header: map[string]string{"Content-Type": "text/html"}, body: "<html>Welcome to our hotel</html>", want: mp.ErrAnswer},
		"login page as json": {status: 200, header: json, body: "<html>Welcome to our hotel</html>", want: mp.ErrAnswer},
		"json as page":       {status: 200, header: map[string]string{"Content-Type": "text/html"}, body: `{"resync":0}`, want: mp.ErrAnswer},
		"no type":            {status: 200, body: `{"resync":0}`, want: mp.ErrAnswer},
		"another's json":     {status: 200, header: json, body: `{"status":"ok"}`, want: mp.ErrAnswer},
		"null":               {status: 200, header: json, body: `null`, want: mp.ErrAnswer},
		"resync null":        {status: 200, header: json, body: `{"resync":null}`, want: mp.ErrAnswer},
		"resync negative":    {status: 200, header: json, body: `{"resync":-1}`, want: mp.ErrAnswer},
		"cut":                {status: 200, header: json, body: `{"resync":1`, want: mp.ErrAnswer},
		"more":               {status: 200, header: json, body: `{"resync":1}{}`, want: mp.ErrAnswer},
		"empty":              {status: 200, header: json, want: mp.ErrAnswer},
		"without end":        {status: 200, header: json, body: `{"resync":1}` + strings.Repeat(" ", mp.MaxAnswerBytes), want: mp.ErrAnswer},
		"accepted":           {status: 202, header: json, body: `{"resync":0}`, text: "mp: answer 202 Accepted"},
		"no content":         {status: 204, text: "mp: answer 204 No Content"},
		"moved":              {status: 302, header: map[string]string{"Location": "/login"}, text: "mp: answer 302 Found, and redirects are not followed"},
		"bad report":         {status: 400, header: json, body: `{"error":"bad_report","detail":"line 1"}`, rejected: true, text: `mp: answer 400 Bad Request: "bad_report": "line 1"`},
		"cut off":            {status: 400, header: json, body: `{"error":"incomplete","detail":"x"}`},
		"bad, by a proxy":    {status: 400, body: "Bad Request", rejected: true, text: "mp: answer 400 Bad Request"},
		"unauthenticated":    {status: 401, header: json, body: `{"error":"unauthenticated","detail":"x"}`, want: mp.ErrUnauthenticated},
		"wrong client":       {status: 403, header: json, body: `{"error":"wrong_client","detail":"x"}`, rejected: true},
		"not found":          {status: 404},
		"timeout":            {status: 408},
		"too large":          {status: 413, rejected: true},
		"type":               {status: 415, rejected: true},
		"too many":           {status: 429},
		"internal":           {status: 500},
		"bad gateway":        {status: 502},
		"unavailable":        {status: 503},
		"nonsense":           {status: 599, header: json, body: "{\"error\":\"\x1b[31m\\n\",\"detail\":[]}", text: "mp: answer 599"},
		"escapes":            {status: 500, header: json, body: `{"error":"\u001b","detail":"\n\u0000"}`, text: `mp: answer 500 Internal Server Error: "\x1b": "\n\x00"`},
		"long":               {status: 500, header: json, body: `{"error":"` + strings.Repeat("é", 1000) + `","detail":"` + strings.Repeat("é", 1000) + `"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := client(t, says(t, tt.status, tt.header, tt.body), mp.ClientConfig{Rand: fixed(0)})
			err := c.Send(t.Context(), report(clientA, 1, 1))
			if (err == nil) != tt.ok || c.Resync() != tt.resync {
				t.Fatalf("Send = %v, resync %d, want success %v and %d", err, c.Resync(), tt.ok, tt.resync)
			}
			if tt.ok {
				return
			}
			var status *mp.StatusError
			if errors.As(err, &status) != (tt.status != 200) || status != nil && status.Status != tt.status {
				t.Errorf("Send = %v, with the status %v", err, status)
			}
			if errors.Is(err, statemsg.ErrRejected) != tt.rejected || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("Send = %v, want rejected %v, and %v", err, tt.rejected, tt.want)
			}
			if status != nil && tt.text != "" && status.Error() != tt.text {
				t.Errorf("text %q, want %q", status, tt.text)
			}
			if len(err.Error()) > 4000 || strings.Contains(err.Error(), tokenA) {
				t.Errorf("text %q", err)
			}
			if got := statemsg.RetryAfter(err); got != statemsg.DefaultBackoff {
				t.Errorf("wish = %v, want the back-off", got)
			}
		})
	}
}

// TestRetryAfter: the wish is heard, in either form, bounded, and never cut
// short by chance.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-7")
	clk := clock.NewMock()
	clk.Set(day)
	const most = statemsg.MaxRetryAfter / 5 * 4
	for name, tt := range map[string]struct {
		header, date string
		want         time.Duration
	}{
		"none":             {"", "", time.Minute},
		"seconds":          {"90", "", 90 * time.Second},
		"less than ours":   {"5", "", time.Minute},
		"zero":             {"0", "", time.Minute},
		"negative":         {"-90", "", time.Minute},
		"nonsense":         {"soon", "", time.Minute},
		"a day":            {"86400", "", most},
		"long":             {"999999", "", most},
		"without end":      {strings.Repeat("9", 400), "", most},
		"date":             {"Tue, 03 Jun 2008 09:25:00 GMT", "", 10 * time.Minute},
		"past":             {"Tue, 03 Jun 2008 09:05:00 GMT", "", time.Minute},
		"far":              {"Tue, 03 Jun 2208 09:05:00 GMT", "", most},
		"very far":         {"Tue, 03 Jun 9908 09:05:00 GMT", "", most},
		"old form":         {"Tuesday, 03-Jun-08 09:25:00 GMT", "", 10 * time.Minute},
		"by its clock":     {"Mon, 05 Jan 2026 00:10:00 GMT", "Mon, 05 Jan 2026 00:00:00 GMT", 10 * time.Minute},
		"its clock is ill": {"Tue, 03 Jun 2008 09:25:00 GMT", "yesterday", 10 * time.Minute},
	} {
		for _, status := range []int{429, 503, 401, 403, 500} {
			header := map[string]string{"Retry-After": tt.header}
			if tt.date != "" {
				header["Date"] = tt.date
			}
			srv := says(t, status, header, "")
			for r, want := range map[fixed]time.Duration{0: tt.want, math.MaxUint64: tt.want + tt.want/4, 1 << 63: tt.want + tt.want/8} {
				c := client(t, srv, mp.ClientConfig{Rand: r, Clock: clk})
				err := c.Send(t.Context(), report(clientA, 1, 1))
				if got := statemsg.RetryAfter(err); got != want {
					t.Errorf("%s, %d: wish = %v, want %v", name, status, got, want)
				}
			}
		}
	}
}

// TestBackoff: with the timetable of the sender the waits double, with up to a
// quarter more, and a success ends that.
func TestBackoff(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-7")
	s := new(fake)
	srv := serve(t, handler(t, mp.HandlerConfig{Receiver: s, RatePerMinute: mp.Unlimited, RetryAfter: time.Second}), false)
	policy := statemsg.CyclePolicy{BackoffMin: 10 * time.Second, BackoffMax: 3 * time.Minute}
	for r, more := range map[fixed]time.Duration{0: 0, 1 << 62: 16, math.MaxUint64: 4} {
		c := client(t, srv, mp.ClientConfig{Rand: r, Policy: policy})
		for range 2 {
			s.set(0, errors.New("down"))
			cycle := statemsg.Cycle{}
			for _, seconds := range []time.Duration{10, 20, 40, 80, 160, 180, 180} {
				want := seconds * time.Second
				if more > 0 {
					want += want / more
				}
				cycle = cycle.Failed(policy, day, statemsg.RetryAfter(c.Send(t.Context(), report(clientA, 1, 1))))
				if cycle.Wait != want {
					t.Errorf("wait after %d failures = %v, want %v", cycle.Failures, cycle.Wait, want)
				}
			}
			s.set(0, nil)
			if err := c.Send(t.Context(), report(clientA, 1, 1)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestResync: the number of the last acknowledgement, which a failure leaves.
func TestResync(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-4")
	s := new(fake)
	c := client(t, serve(t, handler(t, mp.HandlerConfig{Receiver: s}), true), mp.ClientConfig{})
	for _, tt := range []struct {
		resync uint64
		err    error
		want   uint64
	}{{0, nil, 0}, {3, nil, 3}, {4, errors.New("down"), 3}, {3, nil, 3}, {0, nil, 0}} {
		s.set(tt.resync, tt.err)
		if err := c.Send(t.Context(), report(clientA, 1, 1)); (err == nil) != (tt.err == nil) {
			t.Fatal(err)
		}
		if got := c.Resync(); got != tt.want {
			t.Errorf("Resync = %d, want %d", got, tt.want)
		}
	}
}

// TestRedirect: nobody else gets the report or the token.
func TestRedirect(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	thief := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }), false)
	for _, status := range []int{301, 302, 303, 307, 308} {
		srv := says(t, status, map[string]string{"Location": thief.URL + mp.ReportPath}, "")
		followed := *srv.Client() // would follow by itself
		err := client(t, srv, mp.ClientConfig{HTTP: &followed}).Send(t.Context(), report(clientA, 1, 1))
		var e *mp.StatusError
		if !errors.As(err, &e) || e.Status != status || errors.Is(err, statemsg.ErrRejected) {
			t.Errorf("%d: Send = %v", status, err)
		}
		if followed.CheckRedirect != nil {
			t.Error("the caller's HTTP client was changed")
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("the other server was asked %d times", n)
	}
}

// TestToken: it is asked for before each send, so that it can be renewed.
func TestToken(t *testing.T) {
	t.Parallel()
	for _, overTLS := range []bool{false, true} { // HTTP/1.1 and HTTP/2
		t.Run(fmt.Sprintf("tls=%v", overTLS), func(t *testing.T) {
			t.Parallel()
			checkToken(t, overTLS)
		})
	}
}

func checkToken(t *testing.T, overTLS bool) {
	t.Helper()
	s := new(fake)
	srv := serve(t, handler(t, mp.HandlerConfig{Receiver: s}), overTLS)
	token, fault := "expired-0123456789", error(nil)
	c := client(t, srv, mp.ClientConfig{Token: func(context.Context) (string, error) { return token, fault }})
	large := report(clientA, 1, 1)
	large.Messages[0].Details = strings.Repeat("d", statemsg.MaxDetailsBytes)
	for range 20 {
		large.Messages = append(large.Messages, large.Messages[0])
	}
	for range 5 { // also when the server answers before it has the body
		if err := c.Send(t.Context(), large); !errors.Is(err, mp.ErrUnauthenticated) || errors.Is(err, statemsg.ErrRejected) {
			t.Fatalf("Send with an old token = %v, want ErrUnauthenticated", err)
		}
	}
	for _, bad := range []string{"", "short", "secret secret secret", "secretsecretsecret\r\nX: y"} {
		token = bad
		if err := c.Send(t.Context(), large); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("Send with the token %q = %v", bad, err)
		}
	}
	token, fault = tokenA, errors.New("no token today")
	if err := c.Send(t.Context(), large); !errors.Is(err, fault) {
		t.Errorf("Send = %v, want %v", err, fault)
	}
	fault = nil
	if err := c.Send(t.Context(), large); err != nil || s.Applied() != 1 {
		t.Errorf("Send with the new token = %v, %d messages", err, s.Applied())
	}
}

func TestClientConfig(t *testing.T) {
	t.Parallel()
	ok := mp.ClientConfig{URL: "https://mp.example.org/one/", Rand: fixed(0)}
	if c, err := mp.NewClient(ok); err != nil {
		t.Fatalf("NewClient = %v, %v", c, err)
	}
	for name, edit := range map[string]func(*mp.ClientConfig){
		"no url":      func(c *mp.ClientConfig) { c.URL = "" },
		"bad url":     func(c *mp.ClientConfig) { c.URL = "https://%zz" },
		"no host":     func(c *mp.ClientConfig) { c.URL = "https:///path" },
		"ftp":         func(c *mp.ClientConfig) { c.URL = "ftp://mp.example.org" },
		"user":        func(c *mp.ClientConfig) { c.URL = "https://user:secret@mp.example.org" },
		"query":       func(c *mp.ClientConfig) { c.URL += "?token=x" },
		"fragment":    func(c *mp.ClientConfig) { c.URL += "#x" },
		"http":        func(c *mp.ClientConfig) { c.URL = "http://mp.example.org" },
		"no rand":     func(c *mp.ClientConfig) { c.Rand = nil },
		"tls and own": func(c *mp.ClientConfig) { c.HTTP, c.TLS = new(http.Client), new(tls.Config) },
		"policy":      func(c *mp.ClientConfig) { c.Policy.BackoffMin = -1 },
	} {
		cfg := ok
		edit(&cfg)
		c, err := mp.NewClient(cfg)
		if c != nil || !errors.Is(err, mp.ErrConfig) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: NewClient = %v, %v, want ErrConfig", name, c, err)
		}
		if errors.Is(err, mp.ErrInsecure) != (name == "http") {
			t.Errorf("%s: NewClient = %v", name, err)
		}
	}
}

// TestClientRefuses: what is not sent at all.
func TestClientRefuses(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	srv := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }), false)
	for _, gzip := range []bool{false, true} {
		c := client(t, srv, mp.ClientConfig{Gzip: gzip})
		bad := report(clientA, 1, 1)
		bad.Messages[0].TopicID = ""
		for name, r := range map[string]*statemsg.Report{"nil": nil, "empty": {}, "no messages": report(clientA, 1, 0), "bad": bad} {
			if err := c.Send(t.Context(), r); !errors.Is(err, statemsg.ErrRejected) {
				t.Errorf("%s: Send = %v, want ErrRejected", name, err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := c.Send(ctx, report(clientA, 1, 1)); !errors.Is(err, context.Canceled) || statemsg.RetryAfter(err) != 0 {
			t.Errorf("Send after the end = %v", err)
		}
	}
	for name, c := range map[string]*mp.Client{"zero": new(mp.Client), "nil": nil} {
		if err := c.Send(t.Context(), report(clientA, 1, 1)); err == nil || c.Resync() != 0 {
			t.Errorf("%s client: Send = %v", name, err)
		}
		c.Close()
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("the server was asked %d times", n)
	}
}

// TestMount: the management point below a path.
func TestMount(t *testing.T) {
	t.Parallel()
	s := new(fake)
	mux := http.NewServeMux()
	mux.Handle("/site/one/", http.StripPrefix("/site/one", handler(t, mp.HandlerConfig{Receiver: s})))
	srv := serve(t, mux, true)
	for _, end := range []string{"", "/"} {
		c, err := mp.NewClient(mp.ClientConfig{
			URL: srv.URL + "/site/one" + end, HTTP: srv.Client(), Token: mp.FixedToken(tokenA), Rand: fixed(0),
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Send(t.Context(), report(clientA, 1, 1)); err != nil {
			t.Errorf("Send to %q = %v", end, err)
		}
	}
	resp, err := srv.Client().Get(srv.URL + "/site/one" + mp.HealthPath)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != 200 || string(body) != `{"status":"ok"}` {
		t.Errorf("health = %d %s", resp.StatusCode, body)
	}
}

// TestSender: from the outbox to the site, through a time in which it is down.
func TestSender(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-7")
	s := new(fake)
	srv := serve(t, handler(t, mp.HandlerConfig{Receiver: s}), true)
	sender, err := statemsg.NewSender(statemsg.SenderConfig{
		Client:    report(clientA, 1, 0).Client,
		Transport: client(t, srv, mp.ClientConfig{Gzip: true}),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.set(0, errors.New("disk full"))
	if err := sender.Record(t.Context(), report(clientA, 0, 160).Messages...); err != nil {
		t.Fatal(err)
	}
	if err := sender.SendNow(t.Context()); err == nil || sender.Pending() != 160 {
		t.Errorf("SendNow = %v, %d pending, want an error and 160", err, sender.Pending())
	}
	s.set(0, nil)
	if err := sender.SendNow(t.Context()); err != nil || sender.Pending() != 0 || s.Applied() != 160 {
		t.Errorf("SendNow = %v, %d pending, %d applied", err, sender.Pending(), s.Applied())
	}
	if last, missing := s.Serials(clientA); last != 160 || len(missing) > 0 {
		t.Error(fmt.Sprint("serials ", last, missing))
	}
}

// TestProtocols: by itself the client speaks HTTP/2 to who can.
func TestProtocols(t *testing.T) {
	t.Parallel()
	h := handler(t, mp.HandlerConfig{Receiver: new(fake)})
	for overTLS, want := range map[bool]int32{false: 1, true: 2} {
		var got atomic.Int32
		srv := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got.Store(int32(r.ProtoMajor))
			h.ServeHTTP(w, r)
		}), overTLS)
		if err := client(t, srv, mp.ClientConfig{}).Send(t.Context(), report(clientA, 1, 1)); err != nil || got.Load() != want {
			t.Errorf("Send with TLS %v = %v, over HTTP/%d, want %d", overTLS, err, got.Load(), want)
		}
	}
}

// TestExpect: a large report waits until the management point wants it.
func TestExpect(t *testing.T) {
	t.Parallel()
	h := handler(t, mp.HandlerConfig{Receiver: new(fake)})
	var got atomic.Value
	srv := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got.Store(r.Header.Get("Expect"))
		h.ServeHTTP(w, r)
	}), false)
	for n, want := range map[int]string{1: "", 2000: "100-continue"} {
		if err := client(t, srv, mp.ClientConfig{}).Send(t.Context(), report(clientA, 1, n)); err != nil || got.Load() != want {
			t.Errorf("Send of %d messages = %v, Expect %q, want %q", n, err, got.Load(), want)
		}
	}
}
