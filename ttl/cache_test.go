package ttl_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/ttl/ttltest"
)

func newCache(tb testing.TB, store ttl.Store) *ttl.Cache {
	tb.Helper()
	c, err := ttl.NewCache(ttl.CacheConfig{Store: store})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func loadedCache(tb testing.TB, store ttl.Store) *ttl.Cache {
	tb.Helper()
	c := newCache(tb, store)
	if err := c.Load(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return c
}

func complete(tb testing.TB, c *ttl.Cache, at time.Time, version ttl.Version) {
	tb.Helper()
	if err := c.Complete(tb.Context(), at, retrieved(version)); err != nil {
		tb.Fatal(err)
	}
}

func retrieved(version ttl.Version) ttl.Retrieved {
	return ttl.Retrieved{Version: version, Source: "https://wsus:8531", Data: fmt.Appendf(nil, "catalogue %d", version)}
}

func entryOf(at time.Time, version ttl.Version) ttl.Entry {
	got := retrieved(version)
	return ttl.Entry{Stamp: ttl.NewStamp(at, version), Source: got.Source, Data: got.Data}
}

func wantEntry(tb testing.TB, c *ttl.Cache, want ttl.Entry) {
	tb.Helper()
	got, err := c.Get()
	if err != nil {
		tb.Errorf("Get() = %v, want %v", err, want.Stamp)
	} else if d := cmp.Diff(want, got); d != "" {
		tb.Errorf("Get() (-want +got):\n%s", d)
	}
	if err := c.Fault(); err != nil {
		tb.Errorf("Fault() = %v beside an entry", err)
	}
}

// wantAbsent checks that the cache is absent for the given reason, nil for
// none.
func wantAbsent(tb testing.TB, c *ttl.Cache, why error) {
	tb.Helper()
	if v := c.Check(0, noon); v.Reason != ttl.Absent || v.Fresh() {
		tb.Errorf("Check() = %v, want absent", v)
	}
	e, err := c.Get()
	if !errors.Is(err, ttl.ErrAbsent) || e.Stamp.Present() || e.Data != nil {
		tb.Errorf("Get() = %v, %v, want ErrAbsent", e, err)
	}
	if why == nil {
		if err := c.Fault(); err != nil {
			tb.Errorf("Fault() = %v, want nil", err)
		}
		return
	}
	if !errors.Is(err, why) || !errors.Is(c.Fault(), why) {
		tb.Errorf("Get, Fault = %v, %v, want both to say %v", err, c.Fault(), why)
	}
	absent, ok := errors.AsType[*ttl.AbsentError](err)
	if !ok || !errors.Is(absent.Why, c.Fault()) || err.Error() != "ttl: no metadata is stored: "+c.Fault().Error() {
		tb.Errorf("Get() = %#v, want an AbsentError with the fault", err)
	}
}

func TestNewCache(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-1")
	tests := []struct {
		name string
		cfg  ttl.CacheConfig
		want string
	}{
		{"no store", ttl.CacheConfig{}, "ttl: config: Store: is required"},
		{
			"bad policy",
			ttl.CacheConfig{Store: new(ttl.MemStore), Policy: ttl.Policy{TTL: -1}},
			"ttl: config: Policy: ttl: policy: TTL: -1ns is negative",
		},
	}
	for _, tt := range tests {
		c, err := ttl.NewCache(tt.cfg)
		if _, ok := errors.AsType[*ttl.ConfigError](err); c != nil || !ok || err.Error() != tt.want {
			t.Errorf("%s: NewCache() = %v, %v, want %q", tt.name, c, err, tt.want)
		}
	}
	_, err := ttl.NewCache(tests[1].cfg)
	if e, ok := errors.AsType[*ttl.PolicyError](err); !ok || e.Field != "TTL" {
		t.Errorf("NewCache(TTL: -1) = %v, want a PolicyError for TTL", err)
	}

	store := new(ttltest.Recorder)
	wantAbsent(t, newCache(t, store), ttl.ErrNotLoaded)
	if n := store.Calls(); n != 0 {
		t.Errorf("NewCache made %d calls to its store", n)
	}
	hour, err := ttl.NewCache(ttl.CacheConfig{Store: store, Policy: ttl.Policy{TTL: time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	complete(t, hour, noon, 1)
	if v := hour.Check(0, noon.Add(time.Hour+1)); v.Reason != ttl.Expired || v.TTL != time.Hour {
		t.Errorf("with a TTL of 1h: %v, want expired", v)
	}
}

func TestCompleteMovesTheStampToCompletion(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-4")
	store := new(ttl.MemStore)
	c := loadedCache(t, store)
	wantAbsent(t, c, nil)
	complete(t, c, noon, 38)
	wantEntry(t, c, entryOf(noon, 38))

	// A scan well inside the TTL resets the counter to the full TTL.
	again := noon.Add(23 * time.Hour)
	complete(t, c, again, 39)
	wantEntry(t, c, entryOf(again, 39))
	if v := c.Check(39, again.Add(24*time.Hour)); !v.Fresh() {
		t.Errorf("a full TTL after the second scan: %v, want fresh", v)
	}
	if v := c.Check(39, again.Add(24*time.Hour+1)); v.Reason != ttl.Expired {
		t.Errorf("1 ns more: %v, want expired", v)
	}
	// After a restart it is the same.
	wantEntry(t, loadedCache(t, store), entryOf(again, 39))
}

func TestCompleteCopiesItsData(t *testing.T) {
	t.Parallel()
	c := newCache(t, new(ttl.MemStore))
	got := retrieved(1)
	if err := c.Complete(t.Context(), noon, got); err != nil {
		t.Fatal(err)
	}
	clear(got.Data)
	wantEntry(t, c, entryOf(noon, 1))
	if err := c.Complete(t.Context(), noon, ttl.Retrieved{}); err != nil {
		t.Fatal(err)
	}
	wantEntry(t, c, ttl.Entry{Stamp: ttl.NewStamp(noon, 0)})
	err := c.Complete(t.Context(), noon, ttl.Retrieved{Source: string(make([]byte, ttl.MaxSourceBytes+1))})
	if _, ok := errors.AsType[*ttl.SizeError](err); !ok {
		t.Errorf("Complete with a long source = %v, want a SizeError", err)
	}
	wantEntry(t, c, ttl.Entry{Stamp: ttl.NewStamp(noon, 0)})
}

// Hourly reads must not keep metadata alive.
func TestReadsNeverMoveTheStamp(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-5")
	store := new(ttltest.Recorder)
	c := newCache(t, store)
	complete(t, c, noon, 38)
	calls := store.Calls()
	for hour := range 48 {
		now := noon.Add(time.Duration(hour) * time.Hour)
		v := c.Check(38, now)
		if v.Fresh() != (hour <= 24) {
			t.Errorf("after %d hourly reads: %v", hour, v)
		}
		wantEntry(t, c, entryOf(noon, 38))
	}
	if n := store.Calls() - calls; n != 0 {
		t.Errorf("reads made %d calls to the store", n)
	}
	if err := c.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantEntry(t, c, entryOf(noon, 38))
}

func TestClear(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-3")
	store := new(ttltest.Recorder)
	c := loadedCache(t, store)
	if err := c.Clear(t.Context()); err != nil || store.Calls() != 1 {
		t.Errorf("Clear() of nothing = %v after %d calls, want nil after 1", err, store.Calls())
	}
	complete(t, c, noon, 38)
	if err := c.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantAbsent(t, c, nil)
	wantAbsent(t, loadedCache(t, store), nil)

	// A cache that never loaded clears too.
	complete(t, c, noon, 39)
	unloaded := newCache(t, store)
	if err := unloaded.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantAbsent(t, unloaded, nil)
	wantAbsent(t, loadedCache(t, store), nil)
}

// Scans run one at a time, so a completion before the stamp is a clock that
// was moved back. The stamp follows, or the metadata would stay "from the
// future" however often it is retrieved.
func TestClockMovedBackBetweenScans(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-4")
	store := new(ttl.MemStore)
	c := newCache(t, store)
	complete(t, c, noon.Add(24*time.Hour), 38)
	if v := c.Check(0, noon); v.Reason != ttl.FromFuture {
		t.Errorf("after the clock went a day back: %v, want from_future", v)
	}
	complete(t, c, noon, 38)
	if v := c.Check(0, noon.Add(24*time.Hour)); !v.Fresh() || v.Age != 24*time.Hour {
		t.Errorf("a day after the next scan: %v, want fresh", v)
	}
	complete(t, c, noon.Add(-24*time.Hour), 38)
	wantStored(t, store, entryOf(noon.Add(-24*time.Hour), 38))
}

// Not parallel: AllocsPerRun counts those of the whole program.
func TestCacheReadsDoNotAllocate(t *testing.T) {
	c := newCache(t, new(ttl.MemStore))
	complete(t, c, noon, 38)
	if n := testing.AllocsPerRun(100, func() {
		_ = c.Check(38, noon.Add(time.Hour))
		_, _ = c.Get()
		_ = c.Fault()
	}); n != 0 {
		t.Errorf("Check, Get and Fault allocate %v times, want 0", n)
	}
}
