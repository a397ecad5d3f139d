package wusptest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/updatescan/updatescan/internal/contract"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/wsustest"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// Setup says what a client to be checked is made of.
type Setup struct {
	// HTTP makes all connections. There is no network behind it, and it
	// follows redirections unless the client sees to it that it does not.
	HTTP *http.Client
	// ClientID, DNSName and ProtocolVersion are the client's.
	ClientID, DNSName, ProtocolVersion string
	// Facts are the machine, which says what is installed.
	Facts applicability.Facts
	// Categories limit the scan; nil is a scan without limits.
	Categories []wusp.CategoryRelationship
	// Drivers says that drivers for Devices are wanted.
	Drivers bool
	Devices []wusp.Device
}

// ClientSubject is a [wsus.Source] to check that speaks MS-WUSP.
type ClientSubject struct {
	// Source is new: it has not been used, and nothing is stored for it.
	Source wsus.Source
	// Restart returns a Source as a new process has it, which goes on from
	// what was stored. Nil when nothing is stored: what needs it is not
	// checked.
	Restart func() wsus.Source
	// Concurrent says that Source may be called by several goroutines at
	// once, for one server; otherwise that is not checked.
	Concurrent bool
}

// ClauseError says that a clause of a contract is broken: which one, what it
// says, and what was seen instead.
type ClauseError = wsustest.ClauseError

// CheckClient checks a client of MS-WUSP over the wire and returns all
// breaches, joined, each a [*ClauseError]. newClient returns a new client that
// uses what the Setup says, at each call.
//
// It needs no network, and never waits but for a client that does not return:
// that is given up after 20 s, and its goroutine is left behind. If the context
// ends its error is returned. The contract that every Source has is checked by
// wsustest.CheckSource, with a [Server] for instance.
func CheckClient(ctx context.Context, newClient func(Setup) ClientSubject) error {
	return contract.Check(ctx, "wusptest", clientClauses(), func() maker { return newClient })
}

// RunClient is [CheckClient] with one subtest a clause, named by its id, so
// that one can be left out with -skip.
func RunClient(t *testing.T, newClient func(*testing.T, Setup) ClientSubject) {
	t.Helper()
	contract.Run(t, "wusptest", clientClauses(), func(t *testing.T) maker {
		t.Helper()
		return func(s Setup) ClientSubject { return newClient(t, s) }
	})
}

// maker makes a client.
type maker func(Setup) ClientSubject

// clientClause is a clause about clients that maker makes.
func clientClause(id, rule, says string, check func(context.Context, maker) error) contract.Clause[maker] {
	return contract.Clause[maker]{ID: id, Rule: rule, Says: says, Check: func(ctx context.Context, newX func() maker) error {
		return check(ctx, newX())
	}}
}

// clientClauses are what MS-WUSP and the rules demand of a client.
func clientClauses() []contract.Clause[maker] {
	var list []contract.Clause[maker]
	list = append(list, sessionClauses()...)
	list = append(list, syncClauses()...)
	list = append(list, categoryClauses()...)
	list = append(list, driverClauses()...)
	list = append(list, extendedClauses()...)
	list = append(list, faultClauses()...)
	return append(list, hostileClauses()...)
}

// home is where the server of a check is.
const home = "http://wsus.example.test:8530"

// patience is how long a retrieval may take. It is long, so that a busy
// machine raises no alarm.
const patience = 20 * time.Second

// lab is a client and a server in a check.
type lab struct {
	server  *Server
	wire    *Transport
	make    maker
	setup   Setup
	subject ClientSubject
	request wsus.RetrieveRequest
}

// newLab brings a new client and a server together. No more than limit
// requests go over the wire.
func newLab(make maker, s *Server, limit int, changes ...func(*Setup)) *lab {
	l := &lab{server: s, wire: &Transport{Handler: s, Limit: limit}, make: make}
	l.setup = Setup{
		HTTP:     &http.Client{Transport: l.wire},
		ClientID: "6f0c0000-0000-4000-8000-000000000001", DNSName: "pc01.example.test", ProtocolVersion: wusp.DefaultProtocolVersion,
		Facts: Machine(),
	}
	for _, change := range changes {
		change(&l.setup)
	}
	l.subject = make(l.setup)
	l.request.Location = wsus.Location{URL: home, Version: 7}
	return l
}

// errHangs is for a retrieval that was given up.
var errHangs = fmt.Errorf("has not returned after %v", patience)

// retrieve lets the client retrieve. A retrieval that does not end is an
// error that ends the check of the clause.
func (l *lab) retrieve(ctx context.Context) (*wsus.Catalog, error) {
	patient, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	type result struct {
		c   *wsus.Catalog
		err error
	}
	done := make(chan result, 1)
	go func() {
		c, err := l.subject.Source.Retrieve(ctx, l.request)
		done <- result{c, err}
	}()
	select {
	case r := <-done:
		if r.err != nil && r.c != nil {
			return nil, fmt.Errorf("a catalogue and an error: %w", r.err)
		}
		if r.err == nil && r.c == nil {
			return nil, errors.New("nil and no error")
		}
		return r.c, r.err
	case <-patient.Done():
		return nil, errHangs
	}
}

// must lets the client retrieve, and remembers the catalogue for the next
// time. The server must have been asked.
func (l *lab) must(ctx context.Context) (*wsus.Catalog, error) {
	before := l.server.Count(wusp.OpSyncUpdates)
	c, err := l.retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("Retrieve: %w", err)
	}
	if l.server.Count(wusp.OpSyncUpdates) == before {
		return nil, errors.New("a catalogue without SyncUpdates: does the client use Setup.HTTP?")
	}
	l.request.Previous = c
	return c, nil
}

// fails lets the client retrieve, which must end in an error that carries a
// code within so many calls of the server.
func (l *lab) fails(ctx context.Context, calls int) (wsus.Code, error) {
	l.server.Forget()
	_, err := l.retrieve(ctx)
	if err == nil {
		return 0, errors.New("Retrieve returned a catalogue, want an error")
	}
	if errors.Is(err, errHangs) {
		return 0, err
	}
	if n := len(l.server.Calls()); n > calls {
		return 0, fmt.Errorf("it ended after %d calls only, with %w", n, err)
	}
	code, ok := wsus.FindCode(err)
	if !ok {
		return 0, fmt.Errorf("the error carries no code (WF-9): %w", err)
	}
	return code, nil
}

// has reports whether the catalogue has exactly these updates.
func has(c *wsus.Catalog, updates ...Update) error {
	for _, u := range updates {
		if _, ok := c.Find(u.UpdateID()); !ok {
			return fmt.Errorf("update %d is missing in the catalogue of %d updates", u.ID, c.Len())
		}
	}
	if c.Len() != len(updates) {
		return fmt.Errorf("the catalogue has %d updates, want %d", c.Len(), len(updates))
	}
	return nil
}

// find is an update of a catalogue, by its number at the server.
func find(c *wsus.Catalog, number int32) (*wsus.Update, error) {
	i, ok := c.Find(ID(number))
	if !ok {
		return nil, fmt.Errorf("update %d is missing", number)
	}
	return c.At(i), nil
}

// first returns the first error that is not nil.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// operations are those of calls.
func operations(log []*Call) []wusp.Operation {
	ops := make([]wusp.Operation, len(log))
	for i, c := range log {
		ops[i] = c.Operation
	}
	return ops
}

// syncs are the calls of SyncUpdates, of one pass.
func syncs(log []*Call, drivers bool) []*Call {
	var list []*Call
	for _, c := range log {
		if m, ok := c.Request.(*wusp.SyncUpdatesRequest); ok && m.SkipSoftwareSync == drivers {
			list = append(list, c)
		}
	}
	return list
}
