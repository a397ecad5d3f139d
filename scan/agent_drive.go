package scan

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/updatescan/updatescan/wsus"
)

// task is an effect to be performed: what it needs, and the opening of the
// agent that it belongs to.
type task struct {
	epoch  uint64
	effect Effect
	// stored is the stored metadata, retrieved what the present run has
	// retrieved.
	stored, retrieved *wsus.Catalog
}

// answer is the event that answers a task, with the metadata of a [Retrieved].
type answer struct {
	epoch   uint64
	event   Event
	catalog *wsus.Catalog
}

// take removes the first effect that is to be performed; ok is false when
// there is none.
func (a *Agent) take() (t task, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.todo) == 0 {
		return task{}, false
	}
	t = task{epoch: a.epoch, effect: a.todo[0], stored: a.stored, retrieved: a.retrieved}
	a.todo = a.todo[1:]
	return t, true
}

// give takes in the answer to an effect, unless the agent was opened again
// since.
func (a *Agent) give(ctx context.Context, ans answer) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if ans.event == nil || ans.epoch != a.epoch {
		return nil
	}
	if ans.catalog != nil {
		a.retrieved = ans.catalog
	}
	return a.step(ctx, ans.event)
}

// tick advances the machine to the clock's time and returns when it wants to
// be advanced next.
func (a *Agent) tick(ctx context.Context, ev Event) (next time.Time, ok bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.step(ctx, ev); err != nil {
		return time.Time{}, false, err
	}
	next, ok = a.machine.Next()
	return next, ok, nil
}

// driveSync performs effects one after the other, in order, until done says
// so or there is none left. The caller holds the driver's token.
func (a *Agent) driveSync(ctx context.Context, done func() bool) error {
	defer a.cutShort()
	if _, _, err := a.tick(ctx, Resumed{}); err != nil {
		return err
	}
	for !done() {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("scan: %w", err)
		}
		t, ok := a.take()
		if !ok {
			return nil
		}
		if err := a.give(ctx, a.perform(ctx, t)); err != nil {
			return err
		}
	}
	return nil
}

// cutShort lets an agent be used again after a source, an evaluator or another
// implementation has panicked: what was under way is forgotten, as in a
// power-off (WF-10). The panic goes on.
func (a *Agent) cutShort() {
	if p := recover(); p != nil {
		a.mu.Lock()
		a.abandon(fmt.Errorf("panic: %v", p))
		a.mu.Unlock()
		panic(p)
	}
}

// Tick does everything that is due at the clock's time, one thing after the
// other, and returns when the agent wants to be called next; ok is false when
// nothing is scheduled. It starts no goroutine that outlives it, and the same
// events at the same times give the same effects: it is for simulations, tests
// and programs that have their own main loop. While [Agent.Run] is at work
// Tick waits for its end.
func (a *Agent) Tick(ctx context.Context) (next time.Time, ok bool, err error) {
	select {
	case a.driver <- struct{}{}:
	case <-ctx.Done():
		return time.Time{}, false, fmt.Errorf("scan: %w", ctx.Err())
	}
	defer func() { <-a.driver }()
	for {
		if err := a.driveSync(ctx, func() bool { return false }); err != nil {
			return time.Time{}, false, err
		}
		next, ok, err = a.tick(ctx, Tick{})
		if err != nil {
			return time.Time{}, false, err
		}
		a.mu.Lock()
		idle := len(a.todo) == 0
		a.mu.Unlock()
		if idle {
			return next, ok, nil
		}
	}
}

// Run keeps the client alive until ctx ends: schedules, retries and the bulk
// cycle. It returns the error of ctx when everything that was under way has
// returned; scans that were cut short start anew with the next Run (WF-10).
//
// A storage that fails does not end it: the error is logged, and the agent
// starts from the last commit after [StorageRetry]. One whose content cannot
// be read does: the error wraps [ErrStateDamaged] or [ErrStateForeign]. Only
// one Run is at work at a time; another waits for its turn.
func (a *Agent) Run(ctx context.Context) error {
	select {
	case a.driver <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("scan: %w", ctx.Err())
	}
	defer func() {
		<-a.driver
		a.wake()
	}()
	l := loop{agent: a, inbox: make(chan answer), event: Resumed{}, cancel: func() {}}
	for ctx.Err() == nil && l.fatal == nil {
		l.turn(ctx)
	}
	l.drain(ctx) // everything under way sees ctx and returns
	if l.fatal != nil {
		return l.fatal
	}
	return fmt.Errorf("scan: %w", ctx.Err())
}

// loop is the state of one Run.
type loop struct {
	agent  *Agent
	inbox  chan answer
	active int   // effects under way
	event  Event // of the next turn: Resumed first, then Tick
	fatal  error // what no waiting will mend

	epoch   uint64            // opening of the agent that the effects under way belong to
	perform func(task) answer // performs one of them
	cancel  func()            // cuts them short
}

// drain cuts short what is under way and waits for its end.
func (l *loop) drain(ctx context.Context) {
	l.cancel()
	for ; l.active > 0; l.active-- {
		l.failed(ctx, l.agent.give(ctx, <-l.inbox))
	}
}

// start starts what is to be done. When the agent was opened again, because
// its storage had failed, what is still under way comes to its end first: one
// scan and one send at a time (WF-11).
func (l *loop) start(ctx context.Context) {
	for t, more := l.agent.take(); more; t, more = l.agent.take() {
		if t.epoch != l.epoch {
			l.drain(ctx)
			under, cancel := context.WithCancel(ctx)
			l.epoch, l.cancel = t.epoch, cancel
			l.perform = func(t task) answer { return l.agent.perform(under, t) }
		}
		l.active++
		perform := l.perform
		go func() { l.inbox <- perform(t) }()
	}
}

// turn advances the machine, starts what is to be done, and waits until
// something happens.
func (l *loop) turn(ctx context.Context) {
	a := l.agent
	next, ok, err := a.tick(ctx, l.event)
	if l.failed(ctx, err) {
		if l.fatal != nil {
			return
		}
		next, ok = a.cfg.Clock.Now().Add(StorageRetry), true
	} else {
		l.event = Tick{}
	}
	l.start(ctx)
	var due <-chan time.Time
	if ok {
		if wait := next.Sub(a.cfg.Clock.Now()); wait > 0 {
			timer := a.cfg.Clock.Timer(wait)
			defer timer.Stop()
			due = timer.C
		} else {
			now := make(chan time.Time)
			close(now)
			due = now
		}
	}
	select {
	case ans := <-l.inbox:
		l.active--
		l.failed(ctx, a.give(ctx, ans))
	case <-due:
	case <-a.poke:
	case <-ctx.Done():
	}
}

// failed reports whether an error of the storage has to be waited out.
func (l *loop) failed(ctx context.Context, err error) bool {
	if err == nil || ctx.Err() != nil {
		return false
	}
	if errors.Is(err, ErrStateDamaged) || errors.Is(err, ErrStateForeign) {
		l.fatal = err
		return true
	}
	l.event = Resumed{}
	l.agent.cfg.Logger.LogAttrs(ctx, slog.LevelError, "agent waits for its storage", slog.Any("error", err))
	return true
}
