package scan

import (
	"context"
	"errors"
	"fmt"
)

// Scan runs the scan of a trigger and returns its result; see
// [Agent.ScanRequest].
func (a *Agent) Scan(ctx context.Context, t Trigger) (Result, error) {
	return a.ScanRequest(ctx, Request{Trigger: t})
}

// ScanRequest runs a scan, or joins one that will do (WF-11), and returns its
// result when it has ended. The error is nil when the scan completed, with or
// without errors, and a [*Error] when it failed, is to be tried again, or
// the request was refused; the result is valid with either. Without
// [Agent.Run] a retry is made by the next call that finds it due, and state
// messages wait for [Agent.SendNow] or [Agent.Tick].
//
// When ctx ends first the error is that of ctx. If this call was the one that
// performed the scan, the scan is interrupted: no failure, and the next call
// goes on with it (WF-10). When the feature is disabled while the scan waits
// for its turn, the error wraps [ErrNotEnabled] and the scan stays in the queue
// (WF-14); while [Agent.Run] is at work the call waits until it is enabled
// again.
func (a *Agent) ScanRequest(ctx context.Context, r Request) (Result, error) {
	ch := make(chan Result, 1)
	token, err := a.request(ctx, r, ch)
	defer a.forget(token)
	if err != nil {
		return Result{}, err
	}
	for {
		select {
		case res := <-ch:
			return answered(res)
		default:
		}
		select {
		case res := <-ch:
			return answered(res)
		case <-ctx.Done():
			return Result{}, fmt.Errorf("scan: %w", ctx.Err())
		case a.driver <- struct{}{}:
			if err := a.help(ctx, ch); err != nil {
				return instead(ch, err)
			}
		}
	}
}

// request takes in a request whose result goes to ch.
func (a *Agent) request(ctx context.Context, r Request, ch chan Result) (token uint64, err error) {
	defer a.wake()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.token++
	a.waiters[a.token] = ch
	return a.token, a.step(ctx, Requested{Request: r, Token: a.token})
}

// help performs effects until the result is there, or nothing is left to be
// done; the caller has taken the driver's token. In a dormant client nothing
// is done, and the scan stays queued for the day it is enabled again (WF-14).
func (a *Agent) help(ctx context.Context, ch <-chan Result) error {
	defer a.wake()
	defer func() { <-a.driver }()
	if err := a.driveSync(ctx, func() bool { return len(ch) > 0 }); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(ch) == 0 && len(a.todo) == 0 && a.machine != nil && !a.machine.Status().Enabled {
		return fmt.Errorf("scan: the scan waits: %w", ErrNotEnabled)
	}
	return nil
}

// instead returns the result that has arrived in spite of an error, or else the
// error.
func instead(ch <-chan Result, err error) (Result, error) {
	select {
	case res := <-ch:
		if res.Outcome != 0 {
			return answered(res)
		}
	default:
	}
	return Result{}, err
}

// ErrRequestLost is the error of a scan whose request was lost because the
// storage failed.
var ErrRequestLost = errors.New("the storage failed and the request was lost")

// answered turns a result into what ScanRequest returns.
func answered(r Result) (Result, error) {
	if r.Outcome == 0 {
		return Result{}, fmt.Errorf("scan: %w: %w", ErrRequestLost, r.Failure.Err)
	}
	return r, r.Err()
}

// forget removes a waiter.
func (a *Agent) forget(token uint64) {
	a.mu.Lock()
	delete(a.waiters, token)
	a.mu.Unlock()
}

// SendNow sends what waits, batch after batch, without waiting for the next
// cycle: for programs that end before it. It returns when everything was
// acknowledged, the refresh that the site asks for in an answer too, or the
// error of the first send that failed; what was not sent stays where it is. While [Agent.Run] or another call is at work it only asks
// and returns.
func (a *Agent) SendNow(ctx context.Context) error {
	for {
		if err := a.post(ctx, SendAsked{}); err != nil {
			return err
		}
		select {
		case a.driver <- struct{}{}:
		default:
			return nil
		}
		more, err := a.sendAll(ctx)
		if err != nil || !more {
			return err
		}
	}
}

// errNotSent is the error of SendNow when a send failed.
var errNotSent = errors.New("messages were not sent")

// sendAll performs what is to be done and reports whether messages are left.
// The caller has taken the driver's token.
func (a *Agent) sendAll(ctx context.Context) (more bool, err error) {
	defer a.wake()
	defer func() { <-a.driver }()
	if err := a.driveSync(ctx, func() bool { return false }); err != nil {
		return false, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.open(ctx); err != nil {
		return false, err
	}
	st := a.machine.Status()
	if st.InFlight > 0 {
		return false, fmt.Errorf("scan: %d %w: %s", st.InFlight+st.Waiting, errNotSent, a.sendFailure.Detail)
	}
	return st.Waiting > 0, nil
}

// post takes in an event from outside.
func (a *Agent) post(ctx context.Context, ev Event) error {
	defer a.wake()
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.step(ctx, ev)
}
