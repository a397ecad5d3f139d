package mp

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/benbjohnson/clock"
)

// Bounds of asking the hook Ready, which anybody can cause.
const (
	readyEvery   = time.Second
	readyTimeout = 5 * time.Second
)

// healthy is the body of a good answer.
type healthy struct {
	Status string `json:"status"`
}

// health answers whether check has nothing to say.
func (h *Handler) health(w http.ResponseWriter, req *http.Request, check func(context.Context) error) {
	if req.Method != http.MethodGet && req.Method != http.MethodHead {
		h.refuse(w, req, &refusal{
			status: http.StatusMethodNotAllowed, code: codeMethod, detail: "health is asked for with GET",
			header: [2]string{"Allow", "GET, HEAD"},
		})
		return
	}
	if err := check(req.Context()); err != nil {
		h.refuse(w, req, h.unavailable("not ready", err))
		return
	}
	writeJSON(w, http.StatusOK, healthy{"ok"})
}

// readiness asks the hook Ready: one at a time, now and then. Safe for
// concurrent use.
type readiness struct {
	hook  func(ctx context.Context) error
	clock clock.Clock
	log   *slog.Logger

	mu     sync.Mutex
	err    error         // what it has said last
	at     time.Time     // when; zero for never
	asking chan struct{} // closed when it has answered; nil while nobody asks
}

var errReadyTimeout = errors.New("mp: the hook Ready did not answer in time")

func newReadiness(cfg HandlerConfig) *readiness {
	return &readiness{hook: cfg.Ready, clock: cfg.Clock, log: cfg.Logger}
}

// check says why the handler is not ready.
func (r *readiness) check(ctx context.Context) error {
	if r.hook == nil {
		return nil
	}
	r.mu.Lock()
	if r.asking == nil {
		if !r.at.IsZero() && r.clock.Now().Sub(r.at).Abs() < readyEvery {
			defer r.mu.Unlock()
			return r.err
		}
		r.asking = make(chan struct{})
		// Whoever asked may go away: the answer is for others too.
		go r.ask(context.WithoutCancel(ctx), r.asking)
	}
	answered := r.asking
	r.mu.Unlock()
	timer := r.clock.Timer(readyTimeout)
	defer timer.Stop()
	select {
	case <-answered:
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.err
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return errReadyTimeout
	}
}

// ask asks the hook and keeps what it says. A hook that never returns is asked
// no more, and is not ready.
func (r *readiness) ask(ctx context.Context, answered chan struct{}) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := r.clock.AfterFunc(readyTimeout, func() { cancel(errReadyTimeout) })
	defer timer.Stop()
	err := r.call(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err, r.at, r.asking = err, r.clock.Now(), nil
	close(answered)
}

// call calls the hook. Its panic must not end the process.
func (r *readiness) call(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			r.log.ErrorContext(ctx, "the hook Ready panicked", "panic", p)
			err = errPanic
		}
	}()
	return r.hook(ctx)
}
