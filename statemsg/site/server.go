package site

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/updatescan/updatescan/statemsg"
)

// Defaults of a Config.
const (
	DefaultMaxQueue         = 4096
	DefaultMaxQueueMessages = 1 << 19
	DefaultGroupReports     = 512
	DefaultGroupMessages    = 1 << 16
	DefaultCacheClients     = 10_000
	DefaultStoreTimeout     = time.Minute
	// BusyRetryAfter is how long one who was told ErrBusy should wait.
	BusyRetryAfter = 10 * time.Second
)

// Sentinels of the server.
var (
	// ErrBusy is wrapped by the error of a call that found the queue full; nothing
	// was stored. The error tells when to try again; see [statemsg.RetryAfter].
	ErrBusy = errors.New("site: busy")
	// ErrClosed is the error of a call after Close.
	ErrClosed = errors.New("site: closed")
	// ErrRunning is returned by [Server.Run] when another Run has not ended.
	ErrRunning = errors.New("site: runs already")
	// ErrStore is wrapped by the error of a call that failed because the store did.
	ErrStore = errors.New("site: store")
)

// Config configures a [Server].
type Config struct {
	// Store keeps what the site knows. Nil is refused. The server is its only
	// writer.
	Store Store
	// Reader answers the questions; nil means Store, if it is a Reader, else
	// nobody does.
	Reader Reader
	// Policy says when a resync is asked for. The zero value means the defaults;
	// an invalid one is refused.
	Policy Policy
	// Clock is the clock and the timers; nil means the system clock.
	Clock clock.Clock
	// MaxQueue and MaxQueueMessages are the most reports, and messages in them,
	// that wait to be stored; the next is refused with ErrBusy. A report that finds
	// the queue empty is never refused. Zero means the default; negative is
	// refused.
	MaxQueue         int
	MaxQueueMessages int
	// GroupReports and GroupMessages are the most reports, and messages in them,
	// that share one Commit. One report is never split. Zero means the default;
	// negative is refused.
	GroupReports  int
	GroupMessages int
	// CacheClients is how many clients are remembered between commits, at most
	// MaxClientBytes each. Zero means DefaultCacheClients, -1 none; what is below
	// is refused.
	CacheClients int
	// StoreTimeout is how long the reads and the commit of a group may take
	// together, those of its calls one by one included if the group fails. Zero
	// means DefaultStoreTimeout; negative is refused.
	StoreTimeout time.Duration
	// Observe, if not nil, is given each plan that was committed, in order, after its
	// call was answered; Close waits for it. It must return soon, must not call the
	// server, and must not modify or keep the plan.
	Observe func(*Plan)
	// Logger is told of failures of the store; nil means nobody is.
	Logger *slog.Logger
}

// Server is the shell around [Ingest] and [Check]: it takes reports in, groups those
// that come together into one commit of the store, and answers when they are
// durable (SITE-1).
//
//  1. Reports take effect in the order in which they were given to Receive.
//  2. What waits is taken as a group, as much as a group may hold, as soon as the
//     group before is committed: a report that comes alone waits for nobody, and
//     many that come while one is committed share the next commit.
//  3. If a read or the commit of a group fails, nothing of it has changed. Its calls
//     are then carried out one by one, in their order, each with a commit of its
//     own, so that only those fail that the store cannot take. After one that has
//     failed the store is asked for the clients of no ids; if it cannot answer that,
//     it is down, and the rest of the group fails without being tried. So does the
//     rest, or all, when the StoreTimeout of the group is over.
//  4. A call that fails has changed nothing. It may have if Commit could not tell;
//     the sender repeats it, and the repetition takes effect once (SITE-2). A bad
//     report that Commit could not tell of may be kept twice.
//  5. A panic of the store counts as its failure.
//
// Its memory is bounded by the queue, a group and the clients it remembers. It runs
// a goroutine only while there is something to do. Safe for concurrent use.
type Server struct {
	store   Store
	reader  Reader
	policy  Policy
	clock   clock.Clock
	log     *slog.Logger
	observe func(*Plan)
	timeout time.Duration

	maxQueue, maxQueueMessages  int
	groupReports, groupMessages int

	running chan struct{} // holds one token while Run does not run

	mu       sync.Mutex
	queue    []*job
	messages int           // in queue
	idle     chan struct{} // closed when the worker ends; nil when there is none
	closed   bool

	cache cache // the worker's
}

// New checks the configuration and returns a server that is at rest. It does not
// touch the store.
func New(cfg Config) (*Server, error) {
	if cfg.Store == nil {
		return nil, errors.New("site: no store")
	}
	if err := cfg.Policy.Validate(); err != nil {
		return nil, err
	}
	for _, f := range []struct {
		name  string
		value *int
		zero  int
		least int
	}{
		{"MaxQueue", &cfg.MaxQueue, DefaultMaxQueue, 0},
		{"MaxQueueMessages", &cfg.MaxQueueMessages, DefaultMaxQueueMessages, 0},
		{"GroupReports", &cfg.GroupReports, DefaultGroupReports, 0},
		{"GroupMessages", &cfg.GroupMessages, DefaultGroupMessages, 0},
		{"CacheClients", &cfg.CacheClients, DefaultCacheClients, -1},
	} {
		if *f.value < f.least {
			return nil, fmt.Errorf("site: %s: %d is below %d", f.name, *f.value, f.least)
		}
		if *f.value == 0 {
			*f.value = f.zero
		}
	}
	if cfg.StoreTimeout < 0 {
		return nil, fmt.Errorf("site: StoreTimeout: %v is negative", cfg.StoreTimeout)
	}
	if cfg.StoreTimeout == 0 {
		cfg.StoreTimeout = DefaultStoreTimeout
	}
	if cfg.Reader == nil {
		cfg.Reader, _ = cfg.Store.(Reader)
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.New()
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Server{
		store: cfg.Store, reader: cfg.Reader, policy: cfg.Policy.WithDefaults(), clock: cfg.Clock,
		log: cfg.Logger, observe: cfg.Observe, timeout: cfg.StoreTimeout,
		maxQueue: cfg.MaxQueue, maxQueueMessages: cfg.MaxQueueMessages,
		groupReports: cfg.GroupReports, groupMessages: cfg.GroupMessages,
		running: make(chan struct{}, 1), cache: cache{limit: cfg.CacheClients},
	}
	s.running <- struct{}{}
	return s, nil
}

// Reader answers questions about what the site knows; nil if the configuration has
// none.
func (s *Server) Reader() Reader { return s.reader }

// Receive takes a report in. A nil error means that its effect is durable (SITE-1),
// and resync is the number of the resync that the site asks of the client, 0 for
// none (SITE-4, SITE-5).
//
// The report belongs to the server from now on and must not be modified any more.
// Whoever calls must know that it comes from the client it names.
//
// When ctx ends Receive returns its cause; the report may be stored or not, and may
// be sent again. Other errors: ErrBusy, ErrClosed, an ErrStore, which are of the
// moment; and, which are for good, a *[statemsg.ClientError], and
// [statemsg.ErrNoMessages] and [statemsg.ErrReportSize].
func (s *Server) Receive(ctx context.Context, r *statemsg.Report) (resync uint64, err error) {
	id, err := NormalID(r.Client.ID)
	if err != nil {
		return 0, fmt.Errorf("site: report: %w", err)
	}
	if len(r.Messages) == 0 {
		return 0, statemsg.ErrNoMessages
	}
	if len(r.Messages) > statemsg.MaxReportMessages {
		return 0, statemsg.ErrReportSize
	}
	out := s.do(ctx, &job{id: id, report: r})
	return out.resync, out.err
}

// Reject keeps a bad report for inspection and counts it (SITE-7). clientID is the
// id of whoever sent it, anything else if it is not known; body is as much of the
// report as there is, of which MaxKeptBytes are kept; why says what was wrong. The
// errors are those of Receive.
func (s *Server) Reject(ctx context.Context, clientID string, body []byte, why error) error {
	reason := "no reason given"
	if why != nil {
		reason = why.Error()
	}
	kept := KeepReport(clientID, body, reason, s.clock.Now())
	return s.do(ctx, &job{id: kept.Client, kept: &kept}).err
}

// Register makes a client known, so that it counts in every summary before it was
// ever heard of (SITE-8), and notes whether the feature is on for it (SITE-6).
func (s *Server) Register(ctx context.Context, clientID string, enabled bool) error {
	id, err := NormalID(clientID)
	if err != nil {
		return fmt.Errorf("site: register: %w", err)
	}
	return s.do(ctx, &job{id: id, register: true, enabled: enabled}).err
}

// Forget makes the site forget a client that is no more: its rows, its counts, what
// is missing and what was asked of it, and whether the feature is on for it. It does
// not count in any summary after that. known says whether there was such a client.
// Of one whose record in the store is damaged it is the remedy.
// What was kept of it for inspection stays as long as it would have (SITE-7).
//
// That there is this operation, and that nothing else removes a client, is our
// choice: no source tells of one. A report that comes later is the first of a new
// client, so that a client that still lives is whole again after its next resync:
// what it had sent before is missing then, and is asked for as SITE-4 says. If it
// has answered the same number before, which counts from 1 again, it answers the
// next one, MinResyncPeriod later.
//
// The errors are those of Register; a Store that is no [Forgetter] is an error that
// wraps [errors.ErrUnsupported].
func (s *Server) Forget(ctx context.Context, clientID string) (known bool, err error) {
	id, err := NormalID(clientID)
	if err != nil {
		return false, fmt.Errorf("site: forget: %w", err)
	}
	if _, ok := s.store.(Forgetter); !ok {
		return false, fmt.Errorf("site: forget: the store cannot: %w", errors.ErrUnsupported)
	}
	out := s.do(ctx, &job{id: id, forget: true})
	return out.known, out.err
}

// Check asks those clients for a resync that have had a range missing for too long
// (SITE-4), and returns how many. With an error, some may have been asked.
func (s *Server) Check(ctx context.Context) (asked int, err error) {
	after := ""
	for {
		out := s.do(ctx, &job{check: true, after: after})
		asked += out.asked
		if out.err != nil {
			return asked, out.err
		}
		if after = out.after; after == "" {
			return asked, nil
		}
	}
}

// Run checks now and every CheckInterval until ctx ends; then it returns the cause.
// A check that fails is told to the logger and repeated at the next time. At most one
// Run runs at a time; another returns ErrRunning. Receive does not need it.
func (s *Server) Run(ctx context.Context) error {
	select {
	case <-s.running:
	default:
		return ErrRunning
	}
	defer func() { s.running <- struct{}{} }()
	for {
		if _, err := s.Check(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("site: check for missing messages failed", "error", err)
		}
		timer := s.clock.Timer(s.policy.CheckInterval)
		select {
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		case <-timer.C:
		}
	}
}

// Close lets no more calls in, waits until those that are in are answered, and
// returns nil. When ctx ends before, it returns the cause, and the rest is answered
// all the same. The store is not closed.
func (s *Server) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	idle := s.idle
	s.mu.Unlock()
	if idle == nil {
		return nil
	}
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// job is one call that waits for its answer.
type job struct {
	id       string // of the client; empty for none
	report   *statemsg.Report
	kept     *Kept
	register bool
	enabled  bool
	forget   bool
	check    bool
	after    string // a check goes on after this id

	answered bool         // the worker's
	answer   chan outcome // holds the answer
}

// outcome is the answer to a job.
type outcome struct {
	resync uint64
	known  bool // whether there was a client to forget
	asked  int
	after  string // where a check goes on; empty when it is at the end
	err    error
}

// alone says whether the job is a group of its own.
func (j *job) alone() bool { return j.check || j.forget }

// size is the number of messages of a job.
func (j *job) size() int {
	if j.report == nil {
		return 1
	}
	return len(j.report.Messages)
}

// do queues a job, sees to it that somebody works, and waits for the answer.
func (s *Server) do(ctx context.Context, j *job) outcome {
	if ctx.Err() != nil {
		return outcome{err: context.Cause(ctx)}
	}
	j.answer = make(chan outcome, 1)
	if err := s.enqueue(ctx, j); err != nil {
		return outcome{err: err}
	}
	select {
	case out := <-j.answer:
		return out
	case <-ctx.Done():
	}
	s.withdraw(j)
	return outcome{err: context.Cause(ctx)}
}

func (s *Server) enqueue(ctx context.Context, j *job) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if n := len(s.queue); n > 0 && (n >= s.maxQueue || s.messages+j.size() > s.maxQueueMessages) {
		return &statemsg.RetryError{After: BusyRetryAfter, Err: ErrBusy}
	}
	s.queue = append(s.queue, j)
	s.messages += j.size()
	if s.idle == nil {
		s.idle = make(chan struct{})
		// The worker serves other callers too: it outlives this one's context.
		go s.work(context.WithoutCancel(ctx), s.idle)
	}
	return nil
}

// withdraw takes a job out of the queue whose caller has gone. If it is being
// worked at, that goes on.
func (s *Server) withdraw(j *job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.queue, j); i >= 0 {
		s.queue = slices.Delete(s.queue, i, i+1)
		s.messages -= j.size()
	}
}

// work carries out what waits, group by group, and ends when nothing does.
func (s *Server) work(ctx context.Context, idle chan struct{}) {
	for {
		s.mu.Lock()
		g := s.next()
		if len(g) == 0 {
			s.idle = nil
			close(idle)
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		s.carryOut(ctx, g)
	}
}

// next takes the next group out of the queue. A check is a group of its own, and so
// is it when a client is forgotten.
func (s *Server) next() []*job {
	n, messages := 0, 0
	for n < len(s.queue) && n < s.groupReports {
		j := s.queue[n]
		if n > 0 && (j.alone() || messages+j.size() > s.groupMessages) {
			break
		}
		n++
		messages += j.size()
		if j.alone() {
			break
		}
	}
	group := slices.Clone(s.queue[:n])
	s.queue = slices.Delete(s.queue, 0, n) // clears what it leaves behind
	s.messages -= messages
	return group
}
