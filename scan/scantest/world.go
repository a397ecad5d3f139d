package scantest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg/statemsgtest"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
)

// Dice is where the decisions of a [World] come from: a seeded generator of
// math/rand/v2, or rapid.
type Dice interface {
	// IntN returns a number from 0 to n-1.
	IntN(n int) int
}

// answer is an event on its way to the client.
type answer struct {
	at    time.Time
	seq   int
	event scan.Event
	run   scan.Run // of a scan
	batch uint64   // of a send
}

// World is everything around a client, in virtual time and without a
// goroutine: it drives a [Client] and a [Workflow] side by side and compares
// them after every step. The first difference ends it.
//
// Everything is drawn from the dice: the configuration, what the machine looks
// like, what the servers answer and how long they take, what users, deployments
// and the site ask for, power cuts, and clocks that are moved. Times are drawn
// near the boundaries that the rules have.
//
// A World is not safe for concurrent use; its zero value is invalid.
type World struct {
	// Log, when not nil, is told of every step.
	Log func(format string, args ...any)

	dice   Dice
	cfg    WorkflowConfig
	client Client
	ref    *Workflow

	now     time.Time
	seq     int
	answers []answer  // in order of time
	enabled time.Time // when the feature was enabled first

	// What is true around the client.
	machineFacts []compliance.Record
	locations    []wsus.Location
	down         map[string]wsus.Code
	local        wsus.Policy
	domain       *wsus.Policy
	slow         bool // answers take long
	mpDown       bool

	token   uint64
	stale   []scan.Event // answers of attempts that are over
	laws    laws
	damaged bool // the stored outbox is damaged or missing
	record  func(moment)

	steps int
	fault string // the first difference
}

// moment is a step of a world: an event, or a power-off when it is nil.
type moment struct {
	now     time.Time
	event   scan.Event
	effects []scan.Effect

	next      time.Time
	scheduled bool
	status    *scan.Status         // nil: not seen
	baseline  *compliance.Snapshot // seen with the status
}

// Bounds of a world.
const (
	worldMaxAdvance = 40 // steps between two things that happen from outside
	worldUpdates    = 6
)

// Start is when every world begins, a Sunday morning in UTC.
func Start() time.Time { return time.Date(2008, 6, 1, 8, 0, 0, 0, time.UTC) }

// ID is the id of update number i of a world.
func ID(i int) compliance.UpdateID {
	return compliance.UpdateID{0: 0xA0 + byte(i), 5: byte(i * 37), 15: byte(i)}
}

// pick returns one of the arguments.
func pick[T any](d Dice, of ...T) T { return of[d.IntN(len(of))] }

// chance is true in so many percent.
func (w *World) chance(percent int) bool { return w.dice.IntN(100) < percent }

// NewWorld draws a configuration and a world around the client that newClient
// makes of it.
func NewWorld(d Dice, newClient func(WorkflowConfig) (Client, error)) (*World, error) {
	w := &World{dice: d, cfg: DrawConfig(d), now: Start(), down: map[string]wsus.Code{}}
	w.ref = NewWorkflow(w.cfg)
	c, err := newClient(w.cfg)
	if err != nil {
		return nil, fmt.Errorf("scantest: a client for %+v: %w", w.cfg, err)
	}
	w.client = c
	for i := range worldUpdates {
		if w.chance(70) {
			w.machineFacts = append(w.machineFacts, compliance.Record{ID: ID(i), Revision: 100, State: w.anyState()})
		}
	}
	all := []wsus.Location{
		{URL: "http://a.example.test:8530", Server: "a", Version: 12},
		{URL: pick(d, "https://b.example.test:8531", "https://b.example.test:443", "https://b.example.test"), Server: "b", Version: 13, SameForest: w.chance(50)},
		{URL: "https://c.example.test:8531", Server: "c", Version: 11, Internet: true, Intranet: w.chance(50)},
	}
	w.locations = all[:1+d.IntN(3)]
	return w, nil
}

func (w *World) anyState() compliance.State {
	return pick(w.dice, compliance.NotRequired, compliance.Required, compliance.Required, compliance.Installed, compliance.Installed, compliance.Unknown)
}

// Steps returns the number of steps so far.
func (w *World) Steps() int { return w.steps }

// Run lets so many things happen from outside. The error, a [*DifferenceError],
// tells of the first difference between the client and the workflow.
func (w *World) Run(events int) error {
	w.step(scan.Tick{})
	for range events {
		if w.fault != "" {
			break
		}
		w.happen()
	}
	w.advance(w.now.Add(time.Hour))
	return w.Err()
}

// Err returns the first difference so far, a [*DifferenceError], or nil.
func (w *World) Err() error {
	if w.fault == "" {
		return nil
	}
	rule, detail, _ := strings.Cut(w.fault, ":")
	return &DifferenceError{Rule: rule, Step: w.steps, At: w.now, Detail: strings.TrimPrefix(detail, " ")}
}

// step steps both sides with an event, compares them, and sees to the effects.
func (w *World) step(ev scan.Event) {
	if w.fault != "" {
		return
	}
	w.steps++
	var before ttl.Stamp
	s, seen := w.client.(Stater)
	if seen {
		before = s.Status().Stamp
	}
	got := w.client.Step(w.now, ev)
	want := w.ref.Step(w.now, ev)
	if w.record != nil {
		m := moment{now: w.now, event: ev, effects: slices.Clone(got)}
		m.next, m.scheduled = w.client.Next()
		if seen {
			status := s.Status()
			m.status, m.baseline = &status, s.Baseline()
		}
		w.record(m)
	}
	if w.Log != nil {
		w.Log("%s  %s", w.now.Format("01-02 15:04:05.000"), brief(ev))
		for _, e := range got {
			w.Log("      -> %s", brief(e))
		}
	}
	if d := DiffEffects(got, want); d != "" {
		w.fail(d)
	} else if d := diffStates(w.client, w.ref); d != "" {
		w.fail(d)
	} else if d := w.laws.check(w.now, before, w.client, ev, got); d != "" {
		w.fail(d)
	} else if a, ok := w.client.(auditor); ok {
		w.fail(a.audit(w.ref))
	}
	if w.fault != "" {
		return
	}
	if len(got) > 0 {
		if c, ok := got[0].(scan.Commit); ok && slices.Contains(c.Parts, scan.PartOutbox) {
			w.damaged = false
		}
	}
	for _, e := range got {
		w.answer(e)
	}
}

// fail notes a difference, in the form "RULE: what"; empty is none.
func (w *World) fail(what string) {
	if w.fault == "" {
		w.fault = what
	}
}

// restore starts the client again. It is not called between two steps that
// both sides see.
func (w *World) restore() {
	if w.record != nil {
		w.record(moment{now: w.now})
	}
	if err := w.client.PowerOff(); err != nil {
		w.fail("DIFF-9: " + err.Error())
	}
	if w.Log != nil {
		w.Log("%s  the process ends and starts again", w.now.Format("01-02 15:04:05.000"))
	}
}

// damage damages or removes the stored outbox of a client that has used
// serial numbers, if it can be. The client then knows no more than its last
// serial: every state is a first report again (DIFF-2, MSG-5), and no resync was
// answered.
func (w *World) damage() {
	a, ok := w.client.(auditor)
	if !ok || w.ref.LastSerial() == 0 || w.damaged || !a.damage(w.dice) {
		return
	}
	w.damaged = true
	w.ref.out, w.ref.baseline = statemsgtest.NewOutbox(w.ref.LastSerial()), nil
	w.ref.answered = 0
}

// advance lets time pass until t: answers arrive, and the client is stepped
// when it wants to be. It gives up after some steps: the clock then jumps.
func (w *World) advance(t time.Time) {
	for range worldMaxAdvance {
		at, arrives := t, false
		if len(w.answers) > 0 && !w.answers[0].at.After(at) {
			at, arrives = w.answers[0].at, true
		}
		next, ok := w.client.Next()
		tick := ok && !next.After(at) && (!arrives || next.Before(at))
		if w.fault != "" || !tick && !arrives {
			break
		}
		if tick {
			if next.After(w.now) {
				w.now = next
			}
			w.step(scan.Tick{})
			continue
		}
		w.now = at
		a := w.answers[0]
		w.answers = w.answers[1:]
		w.step(a.event)
		if w.chance(3) {
			w.stale = append(w.stale, a.event)
		}
	}
	w.jump(t)
}

// jump moves the clock, either way. What is under way takes as long as before.
func (w *World) jump(t time.Time) {
	if by := t.Sub(w.now); by < 0 || len(w.answers) > 0 && w.answers[0].at.Before(t) {
		for i := range w.answers {
			w.answers[i].at = w.answers[i].at.Add(by)
		}
	}
	w.now = t
}

// after puts an answer on its way.
func (w *World) after(wait time.Duration, a answer) {
	w.seq++
	a.at, a.seq = w.now.Add(wait), w.seq
	w.answers = append(w.answers, a)
	slices.SortStableFunc(w.answers, func(a, b answer) int { return a.at.Compare(b.at) })
}

// required draws a content version that a request requires.
func (w *World) required() ttl.Version { return pick(w.dice, 0, 0, 0, ttl.Version(11), 12, 13, 14) }
