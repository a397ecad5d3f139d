package scan_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/wsus"
)

// usedConfig is faultConfig for a client whose initial scan is an hour away.
func usedConfig(c clock.Clock) scan.Config {
	cfg := faultConfig(c)
	cfg.Machine.Rand = sequence(1 << 63)
	return cfg
}

// TestNewRefuses lists what an agent's configuration may not be.
func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*scan.Config){
		"no locator":       func(c *scan.Config) { c.Locator = nil },
		"no source":        func(c *scan.Config) { c.Source = nil },
		"no evaluator":     func(c *scan.Config) { c.Evaluator = nil },
		"no transport":     func(c *scan.Config) { c.Transport = nil },
		"no client":        func(c *scan.Config) { c.Client = statemsg.Client{} },
		"negative timeout": func(c *scan.Config) { c.Timeouts.Send = -1 },
		"no Rand":          func(c *scan.Config) { c.Machine.Rand = nil },
		"endless interval": func(c *scan.Config) { c.Machine.ScanSchedule = scan.Schedule{Interval: math.MaxInt64} },
		"start in 1601":    func(c *scan.Config) { c.Machine.Reevaluation.Start = time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC) },
		"start in 9999":    func(c *scan.Config) { c.Machine.ScanSchedule.Start = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		cfg := usedConfig(clock.NewMock())
		change(&cfg)
		if _, err := scan.New(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestAbsurdClock runs the agent at times that no message could carry.
func TestAbsurdClock(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-7")
	for _, year := range []int{1, 1601, 2261, 9999} {
		mock := clock.NewMock()
		mock.Set(time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC))
		cfg := usedConfig(mock)
		a := faultAgent(t, cfg)
		if err := a.ApplyPolicy(t.Context(), scan.Policy{Enabled: true}); err != nil {
			t.Fatalf("year %d: %v", year, err)
		}
		if _, err := a.Scan(t.Context(), scan.ScanCycle); err != nil {
			t.Errorf("year %d: %v", year, err)
		}
		if err := a.SendNow(t.Context()); err != nil {
			t.Errorf("year %d: %v", year, err)
		}
		// When the clock is right again, the metadata is not fresh.
		mock.Set(june)
		r, err := a.Scan(t.Context(), scan.ScanSchedule)
		if err != nil || !r.Connected {
			t.Errorf("after the year %d: connected %t, %v, want a connection", year, r.Connected, err)
		}
	}
}

// TestPanic: an implementation that panics does not lock the agent.
func TestPanic(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-10")
	cfg := usedConfig(clock.NewMock())
	evaluate := cfg.Evaluator
	broken := true
	cfg.Evaluator = faultEvaluator(func(ctx context.Context, c *wsus.Catalog) (wsus.Evaluation, error) {
		if broken {
			panic("evaluator")
		}
		return evaluate.Evaluate(ctx, c)
	})
	a := faultAgent(t, cfg)
	if err := a.ApplyPolicy(t.Context(), scan.Policy{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() {
			if p := recover(); p != "evaluator" {
				t.Errorf("recovered %v, want the evaluator's panic", p)
			}
		}()
		_, _ = a.Scan(t.Context(), scan.ScanCycle)
	}()
	broken = false
	r, err := a.Scan(t.Context(), scan.ScanCycle)
	if err != nil || r.Outcome != scan.Completed {
		t.Errorf("the next scan = %v, %v, want it completed", r.Outcome, err)
	}
	// The one that was cut short was made before it.
	if st, err := a.Status(t.Context()); err != nil || r.Run.Job != 2 || st.Queued != 0 || st.Running.Job != 0 {
		t.Errorf("status %+v, %v after scan %d, want none left", st, err, r.Run.Job)
	}
}

func TestSendNow(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-6")
	var log bytes.Buffer
	cfg := usedConfig(clock.NewMock())
	transport := new(statemsg.MemTransport)
	down := errors.New("no route to the management point")
	cfg.Transport = statemsg.TransportFunc(func(ctx context.Context, r *statemsg.Report) error {
		if down != nil {
			return down
		}
		return transport.Send(ctx, r)
	})
	cfg.Machine.Cycle.BatchMessages = 1
	cfg.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	a := faultAgent(t, cfg)
	if err := a.ApplyPolicy(t.Context(), scan.Policy{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	if err := a.SendNow(t.Context()); err != nil {
		t.Errorf("nothing to send: %v", err)
	}
	if _, err := a.Scan(t.Context(), scan.ScanCycle); err != nil {
		t.Fatal(err)
	}
	if err := a.SendNow(t.Context()); err == nil || !strings.Contains(err.Error(), down.Error()) {
		t.Errorf("management point down: %v, want its error", err)
	}
	if !strings.Contains(log.String(), down.Error()) || !strings.Contains(log.String(), "not sent") {
		t.Errorf("a logger at level warn was told %q", &log)
	}
	st, err := a.Status(t.Context())
	if err != nil || st.InFlight != 1 || st.SendFailures != 1 || st.Waiting == 0 || st.NextSend.IsZero() {
		t.Errorf("status %+v, %v, want one in flight, one failure, more waiting", st, err)
	}
	down = nil
	if err := a.SendNow(t.Context()); err != nil {
		t.Errorf("management point up: %v", err)
	}
	msgs := transport.Messages()
	if len(msgs) != st.InFlight+st.Waiting || msgs[0].Serial != 1 {
		t.Errorf("%d messages sent from serial %d, want %d from 1", len(msgs), msgs[0].Serial, st.InFlight+st.Waiting)
	}
}

// TestCancelledSource: a source that gave up by itself uses up no retry.
func TestCancelledSource(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-10")
	mock := clock.NewMock()
	mock.Set(june)
	cfg := usedConfig(mock)
	source := cfg.Source
	cancelled := 0
	cfg.Source = faultSource(func(ctx context.Context, r wsus.RetrieveRequest) (*wsus.Catalog, error) {
		if cancelled < 9 {
			cancelled++
			return nil, context.Canceled
		}
		return source.Retrieve(ctx, r)
	})
	a := faultAgent(t, cfg)
	if err := a.ApplyPolicy(t.Context(), scan.Policy{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	for range 9 {
		_, err := a.Scan(t.Context(), scan.ScanCycle)
		e, ok := errors.AsType[*scan.Error](err)
		if !ok || e.Outcome != scan.PendingRetry || !errors.Is(err, context.Canceled) {
			t.Fatalf("cancelled source: %v, want pending retry", err)
		}
		mock.Set(e.RetryAt)
	}
	if _, err := a.Scan(t.Context(), scan.ScanCycle); err != nil {
		t.Errorf("after 9 cancelled attempts: %v", err)
	}
}

// TestRunDamaged: waiting mends no damage.
func TestRunDamaged(t *testing.T) {
	t.Parallel()
	s := new(scan.MemStorage)
	if err := s.Commit(t.Context(), []scan.Blob{{Part: scan.PartMachine, Data: []byte("nonsense")}}); err != nil {
		t.Fatal(err)
	}
	cfg := usedConfig(clock.New())
	cfg.Storage = s
	a, err := scan.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Run(t.Context()); !errors.Is(err, scan.ErrStateDamaged) {
		t.Errorf("Run = %v, want ErrStateDamaged", err)
	}
	if blobs, _ := s.Load(t.Context()); string(blobs[0].Data) != "nonsense" {
		t.Error("what could not be read was changed")
	}
}

// TestJSON: a result and a status say in JSON what a health endpoint needs.
func TestJSON(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DEC-7")
	mock := clock.NewMock()
	mock.Set(june)
	a, err := scan.New(usedConfig(mock))
	if err != nil {
		t.Fatal(err)
	}
	refused, err := a.Scan(t.Context(), scan.ScanCycle)
	if err == nil {
		t.Fatal("a request is accepted before any policy")
	}
	if _, err := json.Marshal(refused); err != nil {
		t.Errorf("refused: %v", err)
	}
	if err := a.ApplyPolicy(t.Context(), scan.Policy{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	r, err := a.Scan(t.Context(), scan.ScanCycle)
	if err != nil {
		t.Fatal(err)
	}
	st, err := a.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{r, st} {
		data, err := json.Marshal(v)
		if err != nil || !bytes.Contains(data, []byte(`{"time":"2008-06-01T08:00:00Z","version":7}`)) {
			t.Errorf("%s, %v, want the stamp's time and version in it", data, err)
		}
	}
}
