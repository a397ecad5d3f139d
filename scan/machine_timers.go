package scan

import (
	"math"
	"time"
)

// onPolicy takes in machine policy (WF-1, WF-14).
func (m *Machine) onPolicy(now time.Time, p Policy) {
	was := m.st.Policy
	if p != was {
		m.st.Policy = p
		m.touch(PartMachine)
	}
	if was.Enabled && !p.Enabled { // WF-14: timers stop, nothing is deleted
		m.emit(Notice{Kind: NoticeDormant, At: now})
		return
	}
	if !p.Enabled || was.Enabled {
		return // WF-1: the same policy again schedules nothing
	}
	if m.st.Known {
		m.emit(Notice{Kind: NoticeResumed, At: now}) // WF-14
		return
	}
	m.enable(now)
}

// enable draws the client's delays and schedules the initial scan: the feature
// was enabled for the first time (WF-1, WF-15).
func (m *Machine) enable(now time.Time) {
	window := m.cfg.InitialWindow
	if window == 0 {
		window = StartDelay
	}
	m.st.Known = true
	m.st.InitialDelay = draw(m.cfg.Rand, window)
	m.st.ScanDelay = draw(m.cfg.Rand, StartDelay)
	m.st.ReevaluationDelay = draw(m.cfg.Rand, StartDelay)
	m.st.Initial = now.Add(m.st.InitialDelay)
	m.schedule(now)
	m.touch(PartMachine)
	m.emit(Notice{Kind: NoticeEnabled, At: now, Trigger: InitialScan, Due: m.st.Initial})
}

// schedule finds the next occurrence of each schedule whose configuration is
// not the one that the occurrence was found with (WF-13).
func (m *Machine) schedule(now time.Time) {
	one := func(next *time.Time, with *Schedule, s Schedule, delay time.Duration) {
		if with.Interval == s.Interval && with.Start.Equal(s.Start) && with.Disabled == s.Disabled && next.IsZero() == s.Disabled {
			return
		}
		*with, *next = s, time.Time{}
		m.touch(PartMachine)
		if s.Disabled {
			return
		}
		if m.st.InitialDone {
			*next = s.after(m.st.Initial, delay, now)
		} else {
			*next = s.first(m.st.Initial, delay, now)
		}
	}
	one(&m.st.NextScan, &m.st.ScanSchedule, m.cfg.ScanSchedule, m.st.ScanDelay)
	one(&m.st.NextReevaluation, &m.st.Reevaluation, m.cfg.Reevaluation, m.st.ReevaluationDelay)
}

// fire queues the scans whose time has come.
func (m *Machine) fire(now time.Time) {
	if !m.st.Policy.Enabled {
		return // WF-14
	}
	if m.st.Known && !m.st.InitialDone && !now.Before(m.st.Initial) { // WF-1
		m.st.InitialDone = true
		m.enqueue(now, Request{Trigger: InitialScan}, 0, false)
	}
	if due(m.st.NextScan, now) { // WF-13: missed occurrences run once
		m.st.NextScan = m.cfg.ScanSchedule.after(m.st.Initial, m.st.ScanDelay, now)
		m.enqueue(now, Request{Trigger: ScanSchedule}, 0, false)
	}
	if due(m.st.NextReevaluation, now) { // WF-13
		m.st.NextReevaluation = m.cfg.Reevaluation.after(m.st.Initial, m.st.ReevaluationDelay, now)
		m.enqueue(now, Request{Trigger: Reevaluation}, 0, false)
	}
}

// due reports whether an occurrence is set and has come.
func due(t, now time.Time) bool { return !t.IsZero() && !now.Before(t) }

// clockBack repairs what a clock that was moved back has made too late: no
// wait is longer than it was when it began. The stamp is left as it is; a
// stamp in the future is not fresh (TTL-7).
func (m *Machine) clockBack(now time.Time) {
	limit := func(t *time.Time, longest time.Duration) {
		if t.Sub(now) > longest {
			*t = now.Add(longest)
			m.touch(PartMachine)
		}
	}
	if m.st.Known && !m.st.InitialDone {
		limit(&m.st.Initial, m.st.InitialDelay)
	}
	for _, j := range m.st.Jobs {
		limit(&j.NotBefore, j.Wait)
	}
	repair := func(next *time.Time, s Schedule, delay time.Duration) {
		if next.Sub(now) <= s.interval()+StartDelay {
			return
		}
		m.touch(PartMachine)
		if m.st.InitialDone {
			*next = s.after(m.st.Initial, delay, now) // keeps its phase (WF-15)
		} else {
			*next = s.first(m.st.Initial, delay, now)
		}
	}
	repair(&m.st.NextScan, m.cfg.ScanSchedule, m.st.ScanDelay)
	repair(&m.st.NextReevaluation, m.cfg.Reevaluation, m.st.ReevaluationDelay)
}

// plan finds when the machine is to be stepped next.
func (m *Machine) plan(now time.Time) {
	m.wake = math.MaxInt64
	at := func(t time.Time) {
		// What lies at the edge never comes: a clock stands still there.
		if n := clamp(t).UnixNano(); n < m.wake && n < latestNano {
			m.wake = n
		}
	}
	if m.st.Policy.Enabled {
		if m.st.Known && !m.st.InitialDone {
			at(m.st.Initial)
		}
		if !m.st.NextScan.IsZero() {
			at(m.st.NextScan)
		}
		if !m.st.NextReevaluation.IsZero() {
			at(m.st.NextReevaluation)
		}
		if m.running == nil {
			for _, j := range m.st.Jobs {
				if !j.held {
					at(j.NotBefore)
				}
			}
		}
	}
	if m.sending || m.muted {
		return
	}
	if t, ok := m.st.Cycle.Next(m.cfg.Cycle, m.outbox); ok {
		if t.Before(now) {
			t = now
		}
		at(t)
	}
}
