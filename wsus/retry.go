package wsus

import (
	"errors"
	"fmt"
	"time"
)

// The documented retry values (WF-9).
const (
	// DefaultRetryDelay is the wait before a retry at the same location.
	DefaultRetryDelay = 30 * time.Minute
	// DefaultRetryAttempts is how often a scan is retried at one location.
	DefaultRetryAttempts = 4
	// DefaultSwitchDelay is the further wait before the next location.
	DefaultSwitchDelay = 2 * time.Minute
	// MaxRetryAttempts is the greatest Attempts that is accepted.
	MaxRetryAttempts = 1000
	// MaxRetryDelay is the greatest Delay and SwitchDelay accepted.
	MaxRetryDelay = 365 * 24 * time.Hour
)

// ErrBadRetryPolicy is matched by the errors of [RetryPolicy.Validate].
var ErrBadRetryPolicy = errors.New("bad retry policy")

// RetryPolicy says what happens after a failed scan (WF-9). The zero
// RetryPolicy is the documented one: 36 codes, four retries 30 minutes apart
// at the same location, then 2 minutes to the next. It is a plain value; its
// methods are pure and safe for concurrent use.
type RetryPolicy struct {
	// Delay is the wait before a retry at the same location. Zero means
	// DefaultRetryDelay; negative or above MaxRetryDelay is refused.
	Delay time.Duration
	// Attempts is how many retries a location gets after its first failure,
	// so that it sees at most Attempts+1 scans in a row. Zero means
	// DefaultRetryAttempts; negative or above MaxRetryAttempts is refused.
	// To retry nothing, use an empty Codes table.
	Attempts int
	// SwitchDelay is the wait after the last failure at a location before
	// the next location is tried. Zero means DefaultSwitchDelay; negative or
	// above MaxRetryDelay is refused.
	SwitchDelay time.Duration
	// Codes are the codes that are retried; any other failure is final. The
	// zero table is the documented one.
	Codes RetryTable
}

// Validate reports the first field that is out of its range, by name, in an
// error that matches [ErrBadRetryPolicy].
func (p RetryPolicy) Validate() error {
	if p.Delay < 0 || p.Delay > MaxRetryDelay {
		return fmt.Errorf("wsus: %w: Delay %v: not in 0 to %v", ErrBadRetryPolicy, p.Delay, MaxRetryDelay)
	}
	if p.Attempts < 0 || p.Attempts > MaxRetryAttempts {
		return fmt.Errorf("wsus: %w: Attempts %d: not in 0 to %d", ErrBadRetryPolicy, p.Attempts, MaxRetryAttempts)
	}
	if p.SwitchDelay < 0 || p.SwitchDelay > MaxRetryDelay {
		return fmt.Errorf("wsus: %w: SwitchDelay %v: not in 0 to %v", ErrBadRetryPolicy, p.SwitchDelay, MaxRetryDelay)
	}
	return nil
}

// WithDefaults returns the policy with its zero fields replaced by the
// defaults they mean.
func (p RetryPolicy) WithDefaults() RetryPolicy {
	if p.Delay == 0 {
		p.Delay = DefaultRetryDelay
	}
	if p.Attempts == 0 {
		p.Attempts = DefaultRetryAttempts
	}
	if p.SwitchDelay == 0 {
		p.SwitchDelay = DefaultSwitchDelay
	}
	return p
}

// Failure is what [RetryPolicy.Next] decides on.
type Failure struct {
	// Code is the result code of the scan that failed.
	Code Code
	// Retries is how many retries were already used at this location in
	// this round: 0 when its first scan failed.
	Retries int
	// Others is how many other locations have not been given up on in this
	// round. It is 0 for a site with one location, as in 2007, and for a
	// client on the internet, which does not switch.
	Others int
}

// RetryDecision is what to do after a failed scan, and why.
type RetryDecision struct {
	// Action is what to do.
	Action RetryAction
	// Reason is why.
	Reason RetryReason
	// Delay is how long to wait before it, counted from the failure; zero
	// for RetryStop.
	Delay time.Duration
}

// Next decides what follows a failure; it is pure (WF-9). The rules, in
// order:
//
//  1. A code that is no failure, or [CodeCancelled]: RetryStop, with reason
//     RetryNoFailure. Nothing failed, and no retry is used up (WF-10).
//  2. A code that is not in the table: RetryStop, RetryNotRetryable, whatever
//     other locations are left.
//  3. Retries below the policy's Attempts: RetrySame after Delay,
//     RetriesLeft.
//  4. Another location left: RetryNext after SwitchDelay, RetriesUsed. Its
//     count of retries starts at 0.
//  5. Otherwise RetryStop, RetryExhausted.
//
// Zero fields mean their defaults; a policy that [RetryPolicy.Validate]
// refuses gives decisions all the same, which mean nothing. Negative counts
// are 0.
func (p RetryPolicy) Next(f Failure) RetryDecision {
	p = p.WithDefaults()
	if !f.Code.Failed() || f.Code == CodeCancelled { // WF-10
		return RetryDecision{Action: RetryStop, Reason: RetryNoFailure}
	}
	if !p.Codes.Has(f.Code) { // WF-9: other failures are final
		return RetryDecision{Action: RetryStop, Reason: RetryNotRetryable}
	}
	if f.Retries < p.Attempts { // WF-9: at most Attempts retries
		return RetryDecision{Action: RetrySame, Reason: RetriesLeft, Delay: p.Delay}
	}
	if f.Others > 0 { // WF-9: switch to the next
		return RetryDecision{Action: RetryNext, Reason: RetriesUsed, Delay: p.SwitchDelay}
	}
	return RetryDecision{Action: RetryStop, Reason: RetryExhausted}
}
