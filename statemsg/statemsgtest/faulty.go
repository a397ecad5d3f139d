package statemsgtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/updatescan/updatescan/statemsg"
)

// ErrDown is the error of a send that a [Faulty] transport fails.
var ErrDown = errors.New("statemsgtest: the management point is down")

// Fault is what befalls a send. The zero value is none.
type Fault uint8

// The faults of a management point and of the way to it.
const (
	// Deliver is no fault: the report arrives and the sender hears of it.
	Deliver Fault = iota
	// Fail loses the report; the sender is told an error.
	Fail
	// LoseAck delivers the report; the sender is told an error all the same.
	LoseAck
	// Duplicate delivers the report twice and acknowledges it once.
	Duplicate
	// Late tells the sender an error and delivers the report after the next one
	// that arrives, so that reports arrive in another order.
	Late
	// Slow delivers the report after a while, unless the context ends before.
	Slow
	// Hang loses the report and returns when the context ends, with its cause.
	Hang
	// Busy loses the report; the error asks to be left alone for a while.
	Busy
	// Reject loses the report; the error wraps [statemsg.ErrRejected].
	Reject
)

// faultNames are the names of the faults; never written to.
var faultNames = [...]string{"deliver", "fail", "lose_ack", "duplicate", "late", "slow", "hang", "busy", "reject"}

// Faults are all faults, Deliver first.
func Faults() []Fault {
	all := make([]Fault, len(faultNames))
	for i := range all {
		all[i] = Fault(i)
	}
	return all
}

// String is the fault's name.
func (f Fault) String() string {
	if int(f) < len(faultNames) {
		return faultNames[f]
	}
	return fmt.Sprintf("Fault(%d)", uint8(f))
}

// Faulty is a transport that something befalls. The zero value acknowledges
// every report and keeps none. Safe for concurrent use; the exported fields must
// be set before the first send.
type Faulty struct {
	// Next gets what arrives; nil acknowledges everything.
	Next statemsg.Transport
	// Plan is what befalls the first send, the second, and so on. After it
	// every report arrives.
	Plan []Fault
	// While is how long Slow takes and Busy asks for; zero means 5 minutes.
	While time.Duration
	// Clock is what Slow waits on; nil means the system's.
	Clock clock.Clock

	mu    sync.Mutex
	sends int
	late  []statemsg.Report
}

// Sends is how often Send was called.
func (f *Faulty) Sends() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sends
}

// Send does to the report what the plan says.
func (f *Faulty) Send(ctx context.Context, r *statemsg.Report) error {
	f.mu.Lock()
	fault := Deliver
	if f.sends < len(f.Plan) {
		fault = f.Plan[f.sends]
	}
	f.sends++
	f.mu.Unlock()
	while := f.While
	if while == 0 {
		while = 5 * time.Minute
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	switch fault {
	case Deliver, Duplicate:
	case Fail:
		return ErrDown
	case LoseAck:
		return errors.Join(ErrDown, f.deliver(ctx, r))
	case Late:
		f.mu.Lock()
		defer f.mu.Unlock()
		f.late = append(f.late, r.Clone())
		return ErrDown
	case Slow:
		if err := f.wait(ctx, while); err != nil {
			return err
		}
	case Hang:
		<-ctx.Done()
		return context.Cause(ctx)
	case Busy:
		return &statemsg.RetryError{After: while, Err: ErrDown}
	case Reject:
		return fmt.Errorf("statemsgtest: %w", statemsg.ErrRejected)
	}
	if fault == Duplicate {
		if err := f.deliver(ctx, r); err != nil {
			return err
		}
	}
	return f.deliver(ctx, r)
}

// Resync is what Next heard last, if it is a [statemsg.Resyncer], else 0.
func (f *Faulty) Resync() uint64 { return resyncOf(f.Next) }

// resyncOf is the number that a transport heard in its last answer.
func resyncOf(t statemsg.Transport) uint64 {
	if r, ok := t.(statemsg.Resyncer); ok {
		return r.Resync()
	}
	return 0
}

// wait waits for a while, or until the context ends.
func (f *Faulty) wait(ctx context.Context, while time.Duration) error {
	c := f.Clock
	if c == nil {
		c = clock.New()
	}
	timer := c.Timer(while)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// deliver hands a report on, and after it what is late.
func (f *Faulty) deliver(ctx context.Context, r *statemsg.Report) error {
	if f.Next == nil {
		return nil
	}
	if err := f.Next.Send(ctx, r); err != nil {
		return err
	}
	f.mu.Lock()
	late := f.late
	f.late = nil
	f.mu.Unlock()
	for i := range late {
		// Nobody hears of it: the sender gave it up long ago.
		_ = f.Next.Send(context.WithoutCancel(ctx), &late[i])
	}
	return nil
}

// Recorder is a transport that counts and keeps what is sent through it,
// whatever becomes of it. The zero value acknowledges every report. Safe for
// concurrent use.
type Recorder struct {
	// Next is asked what becomes of a report; nil acknowledges everything. It
	// must be set before the first send.
	Next statemsg.Transport

	mu     sync.Mutex
	sent   []statemsg.Report
	acked  int
	inside int
	most   int
}

// Send keeps a copy of the report and hands it on.
func (r *Recorder) Send(ctx context.Context, report *statemsg.Report) error {
	r.mu.Lock()
	r.sent = append(r.sent, report.Clone())
	r.inside++
	r.most = max(r.most, r.inside)
	r.mu.Unlock()
	var err error
	if r.Next != nil {
		err = r.Next.Send(ctx, report)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inside--
	if err == nil {
		r.acked++
	}
	return err
}

// Resync is what Next heard last, if it is a [statemsg.Resyncer], else 0.
func (r *Recorder) Resync() uint64 { return resyncOf(r.Next) }

// Sent returns the reports in the order in which their sends began. They must
// not be modified.
func (r *Recorder) Sent() []statemsg.Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]statemsg.Report(nil), r.sent...)
}

// Calls is how many sends have begun, and how many of them were acknowledged.
func (r *Recorder) Calls() (begun, acknowledged int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.sent), r.acked
}

// AtOnce is the most sends that were under way at one time. One sender never has
// more than one.
func (r *Recorder) AtOnce() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.most
}
