package scan

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/wsus"
)

// Default time-outs of an [Agent]: one hour for a location request and for a
// scan are what Microsoft's task sequences allow; the normal scan's are not
// documented. Five minutes for a send are our choice.
const (
	DefaultLocateTimeout = time.Hour
	DefaultScanTimeout   = time.Hour
	DefaultSendTimeout   = 5 * time.Minute
	// DefaultStorageTimeout is our choice too.
	DefaultStorageTimeout = time.Minute
)

// StorageRetry is how long [Agent.Run] waits after the storage failed before
// it tries again.
const StorageRetry = time.Minute

// Timeouts bound what an [Agent] waits for. Zero fields mean the defaults;
// negative ones are refused.
type Timeouts struct {
	// Locate bounds the location request and each access to the local
	// policy.
	Locate time.Duration
	// Scan bounds retrieving the metadata, and evaluating the machine, each.
	Scan time.Duration
	// Send bounds the sending of a report.
	Send time.Duration
	// Storage bounds each access to the storage. Everybody waits for it: a
	// commit is not cut short by the context of the call that makes it.
	Storage time.Duration
}

// Observer is told what an agent does, for metrics and traces. Its methods are
// called in order, one at a time, while the agent waits: they must return
// quickly and must not call the agent. Values are shared and must not be
// modified.
type Observer interface {
	// Event is called when the agent takes in an event.
	Event(at time.Time, ev Event)
	// Effect is called when an effect has been decided and committed, before
	// it is performed; a [Commit] itself after it has succeeded.
	Effect(at time.Time, e Effect)
}

// Config configures an [Agent].
type Config struct {
	// Machine configures the workflow; its Rand is required.
	Machine MachineConfig
	// Client identifies the client in its reports. One that no report can
	// carry is refused; its ID, a GUID, is required.
	Client statemsg.Client
	// Locator finds the WSUS servers. Required.
	Locator wsus.Locator
	// LocalPolicy is the update agent's server setting; nil means one in
	// memory.
	LocalPolicy wsus.LocalPolicy
	// Source retrieves metadata; it is all of an agent that connects to
	// WSUS. Required.
	Source wsus.Source
	// Evaluator evaluates the machine. Required.
	Evaluator wsus.Evaluator
	// Transport hands reports to the management point. Required. When it is
	// also a [statemsg.Resyncer], the agent answers the resyncs that the site
	// asks for (DIFF-8).
	Transport statemsg.Transport
	// Storage keeps what the client remembers; nil means in memory.
	Storage Storage
	// Clock tells the time; nil means the system's clock.
	Clock clock.Clock
	// Timeouts bound what the agent waits for.
	Timeouts Timeouts
	// Logger, when not nil, is told what the agent does and why. Failures of
	// scans and sends, and stored parts that cannot be read, are at level
	// warn; a storage that fails, and a report that will never be accepted,
	// at level error; the rest is at level info.
	Logger *slog.Logger
	// Observer, when not nil, is told everything the agent does.
	Observer Observer
}

// Agent is the client: it drives a [Machine] over the interfaces of its
// configuration. It commits before it acts (DIFF-9) and runs one scan at a
// time (WF-11).
//
// There are three ways to use it, which may be mixed: [Agent.Run] lives as
// long as its context and keeps schedules, retries and the bulk cycle;
// [Agent.Scan] is one call that returns when the scan has ended; and
// [Agent.Tick] does what is due at the clock's time and says when to come back,
// for those who keep the time themselves.
//
// When the storage fails, nothing has happened: the call returns its error,
// what was not committed is forgotten, and the next call starts from the last
// commit.
//
// An Agent is safe for concurrent use.
type Agent struct {
	cfg Config

	driver chan struct{} // holds a token while somebody performs effects
	poke   chan struct{} // tells the driver to look again

	mu      sync.Mutex
	machine *Machine // nil: not open
	epoch   uint64   // counts openings; answers to an earlier one are ignored
	todo    []Effect // committed and not yet performed
	waiters map[uint64]chan Result
	token   uint64

	sendFailure Failure // of the last send, zero when it was acknowledged
	faults      []error

	stored    *wsus.Catalog // the stored metadata, decoded
	retrieved *wsus.Catalog // what the running scan has retrieved
}

// New returns an agent. It does no I/O; the storage is read by the first call
// that needs it. The error is a [*ConfigError], or wraps the error of the
// refused part.
func New(cfg Config) (*Agent, error) {
	required := []struct {
		field string
		nil   bool
	}{
		{"Locator", cfg.Locator == nil},
		{"Source", cfg.Source == nil},
		{"Evaluator", cfg.Evaluator == nil},
		{"Transport", cfg.Transport == nil},
	}
	for _, r := range required {
		if r.nil {
			return nil, &ConfigError{Field: r.field, Value: "nil", Want: "an implementation"}
		}
	}
	if err := cfg.Machine.check(); err != nil {
		return nil, err
	}
	if err := cfg.Client.Validate(); err != nil {
		return nil, fmt.Errorf("scan: config: Client: %w", err)
	}
	cfg.Client = cfg.Client.Normal()
	if cfg.LocalPolicy == nil {
		cfg.LocalPolicy = new(wsus.MemPolicy)
	}
	if cfg.Storage == nil {
		cfg.Storage = new(MemStorage)
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.New()
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	for _, t := range []struct {
		field string
		d     *time.Duration
		zero  time.Duration
	}{
		{"Timeouts.Locate", &cfg.Timeouts.Locate, DefaultLocateTimeout},
		{"Timeouts.Scan", &cfg.Timeouts.Scan, DefaultScanTimeout},
		{"Timeouts.Send", &cfg.Timeouts.Send, DefaultSendTimeout},
		{"Timeouts.Storage", &cfg.Timeouts.Storage, DefaultStorageTimeout},
	} {
		if *t.d < 0 {
			return nil, &ConfigError{Field: t.field, Value: t.d.String(), Want: "0 for the default, or a positive duration"}
		}
		if *t.d == 0 {
			*t.d = t.zero
		}
	}
	return &Agent{
		cfg: cfg, driver: make(chan struct{}, 1), poke: make(chan struct{}, 1),
		waiters: make(map[uint64]chan Result),
	}, nil
}

// ApplyPolicy takes in machine policy: the first that enables the feature
// schedules the initial scan (WF-1), one that disables it makes the agent
// dormant (WF-14).
func (a *Agent) ApplyPolicy(ctx context.Context, p Policy) error {
	return a.post(ctx, PolicyReceived{Policy: p})
}

// SetInternet says whether the client is on the internet (WF-4).
func (a *Agent) SetInternet(ctx context.Context, internet bool) error {
	return a.post(ctx, Roamed{Internet: internet})
}

// InstallationFinished takes in the end of an installation of software
// updates (WF-12). It returns an error that wraps [ErrBadRequest] or
// [ErrNotEnabled] for one that is refused; the scan that follows is not waited
// for.
func (a *Agent) InstallationFinished(ctx context.Context, in Installation) error {
	if err := in.Validate(); err != nil {
		return err
	}
	defer a.wake()
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.open(ctx); err != nil {
		return err
	}
	if !a.machine.Status().Enabled {
		return fmt.Errorf("scan: installation: %w", ErrNotEnabled)
	}
	return a.step(ctx, Installed{Installation: in})
}

// SystemRestarted takes in a restart of the system (WF-12).
func (a *Agent) SystemRestarted(ctx context.Context) error {
	return a.post(ctx, Restarted{})
}

// Refresh records a state message for every known state again, as a resync
// that the site asks for does, and a marker that tells the site that there is
// nothing else (DIFF-8). They leave with the next bulk send.
func (a *Agent) Refresh(ctx context.Context) error {
	return a.post(ctx, RefreshAsked{})
}

// Status returns what the client is doing.
func (a *Agent) Status(ctx context.Context) (Status, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.open(ctx); err != nil {
		return Status{}, err
	}
	return a.machine.Status(), nil
}

// Baseline returns the last recorded compliance states; nil, which is an
// empty snapshot, when there are none.
func (a *Agent) Baseline(ctx context.Context) (*compliance.Snapshot, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.open(ctx); err != nil {
		return nil, err
	}
	return a.machine.Baseline(), nil
}

// Faults returns what of the stored state could not be read and was taken as
// absent when the agent was opened last; see [RestoreMachine].
func (a *Agent) Faults() []error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]error(nil), a.faults...)
}

// wake tells the driver to look again.
func (a *Agent) wake() {
	select {
	case a.poke <- struct{}{}:
	default:
	}
}
