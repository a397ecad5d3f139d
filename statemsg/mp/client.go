package mp

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/updatescan/updatescan/statemsg"
)

// Bounds of a [Client].
const (
	// MaxAnswerBytes is the most of an answer that is read.
	MaxAnswerBytes = 64 << 10
	// expectBytes is the size from which on a body is sent only after the
	// management point has seen the headers and wants it.
	expectBytes = 256 << 10
	// jitterPart is the part of a wait that is added to it at most, by chance.
	jitterPart = 4
	// maxWish is the longest wish that leaves room for the jitter.
	maxWish = statemsg.MaxRetryAfter / (jitterPart + 1) * jitterPart
)

// ErrInsecure is wrapped by the refusal of [NewClient] to send over http.
var ErrInsecure = errors.New("mp: http is not allowed")

// ErrAnswer is wrapped by the error for an answer of 200 that is not that of a
// management point, such as the page of a hotel's network. It acknowledges
// nothing.
var ErrAnswer = errors.New("mp: not the answer of a management point")

// Rand is the source of the jitter. A rand.Source of math/rand/v2 is one.
type Rand interface {
	// Uint64 returns a uniformly distributed number.
	Uint64() uint64
}

// ClientConfig configures a [Client].
type ClientConfig struct {
	// URL is where the management point is mounted, such as
	// "https://mp.example.org" or "https://example.org/site/one": the path of the
	// exchange is added. User, query and fragment are refused, and http unless
	// AllowHTTP is set.
	URL string
	// AllowHTTP allows http, over which everybody on the way can read the
	// reports, and the token, and acknowledge what has not arrived. It is for
	// tests and for a loopback.
	AllowHTTP bool
	// Token returns the bearer token, before each send, so that it can be
	// renewed. Its error ends the send. Nil sends none: the client has a
	// certificate then. See [FixedToken].
	Token func(ctx context.Context) (string, error)
	// TLS configures the connection: the roots that are trusted, and the
	// client's certificate. Nil means the system's roots and no certificate. It
	// is for a nil HTTP and refused with another.
	TLS *tls.Config
	// HTTP sends the requests. It is copied, and the copy follows no redirects.
	// Its http.Transport should have an ExpectContinueTimeout: without one, a
	// refusal that comes before a large report has left may be lost, and the
	// error is one of the network. Nil means a client with sane timeouts, and
	// the proxy of the environment.
	HTTP *http.Client
	// Gzip compresses the reports, to about a twentieth.
	Gzip bool
	// Rand is the source of the jitter, used by one send at a time. Nil is
	// refused; rand.NewPCG of math/rand/v2 makes one.
	Rand Rand
	// Policy is that of the sender. Its BackoffMin and BackoffMax are used; zeros
	// mean the defaults, an invalid one is refused.
	Policy statemsg.CyclePolicy
	// Clock is what an HTTP date is compared with if the answer has no date of
	// its own; nil means the system clock.
	Clock clock.Clock
}

// FixedToken is a token that is always the same.
func FixedToken(token string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return token, nil }
}

// Client is a [statemsg.Transport] to a management point over HTTP, and a
// [statemsg.Resyncer]. Use [NewClient]: the zero Client refuses every report.
// Safe for concurrent use; but Resync, and the back-off below, are meant for one
// sender.
//
// Send makes one request and never waits of its own accord: waiting is the
// business of the sender's timetable, [statemsg.Cycle], which doubles its
// back-off with each failure. What the client adds is chance. The error of a
// failed send is a [*statemsg.RetryError] that asks for
//
//	the greater of what the receiver asked for in Retry-After and of what the
//	Cycle waits after so many failures in a row, and up to a quarter more
//
// so that clients that failed together do not return together. Both together
// are at most [statemsg.MaxRetryAfter]. A send that the caller stopped is no
// failure and asks for nothing.
type Client struct {
	cfg    ClientConfig
	url    string
	http   *http.Client
	zips   sync.Pool // of *zipper
	resync atomic.Uint64

	mu       sync.Mutex // for Rand too
	failures int        // in a row
}

var (
	_ statemsg.Transport = (*Client)(nil)
	_ statemsg.Resyncer  = (*Client)(nil)
)

// NewClient checks the configuration and returns a client. It does not connect.
// The error wraps [ErrConfig].
func NewClient(cfg ClientConfig) (*Client, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("%w: client: URL: %w", ErrConfig, err)
	}
	if u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%w: client: URL %q is not https://host/path", ErrConfig, u.Redacted())
	}
	if u.Scheme == "http" && !cfg.AllowHTTP {
		return nil, fmt.Errorf("%w: client: %w: %s", ErrConfig, ErrInsecure, u)
	}
	if cfg.Rand == nil {
		return nil, fmt.Errorf("%w: client: Rand is required, such as rand.NewPCG of math/rand/v2", ErrConfig)
	}
	if cfg.HTTP != nil && cfg.TLS != nil {
		return nil, fmt.Errorf("%w: client: TLS is for the client's own HTTP", ErrConfig)
	}
	if err := cfg.Policy.Validate(); err != nil {
		return nil, fmt.Errorf("%w: client: %w", ErrConfig, err)
	}
	cfg.Policy = cfg.Policy.WithDefaults()
	if cfg.Clock == nil {
		cfg.Clock = clock.New()
	}
	sender := &http.Client{Transport: newTransport(cfg.TLS), Timeout: statemsg.DefaultSendTimeout}
	if cfg.HTTP != nil {
		copied := *cfg.HTTP
		sender = &copied
	}
	sender.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{
		cfg:  cfg,
		url:  u.JoinPath(ReportPath).String(),
		http: sender,
		zips: sync.Pool{New: func() any { return new(zipper) }},
	}, nil
}

// newTransport is what the client sends with by default.
func newTransport(t *tls.Config) *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		TLSClientConfig:        t.Clone(),
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    10 * time.Second,
		ExpectContinueTimeout:  time.Second,
		IdleConnTimeout:        30 * time.Second, // less than the server's
		MaxIdleConnsPerHost:    2,
		MaxResponseHeaderBytes: MaxAnswerBytes,
		DisableCompression:     true,
	}
}

// errNotMade is the refusal of the zero Client.
var errNotMade = errors.New("mp: the client was not made by NewClient")

// Resync is the number of the resync that was asked for in the last
// acknowledgement; 0 for none.
func (c *Client) Resync() uint64 {
	if c == nil {
		return 0
	}
	return c.resync.Load()
}

// Close closes the connections that are kept for later, of the HTTP client that
// was given too. The client can go on sending.
func (c *Client) Close() {
	if c != nil && c.http != nil {
		c.http.CloseIdleConnections()
	}
}

// Send sends the report. Nil means that the management point has acknowledged
// it. The error wraps
//
//   - [statemsg.ErrRejected] if the report cannot be written, and if the answer
//     is 400, 403, 413 or 415, but for a body that was cut off on its way;
//   - [ErrUnauthenticated] if the answer is 401: the next token may be better;
//   - a [*StatusError] for every answer other than 200;
//   - [ErrAnswer] for a 200 that acknowledges nothing;
//   - what the network had to say.
func (c *Client) Send(ctx context.Context, r *statemsg.Report) error {
	if c == nil || c.http == nil {
		return errNotMade
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	resync, asked, err := c.send(ctx, r)
	if err == nil {
		c.resync.Store(resync)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.failures = 0
		return nil
	}
	if errors.Is(context.Cause(ctx), context.Canceled) {
		return err // stopped: no failure
	}
	return &statemsg.RetryError{After: c.wait(asked), Err: err}
}

// send sends the report and returns what the receiver asks for.
func (c *Client) send(ctx context.Context, r *statemsg.Report) (resync uint64, asked time.Duration, err error) {
	req, err := c.request(ctx, r)
	if err != nil {
		return 0, 0, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, 0, fmt.Errorf("mp: send: %w", err)
	}
	defer resp.Body.Close()
	return c.answer(resp)
}

// request makes the request. The body is not used again afterwards: the HTTP
// client may still read it when it has an answer.
func (c *Client) request(ctx context.Context, r *statemsg.Report) (*http.Request, error) {
	if r == nil {
		return nil, fmt.Errorf("mp: the report is nil: %w", statemsg.ErrRejected)
	}
	body, err := c.body(r)
	if err != nil {
		return nil, fmt.Errorf("mp: %w: %w", err, statemsg.ErrRejected)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("mp: %w", err)
	}
	req.Header.Set("Content-Type", "application/xml; charset=utf-16")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "updatescan-statemsg-mp")
	// Not sent. It tells net/http that a report may go out again by itself when
	// a kept connection turns out to be closed: serials make that harmless
	// (MSG-7).
	req.Header["Idempotency-Key"] = []string{}
	if c.cfg.Gzip {
		req.Header.Set("Content-Encoding", "gzip")
	}
	if len(body) > expectBytes {
		req.Header.Set("Expect", "100-continue")
	}
	if c.cfg.Token != nil {
		token, err := c.cfg.Token(ctx)
		if err != nil {
			return nil, fmt.Errorf("mp: token: %w", err)
		}
		if reason := badToken(token); reason != "" {
			return nil, fmt.Errorf("mp: token: %s", reason)
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return req, nil
}

// zipper compresses reports; it is used again.
type zipper struct {
	plain []byte
	gzip  *gzip.Writer
}

// body is the report as it is sent.
func (c *Client) body(r *statemsg.Report) ([]byte, error) {
	if !c.cfg.Gzip {
		return statemsg.AppendReport(nil, r)
	}
	z := c.zips.Get().(*zipper)
	defer c.zips.Put(z)
	var err error
	if z.plain, err = statemsg.AppendReport(z.plain[:0], r); err != nil {
		return nil, err
	}
	var zipped bytes.Buffer
	if z.gzip == nil {
		z.gzip = gzip.NewWriter(io.Discard)
	}
	z.gzip.Reset(&zipped)
	if _, err := z.gzip.Write(z.plain); err != nil {
		return nil, err
	}
	if err := z.gzip.Close(); err != nil {
		return nil, err
	}
	return zipped.Bytes(), nil
}

// wait counts a failure and returns how long the client wishes to wait, with its
// jitter.
func (c *Client) wait(asked time.Duration) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	backoff := c.cfg.Policy.BackoffMin
	for i := 0; i < c.failures && backoff < c.cfg.Policy.BackoffMax; i++ {
		backoff *= 2
	}
	c.failures++
	wish := min(max(asked, min(backoff, c.cfg.Policy.BackoffMax)), maxWish)
	extra, _ := bits.Mul64(c.cfg.Rand.Uint64(), uint64(wish/jitterPart)+1)
	return wish + time.Duration(extra)
}
