package site

import (
	"fmt"
	"iter"
	"strconv"

	"github.com/updatescan/updatescan/statemsg"
)

// Event is something that a plan did besides taking messages in, for logs and
// people. What its fields mean depends on Kind; those that are not named there are
// zero.
type Event struct {
	Kind EventKind
	// From and To are serials.
	From, To uint64
	// Number is the number of a resync request, or how many messages there were.
	Number uint64
	// Reason says more.
	Reason string
}

// EventKind is a kind of [Event]. The zero value is invalid.
type EventKind uint8

// The kinds of events.
const (
	// FirstReport: the client was heard of for the first time.
	FirstReport EventKind = 1 + iota
	// GapOpened: the serials From to To are missing (SITE-3).
	GapOpened
	// GapNarrowed: a late message, or several, closed the serials From to To of a
	// missing range, of which others are missing still (SITE-3).
	GapNarrowed
	// GapClosed: the last serials of a missing range, From to To, have come (SITE-3).
	GapClosed
	// GapReplaced: a refresh has replaced the missing serials From to To (SITE-9).
	GapReplaced
	// GapsMerged: there were more than MaxRanges ranges; the serials From to To,
	// which had arrived, count as missing again (SITE-3).
	GapsMerged
	// Duplicates: Number messages had come before (SITE-2).
	Duplicates
	// StaleReport: Number messages of an earlier life of the client came too late
	// and were not taken in (SITE-5).
	StaleReport
	// ClientReset: the client began its serials again. Reason says how it was
	// found; From is the serial at which (SITE-5).
	ClientReset
	// ResyncAsked: the resync with the Number is asked for. Reason says why
	// (SITE-4, SITE-5).
	ResyncAsked
	// ResyncAnswered: a refresh has answered the resync with the Number.
	ResyncAnswered
	// RefreshArriving: the marker of a refresh of the serials From to To has come,
	// and Number serials of it are missing (SITE-9).
	RefreshArriving
	// RefreshComplete: the refresh of the serials From to To has all arrived and
	// replaces what was there (SITE-9).
	RefreshComplete
	// BadRecord: the record with the serial From was kept and skipped. Reason says
	// what was wrong (SITE-7).
	BadRecord
)

// token is the text token of a known value.
func (k EventKind) token() (string, bool) {
	switch k {
	case FirstReport:
		return "first_report", true
	case GapOpened:
		return "gap_opened", true
	case GapNarrowed:
		return "gap_narrowed", true
	case GapClosed:
		return "gap_closed", true
	case GapReplaced:
		return "gap_replaced", true
	case GapsMerged:
		return "gaps_merged", true
	case Duplicates:
		return "duplicates", true
	case StaleReport:
		return "stale_report", true
	case ClientReset:
		return "client_reset", true
	case ResyncAsked:
		return "resync_asked", true
	case ResyncAnswered:
		return "resync_answered", true
	case RefreshArriving:
		return "refresh_arriving", true
	case RefreshComplete:
		return "refresh_complete", true
	case BadRecord:
		return "bad_record", true
	}
	return "", false
}

// String returns the text token, such as "first_report", and "EventKind(99)" for
// others.
func (k EventKind) String() string {
	if token, ok := k.token(); ok {
		return token
	}
	return "EventKind(" + strconv.Itoa(int(k)) + ")"
}

// AppendText appends the text token. A value that is none is an
// [statemsg.ErrUnknownText].
func (k EventKind) AppendText(b []byte) ([]byte, error) {
	token, ok := k.token()
	if !ok {
		return b, fmt.Errorf("site: event: %w: %d", statemsg.ErrUnknownText, k)
	}
	return append(b, token...), nil
}

// MarshalText returns what AppendText appends.
func (k EventKind) MarshalText() ([]byte, error) {
	b, err := k.AppendText(nil)
	if err != nil {
		return nil, err
	}
	return b, nil
}

// UnmarshalText reads what ParseEventKind reads. On error k is unchanged.
func (k *EventKind) UnmarshalText(text []byte) error {
	v, err := ParseEventKind(string(text))
	if err != nil {
		return err
	}
	*k = v
	return nil
}

// ParseEventKind reads a token. Anything else is an [statemsg.ErrUnknownText] that
// names it.
func ParseEventKind(s string) (EventKind, error) {
	for v := range EventKinds() {
		if token, _ := v.token(); token == s {
			return v, nil
		}
	}
	return 0, fmt.Errorf("site: event: %w: %.64q", statemsg.ErrUnknownText, s)
}

// EventKinds yields the known values in ascending order.
func EventKinds() iter.Seq[EventKind] {
	return func(yield func(EventKind) bool) {
		for v := FirstReport; v <= BadRecord; v++ {
			if !yield(v) {
				return
			}
		}
	}
}
