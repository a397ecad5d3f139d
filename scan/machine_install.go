package scan

import (
	"fmt"
	"slices"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
)

// Validate returns an error that wraps [ErrBadRequest] for an installation
// with a fault, and says which.
func (in Installation) Validate() error {
	if len(in.Updates) == 0 || len(in.Updates) > MaxRequestUpdates {
		return fmt.Errorf("scan: %w: an installation of %d updates, want 1 to %d", ErrBadRequest, len(in.Updates), MaxRequestUpdates)
	}
	if in.Assignment == "" {
		return nil
	}
	msg := statemsg.Message{
		TopicType: statemsg.AssignmentEnforcement, TopicID: in.Assignment, IDType: scanIDType,
		StateID: statemsg.AssignmentInstalled, Time: time.Unix(0, 0).UTC(),
	}
	if err := msg.Validate(); err != nil {
		return fmt.Errorf("scan: %w: assignment %q: %w", ErrBadRequest, in.Assignment, err)
	}
	return nil
}

// onInstalled takes in the end of an installation: a scan with the stored
// metadata follows at once, and a pending restart is reported (WF-12).
func (m *Machine) onInstalled(now time.Time, in Installation) {
	err := in.Validate()
	if err == nil && !m.st.Policy.Enabled {
		err = ErrNotEnabled
	}
	if err != nil {
		m.emit(Notice{Kind: NoticeRefused, At: now, Trigger: AfterInstallation, Failure: refusal(err)})
		return
	}
	ids := addIDs(nil, in.Updates)
	m.st.Pending = slices.DeleteFunc(m.st.Pending, func(p pending) bool { return slices.Contains(ids, p.ID) })
	m.touch(PartMachine)
	if in.RestartRequired { // WF-12
		for _, id := range ids {
			m.st.Pending = append(m.st.Pending, pending{ID: id, Assignment: in.Assignment})
			m.enforcement(now, statemsg.UpdateEnforcement, id.String(), statemsg.UpdatePendingRestart)
		}
		if in.Assignment != "" {
			m.enforcement(now, statemsg.AssignmentEnforcement, in.Assignment, statemsg.AssignmentPendingRestart)
		}
		m.emit(Notice{Kind: NoticeRestartPending, At: now, Count: len(ids)})
	}
	m.enqueue(now, Request{Trigger: AfterInstallation, Updates: ids}, 0, true)
}

// onRestarted takes in a restart of the system. When an installation was
// waiting for it, a scan with the stored metadata follows (WF-12).
func (m *Machine) onRestarted(now time.Time) {
	var ids []compliance.UpdateID
	for i := range m.st.Pending {
		if !m.st.Pending[i].Restarted {
			m.st.Pending[i].Restarted = true
			ids = append(ids, m.st.Pending[i].ID)
		}
	}
	if len(ids) == 0 {
		return // the client was not pending a restart (TRG-1)
	}
	m.touch(PartMachine)
	m.enqueue(now, Request{Trigger: AfterRestart, Updates: ids}, 0, true)
}

// onMetadataLost forgets the stamp of metadata that cannot be read: it is
// absent, and the stored form is left as it is.
func (m *Machine) onMetadataLost(now time.Time, detail string) {
	m.st.Stamp, m.st.Source = ttl.Stamp{}, "" // TTL-3
	m.touch(PartMachine)
	m.emit(Notice{Kind: NoticeMetadataLost, At: now, Failure: Failure{Code: wsus.CodeOfflineHistoryNotFound, Detail: detail}})
}

// send makes the next batch, if it is time, and hands it over (MSG-3, MSG-4,
// MSG-7, MSG-10).
func (m *Machine) send(now time.Time) {
	m.observe(now)
	if m.sending || m.muted {
		return
	}
	t, ok := m.st.Cycle.Next(m.cfg.Cycle, m.outbox)
	if !ok || t.After(now) {
		return
	}
	_, again := m.outbox.InFlight()
	b, ok := m.outbox.Batch(now, m.cfg.Cycle.WithDefaults().BatchMessages)
	if !ok {
		return
	}
	if !again { // MSG-5: serials are durable before anybody sees them
		m.touch(PartOutbox)
	}
	m.sending = true
	m.emit(Send{Batch: b})
	m.observe(now)
}

// onSendAsked makes what waits, or is in flight, due now.
func (m *Machine) onSendAsked(now time.Time) {
	m.observe(now)
	_, flying := m.outbox.InFlight()
	if !flying && m.outbox.Waiting() == 0 {
		return
	}
	m.st.Cycle.NotBefore, m.st.Cycle.Retry = time.Time{}, time.Time{}
	if m.outbox.Waiting() > 0 {
		m.st.Cycle.Flush = now
	}
	m.touch(PartMachine)
}

// observe lets the timetable take note of what waits.
func (m *Machine) observe(now time.Time) {
	if c := m.st.Cycle.Observe(m.cfg.Cycle, now, m.outbox); c != m.st.Cycle {
		m.st.Cycle = c
		m.touch(PartMachine)
	}
}

// onSendEnded takes in the end of a send.
func (m *Machine) onSendEnded(now time.Time, e SendEnded) {
	b, ok := m.outbox.InFlight()
	if !ok || b.ID != e.Batch || !m.sending {
		return
	}
	m.sending = false
	if e.Interrupted {
		m.muted = true
		return
	}
	m.touch(PartMachine)
	if e.Failure.Failed() { // MSG-7: the batch stays as it is
		m.st.Cycle = m.st.Cycle.Failed(m.cfg.Cycle, now, e.RetryAfter)
		return
	}
	m.outbox.Acknowledge(e.Batch)
	m.touch(PartOutbox)
	m.st.Cycle = m.st.Cycle.Acknowledged(m.cfg.Cycle, now, m.outbox)
	m.resync(now, e.Resync)
}
