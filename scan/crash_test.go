package scan_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/scan/scantest"
	"github.com/updatescan/updatescan/statemsg"
)

// crashDay is the time on day d of the fortnight, hours and minutes after
// midnight.
func crashDay(d int, hours, minutes time.Duration) time.Time {
	return scantest.Start().Add(time.Duration(d)*24*time.Hour + (hours-8)*time.Hour + minutes*time.Minute)
}

// fortnight is the script: two weeks in the life of a client.
func fortnight(r *crashRig) {
	for i := range 6 {
		r.set(i, 100, compliance.Required)
	}
	r.enabled = true
	must := func(what string, err error) {
		if err != nil {
			r.broken("%s = %v", what, err)
		}
	}
	must("ApplyPolicy", r.call(func(ctx context.Context, a *scan.Agent) error { return a.ApplyPolicy(ctx, scan.Policy{Enabled: true}) }))
	r.endOfDay(0) // the initial scan, and two schedules inside the TTL

	r.until(crashDay(1, 12, 0))
	r.set(0, 100, compliance.Installed)
	err := r.scan(scan.ScanCycle)
	must("forced scan", err)
	r.endOfDay(1)

	r.until(crashDay(2, 9, 0)) // the management point is down for six hours
	r.mpDown = true
	r.set(1, 101, compliance.Installed)
	r.set(6, 100, compliance.Required)
	delete(r.facts, scantest.ID(5))
	err = r.scan(scan.DeploymentEvaluationCycle)
	must("forced scan", err)
	r.until(crashDay(2, 15, 0))
	r.mpDown = false
	r.endOfDay(2)

	r.wsusDown()

	r.until(crashDay(5, 9, 0)) // an installation that needs a restart, and it
	r.set(2, 100, compliance.Installed)
	r.install(scan.Installation{Assignment: "{D1}", Updates: []compliance.UpdateID{scantest.ID(2)}, RestartRequired: true})
	r.until(crashDay(5, 9, 30))
	r.wantState(2, compliance.Required)
	must("SystemRestarted", r.call(func(ctx context.Context, a *scan.Agent) error { return a.SystemRestarted(ctx) }))
	r.until(crashDay(5, 10, 30))
	r.wantState(2, compliance.Installed)
	r.endOfDay(5)

	r.until(crashDay(6, 9, 0)) // one that needs none
	r.set(3, 100, compliance.Installed)
	r.install(scan.Installation{Updates: []compliance.UpdateID{scantest.ID(3)}})
	r.endOfDay(6)

	r.until(crashDay(7, 9, 0)) // the site asks for everything again
	r.site.refresh++
	must("Refresh", r.call(func(ctx context.Context, a *scan.Agent) error { return a.Refresh(ctx) }))
	r.endOfDay(7)

	r.until(crashDay(8, 9, 0))
	delete(r.facts, scantest.ID(6))
	r.set(4, 101, compliance.Required)
	r.endOfDay(9)

	r.until(crashDay(10, 9, 0)) // a failure that is final
	r.down[crashA], r.down[crashB] = 0x80244017, 0x80244017
	if err := r.scan(scan.ScanCycle); err == nil {
		r.broken("a scan of a server that refuses = nil")
	}
	clear(r.down)
	r.endOfDay(10)

	r.until(crashDay(13, 9, 0))
	r.set(6, 102, compliance.Unknown)
	r.set(5, 100, compliance.Installed)
	err = r.scan(scan.ScanCycle)
	must("forced scan", err)
	r.endOfDay(13)
}

// wsusDown is a server that is down for hours: four retries, and then the next
// location (WF-9), where the client stays.
func (r *crashRig) wsusDown() {
	r.until(crashDay(3, 10, 0))
	r.down[crashA] = 0x80244022
	before := r.tried[crashA]
	err := r.scan(scan.ScanCycle)
	var e *scan.Error
	if !errors.As(err, &e) || e.Outcome != scan.PendingRetry {
		// When the answer was lost with the process the scan was asked for
		// again, and that may have come to its end already.
		if r.killed == "" {
			r.broken("a scan of a server that is down = %v", err)
		}
	}
	r.until(crashDay(3, 18, 0))
	// Five attempts in all; one that was cut short is no failure, so a client
	// that lost one makes one more (WF-10), and one that a schedule joins at
	// another hour does not wait. When the user had to ask again that may be a
	// second scan.
	tries, most := r.tried[crashA]-before, 5*r.asked
	if r.killed != "" || r.jump != 0 || r.failAt != 0 {
		most++
	}
	if tries < 5 || tries > most {
		r.broken("%d attempts at a location that is down, want 5 to %d", tries, most)
	}
	if r.tried[crashB] == 0 {
		r.broken("the next location was not tried")
	}
	clear(r.down)
	before = r.tried[crashA]
	if err := r.scan(scan.ScanCycle); err != nil {
		r.broken("forced scan = %v", err)
	}
	if r.tried[crashA] != before {
		r.broken("the client did not stay with the location that worked")
	}
	r.endOfDay(3)
}

func (r *crashRig) install(in scan.Installation) {
	if err := r.call(func(ctx context.Context, a *scan.Agent) error { return a.InstallationFinished(ctx, in) }); err != nil {
		r.broken("InstallationFinished = %v", err)
	}
}

// wantState checks what the client has recorded of an update.
func (r *crashRig) wantState(i int, want compliance.State) {
	if rec, ok := r.baseline().Find(scantest.ID(i)); !ok || rec.State != want {
		r.broken("update %d is recorded as %v, want %v", i, rec.State, want)
	}
}

// baseline returns what the client has recorded.
func (r *crashRig) baseline() *compliance.Snapshot {
	var s *compliance.Snapshot
	if err := r.call(func(ctx context.Context, a *scan.Agent) (err error) {
		s, err = a.Baseline(ctx)
		return err
	}); err != nil {
		r.broken("Baseline = %v", err)
	}
	return s
}

// endOfDay goes on to the end of a day, when everything has left: the site
// holds what the client has recorded.
func (r *crashRig) endOfDay(d int) {
	r.until(crashDay(d, 23, 50))
	base := r.baseline()
	for rec := range base.All() {
		m, ok := r.site.topics["500 "+rec.ID.String()]
		if !ok || m.StateID != statemsg.StateID(rec.State) {
			r.broken("the site holds %v of %v, want %v", m.StateID, rec.ID, rec.State)
		}
	}
	for topic, m := range r.site.topics {
		id, update := strings.CutPrefix(topic, "500 ")
		if !update || m.StateID == statemsg.DetectionUnknown {
			continue
		}
		uid, err := compliance.ParseUpdateID(id)
		_, known := base.Find(uid)
		if r.removed && (err != nil || !known) { // DIFF-6
			r.broken("the site holds %v of %s, which is gone", m.StateID, id)
		}
	}
	for i, last := uint64(1), uint64(len(r.site.serials)); i <= last; i++ {
		if _, ok := r.site.serials[i]; !ok {
			r.broken("%d serials have arrived, and %d has not", last, i)
			break
		}
	}
}

// TestFortnight runs the script without a fault: the test of the test.
func TestFortnight(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-9")
	t.Attr("rule", "WF-12")
	t.Attr("rule", "DIFF-6")
	for _, removed := range []bool{false, true} {
		r := newCrashRig()
		r.removed = removed
		r.boot()
		fortnight(r)
		t.Logf("removed reported: %v: %d points, %d commits, %d serials", removed, r.points, r.storage.Commits(), len(r.site.serials))
		if err := errors.Join(r.faults...); err != nil {
			t.Error(err)
		}
		if n := len(r.site.serials); n < 20 {
			t.Errorf("%d messages in a fortnight", n)
		}
	}
}

// everyPoint runs the script once for each number from 1 to n, in strides;
// with the race detector, or -short, for fewer. Prepare sets the fault.
func everyPoint(t *testing.T, n, stride int, prepare func(r *crashRig, k int), check func(r *crashRig) error) {
	t.Helper()
	if raceEnabled || testing.Short() {
		stride = 7
	}
	var (
		group sync.WaitGroup
		next  atomic.Int64
		runs  atomic.Int64
	)
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for k := int(next.Add(1)); k <= n; k = int(next.Add(1)) {
				if k%stride != 0 {
					continue
				}
				runs.Add(1)
				r := newCrashRig()
				prepare(r, k)
				r.boot()
				fortnight(r)
				if err := errors.Join(append(r.faults, check(r))...); err != nil {
					t.Errorf("point %d of %d (%skill %v, jump %v): %v", k, n, r.killed, r.off, r.jump, err)
				}
			}
		})
	}
	group.Wait()
	t.Logf("%d fortnights", runs.Load())
}

// crashPoints returns the number of points, and of calls of the storage, of a
// fortnight without a fault.
func crashPoints() (points, calls int) {
	r := newCrashRig()
	fortnight(r)
	return r.points, r.calls
}

// TestKillEverywhere kills the client at every commit, before and after it
// took effect, and at every effect, before and after it was performed; it
// starts it again from its storage and goes on with the script. The rules hold
// all the same: nothing is lost, nothing is reported twice in effect, no
// serial is used twice, no stamp moves that should not.
func TestKillEverywhere(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-9")
	t.Attr("rule", "DIFF-3")
	t.Attr("rule", "WF-10")
	t.Attr("rule", "WF-15")
	t.Attr("rule", "MSG-5")
	t.Attr("rule", "MSG-6")
	t.Attr("rule", "MSG-7")
	t.Attr("rule", "MSG-10")
	t.Attr("rule", "TTL-4")
	t.Attr("rule", "TTL-6")
	t.Attr("rule", "DEC-3")
	offs := []time.Duration{time.Second, 40 * time.Minute, 3 * time.Minute}
	points, _ := crashPoints()
	everyPoint(t, points, 1, func(r *crashRig, k int) {
		r.killAt, r.off, r.removed = []int{k}, offs[k%len(offs)], k%5 != 0
		if k%3 == 0 { // and once more, soon after it has started again
			r.killAt = append(r.killAt, k+1+k%13)
		}
	}, func(r *crashRig) error {
		if len(r.killAt) > 0 {
			return fmt.Errorf("the points %v were not reached", r.killAt)
		}
		return nil
	})
}

// TestClockSteps moves the clock by a day, back or forward, at every
// third point of the script. Nothing waits for the day to come round again: what the
// client has to say is at the site by the end of each day.
func TestClockSteps(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-4")
	t.Attr("rule", "TTL-7")
	t.Attr("rule", "WF-13")
	t.Attr("rule", "MSG-3")
	t.Attr("rule", "MSG-6")
	points, _ := crashPoints()
	everyPoint(t, points, 3, func(r *crashRig, k int) {
		r.jumpAt, r.jump = k, 24*time.Hour
		if k%4 < 2 {
			r.jump = -r.jump
		}
	}, func(r *crashRig) error {
		if r.skew == 0 {
			return fmt.Errorf("point %d was not reached", r.jumpAt)
		}
		return nil
	})
}

// TestStorageFailsEverywhere lets each call of the storage fail in turn. The
// call of the agent that met it returns the error, nothing has happened, and
// the next call goes on.
func TestStorageFailsEverywhere(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-9")
	t.Attr("rule", "MSG-5")
	t.Attr("rule", "TTL-6")
	_, calls := crashPoints()
	everyPoint(t, calls, 1, func(r *crashRig, k int) { r.failAt = k }, func(r *crashRig) error {
		if r.failed != 1 {
			return fmt.Errorf("%d calls returned the error of the storage, want 1", r.failed)
		}
		return nil
	})
}
