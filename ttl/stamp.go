package ttl

import (
	"strconv"
	"time"
)

// The range of times the rule is defined for, whole years so that it can be
// said in a sentence. It lies within what fits in an int64 of nanoseconds.
const (
	// minSecond is 1678-01-01T00:00:00Z, the first second inside.
	minSecond = -9214560000
	// endSecond is 2262-01-01T00:00:00Z, the first second outside.
	endSecond = 9214646400

	// earlyNano stands for every time before minSecond.
	earlyNano = minSecond*int64(time.Second) - 1
	// lateNano stands for every time from endSecond on.
	lateNano = endSecond * int64(time.Second)
)

// Version is a content version of the software updates catalogue. Zero means
// that none is known or, where one is asked for, that none is required.
type Version uint32

// Stamp says when and in which version metadata was retrieved. The zero Stamp
// is absent: nothing was ever retrieved, or the history was cleared (TTL-3).
// Immutable, comparable with ==. Its JSON form is specified in the package
// comment.
type Stamp struct {
	at      int64 // nanoseconds since 1970 UTC, earlyNano to lateNano
	version Version
	kind    stampKind
}

// stampKind is derived from at. It lets the rule tell an ordinary stamp from
// all others in one comparison.
type stampKind uint8

const (
	stampAbsent stampKind = iota // zero: a Stamp's zero value is absent
	stampKnown                   // within the years 1678 to 2261
	stampEarly                   // before 1678
	stampLate                    // after 2261
)

// NewStamp returns the stamp of metadata whose retrieval completed at the
// given time. The time's monotonic reading and location are dropped; it is
// kept to the nanosecond.
//
// A time before the year 1678 is held as the last nanosecond of 1677 and one
// after 2261 as the first of 2262, in UTC. Such a stamp is present and keeps
// its version, but is never fresh.
func NewStamp(at time.Time, version Version) Stamp {
	n, ok := wallNanos(at)
	if !ok {
		n = earlyNano
		if at.Unix() >= endSecond {
			n = lateNano
		}
	}
	return stampAt(n, version)
}

// stampAt returns the stamp for n, which is from earlyNano to lateNano.
func stampAt(n int64, version Version) Stamp {
	kind := stampKnown
	if n == earlyNano {
		kind = stampEarly
	}
	if n == lateNano {
		kind = stampLate
	}
	return Stamp{at: n, version: version, kind: kind}
}

// Present reports whether the stamp is there at all.
func (s Stamp) Present() bool { return s.kind != stampAbsent }

// Time is when the retrieval of the metadata completed, in UTC and without a
// monotonic reading; ok is false, and t the zero time, for an absent stamp.
func (s Stamp) Time() (t time.Time, ok bool) {
	if !s.Present() {
		return time.Time{}, false
	}
	return time.Unix(0, s.at).UTC(), true
}

// Version is the content version of the metadata. It is zero for an absent
// stamp, and where none is known.
func (s Stamp) Version() Version { return s.version }

// Equal reports whether both stamps are absent, or tell the same time and
// version. It is the same as ==, for packages that look for the method.
func (s Stamp) Equal(other Stamp) bool { return s == other }

// String is the time and version for a person, such as
// "2008-06-01T12:00:00Z, version 38", or "absent". It is not meant to be
// parsed.
func (s Stamp) String() string {
	t, ok := s.Time()
	if !ok {
		return "absent"
	}
	text := t.Format(time.RFC3339Nano)
	if s.version != 0 {
		text += ", version " + s.version.String()
	}
	return text
}

// String is the version in decimal.
func (v Version) String() string { return strconv.FormatUint(uint64(v), 10) }

// wallNanos is the time on the wall clock in nanoseconds since 1970 UTC; ok
// is false outside the years 1678 to 2261, where the product could overflow.
func wallNanos(t time.Time) (n int64, ok bool) {
	sec := t.Unix()
	// One unsigned comparison for both ends. The difference may wrap, but only
	// to a number that is not in the range either.
	ok = uint64(sec-minSecond) < endSecond-minSecond
	return sec*int64(time.Second) + int64(t.Nanosecond()), ok
}
