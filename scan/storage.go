package scan

import (
	"context"
	"fmt"
	"iter"
	"sync"
)

// Part is one of the four pieces of what a client remembers. The zero value
// is invalid.
type Part uint8

const (
	// PartMachine is the workflow: policy, schedules with their drawn
	// delays, scans that wait or run, the stamp of the stored metadata, the
	// timetable of bulk sending. It is small.
	PartMachine Part = 1 + iota
	// PartBaseline is the last recorded compliance states.
	PartBaseline
	// PartOutbox is the state messages and the serial numbers.
	PartOutbox
	// PartMetadata is the stored metadata with its stamp.
	PartMetadata
)

func (p Part) token() string {
	switch p {
	case PartMachine:
		return "machine"
	case PartBaseline:
		return "baseline"
	case PartOutbox:
		return "outbox"
	case PartMetadata:
		return "metadata"
	}
	return ""
}

// Valid reports whether p is one of the parts.
func (p Part) Valid() bool { return p.token() != "" }

// Parts iterates over the parts in the order of their numbers.
func Parts() iter.Seq[Part] {
	return func(yield func(Part) bool) {
		for p := PartMachine; p <= PartMetadata; p++ {
			if !yield(p) {
				return
			}
		}
	}
}

// ParsePart parses a part's text form, exactly.
func ParsePart(s string) (Part, error) { return enumParse(s, PartMetadata, "part") }

// String returns the text form, or "Part(9)" for an invalid part.
func (p Part) String() string { return enumString(p, "Part") }

// AppendText appends the text form; an invalid part is an error.
func (p Part) AppendText(b []byte) ([]byte, error) { return enumAppend(b, p, "part") }

// MarshalText returns the text form as [Part.AppendText] does.
func (p Part) MarshalText() ([]byte, error) { return p.AppendText(nil) }

// UnmarshalText parses the text form, exactly.
func (p *Part) UnmarshalText(text []byte) error {
	v, err := ParsePart(string(text))
	if err != nil {
		return err
	}
	*p = v
	return nil
}

// Blob is the stored form of one part.
type Blob struct {
	// Part says which.
	Part Part
	// Data is its stored form; nil means that there is none.
	Data []byte
}

// Storage keeps what a client remembers across restarts: a few named blobs
// that change together. One client has one storage, and no two agents may use
// it at once.
//
// An agent calls one method at a time; an implementation that others use too
// must be safe for concurrent use. Both methods may block, and return
// ctx.Err, wrapped or not, when ctx ends first.
type Storage interface {
	// Load returns the blobs of the last commits, each part at most once, in
	// any order; none for a client that is new. The caller owns the data.
	Load(ctx context.Context) ([]Blob, error)
	// Commit replaces the named parts, and removes those whose Data is nil:
	// all of them or, with an error, none of them (DIFF-9). When it returns
	// nil the change survives a power-off. Parts that are not named stay as
	// they are. Data must be copied if it is kept.
	Commit(ctx context.Context, blobs []Blob) error
}

// MemStorage is a [Storage] in memory. Its zero value is empty and ready for
// use. It is safe for concurrent use; it forgets everything when the process
// ends.
type MemStorage struct {
	mu      sync.Mutex
	blobs   map[Part][]byte
	commits int
}

// Load implements [Storage].
func (s *MemStorage) Load(ctx context.Context) ([]Blob, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var blobs []Blob
	for p := range Parts() {
		if data, ok := s.blobs[p]; ok {
			blobs = append(blobs, Blob{Part: p, Data: append([]byte{}, data...)})
		}
	}
	return blobs, nil
}

// Commit implements [Storage].
func (s *MemStorage) Commit(ctx context.Context, blobs []Blob) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, b := range blobs {
		if !b.Part.Valid() {
			return fmt.Errorf("scan: commit: unknown part %d", uint8(b.Part))
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.blobs == nil {
		s.blobs = make(map[Part][]byte)
	}
	for _, b := range blobs {
		if b.Data == nil {
			delete(s.blobs, b.Part)
			continue
		}
		s.blobs[b.Part] = append([]byte{}, b.Data...)
	}
	s.commits++
	return nil
}

// Commits returns the number of commits that succeeded.
func (s *MemStorage) Commits() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.commits
}
