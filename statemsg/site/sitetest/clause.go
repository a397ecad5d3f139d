package sitetest

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
	return "sitetest: " + e.Clause + ": " + e.Says + ": " + e.Err.Error()
}

// Unwrap returns Err.
func (e *ClauseError) Unwrap() error { return e.Err }

// clause is one row of the contract of a store.
type clause struct {
	id, rule, says string
	check          func(ctx context.Context, s Keeper) error
}

// try checks the clause on a new store. What happens after the caller's context has
// ended is no breach.
func (c clause) try(ctx context.Context, newStore func() Keeper) error {
	err := c.check(ctx, newStore())
	if ended := ctx.Err(); ended != nil {
		return ended
	}
	if err != nil {
		return &ClauseError{Clause: c.id, Says: c.says, Err: err}
	}
	return nil
}

// CheckStore checks the contracts of [site.Store] and [site.Reader] and returns all
// breaches, joined, each a [*ClauseError]. newStore returns a new store each time,
// which is empty and which nothing else uses. If the context ends its error is
// returned.
//
// Green does not prove that what was committed survives a crash (SITE-1): reopen the
// store, or pull the plug, for that. Nor does it prove that a method which is under
// way heeds its context, or that there are no data races, unless it runs under the
// race detector.
func CheckStore(ctx context.Context, newStore func() Keeper) error {
	var errs []error
	for _, c := range storeClauses() {
		if err := c.try(ctx, newStore); err != nil {
			errs = append(errs, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

// RunStore is [CheckStore] with one subtest a clause, named by its id, so that one
// can be left out with -skip.
func RunStore(t *testing.T, newStore func(*testing.T) Keeper) {
	t.Helper()
	for _, c := range storeClauses() {
		t.Run(c.id, func(t *testing.T) {
			t.Attr("rule", c.rule)
			if err := c.try(t.Context(), func() Keeper { return newStore(t) }); err != nil {
				t.Error(err)
			}
		})
	}
}

// storeClauses are the sentences of the comments of [site.Store], [site.Reader] and
// [site.Plan].
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
	}
}
