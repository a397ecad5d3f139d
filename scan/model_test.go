package scan_test

import (
	"math/big"
	"slices"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
)

// refModel is a second implementation of the client's workflow: slow, obvious,
// and written from the rules, not from the machine. It shares with the machine
// only the types that events and effects are made of. Everything that a rule
// decides is worked out here by other means: freshness, queue, retries, diff,
// outbox, serial numbers and the timetable of bulk sending.
//
// Where the rules are silent it does what the documentation of package scan
// names as its choice.
type refModel struct {
	cfg refConfig

	policy   scan.Policy
	known    bool // the feature was enabled at least once
	internet bool

	// Drawn once (WF-15).
	initialDelay, scanDelay, reevaluationDelay time.Duration

	initial                    time.Time
	initialDone                bool
	nextScan, nextReevaluation time.Time // zero: none

	stamp    refStamp
	jobs     []*refJob // in order of arrival
	lastJob  uint64
	lastGood string
	waiting  []refPending // updates that wait for a restart, or for the scan after it

	baseline map[compliance.UpdateID]compliance.Record
	out      refOutbox
	cycle    refCycle

	running *refJob
	sending bool // a batch was handed over and nothing was heard of it yet
	muted   bool // the client itself cut the send short; nothing leaves before Resumed

	last  time.Time // of the last step; zero before the first
	wants []any     // effects of the present step
}

// refStamp is what is known of the stored metadata.
type refStamp struct {
	have    bool
	at      time.Time
	version ttl.Version
	server  string
}

func (s refStamp) value() ttl.Stamp {
	if !s.have {
		return ttl.Stamp{}
	}
	return ttl.NewStamp(s.at, s.version)
}

// refStage is where a job is on its way.
type refStage string

const (
	refQueued     refStage = "queued"
	refLocating   refStage = "locating"
	refReading    refStage = "reading"
	refWriting    refStage = "writing"
	refRetrieving refStage = "retrieving"
	refEvaluating refStage = "evaluating"
)

// refJob is one scan.
type refJob struct {
	id       uint64
	typ      scan.Type
	triggers []scan.Trigger // ascending
	updates  []compliance.UpdateID
	required ttl.Version
	clear    bool
	tokens   []uint64

	stage     refStage
	held      bool
	attempt   uint32
	notBefore time.Time     // zero: at once
	wait      time.Duration // how long the wait until notBefore was when it began
	retries   int           // scheduled since the last switch
	counted   bool          // the retry that is waited for is one of them
	at        string        // location that is being retried
	failed    []string      // locations given up on

	// Of the present attempt.
	decision  scan.Decision
	started   time.Time
	location  wsus.Location
	others    int
	retrieved bool
	version   ttl.Version
}

func (j *refJob) run() scan.Run { return scan.Run{Job: j.id, Attempt: j.attempt} }

// refPending is an update that was installed and waits for a restart.
type refPending struct {
	id         compliance.UpdateID
	assignment string
	restarted  bool
}

// refResult is a result as the model expects it. Its Snapshot is nil: the
// records are beside it.
type refResult struct {
	scan.Result
	records map[compliance.UpdateID]compliance.Record // nil: none
}

// newRefModel returns the model of a client that is new.
func newRefModel(cfg refConfig) *refModel {
	return &refModel{cfg: cfg, baseline: map[compliance.UpdateID]compliance.Record{}}
}

// want adds an expected effect.
func (m *refModel) want(e any) { m.wants = append(m.wants, e) }

// step takes in one event and returns the effects that are expected, without
// commits that leave the metadata as it is.
func (m *refModel) step(now time.Time, ev scan.Event) []any {
	m.wants = nil
	if !m.last.IsZero() && now.Before(m.last) {
		m.clockWentBack(now)
	}
	m.last = now
	m.take(now, ev)
	m.fire(now)
	m.startScans(now)
	m.bulk(now)
	return m.wants
}

// take takes in the event itself.
func (m *refModel) take(now time.Time, ev scan.Event) {
	switch e := ev.(type) {
	case scan.PolicyReceived:
		m.takePolicy(now, e.Policy)
	case scan.Requested:
		m.takeRequest(now, e.Request, e.Token)
	case scan.Roamed:
		m.internet = e.Internet
	case scan.Located:
		m.takeLocated(now, e)
	case scan.PolicyRead:
		m.takePolicyRead(now, e)
	case scan.PolicyWritten:
		if j := m.at(e.Run, refWriting); j != nil {
			m.goOnOrFail(now, j, e.Failure, m.retrieve)
		}
	case scan.Retrieved:
		m.takeRetrieved(now, e)
	case scan.Evaluated:
		if j := m.at(e.Run, refEvaluating); j != nil {
			m.goOnOrFail(now, j, e.Failure, func(now time.Time, j *refJob) { m.complete(now, j, e.Evaluation) })
		}
	case scan.Interrupted: // WF-10
		if j := m.running; j != nil && j.run() == e.Run {
			j.stage, j.held, m.running = refQueued, true, nil
			m.want(scan.Notice{Kind: scan.NoticeInterrupted, At: now, Job: j.id})
		}
	case scan.SendEnded:
		m.takeSendEnded(now, e)
	case scan.Resumed:
		m.muted = false
		for _, j := range m.jobs {
			j.held = false
		}
	case scan.Installed:
		m.takeInstalled(now, e.Installation)
	case scan.Restarted:
		m.takeRestarted(now)
	case scan.RefreshAsked:
		m.takeRefresh(now)
	case scan.SendAsked: // what there is leaves with this step, back-off and gap or not
		m.note(now)
		if len(m.out.queue)+len(m.out.flight) > 0 {
			m.cycle.quiet, m.cycle.retry = time.Time{}, time.Time{}
		}
		if len(m.out.queue) > 0 {
			m.cycle.flush = now
		}
	case scan.MetadataLost: // TTL-3
		m.stamp = refStamp{}
		m.want(scan.Notice{Kind: scan.NoticeMetadataLost, At: now, Failure: scan.Failure{Code: 0x87D00606, Detail: e.Detail}})
	}
}

// at returns the running job if r is its present attempt and it is at the
// given stage.
func (m *refModel) at(r scan.Run, s refStage) *refJob {
	if m.running == nil || m.running.run() != r || m.running.stage != s {
		return nil
	}
	return m.running
}

func (m *refModel) goOnOrFail(now time.Time, j *refJob, f scan.Failure, next func(time.Time, *refJob)) {
	if f.Code != 0 {
		m.fail(now, j, f.Code)
		return
	}
	next(now, j)
}

// powerOff is the end of the process: what was under way is lost, nothing
// else.
func (m *refModel) powerOff() {
	for _, j := range m.jobs {
		j.stage, j.held, j.tokens = refQueued, true, nil
	}
	m.running, m.sending, m.muted = nil, false, true
}

// takePolicy is machine policy: WF-1, WF-14.
func (m *refModel) takePolicy(now time.Time, p scan.Policy) {
	was := m.policy.Enabled
	m.policy = p
	if was == p.Enabled {
		return // WF-1: receiving it again schedules nothing
	}
	if !p.Enabled {
		m.want(scan.Notice{Kind: scan.NoticeDormant, At: now})
		return
	}
	if m.known {
		m.want(scan.Notice{Kind: scan.NoticeResumed, At: now})
		return
	}
	m.known = true
	m.initialDelay = m.cfg.draw(m.cfg.window)
	m.scanDelay = m.cfg.draw(scan.StartDelay)
	m.reevaluationDelay = m.cfg.draw(scan.StartDelay)
	m.initial = now.Add(m.initialDelay)
	m.nextScan = m.firstOccurrence(m.cfg.scanSchedule, m.scanDelay, now)
	m.nextReevaluation = m.firstOccurrence(m.cfg.reevaluation, m.reevaluationDelay, now)
	m.want(scan.Notice{Kind: scan.NoticeEnabled, At: now, Trigger: scan.InitialScan, Due: m.initial})
}

// draw is the next random number, scaled to the window: the integer part of
// number * window / 2^64 (WF-1: uniform over the window), cut to milliseconds.
func (c *refConfig) draw(window time.Duration) time.Duration {
	n := new(big.Int).SetUint64(c.numbers[0])
	c.numbers = append(c.numbers[1:], c.numbers[0])
	n.Mul(n, big.NewInt(int64(window)))
	return time.Duration(n.Rsh(n, 64).Int64() / 1e6 * 1e6)
}

// interval is a schedule's interval (WF-13).
func refInterval(s scan.Schedule) time.Duration {
	if s.Interval == 0 {
		return 7 * 24 * time.Hour
	}
	return s.Interval
}

// firstOccurrence is the schedule's first occurrence: of a simple one an
// interval after the initial scan, of a custom one as any other (WF-13).
func (m *refModel) firstOccurrence(s scan.Schedule, delay time.Duration, now time.Time) time.Time {
	if s.Disabled {
		return time.Time{}
	}
	if s.Start.IsZero() {
		return m.initial.Add(refInterval(s))
	}
	return m.nextOccurrence(s, delay, now)
}

// nextOccurrence is the first occurrence later than now. Occurrences are whole
// intervals apart (WF-15); a custom schedule has none before its delayed
// start.
func (m *refModel) nextOccurrence(s scan.Schedule, delay time.Duration, now time.Time) time.Time {
	custom := !s.Start.IsZero()
	t, step := m.initial, refInterval(s)
	if custom {
		t = s.Start.Add(delay)
	}
	for !t.After(now) {
		t = t.Add(step)
	}
	for !custom && t.Add(-step).After(now) {
		t = t.Add(-step)
	}
	return t
}

// fire starts what is due (WF-1, WF-13). A dormant client has no timers
// (WF-14).
func (m *refModel) fire(now time.Time) {
	if !m.policy.Enabled {
		return
	}
	if !m.initialDone && !m.initial.After(now) {
		m.initialDone = true
		m.enqueue(now, scan.Request{Trigger: scan.InitialScan}, 0, false)
	}
	if !m.nextScan.IsZero() && !m.nextScan.After(now) {
		m.nextScan = m.nextOccurrence(m.cfg.scanSchedule, m.scanDelay, now)
		m.enqueue(now, scan.Request{Trigger: scan.ScanSchedule}, 0, false)
	}
	if !m.nextReevaluation.IsZero() && !m.nextReevaluation.After(now) {
		m.nextReevaluation = m.nextOccurrence(m.cfg.reevaluation, m.reevaluationDelay, now)
		m.enqueue(now, scan.Request{Trigger: scan.Reevaluation}, 0, false)
	}
}

// clockWentBack shortens every wait that is now longer than it was when it
// began. A schedule that is further away than any wait can be goes on with the
// next occurrence of its phase.
func (m *refModel) clockWentBack(now time.Time) {
	if m.known && !m.initialDone && m.initial.After(now.Add(m.initialDelay)) {
		m.initial = now.Add(m.initialDelay)
	}
	for _, j := range m.jobs {
		if j.notBefore.After(now.Add(j.wait)) {
			j.notBefore = now.Add(j.wait)
		}
	}
	repair := func(next *time.Time, s scan.Schedule, delay time.Duration) {
		if next.IsZero() || !next.After(now.Add(refInterval(s)+scan.StartDelay)) {
			return
		}
		if m.initialDone {
			*next = m.nextOccurrence(s, delay, now)
		} else {
			*next = m.firstOccurrence(s, delay, now)
		}
	}
	repair(&m.nextScan, m.cfg.scanSchedule, m.scanDelay)
	repair(&m.nextReevaluation, m.cfg.reevaluation, m.reevaluationDelay)
}

// next is when the client wants to be stepped next.
func (m *refModel) next() (time.Time, bool) {
	var all []time.Time
	if m.policy.Enabled { // WF-14
		if !m.initialDone {
			all = append(all, m.initial)
		}
		for _, t := range []time.Time{m.nextScan, m.nextReevaluation} {
			if !t.IsZero() {
				all = append(all, t)
			}
		}
		if m.running == nil {
			for _, j := range m.jobs {
				if !j.held {
					all = append(all, j.notBefore)
				}
			}
		}
	}
	if t, ok := m.nextSend(); ok && !m.sending && !m.muted {
		all = append(all, laterOf(t, m.last))
	}
	if len(all) == 0 {
		return time.Time{}, false
	}
	return slices.MinFunc(all, time.Time.Compare), true
}

// laterOf returns the later of two times.
func laterOf(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// stateOf returns the last recorded states in the order of ids.
func (m *refModel) stateOf() []compliance.Record {
	list := make([]compliance.Record, 0, len(m.baseline))
	for _, r := range m.baseline {
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b compliance.Record) int { return slices.Compare(a.ID[:], b.ID[:]) })
	return list
}

// enforcement records an enforcement message (WF-12).
func (m *refModel) enforcement(now time.Time, topic statemsg.TopicType, id string, state statemsg.StateID) {
	m.out.record(statemsg.Message{TopicType: topic, TopicID: id, IDType: 3, StateID: state, Time: now})
}
