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
	"github.com/updatescan/updatescan/wsus"
)

// TestRequestLost: a caller whose request goes with a commit that failed is
// told so, and why.
func TestRequestLost(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-9")
	synctest.Test(t, func(t *testing.T) {
		var full atomic.Bool
		s := &scantest.Storage{Plan: func(_ context.Context, c scantest.StorageCall) scantest.StorageFault {
			if c.Commit > 0 && full.Load() {
				return scantest.FailBefore
			}
			return scantest.NoFault
		}}
		cfg := usedConfig(clock.New())
		cfg.Storage = s
		source := cfg.Source
		cfg.Source = faultSource(func(ctx context.Context, r wsus.RetrieveRequest) (*wsus.Catalog, error) {
			time.Sleep(time.Minute)
			full.Store(true)
			return source.Retrieve(ctx, r)
		})
		a := faultAgent(t, cfg)
		if err := a.ApplyPolicy(t.Context(), scan.Policy{Enabled: true}); err != nil {
			t.Fatal(err)
		}
		errs := make(chan error, 2)
		ask := func(tr scan.Trigger) {
			_, err := a.Scan(t.Context(), tr)
			errs <- err
		}
		go ask(scan.ScanCycle)
		synctest.Wait()
		go ask(scan.AfterInstallation)
		lost := 0
		for range 2 {
			err := <-errs
			if !errors.Is(err, scantest.ErrStorage) {
				t.Errorf("Scan = %v, want the storage's error in it", err)
			}
			if errors.Is(err, scan.ErrRequestLost) {
				lost++
			}
		}
		if lost == 0 {
			t.Error("nobody was told that a request was lost")
		}
	})
}

// TestSetInternet: an agent on the internet refuses http before the source is
// touched, and connects again on the intranet.
func TestSetInternet(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-4")
	cfg := usedConfig(clock.NewMock())
	a := faultAgent(t, cfg)
	if err := a.ApplyPolicy(t.Context(), scan.Policy{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	calls := cfg.Source.(*wsus.MemSource).Calls
	if err := a.SetInternet(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Scan(t.Context(), scan.ScanCycle); !errors.Is(err, wsus.ErrNotSSL) || calls() != 0 {
		t.Errorf("on the internet: %v, %d calls of the source, want ErrNotSSL and none", err, calls())
	}
	if err := a.SetInternet(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Scan(t.Context(), scan.ScanCycle); err != nil || calls() != 1 {
		t.Errorf("on the intranet: %v, %d calls of the source, want one", err, calls())
	}
}
