package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/updatescan/updatescan/examples/site/internal/fleet"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/mp"
	"github.com/updatescan/updatescan/statemsg/site"
)

// premises are the site's own: the server and its management point.
type premises struct {
	server  *site.Server
	handler http.Handler
	reports atomic.Int64
	down    atomic.Bool // the database is away
}

// newPremises builds the site's own for the members of a fleet: those who may send
// to it.
func newPremises(store site.Store, clock *fleet.Clock, members []fleet.Member, observe func(*site.Plan)) (*premises, error) {
	server, err := site.New(site.Config{Store: store, Clock: clock, Observe: observe})
	if err != nil {
		return nil, err
	}
	tokens := make(map[string]string, len(members))
	for _, m := range members {
		tokens[m.Token] = m.ID
	}
	auth, err := mp.NewBearerTokens(tokens)
	if err != nil {
		return nil, err
	}
	p := &premises{server: server}
	p.handler, err = mp.NewHandler(mp.HandlerConfig{Receiver: p, Authenticator: auth, Reject: server.Reject, Clock: clock})
	return p, err
}

// errMaintenance is why nothing is taken in during the outage.
var errMaintenance = errors.New("the database is closed for maintenance")

// Receive implements mp.Receiver.
func (p *premises) Receive(ctx context.Context, r *statemsg.Report) (resync uint64, err error) {
	if p.down.Load() {
		return 0, errMaintenance
	}
	p.reports.Add(1)
	return p.server.Receive(ctx, r)
}

// register makes the members known to the site, so that those count too of which it
// has heard nothing (SITE-6).
func (p *premises) register(ctx context.Context, members []fleet.Member) error {
	for _, m := range members {
		if err := p.server.Register(ctx, m.ID, m.Role != fleet.Off); err != nil {
			return err
		}
	}
	return nil
}

// check lets the site look for missing messages (SITE-4).
func (p *premises) check(ctx context.Context) error {
	_, err := p.server.Check(ctx)
	return err
}

// listener serves a handler until it is closed.
type listener struct {
	server *http.Server
	url    string
	ended  chan error
}

// listen serves a handler at an address.
func listen(ctx context.Context, addr string, h http.Handler) (*listener, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	l := &listener{server: mp.NewServer(addr, h, nil), url: "http://" + ln.Addr().String(), ended: make(chan error, 1)}
	go func() { l.ended <- l.server.Serve(ln) }()
	return l, nil
}

// shutdownWithin is how long requests under way may take at the end.
const shutdownWithin = 5 * time.Second

// close ends it: what is under way may end.
func (l *listener) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownWithin)
	defer cancel()
	if err := l.server.Shutdown(ctx); err != nil {
		return errors.Join(err, l.server.Close())
	}
	return nil
}
