package wsustest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/internal/contract"
	"github.com/updatescan/updatescan/wsus"
)

// BrokenLocator keeps the contract of [wsus.Locator] but for the clause of
// the given id, one of those of [CheckLocator]: for testing what must survive
// it. It panics for another id.
func BrokenLocator(clause string, next wsus.Locator) wsus.Locator {
	if !slices.ContainsFunc(locatorClauses(), is[wsus.Locator](clause)) {
		panic("wsustest: no clause " + clause)
	}
	return &brokenLocator{clause: clause, next: next}
}

// is returns a test for the clause of an id.
func is[X any](id string) func(contract.Clause[X]) bool {
	return func(c contract.Clause[X]) bool { return c.ID == id }
}

type brokenLocator struct {
	clause string
	next   wsus.Locator

	mu   sync.Mutex
	last []wsus.Location
}

func (b *brokenLocator) Locate(ctx context.Context, req wsus.LocateRequest) ([]wsus.Location, error) {
	switch b.clause {
	case "locate/cancelled": // deaf
		ctx = context.WithoutCancel(ctx)
	case "locate/answer": // an empty list as an error
		list, err := b.next.Locate(ctx, req)
		if err == nil && req.Internet {
			return nil, &wsus.LocationError{Kind: wsus.ErrNoLocation}
		}
		return list, err
	case "locate/owned": // the list it keeps
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.last == nil {
			list, err := b.next.Locate(ctx, req)
			if err != nil {
				return nil, err
			}
			b.last = list
		}
		return b.last, ctx.Err()
	}
	return b.next.Locate(ctx, req)
}

// BrokenLocalPolicy keeps the contract of [wsus.LocalPolicy] but for the
// clause of the given id, one of those of [CheckLocalPolicy]. It panics for
// another id.
func BrokenLocalPolicy(clause string, next wsus.LocalPolicy) wsus.LocalPolicy {
	if !slices.ContainsFunc(policyClauses(), is[wsus.LocalPolicy](clause)) {
		panic("wsustest: no clause " + clause)
	}
	return &brokenPolicy{clause: clause, next: next}
}

type brokenPolicy struct {
	clause string
	next   wsus.LocalPolicy

	mu  sync.Mutex
	own *wsus.Policy // in force instead of what next has
}

func (b *brokenPolicy) Effective(ctx context.Context) (wsus.Policy, error) {
	if b.clause == "effective/cancelled" { // deaf
		ctx = context.WithoutCancel(ctx)
	}
	p, err := b.next.Effective(ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil && b.own != nil {
		return *b.own, nil
	}
	return p, err
}

func (b *brokenPolicy) Set(ctx context.Context, p wsus.Policy) error {
	put := func(p wsus.Policy) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.own = &p
	}
	switch b.clause {
	case "set/in-force": // only one of the two values
		p.StatusServer = ""
	case "set/cancelled": // deaf
		ctx = context.WithoutCancel(ctx)
	case "set/not-higher": // believes it
		if p.HigherAuthority && ctx.Err() == nil {
			put(p)
		}
	case "set/under-higher": // the last writer wins
		if ctx.Err() == nil {
			p.HigherAuthority = false
			put(p)
		}
	case "set/error": // writes first, fails afterwards
		if ctx.Err() != nil {
			p.HigherAuthority = false
			put(p)
		}
	}
	return b.next.Set(ctx, p)
}

// BrokenSource keeps the contract of [wsus.Source] but for the clause of the
// given id, one of those of [CheckSource]: it follows http, hands out nil,
// changes what it was lent, serves what it had before, and so on. It panics
// for another id.
func BrokenSource(clause string, next wsus.Source) wsus.Source {
	if !slices.ContainsFunc(sourceClauses(), is[SourceSubject](clause)) {
		panic("wsustest: no clause " + clause)
	}
	return &brokenSource{clause: clause, next: next}
}

type brokenSource struct {
	clause string
	next   wsus.Source

	mu   sync.Mutex
	last *wsus.Catalog
}

func (b *brokenSource) Retrieve(ctx context.Context, req wsus.RetrieveRequest) (*wsus.Catalog, error) {
	_, bad := req.Location.Endpoint()
	switch b.clause {
	case "retrieve/cancelled": // deaf
		ctx = context.WithoutCancel(ctx)
	case "retrieve/ssl-only": // follows http
		req.SSLOnly = false
	case "retrieve/bad-location": // mends what cannot be mended
		if bad != nil {
			req = wsus.RetrieveRequest{Location: wsus.Location{URL: "https://guessed.invalid"}}
		}
	}
	c, err := b.next.Retrieve(ctx, req)
	if err != nil {
		return nil, err
	}
	switch b.clause {
	case "retrieve/answer": // nothing new is nil
		if req.Previous.Len() == 0 {
			return nil, nil
		}
	case "retrieve/complete": // what the client has may be older
		if req.Previous.Len() > 0 {
			return req.Previous, nil
		}
	case "retrieve/previous-kept": // changes in place
		if req.Previous.Len() > 0 {
			req.Previous.At(0).Expired = !req.Previous.At(0).Expired
		}
	case "retrieve/really-done": // from a cache
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.last == nil {
			b.last = c
		}
		return b.last, nil
	}
	return c, nil
}

// BrokenEvaluator keeps the contract of [wsus.Evaluator] but for the clause
// of the given id, one of those of [CheckEvaluator]: it remembers its last
// result (DEC-8), keeps quiet about what it could not evaluate, and so on. It
// panics for another id.
func BrokenEvaluator(clause string, next wsus.Evaluator) wsus.Evaluator {
	if !slices.ContainsFunc(evaluatorClauses(), is[EvaluatorSubject](clause)) {
		panic("wsustest: no clause " + clause)
	}
	return &brokenEvaluator{clause: clause, next: next, kept: map[*wsus.Catalog]wsus.Evaluation{}}
}

type brokenEvaluator struct {
	clause string
	next   wsus.Evaluator

	mu   sync.Mutex
	n    int
	kept map[*wsus.Catalog]wsus.Evaluation
}

func (b *brokenEvaluator) Evaluate(ctx context.Context, c *wsus.Catalog) (wsus.Evaluation, error) {
	if b.clause == "evaluate/cancelled" { // deaf
		ctx = context.WithoutCancel(ctx)
	}
	e, err := b.next.Evaluate(ctx, c)
	if err != nil {
		return wsus.Evaluation{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.n++
	switch b.clause {
	case "evaluate/records": // the revision of its own database
		e.Snapshot, err = changed(e.Snapshot, func(r *compliance.Record) { r.Revision++ })
	case "evaluate/unknown": // in silence
		e.Problems = nil
	case "evaluate/unsupported":
		e.Unsupported = nil
	case "evaluate/function": // depends on how often it was asked
		if b.n > 2 {
			e.Snapshot, err = changed(e.Snapshot, func(r *compliance.Record) { r.State = compliance.NotRequired })
			e.Problems = nil
		}
	case "evaluate/really-done", "evaluate/owned": // the last result again
		if old, ok := b.kept[c]; ok {
			if b.clause == "evaluate/really-done" {
				e.Snapshot = old.Snapshot
			}
			e.Problems, e.Unsupported = old.Problems, old.Unsupported
		}
		b.kept[c] = e
		if b.clause == "evaluate/really-done" {
			e.Problems, e.Unsupported = slices.Clone(e.Problems), maps.Clone(e.Unsupported)
		}
	case "evaluate/catalogue-kept": // notes something in it
		if c.Len() > 0 {
			c.At(0).Origin = "seen"
		}
	case "evaluate/empty": // what was there before
		if c.Len() > 0 {
			b.kept[nil] = e
		} else {
			return b.kept[nil], nil
		}
	}
	if err != nil {
		return wsus.Evaluation{}, fmt.Errorf("wsustest: %w", err)
	}
	return e, nil
}

// changed is a snapshot with its records changed.
func changed(s *compliance.Snapshot, change func(*compliance.Record)) (*compliance.Snapshot, error) {
	var records []compliance.Record
	for r := range s.All() {
		change(&r)
		records = append(records, r)
	}
	return compliance.NewSnapshot(nil, records)
}
