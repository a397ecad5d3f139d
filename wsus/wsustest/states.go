package wsustest

import (
	"context"
	"sync"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
)

// States is a machine of which only the states of the updates are known: a
// [wsus.Evaluator] that looks at no rule and answers for each software and
// driver update of the catalogue with the state it was given. The zero States
// finds all of them Not Required. It is safe for concurrent use and must not
// be copied after first use.
type States struct {
	mu     sync.Mutex
	states map[compliance.UpdateID]compliance.State
}

// Set changes the state of updates, as an installation does. Unknown is an
// update that cannot be evaluated (DIFF-5).
func (s *States) Set(state compliance.State, updates ...compliance.UpdateID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.states == nil {
		s.states = map[compliance.UpdateID]compliance.State{}
	}
	for _, id := range updates {
		s.states[id] = state
	}
}

// Evaluate answers with the states as they are now, or with ctx's error.
func (s *States) Evaluate(ctx context.Context, c *wsus.Catalog) (wsus.Evaluation, error) {
	if err := ctx.Err(); err != nil {
		return wsus.Evaluation{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var e wsus.Evaluation
	var records []compliance.Record
	for _, u := range c.All() {
		if u.Kind != wsus.KindSoftware && u.Kind != wsus.KindDriver {
			continue
		}
		state, given := s.states[u.ID]
		if !given {
			state = compliance.NotRequired
		}
		records = append(records, compliance.Record{ID: u.ID, Revision: u.Revision, State: state})
		if state == compliance.Unknown {
			e.Problems = append(e.Problems, wsus.Problem{ID: u.ID, Reason: "it was made so"})
		}
	}
	snapshot, err := compliance.NewSnapshot(nil, records)
	if err != nil {
		return wsus.Evaluation{}, err
	}
	e.Snapshot = snapshot
	return e, nil
}

var _ wsus.Evaluator = (*States)(nil)
