package statemsg_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/statemsgtest"
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-7")
	wish := &statemsg.RetryError{After: time.Minute, Err: errDown}
	for _, c := range []struct {
		err  error
		want time.Duration
	}{
		{nil, 0},
		{errDown, 0},
		{wish, time.Minute},
		{fmt.Errorf("wrapped: %w", wish), time.Minute},
		{errors.Join(errDown, wish), time.Minute},
		{&statemsg.RetryError{After: -1, Err: errDown}, 0},
	} {
		if got := statemsg.RetryAfter(c.err); got != c.want {
			t.Errorf("RetryAfter(%v) = %v, want %v", c.err, got, c.want)
		}
	}
	if !errors.Is(wish, errDown) {
		t.Error("RetryError does not unwrap")
	}
}

// memReceiver is a MemTransport with what its check needs.
type memReceiver struct{ statemsg.MemTransport }

func (r *memReceiver) Received() []statemsg.Report { return r.Reports() }

func TestMemTransportContract(t *testing.T) {
	t.Parallel()
	statemsgtest.RunTransport(t, func(*testing.T) statemsgtest.Receiver { return new(memReceiver) })
}

func TestMemTransport(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-7")
	var mem statemsg.MemTransport
	r := goldenReport()
	for range 2 {
		if err := mem.Send(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	r.Messages[0].StateID, r.Messages[0].Params[0] = 9, "changed" // the transport has a copy
	if diff := cmp.Diff([]statemsg.Report{*goldenReport(), *goldenReport()}, mem.Reports()); diff != "" {
		t.Errorf("Reports (-want +got)\n%s", diff)
	}
	// The third message has no serial and cannot be told from its repetition.
	want := append(goldenReport().Messages, goldenReport().Messages[2])
	if diff := cmp.Diff(want, mem.Messages()); diff != "" {
		t.Errorf("Messages (-want +got)\n%s", diff)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := mem.Send(ctx, r); !errors.Is(err, context.Canceled) || mem.Attempts() != 3 || len(mem.Reports()) != 2 {
		t.Errorf("Send with an ended context = %v, %d attempts, %d reports", err, mem.Attempts(), len(mem.Reports()))
	}
}
