package scan_test

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/wsus"
)

// TestScheduleChanges restarts a client with other schedules.
func TestScheduleChanges(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-13")
	d := enabledDriver(t, nil)
	blobs := saved(t, d.m)
	next := d.m.Status().NextScan
	for name, tt := range map[string]struct {
		s    scan.Schedule
		want time.Time
	}{
		"the same": {scan.Schedule{}, next},
		"disabled": {scan.Schedule{Disabled: true}, time.Time{}},
		"daily":    {scan.Schedule{Interval: 24 * time.Hour}, next.Add(-6 * 24 * time.Hour)},
	} {
		cfg := scan.MachineConfig{Rand: rand.NewPCG(1, 2), UpdateSource: update(0xF0), ScanSchedule: tt.s}
		m, _, err := scan.RestoreMachine(cfg, blobs)
		if err != nil {
			t.Fatal(err)
		}
		m.Step(d.now, scan.Resumed{})
		if got := m.Status().NextScan; !got.Equal(tt.want) {
			t.Errorf("%s: next scan %v, want %v", name, got, tt.want)
		}
	}
	// Disabled for a while, and enabled again: it keeps its phase.
	cfg := scan.MachineConfig{Rand: rand.NewPCG(1, 2), ScanSchedule: scan.Schedule{Disabled: true}}
	m, _, err := scan.RestoreMachine(cfg, blobs)
	if err != nil {
		t.Fatal(err)
	}
	m.Step(d.now, scan.Resumed{})
	again, _ := restore(t, saved(t, m))
	again.Step(d.now.Add(10*24*time.Hour), scan.Resumed{})
	if got, want := again.Status().NextScan, next.Add(7*24*time.Hour); !got.Equal(want) {
		t.Errorf("enabled again: next scan %v, want %v", got, want)
	}
}

// TestMovedToInternet: a client that leaves the intranet in the middle of a
// scan sends nothing by http.
func TestMovedToInternet(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-4")
	effective := wsus.Policy{Server: here[0].URL, StatusServer: here[0].URL, Use: true}
	for step := range 2 {
		d := enabledDriver(t, nil)
		d.step(scan.Requested{Request: scan.Request{Trigger: scan.ScanCycle}})
		d.step(scan.Located{Run: must[scan.Locate](d).Run, Locations: here})
		run := must[scan.ReadPolicy](d).Run
		if step == 0 { // before the policy is compared, which agrees
			d.step(scan.Roamed{Internet: true})
			d.step(scan.PolicyRead{Run: run, Effective: effective})
		} else { // while it is written
			d.step(scan.PolicyRead{Run: run})
			must[scan.WritePolicy](d)
			d.step(scan.Roamed{Internet: true})
			d.step(scan.PolicyWritten{Run: run})
		}
		mustNot[scan.WritePolicy](d)
		mustNot[scan.Retrieve](d)
		if r := must[scan.Finished](d).Result; r.Outcome != scan.Failed || r.Failure.Code != wsus.CodeInvalidLocation {
			t.Errorf("step %d: %+v, want failed", step, r.Failure)
		}
	}
}

func TestFailedRescanLeavesEarly(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-4")
	d := enabledDriver(t, nil)
	d.step(scan.Installed{Installation: scan.Installation{Updates: []compliance.UpdateID{update(1)}, RestartRequired: true}})
	d.step(scan.Evaluated{Run: must[scan.Evaluate](d).Run, Failure: scan.Failure{Code: wsus.CodeScanTimedOut}})
	if got := d.m.Status().NextSend.Sub(d.now); got > 2*time.Minute {
		t.Errorf("after a rescan that failed messages leave in %v, want 2 min at most", got)
	}
}

// TestOutboxNeverStored: states whose messages are lost are reported again,
// also when no batch was ever made.
func TestOutboxNeverStored(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-9")
	d := newDriver(t, nil)
	d.step(scan.PolicyReceived{Policy: scan.Policy{Enabled: true}})
	d.step(scan.Requested{Request: scan.Request{Trigger: scan.ScanCycle}})
	d.connect(1, records(1, compliance.Required))
	m, faults := restore(t, saved(t, d.m)[:2])
	if len(faults) != 1 || m.Baseline().Len() != 0 {
		t.Errorf("faults %v, baseline %d, want one fault and none", faults, m.Baseline().Len())
	}
}

// TestPendingEnds: a pending restart ends with another installation, and with
// the update's leaving the results.
func TestPendingEnds(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-12")
	d := enabledDriver(t, nil)
	in := scan.Installation{Updates: []compliance.UpdateID{update(1)}, RestartRequired: true}
	d.step(scan.Installed{Installation: in})
	d.evaluated(records(1, compliance.Installed, 2, compliance.Installed))
	in.RestartRequired = false
	d.step(scan.Installed{Installation: in})
	r := d.evaluated(records(1, compliance.Installed, 2, compliance.Installed))
	if len(r.Changes) != 1 || r.Changes[0].To != compliance.Installed {
		t.Errorf("installed again without a restart: %+v, want Installed", r.Changes)
	}
	in.RestartRequired = true
	d.step(scan.Installed{Installation: in})
	d.evaluated(records(1, compliance.Installed, 2, compliance.Installed))
	d.step(scan.Restarted{})
	d.evaluated(records(2, compliance.Installed))
	if n := d.m.Status().PendingRestart; n != 0 {
		t.Errorf("%d updates pending that are gone from the results", n)
	}
}

// TestRunAtTheEdge: a clock beyond the years that a machine knows leaves Run
// idle.
func TestRunAtTheEdge(t *testing.T) {
	t.Parallel()
	mock := clock.NewMock()
	mock.Set(time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC))
	d := newDriver(t, nil)
	d.now = mock.Now()
	d.step(scan.PolicyReceived{Policy: scan.Policy{Enabled: true}})
	if next, ok := d.m.Next(); ok {
		t.Errorf("Next() = %v, want nothing scheduled", next)
	}
}

// panicky is an observer that panics at the first effect of a kind.
type panicky struct{ done bool }

func (p *panicky) Event(time.Time, scan.Event) {}

func (p *panicky) Effect(_ time.Time, e scan.Effect) {
	if _, ok := e.(scan.Locate); ok && !p.done {
		p.done = true
		panic("observer")
	}
}

func TestObserverPanics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := usedConfig(clock.New())
		cfg.Observer = new(panicky)
		a := faultAgent(t, cfg)
		if err := a.ApplyPolicy(t.Context(), scan.Policy{Enabled: true}); err != nil {
			t.Fatal(err)
		}
		func() {
			defer func() {
				if p := recover(); p != "observer" {
					t.Errorf("recovered %v, want the observer's panic", p)
				}
			}()
			_, _ = a.Scan(t.Context(), scan.ScanCycle)
		}()
		if r, err := a.Scan(t.Context(), scan.ScanCycle); err != nil || r.Outcome != scan.Completed {
			t.Errorf("the next scan = %v, %v", r.Outcome, err)
		}
	})
}
