package statemsgtest

import (
	"time"

	"github.com/updatescan/updatescan/statemsg"
)

// Model answers the questions about messages, reports and the timetable that
// need no memory. The zero value is ready.
type Model struct {
	// Mistake plants one of the mistakes of scan/scantest/vectors/mutants.json
	// by its id; empty for none; an id that does not concern the model has no
	// effect.
	Mistake string
}

// Script is what happens to a client from its anchor on. Time is in whole
// seconds from there.
type Script struct {
	// Policy is the policy, in whole seconds. Zero fields have their documented
	// defaults.
	Policy statemsg.CyclePolicy
	// Events are what happens besides sends, in any order; those of one second
	// happen in their order.
	Events []Event
	// Sends tells how the first, second, ... send goes; each after them takes a
	// second and succeeds.
	Sends []Send
	// Until is the last second.
	Until int
}

// Event is something that happens in a second of a [Script].
type Event struct {
	At     int  // the second
	Record int  // how many messages of new topics are recorded
	Flush  bool // then what waits is to leave early (MSG-4)
}

// Send is how a send goes.
type Send struct {
	Takes      int  // seconds until it ends; below 1 means 1
	Fails      bool // it fails
	RetryAfter int  // seconds that the receiver of a failed one asks for
}

// Sent is a send of a timetable.
type Sent struct {
	At       int // the second in which it began
	Messages int // how many the report has
}

// send is how the nth send goes, from 0.
func (s Script) send(n int) Send {
	if n >= len(s.Sends) {
		return Send{Takes: 1}
	}
	send := s.Sends[n]
	send.Takes = max(1, send.Takes)
	return send
}

// Timetable lists the sends of a script, repeated ones too. It goes through
// every second and looks what is to be done. In one second a send that ends is
// taken in first, then what is due leaves, then the events happen.
func (m Model) Timetable(s Script) []Sent {
	c := clerk{mistake: m.Mistake, script: s, policy: numbers(s.Policy), flush: -1, sendEnd: -1}
	for t := 0; t <= s.Until; t++ {
		c.end(t)
		c.leave(t)
		for _, e := range s.Events {
			if e.At == t {
				c.happen(t, e)
			}
		}
	}
	return c.log
}

// clerk goes through the seconds of a script.
type clerk struct {
	mistake string
	script  Script
	policy  statemsg.CyclePolicy

	wait, flight int  // messages
	overdue      bool // a tick has passed while something waited
	since        int  // when something began to wait
	flush        int  // when what waits leaves early; below 0 it does not
	gapEnd       int  // nothing leaves before
	retry        int  // what failed is not repeated before
	sendEnd      int  // when the send under way ends; below 0 there is none
	failures     int  // in a row
	log          []Sent
}

// seconds is a duration in whole seconds.
func seconds(d time.Duration) int { return int(d / time.Second) }

// end takes in the send that ends now, if one does.
func (c *clerk) end(t int) {
	if t != c.sendEnd {
		return
	}
	c.sendEnd = -1
	send := c.script.send(len(c.log) - 1)
	if send.Fails && c.mistake != "msg-failed-dropped" {
		asked := time.Duration(send.RetryAfter) * time.Second
		c.retry = t + seconds(backoff(c.policy, c.mistake, c.failures, asked))
		c.failures++
		return
	}
	c.flight, c.failures, c.retry = 0, 0, 0
	c.gapEnd = t
	if c.mistake != "msg-no-drain-gap" {
		c.gapEnd = t + seconds(c.policy.DrainGap)
	}
}

// leave sends what is due now.
func (c *clerk) leave(t int) {
	tick := t > 0 && t%seconds(c.policy.Interval) == 0
	if c.mistake == "msg-interval-from-message" {
		tick = t == c.since+seconds(c.policy.Interval)
	}
	if tick && c.wait > 0 {
		c.overdue = true
	}
	due := c.wait > 0 && (c.overdue || c.flush >= 0 && t >= c.flush)
	if c.mistake == "msg-empty-sent" && tick {
		due = true
	}
	if c.flight > 0 { // the same again, before anything else
		due = t >= c.retry
	}
	if due && c.sendEnd < 0 && t >= c.gapEnd {
		if c.flight == 0 {
			c.flight = min(c.wait, c.policy.BatchMessages)
			if c.mistake == "msg-unbounded-batch" {
				c.flight = c.wait
			}
			c.wait -= c.flight
		}
		c.sendEnd = t + c.script.send(len(c.log)).Takes
		c.log = append(c.log, Sent{At: t, Messages: c.flight})
	}
	if c.wait == 0 {
		c.overdue, c.flush = false, -1
	}
}

// happen takes in an event.
func (c *clerk) happen(t int, e Event) {
	if c.wait == 0 {
		c.since = t
	}
	c.wait += e.Record
	if e.Flush && c.wait > 0 && c.flush < 0 && c.mistake != "msg-no-flush" {
		c.flush = t + seconds(flushWithin(c.policy, c.mistake))
	}
}
