package statemsgtest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/statemsgtest"
	"github.com/updatescan/updatescan/statemsg/statemsgtest/statemsgrapid"
)

// TestCycleAsModel steps a cycle and the model side by side, with a clock that
// jumps.
func TestCycleAsModel(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-3")
	t.Attr("rule", "MSG-4")
	t.Attr("rule", "MSG-7")
	t.Attr("rule", "MSG-10")
	rapid.Check(t, func(t *rapid.T) {
		p := statemsgrapid.Policy().Draw(t, "policy")
		var c statemsg.Cycle
		var o statemsg.Outbox
		model := statemsgtest.Cycle{Policy: p}
		now := time.Date(2008, 6, 3, 9, 0, 0, 0, time.UTC)
		recorded := 0
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			next, due := c.Next(p, &o)
			if due && !next.IsZero() && rapid.Bool().Draw(t, "to what is due") {
				now = next.Add(time.Duration(rapid.IntRange(-2, 2).Draw(t, "distance")) * time.Second)
			} else {
				now = now.Add(time.Duration(rapid.OneOf(rapid.IntRange(0, 2000), rapid.IntRange(-100_000, 100_000)).Draw(t, "jump")) * time.Second)
			}
			flying, ok := o.InFlight()
			switch rapid.IntRange(0, 4).Draw(t, "what") {
			case 0:
				recorded++
				m := statemsgrapid.UpdateMessage(100).Draw(t, "message")
				if err := o.Record(m); err != nil {
					t.Fatal(err)
				}
			case 1:
				c = c.RequestFlush(p, now)
				model.AskFlush(now)
			case 2:
				o.Batch(now, 2)
			case 3:
				if ok {
					o.Acknowledge(flying.ID)
					c = c.Acknowledged(p, now, &o)
					model.Acknowledged(now, o.Waiting(), 0)
				}
			case 4:
				if ok {
					after := time.Duration(rapid.SampledFrom([]int{0, 30, 5000, 100_000}).Draw(t, "after")) * time.Second
					c = c.Failed(p, now, after)
					model.Failed(now, after)
				}
			}
			c = c.Observe(p, now, &o)
			b, _ := o.InFlight()
			model.Note(now, o.Waiting(), len(b.Messages))
			got, ok := c.Next(p, &o)
			want, wantOK := model.NextSend(o.Waiting(), len(b.Messages))
			if !got.Equal(want) || ok != wantOK || c.Failures != model.Failures() {
				t.Fatalf("at %v Next = %v, %v with %d failures, want %v, %v with %d", now, got, ok, c.Failures, want, wantOK, model.Failures())
			}
		}
	})
}

// TestValidateAsModel: the library refuses the messages that the model refuses,
// for the same field.
func TestValidateAsModel(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-1")
	rapid.Check(t, func(t *rapid.T) {
		m := statemsgrapid.EdgeMessage().Draw(t, "message")
		r := &statemsg.Report{Client: statemsgrapid.Client().Draw(t, "client"), Date: m.Time, Messages: []statemsg.Message{m}}
		got, err := statemsg.AppendReport(nil, r)
		want, wantErr := statemsgtest.Model{}.EncodeBytes(r)
		if (err == nil) != (wantErr == nil) || string(got) != string(want) {
			t.Fatalf("AppendReport = %v, of the model %v", err, wantErr)
		}
		if field, wantField := fieldOf(m.Validate()), fieldOf(new(statemsgtest.Outbox).Record(m)); m.Serial <= statemsg.MaxSerial && field != wantField {
			t.Fatalf("Validate refuses %q, the model %q", field, wantField)
		}
	})
}

// fieldOf is the field that an error is about.
func fieldOf(err error) string {
	if e, ok := errors.AsType[*statemsg.MessageError](err); ok {
		return e.Field
	}
	return ""
}

// TestMessagesAsModel compares FromChanges with the model.
func TestMessagesAsModel(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-2")
	t.Attr("rule", "DIFF-6")
	t.Attr("rule", "DIFF-7")
	records := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) compliance.Record {
		return compliance.Record{
			ID:       compliance.UpdateID{15: byte(rapid.IntRange(0, 9).Draw(t, "id"))},
			State:    compliance.State(rapid.IntRange(0, 3).Draw(t, "state")),
			Revision: compliance.Revision(rapid.IntRange(100, 101).Draw(t, "revision")),
		}
	}), 0, 10, func(r compliance.Record) compliance.UpdateID { return r.ID })
	rapid.Check(t, func(t *rapid.T) {
		next := records.Draw(t, "next")
		from, err := compliance.NewSnapshot(nil, records.Draw(t, "base"))
		if err != nil {
			t.Fatal(err)
		}
		to, err := compliance.NewSnapshot(nil, next)
		if err != nil {
			t.Fatal(err)
		}
		at := statemsgrapid.Time().Draw(t, "at")
		removed := rapid.Bool().Draw(t, "removed")
		changes := compliance.Diff(from, to)
		want := statemsgtest.Model{}.Messages(at, changes, removed, next...)
		if diff := cmp.Diff(want, statemsg.FromChanges(nil, at, changes, removed)); diff != "" {
			t.Fatalf("FromChanges (-model +got)\n%s", diff)
		}
	})
}

// TestNewOutbox: a model that goes on after a serial.
func TestNewOutbox(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-5")
	for _, last := range []uint64{0, 41, statemsg.MaxSerial - 1, statemsg.MaxSerial, statemsg.MaxSerial + 1} {
		model, b := statemsgtest.NewOutbox(last), statemsg.NewOutbox(last)
		for _, s := range []statemsgtest.Step{
			{Do: statemsgtest.Record, Message: reportOf(9, 2).Messages[0]},
			{Do: statemsgtest.MakeBatch, Now: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
			{Do: statemsgtest.Acknowledge},
		} {
			if err := model.Play(b, s); err != nil {
				t.Errorf("after serial %d: %v: %v", last, s.Do, err)
			}
		}
	}
}

// TestDelivered: what was acknowledged is remembered as it was sent, also when a
// newer message waits.
func TestDelivered(t *testing.T) {
	t.Parallel()
	var o statemsgtest.Outbox
	first := reportOf(0, 2).Messages[0]
	_ = o.Record(first)
	b, _ := o.Batch(first.Time, 1)
	_ = o.Record(reportOf(0, 3).Messages[0])
	o.Acknowledge(b.ID)
	first.Serial = 1
	if diff := cmp.Diff([]statemsg.Message{first}, o.Delivered()); diff != "" {
		t.Errorf("Delivered (-want +got)\n%s", diff)
	}
	if o.Forget(first.TopicType, first.TopicID); len(o.Delivered()) > 0 || o.Knows(first.TopicType, first.TopicID) {
		t.Error("a topic that was forgotten is remembered")
	}
}
