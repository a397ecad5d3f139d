package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jellydator/ttlcache/v3"
	"github.com/maypok86/otter/v2"
	gocache "github.com/patrickmn/go-cache"

	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/ttl"
)

// caches are the peers, each with one entry that is fresh.
type caches struct {
	gocache *gocache.Cache
	otter   *otter.Cache[string, int]
	plain   *ttlcache.Cache[string, int] // ttlcache, a hit does not extend the TTL
	touch   *ttlcache.Cache[string, int] // ttlcache as it is by default
}

func newCaches() caches {
	c := caches{
		gocache: gocache.New(24*time.Hour, 0),
		otter:   otter.Must(&otter.Options[string, int]{MaximumSize: 1000, ExpiryCalculator: otter.ExpiryWriting[string, int](24 * time.Hour)}),
		plain:   ttlcache.New(ttlcache.WithTTL[string, int](24*time.Hour), ttlcache.WithDisableTouchOnHit[string, int]()),
		touch:   ttlcache.New(ttlcache.WithTTL[string, int](24 * time.Hour)),
	}
	c.gocache.SetDefault("metadata", 1)
	c.otter.Set("metadata", 1)
	c.plain.Set("metadata", 1, ttlcache.DefaultTTL)
	c.touch.Set("metadata", 1, ttlcache.DefaultTTL)
	return c
}

// check says which cache has no fresh entry.
func (c caches) check() error {
	_, goOK := c.gocache.Get("metadata")
	_, otterOK := c.otter.GetIfPresent("metadata")
	hits := map[string]bool{"go-cache": goOK, "otter": otterOK, "ttlcache": c.plain.Get("metadata") != nil && c.touch.Get("metadata") != nil}
	for name, ok := range hits {
		if !ok {
			return fmt.Errorf("%s has no entry, or says that it is expired", name)
		}
	}
	return nil
}

// entries are the reads of the peers.
func (c caches) entries() []entry {
	return []entry{
		{name: "go-cache Get", run: func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				keepAny, _ = c.gocache.Get("metadata")
			}
		}},
		{name: "otter GetIfPresent", run: func(b *testing.B) {
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				v, _ := c.otter.GetIfPresent("metadata")
				n += v
			}
			keepInt = n
		}},
		{name: "ttlcache Get, touch off", run: func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				keepItem = c.plain.Get("metadata")
			}
		}},
		{name: "ttlcache Get, default: a hit extends the TTL", run: func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				keepItem = c.touch.Get("metadata")
			}
		}},
	}
}

func ttlGroup() group {
	now := time.Date(2008, 6, 2, 8, 0, 0, 0, time.UTC)
	stamp := ttl.NewStamp(now.Add(-time.Hour), 5)
	peers := newCaches()
	return group{
		name: "ttl: verdict and decision with reason, fresh", unit: "ns each",
		target: "<= 15 ns, 0 allocs; 4x go-cache and otter, 10x ttlcache",
		note:   "the peers also read a clock and look up a key, and give no reason; ours is handed the time",
		check: func() error {
			if d := scan.Decide(scan.NonForcedOnline, ttl.Policy{}, stamp, 3, now); d.Action != scan.UseLocal || d.Reason != scan.MetadataFresh {
				return fmt.Errorf("scan.Decide: %v", d)
			}
			return peers.check()
		},
		entries: append([]entry{
			{name: "scan.Decide", ours: true, run: func(b *testing.B) {
				b.ReportAllocs()
				var d scan.Decision
				for b.Loop() {
					d = scan.Decide(scan.NonForcedOnline, ttl.Policy{}, stamp, 3, now)
				}
				keepDecision = d
			}},
			{name: "ttl.Policy.Check alone", ours: true, run: func(b *testing.B) {
				b.ReportAllocs()
				var v ttl.Verdict
				for b.Loop() {
					v = ttl.Policy{}.Check(stamp, 3, now)
				}
				keepVerdict = v
			}},
			{name: "scan.Decide, and reading the clock", ours: true, run: func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					keepDecision = scan.Decide(scan.NonForcedOnline, ttl.Policy{}, stamp, 3, time.Now())
				}
			}},
		}, peers.entries()...),
	}
}

// cacheGroup compares like with like: a cache is asked for its entry, and reads
// the clock to tell whether it is fresh.
func cacheGroup() group {
	ctx := context.Background()
	cache, err := ttl.NewCache(ttl.CacheConfig{Store: new(ttl.MemStore)})
	if err == nil {
		err = cache.Load(ctx)
	}
	if err == nil {
		err = cache.Complete(ctx, time.Now(), ttl.Retrieved{Version: 5, Data: []byte("metadata")})
	}
	peers := newCaches()
	return group{
		name: "cache: read the entry and tell whether it is fresh, clock read too", unit: "ns each",
		note: "ours holds one entry and looks up no key, and gives age, expiry and reason",
		check: func() error {
			if err != nil {
				return err
			}
			if v := cache.Check(3, time.Now()); !v.Fresh() {
				return fmt.Errorf("ttl.Cache: %v", v)
			}
			return peers.check()
		},
		entries: append([]entry{{name: "ttl.Cache Get and Check", ours: true, run: func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				e, err := cache.Get()
				fail(b, err)
				keepVerdict = cache.Check(3, time.Now())
				keepInt = len(e.Data)
			}
		}}}, peers.entries()...),
	}
}

// What benchmarks keep, so that nothing is optimised away.
var (
	keepDecision scan.Decision
	keepVerdict  ttl.Verdict
	keepInt      int
	keepAny      any
	keepItem     *ttlcache.Item[string, int]
	keepEffects  []scan.Effect
)

func machineGroup() group {
	m, err := scan.NewMachine(scan.MachineConfig{Rand: rand.NewPCG(1, 2)})
	if err != nil {
		panic(err)
	}
	now := time.Date(2008, 6, 2, 8, 0, 0, 0, time.UTC)
	m.Step(now, scan.PolicyReceived{Policy: scan.Policy{Enabled: true}})
	m.Step(now, scan.Tick{})
	return group{
		name: "scan: Machine.Step with nothing due", unit: "ns each", target: "<= 50 ns, 0 allocs",
		entries: []entry{{name: "Machine.Step(now, Tick{})", ours: true, run: func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				keepEffects = m.Step(now, scan.Tick{})
			}
		}}},
	}
}
