package statemsg

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/benbjohnson/clock"
)

// DefaultSendTimeout is how long a send may take before it is given up.
const DefaultSendTimeout = 5 * time.Minute

// Sentinels of the sender.
var (
	// ErrRunning is returned by [Sender.Run] when another Run has not ended.
	ErrRunning = errors.New("statemsg: sender: runs already")
	// ErrSendTimeout is the cause of the end of a send's context when
	// SendTimeout has passed.
	ErrSendTimeout = errors.New("statemsg: sender: send timed out")
)

// SenderConfig configures a [Sender].
type SenderConfig struct {
	// Client is the sender named in the reports. An invalid one is refused.
	Client Client
	// Transport takes the reports. Nil is refused. When it is also a [Resyncer],
	// the sender answers the resyncs that the site asks for (DIFF-8).
	Transport Transport
	// Policy says when batches leave. The zero value means the defaults; an
	// invalid one is refused.
	Policy CyclePolicy
	// Outbox is what was saved before, nil for an empty one. It belongs to the
	// sender from now on.
	Outbox *Outbox
	// Cycle is the timetable as it was saved before. The zero value starts one
	// whose first tick is an Interval from now.
	Cycle Cycle
	// Save makes the outbox and the cycle durable, in one piece, before it
	// returns nil. It is called, never twice at a time, after every change and
	// always before a report leaves (MSG-5), with the sender locked: it must not
	// call the sender. With an error nothing may be changed; it is called again
	// after BackoffMin and before anything is sent. Nil saves nothing: messages
	// live as long as the process.
	Save func(ctx context.Context, o *Outbox, c Cycle) error
	// SendTimeout is how long a send may take. Zero means DefaultSendTimeout;
	// negative is refused.
	SendTimeout time.Duration
	// Clock is the clock and the timers; nil means the system clock.
	Clock clock.Clock
	// Logger is told of sends and failures; nil means nobody is.
	Logger *slog.Logger
}

// Sender is the shell around an [Outbox] and its [Cycle]: it holds both, saves
// them, and sends what waits every 15 minutes (MSG-3), for those who use state
// messages without the agent. Safe for concurrent use.
//
// It answers a resync that the site asks for with a refresh, once for each number
// (SITE-4, DIFF-8). A new sender takes the number that the last marker in its
// outbox names for the one answered last. A Refresh of its own names none, so that
// after it and a restart a number that is still asked for is answered once more.
//
// Saving the outbox and the caller's own data is not one commit; whoever needs
// that (DIFF-9) uses the agent, or Outbox and Cycle in a shell of their own.
type Sender struct {
	client    Client
	transport Transport
	policy    CyclePolicy
	save      func(ctx context.Context, o *Outbox, c Cycle) error
	timeout   time.Duration
	clock     clock.Clock
	log       *slog.Logger

	wake    chan struct{} // tells Run that the timetable changed
	sending chan struct{} // holds one token while nothing is being sent
	running chan struct{} // holds one token while Run does not run

	mu         sync.Mutex
	outbox     *Outbox
	cycle      Cycle
	saved      uint64 // version of the outbox last saved
	savedCycle Cycle
	saveAt     time.Time // when a failed save is repeated; zero = none failed
	answered   uint64    // number of the resync answered last, 0 for none
}

// NewSender checks the configuration and returns a sender at rest. It neither
// saves nor sends.
func NewSender(cfg SenderConfig) (*Sender, error) {
	client := cfg.Client.Normal()
	if err := client.Validate(); err != nil {
		return nil, err
	}
	if cfg.Transport == nil {
		return nil, errors.New("statemsg: sender: no transport")
	}
	if err := cfg.Policy.Validate(); err != nil {
		return nil, err
	}
	if cfg.SendTimeout < 0 {
		return nil, fmt.Errorf("statemsg: sender: send timeout: %v is negative", cfg.SendTimeout)
	}
	s := &Sender{
		client:    client,
		transport: cfg.Transport,
		policy:    cfg.Policy,
		save:      cfg.Save,
		timeout:   cfg.SendTimeout,
		clock:     cfg.Clock,
		log:       cfg.Logger,
		outbox:    cfg.Outbox,
		cycle:     cfg.Cycle,
		wake:      make(chan struct{}, 1),
		sending:   make(chan struct{}, 1),
		running:   make(chan struct{}, 1),
	}
	if s.timeout == 0 {
		s.timeout = DefaultSendTimeout
	}
	if s.clock == nil {
		s.clock = clock.New()
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.outbox == nil {
		s.outbox = new(Outbox)
	}
	s.answered = answeredResync(s.outbox)
	s.sending <- struct{}{}
	s.running <- struct{}{}
	s.saved, s.savedCycle = s.outbox.Version(), s.cycle
	s.cycle = s.cycle.Observe(s.policy, s.clock.Now(), s.outbox)
	return s, nil
}

// Record puts messages in the outbox, all of them or, if one is invalid, none,
// and saves it. After an error of saving they are in the outbox but not yet
// durable; saving is repeated, and recording them again does no harm.
func (s *Sender) Record(ctx context.Context, messages ...Message) error {
	for i := range messages {
		m := messages[i]
		m.Serial = 0
		if err := m.Validate(); err != nil {
			return err
		}
	}
	return s.change(ctx, func() error {
		for _, m := range messages {
			if err := s.outbox.Record(m); err != nil {
				return err
			}
		}
		return nil
	})
}

// Forget drops a topic from the outbox and saves it, as [Outbox.Forget] does.
func (s *Sender) Forget(ctx context.Context, t TopicType, id string) error {
	return s.change(ctx, func() error {
		s.outbox.Forget(t, id)
		return nil
	})
}

// Refresh makes every remembered message wait again, and after them the marker
// that tells the site that there is nothing else (DIFF-8, [RefreshMarker]). It
// saves the outbox and returns how many messages there are besides the marker.
// They leave at the next tick.
func (s *Sender) Refresh(ctx context.Context) (n int, err error) {
	err = s.change(ctx, func() error {
		n, err = s.refreshLocked(0)
		return err
	})
	return n, err
}

// refreshLocked records everything again, and the marker (DIFF-8).
func (s *Sender) refreshLocked(request uint64) (n int, err error) {
	marker := RefreshMarker(s.outbox.LastSerial()+1, request, clampTime(s.clock.Now()))
	s.outbox.Forget(Resync, RefreshTopicID)
	n = s.outbox.Refresh()
	return n, s.outbox.Record(marker)
}

// Flush asks that what waits leaves within two minutes, without waiting for the
// tick (MSG-4). Run must be running for it to leave.
func (s *Sender) Flush(ctx context.Context) error {
	return s.change(ctx, func() error {
		s.cycle = s.cycle.RequestFlush(s.policy, s.clock.Now())
		return nil
	})
}

// Pending is the number of messages that are not acknowledged yet, waiting or
// in flight.
func (s *Sender) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.outbox.Waiting() + len(s.outbox.flight.Messages)
}

// Next is when the next report is due; ok is false when nothing is pending. It
// may lie in the past.
func (s *Sender) Next() (t time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cycle.Next(s.policy, s.outbox)
}

// change changes the outbox or the cycle, saves and wakes Run.
func (s *Sender) change(ctx context.Context, f func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := f(); err != nil {
		return err
	}
	s.cycle = s.cycle.Observe(s.policy, s.clock.Now(), s.outbox)
	err := s.saveLocked(ctx)
	select {
	case s.wake <- struct{}{}:
	default: // Run is going to look anyway
	}
	return err
}

// saveLocked saves if there is something to save.
func (s *Sender) saveLocked(ctx context.Context) error {
	version, cycle := s.outbox.Version(), s.cycle
	if version == s.saved && cycle == s.savedCycle {
		s.saveAt = time.Time{}
		return nil
	}
	if s.save != nil {
		if err := s.save(ctx, s.outbox, cycle); err != nil {
			s.saveAt = s.clock.Now().Add(s.policy.backoffMin())
			s.log.ErrorContext(ctx, "state messages not saved", "error", err)
			return fmt.Errorf("statemsg: sender: save: %w", err)
		}
	}
	s.saved, s.savedCycle, s.saveAt = version, cycle, time.Time{}
	return nil
}

// Run sends what waits when it is due, until ctx ends; then it returns the
// cause. A send under way is cut short through its context and counts as no
// failure; its batch stays in flight. At most one Run runs at a time; another
// returns [ErrRunning].
func (s *Sender) Run(ctx context.Context) error {
	select {
	case <-s.running:
		defer func() { s.running <- struct{}{} }()
	default:
		return ErrRunning
	}
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		wait, due, timed := s.look(ctx)
		if due {
			// Its failures are in the cycle and in the log.
			_ = s.send(ctx, true)
			continue
		}
		var fired <-chan time.Time
		var timer *clock.Timer
		if timed {
			timer = s.clock.Timer(wait)
			fired = timer.C
		}
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-fired:
		}
		if timer != nil {
			timer.Stop()
		}
	}
}

// look says whether a send is due now, and else how long to wait for one; timed
// is false when there is nothing to wait for. A save that failed before is
// repeated here, and nothing is due before it has succeeded.
func (s *Sender) look(ctx context.Context) (wait time.Duration, due, timed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	s.cycle = s.cycle.Observe(s.policy, now, s.outbox)
	if !s.saveAt.IsZero() {
		// The clock may have been moved back.
		s.saveAt = notAfter(s.saveAt, now.Add(s.policy.backoffMin()))
		if s.saveAt.After(now) || s.saveLocked(ctx) != nil {
			return s.saveAt.Sub(now), false, true
		}
	}
	t, ok := s.cycle.Next(s.policy, s.outbox)
	if !ok {
		return 0, false, false
	}
	wall := wallTime(now)
	if !t.After(wall) {
		return 0, true, true
	}
	// Look again after an Interval at most: the wall clock may move, the timer
	// does not move with it.
	return min(t.Sub(wall), s.policy.interval()), false, true
}

// SendNow sends all that waits at the time of the call without waiting for a
// tick, a back-off or a gap, batch after batch, and returns the first error. It
// is for programs that end before the next tick.
func (s *Sender) SendNow(ctx context.Context) error {
	s.mu.Lock()
	todo := uint64(s.outbox.Waiting())
	target := s.outbox.LastSerial() + todo
	s.mu.Unlock()
	for {
		s.mu.Lock()
		done := len(s.outbox.flight.Messages) == 0 && (s.outbox.Waiting() == 0 || s.outbox.LastSerial() >= target)
		s.mu.Unlock()
		if done {
			return nil
		}
		if err := s.send(ctx, false); err != nil {
			return err
		}
	}
}

// send sends the batch in flight, or makes one and sends it. With onlyDue it
// does nothing if nothing is due any more when its turn has come.
func (s *Sender) send(ctx context.Context, onlyDue bool) error {
	select {
	case <-s.sending:
		defer func() { s.sending <- struct{}{} }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	batch, ok, err := s.prepare(ctx, onlyDue)
	if err != nil || !ok {
		return err
	}
	sendCtx, cancel := context.WithCancelCause(ctx)
	timer := s.clock.AfterFunc(s.timeout, func() { cancel(ErrSendTimeout) })
	err = s.transport.Send(sendCtx, NewReport(s.client, batch))
	timer.Stop()
	if err != nil && errors.Is(context.Cause(sendCtx), ErrSendTimeout) {
		err = fmt.Errorf("%w: %w", ErrSendTimeout, err)
	}
	cancel(nil)
	resync := uint64(0)
	if r, ok := s.transport.(Resyncer); ok && err == nil {
		resync = r.Resync()
	}
	return s.ended(ctx, batch, err, resync)
}

// prepare makes the batch and saves it: commit before effect (MSG-5).
func (s *Sender) prepare(ctx context.Context, onlyDue bool) (b Batch, ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	if t, ok := s.cycle.Next(s.policy, s.outbox); onlyDue && (!ok || t.After(now)) {
		return Batch{}, false, nil
	}
	if b, ok = s.outbox.Batch(now, s.policy.batchMessages()); !ok {
		return Batch{}, false, nil
	}
	s.cycle = s.cycle.Observe(s.policy, now, s.outbox)
	if err := s.saveLocked(ctx); err != nil {
		return Batch{}, false, err
	}
	return b, true, nil
}

// ended takes note of how a send ended, and of the resync that the site asked for
// when it acknowledged the report.
func (s *Sender) ended(ctx context.Context, b Batch, err error, resync uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	if err == nil {
		s.outbox.Acknowledge(b.ID)
		s.cycle = s.cycle.Acknowledged(s.policy, now, s.outbox)
		s.log.InfoContext(ctx, "state messages sent", "batch", b.ID, "messages", len(b.Messages))
		if resync != 0 && resync != s.answered && resync <= MaxSerial { // SITE-4
			n, err := s.refreshLocked(resync)
			if err != nil {
				return err
			}
			s.answered = resync
			s.cycle = s.cycle.Observe(s.policy, now, s.outbox)
			s.log.InfoContext(ctx, "state messages recorded again", "resync", resync, "messages", n)
		}
		// A stop must not make a restart resend what was acknowledged (MSG-10).
		return s.saveLocked(context.WithoutCancel(ctx))
	}
	if ctx.Err() != nil {
		return context.Cause(ctx) // stopped: no failure
	}
	s.cycle = s.cycle.Failed(s.policy, now, RetryAfter(err))
	level := slog.LevelWarn
	if errors.Is(err, ErrRejected) {
		level = slog.LevelError
	}
	s.log.Log(ctx, level, "state messages not sent", "batch", b.ID, "failures", s.cycle.Failures,
		"retry", s.cycle.Retry, "error", err)
	_ = s.saveLocked(ctx) // repeated if it fails; nothing but the back-off is at stake
	return fmt.Errorf("statemsg: sender: send: %w", err)
}
