package statemsg_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/statemsg"
)

// modelOutbox is the slow and obvious outbox: lists that are searched.
type modelOutbox struct {
	waiting []statemsg.Message // in queue order
	flight  []statemsg.Message
	date    time.Time
	current []bool // whether flight[i] is still its topic's last message
	sent    []statemsg.Message
	last    uint64
}

func same(a, b statemsg.Message) bool { return a.TopicType == b.TopicType && a.TopicID == b.TopicID }

func (o *modelOutbox) drop(m statemsg.Message) {
	o.sent = slices.DeleteFunc(o.sent, func(x statemsg.Message) bool { return same(x, m) })
	for i := range o.flight {
		if same(o.flight[i], m) {
			o.current[i] = false
		}
	}
}

func (o *modelOutbox) record(m statemsg.Message) {
	o.drop(m)
	for i := range o.waiting {
		if same(o.waiting[i], m) {
			o.waiting[i] = m
			return
		}
	}
	o.waiting = append(o.waiting, m)
}

func (o *modelOutbox) forget(m statemsg.Message) {
	o.drop(m)
	o.waiting = slices.DeleteFunc(o.waiting, func(x statemsg.Message) bool { return same(x, m) })
}

func (o *modelOutbox) batch(now time.Time, max int) []statemsg.Message {
	if len(o.flight) > 0 {
		return o.flight
	}
	for len(o.waiting) > 0 && len(o.flight) < max {
		m := o.waiting[0]
		o.waiting = o.waiting[1:]
		o.last++
		m.Serial = o.last
		o.flight = append(o.flight, m)
		o.current = append(o.current, true)
	}
	o.date = now
	return o.flight
}

func (o *modelOutbox) acknowledge() {
	for i, m := range o.flight {
		if o.current[i] {
			o.sent = append(o.sent, m)
		}
	}
	o.flight, o.current = nil, nil
}

func (o *modelOutbox) refresh() int {
	n := 0
	for _, m := range o.sent {
		m.Serial = 0
		o.waiting = append(o.waiting, m)
		n++
	}
	o.sent = nil
	for i, m := range o.flight {
		if o.current[i] {
			m.Serial = 0
			o.waiting = append(o.waiting, m)
			o.current[i] = false
			n++
		}
	}
	return n
}

// outboxMachine drives an outbox, its model, and a site that keeps what
// arrives.
type outboxMachine struct {
	o      *statemsg.Outbox
	model  modelOutbox
	bySite map[uint64]statemsg.Message // by serial: each takes effect once
	want   map[string]statemsg.Message // last recorded, by topic
	now    int
}

func (s *outboxMachine) check(t *rapid.T) {
	if got, want := s.o.Waiting(), len(s.model.waiting); got != want {
		t.Fatalf("Waiting() = %d, want %d", got, want)
	}
	if got, want := s.o.LastSerial(), s.model.last; got != want {
		t.Fatalf("LastSerial() = %d, want %d", got, want)
	}
	b, ok := s.o.InFlight()
	if diff := cmp.Diff(s.model.flight, b.Messages); diff != "" || ok != (len(s.model.flight) > 0) {
		t.Fatalf("InFlight() = %v (-want +got)\n%s", ok, diff)
	}
	data, err := s.o.AppendBinary(nil)
	if err != nil {
		t.Fatalf("AppendBinary() = %v", err)
	}
	restored, err := statemsg.DecodeOutbox(data)
	if err != nil {
		t.Fatalf("DecodeOutbox = %v", err)
	}
	again, _ := restored.AppendBinary([]byte("prefix"))
	if string(again) != "prefix"+string(data) {
		t.Fatalf("stored form changed by a round trip:\n%x\n%x", data, again)
	}
	s.o = restored // each step runs on a restored outbox
}

func (s *outboxMachine) arrive(t *rapid.T, messages []statemsg.Message) {
	for _, m := range messages {
		if old, ok := s.bySite[m.Serial]; ok {
			if diff := cmp.Diff(old, m); diff != "" {
				t.Fatalf("serial %d was used twice (-first +second)\n%s", m.Serial, diff)
			}
		}
		s.bySite[m.Serial] = m
	}
}

func (s *outboxMachine) actions() map[string]func(*rapid.T) {
	topic := rapid.IntRange(0, 5)
	return map[string]func(*rapid.T){
		"": s.check,
		"record": func(t *rapid.T) {
			s.now++
			m := update(topic.Draw(t, "topic"), statemsg.StateID(rapid.IntRange(0, 3).Draw(t, "state")), s.now)
			if err := s.o.Record(m); err != nil {
				t.Fatalf("Record = %v", err)
			}
			s.model.record(m)
			s.want[m.TopicID] = m
		},
		"forget": func(t *rapid.T) {
			m := update(topic.Draw(t, "topic"), 0, 0)
			s.o.Forget(m.TopicType, m.TopicID)
			s.model.forget(m)
			delete(s.want, m.TopicID)
		},
		"batch": func(t *rapid.T) {
			s.now++
			max := rapid.IntRange(1, 4).Draw(t, "max")
			b, ok := s.o.Batch(at(s.now), max)
			want := s.model.batch(at(s.now), max)
			if diff := cmp.Diff(want, b.Messages); diff != "" || ok != (len(want) > 0) {
				t.Fatalf("Batch(%d) = %v (-want +got)\n%s", max, ok, diff)
			}
			if !ok {
				return
			}
			if !b.Date.Equal(s.model.date) || b.ID != want[0].Serial {
				t.Fatalf("Batch has ID %d, date %v, want %d, %v", b.ID, b.Date, want[0].Serial, s.model.date)
			}
			if rapid.Bool().Draw(t, "arrives") { // and the acknowledgement may yet be lost
				s.arrive(t, b.Messages)
			}
		},
		"acknowledge": func(t *rapid.T) {
			b, ok := s.o.InFlight()
			s.arrive(t, b.Messages)
			if got := s.o.Acknowledge(b.ID); got != ok {
				t.Fatalf("Acknowledge(%d) = %v, want %v", b.ID, got, ok)
			}
			s.model.acknowledge()
		},
		"refresh": func(t *rapid.T) {
			if got, want := s.o.Refresh(), s.model.refresh(); got != want {
				t.Fatalf("Refresh() = %d, want %d", got, want)
			}
		},
	}
}

// TestOutboxModel compares the outbox with the model, restored from its stored
// form at each step, and at the end delivers everything: for each topic the site
// must then have the last recorded message as the one with the highest serial.
func TestOutboxModel(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-2")
	t.Attr("rule", "MSG-5")
	t.Attr("rule", "MSG-6")
	t.Attr("rule", "MSG-7")
	rapid.Check(t, func(t *rapid.T) {
		s := &outboxMachine{
			o:      new(statemsg.Outbox),
			bySite: make(map[uint64]statemsg.Message),
			want:   make(map[string]statemsg.Message),
		}
		t.Repeat(s.actions())
		for {
			b, ok := s.o.Batch(at(s.now), 3)
			if !ok {
				break
			}
			s.arrive(t, b.Messages)
			s.o.Acknowledge(b.ID)
		}
		bySite := make(map[string]statemsg.Message)
		for serial := uint64(1); serial <= s.o.LastSerial(); serial++ {
			m, ok := s.bySite[serial]
			if !ok {
				t.Fatalf("serial %d never arrived", serial)
			}
			bySite[m.TopicID] = m
		}
		for id, want := range s.want {
			want.Serial = bySite[id].Serial
			if diff := cmp.Diff(want, bySite[id]); diff != "" {
				t.Fatalf("site has another last message of %s (-want +got)\n%s", id, diff)
			}
		}
	})
}
