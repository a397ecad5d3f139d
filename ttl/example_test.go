package ttl_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/updatescan/updatescan/ttl"
)

func ExamplePolicy_Check() {
	retrieved := time.Date(2008, 6, 1, 3, 0, 0, 0, time.UTC)
	stamp := ttl.NewStamp(retrieved, 38)
	policy := ttl.Policy{} // 24 hours

	for _, age := range []time.Duration{time.Hour, 24 * time.Hour, 25 * time.Hour, -time.Hour} {
		fmt.Println(policy.Check(stamp, 0, retrieved.Add(age)))
	}
	fmt.Println(policy.Check(stamp, 39, retrieved.Add(time.Hour)))
	fmt.Println(policy.Check(ttl.Stamp{}, 0, retrieved))
	// Output:
	// within_ttl: 1h0m0s old, TTL 24h0m0s, fresh until 2008-06-02T03:00:00Z
	// within_ttl: 24h0m0s old, TTL 24h0m0s, fresh until 2008-06-02T03:00:00Z
	// expired: 25h0m0s old, TTL 24h0m0s
	// from_future: stamped 1h0m0s ahead of now
	// version_too_low: version 38, required 39; 1h0m0s old, TTL 24h0m0s
	// absent: no metadata is stored
}

func ExampleCache() {
	ctx := context.Background()
	cache, err := ttl.NewCache(ttl.CacheConfig{Store: new(ttl.MemStore)})
	if err != nil {
		fmt.Println(err)
		return
	}
	// A damaged store is no reason to stop: it is absent, and says why.
	if err := cache.Load(ctx); err != nil {
		fmt.Println(err)
	}

	now := time.Date(2008, 6, 1, 3, 0, 0, 0, time.UTC)
	for range 4 {
		verdict := cache.Check(0, now)
		fmt.Println(verdict)
		if !verdict.Fresh() {
			// Connect here. The scan takes two minutes; its end is the stamp.
			completed := now.Add(2 * time.Minute)
			catalogue := ttl.Retrieved{Version: 38, Source: "https://wsus:8531", Data: []byte("<updates/>")}
			if err := cache.Complete(ctx, completed, catalogue); err != nil {
				fmt.Println(err)
			}
		}
		now = now.Add(12 * time.Hour)
	}
	// Output:
	// absent: no metadata is stored
	// within_ttl: 11h58m0s old, TTL 24h0m0s, fresh until 2008-06-02T03:02:00Z
	// within_ttl: 23h58m0s old, TTL 24h0m0s, fresh until 2008-06-02T03:02:00Z
	// expired: 35h58m0s old, TTL 24h0m0s
}

func ExampleDecodeEntry() {
	form := ttl.AppendEntry(nil, ttl.Entry{
		Stamp:  ttl.NewStamp(time.Date(2008, 6, 1, 3, 0, 0, 0, time.UTC), 38),
		Source: "https://wsus:8531",
		Data:   []byte("<updates/>"),
	})
	entry, err := ttl.DecodeEntry(form)
	fmt.Printf("%v, %s, %s, %v\n", entry.Stamp, entry.Source, entry.Data, err)

	_, err = ttl.DecodeEntry(form[:len(form)-1])
	fmt.Println(errors.Is(err, ttl.ErrDamaged), err)
	// Output:
	// 2008-06-01T03:00:00Z, version 38, https://wsus:8531, <updates/>, <nil>
	// true ttl: stored metadata is damaged: at byte 66: ends early, it needs 67 bytes
}
