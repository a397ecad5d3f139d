package scan

import (
	"context"
	"errors"
	"time"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/netcode"
)

// perform does one effect and returns its answer. When ctx ends the answer is
// that the attempt was interrupted (WF-10).
func (a *Agent) perform(ctx context.Context, t task) answer {
	ans := answer{epoch: t.epoch}
	switch e := t.effect.(type) {
	case Locate:
		ans.event = a.locate(ctx, e)
	case ReadPolicy:
		ans.event = a.readPolicy(ctx, e)
	case WritePolicy:
		ans.event = a.writePolicy(ctx, e)
	case Retrieve:
		ans.event, ans.catalog = a.retrieve(ctx, e, t.stored)
	case Evaluate:
		c := t.retrieved
		if e.Stored {
			c = t.stored
		}
		ans.event = a.evaluate(ctx, e, c)
	case Send:
		ans.event = a.send(ctx, e)
	}
	return ans
}

// errTimeout is the cause of a context that ended by a time-out of ours.
var errTimeout = errors.New("timed out")

// within returns a context that ends after d by the agent's clock.
func (a *Agent) within(ctx context.Context, d time.Duration) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := a.cfg.Clock.Timer(d)
	stop := make(chan struct{})
	go func() {
		select {
		case <-timer.C:
			cancel(errTimeout)
		case <-stop:
		}
	}()
	return ctx, func() {
		timer.Stop()
		close(stop)
		cancel(nil)
	}
}

// failure classifies an error of an interface. Timeout is the code of a
// time-out of ours.
func failure(ctx context.Context, err error, timeout wsus.Code) Failure {
	if err == nil {
		return Failure{}
	}
	f := Failure{Code: netcode.Classify(err), Detail: err.Error(), Err: err}
	if errors.Is(context.Cause(ctx), errTimeout) {
		f.Code = timeout
	}
	return f
}

func (a *Agent) locate(parent context.Context, e Locate) Event {
	ctx, cancel := a.within(parent, a.cfg.Timeouts.Locate)
	defer cancel()
	list, err := a.cfg.Locator.Locate(ctx, e.Request)
	if err != nil && parent.Err() != nil {
		return Interrupted{Run: e.Run}
	}
	if err != nil {
		list = nil
	}
	return Located{Run: e.Run, Locations: list, Failure: failure(ctx, err, wsus.CodeContentLocationTimedOut)}
}

func (a *Agent) readPolicy(parent context.Context, e ReadPolicy) Event {
	ctx, cancel := a.within(parent, a.cfg.Timeouts.Locate)
	defer cancel()
	p, err := a.cfg.LocalPolicy.Effective(ctx)
	if err != nil && parent.Err() != nil {
		return Interrupted(e)
	}
	return PolicyRead{Run: e.Run, Effective: p, Failure: failure(ctx, err, wsus.CodeScanTimedOut)}
}

func (a *Agent) writePolicy(parent context.Context, e WritePolicy) Event {
	ctx, cancel := a.within(parent, a.cfg.Timeouts.Locate)
	defer cancel()
	err := a.cfg.LocalPolicy.Set(ctx, e.Policy)
	if err != nil && parent.Err() != nil {
		return Interrupted{Run: e.Run}
	}
	return PolicyWritten{Run: e.Run, Failure: failure(ctx, err, wsus.CodeScanTimedOut)}
}

// errNothing is the failure of an implementation that returned neither a
// result nor an error.
var errNothing = errors.New("neither a result nor an error was returned")

// retrieve is the only place where an agent connects to WSUS, and Retrieve is
// the only effect that comes here: the path of an offline scan does not.
func (a *Agent) retrieve(parent context.Context, e Retrieve, previous *wsus.Catalog) (Event, *wsus.Catalog) {
	ctx, cancel := a.within(parent, a.cfg.Timeouts.Scan)
	defer cancel()
	req := wsus.RetrieveRequest{Location: e.Location, SSLOnly: e.SSLOnly, Previous: previous}
	c, err := a.cfg.Source.Retrieve(ctx, req)
	if err != nil && parent.Err() != nil {
		return Interrupted{Run: e.Run}, nil
	}
	if err == nil && c == nil {
		err = errNothing
	}
	if err != nil {
		return Retrieved{Run: e.Run, Failure: failure(ctx, err, wsus.CodeTimeout)}, nil
	}
	return Retrieved{Run: e.Run, Version: ttl.Version(c.Version())}, c
}

// evaluate evaluates the machine with the given metadata. It is handed no
// Source: it cannot connect (DEC-3).
func (a *Agent) evaluate(parent context.Context, e Evaluate, c *wsus.Catalog) Event {
	ctx, cancel := a.within(parent, a.cfg.Timeouts.Scan)
	defer cancel()
	ev, err := a.cfg.Evaluator.Evaluate(ctx, c)
	if err != nil && parent.Err() != nil {
		return Interrupted{Run: e.Run}
	}
	if err == nil && ev.Snapshot == nil {
		err = errNothing
	}
	if err != nil {
		return Evaluated{Run: e.Run, Failure: failure(ctx, err, wsus.CodeScanTimedOut)}
	}
	return Evaluated{Run: e.Run, Evaluation: ev}
}

func (a *Agent) send(parent context.Context, e Send) Event {
	ctx, cancel := a.within(parent, a.cfg.Timeouts.Send)
	defer cancel()
	err := a.cfg.Transport.Send(ctx, &statemsg.Report{
		Client: a.cfg.Client, Date: e.Batch.Date, Messages: e.Batch.Messages,
	})
	if err != nil && parent.Err() != nil {
		return SendEnded{Batch: e.Batch.ID, Interrupted: true}
	}
	ended := SendEnded{
		Batch: e.Batch.ID, Failure: failure(ctx, err, wsus.CodeTimeout), RetryAfter: statemsg.RetryAfter(err),
	}
	if r, ok := a.cfg.Transport.(statemsg.Resyncer); ok && err == nil { // SITE-4
		ended.Resync = r.Resync()
	}
	return ended
}
