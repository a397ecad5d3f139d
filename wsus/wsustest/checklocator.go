package wsustest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/updatescan/updatescan/internal/contract"
	"github.com/updatescan/updatescan/wsus"
)

// CheckLocator checks the contract of [wsus.Locator] and returns all
// breaches, joined, each a [*ClauseError]. newLocator returns a Locator that
// finds out, each time it is called; it may have no locations.
//
// If the context ends its error is returned. A call that hangs although its
// context is done is given up after 20 s, and its goroutine is left behind.
//
// Green does not prove that the locations are the right ones, that a
// management point without an answer is told apart from one with none to give
// (WF-6), nor that the Locator is safe for concurrent use.
func CheckLocator(ctx context.Context, newLocator func() wsus.Locator) error {
	return contract.Check(ctx, "wsustest", locatorClauses(), newLocator)
}

// RunLocator is [CheckLocator] with one subtest a clause, named by its id, so
// that one can be left out with -skip.
func RunLocator(t *testing.T, newLocator func(*testing.T) wsus.Locator) {
	t.Helper()
	contract.Run(t, "wsustest", locatorClauses(), newLocator)
}

// locatorClauses are the sentences of the comment of [wsus.Locator] that can
// be checked.
func locatorClauses() []contract.Clause[wsus.Locator] {
	return []contract.Clause[wsus.Locator]{
		{ID: "locate/answer", Rule: "WF-6", Says: "an answer is a list, perhaps an empty one, and no error", Check: locateAnswers},
		{ID: "locate/owned", Rule: "", Says: "the caller owns the slice that is returned", Check: locateOwned},
		{ID: "locate/cancelled", Rule: "WF-10", Says: "Locate returns soon when its context is done, with an error that is the context's", Check: locateCancelled},
	}
}

// locateRequests are the requests of the checks.
func locateRequests() []wsus.LocateRequest {
	return []wsus.LocateRequest{
		{},
		{Version: 1, SiteCode: "PS1"},
		{UpdateSource: ID(1), Version: 1<<32 - 1, SiteCode: "PS1", Internet: true},
	}
}

func locateAnswers(ctx context.Context, newLocator func() wsus.Locator) error {
	for _, req := range locateRequests() {
		if _, err := newLocator().Locate(ctx, req); err != nil {
			return fmt.Errorf("Locate(%+v) = %w", req, err)
		}
	}
	return nil
}

// overwritten is what the checks write into a slice that they own.
const overwritten = "http://overwritten.invalid"

func locateOwned(ctx context.Context, newLocator func() wsus.Locator) error {
	locator := newLocator()
	for range 2 { // the second time what is kept may be handed out
		first, err := locator.Locate(ctx, wsus.LocateRequest{})
		if err != nil {
			return err
		}
		for i := range first {
			first[i] = wsus.Location{URL: overwritten}
		}
		_ = append(first, wsus.Location{URL: overwritten})
		second, err := locator.Locate(ctx, wsus.LocateRequest{})
		if err != nil {
			return err
		}
		if slices.ContainsFunc(second, func(l wsus.Location) bool { return l.URL == overwritten }) {
			return fmt.Errorf("what the caller wrote into an answer is in the next one: %+v", second)
		}
	}
	return nil
}

func locateCancelled(ctx context.Context, newLocator func() wsus.Locator) error {
	return obeysContext(ctx, func() func(context.Context) (string, error) {
		locator := newLocator()
		return func(ctx context.Context) (string, error) {
			_, err := locator.Locate(ctx, wsus.LocateRequest{})
			return "", err
		}
	})
}
