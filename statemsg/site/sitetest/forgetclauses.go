package sitetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/statemsg/site"
)

// everything is all that a store answers of what small commits.
type everything struct {
	Sums    site.Summaries
	Found   site.Found
	Kept    site.KeptPage
	Due     []site.Client
	Clients []site.Client
	Rows    map[string][]site.Row
}

// ask asks for everything.
func ask(ctx context.Context, s Keeper) (e everything, err error) {
	var errs [5]error
	var ids []string
	for n := 1; n <= 4; n++ {
		ids = append(ids, AgentID(n))
	}
	e.Sums, errs[0] = s.Summaries(ctx, site.SummaryQuery{})
	e.Found, errs[1] = s.Search(ctx, site.ClientQuery{Update: "u1"})
	e.Kept, errs[2] = s.Inspect(ctx, site.KeptQuery{})
	e.Due, errs[3] = s.Due(ctx, at(100), "", 10)
	e.Clients, errs[4] = s.Clients(ctx, ids)
	slices.SortFunc(e.Clients, func(a, b site.Client) int { return slices.Index(ids, a.ID) - slices.Index(ids, b.ID) })
	e.Rows = make(map[string][]site.Row)
	for _, id := range ids {
		rows, err := rowsOf(ctx, s, id)
		if err != nil {
			return everything{}, err
		}
		if len(rows) > 0 {
			e.Rows[id] = rows
		}
	}
	return e, errors.Join(errs[:]...)
}

// storeForget forgets clients of a store that is a [site.Forgetter].
func storeForget(ctx context.Context, s Keeper) error {
	f, ok := s.(site.Forgetter)
	if !ok {
		return nil
	}
	if err := small(ctx, s); err != nil {
		return err
	}
	before, err := ask(ctx, s)
	if err != nil {
		return err
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := f.Forget(ended, AgentID(4), at(60)); err == nil {
		return errors.New("Forget succeeds after its context has ended")
	}
	for _, id := range []string{AgentID(9), "", "nobody\x00"} {
		if known, err := f.Forget(ctx, id, at(60)); err != nil || known {
			return fmt.Errorf("Forget of %q, which is not known = %t, %w", id, known, orNil(err))
		}
	}
	got, err := ask(ctx, s)
	if err != nil {
		return err
	}
	if d := cmp.Diff(before, got, alike...); d != "" {
		return fmt.Errorf("after nothing was forgotten (-want +got):\n%s", d)
	}

	// The one that has something missing, and then the only one with u2.
	now := before
	now.Due, now.Rows = nil, map[string][]site.Row{}
	for n, forgotten := range []int{4, 1} {
		if known, err := f.Forget(ctx, AgentID(forgotten), at(60-n)); err != nil || !known {
			return fmt.Errorf("Forget of client %d, which is known = %t, %w", forgotten, known, orNil(err))
		}
		got, err := ask(ctx, s)
		if err != nil {
			return err
		}
		id, asOf := AgentID(forgotten), at(60) // never back
		now.Clients = slices.DeleteFunc(slices.Clone(now.Clients), func(c site.Client) bool { return c.ID == id })
		now.Found.Clients = slices.DeleteFunc(slices.Clone(now.Found.Clients), func(f site.Facts) bool { return f.Client.ID == id })
		now.Found.AsOf, now.Kept.AsOf, now.Sums.AsOf = asOf, asOf, asOf
		now.Rows = map[string][]site.Row{AgentID(1): before.Rows[AgentID(1)], AgentID(2): before.Rows[AgentID(2)]}
		now.Sums.Clients, now.Sums.Updates = 3-n, slices.Clone(before.Sums.Updates)
		for i := range now.Sums.Updates {
			now.Sums.Updates[i].Summary.Unknown--
		}
		if forgotten == 1 {
			delete(now.Rows, id)
			now.Sums.Updates = now.Sums.Updates[:1]
			now.Sums.Updates[0].Summary.Required, now.Sums.Updates[0].Summary.Unknown = 0, 2
		}
		if d := cmp.Diff(now, got, alike...); d != "" {
			return fmt.Errorf("after client %d was forgotten (-want +got):\n%s", forgotten, d)
		}
	}

	// One that comes again is new.
	if err := s.Commit(ctx, []site.Plan{plan(70, plain(1), message("u2", 1, 1)), plan(70, plain(5), message("u1", 1, 1))}, nil); err != nil {
		return err
	}
	return errors.Join(want(ctx, s, AgentID(1), "u2:1:1:1"), want(ctx, s, AgentID(5), "u1:1:1:1"), want(ctx, s, AgentID(2), "u1:0:1:1"))
}

// storeForgotten plays a world whose site forgets clients now and then.
func storeForgotten(ctx context.Context, s Keeper) error {
	if _, ok := s.(site.Forgetter); !ok {
		return nil
	}
	rnd := rand.New(rand.NewPCG(20080603, 72))
	acts := []Act{Set, Set, Report, Report, Deliver, Deliver, Lose, Refresh, Register, Reject, ForgetClient}
	w := NewWorld(s, 2)
	var steps []Step
	for range 40 {
		steps = append(steps, Step{Do: acts[rnd.IntN(len(acts))], Agent: rnd.IntN(2), N: rnd.IntN(8), State: 1})
	}
	return w.Play(ctx, steps)
}
