package ttl_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/ttl/ttltest"
)

func TestOverlappingCompletes(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-4")
	const hour = time.Hour
	tests := []struct {
		name          string
		first, second time.Duration
		want          ttl.Version
	}{
		{"in order", hour, 2 * hour, 2},
		{"overtaken", 2 * hour, hour, 1},
		{"at once", hour, hour, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := new(ttltest.GateStore)
				c := newCache(t, store)
				var wg sync.WaitGroup
				wg.Go(func() { complete(t, c, noon.Add(tt.first), 1) })
				synctest.Wait() // 1 is being saved
				wg.Go(func() { complete(t, c, noon.Add(tt.second), 2) })
				synctest.Wait() // 2 waits for 1
				if v := c.Check(0, noon); v.Reason != ttl.Absent {
					t.Errorf("while the first is being saved: %v, want absent", v)
				}
				store.Open()
				wg.Wait()
				want := entryOf(noon.Add(max(tt.first, tt.second)), tt.want)
				wantEntry(t, c, want)
				wantStored(t, store, want)
			})
		})
	}
}

// What waits between two overlapping Completes does not hide that the second
// was overtaken, unless it cleared what overtook it.
func TestOverlappingCompletesWithAnotherBetween(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-4")
	before1970 := time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		name    string
		between func(*ttl.Cache, context.Context) error
		want    ttl.Entry
	}{
		{"load", (*ttl.Cache).Load, entryOf(noon, 1)},
		{"clear", (*ttl.Cache).Clear, entryOf(before1970, 2)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := new(ttltest.GateStore)
				c := newCache(t, store)
				var wg sync.WaitGroup
				wg.Go(func() { complete(t, c, noon, 1) })
				synctest.Wait()
				wg.Go(func() {
					if err := tt.between(c, t.Context()); err != nil {
						t.Error(err)
					}
				})
				synctest.Wait()
				wg.Go(func() { complete(t, c, before1970, 2) })
				synctest.Wait()
				store.Open()
				wg.Wait()
				wantEntry(t, c, tt.want)
				wantStored(t, store, tt.want)
			})
		})
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-6")
	synctest.Test(t, func(t *testing.T) {
		store := new(ttltest.GateStore)
		c := newCache(t, store)
		saving, stopSaving := context.WithCancel(t.Context())
		waiting, stopWaiting := context.WithCancel(t.Context())
		errs := make(chan error, 4)
		go func() { errs <- c.Complete(saving, noon, retrieved(1)) }()
		synctest.Wait()
		go func() { errs <- c.Complete(waiting, noon, retrieved(2)) }()
		go func() { errs <- c.Clear(waiting) }()
		go func() { errs <- c.Load(waiting) }()
		synctest.Wait()
		stopWaiting()
		synctest.Wait()
		if len(errs) != 3 {
			t.Errorf("%d of 3 that waited have returned", len(errs))
		}
		stopSaving()
		for range 4 {
			if err := <-errs; !errors.Is(err, context.Canceled) {
				t.Errorf("err = %v, want context.Canceled", err)
			}
		}
		wantAbsent(t, c, ttl.ErrNotLoaded)
		store.Open()
		wantStored(t, store, ttl.Entry{})
	})
}

// Readers see a whole entry or none, and the stamp goes only forward, while
// others store, load and clear.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-6")
	const rounds = 300
	ctx := t.Context()
	store := new(ttl.MemStore)
	c := loadedCache(t, store)
	var wg, readers sync.WaitGroup
	stop := make(chan struct{})
	for range 3 {
		readers.Go(func() {
			var last time.Time
			for {
				select {
				case <-stop:
					return
				default:
				}
				v := c.Check(0, noon)
				if at, ok := v.Stamp.Time(); ok && at.Before(last) {
					t.Errorf("the stamp went from %v back to %v", last, at)
				} else if ok {
					last = at
				}
				e, err := c.Get()
				if err != nil {
					if !errors.Is(err, ttl.ErrAbsent) {
						t.Errorf("Get() = %v", err)
					}
					continue
				}
				at, _ := e.Stamp.Time()
				if d := cmp.Diff(entryOf(at, e.Stamp.Version()), e); d != "" {
					t.Errorf("Get() is not whole (-want +got):\n%s", d)
				}
			}
		})
	}
	wg.Go(func() {
		for i := range rounds {
			complete(t, c, noon.Add(time.Duration(i)), ttl.Version(i))
		}
	})
	wg.Go(func() {
		for i := range rounds {
			err := c.Load(ctx)
			if i%10 == 0 {
				err = errors.Join(err, c.Clear(ctx))
			}
			if err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
	close(stop)
	readers.Wait()
	complete(t, c, noon.Add(rounds), rounds)
	wantEntry(t, c, entryOf(noon.Add(rounds), rounds))
	wantStored(t, store, entryOf(noon.Add(rounds), rounds))
}
