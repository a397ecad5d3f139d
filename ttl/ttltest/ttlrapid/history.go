package ttlrapid

import (
	"time"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/ttl/ttltest"
)

// Jumps draws how far a clock goes between two readings: mostly a little or a
// few hours forward, and often back, or a day to either side, as when somebody
// sets it.
func Jumps() *rapid.Generator[time.Duration] {
	return rapid.OneOf(
		rapid.SampledFrom([]time.Duration{
			0, 1, time.Second, time.Hour, 24 * time.Hour, -1, -time.Second, -5 * time.Minute, -24 * time.Hour,
		}),
		upTo(12*time.Hour),
	)
}

// Clocks draws n readings of a clock that jumps, one after the other, all in
// the years 1990 to 2109 unless there are very many.
func Clocks(n int) *rapid.Generator[[]time.Time] {
	return rapid.Custom(func(t *rapid.T) []time.Time {
		now := OrdinaryInstants().Draw(t, "first")
		readings := make([]time.Time, 0, n)
		for range n {
			readings = append(readings, now)
			now = now.Add(Jumps().Draw(t, "jump"))
		}
		return readings
	})
}

// Histories draws what happens to a client under a policy: up to the given
// number of steps, each at a time near a boundary that the stamp in force then
// has, or after a jump of the clock. All times are in whole nanoseconds of the
// years 1900 to 2200.
func Histories(p ttl.Policy, most int) *rapid.Generator[[]ttltest.Step] {
	return rapid.Custom(func(t *rapid.T) []ttltest.Step {
		h := ttltest.History{Policy: p}
		now := OrdinaryInstants().Draw(t, "begin").UTC()
		n := rapid.IntRange(1, most).Draw(t, "steps")
		steps := make([]ttltest.Step, 0, n)
		for range n {
			now = moments(p, h.Stamp(), now).Draw(t, "at")
			s := step(now).Draw(t, "step")
			h.Step(s)
			steps = append(steps, s)
		}
		return steps
	})
}

// Steps draws one step at a time.
func Steps(at time.Time) *rapid.Generator[ttltest.Step] { return step(at) }

// step draws what happens at a time: half of it is a check.
func step(at time.Time) *rapid.Generator[ttltest.Step] {
	return rapid.Custom(func(t *rapid.T) ttltest.Step {
		s := ttltest.Step{At: at, Do: rapid.SampledFrom([]ttltest.Deed{
			ttltest.Check, ttltest.Retrieved, ttltest.Check, ttltest.AnsweredLocally, ttltest.Check,
			ttltest.Failed, ttltest.Check, ttltest.Cancelled, ttltest.Check, ttltest.Cleared,
		}).Draw(t, "do")}
		if s.Do == ttltest.Retrieved {
			took := rapid.OneOf(rapid.Just(time.Duration(0)), upTo(2*time.Hour)).Draw(t, "took")
			s.Started = at.Add(-took)
			s.Version = Versions().Draw(t, "version")
		}
		if s.Do == ttltest.Check && rapid.Bool().Draw(t, "requires") {
			s.Required = Versions().Draw(t, "required")
		}
		return s
	})
}

// moments draws the time of the next step.
func moments(p ttl.Policy, s ttl.Stamp, now time.Time) *rapid.Generator[time.Time] {
	p = Defaulted(p)
	const most = 50 * 365 * 24 * time.Hour
	return rapid.Custom(func(t *rapid.T) time.Time {
		at, known := s.Time()
		if known && at.Year() > 1950 && at.Year() < 2150 {
			if rapid.Bool().Draw(t, "near") {
				limit := rapid.SampledFrom([]time.Duration{min(p.TTL, most), -min(p.Tolerance, most), 0}).Draw(t, "limit")
				return at.Add(limit).Add(Nudges().Draw(t, "nudge"))
			}
			return now.Add(Jumps().Draw(t, "jump"))
		}
		if known { // it ran away over very long TTLs
			return OrdinaryInstants().Draw(t, "again").UTC()
		}
		return now.Add(Jumps().Draw(t, "jump"))
	})
}
