package compliancetest

import (
	"errors"
	"testing"
)

// ClauseError says that a rule is broken, and how.
type ClauseError struct {
	// Clause is the clause's id, which begins with its rule and is the name
	// of its subtest.
	Clause string
	// Says is what the clause says.
	Says string
	// Err is what was seen instead.
	Err error
}

// Error names the clause, what it says, and what was seen.
func (e *ClauseError) Error() string {
	return "compliancetest: " + e.Clause + ": " + e.Says + ": " + e.Err.Error()
}

// Unwrap returns Err.
func (e *ClauseError) Unwrap() error { return e.Err }

// clause is one row of a contract over functions of a type.
type clause[F any] struct {
	id, rule, says string
	check          func(F) error
}

func (c clause[F]) try(f F) error {
	if err := c.check(f); err != nil {
		return &ClauseError{Clause: c.id, Says: c.says, Err: err}
	}
	return nil
}

// checkAll returns all breaches, joined.
func checkAll[F any](clauses []clause[F], f F) error {
	var errs []error
	for _, c := range clauses {
		errs = append(errs, c.try(f))
	}
	return errors.Join(errs...)
}

// runAll makes each clause a subtest.
func runAll[F any](t *testing.T, clauses []clause[F], f F) {
	t.Helper()
	for _, c := range clauses {
		t.Run(c.id, func(t *testing.T) {
			t.Attr("rule", c.rule)
			if err := c.try(f); err != nil {
				t.Error(err)
			}
		})
	}
}
