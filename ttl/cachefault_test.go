package ttl_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/ttl/ttltest"
)

// The store fails on each call in turn; what was in force stays, and when the
// step is done again all ends as if nothing had happened.
func TestStoreFailsOnEachCall(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-6")
	type step struct {
		name string
		do   func(*ttl.Cache) error
	}
	completes := func(hour int, version ttl.Version) step {
		return step{fmt.Sprint("complete ", version), func(c *ttl.Cache) error {
			return c.Complete(t.Context(), noon.Add(time.Duration(hour)*time.Hour), retrieved(version))
		}}
	}
	load := step{"load", func(c *ttl.Cache) error { return c.Load(t.Context()) }}
	clears := step{"clear", func(c *ttl.Cache) error { return c.Clear(t.Context()) }}
	script := []step{load, completes(1, 38), load, completes(2, 39), clears, completes(3, 40), completes(4, 41)}
	last := entryOf(noon.Add(4*time.Hour), 41)
	for _, late := range []bool{false, true} {
		for failAt := 1; failAt <= len(script); failAt++ {
			t.Run(fmt.Sprintf("late=%v/call=%d", late, failAt), func(t *testing.T) {
				t.Parallel()
				mem := new(ttl.MemStore)
				store := &ttltest.FailingStore{Store: mem, Late: late}
				store.FailCall(failAt)
				c := newCache(t, store)
				for i, s := range script {
					before, _ := c.Get()
					verdict := c.Check(0, noon.Add(5*time.Hour))
					err := s.do(c)
					if i+1 != failAt {
						if err != nil {
							t.Fatalf("%s: %v", s.name, err)
						}
						continue
					}
					if !errors.Is(err, ttltest.ErrInjected) {
						t.Fatalf("%s with a failing store = %v, want its error", s.name, err)
					}
					after, _ := c.Get()
					if d := cmp.Diff(before, after); d != "" {
						t.Errorf("%s failed and changed what is in force (-before +after):\n%s", s.name, d)
					}
					if got := c.Check(0, noon.Add(5*time.Hour)); got != verdict {
						t.Errorf("%s failed: %v, before %v", s.name, got, verdict)
					}
					if i == 0 {
						wantAbsent(t, c, ttltest.ErrInjected)
					}
					if !late {
						wantStored(t, mem, before)
					}
					if err := s.do(c); err != nil {
						t.Fatalf("%s again: %v", s.name, err)
					}
				}
				wantEntry(t, c, last)
				wantStored(t, mem, last)
			})
		}
	}
}

// wantStored checks what the store holds.
func wantStored(tb testing.TB, store ttl.Store, want ttl.Entry) {
	tb.Helper()
	b, err := store.Load(context.Background())
	if err != nil && !errors.Is(err, ttl.ErrAbsent) {
		tb.Fatal(err)
	}
	if !bytes.Equal(b, ttl.AppendEntry(nil, want)) {
		tb.Errorf("the store holds %x, want %v", b, want)
	}
}

func TestCancelledChangesNothing(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-6")
	mem := new(ttl.MemStore)
	store := &ttltest.Recorder{Store: mem}
	c := newCache(t, store)
	complete(t, c, noon, 38)
	calls := store.Calls()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, err := range map[string]error{
		"Complete": c.Complete(ctx, noon.Add(time.Hour), retrieved(39)),
		"Clear":    c.Clear(ctx),
		"Load":     c.Load(ctx),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s with a cancelled context = %v", name, err)
		}
	}
	if n := store.Calls() - calls; n != 0 {
		t.Errorf("%d calls to the store with a cancelled context", n)
	}
	wantEntry(t, c, entryOf(noon, 38))
	wantStored(t, mem, entryOf(noon, 38))
}

// A store that is not what we saved is absent, says why, and is left alone
// until metadata is stored over it.
func TestUnreadableStoreIsAbsentAndSaysWhy(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-3")
	whole := ttl.AppendEntry(nil, entryOf(noon, 38))
	flipped := bytes.Clone(whole)
	flipped[20] ^= 1 // in the stamp
	tests := []struct {
		name string
		blob []byte
		want error
	}{
		{"flipped bit", flipped, ttl.ErrDamaged},
		{"truncated", whole[:len(whole)-1], ttl.ErrDamaged},
		{"one byte", whole[:1], ttl.ErrDamaged},
		{"foreign", []byte("<?xml version=\"1.0\"?>"), ttl.ErrForeign},
		{"next format", build(2, 38, noon.UnixNano(), 0, 0, ""), ttl.ErrForeign},
		{"zeros", make([]byte, 100), ttl.ErrForeign},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			store := new(ttl.MemStore)
			if err := store.Save(ctx, tt.blob); err != nil {
				t.Fatal(err)
			}
			untouched := func(after string) {
				t.Helper()
				if b, err := store.Load(ctx); !bytes.Equal(b, tt.blob) || err != nil {
					t.Errorf("after %s the store holds %x, %v, want it untouched", after, b, err)
				}
			}
			c := newCache(t, store)
			err := c.Load(ctx)
			if e, ok := errors.AsType[*ttl.StoredError](err); !ok || !errors.Is(err, tt.want) || !errors.Is(e.Fault, tt.want) {
				t.Errorf("Load() = %v, want a StoredError of %v", err, tt.want)
			}
			wantAbsent(t, c, tt.want)
			untouched("Load")
			if err := c.Clear(ctx); err != nil {
				t.Errorf("Clear() = %v, want nil: it is absent already", err)
			}
			wantAbsent(t, c, tt.want)
			untouched("Clear")
			unloaded := newCache(t, store)
			if err := unloaded.Clear(ctx); err != nil {
				t.Errorf("Clear() before Load = %v", err)
			}
			wantAbsent(t, unloaded, tt.want)
			untouched("Clear before Load")

			complete(t, c, noon, 38)
			wantEntry(t, c, entryOf(noon, 38))
			wantStored(t, store, entryOf(noon, 38))
			wantEntry(t, loadedCache(t, store), entryOf(noon, 38))
		})
	}
}

func TestStoreDamagedLater(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-3")
	store := new(ttl.MemStore)
	c := newCache(t, store)
	complete(t, c, noon, 38)
	if err := store.Save(t.Context(), []byte("junk")); err != nil {
		t.Fatal(err)
	}
	wantEntry(t, c, entryOf(noon, 38))
	if err := c.Load(t.Context()); !errors.Is(err, ttl.ErrForeign) {
		t.Errorf("Load() = %v, want ErrForeign", err)
	}
	wantAbsent(t, c, ttl.ErrForeign)
}

func TestClearOfAStoreThatCannotBeRead(t *testing.T) {
	t.Parallel()
	store := new(ttltest.FailingStore)
	store.FailNext()
	c := newCache(t, store)
	if err := c.Clear(t.Context()); !errors.Is(err, ttltest.ErrInjected) {
		t.Errorf("Clear() = %v, want the store's error", err)
	}
	wantAbsent(t, c, ttltest.ErrInjected)
}
