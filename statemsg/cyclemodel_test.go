package statemsg_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/statemsgtest"
	"github.com/updatescan/updatescan/statemsg/statemsgtest/statemsgrapid"
)

// byCycle drives a Cycle as a shell does: it jumps from one event to the next.
func byCycle(tb testing.TB, s statemsgtest.Script) []statemsgtest.Sent {
	tb.Helper()
	var log []statemsgtest.Sent
	r := newRig(tb, s.Policy)
	sendEnd := -1
	send := func(n int) statemsgtest.Send {
		if n < len(s.Sends) {
			return s.Sends[n]
		}
		return statemsgtest.Send{Takes: 1}
	}
	for t := 0; t <= s.Until; {
		now := at(t)
		if t == sendEnd {
			sendEnd = -1
			if send := send(len(log) - 1); send.Fails {
				r.c = r.c.Failed(r.p, now, time.Duration(send.RetryAfter)*time.Second)
			} else {
				r.acknowledge(now)
			}
		}
		r.observe(now)
		next, ok := r.c.Next(r.p, &r.o)
		if ok && sendEnd < 0 && !next.After(now) {
			b := r.batch(now)
			sendEnd = t + send(len(log)).Takes
			log = append(log, statemsgtest.Sent{At: t, Messages: len(b.Messages)})
		}
		step := s.Until + 1 // the next second something happens from outside
		if sendEnd > t {
			step = min(step, sendEnd)
		}
		for _, e := range s.Events {
			if e.At == t {
				r.record(now, e.Record)
				if e.Flush {
					r.c = r.c.RequestFlush(r.p, now)
					r.observe(now)
				}
			}
			if e.At > t {
				step = min(step, e.At)
			}
		}
		if next, ok := r.c.Next(r.p, &r.o); ok && sendEnd < 0 {
			step = min(step, max(t+1, int(next.Sub(at(0))/time.Second)))
		}
		t = step
	}
	return log
}

func TestCycleModel(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-3")
	t.Attr("rule", "MSG-4")
	t.Attr("rule", "MSG-7")
	t.Attr("rule", "MSG-10")
	rapid.Check(t, func(rt *rapid.T) {
		s := statemsgrapid.Script().Draw(rt, "script")
		want := statemsgtest.Model{}.Timetable(s)
		if diff := cmp.Diff(want, byCycle(t, s)); diff != "" {
			rt.Fatalf("timetable (-model +cycle)\n%s", diff)
		}
	})
}

// TestCycleNeverStalls: whatever the clock did before, what waits is due within
// an Interval, or, in flight, within its back-off.
func TestCycleNeverStalls(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-3")
	t.Attr("rule", "MSG-7")
	rapid.Check(t, func(rt *rapid.T) {
		r := newRig(t, statemsg.CyclePolicy{BatchMessages: 2})
		p := r.p.WithDefaults()
		now := at(0)
		for range rapid.IntRange(1, 20).Draw(rt, "steps") {
			jump := rapid.OneOf(rapid.Int64Range(-2, 2), rapid.Int64Range(-1000, 1000), rapid.Int64Range(-1e9, 1e9)).Draw(rt, "jump")
			now = now.Add(time.Duration(jump) * time.Second)
			limit := p.Interval
			switch rapid.IntRange(0, 4).Draw(rt, "what") {
			case 0:
				r.record(now, 1)
			case 1:
				r.c = r.c.RequestFlush(r.p, now)
			case 2:
				r.o.Batch(now, 2)
			case 3:
				r.acknowledge(now)
			case 4:
				if _, ok := r.o.InFlight(); ok {
					r.c = r.c.Failed(r.p, now, 0)
				}
			}
			r.observe(now)
			again := r.c.Observe(r.p, now, &r.o)
			if again != r.c {
				rt.Fatalf("second Observe changed %+v to %+v", r.c, again)
			}
			next, ok := r.c.Next(r.p, &r.o)
			_, flying := r.o.InFlight()
			if ok != (flying || r.o.Waiting() > 0) {
				rt.Fatalf("Next = %v with %d waiting, in flight %v", ok, r.o.Waiting(), flying)
			}
			if !r.c.Flush.IsZero() && !flying {
				limit = p.FlushWithin
			}
			if ok && next.Sub(now) > limit {
				rt.Fatalf("at %v Next = %v: %v later, at most %v", now, next, next.Sub(now), limit)
			}
		}
	})
}
