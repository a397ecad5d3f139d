package site

import (
	"fmt"
	"iter"
	"strconv"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
)

// UnknownReason says why the state of an update on a client is Unknown, as far as
// the site knows (SITE-6). The zero value says that it is not Unknown.
type UnknownReason uint8

// The reasons, in the order in which they are looked for.
const (
	// ReportedUnknown: the client has reported 500/0 itself (DIFF-6).
	ReportedUnknown UnknownReason = 1 + iota
	// FeatureOff: the owner of the site has switched the feature off for the client.
	FeatureOff
	// MessageBad: a bad record of this update, or a bad report of the client, is
	// kept for inspection (SITE-7).
	MessageBad
	// NeverHeard: no report of the client was ever taken in.
	NeverHeard
	// MessageLost: serials of the client are missing, or a resync is under way
	// (SITE-3, SITE-4, SITE-5).
	MessageLost
	// NeverScanned: the client reports, and never that a scan began.
	NeverScanned
	// ScanRunning: its scan waits for the location of its source, or runs.
	ScanRunning
	// ScanFailed: its last scan failed, or waits to be tried again.
	ScanFailed
	// NothingReceived: its last scan completed, and nothing of this update has come:
	// the message is under way, the scan could not evaluate the update (DIFF-5), or
	// the client has not heard of the update yet.
	NothingReceived
)

// Facts are what a site has about one client and, if one was asked for, one update.
type Facts struct {
	// Client is the client; zero when it is not known.
	Client Client
	// Detection is the row of topic type 500 of the update; nil for none.
	Detection *Row
	// Scan is the row of topic type 501 that is the last by life and serial; nil for
	// none.
	Scan *Row
	// Bad says that a bad record of topic type 500 of the update, or a bad report of
	// the client, is kept.
	Bad bool
}

// State is the state of the update on the client: that of its detection row, and
// Unknown exactly while there is none (SITE-6) or it says so itself.
func (f *Facts) State() compliance.State {
	if f.Detection == nil { // SITE-6
		return compliance.Unknown
	}
	return stateOf(&f.Detection.Message)
}

// stateOf is the state that a message of topic type 500 carries.
func stateOf(m *statemsg.Message) compliance.State {
	if m.StateID > statemsg.DetectionInstalled {
		return compliance.Unknown
	}
	return compliance.State(m.StateID)
}

// Why says why the state is Unknown, 0 when it is not. The first that applies is
// the reason:
//
//  1. There is a row that says so: ReportedUnknown.
//  2. The client is switched off: FeatureOff.
//  3. Something bad is kept: MessageBad.
//  4. No report was ever taken in: NeverHeard.
//  5. A range is missing, a refresh has not all arrived, or a resync is open or
//     wanted: MessageLost.
//  6. There is no row of the scan: NeverScanned.
//  7. The scan is in state 1 or 2: ScanRunning; in state 4 or 5: ScanFailed; in
//     any other: NothingReceived.
func (f *Facts) Why() UnknownReason {
	c := &f.Client
	if f.State() != compliance.Unknown { // SITE-6
		return 0
	}
	if f.Detection != nil {
		return ReportedUnknown
	}
	if c.Off {
		return FeatureOff
	}
	if f.Bad { // SITE-7
		return MessageBad
	}
	if !c.Heard() {
		return NeverHeard
	}
	if len(c.Missing) > 0 || c.Refresh != (Refresh{}) || c.Resync.Open || c.Resync.Wanted {
		return MessageLost
	}
	if f.Scan == nil {
		return NeverScanned
	}
	s := f.Scan.Message.StateID
	if s == statemsg.ScanWaitingForLocation || s == statemsg.ScanRunning {
		return ScanRunning
	}
	if s == statemsg.ScanPendingRetry || s == statemsg.ScanFailed {
		return ScanFailed
	}
	return NothingReceived
}

// token is the text token of a known value.
func (r UnknownReason) token() (string, bool) {
	switch r {
	case ReportedUnknown:
		return "reported_unknown", true
	case FeatureOff:
		return "feature_off", true
	case MessageBad:
		return "message_bad", true
	case NeverHeard:
		return "never_heard", true
	case MessageLost:
		return "message_lost", true
	case NeverScanned:
		return "never_scanned", true
	case ScanRunning:
		return "scan_running", true
	case ScanFailed:
		return "scan_failed", true
	case NothingReceived:
		return "nothing_received", true
	}
	return "", false
}

// String returns the text token, such as "reported_unknown", and "UnknownReason(99)" for
// others.
func (r UnknownReason) String() string {
	if token, ok := r.token(); ok {
		return token
	}
	return "UnknownReason(" + strconv.Itoa(int(r)) + ")"
}

// AppendText appends the text token. A value that is none is an
// [statemsg.ErrUnknownText].
func (r UnknownReason) AppendText(b []byte) ([]byte, error) {
	token, ok := r.token()
	if !ok {
		return b, fmt.Errorf("site: reason: %w: %d", statemsg.ErrUnknownText, r)
	}
	return append(b, token...), nil
}

// MarshalText returns what AppendText appends.
func (r UnknownReason) MarshalText() ([]byte, error) {
	b, err := r.AppendText(nil)
	if err != nil {
		return nil, err
	}
	return b, nil
}

// UnmarshalText reads what ParseUnknownReason reads. On error r is unchanged.
func (r *UnknownReason) UnmarshalText(text []byte) error {
	v, err := ParseUnknownReason(string(text))
	if err != nil {
		return err
	}
	*r = v
	return nil
}

// ParseUnknownReason reads a token. Anything else is an [statemsg.ErrUnknownText] that
// names it.
func ParseUnknownReason(s string) (UnknownReason, error) {
	for v := range UnknownReasons() {
		if token, _ := v.token(); token == s {
			return v, nil
		}
	}
	return 0, fmt.Errorf("site: reason: %w: %.64q", statemsg.ErrUnknownText, s)
}

// UnknownReasons yields the known values in ascending order.
func UnknownReasons() iter.Seq[UnknownReason] {
	return func(yield func(UnknownReason) bool) {
		for v := ReportedUnknown; v <= NothingReceived; v++ {
			if !yield(v) {
				return
			}
		}
	}
}
