package ttl

import (
	"math"
	"time"
)

// Verdict is the answer to "is it fresh?", with the numbers it rests on. The
// zero Verdict is invalid and not fresh. Its JSON form is specified in the
// package comment; a verdict with an invalid reason other than zero has none.
type Verdict struct {
	// Reason is the rule that decided.
	Reason Reason `json:"reason,omitzero"`
	// Age is now - stamp. It is 0 for an absent stamp and for one that is
	// ahead of now within the tolerance, and negative when Reason is
	// FromFuture. An age that a Duration cannot hold, about 292 years, or
	// that is not known because a time is outside the years 1678 to 2261, is
	// the longest Duration, or its negative.
	Age time.Duration `json:"age_ns"`
	// TTL is the TTL in force, after defaults.
	TTL time.Duration `json:"ttl_ns"`
	// Stamp is the stamp of the metadata.
	Stamp Stamp `json:"stamp"`
	// Required is the version the request required; zero is none.
	Required Version `json:"required"`
}

// Fresh reports whether the metadata may be used without connecting. It is
// true exactly when the reason is [WithinTTL]. Where nanoseconds count, compare
// v.Reason with WithinTTL: that spares a copy of the verdict.
func (v Verdict) Fresh() bool { return v.Reason == WithinTTL }

// Expires is the last moment, in UTC, at which the metadata is fresh by age
// alone; it may be past, and it says nothing about the version. It is never
// after the year 2261, where the rule ends. ok is false when there is no
// trusted stamp (absent, from the future, or outside the years 1678 to 2261)
// and when the TTL is negative.
func (v Verdict) Expires() (t time.Time, ok bool) {
	if v.Reason == 0 || v.Reason == FromFuture || v.Stamp.kind != stampKnown || v.TTL < 0 {
		return time.Time{}, false
	}
	at, _ := v.Stamp.Time()
	t = at.Add(v.TTL)
	if last := time.Unix(0, lateNano-1).UTC(); t.After(last) {
		t = last
	}
	return t, true
}

// String is one line for a person: the reason's token and the numbers that
// decided, such as "expired: 25h0m0s old, TTL 24h0m0s". It is not meant to be
// parsed.
func (v Verdict) String() string {
	switch v.Reason {
	case WithinTTL:
		line := v.Reason.String() + ": " + v.ageAndTTL()
		if t, ok := v.Expires(); ok {
			line += ", fresh until " + t.Format(time.RFC3339Nano)
		}
		return line
	case Expired:
		return v.Reason.String() + ": " + v.ageAndTTL()
	case Absent:
		return v.Reason.String() + ": no metadata is stored"
	case FromFuture:
		return v.Reason.String() + ": stamped " + span(v.Age) + " ahead of now"
	case VersionTooLow:
		return v.Reason.String() + ": version " + v.Stamp.Version().String() +
			", required " + v.Required.String() + "; " + v.ageAndTTL()
	}
	return v.Reason.String()
}

// ageAndTTL is the part of the line that most reasons share.
func (v Verdict) ageAndTTL() string {
	return span(v.Age) + " old, TTL " + v.TTL.String()
}

// span is the length of d for a person, whatever its sign.
func span(d time.Duration) string {
	d = d.Abs()
	if d == math.MaxInt64 {
		return "over 292 years"
	}
	return d.String()
}
