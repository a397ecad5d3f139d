package wsustest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

// patience is how long after its context was done a call may take. It is
// long, so that a busy machine raises no alarm.
const patience = 20 * time.Second

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
	return "wsustest: " + e.Clause + ": " + e.Says + ": " + e.Err.Error()
}

// Unwrap returns Err.
func (e *ClauseError) Unwrap() error { return e.Err }

// errNotAsked is returned by a check that lacks something it needs, such as a
// way to change the machine. It is no breach.
var errNotAsked = errors.New("not checked")

// clause is one row of a contract: something to say and a way to find out.
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
		if err := c.try(ctx, newX); err != nil && !errors.Is(err, errNotAsked) {
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
			err := c.try(t.Context(), func() X { return newX(t) })
			if errors.Is(err, errNotAsked) {
				t.Skip(err)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// shown is an error as text, also when there is none.
func shown(err error) string {
	if err == nil {
		return "none"
	}
	return err.Error()
}

// obeysContext checks a call that may block until its context is done: when
// the context is cancelled, or its deadline is over, the call returns soon, and
// with that context's error. prepare makes the call ready. The call's text says
// what is wrong with what it left beside its error, "" when nothing is.
func obeysContext(ctx context.Context, prepare func() func(context.Context) (string, error)) error {
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if err := returnsSoon(cancelled, prepare()); err != nil {
		return err
	}
	over, cancel := context.WithDeadline(ctx, time.Unix(0, 0))
	defer cancel()
	return returnsSoon(over, prepare())
}

// returnsSoon makes a call with a context that is done.
func returnsSoon(done context.Context, call func(context.Context) (string, error)) error {
	patient, cancel := context.WithTimeout(context.WithoutCancel(done), patience)
	defer cancel()
	answer := make(chan error, 1)
	go func() {
		result, err := call(done)
		if !errors.Is(err, done.Err()) {
			answer <- fmt.Errorf("with a context that is done (%w) the error is %s", done.Err(), shown(err))
			return
		}
		if result != "" {
			answer <- fmt.Errorf("with a context that is done (%w): %s", done.Err(), result)
			return
		}
		answer <- nil
	}()
	select {
	case err := <-answer:
		return err
	case <-patient.Done():
		return fmt.Errorf("has not returned %v after its context was done", patience)
	}
}

// one returns the first error that is not nil.
func one(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// errNilAnswer is for what returned nothing at all.
var errNilAnswer = errors.New("nil and no error")
