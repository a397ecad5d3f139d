package scantest

import (
	"context"
	"errors"
	"testing"
)

// ClauseError says that a clause of a contract is broken.
type ClauseError struct {
	// Clause is the clause's id, which is also the name of its subtest.
	Clause string
	// Says is what the clause says.
	Says string
	// Err is what was seen instead.
	Err error
}

// Error names the clause, what it says, and what was seen.
func (e *ClauseError) Error() string {
	return "scantest: " + e.Clause + ": " + e.Says + ": " + e.Err.Error()
}

// Unwrap returns Err.
func (e *ClauseError) Unwrap() error { return e.Err }

// clause is one row of a contract: something to say and a way to find out.
// Its check gets a constructor of what is checked.
type clause[X any] struct {
	id, rule, says string
	check          func(ctx context.Context, newX func() X) error
}

// try checks the clause. What happens after the caller's context has ended is
// no breach.
func (c clause[X]) try(ctx context.Context, newX func() X) error {
	err := c.check(ctx, newX)
	if ended := ctx.Err(); ended != nil {
		return ended
	}
	if err != nil {
		return &ClauseError{Clause: c.id, Says: c.says, Err: err}
	}
	return nil
}

// checkAll returns all breaches, joined.
func checkAll[X any](ctx context.Context, clauses []clause[X], newX func() X) error {
	var errs []error
	for _, c := range clauses {
		if err := c.try(ctx, newX); err != nil {
			errs = append(errs, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

// runAll makes each clause a subtest.
func runAll[X any](t *testing.T, clauses []clause[X], newX func(*testing.T) X) {
	t.Helper()
	for _, c := range clauses {
		t.Run(c.id, func(t *testing.T) {
			if c.rule != "" {
				t.Attr("rule", c.rule)
			}
			if err := c.try(t.Context(), func() X { return newX(t) }); err != nil {
				t.Error(err)
			}
		})
	}
}
