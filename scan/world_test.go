package scan_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
)

// worldDice is where a world's decisions come from: a seeded generator, or
// rapid.
type worldDice interface {
	// IntN returns a number from 0 to n-1.
	IntN(n int) int
}

// worldNumbers is a scan.Rand that repeats a few numbers.
type worldNumbers struct {
	list []uint64
	next int
}

func (n *worldNumbers) Uint64() uint64 {
	n.next++
	return n.list[(n.next-1)%len(n.list)]
}

// worldAnswer is an event on its way to the machine.
type worldAnswer struct {
	at    time.Time
	seq   int
	event scan.Event
	run   scan.Run // of a scan
	batch uint64   // of a send
}

// world is everything around a client, in virtual time and without a
// goroutine: it drives a machine and the model side by side and compares them
// after every step. The first difference ends it.
type world struct {
	dice worldDice
	cfg  scan.MachineConfig
	m    *scan.Machine
	ref  *refModel

	now     time.Time
	seq     int
	answers []worldAnswer // in order of time
	enabled time.Time     // when the feature was enabled first

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
	audited bool         // the stored form is compared, too
	disk    map[scan.Part][]byte
	damaged bool // the stored outbox is damaged or missing
	laws    worldLaws

	steps int
	log   func(format string, args ...any) // nil: no log
	fault string                           // the first difference
}

// Bounds of a world.
const (
	worldMaxAdvance = 40 // steps between two things that happen from outside
	worldUpdates    = 6
)

// worldStart is when every world begins, a Sunday.
func worldStart() time.Time { return time.Date(2008, 6, 1, 8, 0, 0, 0, time.UTC) }

// worldID is the id of update i.
func worldID(i int) compliance.UpdateID {
	return compliance.UpdateID{0: 0xA0 + byte(i), 5: byte(i * 37), 15: byte(i)}
}

// pick returns one of the arguments.
func pick[T any](d worldDice, of ...T) T { return of[d.IntN(len(of))] }

// chance is true in so many percent.
func (w *world) chance(percent int) bool { return w.dice.IntN(100) < percent }

// newWorld draws a configuration and a world around the client.
func newWorld(d worldDice) *world {
	w := &world{dice: d, now: worldStart(), down: map[string]wsus.Code{}}
	ref := refDefaults()
	w.cfg, ref = drawConfig(d, ref)
	m, err := scan.NewMachine(w.cfg)
	if err != nil {
		panic(err)
	}
	w.m, w.ref = m, newRefModel(ref)
	w.disk = map[scan.Part][]byte{}
	w.laws.batches = map[uint64]statemsg.Batch{}
	for i := range worldUpdates {
		if w.chance(70) {
			w.machineFacts = append(w.machineFacts, compliance.Record{ID: worldID(i), Revision: 100, State: w.anyState()})
		}
	}
	all := []wsus.Location{
		{URL: "http://a.example.test:8530", Server: "a", Version: 12},
		{URL: "https://b.example.test:8531", Server: "b", Version: 13, SameForest: w.chance(50)},
		{URL: "https://c.example.test:8531", Server: "c", Version: 11, Internet: true, Intranet: w.chance(50)},
	}
	w.locations = all[:1+d.IntN(3)]
	return w
}

// drawConfig draws the configuration of a machine and the same for the model.
func drawConfig(d worldDice, ref refConfig) (scan.MachineConfig, refConfig) {
	var c scan.MachineConfig
	ref.source = compliance.UpdateID{1: 0x51, 14: 7}
	c.UpdateSource, c.SiteCode, ref.site = ref.source, "PS1", "PS1"
	if d.IntN(3) == 0 {
		c.TTL.TTL = pick(d, time.Hour, 36*time.Hour, 7*time.Hour+13*time.Minute)
		ref.ttl = c.TTL.TTL
	}
	if d.IntN(4) == 0 {
		c.TTL.Tolerance = pick(d, time.Second, time.Hour)
		ref.tolerance = c.TTL.Tolerance
	}
	if d.IntN(3) == 0 {
		c.Retry = wsus.RetryPolicy{Delay: 10 * time.Minute, Attempts: 1 + d.IntN(2), SwitchDelay: time.Minute}
		ref.retryDelay, ref.retryAttempts, ref.switchDelay = c.Retry.Delay, c.Retry.Attempts, c.Retry.SwitchDelay
	}
	if d.IntN(4) == 0 {
		c.Retry.Codes = wsus.NewRetryTable(0x80072EE2, 0x80004005, 0x80244010)
		ref.retryable = map[wsus.Code]bool{0x80072EE2: true, 0x80004005: true, 0x80244010: true}
	}
	if d.IntN(3) == 0 {
		c.Cycle = statemsg.CyclePolicy{BatchMessages: 1 + d.IntN(4), BackoffMin: 10 * time.Second, BackoffMax: time.Hour}
		ref.batch, ref.backoffMin, ref.backoffMax = c.Cycle.BatchMessages, c.Cycle.BackoffMin, c.Cycle.BackoffMax
	}
	c.ScanSchedule, c.Reevaluation = drawSchedule(d), drawSchedule(d)
	ref.scanSchedule, ref.reevaluation = c.ScanSchedule, c.Reevaluation
	if d.IntN(4) == 0 {
		c.InitialWindow = pick(d, time.Second, time.Hour, 12*time.Hour)
		ref.window = c.InitialWindow
	}
	c.ReportRemoved = d.IntN(2) == 0
	ref.reportRemoved = c.ReportRemoved
	for range 3 { // the edges of the window are drawn often (WF-1)
		ref.numbers = append(ref.numbers, pick(d, 0, 1<<64-1, uint64(d.IntN(1<<30))<<34, uint64(d.IntN(1<<30))<<33))
	}
	c.Rand = &worldNumbers{list: slices.Clone(ref.numbers)}
	return c, ref
}

// drawSchedule draws a schedule: mostly one that fires in a workflow's time.
func drawSchedule(d worldDice) scan.Schedule {
	return pick(d,
		scan.Schedule{},
		scan.Schedule{Interval: 24 * time.Hour},
		scan.Schedule{Interval: 23*time.Hour + 17*time.Minute},
		scan.Schedule{Disabled: true},
		scan.Schedule{Interval: 8 * time.Hour, Start: worldStart().Add(3 * time.Hour)},
		scan.Schedule{Start: worldStart().Add(-100 * time.Hour)},
		scan.Schedule{Start: worldStart().Add(20 * 24 * time.Hour)},
	)
}

func (w *world) anyState() compliance.State {
	return pick(w.dice, compliance.NotRequired, compliance.Required, compliance.Required, compliance.Installed, compliance.Installed, compliance.Unknown)
}

// run lets so many things happen from outside.
func (w *world) run(events int) {
	w.step(scan.Tick{})
	for range events {
		if w.fault != "" {
			return
		}
		w.happen()
	}
	w.advance(w.now.Add(time.Hour))
}

// step steps both sides with an event, compares them, and sees to the effects.
func (w *world) step(ev scan.Event) {
	if w.fault != "" {
		return
	}
	w.steps++
	before, _ := w.m.Stamp()
	got := w.m.Step(w.now, ev)
	want := w.ref.step(w.now, ev)
	if w.log != nil {
		w.log("%s  %T %+v", w.now.Format("01-02 15:04:05.000"), ev, ev)
		for _, e := range got {
			w.log("      -> %T %+v", e, e)
		}
	}
	if d := diffEffects(got, want); d != "" {
		w.fail("effects of %T: %s", ev, d)
		return
	}
	if d := diffStates(w.m, w.ref); d != "" {
		w.fail("state after %T: %s", ev, d)
		return
	}
	if d := w.laws.check(w.now, before, w.m, ev, got); d != "" {
		w.fail("after %T: %s", ev, d)
		return
	}
	w.store(got)
	for _, e := range got {
		w.answer(e)
	}
}

func (w *world) fail(format string, args ...any) {
	if w.fault == "" {
		w.fault = fmt.Sprintf("step %d at %s: ", w.steps, w.now.Format(time.RFC3339Nano)) + fmt.Sprintf(format, args...)
	}
}

// store does what a shell does about a commit. An audited world checks that
// what is on the disk is all that the machine would save: a change that was
// not committed would be lost.
func (w *world) store(effects []scan.Effect) {
	if !w.audited {
		return
	}
	if len(effects) > 0 {
		if c, ok := effects[0].(scan.Commit); ok {
			for _, p := range c.Parts {
				w.disk[p] = w.part(p)
			}
			w.damaged = w.damaged && !slices.Contains(c.Parts, scan.PartOutbox)
		}
	}
	if w.damaged {
		return // another restart would find the same damage
	}
	for _, p := range []scan.Part{scan.PartMachine, scan.PartBaseline, scan.PartOutbox} {
		if have, ok := w.disk[p]; ok && string(have) != string(w.part(p)) {
			w.fail("part %v changed and was not committed:\n disk %q\n now  %q", p, have, w.part(p))
		}
	}
	if d := diffOutbox(w.part(scan.PartOutbox), w.ref); d != "" {
		w.fail("%s", d)
	}
}

func (w *world) part(p scan.Part) []byte {
	data, err := w.m.AppendPart(nil, p)
	if err != nil {
		w.fail("AppendPart(%v) = %v", p, err)
	}
	return data
}

// restore makes the machine anew from its stored form. An audited world uses
// what was committed, another one what the machine would save now.
func (w *world) restore() {
	if !w.audited {
		for p := range w.disk {
			delete(w.disk, p)
		}
		for _, p := range []scan.Part{scan.PartMachine, scan.PartBaseline, scan.PartOutbox} {
			w.disk[p] = w.part(p)
		}
	}
	m, faults, err := scan.RestoreMachine(w.cfg, w.blobs())
	if err != nil || len(faults) > 0 != w.damaged {
		w.fail("RestoreMachine = %v, %v", faults, err)
		return
	}
	w.m = m
	for p := range w.disk {
		if !w.damaged {
			w.disk[p] = w.part(p) // an attempt that was cut short waits again
		}
	}
	if w.log != nil {
		w.log("%s  restored, %v", w.now.Format("01-02 15:04:05.000"), faults)
	}
}

// blobs is what the disk holds.
func (w *world) blobs() []scan.Blob {
	var blobs []scan.Blob
	for p, data := range w.disk {
		blobs = append(blobs, scan.Blob{Part: p, Data: data})
	}
	return blobs
}

// damage damages or removes the stored outbox of a client that has used
// serial numbers. The client then knows no more than its last serial: every
// state is a first report again (DIFF-2, MSG-5).
func (w *world) damage() {
	if w.ref.out.last == 0 || !w.audited || w.damaged {
		return
	}
	w.damaged = true
	w.ref.out = refOutbox{last: w.ref.out.last}
	w.ref.baseline = map[compliance.UpdateID]compliance.Record{}
	if w.chance(50) {
		delete(w.disk, scan.PartOutbox)
		return
	}
	data := slices.Clone(w.disk[scan.PartOutbox])
	data[w.dice.IntN(len(data))] ^= 0x10
	w.disk[scan.PartOutbox] = data
}

// advance lets time pass until t: answers arrive, and the machine is stepped
// when it wants to be. It gives up after some steps: the clock then jumps.
func (w *world) advance(t time.Time) {
	for range worldMaxAdvance {
		at, answer := t, false
		if len(w.answers) > 0 && !w.answers[0].at.After(at) {
			at, answer = w.answers[0].at, true
		}
		next, ok := w.m.Next()
		tick := ok && !next.After(at) && (!answer || next.Before(at))
		if w.fault != "" || !tick && !answer {
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
func (w *world) jump(t time.Time) {
	if by := t.Sub(w.now); by < 0 || len(w.answers) > 0 && w.answers[0].at.Before(t) {
		for i := range w.answers {
			w.answers[i].at = w.answers[i].at.Add(by)
		}
	}
	w.now = t
}

// after puts an answer on its way.
func (w *world) after(wait time.Duration, a worldAnswer) {
	w.seq++
	a.at, a.seq = w.now.Add(wait), w.seq
	w.answers = append(w.answers, a)
	slices.SortStableFunc(w.answers, func(a, b worldAnswer) int { return a.at.Compare(b.at) })
}

// required draws a content version that a request requires.
func (w *world) required() ttl.Version { return pick(w.dice, 0, 0, 0, ttl.Version(11), 12, 13, 14) }
