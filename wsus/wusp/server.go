package wusp

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/benbjohnson/clock"
)

// Defaults of [ServerConfig].
const (
	DefaultCookieLifetime   = time.Hour
	DefaultPageUpdates      = 200
	DefaultPageBytes        = 512 << 10
	DefaultMaxBodyBytes     = 4 << 20
	DefaultMaxCachedIDs     = 100_000
	DefaultMaxInstalledIDs  = 400
	DefaultMaxClients       = 100_000
	maxCategories           = 200
	serverProtocolVersion   = "3.2"
	authPlugIn              = "SimpleTargeting"
	maxEventsBatch          = 10_000
	shortestKeyBytes        = 16
	inFlightEachProcessor   = 4
	defaultKeyBytes         = 32
	tooManyIDsMessage       = "parameters.InstalledNonLeafUpdateIDs"
	tooManyCachedIDsMessage = "parameters.OtherCachedUpdateIDs"
)

// ServerConfig says how a [Server] behaves.
type ServerConfig struct {
	// Store is the catalogue; it must not be nil.
	Store *Store
	// Clock is where the time is read; nil means the system's clock.
	Clock clock.Clock
	// Key authenticates cookies. Nil means a new random key: cookies of
	// another Server are then refused with [InvalidCookie], and clients start
	// again. A key of fewer than 16 bytes is refused.
	Key []byte
	// CookieLifetime is how long a cookie is good. Zero means
	// [DefaultCookieLifetime]; a negative one is refused.
	CookieLifetime time.Duration
	// RequireRegistration makes clients register before they sync.
	RequireRegistration bool
	// Group decides the group of a client that asks for one by name, or
	// for none; nil means that it gets the group that it asks for. A group
	// that the store does not have is [AllComputers].
	Group func(clientID, dnsName, asked string) string
	// PageUpdates and PageBytes bound the new updates in an answer, and the
	// length of their Core fragments; at least one update is always sent.
	// Zero means [DefaultPageUpdates] and [DefaultPageBytes].
	PageUpdates, PageBytes int
	// MaxBodyBytes bounds a request. Zero means [DefaultMaxBodyBytes].
	MaxBodyBytes int
	// MaxInstalledIDs and MaxCachedIDs bound the lists of SyncUpdates. Zero
	// means [DefaultMaxInstalledIDs] and [DefaultMaxCachedIDs].
	MaxInstalledIDs, MaxCachedIDs int
	// MaxExtended is how many revisions one GetExtendedUpdateInfo may ask
	// for. Zero means [DefaultMaxExtended].
	MaxExtended int
	// MaxClients bounds how many clients are remembered; beyond it the one
	// that is known longest is forgotten and has to register again. Zero
	// means [DefaultMaxClients].
	MaxClients int
	// MaxInFlight bounds the requests that are worked on at once; others
	// wait. Zero means four for each processor.
	MaxInFlight int
	// MaxCallsPerMinute bounds the calls of one client; beyond it, calls are
	// answered with [ServerBusy]. Zero means that there is no bound.
	MaxCallsPerMinute int
	// Events takes the events that clients report; nil drops them. It may be
	// called from several goroutines at once, and must not keep the slice.
	// On error the client is told to keep its events.
	Events func(ctx context.Context, clientID string, events []ReportingEvent) error
	// Registered is told of each registration; nil means no one.
	Registered func(clientID string, info ComputerInfo)
	// Observe is told of each call after it was answered; nil means no one.
	// It may be called from several goroutines at once.
	Observe func(Call)
	// Content serves GET and HEAD requests below /Content/; nil means that
	// there are no files. FileLocations point there.
	Content http.Handler
}

// Call is what [ServerConfig] Observe is told of a call.
type Call struct {
	Operation Operation
	// ClientID, DNSName and Group are empty when the call is made without a
	// cookie, or with one that is no good.
	ClientID, DNSName, Group string
	// New, Changed and OutOfScope are how many updates the answer to
	// SyncUpdates or GetExtendedUpdateInfo has.
	New, Changed, OutOfScope int
	// Truncated says that more new updates wait.
	Truncated bool
	// Events are how many events were reported.
	Events int
	// RequestBytes and AnswerBytes are the lengths of the bodies.
	RequestBytes, AnswerBytes int
	// Fault is nil when the call succeeded.
	Fault *Fault
}

// Server is an MS-WUSP server: the client, authorization and reporting
// services over a [Store]. It is an [http.Handler], to be mounted at the root
// of a host: paths are matched in any case of letters, and the reporting
// service is at both of its paths. It is safe for concurrent use.
//
// It keeps in memory which clients have registered; all else that a session
// has is in its cookie, which is authenticated and expires.
type Server struct {
	cfg     ServerConfig
	changed time.Time
	serial  atomic.Uint64
	slots   chan struct{}
	clients clientTable
}

// NewServer returns a Server. A Config without Store, with a negative bound,
// or with a short Key is refused.
func NewServer(cfg ServerConfig) (*Server, error) {
	if cfg.Store == nil {
		return nil, fmt.Errorf("wusp: server: no Store")
	}
	for _, n := range [...]struct {
		name  string
		value *int
		zero  int
	}{
		{"PageUpdates", &cfg.PageUpdates, DefaultPageUpdates},
		{"PageBytes", &cfg.PageBytes, DefaultPageBytes},
		{"MaxBodyBytes", &cfg.MaxBodyBytes, DefaultMaxBodyBytes},
		{"MaxInstalledIDs", &cfg.MaxInstalledIDs, DefaultMaxInstalledIDs},
		{"MaxCachedIDs", &cfg.MaxCachedIDs, DefaultMaxCachedIDs},
		{"MaxExtended", &cfg.MaxExtended, DefaultMaxExtended},
		{"MaxClients", &cfg.MaxClients, DefaultMaxClients},
		{"MaxInFlight", &cfg.MaxInFlight, inFlightEachProcessor * runtime.GOMAXPROCS(0)},
		{"MaxCallsPerMinute", &cfg.MaxCallsPerMinute, 0},
	} {
		if *n.value < 0 {
			return nil, fmt.Errorf("wusp: server: %s is negative", n.name)
		}
		if *n.value == 0 {
			*n.value = n.zero
		}
	}
	if cfg.CookieLifetime < 0 {
		return nil, fmt.Errorf("wusp: server: CookieLifetime is negative")
	}
	if cfg.CookieLifetime == 0 {
		cfg.CookieLifetime = DefaultCookieLifetime
	}
	if cfg.Key == nil {
		cfg.Key = make([]byte, defaultKeyBytes)
		_, _ = rand.Read(cfg.Key) // never fails
	}
	if len(cfg.Key) < shortestKeyBytes {
		return nil, fmt.Errorf("wusp: server: a Key of %d bytes is too short", len(cfg.Key))
	}
	cfg.Key = slices.Clone(cfg.Key)
	if cfg.Clock == nil {
		cfg.Clock = clock.New()
	}
	s := &Server{cfg: cfg, slots: make(chan struct{}, cfg.MaxInFlight)}
	// Whole tenths of a microsecond: what the wire keeps.
	s.changed = cfg.Clock.Now().UTC().Truncate(100 * time.Nanosecond)
	s.clients.init(cfg.MaxClients)
	return s, nil
}

// services are the paths at which operations are found, in lower case.
var services = map[string]string{
	strings.ToLower(ClientPath):            ClientPath,
	strings.ToLower(AuthPath):              AuthPath,
	strings.ToLower(ReportPath):            ReportPath,
	"/reportingwebservice/webservice.asmx": ReportPath,
}

const (
	probePath   = "/clientwebservice/wusserverversion.xml"
	contentPath = "/content/"
)

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.ToLower(r.URL.Path)
	read := r.Method == http.MethodGet || r.Method == http.MethodHead
	if service, ok := services[path]; ok {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "SOAP is asked for by POST", http.StatusMethodNotAllowed)
			return
		}
		s.serve(w, r, service)
		return
	}
	if path == probePath && read {
		w.Header().Set("Content-Type", ContentType)
		_, _ = w.Write([]byte(`<?xml version="1.0" encoding="utf-8"?><ServerVersion>` + serverProtocolVersion + `</ServerVersion>`))
		return
	}
	if strings.HasPrefix(path, contentPath) && read && s.cfg.Content != nil {
		s.cfg.Content.ServeHTTP(w, r)
		return
	}
	http.NotFound(w, r)
}
