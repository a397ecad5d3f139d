package statemsgrapid_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/statemsgtest"
	"github.com/updatescan/updatescan/statemsg/statemsgtest/statemsgrapid"
)

// What a property with the generators looks like: whatever befalls the sends,
// each message takes effect once. In a test it is run by rapid.Check.
func ExamplePlan() {
	property := func(t *rapid.T) int {
		var site statemsgtest.Site
		way := statemsgtest.Faulty{Next: &site, Plan: statemsgrapid.Plan(5, statemsgtest.Slow, statemsgtest.Hang).Draw(t, "plan")}
		r := statemsgrapid.Report(3).Draw(t, "report")
		for i := range r.Messages {
			r.Messages[i].Serial = uint64(i + 1)
		}
		for way.Send(context.Background(), r) != nil { // the sender to be tested
			continue
		}
		return site.Applied() - len(r.Messages)
	}
	for seed := range 3 {
		fmt.Println(rapid.Custom(property).Example(seed))
	}
	// Output:
	// 0
	// 0
	// 0
}

// TestDrawn: what is drawn is valid, where it says so.
func TestDrawn(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-1")
	t.Attr("rule", "MSG-9")
	rapid.Check(t, func(t *rapid.T) {
		r := statemsgrapid.Report(3).Draw(t, "report")
		if _, err := statemsg.AppendReport(nil, r); err != nil {
			t.Fatalf("AppendReport = %v", err)
		}
		m := statemsgrapid.UpdateMessage(3).Draw(t, "message")
		if err := m.Validate(); err != nil {
			t.Fatalf("Validate = %v", err)
		}
		s := statemsgrapid.Script().Draw(t, "script")
		if err := s.Policy.Validate(); err != nil {
			t.Fatalf("Validate = %v", err)
		}
		for _, e := range s.Events {
			if e.At < 0 || e.At > s.Until {
				t.Fatalf("event at %d of %d", e.At, s.Until)
			}
		}
		for _, f := range statemsgrapid.Plan(5, statemsgtest.Hang).Draw(t, "plan") {
			if f == statemsgtest.Hang {
				t.Fatal("a fault was drawn that should not be")
			}
		}
	})
}

// TestDrawsNearEdges: planted mistakes at an edge are found by what is drawn.
func TestDrawsNearEdges(t *testing.T) {
	t.Parallel()
	for _, mistake := range []string{
		"msg-six-params", "msg-interval-from-message", "msg-no-flush", "msg-flush-three-minutes", "msg-failed-dropped",
		"msg-no-backoff", "msg-retry-after-ignored", "msg-unbounded-batch", "msg-no-drain-gap", "msg-empty-sent",
	} {
		found := false
		right, wrong := statemsgtest.Model{}, statemsgtest.Model{Mistake: mistake}
		for seed := range 300 {
			if mistake == "msg-six-params" {
				m := statemsgrapid.EdgeMessage().Example(seed)
				a, b := statemsgtest.Outbox{}, statemsgtest.Outbox{Mistake: mistake}
				found = found || (a.Record(m) == nil) != (b.Record(m) == nil)
				continue
			}
			s := statemsgrapid.Script().Example(seed)
			found = found || !slices.Equal(right.Timetable(s), wrong.Timetable(s))
		}
		if !found {
			t.Errorf("nothing drawn finds %s", mistake)
		}
	}
}
