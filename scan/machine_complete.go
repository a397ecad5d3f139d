package scan

import (
	"slices"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
)

// onEvaluated completes a scan, or fails it.
func (m *Machine) onEvaluated(now time.Time, e Evaluated) {
	if j := m.answered(now, e.Run, phaseEvaluating, e.Failure); j != nil {
		m.complete(now, j, e.Evaluation)
	}
}

// complete ends a scan whose machine was evaluated: results are compared with
// the last recorded states, messages are recorded (WF-7), and baseline,
// messages and stamp change together (DIFF-9).
func (m *Machine) complete(now time.Time, j *job, ev wsus.Evaluation) {
	snapshot := m.holdPending(ev.Snapshot)
	changes := compliance.Diff(m.baseline, snapshot) // DIFF-3: against what was recorded
	m.commitChanges(now, changes)
	if j.retrieved { // TTL-4; TTL-5: local metadata leaves the stamp alone
		stamp := ttl.NewStamp(now, j.version)
		m.st.Stamp, m.st.Source = stamp, j.location.URL
		m.st.LastGood = j.location.URL // WF-9
		m.metadata = Commit{Metadata: StoreMetadata, Run: j.run(), Stamp: stamp, Source: j.location.URL}
		m.touch(PartMachine)
	}
	r := m.result(now, j)
	if j.retrieved {
		r.Stamp = m.st.Stamp
	}
	r.Outcome, r.Snapshot, r.Changes = Completed, snapshot, changes
	r.Problems, r.Unsupported = ev.Problems, ev.Unsupported
	state := statemsg.ScanCompleted
	if snapshot.Count(compliance.Unknown) > 0 { // DIFF-5
		r.Outcome, state = CompletedWithErrors, statemsg.ScanCompletedWithErrors
	}
	for _, id := range j.Updates { // TRG-7
		rec, found := snapshot.Find(id)
		r.Checks = append(r.Checks, UpdateCheck{ID: id, Found: found, State: rec.State})
	}
	m.scanState(now, j, state, Failure{}) // WF-8
	m.settlePending(now, snapshot)
	m.flushAfter(now, j)
	m.drop(j)
	m.emit(Finished{r})
}

// flushAfter asks that the messages of a scan after an installation or its
// restart leave early, however the scan ended (MSG-4).
func (m *Machine) flushAfter(now time.Time, j *job) {
	if slices.Contains(j.Triggers, AfterInstallation) || slices.Contains(j.Triggers, AfterRestart) {
		m.st.Cycle = m.st.Cycle.RequestFlush(m.cfg.Cycle, now) // MSG-4
		m.touch(PartMachine)
	}
}

// commitChanges records the new baseline and the messages of the changes.
func (m *Machine) commitChanges(now time.Time, changes []compliance.Change) {
	if len(changes) == 0 {
		return
	}
	next, err := compliance.Apply(m.baseline, changes)
	if err != nil {
		panic("scan: a diff does not fit its own base: " + err.Error())
	}
	m.baseline = next
	m.touch(PartBaseline)
	for i := range changes {
		if changes[i].Kind == compliance.Removed && !m.cfg.ReportRemoved { // DIFF-6
			m.outbox.Forget(statemsg.UpdateDetection, changes[i].ID.String())
			m.touch(PartOutbox)
		}
	}
	m.messages = statemsg.FromChanges(m.messages[:0], now, changes, m.cfg.ReportRemoved) // DIFF-2, DIFF-6
	for _, msg := range m.messages {
		m.record(msg)
	}
}

// holdPending keeps updates whose installation waits for a restart Required,
// whatever the evaluation says: files that are in place already do not make
// the update installed (WF-12).
func (m *Machine) holdPending(s *compliance.Snapshot) *compliance.Snapshot {
	var held []compliance.UpdateID
	for _, p := range m.st.Pending {
		if rec, ok := s.Find(p.ID); ok && !p.Restarted && rec.State == compliance.Installed {
			held = append(held, p.ID)
		}
	}
	if len(held) == 0 {
		return s
	}
	records := make([]compliance.Record, 0, s.Len())
	for rec := range s.All() {
		if slices.Contains(held, rec.ID) {
			rec.State = compliance.Required // WF-12
		}
		records = append(records, rec)
	}
	out, err := compliance.NewSnapshot(s, records)
	if err != nil {
		panic("scan: records of a snapshot make no snapshot: " + err.Error())
	}
	return out
}

// settlePending reports installations that a scan after the restart has found
// installed (WF-12): 402/10 for each update, then 301/4 for each assignment
// none of whose updates is pending any more. An update that is gone from the
// results is not waited for, and nothing is reported of it.
func (m *Machine) settlePending(now time.Time, s *compliance.Snapshot) {
	var done []pending
	m.st.Pending = slices.DeleteFunc(m.st.Pending, func(p pending) bool {
		rec, ok := s.Find(p.ID)
		if !p.Restarted || (ok && rec.State != compliance.Installed) {
			return false
		}
		if ok {
			done = append(done, p)
		}
		m.touch(PartMachine)
		return true
	})
	for _, p := range done {
		m.enforcement(now, statemsg.UpdateEnforcement, p.ID.String(), statemsg.UpdateInstalled)
	}
	for i, p := range done {
		same := func(o pending) bool { return o.Assignment == p.Assignment }
		if p.Assignment == "" || slices.ContainsFunc(m.st.Pending, same) || slices.ContainsFunc(done[:i], same) {
			continue
		}
		m.enforcement(now, statemsg.AssignmentEnforcement, p.Assignment, statemsg.AssignmentInstalled)
	}
}

// enforcement records an enforcement message.
func (m *Machine) enforcement(now time.Time, t statemsg.TopicType, id string, s statemsg.StateID) {
	m.record(statemsg.Message{TopicType: t, TopicID: id, IDType: scanIDType, StateID: s, Time: now})
}
