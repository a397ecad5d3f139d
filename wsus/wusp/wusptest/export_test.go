package wusptest

import (
	"context"

	"github.com/updatescan/updatescan/internal/contract"
)

// ClauseIDs are the ids of the clauses of CheckClient, in order.
func ClauseIDs() []string {
	var ids []string
	for _, c := range clientClauses() {
		ids = append(ids, c.ID)
	}
	return ids
}

// BreachIDs are the ids that BrokenClient knows.
func BreachIDs() []string {
	var ids []string
	for _, table := range []map[string]breach{sessionBreaches, syncBreaches, faultBreaches, hostileBreaches} {
		for id := range table {
			ids = append(ids, id)
		}
	}
	return ids
}

// CheckClause checks one clause.
func CheckClause(ctx context.Context, id string, newClient func(Setup) ClientSubject) error {
	for _, c := range clientClauses() {
		if c.ID == id {
			return contract.Check(ctx, "wusptest", []contract.Clause[maker]{c}, func() maker { return newClient })
		}
	}
	panic(id)
}
