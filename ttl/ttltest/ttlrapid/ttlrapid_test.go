package ttlrapid_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/ttl/ttltest"
	"github.com/updatescan/updatescan/ttl/ttltest/ttlrapid"
)

// wrong is a History with a mistake, as a cache.
type wrong struct{ ttltest.History }

func (w *wrong) Happened(s ttltest.Step) { w.Step(s) }

func (w *wrong) Fresh(required ttl.Version, now time.Time) bool {
	return w.Check(required, now).Fresh()
}

// Every mistake shows in a few hundred drawn histories, so that a property
// over them is worth something.
func TestHistoriesFindEveryMistake(t *testing.T) {
	t.Parallel()
	for _, mistake := range []string{
		"ttl-default-12h", "ttl-boundary-expired", "ttl-whole-hours", "ttl-absent-fresh", "ttl-stamp-at-start",
		"ttl-stamp-keeps-phase", "ttl-sliding", "ttl-failure-counts", "ttl-cancel-counts", "ttl-failure-clears",
		"ttl-future-fresh", "ttl-tolerance-open", "ttl-tolerance-none", "ttl-version-ignored", "ttl-version-above",
		"ttl-not-at-once",
	} {
		t.Run(mistake, func(t *testing.T) {
			t.Parallel()
			policies, histories := ttlrapid.ValidPolicies(), 0
			for seed := range 400 {
				p := policies.Example(seed)
				histories++
				err := ttltest.Follow(func(p ttl.Policy) ttltest.Cache {
					return &wrong{ttltest.History{Mistake: mistake, Policy: p}}
				}, p, ttlrapid.Histories(p, 20).Example(seed))
				if err != nil {
					return
				}
			}
			t.Errorf("%d histories do not show it", histories)
		})
	}
}

// A single check near a boundary finds the mistakes that are about one.
func TestStampsFindBoundaries(t *testing.T) {
	t.Parallel()
	for _, mistake := range []string{"ttl-boundary-expired", "ttl-tolerance-open", "ttl-version-above", "ttl-future-fresh"} {
		t.Run(mistake, func(t *testing.T) {
			t.Parallel()
			for seed := range 1000 {
				p, now := ttlrapid.ValidPolicies().Example(seed), ttlrapid.OrdinaryInstants().Example(seed)
				s, required := ttlrapid.Stamps(p, now).Example(seed), ttlrapid.Versions().Example(seed)
				if p.Check(s, required, now) != (ttltest.Model{Mistake: mistake}).Check(p, s, required, now) {
					return
				}
			}
			t.Error("1000 stamps do not show it")
		})
	}
}

func TestPoliciesAreWhatTheySay(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-1")
	rapid.Check(t, func(t *rapid.T) {
		p := ttlrapid.ValidPolicies().Draw(t, "policy")
		if err := p.Validate(); err != nil {
			t.Fatalf("ValidPolicies drew %+v: %v", p, err)
		}
		if d := ttlrapid.Defaulted(p); d.TTL <= 0 || d.Tolerance <= 0 || p.TTL != 0 && d.TTL != p.TTL {
			t.Fatalf("Defaulted(%+v) = %+v", p, d)
		}
		for i, now := range ttlrapid.Clocks(5).Draw(t, "clock") {
			if now.Year() < 1990 || now.Year() > 2109 {
				t.Fatalf("reading %d is %v", i, now)
			}
		}
	})
}

// The cache of the library keeps the rules in every drawn history.
func TestLibraryFollowsHistories(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-4")
	t.Attr("rule", "TTL-5")
	t.Attr("rule", "TTL-6")
	rapid.Check(t, func(t *rapid.T) {
		p := ttlrapid.ValidPolicies().Draw(t, "policy")
		steps := ttlrapid.Histories(p, 30).Draw(t, "history")
		if err := ttltest.Follow(func(p ttl.Policy) ttltest.Cache { return newKept(t, p) }, p, steps); err != nil {
			t.Fatal(err)
		}
	})
}

// kept is a ttl.Cache as a Cache.
type kept struct {
	*ttl.Cache
	t *rapid.T
}

func newKept(t *rapid.T, p ttl.Policy) kept {
	c, err := ttl.NewCache(ttl.CacheConfig{Store: new(ttl.MemStore), Policy: p})
	if err != nil {
		t.Fatal(err)
	}
	return kept{c, t}
}

func (k kept) Happened(s ttltest.Step) {
	var err error
	if s.Do == ttltest.Retrieved {
		err = k.Complete(k.t.Context(), s.At, ttl.Retrieved{Version: s.Version})
	}
	if s.Do == ttltest.Cleared {
		err = k.Clear(k.t.Context())
	}
	if err != nil {
		k.t.Fatal(err)
	}
}

func (k kept) Fresh(required ttl.Version, now time.Time) bool { return k.Check(required, now).Fresh() }
