package scan_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
)

// saved returns the parts of a machine.
func saved(t *testing.T, m *scan.Machine) []scan.Blob {
	t.Helper()
	var blobs []scan.Blob
	for _, p := range []scan.Part{scan.PartMachine, scan.PartBaseline, scan.PartOutbox} {
		data, err := m.AppendPart(nil, p)
		if err != nil {
			t.Fatal(err)
		}
		blobs = append(blobs, scan.Blob{Part: p, Data: data})
	}
	return blobs
}

func restore(t *testing.T, blobs []scan.Blob) (*scan.Machine, []error) {
	t.Helper()
	m, faults, err := scan.RestoreMachine(scan.MachineConfig{Rand: rand.NewPCG(9, 9), UpdateSource: update(0xF0)}, blobs)
	if err != nil {
		t.Fatal(err)
	}
	return m, faults
}

// TestRestore saves a client with a job waiting for its retry, a message
// waiting and a restart pending, and goes on from there.
func TestRestore(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-10")
	t.Attr("rule", "WF-15")
	d := enabledDriver(t, nil)
	d.step(scan.Requested{Request: scan.Request{Trigger: scan.ScanCycle}})
	_, r := d.attempt(here, 0x80244022)
	d.step(scan.Installed{Installation: scan.Installation{Updates: []compliance.UpdateID{update(1)}, RestartRequired: true}})
	d.evaluated(records(1, compliance.Installed, 2, compliance.Installed))
	before := d.m.Status()
	m, faults := restore(t, saved(t, d.m))
	if len(faults) != 0 {
		t.Errorf("faults %v, want none", faults)
	}
	if diff := cmp.Diff(before, m.Status(), cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }), cmp.AllowUnexported()); diff != "" && before != m.Status() {
		t.Errorf("status after restoring (-want +got):\n%s", diff)
	}
	d.m = m
	d.step(scan.Resumed{})
	mustNot[scan.Locate](d) // its retry is not due yet
	d.now = r.RetryAt
	d.step(scan.Tick{})
	must[scan.Locate](d)
}

// TestRestoreRunning: a scan that ran when the power went off starts anew, with
// no retry used up, and a batch in flight is sent again as it was.
func TestRestoreRunning(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-10")
	t.Attr("rule", "MSG-6")
	d := enabledDriver(t, nil)
	d.step(scan.Requested{Request: scan.Request{Trigger: scan.AfterInstallation}})
	d.evaluated(records(1, compliance.Installed, 2, compliance.Installed))
	d.after(2*time.Minute, scan.Requested{Request: scan.Request{Trigger: scan.ScanCycle}})
	sent := must[scan.Send](d).Batch
	run := must[scan.Locate](d).Run
	d.m, _ = restore(t, saved(t, d.m))
	d.after(time.Hour, scan.Tick{})
	if len(kinds(d.out)) != 0 {
		t.Fatalf("before it is resumed: %v", kinds(d.out))
	}
	d.step(scan.Resumed{})
	again := must[scan.Send](d).Batch
	if diff := cmp.Diff(sent, again); diff != "" {
		t.Errorf("batch sent again (-want +got):\n%s", diff)
	}
	if got := must[scan.Locate](d).Run; got.Job != run.Job || got.Attempt != run.Attempt+1 {
		t.Errorf("run %+v, want the next attempt of %+v", got, run)
	}
}

func TestRestoreDamaged(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-2")
	t.Attr("rule", "MSG-5")
	d := enabledDriver(t, nil)
	blobs := saved(t, d.m)
	last := d.m.Status().LastSerial
	cfg := scan.MachineConfig{Rand: rand.NewPCG(1, 1)}
	for i := range blobs[0].Data {
		damaged := append([]scan.Blob(nil), blobs...)
		damaged[0].Data = bytes.Clone(blobs[0].Data)
		damaged[0].Data[i] ^= 0x10
		_, _, err := scan.RestoreMachine(cfg, damaged)
		if !errors.Is(err, scan.ErrStateDamaged) && !errors.Is(err, scan.ErrStateForeign) {
			t.Fatalf("byte %d of the workflow changed: %v, want an error", i, err)
		}
	}
	for n := range len(blobs[0].Data) {
		_, _, err := scan.RestoreMachine(cfg, []scan.Blob{{Part: scan.PartMachine, Data: blobs[0].Data[:n]}})
		if err == nil {
			t.Fatalf("the first %d bytes of the workflow are accepted", n)
		}
	}
	foreign := bytes.Replace(blobs[0].Data, []byte("updatescan-machine 1 "), []byte("updatescan-machine 2 "), 1)
	if _, _, err := scan.RestoreMachine(cfg, []scan.Blob{{Part: scan.PartMachine, Data: foreign}}); !errors.Is(err, scan.ErrStateForeign) {
		t.Errorf("version 2: %v, want ErrStateForeign", err)
	}
	if _, _, err := scan.RestoreMachine(cfg, blobs[1:]); !errors.Is(err, scan.ErrStateDamaged) {
		t.Errorf("no workflow beside a baseline: %v, want ErrStateDamaged", err)
	}
	// A damaged outbox: said so, every state is reported again, and no serial
	// is used twice.
	lost := append([]scan.Blob(nil), blobs...)
	lost[2].Data = []byte("nonsense")
	m, faults := restore(t, lost)
	if len(faults) != 1 || m.Baseline().Len() != 0 {
		t.Errorf("damaged outbox: faults %v, baseline %d, want one fault and none", faults, m.Baseline().Len())
	}
	d.m = m
	d.step(scan.Resumed{})
	d.step(scan.Requested{Request: scan.Request{Trigger: scan.AfterInstallation}})
	d.evaluated(records(1, compliance.Required, 2, compliance.Installed))
	for _, msg := range d.drain() {
		if msg.Serial <= last {
			t.Errorf("serial %d again; the last one used was %d", msg.Serial, last)
		}
	}
	lost = append([]scan.Blob(nil), blobs...)
	lost[1].Data = lost[1].Data[:len(lost[1].Data)-1]
	if m, faults := restore(t, lost); len(faults) != 1 || m.Baseline().Len() != 0 {
		t.Errorf("damaged baseline: faults %v, baseline %d, want one fault and none", faults, m.Baseline().Len())
	}
}

func TestAppendPartRefusesMetadata(t *testing.T) {
	t.Parallel()
	d := newDriver(t, nil)
	if _, err := d.m.AppendPart(nil, scan.PartMetadata); err == nil {
		t.Error("the machine gives a stored form of the metadata")
	}
	if _, err := statemsg.DecodeOutbox(saved(t, d.m)[2].Data); err != nil {
		t.Errorf("outbox of a new client: %v", err)
	}
}

func TestMachineConfig(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*scan.MachineConfig){
		"no Rand":             func(c *scan.MachineConfig) { c.Rand = nil },
		"negative TTL":        func(c *scan.MachineConfig) { c.TTL.TTL = -1 },
		"negative window":     func(c *scan.MachineConfig) { c.InitialWindow = -1 },
		"short interval":      func(c *scan.MachineConfig) { c.ScanSchedule.Interval = time.Minute - 1 },
		"negative interval":   func(c *scan.MachineConfig) { c.Reevaluation.Interval = -time.Hour },
		"negative retry":      func(c *scan.MachineConfig) { c.Retry.Delay = -1 },
		"flush over 2 min":    func(c *scan.MachineConfig) { c.Cycle.FlushWithin = 2*time.Minute + 1 },
		"negative cycle time": func(c *scan.MachineConfig) { c.Cycle.Interval = -1 },
	} {
		cfg := scan.MachineConfig{Rand: rand.NewPCG(1, 2)}
		change(&cfg)
		if _, err := scan.NewMachine(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzRestoreMachine(f *testing.F) {
	d := newDriverF(f)
	data, err := d.AppendPart(nil, scan.PartMachine)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("updatescan-machine 1 00000000\n{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, _, err := scan.RestoreMachine(scan.MachineConfig{Rand: rand.NewPCG(1, 2)}, []scan.Blob{{Part: scan.PartMachine, Data: data}})
		if err != nil {
			return
		}
		m.Step(june, scan.Resumed{})
		m.Step(june.Add(time.Hour), scan.Tick{})
		m.Status()
	})
}

// newDriverF is a machine with something to save.
func newDriverF(f *testing.F) *scan.Machine {
	f.Helper()
	m, err := scan.NewMachine(scan.MachineConfig{Rand: rand.NewPCG(1, 2)})
	if err != nil {
		f.Fatal(err)
	}
	m.Step(june, scan.PolicyReceived{Policy: scan.Policy{Enabled: true}})
	m.Step(june, scan.Requested{Request: scan.Request{Trigger: scan.ScanCycle}})
	return m
}
