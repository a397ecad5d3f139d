package statemsgtest_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/statemsgtest"
)

// modelBox is the reference model as an outbox to be checked.
type modelBox struct{ statemsgtest.Outbox }

func (b *modelBox) Refresh() int {
	flying, _ := b.InFlight()
	return b.Outbox.Refresh(flying.Date.AddDate(1, 0, 0))
}

// shortBox is an outbox that cannot be restarted.
type shortBox struct{ statemsgtest.Box }

// broken wants the clause among the breaches of err.
func broken(t *testing.T, err error, clause string) {
	t.Helper()
	var got []string
	if joined, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // the join itself is looked at
		for _, err := range joined.Unwrap() {
			e, ok := errors.AsType[*statemsgtest.ClauseError](err)
			if !ok || !strings.Contains(err.Error(), e.Clause) {
				t.Fatalf("%v is no *ClauseError", err)
			}
			if e.Clause == clause {
				return
			}
			got = append(got, e.Clause)
		}
	}
	t.Errorf("breaches of %v, want one of %s", got, clause)
}

func TestCheckOutbox(t *testing.T) {
	t.Parallel()
	statemsgtest.RunOutbox(t, func(*testing.T) statemsgtest.Box { return new(modelBox) })
	err := statemsgtest.CheckOutbox(t.Context(), func() statemsgtest.Box { return shortBox{new(modelBox)} })
	if err != nil {
		t.Errorf("CheckOutbox of the model = %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	err = statemsgtest.CheckOutbox(ended, func() statemsgtest.Box { return new(modelBox) })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("CheckOutbox with an ended context = %v, want %v", err, context.Canceled)
	}
}

// forgetful is an outbox that does not forget what was sent.
type forgetful struct{ modelBox }

func (*forgetful) Forget(statemsg.TopicType, string) {}

// lossy is an outbox that takes an interrupted send for an acknowledgement.
type lossy struct{ modelBox }

func (b *lossy) Restart() { b.Drop() }

// TestCheckOutboxFinds: what is broken is found by the name of the rule.
func TestCheckOutboxFinds(t *testing.T) {
	t.Parallel()
	for mistake, clause := range map[string]string{
		"msg-six-params":            "MSG-1",
		"msg-keeps-older":           "MSG-2",
		"msg-appends-newer":         "MSG-2",
		"msg-topic-by-id-only":      "MSG-2",
		"msg-serial-from-zero":      "MSG-5",
		"msg-serial-at-record":      "MSG-5",
		"msg-serial-after-restart":  "MSG-5",
		"msg-retry-new-serials":     "MSG-6",
		"msg-flight-overwritten":    "MSG-6",
		"msg-refresh-new-time":      "MSG-6",
		"msg-every-event":           "MSG-8",
		"msg-unbounded-batch":       "MSG-10",
		"msg-restart-resends":       "MSG-10",
		"diff-refresh-only-waiting": "DIFF-8",
		"diff-crash-loses-messages": "MSG-7",
	} {
		t.Run(mistake, func(t *testing.T) {
			t.Parallel()
			t.Attr("rule", clause)
			newBox := func() statemsgtest.Box {
				b := new(modelBox)
				b.Mistake = mistake
				return b
			}
			err := statemsgtest.CheckOutbox(t.Context(), newBox)
			broken(t, err, clause)
			broken(t, err, "model")
		})
	}
	for clause, newBox := range map[string]func() statemsgtest.Box{
		"DIFF-6": func() statemsgtest.Box { return new(forgetful) },
		"MSG-7":  func() statemsgtest.Box { return new(lossy) },
	} {
		broken(t, statemsgtest.CheckOutbox(t.Context(), newBox), clause)
	}
}

// honest is a transport that keeps its contract.
type honest struct{ statemsg.MemTransport }

func (h *honest) Received() []statemsg.Report { return h.Reports() }

// single is a transport for one sender: it refuses a send while another is
// under way, which takes a second.
type single struct {
	honest
	way chan struct{}
}

func (s *single) Send(ctx context.Context, r *statemsg.Report) error {
	select {
	case s.way <- struct{}{}:
		defer func() { <-s.way }()
	default:
		return errors.New("another send is under way")
	}
	slow := statemsgtest.Faulty{Next: &s.honest, Plan: []statemsgtest.Fault{statemsgtest.Slow}, While: time.Second}
	return slow.Send(ctx, r)
}

func TestCheckTransport(t *testing.T) {
	t.Parallel()
	statemsgtest.RunTransport(t, func(*testing.T) statemsgtest.Receiver { return new(honest) })
	for _, c := range []struct {
		name, clause string
		newReceiver  func() statemsgtest.Receiver
	}{
		{"losing", "durable", func() statemsgtest.Receiver { return statemsgtest.LosingTransport{} }},
		{"cutting", "durable", func() statemsgtest.Receiver { return new(statemsgtest.CuttingTransport) }},
		{"once", "repeated", func() statemsgtest.Receiver { return new(statemsgtest.OnceTransport) }},
		{"marking", "unmodified", func() statemsgtest.Receiver { return new(statemsgtest.MarkingTransport) }},
		{"sharing", "not-retained", func() statemsgtest.Receiver { return new(statemsgtest.SharingTransport) }},
		{"deaf", "context-ended", func() statemsgtest.Receiver { return new(statemsgtest.DeafTransport) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			broken(t, statemsgtest.CheckTransport(t.Context(), c.newReceiver), c.clause)
		})
	}
}

// TestCheckTransportStuck: patience is the bubble's.
func TestCheckTransportStuck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var all []*statemsgtest.StuckTransport
		err := statemsgtest.CheckTransport(t.Context(), func() statemsgtest.Receiver {
			r := new(statemsgtest.StuckTransport)
			all = append(all, r)
			return r
		})
		for _, r := range all {
			r.Release()
		}
		broken(t, err, "context-soon")
	})
}

// TestCheckTransportShared: in the bubble a send lasts until all others have
// begun.
func TestCheckTransportShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		err := statemsgtest.CheckTransport(t.Context(), func() statemsgtest.Receiver {
			return &single{way: make(chan struct{}, 1)}
		})
		broken(t, err, "concurrent")
	})
}
