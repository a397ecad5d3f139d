package scan

import (
	"fmt"
	"math/bits"
	"time"
)

const (
	// DefaultInterval is the interval of the scan and re-evaluation
	// schedules by default: 7 days (WF-13).
	DefaultInterval = 7 * 24 * time.Hour
	// StartDelay is the window of the random delay after the start of a
	// custom schedule (WF-13), and the default window of the initial scan
	// (WF-1): 2 hours.
	StartDelay = 2 * time.Hour
)

// Schedule is when a scan is started without anybody asking. The zero
// Schedule is a simple schedule with the default interval.
//
// Occurrences keep their phase: each is a whole number of intervals after the
// first, whenever the scans before it ended, so that clients that were spread
// once stay spread (WF-15).
type Schedule struct {
	// Interval is the time between two occurrences. Zero means
	// [DefaultInterval]; negative, less than a minute, and more than
	// [MaxInterval] is refused.
	Interval time.Duration
	// Start, when not zero, makes this a custom schedule: its occurrences
	// are counted from Start plus a random delay of less than
	// [StartDelay] that is drawn once per client (WF-13). When Start is zero
	// they are counted from the client's initial scan, which is itself at a
	// random time. A Start outside the years 1700 to 2200 is refused.
	Start time.Time
	// Disabled means that the schedule has no occurrences.
	Disabled bool
}

// MaxInterval is the longest interval of a schedule: ten years of 365 days. A
// schedule that never occurs is a disabled one.
const MaxInterval = 10 * 365 * 24 * time.Hour

// minInterval is the shortest interval of a schedule.
const minInterval = time.Minute

// The years that a machine knows. A clock that is outside them is taken to
// stand still at the edge, so that no time is out of the range of a message or
// of a saved state.
var (
	earliest = time.Date(1700, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// clamp returns the time in UTC, without a monotonic reading, between the
// edges.
func clamp(t time.Time) time.Time {
	t = t.Round(0).UTC()
	if t.Before(earliest) {
		return earliest
	}
	if t.After(latest) {
		return latest
	}
	return t
}

// interval returns the interval in force.
func (s Schedule) interval() time.Duration {
	if s.Interval == 0 {
		return DefaultInterval
	}
	return s.Interval
}

// check returns a [*ConfigError] for a field out of range.
func (s Schedule) check(field string) error {
	if s.Interval != 0 && (s.Interval < minInterval || s.Interval > MaxInterval) {
		return &ConfigError{
			Field: field + ".Interval", Value: s.Interval.String(),
			Want: fmt.Sprintf("0 for the default, or %v to %v", minInterval, MaxInterval),
		}
	}
	if !s.Start.IsZero() && !clamp(s.Start).Equal(s.Start) {
		return &ConfigError{Field: field + ".Start", Value: s.Start.String(), Want: "a time in the years 1700 to 2200"}
	}
	return nil
}

// base returns the moment from which occurrences are counted.
func (s Schedule) base(initial time.Time, delay time.Duration) time.Time {
	if s.Start.IsZero() {
		return initial
	}
	return s.Start.UTC().Add(delay)
}

// first returns the first occurrence that is later than now for a client whose
// initial scan is at the given time. A simple schedule's first occurrence is
// one interval after the initial scan.
func (s Schedule) first(initial time.Time, delay time.Duration, now time.Time) time.Time {
	if s.Start.IsZero() {
		return initial.Add(s.interval())
	}
	return s.after(initial, delay, now)
}

// after returns the first occurrence that is later than now. However many
// were missed, they have run once when the caller goes on from here (WF-13).
// A custom schedule has none before its delayed start.
func (s Schedule) after(initial time.Time, delay time.Duration, now time.Time) time.Time {
	b, iv := s.base(initial, delay), s.interval()
	if !s.Start.IsZero() && b.After(now) {
		return b
	}
	gone := now.Sub(b)
	k := gone / iv
	if gone < 0 && gone%iv != 0 {
		k--
	}
	return b.Add((k + 1) * iv)
}

// Rand is the source of the random delays (WF-1, WF-13). A rand.Source of
// math/rand/v2 is one. It is drawn from three times in a client's life, when
// the feature is first enabled; what was drawn is kept (WF-15).
type Rand interface {
	// Uint64 returns a uniformly distributed number.
	Uint64() uint64
}

// draw returns a duration that is uniform in [0, window), in whole
// milliseconds.
func draw(r Rand, window time.Duration) time.Duration {
	hi, _ := bits.Mul64(r.Uint64(), uint64(window))
	return time.Duration(hi).Truncate(time.Millisecond)
}

// ConfigError is a refused field of a configuration.
type ConfigError struct {
	// Field is the field's name, with its parents.
	Field string
	// Value is what was given.
	Value string
	// Want says what is accepted.
	Want string
}

// Error implements error.
func (e *ConfigError) Error() string {
	return fmt.Sprintf("scan: config: %s is %s, want %s", e.Field, e.Value, e.Want)
}
