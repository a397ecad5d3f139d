package statemsgtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/statemsg"
)

func outboxDelivers(ctx context.Context, newBox func() Box) error {
	for seed := range uint64(20) {
		b := newBox()
		var site Site
		client := checkReport(1).Client
		last := map[string]statemsg.StateID{}
		dice := rand.New(rand.NewPCG(seed, 0))
		arrive := func(batch statemsg.Batch) { _ = site.Send(ctx, statemsg.NewReport(client, batch)) }
		for second := range 200 {
			switch n := dice.IntN(10); n {
			case 0, 1, 2: // a send, whose acknowledgement may be lost
				if batch, ok := b.Batch(boxTime(second), 1+dice.IntN(3)); ok && dice.IntN(4) > 0 {
					arrive(batch)
					if dice.IntN(4) > 0 {
						b.Acknowledge(batch.ID)
					}
				}
			case 3:
				restart(b)
			default:
				m := boxMessage(dice.IntN(6), statemsg.StateID(second), second)
				last[m.TopicID] = m.StateID
				if err := recordAll(b, m); err != nil {
					return err
				}
			}
		}
		for range 100 {
			batch, ok := b.Batch(boxTime(1000), 3)
			if !ok {
				break
			}
			arrive(batch)
			b.Acknowledge(batch.ID)
		}
		for id, want := range last {
			if m, ok := site.State(client.ID, statemsg.UpdateDetection, id); !ok || m.StateID != want {
				return fmt.Errorf("seed %d: the site has state %d of %s, want %d", seed, m.StateID, id, want)
			}
		}
	}
	return ctx.Err()
}

func outboxBounded(_ context.Context, newBox func() Box) error {
	b := newBox()
	for round := range 50 {
		for n := range 10 {
			if err := recordAll(b, boxMessage(n, statemsg.StateID(1+round%3), round)); err != nil {
				return err
			}
		}
		if round%3 == 0 {
			b.Batch(boxTime(round), 3)
		}
		if round%7 == 0 {
			flying, _ := b.InFlight()
			b.Acknowledge(flying.ID)
		}
		if b.Topics() != 10 || b.Waiting() > 10 {
			return fmt.Errorf("%d topics, %d waiting after %d events about 10 topics", b.Topics(), b.Waiting(), 10*(round+1))
		}
	}
	return nil
}

func outboxDrains(_ context.Context, newBox func() Box) error {
	b := newBox()
	var err error
	for n := range 8 {
		err = errors.Join(err, recordAll(b, boxMessage(n, 2, n)))
	}
	for i, want := range []int{3, 3, 2} {
		batch, _ := b.Batch(boxTime(10+i), 3)
		err = errors.Join(err, wanted(fmt.Sprintf("the size of batch %d of at most 3", i+1), len(batch.Messages), want))
		restart(b)
		b.Acknowledge(batch.ID)
		restart(b)
	}
	batch, ok := b.Batch(boxTime(20), 3)
	if ok {
		err = errors.Join(err, fmt.Errorf("everything is acknowledged, and %s is sent", states(batch)))
	}
	return errors.Join(err, wanted("Waiting", b.Waiting(), 0))
}

func outboxForgets(_ context.Context, newBox func() Box) error {
	b := newBox()
	err := recordAll(b, boxMessage(1, 2, 0), boxMessage(2, 2, 1))
	sent, _ := b.Batch(boxTime(5), 1)
	b.Acknowledge(sent.ID)
	for _, id := range []string{"u1", "u2", "u9"} {
		b.Forget(statemsg.UpdateDetection, id)
	}
	_, _, known := b.Last(statemsg.UpdateDetection, "u1")
	err = errors.Join(err, wanted("Topics", b.Topics(), 0), wanted("known", known, false), wanted("Refresh", b.Refresh(), 0))
	batch, ok := b.Batch(boxTime(10), 10)
	return errors.Join(err, wanted("a batch", ok, false), wanted("its messages", states(batch), ""))
}

func outboxRefreshes(_ context.Context, newBox func() Box) error {
	b := newBox()
	err := recordAll(b, boxMessage(3, 2, 0), boxMessage(1, 2, 1), boxMessage(2, 2, 2))
	first, _ := b.Batch(boxTime(10), 10)
	b.Acknowledge(first.ID)
	err = errors.Join(err, recordAll(b, boxMessage(4, 2, 11)))
	second, _ := b.Batch(boxTime(12), 10)
	err = errors.Join(err, recordAll(b, boxMessage(5, 2, 13), boxMessage(1, 3, 14)))
	err = errors.Join(err, wanted("Refresh of two sent and one in flight", b.Refresh(), 3), wanted("Waiting", b.Waiting(), 5))
	err = errors.Join(err, wanted("Refresh again", b.Refresh(), 0))
	b.Acknowledge(second.ID)
	batch, _ := b.Batch(boxTime(20), 10)
	return errors.Join(err, wanted("the batch", states(batch), "500/u5=2 500/u1=3 500/u3=2 500/u2=2 500/u4=2"))
}

// Step is something that happens to an outbox.
type Step struct {
	// Do says what happens.
	Do Action
	// Message is what is recorded, or has the topic that is forgotten.
	Message statemsg.Message
	// Now is when a batch is made or a refresh is asked for.
	Now time.Time
	// Max is the most messages of a batch.
	Max int
	// Off is what is added to the id of the batch in flight when it is
	// acknowledged; it is not acknowledged then unless Off is 0.
	Off uint64
}

// Action is what happens in a [Step]. The zero value is invalid.
type Action uint8

// The actions.
const (
	Record Action = 1 + iota
	Forget
	MakeBatch
	Acknowledge
	Refresh
	Restart
)

// actionNames are the names of the actions; never written to.
var actionNames = [...]string{"Record", "Forget", "MakeBatch", "Acknowledge", "Refresh", "Restart"}

// String is the action's name.
func (a Action) String() string {
	if a >= 1 && int(a) <= len(actionNames) {
		return actionNames[a-1]
	}
	return fmt.Sprintf("Action(%d)", uint8(a))
}

// Play takes a step on b and on the model, and says how they differ in what it
// returns and in what they are after it. A box without Restart is not restarted,
// and neither is the model then.
func (o *Outbox) Play(b Box, s Step) error {
	switch s.Do {
	case Record:
		got, want := b.Record(s.Message), o.Record(s.Message)
		if (got == nil) != (want == nil) {
			return fmt.Errorf("Record(%+v) = %w, want %w", s.Message, got, want)
		}
	case Forget:
		b.Forget(s.Message.TopicType, s.Message.TopicID)
		o.Forget(s.Message.TopicType, s.Message.TopicID)
	case MakeBatch:
		got, ok := b.Batch(s.Now, s.Max)
		want, wantOK := o.Batch(s.Now, s.Max)
		if diff := diffBatch(want, got); diff != "" || ok != wantOK {
			return fmt.Errorf("Batch(%v, %d) = %v (-want +got)\n%s", s.Now, s.Max, ok, diff)
		}
	case Acknowledge:
		flying, _ := o.InFlight()
		if got, want := b.Acknowledge(flying.ID+s.Off), o.Acknowledge(flying.ID+s.Off); got != want {
			return fmt.Errorf("Acknowledge(%d) = %v, want %v", flying.ID+s.Off, got, want)
		}
	case Refresh:
		if got, want := b.Refresh(), o.Refresh(s.Now); got != want {
			return fmt.Errorf("Refresh() = %d, want %d", got, want)
		}
	case Restart:
		if r, ok := b.(interface{ Restart() }); ok {
			r.Restart()
			o.Restart()
		}
	}
	return o.Compare(b)
}

// diffMessage says how messages differ; it is cmp.Diff, and fast when they do
// not.
func diffMessage(want, got statemsg.Message) string {
	if sameMessage(want, got) {
		return ""
	}
	return cmp.Diff(want, got)
}

func sameMessage(a, b statemsg.Message) bool {
	params := slices.Equal(a.Params, b.Params) && (a.Params == nil) == (b.Params == nil)
	if !params || !a.Time.Equal(b.Time) {
		return false
	}
	a.Params, b.Params, a.Time, b.Time = nil, nil, time.Time{}, time.Time{}
	return reflect.DeepEqual(a, b)
}

// diffBatch says how batches differ.
func diffBatch(want, got statemsg.Batch) string {
	if want.ID == got.ID && want.Date.Equal(got.Date) && slices.EqualFunc(want.Messages, got.Messages, sameMessage) {
		return ""
	}
	return cmp.Diff(want, got)
}

// Compare says how b differs from the model.
func (o *Outbox) Compare(b Box) error {
	err := errors.Join(
		wanted("Waiting()", b.Waiting(), o.Waiting()),
		wanted("Topics()", b.Topics(), o.Topics()),
		wanted("LastSerial()", b.LastSerial(), o.LastSerial()),
	)
	got, ok := b.InFlight()
	want, wantOK := o.InFlight()
	if diff := diffBatch(want, got); diff != "" || ok != wantOK {
		err = errors.Join(err, fmt.Errorf("InFlight() = %v (-want +got)\n%s", ok, diff))
	}
	for m, place := range o.All {
		got, at, ok := b.Last(m.TopicType, m.TopicID)
		if diff := diffMessage(m, got); diff != "" || at != place || !ok {
			err = errors.Join(err, fmt.Errorf("Last(%v, %q) = %v, %v, want %v (-want +got)\n%s", m.TopicType, m.TopicID, at, ok, place, diff))
		}
	}
	return err
}

func outboxAsModel(ctx context.Context, newBox func() Box) error {
	for seed := range uint64(10) {
		b, model := newBox(), new(Outbox)
		dice := rand.New(rand.NewPCG(seed, 1))
		for second := range 150 {
			step := Step{Do: Action(1 + dice.IntN(len(actionNames))), Now: boxTime(second), Max: dice.IntN(4)}
			if step.Do == Refresh && dice.IntN(4) > 0 || dice.IntN(3) == 0 {
				step.Do = Record
			}
			step.Message = boxMessage(dice.IntN(8), statemsg.StateID(dice.IntN(4)), second)
			if dice.IntN(4) == 0 {
				step.Message.TopicType = statemsg.UpdateEnforcement
			}
			if dice.IntN(6) == 0 {
				step.Off = 1
				step.Message.Params = make([]string, dice.IntN(7))
			}
			if err := model.Play(b, step); err != nil {
				return fmt.Errorf("seed %d, step %d, %v: %w", seed, second, step.Do, err)
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
	}
	return nil
}
