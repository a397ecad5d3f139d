package statemsg

import (
	"slices"
	"time"
)

// MaxSerial is the highest serial number an outbox assigns; it fits the signed
// 64-bit integers of databases. An outbox that has used it up makes no more
// batches.
const MaxSerial uint64 = 1<<63 - 1

// Place tells where the last message of a topic is on its way. The zero Place
// is invalid.
type Place uint8

// The places of a message.
const (
	// PlaceWaiting: it waits to be put in a batch.
	PlaceWaiting Place = 1 + iota
	// PlaceInFlight: it is in the batch that is not acknowledged yet.
	PlaceInFlight
	// PlaceSent: it was acknowledged and is kept for Refresh.
	PlaceSent
)

// String returns "waiting", "in_flight" or "sent", and "Place(9)" for others.
func (p Place) String() string {
	switch p {
	case PlaceWaiting:
		return "waiting"
	case PlaceInFlight:
		return "in_flight"
	case PlaceSent:
		return "sent"
	}
	return "Place(" + itoa(uint64(p)) + ")"
}

// Batch is what one report carries. It is immutable: a retry sends the same
// messages with the same serials, times and date (MSG-6). Its Messages are
// shared with the outbox and must not be modified.
type Batch struct {
	ID       uint64    // the serial of its first message; never 0
	Date     time.Time // when the batch was made; UTC, microseconds
	Messages []Message // at least one; serials ascend by 1
}

// Outbox is the pure store of state messages: for each topic (topic type and
// topic id) the last message recorded, and where it is on its way.
//
//  1. Record makes the message wait. It replaces the topic's last message; if
//     that one was waiting, the new one takes its place in the queue, so a topic
//     that changes often is not starved (MSG-2).
//  2. Batch takes the first messages of the queue and gives each the next serial
//     number (MSG-5). They are in flight. There is one batch in flight at a time
//     and it never changes (MSG-6): a message recorded meanwhile for the same
//     topic waits on its own and gets a serial of its own later.
//  3. Acknowledge ends the batch in flight. Its messages are sent, and kept.
//  4. Refresh makes sent and in-flight messages wait again with their times kept;
//     they get new serials (DIFF-8, MSG-6).
//
// It holds one message a topic plus the batch in flight, however many events
// there were (MSG-8). It never forgets a topic on its own account.
//
// The zero value is empty and ready. Not safe for concurrent use. Record and
// Acknowledge of one message take amortised constant time, Batch time in
// proportion to its messages, Refresh n log n for n topics.
type Outbox struct {
	topics  map[topicKey]*entry
	head    *entry // of the queue of waiting messages
	tail    *entry
	waiting int
	flight  Batch // ID 0 = none
	last    uint64
	version uint64
}

// topicKey identifies a topic (MSG-2).
type topicKey struct {
	topicType TopicType
	id        string
}

// entry is a topic's last message; prev and next link it while it waits.
type entry struct {
	msg        Message
	place      Place
	prev, next *entry
}

func keyOf(m *Message) topicKey { return topicKey{m.TopicType, m.TopicID} }

// Record makes m wait to be sent, as the topic's last message. A waiting
// message of the same topic is overwritten, whatever their times: newer means
// recorded later (MSG-2). The time is kept in UTC and cut to microseconds; a
// serial given in m is ignored. The outbox keeps its own copy of the
// parameters. An invalid message is refused with a *[MessageError] and changes
// nothing.
func (o *Outbox) Record(m Message) error {
	m.Serial = 0
	if err := m.Validate(); err != nil {
		return err
	}
	m.normalize()
	o.version++
	e := o.topics[keyOf(&m)]
	if e == nil {
		if o.topics == nil {
			o.topics = make(map[topicKey]*entry)
		}
		e = new(entry)
		o.topics[keyOf(&m)] = e
	}
	e.msg = m
	o.enqueue(e) // MSG-2: a waiting one keeps its place
	return nil
}

// enqueue makes e wait at the end of the queue; if it waits already it stays
// where it is.
func (o *Outbox) enqueue(e *entry) {
	if e.place == PlaceWaiting {
		return
	}
	e.place = PlaceWaiting
	e.prev, e.next = o.tail, nil
	if o.tail == nil {
		o.head = e
	} else {
		o.tail.next = e
	}
	o.tail = e
	o.waiting++
}

// dequeue takes a waiting entry out of the queue.
func (o *Outbox) dequeue(e *entry) {
	if e.prev == nil {
		o.head = e.next
	} else {
		e.prev.next = e.next
	}
	if e.next == nil {
		o.tail = e.prev
	} else {
		e.next.prev = e.prev
	}
	e.prev, e.next = nil, nil
	o.waiting--
}

// Forget drops the topic (DIFF-6): a waiting message of it is not sent, a sent
// one is not repeated by Refresh. A batch in flight is not altered (MSG-6). A
// topic that is not there is no error.
func (o *Outbox) Forget(t TopicType, id string) {
	key := topicKey{t, id}
	e := o.topics[key]
	if e == nil {
		return
	}
	o.version++
	if e.place == PlaceWaiting {
		o.dequeue(e)
	}
	delete(o.topics, key)
}

// Last returns the last message recorded for a topic and where it is; ok is
// false when the topic is not known. A serial above 0 is the one it was put in
// a batch with.
func (o *Outbox) Last(t TopicType, id string) (m Message, p Place, ok bool) {
	e := o.topics[topicKey{t, id}]
	if e == nil {
		return Message{}, 0, false
	}
	return e.msg, e.place, true
}

// Topics is the number of topics remembered, which bounds the outbox (MSG-8).
func (o *Outbox) Topics() int { return len(o.topics) }

// Waiting is the number of messages that wait to be put in a batch. Those of
// the batch in flight do not count.
func (o *Outbox) Waiting() int { return o.waiting }

// Batch returns the batch in flight as it is, or else makes one of at most max
// waiting messages in order of recording and assigns their serials (MSG-5).
// A max below 1 means [DefaultBatchMessages]; one above [MaxReportMessages] is
// taken as that. A batch also ends before its report could exceed
// [MaxReportBytes]. A now outside the years 1 to 9999 is moved to their edge.
//
// ok is false when nothing waits and nothing is in flight, or no serial is
// left. The new serials must be stored before the batch is handed on, or a
// crash could use them twice.
func (o *Outbox) Batch(now time.Time, max int) (b Batch, ok bool) {
	if o.flight.ID != 0 { // MSG-6
		return o.flight, true
	}
	if max < 1 {
		max = DefaultBatchMessages
	}
	n := min(max, MaxReportMessages, o.waiting)
	if uint64(n) > MaxSerial-o.last {
		n = int(MaxSerial - o.last) // MSG-5: never reused, so never wrapped
	}
	if n == 0 {
		return Batch{}, false
	}
	messages := make([]Message, 0, n)
	for size := reportFixedBytes; len(messages) < n; {
		e := o.head
		size += messageBound(&e.msg)
		if size > MaxReportBytes && len(messages) > 0 {
			break
		}
		o.dequeue(e)
		e.place = PlaceInFlight
		o.last++ // MSG-5
		e.msg.Serial = o.last
		messages = append(messages, e.msg)
	}
	o.version++
	o.flight = Batch{ID: messages[0].Serial, Date: clampTime(now), Messages: messages}
	return o.flight, true
}

// clampTime is t as a wire time; beyond the edges of what a report can carry it
// is the second at the edge.
func clampTime(t time.Time) time.Time {
	if timeRepresentable(t) && !timeMissing(t) {
		return wireTime(t)
	}
	if t.Unix() <= minUnix {
		return time.Unix(minUnix+1, 0).UTC() // the first second is the zero time
	}
	return time.Unix(maxUnix, 0).UTC()
}

// InFlight returns the batch that is not acknowledged yet; ok is false when
// there is none.
func (o *Outbox) InFlight() (b Batch, ok bool) { return o.flight, o.flight.ID != 0 }

// Acknowledge ends the batch in flight: its messages are sent. An id that is
// not in flight, such as that of a batch acknowledged before, changes nothing
// and returns false.
func (o *Outbox) Acknowledge(batchID uint64) bool {
	if batchID == 0 || o.flight.ID != batchID {
		return false
	}
	o.version++
	for i := range o.flight.Messages {
		m := &o.flight.Messages[i]
		e := o.topics[keyOf(m)]
		// A topic that was forgotten, recorded anew or refreshed meanwhile is
		// not in flight any more.
		if e != nil && e.place == PlaceInFlight {
			e.place = PlaceSent
		}
	}
	o.flight = Batch{}
	return true
}

// Refresh makes every sent message wait again, its time kept and a new serial
// to come (DIFF-8, MSG-6), and returns how many. They join the end of the
// queue in order of their serials; what waits already stays where it is.
//
// Messages in flight are repeated too, in a later batch: a refresh is asked
// for when the site has lost something, and that may be the very batch in
// flight. The batch itself is not altered.
func (o *Outbox) Refresh() int {
	again := make([]*entry, 0, len(o.topics)-o.waiting)
	for _, e := range o.topics {
		if e.place != PlaceWaiting {
			again = append(again, e)
		}
	}
	if len(again) == 0 {
		return 0
	}
	slices.SortFunc(again, bySerial)
	o.version++
	for _, e := range again {
		e.msg.Serial = 0
		o.enqueue(e)
	}
	return len(again)
}

// LastSerial is the last serial assigned; 0 before the first batch (MSG-5).
func (o *Outbox) LastSerial() uint64 { return o.last }

// Version changes whenever the outbox changes, so that a shell knows by
// comparing two of its values whether there is something to store. It counts
// from the making or decoding of this outbox and is not part of the stored
// form.
func (o *Outbox) Version() uint64 { return o.version }

// NewOutbox returns an empty outbox whose serials go on after the given one.
// It is for a client that has lost its outbox and still knows the last serial
// it used: serials are never reused (MSG-5). A lastSerial above [MaxSerial] is
// taken as that; such an outbox makes no batch.
func NewOutbox(lastSerial uint64) *Outbox { return &Outbox{last: min(lastSerial, MaxSerial)} }
