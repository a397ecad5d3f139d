package scantest

import (
	"fmt"
	"slices"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
)

// Client is an implementation of the client's workflow, as a [World] drives
// it: [scan.Machine] through [MachineClient], a [Workflow] through
// [ModelClient], or one of your own.
//
// A Client may also have the methods of [Stater]; then its state is compared
// too, after every step.
type Client interface {
	// Step takes in one event, which happened at the given time, and returns
	// what is to be done. The slice is valid until the next call.
	//
	// A [scan.Commit] may come first in every step; of it only what becomes of
	// the metadata is looked at. Failures are compared by their code.
	Step(now time.Time, ev scan.Event) []scan.Effect
	// Next returns when the client wants to be stepped with a tick at the
	// latest; ok is false when nothing is scheduled.
	Next() (t time.Time, ok bool)
	// PowerOff ends the process at once and starts it again: what was
	// committed is kept, what was under way is lost. The step after it is
	// [scan.Resumed].
	PowerOff() error
}

// Stater is a [Client] whose state can be seen.
type Stater interface {
	// Status returns what the client is doing.
	Status() scan.Status
	// Baseline returns the last recorded states, nil for none.
	Baseline() *compliance.Snapshot
}

// auditor is a client that can say whether what it has stored is what it
// needs.
type auditor interface {
	// audit says what is wrong with what was stored after a step.
	audit(w *Workflow) string
	// damage damages or removes the stored outbox. False means that it did
	// nothing.
	damage(d Dice) bool
}

// MachineClient is a [scan.Machine] as a [Client], with the storage around it.
type MachineClient struct {
	cfg     scan.MachineConfig
	m       *scan.Machine
	audited bool
	disk    map[scan.Part][]byte
	damaged bool // the stored outbox is damaged or missing
}

// NewMachineClient returns the client of a configuration, as CheckMachine
// wants it. It keeps nothing on its disk until the power fails.
func NewMachineClient(cfg WorkflowConfig) (*MachineClient, error) {
	m, err := scan.NewMachine(cfg.Machine())
	if err != nil {
		return nil, err
	}
	return &MachineClient{cfg: cfg.Machine(), m: m, disk: map[scan.Part][]byte{}}, nil
}

// NewAuditedClient is NewMachineClient of a client that does what a shell does
// about commits. In each step a [World] checks that what is stored is all that
// the machine would save, since a change that was not committed would be lost
// (DIFF-9); and now and then it damages the stored outbox. That takes longer.
func NewAuditedClient(cfg WorkflowConfig) (*MachineClient, error) {
	c, err := NewMachineClient(cfg)
	if err != nil {
		return nil, err
	}
	c.audited = true
	return c, nil
}

// Step implements [Client].
func (c *MachineClient) Step(now time.Time, ev scan.Event) []scan.Effect {
	effects := c.m.Step(now, ev)
	if !c.audited || len(effects) == 0 {
		return effects
	}
	if commit, ok := effects[0].(scan.Commit); ok {
		for _, p := range commit.Parts {
			c.disk[p] = c.part(p)
		}
		c.damaged = c.damaged && !slices.Contains(commit.Parts, scan.PartOutbox)
	}
	return effects
}

// Next implements [Client].
func (c *MachineClient) Next() (t time.Time, ok bool) { return c.m.Next() }

// Status implements [Stater].
func (c *MachineClient) Status() scan.Status { return c.m.Status() }

// Baseline implements [Stater].
func (c *MachineClient) Baseline() *compliance.Snapshot { return c.m.Baseline() }

// part is the stored form of a part.
func (c *MachineClient) part(p scan.Part) []byte {
	data, err := c.m.AppendPart(nil, p)
	if err != nil {
		panic(fmt.Sprintf("scantest: AppendPart(%v) = %v", p, err))
	}
	return data
}

// machineParts are the parts that a machine saves.
func machineParts() []scan.Part {
	return []scan.Part{scan.PartMachine, scan.PartBaseline, scan.PartOutbox}
}

// PowerOff implements [Client]. An audited client goes on from what was
// committed, another one from what the machine would save now.
func (c *MachineClient) PowerOff() error {
	if !c.audited {
		for _, p := range machineParts() {
			c.disk[p] = c.part(p)
		}
	}
	var blobs []scan.Blob
	for _, p := range machineParts() {
		if data, ok := c.disk[p]; ok {
			blobs = append(blobs, scan.Blob{Part: p, Data: data})
		}
	}
	m, faults, err := scan.RestoreMachine(c.cfg, blobs)
	if err != nil || len(faults) > 0 != c.damaged {
		return fmt.Errorf("scantest: RestoreMachine: faults %v, error %w", faults, err)
	}
	c.m = m
	if c.damaged || !c.audited {
		return nil
	}
	for p := range c.disk {
		c.disk[p] = c.part(p) // an attempt that was cut short waits again
	}
	return nil
}

// audit implements auditor.
func (c *MachineClient) audit(w *Workflow) string {
	if !c.audited || c.damaged {
		return "" // another restart would find the same damage
	}
	var outbox []byte
	for _, p := range machineParts() {
		now := c.part(p)
		if have, ok := c.disk[p]; ok && string(have) != string(now) {
			return fmt.Sprintf("DIFF-9: part %v changed and was not committed:\n disk %q\n now  %q", p, have, now)
		}
		if p == scan.PartOutbox {
			outbox = now
		}
	}
	return diffOutbox(outbox, w)
}

// damage implements auditor. A client whose outbox is damaged knows no more
// than its last serial: every state is a first report again (DIFF-2, MSG-5).
func (c *MachineClient) damage(d Dice) bool {
	if !c.audited || c.damaged {
		return false
	}
	c.damaged = true
	if d.IntN(2) == 0 {
		delete(c.disk, scan.PartOutbox)
		return true
	}
	data := slices.Clone(c.disk[scan.PartOutbox])
	data[d.IntN(len(data))] ^= 0x10
	c.disk[scan.PartOutbox] = data
	return true
}

// diffOutbox compares an outbox, read from its stored form, with the
// workflow's (MSG-8).
func diffOutbox(data []byte, w *Workflow) string {
	o, err := statemsg.DecodeOutbox(data)
	if err != nil {
		return "MSG-7: stored outbox: " + err.Error()
	}
	want := w.Outbox()
	if o.Topics() != want.Topics() || o.Waiting() != want.Waiting() || o.LastSerial() != want.LastSerial() {
		return fmt.Sprintf("MSG-8: outbox: %d topics, %d waiting, serial %d, want %d, %d, %d",
			o.Topics(), o.Waiting(), o.LastSerial(), want.Topics(), want.Waiting(), want.LastSerial())
	}
	for m, place := range want.All {
		if got, p, ok := o.Last(m.TopicType, m.TopicID); !ok || p != place || !SameMessage(got, m) {
			return fmt.Sprintf("MSG-2: outbox: %v %+v, want %v %+v", p, got, place, m)
		}
	}
	got, flying := o.InFlight()
	batch, flies := want.InFlight()
	if flying != flies {
		return fmt.Sprintf("MSG-6: outbox: in flight %+v, want %+v", got, batch)
	}
	if !flying {
		return ""
	}
	return diffBatches(got, batch)
}

// ModelClient is a [Workflow] as a [Client]: with a mistake it is an
// implementation that makes it.
type ModelClient struct{ w *Workflow }

// NewModelClient returns the client of a configuration, as CheckMachine wants
// it.
func NewModelClient(cfg WorkflowConfig) (*ModelClient, error) {
	return &ModelClient{NewWorkflow(cfg)}, nil
}

// Step implements [Client].
func (c *ModelClient) Step(now time.Time, ev scan.Event) []scan.Effect { return c.w.Step(now, ev) }

// Next implements [Client].
func (c *ModelClient) Next() (t time.Time, ok bool) { return c.w.Next() }

// PowerOff implements [Client].
func (c *ModelClient) PowerOff() error {
	c.w.PowerOff()
	return nil
}

// Status implements [Stater].
func (c *ModelClient) Status() scan.Status { return c.w.Status() }

// Baseline implements [Stater].
func (c *ModelClient) Baseline() *compliance.Snapshot { return snapshotOf(c.w.baseline) }
