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
	var log []Sent
	p := numbers(s.Policy)
	secs := func(d time.Duration) int { return int(d / time.Second) }
	wait, flight := 0, 0 // messages
	overdue := false
	since, flush, gapEnd, retry, sendEnd := 0, -1, 0, 0, -1
	failures := 0
	for t := 0; t <= s.Until; t++ {
		if t == sendEnd {
			sendEnd = -1
			if send := s.send(len(log) - 1); send.Fails && m.Mistake != "msg-failed-dropped" {
				asked := time.Duration(send.RetryAfter) * time.Second
				retry = t + secs(backoff(p, m.Mistake, failures, asked))
				failures++
			} else {
				flight, failures, retry = 0, 0, 0
				gapEnd = t + secs(p.DrainGap)
				if m.Mistake == "msg-no-drain-gap" {
					gapEnd = t
				}
			}
		}
		tick := t > 0 && t%secs(p.Interval) == 0
		if m.Mistake == "msg-interval-from-message" {
			tick = t == since+secs(p.Interval)
		}
		if tick && wait > 0 {
			overdue = true // a tick has passed while something waited
		}
		if sendEnd < 0 && t >= gapEnd {
			due := wait > 0 && (overdue || flush >= 0 && t >= flush)
			if m.Mistake == "msg-empty-sent" && tick {
				due = true
			}
			if flight > 0 && t >= retry || flight == 0 && due {
				if flight == 0 {
					flight = min(wait, p.BatchMessages)
					if m.Mistake == "msg-unbounded-batch" {
						flight = wait
					}
					wait -= flight
				}
				sendEnd = t + s.send(len(log)).Takes
				log = append(log, Sent{At: t, Messages: flight})
			}
		}
		if wait == 0 {
			overdue, flush = false, -1
		}
		for _, e := range s.Events {
			if e.At != t {
				continue
			}
			if wait == 0 {
				since = t
			}
			wait += e.Record
			if e.Flush && wait > 0 && flush < 0 && m.Mistake != "msg-no-flush" {
				flush = t + secs(flushWithin(p, m.Mistake))
			}
		}
	}
	return log
}
