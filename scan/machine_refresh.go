package scan

import (
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
)

// resync takes in the number of the resync that the site asks for in its answer
// to a report (SITE-4), 0 for none. A number that is not the one answered last
// causes a refresh, in the step and the commit of the acknowledgement; one that
// comes again has been answered, and the marker is on its way.
func (m *Machine) resync(now time.Time, number uint64) {
	if number == 0 || number == m.st.Answered || number > statemsg.MaxSerial {
		return
	}
	m.st.Answered = number
	m.touch(PartMachine)
	m.refresh(now, number)
}

// refresh records a message for every known state again (DIFF-8): those that
// were recorded before keep their time and get new serials (MSG-6). The marker
// comes last and tells the site that nothing else is known (SITE-9); request is
// the resync that it answers, 0 for none.
//
// All that is current waits afterwards, what was in flight and what waited
// already too, so that the serials of all of it are above the last one used
// now, and below that of the marker: it is recorded after everything else, and
// one of an earlier refresh, which says less, is forgotten.
func (m *Machine) refresh(now time.Time, request uint64) {
	from := m.outbox.LastSerial() + 1
	m.outbox.Forget(statemsg.Resync, statemsg.RefreshTopicID)
	n := m.outbox.Refresh()
	m.messages = m.messages[:0]
	for rec := range m.baseline.All() {
		if _, _, ok := m.outbox.Last(statemsg.UpdateDetection, rec.ID.String()); !ok {
			m.messages = statemsg.FromChanges(m.messages, now, []compliance.Change{{
				ID: rec.ID, Kind: compliance.First, To: rec.State, Revision: rec.Revision,
			}}, false)
		}
	}
	for _, msg := range m.messages {
		m.record(msg)
	}
	m.record(statemsg.RefreshMarker(from, request, now))
	m.emit(Notice{Kind: NoticeRefreshed, At: now, Count: n + len(m.messages)})
}
