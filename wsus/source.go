package wsus

import "context"

// RetrieveRequest asks a server for its metadata.
type RetrieveRequest struct {
	// Location is the server to connect to, as chosen.
	Location Location
	// SSLOnly refuses an http location before a byte is sent (WF-4).
	SSLOnly bool
	// Previous is the catalogue stored on the client, nil when there is
	// none. Only what changed since need cross the wire, but the answer is
	// complete in itself.
	Previous *Catalog
}

// Check reports whether a connection may be made: nil, or a
// [*LocationError] that matches [ErrBadLocation] for a URL that is not
// usable and [ErrNotSSL] for http where SSLOnly is set. A [Source] calls it
// before it does anything else (WF-4).
func (r RetrieveRequest) Check() error {
	at, err := r.Location.Endpoint()
	if err != nil {
		return err
	}
	if r.SSLOnly && !at.SSL() { // WF-4
		return &LocationError{URL: r.Location.URL, Kind: ErrNotSSL, Detail: "the client connects by SSL only"}
	}
	return nil
}

// Source retrieves metadata from a WSUS server. It is the only interface of
// this library behind which a connection to WSUS is made; a scan that must
// not connect is never handed one.
//
// Retrieve returns the complete catalogue of the server, or an error and nil.
// A server without updates is an empty catalogue, never nil. It may block
// until ctx is done, and must then return promptly with an error that is
// ctx's: a scan cut short is no failure (WF-10). It must return the error of
// [RetrieveRequest.Check] before a byte is sent (WF-4). Any other error should
// carry a code ([CodeOf]): whether the scan is retried depends on it (WF-9).
// It must not retry on its own over more than one round of the protocol's
// recoveries, must not follow a redirection to http when SSLOnly is set, and
// must leave req.Previous as it is. The catalogue is immutable and may be
// shared: Previous itself may be returned when nothing changed.
//
// It is called by one goroutine at a time for one client; a Source that
// serves several clients must be safe for concurrent use.
type Source interface {
	Retrieve(ctx context.Context, req RetrieveRequest) (*Catalog, error)
}
