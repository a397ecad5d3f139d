package sitetest_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg/site"
	"github.com/updatescan/updatescan/statemsg/site/sitetest"
)

// wishful is a store that forgets which resyncs must wait.
type wishful struct{ site.MemStore }

func (s *wishful) Commit(ctx context.Context, plans []site.Plan, kept []site.Kept) error {
	plans = slices.Clone(plans)
	for i := range plans {
		plans[i].Client.Resync.Wanted = false
	}
	return s.MemStore.Commit(ctx, plans, kept)
}

// A contract check says which clause a store breaks.
func ExampleCheckStore() {
	ctx := context.Background()
	fmt.Println(sitetest.CheckStore(ctx, func() sitetest.Keeper { return new(site.MemStore) }))
	for e := range clauseErrors(sitetest.CheckStore(ctx, func() sitetest.Keeper { return new(wishful) })) {
		fmt.Println(e.Clause)
	}
	// Output:
	// <nil>
	// clients
	// owned
	// due
}

// An agent knows what a site should hold of it, however its reports arrive.
func ExampleAgent() {
	ctx := context.Background()
	now := time.Date(2008, 6, 3, 9, 0, 0, 0, time.UTC)
	var s sitetest.Direct // or a site of your own
	a := sitetest.NewAgent(1)
	for n := range 3 {
		a.Set(now, sitetest.Update(n), compliance.Required)
	}
	reports := a.Reports(now, 1)
	for _, i := range []int{2, 0, 0} {
		if _, err := s.Receive(ctx, now, reports[i]); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println("settled:", sitetest.Settled(ctx, s.Keeper(), a) == nil)
	_, err := s.Receive(ctx, now, reports[1])
	fmt.Println("settled:", sitetest.Settled(ctx, s.Keeper(), a) == nil, err)
	// Output:
	// settled: false
	// settled: true <nil>
}

// A world compares a site with the model after every step.
func ExampleWorld() {
	w := sitetest.NewWorld(nil, 1) // nil: a store in memory
	steps := []sitetest.Step{
		{Do: sitetest.Set, N: 1, State: compliance.Required},
		{Do: sitetest.Report},
		{Do: sitetest.Lose},
		{Do: sitetest.Set, N: 2, State: compliance.Required},
		{Do: sitetest.Report},
		{Do: sitetest.Deliver},
		{Do: sitetest.Wait, For: 2880 * time.Minute},
		{Do: sitetest.Check},
	}
	fmt.Println(w.Play(context.Background(), steps))
	w = sitetest.NewWorld(nil, 1)
	w.Model.Mistake = "site-missing-age-inclusive"
	fmt.Println(w.Play(context.Background(), steps) != nil)
	// Output:
	// <nil>
	// true
}
