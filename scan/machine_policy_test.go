package scan_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/wsus"
)

func TestInitialScan(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-1")
	t.Attr("rule", "WF-2")
	t.Attr("rule", "TRG-4")
	d := newDriver(t, nil)
	d.step(scan.PolicyReceived{Policy: scan.Policy{Enabled: true}})
	n := must[scan.Notice](d)
	if n.Kind != scan.NoticeEnabled || n.Due.Before(june) || !n.Due.Before(june.Add(2*time.Hour)) {
		t.Fatalf("first policy: %+v, want an initial scan within 2 h", n)
	}
	must[scan.Commit](d)
	d.step(scan.PolicyReceived{Policy: scan.Policy{Enabled: true}})
	if len(d.out) != 0 {
		t.Errorf("the same policy again: %+v, want nothing", d.out)
	}
	d.step(scan.PolicyReceived{Policy: scan.Policy{Enabled: true, ContentVersion: 7}})
	mustNot[scan.Notice](d)
	d.now = n.Due.Add(-1)
	d.step(scan.Tick{})
	mustNot[scan.Locate](d)
	d.now = n.Due
	d.step(scan.Tick{})
	c := must[scan.Commit](d)
	if c.Metadata != scan.ClearMetadata {
		t.Errorf("start of the initial scan: metadata change %v, want it cleared", c.Metadata)
	}
	r := d.connect(7, records(1, compliance.Required))
	if r.Decision.Action != scan.Connect || len(r.Changes) != 1 || r.Triggers[0] != scan.InitialScan {
		t.Errorf("initial scan: %+v", r)
	}
	d.drain()
	if got := d.m.Status().InitialScan; !got.IsZero() {
		t.Errorf("after the initial scan another is due at %v", got)
	}
}

// TestInitialScanClearsHistory: fresh metadata does not keep the initial scan
// from connecting, and is gone even when the scan fails.
func TestInitialScanClearsHistory(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-2")
	d := newDriver(t, nil)
	d.step(scan.PolicyReceived{Policy: scan.Policy{Enabled: true}})
	due := d.m.Status().InitialScan
	d.step(scan.Requested{Request: scan.Request{Trigger: scan.ScanCycle}})
	d.connect(1, records(1, compliance.Required))
	d.drain()
	if s, _ := d.m.Stamp(); !s.Present() {
		t.Fatal("no stamp after a forced scan")
	}
	d.now = due
	d.step(scan.Tick{})
	d.step(scan.Located{Run: must[scan.Locate](d).Run, Failure: scan.Failure{Code: wsus.CodeSourceNotFound}})
	if r := must[scan.Finished](d).Result; r.Outcome != scan.Failed {
		t.Fatalf("outcome %v, want failed", r.Outcome)
	}
	if s, _ := d.m.Stamp(); s.Present() {
		t.Error("the history is still there after the initial scan began")
	}
}

func TestInitialDelayIsUniform(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-1")
	var buckets [8]int
	for i := range 800 {
		d := newDriver(t, func(c *scan.MachineConfig) { c.Rand = sequence(uint64(i) * (1<<63/800*2 + 1)) })
		d.step(scan.PolicyReceived{Policy: scan.Policy{Enabled: true}})
		wait := must[scan.Notice](d).Due.Sub(june)
		if wait < 0 || wait >= 2*time.Hour {
			t.Fatalf("delay %v, want 0 to 2 h", wait)
		}
		buckets[wait*8/(2*time.Hour)]++
	}
	for i, n := range buckets {
		if n < 99 || n > 101 {
			t.Errorf("bucket %d has %d of 800 evenly spread draws, want 100", i, n)
		}
	}
	for _, extreme := range []uint64{0, 1<<64 - 1} {
		d := newDriver(t, func(c *scan.MachineConfig) { c.Rand = sequence(extreme) })
		d.step(scan.PolicyReceived{Policy: scan.Policy{Enabled: true}})
		if wait := must[scan.Notice](d).Due.Sub(june); wait < 0 || wait >= 2*time.Hour {
			t.Errorf("draw %x: delay %v, want 0 to 2 h", extreme, wait)
		}
	}
}

// sequence is a Rand that always gives the same number.
type sequence uint64

func (s sequence) Uint64() uint64 { return uint64(s) }

func TestDormant(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-14")
	d := enabledDriver(t, nil)
	before := d.m.Status()
	d.step(scan.PolicyReceived{Policy: scan.Policy{}})
	if n := must[scan.Notice](d); n.Kind != scan.NoticeDormant {
		t.Fatalf("notice %v, want dormant", n.Kind)
	}
	d.step(scan.Requested{Request: scan.Request{Trigger: scan.ScanCycle}, Token: 9})
	if r := must[scan.Finished](d).Result; r.Outcome != scan.Refused || r.Tokens[0] != 9 {
		t.Errorf("request while dormant: %+v, want refused", r)
	}
	if next, ok := d.m.Next(); ok {
		t.Errorf("dormant, and Next() = %v", next)
	}
	d.after(30*24*time.Hour, scan.Tick{})
	mustNot[scan.Evaluate](d)
	mustNot[scan.Locate](d)
	if got := d.m.Status(); got.Stamp != before.Stamp || d.m.Baseline().Len() != 2 {
		t.Errorf("dormant: %+v, want what was stored kept: %+v", got, before)
	}
	d.step(scan.PolicyReceived{Policy: scan.Policy{Enabled: true}})
	must[scan.Locate](d) // the missed occurrences run once, joined
	if got := d.m.Status(); got.Queued != 0 || !got.InitialScan.IsZero() {
		t.Errorf("enabled again: %+v, want one scan and no initial scan", got)
	}
}

// TestSchedules: occurrences keep their phase whatever happens between them,
// and missed ones run once.
func TestSchedules(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-13")
	t.Attr("rule", "WF-15")
	rapid.Check(t, func(rt *rapid.T) {
		interval := time.Duration(rapid.Int64Range(1, 14*24).Draw(rt, "hours")) * time.Hour
		custom := rapid.Bool().Draw(rt, "custom")
		d := newDriver(t, func(c *scan.MachineConfig) {
			c.Rand = sequence(rapid.Uint64().Draw(rt, "draw"))
			c.ScanSchedule.Interval = interval
			c.Reevaluation.Disabled = true
			if custom {
				c.ScanSchedule.Start = june.Add(time.Duration(rapid.Int64Range(-100, 100).Draw(rt, "start")) * time.Hour)
			}
		})
		d.step(scan.PolicyReceived{Policy: scan.Policy{Enabled: true}})
		first, initial := d.m.Status().NextScan, must[scan.Notice](d).Due
		if custom {
			start := d.m.Status().NextScan.Sub(june)
			if start < 0 || start > max(interval, 100*time.Hour)+2*time.Hour {
				rt.Fatalf("first occurrence %v from now", start)
			}
		} else if want := initial.Add(interval); !first.Equal(want) {
			rt.Fatalf("first occurrence %v, want one interval after the initial scan, %v", first, want)
		}
		if initial.After(d.now) {
			d.now = initial
			d.step(scan.Tick{})
		}
		if e, ok := find[scan.Locate](d); ok {
			d.step(scan.Located{Run: e.Run, Failure: scan.Failure{Code: wsus.CodeSourceNotFound}})
		}
		for range 5 {
			late := time.Duration(rapid.Int64Range(0, int64(3*interval)).Draw(rt, "late"))
			next := d.m.Status().NextScan
			d.now = next.Add(late)
			d.step(scan.Tick{})
			run := must[scan.Locate](d).Run
			if got := d.m.Status(); got.Queued != 0 {
				rt.Fatalf("%v late: %d more scans queued, want missed ones to run once", late, got.Queued)
			}
			d.step(scan.Located{Run: run, Failure: scan.Failure{Code: wsus.CodeSourceNotFound}})
			got := d.m.Status().NextScan
			if phase := got.Sub(first) % interval; phase != 0 || !got.After(d.now) || got.Sub(d.now) > interval {
				rt.Fatalf("next occurrence %v after %v: off phase by %v", got, d.now, phase)
			}
		}
	})
}
