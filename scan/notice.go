package scan

import (
	"time"

	"github.com/updatescan/updatescan/wsus"
)

// NoticeKind says what a [Notice] tells. The zero value is invalid.
type NoticeKind uint8

const (
	// NoticeEnabled tells that machine policy enabled the feature for the first
	// time; Due is when the initial scan starts (WF-1).
	NoticeEnabled NoticeKind = 1 + iota
	// NoticeDormant tells that machine policy disabled the feature (WF-14).
	NoticeDormant
	// NoticeResumed tells that machine policy enabled the feature again (WF-14).
	NoticeResumed
	// NoticeTriggered tells that a request was accepted as a new scan; Trigger
	// and Job say which.
	NoticeTriggered
	// NoticeJoined tells that a request joined the scan Job (WF-11).
	NoticeJoined
	// NoticeRefused tells that a request was refused; Failure says why.
	NoticeRefused
	// NoticeCleared tells that the scan history was cleared (WF-2).
	NoticeCleared
	// NoticeDecided tells what the scan does about metadata and why, in
	// Decision.
	NoticeDecided
	// NoticeLocated tells which WSUS server was chosen, in Location.
	NoticeLocated
	// NoticeConnected tells that metadata was retrieved from Location.
	NoticeConnected
	// NoticeInterrupted tells that the scan was cut short and will start anew
	// (WF-10).
	NoticeInterrupted
	// NoticeMetadataLost tells that the stored metadata could not be read;
	// Failure says why.
	NoticeMetadataLost
	// NoticeRefreshed tells that Count messages were recorded again, besides the
	// marker that ends them (DIFF-8).
	NoticeRefreshed
	// NoticeRestartPending tells that Count updates wait for a restart (WF-12).
	NoticeRestartPending
)

func (k NoticeKind) token() string {
	switch k {
	case NoticeEnabled:
		return "enabled"
	case NoticeDormant:
		return "dormant"
	case NoticeResumed:
		return "resumed"
	case NoticeTriggered:
		return "triggered"
	case NoticeJoined:
		return "joined"
	case NoticeRefused:
		return "refused"
	case NoticeCleared:
		return "cleared"
	case NoticeDecided:
		return "decided"
	case NoticeLocated:
		return "located"
	case NoticeConnected:
		return "connected"
	case NoticeInterrupted:
		return "interrupted"
	case NoticeMetadataLost:
		return "metadata_lost"
	case NoticeRefreshed:
		return "refreshed"
	case NoticeRestartPending:
		return "restart_pending"
	}
	return ""
}

// String returns the text form, or "NoticeKind(99)" for an invalid kind.
func (k NoticeKind) String() string { return enumString(k, "NoticeKind") }

// AppendText appends the text form; an invalid kind is an error.
func (k NoticeKind) AppendText(b []byte) ([]byte, error) { return enumAppend(b, k, "notice kind") }

// MarshalText returns the text form as [NoticeKind.AppendText] does.
func (k NoticeKind) MarshalText() ([]byte, error) { return k.AppendText(nil) }

// UnmarshalText parses the text form, exactly.
func (k *NoticeKind) UnmarshalText(text []byte) error {
	v, err := ParseNoticeKind(string(text))
	if err != nil {
		return err
	}
	*k = v
	return nil
}

// ParseNoticeKind parses a kind's text form, exactly.
func ParseNoticeKind(s string) (NoticeKind, error) {
	return enumParse(s, NoticeRestartPending, "notice kind")
}

// Notice is an effect that changes nothing: it tells what the machine did, for
// logs, metrics and traces. Fields that a kind does not name are zero.
type Notice struct {
	// Kind says what is told.
	Kind NoticeKind
	// At is the time of the step.
	At time.Time
	// Job is the scan it is about, 0 when it is about none.
	Job uint64
	// Trigger is what asked for the scan.
	Trigger Trigger
	// Decision is what was decided.
	Decision Decision
	// Location is the server.
	Location wsus.Location
	// Failure is what went wrong.
	Failure Failure
	// Due is when what was scheduled starts.
	Due time.Time
	// Count is a number of things.
	Count int
}
