package ttltest

import (
	"bytes"
	"context"
	"sync"

	"github.com/updatescan/updatescan/ttl"
)

// The stores of this file break the contract of [ttl.Store], one sentence
// each. What is kept on them must survive that: a [ttl.Cache] finds a torn
// blob by its checksum. The zero value of each is empty and ready to use;
// they are safe for concurrent use and must not be copied after first use.

// TornStore keeps only the first half of what is saved and says nothing of
// it, as a power failure between two writes does.
type TornStore struct{ mem ttl.MemStore }

// Load returns what is left of the blob last saved.
func (s *TornStore) Load(ctx context.Context) ([]byte, error) { return s.mem.Load(ctx) }

// Save keeps half.
func (s *TornStore) Save(ctx context.Context, data []byte) error {
	return s.mem.Save(ctx, data[:len(data)/2])
}

// LosingStore says that it saved and keeps nothing, as a cache that was never
// flushed does.
type LosingStore struct{ mem ttl.MemStore }

// Load returns [ttl.ErrAbsent].
func (s *LosingStore) Load(ctx context.Context) ([]byte, error) { return s.mem.Load(ctx) }

// Save does nothing.
func (s *LosingStore) Save(ctx context.Context, _ []byte) error { return ctx.Err() }

// StaleStore gives the blob before the last one, as a replica that lags does.
type StaleStore struct {
	mem   ttl.MemStore
	mu    sync.Mutex
	last  []byte
	saved bool
}

// Load returns the blob that was saved before the last one, [ttl.ErrAbsent]
// when there was none.
func (s *StaleStore) Load(ctx context.Context) ([]byte, error) { return s.mem.Load(ctx) }

// Save makes the blob last saved visible, and keeps this one for later.
func (s *StaleStore) Save(ctx context.Context, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.saved {
		if err := s.mem.Save(ctx, s.last); err != nil {
			return err
		}
	}
	s.last, s.saved = bytes.Clone(data), true
	return ctx.Err()
}

// SharingStore copies nothing: it keeps the blob of its caller and hands it
// out to others.
type SharingStore struct {
	mu    sync.Mutex
	blob  []byte
	saved bool
}

// Load returns the blob last saved itself.
func (s *SharingStore) Load(ctx context.Context) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.saved {
		return nil, ttl.ErrAbsent
	}
	return s.blob, nil
}

// Save keeps the blob itself.
func (s *SharingStore) Save(ctx context.Context, data []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blob, s.saved = data, true
	return nil
}

// BlindStore takes what it cannot read for absent, as code that ignores the
// kind of an error does.
type BlindStore struct {
	// Store does the work, and fails; nil is a [ttl.MemStore] of its own,
	// which fails when the context is done.
	Store ttl.Store

	behind behind
}

// Load returns [ttl.ErrAbsent] for every error.
func (s *BlindStore) Load(ctx context.Context) ([]byte, error) {
	b, err := s.behind.or(s.Store).Load(ctx)
	if err != nil {
		return nil, ttl.ErrAbsent
	}
	return b, nil
}

// Save saves.
func (s *BlindStore) Save(ctx context.Context, data []byte) error {
	return s.behind.or(s.Store).Save(ctx, data)
}
