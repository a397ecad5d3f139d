package wsustest

import (
	"context"
	"fmt"
	"testing"

	"github.com/updatescan/updatescan/internal/contract"
	"github.com/updatescan/updatescan/wsus"
)

// CheckLocalPolicy checks the contract of [wsus.LocalPolicy] and returns all
// breaches, joined, each a [*ClauseError]. newPolicy returns one that works,
// with or without a policy of a higher authority over it; the check writes
// policies to it and does not put back what was there, so it must not be that
// of a machine in use.
//
// If the context ends its error is returned. A call that hangs although its
// context is done is given up after 20 s, and its goroutine is left behind.
//
// Green does not prove that the agent sees what was written, nor that a policy
// of a higher authority is recognised: for that, hand in one that has such a
// policy too, and look at what Effective says of it.
func CheckLocalPolicy(ctx context.Context, newPolicy func() wsus.LocalPolicy) error {
	return contract.Check(ctx, "wsustest", policyClauses(), newPolicy)
}

// RunLocalPolicy is [CheckLocalPolicy] with one subtest a clause, named by
// its id, so that one can be left out with -skip.
func RunLocalPolicy(t *testing.T, newPolicy func(*testing.T) wsus.LocalPolicy) {
	t.Helper()
	contract.Run(t, "wsustest", policyClauses(), newPolicy)
}

// policyClauses are the sentences of the comment of [wsus.LocalPolicy] that
// can be checked.
func policyClauses() []contract.Clause[wsus.LocalPolicy] {
	return []contract.Clause[wsus.LocalPolicy]{
		{ID: "set/in-force", Rule: "WF-3", Says: "after Set the policy is in force: server and status server with scheme and port, and in use", Check: setInForce},
		{ID: "set/not-higher", Rule: "WF-5", Says: "Set ignores HigherAuthority", Check: setNotHigher},
		{ID: "set/under-higher", Rule: "WF-5", Says: "a policy of a higher authority stays in force whatever Set writes", Check: setUnderHigher},
		{ID: "set/error", Rule: "WF-10", Says: "when Set fails the policy is as it was", Check: setError},
		{ID: "set/cancelled", Rule: "WF-10", Says: "Set returns soon when its context is done, with an error that is the context's", Check: setCancelled},
		{ID: "effective/cancelled", Rule: "WF-10", Says: "Effective returns soon when its context is done, with an error that is the context's", Check: effectiveCancelled},
	}
}

// policies are some that [wsus.PolicyFor] has written.
func policies() []wsus.Policy {
	var list []wsus.Policy
	for _, url := range []string{"http://sup1.example.test:8530", "https://sup2.example.test:443", "http://192.0.2.7:80", "https://[2001:db8::7]:8531"} {
		list = append(list, wsus.Policy{Server: url, StatusServer: url, Use: true})
	}
	return list
}

// sets writes the policies one after the other. Each time it hands to look
// what was in force before, what was written and what is in force afterwards.
func sets(ctx context.Context, p wsus.LocalPolicy, list []wsus.Policy, look func(before, written, after wsus.Policy) error) error {
	for _, written := range list {
		before, err := p.Effective(ctx)
		if err != nil {
			return err
		}
		if err := p.Set(ctx, written); err != nil {
			return err
		}
		after, err := p.Effective(ctx)
		if err != nil {
			return err
		}
		if err := look(before, written, after); err != nil {
			return err
		}
	}
	return nil
}

func setInForce(ctx context.Context, newPolicy func() wsus.LocalPolicy) error {
	return sets(ctx, newPolicy(), policies(), func(before, written, after wsus.Policy) error {
		if !before.HigherAuthority && !after.HigherAuthority && after != written {
			return fmt.Errorf("%+v is in force after Set(%+v)", after, written)
		}
		return nil
	})
}

func setNotHigher(ctx context.Context, newPolicy func() wsus.LocalPolicy) error {
	list := policies()
	for i := range list {
		list[i].HigherAuthority = true
	}
	return sets(ctx, newPolicy(), list, func(before, written, after wsus.Policy) error {
		if !before.HigherAuthority && after.HigherAuthority {
			return fmt.Errorf("Set(%+v) made a policy of a higher authority", written)
		}
		return nil
	})
}

func setUnderHigher(ctx context.Context, newPolicy func() wsus.LocalPolicy) error {
	p := newPolicy()
	found, err := p.Effective(ctx)
	if err != nil {
		return err
	}
	if !found.HigherAuthority {
		return fmt.Errorf("%w: no policy of a higher authority is in force", contract.ErrNotAsked)
	}
	return sets(ctx, p, policies(), func(before, written, after wsus.Policy) error {
		if before != after {
			return fmt.Errorf("%+v is in force after Set(%+v), before it was %+v", after, written, before)
		}
		return nil
	})
}

func setError(ctx context.Context, newPolicy func() wsus.LocalPolicy) error {
	p := newPolicy()
	if err := p.Set(ctx, policies()[0]); err != nil {
		return err
	}
	before, err := p.Effective(ctx)
	if err != nil {
		return err
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if p.Set(cancelled, policies()[1]) == nil {
		return nil // see set/cancelled
	}
	after, err := p.Effective(ctx)
	if err == nil && before != after {
		err = fmt.Errorf("%+v is in force after a Set that failed, before it was %+v", after, before)
	}
	return err
}

func setCancelled(ctx context.Context, newPolicy func() wsus.LocalPolicy) error {
	return obeysContext(ctx, func() func(context.Context) (string, error) {
		p := newPolicy()
		return func(ctx context.Context) (string, error) { return "", p.Set(ctx, policies()[0]) }
	})
}

func effectiveCancelled(ctx context.Context, newPolicy func() wsus.LocalPolicy) error {
	return obeysContext(ctx, func() func(context.Context) (string, error) {
		p := newPolicy()
		return func(ctx context.Context) (string, error) {
			_, err := p.Effective(ctx)
			return "", err
		}
	})
}
