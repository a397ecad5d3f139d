package scan

import (
	"slices"
	"time"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
)

// onRequest takes in a request for a scan, or refuses it.
func (m *Machine) onRequest(now time.Time, r Request, token uint64) {
	err := r.Validate()
	if err == nil && !m.st.Policy.Enabled {
		err = ErrNotEnabled
	}
	if err == nil {
		m.enqueue(now, r, token, true)
		return
	}
	f := refusal(err)
	m.emit(Notice{Kind: NoticeRefused, At: now, Trigger: r.Trigger, Failure: f})
	m.emit(Finished{Result{
		Type: r.Trigger.Type(), Triggers: []Trigger{r.Trigger}, Tokens: tokenList(token),
		Outcome: Refused, Failure: f, Started: now, Finished: now,
	}})
}

// enqueue adds a request to the scan it can join, or as a new scan (WF-11).
// Asked says that it comes from outside and not from a schedule.
func (m *Machine) enqueue(now time.Time, r Request, token uint64, asked bool) {
	j := m.joinable(r)
	kind := NoticeJoined
	if j == nil {
		m.st.LastJob++
		j = &job{ID: m.st.LastJob, Type: r.Trigger.Type(), Phase: phaseQueued}
		m.st.Jobs = append(m.st.Jobs, j)
		kind = NoticeTriggered
	} else if asked && j.NotBefore.After(now) {
		// Somebody asks now: the retry that the scan waits for is made now,
		// and is not used up by that (our choice, WF-11).
		j.NotBefore, j.Wait = time.Time{}, 0
		if j.Spent {
			j.Retries--
		}
	}
	if i, found := slices.BinarySearch(j.Triggers, r.Trigger); !found {
		j.Triggers = slices.Insert(j.Triggers, i, r.Trigger)
	}
	j.Updates = addIDs(j.Updates, r.Updates)
	j.Required = max(j.Required, r.Required)
	j.Clear = j.Clear || r.Trigger == InitialScan
	j.tokens = append(j.tokens, tokenList(token)...)
	m.touch(PartMachine)
	m.emit(Notice{Kind: kind, At: now, Job: j.ID, Trigger: r.Trigger})
}

// joinable returns the scan that a request can join, nil when there is none
// (WF-11).
func (m *Machine) joinable(r Request) *job {
	t := r.Trigger.Type()
	for _, j := range m.st.Jobs {
		if j.Phase == phaseQueued {
			if j.Type == t || (t == NonForcedOnline && j.Type == ForcedOnline) {
				return j
			}
			continue
		}
		// A running forced online scan that has not come to the evaluation
		// will see the machine as it is now. It must retrieve what the
		// request requires, and an initial scan must still clear the history
		// before it.
		if t == NonForcedOnline && j.Type == ForcedOnline && j.Phase != phaseEvaluating &&
			r.Required <= j.Required && r.Trigger != InitialScan {
			return j
		}
	}
	return nil
}

func tokenList(token uint64) []uint64 {
	if token == 0 {
		return nil
	}
	return []uint64{token}
}

// startNext starts the first scan whose turn it is; it reports whether one
// started and has already ended.
func (m *Machine) startNext(now time.Time) bool {
	if m.running != nil || !m.st.Policy.Enabled { // WF-11, WF-14
		return false
	}
	for _, j := range m.st.Jobs { // WF-11: in order of arrival
		if !j.held && !j.NotBefore.After(now) {
			m.start(now, j)
			return m.running == nil
		}
	}
	return false
}

// start begins an attempt of a scan: it decides what to do about metadata
// and does the first of it.
func (m *Machine) start(now time.Time, j *job) {
	m.running = j
	m.touch(PartMachine)
	j.Attempt++
	j.NotBefore, j.Wait, j.Spent = time.Time{}, 0, false
	j.started, j.location, j.others, j.retrieved, j.version = now, wsus.Location{}, 0, false, 0
	if j.Clear { // WF-2
		j.Clear = false
		m.st.Stamp, m.st.Source = ttl.Stamp{}, ""
		m.metadata.Metadata = ClearMetadata
		m.emit(Notice{Kind: NoticeCleared, At: now, Job: j.ID})
	}
	j.decision = Decide(j.Type, m.cfg.TTL, m.st.Stamp, j.Required, now)
	m.emit(Notice{Kind: NoticeDecided, At: now, Job: j.ID, Trigger: j.Triggers[0], Decision: j.decision})
	switch j.decision.Action {
	case Connect: // WF-3: the location first
		j.Phase = phaseLocating
		m.scanState(now, j, statemsg.ScanWaitingForLocation, Failure{}) // WF-8
		m.emit(Locate{Run: j.run(), Request: wsus.LocateRequest{
			UpdateSource: m.cfg.UpdateSource, Version: uint32(m.wanted(j)),
			SiteCode: m.cfg.SiteCode, Internet: m.st.Internet,
		}})
	case UseLocal: // DEC-2, DEC-3: nothing that connects is asked for
		j.Phase = phaseEvaluating
		m.scanState(now, j, statemsg.ScanRunning, Failure{}) // WF-8
		m.emit(Evaluate{Run: j.run(), Stored: true})
	case Fail: // DEC-4
		m.fail(now, j, Failure{Code: wsus.CodeOfflineHistoryNotFound, Detail: "offline history not found: " + j.decision.Reason.String()})
	}
}

// wanted returns the content version that a scan asks a location for.
func (m *Machine) wanted(j *job) ttl.Version {
	return max(j.Required, m.st.Policy.ContentVersion)
}

// onInterrupted puts an attempt that was cut short back in its place. That is
// no failure and uses up no retry (WF-10).
func (m *Machine) onInterrupted(now time.Time, r Run) {
	j := m.current(r)
	if j == nil {
		return
	}
	m.interrupt(j)
	m.running = nil
	m.touch(PartMachine)
	m.emit(Notice{Kind: NoticeInterrupted, At: now, Job: j.ID})
}

// interrupt makes a job wait for [Resumed].
func (m *Machine) interrupt(j *job) {
	j.Phase = phaseQueued
	j.held = true
}

// onResumed lets what was interrupted start anew (WF-10).
func (m *Machine) onResumed() {
	m.muted = false
	for _, j := range m.st.Jobs {
		j.held = false
	}
}

// current returns the running job if r is its present attempt.
func (m *Machine) current(r Run) *job {
	if m.running != nil && m.running.run() == r {
		return m.running
	}
	return nil
}
