package statemsg_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/statemsg"
)

// TestSenderSendNowWhileRunning: Run waits for the send of SendNow, and does not
// take the occasion to send what is not due.
func TestSenderSendNowWhileRunning(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-3")
	t.Attr("rule", "MSG-6")
	synctest.Test(t, func(t *testing.T) {
		tr, log := timedTransport(time.Now(), statemsg.TransportFunc(func(context.Context, *statemsg.Report) error {
			time.Sleep(10 * time.Second)
			return nil
		}))
		var st store
		s := st.start(t, tr, nil)
		stop := running(t, s)
		bySender(t, s, update(1, 2, 0))
		time.Sleep(5 * time.Minute)
		done := make(chan error)
		go func() { done <- s.SendNow(t.Context()) }()
		time.Sleep(3 * time.Second)
		bySender(t, s, update(2, 2, 0)) // wakes Run
		if err := <-done; err != nil {
			t.Errorf("SendNow = %v", err)
		}
		time.Sleep(time.Hour)
		stop()
		if diff := cmp.Diff([]string{"5m0s: u1=2#1", "15m0s: u2=2#2"}, log()); diff != "" {
			t.Errorf("sends (-want +got)\n%s", diff)
		}
	})
}

func TestSenderSendNow(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-10")
	var mem statemsg.MemTransport
	mem.Fail = func(attempt int, _ *statemsg.Report) error {
		if attempt == 2 {
			return errDown
		}
		return nil
	}
	mock := clock.NewMock()
	mock.Set(at(0))
	var st store
	s := st.start(t, &mem, func(cfg *statemsg.SenderConfig) {
		cfg.Clock = mock
		cfg.Policy.BatchMessages = 2
	})
	bySender(t, s, update(1, 2, 0), update(2, 2, 0), update(3, 2, 0))
	if err := s.SendNow(t.Context()); !errors.Is(err, errDown) {
		t.Errorf("SendNow with a transport that fails = %v, want %v", err, errDown)
	}
	if got, want := s.Pending(), 1; got != want {
		t.Errorf("Pending = %d, want %d", got, want)
	}
	if err := s.SendNow(t.Context()); err != nil {
		t.Errorf("SendNow = %v", err)
	}
	if err := s.SendNow(t.Context()); err != nil || mem.Attempts() != 3 {
		t.Errorf("SendNow of nothing = %v, %d attempts, want 3", err, mem.Attempts())
	}
	if got, want := brief(mem.Messages()), "u1=2#1 u2=2#2 u3=2#3"; got != want {
		t.Errorf("site has %s, want %s", got, want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	bySender(t, s, update(4, 2, 0))
	if err := s.SendNow(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("SendNow with an ended context = %v, want %v", err, context.Canceled)
	}
}
