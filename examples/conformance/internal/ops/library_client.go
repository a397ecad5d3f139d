package ops

import (
	"errors"
	"fmt"
	"time"

	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/ttl"
)

func (library) outboxRun(in stepsIn) (stepsOut, error) {
	return in.happen(&libraryOutbox{Outbox: new(statemsg.Outbox)})
}

// libraryOutbox is an outbox that can be stored and read again.
type libraryOutbox struct{ *statemsg.Outbox }

func (o *libraryOutbox) refresh() int { return o.Refresh() }

func (o *libraryOutbox) restart() error {
	data, err := o.AppendBinary(nil)
	if err != nil {
		return err
	}
	o.Outbox, err = statemsg.DecodeOutbox(data)
	return err
}

// cycleRun drives the timetable second by second, as the owner of a cycle
// does.
func (library) cycleRun(in cycleIn) (cycleOut, error) {
	policy, err := in.Policy.in()
	if err := errors.Join(err, in.check()); err != nil {
		return cycleOut{}, err
	}
	d := cycleDriver{in: in, policy: policy, outbox: new(statemsg.Outbox), out: cycleOut{Sends: []sentOut{}}}
	for s := int64(0); s <= in.UntilS; s++ {
		if err := d.second(s); err != nil {
			return cycleOut{}, err
		}
	}
	return d.out, nil
}

// anchor is second 0 of cycle.run.
var anchor = time.Date(2008, 6, 2, 0, 0, 0, 0, time.UTC)

// cycleDriver is the owner of an outbox and its timetable.
type cycleDriver struct {
	in     cycleIn
	policy statemsg.CyclePolicy
	outbox *statemsg.Outbox
	cycle  statemsg.Cycle
	out    cycleOut

	sending bool
	ends    int64
	topics  int
	next    int // of the events
}

// second lets one second happen.
func (d *cycleDriver) second(s int64) error {
	now := anchor.Add(time.Duration(s) * time.Second)
	if s == 0 {
		d.cycle = d.cycle.Start(now)
	}
	if d.sending && d.ends == s {
		d.sending = false
		_, fails, retryAfter := d.in.send(len(d.out.Sends) - 1)
		if fails {
			d.cycle = d.cycle.Failed(d.policy, now, retryAfter)
		} else {
			flight, _ := d.outbox.InFlight()
			d.outbox.Acknowledge(flight.ID)
			d.cycle = d.cycle.Acknowledged(d.policy, now, d.outbox)
		}
	}
	d.cycle = d.cycle.Observe(d.policy, now, d.outbox)
	if at, ok := d.cycle.Next(d.policy, d.outbox); ok && !d.sending && !at.After(now) {
		d.begin(s, now)
	}
	for ; d.next < len(d.in.Events) && d.in.Events[d.next].AtS == s; d.next++ {
		e := d.in.Events[d.next]
		for range e.Record {
			d.topics++
			if err := d.outbox.Record(statemsg.Message{
				TopicType: statemsg.UpdateDetection, TopicID: fmt.Sprintf("topic %d", d.topics), Time: now,
			}); err != nil {
				return err
			}
		}
		if e.Flush {
			d.cycle = d.cycle.RequestFlush(d.policy, now)
		}
		d.cycle = d.cycle.Observe(d.policy, now, d.outbox)
	}
	return nil
}

// begin hands a batch over, the one in flight again if there is one.
func (d *cycleDriver) begin(s int64, now time.Time) {
	b, ok := d.outbox.Batch(now, d.policy.BatchMessages)
	if !ok {
		return
	}
	takes, _, _ := d.in.send(len(d.out.Sends))
	d.sending, d.ends = true, s+takes
	d.out.Sends = append(d.out.Sends, sentOut{AtS: s, Messages: len(b.Messages)})
	d.cycle = d.cycle.Observe(d.policy, now, d.outbox)
}

// workflowRun drives the machine, and stores what its commits say.
func (l library) workflowRun(in workflowIn) (workflowOut, error) {
	cfg, err := in.Config.in()
	if err != nil {
		return workflowOut{}, err
	}
	if cfg.Retry.Codes, err = l.retryTableIn(in.Config.Retry); err != nil {
		return workflowOut{}, err
	}
	c := libraryClient{cfg: cfg, stored: map[scan.Part][]byte{}}
	if c.machine, err = scan.NewMachine(cfg); err != nil {
		return workflowOut{}, err
	}
	out := workflowOut{Steps: []stepOut{}}
	for i, s := range in.Steps {
		step, err := c.step(s)
		if err != nil {
			return workflowOut{}, fmt.Errorf("step %d: %w", i, err)
		}
		out.Steps = append(out.Steps, step)
	}
	status := c.machine.Status()
	out.End = endOut{
		Baseline: snapshotOut(c.machine.Baseline()), Stamp: stampOut(status.Stamp), Source: status.Source,
		Waiting: status.Waiting, InFlight: status.InFlight, LastSerial: status.LastSerial,
	}
	return out, nil
}

// libraryClient is a machine with what it has stored.
type libraryClient struct {
	cfg     scan.MachineConfig
	machine *scan.Machine
	stored  map[scan.Part][]byte
}

func (c *libraryClient) step(s workflowStep) (stepOut, error) {
	out := stepOut{Effects: []any{}}
	form, err := eventIn(s.Event)
	if err != nil {
		return out, err
	}
	if form == (plainEvent{Type: powerOff}) {
		return out, c.restore()
	}
	ev, err := eventOf(form)
	if err != nil {
		return out, err
	}
	var asked string
	if r, ok := form.(requested); ok {
		asked = r.Trigger
		ev = withTrigger(ev, libraryTrigger(asked))
	}
	for _, e := range c.machine.Step(s.At.Time, ev) {
		if commit, ok := e.(scan.Commit); ok {
			if err := c.commit(commit); err != nil {
				return out, err
			}
		}
		if form, ok := effectOut(e, asked, ttl.Verdict.Fresh); ok {
			out.Effects = append(out.Effects, form)
		}
	}
	if next, ok := c.machine.Next(); ok {
		out.Next = &moment{next}
	}
	return out, nil
}

// libraryTrigger returns the trigger of a text, 0 when it is unknown.
func libraryTrigger(text string) scan.Trigger {
	t, err := scan.ParseTrigger(text)
	if err != nil {
		return 0
	}
	return t
}

// commit stores the parts that a commit names.
func (c *libraryClient) commit(commit scan.Commit) error {
	for _, p := range commit.Parts {
		data, err := c.machine.AppendPart(nil, p)
		if err != nil {
			return err
		}
		c.stored[p] = data
	}
	return nil
}

// restore goes on from what is stored, as after a power-off.
func (c *libraryClient) restore() error {
	var blobs []scan.Blob
	for p := range scan.Parts() {
		if data, ok := c.stored[p]; ok {
			blobs = append(blobs, scan.Blob{Part: p, Data: data})
		}
	}
	m, faults, err := scan.RestoreMachine(c.cfg, blobs)
	if err := errors.Join(append(faults, err)...); err != nil {
		return err
	}
	c.machine = m
	return nil
}
