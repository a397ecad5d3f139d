package wsustest

import (
	"context"
	"slices"

	"github.com/updatescan/updatescan/wsus"
)

// Fault makes calls go wrong. It is asked at each call, before anything else
// is done, with the number of the call, counted from 1. An error that it
// returns is the call's result; when it returns nil the call goes on. It may
// block. A nil Fault does nothing.
type Fault func(ctx context.Context, call int) error

// at runs a fault that may be nil.
func (f Fault) at(ctx context.Context, call int) error {
	if f == nil {
		return nil
	}
	return f(ctx, call)
}

// FailAt fails the calls of the given numbers with a [*wsus.Error] of the
// code; without numbers it fails every call.
func FailAt(code wsus.Code, calls ...int) Fault {
	return func(_ context.Context, call int) error {
		if len(calls) > 0 && !slices.Contains(calls, call) {
			return nil
		}
		return &wsus.Error{Op: "injected", Code: code}
	}
}

// FailFirst fails the first n calls with a [*wsus.Error] of the code.
func FailFirst(n int, code wsus.Code) Fault {
	return func(_ context.Context, call int) error {
		if call > n {
			return nil
		}
		return &wsus.Error{Op: "injected", Code: code}
	}
}

// HangAt makes the calls of the given numbers hang until their context is
// done, and return its error; without numbers every call hangs.
func HangAt(calls ...int) Fault {
	return func(ctx context.Context, call int) error {
		if len(calls) > 0 && !slices.Contains(calls, call) {
			return nil
		}
		<-ctx.Done()
		return ctx.Err()
	}
}

// Slow makes every call wait until a value can be received from release, or
// release is closed, or the context is done, whose error is then returned.
func Slow(release <-chan struct{}) Fault {
	return func(ctx context.Context, _ int) error {
		select {
		case <-release:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Faults is several faults one after the other; the first error counts.
func Faults(faults ...Fault) Fault {
	return func(ctx context.Context, call int) error {
		for _, f := range faults {
			if err := f.at(ctx, call); err != nil {
				return err
			}
		}
		return nil
	}
}
