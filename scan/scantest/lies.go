package scantest

import (
	"bytes"
	"context"
	"slices"
	"sync"

	"github.com/updatescan/updatescan/scan"
)

// BrokenStorage is a [scan.Storage] in memory that breaks one clause of the
// contract, by the clause's id; see [CheckStorage]. It is for testing that a
// test notices. For an id that is none it breaks nothing. It is a [Reopener],
// and safe for concurrent use.
func BrokenStorage(clause string) scan.Storage { return &liar{lie: clause} }

type liar struct {
	mu    sync.Mutex
	lie   string
	blobs []scan.Blob
}

// Reopen implements [Reopener].
func (s *liar) Reopen(ctx context.Context) (scan.Storage, error) {
	if s.lie == "survives" {
		return &liar{lie: s.lie}, ctx.Err()
	}
	return s, ctx.Err()
}

// Load implements [scan.Storage].
func (s *liar) Load(ctx context.Context) ([]scan.Blob, error) {
	if err := ctx.Err(); err != nil && s.lie != "context" {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lie == "copies-out" {
		return s.blobs, nil
	}
	if s.lie == "new-is-empty" && len(s.blobs) == 0 {
		return []scan.Blob{{Part: scan.PartMachine, Data: []byte{}}}, nil
	}
	var list []scan.Blob
	for _, b := range s.blobs {
		data := bytes.Clone(b.Data)
		if s.lie == "returns-commits" && len(data) == 0 {
			data = nil // it cannot tell empty from none
		}
		list = append(list, scan.Blob{Part: b.Part, Data: data})
	}
	return list, nil
}

// Commit implements [scan.Storage].
func (s *liar) Commit(ctx context.Context, blobs []scan.Blob) error {
	if err := ctx.Err(); err != nil && s.lie != "context" && s.lie != "all-or-nothing" {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lie == "others-stay" {
		s.blobs = nil
	}
	for _, b := range blobs {
		if err := ctx.Err(); err != nil && s.lie == "all-or-nothing" {
			return err // those before are stored
		}
		s.put(b)
	}
	return nil
}

// put stores one blob.
func (s *liar) put(b scan.Blob) {
	at := slices.IndexFunc(s.blobs, func(o scan.Blob) bool { return o.Part == b.Part })
	if b.Data == nil {
		if at >= 0 && s.lie != "nil-removes" {
			s.blobs = slices.Delete(s.blobs, at, at+1)
		}
		return
	}
	if s.lie != "copies-in" {
		b.Data = append([]byte{}, b.Data...)
	}
	if at < 0 || s.lie == "part-once" {
		s.blobs = append([]scan.Blob{b}, s.blobs...)
		return
	}
	if s.lie != "replaces" {
		s.blobs[at] = b
	}
}
