package scanrapid_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/scan/scantest"
	"github.com/updatescan/updatescan/scan/scantest/scanrapid"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus/wsustest/wsusrapid"
)

func machine(cfg scantest.WorkflowConfig) (scantest.Client, error) {
	return scantest.NewAuditedClient(cfg)
}

// ExampleWorkflow is what a property with whole workflows looks like.
func ExampleWorkflow() {
	test := func(t *testing.T) {
		t.Helper()
		mine := func(cfg scantest.WorkflowConfig) (scantest.Client, error) {
			return scantest.NewMachineClient(cfg) // or a client of your own
		}
		rapid.Check(t, scanrapid.Workflow(mine, 12))
	}
	_ = test
}

func TestWorkflow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, scanrapid.Workflow(machine, 12))
}

func TestStateMachine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, scanrapid.StateMachine(machine))
}

// TestAnyEvents gives the machine and the model events that do not fit, at
// times that jump: they agree, and neither breaks down.
func TestAnyEvents(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-11")
	rapid.Check(t, func(t *rapid.T) {
		cfg := scanrapid.Config().Draw(t, "config")
		m, err := scan.NewMachine(cfg.Machine())
		if err != nil {
			t.Fatal(err)
		}
		w := scantest.NewWorkflow(cfg)
		first := scan.PolicyReceived{Policy: scan.Policy{Enabled: true}}
		events := append([]scan.Event{first}, rapid.SliceOfN(scanrapid.Event(), 1, 30).Draw(t, "events")...)
		for i, now := range scanrapid.Clock(scantest.Start(), len(events)).Draw(t, "clock") {
			if d := scantest.DiffEffects(m.Step(now, events[i]), w.Step(now, events[i])); d != "" {
				t.Fatalf("step %d, %T: %s", i, events[i], d)
			}
			if got, want := m.Status(), w.Status(); got != want {
				t.Fatalf("step %d, %T: Status() = %+v, want %+v", i, events[i], got, want)
			}
		}
	})
}

// TestValues compares the library with the model on what is drawn.
func TestValues(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TRG-2")
	t.Attr("rule", "TRG-5")
	t.Attr("rule", "TRG-6")
	t.Attr("rule", "TRG-7")
	t.Attr("rule", "DEC-6")
	t.Attr("rule", "WF-13")
	m := scantest.Model{}
	rapid.Check(t, func(t *rapid.T) {
		text := scanrapid.TriggerText().Draw(t, "trigger")
		got, err := scan.ParseTrigger(text)
		if want, werr := m.ParseTrigger(text); got != want || !errors.Is(err, errors.Unwrap(werr)) {
			t.Fatalf("ParseTrigger(%q) = %v, %v, want %v, %v", text, got, err, want, werr)
		}
		text = scanrapid.TypeText().Draw(t, "type")
		typ, err := scan.ParseType(text)
		if want, werr := m.ParseType(text); typ != want || (err == nil) != (werr == nil) {
			t.Fatalf("ParseType(%q) = %v, %v, want %v, %v", text, typ, err, want, werr)
		}
		id := scanrapid.ScheduleID().Draw(t, "schedule id")
		got, err = scan.TriggerBySchedule(id)
		if want, werr := m.BySchedule(id); got != want || (err == nil) != (werr == nil) {
			t.Fatalf("TriggerBySchedule(%q) = %v, %v, want %v, %v", id, got, err, want, werr)
		}
		r := scanrapid.Request().Draw(t, "request")
		trigger := m.TriggerText(r.Trigger)
		if err, werr := r.Validate(), m.CheckRequest(trigger, r.Updates); (err == nil) != (werr == nil) {
			t.Fatalf("Validate() of %+v = %v, want %v", r, err, werr)
		}
		s := scanrapid.Schedule().Draw(t, "schedule")
		if _, err := scan.NewMachine(scan.MachineConfig{ScanSchedule: s, Rand: scantest.NewNumbers()}); err != nil {
			t.Fatalf("a schedule %+v is refused: %v", s, err)
		}
		anyType := scanrapid.AnyType().Draw(t, "any type")
		stamp := ttl.NewStamp(scantest.Start(), scanrapid.Required().Draw(t, "version"))
		now := scanrapid.Moment(scantest.Start()).Draw(t, "now")
		required := scanrapid.Required().Draw(t, "required")
		if got, want := scan.Decide(anyType, ttl.Policy{}, stamp, required, now), m.Decide(anyType, ttl.Policy{}, stamp, required, now); got != want {
			t.Fatalf("Decide = %+v, want %+v", got, want)
		}
		if got, want := scanrapid.AnyTrigger().Draw(t, "any trigger"), m; got.Type() != want.TypeOf(got) {
			t.Fatalf("Type() of %v = %v, want %v", got, got.Type(), want.TypeOf(got))
		}
	})
}

// TestRandomOutages lets servers and the storage fail as is drawn. In the end
// the site holds what is true.
func TestRandomOutages(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-9")
	t.Attr("rule", "MSG-7")
	rapid.Check(t, func(t *rapid.T) {
		r, err := scantest.NewRig(scantest.RigConfig{})
		if err != nil {
			t.Fatal(err)
		}
		ctx := t.Context()
		r.Storage.Plan = scanrapid.PlanStorage(scanrapid.StorageFaults(40).Draw(t, "storage"))
		outages := wsusrapid.Outages(scantest.Start(), 24*time.Hour, scantest.ServerA, scantest.ServerB).Draw(t, "outages")
		do := func(what func() error) {
			for what() != nil {
				for r.Restart(ctx) != nil {
					continue
				}
			}
		}
		do(func() error { return r.Enable(ctx) })
		for _, o := range outages {
			do(func() error { return r.Until(ctx, o.From) })
			for _, url := range []string{scantest.ServerA, scantest.ServerB} {
				if o.URL == "" || o.URL == url {
					if err := r.Server.SetDownAt(url, max(o.Code, 0x80072EFD)); err != nil {
						t.Fatal(err)
					}
				}
			}
			if o.Until.IsZero() { // one that never ends is mended by hand
				o.Until = o.From.Add(30 * time.Hour)
			}
			do(func() error { return r.Until(ctx, o.Until) })
			for _, url := range []string{scantest.ServerA, scantest.ServerB} {
				if err := r.Server.SetDownAt(url, 0); err != nil {
					t.Fatal(err)
				}
			}
		}
		do(func() error { return r.Until(ctx, scantest.Start().Add(30*24*time.Hour)) })
		for i := 1; i <= 3; i++ {
			if s, ok := r.Reported(scantest.ID(i)); !ok || s.String() == "unknown" {
				t.Fatalf("after a month the site holds %v, %v of update %d", s, ok, i)
			}
		}
		if len(r.Site.Conflicts()) > 0 {
			t.Fatalf("serials were used twice: %v", r.Site.Conflicts())
		}
	})
}
