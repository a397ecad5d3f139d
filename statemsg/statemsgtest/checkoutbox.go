package statemsgtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/internal/contract"
	"github.com/updatescan/updatescan/statemsg"
)

// Box is an outbox to be checked: the methods of [statemsg.Outbox] that the
// rules speak of. If it has a method Restart() too, that stands for the end of
// the process and the next start from what was stored, and is called now and
// then.
type Box interface {
	Record(m statemsg.Message) error
	Forget(t statemsg.TopicType, id string)
	Batch(now time.Time, max int) (statemsg.Batch, bool)
	InFlight() (statemsg.Batch, bool)
	Acknowledge(id uint64) bool
	Refresh() int
	Last(t statemsg.TopicType, id string) (statemsg.Message, statemsg.Place, bool)
	Waiting() int
	Topics() int
	LastSerial() uint64
}

// CheckOutbox checks an outbox of your own against the rules of the outbox and
// returns all breaches, joined, each a [*ClauseError] whose clause is the rule.
// newBox returns a new, empty outbox each time. The last clause, "model", plays
// long scripts on it and on an [Outbox], and compares them after every step.
//
// Green does not prove that what is stored survives a crash in the middle of
// storing it, that the outbox is as fast as [statemsg.Outbox], nor that a batch
// stays below the greatest report; and of a box without Restart nothing about
// restarts.
func CheckOutbox(ctx context.Context, newBox func() Box) error {
	return contract.Check(ctx, "statemsgtest", outboxClauses(), newBox)
}

// RunOutbox is [CheckOutbox] with one subtest a clause, named by its id, so that
// one can be left out with -skip.
func RunOutbox(t *testing.T, newBox func(*testing.T) Box) {
	t.Helper()
	contract.Run(t, "statemsgtest", outboxClauses(), newBox)
}

// outboxClauses are the rules of an outbox.
func outboxClauses() []contract.Clause[Box] {
	return []contract.Clause[Box]{
		{ID: "MSG-1", Rule: "MSG-1", Says: "a message that a report could not carry is refused and changes nothing; one that it can is kept, its time in UTC and microseconds", Check: outboxMessages},
		{ID: "MSG-2", Rule: "MSG-2", Says: "a newer message overwrites a waiting one of its topic type and topic id, in its place", Check: outboxOverwrites},
		{ID: "MSG-5", Rule: "MSG-5", Says: "serials are assigned when a message is first put in a batch: +1 each, from 1, never reused", Check: outboxSerials},
		{ID: "MSG-6", Rule: "MSG-6", Says: "a batch is immutable until it is acknowledged; what a refresh repeats keeps its time", Check: outboxImmutable},
		{ID: "MSG-7", Rule: "MSG-7", Says: "nothing is lost: of every topic the last message arrives", Check: outboxDelivers},
		{ID: "MSG-8", Rule: "MSG-8", Says: "the outbox is bounded by the number of topics, not by the number of events", Check: outboxBounded},
		{ID: "MSG-10", Rule: "MSG-10", Says: "batches are of bounded size, and nothing acknowledged is sent again", Check: outboxDrains},
		{ID: "DIFF-6", Rule: "DIFF-6", Says: "a topic that is forgotten is neither sent nor repeated", Check: outboxForgets},
		{ID: "DIFF-8", Rule: "DIFF-8", Says: "a refresh makes all that was sent or is in flight wait again, in the order of serials", Check: outboxRefreshes},
		{ID: "model", Rule: "MSG-5", Says: "it does what the reference model does", Check: outboxAsModel},
	}
}

// boxTime is a fixed time plus some seconds.
func boxTime(seconds int) time.Time {
	return time.Date(2008, 6, 3, 9, 0, 0, 0, time.UTC).Add(time.Duration(seconds) * time.Second)
}

// boxMessage is a message about an update, number n, in the given state.
func boxMessage(n int, state statemsg.StateID, seconds int) statemsg.Message {
	return statemsg.Message{
		TopicType: statemsg.UpdateDetection, TopicID: fmt.Sprint("u", n), IDType: statemsg.IDTypeUpdate,
		StateID: state, Params: []string{fmt.Sprint(100 + n)}, Time: boxTime(seconds),
	}
}

// recordAll records messages that are valid.
func recordAll(b Box, messages ...statemsg.Message) error {
	for _, m := range messages {
		if err := b.Record(m); err != nil {
			return fmt.Errorf("Record(%+v) = %w", m, err)
		}
	}
	return nil
}

// restart restarts the outbox if it can.
func restart(b Box) {
	if r, ok := b.(interface{ Restart() }); ok {
		r.Restart()
	}
}

// states writes messages as "topic type/topic id=state", and serials as their
// serial numbers.
func states(b statemsg.Batch) string {
	var words []string
	for _, m := range b.Messages {
		words = append(words, fmt.Sprintf("%d/%s=%d", m.TopicType, m.TopicID, m.StateID))
	}
	return strings.Join(words, " ")
}

func serials(b statemsg.Batch) string {
	var words []string
	for _, m := range b.Messages {
		words = append(words, fmt.Sprint(m.Serial))
	}
	return strings.Join(words, " ")
}

// wanted compares what was seen with what should be.
func wanted[T comparable](what string, got, want T) error {
	if got != want {
		return fmt.Errorf("%s = %v, want %v", what, got, want)
	}
	return nil
}

func outboxMessages(_ context.Context, newBox func() Box) error {
	b := newBox()
	for what, edit := range map[string]func(*statemsg.Message){
		"topic type 0":      func(m *statemsg.Message) { m.TopicType = 0 },
		"no topic id":       func(m *statemsg.Message) { m.TopicID = "" },
		"a long topic id":   func(m *statemsg.Message) { m.TopicID = strings.Repeat("x", maxTopicID+1) },
		"six parameters":    func(m *statemsg.Message) { m.Params = make([]string, 6) },
		"a long parameter":  func(m *statemsg.Message) { m.Params = []string{strings.Repeat("x", maxParam+1)} },
		"long details":      func(m *statemsg.Message) { m.Details = strings.Repeat("x", maxDetails+1) },
		"no text of XML":    func(m *statemsg.Message) { m.Details = "\x00" },
		"a broken text":     func(m *statemsg.Message) { m.Details = "\xFF" },
		"no time":           func(m *statemsg.Message) { m.Time = time.Time{} },
		"a time too late":   func(m *statemsg.Message) { m.Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"the year before 1": func(m *statemsg.Message) { m.Time = time.Date(0, 12, 31, 23, 59, 59, 0, time.UTC) },
	} {
		m := boxMessage(1, 2, 0)
		edit(&m)
		if err := b.Record(m); err == nil || b.Waiting() != 0 || b.Topics() != 0 {
			return fmt.Errorf("Record of a message with %s = %w, %d waiting, %d topics, want an error and none", what, err, b.Waiting(), b.Topics())
		}
	}
	params := []string{"", "2", "3", "4", strings.Repeat("é", maxParam/2)}
	m := statemsg.Message{
		TopicType: 9003, TopicID: strings.Repeat("x", maxTopicID), IDType: 255, StateID: 65535, Criticality: -1 << 31,
		Params: params, Details: strings.Repeat("<", maxDetails), Time: boxTime(0).In(time.FixedZone("", 7200)).Add(123456789), Serial: 99,
	}
	if err := recordAll(b, m); err != nil {
		return err
	}
	m.Params = slices.Clone(params)
	params[1] = "changed"
	m.Time, m.Serial = boxTime(0).Add(123456*time.Microsecond), 0
	got, place, ok := b.Last(m.TopicType, m.TopicID)
	if diff := cmp.Diff(m, got); diff != "" || !ok || place != statemsg.PlaceWaiting || got.Time.Location() != time.UTC {
		return fmt.Errorf("Last after Record = %v, %v, time in %v (-want +got)\n%s", place, ok, got.Time.Location(), diff)
	}
	return nil
}

func outboxOverwrites(_ context.Context, newBox func() Box) error {
	b := newBox()
	other := boxMessage(1, 6, 3)
	other.TopicType = statemsg.UpdateSourceScan
	// The older time does not matter: newer is what was recorded later.
	err := recordAll(b, boxMessage(1, 2, 0), boxMessage(2, 2, 1), boxMessage(1, 3, 2), other, boxMessage(2, 1, -5))
	if err != nil {
		return err
	}
	batch, _ := b.Batch(boxTime(10), 10)
	return errors.Join(
		wanted("the batch", states(batch), "500/u1=3 500/u2=1 501/u1=6"),
		wanted("Waiting after it", b.Waiting(), 0),
	)
}

func outboxSerials(_ context.Context, newBox func() Box) error {
	b := newBox()
	err := wanted("LastSerial of a new outbox", b.LastSerial(), 0)
	for n := range 5 {
		err = errors.Join(err, recordAll(b, boxMessage(n, 2, n), boxMessage(n, 3, n)))
	}
	err = errors.Join(err, wanted("LastSerial before the first batch", b.LastSerial(), 0))
	first, _ := b.Batch(boxTime(10), 2)
	err = errors.Join(err, wanted("the first serials", serials(first), "1 2"), wanted("the batch's id", first.ID, 1))
	b.Acknowledge(first.ID)
	restart(b)
	second, _ := b.Batch(boxTime(20), 10)
	err = errors.Join(err, wanted("the next serials", serials(second), "3 4 5"), wanted("LastSerial", b.LastSerial(), 5))
	b.Acknowledge(second.ID)
	restart(b)
	err = errors.Join(err, recordAll(b, boxMessage(1, 1, 30)))
	third, _ := b.Batch(boxTime(40), 10)
	return errors.Join(err, wanted("the serial of the same topic again", serials(third), "6"))
}

func outboxImmutable(_ context.Context, newBox func() Box) error {
	b := newBox()
	if err := recordAll(b, boxMessage(1, 2, 0), boxMessage(2, 2, 1), boxMessage(3, 2, 2)); err != nil {
		return err
	}
	made, _ := b.Batch(boxTime(10), 10)
	want := statemsg.NewReport(statemsg.Client{}, made).Clone()
	same := func(after string) error {
		flying, _ := b.InFlight()
		retry, ok := b.Batch(boxTime(99), 1)
		if diff := cmp.Diff(want.Messages, retry.Messages); diff != "" || !ok || retry.ID != made.ID || !retry.Date.Equal(want.Date) {
			return fmt.Errorf("after %s the batch is sent again with id %d and date %v (-first +again)\n%s", after, retry.ID, retry.Date, diff)
		}
		if diff := cmp.Diff(want.Messages, flying.Messages); diff != "" {
			return fmt.Errorf("after %s InFlight (-first +again)\n%s", after, diff)
		}
		return nil
	}
	err := errors.Join(same("Batch"), recordAll(b, boxMessage(1, 3, 20), boxMessage(4, 2, 21)), same("Record"))
	waiting := b.Waiting()
	b.Forget(statemsg.UpdateDetection, "u2")
	err = errors.Join(err, wanted("Waiting after two were recorded", waiting, 2), same("Forget"))
	b.Refresh()
	err = errors.Join(err, same("Refresh"))
	restart(b)
	err = errors.Join(err, same("Restart"), wanted("Acknowledge of another batch", b.Acknowledge(made.ID+1), false), same("that"))
	err = errors.Join(err, wanted("Acknowledge", b.Acknowledge(made.ID), true), wanted("Acknowledge again", b.Acknowledge(made.ID), false))
	again, _ := b.Batch(boxTime(100), 10)
	if i := slices.IndexFunc(again.Messages, func(m statemsg.Message) bool { return m.TopicID == "u3" }); i < 0 {
		err = errors.Join(err, errors.New("what Refresh repeats is not sent"))
	} else if m := again.Messages[i]; m.Serial <= made.Messages[2].Serial || !m.Time.Equal(boxTime(2)) {
		err = errors.Join(err, fmt.Errorf("Refresh repeats a message with serial %d of %v, want a new serial and the old time", m.Serial, m.Time))
	}
	return err
}
