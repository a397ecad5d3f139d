package statemsg

import (
	"fmt"
	"time"
)

// Defaults and bounds of a [CyclePolicy].
const (
	// DefaultInterval is the time between bulk sends (MSG-3).
	DefaultInterval = 15 * time.Minute
	// MaxInterval is the longest interval and back-off that can be configured.
	MaxInterval = 31 * 24 * time.Hour
	// MaxFlushWithin is the default of FlushWithin and the most allowed (MSG-4).
	MaxFlushWithin = 2 * time.Minute
	// DefaultBatchMessages is the most messages in a batch (MSG-10).
	DefaultBatchMessages = 1000
	// DefaultDrainGap is the least time between two batches (MSG-10).
	DefaultDrainGap = 10 * time.Second
	// DefaultBackoff is the wait after the first failed send (MSG-7).
	DefaultBackoff = time.Minute
	// MaxRetryAfter bounds what a receiver may wish to be left alone for.
	MaxRetryAfter = 24 * time.Hour
)

// PolicyError tells which field of a [CyclePolicy] is refused and why.
type PolicyError struct {
	Field  string
	Reason string
}

// Error implements error.
func (e *PolicyError) Error() string { return "statemsg: policy: " + e.Field + ": " + e.Reason }

// CyclePolicy configures when batches leave. The zero value means the
// defaults. A policy is checked once with Validate; the methods of [Cycle]
// expect a valid one.
type CyclePolicy struct {
	// Interval is the time between bulk sends (MSG-3). Zero means
	// DefaultInterval; negative or above MaxInterval is refused.
	Interval time.Duration
	// FlushWithin is the most that the messages of an installation's rescan
	// wait (MSG-4). Zero means MaxFlushWithin; negative or more is refused.
	FlushWithin time.Duration
	// BatchMessages is the most messages in a batch (MSG-10). Zero means
	// DefaultBatchMessages; negative or above MaxReportMessages is refused.
	BatchMessages int
	// DrainGap is the least time between the end of one send and the next
	// batch (MSG-10). Zero means DefaultDrainGap or Interval if that is less;
	// negative or above Interval is refused.
	DrainGap time.Duration
	// BackoffMin is the wait after the first failed send; it doubles with each
	// failure in a row up to BackoffMax (MSG-7). Zero means DefaultBackoff or
	// BackoffMax if that is less; negative or above BackoffMax is refused.
	BackoffMin time.Duration
	// BackoffMax is the longest wait after a failed send. Zero means Interval
	// or BackoffMin if that is more; negative or above MaxInterval is refused.
	BackoffMax time.Duration
}

// Validate reports the first field that is refused, as a *[PolicyError].
func (p CyclePolicy) Validate() error {
	for _, f := range [...]struct {
		field string
		value time.Duration
		max   time.Duration
	}{
		{"Interval", p.Interval, MaxInterval},
		{"FlushWithin", p.FlushWithin, MaxFlushWithin}, // MSG-4
		{"DrainGap", p.DrainGap, p.interval()},
		{"BackoffMax", p.BackoffMax, MaxInterval},
		{"BackoffMin", p.BackoffMin, MaxInterval},
	} {
		if f.value < 0 {
			return &PolicyError{f.field, "negative"}
		}
		if f.value > f.max {
			return &PolicyError{f.field, fmt.Sprintf("%v is above %v", f.value, f.max)}
		}
	}
	if p.BackoffMax != 0 && p.BackoffMin > p.BackoffMax {
		return &PolicyError{"BackoffMin", fmt.Sprintf("%v is above BackoffMax, %v", p.BackoffMin, p.BackoffMax)}
	}
	if p.BatchMessages < 0 {
		return &PolicyError{"BatchMessages", "negative"}
	}
	if p.BatchMessages > MaxReportMessages {
		return &PolicyError{"BatchMessages", fmt.Sprintf("%d is above %d", p.BatchMessages, MaxReportMessages)}
	}
	return nil
}

// WithDefaults returns the policy with every zero field replaced by what it
// means.
func (p CyclePolicy) WithDefaults() CyclePolicy {
	return CyclePolicy{
		Interval:      p.interval(),
		FlushWithin:   p.flushWithin(),
		BatchMessages: p.batchMessages(),
		DrainGap:      p.drainGap(),
		BackoffMin:    p.backoffMin(),
		BackoffMax:    p.backoffMax(),
	}
}

func (p CyclePolicy) interval() time.Duration {
	if p.Interval == 0 {
		return DefaultInterval
	}
	return p.Interval
}

func (p CyclePolicy) flushWithin() time.Duration {
	if p.FlushWithin == 0 {
		return MaxFlushWithin
	}
	return p.FlushWithin
}

func (p CyclePolicy) batchMessages() int {
	if p.BatchMessages == 0 {
		return DefaultBatchMessages
	}
	return p.BatchMessages
}

func (p CyclePolicy) drainGap() time.Duration {
	if p.DrainGap == 0 {
		return min(DefaultDrainGap, p.interval())
	}
	return p.DrainGap
}

func (p CyclePolicy) backoffMax() time.Duration {
	if p.BackoffMax == 0 {
		return max(p.interval(), p.BackoffMin)
	}
	return p.BackoffMax
}

func (p CyclePolicy) backoffMin() time.Duration {
	if p.BackoffMin == 0 {
		return min(DefaultBackoff, p.backoffMax())
	}
	return p.BackoffMin
}

// Cycle is the pure timetable of bulk sending. It says when the next batch
// should be made; it makes none itself.
//
//  1. Ticks are the instants Anchor + k*Interval for every whole k (MSG-3).
//  2. A message recorded at or after a tick waits for the next one; a tick at
//     which nothing waits sends nothing (MSG-3).
//  3. A flush that was asked for makes what waits due at its deadline, if that
//     is before the tick (MSG-4).
//  4. What is still waiting when a batch was made, because there was more than a
//     batch holds, stays due: it leaves DrainGap after the batch was
//     acknowledged (MSG-10).
//  5. A failed send is repeated after a back-off, and nothing else leaves before
//     (MSG-7). A batch in flight without a failure on record is due at once: it
//     is found so after a restart.
//  6. A tick that was missed, by power-off or by a clock moved forward, is one
//     tick, however many were missed. A clock moved back delays nothing longer
//     than one Interval, back-off, flush or gap from then.
//
// Each method returns the changed Cycle. Its owner calls Observe at the end of
// every step, after all recording, forgetting, batch-making and acknowledging
// of the step and before Next. While a send is under way Next is not asked.
//
// The zero value is not started. A Cycle is comparable and all its fields are
// plain, so that it can be stored; the times are UTC without a monotonic
// reading, and zero when they do not apply.
type Cycle struct {
	// Anchor fixes the phase of the ticks, for good. It may lie in the future.
	Anchor time.Time `json:"anchor,omitzero"`
	// Due is the tick at which what waits leaves; zero = nothing waits.
	Due time.Time `json:"due,omitzero"`
	// Flush is the deadline of a flush asked for; zero = none.
	Flush time.Time `json:"flush,omitzero"`
	// NotBefore is the end of the gap after the last acknowledged batch.
	NotBefore time.Time `json:"not_before,omitzero"`
	// Retry is when a failed send is repeated; zero = the last one did not fail.
	Retry time.Time `json:"retry,omitzero"`
	// Wait is how long after the failure Retry was set.
	Wait time.Duration `json:"wait_ns,omitzero"`
	// Failures is the number of failed sends in a row.
	Failures int `json:"failures,omitzero"`
}

// Started says whether the cycle has an anchor.
func (c Cycle) Started() bool { return !c.Anchor.IsZero() }

// Start anchors the cycle at now if it has no anchor yet. To spread clients
// over the interval and keep them spread, set Anchor to a time drawn once.
func (c Cycle) Start(now time.Time) Cycle {
	if !c.Started() {
		c.Anchor = wallTime(now)
	}
	return c
}

// RequestFlush asks that what waits leaves within FlushWithin of now, without
// waiting for the tick (MSG-4). An earlier deadline is kept. It is asked for in
// the step that records the messages; if nothing waits at the end of that step,
// Observe forgets the wish. Back-off and drain gap are respected.
func (c Cycle) RequestFlush(p CyclePolicy, now time.Time) Cycle {
	deadline := wallTime(now).Add(p.flushWithin())
	if c.Flush.IsZero() || deadline.Before(c.Flush) {
		c.Flush = deadline
	}
	return c
}

// Observe takes note of what waits in o at now: it sets the tick at which newly
// waiting messages are due, forgets tick and flush when nothing waits, and
// repairs times that a clock moved back has made too late. It starts a cycle
// that is not started. Calling it again with the same arguments changes
// nothing.
func (c Cycle) Observe(p CyclePolicy, now time.Time, o *Outbox) Cycle {
	now = wallTime(now)
	c = c.Start(now)
	if o.Waiting() == 0 {
		c.Due, c.Flush = time.Time{}, time.Time{}
	} else if c.Due.IsZero() || c.Due.Sub(now) > p.interval() {
		c.Due = c.nextTick(p, now)
	}
	c.Flush = notAfter(c.Flush, now.Add(p.flushWithin()))
	c.NotBefore = notAfter(c.NotBefore, now.Add(p.drainGap()))
	if _, ok := o.InFlight(); ok {
		c.Retry = notAfter(c.Retry, now.Add(c.Wait))
	} else {
		c.Retry, c.Wait, c.Failures = time.Time{}, 0, 0
	}
	return c
}

// nextTick is the first tick after now (MSG-3).
func (c Cycle) nextTick(p CyclePolicy, now time.Time) time.Time {
	interval := p.interval()
	phase := now.Sub(c.Anchor) % interval
	if phase < 0 {
		phase += interval
	}
	return now.Add(interval - phase)
}

// Next returns when the next batch should be made, or the one in flight be sent
// again. It may lie in the past, also be the zero time: then it is due. ok is
// false when nothing waits and nothing is in flight (MSG-3).
func (c Cycle) Next(p CyclePolicy, o *Outbox) (t time.Time, ok bool) {
	if _, ok := o.InFlight(); ok {
		return later(c.Retry, c.NotBefore), true // MSG-7
	}
	if o.Waiting() == 0 {
		return time.Time{}, false // MSG-3
	}
	due := c.Due
	if !c.Flush.IsZero() && c.Flush.Before(due) {
		due = c.Flush // MSG-4
	}
	return later(due, c.NotBefore), true // MSG-10
}

// Acknowledged returns the cycle after a send succeeded and o was told: the
// back-off ends and the drain gap begins.
func (c Cycle) Acknowledged(p CyclePolicy, now time.Time, o *Outbox) Cycle {
	now = wallTime(now)
	c.Retry, c.Wait, c.Failures = time.Time{}, 0, 0
	c.NotBefore = now.Add(p.drainGap()) // MSG-10
	return c.Observe(p, now, o)
}

// Failed returns the cycle after a send failed: it is repeated after
// BackoffMin, doubled with each failure in a row up to BackoffMax, or after
// what the receiver asked for if that is longer, at most MaxRetryAfter (MSG-7).
// A retryAfter of 0 or less is no wish.
func (c Cycle) Failed(p CyclePolicy, now time.Time, retryAfter time.Duration) Cycle {
	limit := p.backoffMax()
	wait := p.backoffMin()
	for range c.Failures {
		if wait >= limit {
			break
		}
		wait *= 2
	}
	wait = max(min(wait, limit), min(retryAfter, MaxRetryAfter))
	if c.Failures < maxFailures {
		c.Failures++
	}
	c.Wait = wait
	c.Retry = wallTime(now).Add(wait)
	return c
}

// maxFailures is where the count of failures in a row stops.
const maxFailures = 1 << 30

// wallTime is t in UTC without its monotonic reading.
func wallTime(t time.Time) time.Time { return t.Round(0).UTC() }

// notAfter is t, or limit if t is later.
func notAfter(t, limit time.Time) time.Time {
	if t.After(limit) {
		return limit
	}
	return t
}

// later is the later of two times.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
