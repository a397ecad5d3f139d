package ttltest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/updatescan/updatescan/ttl"
)

// This file holds the checks of the clauses, in the order of their table.

func loadAbsent(ctx context.Context, newStore func() ttl.Store) error {
	// The second must not know what the first was given.
	for range 2 {
		s := newStore()
		if b, err := s.Load(ctx); !errors.Is(err, ttl.ErrAbsent) {
			return fmt.Errorf("Load() of a new store = %s, %w, want ErrAbsent", show(b), orNil(err))
		}
		_ = s.Save(ctx, []byte("other")) // whether it can is another clause
	}
	return nil
}

// errNil stands for no error where an error is wrapped.
var errNil = errors.New("<nil>")

func orNil(err error) error {
	if err == nil {
		return errNil
	}
	return err
}

func loadLastSaved(ctx context.Context, newStore func() ttl.Store) error {
	s := newStore()
	for _, blob := range blobs() {
		if len(blob) == 0 {
			continue // another clause
		}
		if err := save(ctx, s, bytes.Clone(blob)); err != nil {
			return err
		}
		for range 2 {
			if err := loads(ctx, s, blob); err != nil {
				return err
			}
		}
	}
	return nil
}

func loadOwned(ctx context.Context, newStore func() ttl.Store) error {
	s := newStore()
	if !keeps(ctx, s) {
		return nil // another clause says so
	}
	if err := save(ctx, s, []byte("first")); err != nil {
		return err
	}
	b, err := s.Load(ctx)
	if err != nil {
		return fmt.Errorf("Load() = %w, want first", err)
	}
	for _, next := range []string{"other", "more than that"} {
		if err := save(ctx, s, []byte(next)); err != nil {
			return err
		}
		_, _ = s.Load(ctx)
		if string(b) != "first" {
			return fmt.Errorf("what Load returned became %s after Save(%q)", show(b), next)
		}
	}
	b, _ = s.Load(ctx)
	clear(b)
	return loads(ctx, s, []byte("more than that"))
}

func loadEmpty(ctx context.Context, newStore func() ttl.Store) error {
	s := newStore()
	for _, empty := range [][]byte{nil, {}} {
		if !keeps(ctx, s) || !saves(ctx, s, empty) {
			return nil // another clause says so
		}
		if err := loads(ctx, s, empty); err != nil {
			return err
		}
	}
	return nil
}

func loadAbsentOnly(ctx context.Context, newStore func() ttl.Store) error {
	s := newStore()
	if !keeps(ctx, s) {
		return nil // another clause says so
	}
	done, cancel := context.WithCancel(ctx)
	cancel()
	_, err := soon(ctx, func() error { _, err := s.Load(done); return err })
	if errors.Is(err, ttl.ErrAbsent) {
		return fmt.Errorf("Load() with a cancelled context = %w, and a blob is stored", err)
	}
	return nil
}

func loadOpaque(ctx context.Context, newStore func() ttl.Store) error {
	entry := ttl.AppendEntry(nil, ttl.Entry{Stamp: ttl.NewStamp(FirstInside(), 1), Data: []byte("data")})
	damaged := bytes.Clone(entry)
	damaged[len(damaged)-1] ^= 1
	s := newStore()
	for _, blob := range [][]byte{entry, damaged, entry[:9], []byte("<?xml version=\"1.0\"?>"), make([]byte, 100)} {
		if !keeps(ctx, s) {
			return nil // another clause says so
		}
		if err := save(ctx, s, bytes.Clone(blob)); err != nil {
			return err
		}
		if err := loads(ctx, s, blob); err != nil {
			return err
		}
	}
	return nil
}

func saveEmpty(ctx context.Context, newStore func() ttl.Store) error {
	return errors.Join(save(ctx, newStore(), nil), save(ctx, newStore(), []byte{}))
}

func saveUnmodified(ctx context.Context, newStore func() ttl.Store) error {
	s := newStore()
	for _, blob := range blobs() {
		// Room behind the blob is the caller's too.
		given := append(make([]byte, 0, len(blob)+8), blob...)
		copy(given[len(blob):cap(given)], "untouched")
		before := bytes.Clone(given[:cap(given)])
		_ = s.Save(ctx, given) // whether it can is another clause
		_, _ = s.Load(ctx)
		if after := given[:cap(given)]; !bytes.Equal(before, after) {
			return fmt.Errorf("Save(%s) made the blob, with the room behind it, %s", show(blob), show(after))
		}
	}
	return nil
}

func saveCopies(ctx context.Context, newStore func() ttl.Store) error {
	s := newStore()
	if !keeps(ctx, s) {
		return nil // another clause says so
	}
	given := []byte("given")
	if err := save(ctx, s, given); err != nil {
		return err
	}
	copy(given, "GIVEN")
	if err := loads(ctx, s, []byte("given")); err != nil {
		return fmt.Errorf("after the caller modified its blob: %w", err)
	}
	return nil
}

func saveError(ctx context.Context, newStore func() ttl.Store) error {
	s := newStore()
	if !keeps(ctx, s) {
		return nil // another clause says so
	}
	// What may be in place. A Save in doubt may even land later.
	want := [][]byte{[]byte("plain")}
	for round := range 40 {
		blob := bytes.Repeat([]byte{byte('a' + round%26)}, 1+round*1000)
		// Cancelled before the call, then beside it.
		saving, cancel := context.WithCancel(ctx)
		var cancelling sync.WaitGroup
		if round%2 == 0 {
			cancel()
		} else {
			cancelling.Go(cancel)
		}
		returned, err := soon(ctx, func() error { return s.Save(saving, blob) })
		cancelling.Wait()
		cancel()
		if !returned {
			return nil // another clause says so
		}
		want = append(want, blob)
		if err == nil {
			want = [][]byte{blob}
		}
		if err := loads(ctx, s, want...); err != nil {
			return fmt.Errorf("after Save with a cancelled context: %w", err)
		}
	}
	return nil
}

func saveKept(ctx context.Context, newStore func() ttl.Store) error {
	s := newStore()
	for _, blob := range []string{"first", "second"} {
		if !keeps(ctx, s) {
			return nil // another clause says so
		}
		saving, cancel := context.WithCancel(ctx)
		saved := saves(saving, s, []byte(blob))
		cancel()
		if !saved {
			return nil // another clause says so
		}
		if err := loads(ctx, s, []byte(blob)); err != nil {
			return fmt.Errorf("after the context of Save ended: %w", err)
		}
	}
	return nil
}

// soon makes a call whose context is cancelled, or will be. It does not wait
// longer than patience for one that does not return.
func soon(ctx context.Context, call func() error) (returned bool, err error) {
	result := make(chan error, 1)
	go func() { result <- call() }()
	waiting, stop := context.WithTimeout(ctx, patience)
	defer stop()
	select {
	case err := <-result:
		return true, err
	case <-waiting.Done():
		return false, nil
	}
}

// cancelled accepts success: a call may be done before it looks.
func cancelled(ctx context.Context, newStore func() ttl.Store) error {
	done, cancel := context.WithCancel(ctx)
	cancel()
	s := newStore()
	if !keeps(ctx, s) {
		return nil // another clause says so
	}
	calls := []struct {
		name string
		call func() error
	}{
		{"Save", func() error { return s.Save(done, []byte("more")) }},
		{"Load", func() error { _, err := s.Load(done); return err }},
	}
	for _, c := range calls {
		returned, err := soon(ctx, c.call)
		if !returned {
			return fmt.Errorf("%s with a cancelled context did not return in %v", c.name, patience)
		}
		if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, ttl.ErrAbsent) {
			return fmt.Errorf("%s with a cancelled context = %w, want context.Canceled", c.name, err)
		}
	}
	return nil
}

func concurrent(ctx context.Context, newStore func() ttl.Store) error {
	const rounds = 100
	s := newStore()
	if !keeps(ctx, s) {
		return nil // another clause says so
	}
	texts := [][]byte{[]byte("plain"), bytes.Repeat([]byte("b"), 5000), bytes.Repeat([]byte("c"), 5000)}
	errs := make(chan error, 2*len(texts))
	saved := make(chan struct{})
	var savers, loaders sync.WaitGroup
	for _, text := range texts {
		savers.Go(func() {
			for range rounds {
				if err := save(ctx, s, text); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	for range texts {
		loaders.Go(func() {
			for more := true; more; {
				select {
				case <-saved:
					more = false // once more
				default:
				}
				if err := loads(ctx, s, texts...); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	savers.Wait()
	close(saved)
	loaders.Wait()
	close(errs)
	return <-errs
}
