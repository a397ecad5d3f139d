package mp

import (
	"crypto/tls"
	"net/http"
	"time"
)

// What [NewServer] sets. Without ReadHeaderTimeout and ReadTimeout a client that
// sends a byte now and then holds a connection for ever, and one of the places
// of MaxInFlight if it is known.
const (
	// ReadHeaderTimeout is how long a client may take for the headers.
	ReadHeaderTimeout = 10 * time.Second
	// ReadTimeout is how long it may take for the whole request.
	ReadTimeout = 2 * time.Minute
	// WriteTimeout is how long it takes at most from the headers to the end of
	// the answer. It has to be more than ReadTimeout and ReceiveTimeout together,
	// and should be less than what clients wait, [statemsg.DefaultSendTimeout].
	WriteTimeout = 4 * time.Minute
	// IdleTimeout is how long a connection is kept for the next request. Clients
	// send every 15 minutes: it is for those that drain.
	IdleTimeout = time.Minute
	// MaxHeaderBytes bounds the headers.
	MaxHeaderBytes = 16 << 10
)

// NewServer returns a server with sane bounds, whose fields may be changed
// before it serves. It is to be started with ListenAndServeTLS or ServeTLS; with
// certificates in t both names of files may be empty. A nil t is for a server
// behind something that ends TLS.
//
// For mutual TLS, t has to have ClientCAs and ClientAuth: see [MutualTLS].
func NewServer(addr string, h http.Handler, t *tls.Config) *http.Server {
	return &http.Server{
		Addr:              addr,
		Handler:           h,
		TLSConfig:         t.Clone(),
		ReadHeaderTimeout: ReadHeaderTimeout,
		ReadTimeout:       ReadTimeout,
		WriteTimeout:      WriteTimeout,
		IdleTimeout:       IdleTimeout,
		MaxHeaderBytes:    MaxHeaderBytes,
	}
}
