package statemsgtest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/statemsgtest"
	"github.com/updatescan/updatescan/statemsg/statemsgtest/statemsgrapid"
)

const clientID = "GUID:5B0A7C1E-93D4-4F60-8E25-A1B2C3D4E5F6"

// reportOf is a report with one message of the given serial and state, about
// one topic.
func reportOf(serial uint64, state statemsg.StateID) *statemsg.Report {
	at := time.Date(2008, 6, 3, 9, 0, 0, 0, time.UTC)
	return &statemsg.Report{
		Client: statemsg.Client{ID: clientID}, Date: at,
		Messages: []statemsg.Message{{
			TopicType: statemsg.UpdateDetection, TopicID: "u1", StateID: state, Params: []string{"100"}, Time: at, Serial: serial,
		}},
	}
}

func TestFaulty(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-7")
	for _, c := range []struct {
		fault   statemsgtest.Fault
		arrived int // of two sends, the second without a fault
		err     error
		takes   time.Duration
	}{
		{statemsgtest.Deliver, 2, nil, 0},
		{statemsgtest.Fail, 1, statemsgtest.ErrDown, 0},
		{statemsgtest.LoseAck, 2, statemsgtest.ErrDown, 0},
		{statemsgtest.Duplicate, 3, nil, 0},
		{statemsgtest.Late, 2, statemsgtest.ErrDown, 0},
		{statemsgtest.Slow, 2, nil, 5 * time.Minute},
		{statemsgtest.Hang, 1, context.DeadlineExceeded, time.Hour},
		{statemsgtest.Busy, 1, statemsgtest.ErrDown, 0},
		{statemsgtest.Reject, 1, statemsg.ErrRejected, 0},
	} {
		t.Run(c.fault.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var end statemsgtest.Recorder
				f := statemsgtest.Faulty{Next: &end, Plan: []statemsgtest.Fault{c.fault}}
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				start := time.Now()
				err := f.Send(ctx, reportOf(1, 2))
				if !errors.Is(err, c.err) || time.Since(start) != c.takes {
					t.Errorf("Send = %v after %v, want %v after %v", err, time.Since(start), c.err, c.takes)
				}
				if after := statemsg.RetryAfter(err); (after > 0) != (c.fault == statemsgtest.Busy) {
					t.Errorf("RetryAfter(%v) = %v", err, after)
				}
				if err := f.Send(t.Context(), reportOf(2, 3)); err != nil {
					t.Errorf("the second Send = %v", err)
				}
				if begun, _ := end.Calls(); begun != c.arrived || f.Sends() != 2 {
					t.Errorf("%d arrived of %d sends, want %d of 2", begun, f.Sends(), c.arrived)
				}
				if c.fault == statemsgtest.Late && end.Sent()[1].Messages[0].Serial != 1 {
					t.Error("the late report did not come last")
				}
			})
		})
	}
}

// TestFaultyEnded: with an ended context nothing arrives, and what is slow gives
// up.
func TestFaultyEnded(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-7")
	for _, fault := range statemsgtest.Faults() {
		var end statemsgtest.Recorder
		f := statemsgtest.Faulty{Next: &end, Plan: []statemsgtest.Fault{fault}}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := f.Send(ctx, reportOf(1, 2)); !errors.Is(err, context.Canceled) || len(end.Sent()) > 0 {
			t.Errorf("%v: Send with an ended context = %v, %d arrived", fault, err, len(end.Sent()))
		}
	}
	synctest.Test(t, func(t *testing.T) {
		f := statemsgtest.Faulty{Plan: []statemsgtest.Fault{statemsgtest.Slow}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := f.Send(ctx, reportOf(1, 2)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a slow Send = %v, want %v", err, context.DeadlineExceeded)
		}
	})
}

func TestRecorder(t *testing.T) {
	t.Parallel()
	r := statemsgtest.Recorder{Next: &statemsgtest.Faulty{Plan: []statemsgtest.Fault{statemsgtest.Fail}}}
	report := reportOf(1, 2)
	_ = r.Send(t.Context(), report)
	report.Messages[0].Params[0] = "changed" // it has a copy
	_ = r.Send(t.Context(), reportOf(1, 2))
	want := []statemsg.Report{*reportOf(1, 2), *reportOf(1, 2)}
	if diff := cmp.Diff(want, r.Sent()); diff != "" {
		t.Errorf("Sent (-want +got)\n%s", diff)
	}
	if begun, acknowledged := r.Calls(); begun != 2 || acknowledged != 1 || r.AtOnce() != 1 {
		t.Errorf("%d begun, %d acknowledged, %d at once, want 2, 1, 1", begun, acknowledged, r.AtOnce())
	}
}

func TestSite(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-2")
	var site statemsgtest.Site
	for _, r := range []*statemsg.Report{reportOf(2, 3), reportOf(1, 2), reportOf(2, 3), reportOf(5, 1), reportOf(5, 2), reportOf(0, 7)} {
		if err := site.Send(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	m, ok := site.State(clientID[len("GUID:"):], statemsg.UpdateDetection, "u1")
	if !ok || m.StateID != 1 || m.Serial != 5 {
		t.Errorf("State = %+v, %v, want state 1 with serial 5", m, ok)
	}
	if site.Applied() != 4 || site.Duplicates() != 2 || len(site.Conflicts()) != 1 || site.Conflicts()[0].StateID != 2 {
		t.Errorf("%d applied, %d duplicates, conflicts %+v, want 4, 2 and the second with serial 5", site.Applied(), site.Duplicates(), site.Conflicts())
	}
	last, missing := site.Serials(clientID)
	if diff := cmp.Diff([]uint64{3, 4}, missing); diff != "" || last != 5 {
		t.Errorf("Serials = %d (-want +got)\n%s", last, diff)
	}
	if got := site.States(clientID); len(got) != 1 {
		t.Errorf("States = %+v, want one", got)
	}
	if _, ok := site.State(clientID, statemsg.UpdateEnforcement, "u1"); ok {
		t.Error("State of another topic = ok")
	}
	var none statemsgtest.Site
	_ = none.Send(t.Context(), reportOf(0, 1))
	_ = none.Send(t.Context(), reportOf(0, 2))
	if m, _ := none.State(clientID, statemsg.UpdateDetection, "u1"); m.StateID != 2 {
		t.Errorf("without serials the state is %d, want the last to come, 2", m.StateID)
	}
}

// TestSenderMeetsFaults: whatever befalls the sends, at the end the site has the
// last state of every topic, and no serial was used twice.
func TestSenderMeetsFaults(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-7")
	t.Attr("rule", "SITE-2")
	rapid.Check(t, func(rt *rapid.T) {
		plan := statemsgrapid.Plan(12).Draw(rt, "plan")
		messages := rapid.SliceOfN(statemsgrapid.UpdateMessage(4), 1, 20).Draw(rt, "messages")
		synctest.Test(t, func(t *testing.T) {
			var site statemsgtest.Site
			way := statemsgtest.Faulty{Next: &site, Plan: plan}
			recorder := statemsgtest.Recorder{Next: &way}
			s, err := statemsg.NewSender(statemsg.SenderConfig{
				Client: statemsg.Client{ID: clientID}, Transport: &recorder, Policy: statemsg.CyclePolicy{BatchMessages: 2},
				Save: func(context.Context, *statemsg.Outbox, statemsg.Cycle) error { return nil },
			})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan struct{})
			go func() { _ = s.Run(ctx); close(ended) }()
			want := map[string]statemsg.Message{}
			for _, m := range messages {
				if err := s.Record(ctx, m); err != nil {
					rt.Errorf("Record = %v", err)
				}
				want[m.TopicType.String()+m.TopicID] = m
				time.Sleep(7 * time.Minute)
			}
			time.Sleep(24 * time.Hour)
			cancel()
			<-ended
			for _, m := range want {
				got, _ := site.State(clientID, m.TopicType, m.TopicID)
				m.Serial = got.Serial
				if diff := cmp.Diff(m, got); diff != "" {
					rt.Errorf("the site (-recorded +got)\n%s", diff)
				}
			}
			if recorder.AtOnce() > 1 || len(site.Conflicts()) > 0 {
				rt.Errorf("%d sends at once, conflicts %+v", recorder.AtOnce(), site.Conflicts())
			}
		})
	})
}

// TestResync hears through the recorder and the faults what the site asks of a
// client in its last answer.
func TestResync(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-4")
	site := new(statemsgtest.Site)
	faulty := &statemsgtest.Faulty{Next: site}
	recorder := &statemsgtest.Recorder{Next: faulty}
	send := func(client string, want uint64) {
		t.Helper()
		r := &statemsg.Report{Client: statemsg.Client{ID: client}, Messages: []statemsg.Message{{Serial: 1}}}
		if err := recorder.Send(t.Context(), r); err != nil {
			t.Error(err)
		}
		for _, heard := range []statemsg.Resyncer{site, faulty, recorder} {
			if got := heard.Resync(); got != want {
				t.Errorf("%T.Resync() = %d, want %d", heard, got, want)
			}
		}
	}
	one, two := "GUID:00000000-0000-4000-8000-00000000000a", "GUID:00000000-0000-4000-8000-00000000000B"
	send(one, 0)
	site.AskResync(one, 3)
	send(one, 3)
	send(two, 0)
	site.AskResync(one, 0)
	send(one, 0)
	if got := new(statemsgtest.Recorder).Resync(); got != 0 {
		t.Errorf("Resync() of a recorder alone = %d, want 0", got)
	}
}
