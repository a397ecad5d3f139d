package sitetest

import (
	"context"
	"testing"

	"github.com/updatescan/updatescan/internal/contract"
)

// ClauseError says that a clause of a contract is broken: which one, what it
// says, and what was seen instead.
type ClauseError = contract.Error

// clause is one row of the contract of a store. Its check gets a new store.
type clause struct {
	id, rule, says string
	check          func(ctx context.Context, s Keeper) error
}

// storeContract is the rows as the package contract has them.
func storeContract() []contract.Clause[Keeper] {
	var list []contract.Clause[Keeper]
	for _, r := range storeClauses() {
		check := func(ctx context.Context, newStore func() Keeper) error { return r.check(ctx, newStore()) }
		list = append(list, contract.Clause[Keeper]{ID: r.id, Rule: r.rule, Says: r.says, Check: check})
	}
	return list
}

// CheckStore checks the contracts of [site.Store], of [site.Reader] and, if the store
// is one, of [site.Forgetter], and returns all breaches, joined, each a
// [*ClauseError]. newStore returns a new store each time, which is empty and which
// nothing else uses. If the context ends its error is returned.
//
// Green does not prove that what was committed survives a crash (SITE-1): reopen the
// store, or pull the plug, for that. Nor does it prove that a method which is under
// way heeds its context, or that there are no data races, unless it runs under the
// race detector.
func CheckStore(ctx context.Context, newStore func() Keeper) error {
	return contract.Check(ctx, "sitetest", storeContract(), newStore)
}

// RunStore is [CheckStore] with one subtest a clause, named by its id, so that one
// can be left out with -skip.
func RunStore(t *testing.T, newStore func(*testing.T) Keeper) {
	t.Helper()
	contract.Run(t, "sitetest", storeContract(), newStore)
}

// storeClauses are the sentences of the comments of [site.Store], [site.Forgetter],
// [site.Reader] and [site.Plan].
func storeClauses() []clause {
	return []clause{
		{"empty", "SITE-2", "a new store knows nothing, which is no error", storeEmpty},
		{"clients", "SITE-2", "Clients returns those that are known, as they were committed", storeClients},
		{"rows", "SITE-2", "Rows returns those that exist, as they were committed, whatever their texts", storeRows},
		{"order", "SITE-2", "plans and their messages take effect in their order, the last of a topic stays", storeOrder},
		{"remove", "SITE-9", "RemoveBelow removes the client's rows before the mark after the plan's own Put, and no others", storeRemove},
		{"ended", "SITE-1", "a Commit whose context has ended changes nothing", storeEnded},
		{"owned", "SITE-1", "what was given and what was returned belongs to the caller", storeOwned},
		{"due", "SITE-4", "Due returns clients with a range missing since before the time, or a wish, by id, page by page", storeDue},
		{"kept", "SITE-7", "the newest MaxKept are kept, in order and numbered, and all are counted", storeKept},
		{"summaries", "SITE-8", "a summary counts each known client once, Unknown where it has no row", storeSummaries},
		{"states", "SITE-10", "States returns a client's rows by topic type and id, page by page", storeStates},
		{"search", "SITE-6", "Search returns exactly the clients that the query describes, with their facts", storeSearch},
		{"as-of", "SITE-10", "AsOf is the latest time that was committed", storeAsOf},
		{"queries", "SITE-10", "a query out of bounds is a QueryError", storeQueries},
		{"whole", "SITE-10", "an answer holds all of a commit or nothing of it, also beside the writer", storeWhole},
		{"played", "SITE-2", "a site on the store does what the model does", storePlayed},
		{"forget", "SITE-8", "Forget removes the client that it names with its rows, and nothing else", storeForget},
		{"forgotten", "SITE-8", "a site on the store that forgets clients does what the model does", storeForgotten},
	}
}
