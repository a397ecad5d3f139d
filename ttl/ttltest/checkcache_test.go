package ttltest_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/ttl/ttltest"
)

// modelCache is a History as a Cache, right or with a mistake.
type modelCache struct{ ttltest.History }

func (c *modelCache) Happened(s ttltest.Step) { c.Step(s) }

func (c *modelCache) Fresh(required ttl.Version, now time.Time) bool {
	return c.Check(required, now).Fresh()
}

func modelCaches(mistake string) func(ttl.Policy) ttltest.Cache {
	return func(p ttl.Policy) ttltest.Cache {
		return &modelCache{ttltest.History{Mistake: mistake, Policy: p}}
	}
}

// libraryCache is the cache of package ttl.
type libraryCache struct {
	*ttl.Cache
	tb testing.TB
}

func newLibraryCache(tb testing.TB, p ttl.Policy) ttltest.Cache {
	tb.Helper()
	c, err := ttl.NewCache(ttl.CacheConfig{Store: new(ttl.MemStore), Policy: p})
	if err != nil {
		tb.Fatal(err)
	}
	if err := c.Load(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return libraryCache{c, tb}
}

func (c libraryCache) Happened(s ttltest.Step) {
	var err error
	if s.Do == ttltest.Retrieved {
		err = c.Complete(c.tb.Context(), s.At, ttl.Retrieved{Version: s.Version})
	}
	if s.Do == ttltest.Cleared {
		err = c.Clear(c.tb.Context())
	}
	if err != nil {
		c.tb.Error(err)
	}
}

func (c libraryCache) Fresh(required ttl.Version, now time.Time) bool {
	return c.Check(required, now).Fresh()
}

func TestCacheOfTheLibraryPasses(t *testing.T) {
	t.Parallel()
	ttltest.RunCache(t, func(t *testing.T, p ttl.Policy) ttltest.Cache {
		t.Helper()
		return newLibraryCache(t, p)
	})
	err := ttltest.CheckCache(t.Context(), func(p ttl.Policy) ttltest.Cache { return newLibraryCache(t, p) })
	if err != nil {
		t.Errorf("CheckCache = %v, want nil", err)
	}
}

// broken lists the clauses that an error of a check names.
func broken(err error) []string {
	var clauses []string
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			clauses = append(clauses, broken(e)...)
		}
		return clauses
	}
	if e, ok := errors.AsType[*ttltest.ClauseError](err); ok {
		return []string{e.Clause}
	}
	return nil
}

// slidingCache is what many caches do by default: reading makes an entry live
// longer.
type slidingCache struct{ modelCache }

func (c *slidingCache) Fresh(required ttl.Version, now time.Time) bool {
	v := c.Check(required, now)
	if v.Fresh() {
		c.Retrieved(now, now, c.Stamp().Version())
	}
	return v.Fresh()
}

// attemptCache counts every attempt as a refresh, also of nothing.
type attemptCache struct{ modelCache }

func (c *attemptCache) Happened(s ttltest.Step) {
	if s.Do == ttltest.Failed {
		c.Retrieved(s.At, s.At, 1)
	}
	c.Step(s)
}

// forwardCache keeps the latest stamp.
type forwardCache struct{ modelCache }

func (c *forwardCache) Happened(s ttltest.Step) {
	if at, ok := c.Stamp().Time(); !ok || s.Do != ttltest.Retrieved || s.At.After(at) {
		c.Step(s)
	}
}

// fixedCache has the default policy whatever it is told.
func fixedCache(ttl.Policy) ttltest.Cache { return &modelCache{} }

func TestBrokenCachesAreCaughtByName(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		cache func(ttl.Policy) ttltest.Cache
		want  []string
	}{
		{"none", modelCaches(""), nil},
		{"not ours", modelCaches("wf-dormant-scans"), nil},
		{"default of 12 h", modelCaches("ttl-default-12h"), []string{"TTL-1/default"}},
		{"fixed", fixedCache, []string{"TTL-1/configured", "TTL-7/configured"}},
		{">=", modelCaches("ttl-boundary-expired"), []string{"TTL-2/boundary"}},
		{"whole hours", modelCaches("ttl-whole-hours"), []string{"TTL-2/boundary"}},
		{"absent is fresh", modelCaches("ttl-absent-fresh"), []string{"TTL-3/never-retrieved", "TTL-3/cleared"}},
		{"stamp at start", modelCaches("ttl-stamp-at-start"), []string{"TTL-4/to-completion"}},
		{"keeps phase", modelCaches("ttl-stamp-keeps-phase"), []string{"TTL-4/moves"}},
		{"only forward", func(p ttl.Policy) ttltest.Cache {
			return &forwardCache{modelCache{ttltest.History{Policy: p}}}
		}, []string{"TTL-4/clock-moved-back"}},
		{"sliding by reads", func(p ttl.Policy) ttltest.Cache {
			return &slidingCache{modelCache{ttltest.History{Policy: p}}}
		}, []string{"TTL-5/reading"}},
		{"sliding", modelCaches("ttl-sliding"), []string{"TTL-5/answered-locally"}},
		{"attempt counted", func(p ttl.Policy) ttltest.Cache {
			return &attemptCache{modelCache{ttltest.History{Policy: p}}}
		}, []string{"TTL-3/never-retrieved", "TTL-6/failed"}},
		{"failure counted", modelCaches("ttl-failure-counts"), []string{"TTL-6/failed"}},
		{"cancelled counted", modelCaches("ttl-cancel-counts"), []string{"TTL-6/cancelled"}},
		{"failure clears", modelCaches("ttl-failure-clears"), []string{"TTL-6/failed"}},
		{"future is fresh", modelCaches("ttl-future-fresh"), []string{"TTL-7/future", "TTL-7/configured"}},
		{"tolerance open", modelCaches("ttl-tolerance-open"), []string{"TTL-7/tolerance"}},
		{"no tolerance", modelCaches("ttl-tolerance-none"), []string{"TTL-7/tolerance", "TTL-7/configured"}},
		{"version ignored", modelCaches("ttl-version-ignored"), []string{"TTL-8/lower"}},
		{"version above", modelCaches("ttl-version-above"), []string{"TTL-8/equal"}},
		// What lies ahead within the tolerance is of age 0, also then.
		{"not at once", modelCaches("ttl-not-at-once"), []string{"TTL-7/tolerance", "TTL-7/configured", "TTL-9/at-once"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := ttltest.CheckCache(t.Context(), tt.cache)
			if d := cmp.Diff(tt.want, broken(err)); d != "" {
				t.Errorf("CheckCache(%s): broken clauses (-want +got):\n%s\n%v", tt.name, d, err)
			}
		})
	}
}

func TestChecksEndWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, err := range map[string]error{
		"CheckCache": ttltest.CheckCache(ctx, fixedCache),
		"CheckStore": ttltest.CheckStore(ctx, func() ttl.Store { return new(ttltest.LosingStore) }),
	} {
		if !errors.Is(err, context.Canceled) || slices.Contains(broken(err), "save/error") {
			t.Errorf("%s with a cancelled context = %v, want only its error", name, err)
		}
	}
}
