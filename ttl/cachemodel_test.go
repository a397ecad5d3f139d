package ttl_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/ttl"
)

// cacheModel is the cache again, without concurrency or bytes: what is in
// force, what is stored, and why nothing is in force.
type cacheModel struct {
	now     time.Time
	version ttl.Version

	inForce ttl.Entry
	why     error
	loaded  bool

	stored  ttl.Entry
	damaged bool
}

func (m *cacheModel) load() {
	m.inForce, m.why, m.loaded = m.stored, nil, true
	if m.damaged {
		m.inForce, m.why = ttl.Entry{}, ttl.ErrDamaged
	}
}

func (m *cacheModel) save(e ttl.Entry) {
	m.inForce, m.stored = e, e
	m.why, m.loaded, m.damaged = nil, true, false
}

// cacheRun is a cache, its store and the model side by side.
type cacheRun struct {
	cacheModel
	store *faultyStore
	cache *ttl.Cache
}

// open starts anew over the same store.
func (r *cacheRun) open(t *rapid.T) {
	c, err := ttl.NewCache(ttl.CacheConfig{Store: r.store})
	if err != nil {
		t.Fatal(err)
	}
	r.cache, r.inForce, r.why, r.loaded = c, ttl.Entry{}, ttl.ErrNotLoaded, false
}

// maybeFail makes the next call to the store fail now and then.
func (r *cacheRun) maybeFail(t *rapid.T) bool {
	r.store.failAt = 0
	if rapid.IntRange(0, 3).Draw(t, "fail") != 0 {
		return false
	}
	r.store.failAt = r.store.calls + 1
	return true
}

func expect(t *rapid.T, what string, got, want error) {
	if !errors.Is(got, want) {
		t.Fatalf("%s = %v, want %v", what, got, want)
	}
}

func (r *cacheRun) complete(t *rapid.T) {
	r.version++
	got, failed := retrieved(r.version), r.maybeFail(t)
	err := r.cache.Complete(context.Background(), r.now, got)
	if failed {
		expect(t, "Complete", err, errStore)
		return
	}
	expect(t, "Complete", err, nil)
	r.save(entryOf(r.now, r.version))
}

func (r *cacheRun) reload(t *rapid.T) {
	failed := r.maybeFail(t)
	err := r.cache.Load(context.Background())
	if failed {
		expect(t, "Load", err, errStore)
		if !r.loaded {
			r.why = errStore
		}
		return
	}
	r.load()
	expect(t, "Load", err, r.why)
}

func (r *cacheRun) clear(t *rapid.T) {
	r.store.failAt = 0
	wasLoaded := r.loaded
	if !r.loaded {
		r.load()
	}
	if wasLoaded && r.inForce.Stamp.Present() && r.maybeFail(t) {
		expect(t, "Clear", r.cache.Clear(context.Background()), errStore)
		return
	}
	expect(t, "Clear", r.cache.Clear(context.Background()), nil)
	if r.inForce.Stamp.Present() {
		r.save(ttl.Entry{})
	}
}

func (r *cacheRun) damage(t *rapid.T) {
	b, err := r.store.MemStore.Load(context.Background())
	if err != nil || len(b) == 0 || r.damaged {
		t.Skip("nothing to damage")
	}
	// Past the format version, where it would be foreign.
	b[rapid.IntRange(12, len(b)-1).Draw(t, "byte")] ^= byte(rapid.IntRange(1, 255).Draw(t, "change"))
	expect(t, "Save", r.store.MemStore.Save(context.Background(), b), nil)
	r.damaged = true
}

func (r *cacheRun) clock(t *rapid.T) {
	r.now = r.now.Add(rapid.SampledFrom([]time.Duration{
		1, time.Second, time.Hour, 24 * time.Hour, -time.Second, -5 * time.Minute, -24 * time.Hour,
	}).Draw(t, "step"))
}

// agree is the invariant. All of it reads, so that none of it may change
// anything.
func (r *cacheRun) agree(t *rapid.T) {
	now := r.now.Add(nudge().Draw(t, "nudge"))
	required := ttl.Version(rapid.Uint32Range(0, uint32(r.version)+1).Draw(t, "required"))
	if got, want := r.cache.Check(required, now), (ttl.Policy{}).Check(r.inForce.Stamp, required, now); got != want {
		t.Fatalf("Check(%v, %v) = %v, want %v", required, now, got, want)
	}
	e, err := r.cache.Get()
	if e.Stamp != r.inForce.Stamp || e.Source != r.inForce.Source || !bytes.Equal(e.Data, r.inForce.Data) {
		t.Fatalf("Get() = %v, want %v", e, r.inForce)
	}
	if e.Stamp.Present() {
		expect(t, "Get", err, nil)
	} else {
		expect(t, "Get", err, ttl.ErrAbsent)
	}
	expect(t, "Fault", r.cache.Fault(), r.why)
	b, _ := r.store.MemStore.Load(context.Background())
	if !r.damaged && !bytes.Equal(b, ttl.AppendEntry(nil, r.stored)) {
		t.Fatalf("the store holds %x, want %v", b, r.stored)
	}
}

func TestCacheAgreesWithModel(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-4")
	rapid.Check(t, func(t *rapid.T) {
		r := &cacheRun{cacheModel: cacheModel{now: noon}, store: &faultyStore{}}
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
