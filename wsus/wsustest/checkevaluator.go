package wsustest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/internal/contract"
	"github.com/updatescan/updatescan/wsus"
)

// EvaluatorSubject is a [wsus.Evaluator] to check, with its machine.
type EvaluatorSubject struct {
	Evaluator wsus.Evaluator
	// Catalog is what to evaluate; nil is a catalogue of the check's own: an
	// update that is installed, one that is installable, one that is neither,
	// one whose rule nobody knows, a category and a detectoid.
	Catalog *wsus.Catalog
	// Change changes the machine, so that the evaluation of Catalog becomes
	// another one than any before. Nil: what needs it is not checked.
	Change func()
}

// CheckEvaluator checks the contract of [wsus.Evaluator] and returns all
// breaches, joined, each a [*ClauseError]. newEvaluator returns an Evaluator
// of a machine that, but for Change, stays as it is, and each time of one just
// like it.
//
// If the context ends its error is returned. A call that hangs although its
// context is done is given up after 20 s, and its goroutine is left behind.
//
// Green does not prove that the states are right (see [Model.Evaluate] for
// that), that nothing connects (DEC-3), nor that a call in the middle of its
// work notices the end of its context. Without Change it does not prove that
// the machine is looked at at all (DEC-8).
func CheckEvaluator(ctx context.Context, newEvaluator func() EvaluatorSubject) error {
	return contract.Check(ctx, "wsustest", evaluatorClauses(), newEvaluator)
}

// RunEvaluator is [CheckEvaluator] with one subtest a clause, named by its
// id, so that one can be left out with -skip.
func RunEvaluator(t *testing.T, newEvaluator func(*testing.T) EvaluatorSubject) {
	t.Helper()
	contract.Run(t, "wsustest", evaluatorClauses(), newEvaluator)
}

// evaluatorClauses are the sentences of the comments of [wsus.Evaluator] and
// [wsus.Evaluation] that can be checked.
func evaluatorClauses() []contract.Clause[EvaluatorSubject] {
	return []contract.Clause[EvaluatorSubject]{
		{ID: "evaluate/records", Rule: "", Says: "the records are of updates of the catalogue, in the revision that it has", Check: evaluateRecords},
		{ID: "evaluate/unknown", Rule: "DIFF-5", Says: "an update that cannot be evaluated is an Unknown record and a Problem, in the order of the ids, and no error", Check: evaluateUnknown},
		{ID: "evaluate/unsupported", Rule: "DIFF-5", Says: "a rule that is not known is counted by its name", Check: evaluateUnsupported},
		{ID: "evaluate/function", Rule: "", Says: "the evaluation is a function of the catalogue and the machine alone", Check: evaluateFunction},
		{ID: "evaluate/really-done", Rule: "DEC-8", Says: "the machine is looked at each time", Check: evaluateReallyDone},
		{ID: "evaluate/owned", Rule: "", Says: "the caller owns what is returned", Check: evaluateOwned},
		{ID: "evaluate/catalogue-kept", Rule: "", Says: "the catalogue is not modified", Check: evaluateCatalogKept},
		{ID: "evaluate/empty", Rule: "", Says: "an empty or nil catalogue gives an empty Evaluation", Check: evaluateEmpty},
		{ID: "evaluate/cancelled", Rule: "WF-10", Says: "Evaluate returns soon when its context is done, with an error that is the context's, and a zero Evaluation", Check: evaluateCancelled},
	}
}

// nobodysRule is the name of a rule that no evaluator knows.
const nobodysRule = "WsustestRuleThatNobodyKnows"

// catalog is the subject's catalogue, or the check's own.
func (s EvaluatorSubject) catalog() *wsus.Catalog {
	if s.Catalog != nil {
		return s.Catalog
	}
	unknown := Simple(64_004, false, false)
	unknown.Rules.IsInstalled = []wsus.Rule{{Name: nobodysRule}}
	category, detectoid := Simple(64_005, true, false), Simple(64_006, true, false)
	category.Kind, category.Action = wsus.KindCategory, wsus.ActionEvaluate
	detectoid.Kind, detectoid.Action = wsus.KindDetectoid, wsus.ActionEvaluate
	return Catalog(1, Simple(64_001, true, false), Simple(64_002, false, true), Simple(64_003, false, false), unknown, category, detectoid)
}

// look evaluates the subject's catalogue.
func (s EvaluatorSubject) look(ctx context.Context) (wsus.Evaluation, error) {
	e, err := s.Evaluator.Evaluate(ctx, s.catalog())
	if err != nil {
		return wsus.Evaluation{}, fmt.Errorf("Evaluate() = %w", err)
	}
	return e, nil
}

func evaluateRecords(ctx context.Context, newEvaluator func() EvaluatorSubject) error {
	s := newEvaluator()
	e, err := s.look(ctx)
	if err != nil {
		return err
	}
	for r := range e.Snapshot.All() {
		i, ok := s.catalog().Find(r.ID)
		if !ok {
			return fmt.Errorf("a record of %v, which is not in the catalogue", r.ID)
		}
		if u := s.catalog().At(i); u.Revision != r.Revision {
			return fmt.Errorf("a record of %v in revision %d, the catalogue has %d", r.ID, r.Revision, u.Revision)
		}
	}
	return nil
}

func evaluateUnknown(ctx context.Context, newEvaluator func() EvaluatorSubject) error {
	e, err := newEvaluator().look(ctx)
	if err != nil {
		return err
	}
	var unknown, problems []compliance.UpdateID
	for r := range e.Snapshot.All() {
		if r.State == compliance.Unknown {
			unknown = append(unknown, r.ID)
		}
	}
	for _, p := range e.Problems {
		problems = append(problems, p.ID)
		if p.Reason == "" {
			return fmt.Errorf("the problem of %v has no reason", p.ID)
		}
	}
	if !slices.Equal(unknown, problems) {
		return fmt.Errorf("unknown are %v, the problems are of %v", unknown, problems)
	}
	return nil
}

func evaluateUnsupported(ctx context.Context, newEvaluator func() EvaluatorSubject) error {
	s := newEvaluator()
	s.Catalog = nil
	e, err := s.look(ctx)
	if err != nil {
		return err
	}
	r, ok := e.Snapshot.Find(ID(64_004))
	if !ok || r.State != compliance.Unknown {
		return nil // it found the state by other means
	}
	if n := e.Unsupported[nobodysRule]; n != 1 {
		return fmt.Errorf("an update is Unknown for the rule %s, which is counted %d times, want 1", nobodysRule, n)
	}
	return nil
}

// sameEvaluation says how two evaluations differ; nil when they do not. The
// words of the problems do not count.
func sameEvaluation(a, b wsus.Evaluation) error {
	if !a.Snapshot.Equal(b.Snapshot) {
		return fmt.Errorf("records %v and %v", slices.Collect(a.Snapshot.All()), slices.Collect(b.Snapshot.All()))
	}
	if !maps.Equal(a.Unsupported, b.Unsupported) {
		return fmt.Errorf("unsupported %v and %v", a.Unsupported, b.Unsupported)
	}
	if !slices.EqualFunc(a.Problems, b.Problems, func(p, q wsus.Problem) bool { return p.ID == q.ID }) {
		return fmt.Errorf("problems %v and %v", a.Problems, b.Problems)
	}
	return nil
}

func evaluateFunction(ctx context.Context, newEvaluator func() EvaluatorSubject) error {
	s, twin := newEvaluator(), newEvaluator()
	first, err := s.look(ctx)
	if err != nil {
		return err
	}
	if _, err := s.Evaluator.Evaluate(ctx, foreign()); err != nil { // something else in between
		return fmt.Errorf("Evaluate() = %w", err)
	}
	for what, subject := range map[string]EvaluatorSubject{"the second time": s, "a machine just like it": twin} {
		again, err := subject.look(ctx)
		if err != nil {
			return err
		}
		if err := sameEvaluation(first, again); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	return nil
}

func evaluateReallyDone(ctx context.Context, newEvaluator func() EvaluatorSubject) error {
	s := newEvaluator()
	if s.Change == nil {
		return fmt.Errorf("%w: no way to change the machine was given", contract.ErrNotAsked)
	}
	before, err := s.look(ctx)
	if err != nil {
		return err
	}
	for range 2 {
		s.Change()
		after, err := s.look(ctx)
		if err != nil {
			return err
		}
		if sameEvaluation(before, after) == nil {
			return errors.New("after a change of the machine the evaluation is what it was before")
		}
		before = after
	}
	return nil
}

func evaluateOwned(ctx context.Context, newEvaluator func() EvaluatorSubject) error {
	s := newEvaluator()
	first, err := s.look(ctx)
	if err != nil {
		return err
	}
	kept := wsus.Evaluation{Snapshot: first.Snapshot, Problems: slices.Clone(first.Problems), Unsupported: maps.Clone(first.Unsupported)}
	for i := range first.Problems {
		first.Problems[i] = wsus.Problem{Reason: "overwritten"}
	}
	for name := range first.Unsupported {
		first.Unsupported[name] = -1
	}
	again, err := s.look(ctx)
	if err != nil {
		return err
	}
	if err := sameEvaluation(kept, again); err != nil {
		return fmt.Errorf("what the caller wrote into an evaluation shows in the next one: %w", err)
	}
	return nil
}

func evaluateCatalogKept(ctx context.Context, newEvaluator func() EvaluatorSubject) error {
	s := newEvaluator()
	s.Catalog = s.catalog()
	before := stored(s.Catalog)
	if _, err := s.look(ctx); err != nil {
		return err
	}
	if !bytes.Equal(before, stored(s.Catalog)) {
		return errors.New("the catalogue was modified")
	}
	return nil
}

func evaluateEmpty(ctx context.Context, newEvaluator func() EvaluatorSubject) error {
	s := newEvaluator()
	if _, err := s.look(ctx); err != nil { // nothing of it may be left
		return err
	}
	for _, c := range []*wsus.Catalog{nil, {}, Catalog(7)} {
		e, err := s.Evaluator.Evaluate(ctx, c)
		if err != nil || e.Snapshot.Len() != 0 || len(e.Problems) != 0 || len(e.Unsupported) != 0 {
			return fmt.Errorf("an empty catalogue of version %d: %d records, %d problems, %d unsupported rules, error %s",
				c.Version(), e.Snapshot.Len(), len(e.Problems), len(e.Unsupported), shown(err))
		}
	}
	return nil
}

func evaluateCancelled(ctx context.Context, newEvaluator func() EvaluatorSubject) error {
	return obeysContext(ctx, func() func(context.Context) (string, error) {
		s := newEvaluator()
		return func(ctx context.Context) (string, error) {
			e, err := s.Evaluator.Evaluate(ctx, s.catalog())
			if e.Snapshot != nil || e.Problems != nil || e.Unsupported != nil {
				return "an Evaluation beside the error", err
			}
			return "", err
		}
	})
}
