package statemsg_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/statemsg"
)

var errDown = errors.New("management point is down")

// store is what a process leaves behind: the last saved state.
type store struct {
	mu     sync.Mutex
	outbox []byte
	cycle  statemsg.Cycle
	saves  int
	fail   func(save int) error // asked before each save
	after  func(save int) error // and after it
}

func (s *store) save(_ context.Context, o *statemsg.Outbox, c statemsg.Cycle) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.saves++
	if s.fail != nil {
		if err := s.fail(s.saves); err != nil {
			return err
		}
	}
	data, err := o.AppendBinary(nil)
	if err != nil {
		return err
	}
	s.outbox, s.cycle = data, c
	if s.after != nil {
		return s.after(s.saves)
	}
	return nil
}

// count is how often save was called.
func (s *store) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.saves
}

// start is a sender from what is stored.
func (s *store) start(tb testing.TB, tr statemsg.Transport, edit func(*statemsg.SenderConfig)) *statemsg.Sender {
	tb.Helper()
	cfg := statemsg.SenderConfig{Client: testClient(), Transport: tr, Save: s.save, Cycle: s.cycle}
	if s.outbox != nil {
		o, err := statemsg.DecodeOutbox(s.outbox)
		if err != nil {
			tb.Fatal(err)
		}
		cfg.Outbox = o
	}
	if edit != nil {
		edit(&cfg)
	}
	sender, err := statemsg.NewSender(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return sender
}

// running runs the sender and returns what stops it and waits for its end.
func running(tb testing.TB, s *statemsg.Sender) (stop func()) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return func() {
		tb.Helper()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			tb.Errorf("Run = %v, want %v", err, context.Canceled)
		}
	}
}

// bySender records messages through a sender.
func bySender(tb testing.TB, s *statemsg.Sender, messages ...statemsg.Message) {
	tb.Helper()
	if err := s.Record(context.Background(), messages...); err != nil {
		tb.Fatalf("Record = %v", err)
	}
}

// timedTransport notes when each send began, in seconds since the start.
func timedTransport(start time.Time, next statemsg.Transport) (statemsg.Transport, func() []string) {
	var mu sync.Mutex
	var log []string
	return statemsg.TransportFunc(func(ctx context.Context, r *statemsg.Report) error {
			mu.Lock()
			log = append(log, fmt.Sprintf("%v: %s", time.Since(start), brief(r.Messages)))
			mu.Unlock()
			return next.Send(ctx, r)
		}), func() []string {
			mu.Lock()
			defer mu.Unlock()
			return append([]string(nil), log...)
		}
}

func TestSenderTimetable(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-3")
	t.Attr("rule", "MSG-4")
	t.Attr("rule", "MSG-7")
	t.Attr("rule", "MSG-10")
	synctest.Test(t, func(t *testing.T) {
		var mem statemsg.MemTransport
		mem.Fail = func(attempt int, _ *statemsg.Report) error {
			if attempt == 3 {
				return errDown
			}
			if attempt == 4 {
				return fmt.Errorf("busy: %w", &statemsg.RetryError{After: 5 * time.Minute, Err: errDown})
			}
			return nil
		}
		tr, log := timedTransport(time.Now(), &mem)
		var st store
		var text bytes.Buffer
		s := st.start(t, tr, func(cfg *statemsg.SenderConfig) {
			cfg.Policy.BatchMessages = 2
			cfg.Logger = slog.New(slog.NewTextHandler(&text, nil))
		})
		stop := running(t, s)
		time.Sleep(time.Minute)
		bySender(t, s, update(1, 2, 0), update(2, 2, 0), update(3, 2, 0))
		if next, ok := s.Next(); !ok || time.Until(next) != 14*time.Minute {
			t.Errorf("Next = %v, %v at %v, want the tick", next, ok, time.Now())
		}
		time.Sleep(30 * time.Minute) // 0:31; the tick at 0:30 had nothing
		bySender(t, s, update(1, 3, 0))
		if err := s.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		if got, want := s.Pending(), 1; got != want {
			t.Errorf("Pending = %d, want %d", got, want)
		}
		time.Sleep(time.Hour)
		if n, err := s.Refresh(t.Context()); n != 3 || err != nil {
			t.Errorf("Refresh = %d, %v, want 3", n, err)
		}
		if err := s.Forget(t.Context(), statemsg.UpdateDetection, "u2"); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Hour)
		stop()
		want := []string{
			"15m0s: u1=2#1 u2=2#2",
			"15m10s: u3=2#3",
			"33m0s: u1=3#4", // fails
			"34m0s: u1=3#4", // fails, and wishes five minutes
			"39m0s: u1=3#4",
			"1h45m0s: u3=2#5 u1=3#6", // the refresh, without what was forgotten
			"1h45m10s: refresh=1#7",
		}
		if diff := cmp.Diff(want, log()); diff != "" {
			t.Errorf("sends (-want +got)\n%s", diff)
		}
		if got := strings.Count(text.String(), "state messages not sent"); got != 2 {
			t.Errorf("log tells of %d failures, want 2:\n%s", got, &text)
		}
		o, err := statemsg.DecodeOutbox(st.outbox)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := o.InFlight(); ok || o.LastSerial() != 7 || o.Waiting() != 0 {
			t.Errorf("stored outbox has last serial %d, %d waiting, in flight %v, want all sent", o.LastSerial(), o.Waiting(), ok)
		}
	})
}

func TestSenderHangs(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-6")
	t.Attr("rule", "MSG-7")
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		hang := statemsg.TransportFunc(func(ctx context.Context, _ *statemsg.Report) error {
			<-ctx.Done()
			return context.Cause(ctx)
		})
		tr, log := timedTransport(start, hang)
		var st store
		s := st.start(t, tr, func(cfg *statemsg.SenderConfig) { cfg.SendTimeout = 90 * time.Second })
		stop := running(t, s)
		bySender(t, s, update(1, 2, 0))
		time.Sleep(17*time.Minute + 45*time.Second) // in the second try
		if got := s.Pending(); got != 1 {
			t.Errorf("Pending = %d, want 1", got)
		}
		stop() // cuts it short
		if diff := cmp.Diff([]string{"15m0s: u1=2#1", "17m30s: u1=2#1"}, log()); diff != "" {
			t.Errorf("sends (-want +got)\n%s", diff)
		}
		// The stop is no failure: the next process sends at once, the same again.
		var mem statemsg.MemTransport
		s = st.start(t, &mem, nil)
		stop = running(t, s)
		synctest.Wait()
		if st.cycle.Failures > 1 {
			t.Errorf("the stop was counted as a failure: %+v", st.cycle)
		}
		time.Sleep(time.Minute)
		stop()
		if got, want := brief(mem.Messages()), "u1=2#1"; got != want {
			t.Errorf("site has %s, want %s", got, want)
		}
	})
}

func TestSenderLostAcknowledgements(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-6")
	t.Attr("rule", "MSG-7")
	synctest.Test(t, func(t *testing.T) {
		mem := statemsg.MemTransport{LoseAck: func(attempt int, _ *statemsg.Report) error {
			if attempt <= 3 {
				return errDown
			}
			return nil
		}}
		var st store
		s := st.start(t, &mem, nil)
		stop := running(t, s)
		bySender(t, s, update(1, 2, 0), update(2, 2, 0))
		time.Sleep(15*time.Minute + time.Second)
		bySender(t, s, update(1, 3, 0)) // while the first report is repeated
		time.Sleep(time.Hour)
		stop()
		reports := mem.Reports()
		if len(reports) != 5 {
			t.Fatalf("%d reports arrived, want 5", len(reports))
		}
		for i, r := range reports[1:4] {
			if diff := cmp.Diff(reports[0], r); diff != "" {
				t.Errorf("repetition %d differs (-first +repeated)\n%s", i+1, diff)
			}
		}
		if got, want := brief(mem.Messages()), "u1=2#1 u2=2#2 u1=3#3"; got != want {
			t.Errorf("site has %s, want %s", got, want)
		}
	})
}

func TestSenderSavesBeforeItSends(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-5")
	synctest.Test(t, func(t *testing.T) {
		var mem statemsg.MemTransport
		var broken atomic.Bool
		st := store{fail: func(int) error {
			if broken.Load() {
				return errors.New("disk full")
			}
			return nil
		}}
		s := st.start(t, &mem, nil)
		stop := running(t, s)
		bySender(t, s, update(1, 2, 0))
		broken.Store(true)
		if err := s.Record(t.Context(), update(2, 2, 0)); err == nil {
			t.Error("Record with a store that fails = nil")
		}
		before := st.count()
		time.Sleep(time.Hour)
		if mem.Attempts() != 0 {
			t.Errorf("%d sends while nothing could be saved", mem.Attempts())
		}
		if n := st.count() - before; n < 30 || n > 61 {
			t.Errorf("%d attempts to save in an hour, want one a minute", n)
		}
		broken.Store(false)
		time.Sleep(2 * time.Minute)
		stop()
		if got, want := brief(mem.Messages()), "u1=2#1 u2=2#2"; got != want {
			t.Errorf("site has %s, want %s", got, want)
		}
	})
}

func TestSenderRunsOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var st store
		s := st.start(t, new(statemsg.MemTransport), nil)
		stop := running(t, s)
		synctest.Wait()
		if err := s.Run(t.Context()); !errors.Is(err, statemsg.ErrRunning) {
			t.Errorf("second Run = %v, want ErrRunning", err)
		}
		stop()
		stop = running(t, s) // and again after the first has ended
		synctest.Wait()
		stop()
	})
}

func TestSenderRecordIsAllOrNothing(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-1")
	var st store
	s := st.start(t, new(statemsg.MemTransport), nil)
	bad := update(2, 2, 0)
	bad.TopicID = ""
	if err := s.Record(t.Context(), update(1, 2, 0), bad); !errors.Is(err, statemsg.ErrInvalidMessage) {
		t.Errorf("Record = %v, want ErrInvalidMessage", err)
	}
	if s.Pending() != 0 || st.count() != 0 {
		t.Errorf("Pending = %d, %d saves after a refused Record, want none", s.Pending(), st.count())
	}
}

func TestNewSenderRefuses(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*statemsg.SenderConfig){
		"no client":        func(c *statemsg.SenderConfig) { c.Client.ID = "" },
		"no transport":     func(c *statemsg.SenderConfig) { c.Transport = nil },
		"bad policy":       func(c *statemsg.SenderConfig) { c.Policy.Interval = -1 },
		"negative timeout": func(c *statemsg.SenderConfig) { c.SendTimeout = -1 },
	} {
		cfg := statemsg.SenderConfig{Client: testClient(), Transport: new(statemsg.MemTransport)}
		edit(&cfg)
		if s, err := statemsg.NewSender(cfg); s != nil || err == nil {
			t.Errorf("%s: NewSender = %v, %v, want an error", name, s, err)
		}
	}
}
