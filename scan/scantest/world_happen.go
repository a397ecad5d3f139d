package scantest

import (
	"slices"
	"strings"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/wsus"
)

// moment draws when the next thing happens: soon, or near a boundary.
func (w *World) moment() time.Time {
	near := time.Duration(w.dice.IntN(5)-2) * time.Second
	nudge := pick(w.dice, 0, -time.Second, time.Second, -1, 1)
	switch w.dice.IntN(16) {
	case 0, 1:
		return w.now
	case 2, 3:
		return w.now.Add(time.Duration(w.dice.IntN(120)) * time.Second)
	case 4, 5:
		return w.now.Add(time.Duration(w.dice.IntN(120)) * time.Minute)
	case 6:
		return w.now.Add(time.Duration(w.dice.IntN(30)) * time.Hour)
	case 7, 8: // the end of the TTL, and the tolerance
		if at, ok := w.ref.history.Stamp().Time(); ok {
			return at.Add(pick(w.dice, w.ref.cfg.TTL.TTL, w.ref.cfg.TTL.TTL, w.ref.cfg.TTL.TTL, -w.ref.cfg.TTL.Tolerance)).Add(pick(w.dice, near, nudge))
		}
	case 9, 10, 11: // a tick, a retry, a schedule
		if t, ok := w.ref.Next(); ok {
			return t.Add(nudge)
		}
	case 12: // a retry; or the clock is moved back while it is waited for
		for _, j := range w.ref.jobs {
			if j.notBefore.After(w.now) && w.chance(30) {
				return w.now.Add(-time.Duration(w.dice.IntN(90)) * time.Minute)
			}
			if !j.notBefore.IsZero() {
				return j.notBefore.Add(nudge)
			}
		}
	case 13: // the edges of the initial window
		if w.ref.known && !w.ref.initialDone {
			return pick(w.dice, w.ref.initial, w.enabled.Add(w.ref.cfg.InitialWindow), w.enabled).Add(nudge)
		}
	case 14: // the clock is moved back
		return w.now.Add(-pick(w.dice, time.Nanosecond, time.Second, 10*time.Minute, 3*time.Hour, 24*time.Hour, 9*24*time.Hour))
	case 15: // the clock is moved forward: nothing happens in between
		w.jump(w.now.Add(pick(w.dice, 10*time.Minute, 3*time.Hour, 24*time.Hour, 9*24*time.Hour)))
	}
	return w.now.Add(time.Duration(w.dice.IntN(600)) * time.Second)
}

// happen lets one thing happen from outside.
func (w *World) happen() {
	w.pass()
	if w.fault != "" {
		return
	}
	if !w.ref.known && w.chance(60) {
		w.enabled = w.now
		w.step(scan.PolicyReceived{Policy: scan.Policy{Enabled: true, ContentVersion: pick(w.dice, w.required(), 0)}})
		return
	}
	roll := w.dice.IntN(100)
	for _, thing := range w.things() {
		if roll < thing.percent {
			thing.do()
			return
		}
		roll -= thing.percent
	}
}

// thing is something that happens from outside, in so many percent.
type thing struct {
	name    string
	percent int
	do      func()
}

// things are all that can happen from outside.
func (w *World) things() []thing {
	return []thing{
		{"request", 24, w.request},
		{"policy", 8, w.policy},
		{"installation", 9, w.install},
		{"restart of the system", 6, func() { w.step(scan.Restarted{}) }},
		{"refresh", 4, func() { w.step(scan.RefreshAsked{}) }},
		{"roaming", 3, func() { w.step(scan.Roamed{Internet: w.chance(40)}) }},
		{"interruption", 5, w.interrupt},
		{"resumption", 4, func() { w.step(scan.Resumed{}) }},
		{"power cut", 6, w.powerCut},
		{"restart when idle", 5, w.swap},
		{"metadata lost", 2, w.loseMetadata},
		{"stale answer", 3, w.repeatStale},
		{"world changes", 16, w.changeWorld},
		{"send now", 3, func() { w.step(scan.SendAsked{}) }},
		{"tick", 2, func() { w.step(scan.Tick{}) }},
	}
}

// Actions are the things that can happen to the client, by name, for those who
// choose themselves, such as a state machine of rapid: "time" lets some pass or
// moves the clock, and the others happen at once. Each does nothing after the
// first difference; see [World.Err].
func (w *World) Actions() map[string]func() {
	actions := map[string]func(){"time": w.pass}
	for _, thing := range w.things() {
		actions[thing.name] = thing.do
	}
	return actions
}

// pass lets time pass, or moves the clock.
func (w *World) pass() {
	if w.fault != "" {
		return
	}
	if t := w.moment(); t.After(w.now) {
		w.advance(t)
	} else {
		w.jump(t)
	}
}

// request asks for a scan; now and then with a fault.
func (w *World) request() {
	r := scan.Request{Trigger: scan.Trigger(1 + w.dice.IntN(9)), Required: w.required()}
	if w.chance(40) {
		r.Trigger = pick(w.dice, scan.ScanCycle, scan.ScanSchedule, scan.BeforeInstallation)
	}
	if w.chance(3) {
		r.Trigger = pick(w.dice, scan.Trigger(0), 10, 255)
	}
	if r.Trigger == scan.BeforeDownload || r.Trigger == scan.BeforeInstallation || w.chance(10) {
		for range w.dice.IntN(4) {
			r.Updates = append(r.Updates, ID(w.dice.IntN(worldUpdates)))
		}
	}
	token := uint64(0)
	if w.chance(70) {
		w.token++
		token = w.token
	}
	w.step(scan.Requested{Request: r, Token: token})
}

func (w *World) policy() {
	p := w.ref.policy
	switch w.dice.IntN(5) {
	case 0, 1:
		p.Enabled = !p.Enabled
	case 2:
		p.ContentVersion = w.required()
	case 3:
		p.NativeMode = !p.NativeMode
	}
	if p.Enabled && !w.ref.known {
		w.enabled = w.now
	}
	w.step(scan.PolicyReceived{Policy: p})
}

// install installs some updates: their files are there at once.
func (w *World) install() {
	in := scan.Installation{Assignment: pick(w.dice, "", "{D1}", "{D2}"), RestartRequired: w.chance(50)}
	for range w.dice.IntN(4) {
		in.Updates = append(in.Updates, ID(w.dice.IntN(worldUpdates)))
	}
	for i := range w.machineFacts {
		if w.machineFacts[i].State != compliance.Unknown && slices.Contains(in.Updates, w.machineFacts[i].ID) {
			w.machineFacts[i].State = compliance.Installed
		}
	}
	w.step(scan.Installed{Installation: in})
}

// interrupt cuts short what runs (WF-10): the scan, or the send.
func (w *World) interrupt() {
	if w.chance(30) && w.ref.InFlight() > 0 && w.ref.sending {
		b, _ := w.ref.out.InFlight()
		id := b.ID
		w.drop(func(a answer) bool { return a.batch == id })
		w.step(scan.SendEnded{Batch: id, Interrupted: true})
	} else if j := w.ref.running; j != nil {
		w.drop(func(a answer) bool { return a.run == j.run() && a.batch == 0 })
		w.step(scan.Interrupted{Run: j.run()})
	}
	if w.chance(60) {
		w.step(scan.Resumed{})
	}
}

// powerCut ends the process at once: what was under way is lost, and the
// client goes on from its stored form, sometimes with another clock.
func (w *World) powerCut() {
	w.ref.PowerOff()
	w.answers = nil
	if w.chance(15) {
		w.damage()
	}
	w.restore()
	if w.chance(50) {
		w.jump(w.now.Add(pick(w.dice, time.Second, 20*time.Minute, 26*time.Hour, -time.Minute, -26*time.Hour)))
	}
	w.step(scan.Resumed{})
}

// swap puts a machine restored from the stored form in the place of one that
// has nothing under way: nobody must notice.
func (w *World) swap() {
	busy := w.ref.running != nil || w.ref.sending || w.ref.muted
	for _, j := range w.ref.jobs {
		busy = busy || j.held || len(j.tokens) > 0
	}
	if busy || w.damaged {
		return
	}
	w.restore()
	w.step(scan.Resumed{})
}

// loseMetadata says that the stored metadata could not be read. A scan that
// uses it at this moment has read it already.
func (w *World) loseMetadata() {
	if j := w.ref.running; j != nil && j.decision.Action == scan.UseLocal {
		return
	}
	w.step(scan.MetadataLost{Detail: "damaged"})
}

// repeatStale delivers an answer a second time, when its attempt is over.
func (w *World) repeatStale() {
	if len(w.stale) == 0 {
		w.step(pick[scan.Event](w.dice,
			scan.Located{Run: scan.Run{Job: 1, Attempt: 99}}, scan.Evaluated{Run: scan.Run{Job: 77, Attempt: 1}},
			scan.SendEnded{Batch: 1 << 40}, scan.Retrieved{}, scan.Interrupted{Run: scan.Run{Job: 1, Attempt: 99}}))
		return
	}
	w.step(w.stale[w.dice.IntN(len(w.stale))])
}

// changeWorld changes something that the client does not see at once.
func (w *World) changeWorld() {
	l := w.locations[w.dice.IntN(len(w.locations))]
	switch w.dice.IntN(10) {
	case 0, 1, 2:
		w.changeFacts()
	case 3, 4:
		if w.down[l.URL] != 0 {
			delete(w.down, l.URL)
		} else {
			w.down[l.URL] = w.code().Code
		}
	case 5:
		w.mpDown = !w.mpDown
	case 6:
		w.domain = nil
		if w.chance(50) {
			w.domain = &wsus.Policy{
				HigherAuthority: true, Use: w.chance(80),
				Server:       pick(w.dice, l.URL, l.URL, otherPort(l.URL)),
				StatusServer: pick(w.dice, "", l.URL, "http://other.example.test:80"),
			}
		}
	case 7:
		w.local = pick(w.dice, wsus.Policy{}, wsus.Policy{Use: true, Server: l.URL, StatusServer: l.URL}, wsus.Policy{Server: l.URL, StatusServer: l.URL})
	case 8:
		w.slow = !w.slow
	case 9:
		for i := range w.locations {
			w.locations[i].Version = pick[uint32](w.dice, 0, 11, 12, 13, 14)
		}
	}
}

// changeFacts changes what is true of an update: its state, its revision,
// whether it exists.
func (w *World) changeFacts() {
	id := ID(w.dice.IntN(worldUpdates))
	i := slices.IndexFunc(w.machineFacts, func(r compliance.Record) bool { return r.ID == id })
	if i < 0 {
		w.machineFacts = append(w.machineFacts, compliance.Record{ID: id, Revision: 100, State: w.anyState()})
		return
	}
	switch w.dice.IntN(4) {
	case 0:
		w.machineFacts = slices.Delete(w.machineFacts, i, i+1)
	case 1:
		w.machineFacts[i].Revision++
	default:
		w.machineFacts[i].State = w.anyState()
	}
}

// otherPort is a URL of the same server, but for the port (WF-5).
func otherPort(url string) string {
	scheme, rest, _ := strings.Cut(url, "://")
	host, _, _ := strings.Cut(rest, ":")
	return scheme + "://" + host + ":8080"
}
