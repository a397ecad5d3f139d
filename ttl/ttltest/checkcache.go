package ttltest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/updatescan/updatescan/internal/contract"
	"github.com/updatescan/updatescan/ttl"
)

// Cache is what [CheckCache] needs of a cache that is to keep the rules of
// time to live. Around a cache of your own it takes ten lines.
type Cache interface {
	// Happened tells the cache what has happened to the client, as its code
	// would find out. It is never told a Check. What a cache has no notion
	// of, such as a scan that failed, it ignores, or makes happen.
	Happened(s Step)
	// Fresh reports whether what is stored may serve, at now, a request that
	// requires the given version (zero: none). It answers as the code under
	// test would that was asked by a user: if reading does something, such
	// as making an entry live longer, it does it here.
	Fresh(required ttl.Version, now time.Time) bool
}

// CheckCache drives caches near all boundaries of the rules beside a
// [History] and returns all rules that are broken, joined, each a
// [*ClauseError] that names the rule and how it is broken. newCache returns a
// new, empty cache under a policy, both fields of which are set. Only for
// TTL-1 it is the zero one, and the cache is to have its defaults: 24 hours,
// and a tolerance of 5 minutes.
//
// If the context ends its error is returned.
//
// Green does not prove that a cache keeps what it stores over a restart (see
// [CheckStore]), that it is safe for concurrent use, that TTLs beyond those
// tried are kept, nor anything of times outside the years 1678 to 2261. For
// more, draw histories with package ttlrapid and give them to [Follow].
func CheckCache(ctx context.Context, newCache func(ttl.Policy) Cache) error {
	return contract.Check(ctx, "ttltest", cacheClauses(), func() policied { return newCache })
}

// RunCache is [CheckCache] with one subtest a clause, named by its id, so
// that a rule that a cache does not mean to keep can be left out with -skip.
func RunCache(t *testing.T, newCache func(*testing.T, ttl.Policy) Cache) {
	t.Helper()
	contract.Run(t, "ttltest", cacheClauses(), func(t *testing.T) policied {
		t.Helper()
		return func(p ttl.Policy) Cache { return newCache(t, p) }
	})
}

// policied is a constructor that still needs its policy.
type policied = func(ttl.Policy) Cache

// Follow tells the steps to a new cache and to a [History], and returns an
// error for the first Check at which they disagree.
func Follow(newCache func(ttl.Policy) Cache, p ttl.Policy, steps []Step) error {
	h := History{Policy: p}
	c := newCache(p)
	for i, s := range steps {
		want := h.Step(s)
		if s.Do != Check {
			c.Happened(s)
			continue
		}
		if got := c.Fresh(s.Required, s.At); got != want.Fresh() {
			return fmt.Errorf("step %d, %v: fresh is %v, want %v: %v", i, s, got, want.Fresh(), want)
		}
	}
	return nil
}

// story builds steps, told as offsets from a fixed moment.
type story struct{ steps []Step }

// told begins a story.
func told() *story { return new(story) }

// begin is the moment that stories count from.
func begin() time.Time { return time.Date(2008, 6, 1, 12, 0, 0, 0, time.UTC) }

// do adds a deed, at an offset.
func (s *story) do(at time.Duration, d Deed) *story {
	s.steps = append(s.steps, Step{At: begin().Add(at), Do: d})
	return s
}

// retrieved adds a retrieval that takes no time, so that only the story about
// the start of a scan tells start and end apart.
func (s *story) retrieved(at time.Duration, v ttl.Version) *story {
	return s.took(0, at, v)
}

// took adds a retrieval that took some time and ends at the offset.
func (s *story) took(some, at time.Duration, v ttl.Version) *story {
	s.steps = append(s.steps, Step{At: begin().Add(at), Do: Retrieved, Started: begin().Add(at - some), Version: v})
	return s
}

// check adds checks, one at each offset.
func (s *story) check(required ttl.Version, at ...time.Duration) *story {
	for _, a := range at {
		s.steps = append(s.steps, Step{At: begin().Add(a), Do: Check, Required: required})
	}
	return s
}

// alone are the story's ways to each of its checks, without the checks before
// it: only the story about reading may notice what reading does.
func (s *story) alone() []*story {
	var ways []*story
	var way []Step
	for _, step := range s.steps {
		if step.Do != Check {
			way = append(way, step)
			continue
		}
		ways = append(ways, &story{steps: append(way[:len(way):len(way)], step)})
	}
	return ways
}

// teller tells stories for a TTL and a tolerance.
type teller func(limit, tolerance time.Duration) []*story

// follows makes a check of stories, under each of the policies.
func follows(tell teller, policies ...ttl.Policy) func(context.Context, func() policied) error {
	return func(_ context.Context, newCache func() policied) error {
		for _, p := range policies {
			limit, tolerance := p.TTL, p.Tolerance
			if limit == 0 {
				limit, tolerance = 24*time.Hour, 5*time.Minute // TTL-1
			}
			for _, s := range tell(limit, tolerance) {
				if err := Follow(newCache(), p, s.steps); err != nil {
					return fmt.Errorf("TTL %v, tolerance %v: %w", limit, tolerance, err)
				}
			}
		}
		return nil
	}
}

// apart makes each check of the stories a story of its own.
func apart(tell teller) teller {
	return func(limit, tolerance time.Duration) []*story {
		var ways []*story
		for _, s := range tell(limit, tolerance) {
			ways = append(ways, s.alone()...)
		}
		return ways
	}
}
