package ttltest

import (
	"fmt"
	"time"

	"github.com/updatescan/updatescan/ttl"
)

// Deed is what a [Step] does, the token that the vectors use for it.
type Deed string

const (
	// Retrieved is that an online scan that retrieved metadata completes.
	Retrieved Deed = "retrieved"
	// AnsweredLocally is that a scan that used local metadata completes.
	AnsweredLocally Deed = "answered_locally"
	// Failed is that an online scan fails.
	Failed Deed = "failed"
	// Cancelled is that an online scan is cancelled.
	Cancelled Deed = "cancelled"
	// Cleared is that the scan history is cleared.
	Cleared Deed = "cleared"
	// Check is that somebody asks whether the metadata is fresh.
	Check Deed = "check"
)

// Step is something that happens to a client. Steps follow each other as the
// client's clock shows them, and that may jump.
type Step struct {
	// At is when it happens: when a scan ends, or when somebody asks.
	At time.Time
	// Do says what happens.
	Do Deed
	// Started is when the online scan of Retrieved began.
	Started time.Time
	// Version is that of the metadata of Retrieved.
	Version ttl.Version
	// Required is the version that Check requires; zero is none.
	Required ttl.Version
}

// String is the step for a person.
func (s Step) String() string {
	text := s.At.UTC().Format(time.RFC3339Nano) + " " + string(s.Do)
	if s.Do == Retrieved {
		text += fmt.Sprintf(" version %d, begun %v earlier", s.Version, s.At.Sub(s.Started))
	}
	if s.Do == Check && s.Required != 0 {
		text += fmt.Sprintf(" for version %d", s.Required)
	}
	return text
}

// Step makes the step happen. For a Check it returns the verdict, else the
// zero one, which is invalid.
func (h *History) Step(s Step) ttl.Verdict {
	switch s.Do {
	case Retrieved:
		h.Retrieved(s.Started, s.At, s.Version)
	case AnsweredLocally:
		h.AnsweredLocally(s.At)
	case Failed:
		h.Failed(s.At)
	case Cancelled:
		h.Cancelled(s.At)
	case Cleared:
		h.Cleared()
	case Check:
		return h.Check(s.Required, s.At)
	}
	return ttl.Verdict{}
}
