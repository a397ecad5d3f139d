package scantest

import (
	"strconv"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
)

// The topic of the message that ends a refresh, written down.
const (
	markerTopic statemsg.TopicType = 700
	markerID                       = "refresh"
)

// takeResync is what the site asks for in its answer to a report: a refresh,
// once for each number in a row. The first half of the numbers of 64 bits are
// numbers of resyncs.
func (w *Workflow) takeResync(now time.Time, number uint64) {
	if number == 0 || number >= 1<<63 {
		return
	}
	if number == w.answered && !w.is("diff-resync-repeated") {
		return
	}
	if number < w.answered && w.is("diff-resync-only-higher") {
		return
	}
	w.answered = number
	if w.is("diff-resync-not-named") {
		number = 0
	}
	w.takeRefresh(now, number)
}

// takeRefresh is DIFF-8: everything that was ever sent waits again, with its
// time, what is recorded and was never put in a message is reported, and at the
// end of everything the marker.
func (w *Workflow) takeRefresh(now time.Time, request uint64) {
	marker := w.marker(now, request)
	if !w.is("diff-marker-keeps-place") {
		w.out.Forget(markerTopic, markerID)
	}
	if w.is("diff-marker-first") {
		w.record(marker)
	}
	n := w.out.Refresh(now)
	var never []compliance.Change
	for _, rec := range w.baseline {
		if !w.out.Knows(statemsg.UpdateDetection, rec.ID.String()) && !w.is("diff-refresh-only-waiting") {
			never = append(never, compliance.Change{ID: rec.ID, Kind: compliance.First, To: rec.State, Revision: rec.Revision})
		}
	}
	for _, m := range w.messages().Messages(now, never, false) {
		w.record(m)
		n++
	}
	if !w.is("diff-refresh-unmarked") && !w.is("diff-marker-first") && !w.unmarked() {
		w.record(marker)
	}
	w.want(scan.Notice{Kind: scan.NoticeRefreshed, At: now, Count: n})
}

// unmarked says, by mistake, that a refresh of nothing has no marker.
func (w *Workflow) unmarked() bool {
	return w.is("diff-marker-not-alone") && w.Waiting() == 0
}

// marker is the message that ends a refresh which begins now. All that is known
// gets serials above the highest that was used, what is in flight too: it is
// repeated.
func (w *Workflow) marker(now time.Time, request uint64) statemsg.Message {
	from := w.out.LastSerial() + 1
	if w.is("diff-marker-from-last") {
		from--
	}
	if b, ok := w.out.InFlight(); ok && w.is("diff-marker-from-flight") {
		from = b.ID
	}
	return statemsg.Message{
		TopicType: markerTopic, TopicID: markerID, StateID: 1, Time: now,
		Params: []string{strconv.FormatUint(from, 10), strconv.FormatUint(request, 10)},
	}
}
