package statemsg_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/updatescan/updatescan/statemsg"
)

// rig is a cycle with its outbox, driven by hand.
type rig struct {
	tb testing.TB
	p  statemsg.CyclePolicy
	c  statemsg.Cycle
	o  statemsg.Outbox
	n  int
}

func newRig(tb testing.TB, p statemsg.CyclePolicy) *rig {
	tb.Helper()
	if err := p.Validate(); err != nil {
		tb.Fatalf("Validate(%+v) = %v", p, err)
	}
	r := &rig{tb: tb, p: p}
	r.c = r.c.Start(at(0))
	return r
}

func (r *rig) observe(now time.Time) { r.c = r.c.Observe(r.p, now, &r.o) }

// record records n new topics.
func (r *rig) record(now time.Time, n int) {
	for range n {
		record(r.tb, &r.o, update(r.n, 2, 0))
		r.n++
	}
	r.observe(now)
}

func (r *rig) batch(now time.Time) statemsg.Batch {
	r.tb.Helper()
	b := batch(r.tb, &r.o, now, r.p.BatchMessages)
	r.observe(now)
	return b
}

func (r *rig) acknowledge(now time.Time) {
	b, _ := r.o.InFlight()
	r.o.Acknowledge(b.ID)
	r.c = r.c.Acknowledged(r.p, now, &r.o)
}

// wantNext checks Next; a zero want means none.
func (r *rig) wantNext(what string, want time.Time) {
	r.tb.Helper()
	got, ok := r.c.Next(r.p, &r.o)
	if ok != !want.IsZero() || !got.Equal(want) {
		r.tb.Errorf("%s: Next = %v, %v, want %v", what, got, ok, want)
	}
}

const tick = 900 // seconds

func TestCycleTicks(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-3")
	for _, c := range []struct {
		recorded, want int
	}{
		{0, tick},
		{1, tick},
		{tick - 1, tick},
		{tick, 2 * tick},
		{tick + 1, 2 * tick},
		{-1, 0},
		{-tick, 0},
		{-tick - 1, -tick},
		{96*tick - 1, 96 * tick},
	} {
		r := newRig(t, statemsg.CyclePolicy{})
		r.wantNext("nothing waits", time.Time{})
		r.observe(at(c.recorded))
		r.wantNext("nothing waits", time.Time{})
		r.record(at(c.recorded), 1)
		r.wantNext(fmt.Sprintf("recorded at tick %+d s", c.recorded), at(c.want))
		r.observe(at(c.recorded).Add(time.Second / 2))
		r.record(at(c.recorded).Add(time.Second/2), 1)
		r.wantNext("one more", at(c.want))
	}
}

func TestCycleTickWithNothing(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-3")
	r := newRig(t, statemsg.CyclePolicy{})
	r.record(at(10), 1)
	r.batch(at(tick))
	r.acknowledge(at(tick + 2))
	r.wantNext("all is sent", time.Time{})
	// The tick at 2*tick passes with nothing waiting.
	r.record(at(2*tick+1), 1)
	r.wantNext("recorded after a tick with nothing", at(3*tick))
	// What waits and is forgotten leaves the tick empty again.
	r.o.Forget(statemsg.UpdateDetection, "u1")
	r.observe(at(2*tick + 2))
	r.wantNext("forgotten", time.Time{})
}

func TestCycleRecordedInFlight(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-3")
	r := newRig(t, statemsg.CyclePolicy{})
	r.record(at(10), 1)
	r.batch(at(tick))
	r.record(at(tick+1), 1)
	r.acknowledge(at(tick + 3))
	r.wantNext("recorded in flight", at(2*tick))

	// A send that takes longer than the interval: the tick was missed.
	r.batch(at(2 * tick))
	r.record(at(2*tick+1), 1)
	r.acknowledge(at(3*tick + 100))
	r.wantNext("tick missed in flight", at(3*tick+110))
}

func TestCycleFlush(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-4")
	for _, c := range []struct {
		name            string
		within          time.Duration
		recorded, asked int
		want            int
	}{
		{"two minutes after it", 0, 30, 30, 150},
		{"shorter by policy", 30 * time.Second, 30, 30, 60},
		{"the tick is earlier", 0, tick - 60, tick - 60, tick},
		{"the tick is at the deadline", 0, tick - 120, tick - 120, tick},
		{"the tick is a second later", 0, tick - 121, tick - 121, tick - 1},
		{"at the tick", 0, tick, tick, tick + 120},
		{"asked again, the first counts", 0, 30, 30, 150},
	} {
		r := newRig(t, statemsg.CyclePolicy{FlushWithin: c.within})
		r.record(at(c.recorded), 1)
		r.c = r.c.RequestFlush(r.p, at(c.asked))
		r.observe(at(c.asked))
		r.wantNext(c.name, at(c.want))
		r.c = r.c.RequestFlush(r.p, at(c.asked+5))
		r.observe(at(c.asked + 5))
		r.wantNext(c.name+", asked twice", at(c.want))
		r.batch(at(c.want))
		r.acknowledge(at(c.want + 1))
		r.record(at(c.want+2), 1)
		if next, _ := r.c.Next(r.p, &r.o); next.Sub(at(0))%(tick*time.Second) != 0 {
			t.Errorf("%s: message after the flush is due at %v, want a tick", c.name, next)
		}
	}
	r := newRig(t, statemsg.CyclePolicy{})
	r.c = r.c.RequestFlush(r.p, at(1))
	r.observe(at(1))
	r.record(at(2), 1)
	r.wantNext("flush of nothing is forgotten", at(tick))
}

func TestCycleBackoff(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-7")
	r := newRig(t, statemsg.CyclePolicy{})
	r.record(at(10), 1)
	first := r.batch(at(tick))
	now := tick
	for i, wait := range []int{60, 120, 240, 480, 900, 900, 900} {
		r.c = r.c.Failed(r.p, at(now), 0)
		r.record(at(now), 1) // does not hasten it
		r.c = r.c.RequestFlush(r.p, at(now))
		r.observe(at(now))
		r.wantNext(fmt.Sprintf("failure %d", i+1), at(now+wait))
		if r.c.Failures != i+1 {
			t.Errorf("Failures = %d, want %d", r.c.Failures, i+1)
		}
		now += wait
		if b := r.batch(at(now)); b.ID != first.ID || len(b.Messages) != 1 {
			t.Fatalf("retried batch has ID %d and %d messages, want %d and 1", b.ID, len(b.Messages), first.ID)
		}
	}
	r.acknowledge(at(now))
	if r.c.Failures != 0 || !r.c.Retry.IsZero() {
		t.Errorf("after a success: %+v, want no failures", r.c)
	}
	r.batch(at(now + 10))
	r.c = r.c.Failed(r.p, at(now), 0)
	r.wantNext("first failure after a success", at(now+60))
}

func TestCycleRetryAfter(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-7")
	for _, c := range []struct {
		name  string
		after time.Duration
		want  time.Duration
	}{
		{"none", 0, time.Minute},
		{"negative", -time.Hour, time.Minute},
		{"shorter than the back-off", time.Second, time.Minute},
		{"longer", time.Hour, time.Hour},
		{"bounded", 1 << 62, statemsg.MaxRetryAfter},
	} {
		r := newRig(t, statemsg.CyclePolicy{})
		r.record(at(10), 1)
		r.batch(at(tick))
		r.c = r.c.Failed(r.p, at(tick), c.after)
		r.observe(at(tick))
		r.wantNext(c.name, at(tick).Add(c.want))
		// The clock is moved back by a day: the wait is not longer for it.
		back := at(tick).Add(-24 * time.Hour)
		r.observe(back)
		r.wantNext(c.name+", clock moved back", back.Add(c.want))
	}
}

func TestCycleDrain(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-10")
	r := newRig(t, statemsg.CyclePolicy{BatchMessages: 10})
	r.record(at(10), 25)
	now := tick
	for i, want := range []int{10, 10, 5} {
		r.wantNext(fmt.Sprintf("batch %d", i+1), at(now))
		if got := len(r.batch(at(now)).Messages); got != want {
			t.Errorf("batch %d has %d messages, want %d", i+1, got, want)
		}
		r.acknowledge(at(now + 3))
		now += 13
	}
	r.wantNext("drained", time.Time{})
}

// TestCycleRestart: the stored cycle and outbox go on where they were, and a
// batch that was acknowledged is not sent again.
func TestCycleRestart(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-10")
	r := newRig(t, statemsg.CyclePolicy{})
	r.record(at(10), 2)
	restart := func() {
		t.Helper()
		data, err := json.Marshal(r.c)
		if err != nil {
			t.Fatal(err)
		}
		var c statemsg.Cycle
		if err := json.Unmarshal(data, &c); err != nil {
			t.Fatal(err)
		}
		if c != r.c {
			t.Fatalf("cycle changed by a round trip: %+v, want %+v", c, r.c)
		}
		stored, err := r.o.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		o, err := statemsg.DecodeOutbox(stored)
		if err != nil {
			t.Fatal(err)
		}
		r.o = *o
	}
	restart()
	r.wantNext("restarted before the tick", at(tick))
	r.batch(at(tick))
	restart()
	if next, ok := r.c.Next(r.p, &r.o); !ok || next.After(at(tick)) {
		t.Errorf("restarted in flight: Next = %v, %v, want due", next, ok)
	}
	r.acknowledge(at(tick + 1))
	restart()
	r.observe(at(2 * tick))
	r.wantNext("restarted after the acknowledgement", time.Time{})
}

func TestCycleClockMoves(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-3")
	t.Attr("rule", "MSG-10")
	day := 24 * 3600
	r := newRig(t, statemsg.CyclePolicy{})
	r.record(at(10), 1)
	r.observe(at(day)) // forward: one tick
	r.wantNext("a day forward", at(tick))
	r.batch(at(day))
	r.acknowledge(at(day))
	r.wantNext("a day forward, sent", time.Time{})
	r.record(at(day+1), 1)
	r.wantNext("after it", at(day+tick))

	r.observe(at(1)) // back
	r.wantNext("a day back", at(tick))
	r.observe(at(-day - 1))
	r.wantNext("two days back, before the anchor, in the gap", at(-day+9))
}

func TestCyclePolicyValidate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		p     statemsg.CyclePolicy
		field string // "" = valid
	}{
		{"zero", statemsg.CyclePolicy{}, ""},
		{"short interval", statemsg.CyclePolicy{Interval: time.Second}, ""},
		{"long interval", statemsg.CyclePolicy{Interval: statemsg.MaxInterval}, ""},
		{"too long interval", statemsg.CyclePolicy{Interval: statemsg.MaxInterval + 1}, "Interval"},
		{"negative interval", statemsg.CyclePolicy{Interval: -1}, "Interval"},
		{"flush after two minutes", statemsg.CyclePolicy{FlushWithin: 2 * time.Minute}, ""},
		{"flush later", statemsg.CyclePolicy{FlushWithin: 2*time.Minute + 1}, "FlushWithin"},
		{"negative flush", statemsg.CyclePolicy{FlushWithin: -1}, "FlushWithin"},
		{"negative batch", statemsg.CyclePolicy{BatchMessages: -1}, "BatchMessages"},
		{"large batch", statemsg.CyclePolicy{BatchMessages: statemsg.MaxReportMessages}, ""},
		{"too large batch", statemsg.CyclePolicy{BatchMessages: statemsg.MaxReportMessages + 1}, "BatchMessages"},
		{"gap of an interval", statemsg.CyclePolicy{DrainGap: 15 * time.Minute}, ""},
		{"gap longer than an interval", statemsg.CyclePolicy{DrainGap: 15*time.Minute + 1}, "DrainGap"},
		{"negative gap", statemsg.CyclePolicy{DrainGap: -1}, "DrainGap"},
		{"long back-off alone", statemsg.CyclePolicy{BackoffMin: time.Hour}, ""},
		{"short back-off limit alone", statemsg.CyclePolicy{BackoffMax: time.Second}, ""},
		{"back-off above its limit", statemsg.CyclePolicy{BackoffMin: 2, BackoffMax: 1}, "BackoffMin"},
		{"negative back-off", statemsg.CyclePolicy{BackoffMin: -1}, "BackoffMin"},
		{"negative back-off limit", statemsg.CyclePolicy{BackoffMax: -1}, "BackoffMax"},
		{"too long back-off limit", statemsg.CyclePolicy{BackoffMax: statemsg.MaxInterval + 1}, "BackoffMax"},
	} {
		err := c.p.Validate()
		if (err == nil) != (c.field == "") || (err != nil && !strings.Contains(err.Error(), ": "+c.field+": ")) {
			t.Errorf("%s: Validate() = %v, want field %q", c.name, err, c.field)
			continue
		}
		d := c.p.WithDefaults()
		if err == nil && (d.Validate() != nil || d != d.WithDefaults() || d.Interval <= 0 || d.DrainGap <= 0 || d.BackoffMin <= 0 || d.BackoffMax < d.BackoffMin) {
			t.Errorf("%s: WithDefaults() = %+v", c.name, d)
		}
	}
	want := statemsg.CyclePolicy{
		Interval: 15 * time.Minute, FlushWithin: 2 * time.Minute, BatchMessages: 1000,
		DrainGap: 10 * time.Second, BackoffMin: time.Minute, BackoffMax: 15 * time.Minute,
	}
	if got := (statemsg.CyclePolicy{}).WithDefaults(); got != want {
		t.Errorf("WithDefaults of the zero policy = %+v, want %+v", got, want)
	}
}
