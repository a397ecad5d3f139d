package statemsg_test

import (
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"github.com/updatescan/updatescan/statemsg"
)

// TestZeroTimeNeverTravels: a time that is the zero time once it is cut to
// microseconds would be refused by every reader, so nothing carries it.
func TestZeroTimeNeverTravels(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-9")
	zeroish := time.Time{}.Add(999 * time.Nanosecond)
	m := update(1, 2, 0)
	m.Time = zeroish
	var o statemsg.Outbox
	if err := o.Record(m); !errors.Is(err, statemsg.ErrInvalidMessage) {
		t.Errorf("Record of a message at %v = %v, want %v", zeroish, err, statemsg.ErrInvalidMessage)
	}
	r := goldenReport()
	r.Messages[0].Time = zeroish
	if _, err := statemsg.AppendReport(nil, r); !errors.Is(err, statemsg.ErrInvalidMessage) {
		t.Errorf("AppendReport of a message at %v = %v, want %v", zeroish, err, statemsg.ErrInvalidMessage)
	}
	r = goldenReport()
	r.Date = zeroish
	if _, err := statemsg.AppendReport(nil, r); err == nil {
		t.Errorf("AppendReport of a report of %v = nil, want an error", zeroish)
	}
}

// TestBatchDateAtTheEdges: a clock that is out of range gives the date at its
// edge, and one that a report can carry.
func TestBatchDateAtTheEdges(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-9")
	first := time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC)
	for _, c := range []struct{ now, want time.Time }{
		{time.Time{}, first},
		{time.Time{}.Add(999 * time.Nanosecond), first},
		{time.Time{}.Add(-time.Hour), first},
		{time.Time{}.Add(time.Microsecond), time.Time{}.Add(time.Microsecond)},
		{time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)},
	} {
		var o statemsg.Outbox
		if err := o.Record(update(1, 2, 0)); err != nil {
			t.Fatal(err)
		}
		b, _ := o.Batch(c.now, 1)
		if !b.Date.Equal(c.want) {
			t.Errorf("Batch(%v) has date %v, want %v", c.now, b.Date, c.want)
		}
		if _, err := statemsg.AppendReport(nil, statemsg.NewReport(testClient(), b)); err != nil {
			t.Errorf("AppendReport of Batch(%v) = %v", c.now, err)
		}
	}
}

// TestDecodeOutboxRefusesZeroDate: a batch in flight without a date could never
// be sent.
func TestDecodeOutboxRefusesZeroDate(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-5")
	body := func(micro int64) []byte {
		b := []byte{1, 0, 0, 1, 1} // last serial; waiting, sent, in flight; first serial
		b = binary.AppendVarint(b, micro)
		b = append(b, 1, 3, 2, 0) // type, id type, state, criticality
		b = binary.AppendVarint(b, 0)
		return append(b, 1, 'x', 0, 0, 1) // topic id, details, parameters, the last of its topic
	}
	zero := time.Time{}.UnixMicro()
	if _, err := statemsg.DecodeOutbox(statemsg.SealOutbox(body(zero + 1))); err != nil {
		t.Errorf("DecodeOutbox with a date = %v, want nil", err)
	}
	if _, err := statemsg.DecodeOutbox(statemsg.SealOutbox(body(zero))); !errors.Is(err, statemsg.ErrOutbox) {
		t.Errorf("DecodeOutbox with the zero date = %v, want %v", err, statemsg.ErrOutbox)
	}
}
