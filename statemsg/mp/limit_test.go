package mp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/mp"
)

// named is a request of the client with the number, for byName.
func named(n int, method string) *http.Request {
	req := httptest.NewRequest(method, mp.ReportPath, strings.NewReader("no report"))
	req.Header.Set("Content-Type", "application/xml")
	req.Header.Set("Authorization", fmt.Sprintf("Bearer 5B0A7C1E-93D4-4F60-8E25-%012X", n))
	return req
}

// TestRate: the limit for a client and what it is told.
func TestRate(t *testing.T) {
	t.Parallel()
	clk := clock.NewMock()
	clk.Set(day)
	h := handler(t, mp.HandlerConfig{
		Receiver: new(fake), Authenticator: byName{}, Clock: clk, RatePerMinute: 6, Burst: 3, MaxClients: 2,
	})
	send := func(n int) answer { return ask(t, h, named(n, "POST")) }
	refused := func(n int, after string) {
		t.Helper()
		a := send(n)
		a.is(t, 429, "too_many_requests")
		if got := a.header.Get("Retry-After"); got != after {
			t.Errorf("Retry-After = %q, want %q", got, after)
		}
	}
	for range 3 {
		send(1).is(t, 400, "bad_report") // bad ones count too
	}
	refused(1, "10")
	clk.Add(2500 * time.Millisecond)
	refused(1, "8") // 7.5 s
	clk.Add(7500 * time.Millisecond)
	send(1).is(t, 400, "bad_report")
	refused(1, "10")
	send(2).is(t, 400, "bad_report") // another has its own
	clk.Set(day.Add(-1000 * time.Hour))
	refused(1, "10")                 // a clock moved back makes nobody wait longer
	send(3).is(t, 400, "bad_report") // and the one that was silent longest is forgotten: 2
	refused(1, "10")
	send(2).is(t, 400, "bad_report") // 3 is
	refused(1, "10")
	send(3).is(t, 400, "bad_report")
	send(2).is(t, 400, "bad_report")
	send(1).is(t, 400, "bad_report") // 1 was
	unlimited := handler(t, mp.HandlerConfig{Receiver: new(fake), Authenticator: byName{}, RatePerMinute: mp.Unlimited, Burst: 1})
	for range 100 {
		ask(t, unlimited, named(1, "POST")).is(t, 400, "bad_report")
	}
}

// TestRateModel compares the limit with buckets that are counted out.
func TestRateModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		perMinute := rapid.SampledFrom([]int{1, 2, 6, 60, 6000}).Draw(t, "per minute")
		burst := rapid.IntRange(1, 5).Draw(t, "burst")
		clk := &handClock{Clock: clock.New(), now: day}
		h, err := mp.NewHandler(mp.HandlerConfig{
			Receiver: new(fake), Authenticator: byName{}, Clock: clk, RatePerMinute: perMinute, Burst: burst,
		})
		if err != nil {
			t.Fatal(err)
		}
		interval := time.Minute / time.Duration(perMinute)
		filled := map[int]time.Duration{} // in intervals of nanoseconds
		last := day
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			step := rapid.OneOf(
				rapid.Just(time.Duration(0)),
				rapid.Map(rapid.Int64Range(-2, 2), func(n int64) time.Duration { return max(0, interval+time.Duration(n)) }),
				rapid.Map(rapid.Int64Range(0, int64(3*interval)), func(n int64) time.Duration { return time.Duration(n) }),
			).Draw(t, "step")
			clk.now = clk.now.Add(step)
			for n := range filled {
				filled[n] = min(filled[n]+clk.now.Sub(last), time.Duration(burst)*interval)
			}
			last = clk.now
			n := rapid.IntRange(1, 2).Draw(t, "client")
			if _, ok := filled[n]; !ok {
				filled[n] = time.Duration(burst) * interval
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, named(n, "POST"))
			if filled[n] >= interval {
				filled[n] -= interval
				if w.Code != 400 {
					t.Fatalf("client %d at %v: %d, want 400: it has a token", n, clk.now.Sub(day), w.Code)
				}
				continue
			}
			seconds := (interval - filled[n] + time.Second - 1) / time.Second
			if w.Code != 429 || w.Header().Get("Retry-After") != strconv.Itoa(int(seconds)) {
				t.Fatalf("client %d at %v: %d, Retry-After %s, want 429 and %d", n, clk.now.Sub(day), w.Code, w.Header().Get("Retry-After"), seconds)
			}
		}
	})
}

// handClock is a clock whose time is set, and whose timers are the system's.
type handClock struct {
	clock.Clock
	now time.Time
}

func (c *handClock) Now() time.Time { return c.now }

// held is a receiver that holds reports until it is told to go on. It does not
// heed its context unless it is told to.
type held struct {
	heeds   bool
	entered chan context.Context
	goOn    chan struct{}
}

func newHeld(heeds bool) *held {
	return &held{heeds: heeds, entered: make(chan context.Context, 100), goOn: make(chan struct{})}
}

func (r *held) Receive(ctx context.Context, _ *statemsg.Report) (uint64, error) {
	r.entered <- ctx
	if r.heeds {
		<-ctx.Done()
		return 0, context.Cause(ctx)
	}
	<-r.goOn
	return 0, nil
}

// TestInFlight: how many reports there are at the same time, of all and of one.
func TestInFlight(t *testing.T) {
	t.Parallel()
	r := newHeld(false)
	h := handler(t, mp.HandlerConfig{Receiver: r, MaxInFlight: 3, MaxPerClient: 2, RetryAfter: 5 * time.Second, RatePerMinute: 1, Burst: 5})
	send := func(token, id string, serial uint64) answer {
		req := post(bytes.NewReader(wire(t, report(id, serial, 1))))
		req.Header.Set("Authorization", "Bearer "+token)
		return ask(t, h, req)
	}
	done := make(chan answer, 3)
	for i := range 2 {
		go func() { done <- send(tokenA, clientA, uint64(i+1)) }()
		<-r.entered
	}
	for range 10 { // and they do not count for the rate
		send(tokenA, clientA, 9).is(t, 429, "too_many_requests")
	}
	go func() { done <- send(tokenB, clientB, 1) }()
	<-r.entered
	for range 10 {
		a := send(tokenB, clientB, 9)
		a.is(t, 503, "busy")
		if got := a.header.Get("Retry-After"); got != "5" {
			t.Errorf("Retry-After = %q, want 5", got)
		}
	}
	close(r.goOn)
	for range 3 {
		(<-done).acknowledged(t, 0)
	}
	// All places are free as soon as the answers are there.
	for i := range 3 {
		send(tokenA, clientA, uint64(10+i)).acknowledged(t, 0)
	}
	send(tokenA, clientA, 13).is(t, 429, "too_many_requests") // that is the rate
	h = handler(t, mp.HandlerConfig{Receiver: new(fake), MaxInFlight: 1, RatePerMinute: mp.Unlimited})
	for i := range 300 {
		send(tokenA, clientA, uint64(i+1)).acknowledged(t, 0)
	}
}

// TestMemory: how much memory the reports in flight may take.
func TestMemory(t *testing.T) {
	t.Parallel()
	large := wire(t, report(clientA, 1, 90))
	r := newHeld(false)
	h := handler(t, mp.HandlerConfig{
		Receiver: r, MaxWireBytes: len(large), MaxReportBytes: len(large), MaxMemoryBytes: 7 * len(large), MaxPerClient: 100,
		RatePerMinute: mp.Unlimited,
	})
	done := make(chan answer, 1)
	go func() { done <- ask(t, h, post(bytes.NewReader(large))) }()
	<-r.entered
	for range 10 {
		ask(t, h, post(bytes.NewReader(large))).is(t, 503, "busy")
		req := post(bytes.NewReader(zipped(t, large)))
		req.Header.Set("Content-Encoding", "gzip")
		ask(t, h, req).is(t, 503, "busy")
	}
	small := make(chan answer, 1)
	go func() { small <- ask(t, h, post(bytes.NewReader(wire(t, report(clientA, 100, 1))))) }()
	<-r.entered
	close(r.goOn)
	(<-done).acknowledged(t, 0)
	(<-small).acknowledged(t, 0)
	for range 10 { // nothing of it is lost
		ask(t, h, post(bytes.NewReader(large))).acknowledged(t, 0)
	}
}

// TestReceiverHangs: its reports are refused, its context ends, and the places
// it holds are held until it returns.
func TestReceiverHangs(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-1")
	good := wire(t, report(clientA, 1, 1))
	heeds := newHeld(true)
	h := handler(t, mp.HandlerConfig{Receiver: heeds, ReceiveTimeout: 20 * time.Millisecond, MaxInFlight: 1})
	ask(t, h, post(bytes.NewReader(good))).is(t, 503, "unavailable")
	ctx := <-heeds.entered
	if cause := context.Cause(ctx); !errors.Is(cause, mp.ErrReceiveTimeout) {
		t.Errorf("the receiver's context ended with %v", cause)
	}
	deaf := newHeld(false)
	h = handler(t, mp.HandlerConfig{Receiver: deaf, ReceiveTimeout: 20 * time.Millisecond, MaxInFlight: 2})
	for range 2 {
		ask(t, h, post(bytes.NewReader(good))).is(t, 503, "unavailable")
	}
	ask(t, h, post(bytes.NewReader(good))).is(t, 503, "busy")
	close(deaf.goOn)
	for { // until it has noticed
		a := ask(t, h, post(bytes.NewReader(good)))
		if a.status == http.StatusOK {
			break
		}
		if a.Error != "busy" && a.Error != "unavailable" {
			t.Fatalf("answer = %d %s", a.status, a.Error)
		}
		if a.status == http.StatusTooManyRequests {
			t.Fatal("it never noticed")
		}
	}
}

// TestCallerLeaves: the receiver hears that the client has gone.
func TestCallerLeaves(t *testing.T) {
	t.Parallel()
	r := newHeld(true)
	srv := serve(t, handler(t, mp.HandlerConfig{Receiver: r}), false)
	c := client(t, srv, mp.ClientConfig{})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Send(ctx, report(clientA, 1, 1)) }()
	inside := <-r.entered
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) || statemsg.RetryAfter(err) != 0 {
		t.Errorf("Send = %v, want context.Canceled and no wish", err)
	}
	<-inside.Done()
}
