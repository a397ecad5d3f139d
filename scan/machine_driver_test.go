package scan_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
)

// driver steps a machine by hand and keeps what came out last.
type driver struct {
	t   *testing.T
	m   *scan.Machine
	now time.Time
	out []scan.Effect
}

func newDriver(t *testing.T, change func(*scan.MachineConfig)) *driver {
	t.Helper()
	cfg := scan.MachineConfig{Rand: rand.NewPCG(1, 2), UpdateSource: update(0xF0)}
	if change != nil {
		change(&cfg)
	}
	m, err := scan.NewMachine(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &driver{t: t, m: m, now: june}
}

// enabledDriver is a driver whose client has done its initial scan at june
// and has update 1 Required, 2 Installed.
func enabledDriver(t *testing.T, change func(*scan.MachineConfig)) *driver {
	t.Helper()
	d := newDriver(t, change)
	d.now = june.Add(-3 * time.Hour)
	d.step(scan.PolicyReceived{Policy: scan.Policy{Enabled: true}})
	d.now = june
	d.step(scan.Tick{})
	d.connect(1, records(1, compliance.Required, 2, compliance.Installed))
	d.drain()
	return d
}

func update(n byte) compliance.UpdateID { return compliance.UpdateID{15: n} }

// records builds a snapshot from numbers and states in turn.
func records(pairs ...any) *compliance.Snapshot {
	var rs []compliance.Record
	for i := 0; i < len(pairs); i += 2 {
		rs = append(rs, compliance.Record{ID: update(byte(pairs[i].(int))), Revision: 100, State: pairs[i+1].(compliance.State)})
	}
	s, err := compliance.NewSnapshot(nil, rs)
	if err != nil {
		panic(err)
	}
	return s
}

func (d *driver) step(ev scan.Event) {
	d.out = append([]scan.Effect(nil), d.m.Step(d.now, ev)...)
}

func (d *driver) after(wait time.Duration, ev scan.Event) {
	d.now = d.now.Add(wait)
	d.step(ev)
}

// find returns the first effect of a type in the last step.
func find[E scan.Effect](d *driver) (e E, ok bool) {
	for _, o := range d.out {
		if e, ok = o.(E); ok {
			return e, true
		}
	}
	return e, false
}

// must is find for an effect that has to be there.
func must[E scan.Effect](d *driver) E {
	d.t.Helper()
	e, ok := find[E](d)
	if !ok {
		d.t.Fatalf("no %T among the effects %+v", e, d.out)
	}
	return e
}

// mustNot fails when an effect of the type is there.
func mustNot[E scan.Effect](d *driver) {
	d.t.Helper()
	if e, ok := find[E](d); ok {
		d.t.Fatalf("unexpected effect %T: %+v", e, e)
	}
}

var here = []wsus.Location{{URL: "http://sup.example.test:8530", Version: 100}}

// locate answers Locate and the policy, up to Retrieve.
func (d *driver) locate(locations []wsus.Location) {
	d.t.Helper()
	d.step(scan.Located{Run: must[scan.Locate](d).Run, Locations: locations})
	if e, ok := find[scan.ReadPolicy](d); ok {
		d.step(scan.PolicyRead{Run: e.Run})
	}
	if e, ok := find[scan.WritePolicy](d); ok {
		d.step(scan.PolicyWritten{Run: e.Run})
	}
}

// connect goes from Locate to the end of the scan.
func (d *driver) connect(version ttl.Version, s *compliance.Snapshot) scan.Result {
	d.t.Helper()
	d.locate(here)
	d.step(scan.Retrieved{Run: must[scan.Retrieve](d).Run, Version: version})
	return d.evaluated(s)
}

// evaluated answers Evaluate and returns the result.
func (d *driver) evaluated(s *compliance.Snapshot) scan.Result {
	d.t.Helper()
	d.step(scan.Evaluated{Run: must[scan.Evaluate](d).Run, Evaluation: wsus.Evaluation{Snapshot: s}})
	return must[scan.Finished](d).Result
}

// drain sends everything that waits, and returns the messages.
func (d *driver) drain() []statemsg.Message {
	d.t.Helper()
	var all []statemsg.Message
	for range 100 {
		if e, ok := find[scan.Send](d); ok {
			all = append(all, e.Batch.Messages...)
			d.step(scan.SendEnded{Batch: e.Batch.ID})
			continue
		}
		if d.m.Status().Waiting == 0 {
			return all
		}
		d.after(time.Minute, scan.Tick{})
	}
	d.t.Fatal("messages never leave")
	return nil
}

// state returns the state of the topic's message among msgs, 0 if there is
// none.
func state(msgs []statemsg.Message, t statemsg.TopicType, id string) statemsg.StateID {
	for _, m := range msgs {
		if m.TopicType == t && m.TopicID == id {
			return m.StateID
		}
	}
	return 0
}
