package scantest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/statemsgtest"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wsustest"
)

// RigConfig configures a [Rig]. The zero RigConfig is a client with the
// documented defaults, of which everything works.
type RigConfig struct {
	// Machine configures the workflow. A Rand of nil gives 0, so that the
	// initial scan is due as soon as policy enables the feature.
	Machine scan.MachineConfig
	// Client identifies the client; without an ID it has one.
	Client statemsg.Client
	// Locations are where WSUS is; nil means two servers, [ServerA] and
	// [ServerB].
	Locations []wsus.Location
	// Records is what the machine's evaluation finds; nil means three
	// updates, numbers 1 to 3 of [ID]: Required, Installed, Not Required.
	Records []compliance.Record
	// Start is the time on the clock; zero means [Start].
	Start time.Time
	// Change, when not nil, may change the agent's configuration before it is
	// used, each time that the process starts.
	Change func(*scan.Config)
}

// The two servers of a [Rig] by default.
const (
	ServerA = "http://a.example.test:8530"
	ServerB = "http://b.example.test:8530"
)

// Rig is a whole client: an agent and everything around it, in memory and in
// virtual time, each piece with its recorder and its faults. Set the fields of
// the pieces between calls. It is not safe for concurrent use.
type Rig struct {
	// Agent is the present process.
	Agent *scan.Agent
	// Clock is the time; [Rig.Until] and [Rig.Pass] move it.
	Clock *Clock
	// Locator, Policy, Source, Machine, Receiver and Storage are what is
	// plugged in.
	Locator  *wsustest.Locator
	Policy   *wsustest.LocalPolicy
	Source   *wsustest.Source
	Machine  *Records
	Receiver *statemsgtest.Recorder
	Storage  *Storage
	// Server is behind Source, and Site is behind Receiver.
	Server *wsus.MemSource
	Site   *statemsgtest.Site
	// Observer is told everything, over all processes.
	Observer *Observer

	cfg    RigConfig
	policy *scan.Policy // what the client receives at each start
}

// Records is a [wsus.Evaluator] that finds what it was told to find. Its zero
// value finds nothing. It is safe for concurrent use.
type Records struct {
	mu      sync.Mutex
	records map[compliance.UpdateID]compliance.Record
	calls   int
}

// Set sets what is found of an update.
func (r *Records) Set(id compliance.UpdateID, rev compliance.Revision, s compliance.State) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.records == nil {
		r.records = map[compliance.UpdateID]compliance.Record{}
	}
	r.records[id] = compliance.Record{ID: id, Revision: rev, State: s}
}

// Remove makes an update be gone from the results.
func (r *Records) Remove(id compliance.UpdateID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.records, id)
}

// Calls returns how often the machine was evaluated.
func (r *Records) Calls() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls
}

// Evaluate implements [wsus.Evaluator]. It needs a catalogue and does not look
// into it.
func (r *Records) Evaluate(ctx context.Context, c *wsus.Catalog) (wsus.Evaluation, error) {
	if err := ctx.Err(); err != nil {
		return wsus.Evaluation{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls++
	if c == nil {
		return wsus.Evaluation{}, &wsus.Error{Op: "evaluate", Code: wsus.CodeOfflineHistoryNotFound}
	}
	var list []compliance.Record
	for _, rec := range r.records {
		list = append(list, rec)
	}
	s, err := compliance.NewSnapshot(nil, list)
	return wsus.Evaluation{Snapshot: s}, err
}

// NewRig returns a client whose process has started. It has received no policy
// yet; see [Rig.Enable].
func NewRig(cfg RigConfig) (*Rig, error) {
	if cfg.Machine.Rand == nil {
		cfg.Machine.Rand = NewNumbers(0)
	}
	set(&cfg.Client.ID, "GUID:00000000-0000-4000-8000-000000000001")
	if cfg.Locations == nil {
		cfg.Locations = []wsus.Location{{URL: ServerA, Version: 1}, {URL: ServerB, Version: 1}}
	}
	if cfg.Records == nil {
		cfg.Records = []compliance.Record{
			{ID: ID(1), Revision: 100, State: compliance.Required},
			{ID: ID(2), Revision: 100, State: compliance.Installed},
			{ID: ID(3), Revision: 100, State: compliance.NotRequired},
		}
	}
	set(&cfg.Start, Start())
	r := &Rig{
		Clock: NewClock(cfg.Start), Machine: new(Records), Storage: new(Storage), Server: new(wsus.MemSource),
		Site: new(statemsgtest.Site), Observer: new(Observer), Policy: new(wsustest.LocalPolicy), cfg: cfg,
	}
	r.Locator = &wsustest.Locator{Next: wsus.StaticLocator(cfg.Locations)}
	r.Source = &wsustest.Source{Next: r.Server}
	r.Receiver = &statemsgtest.Recorder{Next: r.Site}
	catalog, err := wsus.NewCatalog(1, nil)
	if err != nil {
		return nil, fmt.Errorf("scantest: rig: %w", err)
	}
	r.Server.Serve(catalog)
	for _, rec := range cfg.Records {
		r.Machine.Set(rec.ID, rec.Revision, rec.State)
	}
	return r, r.boot()
}

// boot starts the process.
func (r *Rig) boot() error {
	cfg := scan.Config{
		Machine: r.cfg.Machine, Client: r.cfg.Client, Locator: r.Locator, LocalPolicy: r.Policy, Source: r.Source,
		Evaluator: r.Machine, Transport: r.Receiver, Storage: r.Storage, Clock: r.Clock, Observer: r.Observer,
	}
	if r.cfg.Change != nil {
		r.cfg.Change(&cfg)
	}
	a, err := scan.New(cfg)
	if err != nil {
		return fmt.Errorf("scantest: rig: %w", err)
	}
	r.Agent = a
	return nil
}

// Enable lets the client receive machine policy that enables the feature, now
// and at each start of the process.
func (r *Rig) Enable(ctx context.Context) error {
	return r.Receive(ctx, scan.Policy{Enabled: true})
}

// Receive lets the client receive machine policy, now and at each start of the
// process.
func (r *Rig) Receive(ctx context.Context, p scan.Policy) error {
	r.policy = &p
	return r.Agent.ApplyPolicy(ctx, p)
}

// Restart ends the process and starts it again: what is stored is kept, what
// was under way is lost. The power is on again, too.
func (r *Rig) Restart(ctx context.Context) error {
	r.Storage.PowerOn()
	if err := r.boot(); err != nil || r.policy == nil {
		return err
	}
	return r.Agent.ApplyPolicy(ctx, *r.policy)
}

// maxTicks bounds what [Rig.Until] does without coming to rest.
const maxTicks = 100_000

// Until lets time pass until t: the client does everything in its time. It
// returns the first error of the agent; the time is then that of the error. A t
// that is past only does what is due.
func (r *Rig) Until(ctx context.Context, t time.Time) error {
	for range maxTicks {
		next, ok, err := r.Agent.Tick(ctx)
		if err != nil {
			return err
		}
		if !ok || next.After(t) {
			if t.After(r.Clock.Now()) {
				r.Clock.Set(t)
			}
			return nil
		}
		if next.After(r.Clock.Now()) {
			r.Clock.Set(next)
		}
	}
	return fmt.Errorf("scantest: rig: the client is not at rest after %d ticks", maxTicks)
}

// Pass lets some time pass; see [Rig.Until].
func (r *Rig) Pass(ctx context.Context, d time.Duration) error {
	return r.Until(ctx, r.Clock.Now().Add(d))
}

// Baseline returns what the client has recorded of an update.
func (r *Rig) Baseline(ctx context.Context, id compliance.UpdateID) (compliance.State, error) {
	s, err := r.Agent.Baseline(ctx)
	if err != nil {
		return compliance.Unknown, err
	}
	rec, _ := s.Find(id)
	return rec.State, nil
}

// Reported returns what the site holds of an update; ok is false when it holds
// nothing.
func (r *Rig) Reported(id compliance.UpdateID) (s compliance.State, ok bool) {
	m, ok := r.Site.State(r.cfg.Client.ID, statemsg.UpdateDetection, id.String())
	return compliance.State(m.StateID), ok
}
