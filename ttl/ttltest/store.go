package ttltest

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/updatescan/updatescan/ttl"
)

// ErrInjected is the error of a [FailingStore] that was given no other.
var ErrInjected = errors.New("ttltest: injected failure")

// behind is the store behind a fake: the one given, or one of its own.
type behind struct{ own ttl.MemStore }

func (b *behind) or(given ttl.Store) ttl.Store {
	if given != nil {
		return given
	}
	return &b.own
}

// Recorder is a store that counts calls and keeps what was saved. The zero
// Recorder is empty and ready to use. It is safe for concurrent use and must
// not be copied after first use.
type Recorder struct {
	// Store does the work; nil is a [ttl.MemStore] of its own.
	Store ttl.Store

	behind behind
	mu     sync.Mutex
	loads  int
	saved  [][]byte
}

// Load counts and loads.
func (r *Recorder) Load(ctx context.Context) ([]byte, error) {
	r.mu.Lock()
	r.loads++
	r.mu.Unlock()
	return r.behind.or(r.Store).Load(ctx)
}

// Save counts, keeps a copy and saves.
func (r *Recorder) Save(ctx context.Context, data []byte) error {
	r.mu.Lock()
	r.saved = append(r.saved, bytes.Clone(data))
	r.mu.Unlock()
	return r.behind.or(r.Store).Save(ctx, data)
}

// Loads is the number of calls of Load.
func (r *Recorder) Loads() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.loads
}

// Saves is the number of calls of Save, failed ones too.
func (r *Recorder) Saves() int { return len(r.Saved()) }

// Calls is the number of all calls.
func (r *Recorder) Calls() int { return r.Loads() + r.Saves() }

// Saved are copies of the blobs that Save was called with, in their order.
// The blobs must not be modified.
func (r *Recorder) Saved() [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.saved)
}

// FailingStore is a store of which chosen calls fail. The zero FailingStore
// is empty and fails at nothing. It is safe for concurrent use and must not
// be copied after first use.
type FailingStore struct {
	// Store does the work; nil is a [ttl.MemStore] of its own.
	Store ttl.Store
	// Err is what a failing call returns; nil is [ErrInjected].
	Err error
	// Late says that a Save that fails has saved nevertheless, as a Store
	// may.
	Late bool

	behind      behind
	mu          sync.Mutex
	calls       int
	first, last int // the calls that fail; the first call is 1, 0 is none
}

// FailCall makes the n-th call fail, and no other; the first call ever made
// is 1.
func (f *FailingStore) FailCall(n int) { f.fail(n, n) }

// FailNext makes the next call fail, and none after it.
func (f *FailingStore) FailNext() {
	n := f.Calls() + 1
	f.fail(n, n)
}

// FailAll makes every call fail from now on.
func (f *FailingStore) FailAll() { f.fail(1, int(^uint(0)>>1)) }

// Heal makes no call fail any more.
func (f *FailingStore) Heal() { f.fail(0, 0) }

func (f *FailingStore) fail(first, last int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.first, f.last = first, last
}

// Calls is the number of calls that were made, failed ones too.
func (f *FailingStore) Calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

// next counts a call and returns its error, nil if it is not to fail.
func (f *FailingStore) next() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	if f.calls < f.first || f.calls > f.last {
		return nil
	}
	if f.Err != nil {
		return f.Err
	}
	return ErrInjected
}

// Load fails or loads.
func (f *FailingStore) Load(ctx context.Context) ([]byte, error) {
	if err := f.next(); err != nil {
		return nil, err
	}
	return f.behind.or(f.Store).Load(ctx)
}

// Save fails or saves, or both.
func (f *FailingStore) Save(ctx context.Context, data []byte) error {
	err := f.next()
	if err == nil || f.Late {
		err = errors.Join(err, f.behind.or(f.Store).Save(ctx, data))
	}
	return err
}

// GateStore is a store whose calls hang until it is opened, or until their
// context ends, whose error they then return: a slow disk, or one that is
// gone. The zero GateStore is empty and shut. It is safe for concurrent use
// and must not be copied after first use.
type GateStore struct {
	// Store does the work behind the gate; nil is a [ttl.MemStore] of its own.
	Store ttl.Store

	behind behind
	once   sync.Once
	opened sync.Once
	gate   chan struct{}
}

// Open lets all calls through, those that hang and those to come. It may be
// called again.
func (g *GateStore) Open() { g.opened.Do(func() { close(g.made()) }) }

// made is the gate. It is made late, so that the zero value is of use, and so
// that it belongs to the synctest bubble in which it is first used.
func (g *GateStore) made() chan struct{} {
	g.once.Do(func() { g.gate = make(chan struct{}) })
	return g.gate
}

func (g *GateStore) wait(ctx context.Context) error {
	select {
	case <-g.made():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Load waits and loads.
func (g *GateStore) Load(ctx context.Context) ([]byte, error) {
	if err := g.wait(ctx); err != nil {
		return nil, err
	}
	return g.behind.or(g.Store).Load(ctx)
}

// Save waits and saves.
func (g *GateStore) Save(ctx context.Context, data []byte) error {
	if err := g.wait(ctx); err != nil {
		return err
	}
	return g.behind.or(g.Store).Save(ctx, data)
}
