package ttlrapid

import (
	"math"
	"time"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/ttl/ttltest"
)

// Nudges draws up to 2 ns or up to 2 s to either side, nothing too.
func Nudges() *rapid.Generator[time.Duration] {
	return rapid.Custom(func(t *rapid.T) time.Duration {
		n := rapid.Int64Range(-2, 2).Draw(t, "n")
		return time.Duration(n) * rapid.SampledFrom([]time.Duration{1, time.Second}).Draw(t, "unit")
	})
}

// Limits draws a TTL or a tolerance: zero, which is the default; the least
// and the greatest; negative ones, which Validate refuses; and any up to 60
// days.
func Limits() *rapid.Generator[time.Duration] {
	return rapid.OneOf(
		rapid.SampledFrom([]time.Duration{0, 1, time.Second, time.Hour, 24 * time.Hour, math.MaxInt64, -1, math.MinInt64}),
		upTo(60*24*time.Hour),
	)
}

// upTo draws a duration of at least 1 ns.
func upTo(most time.Duration) *rapid.Generator[time.Duration] {
	return rapid.Map(rapid.Int64Range(1, int64(most)), func(n int64) time.Duration { return time.Duration(n) })
}

// Policies draws policies, also such that [ttl.Policy.Validate] refuses.
func Policies() *rapid.Generator[ttl.Policy] {
	return rapid.Custom(func(t *rapid.T) ttl.Policy {
		return ttl.Policy{TTL: Limits().Draw(t, "TTL"), Tolerance: Limits().Draw(t, "tolerance")}
	})
}

// ValidPolicies draws policies that can be configured: those of an hour to 60
// days and a tolerance of up to an hour, the default, and extreme ones.
func ValidPolicies() *rapid.Generator[ttl.Policy] {
	limits := rapid.OneOf(
		rapid.SampledFrom([]time.Duration{0, 1, time.Second, time.Hour, 24 * time.Hour, math.MaxInt64}),
		rapid.Map(upTo(60*24*time.Hour), func(d time.Duration) time.Duration { return max(d, time.Hour) }),
	)
	tolerances := rapid.OneOf(rapid.SampledFrom([]time.Duration{0, 1, time.Second, 5 * time.Minute, math.MaxInt64}), upTo(time.Hour))
	return rapid.Custom(func(t *rapid.T) ttl.Policy {
		return ttl.Policy{TTL: limits.Draw(t, "TTL"), Tolerance: tolerances.Draw(t, "tolerance")}
	})
}

// Defaulted is the policy with its defaults filled in.
func Defaulted(p ttl.Policy) ttl.Policy {
	if p.TTL == 0 {
		p.TTL = ttl.DefaultTTL
	}
	if p.Tolerance == 0 {
		p.Tolerance = ttl.DefaultTolerance
	}
	return p
}

// OrdinaryInstants draws times of the years 2000 to 2099.
func OrdinaryInstants() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		sec := rapid.Int64Range(946684800, 4102444800).Draw(t, "sec")
		return time.Unix(sec, rapid.Int64Range(0, 999_999_999).Draw(t, "nsec"))
	})
}

// Instants draws mostly ordinary times, and often the ends of the range that
// the rule is defined for and times that hardly exist.
func Instants() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		switch rapid.IntRange(0, 5).Draw(t, "instant") {
		case 0:
			return ttltest.FirstInside().Add(Nudges().Draw(t, "nudge"))
		case 1:
			return ttltest.LastInside().Add(Nudges().Draw(t, "nudge"))
		case 2:
			return time.Unix(rapid.Int64().Draw(t, "sec"), rapid.Int64().Draw(t, "nsec"))
		}
		return OrdinaryInstants().Draw(t, "ordinary")
	})
}

// StampTimes draws the time of a stamp whose age at now lies around a limit
// of the policy, or is any.
func StampTimes(p ttl.Policy, now time.Time) *rapid.Generator[time.Time] {
	p = Defaulted(p)
	return rapid.Custom(func(t *rapid.T) time.Time {
		switch rapid.IntRange(0, 5).Draw(t, "stamp") {
		case 0, 1:
			return now.Add(-p.TTL).Add(Nudges().Draw(t, "from the TTL"))
		case 2:
			return now.Add(p.Tolerance).Add(Nudges().Draw(t, "from the tolerance"))
		case 3:
			return now.Add(Nudges().Draw(t, "from now"))
		case 4:
			return now.Add(-time.Duration(rapid.Int64Range(0, int64(100*24*time.Hour)).Draw(t, "age")))
		}
		return Instants().Draw(t, "any")
	})
}

// Stamps draws a stamp of [StampTimes] and a version of [Versions], and now
// and then an absent one.
func Stamps(p ttl.Policy, now time.Time) *rapid.Generator[ttl.Stamp] {
	return rapid.Custom(func(t *rapid.T) ttl.Stamp {
		if rapid.IntRange(0, 9).Draw(t, "absent") == 0 {
			return ttl.Stamp{}
		}
		return ttl.NewStamp(StampTimes(p, now).Draw(t, "at"), Versions().Draw(t, "version"))
	})
}

// Versions draws few versions, so that two are often equal or next to each
// other; zero, which is none, among them.
func Versions() *rapid.Generator[ttl.Version] {
	return rapid.Map(rapid.Uint32Range(0, 3), func(n uint32) ttl.Version { return ttl.Version(n) })
}

// Entries draws entries with any stamp, source and data, of up to 100 bytes
// each.
func Entries() *rapid.Generator[ttl.Entry] {
	return rapid.Custom(func(t *rapid.T) ttl.Entry {
		return ttl.Entry{
			Stamp:  ttl.NewStamp(Instants().Draw(t, "at"), ttl.Version(rapid.Uint32().Draw(t, "version"))),
			Source: string(rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "source")),
			Data:   rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "data"),
		}
	})
}
