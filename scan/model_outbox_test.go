package scan_test

import (
	"slices"
	"time"

	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
)

// refOutbox is the model's outbox: three lists.
type refOutbox struct {
	queue  []statemsg.Message // wait, in the order in which they will leave
	flight []refFlying        // the batch that is not acknowledged; empty: none
	date   time.Time          // of the batch
	sent   []statemsg.Message // acknowledged; the last of its topic each
	last   uint64             // last serial number used
}

// refFlying is a message in the batch in flight. Live says that it is still
// the last of its topic.
type refFlying struct {
	statemsg.Message
	live bool
}

func sameTopic(a statemsg.Message, topic statemsg.TopicType, id string) bool {
	return a.TopicType == topic && a.TopicID == id
}

// record is MSG-2: a message overwrites one of its topic that waits.
func (o *refOutbox) record(m statemsg.Message) {
	m.Time = m.Time.Truncate(time.Microsecond)
	for i := range o.queue {
		if sameTopic(o.queue[i], m.TopicType, m.TopicID) {
			o.queue[i] = m
			return
		}
	}
	o.forget(m.TopicType, m.TopicID)
	o.queue = append(o.queue, m)
}

// forget drops a topic (DIFF-6). The batch in flight stays as it is (MSG-6).
func (o *refOutbox) forget(topic statemsg.TopicType, id string) {
	match := func(m statemsg.Message) bool { return sameTopic(m, topic, id) }
	o.queue = slices.DeleteFunc(o.queue, match)
	o.sent = slices.DeleteFunc(o.sent, match)
	for i := range o.flight {
		if match(o.flight[i].Message) {
			o.flight[i].live = false
		}
	}
}

// knows reports whether a message of the topic is remembered.
func (o *refOutbox) knows(topic statemsg.TopicType, id string) bool {
	match := func(m statemsg.Message) bool { return sameTopic(m, topic, id) }
	flying := func(f refFlying) bool { return f.live && match(f.Message) }
	return slices.ContainsFunc(o.queue, match) || slices.ContainsFunc(o.sent, match) || slices.ContainsFunc(o.flight, flying)
}

// topics is the number of topics remembered (MSG-8).
func (o *refOutbox) topics() int {
	n := len(o.queue) + len(o.sent)
	for _, f := range o.flight {
		if f.live {
			n++
		}
	}
	return n
}

// batch makes a batch of the first messages that wait (MSG-5, MSG-10).
func (o *refOutbox) batch(now time.Time, most int) {
	o.date = now.Truncate(time.Microsecond)
	for len(o.queue) > 0 && len(o.flight) < most {
		m := o.queue[0]
		o.queue = o.queue[1:]
		o.last++
		m.Serial = o.last
		o.flight = append(o.flight, refFlying{m, true})
	}
}

// acknowledged ends the batch in flight.
func (o *refOutbox) acknowledged() {
	for _, f := range o.flight {
		if f.live {
			o.sent = append(o.sent, f.Message)
		}
	}
	o.flight = nil
}

// refresh makes everything that was sent wait again, in the order of its old
// serial numbers (DIFF-8, MSG-6).
func (o *refOutbox) refresh() int {
	again := o.sent
	for i := range o.flight {
		if o.flight[i].live {
			again = append(again, o.flight[i].Message)
			o.flight[i].live = false
		}
	}
	slices.SortFunc(again, func(a, b statemsg.Message) int { return int(a.Serial) - int(b.Serial) })
	for _, m := range again {
		m.Serial = 0
		o.queue = append(o.queue, m)
	}
	o.sent = nil
	return len(again)
}

// refCycle is the model's timetable of bulk sending. Zero times do not apply.
type refCycle struct {
	anchor   time.Time // ticks are whole intervals from here
	due      time.Time // tick at which what waits leaves
	flush    time.Time // before which it leaves all the same (MSG-4)
	quiet    time.Time // nothing new leaves before (MSG-10)
	retry    time.Time // when what failed is sent again (MSG-7)
	wait     time.Duration
	failures int
}

// tickAfter is the first tick after now.
func (m *refModel) tickAfter(now time.Time) time.Time {
	k := now.Sub(m.cycle.anchor) / m.cfg.interval // towards the anchor
	t := m.cycle.anchor.Add((k - 1) * m.cfg.interval)
	for !t.After(now) {
		t = t.Add(m.cfg.interval)
	}
	return t
}

// note brings the timetable in line with what waits, and shortens waits that a
// clock moved back has made too long.
func (m *refModel) note(now time.Time) {
	c := &m.cycle
	if c.anchor.IsZero() {
		c.anchor = now
	}
	if len(m.out.queue) == 0 {
		c.due, c.flush = time.Time{}, time.Time{}
	} else if c.due.IsZero() || c.due.After(now.Add(m.cfg.interval)) {
		c.due = m.tickAfter(now) // MSG-3
	}
	if len(m.out.flight) == 0 {
		c.retry, c.wait, c.failures = time.Time{}, 0, 0
	}
	for _, w := range []struct {
		t       *time.Time
		longest time.Duration
	}{{&c.flush, m.cfg.flushWithin}, {&c.quiet, m.cfg.gap}, {&c.retry, c.wait}} {
		if w.t.After(now.Add(w.longest)) {
			*w.t = now.Add(w.longest)
		}
	}
}

// nextSend is when something leaves next.
func (m *refModel) nextSend() (time.Time, bool) {
	c := m.cycle
	if len(m.out.flight) > 0 { // MSG-7: the same again, before anything else
		return laterOf(c.retry, c.quiet), true
	}
	if len(m.out.queue) == 0 { // MSG-3
		return time.Time{}, false
	}
	t := c.due
	if !c.flush.IsZero() && c.flush.Before(t) {
		t = c.flush
	}
	return laterOf(t, c.quiet), true
}

// askFlush is MSG-4.
func (m *refModel) askFlush(now time.Time) {
	t := now.Add(m.cfg.flushWithin)
	if m.cycle.flush.IsZero() || t.Before(m.cycle.flush) {
		m.cycle.flush = t
	}
}

// bulk sends what is due.
func (m *refModel) bulk(now time.Time) {
	m.note(now)
	t, ok := m.nextSend()
	if !ok || t.After(now) || m.sending || m.muted {
		return
	}
	if len(m.out.flight) == 0 {
		m.out.batch(now, m.cfg.batch)
	}
	m.sending = true
	b := statemsg.Batch{ID: m.out.flight[0].Serial, Date: m.out.date}
	for _, f := range m.out.flight {
		b.Messages = append(b.Messages, f.Message)
	}
	m.want(scan.Send{Batch: b})
	m.note(now)
}

// takeSendEnded is MSG-7.
func (m *refModel) takeSendEnded(now time.Time, e scan.SendEnded) {
	if !m.sending || len(m.out.flight) == 0 || m.out.flight[0].Serial != e.Batch {
		return
	}
	m.sending = false
	c := &m.cycle
	if e.Interrupted {
		m.muted = true
		return
	}
	if e.Failure.Code == 0 {
		m.out.acknowledged()
		c.retry, c.wait, c.failures = time.Time{}, 0, 0
		c.quiet = now.Add(m.cfg.gap)
		m.note(now)
		return
	}
	c.wait = m.cfg.backoffMin
	for range c.failures { // doubled with each failure in a row
		c.wait = min(2*c.wait, m.cfg.backoffMax)
	}
	c.failures++
	if asked := min(e.RetryAfter, 24*time.Hour); asked > c.wait {
		c.wait = asked
	}
	c.retry = now.Add(c.wait)
}
