package scan

import (
	"fmt"
	"slices"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
)

// Outcome is how an attempt of a scan ended. The zero value is invalid.
type Outcome uint8

const (
	// Completed means that every update was evaluated (501/3).
	Completed Outcome = 1 + iota
	// CompletedWithErrors means that the scan completed and some updates could
	// not be evaluated (501/6, DIFF-5).
	CompletedWithErrors
	// PendingRetry means that the attempt failed and the scan will be tried
	// again (501/4, WF-9).
	PendingRetry
	// Failed means that the scan failed for good (501/5).
	Failed
	// Refused means that the request was not accepted; no scan was started.
	Refused
)

func (o Outcome) token() string {
	switch o {
	case Completed:
		return "completed"
	case CompletedWithErrors:
		return "completed_with_errors"
	case PendingRetry:
		return "pending_retry"
	case Failed:
		return "failed"
	case Refused:
		return "refused"
	}
	return ""
}

// String returns the text form, or "Outcome(9)" for an invalid outcome.
func (o Outcome) String() string { return enumString(o, "Outcome") }

// AppendText appends the text form; an invalid outcome is an error.
func (o Outcome) AppendText(b []byte) ([]byte, error) { return enumAppend(b, o, "outcome") }

// MarshalText returns the text form as [Outcome.AppendText] does.
func (o Outcome) MarshalText() ([]byte, error) { return o.AppendText(nil) }

// UnmarshalText parses the text form, exactly.
func (o *Outcome) UnmarshalText(text []byte) error {
	v, err := ParseOutcome(string(text))
	if err != nil {
		return err
	}
	*o = v
	return nil
}

// ParseOutcome parses an outcome's text form, exactly.
func ParseOutcome(s string) (Outcome, error) { return enumParse(s, Refused, "outcome") }

// UpdateCheck is what a scan found of an update that a request named (TRG-7).
type UpdateCheck struct {
	// ID is the update.
	ID compliance.UpdateID
	// Found says that the update is among the results. One that is not has
	// been declined, has expired or is superseded; it is no longer required.
	Found bool
	// State is its compliance state, Unknown when it was not found or could
	// not be evaluated.
	State compliance.State
}

// Result is how an attempt of a scan ended, with its freshness stated in full
// (DEC-7). Slices and the snapshot are shared and must not be modified.
type Result struct {
	// Run is the attempt.
	Run Run
	// Type is the scan type.
	Type Type
	// Triggers are what asked for the scan, in order of their numbers.
	Triggers []Trigger
	// Tokens are the tokens of the requests that this result answers.
	Tokens []uint64
	// Outcome is how it ended.
	Outcome Outcome
	// Failure is the reason of PendingRetry, Failed and Refused.
	Failure Failure
	// Decision is what was decided about metadata, and why (DEC-7).
	Decision Decision
	// Connected says that metadata was retrieved from WSUS in this attempt.
	Connected bool
	// Server is the URL of the server that the metadata in use came from,
	// or that was to be connected to; empty when there was none.
	Server string
	// Stamp is the stamp of the metadata that was used, absent when none
	// was. Its age at the time of the result is Finished - Stamp.
	Stamp ttl.Stamp
	// FreshUntil is the last moment at which a non-forced scan would use the
	// stored metadata; zero when there is none that is fresh, and in a
	// refusal.
	FreshUntil time.Time
	// Started and Finished are the times of the attempt.
	Started, Finished time.Time
	// RetryAt is when the next attempt starts, for PendingRetry.
	RetryAt time.Time
	// Snapshot is the scan's result: every update with its state; nil when
	// the scan did not complete.
	Snapshot *compliance.Snapshot
	// Changes are the differences to the last recorded states.
	Changes []compliance.Change
	// Checks tells of each update that a request named, in id order, what
	// the scan found of it (TRG-7).
	Checks []UpdateCheck
	// Problems says of updates that could not be evaluated why not.
	Problems []wsus.Problem
	// Unsupported counts, by name, the rules that could not be evaluated.
	Unsupported map[string]int
}

// Err returns nil for a scan that completed, with or without errors, and a
// [*Error] otherwise.
func (r *Result) Err() error {
	if r.Outcome == Completed || r.Outcome == CompletedWithErrors {
		return nil
	}
	return &Error{Job: r.Run.Job, Outcome: r.Outcome, Failure: r.Failure, RetryAt: r.RetryAt}
}

// MetadataAge returns the age of the metadata that was used, at the end of the
// attempt; ok is false when none was used.
func (r *Result) MetadataAge() (age time.Duration, ok bool) {
	at, ok := r.Stamp.Time()
	if !ok {
		return 0, false
	}
	return max(r.Finished.Sub(at), 0), true
}

// StillRequired tells whether an update that a request named is still
// required (TRG-7). known is false when no request named it, when the scan did
// not complete, and when the update could not be evaluated.
func (r *Result) StillRequired(id compliance.UpdateID) (required, known bool) {
	i, ok := slices.BinarySearchFunc(r.Checks, id, func(c UpdateCheck, id compliance.UpdateID) int {
		return c.ID.Compare(id)
	})
	if !ok {
		return false, false
	}
	c := r.Checks[i]
	if c.Found && c.State == compliance.Unknown {
		return false, false
	}
	return c.State == compliance.Required, true
}

// Error is the error of a scan that did not complete.
type Error struct {
	// Job is the scan's number, 0 when the request was refused.
	Job uint64
	// Outcome is PendingRetry, Failed or Refused.
	Outcome Outcome
	// Failure is why.
	Failure Failure
	// RetryAt is when the scan is tried again, for PendingRetry.
	RetryAt time.Time
}

// Error implements error.
func (e *Error) Error() string {
	text := fmt.Sprintf("scan: %v: %v", e.Outcome, e.Failure.Code)
	if e.Failure.Detail != "" {
		text += ": " + e.Failure.Detail
	}
	if e.Outcome == PendingRetry {
		text += fmt.Sprintf(" (next attempt %s)", e.RetryAt.UTC().Format(time.RFC3339))
	}
	return text
}

// Unwrap returns the error behind the failure, nil when there is none: it
// wraps [ErrNotEnabled] or [ErrBadRequest] for a request that was refused.
func (e *Error) Unwrap() error { return e.Failure.Err }

// Code returns the result code of the failure.
func (e *Error) Code() wsus.Code { return e.Failure.Code }
