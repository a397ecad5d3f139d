// Package contract is how the test kits check a contract: a list of clauses,
// each with a name, which is gone through as one error or as one subtest a
// clause.
package contract

import (
	"context"
	"errors"
	"slices"
	"testing"
)

// Error says that a clause of a contract is broken.
type Error struct {
	// Kit is the name of the kit that checked it.
	Kit string
	// Clause is the clause's id, which is also the name of its subtest.
	Clause string
	// Says is what the clause says.
	Says string
	// Err is what was seen instead.
	Err error
}

// Error names the kit, the clause, what it says, and what was seen.
func (e *Error) Error() string {
	return e.Kit + ": " + e.Clause + ": " + e.Says + ": " + e.Err.Error()
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// ErrNotAsked is returned by a check that lacks something it needs, such as a
// way to change the machine. It is no breach.
var ErrNotAsked = errors.New("not checked")

// Clause is one sentence of a contract: something to say and a way to find
// out. Rule is the rule it follows from, empty for none. Check gets a
// constructor of what is checked.
type Clause[X any] struct {
	ID, Rule, Says string
	Check          func(ctx context.Context, newX func() X) error
}

// try checks the clause. What happens after the caller's context has ended is
// no breach.
func (c Clause[X]) try(ctx context.Context, kit string, newX func() X) error {
	err := c.Check(ctx, newX)
	if ended := ctx.Err(); ended != nil {
		return ended
	}
	if err != nil {
		return &Error{Kit: kit, Clause: c.ID, Says: c.Says, Err: err}
	}
	return nil
}

// Check returns all breaches, joined, each an [*Error]. If the context ends
// its error is returned.
func Check[X any](ctx context.Context, kit string, clauses []Clause[X], newX func() X) error {
	var errs []error
	for _, c := range clauses {
		if err := c.try(ctx, kit, newX); err != nil && !errors.Is(err, ErrNotAsked) {
			errs = append(errs, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

// Run makes each clause a subtest.
func Run[X any](t *testing.T, kit string, clauses []Clause[X], newX func(*testing.T) X) {
	t.Helper()
	for _, c := range clauses {
		t.Run(c.ID, func(t *testing.T) {
			if c.Rule != "" {
				t.Attr("rule", c.Rule)
			}
			err := c.try(t.Context(), kit, func() X { return newX(t) })
			if errors.Is(err, ErrNotAsked) {
				t.Skip(err)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// Breaches are the ids of the clauses that an error of [Check] names, sorted.
func Breaches(err error) []string {
	if e, ok := err.(*Error); ok { //nolint:errorlint // this is the walk along the tree
		return []string{e.Clause}
	}
	var ids []string
	if joined, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // likewise
		for _, e := range joined.Unwrap() {
			ids = append(ids, Breaches(e)...)
		}
	}
	slices.Sort(ids)
	return ids
}
