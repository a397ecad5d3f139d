package metadata

import "strings"

// Sizes of the chunks that the arenas hand out pieces of, in elements; a
// reader starts with the first and doubles up to the second, so that one
// small document does not pay for a catalogue.
const (
	firstChunk = 32
	lastChunk  = 4096
)

// Sizes of the string chunks, in bytes.
const (
	firstText = 1 << 10
	lastText  = 64 << 10
)

// Bounds of the table of strings seen before.
const (
	// maxInterned is the number of strings kept in the table.
	maxInterned = 1 << 16
	// maxInternedBytes is the length of the longest string kept in it.
	maxInternedBytes = 1 << 10
)

// arena hands out exact slices cut from shared chunks: one allocation for
// many small slices that live as long as each other. The slices have no spare
// capacity, so appending to one never writes into its neighbour.
type arena[T any] struct {
	free []T
	size int
}

// take returns a zeroed slice of n elements; nil when n is 0.
func (a *arena[T]) take(n int) []T {
	if n == 0 {
		return nil
	}
	if n > len(a.free) {
		a.size = min(max(firstChunk, 2*a.size), lastChunk)
		a.free = make([]T, max(n, a.size))
	}
	out := a.free[:n:n]
	a.free = a.free[n:]
	return out
}

// clone returns a copy of src cut from the arena; nil when src is empty.
func (a *arena[T]) clone(src []T) []T {
	out := a.take(len(src))
	copy(out, src)
	return out
}

// join returns two slices one after the other, without copying when one of
// them is empty. The result is nil only when both are.
func (a *arena[T]) join(first, second []T) []T {
	if len(second) == 0 && first != nil {
		return first
	}
	if len(first) == 0 {
		return second
	}
	out := a.take(len(first) + len(second))
	copy(out[copy(out, first):], second)
	return out
}

// texts makes strings of bytes: each distinct string once, cut from shared
// chunks.
type texts struct {
	seen  map[string]string
	chunk *strings.Builder
	size  int
}

// intern returns the string of b, the same one for the same bytes while the
// table has room.
func (s *texts) intern(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if len(b) > maxInternedBytes {
		return string(b)
	}
	if old, ok := s.seen[string(b)]; ok {
		return old
	}
	out := s.copy(b)
	if len(s.seen) < maxInterned {
		if s.seen == nil {
			s.seen = make(map[string]string, 64)
		}
		s.seen[out] = out
	}
	return out
}

// copy returns the string of b, cut from the current chunk when it is short.
func (s *texts) copy(b []byte) string {
	if len(b) > maxInternedBytes {
		return string(b)
	}
	if s.chunk == nil || s.chunk.Cap()-s.chunk.Len() < len(b) {
		s.size = min(max(firstText, 2*s.size), lastText)
		s.chunk = new(strings.Builder)
		s.chunk.Grow(max(s.size, len(b)))
	}
	// What a builder has once written never changes, and within its capacity
	// it never moves: earlier strings stay valid.
	start := s.chunk.Len()
	s.chunk.Write(b)
	return s.chunk.String()[start:]
}
