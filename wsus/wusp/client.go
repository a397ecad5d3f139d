package wusp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"

	"github.com/benbjohnson/clock"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/metadata"
	"github.com/updatescan/updatescan/wsus/netcode"
)

// Defaults of [ClientConfig].
const (
	// DefaultProtocolVersion is what the specification suggests.
	DefaultProtocolVersion = "1.8"
	// DefaultMaxTrips is how many SyncUpdates an agent makes in one scan.
	DefaultMaxTrips = 200
	// DefaultMaxInstalled is how many installed non-leaves a real server
	// takes in one request.
	DefaultMaxInstalled = 400
	// DefaultMaxRevisions bounds the client's cache. A real server has some
	// 5,300 for one client.
	DefaultMaxRevisions = 200_000
	// DefaultMaxExtended is how many revisions GetExtendedUpdateInfo is asked
	// for at once when the server does not say.
	DefaultMaxExtended = 50
)

// ClientConfig says who a client is and how it connects.
type ClientConfig struct {
	// ClientID is the client's id, a GUID that it keeps; required.
	ClientID string
	// DNSName is the machine's full name; required.
	DNSName string
	// TargetGroup is the computer group the client asks to be in; may be
	// empty.
	TargetGroup string
	// HTTP makes the connections: certificates, proxy and time-outs are its
	// business. Nil means a client of its own with the standard library's
	// defaults. It is copied; redirects are refused whatever it says.
	HTTP *http.Client
	// UserAgent is the User-Agent header; empty means one of this package.
	UserAgent string
	// ProtocolVersion is the client's, in two parts; empty means
	// DefaultProtocolVersion.
	ProtocolVersion string
	// Facts are the machine. They decide which detectoids and categories are
	// installed, and with that what the server sends.
	Facts applicability.Facts
	// Computer is told to the server on registration. DNSName is filled in,
	// and when OSMajorVersion is 0, the version of Windows and the processor
	// from Facts.
	Computer ComputerInfo
	// Categories limit the scan, if the server is of version 3.2 or later.
	Categories []CategoryRelationship
	// HardwareIDs are those of the computer; may be empty.
	HardwareIDs []compliance.UpdateID
	// Drivers makes a scan ask for drivers of Devices too.
	Drivers bool
	Devices []Device
	// Languages are those wanted for titles, the best first. Nil means "en".
	Languages []string
	// KeepGoing passes over updates that cannot be read, which are then
	// missing in the catalogue and counted in Progress. Otherwise the first
	// such update ends the retrieval.
	KeepGoing bool
	// MaxTrips is how many SyncUpdates one retrieval makes; zero means
	// DefaultMaxTrips. What was fetched stays, so that the next goes on.
	MaxTrips int
	// MaxInstalled is how many installed non-leaves are sent; zero means
	// DefaultMaxInstalled.
	MaxInstalled int
	// MaxRevisions bounds the cache; zero means DefaultMaxRevisions.
	MaxRevisions int
	// MaxBytes bounds the body of an answer; zero means DefaultMaxBytes.
	MaxBytes int
	// Store keeps the cache from one process to the next; nil keeps it in
	// memory only. It is written at the end of a retrieval, failed or not, and
	// every 16 SyncUpdates on the way.
	Store StateStore
	// Progress is told after each answer; nil tells nobody. It is called on
	// the goroutine of Retrieve and must not call the client.
	Progress func(Progress)
	// Clock gives the time sent to the server; nil is the system clock.
	Clock clock.Clock
	// Random gives the ids of events; nil is crypto/rand.
	Random io.Reader
}

// ClientConfigError is a [ClientConfig] that [NewClient] refuses.
type ClientConfigError struct {
	Field, Value string
}

// Error implements error.
func (e *ClientConfigError) Error() string {
	return fmt.Sprintf("wusp: client config: %s: %q is not acceptable", e.Field, e.Value)
}

// Progress is how far a retrieval has come.
type Progress struct {
	// Operation is what was answered last.
	Operation Operation
	// Trips is the number of SyncUpdates answered.
	Trips int
	// Cached is the number of revisions in the cache, Installed that of
	// installed non-leaves.
	Cached, Installed int
	// New, Changed, Removed and Skipped count revisions of this retrieval.
	New, Changed, Removed, Skipped int
	// Extended counts those that extended information was asked for, of
	// ExtendedTotal.
	Extended, ExtendedTotal int
	// Recoveries counts faults that were recovered from.
	Recoveries int
	// Sent and Received are the bytes of envelopes, uncompressed.
	Sent, Received int64
	// Done says that the retrieval is complete.
	Done bool
}

// LimitError says that a bound of [ClientConfig] was reached.
type LimitError struct {
	// Field is the field of ClientConfig.
	Field string
	// Limit is its value.
	Limit int
	code  wsus.Code
}

// Error implements error.
func (e *LimitError) Error() string { return fmt.Sprintf("wusp: %s: more than %d", e.Field, e.Limit) }

// Code returns the result code: that of too many round trips for MaxTrips,
// else that of a SOAP fault, which the server would answer.
func (e *LimitError) Code() wsus.Code { return e.code }

// ErrNoProgress means that a server says that there is more, but sends
// nothing new. Its code is that of too many round trips, where an agent would
// end.
var ErrNoProgress = errors.New("server says there is more and sends nothing new")

// FragmentError is an update that cannot be read.
type FragmentError struct {
	// RevisionID is its number at the server.
	RevisionID int32
	Err        error
}

// Error implements error.
func (e *FragmentError) Error() string {
	return fmt.Sprintf("wusp: revision %d: %v", e.RevisionID, e.Err)
}

// Unwrap returns Err.
func (e *FragmentError) Unwrap() error { return e.Err }

// Code is that of an answer that was not understood.
func (e *FragmentError) Code() wsus.Code { return wsus.CodeParse }

// Client is a [wsus.Source] that speaks MS-WUSP.
//
// It keeps a cache for each server, told apart by scheme, host and port: the
// configuration, the cookie, the registration and every revision that the
// server has sent, so that a second retrieval brings over only what has
// changed, and one that was cut short is gone on with by the next. Faults that
// ask for a step of the handshake are recovered from, once for each error
// code in a retrieval (an expired cookie once after each answer); everything
// else is returned with its result code.
//
// It is safe for concurrent use; retrievals from one server wait for each
// other.
type Client struct {
	cfg       ClientConfig
	http      http.Client
	evaluator *applicability.Evaluator
	filter    string // tells caches of different scans apart

	mu      sync.Mutex
	servers map[wsus.Endpoint]*server
}

var _ wsus.Source = (*Client)(nil)

// NewClient makes a Client. It makes no connection. A Config without a
// ClientID or a DNSName, with a bad version or a negative limit is refused
// with a [*ClientConfigError].
func NewClient(cfg ClientConfig) (*Client, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	evaluator, err := applicability.New(applicability.Config{Facts: cfg.Facts})
	if err != nil {
		return nil, fmt.Errorf("wusp: client config: %w", err)
	}
	c := &Client{cfg: cfg, evaluator: evaluator, servers: make(map[wsus.Endpoint]*server)}
	if cfg.HTTP != nil {
		c.http = *cfg.HTTP
	}
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, r := range cfg.Categories {
		c.filter += fmt.Sprintf("%d %s;", r.IndexOfAndGroup, r.CategoryID)
	}
	return c, nil
}

// complete checks a config and fills in its defaults.
func (c *ClientConfig) complete() error {
	if c.ClientID == "" {
		return &ClientConfigError{Field: "ClientID"}
	}
	if c.DNSName == "" {
		return &ClientConfigError{Field: "DNSName"}
	}
	if c.ProtocolVersion == "" {
		c.ProtocolVersion = DefaultProtocolVersion
	}
	if _, ok := parseVersion(c.ProtocolVersion); !ok {
		return &ClientConfigError{Field: "ProtocolVersion", Value: c.ProtocolVersion}
	}
	for _, l := range []struct {
		name     string
		at       *int
		standard int
	}{
		{"MaxTrips", &c.MaxTrips, DefaultMaxTrips},
		{"MaxInstalled", &c.MaxInstalled, DefaultMaxInstalled},
		{"MaxRevisions", &c.MaxRevisions, DefaultMaxRevisions},
		{"MaxBytes", &c.MaxBytes, DefaultMaxBytes},
	} {
		if *l.at < 0 {
			return &ClientConfigError{Field: l.name, Value: fmt.Sprint(*l.at)}
		}
		if *l.at == 0 {
			*l.at = l.standard
		}
	}
	c.Categories, c.Devices = slices.Clone(c.Categories), slices.Clone(c.Devices)
	c.HardwareIDs, c.Languages = slices.Clone(c.HardwareIDs), slices.Clone(c.Languages)
	if len(c.Languages) == 0 {
		c.Languages = []string{"en"}
	}
	if c.Clock == nil {
		c.Clock = clock.New()
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	if c.UserAgent == "" {
		c.UserAgent = "Windows-Update-Agent/updatescan Client-Protocol/" + c.ProtocolVersion
	}
	c.Computer.DNSName = c.DNSName
	if c.Computer.BiosReleaseDate == "" {
		c.Computer.BiosReleaseDate = noDateTime // as it is read back
	}
	c.Computer.describe(c.Facts)
	return nil
}

// Retrieve brings the cache of the location's server up to date and returns
// it as a catalogue with the location's version. When nothing has changed
// since it returned req.Previous, that is returned.
//
// When there is no cache for the server yet but a previous catalogue, the
// client asks with RefreshCache which of its updates the server still has,
// which is our choice: agents do so after a fault only. A server that refuses
// is synced from the start.
func (c *Client) Retrieve(ctx context.Context, req wsus.RetrieveRequest) (*wsus.Catalog, error) {
	if err := req.Check(); err != nil { // WF-4
		return nil, err
	}
	at, err := req.Location.Endpoint()
	if err != nil {
		return nil, err
	}
	s, release, err := c.session(ctx, at)
	if err != nil {
		return nil, netcode.Error("retrieve", err)
	}
	defer release()
	s.seed(req.Previous)
	err = s.scan(ctx)
	var catalog *wsus.Catalog
	if err == nil {
		catalog, err = s.catalogue(req)
	}
	if saveErr := s.save(ctx, err != nil); err == nil {
		err = saveErr
	}
	if err != nil {
		return nil, s.failed(ctx, err)
	}
	s.progress.Done = true
	s.tell(s.progress.Operation)
	return catalog, nil
}

// failed gives an error its code, and the context's error if that is done.
func (*session) failed(ctx context.Context, err error) error {
	if done := ctx.Err(); done != nil && !errors.Is(err, done) {
		err = fmt.Errorf("%w (%v)", done, err) //nolint:errorlint // the code must be that of the context
	}
	return netcode.Error("retrieve", err)
}

// session is one retrieval from a server. The caller has the server to
// itself until release.
func (c *Client) session(ctx context.Context, at wsus.Endpoint) (s *session, release func(), err error) {
	c.mu.Lock()
	sv := c.servers[at]
	if sv == nil {
		sv = &server{at: at, turn: make(chan struct{}, 1)}
		c.servers[at] = sv
	}
	c.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	select {
	case sv.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	release = func() { <-sv.turn }
	if !sv.ready {
		if err := c.load(ctx, sv); err != nil {
			release()
			return nil, nil, err
		}
	}
	return &session{client: c, server: sv, recovered: make(map[ErrorCode]bool)}, release, nil
}

// server is what the client knows of one server. It belongs to the session
// that has its turn.
type server struct {
	at    wsus.Endpoint
	turn  chan struct{}
	ready bool // loaded
	cache cache

	config     *GetConfigResponse
	auth       *AuthorizationCookie
	cookie     *Cookie
	oldCookie  *Cookie       // to be shown when a new one is asked for
	registered *ComputerInfo // what was registered
	refresh    bool          // revision numbers are not to be relied on
	seeded     bool          // they are of a previous catalogue, not the server's

	catalog *wsus.Catalog // returned last, nil when the cache has changed
}

// load reads the stored state of a server; what cannot be read is as good as
// none.
func (c *Client) load(ctx context.Context, sv *server) error {
	reader, err := metadata.NewReader(metadata.Options{
		Languages: c.cfg.Languages, Origin: sv.at.String(), MaxFileBytes: min(c.cfg.MaxBytes, metadata.HighestMaxFileBytes),
	})
	if err != nil {
		return err
	}
	sv.cache = cache{reader: reader, entries: make(map[int32]*entry)}
	if c.cfg.Store != nil {
		data, err := c.cfg.Store.Load(ctx, sv.at.String())
		if err != nil {
			return fmt.Errorf("wusp: load state: %w", err)
		}
		if len(data) > 0 {
			_ = sv.decode(data, c.filter) // foreign or damaged: absent
		}
	}
	sv.ready = true
	return nil
}
