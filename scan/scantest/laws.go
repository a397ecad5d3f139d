package scantest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
)

// laws are rules that are checked on the client alone, in every step of every
// workflow, without the model's opinion.
type laws struct {
	batches map[uint64]statemsg.Batch
	serial  uint64
	from    string               // of the refresh that began last; empty: none did
	types   map[uint64]scan.Type // of jobs, as decided
}

// check returns the law that a step has broken.
// Before is the stamp before the step, of a client whose state can be seen.
func (l *laws) check(now time.Time, before ttl.Stamp, c Client, ev scan.Event, effects []scan.Effect) string {
	if l.types == nil {
		l.types, l.batches = map[uint64]scan.Type{}, map[uint64]statemsg.Batch{}
	}
	moved, cleared := false, false
	for i, e := range effects {
		switch e := e.(type) {
		case scan.Commit:
			if i != 0 {
				return "DIFF-9: a commit is not the first effect"
			}
		case scan.Notice:
			cleared = cleared || e.Kind == scan.NoticeCleared || e.Kind == scan.NoticeMetadataLost
			if e.Kind == scan.NoticeRefreshed {
				l.from = strconv.FormatUint(l.serial+1, 10)
			}
			if e.Kind != scan.NoticeDecided {
				break
			}
			l.types[e.Job] = e.Decision.Type
			if (e.Decision.Type == scan.ForcedOnline) != (e.Decision.Reason == scan.ForcedToConnect) {
				return fmt.Sprintf("DEC-1: %v", e.Decision)
			}
		case scan.Locate:
			if l.types[e.Run.Job] == scan.ForcedOffline {
				return "DEC-3: an offline scan asks for a location"
			}
		case scan.Retrieve:
			if l.types[e.Run.Job] == scan.ForcedOffline {
				return "DEC-3: an offline scan connects"
			}
			if e.SSLOnly && !strings.HasPrefix(e.Location.URL, "https:") {
				return "WF-4: a connection without SSL, to " + e.Location.URL
			}
		case scan.Send:
			_, commits := c.(auditor)
			if broken := l.send(e.Batch, effects[0], commits); broken != "" {
				return broken
			}
		case scan.Finished:
			r := e.Result
			done := r.Outcome == scan.Completed || r.Outcome == scan.CompletedWithErrors
			if done && r.Connected {
				moved = true
				if at, _ := r.Stamp.Time(); !at.Equal(now) || r.Type == scan.ForcedOffline {
					return fmt.Sprintf("TTL-4: stamp %v of a scan that completed at %v", r.Stamp, now)
				}
			}
			if r.Type == scan.ForcedOnline && done && !r.Connected {
				return "DEC-8: a forced online scan completed without connecting"
			}
			if r.RetryAt.After(now.Add(wsus.DefaultRetryDelay)) {
				return fmt.Sprintf("WF-9: retry at %v, now %v", r.RetryAt, now)
			}
		}
	}
	s, seen := c.(Stater)
	if !seen {
		return ""
	}
	if after := s.Status().Stamp; after != before && !moved && !cleared {
		return fmt.Sprintf("TTL-5: %T moved the stamp from %v to %v", ev, before, after)
	}
	return ""
}

// send checks MSG-5 and MSG-6. Commits says that the client tells which parts
// it commits.
func (l *laws) send(b statemsg.Batch, first scan.Effect, commits bool) string {
	if old, again := l.batches[b.ID]; again {
		if d := diffBatches(b, old); d != "" {
			return "MSG-6: a batch changed: " + d
		}
		return ""
	}
	if c, ok := first.(scan.Commit); commits && (!ok || !slices.Contains(c.Parts, scan.PartOutbox)) {
		return "MSG-5: a batch leaves before its serials are durable"
	}
	for _, m := range b.Messages {
		if m.Serial != l.serial+1 {
			return fmt.Sprintf("MSG-5: serial %d after %d", m.Serial, l.serial)
		}
		l.serial = m.Serial
		if broken := l.marker(m); broken != "" {
			return broken
		}
	}
	b.Messages = slices.Clone(b.Messages)
	l.batches[b.ID] = b
	return ""
}

// marker checks DIFF-8 of a message that is sent for the first time: a marker is
// that of the last refresh, and says where that began. It is sent once.
func (l *laws) marker(m statemsg.Message) string {
	if m.TopicType != markerTopic {
		return ""
	}
	from, _, err := statemsg.ParseRefreshMarker(&m)
	if err != nil {
		return "DIFF-8: " + err.Error()
	}
	if l.from != strconv.FormatUint(from, 10) {
		return fmt.Sprintf("DIFF-8: a refresh from serial %d, want %q", from, l.from)
	}
	l.from = ""
	return ""
}
