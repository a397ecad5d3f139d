package wusptest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/updatescan/updatescan/internal/contract"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// hostileClauses are about servers and networks that do what they should not,
// and about being interrupted.
func hostileClauses() []contract.Clause[maker] {
	return []contract.Clause[maker]{
		clientClause("server/repeats", "", "a server that sends the same updates for ever is left", serverRepeats),
		clientClause("server/truncates", "", "a server that says for ever that there is more, and sends nothing new, is left", serverTruncates),
		clientClause("answer/page", "WF-9", "a web page instead of an answer is an error with a code, at any call, and the next retrieval is well again", answerPage),
		clientClause("answer/status", "WF-9", "a status has the code that an agent gives it", answerStatus),
		clientClause("answer/length", "WF-9", "an answer that is not as long as promised, or is cut short, is an error with a code", answerLength),
		clientClause("answer/nobody", "WF-9", "a server that cannot be reached is an error with a code", answerNobody),
		clientClause("resume/cut", "WF-10", "what was fetched before the connection was cut is not fetched again", resumeCut),
		clientClause("resume/restart", "WF-10", "what was fetched and stored is not fetched again by a new process", resumeRestart),
		clientClause("cancel/middle", "WF-10", "a retrieval that is cancelled at any call returns soon, with the context's error", cancelMiddle),
		clientClause("concurrent/same", "", "retrievals at the same time all get the catalogue", concurrentSame),
	}
}

// leaves is how many calls of SyncUpdates a retrieval may make that gets
// nothing new: those that bring the updates of NewServer(3), and some.
const leaves = 12

func serverRepeats(ctx context.Context, make maker) error {
	s := NewServer(3)
	s.After = Repeats()
	_, err := newLab(make, s, 4*leaves).retrieve(ctx)
	return first(atMost(s, leaves), unlessCoded(err))
}

func serverTruncates(ctx context.Context, make maker) error {
	s := NewServer(3)
	s.After = Truncates()
	_, err := newLab(make, s, 4*leaves).retrieve(ctx)
	return first(atMost(s, leaves), unlessCoded(err))
}

// unlessCoded is an error that carries no code.
func unlessCoded(err error) error {
	if _, ok := wsus.FindCode(err); err == nil || ok {
		return nil
	}
	return fmt.Errorf("the error carries no code (WF-9): %w", err)
}

// spoilt plays a trick at each of the calls in turn: the retrieval must fail
// with a code that is as wanted, and the next one, without the trick, succeed.
func spoilt(ctx context.Context, make maker, ops []wusp.Operation, trick Trick, wanted func(wsus.Code) error) error {
	for _, op := range ops {
		s := NewServer(3)
		s.After = At(trick, op)
		l := newLab(make, s, 2*bound)
		code, err := l.fails(ctx, bound)
		if s.Count(op) == 0 {
			continue
		}
		if err == nil {
			err = wanted(code)
		}
		if err != nil {
			return fmt.Errorf("at %s: %w", op, err)
		}
		s.After = nil
		c, err := l.must(ctx)
		if err == nil {
			err = has(c, s.Updates...)
		}
		if err != nil {
			return fmt.Errorf("after an error at %s: %w", op, err)
		}
	}
	return nil
}

func anyCode(wsus.Code) error { return nil }

func answerPage(ctx context.Context, make maker) error {
	return first(
		spoilt(ctx, make, sessionOps, WebPage(http.StatusOK), anyCode),
		spoilt(ctx, make, sessionOps, func(c *Call) { c.Raw = &Raw{Body: []byte(`<html><body/></html>`)} }, anyCode),
		spoilt(ctx, make, sessionOps, func(c *Call) { c.Raw = &Raw{} }, anyCode),
	)
}

func answerStatus(ctx context.Context, make maker) error {
	for _, status := range []int{400, 401, 403, 404, 405, 407, 408, 409, 410, 501, 502, 503, 504, 505} {
		err := spoilt(ctx, make, []wusp.Operation{wusp.OpGetConfig, wusp.OpSyncUpdates}, WebPage(status), func(code wsus.Code) error {
			if want := wsus.CodeForHTTPStatus(status); code != want {
				return fmt.Errorf("code %v, want %v", code, want)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("status %d: %w", status, err)
		}
	}
	return nil
}

func answerLength(ctx context.Context, make maker) error {
	for _, more := range []int{100, -30, 1 << 20} {
		if err := spoilt(ctx, make, sessionOps, WrongLength(more), anyCode); err != nil {
			return fmt.Errorf("%+d bytes: %w", more, err)
		}
	}
	return nil
}

func answerNobody(ctx context.Context, make maker) error {
	l := newLab(make, NewServer(3), bound)
	l.wire.Handler = nil
	_, err := l.fails(ctx, 0)
	return err
}

// cutInTheMiddle is a lab after a retrieval in whose sixth SyncUpdates the
// connection was cut, and the updates that came before.
func cutInTheMiddle(ctx context.Context, make maker) (*lab, []int32, error) {
	s := NewServer(20)
	s.Page = 2
	s.After = At(Skip(5, CutAfter(100)), wusp.OpSyncUpdates)
	l := newLab(make, s, 2*bound)
	if _, err := l.fails(ctx, bound); err != nil {
		return nil, nil, err
	}
	came := sent(s.Log())
	s.After = nil
	s.Forget()
	return l, came, nil
}

// goesOn checks that a retrieval succeeds without what came before.
func (l *lab) goesOn(ctx context.Context, came []int32) error {
	c, err := l.must(ctx)
	if err != nil {
		return err
	}
	for _, id := range sent(l.server.Log()) {
		if slices.Contains(came, id) {
			return fmt.Errorf("update %d was fetched again", id)
		}
	}
	return has(c, l.server.Updates...)
}

func resumeCut(ctx context.Context, make maker) error {
	l, came, err := cutInTheMiddle(ctx, make)
	if err != nil {
		return err
	}
	return l.goesOn(ctx, came)
}

func resumeRestart(ctx context.Context, make maker) error {
	l, came, err := cutInTheMiddle(ctx, make)
	if err != nil {
		return err
	}
	if l.subject.Restart == nil {
		return fmt.Errorf("%w: nothing is stored", contract.ErrNotAsked)
	}
	l.subject.Source = l.subject.Restart()
	return l.goesOn(ctx, came)
}

func cancelMiddle(ctx context.Context, make maker) error {
	for _, op := range sessionOps {
		if err := cancelAt(ctx, make, op); err != nil {
			return fmt.Errorf("cancelled at %s: %w", op, err)
		}
	}
	return nil
}

// cancelAt cancels a retrieval while a call of an operation is not answered.
func cancelAt(ctx context.Context, make maker, op wusp.Operation) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	reached, over := false, signal()
	s := NewServer(3)
	s.Before = At(func(c *Call) {
		reached = true
		cancel()
		select {
		case <-c.HTTP.Context().Done():
		case <-over: // the client is deaf
		}
	}, op)
	l := newLab(make, s, bound)
	_, err := l.retrieve(ctx)
	close(over)
	s.Do(func() { s.Before = nil })
	if reached && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("%w, want the context's error", orNone(err))
	}
	return nil
}

// signal is a channel to close.
func signal() chan struct{} { return make(chan struct{}) }

func concurrentSame(ctx context.Context, make maker) error {
	s := mixed()
	l := newLab(make, s, 0)
	if !l.subject.Concurrent {
		return fmt.Errorf("%w: it is not meant to be called by several goroutines", contract.ErrNotAsked)
	}
	returned := atOnce(func() error {
		c, err := l.retrieve(ctx)
		if err == nil {
			err = has(c, reached(s)...)
		}
		return err
	}, func(first <-chan struct{}) {
		// The others have time to come while the first is on its way, if not
		// to end.
		s.Before = Times(1, func(*Call) {
			select {
			case <-first:
			case <-time.After(overlap):
			}
		})
	})
	return errors.Join(returned...)
}

// overlap is how long a call waits for others to come.
const overlap = 20 * time.Millisecond

// atOnce makes four calls at the same time. prepare gets a channel that is
// closed when the first of them has returned.
func atOnce(call func() error, prepare func(first <-chan struct{})) []error {
	first := signal()
	prepare(first)
	errs := make([]error, 4)
	var wg sync.WaitGroup
	var once sync.Once
	for i := range errs {
		wg.Go(func() {
			errs[i] = call()
			once.Do(func() { close(first) })
		})
	}
	wg.Wait()
	return errs
}
