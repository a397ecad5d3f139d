package scantest

import (
	"time"

	"github.com/updatescan/updatescan/scan"
)

// startDelay is the window of the random delay of a custom schedule (WF-13).
const startDelay = 2 * time.Hour

// takePolicy is machine policy: WF-1, WF-14.
func (w *Workflow) takePolicy(now time.Time, p scan.Policy) {
	before := w.policy
	w.policy = p
	if w.is("ttl-policy-version-scans") && before.Enabled && p.Enabled && p.ContentVersion > before.ContentVersion {
		w.enqueue(now, scan.Request{Trigger: scan.ScanSchedule}, 0, false)
	}
	if w.is("wf-initial-again") && p.Enabled && w.known {
		w.initialDelay = w.draw(w.cfg.InitialWindow)
		if !w.initialDone {
			w.initial = now.Add(w.initialDelay)
		}
	}
	if before.Enabled == p.Enabled {
		return // WF-1: receiving it again schedules nothing
	}
	if !p.Enabled {
		if w.is("wf-dormant-forgets") {
			w.forgetMetadata()
		}
		w.want(scan.Notice{Kind: scan.NoticeDormant, At: now})
		return
	}
	if w.known {
		w.want(scan.Notice{Kind: scan.NoticeResumed, At: now})
		return
	}
	w.known = true
	w.initialDelay = w.draw(w.cfg.InitialWindow)
	if w.is("wf-initial-at-once") {
		w.initialDelay = 0
	}
	w.scanDelay = w.draw(startDelay)
	w.reevaluationDelay = w.draw(startDelay)
	w.initial = now.Add(w.initialDelay)
	w.nextScan = w.firstOccurrence(w.cfg.ScanSchedule, w.scanDelay, now)
	w.nextReevaluation = w.firstOccurrence(w.cfg.Reevaluation, w.reevaluationDelay, now)
	w.want(scan.Notice{Kind: scan.NoticeEnabled, At: now, Trigger: scan.InitialScan, Due: w.initial})
}

// forgetMetadata clears the scan history.
func (w *Workflow) forgetMetadata() {
	w.history.Cleared()
	w.source = ""
	w.want(scan.Commit{Metadata: scan.ClearMetadata})
}

// awake reports whether timers run: those of a dormant client do not (WF-14).
func (w *Workflow) awake() bool {
	return w.policy.Enabled || w.known && w.is("wf-dormant-scans")
}

// firstOccurrence is the schedule's first occurrence: of a simple one an
// interval after the initial scan, of a custom one as any other (WF-13).
func (w *Workflow) firstOccurrence(s scan.Schedule, delay time.Duration, now time.Time) time.Time {
	if !s.Disabled && s.Start.IsZero() {
		return w.initial.Add(s.Interval)
	}
	return w.nextOccurrence(s, delay, now)
}

// nextOccurrence is the first occurrence later than now. Occurrences are whole
// intervals apart (WF-15); a custom schedule has none before its delayed
// start. The zero time means that there is none.
func (w *Workflow) nextOccurrence(s scan.Schedule, delay time.Duration, now time.Time) time.Time {
	if s.Disabled {
		return time.Time{}
	}
	custom := !s.Start.IsZero()
	t := w.initial
	if custom {
		t = s.Start.Add(delay)
	}
	if custom && w.is("wf-custom-not-delayed") {
		t = s.Start
	}
	for !t.After(now) {
		t = t.Add(s.Interval)
	}
	for !custom && t.Add(-s.Interval).After(now) {
		t = t.Add(-s.Interval)
	}
	return t
}

// occurrenceAfter is the occurrence that follows one that is due now.
func (w *Workflow) occurrenceAfter(s scan.Schedule, delay time.Duration, now time.Time) time.Time {
	if w.is("wf-interval-from-end") {
		return now.Add(s.Interval)
	}
	return w.nextOccurrence(s, delay, now)
}

// fire starts what is due (WF-1, WF-13).
func (w *Workflow) fire(now time.Time) {
	if !w.awake() {
		return
	}
	if !w.initialDone && !w.initial.After(now) {
		w.initialDone = true
		w.enqueue(now, scan.Request{Trigger: scan.InitialScan}, 0, false)
	}
	if !w.nextScan.IsZero() && !w.nextScan.After(now) {
		w.nextScan = w.occurrenceAfter(w.cfg.ScanSchedule, w.scanDelay, now)
		w.enqueue(now, scan.Request{Trigger: scan.ScanSchedule}, 0, false)
	}
	if !w.nextReevaluation.IsZero() && !w.nextReevaluation.After(now) {
		w.nextReevaluation = w.occurrenceAfter(w.cfg.Reevaluation, w.reevaluationDelay, now)
		w.enqueue(now, scan.Request{Trigger: scan.Reevaluation}, 0, false)
	}
}

// clockWentBack shortens every wait that is now longer than it was when it
// began. A schedule that is further away than any wait can be goes on with the
// next occurrence of its phase.
func (w *Workflow) clockWentBack(now time.Time) {
	if w.known && !w.initialDone && w.initial.After(now.Add(w.initialDelay)) {
		w.initial = now.Add(w.initialDelay)
	}
	for _, j := range w.jobs {
		if j.notBefore.After(now.Add(j.wait)) {
			j.notBefore = now.Add(j.wait)
		}
	}
	repair := func(next *time.Time, s scan.Schedule, delay time.Duration) {
		if next.IsZero() || !next.After(now.Add(s.Interval+startDelay)) {
			return
		}
		if w.initialDone {
			*next = w.nextOccurrence(s, delay, now)
		} else {
			*next = w.firstOccurrence(s, delay, now)
		}
	}
	repair(&w.nextScan, w.cfg.ScanSchedule, w.scanDelay)
	repair(&w.nextReevaluation, w.cfg.Reevaluation, w.reevaluationDelay)
}
