package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// ownURL is where the program's own WSUS is, by a name that only its client
// knows: the port of the socket is another in each run.
const ownURL = "http://sup01.example.test:8530"

// connectTimeout bounds how long a WSUS is waited for to accept a connection,
// and answerTimeout to begin an answer. What comes then may take its time.
const (
	connectTimeout = 10 * time.Second
	answerTimeout  = 2 * time.Minute
)

// wire is the way to a WSUS over HTTP: the program's own, which listens on a
// loopback socket, or another. It implements [wsus.Source] and
// [wsus.Locator].
type wire struct {
	location wsus.Location
	config   wusp.ClientConfig
	http     *http.Transport
	store    *wusp.Store // of the own server, else nil
	server   *http.Server

	mu     sync.Mutex
	client *wusp.Client
	// latest is the catalogue retrieved last.
	latest *wsus.Catalog
	down   bool // connections are refused
}

// newWire prepares a client for the WSUS at a location.
func newWire(at wsus.Location, machine *applicability.Document, c clock.Clock) (*wire, error) {
	w := &wire{location: at, http: &http.Transport{Proxy: http.ProxyFromEnvironment, ResponseHeaderTimeout: answerTimeout}}
	dialer := &net.Dialer{Timeout: connectTimeout}
	w.http.DialContext = w.dial(dialer.DialContext)
	name := clientName(machine)
	w.config = wusp.ClientConfig{
		ClientID: machineID(name), DNSName: strings.ToLower(name) + ".example.test",
		HTTP: &http.Client{Transport: w.http}, Facts: machine.Facts(), Store: make(memory), Clock: c,
	}
	var err error
	w.client, err = wusp.NewClient(w.config)
	return w, err
}

// machineID is the id by which a WSUS knows the machine of a name.
func machineID(name string) string {
	sum := sha256.Sum256([]byte("quickstart " + strings.ToLower(name)))
	var id compliance.UpdateID
	copy(id[:], sum[:])
	id[6], id[8] = id[6]&0x0F|0x80, id[8]&0x3F|0x80
	return id.String()
}

// dial refuses connections while the WSUS is down.
func (w *wire) dial(next func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		w.mu.Lock()
		down := w.down
		w.mu.Unlock()
		if down {
			return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
		}
		return next(ctx, network, address)
	}
}

// serve starts the program's own WSUS. Its documents are published, and its
// client finds it by the name in ownURL.
func serve(in *input, c clock.Clock) (*wire, error) {
	w, err := newWire(wsus.Location{URL: ownURL, Server: "sup01.example.test", Version: 1, SameForest: true}, in.machine, c)
	if err != nil {
		return nil, err
	}
	w.store = wusp.NewStore(c)
	if err := w.store.Publish(in.documents...); err != nil {
		return nil, fmt.Errorf("%w: -catalog: %w", errUsage, err)
	}
	handler, err := wusp.NewServer(wusp.ServerConfig{Store: w.store, Clock: c})
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w.server = &http.Server{Handler: handler, ReadHeaderTimeout: connectTimeout}
	go func() { _ = w.server.Serve(listener) }() // ends with close
	w.http.Proxy = nil
	own := new(net.Dialer)
	w.http.DialContext = w.dial(func(ctx context.Context, network, _ string) (net.Conn, error) {
		return own.DialContext(ctx, network, listener.Addr().String())
	})
	return w, nil
}

// connect prepares a client for another WSUS and retrieves its catalogue
// once, so that a WSUS that does not answer is known before the week begins.
func connect(ctx context.Context, url string, machine *applicability.Document) (*wire, error) {
	at := wsus.Location{URL: url, Version: 1, SameForest: true}
	end, err := at.Endpoint()
	if err != nil {
		return nil, fmt.Errorf("%w: -wsus: %w", errUsage, err)
	}
	at.URL, at.Server = end.String(), end.Host
	w, err := newWire(at, machine, nil)
	if err != nil {
		return nil, err
	}
	if _, err := w.Retrieve(ctx, wsus.RetrieveRequest{Location: at}); err != nil {
		w.close()
		return nil, fmt.Errorf("-wsus %s: %w", url, err)
	}
	return w, nil
}

// Locate implements [wsus.Locator].
func (w *wire) Locate(context.Context, wsus.LocateRequest) ([]wsus.Location, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return []wsus.Location{w.location}, nil
}

// Retrieve implements [wsus.Source].
func (w *wire) Retrieve(ctx context.Context, req wsus.RetrieveRequest) (*wsus.Catalog, error) {
	w.mu.Lock()
	client := w.client
	w.mu.Unlock()
	c, err := client.Retrieve(ctx, req)
	if err == nil {
		w.mu.Lock()
		w.latest = c
		w.mu.Unlock()
	}
	return c, err
}

// find finds an update in the catalogue retrieved last.
func (w *wire) find(id compliance.UpdateID) (*wsus.Update, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.latest == nil {
		return nil, false
	}
	i, ok := w.latest.Find(id)
	if !ok {
		return nil, false
	}
	return w.latest.At(i), true
}

// changed tells the client that the machine has changed. What it has stored
// of the server stays.
func (w *wire) changed(machine *applicability.Document) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.config.Facts = machine.Facts()
	client, err := wusp.NewClient(w.config)
	if err == nil {
		w.client = client
	}
	return err
}

// publish brings what a synchronization of the own server brings.
func (w *wire) publish(documents [][]byte) error {
	if w.store == nil {
		return errors.New("not the program's own WSUS")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.location.Version++
	return w.store.Publish(documents...)
}

// setDown makes connections fail, or succeed again.
func (w *wire) setDown(down bool) {
	w.mu.Lock()
	w.down = down
	w.mu.Unlock()
	w.http.CloseIdleConnections()
}

// close ends all connections, and the own server.
func (w *wire) close() {
	w.http.CloseIdleConnections()
	if w.server != nil {
		_ = w.server.Close() // nothing is lost with it
	}
}

// memory is a [wusp.StateStore].
type memory map[string][]byte

// Load implements [wusp.StateStore].
func (m memory) Load(_ context.Context, key string) ([]byte, error) { return m[key], nil }

// Save implements [wusp.StateStore].
func (m memory) Save(_ context.Context, key string, data []byte) error {
	m[key] = append([]byte(nil), data...)
	return nil
}
