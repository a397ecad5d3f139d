package statemsg

import (
	"context"
	"slices"
	"sync"
)

// MemTransport is a [Transport] that keeps the reports in memory, in the order
// in which they were acknowledged. It is a [Resyncer] too. The zero value is ready. Safe for concurrent
// use.
type MemTransport struct {
	// Fail, if not nil, is asked before each send with the number of the
	// attempt, from 1: an error is returned to the sender and the report not
	// kept. It must be set before the first send.
	Fail func(attempt int, r *Report) error
	// LoseAck, if not nil, is asked after each report was kept: an error is
	// returned to the sender, which does not know then that the report has
	// arrived. It must be set before the first send.
	LoseAck func(attempt int, r *Report) error

	mu       sync.Mutex
	attempts int
	reports  []Report
	ask      uint64 // what the next answers ask for
	asked    uint64 // what the last one asked for
}

// AskResync makes the receiver ask for the resync of this number with each report
// that it acknowledges from now on; 0 for none.
func (t *MemTransport) AskResync(number uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ask = number
}

// Resync is the number of the resync that was asked for with the last report that
// was kept, 0 for none.
func (t *MemTransport) Resync() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.asked
}

// Send keeps a copy of the report. It fails when ctx has ended, or as Fail and
// LoseAck say.
func (t *MemTransport) Send(ctx context.Context, r *Report) error {
	t.mu.Lock()
	t.attempts++
	attempt := t.attempts
	t.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if t.Fail != nil {
		if err := t.Fail(attempt, r); err != nil {
			return err
		}
	}
	kept := r.Clone()
	t.mu.Lock()
	t.reports = append(t.reports, kept)
	t.asked = t.ask
	t.mu.Unlock()
	if t.LoseAck != nil {
		return t.LoseAck(attempt, r)
	}
	return nil
}

// Attempts is how often Send was called.
func (t *MemTransport) Attempts() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.attempts
}

// Reports returns the reports kept so far, repeated ones included. They must
// not be modified.
func (t *MemTransport) Reports() []Report {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.reports)
}

// Messages returns the messages of all reports kept so far, in order, each
// client and serial once, as the site takes them into account. Messages without
// a serial are all there.
func (t *MemTransport) Messages() []Message {
	type key struct {
		client string
		serial uint64
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []Message
	seen := make(map[key]bool)
	for _, r := range t.reports {
		for _, m := range r.Messages {
			k := key{r.Client.ID, m.Serial}
			if m.Serial != 0 && seen[k] {
				continue
			}
			seen[k] = true
			all = append(all, m)
		}
	}
	return all
}
