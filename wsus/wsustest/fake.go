package wsustest

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/updatescan/updatescan/wsus"
)

// calls counts calls and keeps what they were asked.
type calls[A any] struct {
	mu   sync.Mutex
	list []A
}

// add keeps a call and returns its number, from 1.
func (c *calls[A]) add(a A) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, a)
	return len(c.list)
}

func (c *calls[A]) all() []A {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.list)
}

// Locator is a recorder and a fault injector in front of a [wsus.Locator].
// The zero Locator finds no location. Its fields must not be changed while it
// is used; it is safe for concurrent use if what is behind it is, and must not
// be copied after first use.
type Locator struct {
	// Next answers; nil has no locations.
	Next wsus.Locator
	// Fault makes calls go wrong.
	Fault Fault

	calls calls[wsus.LocateRequest]
}

// Locate keeps the request, and answers unless the fault does.
func (l *Locator) Locate(ctx context.Context, req wsus.LocateRequest) ([]wsus.Location, error) {
	if err := l.Fault.at(ctx, l.calls.add(req)); err != nil {
		return nil, err
	}
	if l.Next == nil {
		return wsus.StaticLocator(nil).Locate(ctx, req)
	}
	return l.Next.Locate(ctx, req)
}

// Requests are the requests so far, whatever became of them.
func (l *Locator) Requests() []wsus.LocateRequest { return l.calls.all() }

// LocalPolicy is a recorder and fault injectors in front of a
// [wsus.LocalPolicy]. The zero LocalPolicy has a [wsus.MemPolicy] of its own
// behind it. Its fields must not be changed while it is used; it is safe for
// concurrent use if what is behind it is, and must not be copied after first
// use.
type LocalPolicy struct {
	// Next answers; nil is a policy in memory.
	Next wsus.LocalPolicy
	// EffectiveFault and SetFault make calls go wrong; each counts the calls
	// of its own method.
	EffectiveFault, SetFault Fault

	own   wsus.MemPolicy
	reads calls[struct{}]
	sets  calls[wsus.Policy]
}

func (p *LocalPolicy) next() wsus.LocalPolicy {
	if p.Next != nil {
		return p.Next
	}
	return &p.own
}

// Effective counts the call, and answers unless the fault does.
func (p *LocalPolicy) Effective(ctx context.Context) (wsus.Policy, error) {
	if err := p.EffectiveFault.at(ctx, p.reads.add(struct{}{})); err != nil {
		return wsus.Policy{}, err
	}
	return p.next().Effective(ctx)
}

// Set keeps the policy, and writes it unless the fault fails.
func (p *LocalPolicy) Set(ctx context.Context, policy wsus.Policy) error {
	if err := p.SetFault.at(ctx, p.sets.add(policy)); err != nil {
		return err
	}
	return p.next().Set(ctx, policy)
}

// Reads is how often Effective was called.
func (p *LocalPolicy) Reads() int { return len(p.reads.all()) }

// Written are the policies that Set was given, whether or not it failed.
func (p *LocalPolicy) Written() []wsus.Policy { return p.sets.all() }

// Source is a recorder and a fault injector in front of a [wsus.Source]. The
// zero Source serves an empty catalogue. Its fields must not be changed while
// it is used; it is safe for concurrent use if what is behind it is, and must
// not be copied after first use.
type Source struct {
	// Next answers; nil is a [wsus.MemSource] of its own.
	Next wsus.Source
	// Fault makes calls go wrong. It stands where the network does: it is not
	// asked about calls that are refused or cancelled before they connect.
	Fault Fault

	own   wsus.MemSource
	calls calls[wsus.RetrieveRequest]
	dials calls[string]
}

// Retrieve keeps the request, and answers unless the fault does.
func (s *Source) Retrieve(ctx context.Context, req wsus.RetrieveRequest) (*wsus.Catalog, error) {
	s.calls.add(req)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := req.Check(); err != nil { // WF-4
		return nil, err
	}
	if err := s.Fault.at(ctx, s.dials.add(req.Location.URL)); err != nil {
		return nil, err
	}
	if s.Next == nil {
		return s.own.Retrieve(ctx, req)
	}
	return s.Next.Retrieve(ctx, req)
}

// Requests are the requests so far, whatever became of them.
func (s *Source) Requests() []wsus.RetrieveRequest { return s.calls.all() }

// Connections are the URLs that were connected to, in order. Calls that were
// refused (WF-4) or cancelled beforehand are not among them; those that the
// fault failed are.
func (s *Source) Connections() []string { return s.dials.all() }

// Evaluator is a recorder and a fault injector in front of a
// [wsus.Evaluator]. The zero Evaluator has a zero [States] behind it. Its
// fields must not be changed while it is used; it is safe for concurrent use
// if what is behind it is, and must not be copied after first use.
type Evaluator struct {
	// Next answers; nil finds every update Not Required.
	Next wsus.Evaluator
	// Fault makes calls go wrong.
	Fault Fault

	own   States
	calls calls[*wsus.Catalog]
}

// Evaluate keeps the catalogue, and answers unless the fault does.
func (e *Evaluator) Evaluate(ctx context.Context, c *wsus.Catalog) (wsus.Evaluation, error) {
	if err := e.Fault.at(ctx, e.calls.add(c)); err != nil {
		return wsus.Evaluation{}, err
	}
	if e.Next == nil {
		return e.own.Evaluate(ctx, c)
	}
	return e.Next.Evaluate(ctx, c)
}

// Catalogs are the catalogues that were evaluated, whatever became of it.
func (e *Evaluator) Catalogs() []*wsus.Catalog { return e.calls.all() }

// ForbiddenSource is a [wsus.Source] that must not be touched: for scans that
// are to be offline. It is safe for concurrent use.
type ForbiddenSource struct{ tb testing.TB }

// NewForbiddenSource returns a Source that fails the test when it is called.
func NewForbiddenSource(tb testing.TB) ForbiddenSource {
	tb.Helper()
	return ForbiddenSource{tb: tb}
}

// Retrieve fails the test and returns an error of the code
// [wsus.CodeUnspecified].
func (f ForbiddenSource) Retrieve(_ context.Context, req wsus.RetrieveRequest) (*wsus.Catalog, error) {
	f.tb.Helper()
	f.tb.Errorf("Retrieve(%v) was called, but nothing may connect", req.Location.URL)
	return nil, &wsus.Error{Op: "retrieve", Code: wsus.CodeUnspecified}
}

// The fakes keep the contracts.
var (
	_ wsus.Locator     = (*Locator)(nil)
	_ wsus.LocalPolicy = (*LocalPolicy)(nil)
	_ wsus.Source      = (*Source)(nil)
	_ wsus.Evaluator   = (*Evaluator)(nil)
	_ wsus.Source      = ForbiddenSource{}
)
