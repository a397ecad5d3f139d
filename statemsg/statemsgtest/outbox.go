package statemsgtest

import (
	"slices"
	"time"

	"github.com/updatescan/updatescan/statemsg"
)

// Outbox is the reference model of a client's outbox (MSG-2, MSG-5, MSG-6,
// MSG-8, DIFF-8): lists that are searched from the front. It knows nothing of
// [statemsg.Outbox] and shares no code with it.
//
// It is laxer in one point: a batch holds as many messages as it may, however
// large its report becomes.
//
// The zero value is empty and ready. Not safe for concurrent use.
type Outbox struct {
	// Mistake plants one of the mistakes of scan/scantest/vectors/mutants.json
	// by its id; empty for none; an id that does not concern the model has no
	// effect.
	Mistake string

	queue     []waiting // in the order in which they will leave
	flight    []flying  // the batch that is not acknowledged; empty: none
	date      time.Time // of the batch in flight
	sent      []statemsg.Message
	delivered []statemsg.Message
	last      uint64 // last serial number used
}

// waiting is a message that waits. Reserved is a serial number that only a
// mistake gives it.
type waiting struct {
	statemsg.Message
	reserved uint64
}

// flying is a message in the batch in flight. Live says that it is still the
// last of its topic.
type flying struct {
	statemsg.Message
	live bool
}

// NewOutbox returns an empty outbox whose serials go on after the given one.
func NewOutbox(lastSerial uint64) *Outbox {
	return &Outbox{last: min(lastSerial, maxSerial)}
}

// about says whether m is of the given topic.
func (o *Outbox) about(m statemsg.Message, t statemsg.TopicType, id string) bool {
	if o.Mistake == "msg-topic-by-id-only" {
		return m.TopicID == id
	}
	return m.TopicType == t && m.TopicID == id
}

// Record makes m wait. It takes the place of a message of its topic that waits
// (MSG-2), else the end of the queue. A message that a report could not carry
// is refused with a *[statemsg.MessageError].
func (o *Outbox) Record(m statemsg.Message) error {
	params := maxParams
	if o.Mistake == "msg-six-params" {
		params++
	}
	m.Serial = 0
	if err := checkMessage(m, params); err != nil {
		return err
	}
	m.Time = m.Time.UTC().Truncate(time.Microsecond)
	m.Params = slices.Clone(m.Params)
	if len(m.Params) == 0 {
		m.Params = nil
	}
	w := waiting{Message: m}
	if o.Mistake == "msg-serial-at-record" {
		o.last++
		w.reserved = o.last
	}
	if o.Mistake == "msg-every-event" {
		o.queue = append(o.queue, w)
		return nil
	}
	if o.Mistake == "msg-flight-overwritten" {
		for i := range o.flight {
			if f := &o.flight[i]; f.live && o.about(f.Message, m.TopicType, m.TopicID) {
				m.Serial = f.Serial
				f.Message = m
				return nil
			}
		}
	}
	for i := range o.queue {
		if !o.about(o.queue[i].Message, m.TopicType, m.TopicID) {
			continue
		}
		if o.Mistake == "msg-keeps-older" {
			return nil
		}
		if o.Mistake == "msg-appends-newer" {
			o.queue = append(slices.Delete(o.queue, i, i+1), w)
			return nil
		}
		o.queue[i] = w
		return nil
	}
	o.outdate(m.TopicType, m.TopicID)
	o.queue = append(o.queue, w)
	return nil
}

// outdate makes what was sent or is in flight of a topic no longer the last of
// it. The batch in flight stays as it is (MSG-6).
func (o *Outbox) outdate(t statemsg.TopicType, id string) {
	o.sent = slices.DeleteFunc(o.sent, func(m statemsg.Message) bool { return o.about(m, t, id) })
	for i := range o.flight {
		if o.about(o.flight[i].Message, t, id) {
			o.flight[i].live = false
		}
	}
}

// Forget drops a topic (DIFF-6).
func (o *Outbox) Forget(t statemsg.TopicType, id string) {
	o.outdate(t, id)
	o.queue = slices.DeleteFunc(o.queue, func(w waiting) bool { return o.about(w.Message, t, id) })
	o.delivered = slices.DeleteFunc(o.delivered, func(m statemsg.Message) bool { return o.about(m, t, id) })
}

// Batch returns the batch in flight, or makes one of the first messages that
// wait, at most max; below 1 means 1000 (MSG-5, MSG-6, MSG-10). The date of a
// batch that a report could not carry is moved to the nearest second that it
// can.
func (o *Outbox) Batch(now time.Time, max int) (statemsg.Batch, bool) {
	if len(o.flight) > 0 {
		if o.Mistake == "msg-retry-new-serials" {
			for i := range o.flight {
				o.last++
				o.flight[i].Serial = o.last
			}
		}
		return o.InFlight()
	}
	if max < 1 {
		max = 1000
	}
	max = min(max, 100_000)
	if o.Mistake == "msg-unbounded-batch" {
		max = len(o.queue)
	}
	for len(o.queue) > 0 && len(o.flight) < max && o.last < maxSerial {
		w := o.queue[0]
		o.queue = o.queue[1:]
		o.last++
		w.Serial = o.last
		if o.Mistake == "msg-serial-from-zero" {
			w.Serial--
		}
		if o.Mistake == "msg-serial-at-record" {
			o.last--
			w.Serial = w.reserved
		}
		o.flight = append(o.flight, flying{w.Message, true})
	}
	o.date = now.UTC().Truncate(time.Microsecond)
	if o.date.Year() < 1 || o.date.IsZero() {
		o.date = time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC)
	}
	if o.date.Year() > 9999 {
		o.date = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	}
	return o.InFlight()
}

// InFlight returns the batch that is not acknowledged yet. It shares nothing
// with the outbox but the parameters of messages.
func (o *Outbox) InFlight() (statemsg.Batch, bool) {
	if len(o.flight) == 0 {
		return statemsg.Batch{}, false
	}
	b := statemsg.Batch{ID: o.flight[0].Serial, Date: o.date}
	for _, f := range o.flight {
		b.Messages = append(b.Messages, f.Message)
	}
	return b, true
}

// Acknowledge ends the batch in flight if it has the given id.
func (o *Outbox) Acknowledge(id uint64) bool {
	if len(o.flight) == 0 || o.flight[0].Serial != id {
		return false
	}
	for _, f := range o.flight {
		o.delivered = slices.DeleteFunc(o.delivered, func(m statemsg.Message) bool {
			return o.about(m, f.TopicType, f.TopicID)
		})
		o.delivered = append(o.delivered, f.Message)
		if f.live {
			o.sent = append(o.sent, f.Message)
		}
	}
	o.flight = nil
	return true
}

// Drop loses the batch in flight. No outbox that is right does so: it is there
// for the mistake msg-failed-dropped.
func (o *Outbox) Drop() { o.flight = nil }

// Refresh makes everything that was sent or is in flight wait again, in the
// order of the old serial numbers and with the old times, and returns how much
// that is (DIFF-8, MSG-6). The time of the refresh makes no difference.
func (o *Outbox) Refresh(now time.Time) int {
	if o.Mistake == "diff-refresh-only-waiting" {
		return len(o.queue)
	}
	again := o.sent
	for i := range o.flight {
		if o.flight[i].live {
			again = append(again, o.flight[i].Message)
			o.flight[i].live = false
		}
	}
	o.sent = nil
	for i := range again {
		if o.Mistake == "msg-refresh-new-time" {
			again[i].Time = now.UTC().Truncate(time.Microsecond)
		}
	}
	o.waitAgain(again)
	return len(again)
}

// waitAgain adds messages that had a serial to the end of the queue.
func (o *Outbox) waitAgain(again []statemsg.Message) {
	slices.SortFunc(again, func(a, b statemsg.Message) int {
		if a.Serial < b.Serial {
			return -1
		}
		return 1
	})
	for _, m := range again {
		m.Serial = 0
		w := waiting{Message: m}
		if o.Mistake == "msg-serial-at-record" {
			o.last++
			w.reserved = o.last
		}
		o.queue = append(o.queue, w)
	}
}

// Restart is the end of the process and its next start: everything is as it was
// stored, so nothing happens.
func (o *Outbox) Restart() {
	if o.Mistake == "msg-serial-after-restart" {
		o.last = 0
	}
	if o.Mistake == "msg-restart-resends" {
		again := o.sent
		o.sent = nil
		o.waitAgain(again)
	}
	if o.Mistake == "diff-crash-loses-messages" {
		o.queue = nil
	}
}

// Waiting is how many messages wait.
func (o *Outbox) Waiting() int { return len(o.queue) }

// Topics is how many topics are remembered (MSG-8).
func (o *Outbox) Topics() int {
	n := 0
	o.All(func(statemsg.Message, statemsg.Place) bool { n++; return true })
	return n
}

// LastSerial is the last serial number that was used; 0 if none was.
func (o *Outbox) LastSerial() uint64 {
	if o.Mistake == "msg-serial-from-zero" && o.last > 0 {
		return o.last - 1
	}
	return o.last
}

// All iterates over the last message of each topic and where it is: those that
// wait, those in flight, those sent, in each of these in order.
func (o *Outbox) All(yield func(statemsg.Message, statemsg.Place) bool) {
	for _, w := range o.queue {
		if !yield(w.Message, statemsg.PlaceWaiting) {
			return
		}
	}
	for _, f := range o.flight {
		if f.live && !yield(f.Message, statemsg.PlaceInFlight) {
			return
		}
	}
	for _, m := range o.sent {
		if !yield(m, statemsg.PlaceSent) {
			return
		}
	}
}

// Last returns the last message of a topic and where it is.
func (o *Outbox) Last(t statemsg.TopicType, id string) (statemsg.Message, statemsg.Place, bool) {
	for m, p := range o.All {
		if o.about(m, t, id) {
			return m, p, true
		}
	}
	return statemsg.Message{}, 0, false
}

// Knows says whether a message of the topic is remembered.
func (o *Outbox) Knows(t statemsg.TopicType, id string) bool {
	_, _, ok := o.Last(t, id)
	return ok
}

// Delivered returns of each topic that was not forgotten the message that was
// last acknowledged, in the order of acknowledgement.
func (o *Outbox) Delivered() []statemsg.Message { return slices.Clone(o.delivered) }
