package scantest

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/updatescan/updatescan/scan"
)

// Errors of a [Storage] at work.
var (
	// ErrStorage is the error of a call that fails by plan.
	ErrStorage = errors.New("scantest: the storage fails")
	// ErrPowerOff is the error of every call after the power went off.
	ErrPowerOff = errors.New("scantest: the power is off")
)

// StorageFault is what befalls a call of a [Storage].
type StorageFault uint8

const (
	// NoFault lets the call go well.
	NoFault StorageFault = iota
	// FailBefore returns [ErrStorage], and nothing has happened: what a
	// storage may do.
	FailBefore
	// FailAfter commits and returns [ErrStorage] all the same: the answer got
	// lost. An agent goes on from what it then finds.
	FailAfter
	// Hang waits until the context ends; nothing has happened.
	Hang
	// PowerOffBefore loses the power before a commit takes effect, and
	// PowerOffAfter when it has. The call and all after it return
	// [ErrPowerOff] until [Storage.PowerOn].
	PowerOffBefore
	PowerOffAfter
	// Torn commits the first half of the blobs, rounded down, and returns
	// [ErrStorage]. It breaks the contract.
	Torn
	// Lost returns nil and stores nothing. It breaks the contract.
	Lost
)

// StorageCall is a call of a [Storage].
type StorageCall struct {
	// Number counts all calls from 1.
	Number int
	// Commit is the number of the commit, from 1; 0 for a Load.
	Commit int
	// Parts are those that the commit names.
	Parts []scan.Part
	// Fault is what befell it.
	Fault StorageFault
}

// Storage is a recorder and a fault injector in front of a [scan.Storage]. Its
// zero value keeps everything in memory and never fails.
//
// It is safe for concurrent use if what is behind it is. Its fields must not
// be changed while it is used, and it must not be copied after first use.
type Storage struct {
	// Next stores; nil is a [scan.MemStorage] of its own.
	Next scan.Storage
	// Plan says what befalls a call; nil is no fault. It is asked before
	// anything else is done, and may block: a storage that is slow.
	Plan func(ctx context.Context, c StorageCall) StorageFault

	mu    sync.Mutex
	mem   scan.MemStorage
	calls []StorageCall
	off   bool
	done  int
}

// AtCommit plans a fault for commit number n.
func AtCommit(n int, f StorageFault) func(context.Context, StorageCall) StorageFault {
	return func(_ context.Context, c StorageCall) StorageFault {
		if c.Commit == n {
			return f
		}
		return NoFault
	}
}

// AtCall plans a fault for call number n, Loads among them.
func AtCall(n int, f StorageFault) func(context.Context, StorageCall) StorageFault {
	return func(_ context.Context, c StorageCall) StorageFault {
		if c.Number == n {
			return f
		}
		return NoFault
	}
}

// While plans a fault for every call for which the function is true, such as
// the Load method of an atomic.Bool.
func While(is func() bool, f StorageFault) func(context.Context, StorageCall) StorageFault {
	return func(context.Context, StorageCall) StorageFault {
		if is() {
			return f
		}
		return NoFault
	}
}

func (s *Storage) next() scan.Storage {
	if s.Next != nil {
		return s.Next
	}
	return &s.mem
}

// begin notes a call and asks the plan.
func (s *Storage) begin(ctx context.Context, commit bool, parts []scan.Part) (StorageFault, error) {
	s.mu.Lock()
	c := StorageCall{Number: len(s.calls) + 1, Parts: parts}
	if commit {
		c.Commit = 1
		for _, before := range s.calls {
			if before.Commit > 0 {
				c.Commit++
			}
		}
	}
	s.calls = append(s.calls, c)
	off := s.off
	s.mu.Unlock()
	if off {
		return NoFault, ErrPowerOff
	}
	if s.Plan != nil {
		c.Fault = s.Plan(ctx, c)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[c.Number-1] = c
	if c.Fault == PowerOffBefore || c.Fault == PowerOffAfter {
		s.off = true
	}
	if c.Fault == Hang {
		return c.Fault, s.hang(ctx)
	}
	if c.Fault == FailBefore {
		return c.Fault, ErrStorage
	}
	if c.Fault == PowerOffBefore {
		return c.Fault, ErrPowerOff
	}
	return c.Fault, nil
}

// hang waits for the end of the context, without the lock.
func (s *Storage) hang(ctx context.Context) error {
	s.mu.Unlock()
	defer s.mu.Lock()
	<-ctx.Done()
	return ctx.Err()
}

// Load implements [scan.Storage].
func (s *Storage) Load(ctx context.Context) ([]scan.Blob, error) {
	f, err := s.begin(ctx, false, nil)
	if err != nil {
		return nil, err
	}
	if f == PowerOffAfter {
		return nil, ErrPowerOff
	}
	if f == FailAfter || f == Torn {
		return nil, ErrStorage
	}
	return s.next().Load(ctx)
}

// Commit implements [scan.Storage].
func (s *Storage) Commit(ctx context.Context, blobs []scan.Blob) error {
	var parts []scan.Part
	for _, b := range blobs {
		parts = append(parts, b.Part)
	}
	f, err := s.begin(ctx, true, parts)
	if err != nil || f == Lost {
		return err
	}
	if f == Torn {
		blobs = blobs[:len(blobs)/2]
	}
	if err := s.next().Commit(ctx, blobs); err != nil {
		return err
	}
	s.mu.Lock()
	s.done++
	s.mu.Unlock()
	if f == FailAfter || f == Torn {
		return ErrStorage
	}
	if f == PowerOffAfter {
		return ErrPowerOff
	}
	return nil
}

// Calls returns the calls so far.
func (s *Storage) Calls() []StorageCall {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Commits returns how many commits took effect.
func (s *Storage) Commits() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.done
}

// Off reports whether the power is off.
func (s *Storage) Off() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.off
}

// PowerOn makes calls work again after the power went off.
func (s *Storage) PowerOn() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.off = false
}

// Survived returns what is stored, also while the power is off: nobody counts
// it, and nothing befalls it.
func (s *Storage) Survived(ctx context.Context) ([]scan.Blob, error) { return s.next().Load(ctx) }

// Part returns the stored form of a part, nil when there is none.
func (s *Storage) Part(ctx context.Context, p scan.Part) ([]byte, error) {
	blobs, err := s.Survived(ctx)
	for _, b := range blobs {
		if b.Part == p {
			return b.Data, err
		}
	}
	return nil, err
}
