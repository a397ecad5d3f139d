package mp_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/mp"
	"github.com/updatescan/updatescan/statemsg/statemsgtest"
)

const (
	clientA = "GUID:5B0A7C1E-93D4-4F60-8E25-00000000000A"
	clientB = "GUID:5B0A7C1E-93D4-4F60-8E25-00000000000B"
	tokenA  = "A-0123456789abcdef"
	tokenB  = "B-0123456789abcdef"
)

var day = time.Date(2008, 6, 3, 9, 15, 0, 0, time.UTC)

// report is a report of n messages, from a serial on.
func report(client string, first uint64, n int) *statemsg.Report {
	r := &statemsg.Report{
		Client: statemsg.Client{ID: client, Version: "4.00.6487.2000", NetBIOSName: "LAB-PC-07", CodePage: 437, LCID: 1033},
		Date:   day,
	}
	for i := range n {
		r.Messages = append(r.Messages, statemsg.Message{
			TopicType: statemsg.UpdateDetection, TopicID: fmt.Sprintf("%08x-52b1-4d1c-9a6e-0123456789ab", (first+uint64(i))*7919),
			IDType: statemsg.IDTypeUpdate, StateID: statemsg.DetectionRequired, Params: []string{"102"},
			Time: day, Serial: first + uint64(i),
		})
	}
	return r
}

// wire is the report in its wire form.
func wire(tb testing.TB, r *statemsg.Report) []byte {
	tb.Helper()
	data, err := statemsg.AppendReport(nil, r)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

func zipped(tb testing.TB, data []byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		tb.Fatal(err)
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// fake is a receiver that applies what comes and keeps it. The zero value is
// ready.
type fake struct {
	statemsgtest.Site
	mu      sync.Mutex
	resync  uint64
	err     error
	reports []statemsg.Report
}

func (s *fake) Receive(ctx context.Context, r *statemsg.Report) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.resync, s.err
	}
	if err := s.Send(ctx, r); err != nil {
		return 0, err
	}
	s.reports = append(s.reports, r.Clone())
	return s.resync, nil
}

func (s *fake) set(resync uint64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resync, s.err = resync, err
}

func (s *fake) Received() []statemsg.Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]statemsg.Report(nil), s.reports...)
}

// tokens are those of the clients A and B.
func tokens(tb testing.TB) *mp.BearerTokens {
	tb.Helper()
	b, err := mp.NewBearerTokens(map[string]string{tokenA: clientA, tokenB: clientB})
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// handler is a handler with the given configuration, and the two tokens if it
// has no authenticator.
func handler(tb testing.TB, cfg mp.HandlerConfig) *mp.Handler {
	tb.Helper()
	if cfg.Authenticator == nil {
		cfg.Authenticator = tokens(tb)
	}
	h, err := mp.NewHandler(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

// serve is a server with the handler, over TLS or not.
func serve(tb testing.TB, h http.Handler, overTLS bool) *httptest.Server {
	tb.Helper()
	srv := httptest.NewUnstartedServer(nil)
	srv.Config = mp.NewServer("", h, nil)
	srv.Config.ErrorLog = discard()
	if overTLS {
		srv.EnableHTTP2 = true
		srv.StartTLS()
	} else {
		srv.Start()
	}
	tb.Cleanup(srv.Close)
	return srv
}

// discard is for servers that talk to those who cut and are cut.
func discard() *log.Logger { return log.New(io.Discard, "", 0) }

// client is a client of the server, that trusts it, with token A unless the
// configuration says another.
func client(tb testing.TB, srv *httptest.Server, cfg mp.ClientConfig) *mp.Client {
	tb.Helper()
	cfg.URL = srv.URL
	cfg.AllowHTTP = true
	if cfg.HTTP == nil && cfg.TLS == nil && srv.TLS != nil {
		cfg.TLS = srv.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
		cfg.TLS.NextProtos = nil // the client's own choice
	}
	if cfg.Token == nil {
		cfg.Token = mp.FixedToken(tokenA)
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.NewPCG(1, 2)
	}
	c, err := mp.NewClient(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.Close)
	return c
}

// post is a request of client A with a report as its body.
func post(body io.Reader) *http.Request {
	req := httptest.NewRequest(http.MethodPost, mp.ReportPath, body)
	req.Header.Set("Content-Type", "application/xml")
	req.Header.Set("Authorization", "Bearer "+tokenA)
	return req
}

// answer is what a handler says.
type answer struct {
	status        int
	header        http.Header
	Error, Detail string
	Resync        *uint64
}

// ask asks a handler and reads its answer, which is always JSON.
func ask(tb testing.TB, h http.Handler, req *http.Request) answer {
	tb.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	a := answer{status: w.Code, header: w.Header()}
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		tb.Fatalf("answer %d %q: %v", w.Code, w.Body, err)
	}
	if kind := w.Header().Get("Content-Type"); kind != "application/json" {
		tb.Errorf("Content-Type of the answer %d = %q", w.Code, kind)
	}
	if (w.Code == http.StatusTooManyRequests || w.Code == http.StatusServiceUnavailable) == (w.Header().Get("Retry-After") == "") {
		tb.Errorf("Retry-After of the answer %d = %q", w.Code, w.Header().Get("Retry-After"))
	}
	return a
}

// is checks status and word of an answer.
func (a answer) is(tb testing.TB, status int, word string) {
	tb.Helper()
	if a.status != status || a.Error != word || word != "" && a.Detail == "" {
		tb.Errorf("answer = %d %q %q, want %d %q with a detail", a.status, a.Error, a.Detail, status, word)
	}
}

// transport sends the reports of every client with its own token, as the checks
// of transports want it.
type transport struct {
	*fake
	t    testing.TB
	srv  *httptest.Server
	gzip bool

	mu      sync.Mutex
	clients map[string]*mp.Client
}

func newTransport(t *testing.T, overTLS, gzip bool) *transport {
	t.Helper()
	tr := &transport{fake: new(fake), t: t, gzip: gzip, clients: make(map[string]*mp.Client)}
	tr.srv = serve(t, handler(t, mp.HandlerConfig{Receiver: tr.fake, Authenticator: byName{}}), overTLS)
	return tr
}

// byName takes tokens that are the client's name. No authenticator that is worth
// its name does so.
type byName struct{}

func (byName) Authenticate(r *http.Request) (string, error) {
	return "GUID:" + strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), nil
}
func (byName) Challenge() string { return "Bearer" }

func (tr *transport) Send(ctx context.Context, r *statemsg.Report) error {
	id := strings.TrimPrefix(r.Client.ID, "GUID:")
	tr.mu.Lock()
	c := tr.clients[id]
	if c == nil {
		c = client(tr.t, tr.srv, mp.ClientConfig{Token: mp.FixedToken(id), Gzip: tr.gzip})
		tr.clients[id] = c
	}
	tr.mu.Unlock()
	return c.Send(ctx, r)
}

func TestContract(t *testing.T) {
	t.Parallel()
	for _, overTLS := range []bool{false, true} {
		for _, gzip := range []bool{false, true} {
			t.Run(fmt.Sprintf("tls=%v,gzip=%v", overTLS, gzip), func(t *testing.T) {
				t.Parallel()
				statemsgtest.RunTransport(t, func(t *testing.T) statemsgtest.Receiver {
					t.Helper()
					return newTransport(t, overTLS, gzip)
				})
			})
		}
	}
}
