package scan_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
)

// kinds lists the types of the effects that are not notices or commits.
func kinds(effects []scan.Effect) []string {
	var names []string
	for _, e := range effects {
		switch e.(type) {
		case scan.Notice, scan.Commit:
		default:
			names = append(names, reflect.TypeOf(e).Name())
		}
	}
	return names
}

// TestOrderOfOnlineScan: location, then local policy, then the update agent,
// each after a commit of what came before.
func TestOrderOfOnlineScan(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-3")
	t.Attr("rule", "WF-7")
	t.Attr("rule", "WF-8")
	t.Attr("rule", "DIFF-9")
	d := enabledDriver(t, nil)
	var order []string
	note := func() {
		t.Helper()
		order = append(order, kinds(d.out)...)
		if _, ok := d.out[0].(scan.Commit); !ok {
			t.Fatalf("the first effect is %T, want a commit", d.out[0])
		}
	}
	d.step(scan.Requested{Request: scan.Request{Trigger: scan.ScanCycle}})
	note()
	d.step(scan.Located{Run: must[scan.Locate](d).Run, Locations: here})
	note()
	d.step(scan.PolicyRead{Run: must[scan.ReadPolicy](d).Run})
	note()
	w := must[scan.WritePolicy](d)
	want := wsus.Policy{Server: "http://sup.example.test:8530", StatusServer: "http://sup.example.test:8530", Use: true}
	if w.Policy != want {
		t.Errorf("policy written is %+v, want %+v", w.Policy, want)
	}
	d.step(scan.PolicyWritten{Run: w.Run})
	note()
	d.step(scan.Retrieved{Run: must[scan.Retrieve](d).Run, Version: 3})
	note()
	d.step(scan.Evaluated{Run: must[scan.Evaluate](d).Run, Evaluation: wsus.Evaluation{Snapshot: records(1, compliance.Installed, 2, compliance.Installed)}})
	note()
	if diff := cmp.Diff([]string{"Locate", "ReadPolicy", "WritePolicy", "Retrieve", "Evaluate", "Finished"}, order); diff != "" {
		t.Errorf("effects in order (-want +got):\n%s", diff)
	}
	c := d.out[0].(scan.Commit)
	if diff := cmp.Diff([]scan.Part{scan.PartMachine, scan.PartBaseline, scan.PartOutbox}, c.Parts); diff != "" || c.Metadata != scan.StoreMetadata {
		t.Errorf("the last commit is %+v, want baseline, messages, stamp and metadata in one (-want +got):\n%s", c, diff)
	}
	msgs := d.drain()
	if got := state(msgs, statemsg.UpdateDetection, update(1).String()); got != 3 {
		t.Errorf("update 1: state %d sent, want 3", got)
	}
	if got := state(msgs, statemsg.UpdateSourceScan, update(0xF0).String()); got != statemsg.ScanCompleted {
		t.Errorf("scan state %d sent, want 3", got)
	}
}

// TestScanStates lists the scan states that are recorded, by saving the outbox
// after each step.
func TestScanStates(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-8")
	last := func(d *driver) statemsg.StateID {
		data, err := d.m.AppendPart(nil, scan.PartOutbox)
		if err != nil {
			t.Fatal(err)
		}
		o, err := statemsg.DecodeOutbox(data)
		if err != nil {
			t.Fatal(err)
		}
		m, _, ok := o.Last(statemsg.UpdateSourceScan, update(0xF0).String())
		if !ok {
			t.Fatal("no scan state recorded")
		}
		return m.StateID
	}
	want := func(d *driver, s statemsg.StateID) {
		t.Helper()
		if got := last(d); got != s {
			t.Errorf("scan state %d, want %d", got, s)
		}
	}
	d := enabledDriver(t, nil)
	d.step(scan.Requested{Request: scan.Request{Trigger: scan.ScanCycle}})
	want(d, statemsg.ScanWaitingForLocation)
	d.step(scan.Located{Run: must[scan.Locate](d).Run, Locations: here})
	want(d, statemsg.ScanWaitingForLocation)
	d.step(scan.PolicyRead{Run: must[scan.ReadPolicy](d).Run, Effective: wsus.Policy{Server: here[0].URL, StatusServer: here[0].URL, Use: true}})
	want(d, statemsg.ScanRunning)
	run := must[scan.Retrieve](d).Run
	d.step(scan.Retrieved{Run: run, Failure: scan.Failure{Code: 0x80244022}})
	want(d, statemsg.ScanPendingRetry)
	d.after(30*time.Minute, scan.Tick{})
	d.step(scan.Located{Run: must[scan.Locate](d).Run, Failure: scan.Failure{Code: 0x80244017}})
	want(d, statemsg.ScanFailed)
	d.step(scan.Requested{Request: scan.Request{Trigger: scan.AfterInstallation}})
	want(d, statemsg.ScanRunning)
	d.evaluated(records(1, compliance.Required, 2, compliance.Unknown))
	want(d, statemsg.ScanCompletedWithErrors)
}

func TestSSLOnly(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-4")
	secure := []wsus.Location{{URL: "https://sup.example.test:8531", Version: 100, Internet: true, Intranet: true}}
	for _, tt := range []struct {
		name             string
		native, internet bool
		locations        []wsus.Location
		connects, ssl    bool
	}{
		{"intranet, http", false, false, here, true, false},
		{"native mode, http", true, false, here, false, true},
		{"internet, http", false, true, []wsus.Location{{URL: here[0].URL, Version: 100, Internet: true}}, false, true},
		{"native mode, https", true, false, secure, true, true},
		{"internet, https", false, true, secure, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := enabledDriver(t, nil)
			d.step(scan.PolicyReceived{Policy: scan.Policy{Enabled: true, NativeMode: tt.native}})
			d.step(scan.Roamed{Internet: tt.internet})
			d.step(scan.Requested{Request: scan.Request{Trigger: scan.ScanCycle}})
			d.locate(tt.locations)
			e, ok := find[scan.Retrieve](d)
			if ok != tt.connects || (ok && e.SSLOnly != tt.ssl) {
				t.Errorf("retrieve %t, SSL only %t, want %t, %t: %+v", ok, e.SSLOnly, tt.connects, tt.ssl, d.out)
			}
			if !ok && must[scan.Finished](d).Result.Outcome != scan.Failed {
				t.Error("an http location did not fail the scan for good")
			}
		})
	}
}

func TestPolicyConflict(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-5")
	d := enabledDriver(t, nil)
	d.step(scan.Requested{Request: scan.Request{Trigger: scan.ScanCycle}})
	d.step(scan.Located{Run: must[scan.Locate](d).Run, Locations: here})
	other := wsus.Policy{Server: "http://other.example.test:8530", StatusServer: "http://other.example.test:8530", Use: true, HigherAuthority: true}
	d.step(scan.PolicyRead{Run: must[scan.ReadPolicy](d).Run, Effective: other})
	mustNot[scan.WritePolicy](d)
	mustNot[scan.Retrieve](d)
	if r := must[scan.Finished](d).Result; r.Failure.Code != wsus.CodeGroupPolicyConflict || r.Outcome != scan.Failed {
		t.Errorf("conflict: %+v, want 0x87D00692, failed", r)
	}
}

func TestNoLocation(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-6")
	codes := make(map[string]wsus.Code)
	for name, answer := range map[string]scan.Located{
		"none":        {},
		"version":     {Locations: []wsus.Location{{URL: here[0].URL, Version: 6}}},
		"unreachable": {Locations: here},
	} {
		d := enabledDriver(t, nil)
		d.step(scan.PolicyReceived{Policy: scan.Policy{Enabled: true, ContentVersion: 7}})
		d.step(scan.Requested{Request: scan.Request{Trigger: scan.ScanCycle}})
		if got := must[scan.Locate](d).Request.Version; got != 7 {
			t.Errorf("location asked for version %d, want 7", got)
		}
		answer.Run = must[scan.Locate](d).Run
		d.step(answer)
		if e, ok := find[scan.ReadPolicy](d); ok {
			d.step(scan.PolicyRead{Run: e.Run, Effective: wsus.Policy{Server: here[0].URL, StatusServer: here[0].URL, Use: true}})
			d.step(scan.Retrieved{Run: e.Run, Failure: scan.Failure{Code: wsus.CodeCannotConnect}})
		}
		codes[name] = must[scan.Finished](d).Result.Failure.Code
	}
	if codes["none"] == codes["unreachable"] || codes["version"] == codes["unreachable"] || codes["none"] != wsus.CodeSourceNotFound {
		t.Errorf("codes %v, want no location told apart from an unreachable server", codes)
	}
}

// TestMetadata: what moves the stamp, and what does not.
func TestMetadata(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-4")
	t.Attr("rule", "TTL-5")
	t.Attr("rule", "TTL-6")
	t.Attr("rule", "TTL-8")
	t.Attr("rule", "DEC-5")
	d := enabledDriver(t, nil)
	at := func() time.Time {
		s, _ := d.m.Stamp()
		stamp, _ := s.Time()
		return stamp
	}
	request := func(tr scan.Trigger, v ttl.Version) {
		d.step(scan.Requested{Request: scan.Request{Trigger: tr, Required: v}})
	}
	// Inside the TTL and after an installation: local, and the stamp stays.
	first := at()
	d.now = first.Add(24 * time.Hour)
	for _, tr := range []scan.Trigger{scan.ScanSchedule, scan.AfterInstallation} {
		request(tr, 0)
		if e := must[scan.Evaluate](d); !e.Stored {
			t.Errorf("%v at exactly 24 h: metadata is not the stored one", tr)
		}
		r := d.evaluated(records(1, compliance.Required, 2, compliance.Installed))
		if !at().Equal(first) || r.Connected || r.Stamp != mustStamp(d) {
			t.Errorf("%v: stamp moved to %v by a scan that did not connect: %+v", tr, at(), r)
		}
	}
	// Outside: the scan must connect, and fails when it cannot.
	d.now = first.Add(24*time.Hour + 1)
	request(scan.ScanSchedule, 0)
	d.locate(here)
	d.step(scan.Retrieved{Run: must[scan.Retrieve](d).Run, Failure: scan.Failure{Code: wsus.CodeTimeout}})
	mustNot[scan.Evaluate](d)
	if r := must[scan.Finished](d).Result; r.Outcome != scan.Failed || r.Connected || !at().Equal(first) {
		t.Errorf("failed scan: %+v, stamp %v, want %v", r, at(), first)
	}
	// Evaluation fails after the metadata was retrieved: nothing moves.
	request(scan.ScanCycle, 0)
	d.locate(here)
	d.step(scan.Retrieved{Run: must[scan.Retrieve](d).Run, Version: 9})
	d.step(scan.Evaluated{Run: must[scan.Evaluate](d).Run, Failure: scan.Failure{Code: wsus.CodeScanTimedOut}})
	if c := must[scan.Commit](d); c.Metadata != scan.KeepMetadata || !at().Equal(first) {
		t.Errorf("failed evaluation: %+v, stamp %v, want nothing changed", c, at())
	}
	// A forced scan in the middle of the TTL resets it to the completion.
	request(scan.ScanCycle, 0)
	d.locate(here)
	d.after(10*time.Minute, scan.Retrieved{Run: must[scan.Retrieve](d).Run, Version: 9})
	d.now = d.now.Add(5 * time.Minute)
	r := d.evaluated(records(1, compliance.Required, 2, compliance.Installed))
	if !at().Equal(d.now) || !r.FreshUntil.Equal(d.now.Add(24*time.Hour)) || r.Server != here[0].URL || !r.Connected {
		t.Errorf("forced scan: stamp %v, result %+v, want the completion time %v", at(), r, d.now)
	}
	// A higher required version connects inside the TTL, a higher policy
	// version starts nothing.
	d.step(scan.PolicyReceived{Policy: scan.Policy{Enabled: true, ContentVersion: 50}})
	if got := kinds(d.out); len(got) != 0 {
		t.Errorf("a newer policy version: %v, want nothing started", got)
	}
	request(scan.ScanSchedule, 9)
	must[scan.Evaluate](d)
	d.evaluated(records(1, compliance.Required, 2, compliance.Installed))
	request(scan.ScanSchedule, 10)
	d.locate(here)
	d.step(scan.Retrieved{Run: must[scan.Retrieve](d).Run, Version: 9})
	if r := must[scan.Finished](d).Result; r.Outcome != scan.Failed {
		t.Errorf("retrieved version 9 where 10 is required: %v, want failed", r.Outcome)
	}
}

func mustStamp(d *driver) ttl.Stamp {
	s, _ := d.m.Stamp()
	return s
}

func TestOfflineHistory(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DEC-3")
	t.Attr("rule", "DEC-4")
	d := newDriver(t, nil)
	d.step(scan.PolicyReceived{Policy: scan.Policy{Enabled: true}})
	d.step(scan.Requested{Request: scan.Request{Trigger: scan.AfterInstallation}})
	mustNot[scan.Locate](d)
	mustNot[scan.Evaluate](d)
	if r := must[scan.Finished](d).Result; r.Failure.Code != 0x87D00606 || r.Outcome != scan.Failed {
		t.Errorf("offline without metadata: %+v, want 0x87D00606, failed", r)
	}
	d = enabledDriver(t, nil)
	d.step(scan.MetadataLost{Detail: "checksum"})
	d.step(scan.Requested{Request: scan.Request{Trigger: scan.AfterRestart}})
	mustNot[scan.Evaluate](d)
	if r := must[scan.Finished](d).Result; r.Failure.Code != 0x87D00606 {
		t.Errorf("offline with lost metadata: %+v, want 0x87D00606", r)
	}
}

func TestStillRequired(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TRG-7")
	d := enabledDriver(t, nil)
	ids := []compliance.UpdateID{update(9), update(1), update(2), update(3), update(1)}
	d.step(scan.Requested{Request: scan.Request{Trigger: scan.BeforeInstallation, Updates: ids}, Token: 4})
	r := d.evaluated(records(1, compliance.Required, 2, compliance.Installed, 3, compliance.Unknown))
	var got []string
	for _, c := range r.Checks {
		required, known := r.StillRequired(c.ID)
		got = append(got, fmt.Sprint(c.ID[15], required, known))
	}
	if diff := cmp.Diff([]string{"1 true true", "2 false true", "3 false false", "9 false true"}, got); diff != "" {
		t.Errorf("still required (-want +got):\n%s", diff)
	}
	if _, known := r.StillRequired(update(8)); known {
		t.Error("an update that nobody named is known")
	}
	for _, bad := range []scan.Request{
		{Trigger: scan.BeforeDownload},
		{Trigger: scan.BeforeInstallation},
		{Trigger: 0},
		{Trigger: scan.ScanCycle, Updates: make([]compliance.UpdateID, scan.MaxRequestUpdates+1)},
	} {
		d.step(scan.Requested{Request: bad})
		if r := must[scan.Finished](d).Result; r.Outcome != scan.Refused {
			t.Errorf("request %v with %d updates: %v, want refused", bad.Trigger, len(bad.Updates), r.Outcome)
		}
		if _, ok := find[scan.Commit](d); ok {
			t.Error("a refused request changed something")
		}
	}
}
