package scantest

import (
	"slices"
	"strconv"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/wsus"
)

// complete is WF-7: diff, messages, stamp.
func (w *Workflow) complete(now time.Time, j *job, ev wsus.Evaluation) {
	found, unknown := w.found(j, ev)
	changes := w.compare(now, j, found)
	if j.retrieved { // TTL-4
		w.history.Retrieved(j.started, now, j.version)
		w.source, w.lastGood = j.location.URL, j.location.URL
		w.want(scan.Commit{Metadata: scan.StoreMetadata, Run: j.run(), Stamp: w.history.Stamp(), Source: w.source})
	} else { // TTL-5
		w.history.AnsweredLocally(now)
	}
	r := w.result(now, j)
	r.Snapshot, r.Changes = snapshotOf(found), changes
	r.Problems, r.Unsupported = ev.Problems, ev.Unsupported
	if j.retrieved {
		r.Stamp = w.history.Stamp()
	}
	r.Outcome = scan.Completed
	state := statemsg.ScanCompleted
	if unknown { // DIFF-5
		r.Outcome = scan.CompletedWithErrors
	}
	if unknown && !w.is("wf-errors-as-completed") {
		state = statemsg.ScanCompletedWithErrors
	}
	r.Checks = w.checks(j, found)
	w.scanMessage(now, j, state, 0)
	w.settleRestarts(now, found)
	if j.afterInstall() {
		w.cycle.AskFlush(now) // MSG-4
	}
	w.running = nil
	w.remove(j)
	w.want(scan.Finished{Result: r})
}

// found is what a scan found of each update. An update that waits for a
// restart is not installed, whatever the evaluation says (WF-12).
func (w *Workflow) found(j *job, ev wsus.Evaluation) (records []compliance.Record, unknown bool) {
	records = slices.Collect(ev.Snapshot.All())
	if j.typ == scan.ForcedOffline && w.is("dec-offline-reuses-results") {
		records = slices.Clone(w.baseline)
	}
	for i := range records {
		rec := &records[i]
		held := func(p pending) bool { return p.id == rec.ID && !p.restarted }
		if rec.State == compliance.Installed && slices.ContainsFunc(w.pending, held) && !w.is("wf-installed-before-restart") {
			rec.State = compliance.Required
		}
		unknown = unknown || rec.State == compliance.Unknown
	}
	return records, unknown
}

// recordOf finds the record of an update.
func recordOf(records []compliance.Record, id compliance.UpdateID) (rec compliance.Record, ok bool) {
	for _, r := range records {
		if r.ID == id {
			return r, true
		}
	}
	return compliance.Record{}, false
}

// snapshotOf returns records as a snapshot.
func snapshotOf(records []compliance.Record) *compliance.Snapshot {
	s, err := compliance.NewSnapshot(nil, records)
	if err != nil {
		panic("scantest: a snapshot of records that came from one: " + err.Error())
	}
	return s
}

// checks tells of the updates that were named (TRG-7).
func (w *Workflow) checks(j *job, found []compliance.Record) []scan.UpdateCheck {
	var list []scan.UpdateCheck
	slices.SortFunc(j.updates, byBytes)
	for _, id := range j.updates {
		rec, ok := recordOf(found, id)
		if w.is("trg-checks-only-required") && rec.State != compliance.Required {
			continue
		}
		list = append(list, scan.UpdateCheck{ID: id, Found: ok, State: rec.State})
	}
	return list
}

// compare is the diff against the last recorded states, and their change with
// its messages (DIFF-2, DIFF-3).
func (w *Workflow) compare(now time.Time, j *job, found []compliance.Record) []compliance.Change {
	if j.typ == scan.ForcedOffline && w.is("wf-diff-skipped") {
		return nil
	}
	base := w.baseline
	if w.is("diff-against-delivered") {
		base = w.delivered()
	}
	changes := w.diff().Diff(base, found)
	w.baseline = w.diff().Apply(base, changes)
	for _, c := range changes {
		if c.Kind == compliance.Removed && !w.cfg.ReportRemoved { // DIFF-6
			w.out.Forget(statemsg.UpdateDetection, c.ID.String())
		}
	}
	for _, m := range w.messages().Messages(now, changes, w.cfg.ReportRemoved, found...) {
		w.record(m)
	}
	return changes
}

// delivered is what the receiver has acknowledged, taken by mistake for what
// was recorded.
func (w *Workflow) delivered() []compliance.Record {
	var records []compliance.Record
	for _, m := range w.out.Delivered() {
		if m.TopicType != statemsg.UpdateDetection || m.StateID == statemsg.DetectionUnknown {
			continue
		}
		id, err := compliance.ParseUpdateID(m.TopicID)
		revision, numErr := strconv.Atoi(m.Params[0])
		if err != nil || numErr != nil {
			panic("scantest: a message about an update that is none")
		}
		records = append(records, compliance.Record{ID: id, Revision: compliance.Revision(revision), State: compliance.State(m.StateID)})
	}
	return records
}

// record puts a message in the outbox. All messages are made here, and none
// can be refused.
func (w *Workflow) record(m statemsg.Message) {
	if err := w.out.Record(m); err != nil {
		panic("scantest: a message is refused: " + err.Error())
	}
}

// scanMessage records the state of the scan (WF-8).
func (w *Workflow) scanMessage(now time.Time, j *job, s statemsg.StateID, code wsus.Code) {
	url := j.location.URL
	if j.local() {
		url = w.source
	}
	signed := int64(code)
	if signed >= 1<<31 {
		signed -= 1 << 32
	}
	w.record(statemsg.Message{
		TopicType: 501, TopicID: w.cfg.UpdateSource.String(), IDType: 3, StateID: s,
		Time: now, Params: []string{strconv.FormatInt(signed, 10), url},
	})
}

// enforcement records an enforcement message (WF-12).
func (w *Workflow) enforcement(now time.Time, topic statemsg.TopicType, id string, state statemsg.StateID) {
	w.record(statemsg.Message{TopicType: topic, TopicID: id, IDType: 3, StateID: state, Time: now})
}

func (w *Workflow) remove(j *job) {
	w.jobs = slices.DeleteFunc(w.jobs, func(o *job) bool { return o == j })
}

// settleRestarts reports what the scan after the restart found installed
// (WF-12).
func (w *Workflow) settleRestarts(now time.Time, found []compliance.Record) {
	var still []pending
	var assignments []string
	for _, p := range w.pending {
		rec, there := recordOf(found, p.id)
		if !p.restarted || there && rec.State != compliance.Installed {
			still = append(still, p)
			continue
		}
		if !there { // nobody can say whether it is installed
			continue
		}
		w.enforcement(now, 402, p.id.String(), 10)
		if p.assignment != "" && !slices.Contains(assignments, p.assignment) {
			assignments = append(assignments, p.assignment)
		}
	}
	w.pending = still
	for _, a := range assignments {
		if !slices.ContainsFunc(still, func(p pending) bool { return p.assignment == a }) {
			w.enforcement(now, 301, a, 4)
		}
	}
}

// bulk sends what is due.
func (w *Workflow) bulk(now time.Time) {
	w.cycle.Note(now, w.Waiting(), w.InFlight())
	t, ok := w.cycle.NextSend(w.Waiting(), w.InFlight())
	if !ok || t.After(now) || w.sending || w.muted {
		return
	}
	b, ok := w.out.Batch(now, w.cfg.Cycle.BatchMessages)
	if !ok {
		return
	}
	w.sending = true
	w.want(scan.Send{Batch: b})
	w.cycle.Note(now, w.Waiting(), w.InFlight())
}

// takeSendEnded is MSG-7.
func (w *Workflow) takeSendEnded(now time.Time, e scan.SendEnded) {
	b, flying := w.out.InFlight()
	if !w.sending || !flying || b.ID != e.Batch {
		return
	}
	w.sending = false
	if e.Interrupted {
		w.muted = true
		return
	}
	if e.Failure.Code == 0 {
		w.out.Acknowledge(e.Batch)
		w.cycle.Acknowledged(now, w.Waiting(), w.InFlight())
		w.takeResync(now, e.Resync)
		return
	}
	w.cycle.Failed(now, e.RetryAfter)
	if w.is("diff-resync-of-failed-send") {
		w.takeResync(now, e.Resync)
	}
	if w.is("msg-failed-dropped") {
		w.out.Drop()
	}
}
