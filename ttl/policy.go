package ttl

import (
	"math"
	"time"
)

const (
	// DefaultTTL is how long stored metadata stays fresh by default (TTL-1).
	DefaultTTL = 24 * time.Hour

	// DefaultTolerance is how far in the future a stamp may lie by default
	// (TTL-7).
	DefaultTolerance = 5 * time.Minute
)

// Policy is the freshness rule's configuration. The zero Policy is the
// default one.
type Policy struct {
	// TTL is how long metadata is fresh, counted from the completion of the
	// scan that retrieved it. Zero means [DefaultTTL]; a negative TTL is
	// refused by Validate, and nothing is fresh under it.
	TTL time.Duration

	// Tolerance is how far ahead of now a stamp may lie and still be trusted.
	// Zero means [DefaultTolerance]; a negative one is refused by Validate,
	// and tolerates nothing. To tolerate practically nothing, use 1 ns.
	Tolerance time.Duration
}

// PolicyError says which field of a [Policy] is out of range.
type PolicyError struct {
	// Field is "TTL" or "Tolerance".
	Field string
	// Value is what the field holds.
	Value time.Duration
}

// Error names the field and its value.
func (e *PolicyError) Error() string {
	return "ttl: policy: " + e.Field + ": " + e.Value.String() + " is negative"
}

// Validate returns a [*PolicyError] for the first field that is out of range:
// TTL and Tolerance must not be negative (TTL-1).
func (p Policy) Validate() error {
	if p.TTL < 0 { // TTL-1
		return &PolicyError{Field: "TTL", Value: p.TTL}
	}
	if p.Tolerance < 0 {
		return &PolicyError{Field: "Tolerance", Value: p.Tolerance}
	}
	return nil
}

// Check is the freshness rule: it tells whether metadata with stamp s may
// serve, at now, a request that requires the given version (zero: none). The
// reasons are tried in this order: absent (TTL-3), from the future (TTL-7),
// version too low (TTL-8), expired, within the TTL (TTL-2).
//
// Edges: at an age of exactly the TTL the metadata is fresh; a stamp ahead of
// now by exactly the tolerance is trusted; a version equal to the required
// one suffices. Only the wall clock of now counts. A now or a stamp outside
// the years 1678 to 2261 is never fresh; see the package comment.
//
// Check is pure and does not allocate. It does not validate the policy; what
// a negative field does is said there.
func (p Policy) Check(s Stamp, required Version, now time.Time) (v Verdict) {
	p.CheckInto(&v, s, required, now)
	return v
}

// CheckInto is [Policy.Check] with its answer written to *v, all fields of
// which are set. It spares a caller that keeps the verdict in a struct of its
// own a copy, which costs more than the rule itself.
func (p Policy) CheckInto(v *Verdict, s Stamp, required Version, now time.Time) {
	limit := p.TTL
	if limit == 0 {
		limit = DefaultTTL // TTL-1
	}
	v.TTL, v.Stamp, v.Required = limit, s, required
	n, ok := wallNanos(now)
	if !ok || s.kind != stampKnown {
		v.Reason, v.Age = outside(s, required, now)
		return
	}

	// TTL-9: each comparison below goes one way only, so that a later now (from
	// the stamp on) or a shorter TTL never makes metadata fresh again.
	//
	// Differences are taken as unsigned numbers: the range is 584 years wide,
	// which a Duration cannot hold, but a uint64 of nanoseconds just can.
	var age uint64
	if n >= s.at {
		age = uint64(n) - uint64(s.at)
	} else if ahead := uint64(s.at) - uint64(n); ahead > p.tolerated() {
		v.Reason, v.Age = FromFuture, -saturate(ahead) // TTL-7
		return
	}
	v.Age = saturate(age)
	if s.version < required {
		v.Reason = VersionTooLow // TTL-8
		return
	}
	if limit < 0 || age > uint64(limit) {
		v.Reason = Expired // TTL-2
		return
	}
	v.Reason = WithinTTL // TTL-2
}

// tolerated is how far ahead a stamp may lie, in nanoseconds.
func (p Policy) tolerated() uint64 {
	if p.Tolerance == 0 {
		return uint64(DefaultTolerance)
	}
	return uint64(max(p.Tolerance, 0))
}

// outside is the rule for what Check does not compare by number: an absent
// stamp, and a stamp or a now outside the years 1678 to 2261. Nothing of it
// is fresh. The age is the longest duration there is.
func outside(s Stamp, required Version, now time.Time) (Reason, time.Duration) {
	if s.kind == stampAbsent {
		return Absent, 0 // TTL-3
	}
	if s.kind == stampLate || now.Unix() < minSecond {
		return FromFuture, -math.MaxInt64 // TTL-7
	}
	if s.version < required {
		return VersionTooLow, math.MaxInt64 // TTL-8
	}
	return Expired, math.MaxInt64 // TTL-2
}

// saturate is n nanoseconds, or the longest duration if that is less.
func saturate(n uint64) time.Duration {
	return time.Duration(min(n, math.MaxInt64))
}
