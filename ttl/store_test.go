package ttl_test

import (
	"context"
	"errors"
	"testing"

	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/ttl/ttltest"
)

func TestMemStore(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	var m ttl.MemStore
	if b, err := m.Load(ctx); b != nil || !errors.Is(err, ttl.ErrAbsent) {
		t.Errorf("zero MemStore: Load() = %q, %v, want ErrAbsent", b, err)
	}
	data := []byte("one")
	if err := m.Save(ctx, data); err != nil {
		t.Fatal(err)
	}
	data[0] = 'X' // the caller's
	b, err := m.Load(ctx)
	if string(b) != "one" || err != nil {
		t.Errorf("Load() = %q, %v, want one", b, err)
	}
	b[0] = 'Y' // ours
	if b, _ := m.Load(ctx); string(b) != "one" {
		t.Errorf("Load() = %q after the last one was modified, want one", b)
	}

	done, cancel := context.WithCancel(ctx)
	cancel()
	if err := m.Save(done, []byte("two")); !errors.Is(err, context.Canceled) {
		t.Errorf("Save with a cancelled context = %v", err)
	}
	if _, err := m.Load(done); !errors.Is(err, context.Canceled) {
		t.Errorf("Load with a cancelled context = %v", err)
	}
	if b, _ := m.Load(ctx); string(b) != "one" {
		t.Errorf("Load() = %q after a cancelled Save, want one", b)
	}
	if err := m.Save(ctx, nil); err != nil {
		t.Fatal(err)
	}
	if b, err := m.Load(ctx); len(b) != 0 || err != nil {
		t.Errorf("Load() after Save(nil) = %q, %v, want empty", b, err)
	}
}

func TestMemStoreKeepsTheContract(t *testing.T) {
	t.Parallel()
	ttltest.RunStore(t, func(*testing.T) ttl.Store { return new(ttl.MemStore) })
}
