package applicability

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
)

// ErrNotInCatalog is matched by the error for an update that is not in the
// catalogue.
var ErrNotInCatalog = errors.New("not in the catalogue")

// ConfigError is a Config that New refuses.
type ConfigError struct {
	Field string
	Value string
}

// Error implements error.
func (e *ConfigError) Error() string {
	return fmt.Sprintf("applicability: config: %s: %s is not a value of it", e.Field, e.Value)
}

// Config says how an Evaluator works.
type Config struct {
	// Facts is the machine. The zero Facts knows nothing: every rule that
	// reads a fact is unknown.
	Facts Facts
	// Supersedence is what is done with superseded updates; zero prunes.
	Supersedence Supersedence
	// Bundle derives the state of bundle parents without rules; nil is
	// [DeriveBundle].
	Bundle Bundle
	// Programs keeps compiled catalogues; nil makes the Evaluator keep its
	// own. Share one among the evaluators of many machines.
	Programs *Programs
}

// Evaluator decides the updates of a catalogue on one machine. It implements
// [wsus.Evaluator], never connects, and is safe for concurrent use if its
// Facts are.
type Evaluator struct {
	config Config

	mu   sync.Mutex
	last *compliance.Snapshot
}

var _ wsus.Evaluator = (*Evaluator)(nil)

// New makes an Evaluator. An unknown Supersedence is refused with a
// [*ConfigError].
func New(cfg Config) (*Evaluator, error) {
	if cfg.Supersedence.token() == "" {
		return nil, &ConfigError{Field: "Supersedence", Value: cfg.Supersedence.String()}
	}
	if cfg.Bundle == nil {
		cfg.Bundle = DeriveBundle
	}
	if cfg.Programs == nil {
		cfg.Programs = &Programs{}
	}
	return &Evaluator{config: cfg}, nil
}

// Compile compiles the catalogue, or returns the program kept from the last
// time. Evaluate does it by itself.
func (e *Evaluator) Compile(catalog *wsus.Catalog) *Program { return e.config.Programs.Get(catalog) }

// Evaluate decides every update and returns those that a scan reports. The
// states do not depend on the order of anything. An update that could not be
// decided is Unknown in the snapshot and has a Problem (DIFF-5).
//
// Unsupported counts every rule of the catalogue that could not be evaluated:
// by its name when it is none of the vocabulary, by its name and " (invalid)"
// when it is written wrongly, by its name and " (WQL)" when its query's
// syntax is not known and the facts did not answer the query either.
//
// A nil or empty catalogue gives an empty snapshot. The only errors are the
// context's, which is looked at between updates, and a state that a
// replaced [Bundle] made up.
func (e *Evaluator) Evaluate(ctx context.Context, catalog *wsus.Catalog) (wsus.Evaluation, error) {
	prog := e.Compile(catalog)
	r, err := decide(ctx, prog, &e.config, false)
	if err != nil {
		return wsus.Evaluation{}, err
	}
	records := make([]compliance.Record, 0, len(r.verdicts))
	var problems []wsus.Problem
	for i := range r.verdicts {
		v := &r.verdicts[i]
		if v.Omission != Reported {
			continue
		}
		records = append(records, compliance.Record{ID: v.ID, Revision: v.Revision, State: v.State})
		if v.State == compliance.Unknown { // DIFF-5
			problems = append(problems, wsus.Problem{ID: v.ID, Reason: problem(v)})
		}
	}
	snapshot, err := e.snapshot(records)
	if err != nil {
		return wsus.Evaluation{}, fmt.Errorf("applicability: evaluate: %w", err)
	}
	return wsus.Evaluation{Snapshot: snapshot, Problems: problems, Unsupported: r.unsupported()}, nil
}

// snapshot builds a snapshot that shares its ids with the last one.
func (e *Evaluator) snapshot(records []compliance.Record) (*compliance.Snapshot, error) {
	e.mu.Lock()
	like := e.last
	e.mu.Unlock()
	s, err := compliance.NewSnapshot(like, records)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	e.last = s
	e.mu.Unlock()
	return s, nil
}

// unsupported counts the rules that could not be evaluated; nil when there
// are none.
func (r *run) unsupported() map[string]int {
	if len(r.prog.issues) == 0 {
		return nil
	}
	counts := map[string]int{}
	for i := range r.prog.issues {
		issue := &r.prog.issues[i]
		switch issue.Cause {
		case CauseUnsupported:
			counts[issue.Rule]++
		case CauseWQL:
			if r.eval(issue.node).value == Unknown {
				counts[issue.Rule+" (WQL)"]++
			}
		case CauseInvalid, CauseDecided, CauseAbsent, CauseType, CauseUnparsable, CauseUnavailable, CauseLimit, CauseOperand, CauseUndefined:
			counts[issue.Rule+" (invalid)"]++
		}
	}
	if len(counts) == 0 {
		return nil
	}
	return counts
}

// Verdicts decides every update of the catalogue, also those that a scan does
// not report, with all their parts; by update id. The only error is the
// context's.
func (e *Evaluator) Verdicts(ctx context.Context, catalog *wsus.Catalog) ([]Verdict, error) {
	r, err := decide(ctx, e.Compile(catalog), &e.config, true)
	if err != nil {
		return nil, err
	}
	return r.verdicts, nil
}

// Explain decides one update and says why, down to the facts that each rule
// read. An update that is not in the catalogue is an error that matches
// [ErrNotInCatalog]; the only other error is the context's.
func (e *Evaluator) Explain(ctx context.Context, catalog *wsus.Catalog, id compliance.UpdateID) (*Explanation, error) {
	at, ok := catalog.Find(id)
	if !ok {
		return nil, fmt.Errorf("applicability: explain %v: %w", id, ErrNotInCatalog)
	}
	r, err := decide(ctx, e.Compile(catalog), &e.config, true)
	if err != nil {
		return nil, err
	}
	return r.explain(int32(at)), nil
}
