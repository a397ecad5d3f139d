package fleet

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/benbjohnson/clock"
)

// Clock tells the virtual time. Its timers run by the system's clock: they are
// there for what hangs, and in virtual time nothing hangs. (The mock clock of the
// package clock would do as well, but each time it is set it sleeps, which makes
// minutes of a week.)
//
// Use NewClock. Safe for concurrent use.
type Clock struct {
	clock.Clock
	now atomic.Pointer[time.Time]
}

// NewClock returns a clock that shows a time.
func NewClock(now time.Time) *Clock {
	c := &Clock{Clock: clock.New()}
	c.Set(now)
	return c
}

// Set lets the clock show another time.
func (c *Clock) Set(now time.Time) {
	now = now.UTC()
	c.now.Store(&now)
}

// Now returns the virtual time.
func (c *Clock) Now() time.Time { return *c.now.Load() }

// Since returns how much virtual time has passed since a time.
func (c *Clock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

// Until returns how much virtual time there is until a time.
func (c *Clock) Until(t time.Time) time.Duration { return t.Sub(c.Now()) }

// WithDeadline returns a context that ends after as much system time as there is
// virtual time until the deadline.
func (c *Clock) WithDeadline(parent context.Context, d time.Time) (context.Context, context.CancelFunc) {
	return c.WithTimeout(parent, c.Until(d))
}
