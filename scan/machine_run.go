package scan

import (
	"fmt"
	"strconv"
	"time"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/wsus"
)

// requirement returns what the client needs of a location.
func (m *Machine) requirement(j *job) wsus.Requirement {
	r := wsus.Requirement{
		SSLOnly:  m.st.Policy.NativeMode, // WF-4
		Internet: m.st.Internet,          // WF-4
		Version:  uint32(m.wanted(j)),    // WF-6
		LastGood: m.st.LastGood,          // WF-9: stays with what worked
		Failed:   j.Failed,
	}
	if j.At != "" {
		r.LastGood = j.At // WF-9: a retry is at the same location
	}
	return r
}

// answered returns the running scan when an answer is to its present attempt
// and to what it is at, and is no failure. A failure ends the attempt; an
// answer to something that is over is ignored.
func (m *Machine) answered(now time.Time, r Run, at phase, f Failure) *job {
	j := m.current(r)
	if j == nil || j.Phase != at {
		return nil
	}
	if f.Failed() {
		m.fail(now, j, f)
		return nil
	}
	return j
}

// onLocated chooses a location, and goes on to the local policy (WF-3).
func (m *Machine) onLocated(now time.Time, e Located) {
	j := m.answered(now, e.Run, phaseLocating, e.Failure) // WF-6: a failed request is not "none"
	if j == nil {
		return
	}
	order, err := wsus.Order(e.Locations, m.requirement(j)) // WF-4, WF-6
	if err != nil {
		m.fail(now, j, failureOf(err))
		return
	}
	j.location, j.others = order[0], len(order)-1
	if m.st.Internet {
		j.others = 0 // a client off the intranet does not switch
	}
	j.At = j.location.URL
	j.Phase = phaseReading
	m.touch(PartMachine)
	m.emit(Notice{Kind: NoticeLocated, At: now, Job: j.ID, Location: j.location})
	m.emit(ReadPolicy{Run: j.run()})
}

// onPolicyRead compares the policy in force with the location, and writes the
// local policy if it is another (WF-3, WF-5).
func (m *Machine) onPolicyRead(now time.Time, e PolicyRead) {
	j := m.answered(now, e.Run, phaseReading, e.Failure)
	if j == nil {
		return
	}
	var p wsus.Policy
	var write bool
	err := m.connection(j).Check() // WF-4: the client may have moved since
	if err == nil {
		p, write, err = wsus.PolicyFor(j.location, e.Effective)
	}
	if err != nil { // WF-5: a conflict, and nothing is overwritten
		m.fail(now, j, failureOf(err))
		return
	}
	if !write {
		m.retrieve(now, j)
		return
	}
	j.Phase = phaseWriting
	m.touch(PartMachine)
	m.emit(WritePolicy{Run: j.run(), Policy: p})
}

// onPolicyWritten goes on to the update agent (WF-3).
func (m *Machine) onPolicyWritten(now time.Time, e PolicyWritten) {
	j := m.answered(now, e.Run, phaseWriting, e.Failure)
	if j == nil {
		return
	}
	m.retrieve(now, j)
}

// retrieve passes the request to the update agent. The scan counts as running
// from here: the source is added and the search has not begun (WF-8).
func (m *Machine) retrieve(now time.Time, j *job) {
	r := m.connection(j)
	if err := r.Check(); err != nil { // WF-4: before a byte is sent
		m.fail(now, j, failureOf(err))
		return
	}
	j.Phase = phaseRetrieving
	m.scanState(now, j, statemsg.ScanRunning, Failure{}) // WF-8
	m.touch(PartMachine)
	m.emit(Retrieve{Run: j.run(), Location: r.Location, SSLOnly: r.SSLOnly})
}

// connection is what the update agent is asked for, but for the metadata that
// the shell has stored.
func (m *Machine) connection(j *job) wsus.RetrieveRequest {
	return wsus.RetrieveRequest{Location: j.location, SSLOnly: m.requirement(j).NeedsSSL()}
}

// onRetrieved goes on to the evaluation. When retrieving failed the scan
// fails: it never falls back to what is stored (DEC-5).
func (m *Machine) onRetrieved(now time.Time, e Retrieved) {
	j := m.answered(now, e.Run, phaseRetrieving, e.Failure) // DEC-5, TTL-6
	if j == nil {
		return
	}
	if e.Version < j.Required { // TTL-8: it would not be fresh for this request
		m.fail(now, j, Failure{
			Code:   wsus.CodeSourceNotFound,
			Detail: fmt.Sprintf("the server has content version %d, the request requires %d", e.Version, j.Required),
		})
		return
	}
	j.retrieved, j.version = true, e.Version
	j.Phase = phaseEvaluating
	m.touch(PartMachine)
	m.emit(Notice{Kind: NoticeConnected, At: now, Job: j.ID, Location: j.location})
	m.emit(Evaluate{Run: j.run()})
}

// fail ends an attempt that failed: the scan is tried again, at the same
// location or at the next, or it has failed for good (WF-9). Nothing but the
// attempt changes: the stamp, the metadata and the recorded states stay as
// they are (TTL-6).
func (m *Machine) fail(now time.Time, j *job, f Failure) {
	d := m.cfg.Retry.Next(wsus.Failure{Code: f.Code, Retries: j.Retries, Others: j.others})
	if d.Reason == wsus.RetryNoFailure {
		// WF-10: what was asked gave up by itself. That uses up no retry, and
		// the scan is made after the usual wait (our choice).
		d = wsus.RetryDecision{Action: wsus.RetrySame, Reason: d.Reason, Delay: m.cfg.Retry.WithDefaults().Delay}
	}
	j.Spent = d.Reason == wsus.RetriesLeft
	m.flushAfter(now, j)
	r := m.result(now, j)
	r.Failure = f
	switch d.Action {
	case wsus.RetrySame:
		if j.Spent {
			j.Retries++
		}
	case wsus.RetryNext:
		j.Failed = append(j.Failed, j.At)
		j.At, j.Retries = "", 0
	case wsus.RetryStop:
		r.Outcome = Failed
		m.scanState(now, j, statemsg.ScanFailed, f) // WF-8
		m.drop(j)
		m.emit(Finished{r})
		return
	}
	r.Outcome = PendingRetry
	r.RetryAt = now.Add(d.Delay)
	j.Phase, j.NotBefore, j.Wait = phaseQueued, r.RetryAt, d.Delay
	j.tokens = nil                                    // answered by this result
	m.scanState(now, j, statemsg.ScanPendingRetry, f) // WF-8
	m.running = nil
	m.touch(PartMachine)
	m.emit(Finished{r})
}

// result begins the result of an attempt that ends now (DEC-7).
func (m *Machine) result(now time.Time, j *job) Result {
	r := Result{
		Run: j.run(), Type: j.Type, Triggers: append([]Trigger{}, j.Triggers...), Tokens: j.tokens,
		Decision: j.decision, Connected: j.retrieved, Started: j.started, Finished: now,
		Server: j.location.URL,
	}
	if j.decision.Action == UseLocal {
		r.Stamp, r.Server = m.st.Stamp, m.st.Source
	}
	m.freshUntil(now, &r)
	return r
}

// freshUntil states until when a non-forced scan would use the stored metadata
// (DEC-7).
func (m *Machine) freshUntil(now time.Time, r *Result) {
	r.FreshUntil = time.Time{}
	if v := m.cfg.TTL.Check(m.st.Stamp, 0, now); v.Fresh() {
		r.FreshUntil, _ = v.Expires()
	}
}

// scanState records the state of the scan (WF-8): topic 501, whose id is the
// update source. Its parameters are the result code as a signed decimal, which
// is how the site stores it, and the server's URL; that they are parameters is
// our choice.
func (m *Machine) scanState(now time.Time, j *job, s statemsg.StateID, f Failure) {
	url := j.location.URL
	if j.decision.Action == UseLocal {
		url = m.st.Source
	}
	m.record(statemsg.Message{
		TopicType: statemsg.UpdateSourceScan, TopicID: m.cfg.UpdateSource.String(), IDType: scanIDType,
		StateID: s, Time: now, Params: []string{strconv.FormatInt(int64(int32(f.Code)), 10), url},
	})
}

// scanIDType is the topic id type of scan and enforcement messages: that of
// detection messages (our choice; the sources show none).
const scanIDType = 3

// failureOf returns the failure of an error that a pure rule gave.
func failureOf(err error) Failure {
	return Failure{Code: wsus.CodeOf(err), Detail: err.Error(), Err: err}
}
