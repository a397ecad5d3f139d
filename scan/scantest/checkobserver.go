package scantest

import (
	"context"
	"fmt"
	"math/bits"
	"reflect"
	"testing"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/internal/contract"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/wsus"
)

// CheckObserver checks a [scan.Observer] against its contract: it is told of
// every kind of event and effect, whole ones and zero ones. It returns all
// breaches, joined, each a [*ClauseError]; a panic of the observer gets
// through. If the context ends its error is returned.
//
// Green does not prove that the observer returns quickly when it has much to
// do, nor that it never calls the agent.
func CheckObserver(ctx context.Context, newObserver func() scan.Observer) error {
	return contract.Check(ctx, "scantest", observerClauses(), newObserver)
}

// RunObserver is [CheckObserver] with one subtest a clause, named by its id.
func RunObserver(t *testing.T, newObserver func(*testing.T) scan.Observer) {
	t.Helper()
	contract.Run(t, "scantest", observerClauses(), newObserver)
}

func observerClauses() []contract.Clause[scan.Observer] {
	return []contract.Clause[scan.Observer]{
		{ID: "bears-all", Rule: "", Says: "it is told every kind of event and effect", Check: func(_ context.Context, newObserver func() scan.Observer) error {
			o := newObserver()
			for _, ev := range everyEvent() {
				o.Event(Start(), ev)
			}
			for _, e := range everyEffect() {
				o.Effect(Start(), e)
			}
			return nil
		}},
		{ID: "leaves-values", Rule: "", Says: "values are shared and must not be modified", Check: func(_ context.Context, newObserver func() scan.Observer) error {
			o := newObserver()
			for i, ev := range everyEvent() {
				if o.Event(Start(), ev); !reflect.DeepEqual(ev, everyEvent()[i]) {
					return fmt.Errorf("it has changed an event: %s", brief(ev))
				}
			}
			for i, e := range everyEffect() {
				if o.Effect(Start(), e); !reflect.DeepEqual(e, everyEffect()[i]) {
					return fmt.Errorf("it has changed an effect: %s", brief(e))
				}
			}
			return nil
		}},
	}
}

// everyEvent is a zero and a whole one of every kind of event.
func everyEvent() []scan.Event {
	ids := []compliance.UpdateID{ID(1), ID(2)}
	failed := scan.Failure{Code: wsus.CodeTimeout, Detail: "no answer"}
	run := scan.Run{Job: 7, Attempt: 2}
	return []scan.Event{
		scan.Tick{},
		scan.Resumed{},
		scan.Restarted{},
		scan.RefreshAsked{},
		scan.SendAsked{},
		scan.PolicyReceived{},
		scan.Requested{},
		scan.Roamed{},
		scan.Located{},
		scan.PolicyRead{},
		scan.PolicyWritten{},
		scan.Retrieved{},
		scan.Evaluated{},
		scan.Interrupted{},
		scan.Installed{},
		scan.SendEnded{},
		scan.MetadataLost{},
		scan.PolicyReceived{Policy: scan.Policy{Enabled: true}},
		scan.Roamed{Internet: true},
		scan.Requested{Request: scan.Request{Trigger: scan.BeforeDownload, Updates: ids}, Token: 3},
		scan.Located{Run: run, Locations: []wsus.Location{{URL: ServerA}, {URL: ServerB}}},
		scan.PolicyRead{Run: run, Failure: failed},
		scan.PolicyWritten{Run: run, Failure: failed},
		scan.Retrieved{Run: run, Version: 38},
		scan.Interrupted{Run: run},
		scan.Evaluated{Run: run, Evaluation: wsus.Evaluation{
			Problems: []wsus.Problem{{ID: ID(1), Reason: "why"}}, Unsupported: map[string]int{"rule": 1},
		}},
		scan.Installed{Installation: scan.Installation{Assignment: "{D1}", Updates: ids, RestartRequired: true}},
		scan.SendEnded{Batch: 9, Failure: failed},
		scan.SendEnded{Batch: 9, Resync: 1},
		scan.MetadataLost{Detail: "damaged"},
	}
}

// everyEffect is a zero and a whole one of every kind of effect.
func everyEffect() []scan.Effect {
	run := scan.Run{Job: 7, Attempt: 2}
	message := statemsg.Message{TopicType: statemsg.UpdateDetection, TopicID: ID(1).String(), Params: []string{"100"}, Time: Start(), Serial: 9}
	list := []scan.Effect{
		scan.Commit{},
		scan.Locate{},
		scan.ReadPolicy{},
		scan.WritePolicy{},
		scan.Retrieve{},
		scan.Evaluate{},
		scan.Finished{},
		scan.Send{},
		scan.Notice{},
		scan.Commit{Parts: []scan.Part{scan.PartMachine, scan.PartOutbox}, Metadata: scan.StoreMetadata, Run: run, Source: ServerA},
		scan.Locate{Run: run, Request: wsus.LocateRequest{Version: 38}},
		scan.ReadPolicy{Run: run},
		scan.WritePolicy{Run: run, Policy: wsus.Policy{Server: ServerA, StatusServer: ServerA, Use: true}},
		scan.Retrieve{Run: run, Location: wsus.Location{URL: ServerA}},
		scan.Evaluate{Run: run, Stored: true},
		scan.Finished{Result: scan.Result{
			Run: run, Triggers: []scan.Trigger{scan.BeforeDownload}, Tokens: []uint64{3}, Outcome: scan.Failed,
			Failure: scan.Failure{Code: wsus.CodeTimeout}, Changes: []compliance.Change{{ID: ID(1)}},
			Checks: []scan.UpdateCheck{{ID: ID(1)}}, Unsupported: map[string]int{"rule": 1},
		}},
		scan.Send{Batch: statemsg.Batch{ID: 9, Date: Start(), Messages: []statemsg.Message{message}}},
	}
	for kind := scan.NoticeEnabled; kind.String() != fmt.Sprintf("NoticeKind(%d)", kind); kind++ {
		list = append(list, scan.Notice{Kind: kind, At: Start(), Job: 7})
	}
	return list
}

// CheckRand checks a [scan.Rand] against its contract: numbers are distributed
// uniformly, so that each bit is set about as often as not. That is looked at
// so roughly that a good source does not fail it by chance. It returns all
// breaches, joined, each a [*ClauseError].
//
// Green proves neither that it is a good source of random numbers, nor that two
// clients have different ones.
func CheckRand(ctx context.Context, newRand func() scan.Rand) error {
	return contract.Check(ctx, "scantest", randClauses(), newRand)
}

// RunRand is [CheckRand] with one subtest a clause, named by its id.
func RunRand(t *testing.T, newRand func(*testing.T) scan.Rand) {
	t.Helper()
	contract.Run(t, "scantest", randClauses(), newRand)
}

func randClauses() []contract.Clause[scan.Rand] {
	return []contract.Clause[scan.Rand]{
		{ID: "uniform", Rule: "WF-1", Says: "numbers are distributed uniformly over 64 bits", Check: func(_ context.Context, newRand func() scan.Rand) error {
			const draws = 4096
			r := newRand()
			var set [64]int
			for range draws {
				for n := r.Uint64(); n != 0; n &= n - 1 {
					set[bits.TrailingZeros64(n)]++
				}
			}
			for bit, n := range set {
				if n < draws*2/5 || n > draws*3/5 {
					return fmt.Errorf("bit %d is set in %d of %d numbers", bit, n, draws)
				}
			}
			return nil
		}},
	}
}
