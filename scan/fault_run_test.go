package scan_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/scan/scantest"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/wsus"
)

// hang waits until ctx is done.
func hang(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// runAgent runs an agent until the returned function is called, which checks
// how Run ended.
func runAgent(t *testing.T, a *scan.Agent) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run = %v, want %v", err, context.Canceled)
		}
	}
}

// TestServerThatHangs lets everything that a client waits for hang: it gives
// up after the time-out, with a code of its own, and the table of codes says
// what follows (WF-9).
func TestServerThatHangs(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-9")
	t.Attr("rule", "WF-6")
	hangs := map[string]struct {
		code wsus.Code
		set  func(*scan.Config)
	}{
		"location": {0x87D00602, func(c *scan.Config) {
			c.Locator = faultLocator(func(ctx context.Context, _ wsus.LocateRequest) ([]wsus.Location, error) { return nil, hang(ctx) })
		}},
		"server": {0x80072EE2, func(c *scan.Config) {
			c.Source = faultSource(func(ctx context.Context, _ wsus.RetrieveRequest) (*wsus.Catalog, error) { return nil, hang(ctx) })
		}},
		"evaluation": {0x87D00601, func(c *scan.Config) {
			c.Evaluator = faultEvaluator(func(ctx context.Context, _ *wsus.Catalog) (wsus.Evaluation, error) {
				return wsus.Evaluation{}, hang(ctx)
			})
		}},
	}
	for name, tt := range hangs {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := faultConfig(clock.New())
				tt.set(&cfg)
				start := time.Now()
				stop := runAgent(t, faultAgent(t, cfg))
				time.Sleep(59 * time.Minute)
				if got := cfg.Observer.(*scantest.Observer).Results(); len(got) != 0 {
					t.Errorf("a result before the time-out: %v", got)
				}
				time.Sleep(2 * time.Minute)
				got := cfg.Observer.(*scantest.Observer).Results()
				if len(got) != 1 || got[0].Outcome != scan.Failed || got[0].Failure.Code != tt.code || !got[0].Finished.Equal(start.Add(time.Hour)) {
					t.Errorf("results = %+v, want one failure of %v after an hour", got, tt.code)
				}
				stop()
			})
		})
	}
}

// TestHangingServerFailsOver is a server that hangs, under the wider table:
// four retries half an hour after each time-out, then the next location two
// minutes after the last.
func TestHangingServerFailsOver(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-9")
	synctest.Test(t, func(t *testing.T) {
		cfg := faultConfig(clock.New())
		cfg.Machine.Retry.Codes = wsus.WiderRetryCodes()
		cfg.Timeouts.Scan = 10 * time.Minute
		good := cfg.Source
		var tries []time.Duration
		start := time.Now()
		cfg.Source = faultSource(func(ctx context.Context, r wsus.RetrieveRequest) (*wsus.Catalog, error) {
			if r.Location.URL != crashA {
				return good.Retrieve(ctx, r)
			}
			tries = append(tries, time.Since(start))
			return nil, hang(ctx)
		})
		stop := runAgent(t, faultAgent(t, cfg))
		time.Sleep(5 * time.Hour)
		synctest.Wait()
		got := cfg.Observer.(*scantest.Observer).Results()
		for i, at := range tries {
			if want := time.Duration(i) * 40 * time.Minute; at != want {
				t.Errorf("attempt %d at %v, want %v", i+1, at, want)
			}
		}
		if len(tries) != 5 || len(got) != 6 {
			t.Fatalf("%d attempts at the first location, %d results, want 5 and 6", len(tries), len(got))
		}
		last := got[5]
		at := start.Add(4*40*time.Minute + 10*time.Minute + 2*time.Minute)
		if last.Outcome != scan.Completed || last.Server != crashB || !last.Finished.Equal(at) {
			t.Errorf("last result = %v of %s at %v, want a success of %s at %v", last.Outcome, last.Server, last.Finished, crashB, at)
		}
		stop()
	})
}

// TestReceiverThatHangs is a management point that takes the report and does
// not answer: the same batch is sent again, with the same serials (MSG-6).
func TestReceiverThatHangs(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-6")
	t.Attr("rule", "MSG-7")
	synctest.Test(t, func(t *testing.T) {
		cfg := faultConfig(clock.New())
		var mu sync.Mutex
		var reports []statemsg.Report
		cfg.Transport = statemsg.TransportFunc(func(ctx context.Context, r *statemsg.Report) error {
			mu.Lock()
			reports = append(reports, r.Clone())
			n := len(reports)
			mu.Unlock()
			if n < 3 {
				return hang(ctx)
			}
			return nil
		})
		stop := runAgent(t, faultAgent(t, cfg))
		time.Sleep(2 * time.Hour)
		stop()
		if len(reports) != 3 {
			t.Fatalf("%d sends, want 3", len(reports))
		}
		for _, r := range reports[1:] {
			if !r.Date.Equal(reports[0].Date) || len(r.Messages) != len(reports[0].Messages) {
				t.Fatalf("a batch changed: %+v, was %+v", r, reports[0])
			}
			for i, m := range r.Messages {
				if !scantest.SameMessage(m, reports[0].Messages[i]) {
					t.Errorf("a batch changed: %+v, was %+v", m, reports[0].Messages[i])
				}
			}
		}
	})
}

// TestRunStops ends Run while something is under way, at each kind of thing.
// It returns, leaves no goroutine (synctest sees to that), and the next Run
// goes on; a scan that was cut short is no failure (WF-10).
func TestRunStops(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-10")
	for _, at := range []string{"nothing", "locate", "read", "write", "retrieve", "evaluate", "send"} {
		t.Run(at, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := faultConfig(clock.New())
				site := cfg.Transport.(*statemsg.MemTransport)
				blocked := hangAt(cfg, at)
				stop := runAgent(t, faultAgent(t, blocked))
				time.Sleep(16 * time.Minute)
				stop()
				start := time.Now()
				cfg.Observer = new(scantest.Observer)
				a, err := scan.New(cfg)
				if err != nil {
					t.Fatal(err)
				}
				stop = runAgent(t, a)
				time.Sleep(16 * time.Minute)
				stop()
				got := cfg.Observer.(*scantest.Observer).Results()
				done := at == "nothing" || at == "send"
				if done != (len(got) == 0) {
					t.Fatalf("results after the stop = %v", got)
				}
				if !done && (got[0].Outcome != scan.Completed || got[0].Run != scan.Run{Job: 1, Attempt: 2} || !got[0].Started.Equal(start)) {
					t.Errorf("result after the stop = %+v, want the second attempt of job 1, completed", got[0])
				}
				n := 0
				for _, m := range site.Messages() {
					if m.TopicType == statemsg.UpdateDetection {
						n++
					}
				}
				if n != 3 {
					t.Errorf("%d updates have arrived, want 3", n)
				}
			})
		})
	}
}

// hangAt lets one thing hang.
func hangAt(cfg scan.Config, at string) scan.Config {
	switch at {
	case "locate":
		cfg.Locator = faultLocator(func(ctx context.Context, _ wsus.LocateRequest) ([]wsus.Location, error) { return nil, hang(ctx) })
	case "read", "write":
		cfg.LocalPolicy = hangingPolicy{at}
	case "retrieve":
		cfg.Source = faultSource(func(ctx context.Context, _ wsus.RetrieveRequest) (*wsus.Catalog, error) { return nil, hang(ctx) })
	case "evaluate":
		cfg.Evaluator = faultEvaluator(func(ctx context.Context, _ *wsus.Catalog) (wsus.Evaluation, error) {
			return wsus.Evaluation{}, hang(ctx)
		})
	case "send":
		cfg.Transport = statemsg.TransportFunc(func(ctx context.Context, _ *statemsg.Report) error { return hang(ctx) })
	}
	return cfg
}

// hangingPolicy is a local policy one of whose methods hangs.
type hangingPolicy struct{ at string }

func (p hangingPolicy) Effective(ctx context.Context) (wsus.Policy, error) {
	if p.at == "read" {
		return wsus.Policy{}, hang(ctx)
	}
	return wsus.Policy{}, nil
}

func (p hangingPolicy) Set(ctx context.Context, _ wsus.Policy) error { return hang(ctx) }

// TestScansJoin asks for many scans at once. One runs; what asks for metadata
// that it will retrieve joins it, and what must see the machine later does not
// (WF-11).
func TestScansJoin(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-11")
	for _, running := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			cfg := faultConfig(clock.New())
			faultScanned(t, cfg)
			mem := cfg.Source.(*wsus.MemSource)
			before := mem.Calls()
			cfg.Source = faultSource(func(ctx context.Context, r wsus.RetrieveRequest) (*wsus.Catalog, error) {
				time.Sleep(time.Minute)
				return mem.Retrieve(ctx, r)
			})
			a := faultAgent(t, cfg)
			stop := func() {}
			if running {
				stop = runAgent(t, a)
			}
			time.Sleep(25 * time.Hour)
			triggers := []scan.Trigger{
				scan.ScanCycle, scan.ScanSchedule, scan.Reevaluation, scan.ScanSchedule, // one scan
				scan.AfterInstallation, scan.AfterRestart, // another
				scan.DeploymentEvaluationCycle, scan.ScanCycle, // and one more
			}
			jobs := make([]uint64, len(triggers))
			var group sync.WaitGroup
			for i, tr := range triggers {
				group.Go(func() {
					r, err := a.Scan(t.Context(), tr)
					if err != nil {
						t.Errorf("Scan(%v) = %v", tr, err)
					}
					jobs[i] = r.Run.Job
				})
				synctest.Wait()
			}
			group.Wait()
			first := jobs[0]
			for i, want := range []uint64{first, first, first, first, first + 1, first + 1, first + 2, first + 2} {
				if jobs[i] != want {
					t.Errorf("Scan(%v) was answered by job %d, want %d of %v", triggers[i], jobs[i], want, jobs)
				}
			}
			if n := mem.Calls() - before; n != 2 {
				t.Errorf("%d connections, want 2", n)
			}
			stop()
		})
	}
}

// TestScanCancelled cancels a scan midway and asks again: the same scan starts
// anew, and no retry is used up (WF-10).
func TestScanCancelled(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-10")
	t.Attr("rule", "TTL-6")
	synctest.Test(t, func(t *testing.T) {
		cfg := faultConfig(clock.New())
		faultScanned(t, cfg)
		good := cfg.Source
		slow := true
		cfg.Source = faultSource(func(ctx context.Context, r wsus.RetrieveRequest) (*wsus.Catalog, error) {
			if slow {
				return nil, hang(ctx)
			}
			return good.Retrieve(ctx, r)
		})
		a := faultAgent(t, cfg)
		stamp := mustStatus(t, a).Stamp
		for range 7 { // more often than a failure would be retried
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			if r, err := a.Scan(ctx, scan.ScanCycle); !errors.Is(err, context.DeadlineExceeded) || r.Outcome != 0 {
				t.Errorf("a scan that was cancelled = %v, %v", r.Outcome, err)
			}
			cancel()
			if st := mustStatus(t, a); st.Stamp != stamp || st.Running.Job != 0 || st.Queued != 1 {
				t.Errorf("Status() after a scan that was cancelled = %+v", st)
			}
		}
		slow = false
		r, err := a.Scan(t.Context(), scan.ScanCycle)
		if err != nil || r.Run.Attempt != 8 || r.Outcome != scan.Completed {
			t.Errorf("Scan = %v, %v %v, want the eighth attempt to complete", r.Run, r.Outcome, err)
		}
	})
}
