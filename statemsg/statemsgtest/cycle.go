package statemsgtest

import (
	"time"

	"github.com/updatescan/updatescan/statemsg"
)

// Cycle is the reference model of the timetable of bulk sending, step by step
// (MSG-3, MSG-4, MSG-7, MSG-10), for models that step an outbox themselves. What
// waits and what is in flight it is told as numbers. [Model.Timetable] is the
// same timetable for a script that is known beforehand, by other means.
//
// The zero value has the default policy and has not begun: the first Note
// begins it. Not safe for concurrent use.
type Cycle struct {
	// Mistake plants one of the mistakes of scan/scantest/vectors/mutants.json
	// by its id; empty for none; an id that does not concern the model has no
	// effect.
	Mistake string
	// Policy is the policy. Zero fields have their documented defaults.
	Policy statemsg.CyclePolicy

	anchor   time.Time // ticks are whole intervals from here
	due      time.Time // tick at which what waits leaves
	flush    time.Time // before which it leaves all the same (MSG-4)
	quiet    time.Time // nothing new leaves before (MSG-10)
	retry    time.Time // when what failed is sent again (MSG-7)
	wait     time.Duration
	failures int
}

// numbers is a policy with nothing left to default.
func numbers(p statemsg.CyclePolicy) statemsg.CyclePolicy {
	if p.Interval == 0 {
		p.Interval = 15 * time.Minute // MSG-3
	}
	if p.FlushWithin == 0 {
		p.FlushWithin = 2 * time.Minute // MSG-4
	}
	if p.BatchMessages == 0 {
		p.BatchMessages = 1000
	}
	if p.DrainGap == 0 {
		p.DrainGap = min(10*time.Second, p.Interval)
	}
	if p.BackoffMax == 0 {
		p.BackoffMax = max(p.Interval, p.BackoffMin)
	}
	if p.BackoffMin == 0 {
		p.BackoffMin = min(time.Minute, p.BackoffMax)
	}
	return p
}

// flushWithin is how long what is to leave early may wait.
func flushWithin(p statemsg.CyclePolicy, mistake string) time.Duration {
	if mistake == "msg-flush-three-minutes" {
		return numbers(p).FlushWithin + time.Minute
	}
	return numbers(p).FlushWithin
}

// Begin fixes the ticks: whole intervals from the given time. A cycle that has
// begun stays as it is.
func (c *Cycle) Begin(now time.Time) {
	if c.anchor.IsZero() {
		c.anchor = now.UTC()
	}
}

// tickAfter is the first tick after now.
func (c *Cycle) tickAfter(now time.Time) time.Time {
	interval := numbers(c.Policy).Interval
	if c.Mistake == "msg-interval-from-message" {
		return now.Add(interval)
	}
	k := now.Sub(c.anchor) / interval // towards the anchor
	t := c.anchor.Add((k - 1) * interval)
	for !t.After(now) {
		t = t.Add(interval)
	}
	return t
}

// Note brings the timetable in line with how many messages wait and are in
// flight, and shortens waits that a clock moved back has made too long. It is
// called at the end of every step.
func (c *Cycle) Note(now time.Time, waiting, inFlight int) {
	c.Begin(now)
	p := numbers(c.Policy)
	if waiting == 0 {
		c.due, c.flush = time.Time{}, time.Time{}
	} else if c.due.IsZero() || c.due.After(now.Add(p.Interval)) {
		c.due = c.tickAfter(now) // MSG-3
	}
	if inFlight == 0 {
		c.retry, c.wait, c.failures = time.Time{}, 0, 0
	}
	for _, w := range []struct {
		t       *time.Time
		longest time.Duration
	}{{&c.flush, flushWithin(p, c.Mistake)}, {&c.quiet, p.DrainGap}, {&c.retry, c.wait}} {
		if w.t.After(now.Add(w.longest)) {
			*w.t = now.Add(w.longest)
		}
	}
}

// NextSend is when something leaves next; it may be past. False means that
// there is nothing that could leave (MSG-3).
func (c *Cycle) NextSend(waiting, inFlight int) (time.Time, bool) {
	if inFlight > 0 { // MSG-7: the same again, before anything else
		return laterOf(c.retry, c.quiet), true
	}
	if waiting == 0 {
		return time.Time{}, false
	}
	t := c.due
	if !c.flush.IsZero() && c.flush.Before(t) {
		t = c.flush
	}
	return laterOf(t, c.quiet), true
}

// laterOf returns the later of two times.
func laterOf(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// AskFlush is MSG-4: what waits is to leave early.
func (c *Cycle) AskFlush(now time.Time) {
	if c.Mistake == "msg-no-flush" {
		return
	}
	t := now.Add(flushWithin(c.Policy, c.Mistake))
	if c.flush.IsZero() || t.Before(c.flush) {
		c.flush = t
	}
}

// SendNow makes what waits or is in flight due at once: neither back-off nor
// gap are waited for.
func (c *Cycle) SendNow(now time.Time, waiting, inFlight int) {
	c.Note(now, waiting, inFlight)
	if waiting+inFlight > 0 {
		c.quiet, c.retry = time.Time{}, time.Time{}
	}
	if waiting > 0 {
		c.flush = now
	}
}

// Acknowledged ends a send that succeeded; the outbox was told already.
func (c *Cycle) Acknowledged(now time.Time, waiting, inFlight int) {
	c.retry, c.wait, c.failures = time.Time{}, 0, 0
	c.quiet = now
	if c.Mistake != "msg-no-drain-gap" {
		c.quiet = now.Add(numbers(c.Policy).DrainGap) // MSG-10
	}
	c.Note(now, waiting, inFlight)
}

// Failed ends a send that failed, whose receiver asks to be left alone for
// retryAfter; 0 for no such wish (MSG-7). With the mistake msg-failed-dropped
// the caller drops the batch.
func (c *Cycle) Failed(now time.Time, retryAfter time.Duration) {
	c.wait = backoff(c.Policy, c.Mistake, c.failures, retryAfter)
	c.failures++
	c.retry = now.Add(c.wait)
}

// backoff is the wait after a failed send with so many failures before it in a
// row: doubled with each, or what the receiver asks for if that is longer.
func backoff(p statemsg.CyclePolicy, mistake string, before int, retryAfter time.Duration) time.Duration {
	p = numbers(p)
	wait := p.BackoffMin
	if mistake != "msg-no-backoff" {
		for range before {
			wait = min(2*wait, p.BackoffMax)
		}
	}
	if mistake == "msg-retry-after-ignored" {
		return wait
	}
	return max(wait, min(retryAfter, 24*time.Hour))
}

// Failures is how many sends failed in a row.
func (c *Cycle) Failures() int { return c.failures }
