package statemsg_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/statemsgtest"
)

// crashPoints counts the places where a process can die; at the one that is
// chosen it does: from then on nothing it does has any effect.
type crashPoints struct {
	mu    sync.Mutex
	n, at int
	die   context.CancelFunc
}

var errCrash = errors.New("the process died")

func (c *crashPoints) pass() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	if c.n >= c.at {
		c.die()
		return errCrash
	}
	return nil
}

// TestSenderCrashes kills the process at each of its points in turn, before and
// after each save and each send, and starts it again: nothing is lost, no serial
// is used for two messages, and what was acknowledged and stored is not sent
// again.
func TestSenderCrashes(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-5")
	t.Attr("rule", "MSG-6")
	t.Attr("rule", "MSG-7")
	t.Attr("rule", "MSG-10")
	total := 0
	for at := 1; ; at++ {
		survived := false
		synctest.Test(t, func(t *testing.T) { survived = crashAt(t, at) })
		if survived {
			break
		}
		total++
	}
	if total < 20 {
		t.Errorf("only %d points to die at", total)
	}
}

// crashAt runs a script in a process that dies at the given point, and then what
// is left of it in a second process. survived says that the point was never
// reached.
func crashAt(t *testing.T, at int) (survived bool) {
	t.Helper()
	ctx, die := context.WithCancel(context.Background())
	defer die()
	points := &crashPoints{at: at, die: die}
	var site statemsgtest.Site
	var st store
	st.fail = func(int) error { return points.pass() }
	st.after = func(int) error { return points.pass() }
	first := st.start(t, statemsg.TransportFunc(func(ctx context.Context, r *statemsg.Report) error {
		if err := points.pass(); err != nil {
			return err
		}
		if err := site.Send(context.WithoutCancel(ctx), r); err != nil {
			return err
		}
		return points.pass()
	}), func(cfg *statemsg.SenderConfig) { cfg.Policy.BatchMessages = 2 })
	done := make(chan error)
	go func() { done <- first.Run(ctx) }()
	script := [][]statemsg.Message{
		{update(1, 2, 1), update(2, 2, 1), update(3, 2, 1)},
		{update(2, 3, 2)},
		{update(4, 2, 3), update(1, 3, 3)},
	}
	durable := make(map[string]statemsg.Message) // what Record has promised
	for _, messages := range script {
		if ctx.Err() != nil {
			break
		}
		if first.Record(ctx, messages...) == nil {
			for _, m := range messages {
				durable[m.TopicID] = m
			}
		}
		time.Sleep(20 * time.Minute)
	}
	survived = ctx.Err() == nil
	die()
	<-done

	acknowledged := uint64(0)
	if st.outbox != nil {
		o, err := statemsg.DecodeOutbox(st.outbox)
		if err != nil {
			t.Fatal(err)
		}
		acknowledged = o.LastSerial()
		if b, ok := o.InFlight(); ok {
			acknowledged = b.ID - 1
		}
	}
	st.fail, st.after = nil, nil
	later := update(1, 9, 4)
	second := st.start(t, statemsg.TransportFunc(func(ctx context.Context, r *statemsg.Report) error {
		if r.Messages[0].Serial <= acknowledged {
			t.Errorf("crash at %d: serial %d was sent again after its acknowledgement was stored", at, r.Messages[0].Serial)
		}
		return site.Send(ctx, r)
	}), nil)
	// What is recorded now would get the serials of what was sent unsaved.
	bySender(t, second, later)
	durable[later.TopicID] = later
	if err := second.SendNow(context.Background()); err != nil {
		t.Errorf("crash at %d: SendNow after the restart = %v", at, err)
	}
	for _, m := range site.Conflicts() {
		t.Errorf("crash at %d: serial %d is used twice: %+v", at, m.Serial, m)
	}
	if _, missing := site.Serials(testClient().ID); len(missing) > 0 {
		t.Errorf("crash at %d: serials %d are missing", at, missing)
	}
	for id, want := range durable {
		// A later message may have become durable although Record said no.
		if got, _ := site.State(testClient().ID, want.TopicType, id); got.StateID < want.StateID {
			t.Errorf("crash at %d: site has %s=%d, want %d", at, id, got.StateID, want.StateID)
		}
	}
	return survived
}

// TestSenderStopsAfterTheAcknowledgement: the acknowledgement comes when Run is
// already told to stop; it is saved all the same.
func TestSenderStopsAfterTheAcknowledgement(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-10")
	synctest.Test(t, func(t *testing.T) {
		var st store
		tr := statemsg.TransportFunc(func(ctx context.Context, _ *statemsg.Report) error {
			<-ctx.Done()
			return nil // it arrived in the last moment
		})
		s := st.start(t, tr, func(cfg *statemsg.SenderConfig) {
			cfg.Save = func(ctx context.Context, o *statemsg.Outbox, c statemsg.Cycle) error {
				if err := ctx.Err(); err != nil {
					return err
				}
				return st.save(ctx, o, c)
			}
		})
		stop := running(t, s)
		bySender(t, s, update(1, 2, 0))
		time.Sleep(16 * time.Minute)
		stop()
		o, err := statemsg.DecodeOutbox(st.outbox)
		if err != nil {
			t.Fatal(err)
		}
		if b, ok := o.InFlight(); ok {
			t.Errorf("still in flight in the store: %s", brief(b.Messages))
		}
	})
}
