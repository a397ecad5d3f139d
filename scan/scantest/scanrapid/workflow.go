package scanrapid

import (
	"context"
	"math"
	"time"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/scan/scantest"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wsustest/wsusrapid"
)

// PlanStorage is the plan of a [scantest.Storage] with the given faults for its
// first commits.
func PlanStorage(faults []scantest.StorageFault) func(context.Context, scantest.StorageCall) scantest.StorageFault {
	return func(_ context.Context, c scantest.StorageCall) scantest.StorageFault {
		if c.Commit < 1 || c.Commit > len(faults) {
			return scantest.NoFault
		}
		return faults[c.Commit-1]
	}
}

// Dice lets rapid make the decisions of a [scantest.World], so that it can
// shrink them.
func Dice(t *rapid.T) scantest.Dice { return dice{t} }

type dice struct{ t *rapid.T }

// IntN implements [scantest.Dice].
func (d dice) IntN(n int) int { return rapid.IntRange(0, n-1).Draw(d.t, "dice") }

// Config draws the configuration of a client.
func Config() *rapid.Generator[scantest.WorkflowConfig] {
	return rapid.Custom(func(t *rapid.T) scantest.WorkflowConfig { return scantest.DrawConfig(Dice(t)) })
}

// Workflow is a property: it draws a whole workflow, in which so many things
// happen, runs it on a client and on the reference model side by side, and
// fails at the first difference.
func Workflow(newClient func(scantest.WorkflowConfig) (scantest.Client, error), things int) func(*rapid.T) {
	return func(t *rapid.T) {
		w, err := scantest.NewWorld(Dice(t), newClient)
		if err != nil {
			t.Fatal(err)
		}
		w.Log = t.Logf
		if err := w.Run(things); err != nil {
			t.Fatal(err)
		}
	}
}

// StateMachine is [Workflow] as a state machine of rapid: rapid chooses what
// happens next among the actions of a [scantest.World], and says so by name.
func StateMachine(newClient func(scantest.WorkflowConfig) (scantest.Client, error)) func(*rapid.T) {
	return func(t *rapid.T) {
		w, err := scantest.NewWorld(Dice(t), newClient)
		if err != nil {
			t.Fatal(err)
		}
		w.Log = t.Logf
		check := func(t *rapid.T) {
			if err := w.Err(); err != nil {
				t.Fatal(err)
			}
		}
		actions := map[string]func(*rapid.T){"": check}
		for name, act := range w.Actions() {
			actions[name] = func(*rapid.T) { act() }
		}
		t.Repeat(actions)
	}
}

// Run draws which attempt an event names: one of the first few.
func Run() *rapid.Generator[scan.Run] {
	return rapid.Custom(func(t *rapid.T) scan.Run {
		return scan.Run{Job: rapid.Uint64Range(0, 3).Draw(t, "job"), Attempt: rapid.Uint32Range(0, 2).Draw(t, "attempt")}
	})
}

// Records draws what an evaluation finds: some of the updates of [ID], in any
// state.
func Records() *rapid.Generator[[]compliance.Record] {
	record := rapid.Custom(func(t *rapid.T) compliance.Record {
		return compliance.Record{
			ID:       ID().Draw(t, "id"),
			Revision: compliance.Revision(rapid.Int32Range(100, 102).Draw(t, "revision")),
			State:    rapid.SampledFrom([]compliance.State{0, 1, 2, 3}).Draw(t, "state"),
		}
	})
	return rapid.SliceOfNDistinct(record, 0, 6, func(r compliance.Record) compliance.UpdateID { return r.ID })
}

// Failure draws a failure, or none.
func Failure() *rapid.Generator[scan.Failure] {
	return rapid.Map(rapid.OneOf(rapid.Just(wsus.Code(0)), wsusrapid.Code()), func(c wsus.Code) scan.Failure {
		if !c.Failed() {
			return scan.Failure{}
		}
		return scan.Failure{Code: c}
	})
}

// Event draws any event, whether or not it fits what a client is at: an answer
// to something that it did not ask, for instance. A client must bear them all.
func Event() *rapid.Generator[scan.Event] {
	return rapid.Custom(func(t *rapid.T) scan.Event {
		run, failure := Run().Draw(t, "run"), Failure().Draw(t, "failure")
		simple := []scan.Event{
			scan.Tick{},
			scan.Resumed{},
			scan.Restarted{},
			scan.RefreshAsked{},
			scan.SendAsked{},
			scan.MetadataLost{Detail: "drawn"},
			scan.Interrupted{Run: run},
			scan.Roamed{Internet: rapid.Bool().Draw(t, "internet")},
			scan.PolicyWritten{Run: run, Failure: failure},
			scan.Retrieved{Run: run, Version: ttl.Version(rapid.Uint32Range(0, 14).Draw(t, "version")), Failure: failure},
		}
		kind := rapid.IntRange(0, len(simple)+6).Draw(t, "kind")
		if kind < len(simple) {
			return simple[kind]
		}
		return answer(t, kind-len(simple), run, failure)
	})
}

// answer draws one of the events that have more to say.
func answer(t *rapid.T, kind int, run scan.Run, failure scan.Failure) scan.Event {
	if kind == 0 {
		return scan.PolicyReceived{Policy: scan.Policy{
			Enabled:        rapid.IntRange(0, 3).Draw(t, "enabled") > 0,
			ContentVersion: Required().Draw(t, "content version"),
			NativeMode:     rapid.IntRange(0, 3).Draw(t, "native") == 3,
		}}
	}
	if kind == 1 {
		return scan.Requested{Request: Request().Draw(t, "request"), Token: rapid.Uint64Range(0, 9).Draw(t, "token")}
	}
	if kind == 2 {
		return scan.Installed{Installation: Installation().Draw(t, "installation")}
	}
	if kind == 3 {
		return scan.Located{Run: run, Locations: rapid.SliceOfN(wsusrapid.Location(12), 0, 3).Draw(t, "locations"), Failure: failure}
	}
	if kind == 4 {
		return scan.PolicyRead{Run: run, Effective: wsusrapid.Policy().Draw(t, "policy"), Failure: failure}
	}
	if kind == 5 {
		s, err := compliance.NewSnapshot(nil, Records().Draw(t, "records"))
		if err != nil {
			t.Fatal(err)
		}
		return scan.Evaluated{Run: run, Evaluation: wsus.Evaluation{Snapshot: s}, Failure: failure}
	}
	return scan.SendEnded{
		Batch: rapid.Uint64Range(0, 12).Draw(t, "batch"), Failure: failure,
		RetryAfter:  rapid.SampledFrom([]time.Duration{0, time.Minute, 48 * time.Hour}).Draw(t, "retry after"),
		Interrupted: rapid.IntRange(0, 7).Draw(t, "interrupted") == 7,
		Resync:      rapid.SampledFrom([]uint64{0, 0, 1, 2, statemsg.MaxSerial, math.MaxUint64}).Draw(t, "resync"),
	}
}
