package ttltest

import (
	"time"

	"github.com/updatescan/updatescan/internal/contract"
	"github.com/updatescan/updatescan/ttl"
)

const (
	minute = time.Minute
	hour   = time.Hour
	day    = 24 * time.Hour
)

// usual is the default policy, said. Only the clauses about configuration use
// others, so that a cache with a fixed TTL breaks no other rule.
func usual() ttl.Policy { return ttl.Policy{TTL: day, Tolerance: 5 * minute} }

// unusual are policies under which a fixed TTL or tolerance shows.
func unusual() []ttl.Policy {
	return []ttl.Policy{
		{TTL: 6*hour + 30*minute, Tolerance: 5 * minute},
		{TTL: 90 * minute, Tolerance: 5 * minute},
		{TTL: 30 * day, Tolerance: 5 * minute},
		{TTL: 10 * 365 * day, Tolerance: 5 * minute},
	}
}

// tolerances are policies that differ in these.
func tolerances() []ttl.Policy {
	return []ttl.Policy{{TTL: day, Tolerance: time.Second}, {TTL: day, Tolerance: hour}, {TTL: day, Tolerance: 2 * day}}
}

// around is a boundary and what lies just beside it.
func around(at time.Duration) []time.Duration {
	return []time.Duration{at - minute, at - time.Second, at - 1, at, at + 1, at + time.Second, at + minute}
}

// cacheClauses are the rules of time to live, and how they tend to be broken.
// Each story keeps away from the boundaries of the others, so that the rule
// that is named is the one that is broken.
func cacheClauses() []contract.Clause[policied] {
	one := func(id, rule, says string, tell teller) contract.Clause[policied] {
		return contract.Clause[policied]{ID: id, Rule: rule, Says: says, Check: follows(apart(tell), usual())}
	}
	return []contract.Clause[policied]{
		{ID: "TTL-1/default", Rule: "TTL-1", Says: "the TTL is 24 h by default", Check: follows(apart(aboutLimits), ttl.Policy{})},
		{ID: "TTL-1/configured", Rule: "TTL-1", Says: "the TTL is configurable", Check: follows(apart(aboutLimits), unusual()...)},
		one("TTL-2/boundary", "TTL-2", "metadata of exactly the TTL's age is fresh, and expired from then on", aboutTheBoundary),
		one("TTL-3/never-retrieved", "TTL-3", "what was never retrieved is not fresh", aboutNothing),
		one("TTL-3/cleared", "TTL-3", "what was cleared is not fresh", aboutClearing),
		one("TTL-4/moves", "TTL-4", "a retrieval that completes resets the counter to the full TTL", aboutMoving),
		one("TTL-4/to-completion", "TTL-4", "the stamp moves to the completion, not to the start", aboutCompletion),
		one("TTL-4/clock-moved-back", "TTL-4", "the stamp moves to the completion, also when the clock was moved back", aboutMovingBack),
		{ID: "TTL-5/reading", Rule: "TTL-5", Says: "asking does not make metadata live longer", Check: follows(aboutReading, usual())},
		one("TTL-5/answered-locally", "TTL-5", "a scan answered from local metadata does not make it live longer", about(AnsweredLocally)),
		one("TTL-6/failed", "TTL-6", "a failed scan neither moves the stamp nor damages what is stored", about(Failed)),
		one("TTL-6/cancelled", "TTL-6", "a cancelled scan neither moves the stamp nor damages what is stored", about(Cancelled)),
		one("TTL-7/tolerance", "TTL-7", "a stamp ahead of now is trusted up to the tolerance", aboutTheTolerance),
		one("TTL-7/future", "TTL-7", "a stamp ahead of now by more than the tolerance is not fresh", aboutTheFuture),
		{ID: "TTL-7/configured", Rule: "TTL-7", Says: "the tolerance is configurable", Check: follows(apart(aboutTolerances), tolerances()...)},
		one("TTL-8/lower", "TTL-8", "metadata of a version lower than required is not fresh, whatever its age", aboutLower),
		one("TTL-8/equal", "TTL-8", "metadata of the required version or a higher one is fresh", aboutEqual),
		one("TTL-9/at-once", "TTL-9", "what is fresh later was fresh before, from the stamp on", aboutBeginning),
	}
}

func aboutLimits(limit, _ time.Duration) []*story {
	return []*story{told().retrieved(0, 1).check(0, limit/2, limit-hour, limit+hour, 2*limit)}
}

func aboutTheBoundary(limit, _ time.Duration) []*story {
	s := told().retrieved(0, 1)
	return []*story{s.check(0, around(limit)...).check(0, limit-hour+1, limit+hour-1, limit+hour)}
}

func aboutNothing(limit, _ time.Duration) []*story {
	s := told().check(0, 0, limit, 2*limit).check(1, 0)
	// No moment is so special that nothing would be fresh at it.
	for _, now := range []time.Time{time.Unix(0, 0), time.Unix(0, int64(limit)), time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)} {
		s.check(0, now.Sub(begin()))
	}
	stories := []*story{s}
	// Whatever else was tried. A minute later a mistaken stamp is not new.
	for _, d := range []Deed{AnsweredLocally, Failed, Cancelled} {
		stories = append(stories, told().do(0, d).check(0, 2*minute, hour))
	}
	return stories
}

func aboutClearing(limit, _ time.Duration) []*story {
	cleared := told().retrieved(0, 1).check(0, hour).do(2*hour, Cleared).check(0, 2*hour, 3*hour, limit+hour)
	again := told().retrieved(0, 1).do(hour, Cleared).retrieved(2*hour, 1).check(0, 3*hour, limit+hour, limit+3*hour)
	twice := told().do(0, Cleared).do(0, Cleared).check(0, hour)
	return []*story{cleared, again, twice}
}

func aboutMoving(limit, _ time.Duration) []*story {
	// While it is still fresh, and after it has expired.
	fresh := told().retrieved(0, 1).retrieved(limit-hour, 1).check(0, limit, limit+hour, 2*limit-2*hour, 2*limit, 3*limit)
	expired := told().retrieved(0, 1).retrieved(limit+2*hour, 1).check(0, limit+3*hour, 2*limit+hour, 2*limit+3*hour)
	often := told()
	last := 3 * limit
	for at := time.Duration(0); at <= last; at += limit / 4 {
		often.retrieved(at, 1)
	}
	return []*story{fresh, expired, often.check(0, last+hour, last+limit-hour, last+limit+hour)}
}

func aboutCompletion(limit, _ time.Duration) []*story {
	s := told().took(hour, 0, 1)
	return []*story{s.check(0, limit-2*hour, limit-hour+minute, limit-hour/2, limit-2*minute, limit+hour)}
}

func aboutMovingBack(limit, _ time.Duration) []*story {
	back := -10 * limit
	return []*story{told().retrieved(0, 1).retrieved(back, 1).check(0, back+hour, back+limit-hour, back+limit+2*hour)}
}

func aboutReading(limit, _ time.Duration) []*story {
	s := told().retrieved(0, 1)
	for at := hour; at < 2*limit; at += hour {
		if at < limit-minute || at > limit+hour {
			s.check(0, at)
		}
	}
	return []*story{s}
}

// about is a deed that must change nothing: once, often, and too late.
func about(d Deed) teller {
	return func(limit, _ time.Duration) []*story {
		once := told().retrieved(0, 3).do(2*hour, d).check(2, 3*hour, limit-2*minute, limit+hour)
		often := told().retrieved(0, 3)
		for at := limit / 8; at < limit; at += limit / 8 {
			often.do(at, d)
		}
		often.check(2, limit-2*minute, limit+hour, limit+2*hour)
		late := told().retrieved(0, 3).do(limit+hour, d).check(0, limit+hour, limit+2*hour)
		return []*story{once, often, late}
	}
}

func aboutTheTolerance(_, tolerance time.Duration) []*story {
	s := told().retrieved(0, 1).check(0, -1, -time.Second, -tolerance/2, -tolerance+1, -tolerance)
	// When the clock has caught up, all is as before.
	return []*story{s.check(0, 2*minute)}
}

func aboutTheFuture(limit, tolerance time.Duration) []*story {
	s := told().retrieved(0, 1).check(0, -tolerance-1, -tolerance-time.Second, -tolerance-hour, -limit, -2*limit, -10*365*day)
	return []*story{s.check(0, 2*minute, limit-2*minute)}
}

func aboutTolerances(_, tolerance time.Duration) []*story {
	return []*story{told().retrieved(0, 1).check(0, -tolerance/2, -tolerance+1, -2*tolerance, -tolerance-1)}
}

func aboutLower(limit, _ time.Duration) []*story {
	s := told().retrieved(0, 38).check(39, 2*minute, hour, limit+hour).check(40, hour).check(1<<32-1, hour)
	unknown := told().retrieved(0, 0).check(1, hour)
	// A lower version that is retrieved later counts all the same.
	later := limit + hour
	down := told().retrieved(0, 38).retrieved(later, 37).check(38, later+hour).check(36, later+hour)
	return []*story{s, unknown, down}
}

func aboutEqual(limit, _ time.Duration) []*story {
	s := told().retrieved(0, 38).check(38, 2*minute, limit-hour, limit+hour).check(37, hour).check(1, hour).check(0, hour)
	greatest := told().retrieved(0, 1<<32-1).check(1<<32-1, hour)
	unknown := told().retrieved(0, 0).check(0, hour)
	return []*story{s, greatest, unknown}
}

func aboutBeginning(limit, _ time.Duration) []*story {
	s := told().retrieved(0, 1).check(0, 0, 1, time.Second, minute-1, minute, 2*minute)
	for at := limit / 64; at < limit-minute; at += limit / 64 {
		s.check(0, at)
	}
	return []*story{s}
}
