package statemsg

import (
	"context"
	"errors"
	"time"
)

// ErrRejected is wrapped by the error of a [Transport] whose receiver has
// refused the report for good, because of what it is and not because of the
// moment. The report is kept and tried again all the same, since delivery is at
// least once (MSG-7); a person should look at it.
var ErrRejected = errors.New("statemsg: report rejected")

// Transport hands a report to a management point.
//
// A nil error means acknowledged: the receiver has the report durably, whole,
// and the sender will not send it again. Any error means that nothing may be
// assumed: the report may have arrived or not, and the same report, with the
// same serials and times, will be sent again (MSG-6). So the receiver drops what
// it has seen before, by client and serial number.
//
// Send may block; when ctx ends it returns soon, with an error unless it knows
// that the receiver has the report. It must not modify the report, and must not
// retain it after it has returned.
//
// One sender calls Send for one report at a time. An implementation that
// several senders share must be safe for concurrent use.
//
// An error may have a method RetryAfter() time.Duration, as a [RetryError] has:
// how long the receiver wishes to be left alone. See [RetryAfter]. An error that
// wraps [ErrRejected] is a refusal for good.
type Transport interface {
	Send(ctx context.Context, r *Report) error
}

// Resyncer is implemented by a [Transport] that hears what the site says when it
// acknowledges a report (SITE-4, SITE-5).
type Resyncer interface {
	// Resync returns the number of the resync that the receiver asked for in its
	// last answer, 0 for none; at most [MaxSerial], above which a number means
	// none. A sender asks after each Send that returned nil,
	// before the next. It answers a number that is not 0, and not the one it
	// answered last, with a full refresh that ends with a [RefreshMarker] naming
	// the number; a number that comes again causes nothing. It does not block.
	Resync() uint64
}

// TransportFunc is a function that is a [Transport].
type TransportFunc func(ctx context.Context, r *Report) error

// Send calls f.
func (f TransportFunc) Send(ctx context.Context, r *Report) error { return f(ctx, r) }

// RetryError is a failed send whose receiver wishes to be left alone for a
// while.
type RetryError struct {
	After time.Duration // positive
	Err   error         // what failed; not nil
}

// Error implements error.
func (e *RetryError) Error() string {
	return "statemsg: send: " + e.Err.Error() + " (retry after " + e.After.String() + ")"
}

// Unwrap returns what failed.
func (e *RetryError) Unwrap() error { return e.Err }

// RetryAfter returns After.
func (e *RetryError) RetryAfter() time.Duration { return e.After }

// RetryAfter returns how long the receiver wishes to be left alone, from the
// first error in err's tree that has a method RetryAfter() time.Duration; 0 if
// there is none or it is negative. [Cycle.Failed] bounds it.
func RetryAfter(err error) time.Duration {
	var e interface {
		error
		RetryAfter() time.Duration
	}
	if !errors.As(err, &e) {
		return 0
	}
	return max(0, e.RetryAfter())
}
