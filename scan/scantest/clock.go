package scantest

import (
	"sync"
	"time"

	"github.com/benbjohnson/clock"
)

// Clock is a clock that stands still until it is set, and whose timers never
// fire: for those who drive an agent by its Tick. Moving it takes no time,
// which moving a clock.Mock does. The timers are those of the Mock inside,
// which nobody moves. Use [NewClock]. It is safe for concurrent use.
type Clock struct {
	*clock.Mock

	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that shows a time.
func NewClock(now time.Time) *Clock { return &Clock{Mock: clock.NewMock(), now: now} }

// Now returns the time that was set.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Set sets the clock, forward or back.
func (c *Clock) Set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

// Add moves the clock, forward or back.
func (c *Clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
