package scan

import (
	"time"

	"github.com/updatescan/updatescan/ttl"
)

// Status is what a client is doing, for a person or a health check.
type Status struct {
	// Enabled says whether machine policy enables the feature.
	Enabled bool
	// Running is the scan that has begun; its Job is 0 when none has. While
	// nobody drives the client it stays where it is.
	Running Run
	// Queued is the number of scans that wait, those for a retry included.
	Queued int
	// InitialScan is when the initial scan is due; zero when it is over, or
	// before the feature was enabled.
	InitialScan time.Time
	// NextScan and NextReevaluation are the next occurrences of the
	// schedules, zero when there is none.
	NextScan, NextReevaluation time.Time
	// Stamp is the stamp of the stored metadata, Source the URL of the
	// server it came from.
	Stamp  ttl.Stamp
	Source string
	// PendingRestart is the number of updates that were installed and wait
	// for a restart, or for the scan after it.
	PendingRestart int
	// Waiting is the number of state messages that wait to be put in a
	// batch.
	Waiting int
	// InFlight is the number of messages in the batch that was handed over
	// and is not acknowledged.
	InFlight int
	// SendFailures is how often sending that batch has failed.
	SendFailures int
	// NextSend is when the next batch is made or sent again; past means now.
	// It is zero when there is nothing to send, and while a send is under
	// way.
	NextSend time.Time
	// LastSerial is the last serial number used.
	LastSerial uint64
}

// Status returns what the client is doing.
func (m *Machine) Status() Status {
	s := Status{
		Enabled: m.st.Policy.Enabled, Queued: len(m.st.Jobs),
		NextScan: m.st.NextScan, NextReevaluation: m.st.NextReevaluation,
		Stamp: m.st.Stamp, Source: m.st.Source,
		PendingRestart: len(m.st.Pending), Waiting: m.outbox.Waiting(), LastSerial: m.outbox.LastSerial(),
	}
	if m.st.Known && !m.st.InitialDone {
		s.InitialScan = m.st.Initial
	}
	if b, ok := m.outbox.InFlight(); ok {
		s.InFlight, s.SendFailures = len(b.Messages), m.st.Cycle.Failures
	}
	if t, ok := m.st.Cycle.Next(m.cfg.Cycle, m.outbox); ok && !m.sending {
		s.NextSend = t
	}
	if m.running != nil {
		s.Running, s.Queued = m.running.run(), s.Queued-1
	}
	return s
}
