package scantest

import (
	"slices"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/compliance/compliancetest"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg/statemsgtest"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/ttl/ttltest"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wsustest"
)

// Workflow is a second implementation of the client's workflow, beside
// [scan.Machine]: slow, obvious, and written from the rules, not from the
// machine. It shares with the machine only the types that events and effects
// are made of. It is put together from the reference models of the other kits:
// freshness and what moves the stamp, the choice of a location and retries,
// the diff, the outbox and the timetable of bulk sending. Queue, schedules,
// and the order of everything are worked out here.
//
// Where the rules are silent it does what the documentation of package scan
// names as its choice.
//
// It is not safe for concurrent use. Its zero value is invalid; use
// [NewWorkflow].
type Workflow struct {
	cfg WorkflowConfig

	policy   scan.Policy
	known    bool // the feature was enabled at least once
	internet bool

	// Drawn once (WF-15).
	initialDelay, scanDelay, reevaluationDelay time.Duration

	initial                    time.Time
	initialDone                bool
	nextScan, nextReevaluation time.Time // zero: none

	history  ttltest.History // the stamp of the stored metadata
	source   string          // the server it came from
	jobs     []*job          // in order of arrival
	lastJob  uint64
	lastGood string
	pending  []pending // updates that wait for a restart, or for the scan after it

	baseline []compliance.Record // sorted
	out      *statemsgtest.Outbox
	cycle    statemsgtest.Cycle
	answered uint64 // number of the resync that was answered last

	running *job
	sending bool // a batch was handed over and nothing was heard of it yet
	muted   bool // the client itself cut the send short; nothing leaves before Resumed
	off     bool // the process ended and Resumed has not come yet

	last  time.Time     // of the last step; zero before the first
	wants []scan.Effect // effects of the present step
}

// stage is where a job is on its way.
type stage string

const (
	stageQueued     stage = "queued"
	stageLocating   stage = "locating"
	stageReading    stage = "reading"
	stageWriting    stage = "writing"
	stageRetrieving stage = "retrieving"
	stageEvaluating stage = "evaluating"
)

// job is one scan.
type job struct {
	id       uint64
	typ      scan.Type
	triggers []scan.Trigger // ascending
	updates  []compliance.UpdateID
	required ttl.Version
	clear    bool
	tokens   []uint64

	stage     stage
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
	fellBack  bool // by mistake: it uses the stored metadata all the same
}

func (j *job) run() scan.Run { return scan.Run{Job: j.id, Attempt: j.attempt} }

// local reports whether the attempt uses the stored metadata.
func (j *job) local() bool { return j.decision.Action == scan.UseLocal || j.fellBack }

// afterInstall reports whether the messages of the scan leave early (MSG-4).
func (j *job) afterInstall() bool {
	return slices.Contains(j.triggers, scan.AfterInstallation) || slices.Contains(j.triggers, scan.AfterRestart)
}

// pending is an update that was installed and waits for a restart.
type pending struct {
	id         compliance.UpdateID
	assignment string
	restarted  bool
}

// NewWorkflow returns the workflow of a client that is new. Fields of the
// configuration that are zero mean the documented defaults.
func NewWorkflow(cfg WorkflowConfig) *Workflow {
	cfg = cfg.Defaults()
	return &Workflow{
		cfg:     cfg,
		history: ttltest.History{Mistake: cfg.Mistake, Policy: cfg.TTL},
		out:     &statemsgtest.Outbox{Mistake: cfg.Mistake},
		cycle:   statemsgtest.Cycle{Mistake: cfg.Mistake, Policy: cfg.Cycle},
	}
}

// is reports whether the mistake is planted.
func (w *Workflow) is(mistake string) bool { return w.cfg.Mistake == mistake }

// rules, wsus, messages and diff are the reference models that decide without a memory.
func (w *Workflow) rules() Model                 { return Model{Mistake: w.cfg.Mistake} }
func (w *Workflow) wsus() wsustest.Model         { return wsustest.Model{Mistake: w.cfg.Mistake} }
func (w *Workflow) messages() statemsgtest.Model { return statemsgtest.Model{Mistake: w.cfg.Mistake} }

func (w *Workflow) diff() compliancetest.Model { return compliancetest.Model{Mistake: w.cfg.Mistake} }

// want adds an expected effect.
func (w *Workflow) want(e scan.Effect) { w.wants = append(w.wants, e) }

// Step takes in one event and returns the effects that are to follow, in
// order.
//
// Commits are reduced to what becomes of the stored metadata: a step that
// clears or stores it has one [scan.Commit] as its first effect, without
// parts, and any other step has none. Which parts have to be committed is for
// an implementation to know. A [scan.Finished] of a scan that completed has
// its Snapshot. Failures have their code and, but for lost metadata, no words.
func (w *Workflow) Step(now time.Time, ev scan.Event) []scan.Effect {
	w.wants = nil
	if !w.last.IsZero() && now.Before(w.last) {
		w.clockWentBack(now)
	}
	w.last = now
	w.take(now, ev)
	w.fire(now)
	w.startScans(now)
	w.bulk(now)
	return metadataFirst(w.wants)
}

// metadataFirst moves the last commit to the front and drops the others.
func metadataFirst(effects []scan.Effect) []scan.Effect {
	var commit, rest []scan.Effect
	for _, e := range effects {
		if _, ok := e.(scan.Commit); ok {
			commit = []scan.Effect{e}
			continue
		}
		rest = append(rest, e)
	}
	return append(commit, rest...)
}

// take takes in the event itself.
func (w *Workflow) take(now time.Time, ev scan.Event) {
	switch e := ev.(type) {
	case scan.PolicyReceived:
		w.takePolicy(now, e.Policy)
	case scan.Requested:
		w.takeRequest(now, e.Request, e.Token)
	case scan.Roamed:
		w.internet = e.Internet
	case scan.Located:
		w.takeLocated(now, e)
	case scan.PolicyRead:
		w.takePolicyRead(now, e)
	case scan.PolicyWritten:
		if j := w.at(e.Run, stageWriting); j != nil {
			w.goOnOrFail(now, j, e.Failure, w.retrieve)
		}
	case scan.Retrieved:
		w.takeRetrieved(now, e)
	case scan.Evaluated:
		if j := w.at(e.Run, stageEvaluating); j != nil {
			w.goOnOrFail(now, j, e.Failure, func(now time.Time, j *job) { w.complete(now, j, e.Evaluation) })
		}
	case scan.Interrupted:
		w.takeInterrupted(now, e.Run)
	case scan.SendEnded:
		w.takeSendEnded(now, e)
	case scan.Resumed:
		w.takeResumed(now)
	case scan.Installed:
		w.takeInstalled(now, e.Installation)
	case scan.Restarted:
		w.takeRestarted(now)
	case scan.RefreshAsked:
		w.takeRefresh(now, 0)
	case scan.SendAsked: // what there is leaves with this step, back-off and gap or not
		w.cycle.SendNow(now, w.Waiting(), w.InFlight())
	case scan.MetadataLost: // TTL-3
		w.history.Cleared()
		w.source = ""
		w.want(scan.Notice{Kind: scan.NoticeMetadataLost, At: now, Failure: scan.Failure{Code: 0x87D00606, Detail: e.Detail}})
	}
}

// at returns the running job if r is its present attempt and it is at the
// given stage.
func (w *Workflow) at(r scan.Run, s stage) *job {
	if w.running == nil || w.running.run() != r || w.running.stage != s {
		return nil
	}
	return w.running
}

func (w *Workflow) goOnOrFail(now time.Time, j *job, f scan.Failure, next func(time.Time, *job)) {
	if f.Code != 0 {
		w.fail(now, j, f.Code)
		return
	}
	next(now, j)
}

// takeInterrupted is WF-10.
func (w *Workflow) takeInterrupted(now time.Time, r scan.Run) {
	j := w.running
	if j == nil || j.run() != r {
		return
	}
	w.cutShort(j)
	w.running = nil
	w.want(scan.Notice{Kind: scan.NoticeInterrupted, At: now, Job: j.id})
}

// cutShort makes a job wait for Resumed. That uses up no retry (WF-10).
func (w *Workflow) cutShort(j *job) {
	if j == w.running && w.is("wf-interruption-uses-retry") {
		j.retries++
	}
	j.stage, j.held = stageQueued, true
}

// takeResumed lets what was cut short start anew.
func (w *Workflow) takeResumed(now time.Time) {
	w.muted = false
	for _, j := range w.jobs {
		j.held = false
	}
	if w.off && w.known && w.is("wf-jitter-redrawn") {
		w.scanDelay, w.reevaluationDelay = w.draw(startDelay), w.draw(startDelay)
		w.nextScan = w.nextOccurrence(w.cfg.ScanSchedule, w.scanDelay, now)
		w.nextReevaluation = w.nextOccurrence(w.cfg.Reevaluation, w.reevaluationDelay, now)
	}
	w.off = false
}

// PowerOff is the end of the process: what was under way is lost, nothing
// else. The next step is with [scan.Resumed].
func (w *Workflow) PowerOff() {
	for _, j := range w.jobs {
		w.cutShort(j)
		j.tokens = nil
	}
	w.running, w.sending, w.muted, w.off = nil, false, true, true
	w.out.Restart()
	if w.is("diff-crash-loses-baseline") {
		w.baseline = nil
	}
	if w.is("diff-resync-forgotten") {
		w.answered = 0
	}
}

// Next returns when the client wants to be stepped with [scan.Tick] at the
// latest; ok is false when nothing is scheduled. A time that is past means
// now.
func (w *Workflow) Next() (t time.Time, ok bool) {
	var all []time.Time
	if w.awake() {
		if !w.initialDone {
			all = append(all, w.initial)
		}
		for _, t := range []time.Time{w.nextScan, w.nextReevaluation} {
			if !t.IsZero() {
				all = append(all, t)
			}
		}
		if w.running == nil {
			for _, j := range w.jobs {
				if !j.held {
					all = append(all, j.notBefore)
				}
			}
		}
	}
	if t, ok := w.cycle.NextSend(w.Waiting(), w.InFlight()); ok && !w.sending && !w.muted {
		if t.Before(w.last) {
			t = w.last
		}
		all = append(all, t)
	}
	if len(all) == 0 {
		return time.Time{}, false
	}
	return slices.MinFunc(all, time.Time.Compare), true
}

// Stamp returns the stamp of the stored metadata and the URL of the server it
// came from.
func (w *Workflow) Stamp() (s ttl.Stamp, source string) { return w.history.Stamp(), w.source }

// Baseline returns the last recorded states in the order of ids.
func (w *Workflow) Baseline() []compliance.Record { return slices.Clone(w.baseline) }

// Waiting returns how many messages wait.
func (w *Workflow) Waiting() int { return w.out.Waiting() }

// InFlight returns how many messages the batch has that is not acknowledged.
func (w *Workflow) InFlight() int {
	b, _ := w.out.InFlight()
	return len(b.Messages)
}

// LastSerial returns the last serial number used.
func (w *Workflow) LastSerial() uint64 { return w.out.LastSerial() }

// Outbox returns the messages. It must not be changed.
func (w *Workflow) Outbox() *statemsgtest.Outbox { return w.out }

// Status returns what the client is doing.
func (w *Workflow) Status() scan.Status {
	s := scan.Status{
		Enabled: w.policy.Enabled, Queued: len(w.jobs), NextScan: w.nextScan, NextReevaluation: w.nextReevaluation,
		Stamp: w.history.Stamp(), Source: w.source, PendingRestart: len(w.pending),
		Waiting: w.Waiting(), InFlight: w.InFlight(), LastSerial: w.LastSerial(), SendFailures: w.cycle.Failures(),
	}
	if w.known && !w.initialDone {
		s.InitialScan = w.initial
	}
	if w.running != nil {
		s.Running = w.running.run()
		s.Queued--
	}
	if t, ok := w.cycle.NextSend(s.Waiting, s.InFlight); ok && !w.sending {
		s.NextSend = t
	}
	return s
}
