package scan_test

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
)

// refConfig is the configuration of a refModel: numbers, with nothing left to
// default.
type refConfig struct {
	ttl, tolerance time.Duration

	retryDelay, switchDelay time.Duration
	retryAttempts           int
	retryable               map[wsus.Code]bool

	interval, flushWithin, gap time.Duration
	backoffMin, backoffMax     time.Duration
	batch                      int

	scanSchedule, reevaluation scan.Schedule
	window                     time.Duration
	source                     compliance.UpdateID
	site                       string
	reportRemoved              bool
	numbers                    []uint64 // random numbers, used in turn
}

// refDefaults are the documented defaults.
func refDefaults() refConfig {
	return refConfig{
		ttl: 24 * time.Hour, tolerance: 5 * time.Minute, // TTL-1, TTL-7
		retryDelay: 30 * time.Minute, switchDelay: 2 * time.Minute, retryAttempts: 4, // WF-9
		retryable: refRetryable(),
		interval:  15 * time.Minute, flushWithin: 2 * time.Minute, gap: 10 * time.Second, // MSG-3, MSG-4, MSG-10
		backoffMin: time.Minute, backoffMax: 15 * time.Minute, batch: 1000,
		window: 2 * time.Hour, // WF-1
	}
}

// refRetryable is the published table of 36 codes (WF-9), from the decimals as
// they are published.
func refRetryable() map[wsus.Code]bool {
	table := map[wsus.Code]bool{}
	for _, r := range [][2]wsus.Code{
		{2147747475, 2147747475},
		{2147954429, 2147954430},
		{2149842970, 2149842970},
		{2149842974, 2149842974},
		{2149859332, 2149859342},
		{2149859344, 2149859344},
		{2149859349, 2149859350},
		{2149859352, 2149859354},
		{2149859356, 2149859364},
		{2149859366, 2149859367},
		{2149859371, 2149859372},
		{2149904388, 2149904388},
	} {
		for c := r[0]; c <= r[1]; c++ {
			table[c] = true
		}
	}
	return table
}

// scanMessage records the state of the scan (WF-8).
func (m *refModel) scanMessage(now time.Time, j *refJob, s statemsg.StateID, code wsus.Code) {
	url := j.location.URL
	if j.decision.Action == scan.UseLocal {
		url = m.stamp.server
	}
	signed := int64(code)
	if signed >= 1<<31 {
		signed -= 1 << 32
	}
	m.out.record(statemsg.Message{
		TopicType: 501, TopicID: m.cfg.source.String(), IDType: 3, StateID: s,
		Time: now, Params: []string{strconv.FormatInt(signed, 10), url},
	})
}

// fail is WF-9. The stamp, the metadata and the recorded states stay as they
// are (TTL-6).
func (m *refModel) fail(now time.Time, j *refJob, code wsus.Code) {
	r := m.result(now, j)
	r.Failure = scan.Failure{Code: code}
	m.running = nil
	j.counted = false
	if slices.Contains(j.triggers, scan.AfterInstallation) || slices.Contains(j.triggers, scan.AfterRestart) {
		m.askFlush(now) // MSG-4, however it ended
	}
	if code == 0x8024000B || code < 1<<31 { // WF-10: no failure, and no retry used up
		m.tryAgain(now, j, code, m.cfg.retryDelay, r)
		return
	}
	if !m.cfg.retryable[code] || j.retries >= m.cfg.retryAttempts && j.others == 0 { // final
		m.remove(j)
		r.Outcome = scan.Failed
		m.scanMessage(now, j, statemsg.ScanFailed, code)
		m.want(r)
		return
	}
	wait := m.cfg.retryDelay
	if j.retries < m.cfg.retryAttempts {
		j.retries++
		j.counted = true
	} else { // to the next location
		j.failed = append(j.failed, j.at)
		j.at, j.retries, wait = "", 0, m.cfg.switchDelay
	}
	m.tryAgain(now, j, code, wait, r)
}

// tryAgain ends an attempt that will be made again.
func (m *refModel) tryAgain(now time.Time, j *refJob, code wsus.Code, wait time.Duration, r refResult) {
	j.wait = wait
	j.stage, j.notBefore, j.tokens = refQueued, now.Add(j.wait), nil
	r.Outcome, r.RetryAt = scan.PendingRetry, j.notBefore
	m.scanMessage(now, j, statemsg.ScanPendingRetry, code)
	m.want(r)
}

func (m *refModel) remove(j *refJob) {
	m.jobs = slices.DeleteFunc(m.jobs, func(o *refJob) bool { return o == j })
}

// result is what all results of an attempt have in common (DEC-7).
func (m *refModel) result(now time.Time, j *refJob) refResult {
	r := refResult{Result: scan.Result{
		Run: j.run(), Type: j.typ, Triggers: slices.Clone(j.triggers), Tokens: j.tokens,
		Decision: j.decision, Connected: j.retrieved, Server: j.location.URL,
		Started: j.started, Finished: now,
	}}
	if j.decision.Action == scan.UseLocal {
		r.Server, r.Stamp = m.stamp.server, m.stamp.value()
	}
	if m.verdict(0, now).Reason == ttl.WithinTTL {
		r.FreshUntil = m.stamp.at.Add(m.cfg.ttl)
	}
	return r
}

// complete is WF-7: diff, messages, stamp.
func (m *refModel) complete(now time.Time, j *refJob, ev wsus.Evaluation) {
	found := map[compliance.UpdateID]compliance.Record{}
	unknown := false
	for rec := range ev.Snapshot.All() {
		held := func(p refPending) bool { return p.id == rec.ID && !p.restarted }
		if rec.State == compliance.Installed && slices.ContainsFunc(m.waiting, held) { // WF-12
			rec.State = compliance.Required
		}
		unknown = unknown || rec.State == compliance.Unknown
		found[rec.ID] = rec
	}
	changes := m.compare(now, found)
	if j.retrieved { // TTL-4, TTL-5
		m.stamp = refStamp{have: true, at: now, version: j.version, server: j.location.URL}
		m.lastGood = j.location.URL
		m.want(scan.Commit{Metadata: scan.StoreMetadata, Run: j.run(), Stamp: m.stamp.value(), Source: m.stamp.server})
	}
	r := m.result(now, j)
	r.records, r.Changes = found, changes
	r.Problems, r.Unsupported = ev.Problems, ev.Unsupported
	if j.retrieved {
		r.Stamp = m.stamp.value()
	}
	r.Outcome = scan.Completed
	state := statemsg.ScanCompleted
	if unknown { // DIFF-5
		r.Outcome, state = scan.CompletedWithErrors, statemsg.ScanCompletedWithErrors
	}
	slices.SortFunc(j.updates, func(a, b compliance.UpdateID) int { return slices.Compare(a[:], b[:]) })
	for _, id := range j.updates { // TRG-7
		rec, ok := found[id]
		r.Checks = append(r.Checks, scan.UpdateCheck{ID: id, Found: ok, State: rec.State})
	}
	m.scanMessage(now, j, state, 0)
	m.settleRestarts(now, found)
	if slices.Contains(j.triggers, scan.AfterInstallation) || slices.Contains(j.triggers, scan.AfterRestart) {
		m.askFlush(now) // MSG-4
	}
	m.running = nil
	m.remove(j)
	m.want(r)
}

// compare is the diff against the last recorded states, and their change: it
// compares two maps, update by update, in the order of ids.
func (m *refModel) compare(now time.Time, found map[compliance.UpdateID]compliance.Record) []compliance.Change {
	all := maps.Clone(found)
	maps.Copy(all, m.baseline)
	ids := slices.SortedFunc(maps.Keys(all), func(a, b compliance.UpdateID) int { return slices.Compare(a[:], b[:]) })
	var changes []compliance.Change
	for _, id := range ids {
		before, recorded := m.baseline[id]
		after, there := found[id]
		c := compliance.Change{ID: id, From: before.State, FromRevision: before.Revision, To: after.State, Revision: after.Revision}
		if !there { // DIFF-6
			c.Kind, c.Revision = compliance.Removed, before.Revision
			delete(m.baseline, id)
			if m.cfg.reportRemoved {
				m.updateMessage(now, id, 0, before.Revision)
			} else {
				m.out.forget(500, id.String())
			}
			changes = append(changes, c)
			continue
		}
		if after.State == compliance.Unknown || recorded && before == after { // DIFF-5, DIFF-2
			continue
		}
		m.baseline[id] = after
		c.Kind = compliance.Revised // DIFF-7: no message
		if before.State != after.State {
			c.Kind = compliance.Changed
		}
		if !recorded {
			c.Kind = compliance.First
		}
		if c.Kind != compliance.Revised { // DIFF-2
			m.updateMessage(now, id, statemsg.StateID(after.State), after.Revision)
		}
		changes = append(changes, c)
	}
	return changes
}

// updateMessage records the state of an update (DIFF-2, DIFF-7).
func (m *refModel) updateMessage(now time.Time, id compliance.UpdateID, s statemsg.StateID, rev compliance.Revision) {
	m.out.record(statemsg.Message{
		TopicType: 500, TopicID: id.String(), IDType: 3, StateID: s, Time: now, Params: []string{strconv.Itoa(int(rev))},
	})
}

// settleRestarts reports what the scan after the restart found installed
// (WF-12).
func (m *refModel) settleRestarts(now time.Time, found map[compliance.UpdateID]compliance.Record) {
	var still []refPending
	var assignments []string
	for _, p := range m.waiting {
		rec, there := found[p.id]
		if !p.restarted || there && rec.State != compliance.Installed {
			still = append(still, p)
			continue
		}
		if !there { // nobody can say whether it is installed
			continue
		}
		m.enforcement(now, 402, p.id.String(), 10)
		if p.assignment != "" && !slices.Contains(assignments, p.assignment) {
			assignments = append(assignments, p.assignment)
		}
	}
	m.waiting = still
	for _, a := range assignments {
		if !slices.ContainsFunc(still, func(p refPending) bool { return p.assignment == a }) {
			m.enforcement(now, 301, a, 4)
		}
	}
}

// takeRefresh is DIFF-8: everything that was ever sent waits again, with its
// time, and what is recorded and was never put in a message is reported.
func (m *refModel) takeRefresh(now time.Time) {
	n := m.out.refresh()
	for _, rec := range m.stateOf() {
		if !m.out.knows(500, rec.ID.String()) {
			m.updateMessage(now, rec.ID, statemsg.StateID(rec.State), rec.Revision)
			n++
		}
	}
	m.want(scan.Notice{Kind: scan.NoticeRefreshed, At: now, Count: n})
}
