package wsusrapid

import (
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wsustest"
)

// Outages draws a plan of at most five outages that begin within span from
// start, by when they begin: of all servers or, if any are given, of one of
// them. They last from a second to longer than all retries of a location take,
// and some never end; some have codes that are not retried.
func Outages(start time.Time, span time.Duration, urls ...string) *rapid.Generator[[]wsustest.Outage] {
	lengths := []time.Duration{time.Second, time.Minute, 30*time.Minute - time.Second, 30 * time.Minute, 2 * time.Hour, 3 * time.Hour, 24*time.Hour + time.Second}
	codes := []wsus.Code{0, wsus.CodeCannotConnect, wsus.CodeForHTTPStatus(503), wsus.CodeServerBusy, wsus.CodeTimeout, wsus.CodeForHTTPStatus(401)}
	one := rapid.Custom(func(t *rapid.T) wsustest.Outage {
		o := wsustest.Outage{
			From: start.Add(time.Duration(rapid.Int64Range(0, int64(span/time.Second)).Draw(t, "begins")) * time.Second),
			Code: pick(t, "code", codes),
		}
		if len(urls) > 0 && !oneIn(t, 3, "of all") {
			o.URL = pick(t, "url", urls)
		}
		if !oneIn(t, 8, "for ever") {
			o.Until = o.From.Add(pick(t, "length", lengths))
		}
		return o
	})
	return rapid.Map(rapid.SliceOfN(one, 0, 5), func(list []wsustest.Outage) []wsustest.Outage {
		slices.SortStableFunc(list, func(a, b wsustest.Outage) int { return a.From.Compare(b.From) })
		return list
	})
}
