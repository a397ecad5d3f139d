package statemsg_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/statemsg"
)

// simulation is what model and cycle have in common: a script of what happens
// in which second. Seconds count from the anchor.
type simulation struct {
	p       statemsg.CyclePolicy
	records map[int]int  // second: how many new topics
	flushes map[int]bool // second
	sends   []sendScript // how each send goes, in turn; after that all succeed
	end     int
}

type sendScript struct {
	Takes int
	Fails bool
}

func (s *simulation) send(n int) sendScript {
	if n < len(s.sends) {
		return s.sends[n]
	}
	return sendScript{Takes: 1}
}

// byModel goes through every second and looks what is to be done: the slow and
// obvious timetable.
func (s *simulation) byModel() []string {
	var log []string
	p := s.p.WithDefaults()
	secs := func(d time.Duration) int { return int(d / time.Second) }
	waiting, flight := 0, 0
	overdue := false
	flush, gapEnd, retry, sendEnd := -1, 0, 0, -1
	failures, sends := 0, 0
	for t := 0; t <= s.end; t++ {
		if t == sendEnd {
			sendEnd = -1
			if s.send(sends - 1).Fails {
				wait := secs(p.BackoffMin)
				for range failures {
					wait = min(2*wait, secs(p.BackoffMax))
				}
				failures++
				retry = t + wait
			} else {
				flight, failures, retry = 0, 0, 0
				gapEnd = t + secs(p.DrainGap)
			}
		}
		if t > 0 && t%secs(p.Interval) == 0 && waiting > 0 {
			overdue = true // a tick has passed while something waited
		}
		if sendEnd < 0 && t >= gapEnd {
			due := overdue || (flush >= 0 && t >= flush)
			if (flight > 0 && t >= retry) || (flight == 0 && waiting > 0 && due) {
				if flight == 0 {
					flight = min(waiting, p.BatchMessages)
					waiting -= flight
				}
				log = append(log, fmt.Sprintf("%d: %d messages", t, flight))
				sendEnd = t + s.send(sends).Takes
				sends++
			}
		}
		if waiting == 0 {
			overdue, flush = false, -1
		}
		waiting += s.records[t]
		if s.flushes[t] && waiting > 0 && flush < 0 {
			flush = t + secs(p.FlushWithin)
		}
	}
	return log
}

// byCycle drives a Cycle as a shell does: it jumps from one event to the next.
func (s *simulation) byCycle(tb testing.TB) []string {
	tb.Helper()
	var log []string
	r := newRig(tb, s.p)
	sends, sendEnd := 0, -1
	for t := 0; t <= s.end; {
		now := at(t)
		if t == sendEnd {
			sendEnd = -1
			if s.send(sends - 1).Fails {
				r.c = r.c.Failed(r.p, now, 0)
			} else {
				r.acknowledge(now)
			}
		}
		r.observe(now)
		next, ok := r.c.Next(r.p, &r.o)
		if ok && sendEnd < 0 && !next.After(now) {
			b := r.batch(now)
			log = append(log, fmt.Sprintf("%d: %d messages", t, len(b.Messages)))
			sendEnd = t + s.send(sends).Takes
			sends++
		}
		r.record(now, s.records[t])
		if s.flushes[t] {
			r.c = r.c.RequestFlush(r.p, now)
			r.observe(now)
		}
		step := s.end + 1
		for u := t + 1; u < step; u++ { // the next second something happens from outside
			if s.records[u] > 0 || s.flushes[u] || u == sendEnd {
				step = u
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
		s := &simulation{
			p: rapid.SampledFrom([]statemsg.CyclePolicy{
				{BatchMessages: 3},
				{Interval: 300 * time.Second, FlushWithin: 30 * time.Second, BatchMessages: 2, DrainGap: 20 * time.Second},
				{Interval: 60 * time.Second, BatchMessages: 2, DrainGap: 60 * time.Second, BackoffMin: 7 * time.Second, BackoffMax: 200 * time.Second},
			}).Draw(rt, "policy"),
			records: make(map[int]int),
			flushes: make(map[int]bool),
		}
		interval := int(s.p.WithDefaults().Interval / time.Second)
		s.end = 8 * interval
		// Half of the events are within two seconds of a tick.
		second := rapid.OneOf(
			rapid.Custom(func(t *rapid.T) int {
				return rapid.IntRange(1, 5).Draw(t, "tick")*interval + rapid.IntRange(-2, 2).Draw(t, "distance")
			}),
			rapid.IntRange(0, 5*interval),
		)
		for range rapid.IntRange(1, 12).Draw(rt, "events") {
			at := second.Draw(rt, "second")
			s.records[at] += rapid.IntRange(1, 4).Draw(rt, "messages")
			if rapid.IntRange(0, 3).Draw(rt, "flush") == 0 {
				s.flushes[at] = true
			}
		}
		s.sends = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) sendScript {
			return sendScript{rapid.SampledFrom([]int{1, 1, 2, 10, interval - 1, interval, interval + 1}).Draw(t, "takes"), rapid.Bool().Draw(t, "fails")}
		}), 0, 6).Draw(rt, "sends")
		if diff := cmp.Diff(s.byModel(), s.byCycle(t)); diff != "" {
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
