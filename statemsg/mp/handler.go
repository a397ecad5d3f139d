package mp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/updatescan/updatescan/statemsg"
)

// Paths of the exchange.
const (
	// ReportPath takes the reports.
	ReportPath = "/statemsg/v1/report"
	// HealthPath says that the process lives.
	HealthPath = "/statemsg/v1/health"
	// ReadyPath says whether it can take reports.
	ReadyPath = "/statemsg/v1/ready"
)

// ResyncHeader is the header of an acknowledgement that has the number of the
// resync asked for, as the body has it.
const ResyncHeader = "Statemsg-Resync"

// Defaults and bounds of a [HandlerConfig].
const (
	// DefaultMaxInFlight is how many reports are taken in at the same time.
	DefaultMaxInFlight = 256
	// DefaultMaxPerClient is how many of them may be of one client.
	DefaultMaxPerClient = 4
	// DefaultMaxMemoryBytes is about how much memory they may take together.
	DefaultMaxMemoryBytes = 512 << 20
	// DefaultRatePerMinute is how many reports a client may send in the long
	// run. The agent sends one in 15 minutes, and six a minute after an outage.
	DefaultRatePerMinute = 60
	// DefaultBurst is how many reports a client may send at once.
	DefaultBurst = 30
	// DefaultMaxClients is how many clients' rates are remembered.
	DefaultMaxClients = 100_000
	// DefaultRetryAfter is how long a client is asked to wait when nothing
	// better is known.
	DefaultRetryAfter = 30 * time.Second
	// DefaultReceiveTimeout is how long the receiver may take.
	DefaultReceiveTimeout = time.Minute
	// MaxRejectBytes is the most of a bad report that the Reject hook is given.
	MaxRejectBytes = 1 << 20
	// Unlimited, as a rate, is no limit.
	Unlimited = -1
)

// ErrConfig is wrapped by the errors of [NewHandler] and [NewClient].
var ErrConfig = errors.New("mp: configuration")

// ErrReceiveTimeout is the cause of the end of a receiver's context when
// ReceiveTimeout has passed.
var ErrReceiveTimeout = errors.New("mp: the receiver did not answer in time")

// Receiver takes in reports: what stands behind a [Handler]. A site server is
// one.
//
// A nil error means that the receiver has the report, whole and durable
// (SITE-1); resync is the number of the resync that it asks this client for, 0
// for none. With an error nothing may be assumed: the report comes again, with
// the same serials (MSG-6). An error that wraps [statemsg.ErrRejected] refuses
// the report for good. Any other means "not now": the client is asked to wait
// as long as [statemsg.RetryAfter] finds in it.
//
// The report belongs to the receiver. Its client id is authenticated and in
// normal form. Receive is called concurrently. When ctx ends, because the time
// is up or the client has gone, it should return soon; until it does, it takes
// up one of the places of MaxInFlight.
type Receiver interface {
	Receive(ctx context.Context, r *statemsg.Report) (resync uint64, err error)
}

// ReceiverFunc is a function that is a [Receiver].
type ReceiverFunc func(ctx context.Context, r *statemsg.Report) (resync uint64, err error)

// Receive calls f.
func (f ReceiverFunc) Receive(ctx context.Context, r *statemsg.Report) (resync uint64, err error) {
	return f(ctx, r)
}

// HandlerConfig configures a [Handler].
type HandlerConfig struct {
	// Receiver takes the reports. Nil is refused.
	Receiver Receiver
	// Authenticator says who sends. Nil is refused.
	Authenticator Authenticator
	// Reject is given the bodies that are no reports, for inspection (SITE-7):
	// decompressed if that was possible, at most the first MaxRejectBytes, not
	// to be kept or modified after it has returned. It is called concurrently,
	// within the limits below, has ReceiveTimeout, and its error is logged. Nil
	// keeps nothing. Reports with another's client id and reports that the
	// receiver rejects are not given to it.
	Reject func(ctx context.Context, clientID string, body []byte, why error) error
	// Ready says whether reports can be taken in: nil for yes. It is called by
	// one request at a time and at most once in a second. Its error is logged and
	// not told. A nil hook says yes.
	Ready func(ctx context.Context) error

	// MaxWireBytes is the largest body as it comes. Zero means
	// [statemsg.MaxReportBytes]; negative or more is refused.
	MaxWireBytes int
	// MaxReportBytes is the largest report after decompression. Zero means
	// statemsg.MaxReportBytes; negative or more is refused. A limit that is less
	// than what the clients' outboxes make refuses reports for good: lower their
	// batch size first.
	MaxReportBytes int
	// MaxInFlight is how many reports are taken in at the same time, those that
	// wait for the receiver included; what is beyond gets 503. Zero means
	// DefaultMaxInFlight; negative is refused.
	MaxInFlight int
	// MaxPerClient is how many of them may be of one client; what is beyond gets
	// 429. Zero means DefaultMaxPerClient; negative is refused.
	MaxPerClient int
	// MaxMemoryBytes is about how much memory the reports in flight may take
	// together, counted as once the wire form and four times the report; what
	// is beyond gets 503. Zero means DefaultMaxMemoryBytes or what the largest
	// report needs if that is more; less than that is refused.
	MaxMemoryBytes int
	// RatePerMinute is how many reports a client may send in a minute, in the
	// long run, refused ones included; what is beyond gets 429. Zero means
	// DefaultRatePerMinute, Unlimited no limit; any other negative number is
	// refused.
	RatePerMinute int
	// Burst is how many reports a client may send at once. Zero means
	// DefaultBurst; negative is refused.
	Burst int
	// MaxClients is how many clients' rates are remembered: the one that was
	// silent longest is forgotten first and starts anew. Zero means
	// DefaultMaxClients; negative is refused.
	MaxClients int
	// RetryAfter is how long a client is asked to wait that got 503, if the
	// receiver does not say. Zero means DefaultRetryAfter; negative or more than
	// [statemsg.MaxRetryAfter] is refused.
	RetryAfter time.Duration
	// ReceiveTimeout is how long the receiver may take. Zero means
	// DefaultReceiveTimeout; negative is refused.
	ReceiveTimeout time.Duration
	// Clock is the clock of rates and timeouts; nil means the system clock.
	Clock clock.Clock
	// Logger is told what is refused and why, never of tokens; nil means nobody
	// is.
	Logger *slog.Logger
}

// Handler is a management point. Use [NewHandler]. Safe for concurrent use.
//
// It serves ReportPath, HealthPath and ReadyPath and answers 404 to all others;
// to mount it elsewhere use [http.StripPrefix].
type Handler struct {
	cfg       HandlerConfig
	challenge string
	limits    *limits
	ready     *readiness
	buffers   sync.Pool // of *buffers
}

// NewHandler checks the configuration and returns a handler. The error wraps
// [ErrConfig].
func NewHandler(cfg HandlerConfig) (*Handler, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Handler{
		cfg:       cfg,
		challenge: cfg.Authenticator.Challenge(),
		limits:    newLimits(cfg),
		ready:     newReadiness(cfg),
		buffers:   sync.Pool{New: func() any { return new(buffers) }},
	}, nil
}

// withDefaults checks the configuration and replaces zeros.
func (c HandlerConfig) withDefaults() (HandlerConfig, error) {
	if c.Receiver == nil || c.Authenticator == nil {
		return c, fmt.Errorf("%w: handler: Receiver and Authenticator are required", ErrConfig)
	}
	for _, f := range []struct {
		name           string
		v              *int
		zero, max, min int
	}{
		{"MaxWireBytes", &c.MaxWireBytes, statemsg.MaxReportBytes, statemsg.MaxReportBytes, 1},
		{"MaxReportBytes", &c.MaxReportBytes, statemsg.MaxReportBytes, statemsg.MaxReportBytes, 1},
		{"MaxInFlight", &c.MaxInFlight, DefaultMaxInFlight, 1 << 20, 1},
		{"MaxPerClient", &c.MaxPerClient, DefaultMaxPerClient, 1 << 20, 1},
		{"RatePerMinute", &c.RatePerMinute, DefaultRatePerMinute, 1 << 30, Unlimited},
		{"Burst", &c.Burst, DefaultBurst, 1 << 20, 1},
		{"MaxClients", &c.MaxClients, DefaultMaxClients, 1 << 30, 1},
	} {
		if *f.v == 0 {
			*f.v = f.zero
		}
		if *f.v < f.min || *f.v > f.max {
			return c, fmt.Errorf("%w: handler: %s is %d, want %d to %d", ErrConfig, f.name, *f.v, f.min, f.max)
		}
	}
	largest := c.MaxWireBytes + reportWeight*c.MaxReportBytes
	if c.MaxMemoryBytes == 0 {
		c.MaxMemoryBytes = max(DefaultMaxMemoryBytes, largest)
	}
	if c.MaxMemoryBytes < largest {
		return c, fmt.Errorf("%w: handler: MaxMemoryBytes is %d, the largest report needs %d", ErrConfig, c.MaxMemoryBytes, largest)
	}
	if c.RetryAfter < 0 || c.RetryAfter > statemsg.MaxRetryAfter {
		return c, fmt.Errorf("%w: handler: RetryAfter is %v, want at most %v", ErrConfig, c.RetryAfter, statemsg.MaxRetryAfter)
	}
	if c.ReceiveTimeout < 0 {
		return c, fmt.Errorf("%w: handler: ReceiveTimeout is %v", ErrConfig, c.ReceiveTimeout)
	}
	if c.RetryAfter == 0 {
		c.RetryAfter = DefaultRetryAfter
	}
	if c.ReceiveTimeout == 0 {
		c.ReceiveTimeout = DefaultReceiveTimeout
	}
	if c.Clock == nil {
		c.Clock = clock.New()
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	switch req.URL.Path {
	case ReportPath:
		resync, refused := h.report(w, req)
		if refused != nil {
			h.refuse(w, req, refused)
			return
		}
		acknowledge(w, resync)
	case HealthPath:
		h.health(w, req, func(context.Context) error { return nil })
	case ReadyPath:
		h.health(w, req, h.ready.check)
	default:
		h.refuse(w, req, &refusal{status: http.StatusNotFound, code: codeNotFound, detail: "no such path"})
	}
}

// report takes in one report. What costs least is asked first, and nothing of
// the body is read for somebody who is not known.
func (h *Handler) report(w http.ResponseWriter, req *http.Request) (resync uint64, refused *refusal) {
	if req.Method != http.MethodPost {
		return 0, &refusal{
			status: http.StatusMethodNotAllowed, code: codeMethod, detail: "a report is sent with POST",
			header: [2]string{"Allow", http.MethodPost},
		}
	}
	id, refused := h.authenticate(req)
	if refused != nil {
		return 0, refused
	}
	zipped, refused := bodyForm(req.Header)
	if refused != nil {
		return 0, refused
	}
	if req.ContentLength > int64(h.cfg.MaxWireBytes) {
		return 0, tooLarge(h.cfg.MaxWireBytes)
	}
	place, refused := h.limits.enter(id, h.cfg.Clock.Now())
	if refused != nil {
		return 0, refused
	}
	handedOver := false
	defer func() {
		if !handedOver {
			place.leave()
		}
	}()
	r, refused := h.read(w, req, id, zipped, place)
	if refused != nil {
		return 0, refused
	}
	handedOver = true
	return h.deliver(req.Context(), r, place)
}

// authenticate says which client sends, in the normal form of its id.
func (h *Handler) authenticate(req *http.Request) (id string, refused *refusal) {
	id, err := h.cfg.Authenticator.Authenticate(req)
	if errors.Is(err, ErrUnauthenticated) {
		return "", &refusal{
			status: http.StatusUnauthorized, code: codeUnauthenticated, detail: "no valid credential", why: err,
			header: [2]string{"WWW-Authenticate", h.challenge},
		}
	}
	if err != nil {
		return "", h.unavailable("the credential cannot be checked at present", err)
	}
	c := statemsg.Client{ID: id}.Normal()
	if err := c.Validate(); err != nil {
		return "", &refusal{status: http.StatusInternalServerError, code: codeInternal, detail: "the credential stands for no client", why: err}
	}
	return c.ID, nil
}

// checkClient refuses a report of another client. Of the caller's own it makes
// the id that of its credential, so that a client has one id at the site,
// however it writes its letters.
func checkClient(r *statemsg.Report, id string) *refusal {
	if !strings.EqualFold(r.Client.ID, id) {
		return &refusal{
			status: http.StatusForbidden, code: codeWrongClient, detail: "the report's ClientID is not that of the caller",
			why: fmt.Errorf("mp: %s has sent a report of %s", id, r.Client.ID),
		}
	}
	r.Client.ID = id
	return nil
}

// delivered is what the receiver says.
type delivered struct {
	resync uint64
	err    error
}

// deliver hands the report to the receiver and waits for it, not longer than
// ReceiveTimeout. The place is left when the receiver has returned, so that
// receivers that hang are as bounded as others.
func (h *Handler) deliver(ctx context.Context, r *statemsg.Report, place *place) (uint64, *refusal) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan delivered, 1)
	go func() {
		d := h.receive(ctx, r)
		place.leave() // before the client hears of it and sends the next one
		done <- d
	}()
	timer := h.cfg.Clock.Timer(h.cfg.ReceiveTimeout)
	defer timer.Stop()
	select {
	case d := <-done:
		return d.resync, h.judge(d.err)
	case <-timer.C:
		cancel(ErrReceiveTimeout)
		return 0, h.unavailable("the site does not answer", ErrReceiveTimeout)
	}
}

// receive calls the receiver. A panic of its, in a goroutine that net/http does
// not know, must not end the process.
func (h *Handler) receive(ctx context.Context, r *statemsg.Report) (d delivered) {
	defer func() {
		if p := recover(); p != nil {
			h.cfg.Logger.ErrorContext(ctx, "the receiver panicked", "panic", p, "stack", string(debug.Stack()))
			d = delivered{err: errPanic}
		}
	}()
	d.resync, d.err = h.cfg.Receiver.Receive(ctx, r)
	return d
}

// errPanic stands for a panic of the receiver.
var errPanic = errors.New("mp: the receiver panicked")

// judge makes an answer of the receiver's error. Only a refusal for good is
// told: it is about the report, other errors about the inside of the site.
func (h *Handler) judge(err error) *refusal {
	if err == nil {
		return nil
	}
	if errors.Is(err, errPanic) {
		return &refusal{status: http.StatusInternalServerError, code: codeInternal, detail: "a fault of the management point", why: err}
	}
	if errors.Is(err, statemsg.ErrRejected) {
		return &refusal{status: http.StatusBadRequest, code: codeRejected, detail: err.Error(), why: err}
	}
	return h.unavailable("the site cannot store the report at present", err)
}

// unavailable is the answer to a report that cannot be taken in now.
func (h *Handler) unavailable(detail string, why error) *refusal {
	after := min(statemsg.RetryAfter(why), statemsg.MaxRetryAfter)
	if after == 0 {
		after = h.cfg.RetryAfter
	}
	return &refusal{status: http.StatusServiceUnavailable, code: codeUnavailable, detail: detail, after: after, why: why}
}
