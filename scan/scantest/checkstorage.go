package scantest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/updatescan/updatescan/internal/contract"
	"github.com/updatescan/updatescan/scan"
)

// Reopener is a [scan.Storage] that can be opened again, as after a power-off:
// what it has in memory is lost, what it has stored is there.
type Reopener interface {
	Reopen(ctx context.Context) (scan.Storage, error)
}

// CheckStorage checks a [scan.Storage] against its contract and returns all
// breaches, joined, each a [*ClauseError] that names the clause. newStorage
// returns a new, empty storage each time. If the context ends its error is
// returned.
//
// One that is a [Reopener] is opened again too. Green does not prove that a
// commit survives a power-off where it is not, nor that a power-off in the
// middle of a commit leaves all of it or nothing: only contexts are ended in
// the middle here.
func CheckStorage(ctx context.Context, newStorage func() scan.Storage) error {
	return contract.Check(ctx, "scantest", storageClauses(), newStorage)
}

// RunStorage is [CheckStorage] with one subtest a clause, named by its id, so
// that a clause can be left out with -skip.
func RunStorage(t *testing.T, newStorage func(*testing.T) scan.Storage) {
	t.Helper()
	contract.Run(t, "scantest", storageClauses(), newStorage)
}

// storageClauses is the contract of scan.Storage, clause by clause.
func storageClauses() []contract.Clause[scan.Storage] {
	return []contract.Clause[scan.Storage]{
		{ID: "new-is-empty", Rule: "", Says: "Load returns no blobs for a client that is new", Check: checkEmpty},
		{ID: "returns-commits", Rule: "DIFF-9", Says: "Load returns the blobs of the last commits", Check: checkReturns},
		{ID: "part-once", Rule: "", Says: "Load returns each part at most once", Check: checkOnce},
		{ID: "replaces", Rule: "", Says: "Commit replaces the named parts", Check: checkReplaces},
		{ID: "nil-removes", Rule: "", Says: "Commit removes parts whose Data is nil, and only these", Check: checkRemoves},
		{ID: "others-stay", Rule: "DIFF-9", Says: "parts that are not named stay as they are", Check: checkOthers},
		{ID: "all-or-nothing", Rule: "DIFF-9", Says: "Commit replaces all parts or, with an error, none", Check: checkAtomic},
		{ID: "copies-in", Rule: "", Says: "Data is copied if it is kept", Check: checkCopiesIn},
		{ID: "copies-out", Rule: "", Says: "the caller of Load owns the data", Check: checkCopiesOut},
		{ID: "context", Rule: "", Says: "both methods return ctx.Err when ctx ends first", Check: checkContext},
		{ID: "survives", Rule: "DIFF-9", Says: "when Commit returns nil the change survives a power-off", Check: checkSurvives},
	}
}

// blobs are the four parts with data that tells a generation from another.
func blobs(generation int, parts ...scan.Part) []scan.Blob {
	if len(parts) == 0 {
		parts = []scan.Part{scan.PartMachine, scan.PartBaseline, scan.PartOutbox, scan.PartMetadata}
	}
	var list []scan.Blob
	for _, p := range parts {
		data := []byte(fmt.Sprintf("\x00\xff %v, generation %d\r\n", p, generation))
		if p == scan.PartMetadata { // it is large
			data = bytes.Repeat(data, 5000+generation)
		}
		list = append(list, scan.Blob{Part: p, Data: data})
	}
	return list
}

// expect loads and compares.
func expect(ctx context.Context, s scan.Storage, want []scan.Blob) error {
	got, err := s.Load(ctx)
	if err != nil {
		return fmt.Errorf("Load = %w", err)
	}
	return sameBlobs(got, want)
}

// sameBlobs compares blobs in any order.
func sameBlobs(got, want []scan.Blob) error {
	found := map[scan.Part][]byte{}
	for _, b := range got {
		if b.Data != nil {
			found[b.Part] = b.Data
		}
	}
	for _, w := range want {
		data, ok := found[w.Part]
		if !ok {
			return fmt.Errorf("there is no part %v", w.Part)
		}
		if !bytes.Equal(data, w.Data) {
			return fmt.Errorf("part %v is %.60q, want %.60q", w.Part, data, w.Data)
		}
		delete(found, w.Part)
	}
	for p, data := range found {
		return fmt.Errorf("part %v is %.60q, want none", p, data)
	}
	return nil
}

// commit commits what must succeed.
func commit(ctx context.Context, s scan.Storage, list []scan.Blob) error {
	if err := s.Commit(ctx, list); err != nil {
		return fmt.Errorf("Commit = %w", err)
	}
	return nil
}

func checkEmpty(ctx context.Context, newStorage func() scan.Storage) error {
	return expect(ctx, newStorage(), nil)
}

func checkReturns(ctx context.Context, newStorage func() scan.Storage) error {
	s := newStorage()
	want := blobs(1)
	want[2].Data = []byte{} // empty is not nil
	if err := commit(ctx, s, want); err != nil {
		return err
	}
	if err := expect(ctx, s, want); err != nil {
		return err
	}
	return expect(ctx, s, want) // and again
}

func checkOnce(ctx context.Context, newStorage func() scan.Storage) error {
	s := newStorage()
	for i := range 3 {
		if err := commit(ctx, s, blobs(i)); err != nil {
			return err
		}
	}
	got, err := s.Load(ctx)
	if err != nil {
		return fmt.Errorf("Load = %w", err)
	}
	seen := map[scan.Part]bool{}
	for _, b := range got {
		if seen[b.Part] {
			return fmt.Errorf("part %v is there twice", b.Part)
		}
		seen[b.Part] = true
	}
	return nil
}

func checkReplaces(ctx context.Context, newStorage func() scan.Storage) error {
	s := newStorage()
	for i := range 3 {
		if err := commit(ctx, s, blobs(3-i)); err != nil { // longer first
			return err
		}
		if err := expect(ctx, s, blobs(3-i)); err != nil {
			return err
		}
	}
	return nil
}

func checkRemoves(ctx context.Context, newStorage func() scan.Storage) error {
	s := newStorage()
	if err := commit(ctx, s, blobs(1)); err != nil {
		return err
	}
	removal := []scan.Blob{{Part: scan.PartBaseline}, {Part: scan.PartMetadata}}
	for range 2 { // what is not there can be removed
		if err := commit(ctx, s, removal); err != nil {
			return err
		}
		if err := expect(ctx, s, blobs(1, scan.PartMachine, scan.PartOutbox)); err != nil {
			return err
		}
	}
	return nil
}

func checkOthers(ctx context.Context, newStorage func() scan.Storage) error {
	for p := range scan.Parts() {
		s := newStorage()
		if err := commit(ctx, s, blobs(1)); err != nil {
			return err
		}
		if err := commit(ctx, s, blobs(2, p)); err != nil {
			return err
		}
		want := blobs(1)
		want[p-1] = blobs(2, p)[0]
		if err := expect(ctx, s, want); err != nil {
			return fmt.Errorf("after a commit of %v alone: %w", p, err)
		}
	}
	return nil
}

// cutContext is a context that ends after it was asked so many times whether
// it has: a deterministic end in the middle of a call.
type cutContext struct {
	context.Context //nolint:containedctx // it is one
	left            atomic.Int64
	cancel          context.CancelFunc
}

// cutAfter returns a context that ends when it has been asked n times.
func cutAfter(ctx context.Context, n int) *cutContext {
	c := new(cutContext)
	c.left.Store(int64(n))
	c.Context, c.cancel = context.WithCancel(ctx)
	c.ask()
	return c
}

func (c *cutContext) ask() {
	if c.left.Add(-1) < 0 {
		c.cancel()
	}
}

// Err implements [context.Context].
func (c *cutContext) Err() error {
	c.ask()
	return c.Context.Err()
}

// Done implements [context.Context].
func (c *cutContext) Done() <-chan struct{} {
	c.ask()
	return c.Context.Done()
}

func checkAtomic(ctx context.Context, newStorage func() scan.Storage) error {
	s := newStorage()
	have := blobs(0)
	if err := commit(ctx, s, have); err != nil {
		return err
	}
	for i := 1; i <= 24; i++ {
		cut := cutAfter(ctx, (i-1)/2)
		next := blobs(i)
		if i%2 == 0 {
			next[i%4].Data = nil
		}
		err := s.Commit(cut, next) //nolint:contextcheck // it is made of ctx
		cut.cancel()
		if err == nil {
			have = nil
			for _, b := range next {
				if b.Data != nil {
					have = append(have, b)
				}
			}
		}
		if wrong := expect(ctx, s, have); wrong != nil {
			return fmt.Errorf("after a commit that returned %w: %w", orNil(err), wrong)
		}
	}
	return nil
}

// orNil is an error that says nil for none.
func orNil(err error) error {
	if err == nil {
		return errors.New("nil")
	}
	return err
}

func checkCopiesIn(ctx context.Context, newStorage func() scan.Storage) error {
	s := newStorage()
	list := blobs(1)
	if err := commit(ctx, s, list); err != nil {
		return err
	}
	for i := range list {
		clear(list[i].Data)
		list[i].Part = 0
	}
	return expect(ctx, s, blobs(1))
}

func checkCopiesOut(ctx context.Context, newStorage func() scan.Storage) error {
	s := newStorage()
	if err := commit(ctx, s, blobs(1)); err != nil {
		return err
	}
	got, err := s.Load(ctx)
	if err != nil {
		return fmt.Errorf("Load = %w", err)
	}
	for i := range got {
		clear(got[i].Data)
		_ = append(got[i].Data, 'x')
	}
	return expect(ctx, s, blobs(1))
}

func checkContext(ctx context.Context, newStorage func() scan.Storage) error {
	s := newStorage()
	if err := commit(ctx, s, blobs(1)); err != nil {
		return err
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	late, stop := context.WithDeadline(ctx, time.Unix(0, 0))
	defer stop()
	if err := errors.Join(refuses(cancelled, s), refuses(late, s)); err != nil {
		return err
	}
	return expect(ctx, s, blobs(1))
}

// refuses checks both methods with a context that has ended.
func refuses(ended context.Context, s scan.Storage) error {
	if _, err := s.Load(ended); !errors.Is(err, ended.Err()) {
		return fmt.Errorf("Load with a context that has ended: %w, want %w", orNil(err), ended.Err())
	}
	if err := s.Commit(ended, blobs(2)); !errors.Is(err, ended.Err()) {
		return fmt.Errorf("Commit with a context that has ended: %w, want %w", orNil(err), ended.Err())
	}
	return nil
}

func checkSurvives(ctx context.Context, newStorage func() scan.Storage) error {
	s := newStorage()
	var want []scan.Blob
	for i := range 3 {
		r, ok := s.(Reopener)
		if !ok {
			return nil // it cannot be opened again
		}
		next, err := r.Reopen(ctx)
		if err != nil {
			return fmt.Errorf("Reopen = %w", err)
		}
		s = next
		if err := expect(ctx, s, want); err != nil {
			return fmt.Errorf("after it was opened again: %w", err)
		}
		want = blobs(i + 1)
		if err := commit(ctx, s, want); err != nil {
			return err
		}
	}
	return nil
}
