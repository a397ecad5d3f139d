package scantest

import (
	"errors"
	"strings"
	"time"

	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
)

// takeLocated chooses a location: WF-4, WF-6, WF-9.
func (w *Workflow) takeLocated(now time.Time, e scan.Located) {
	j := w.at(e.Run, stageLocating)
	if j == nil {
		return
	}
	if e.Failure.Code != 0 {
		w.fail(now, j, e.Failure.Code)
		return
	}
	need := wsus.Requirement{
		SSLOnly: w.policy.NativeMode, Internet: w.internet, Version: uint32(w.wanted(j)),
		LastGood: w.lastGood, Failed: j.failed,
	}
	if j.at != "" { // a retry is at the same location
		need.LastGood = j.at
	}
	order, err := w.wsus().Order(e.Locations, need)
	if err != nil {
		w.fail(now, j, codeOf(err))
		return
	}
	j.location, j.others = order[0], len(order)-1
	if w.internet {
		j.others = 0
	}
	j.at, j.stage = j.location.URL, stageReading
	w.want(scan.Notice{Kind: scan.NoticeLocated, At: now, Job: j.id, Location: j.location})
	w.want(scan.ReadPolicy{Run: j.run()})
}

// codeOf is the result code of what a model refuses.
func codeOf(err error) wsus.Code {
	if e, ok := errors.AsType[*wsus.Error](err); ok {
		return e.Code
	}
	if errors.Is(err, wsus.ErrNotSSL) || errors.Is(err, wsus.ErrBadLocation) {
		return 0x87D00628
	}
	if errors.Is(err, wsus.ErrAllFailed) {
		return 0x87D00630
	}
	return 0x87D00691 // WF-6
}

// sslOnly is WF-4.
func (w *Workflow) sslOnly() bool {
	if w.is("wf-internet-http") {
		return w.policy.NativeMode
	}
	if w.is("wf-native-http") {
		return w.internet
	}
	return w.internet || w.policy.NativeMode
}

// refused reports whether the client must not connect to the location.
func (w *Workflow) refused(l wsus.Location) bool {
	return w.sslOnly() && !strings.HasPrefix(strings.ToLower(l.URL), "https://")
}

// takePolicyRead is WF-3 and WF-5.
func (w *Workflow) takePolicyRead(now time.Time, e scan.PolicyRead) {
	j := w.at(e.Run, stageReading)
	if j == nil {
		return
	}
	if e.Failure.Code != 0 {
		w.fail(now, j, e.Failure.Code)
		return
	}
	if w.refused(j.location) { // WF-4: the client may have moved since
		w.fail(now, j, 0x87D00628)
		return
	}
	p, write, err := w.wsus().PolicyFor(j.location, e.Effective)
	if err != nil {
		w.fail(now, j, codeOf(err))
		return
	}
	if !write || w.is("wf-policy-not-written") {
		w.retrieve(now, j)
		return
	}
	j.stage = stageWriting
	w.want(scan.WritePolicy{Run: j.run(), Policy: p})
}

// retrieve passes the request to the update agent (WF-3).
func (w *Workflow) retrieve(now time.Time, j *job) {
	if w.refused(j.location) { // WF-4, once more
		w.fail(now, j, 0x87D00628)
		return
	}
	j.stage = stageRetrieving
	w.scanMessage(now, j, statemsg.ScanRunning, 0) // WF-8
	w.want(scan.Retrieve{Run: j.run(), Location: j.location, SSLOnly: w.sslOnly()})
}

func (w *Workflow) takeRetrieved(now time.Time, e scan.Retrieved) {
	j := w.at(e.Run, stageRetrieving)
	if j == nil {
		return
	}
	if e.Failure.Code != 0 && w.history.Stamp().Present() && w.is("dec-falls-back") {
		j.fellBack, j.stage = true, stageEvaluating
		w.want(scan.Evaluate{Run: j.run(), Stored: true})
		return
	}
	if e.Failure.Code != 0 { // DEC-5
		w.fail(now, j, e.Failure.Code)
		return
	}
	if e.Version < j.required { // TTL-8
		w.fail(now, j, 0x87D00691)
		return
	}
	j.retrieved, j.version, j.stage = true, e.Version, stageEvaluating
	w.want(scan.Notice{Kind: scan.NoticeConnected, At: now, Job: j.id, Location: j.location})
	w.want(scan.Evaluate{Run: j.run()})
}

// fail is WF-9. The stamp, the metadata and the recorded states stay as they
// are (TTL-6).
func (w *Workflow) fail(now time.Time, j *job, code wsus.Code) {
	next := w.wsus().Next(w.cfg.Retry, wsus.Failure{Code: code, Retries: j.retries, Others: j.others})
	cancelled := next.Reason == wsus.RetryNoFailure
	w.tellHistory(now, j, cancelled)
	r := w.result(now, j)
	r.Failure = scan.Failure{Code: code}
	w.running = nil
	j.counted = false
	if j.afterInstall() {
		w.cycle.AskFlush(now) // MSG-4, however it ended
	}
	if cancelled { // WF-10: no failure, and no retry used up
		w.tryAgain(now, j, code, w.cfg.Retry.Delay, r)
		return
	}
	if next.Action == wsus.RetryStop {
		w.remove(j)
		r.Outcome = scan.Failed
		w.scanMessage(now, j, statemsg.ScanFailed, code)
		w.want(scan.Finished{Result: r})
		return
	}
	if next.Action == wsus.RetrySame {
		j.retries++
		j.counted = true
	} else { // to the next location
		j.failed = append(j.failed, j.at)
		j.at, j.retries = "", 0
	}
	w.tryAgain(now, j, code, next.Delay, r)
}

// tellHistory tells what moves the stamp that an online scan came to nothing,
// which moves it not (TTL-6).
func (w *Workflow) tellHistory(now time.Time, j *job, cancelled bool) {
	if j.typ == scan.ForcedOffline {
		return
	}
	if cancelled {
		w.history.Cancelled(now)
		return
	}
	had := w.history.Stamp().Present()
	w.history.Failed(now)
	if had && !w.history.Stamp().Present() { // by mistake
		w.forgetMetadata()
	}
}

// tryAgain ends an attempt that will be made again.
func (w *Workflow) tryAgain(now time.Time, j *job, code wsus.Code, wait time.Duration, r scan.Result) {
	j.wait = wait
	j.stage, j.notBefore, j.tokens = stageQueued, now.Add(j.wait), nil
	r.Outcome, r.RetryAt = scan.PendingRetry, j.notBefore
	w.scanMessage(now, j, statemsg.ScanPendingRetry, code)
	w.want(scan.Finished{Result: r})
}

// result is what all results of an attempt have in common (DEC-7).
func (w *Workflow) result(now time.Time, j *job) scan.Result {
	r := scan.Result{
		Run: j.run(), Type: j.typ, Triggers: append([]scan.Trigger{}, j.triggers...), Tokens: j.tokens,
		Decision: j.decision, Connected: j.retrieved, Server: j.location.URL,
		Started: j.started, Finished: now,
	}
	stamp, source := w.Stamp()
	if j.local() {
		r.Server, r.Stamp = source, stamp
	}
	if j.local() && w.is("dec-result-without-server") {
		r.Server = ""
	}
	if v := w.history.Check(0, now); v.Reason == ttl.WithinTTL {
		at, _ := stamp.Time()
		if w.is("dec-fresh-until-from-start") {
			at = j.started
		}
		r.FreshUntil = at.Add(v.TTL)
	}
	return r
}
