package scanrapid

import (
	"time"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/scan/scantest"
)

// distances are those that rules of the workflow are about.
var distances = []time.Duration{
	0, 10 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	2 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour,
}

// Nudge draws a step across an edge: none, a nanosecond, or up to two seconds,
// either way.
func Nudge() *rapid.Generator[time.Duration] {
	seconds := rapid.Map(rapid.Int64Range(-2, 2), func(n int64) time.Duration { return time.Duration(n) * time.Second })
	return rapid.OneOf(rapid.SampledFrom([]time.Duration{0, -1, 1}), seconds)
}

// Distance draws how long after something a thing happens: half of the time
// near a delay that a rule names, else anything up to ten days.
func Distance() *rapid.Generator[time.Duration] {
	near := rapid.Custom(func(t *rapid.T) time.Duration {
		return max(0, rapid.SampledFrom(distances).Draw(t, "distance")+Nudge().Draw(t, "nudge"))
	})
	return rapid.OneOf(near, rapid.Map(rapid.Int64Range(0, 10*24*3600), func(n int64) time.Duration { return time.Duration(n) * time.Second }))
}

// Moment draws a time around one of the given times: before or after it, by a
// [Distance].
func Moment(around ...time.Time) *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		by := Distance().Draw(t, "by")
		if rapid.IntRange(0, 3).Draw(t, "back") == 3 {
			by = -by
		}
		return rapid.SampledFrom(around).Draw(t, "around").Add(by)
	})
}

// Clock draws n readings of a wall clock that somebody sets now and then:
// mostly it goes on, sometimes it stands still, is moved back by up to days, or
// is moved forward.
func Clock(start time.Time, n int) *rapid.Generator[[]time.Time] {
	return rapid.Custom(func(t *rapid.T) []time.Time {
		now := start
		var list []time.Time
		for range n {
			by := Distance().Draw(t, "by")
			if rapid.IntRange(0, 9).Draw(t, "set back") == 9 {
				by = -by
			}
			now = now.Add(by)
			list = append(list, now)
		}
		return list
	})
}

// StorageFaults draws what befalls the first n commits of a storage: mostly
// nothing, and only what a storage may do. Give it to [PlanStorage].
func StorageFaults(n int) *rapid.Generator[[]scantest.StorageFault] {
	fault := rapid.SampledFrom([]scantest.StorageFault{
		scantest.NoFault, scantest.NoFault, scantest.NoFault, scantest.NoFault, scantest.NoFault, scantest.NoFault,
		scantest.FailBefore, scantest.PowerOffBefore, scantest.PowerOffAfter,
	})
	return rapid.SliceOfN(fault, n, n)
}
