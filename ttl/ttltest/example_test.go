package ttltest_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/ttl/ttltest"
)

// lazyCache is a cache as it is easily written: whatever happened last counts,
// and the limit itself is too old.
type lazyCache struct {
	last    time.Time
	version ttl.Version
	limit   time.Duration
}

// Happened and Fresh are all that the kit needs of it.
func (c *lazyCache) Happened(s ttltest.Step) {
	if s.Do == ttltest.Retrieved {
		c.last, c.version = s.At, s.Version
	}
	if s.Do == ttltest.AnsweredLocally && !c.last.IsZero() {
		c.last = s.At
	}
	if s.Do == ttltest.Cleared {
		c.last = time.Time{}
	}
}

func (c *lazyCache) Fresh(required ttl.Version, now time.Time) bool {
	age := now.Sub(c.last)
	return age >= -5*time.Minute && age < c.limit && c.version >= required
}

func ExampleCheckCache() {
	err := ttltest.CheckCache(context.Background(), func(p ttl.Policy) ttltest.Cache {
		if p.TTL == 0 {
			p.TTL = 24 * time.Hour // what we take for the default
		}
		return &lazyCache{limit: p.TTL}
	})
	fmt.Println(err)
	// Output:
	// ttltest: TTL-2/boundary: metadata of exactly the TTL's age is fresh, and expired from then on: TTL 24h0m0s, tolerance 5m0s: step 1, 2008-06-02T12:00:00Z check: fresh is false, want true: within_ttl: 24h0m0s old, TTL 24h0m0s, fresh until 2008-06-02T12:00:00Z
	// ttltest: TTL-5/answered-locally: a scan answered from local metadata does not make it live longer: TTL 24h0m0s, tolerance 5m0s: step 2, 2008-06-02T13:00:00Z check for version 2: fresh is true, want false: expired: 25h0m0s old, TTL 24h0m0s
	// ttltest: TTL-7/configured: the tolerance is configurable: TTL 24h0m0s, tolerance 1s: step 1, 2008-06-01T11:59:58Z check: fresh is true, want false: from_future: stamped 2s ahead of now
}

func ExampleCheckStore() {
	// A store of your own goes here. This one copies nothing.
	err := ttltest.CheckStore(context.Background(), func() ttl.Store { return new(ttltest.SharingStore) })
	fmt.Println(err)
	// Output:
	// ttltest: load/owned: the caller owns what Load returned: Load() = "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", want "more than that"
	// ttltest: save/copies: the Store must copy what it retains: after the caller modified its blob: Load() = "GIVEN", want "given"
}

func ExampleFailingStore() {
	ctx := context.Background()
	now := time.Date(2008, 6, 1, 3, 0, 0, 0, time.UTC)
	store := new(ttltest.FailingStore)
	cache, err := ttl.NewCache(ttl.CacheConfig{Store: store})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cache.Complete(ctx, now, ttl.Retrieved{Version: 38}))
	store.FailNext()
	err = cache.Complete(ctx, now.Add(time.Hour), ttl.Retrieved{Version: 39})
	fmt.Println(errors.Is(err, ttltest.ErrInjected), store.Calls())
	fmt.Println(cache.Check(0, now.Add(time.Hour))) // what was in force stays
	// Output:
	// <nil>
	// true 2
	// within_ttl: 1h0m0s old, TTL 24h0m0s, fresh until 2008-06-02T03:00:00Z
}

func ExampleHistory() {
	noon := time.Date(2008, 6, 1, 12, 0, 0, 0, time.UTC)
	for _, mistake := range []string{"", "ttl-stamp-at-start", "ttl-sliding"} {
		h := ttltest.History{Mistake: mistake}
		h.Retrieved(noon.Add(-time.Hour), noon, 38)
		h.AnsweredLocally(noon.Add(2 * time.Hour))
		fmt.Printf("%q: %v\n", mistake, h.Stamp())
	}
	// Output:
	// "": 2008-06-01T12:00:00Z, version 38
	// "ttl-stamp-at-start": 2008-06-01T11:00:00Z, version 38
	// "ttl-sliding": 2008-06-01T14:00:00Z, version 38
}
