package scan

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
)

// MachineConfig configures a [Machine]. Zero fields mean the documented
// defaults; Rand is required.
type MachineConfig struct {
	// TTL is the freshness policy of the stored metadata (TTL-1).
	TTL ttl.Policy
	// Retry is what follows a failed attempt (WF-9).
	Retry wsus.RetryPolicy
	// Cycle is when state messages leave (MSG-3, MSG-4, MSG-10).
	Cycle statemsg.CyclePolicy
	// ScanSchedule and Reevaluation are the two schedules (WF-13).
	ScanSchedule, Reevaluation Schedule
	// InitialWindow is the window of the random start of the initial scan.
	// Zero means [StartDelay]; negative is refused (WF-1).
	InitialWindow time.Duration
	// UpdateSource identifies the catalogue; it is the topic id of scan
	// state messages (WF-8). The zero id is used as it is.
	UpdateSource compliance.UpdateID
	// SiteCode is the client's site, for the location request; it may be
	// empty.
	SiteCode string
	// ReportRemoved sends state 0, unknown, for an update that is gone from
	// the results, instead of nothing (DIFF-6).
	ReportRemoved bool
	// Rand is the source of the random delays (WF-1). Nil is refused.
	Rand Rand
}

// check returns the first field that is refused.
func (c *MachineConfig) check() error {
	if c.Rand == nil {
		return &ConfigError{Field: "Rand", Value: "nil", Want: "a source of random numbers, such as rand.NewPCG of math/rand/v2"}
	}
	if c.InitialWindow < 0 {
		return &ConfigError{Field: "InitialWindow", Value: c.InitialWindow.String(), Want: "0 for the default, or a positive duration"}
	}
	if err := c.TTL.Validate(); err != nil {
		return fmt.Errorf("scan: config: TTL: %w", err)
	}
	if err := c.Retry.Validate(); err != nil {
		return fmt.Errorf("scan: config: Retry: %w", err)
	}
	if err := c.Cycle.Validate(); err != nil {
		return fmt.Errorf("scan: config: Cycle: %w", err)
	}
	if err := c.ScanSchedule.check("ScanSchedule"); err != nil {
		return err
	}
	return c.Reevaluation.check("Reevaluation")
}

// Machine is the client's whole workflow as one deterministic state machine,
// from the trigger to the state messages: no goroutine, clock or I/O of its
// own, and no randomness but the three delays that it draws from its
// configuration's source and keeps. Events go in with the time at which they
// happened, effects come out; a shell such as [Agent] performs them and
// reports back with further events. Times may jump either way, as those of a
// wall clock do; one outside the years 1700 to 2200 is taken as the nearest
// edge.
//
// Whoever drives a Machine
//
//  1. calls Step with each event, and with [Tick] no later than [Machine.Next]
//     says;
//  2. performs the returned effects in order, and when the first is a
//     [Commit], nothing after it before that has succeeded;
//  3. answers each effect that has an answering event exactly once, or not at
//     all when the process ends; answers to attempts that are over are
//     ignored;
//  4. after a commit that failed, discards the machine and restores it from
//     what was committed last;
//  5. after a restart, restores the machine with [RestoreMachine] and steps it
//     with [Resumed].
//
// A Machine is not safe for concurrent use.
type Machine struct {
	cfg      MachineConfig
	st       state
	baseline *compliance.Snapshot
	outbox   *statemsg.Outbox

	running *job // one of st.Jobs, nil when none runs
	sending bool // a Send is under way
	muted   bool // a send was interrupted; waits for Resumed
	forgot  bool // the baseline was given up with the outbox, and is still stored

	// Of the present step.
	effects  []Effect
	dirty    [PartMetadata + 1]bool
	metadata Commit // what becomes of the metadata
	messages []statemsg.Message

	last int64 // time of the last step, Unix nanoseconds
	wake int64 // when the next step is due
}

// NewMachine returns the machine of a client that is new. The error is a
// [*ConfigError] or wraps the error of the refused part.
func NewMachine(cfg MachineConfig) (*Machine, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	return &Machine{cfg: cfg, outbox: new(statemsg.Outbox), wake: math.MinInt64, last: math.MinInt64}, nil
}

// RestoreMachine returns the machine that was saved in the given blobs, those
// of [Machine.AppendPart]; the metadata is not among the machine's business
// and is ignored. Without a blob of [PartMachine] it is a new machine.
//
// A workflow that is damaged or of a foreign format is an error that wraps
// [ErrStateDamaged] or [ErrStateForeign]. A baseline or an outbox that cannot
// be read is taken as absent, and faults says so: then every state is a first
// report again (DIFF-2), and serial numbers go on after the last one used
// (MSG-5). Without its outbox a client has answered no resync: when the site
// asks again, it is answered again.
//
// The effects that were under way when the process ended are lost; step the
// machine with [Resumed] to go on.
func RestoreMachine(cfg MachineConfig, blobs []Blob) (m *Machine, faults []error, err error) {
	m, err = NewMachine(cfg)
	if err != nil {
		return nil, nil, err
	}
	var found [PartMetadata + 1][]byte
	for _, b := range blobs {
		if b.Part.Valid() {
			found[b.Part] = b.Data
		}
	}
	if found[PartMachine] == nil {
		for p := PartBaseline; p <= PartOutbox; p++ {
			if found[p] != nil {
				return nil, nil, fmt.Errorf("scan: %w: there is a part %v and none of %v", ErrStateDamaged, p, PartMachine)
			}
		}
		return m, nil, nil
	}
	st, err := decodeState(found[PartMachine])
	if err != nil {
		return nil, nil, err
	}
	m.st = *st
	if data := found[PartBaseline]; data != nil {
		if m.baseline, err = compliance.DecodeSnapshot(data); err != nil {
			faults = append(faults, fmt.Errorf("scan: stored baseline is taken as absent: %w", err))
		}
	}
	if data := found[PartOutbox]; data != nil || m.st.LastSerial > 0 || found[PartBaseline] != nil {
		if m.outbox, err = statemsg.DecodeOutbox(data); err != nil {
			faults = append(faults, fmt.Errorf("scan: stored outbox is taken as absent: %w", err))
			m.outbox = statemsg.NewOutbox(m.st.LastSerial) // MSG-5
			m.baseline, m.forgot = nil, true
			m.st.Answered = 0 // the marker that answered it may be lost
		}
	}
	for _, j := range m.st.Jobs {
		m.interrupt(j)
	}
	m.muted = true
	return m, faults, nil
}

// AppendPart appends the stored form of a part; [PartMetadata] is not the
// machine's and is refused.
func (m *Machine) AppendPart(dst []byte, p Part) ([]byte, error) {
	switch p {
	case PartMachine:
		return appendState(dst, &m.st)
	case PartBaseline:
		return m.baseline.AppendBinary(dst)
	case PartOutbox:
		return m.outbox.AppendBinary(dst)
	case PartMetadata:
	}
	return dst, fmt.Errorf("scan: the machine has no part %v", p)
}

// Step advances the machine: the event happened at the given time. It returns
// what is to be done now. The slice is valid until the next Step; it is nil
// when there is nothing to do.
func (m *Machine) Step(now time.Time, ev Event) []Effect {
	n := now.UnixNano()
	if _, ok := ev.(Tick); ok && n < m.wake && n >= m.last && n > earliestNano && n < latestNano {
		m.last = n
		return nil
	}
	now = clamp(now)
	n = now.UnixNano()
	m.begin()
	if n < m.last || m.last == math.MinInt64 { // also while there was no process
		m.clockBack(now)
	}
	if m.last == math.MinInt64 && m.st.Known { // the configuration may be another
		m.schedule(now)
	}
	m.last = n
	m.handle(now, ev)
	m.settle(now)
	m.plan(now)
	return m.finish()
}

// begin clears what belongs to one step. Effects start with a place for the
// commit.
func (m *Machine) begin() {
	m.effects = append(m.effects[:0], nil)
	m.dirty = [PartMetadata + 1]bool{}
	m.metadata = Commit{}
}

// finish puts the commit in its place, if there is one.
func (m *Machine) finish() []Effect {
	if m.dirty[PartOutbox] {
		m.st.LastSerial = m.outbox.LastSerial()
		m.dirty[PartMachine] = true
		if m.forgot { // DIFF-9: what is to be reported again is not known to be reported
			m.dirty[PartBaseline], m.forgot = true, false
		}
	}
	c := m.metadata
	for p := PartMachine; p <= PartOutbox; p++ {
		if m.dirty[p] {
			c.Parts = append(c.Parts, p)
		}
	}
	if len(c.Parts) > 0 || c.Metadata != KeepMetadata {
		m.effects[0] = c
		return m.effects
	}
	if len(m.effects) == 1 {
		return nil
	}
	return m.effects[1:]
}

// emit adds an effect to the step.
func (m *Machine) emit(e Effect) { m.effects = append(m.effects, e) }

// touch notes that a part changed in this step.
func (m *Machine) touch(p Part) { m.dirty[p] = true }

// handle takes in one event.
func (m *Machine) handle(now time.Time, ev Event) {
	switch e := ev.(type) {
	case Tick:
	case PolicyReceived:
		m.onPolicy(now, e.Policy)
	case Requested:
		m.onRequest(now, e.Request, e.Token)
	case Roamed:
		if m.st.Internet != e.Internet {
			m.st.Internet = e.Internet
			m.touch(PartMachine)
		}
	case Located:
		m.onLocated(now, e)
	case PolicyRead:
		m.onPolicyRead(now, e)
	case PolicyWritten:
		m.onPolicyWritten(now, e)
	case Retrieved:
		m.onRetrieved(now, e)
	case Evaluated:
		m.onEvaluated(now, e)
	case Interrupted:
		m.onInterrupted(now, e.Run)
	case SendEnded:
		m.onSendEnded(now, e)
	case Resumed:
		m.onResumed()
	case Installed:
		m.onInstalled(now, e.Installation)
	case Restarted:
		m.onRestarted(now)
	case RefreshAsked:
		m.refresh(now, 0)
	case SendAsked:
		m.onSendAsked(now)
	case MetadataLost:
		m.onMetadataLost(now, e.Detail)
	}
}

// settle does what is due: schedules that fire, the next scan, the next batch.
func (m *Machine) settle(now time.Time) {
	m.fire(now)
	for m.startNext(now) {
		continue // a scan that ended at once makes room for the next
	}
	m.send(now)
}

// record puts a message in the outbox.
func (m *Machine) record(msg statemsg.Message) {
	if err := m.outbox.Record(msg); err != nil {
		// Everything recorded here was checked when it came in, so that no
		// message can be refused; losing one in silence would break DIFF-3.
		panic(fmt.Sprintf("scan: state message refused: %v", err))
	}
	m.touch(PartOutbox)
}

// Next returns when the machine wants to be stepped with [Tick] at the
// latest; ok is false when nothing is scheduled. A time that is past means
// now.
func (m *Machine) Next() (t time.Time, ok bool) {
	if m.wake == math.MaxInt64 {
		return time.Time{}, false
	}
	if m.wake == math.MinInt64 {
		return time.Time{}, true
	}
	return time.Unix(0, m.wake).UTC(), true
}

// Baseline returns the last recorded compliance states, nil when there are
// none.
func (m *Machine) Baseline() *compliance.Snapshot { return m.baseline }

// Stamp returns the stamp of the stored metadata and the URL of the server it
// came from.
func (m *Machine) Stamp() (s ttl.Stamp, source string) {
	return m.st.Stamp, m.st.Source
}

// run returns the job's present attempt.
func (j *job) run() Run { return Run{Job: j.ID, Attempt: j.Attempt} }

// drop removes a job that is over.
func (m *Machine) drop(j *job) {
	m.st.Jobs = slices.DeleteFunc(m.st.Jobs, func(o *job) bool { return o == j })
	if m.running == j {
		m.running = nil
	}
	m.touch(PartMachine)
}

var earliestNano, latestNano = earliest.UnixNano(), latest.UnixNano()

// refusal returns the failure of a request that is not accepted.
func refusal(err error) Failure {
	code := codeInvalidArgument
	if errors.Is(err, ErrNotEnabled) {
		code = codePolicyNotFound
	}
	return Failure{Code: code, Detail: err.Error(), Err: err}
}

const (
	// codePolicyNotFound is "Scan Tool Policy not found".
	codePolicyNotFound wsus.Code = 0x87D00600
	// codeInvalidArgument is E_INVALIDARG of Windows.
	codeInvalidArgument wsus.Code = 0x80070057
)
