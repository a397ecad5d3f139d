package ttl_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/ttl/ttltest"
	"github.com/updatescan/updatescan/ttl/ttltest/ttlrapid"
)

// cacheRun is a cache, its store and the model side by side.
type cacheRun struct {
	ttltest.CacheModel
	now     time.Time
	version ttl.Version

	mem   *ttl.MemStore
	store *ttltest.FailingStore // over mem
	cache *ttl.Cache
}

// open starts anew over the same store.
func (r *cacheRun) open(t *rapid.T) {
	c, err := ttl.NewCache(ttl.CacheConfig{Store: r.store})
	if err != nil {
		t.Fatal(err)
	}
	r.cache = c
	r.Restart()
}

// maybeFail makes the next call to the store fail now and then, and returns
// the error it then gives.
func (r *cacheRun) maybeFail(t *rapid.T) error {
	r.store.Heal()
	if rapid.IntRange(0, 3).Draw(t, "fail") != 0 {
		return nil
	}
	r.store.FailNext()
	return ttltest.ErrInjected
}

func expect(t *rapid.T, what string, got, want error) {
	if !errors.Is(got, want) {
		t.Fatalf("%s = %v, want %v", what, got, want)
	}
}

func (r *cacheRun) complete(t *rapid.T) {
	r.version++
	got, fails := retrieved(r.version), r.maybeFail(t)
	err := r.cache.Complete(context.Background(), r.now, got)
	expect(t, "Complete", err, r.Complete(r.now, got, fails))
}

func (r *cacheRun) reload(t *rapid.T) {
	fails := r.maybeFail(t)
	err := r.cache.Load(context.Background())
	expect(t, "Load", err, r.Load(fails))
}

func (r *cacheRun) clear(t *rapid.T) {
	r.store.Heal()
	var fails error
	if r.Loaded && r.Saves() { // its one call is the one to save
		fails = r.maybeFail(t)
	}
	err := r.cache.Clear(context.Background())
	expect(t, "Clear", err, r.Clear(fails))
}

func (r *cacheRun) damage(t *rapid.T) {
	b, err := r.mem.Load(context.Background())
	if err != nil || len(b) == 0 || r.Damaged {
		t.Skip("nothing to damage")
	}
	// Past the format version, where it would be foreign.
	b[rapid.IntRange(12, len(b)-1).Draw(t, "byte")] ^= byte(rapid.IntRange(1, 255).Draw(t, "change"))
	expect(t, "Save", r.mem.Save(context.Background(), b), nil)
	r.Damage()
}

func (r *cacheRun) clock(t *rapid.T) {
	r.now = r.now.Add(ttlrapid.Jumps().Draw(t, "step"))
}

// agree is the invariant. All of it reads, so that none of it may change
// anything.
func (r *cacheRun) agree(t *rapid.T) {
	now := r.now.Add(ttlrapid.Nudges().Draw(t, "nudge"))
	required := ttl.Version(rapid.Uint32Range(0, uint32(r.version)+1).Draw(t, "required"))
	if got, want := r.cache.Check(required, now), (ttltest.Model{}).Check(ttl.Policy{}, r.InForce.Stamp, required, now); got != want {
		t.Fatalf("Check(%v, %v) = %v, want %v", required, now, got, want)
	}
	e, err := r.cache.Get()
	if e.Stamp != r.InForce.Stamp || e.Source != r.InForce.Source || !bytes.Equal(e.Data, r.InForce.Data) {
		t.Fatalf("Get() = %v, want %v", e, r.InForce)
	}
	if e.Stamp.Present() {
		expect(t, "Get", err, nil)
	} else {
		expect(t, "Get", err, ttl.ErrAbsent)
	}
	expect(t, "Fault", r.cache.Fault(), r.Why)
	b, _ := r.mem.Load(context.Background())
	if !r.Damaged && !bytes.Equal(b, ttl.AppendEntry(nil, r.Stored)) {
		t.Fatalf("the store holds %x, want %v", b, r.Stored)
	}
}

func TestCacheAgreesWithModel(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-4")
	rapid.Check(t, func(t *rapid.T) {
		mem := new(ttl.MemStore)
		r := &cacheRun{now: noon, mem: mem, store: &ttltest.FailingStore{Store: mem}}
		r.open(t)
		t.Repeat(map[string]func(*rapid.T){
			"complete": r.complete,
			"load":     r.reload,
			"clear":    r.clear,
			"restart":  r.open,
			"damage":   r.damage,
			"clock":    r.clock,
			"":         r.agree,
		})
	})
}
