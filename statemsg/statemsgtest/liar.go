package statemsgtest

import (
	"context"
	"sync"

	"github.com/updatescan/updatescan/statemsg"
)

// The transports of this file break the contract of [statemsg.Transport], one
// sentence each. Against most of them no sender can do anything: they show that
// [CheckTransport] and the tests of a sender see what they should. The zero
// value of each is ready. Safe for concurrent use.

// LosingTransport acknowledges every report and keeps none.
type LosingTransport struct{}

// Send keeps nothing.
func (LosingTransport) Send(ctx context.Context, _ *statemsg.Report) error { return ctx.Err() }

// Received returns nothing.
func (LosingTransport) Received() []statemsg.Report { return nil }

// CuttingTransport keeps reports without their last message.
type CuttingTransport struct{ mem statemsg.MemTransport }

// Send keeps what is left of the report.
func (t *CuttingTransport) Send(ctx context.Context, r *statemsg.Report) error {
	cut := r.Clone()
	cut.Messages = cut.Messages[:len(cut.Messages)-1]
	return t.mem.Send(ctx, &cut)
}

// Received returns what is left of the reports.
func (t *CuttingTransport) Received() []statemsg.Report { return t.mem.Reports() }

// MarkingTransport notes in the report itself that it was sent.
type MarkingTransport struct{ mem statemsg.MemTransport }

// Send modifies the report.
func (t *MarkingTransport) Send(ctx context.Context, r *statemsg.Report) error {
	err := t.mem.Send(ctx, r)
	for i := range r.Messages {
		r.Messages[i].Details += " (sent)"
		for j := range r.Messages[i].Params {
			r.Messages[i].Params[j] += " (sent)"
		}
	}
	return err
}

// Received returns the reports as they were before.
func (t *MarkingTransport) Received() []statemsg.Report { return t.mem.Reports() }

// SharingTransport copies nothing: it retains the reports of its callers.
type SharingTransport struct {
	mu      sync.Mutex
	reports []*statemsg.Report
}

// Send retains the report.
func (t *SharingTransport) Send(ctx context.Context, r *statemsg.Report) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reports = append(t.reports, r)
	return nil
}

// Received returns the reports of the callers, as they are now.
func (t *SharingTransport) Received() []statemsg.Report {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []statemsg.Report
	for _, r := range t.reports {
		all = append(all, *r)
	}
	return all
}

// OnceTransport refuses a report that it has already, as if that were a fault of
// the sender's.
type OnceTransport struct {
	mem  statemsg.MemTransport
	mu   sync.Mutex
	seen map[uint64]bool
}

// Send refuses what it has.
func (t *OnceTransport) Send(ctx context.Context, r *statemsg.Report) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.seen[r.Messages[0].Serial] {
		return statemsg.ErrRejected
	}
	err := t.mem.Send(ctx, r)
	if err == nil {
		if t.seen == nil {
			t.seen = make(map[uint64]bool)
		}
		t.seen[r.Messages[0].Serial] = true
	}
	return err
}

// Received returns the reports.
func (t *OnceTransport) Received() []statemsg.Report { return t.mem.Reports() }

// DeafTransport does not look at its context: it acknowledges what it has not
// sent when the context has ended.
type DeafTransport struct{ mem statemsg.MemTransport }

// Send acknowledges everything.
func (t *DeafTransport) Send(ctx context.Context, r *statemsg.Report) error {
	_ = t.mem.Send(ctx, r)
	return nil
}

// Received returns the reports that came before the end of the context.
func (t *DeafTransport) Received() []statemsg.Report { return t.mem.Reports() }

// StuckTransport does not return when its context ends.
type StuckTransport struct {
	mem     statemsg.MemTransport
	once    sync.Once
	release chan struct{}
}

// channel is what is waited for.
func (t *StuckTransport) channel() chan struct{} {
	t.once.Do(func() { t.release = make(chan struct{}) })
	return t.release
}

// Send keeps the report, or is stuck when the context has ended.
func (t *StuckTransport) Send(ctx context.Context, r *statemsg.Report) error {
	if ctx.Err() != nil {
		<-t.channel()
	}
	return t.mem.Send(ctx, r)
}

// Release ends what is stuck. It may be called once.
func (t *StuckTransport) Release() { close(t.channel()) }

// Received returns the reports.
func (t *StuckTransport) Received() []statemsg.Report { return t.mem.Reports() }
