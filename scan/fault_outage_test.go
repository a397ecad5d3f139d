package scan_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/scan/scantest"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/wsus"
)

// TestRunOutlivesItsStorage takes the storage away from a running agent. Run
// goes on, tries again at its pace, and picks up where the last commit left
// it. What was under way when that happened is over before anything new
// begins: a Source and a Transport are called by one at a time (WF-11).
func TestRunOutlivesItsStorage(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-11")
	t.Attr("rule", "DIFF-9")
	for _, under := range []string{"nothing", "retrieve", "send"} {
		t.Run(under, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { outage(t, under) })
		})
	}
}

func outage(t *testing.T, under string) {
	t.Helper()
	cfg := faultConfig(clock.New())
	var out atomic.Bool
	var calls atomic.Int64 // while out of order
	store := &scantest.Storage{Plan: scantest.While(func() bool {
		if out.Load() {
			calls.Add(1)
		}
		return out.Load()
	}, scantest.FailBefore)}
	cfg.Storage = store
	site := cfg.Transport.(*statemsg.MemTransport)
	source := cfg.Source
	var inSource, inSend, overlaps atomic.Int64
	slow := func(ctx context.Context, is string, n *atomic.Int64) {
		if n.Add(1) > 1 {
			overlaps.Add(1)
		}
		defer n.Add(-1)
		if is != under {
			return
		}
		select {
		case <-time.After(40 * time.Minute):
		case <-ctx.Done():
		}
	}
	cfg.Source = faultSource(func(ctx context.Context, r wsus.RetrieveRequest) (*wsus.Catalog, error) {
		slow(ctx, "retrieve", &inSource)
		return source.Retrieve(ctx, r)
	})
	cfg.Transport = statemsg.TransportFunc(func(ctx context.Context, r *statemsg.Report) error {
		slow(ctx, "send", &inSend)
		return site.Send(ctx, r)
	})
	cfg.Timeouts.Send = time.Hour
	a := faultAgent(t, cfg)
	stop := runAgent(t, a)
	time.Sleep(20 * time.Minute)
	out.Store(true)
	if err := a.Refresh(t.Context()); !errors.Is(err, scantest.ErrStorage) {
		t.Errorf("Refresh = %v, want %v", err, scantest.ErrStorage)
	}
	time.Sleep(10*time.Minute + time.Second)
	if n := calls.Load(); n < 10 || n > 14 {
		t.Errorf("the storage was tried %d times in 10 minutes, want about once a minute", n)
	}
	out.Store(false)
	time.Sleep(4 * time.Hour)
	stop()
	if n := overlaps.Load(); n > 0 {
		t.Errorf("%d calls while another was under way", n)
	}
	base, err := a.Baseline(t.Context())
	if err != nil || !base.Equal(faultSnapshot()) {
		t.Errorf("Baseline() = %v, %v", base, err)
	}
	updates := 0
	for _, m := range site.Messages() {
		if m.TopicType == statemsg.UpdateDetection {
			updates++
		}
	}
	if updates != 3 {
		t.Errorf("%d updates have arrived, want 3", updates)
	}
}

// TestScanOfADormantClient disables the feature while scans wait for their
// turn. Their callers do not wait for the day on which it is enabled again, nor
// turn in circles: they are told, and the scan stays queued (WF-14). While Run
// is at work, which will see that day, they wait.
func TestScanOfADormantClient(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-14")
	for _, running := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) { dormant(t, running) })
	}
}

func dormant(t *testing.T, running bool) {
	t.Helper()
	cfg := faultConfig(clock.New())
	faultScanned(t, cfg)
	source := cfg.Source
	cfg.Source = faultSource(func(ctx context.Context, r wsus.RetrieveRequest) (*wsus.Catalog, error) {
		time.Sleep(time.Minute)
		return source.Retrieve(ctx, r)
	})
	a := faultAgent(t, cfg)
	stop := func() {}
	if running {
		stop = runAgent(t, a)
	}
	ask := func(ctx context.Context, tr scan.Trigger) chan error {
		ch := make(chan error, 1)
		go func() {
			_, err := a.Scan(ctx, tr)
			ch <- err
		}()
		synctest.Wait()
		return ch
	}
	short, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	first := ask(t.Context(), scan.ScanCycle)
	second, third := ask(t.Context(), scan.AfterInstallation), ask(short, scan.AfterRestart)
	if err := a.ApplyPolicy(t.Context(), scan.Policy{}); err != nil {
		t.Fatal(err)
	}
	if err := <-first; err != nil {
		t.Errorf("a scan that runs = %v", err) // nothing is thrown away
	}
	want := scan.ErrNotEnabled
	if running {
		want = context.DeadlineExceeded
	}
	if err := <-third; !errors.Is(err, want) {
		t.Errorf("a scan that waits = %v, want %v (Run at work: %v)", err, want, running)
	}
	if err := <-ask(t.Context(), scan.ScanCycle); !errors.Is(err, scan.ErrNotEnabled) {
		t.Errorf("a request to a dormant client = %v, want %v", err, scan.ErrNotEnabled)
	}
	if st := mustStatus(t, a); st.Queued != 1 || st.Running.Job != 0 {
		t.Errorf("Status() of a dormant client = %+v, want one scan queued", st)
	}
	if err := a.ApplyPolicy(t.Context(), scan.Policy{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	if running {
		if err := <-second; err != nil {
			t.Errorf("a scan that waited = %v", err)
		}
	} else {
		if err := <-second; !errors.Is(err, scan.ErrNotEnabled) {
			t.Errorf("a scan that waits = %v, want %v", err, scan.ErrNotEnabled)
		}
		if _, _, err := a.Tick(t.Context()); err != nil {
			t.Error(err)
		}
	}
	stop()
	if st := mustStatus(t, a); st.Queued != 0 || st.Running.Job != 0 {
		t.Errorf("Status() after the client was enabled again = %+v, want nothing queued", st)
	}
}

// TestStorageThatHangs lets a commit hang. It is not cut short by the context
// of the call, so that nobody knows less than the storage does; after its own
// time-out the call returns the error, and the next call goes on.
func TestStorageThatHangs(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-9")
	synctest.Test(t, func(t *testing.T) {
		cfg := faultConfig(clock.New())
		cfg.Storage = &scantest.Storage{Plan: func(_ context.Context, c scantest.StorageCall) scantest.StorageFault {
			if c.Commit >= 1 && c.Commit <= 3 {
				return scantest.Hang
			}
			return scantest.NoFault
		}}
		a, err := scan.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if err := a.ApplyPolicy(ctx, scan.Policy{Enabled: true}); err == nil {
				t.Error("ApplyPolicy with a storage that hangs = nil")
			}
			cancel()
		}
		if d := time.Since(start); d != 3*scan.DefaultStorageTimeout {
			t.Errorf("three calls took %v, want %v each", d, scan.DefaultStorageTimeout)
		}
		if err := a.ApplyPolicy(t.Context(), scan.Policy{Enabled: true}); err != nil {
			t.Fatal(err)
		}
		if r, err := a.Scan(t.Context(), scan.ScanCycle); err != nil {
			t.Errorf("Scan = %v, %v", r.Outcome, err)
		}
	})
}

// TestPanics lets what is plugged in panic, in the goroutine of the caller. The
// panic gets through, and the agent can be used again: as after a power-off,
// the scan starts anew (WF-10).
func TestPanics(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-10")
	cfg := faultConfig(scantest.NewClock(scantest.Start()))
	faultScanned(t, cfg)
	good, calls := cfg.Evaluator, 0
	cfg.Evaluator = faultEvaluator(func(ctx context.Context, c *wsus.Catalog) (wsus.Evaluation, error) {
		if calls++; calls <= 6 {
			panic("a bug in the evaluator")
		}
		return good.Evaluate(ctx, c)
	})
	a := faultAgent(t, cfg)
	for i := range 6 {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic did not get through")
				}
			}()
			r, err := a.Scan(t.Context(), scan.ScanCycle)
			t.Errorf("call %d of Scan = %v, %v", i, r.Outcome, err)
		}()
	}
	r, err := a.Scan(t.Context(), scan.ScanCycle)
	if err != nil || r.Outcome != scan.Completed {
		t.Errorf("Scan = %v, %v", r.Outcome, err)
	}
	if got := len(cfg.Observer.(*scantest.Observer).Results()); got < 2 {
		t.Errorf("%d results", got)
	}
	for _, r := range cfg.Observer.(*scantest.Observer).Results() {
		if r.Outcome != scan.Completed {
			t.Errorf("result = %v of %v: a panic is no failure of the scan", r.Outcome, r.Run)
		}
	}
}
