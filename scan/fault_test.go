package scan_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/scan/scantest"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/netcode"
)

// httpSource is a Source over HTTP: the server answers with the version of its
// catalogue.
type httpSource struct{ client *http.Client }

func (s httpSource) Retrieve(ctx context.Context, r wsus.RetrieveRequest) (*wsus.Catalog, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.Location.URL+"/catalog", nil)
	if err != nil {
		return nil, err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, netcode.Error("retrieve", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if code := wsus.CodeForHTTPStatus(resp.StatusCode); code != 0 {
		return nil, &wsus.Error{Op: "retrieve", Code: code}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return nil, netcode.Error("retrieve", err)
	}
	version, err := strconv.Atoi(string(body))
	if err != nil {
		return nil, &wsus.Error{Op: "retrieve", Code: wsus.CodeParse, Err: err}
	}
	return wsus.NewCatalog(uint32(version), nil)
}

// hangUp ends the connection of a request, after writing something to it; with
// a reset if so wanted.
func hangUp(w http.ResponseWriter, reset bool, text string) {
	conn, buf, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	_, _ = buf.WriteString(text)
	_ = buf.Flush()
	if tcp, ok := conn.(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// TestBrokenServers scans servers that are broken in all kinds of ways, over
// real connections. The code decides what follows (WF-9); nothing but the
// attempt changes (TTL-6), and nothing old is used instead (DEC-5).
func TestBrokenServers(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-9")
	t.Attr("rule", "DEC-5")
	t.Attr("rule", "TTL-6")
	const head = "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
	for _, tt := range []struct {
		name    string
		serve   http.HandlerFunc
		code    wsus.Code
		outcome scan.Outcome
	}{
		{"reset at once", func(w http.ResponseWriter, _ *http.Request) { hangUp(w, true, "") }, 0x80072EFE, scan.PendingRetry},
		{"closed at once", func(w http.ResponseWriter, _ *http.Request) { hangUp(w, false, "") }, 0x80072EFE, scan.PendingRetry},
		{"reset in the body", func(w http.ResponseWriter, _ *http.Request) { hangUp(w, true, fmt.Sprintf(head, 5)+"12") }, 0x80072EFE, scan.PendingRetry},
		{"less than it said", func(w http.ResponseWriter, _ *http.Request) { hangUp(w, false, fmt.Sprintf(head, 5)+"12") }, 0x80072EFE, scan.PendingRetry},
		{"a length that no body has", func(w http.ResponseWriter, _ *http.Request) { hangUp(w, false, fmt.Sprintf(head, 1<<40)+"12") }, 0x80072EFE, scan.PendingRetry},
		{"chunks that end early", func(w http.ResponseWriter, _ *http.Request) {
			hangUp(w, false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12")
		}, 0x80072EFE, scan.PendingRetry},
		{"more than it said", func(w http.ResponseWriter, _ *http.Request) { hangUp(w, false, fmt.Sprintf(head, 1)+"99999") }, 0, scan.Completed},
		{"busy", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, 0x80244022, scan.PendingRetry},
		{"refuses", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }, 0x80244017, scan.Failed},
		{"talks nonsense", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }, 0x8024400A, scan.PendingRetry},
		{"works", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "8") }, 0, scan.Completed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(tt.serve)
			defer server.Close()
			scanBroken(t, server.URL, tt.code, tt.outcome)
		})
	}
	t.Run("not there", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(http.NotFoundHandler())
		server.Close()
		scanBroken(t, server.URL, 0x80072EFD, scan.PendingRetry)
	})
}

// scanBroken lets a client with old metadata scan a server.
func scanBroken(t *testing.T, url string, code wsus.Code, outcome scan.Outcome) {
	t.Helper()
	clk := scantest.NewClock(scantest.Start())
	cfg := faultConfig(clk)
	faultScanned(t, cfg)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	defer client.CloseIdleConnections()
	cfg.Locator, cfg.Source = wsus.StaticLocator{{URL: url}}, httpSource{client}
	a := faultAgent(t, cfg)
	before, err := a.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stored := faultBlob(t, cfg.Storage, scan.PartMetadata)
	clk.Add(25 * time.Hour) // the metadata has expired
	r, err := a.Scan(t.Context(), scan.ScanSchedule)
	if r.Outcome != outcome || r.Failure.Code != code {
		t.Fatalf("Scan = %v, %v %s, want %v, %v", r.Outcome, r.Failure.Code, r.Failure.Detail, outcome, code)
	}
	if (err == nil) != (outcome == scan.Completed) {
		t.Errorf("Scan = %v, %v", r.Outcome, err)
	}
	if outcome == scan.Completed {
		return
	}
	var e *scan.Error
	if !errors.As(err, &e) || e.Code() != code || outcome == scan.PendingRetry && !e.RetryAt.Equal(clk.Now().Add(30*time.Minute)) {
		t.Errorf("Scan = %v, want a retry in 30 minutes of %v", err, code)
	}
	after, _ := a.Status(t.Context())
	if after.Stamp != before.Stamp || r.Connected || r.Snapshot != nil {
		t.Errorf("a failed scan: stamp %v, was %v, connected %v", after.Stamp, before.Stamp, r.Connected)
	}
	if string(faultBlob(t, cfg.Storage, scan.PartMetadata)) != string(stored) {
		t.Error("a failed scan changed the stored metadata")
	}
}

// TestOfflineTouchesNothing gives a client a Source, a Locator and a local
// policy that fail the test when they are touched. Scans with local metadata
// do not: forced offline of any age, and non-forced within the TTL.
func TestOfflineTouchesNothing(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DEC-2")
	t.Attr("rule", "DEC-3")
	t.Attr("rule", "TTL-5")
	clk := scantest.NewClock(scantest.Start())
	cfg := faultConfig(clk)
	a := faultScanned(t, cfg)
	stamp := mustStatus(t, a).Stamp
	cfg.Source = faultSource(func(context.Context, wsus.RetrieveRequest) (*wsus.Catalog, error) {
		t.Error("the Source was touched")
		return nil, errors.ErrUnsupported
	})
	cfg.Locator = faultLocator(func(context.Context, wsus.LocateRequest) ([]wsus.Location, error) {
		t.Error("the Locator was touched")
		return nil, errors.ErrUnsupported
	})
	for _, tt := range []struct {
		trigger scan.Trigger
		age     time.Duration
	}{
		{scan.AfterInstallation, time.Minute},
		{scan.AfterRestart, 23 * time.Hour},
		{scan.ScanSchedule, 23 * time.Hour},
		{scan.Reevaluation, 24*time.Hour - time.Second},
		{scan.ScanSchedule, 24 * time.Hour}, // exactly the TTL is still fresh
		{scan.AfterInstallation, 24*time.Hour + 1},
		{scan.AfterRestart, 400 * 24 * time.Hour},
	} {
		at, _ := stamp.Time()
		clk.Set(at.Add(tt.age))
		a = faultAgent(t, cfg) // a new process each time
		r, err := a.Scan(t.Context(), tt.trigger)
		if err != nil || r.Connected || r.Decision.Action != scan.UseLocal || r.Stamp != stamp {
			t.Errorf("Scan(%v) at an age of %v = %v, %v", tt.trigger, tt.age, r.Decision, err)
		}
		if age, ok := r.MetadataAge(); !ok || age != tt.age {
			t.Errorf("MetadataAge() = %v, %v, want %v", age, ok, tt.age)
		}
		if got := mustStatus(t, a).Stamp; got != stamp {
			t.Errorf("Scan(%v) moved the stamp to %v", tt.trigger, got)
		}
	}
}

func mustStatus(t *testing.T, a *scan.Agent) scan.Status {
	t.Helper()
	st, err := a.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// TestClearedHistory asks for another initial scan of a client that has
// scanned: its history is gone when it starts, in memory and in the storage,
// whatever becomes of the scan (WF-2).
func TestClearedHistory(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-2")
	cfg := faultConfig(scantest.NewClock(scantest.Start()))
	faultScanned(t, cfg)
	if faultBlob(t, cfg.Storage, scan.PartMetadata) == nil {
		t.Fatal("no metadata is stored")
	}
	asked := 0
	cfg.Source = faultSource(func(_ context.Context, r wsus.RetrieveRequest) (*wsus.Catalog, error) {
		if asked++; (r.Previous == nil) != (asked > 1) {
			t.Errorf("request %d: previous metadata %v", asked, r.Previous)
		}
		return nil, &wsus.Error{Op: "retrieve", Code: 0x80244017}
	})
	a := faultAgent(t, cfg)
	for _, trigger := range []scan.Trigger{scan.ScanCycle, scan.InitialScan, scan.ScanCycle} {
		if r, err := a.Scan(t.Context(), trigger); err == nil || r.Outcome != scan.Failed {
			t.Errorf("Scan(%v) = %v, %v, want a failure", trigger, r.Outcome, err)
		}
	}
	if faultBlob(t, cfg.Storage, scan.PartMetadata) != nil || mustStatus(t, a).Stamp.Present() {
		t.Error("the history is still there")
	}
	if r, _ := a.Scan(t.Context(), scan.AfterRestart); r.Failure.Code != 0x87D00606 {
		t.Errorf("an offline scan without history fails with %v", r.Failure.Code)
	}
}
