package scantest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/scan/scantest"
	"github.com/updatescan/updatescan/wsus"
)

// TestRig lives a week with the zero configuration.
func TestRig(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-1")
	t.Attr("rule", "MSG-3")
	ctx := t.Context()
	r, err := scantest.NewRig(scantest.RigConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Enable(ctx); err != nil {
		t.Fatal(err)
	}
	if err := r.Pass(ctx, 30*time.Minute); err != nil {
		t.Fatal(err)
	}
	if got := r.Observer.Results(); len(got) != 1 || got[0].Outcome != scan.Completed || !got[0].Connected {
		t.Errorf("results %v, want the initial scan", got)
	}
	if s, ok := r.Reported(scantest.ID(1)); !ok || s != compliance.Required {
		t.Errorf("the site holds %v, %v", s, ok)
	}
	r.Machine.Set(scantest.ID(1), 100, compliance.Installed)
	r.Machine.Remove(scantest.ID(2))
	if _, err := r.Agent.Scan(ctx, scan.AfterInstallation); err != nil {
		t.Fatal(err)
	}
	if s, err := r.Baseline(ctx, scantest.ID(1)); err != nil || s != compliance.Installed {
		t.Errorf("baseline %v, %v", s, err)
	}
	if err := r.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	if err := r.Pass(ctx, 8*24*time.Hour); err != nil {
		t.Fatal(err)
	}
	if s, _ := r.Reported(scantest.ID(1)); s != compliance.Installed {
		t.Errorf("the site holds %v, want installed", s)
	}
	decided := r.Observer.Decisions()
	if n := len(decided); n < 3 || decided[1].Reason != scan.ForcedOfflineScan {
		t.Errorf("decisions %v", decided)
	}
	if got, want := r.Observer.Count(scan.Retrieve{}), len(r.Source.Connections()); got != want || r.Machine.Calls() < got {
		t.Errorf("%d retrievals, %d connections, %d evaluations", got, want, r.Machine.Calls())
	}
	r.Observer.Reset()
	if err := r.Receive(ctx, scan.Policy{}); err != nil || len(r.Observer.Notices(scan.NoticeDormant)) != 1 {
		t.Errorf("Receive = %v, %v", err, r.Observer.All())
	}
}

// TestRigFaults loses the power at a commit, and takes a server away.
func TestRigFaults(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-9")
	t.Attr("rule", "WF-9")
	ctx := t.Context()
	for _, fault := range []scantest.StorageFault{scantest.PowerOffBefore, scantest.PowerOffAfter} {
		for n := 1; n <= 12; n++ {
			r, err := scantest.NewRig(scantest.RigConfig{})
			if err != nil {
				t.Fatal(err)
			}
			r.Storage.Plan = scantest.AtCommit(n, fault)
			if err := r.Server.SetDownAt(scantest.ServerA, wsus.CodeCannotConnect); err != nil {
				t.Fatal(err)
			}
			err = errors.Join(r.Enable(ctx), r.Pass(ctx, 4*time.Hour))
			if r.Storage.Off() != errors.Is(err, scantest.ErrPowerOff) {
				t.Fatalf("commit %d: off %v, %v", n, r.Storage.Off(), err)
			}
			if err := errors.Join(r.Restart(ctx), r.Pass(ctx, 4*time.Hour)); err != nil {
				t.Fatalf("commit %d: %v", n, err)
			}
			for i, want := range []compliance.State{compliance.Required, compliance.Installed, compliance.NotRequired} {
				if s, ok := r.Reported(scantest.ID(i + 1)); !ok || s != want {
					t.Errorf("power off at commit %d (%d): the site holds %v, %v of update %d", n, fault, s, ok, i+1)
				}
			}
			if n := len(r.Site.Conflicts()); n > 0 {
				t.Errorf("%d serials were used twice", n)
			}
		}
	}
}

func TestRigRefuses(t *testing.T) {
	t.Parallel()
	_, err := scantest.NewRig(scantest.RigConfig{Machine: scan.MachineConfig{InitialWindow: -1}})
	var e *scan.ConfigError
	if !errors.As(err, &e) {
		t.Errorf("NewRig with a bad configuration = %v", err)
	}
	_, err = scantest.NewRig(scantest.RigConfig{Change: func(c *scan.Config) { c.Evaluator = nil }})
	if !errors.As(err, &e) {
		t.Errorf("NewRig without an evaluator = %v", err)
	}
}
