package statemsgrapid

import (
	"time"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/statemsgtest"
)

// Steps draws what happens to an outbox, with messages about so many updates: a
// script for [statemsgtest.Outbox.Play].
func Steps(updates, most int) *rapid.Generator[[]statemsgtest.Step] {
	return rapid.Custom(func(t *rapid.T) []statemsgtest.Step {
		second := 0
		step := rapid.Custom(func(t *rapid.T) statemsgtest.Step {
			second += rapid.IntRange(0, 2).Draw(t, "passes")
			return statemsgtest.Step{
				Do: rapid.SampledFrom([]statemsgtest.Action{
					statemsgtest.Record, statemsgtest.Record, statemsgtest.Record, statemsgtest.MakeBatch, statemsgtest.Acknowledge,
					statemsgtest.MakeBatch, statemsgtest.Acknowledge, statemsgtest.Forget, statemsgtest.Refresh, statemsgtest.Restart,
				}).Draw(t, "do"),
				Message: UpdateMessage(updates).Draw(t, "message"),
				Now:     time.Date(2008, 6, 3, 10, 0, 0, 0, time.UTC).Add(time.Duration(second) * time.Second),
				Max:     rapid.IntRange(1, updates).Draw(t, "max"),
				Off:     rapid.SampledFrom([]uint64{0, 0, 0, 0, 1}).Draw(t, "off"),
			}
		})
		n := rapid.IntRange(0, most).Draw(t, "count") // a slice by itself would be short
		return rapid.SliceOfN(step, n, n).Draw(t, "steps")
	})
}

// Policy draws a policy of the timetable in whole seconds: the default, short
// ones, and one whose bounds meet.
func Policy() *rapid.Generator[statemsg.CyclePolicy] {
	return rapid.SampledFrom([]statemsg.CyclePolicy{
		{BatchMessages: 3},
		{Interval: 300 * time.Second, FlushWithin: 30 * time.Second, BatchMessages: 2, DrainGap: 20 * time.Second},
		{Interval: 60 * time.Second, BatchMessages: 2, DrainGap: 60 * time.Second, BackoffMin: 7 * time.Second, BackoffMax: 200 * time.Second},
	})
}

// Script draws a script of eight intervals: half of the events are within two
// seconds of a tick, and so are the ends of some sends.
func Script() *rapid.Generator[statemsgtest.Script] {
	return rapid.Custom(func(t *rapid.T) statemsgtest.Script {
		s := statemsgtest.Script{Policy: Policy().Draw(t, "policy")}
		interval := int(s.Policy.WithDefaults().Interval / time.Second)
		s.Until = 8 * interval
		near := rapid.Custom(func(t *rapid.T) int {
			return rapid.IntRange(1, 5).Draw(t, "tick")*interval + rapid.IntRange(-2, 2).Draw(t, "distance")
		})
		second := rapid.OneOf(near, rapid.IntRange(0, 5*interval))
		n := rapid.IntRange(1, 12).Draw(t, "count")
		s.Events = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) statemsgtest.Event {
			return statemsgtest.Event{
				At:     second.Draw(t, "second"),
				Record: rapid.IntRange(0, 4).Draw(t, "messages"),
				Flush:  rapid.IntRange(0, 3).Draw(t, "flush") == 0,
			}
		}), n, n).Draw(t, "events")
		s.Sends = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) statemsgtest.Send {
			return statemsgtest.Send{
				Takes:      rapid.SampledFrom([]int{1, 1, 2, 10, interval - 1, interval, interval + 1}).Draw(t, "takes"),
				Fails:      rapid.Bool().Draw(t, "fails"),
				RetryAfter: rapid.SampledFrom([]int{0, 0, 1, interval - 1, interval, interval + 1, 100_000}).Draw(t, "retry after"),
			}
		}), 0, 6).Draw(t, "sends")
		return s
	})
}

// Plan draws what befalls up to so many sends, for a [statemsgtest.Faulty]. None
// of the given faults is among it.
func Plan(most int, but ...statemsgtest.Fault) *rapid.Generator[[]statemsgtest.Fault] {
	var some []statemsgtest.Fault
	for _, f := range statemsgtest.Faults() {
		keep := true
		for _, b := range but {
			keep = keep && f != b
		}
		if keep {
			some = append(some, f)
		}
	}
	return rapid.SliceOfN(rapid.SampledFrom(some), 0, most)
}
