package statemsg_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/statemsg"
)

// at is a fixed time of the tests plus some seconds.
func at(seconds int) time.Time {
	return time.Date(2008, 6, 3, 9, 0, 0, 0, time.UTC).Add(time.Duration(seconds) * time.Second)
}

// update is a message of topic type 500 with the topic id "u" and n.
func update(n int, s statemsg.StateID, seconds int) statemsg.Message {
	return statemsg.Message{
		TopicType: statemsg.UpdateDetection,
		TopicID:   "u" + strconv.Itoa(n),
		IDType:    statemsg.IDTypeUpdate,
		StateID:   s,
		Params:    []string{strconv.Itoa(100 + n)},
		Time:      at(seconds),
	}
}

func record(tb testing.TB, o *statemsg.Outbox, messages ...statemsg.Message) {
	tb.Helper()
	for _, m := range messages {
		if err := o.Record(m); err != nil {
			tb.Fatalf("Record(%v) = %v", m, err)
		}
	}
}

// brief writes messages as "topic=state#serial".
func brief(messages []statemsg.Message) string {
	var words []string
	for _, m := range messages {
		words = append(words, fmt.Sprintf("%s=%d#%d", m.TopicID, m.StateID, m.Serial))
	}
	return strings.Join(words, " ")
}

func batch(tb testing.TB, o *statemsg.Outbox, now time.Time, max int) statemsg.Batch {
	tb.Helper()
	b, ok := o.Batch(now, max)
	if !ok {
		tb.Fatalf("Batch(%v, %d) = none", now, max)
	}
	return b
}

func TestOutboxOverwritesWaiting(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-2")
	var o statemsg.Outbox
	record(t, &o, update(1, 2, 0), update(2, 2, 1), update(1, 3, 2))
	other := update(1, 6, 3)
	other.TopicType = statemsg.UpdateSourceScan
	record(t, &o, other)
	// The older time does not matter: newer is what was recorded later.
	record(t, &o, update(2, 1, -5))
	if got, want := o.Waiting(), 3; got != want {
		t.Errorf("Waiting() = %d, want %d", got, want)
	}
	b := batch(t, &o, at(10), 10)
	if got, want := brief(b.Messages), "u1=3#1 u2=1#2 u1=6#3"; got != want {
		t.Errorf("batch = %s, want %s", got, want)
	}
}

func TestOutboxSerials(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-5")
	var o statemsg.Outbox
	if got := o.LastSerial(); got != 0 {
		t.Errorf("LastSerial() of an empty outbox = %d, want 0", got)
	}
	for n := range 5 {
		record(t, &o, update(n, 2, n), update(n, 3, n)) // the overwritten one uses no serial
	}
	if got := o.LastSerial(); got != 0 {
		t.Errorf("LastSerial() before the first batch = %d, want 0", got)
	}
	first := batch(t, &o, at(10), 2)
	if got, want := brief(first.Messages), "u0=3#1 u1=3#2"; got != want {
		t.Errorf("first batch = %s, want %s", got, want)
	}
	if first.ID != 1 || !first.Date.Equal(at(10)) {
		t.Errorf("first batch has ID %d and date %v, want 1 and %v", first.ID, first.Date, at(10))
	}
	o.Acknowledge(first.ID)
	second := batch(t, &o, at(20), 10)
	if got, want := brief(second.Messages), "u2=3#3 u3=3#4 u4=3#5"; got != want {
		t.Errorf("second batch = %s, want %s", got, want)
	}
	if got, want := o.LastSerial(), uint64(5); got != want {
		t.Errorf("LastSerial() = %d, want %d", got, want)
	}
}

func TestNewOutbox(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-5")
	for _, c := range []struct {
		last uint64
		want string // the first batch, of at most 3 messages
	}{
		{0, "u1=2#1 u2=2#2 u3=2#3"},
		{41, "u1=2#42 u2=2#43 u3=2#44"},
		{statemsg.MaxSerial - 2, "u1=2#9223372036854775806 u2=2#9223372036854775807"},
		{statemsg.MaxSerial, ""},
		{statemsg.MaxSerial + 1, ""},
	} {
		o := statemsg.NewOutbox(c.last)
		record(t, o, update(1, 2, 0), update(2, 2, 0), update(3, 2, 0))
		b, ok := o.Batch(at(1), 3)
		if got := brief(b.Messages); got != c.want || ok != (c.want != "") {
			t.Errorf("first batch after serial %d = %q, %v, want %q", c.last, got, ok, c.want)
		}
		data, _ := o.AppendBinary(nil)
		if _, err := statemsg.DecodeOutbox(data); err != nil {
			t.Errorf("DecodeOutbox after serial %d = %v", c.last, err)
		}
	}
}

func TestOutboxBatchIsImmutable(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-6")
	var o statemsg.Outbox
	record(t, &o, update(1, 2, 0), update(2, 2, 1))
	want := statemsg.NewReport(statemsg.Client{}, batch(t, &o, at(10), 10)).Clone()

	record(t, &o, update(1, 3, 20), update(3, 2, 21))
	o.Forget(statemsg.UpdateDetection, "u2")
	o.Refresh()
	retry := batch(t, &o, at(30), 1)
	if diff := cmp.Diff(want.Messages, retry.Messages); diff != "" || !retry.Date.Equal(want.Date) {
		t.Errorf("retried batch differs, date %v (-want +got)\n%s", retry.Date, diff)
	}
	if o.Acknowledge(retry.ID + 1) {
		t.Error("Acknowledge of another batch = true, want false")
	}
	if !o.Acknowledge(retry.ID) || o.Acknowledge(retry.ID) {
		t.Error("Acknowledge of the batch in flight must be true once")
	}
	// The message recorded in flight waits on its own, with a serial of its own.
	if got, want := brief(batch(t, &o, at(40), 10).Messages), "u1=3#3 u3=2#4"; got != want {
		t.Errorf("next batch = %s, want %s", got, want)
	}
}

func TestOutboxRefresh(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-8")
	t.Attr("rule", "MSG-6")
	var o statemsg.Outbox
	record(t, &o, update(1, 2, 0), update(2, 2, 1), update(3, 2, 2))
	o.Acknowledge(batch(t, &o, at(10), 10).ID)
	o.Forget(statemsg.UpdateDetection, "u3")
	record(t, &o, update(4, 2, 11))
	inFlight := batch(t, &o, at(12), 10)
	record(t, &o, update(5, 2, 13), update(1, 3, 14))
	if got, want := o.Refresh(), 2; got != want { // u2 sent, u4 in flight
		t.Errorf("Refresh() = %d, want %d", got, want)
	}
	if got, want := o.Waiting(), 4; got != want {
		t.Errorf("Waiting() = %d, want %d", got, want)
	}
	o.Acknowledge(inFlight.ID)
	again := batch(t, &o, at(20), 10)
	if got, want := brief(again.Messages), "u5=2#5 u1=3#6 u2=2#7 u4=2#8"; got != want {
		t.Errorf("batch after Refresh = %s, want %s", got, want)
	}
	if got, want := again.Messages[2].Time, at(1); !got.Equal(want) {
		t.Errorf("time of the repeated message = %v, want the old one, %v", got, want)
	}
}

func TestOutboxForget(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-6")
	var o statemsg.Outbox
	record(t, &o, update(1, 2, 0), update(2, 2, 1), update(3, 2, 2))
	for _, n := range []string{"u2", "u1", "u3", "u9"} {
		o.Forget(statemsg.UpdateDetection, n)
	}
	if b, ok := o.Batch(at(10), 10); ok {
		t.Errorf("batch of forgotten messages = %s, want none", brief(b.Messages))
	}
	if _, _, ok := o.Last(statemsg.UpdateDetection, "u1"); ok {
		t.Error("Last of a forgotten topic = ok")
	}
}

func TestOutboxIsBoundedByTopics(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-8")
	var o statemsg.Outbox
	var size int
	for round := range 200 {
		for n := range 10 {
			record(t, &o, update(n, statemsg.StateID(1+round%3), round))
		}
		if round%3 == 0 {
			batch(t, &o, at(round), 3)
		}
		if round%7 == 0 {
			b, _ := o.InFlight()
			o.Acknowledge(b.ID)
		}
		data, err := o.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		size = max(size, len(data))
	}
	if o.Topics() != 10 || o.Waiting() > 10 {
		t.Errorf("%d topics, %d waiting after 2,000 events, want 10 and at most 10", o.Topics(), o.Waiting())
	}
	if size > 13*40+40 {
		t.Errorf("stored form grew to %d bytes", size)
	}
}

func TestOutboxRecordNormalizes(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-1")
	var o statemsg.Outbox
	params := []string{"7"}
	m := update(1, 2, 0)
	m.Params = params
	m.Time = time.Date(2008, 6, 3, 11, 0, 0, 123456789, time.FixedZone("east", 7200))
	m.Serial = 99
	record(t, &o, m)
	params[0] = "changed"
	got, place, ok := o.Last(m.TopicType, m.TopicID)
	want := m
	want.Time = time.Date(2008, 6, 3, 9, 0, 0, 123456000, time.UTC)
	want.Serial = 0
	want.Params = []string{"7"}
	if diff := cmp.Diff(want, got); diff != "" || !ok || place != statemsg.PlaceWaiting {
		t.Errorf("Last = %v, %v (-want +got)\n%s", place, ok, diff)
	}
	if got.Time.Location() != time.UTC {
		t.Errorf("time is in %v, want UTC", got.Time.Location())
	}
}

func TestOutboxClampsDate(t *testing.T) {
	t.Parallel()
	for _, year := range []int{-3, 1, 10000} {
		var o statemsg.Outbox
		record(t, &o, update(1, 2, 0))
		b := batch(t, &o, time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC), 10)
		if _, err := statemsg.AppendReport(nil, statemsg.NewReport(testClient(), b)); err != nil {
			t.Errorf("report of a batch made in the year %d: %v", year, err)
		}
	}
}

func TestOutboxBatchFitsReport(t *testing.T) {
	t.Parallel()
	var o statemsg.Outbox
	for n := range 100 {
		m := update(n, 2, n)
		m.Details = strings.Repeat(`"`, statemsg.MaxDetailsBytes)
		record(t, &o, m)
	}
	total := 0
	for {
		b, ok := o.Batch(at(1000), 100)
		if !ok {
			break
		}
		data, err := statemsg.AppendReport(nil, statemsg.NewReport(testClient(), b))
		if err != nil {
			t.Fatalf("AppendReport of a batch of %d = %v", len(b.Messages), err)
		}
		if len(data) > statemsg.MaxReportBytes {
			t.Fatalf("report of %d bytes", len(data))
		}
		total += len(b.Messages)
		o.Acknowledge(b.ID)
	}
	if total != 100 {
		t.Errorf("%d messages left, want 100", total)
	}
}

func TestOutboxVersion(t *testing.T) {
	t.Parallel()
	var o statemsg.Outbox
	steps := []struct {
		name   string
		change bool
		do     func()
	}{
		{"record", true, func() { record(t, &o, update(1, 2, 0)) }},
		{"record an invalid message", false, func() { _ = o.Record(statemsg.Message{}) }},
		{"forget nothing", false, func() { o.Forget(statemsg.UpdateDetection, "u7") }},
		{"refresh nothing", false, func() { o.Refresh() }},
		{"batch", true, func() { o.Batch(at(1), 1) }},
		{"batch again", false, func() { o.Batch(at(2), 1) }},
		{"acknowledge another", false, func() { o.Acknowledge(7) }},
		{"acknowledge", true, func() { o.Acknowledge(1) }},
		{"refresh", true, func() { o.Refresh() }},
		{"forget", true, func() { o.Forget(statemsg.UpdateDetection, "u1") }},
		{"batch of nothing", false, func() { o.Batch(at(3), 1) }},
	}
	for _, step := range steps {
		before := o.Version()
		step.do()
		if got := o.Version() != before; got != step.change {
			t.Errorf("%s: version changed = %v, want %v", step.name, got, step.change)
		}
	}
}
