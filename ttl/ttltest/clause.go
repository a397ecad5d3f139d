package ttltest

import (
	"context"
	"testing"

	"github.com/updatescan/updatescan/internal/contract"
)

// ClauseError says that a clause of a contract is broken: which one, what it
// says, and what was seen instead.
type ClauseError = contract.Error

// clause is one row of a contract. Its check gets a constructor of what is
// checked.
type clause[X any] struct {
	id, rule, says string
	check          func(ctx context.Context, newX func() X) error
}

// contractOf is the rows as the package contract has them.
func contractOf[X any](rows []clause[X]) []contract.Clause[X] {
	list := make([]contract.Clause[X], 0, len(rows))
	for _, r := range rows {
		list = append(list, contract.Clause[X]{ID: r.id, Rule: r.rule, Says: r.says, Check: r.check})
	}
	return list
}

// checkAll returns all breaches, joined.
func checkAll[X any](ctx context.Context, rows []clause[X], newX func() X) error {
	return contract.Check(ctx, "ttltest", contractOf(rows), newX)
}

// runAll makes each clause a subtest.
func runAll[X any](t *testing.T, rows []clause[X], newX func(*testing.T) X) {
	t.Helper()
	contract.Run(t, "ttltest", contractOf(rows), newX)
}
