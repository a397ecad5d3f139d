package wusptest

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/updatescan/updatescan/wsus/wusp"
)

// States is a [wusp.StateStore] in memory: what a client keeps over a restart. The
// zero States is empty. It is safe for concurrent use but for Data, and must not be
// copied after first use.
type States struct {
	// Data are the stored states by their keys, to be looked at and damaged while
	// nobody uses the store.
	Data map[string][]byte

	mu sync.Mutex
}

var _ wusp.StateStore = (*States)(nil)

// Load returns a copy of what was saved last under the key, nil when nothing was.
func (s *States) Load(_ context.Context, key string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.Data[key]), nil
}

// Save keeps a copy of the data under the key.
func (s *States) Save(_ context.Context, key string, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Data == nil {
		s.Data = make(map[string][]byte)
	}
	s.Data[strings.Clone(key)] = slices.Clone(data)
	return nil
}
