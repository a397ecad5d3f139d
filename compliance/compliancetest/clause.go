package compliancetest

import (
	"context"
	"testing"

	"github.com/updatescan/updatescan/internal/contract"
)

// ClauseError says that a rule is broken, and how: its Clause begins with the
// rule and is the name of a subtest.
type ClauseError = contract.Error

// clause is one row of a contract over functions of a type.
type clause[F any] struct {
	id, rule, says string
	check          func(F) error
}

// contractOf is the rows as the package contract has them. A function has no
// constructor and no context.
func contractOf[F any](rows []clause[F]) []contract.Clause[F] {
	list := make([]contract.Clause[F], 0, len(rows))
	for _, r := range rows {
		check := func(_ context.Context, f func() F) error { return r.check(f()) }
		list = append(list, contract.Clause[F]{ID: r.id, Rule: r.rule, Says: r.says, Check: check})
	}
	return list
}

// checkAll returns all breaches, joined.
func checkAll[F any](rows []clause[F], f F) error {
	return contract.Check(context.Background(), "compliancetest", contractOf(rows), func() F { return f })
}

// runAll makes each clause a subtest.
func runAll[F any](t *testing.T, rows []clause[F], f F) {
	t.Helper()
	contract.Run(t, "compliancetest", contractOf(rows), func(*testing.T) F { return f })
}
