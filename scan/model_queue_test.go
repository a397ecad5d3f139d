package scan_test

import (
	"slices"
	"strings"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
)

// refTypeOf is the table of TRG-3 and TRG-4; 0 for what is no trigger.
func refTypeOf(t scan.Trigger) scan.Type {
	return map[scan.Trigger]scan.Type{
		scan.InitialScan:               scan.NonForcedOnline,
		scan.ScanSchedule:              scan.NonForcedOnline,
		scan.Reevaluation:              scan.NonForcedOnline,
		scan.BeforeDownload:            scan.NonForcedOnline,
		scan.BeforeInstallation:        scan.NonForcedOnline,
		scan.ScanCycle:                 scan.ForcedOnline,
		scan.DeploymentEvaluationCycle: scan.ForcedOnline,
		scan.AfterInstallation:         scan.ForcedOffline,
		scan.AfterRestart:              scan.ForcedOffline,
	}[t]
}

// takeRequest accepts a request or refuses it.
func (m *refModel) takeRequest(now time.Time, r scan.Request, token uint64) {
	var code wsus.Code
	naming := r.Trigger == scan.BeforeDownload || r.Trigger == scan.BeforeInstallation
	if !m.policy.Enabled {
		code = 0x87D00600 // WF-14
	}
	if refTypeOf(r.Trigger) == 0 || naming && len(r.Updates) == 0 || len(r.Updates) > 10_000 {
		code = 0x80070057 // TRG-5, TRG-7
	}
	if code == 0 {
		m.enqueue(now, r, token, true)
		return
	}
	f := scan.Failure{Code: code}
	m.want(scan.Notice{Kind: scan.NoticeRefused, At: now, Trigger: r.Trigger, Failure: f})
	res := scan.Result{
		Type: refTypeOf(r.Trigger), Triggers: []scan.Trigger{r.Trigger},
		Outcome: scan.Refused, Failure: f, Started: now, Finished: now,
	}
	if token != 0 {
		res.Tokens = []uint64{token}
	}
	m.want(refResult{Result: res})
}

// enqueue lets a request join a scan, or makes it a scan of its own (WF-11).
func (m *refModel) enqueue(now time.Time, r scan.Request, token uint64, asked bool) {
	kind := scan.NoticeJoined
	j := m.joinable(r)
	if j == nil {
		kind = scan.NoticeTriggered
		m.lastJob++
		j = &refJob{id: m.lastJob, typ: refTypeOf(r.Trigger), stage: refQueued}
		m.jobs = append(m.jobs, j)
	} else if asked && j.notBefore.After(now) { // our choice: who asks now is answered now
		j.notBefore, j.wait = time.Time{}, 0
		if j.counted { // the retry that was waited for has not been made
			j.retries--
		}
	}
	if !slices.Contains(j.triggers, r.Trigger) {
		j.triggers = append(j.triggers, r.Trigger)
		slices.Sort(j.triggers)
	}
	for _, id := range r.Updates {
		if !slices.Contains(j.updates, id) {
			j.updates = append(j.updates, id)
		}
	}
	if r.Required > j.required {
		j.required = r.Required
	}
	if r.Trigger == scan.InitialScan {
		j.clear = true
	}
	if token != 0 {
		j.tokens = append(j.tokens, token)
	}
	m.want(scan.Notice{Kind: kind, At: now, Job: j.id, Trigger: r.Trigger})
}

// joinable is WF-11: a queued scan of the same type; for non-forced online
// also a forced online scan that is queued, or runs and has not come to the
// evaluation. Offline joins no online scan.
func (m *refModel) joinable(r scan.Request) *refJob {
	typ := refTypeOf(r.Trigger)
	for _, j := range m.jobs {
		queued := j.stage == refQueued
		if queued && j.typ == typ {
			return j
		}
		if typ != scan.NonForcedOnline || j.typ != scan.ForcedOnline {
			continue
		}
		if queued {
			return j
		}
		// It retrieves for what it was asked for, and clears nothing any more.
		if j.stage != refEvaluating && r.Required <= j.required && r.Trigger != scan.InitialScan {
			return j
		}
	}
	return nil
}

// startScans starts scans in order of arrival, one at a time (WF-11), unless
// the client is dormant (WF-14).
func (m *refModel) startScans(now time.Time) {
	for m.running == nil && m.policy.Enabled {
		i := slices.IndexFunc(m.jobs, func(j *refJob) bool { return !j.held && !j.notBefore.After(now) })
		if i < 0 {
			return
		}
		m.start(now, m.jobs[i])
	}
}

// start begins an attempt.
func (m *refModel) start(now time.Time, j *refJob) {
	m.running = j
	j.attempt++
	j.notBefore, j.wait = time.Time{}, 0
	j.started, j.location, j.others, j.retrieved, j.version = now, wsus.Location{}, 0, false, 0
	if j.clear { // WF-2
		j.clear = false
		m.stamp = refStamp{}
		m.want(scan.Commit{Metadata: scan.ClearMetadata})
		m.want(scan.Notice{Kind: scan.NoticeCleared, At: now, Job: j.id})
	}
	j.decision = m.decide(now, j)
	m.want(scan.Notice{Kind: scan.NoticeDecided, At: now, Job: j.id, Trigger: j.triggers[0], Decision: j.decision})
	if j.decision.Action == scan.Fail { // DEC-4
		m.fail(now, j, 0x87D00606)
		return
	}
	if j.decision.Action == scan.UseLocal {
		j.stage = refEvaluating
		m.scanMessage(now, j, statemsg.ScanRunning, 0)
		m.want(scan.Evaluate{Run: j.run(), Stored: true})
		return
	}
	j.stage = refLocating // WF-3
	m.scanMessage(now, j, statemsg.ScanWaitingForLocation, 0)
	m.want(scan.Locate{Run: j.run(), Request: wsus.LocateRequest{
		UpdateSource: m.cfg.source, Version: uint32(m.wanted(j)), SiteCode: m.cfg.site, Internet: m.internet,
	}})
}

// wanted is the content version that a location must have: that of the
// request or that of policy, whichever is higher (WF-6).
func (m *refModel) wanted(j *refJob) ttl.Version { return max(j.required, m.policy.ContentVersion) }

// verdict is TTL-2, TTL-3, TTL-7 and TTL-8.
func (m *refModel) verdict(required ttl.Version, now time.Time) ttl.Verdict {
	v := ttl.Verdict{TTL: m.cfg.ttl, Stamp: m.stamp.value(), Required: required}
	if !m.stamp.have { // TTL-3
		v.Reason = ttl.Absent
		return v
	}
	v.Age = now.Sub(m.stamp.at)
	if m.stamp.at.After(now.Add(m.cfg.tolerance)) { // TTL-7
		v.Reason = ttl.FromFuture
		return v
	}
	if m.stamp.at.After(now) {
		v.Age = 0
	}
	v.Reason = ttl.WithinTTL
	if now.After(m.stamp.at.Add(m.cfg.ttl)) { // TTL-2: exactly the TTL is fresh
		v.Reason = ttl.Expired
	}
	if m.stamp.version < required { // TTL-8: whatever its age
		v.Reason = ttl.VersionTooLow
	}
	return v
}

// decide is DEC-1 to DEC-4.
func (m *refModel) decide(now time.Time, j *refJob) scan.Decision {
	d := scan.Decision{Type: j.typ, Verdict: m.verdict(j.required, now)}
	online, forced := j.typ != scan.ForcedOffline, j.typ != scan.NonForcedOnline
	fresh := d.Verdict.Reason == ttl.WithinTTL
	if online && forced {
		d.Action, d.Reason = scan.Connect, scan.ForcedToConnect
	}
	if online && !forced && !fresh {
		d.Action, d.Reason = scan.Connect, scan.MetadataNotFresh
	}
	if online && !forced && fresh {
		d.Action, d.Reason = scan.UseLocal, scan.MetadataFresh
	}
	if !online && m.stamp.have {
		d.Action, d.Reason = scan.UseLocal, scan.ForcedOfflineScan
	}
	if !online && !m.stamp.have {
		d.Action, d.Reason = scan.Fail, scan.NoOfflineHistory
	}
	return d
}

// takeLocated chooses a location: WF-4, WF-6, WF-9.
func (m *refModel) takeLocated(now time.Time, e scan.Located) {
	j := m.at(e.Run, refLocating)
	if j == nil {
		return
	}
	if e.Failure.Code != 0 {
		m.fail(now, j, e.Failure.Code)
		return
	}
	list := slices.Clone(e.Locations)
	keep := func(code wsus.Code, ok func(wsus.Location) bool) wsus.Code {
		list = slices.DeleteFunc(list, func(l wsus.Location) bool { return !ok(l) })
		if len(list) == 0 {
			return code
		}
		return 0
	}
	for _, rule := range []struct {
		code wsus.Code
		ok   func(wsus.Location) bool
	}{
		{0x87D00691, func(wsus.Location) bool { return true }}, // WF-6: none at all
		{0x87D00628, func(l wsus.Location) bool { return !m.sslOnly() || strings.HasPrefix(l.URL, "https://") }},
		{0x87D00691, func(l wsus.Location) bool {
			return l.Internet == l.Intranet && !l.Internet || m.internet && l.Internet || !m.internet && l.Intranet
		}},
		{0x87D00691, func(l wsus.Location) bool { return ttl.Version(l.Version) >= m.wanted(j) }},
		{0x87D00630, func(l wsus.Location) bool { return !slices.Contains(j.failed, l.URL) }},
	} {
		if code := keep(rule.code, rule.ok); code != 0 {
			m.fail(now, j, code)
			return
		}
	}
	j.location, j.others = m.preferred(j, list), len(list)-1
	if m.internet {
		j.others = 0
	}
	j.at, j.stage = j.location.URL, refReading
	m.want(scan.Notice{Kind: scan.NoticeLocated, At: now, Job: j.id, Location: j.location})
	m.want(scan.ReadPolicy{Run: j.run()})
}

// sslOnly is WF-4.
func (m *refModel) sslOnly() bool { return m.internet || m.policy.NativeMode }

// preferred is the location to try first: the one that is being retried, or
// else the one that last worked (WF-9); then one in the client's forest.
func (m *refModel) preferred(j *refJob, list []wsus.Location) wsus.Location {
	good := m.lastGood
	if j.at != "" {
		good = j.at
	}
	for _, l := range list {
		if l.URL == good {
			return l
		}
	}
	for _, l := range list {
		if l.SameForest {
			return l
		}
	}
	return list[0]
}

// takePolicyRead is WF-3 and WF-5.
func (m *refModel) takePolicyRead(now time.Time, e scan.PolicyRead) {
	j := m.at(e.Run, refReading)
	if j == nil {
		return
	}
	if e.Failure.Code != 0 {
		m.fail(now, j, e.Failure.Code)
		return
	}
	p, url := e.Effective, j.location.URL
	if m.sslOnly() && !strings.HasPrefix(url, "https://") { // WF-4: it may have moved since
		m.fail(now, j, 0x87D00628)
		return
	}
	if p.HigherAuthority {
		scheme, server, _ := strings.Cut(url, "://")
		agrees := func(set string) bool {
			s, host, _ := strings.Cut(set, "://")
			return host == server && (scheme == "http" || s == "https")
		}
		if !p.Use || !agrees(p.Server) || p.StatusServer != "" && !agrees(p.StatusServer) {
			m.fail(now, j, 0x87D00692)
			return
		}
		m.retrieve(now, j)
		return
	}
	want := wsus.Policy{Server: url, StatusServer: url, Use: true}
	if p == want {
		m.retrieve(now, j)
		return
	}
	j.stage = refWriting
	m.want(scan.WritePolicy{Run: j.run(), Policy: want})
}

// retrieve passes the request to the update agent (WF-3).
func (m *refModel) retrieve(now time.Time, j *refJob) {
	if m.sslOnly() && !strings.HasPrefix(j.location.URL, "https://") { // WF-4, once more
		m.fail(now, j, 0x87D00628)
		return
	}
	j.stage = refRetrieving
	m.scanMessage(now, j, statemsg.ScanRunning, 0) // WF-8
	m.want(scan.Retrieve{Run: j.run(), Location: j.location, SSLOnly: m.sslOnly()})
}

func (m *refModel) takeRetrieved(now time.Time, e scan.Retrieved) {
	j := m.at(e.Run, refRetrieving)
	if j == nil {
		return
	}
	if e.Failure.Code != 0 { // DEC-5
		m.fail(now, j, e.Failure.Code)
		return
	}
	if e.Version < j.required { // TTL-8
		m.fail(now, j, 0x87D00691)
		return
	}
	j.retrieved, j.version, j.stage = true, e.Version, refEvaluating
	m.want(scan.Notice{Kind: scan.NoticeConnected, At: now, Job: j.id, Location: j.location})
	m.want(scan.Evaluate{Run: j.run()})
}

// takeInstalled is WF-12.
func (m *refModel) takeInstalled(now time.Time, in scan.Installation) {
	var code wsus.Code
	if !m.policy.Enabled {
		code = 0x87D00600
	}
	if len(in.Updates) == 0 || len(in.Updates) > 10_000 {
		code = 0x80070057
	}
	if code != 0 {
		m.want(scan.Notice{Kind: scan.NoticeRefused, At: now, Trigger: scan.AfterInstallation, Failure: scan.Failure{Code: code}})
		return
	}
	var ids []compliance.UpdateID
	for _, id := range in.Updates {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b compliance.UpdateID) int { return slices.Compare(a[:], b[:]) })
	m.waiting = slices.DeleteFunc(m.waiting, func(p refPending) bool { return slices.Contains(ids, p.id) })
	if in.RestartRequired {
		for _, id := range ids {
			m.waiting = append(m.waiting, refPending{id: id, assignment: in.Assignment})
			m.enforcement(now, 402, id.String(), 9)
		}
		if in.Assignment != "" {
			m.enforcement(now, 301, in.Assignment, 5)
		}
		m.want(scan.Notice{Kind: scan.NoticeRestartPending, At: now, Count: len(ids)})
	}
	m.enqueue(now, scan.Request{Trigger: scan.AfterInstallation, Updates: ids}, 0, true)
}

// takeRestarted is WF-12: only a client that was waiting for a restart scans
// after it (TRG-1).
func (m *refModel) takeRestarted(now time.Time) {
	r := scan.Request{Trigger: scan.AfterRestart}
	for i := range m.waiting {
		if p := &m.waiting[i]; !p.restarted {
			p.restarted = true
			r.Updates = append(r.Updates, p.id)
		}
	}
	if len(r.Updates) > 0 {
		m.enqueue(now, r, 0, true)
	}
}
