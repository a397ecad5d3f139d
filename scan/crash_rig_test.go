package scan_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/scan/scantest"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
)

// crashKill is the panic that ends a process.
type crashKill struct{}

// crashRig is a client with everything around it. It runs the process, can
// kill it at any point, and starts it again from its storage. It is all the
// interfaces of an agent; each has a point before its effect and one after.
type crashRig struct {
	killAt  []int         // the points at which the process is killed, ascending
	off     time.Duration // how long the power is off then
	jumpAt  int           // the point at which the clock is moved; 0: never
	jump    time.Duration // by how much
	failAt  int           // the call of the storage that fails; 0: none
	points  int           // points passed
	calls   int           // calls of the storage
	failed  int           // errors of the storage that a call returned
	killed  string        // where it was killed
	removed bool          // configuration: report removed updates

	clock   *scantest.Clock
	skew    time.Duration // how far the clock is ahead of true time
	storage scan.MemStorage
	policy  wsus.MemPolicy
	agent   *scan.Agent
	enabled bool // machine policy that the client receives at each start

	facts    map[compliance.UpdateID]compliance.Record
	down     map[string]wsus.Code
	mpDown   bool
	tried    map[string]int // connections made, by location
	asked    int            // how often the user asked for the last forced scan
	decision scan.Decision  // the last one of this process
	trail    []string       // of the running scan: what succeeded
	site     crashSite
	faults   []error
}

// The locations of the rig.
const (
	crashA = "http://a.example.test:8530"
	crashB = "http://b.example.test:8530"
)

var (
	errCrashDown = errors.New("the management point is down")
	errCrashDisk = errors.New("the disk is full")
)

func newCrashRig() *crashRig {
	r := &crashRig{
		removed: true, clock: scantest.NewClock(scantest.Start()),
		facts: map[compliance.UpdateID]compliance.Record{}, down: map[string]wsus.Code{}, tried: map[string]int{},
		site: newCrashSite(),
	}
	r.boot()
	return r
}

// config is the client's configuration. Its schedules keep out of the way of
// what the script does.
func (r *crashRig) config() scan.Config {
	return scan.Config{
		Machine: scan.MachineConfig{
			Rand:          scantest.NewNumbers(1<<62, 1<<63, 1<<61),
			ScanSchedule:  scan.Schedule{Interval: 48 * time.Hour, Start: scantest.Start().Add(6 * time.Hour)},
			Reevaluation:  scan.Schedule{Interval: 24 * time.Hour, Start: scantest.Start().Add(11 * time.Hour)},
			ReportRemoved: r.removed,
		},
		Client:  statemsg.Client{ID: "GUID:00000000-0000-4000-8000-00000000C2A5"},
		Locator: r, LocalPolicy: crashPolicy{r}, Source: r, Evaluator: r,
		Transport: statemsg.TransportFunc(r.send), Storage: crashStorage{r}, Clock: r.clock, Observer: r,
	}
}

func (r *crashRig) boot() {
	a, err := scan.New(r.config())
	if err != nil {
		panic(err)
	}
	r.agent, r.decision, r.trail = a, scan.Decision{}, nil
}

// broken notes a broken rule.
func (r *crashRig) broken(format string, args ...any) {
	r.faults = append(r.faults, fmt.Errorf("at %s: "+format, append([]any{r.clock.Now().Format(time.RFC3339)}, args...)...))
}

// point is a moment at which the process can be killed, or the clock be moved.
func (r *crashRig) point(name string) {
	r.points++
	if r.points == r.jumpAt {
		r.clock.Add(r.jump)
		r.skew += r.jump
	}
	if len(r.killAt) > 0 && r.points == r.killAt[0] {
		r.killAt = r.killAt[1:]
		r.killed += name + ", "
		panic(crashKill{})
	}
}

// call calls the agent. When the process is killed in it the client is started
// again after some time, and what was not answered is asked for again. So is
// what the storage has failed.
func (r *crashRig) call(f func(context.Context, *scan.Agent) error) error {
	for {
		err, killed := r.try(f)
		if !killed && !errors.Is(err, errCrashDisk) {
			return err
		}
		if !killed {
			r.failed++
			continue
		}
		r.clock.Add(r.off)
		r.boot()
		if r.enabled {
			policy := func(ctx context.Context, a *scan.Agent) error { return a.ApplyPolicy(ctx, scan.Policy{Enabled: true}) }
			if err := r.call(policy); err != nil {
				return err
			}
		}
	}
}

func (r *crashRig) try(f func(context.Context, *scan.Agent) error) (err error, killed bool) {
	defer func() {
		if p := recover(); p != nil {
			if _, ok := p.(crashKill); !ok {
				panic(p)
			}
			killed = true
		}
	}()
	return f(context.Background(), r.agent), false
}

// until lets true time pass until t, however wrong the clock is.
func (r *crashRig) until(t time.Time) {
	for range 1000 {
		var next time.Time
		var ok bool
		err := r.call(func(ctx context.Context, a *scan.Agent) (err error) {
			next, ok, err = a.Tick(ctx)
			return err
		})
		if err != nil {
			r.broken("Tick = %v", err)
			return
		}
		if !ok || next.After(t.Add(r.skew)) {
			if t = t.Add(r.skew); t.After(r.clock.Now()) {
				r.clock.Set(t)
			}
			return
		}
		if next.After(r.clock.Now()) {
			r.clock.Set(next)
		}
	}
	r.broken("the client is not at rest before %v", t)
}

// scan is a forced scan, as a user asks for it.
func (r *crashRig) scan(t scan.Trigger) error {
	r.asked = 0
	return r.call(func(ctx context.Context, a *scan.Agent) error {
		r.asked++
		_, err := a.Scan(ctx, t)
		return err
	})
}

// set sets what is true of an update.
func (r *crashRig) set(i int, rev compliance.Revision, s compliance.State) {
	r.facts[scantest.ID(i)] = compliance.Record{ID: scantest.ID(i), Revision: rev, State: s}
}

// Event implements scan.Observer.
func (r *crashRig) Event(time.Time, scan.Event) {}

// Effect implements scan.Observer.
func (r *crashRig) Effect(_ time.Time, e scan.Effect) {
	if n, ok := e.(scan.Notice); ok && n.Kind == scan.NoticeDecided {
		r.decision, r.trail = n.Decision, nil
	}
}

// Locate implements wsus.Locator.
func (r *crashRig) Locate(context.Context, wsus.LocateRequest) ([]wsus.Location, error) {
	r.point("before locate")
	defer r.point("after locate")
	return []wsus.Location{{URL: crashA}, {URL: crashB}}, nil
}

// Retrieve implements wsus.Source. It is not to be touched by a scan that was
// decided to use local metadata (DEC-3).
func (r *crashRig) Retrieve(_ context.Context, req wsus.RetrieveRequest) (*wsus.Catalog, error) {
	r.point("before retrieve")
	if r.decision.Action != scan.Connect || !r.decision.Type.Online() {
		r.broken("a scan connects whose decision is %v", r.decision)
	}
	r.tried[req.Location.URL]++
	code := r.down[req.Location.URL]
	if code == 0 {
		r.trail = append(r.trail, "retrieved")
	}
	r.point("after retrieve")
	if code != 0 {
		return nil, &wsus.Error{Op: "retrieve", Code: code}
	}
	return wsus.NewCatalog(uint32(r.clock.Now().Unix()%1000), nil)
}

// Evaluate implements wsus.Evaluator.
func (r *crashRig) Evaluate(_ context.Context, c *wsus.Catalog) (wsus.Evaluation, error) {
	r.point("before evaluate")
	if c == nil {
		r.broken("evaluation without metadata")
	}
	var records []compliance.Record
	for _, rec := range r.facts {
		records = append(records, rec)
	}
	s, err := compliance.NewSnapshot(nil, records)
	r.trail = append(r.trail, "evaluated")
	r.point("after evaluate")
	return wsus.Evaluation{Snapshot: s}, err
}

// send is a statemsg.Transport.
func (r *crashRig) send(_ context.Context, rep *statemsg.Report) error {
	r.point("before send")
	if r.mpDown {
		return errCrashDown
	}
	for _, broken := range r.site.receive(rep.Clone(), r.jump == 0) {
		r.broken("%s", broken)
	}
	r.point("after send")
	return nil
}

// crashPolicy is the rig's local policy.
type crashPolicy struct{ r *crashRig }

func (p crashPolicy) Effective(ctx context.Context) (wsus.Policy, error) {
	p.r.point("before reading policy")
	defer p.r.point("after reading policy")
	return p.r.policy.Effective(ctx)
}

func (p crashPolicy) Set(ctx context.Context, to wsus.Policy) error {
	p.r.point("before writing policy")
	defer p.r.point("after writing policy")
	return p.r.policy.Set(ctx, to)
}

// crashStorage is the rig's storage. It watches the stamp: only the commit of
// an online scan that retrieved and evaluated may store one (TTL-4 to TTL-6).
type crashStorage struct{ r *crashRig }

func (s crashStorage) Load(ctx context.Context) ([]scan.Blob, error) {
	if err := s.r.disk(); err != nil {
		return nil, err
	}
	return s.r.storage.Load(ctx)
}

// disk counts the calls of the storage, and fails one of them.
func (r *crashRig) disk() error {
	r.calls++
	if r.calls == r.failAt {
		return errCrashDisk
	}
	return nil
}

func (s crashStorage) Commit(ctx context.Context, blobs []scan.Blob) error {
	names := make([]string, len(blobs))
	for i, b := range blobs {
		names[i] = b.Part.String()
		if b.Part != scan.PartMetadata || b.Data == nil {
			continue
		}
		entry, err := ttl.DecodeEntry(b.Data)
		if err != nil {
			s.r.broken("stored metadata: %v", err)
		}
		at, _ := entry.Stamp.Time()
		if !at.Equal(s.r.clock.Now()) || !slices.Equal(s.r.trail, []string{"retrieved", "evaluated"}) {
			s.r.broken("a stamp of %v is stored after %q", at, s.r.trail)
		}
	}
	s.r.point("before the commit of " + strings.Join(names, "+"))
	if err := s.r.disk(); err != nil {
		return err
	}
	if err := s.r.storage.Commit(ctx, blobs); err != nil {
		return err
	}
	s.r.point("after the commit of " + strings.Join(names, "+"))
	return nil
}

// crashSite is the site: it takes each serial once, and of a topic the message
// with the highest serial.
type crashSite struct {
	serials map[uint64]statemsg.Message
	topics  map[string]statemsg.Message
	under   map[string]crashSerial // content -> serial
	refresh int                    // refreshes asked for so far
}

// crashSerial is a serial that a content was sent under.
type crashSerial struct {
	serial  uint64
	refresh int
}

func newCrashSite() crashSite {
	return crashSite{serials: map[uint64]statemsg.Message{}, topics: map[string]statemsg.Message{}, under: map[string]crashSerial{}}
}

// receive takes in a report and returns the rules it breaks. Strict says that
// no time comes twice, as it does when the clock is moved back.
func (s *crashSite) receive(rep statemsg.Report, strict bool) (broken []string) {
	for _, m := range rep.Messages {
		if old, ok := s.serials[m.Serial]; ok && !scantest.SameMessage(old, m) { // MSG-5, MSG-6
			broken = append(broken, fmt.Sprintf("serial %d carries %+v, and carried %+v", m.Serial, m, old))
		}
		s.serials[m.Serial] = m
		topic := strconv.Itoa(int(m.TopicType)) + " " + m.TopicID
		if m.Serial >= s.topics[topic].Serial {
			s.topics[topic] = m
		}
		content := fmt.Sprint(topic, " state ", m.StateID, m.Params, m.Time)
		old, sent := s.under[content]
		if strict && sent && old.serial != m.Serial && old.refresh == s.refresh { // MSG-10
			broken = append(broken, fmt.Sprintf("%s is sent under serial %d and again under %d", content, old.serial, m.Serial))
		}
		s.under[content] = crashSerial{m.Serial, s.refresh}
	}
	return broken
}
