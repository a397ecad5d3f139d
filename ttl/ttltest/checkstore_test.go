package ttltest_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/ttl/ttltest"
)

func TestStoresThatPass(t *testing.T) {
	t.Parallel()
	stores := map[string]func(*testing.T) ttl.Store{
		"MemStore":     func(*testing.T) ttl.Store { return new(ttl.MemStore) },
		"Recorder":     func(*testing.T) ttl.Store { return new(ttltest.Recorder) },
		"FailingStore": func(*testing.T) ttl.Store { return new(ttltest.FailingStore) },
		"GateStore": func(*testing.T) ttl.Store {
			g := new(ttltest.GateStore)
			g.Open()
			return g
		},
		"fileStore": func(t *testing.T) ttl.Store {
			t.Helper()
			return &fileStore{path: filepath.Join(t.TempDir(), "blob")}
		},
		"emptyIsAbsent": func(*testing.T) ttl.Store { return new(emptyIsAbsent) },
	}
	for name, newStore := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ttltest.RunStore(t, newStore)
			if err := ttltest.CheckStore(t.Context(), func() ttl.Store { return newStore(t) }); err != nil {
				t.Errorf("CheckStore = %v, want nil", err)
			}
		})
	}
}

// fileStore is a store as a program would write it: it ignores contexts.
type fileStore struct {
	mu   sync.Mutex
	path string
}

func (s *fileStore) Load(context.Context) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := os.ReadFile(s.path)
	if errors.Is(err, os.ErrNotExist) {
		err = ttl.ErrAbsent
	}
	return b, err
}

func (s *fileStore) Save(_ context.Context, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := os.WriteFile(s.path+".new", data, 0o600); err != nil {
		return err
	}
	return os.Rename(s.path+".new", s.path)
}

// emptyIsAbsent tells an empty blob from none no more than it has to.
type emptyIsAbsent struct{ ttl.MemStore }

func (s *emptyIsAbsent) Load(ctx context.Context) ([]byte, error) {
	b, err := s.MemStore.Load(ctx)
	if err == nil && len(b) == 0 {
		err = ttl.ErrAbsent
	}
	return b, err
}

// badStore is a MemStore with other methods in place of its own.
type badStore struct {
	ttl.MemStore
	load func(*ttl.MemStore, context.Context) ([]byte, error)
	save func(*ttl.MemStore, context.Context, []byte) error
}

func (s *badStore) Load(ctx context.Context) ([]byte, error) {
	if s.load == nil {
		return s.MemStore.Load(ctx)
	}
	return s.load(&s.MemStore, ctx)
}

func (s *badStore) Save(ctx context.Context, data []byte) error {
	if s.save == nil {
		return s.MemStore.Save(ctx, data)
	}
	return s.save(&s.MemStore, ctx, data)
}

// oldBufferStore reads into the same memory each time, but for what the clause
// about concurrency saves, where that would be a data race.
type oldBufferStore struct {
	ttl.MemStore
	buffer [100]byte
}

func (s *oldBufferStore) Load(ctx context.Context) ([]byte, error) {
	b, err := s.MemStore.Load(ctx)
	if err != nil || len(b) > len(s.buffer) || string(b) == "plain" {
		return b, err
	}
	return s.buffer[:copy(s.buffer[:], b)], nil
}

// mixingStore copies byte by byte and lets others in between.
type mixingStore struct {
	ttl.MemStore
	mu   sync.Mutex
	blob []byte
}

func (s *mixingStore) Save(ctx context.Context, data []byte) error {
	if err := s.MemStore.Save(ctx, data); err != nil {
		return err
	}
	s.mu.Lock()
	s.blob = nil
	s.mu.Unlock()
	for part := range bytes.SplitAfterSeq(data, []byte("c")) {
		s.mu.Lock()
		s.blob = append(s.blob, part...)
		s.mu.Unlock()
	}
	return nil
}

func (s *mixingStore) Load(ctx context.Context) ([]byte, error) {
	if b, err := s.MemStore.Load(ctx); err != nil || len(b) == 0 {
		return b, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.blob), nil
}

// heldStore keeps the context of its Save and forgets the blob with it.
type heldStore struct {
	ttl.MemStore
	mu   sync.Mutex
	held context.Context //nolint:containedctx // that is what is wrong with it
}

func (s *heldStore) Save(ctx context.Context, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = ctx
	return s.MemStore.Save(ctx, data)
}

func (s *heldStore) Load(ctx context.Context) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held != nil && s.held.Err() != nil {
		return nil, s.held.Err()
	}
	return s.MemStore.Load(ctx)
}

func TestBrokenStoresAreCaughtByName(t *testing.T) {
	t.Parallel()
	errOwn := errors.New("own error")
	tests := []struct {
		name  string
		store func() ttl.Store
		want  []string
	}{
		{"torn", func() ttl.Store { return new(ttltest.TornStore) }, []string{"load/last-saved"}},
		{"losing", func() ttl.Store { return new(ttltest.LosingStore) }, []string{"load/last-saved"}},
		{"stale", func() ttl.Store { return new(ttltest.StaleStore) }, []string{"load/last-saved"}},
		{"sharing", func() ttl.Store { return new(ttltest.SharingStore) }, []string{"load/owned", "save/copies"}},
		{"blind", func() ttl.Store { return new(ttltest.BlindStore) }, []string{"load/absent-only"}},
		{"nothing instead of absent", func() ttl.Store {
			return &badStore{load: func(m *ttl.MemStore, ctx context.Context) ([]byte, error) {
				b, err := m.Load(ctx)
				if errors.Is(err, ttl.ErrAbsent) {
					err = nil
				}
				return b, err
			}}
		}, []string{"load/absent"}},
		{"error of its own for absent", func() ttl.Store {
			return &badStore{load: func(m *ttl.MemStore, ctx context.Context) ([]byte, error) {
				b, err := m.Load(ctx)
				if errors.Is(err, ttl.ErrAbsent) {
					err = errOwn
				}
				return b, err
			}}
		}, []string{"load/absent"}},
		{"one medium for all", func() func() ttl.Store {
			one := new(ttl.MemStore)
			return func() ttl.Store { return one }
		}(), []string{"load/absent"}},
		{"one buffer", func() ttl.Store { return new(oldBufferStore) }, []string{"load/owned"}},
		{"error for empty", func() ttl.Store {
			return &badStore{load: func(m *ttl.MemStore, ctx context.Context) ([]byte, error) {
				b, err := m.Load(ctx)
				if err == nil && len(b) == 0 {
					err = errOwn
				}
				return b, err
			}}
		}, []string{"load/empty"}},
		{"looks inside", func() ttl.Store {
			return &badStore{load: func(m *ttl.MemStore, ctx context.Context) ([]byte, error) {
				b, err := m.Load(ctx)
				if err == nil && bytes.HasPrefix(b, []byte("\x89USTTL")) {
					_, err = ttl.DecodeEntry(b)
				}
				return b, err
			}}
		}, []string{"load/opaque"}},
		{"refuses empty", func() ttl.Store {
			return &badStore{save: func(m *ttl.MemStore, ctx context.Context, data []byte) error {
				if len(data) == 0 {
					return errOwn
				}
				return m.Save(ctx, data)
			}}
		}, []string{"save/empty"}},
		{"wipes what it was given", func() ttl.Store {
			return &badStore{save: func(m *ttl.MemStore, ctx context.Context, data []byte) error {
				err := m.Save(ctx, data)
				clear(bytes.TrimLeft(data, "abcdefghijklmnopqrstuvwxyz"))
				return err
			}}
		}, []string{"save/unmodified"}},
		{"writes behind what it was given", func() ttl.Store {
			return &badStore{save: func(m *ttl.MemStore, ctx context.Context, data []byte) error {
				_ = append(data, "CRC?"...) //nolint:gocritic // that is what is wrong with it
				return m.Save(ctx, data)
			}}
		}, []string{"save/unmodified"}},
		{"tears when cancelled", func() ttl.Store {
			return &badStore{save: func(m *ttl.MemStore, ctx context.Context, data []byte) error {
				if ctx.Err() != nil {
					_ = m.Save(context.WithoutCancel(ctx), data[:len(data)/2])
					return ctx.Err()
				}
				return m.Save(ctx, data)
			}}
		}, []string{"save/error"}},
		{"gone with the context", func() ttl.Store { return new(heldStore) }, []string{"save/error", "save/kept"}},
		{"error of its own when cancelled", func() ttl.Store {
			return &badStore{load: func(m *ttl.MemStore, ctx context.Context) ([]byte, error) {
				if ctx.Err() != nil {
					return nil, errOwn
				}
				return m.Load(ctx)
			}}
		}, []string{"cancelled"}},
		{"mixing", func() ttl.Store { return new(mixingStore) }, []string{"concurrent"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := ttltest.CheckStore(t.Context(), tt.store)
			if d := cmp.Diff(tt.want, broken(err)); d != "" {
				t.Errorf("CheckStore(%s): broken clauses (-want +got):\n%s\n%v", tt.name, d, err)
			}
		})
	}
}

// deafStore hangs, until it is let go, when its context is done.
type deafStore struct {
	ttl.MemStore
	letGo <-chan struct{}
}

func (s *deafStore) wait(ctx context.Context) {
	if ctx.Err() != nil {
		<-s.letGo
	}
}

func (s *deafStore) Load(ctx context.Context) ([]byte, error) {
	s.wait(ctx)
	return s.MemStore.Load(ctx)
}

func (s *deafStore) Save(ctx context.Context, data []byte) error {
	s.wait(ctx)
	return s.MemStore.Save(ctx, data)
}

// In a bubble the patience costs no time.
func TestStoreThatDoesNotReturnIsCaught(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		letGo := make(chan struct{})
		err := ttltest.CheckStore(t.Context(), func() ttl.Store { return &deafStore{letGo: letGo} })
		if d := cmp.Diff([]string{"cancelled"}, broken(err)); d != "" {
			t.Errorf("CheckStore: broken clauses (-want +got):\n%s\n%v", d, err)
		}
		close(letGo)
	})
}

func TestCheckUnreadable(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-6")
	unreadable := func() ttl.Store {
		s := new(ttltest.FailingStore)
		s.FailAll()
		return s
	}
	if err := ttltest.CheckUnreadable(t.Context(), unreadable); err != nil {
		t.Errorf("CheckUnreadable = %v, want nil", err)
	}
	blind := func() ttl.Store { return &ttltest.BlindStore{Store: unreadable()} }
	if err := ttltest.CheckUnreadable(t.Context(), blind); !cmp.Equal(broken(err), []string{"load/unreadable"}) || !errors.Is(err, ttl.ErrAbsent) {
		t.Errorf("CheckUnreadable(blind) = %v, want load/unreadable", err)
	}
	silent := func() ttl.Store {
		return &badStore{load: func(*ttl.MemStore, context.Context) ([]byte, error) { return nil, nil }}
	}
	if err := ttltest.CheckUnreadable(t.Context(), silent); !cmp.Equal(broken(err), []string{"load/unreadable"}) {
		t.Errorf("CheckUnreadable(silent) = %v, want load/unreadable", err)
	}
}

func TestCheckReopened(t *testing.T) {
	t.Parallel()
	file := func() func() ttl.Store {
		path := filepath.Join(t.TempDir(), "blob")
		return func() ttl.Store { return &fileStore{path: path} }
	}
	if err := ttltest.CheckReopened(t.Context(), file); err != nil {
		t.Errorf("CheckReopened(file) = %v, want nil", err)
	}
	memory := func() func() ttl.Store {
		return func() ttl.Store { return new(ttl.MemStore) }
	}
	if err := ttltest.CheckReopened(t.Context(), memory); !cmp.Equal(broken(err), []string{"save/reopened"}) {
		t.Errorf("CheckReopened(memory) = %v, want save/reopened", err)
	}
}
