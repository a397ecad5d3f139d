package ttl

import (
	"bytes"
	"context"
	"sync"
)

// Store keeps one blob, the stored form of an [Entry] or nothing. A file, a
// row or [MemStore] can be one.
//
// Concurrency: a [Cache] makes one call at a time, but a Store that is shared
// by several must be safe for concurrent use, and a Load beside a Save must
// give the old blob or the new one, never a mixture.
//
// Blocking: both methods may block. They should return soon after the context
// is cancelled, with its error.
type Store interface {
	// Load returns the blob last saved. The caller owns it: the Store must
	// not change it afterwards. When none was ever saved, the error is or
	// wraps ErrAbsent; when the last one saved was empty, it may be that or
	// an empty blob. Load must not return ErrAbsent for any other reason:
	// that nothing could be read does not mean that nothing is there. It does
	// not look into the blob and reports damage only of its own medium.
	Load(ctx context.Context) ([]byte, error)

	// Save replaces the blob whole or not at all, even across a crash. nil
	// means that the new blob is durable. An error means that it is not in
	// place, or, where that cannot be known, that a later Load gives either
	// the old blob or the new one. The blob may be empty. It belongs to the
	// caller: the Store must not modify it, and must copy what it retains.
	Save(ctx context.Context, data []byte) error
}

// MemStore is a [Store] in memory. The zero MemStore is empty and ready to
// use. It is safe for concurrent use and must not be copied after first use.
type MemStore struct {
	mu    sync.Mutex
	blob  []byte
	saved bool
}

// Load returns a copy of the blob last saved, [ErrAbsent] when none was, or
// the error of a context that is done.
func (m *MemStore) Load(ctx context.Context) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.saved {
		return nil, ErrAbsent
	}
	return bytes.Clone(m.blob), nil
}

// Save keeps a copy of data. Its only error is that of a context that is
// done, and then it keeps what it had.
func (m *MemStore) Save(ctx context.Context, data []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	blob := bytes.Clone(data)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.blob, m.saved = blob, true
	return nil
}
