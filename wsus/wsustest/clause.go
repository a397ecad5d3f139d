package wsustest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/updatescan/updatescan/internal/contract"
)

// patience is how long after its context was done a call may take. It is
// long, so that a busy machine raises no alarm.
const patience = 20 * time.Second

// ClauseError says that a clause of a contract is broken: which one, what it
// says, and what was seen instead.
type ClauseError = contract.Error

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
