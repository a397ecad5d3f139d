package wsus

import (
	"context"
	"errors"

	"github.com/updatescan/updatescan/compliance"
)

// Location is one WSUS server a client may use, a software update point.
type Location struct {
	// URL is scheme, host and port, such as http://wsus.example.test:8530;
	// [ParseEndpoint] says what is accepted.
	URL string
	// Server is the host's name as the management point gave it; it is not
	// used to connect.
	Server string
	// Version is the content version the server offers; 0 when it has none
	// or the management point did not say.
	Version uint32
	// SameForest says that the server is in the client's own forest, and
	// preferred.
	SameForest bool
	// Internet says that the server accepts internet-based clients, Intranet
	// that it accepts clients on the intranet. When both are false nothing
	// was said, and it accepts both.
	Internet, Intranet bool
}

// Endpoint returns the location's scheme, host and port, or the error of
// [ParseEndpoint].
func (l Location) Endpoint() (Endpoint, error) { return ParseEndpoint(l.URL) }

// Accepts reports whether the location serves a client on the internet, or
// with false one on the intranet.
func (l Location) Accepts(internet bool) bool {
	if !l.Internet && !l.Intranet {
		return true
	}
	if internet {
		return l.Internet
	}
	return l.Intranet
}

// The kinds of [LocationError]. All of them are told apart from a WSUS server
// that does not answer, whose codes are those of the connection (WF-6).
var (
	// ErrNoLocation means that the list of locations is empty (WF-6).
	ErrNoLocation = errors.New("no location")
	// ErrBadLocation means that a location's URL is not usable, or that there
	// are too many locations.
	ErrBadLocation = errors.New("bad location")
	// ErrNotSSL means that the client connects by SSL only, and the location
	// is http (WF-4).
	ErrNotSSL = errors.New("location is not SSL")
	// ErrNoFit means that no location accepts clients on this side, internet
	// or intranet.
	ErrNoFit = errors.New("no location for this network")
	// ErrNoVersion means that no location has the wanted content version
	// (WF-6).
	ErrNoVersion = errors.New("no location with the wanted version")
	// ErrAllFailed means that every location that would do was given up on
	// (WF-9).
	ErrAllFailed = errors.New("every location failed")
)

// LocationError says why there is no location to use, or what is wrong with
// one.
type LocationError struct {
	// URL is the location it is about; empty when it is about the list.
	URL string
	// Kind is one of the sentinels of this package, such as [ErrNoVersion].
	Kind error
	// Detail says more; it may be empty.
	Detail string
}

// Error implements error.
func (e *LocationError) Error() string {
	s := "wsus: location"
	if e == nil {
		return s + ": unknown failure"
	}
	if e.URL != "" {
		s += " " + quote(e.URL)
	}
	if e.Kind != nil {
		s += ": " + e.Kind.Error()
	}
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	return s
}

// Unwrap returns Kind.
func (e *LocationError) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.Kind
}

// Code returns the result code: [CodeSourceNotFound] when no location fits,
// [CodeInvalidLocation] for one that must not be used as it is, and
// [CodeRetriesExhausted] when every one was given up on. The sources name a
// code for none of these; the choice is this library's. None of them is in
// the documented retry table. That of a nil error is 0, none.
func (e *LocationError) Code() Code {
	if e == nil {
		return 0
	}
	if errors.Is(e.Kind, ErrBadLocation) || errors.Is(e.Kind, ErrNotSSL) {
		return CodeInvalidLocation
	}
	if errors.Is(e.Kind, ErrAllFailed) {
		return CodeRetriesExhausted
	}
	return CodeSourceNotFound // WF-6
}

// LocateRequest asks for the WSUS locations of a client.
type LocateRequest struct {
	// UpdateSource is the unique id of the update source, from policy.
	UpdateSource compliance.UpdateID
	// Version is the wanted content version; 0 when any will do.
	Version uint32
	// SiteCode is the client's assigned site, such as "PS1".
	SiteCode string
	// Internet says that the client is on the internet.
	Internet bool
}

// Locator finds the WSUS servers, as a management point does.
//
// Locate may block until ctx is done, and must then return promptly with an
// error that is ctx's. It is called by one goroutine at a time for one
// client, but a Locator that serves several clients must be safe for
// concurrent use. The caller owns the slice that is returned.
//
// An answer of no locations is an empty slice and no error; it is not the
// same as a management point that gave no answer, which is an error, for
// preference one that carries a code ([CodeOf]) such as
// [CodeContentLocationTimedOut]. Locations that do not fit the request may be
// returned: the caller chooses with [Choose], in the order given, so an
// implementation that wants to spread its clients shuffles the list.
type Locator interface {
	Locate(ctx context.Context, req LocateRequest) ([]Location, error)
}
