package scantest

import (
	"slices"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/statemsgtest"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
)

// takeRequest accepts a request or refuses it.
func (w *Workflow) takeRequest(now time.Time, r scan.Request, token uint64) {
	code := w.rules().refusal(r, w.policy.Enabled)
	if code == 0 {
		w.enqueue(now, r, token, true)
		return
	}
	f := scan.Failure{Code: code}
	w.want(scan.Notice{Kind: scan.NoticeRefused, At: now, Trigger: r.Trigger, Failure: f})
	res := scan.Result{
		Type: w.rules().TypeOf(r.Trigger), Triggers: []scan.Trigger{r.Trigger},
		Outcome: scan.Refused, Failure: f, Started: now, Finished: now,
	}
	if token != 0 {
		res.Tokens = []uint64{token}
	}
	w.want(scan.Finished{Result: res})
}

// enqueue lets a request join a scan, or makes it a scan of its own (WF-11).
func (w *Workflow) enqueue(now time.Time, r scan.Request, token uint64, asked bool) {
	kind := scan.NoticeJoined
	j := w.joinable(r)
	if j == nil {
		kind = scan.NoticeTriggered
		w.lastJob++
		j = &job{id: w.lastJob, typ: w.rules().TypeOf(r.Trigger), stage: stageQueued}
		w.jobs = append(w.jobs, j)
	} else if asked && j.notBefore.After(now) { // our choice: who asks now is answered now
		j.notBefore, j.wait = time.Time{}, 0
		if j.counted { // the retry that was waited for has not been made
			j.retries--
		}
	}
	if !slices.Contains(j.triggers, r.Trigger) {
		j.triggers = append(j.triggers, r.Trigger)
		slices.Sort(j.triggers)
	}
	for _, id := range r.Updates {
		if !slices.Contains(j.updates, id) {
			j.updates = append(j.updates, id)
		}
	}
	if r.Required > j.required {
		j.required = r.Required
	}
	if r.Trigger == scan.InitialScan {
		j.clear = true
	}
	if token != 0 {
		j.tokens = append(j.tokens, token)
	}
	w.want(scan.Notice{Kind: kind, At: now, Job: j.id, Trigger: r.Trigger})
}

// joinable returns the scan that a request can join, nil for none (WF-11).
func (w *Workflow) joinable(r scan.Request) *job {
	if w.is("wf-joins-nothing") {
		return nil
	}
	for _, j := range w.jobs {
		if w.mayJoin(r, j) {
			return j
		}
	}
	return nil
}

// mayJoin is WF-11: a queued scan of the same type; for non-forced online
// also a forced online scan that is queued, or runs and has not come to the
// evaluation. Offline joins no online scan.
func (w *Workflow) mayJoin(r scan.Request, j *job) bool {
	typ, queued := w.rules().TypeOf(r.Trigger), j.stage == stageQueued
	if queued && j.typ == typ {
		return true
	}
	if queued && typ == scan.ForcedOffline && w.is("wf-offline-joins") {
		return true
	}
	if typ != scan.NonForcedOnline || j.typ != scan.ForcedOnline {
		return false
	}
	if queued {
		return true
	}
	if j.stage == stageEvaluating && !w.is("wf-joins-evaluating") {
		return false
	}
	// It retrieves for what it was asked for, and clears nothing any more.
	return r.Required <= j.required && r.Trigger != scan.InitialScan
}

// startScans starts scans in order of arrival, one at a time (WF-11), unless
// the client is dormant (WF-14).
func (w *Workflow) startScans(now time.Time) {
	for w.running == nil && w.awake() {
		var ready []*job
		for _, j := range w.jobs {
			if !j.held && !j.notBefore.After(now) {
				ready = append(ready, j)
			}
		}
		if len(ready) == 0 {
			return
		}
		if w.is("wf-last-first") {
			slices.Reverse(ready)
		}
		w.start(now, ready[0])
	}
}

// start begins an attempt.
func (w *Workflow) start(now time.Time, j *job) {
	w.running = j
	j.attempt++
	j.notBefore, j.wait, j.counted = time.Time{}, 0, false
	j.started, j.location, j.others = now, wsus.Location{}, 0
	j.retrieved, j.version, j.fellBack = false, 0, false
	if j.clear && !w.is("wf-initial-keeps-history") { // WF-2
		w.forgetMetadata()
		w.want(scan.Notice{Kind: scan.NoticeCleared, At: now, Job: j.id})
	}
	j.clear = false
	stamp, _ := w.Stamp()
	j.decision = w.rules().Decide(j.typ, w.cfg.TTL, stamp, j.required, now)
	w.want(scan.Notice{Kind: scan.NoticeDecided, At: now, Job: j.id, Trigger: j.triggers[0], Decision: j.decision})
	if j.decision.Action == scan.Fail { // DEC-4
		w.fail(now, j, 0x87D00606)
		return
	}
	if j.decision.Action == scan.UseLocal {
		j.stage = stageEvaluating
		w.scanMessage(now, j, statemsg.ScanRunning, 0)
		w.want(scan.Evaluate{Run: j.run(), Stored: true})
		return
	}
	j.stage = stageLocating // WF-3
	state := statemsg.ScanWaitingForLocation
	if w.is("wf-running-too-early") {
		state = statemsg.ScanRunning
	}
	w.scanMessage(now, j, state, 0)
	w.want(scan.Locate{Run: j.run(), Request: wsus.LocateRequest{
		UpdateSource: w.cfg.UpdateSource, Version: uint32(w.wanted(j)), SiteCode: w.cfg.SiteCode, Internet: w.internet,
	}})
}

// wanted is the content version that a location must have: that of the
// request or that of policy, whichever is higher (WF-6).
func (w *Workflow) wanted(j *job) ttl.Version { return max(j.required, w.policy.ContentVersion) }

// takeInstalled is WF-12.
func (w *Workflow) takeInstalled(now time.Time, in scan.Installation) {
	var code wsus.Code
	if !w.policy.Enabled {
		code = 0x87D00600
	}
	if len(in.Updates) == 0 || len(in.Updates) > 10_000 {
		code = 0x80070057
	}
	if in.Assignment != "" && !w.canBeTopic(in.Assignment) {
		code = 0x80070057
	}
	if code != 0 {
		w.want(scan.Notice{Kind: scan.NoticeRefused, At: now, Trigger: scan.AfterInstallation, Failure: scan.Failure{Code: code}})
		return
	}
	ids := slices.Clone(in.Updates)
	slices.SortFunc(ids, byBytes)
	ids = slices.Compact(ids)
	w.pending = slices.DeleteFunc(w.pending, func(p pending) bool { return slices.Contains(ids, p.id) })
	if in.RestartRequired {
		quiet := w.is("wf-no-restart-messages")
		for _, id := range ids {
			w.pending = append(w.pending, pending{id: id, assignment: in.Assignment})
			if !quiet {
				w.enforcement(now, 402, id.String(), 9)
			}
		}
		if in.Assignment != "" && !quiet {
			w.enforcement(now, 301, in.Assignment, 5)
		}
		w.want(scan.Notice{Kind: scan.NoticeRestartPending, At: now, Count: len(ids)})
	}
	w.enqueue(now, scan.Request{Trigger: scan.AfterInstallation, Updates: ids}, 0, true)
}

// byBytes is the order of ids, which is that of their text forms.
func byBytes(a, b compliance.UpdateID) int { return slices.Compare(a[:], b[:]) }

// canBeTopic reports whether a message can have the text as its topic id
// (MSG-1): an outbox takes it.
func (w *Workflow) canBeTopic(id string) bool {
	return new(statemsgtest.Outbox).Record(statemsg.Message{TopicType: 301, TopicID: id, Time: time.Unix(0, 0)}) == nil
}

// takeRestarted is WF-12: only a client that was waiting for a restart scans
// after it (TRG-1).
func (w *Workflow) takeRestarted(now time.Time) {
	r := scan.Request{Trigger: scan.AfterRestart}
	for i := range w.pending {
		if p := &w.pending[i]; !p.restarted {
			p.restarted = true
			r.Updates = append(r.Updates, p.id)
		}
	}
	if len(r.Updates) > 0 {
		w.enqueue(now, r, 0, true)
	}
}
