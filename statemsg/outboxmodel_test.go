package statemsg_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/statemsgtest"
	"github.com/updatescan/updatescan/statemsg/statemsgtest/statemsgrapid"
)

// storedBox is an outbox that can be restarted from its stored form.
type storedBox struct {
	*statemsg.Outbox
	t rapid.TB
}

// Restart stores the outbox and reads it again. The stored form must not change
// by that.
func (b *storedBox) Restart() {
	b.t.Helper()
	data, err := b.AppendBinary(nil)
	if err != nil {
		b.t.Fatalf("AppendBinary() = %v", err)
	}
	restored, err := statemsg.DecodeOutbox(data)
	if err != nil {
		b.t.Fatalf("DecodeOutbox = %v", err)
	}
	again, _ := restored.AppendBinary([]byte("prefix"))
	if string(again) != "prefix"+string(data) {
		b.t.Fatalf("stored form changed by a round trip:\n%x\n%x", data, again)
	}
	b.Outbox = restored
}

// TestOutboxContract plays the scripts of the kit, with restarts and without.
func TestOutboxContract(t *testing.T) {
	t.Parallel()
	t.Run("restarted", func(t *testing.T) {
		t.Parallel()
		statemsgtest.RunOutbox(t, func(t *testing.T) statemsgtest.Box {
			t.Helper()
			return &storedBox{new(statemsg.Outbox), t}
		})
	})
	t.Run("in memory", func(t *testing.T) {
		t.Parallel()
		statemsgtest.RunOutbox(t, func(*testing.T) statemsgtest.Box { return new(statemsg.Outbox) })
	})
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
		type topic struct {
			topic statemsg.TopicType
			id    string
		}
		b, model := &storedBox{new(statemsg.Outbox), t}, new(statemsgtest.Outbox)
		var site statemsgtest.Site
		want := make(map[topic]statemsg.Message) // last recorded
		arrive := func() statemsg.Batch {
			flying, ok := b.InFlight()
			if !ok {
				return flying
			}
			if err := site.Send(t.Context(), statemsg.NewReport(testClient(), flying)); err != nil {
				t.Fatal(err)
			}
			return flying
		}
		for _, s := range statemsgrapid.Steps(6, 60).Draw(t, "script") {
			if s.Do == statemsgtest.Acknowledge && s.Off == 0 {
				arrive()
			}
			if err := model.Play(b, s); err != nil {
				t.Fatalf("%v: %v", s.Do, err)
			}
			key := topic{s.Message.TopicType, s.Message.TopicID}
			if s.Do == statemsgtest.Record {
				want[key] = s.Message
			}
			if s.Do == statemsgtest.Forget {
				delete(want, key)
			}
			if s.Do == statemsgtest.MakeBatch && rapid.Bool().Draw(t, "arrives") { // and the acknowledgement may yet be lost
				arrive()
			}
			b.Restart() // each step runs on a restored outbox
			if err := model.Compare(b); err != nil {
				t.Fatalf("after a restart: %v", err)
			}
		}
		for {
			if _, ok := b.Batch(at(0), 3); !ok {
				break
			}
			b.Acknowledge(arrive().ID)
		}
		last, missing := site.Serials(testClient().ID)
		if len(missing) > 0 || last != b.LastSerial() {
			t.Fatalf("serials to %d arrived but %d, want all to %d", last, missing, b.LastSerial())
		}
		if twice := site.Conflicts(); len(twice) > 0 {
			t.Fatalf("serials were used twice: %+v", twice)
		}
		for key, want := range want {
			got, _ := site.State(testClient().ID, key.topic, key.id)
			want.Serial = got.Serial
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("site has another last message of %v (-want +got)\n%s", key, diff)
			}
		}
	})
}
