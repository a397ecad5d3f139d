package scanrapid

import (
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/scan/scantest"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wsustest"
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

// Outages draws when servers are down, from a start on and for so long, in
// order of time: at most five outages, each of one of the URLs or of all.
func Outages(start time.Time, span time.Duration, urls ...string) *rapid.Generator[[]wsustest.Outage] {
	one := rapid.Custom(func(t *rapid.T) wsustest.Outage {
		from := rapid.Int64Range(0, int64(span/time.Second)).Draw(t, "from")
		o := wsustest.Outage{
			URL:  rapid.SampledFrom(append([]string{""}, urls...)).Draw(t, "url"),
			From: start.Add(time.Duration(from) * time.Second),
			Code: rapid.SampledFrom([]wsus.Code{0, 0x80244022, 0x80244010, 0x80072EE2, 0x80244017}).Draw(t, "code"),
		}
		o.Until = o.From.Add(time.Second + Distance().Draw(t, "for"))
		return o
	})
	return rapid.Map(rapid.SliceOfN(one, 0, 5), func(list []wsustest.Outage) []wsustest.Outage {
		slices.SortStableFunc(list, func(a, b wsustest.Outage) int { return a.From.Compare(b.From) })
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
