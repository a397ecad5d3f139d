package ttltest

import (
	"math"
	"math/big"
	"time"

	"github.com/updatescan/updatescan/ttl"
)

// FirstInside is the first moment of the times that the rule is defined for:
// the year 1678 begins.
func FirstInside() time.Time { return time.Date(1678, 1, 1, 0, 0, 0, 0, time.UTC) }

// LastInside is the last nanosecond of the times that the rule is defined
// for: the year 2261 ends.
func LastInside() time.Time {
	return time.Date(2261, 12, 31, 23, 59, 59, 999_999_999, time.UTC)
}

// Model is the freshness rule again, slow and obvious: exact integers of any
// size and nothing else. It shares types with package ttl and works
// everything out by itself. The zero Model is right.
type Model struct {
	// Mistake plants one of the mistakes of
	// scan/scantest/vectors/mutants.json by its id; empty for none; an id
	// that does not concern the model has no effect.
	Mistake string
}

// Accepts reports whether a TTL may be configured: it must be positive
// (TTL-1). Zero is refused here: that a [ttl.Policy] takes it for the default
// is a convenience of Go.
func (m Model) Accepts(limit time.Duration) bool {
	if m.Mistake == "ttl-zero-accepted" {
		return limit >= 0
	}
	return limit > 0 // TTL-1
}

// Check is the freshness rule (TTL-1, TTL-2, TTL-3, TTL-7, TTL-8, TTL-9), as
// [ttl.Policy.Check] is.
func (m Model) Check(p ttl.Policy, s ttl.Stamp, required ttl.Version, now time.Time) ttl.Verdict {
	v := ttl.Verdict{TTL: m.limit(p), Stamp: s, Required: required}
	at, present := s.Time()
	if !present {
		v.Reason = ttl.Absent // TTL-3
		if m.Mistake == "ttl-absent-fresh" {
			v.Reason = ttl.WithinTTL
		}
		return v
	}
	age := exactAge(at, now)
	if m.distrusted(p, age) {
		v.Reason, v.Age = ttl.FromFuture, duration(age) // TTL-7
		return v
	}
	if age.Sign() < 0 {
		age = big.NewInt(0) // TTL-7: ahead, within the tolerance
	}
	v.Age = duration(age)
	v.Reason = ttl.WithinTTL
	if m.expired(v.TTL, age) {
		v.Reason = ttl.Expired // TTL-2
	}
	if m.tooLow(s.Version(), required) {
		v.Reason = ttl.VersionTooLow // TTL-8, said first
	}
	return v
}

// limit is the TTL in force.
func (m Model) limit(p ttl.Policy) time.Duration {
	if p.TTL != 0 {
		return p.TTL
	}
	if m.Mistake == "ttl-default-12h" {
		return 12 * time.Hour
	}
	return 24 * time.Hour // TTL-1
}

// distrusted tells whether a stamp is so far ahead of now that it is not
// trusted.
func (m Model) distrusted(p ttl.Policy, age *big.Int) bool {
	tolerance := p.Tolerance
	if tolerance == 0 {
		tolerance = 5 * time.Minute
	}
	tolerance = max(tolerance, 0)
	if m.Mistake == "ttl-tolerance-none" {
		tolerance = 0
	}
	ahead := new(big.Int).Neg(age)
	if ahead.Sign() <= 0 || m.Mistake == "ttl-future-fresh" {
		return false
	}
	over := ahead.Cmp(big.NewInt(int64(tolerance)))
	if m.Mistake == "ttl-tolerance-open" {
		return over >= 0
	}
	return over > 0 // TTL-7
}

// expired tells whether metadata of an age, which is not negative, is too old.
func (m Model) expired(limit time.Duration, age *big.Int) bool {
	over := age.Cmp(big.NewInt(int64(limit)))
	if m.Mistake == "ttl-boundary-expired" {
		return over >= 0
	}
	if m.Mistake == "ttl-whole-hours" {
		hour := big.NewInt(int64(time.Hour))
		hours := new(big.Int).Mul(new(big.Int).Div(age, hour), hour)
		return hours.Cmp(big.NewInt(int64(limit))) > 0
	}
	if m.Mistake == "ttl-not-at-once" && age.Cmp(big.NewInt(int64(time.Minute))) < 0 {
		return true
	}
	return over > 0 // TTL-2
}

// tooLow tells whether metadata of a version cannot serve the required one.
func (m Model) tooLow(version, required ttl.Version) bool {
	if required == 0 || m.Mistake == "ttl-version-ignored" {
		return false
	}
	if m.Mistake == "ttl-version-above" {
		return version <= required
	}
	return version < required // TTL-8
}

// StampTime is what the stamp of metadata that was retrieved at a time says:
// that time, or the nearest moment outside the range of the rule for a time
// that lies outside it.
func StampTime(at time.Time) time.Time {
	if before(at, FirstInside()) {
		return FirstInside().Add(-1)
	}
	if before(LastInside(), at) {
		return LastInside().Add(1)
	}
	return at.Round(0).UTC()
}

// exactAge is now - at in nanoseconds. Outside the range of the rule it is
// far more than any duration, to the side on which nothing is fresh.
func exactAge(at, now time.Time) *big.Int {
	endless := new(big.Int).Lsh(big.NewInt(1), 200)
	if before(LastInside(), at) || before(now, FirstInside()) {
		return endless.Neg(endless)
	}
	if before(at, FirstInside()) || before(LastInside(), now) {
		return endless
	}
	return new(big.Int).Sub(nanoseconds(now), nanoseconds(at))
}

// before compares by number: comparing times looks at monotonic readings.
func before(a, b time.Time) bool { return nanoseconds(a).Cmp(nanoseconds(b)) < 0 }

// nanoseconds are those since 1970, of any time there is.
func nanoseconds(t time.Time) *big.Int {
	n := new(big.Int).Mul(big.NewInt(t.Unix()), big.NewInt(1e9))
	return n.Add(n, big.NewInt(int64(t.Nanosecond())))
}

// duration is n nanoseconds, or the longest duration there is to that side.
func duration(n *big.Int) time.Duration {
	if longest := big.NewInt(math.MaxInt64); n.CmpAbs(longest) > 0 {
		if n.Sign() < 0 {
			return -math.MaxInt64
		}
		return math.MaxInt64
	}
	return time.Duration(n.Int64())
}
