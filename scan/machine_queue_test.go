package scan_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/wsus"
)

var two = []wsus.Location{
	{URL: "http://one.example.test:8530", Version: 100},
	{URL: "http://two.example.test:8530", Version: 100},
}

// attempt lets the running scan fail at its location, and returns the location
// and the result.
func (d *driver) attempt(locations []wsus.Location, code wsus.Code) (url string, r scan.Result) {
	d.t.Helper()
	d.locate(locations)
	e := must[scan.Retrieve](d)
	d.step(scan.Retrieved{Run: e.Run, Failure: scan.Failure{Code: code}})
	return e.Location.URL, must[scan.Finished](d).Result
}

// TestRetries walks through the whole of a round: four retries 30 min apart,
// 2 min to the next location, four retries there, and the end.
func TestRetries(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-9")
	const busy = wsus.Code(0x80244022)
	type try struct {
		URL  string
		Wait time.Duration
		Out  scan.Outcome
	}
	var want []try
	for i, l := range two {
		for range 4 {
			want = append(want, try{l.URL, 30 * time.Minute, scan.PendingRetry})
		}
		if i == 0 {
			want = append(want, try{l.URL, 2 * time.Minute, scan.PendingRetry})
		} else {
			want = append(want, try{l.URL, 0, scan.Failed})
		}
	}
	d := enabledDriver(t, nil)
	d.step(scan.Requested{Request: scan.Request{Trigger: scan.ScanCycle}})
	var got []try
	for range 20 {
		url, r := d.attempt(two, busy)
		if r.Outcome == scan.Failed {
			got = append(got, try{url, 0, r.Outcome})
			break
		}
		wait := r.RetryAt.Sub(d.now)
		got = append(got, try{url, wait, r.Outcome})
		d.after(wait-1, scan.Tick{})
		mustNot[scan.Locate](d)
		d.after(1, scan.Tick{})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("attempts (-want +got):\n%s", diff)
	}
}

func TestRetryOutcomes(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-9")
	for _, tt := range []struct {
		name string
		code wsus.Code
		want scan.Outcome
	}{
		{"in the table", 0x80244010, scan.PendingRetry},
		{"proxy authentication is not", 0x8024401B, scan.Failed},
		{"a time-out is not", wsus.CodeTimeout, scan.Failed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := enabledDriver(t, nil)
			d.step(scan.Requested{Request: scan.Request{Trigger: scan.ScanCycle}})
			if _, r := d.attempt(here, tt.code); r.Outcome != tt.want {
				t.Errorf("%v: %v, want %v", tt.code, r.Outcome, tt.want)
			}
		})
	}
	t.Run("wider table", func(t *testing.T) {
		t.Parallel()
		d := enabledDriver(t, func(c *scan.MachineConfig) { c.Retry.Codes = wsus.WiderRetryCodes() })
		d.step(scan.Requested{Request: scan.Request{Trigger: scan.ScanCycle}})
		if _, r := d.attempt(here, wsus.CodeTimeout); r.Outcome != scan.PendingRetry {
			t.Errorf("time-out: %v, want pending retry", r.Outcome)
		}
	})
	t.Run("stays with the one that worked", func(t *testing.T) {
		t.Parallel()
		d := enabledDriver(t, func(c *scan.MachineConfig) { c.Retry.Attempts = 1 })
		d.step(scan.Requested{Request: scan.Request{Trigger: scan.ScanCycle}})
		for range 2 {
			_, r := d.attempt(two, 0x80244022)
			d.after(r.RetryAt.Sub(d.now), scan.Tick{})
		}
		d.locate(two)
		d.step(scan.Retrieved{Run: must[scan.Retrieve](d).Run, Version: 1})
		if r := d.evaluated(records(1, compliance.Required)); r.Server != two[1].URL {
			t.Fatalf("second location: %s", r.Server)
		}
		d.step(scan.Requested{Request: scan.Request{Trigger: scan.ScanCycle}})
		d.locate(two)
		if e := must[scan.Retrieve](d); e.Location.URL != two[1].URL {
			t.Errorf("next scan goes to %s, want the one that worked", e.Location.URL)
		}
	})
	t.Run("no switch on the internet", func(t *testing.T) {
		t.Parallel()
		outside := []wsus.Location{
			{URL: "https://one.example.test:8531", Version: 100, Internet: true},
			{URL: "https://two.example.test:8531", Version: 100, Internet: true},
		}
		d := enabledDriver(t, func(c *scan.MachineConfig) { c.Retry.Attempts = 1 })
		d.step(scan.Roamed{Internet: true})
		d.step(scan.Requested{Request: scan.Request{Trigger: scan.ScanCycle}})
		_, r := d.attempt(outside, 0x80244022)
		d.after(r.RetryAt.Sub(d.now), scan.Tick{})
		if _, r := d.attempt(outside, 0x80244022); r.Outcome != scan.Failed {
			t.Errorf("after the retries: %v, want failed", r.Outcome)
		}
	})
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-10")
	d := enabledDriver(t, func(c *scan.MachineConfig) { c.Retry.Attempts = 1 })
	d.step(scan.Requested{Request: scan.Request{Trigger: scan.ScanCycle}})
	for range 5 {
		run := must[scan.Locate](d).Run
		d.step(scan.Interrupted{Run: run})
		mustNot[scan.Finished](d)
		mustNot[scan.Locate](d) // not before the client is at work again
		d.step(scan.Located{Run: run, Locations: here})
		if len(d.out) != 0 {
			t.Fatalf("an answer to an attempt that is over: %+v", d.out)
		}
		d.step(scan.Resumed{})
	}
	if _, r := d.attempt(here, 0x80244022); r.Outcome != scan.PendingRetry {
		t.Errorf("first failure after 5 interruptions: %v, want a retry left", r.Outcome)
	}
}

func TestQueue(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-11")
	d := enabledDriver(t, nil)
	d.now = d.now.Add(25 * time.Hour)
	joined := func(tr scan.Trigger, job uint64, want scan.NoticeKind) {
		t.Helper()
		r := scan.Request{Trigger: tr}
		if tr.NamesUpdates() {
			r.Updates = []compliance.UpdateID{update(1)}
		}
		d.step(scan.Requested{Request: r})
		for _, e := range d.out {
			if n, ok := e.(scan.Notice); ok && (n.Kind == scan.NoticeJoined || n.Kind == scan.NoticeTriggered) {
				if n.Kind != want || n.Job != job {
					t.Errorf("%v: %v job %d, want %v job %d", tr, n.Kind, n.Job, want, job)
				}
				return
			}
		}
		t.Errorf("%v: neither joined nor triggered", tr)
	}
	joined(scan.ScanCycle, 2, scan.NoticeTriggered) // runs, forced online
	first := must[scan.Locate](d).Run
	joined(scan.BeforeDownload, 2, scan.NoticeJoined)       // not yet evaluating
	joined(scan.ScanCycle, 3, scan.NoticeTriggered)         // forced never joins a running one
	joined(scan.AfterInstallation, 4, scan.NoticeTriggered) // offline never joins online
	joined(scan.AfterRestart, 4, scan.NoticeJoined)         // queued, same type
	joined(scan.DeploymentEvaluationCycle, 3, scan.NoticeJoined)
	d.step(scan.Located{Run: first, Locations: here})
	d.step(scan.PolicyRead{Run: first, Effective: wsus.Policy{Server: here[0].URL, StatusServer: here[0].URL, Use: true}})
	d.step(scan.Retrieved{Run: first, Version: 1})
	eval := must[scan.Evaluate](d).Run
	joined(scan.ScanSchedule, 3, scan.NoticeJoined) // the running one is evaluating
	d.step(scan.Evaluated{Run: eval, Evaluation: wsus.Evaluation{Snapshot: records(1, compliance.Required)}})
	r := must[scan.Finished](d).Result
	if diff := cmp.Diff([]scan.Trigger{scan.BeforeDownload, scan.ScanCycle}, r.Triggers); diff != "" || len(r.Checks) != 1 {
		t.Errorf("first scan, checks %v, triggers (-want +got):\n%s", r.Checks, diff)
	}
	next := must[scan.Locate](d)
	if next.Run.Job != 3 {
		t.Errorf("next is job %d, want 3: in order of arrival", next.Run.Job)
	}
	joined(scan.AfterInstallation, 4, scan.NoticeJoined)
	d.out = []scan.Effect{next}
	r = d.connect(1, records(1, compliance.Required))
	if len(r.Triggers) != 3 {
		t.Errorf("second scan: triggers %v, want three", r.Triggers)
	}
	if e := must[scan.Evaluate](d); e.Run.Job != 4 || !e.Stored {
		t.Errorf("then %+v, want job 4 with the stored metadata", e)
	}
}

func TestRequestPullsRetry(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-11")
	d := enabledDriver(t, nil)
	d.step(scan.Requested{Request: scan.Request{Trigger: scan.ScanCycle}})
	d.attempt(here, 0x80244022)
	d.after(time.Minute, scan.Requested{Request: scan.Request{Trigger: scan.ScanCycle}})
	for range 4 { // the retry that was pulled forward is not used up
		_, r := d.attempt(here, 0x80244022)
		if r.Outcome != scan.PendingRetry {
			t.Fatalf("outcome %v, want a retry left", r.Outcome)
		}
		d.after(r.RetryAt.Sub(d.now), scan.Tick{})
	}
	if _, r := d.attempt(here, 0x80244022); r.Outcome != scan.Failed {
		t.Errorf("after four retries: %v, want failed", r.Outcome)
	}
}

func TestRestartPending(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-12")
	t.Attr("rule", "MSG-4")
	const assignment = "{9B6F1A2C-0000-4000-8000-000000000001}"
	d := enabledDriver(t, nil)
	d.step(scan.Installed{Installation: scan.Installation{
		Assignment: assignment, Updates: []compliance.UpdateID{update(1)}, RestartRequired: true,
	}})
	// The files are in place, the evaluation finds the update installed.
	r := d.evaluated(records(1, compliance.Installed, 2, compliance.Installed))
	if rec, _ := r.Snapshot.Find(update(1)); rec.State != compliance.Required || len(r.Changes) != 0 {
		t.Errorf("before the restart: %v, changes %v, want Required and none", rec.State, r.Changes)
	}
	start := d.now
	msgs := d.drain()
	if got := d.now.Sub(start); got > 2*time.Minute {
		t.Errorf("messages left %v after the rescan, want at most 2 min", got)
	}
	if a, u := state(msgs, 301, assignment), state(msgs, 402, update(1).String()); a != 5 || u != 9 {
		t.Errorf("enforcement states 301/%d, 402/%d, want 5 and 9", a, u)
	}
	d.after(time.Hour, scan.Restarted{})
	if e := must[scan.Evaluate](d); !e.Stored {
		t.Error("the scan after the restart is not offline")
	}
	r = d.evaluated(records(1, compliance.Installed, 2, compliance.Installed))
	if len(r.Changes) != 1 || r.Changes[0].To != compliance.Installed || r.Triggers[0] != scan.AfterRestart {
		t.Errorf("after the restart: %+v, want update 1 Installed", r)
	}
	msgs = d.drain()
	a, u, s := state(msgs, 301, assignment), state(msgs, 402, update(1).String()), state(msgs, statemsg.UpdateDetection, update(1).String())
	if a != 4 || u != 10 || s != 3 {
		t.Errorf("states 301/%d, 402/%d, 500/%d, want 4, 10, 3", a, u, s)
	}
	d.step(scan.Restarted{})
	if got := kinds(d.out); len(got) != 0 {
		t.Errorf("another restart: %v, want no scan: nothing was pending", got)
	}
	// Without a restart the rescan reports Installed at once.
	d.step(scan.Installed{Installation: scan.Installation{Updates: []compliance.UpdateID{update(3)}}})
	r = d.evaluated(records(1, compliance.Installed, 2, compliance.Installed, 3, compliance.Installed))
	if len(r.Changes) != 1 || r.Changes[0].To != compliance.Installed {
		t.Errorf("installation without a restart: changes %+v, want update 3 Installed", r.Changes)
	}
}

func TestDiffRules(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-2")
	t.Attr("rule", "DIFF-3")
	t.Attr("rule", "DIFF-5")
	t.Attr("rule", "DIFF-6")
	for _, report := range []bool{false, true} {
		d := enabledDriver(t, func(c *scan.MachineConfig) { c.ReportRemoved = report })
		rescan := func(s *compliance.Snapshot) scan.Result {
			d.step(scan.Requested{Request: scan.Request{Trigger: scan.AfterInstallation}})
			return d.evaluated(s)
		}
		topic := func(msgs []statemsg.Message, n byte) (statemsg.StateID, bool) {
			for _, m := range msgs {
				if m.TopicType == statemsg.UpdateDetection && m.TopicID == update(n).String() {
					return m.StateID, true
				}
			}
			return 0, false
		}
		// Unchanged: nothing. Unknown: nothing, and the state is kept.
		r := rescan(records(1, compliance.Unknown, 2, compliance.Installed))
		if len(r.Changes) != 0 || r.Outcome != scan.CompletedWithErrors {
			t.Errorf("unknown: %v, changes %v, want completed with errors and none", r.Outcome, r.Changes)
		}
		msgs := d.drain()
		if _, ok := topic(msgs, 1); ok {
			t.Error("an update that could not be evaluated raised a message")
		}
		if rec, _ := d.m.Baseline().Find(update(1)); rec.State != compliance.Required {
			t.Errorf("last recorded state is %v, want Required kept", rec.State)
		}
		// Not delivered yet, and changed back: compared with what was
		// recorded, so the message that waits says the last state.
		rescan(records(1, compliance.Installed, 2, compliance.Installed))
		rescan(records(1, compliance.Required, 2, compliance.Installed))
		msgs = d.drain()
		if s, ok := topic(msgs, 1); !ok || s != 2 {
			t.Errorf("changed and changed back: %d, %t, want a message with state 2", s, ok)
		}
		// Removed, and back again.
		rescan(records(2, compliance.Installed))
		s, ok := topic(d.drain(), 1)
		if ok != report || s != 0 {
			t.Errorf("removed (report %t): message %t, state %d", report, ok, s)
		}
		r = rescan(records(1, compliance.Required, 2, compliance.Installed))
		if len(r.Changes) != 1 || r.Changes[0].Kind != compliance.First {
			t.Errorf("returned: %+v, want a first report", r.Changes)
		}
		d.drain()
	}
}
