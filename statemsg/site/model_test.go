package site_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg/site/sitetest"
	"github.com/updatescan/updatescan/statemsg/site/sitetest/siterapid"
)

// modelRules are the rules that the model knows.
var modelRules = []string{"SITE-2", "SITE-3", "SITE-4", "SITE-5", "SITE-6", "SITE-7", "SITE-8", "SITE-9", "SITE-10"}

// TestAgainstModel compares the site with the model after every step of what
// happens between it and its clients.
func TestAgainstModel(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		steps *rapid.Generator[[]sitetest.Step]
	}{
		{"honest", siterapid.Steps(60)},
		{"restored", siterapid.Restored(60)},
		{"hostile", siterapid.Hostile(40)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, rule := range modelRules {
				t.Attr("rule", rule)
			}
			rapid.Check(t, func(t *rapid.T) {
				w := sitetest.NewWorld(nil, 2)
				if err := w.Play(context.Background(), c.steps.Draw(t, "steps")); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// edges are steps at the edges of what the site waits for.
func edges() [][]sitetest.Step {
	gap := []sitetest.Step{
		{Do: sitetest.Set, State: compliance.Required},
		{Do: sitetest.Report},
		{Do: sitetest.Lose},
		{Do: sitetest.Set, N: 1, State: compliance.Required},
		{Do: sitetest.Report},
		{Do: sitetest.Deliver},
	}
	wait := func(d time.Duration) sitetest.Step { return sitetest.Step{Do: sitetest.Wait, For: d, Again: true} }
	var all [][]sitetest.Step
	for _, n := range []time.Duration{-1, 0, 1} {
		all = append(all, slices.Concat(gap, []sitetest.Step{wait(2880*time.Minute + n*time.Second)}))
		all = append(all, slices.Concat(gap, []sitetest.Step{wait(2881 * time.Minute), wait(72*time.Hour + n*time.Second)}))
	}
	return all
}

// TestMistakes plants every mistake in the model: the same steps find each one.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for _, rule := range modelRules {
		t.Attr("rule", rule)
	}
	honest, restored, hostile := siterapid.Steps(80), siterapid.Restored(80), siterapid.Hostile(60)
	for id, wrong := range sitetest.Mistakes() {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			for _, steps := range edges() {
				w := sitetest.NewWorld(nil, 2)
				w.Model.Mistake = id
				if w.Play(t.Context(), steps) != nil {
					return
				}
			}
			for seed := range 3000 {
				g := []*rapid.Generator[[]sitetest.Step]{honest, restored, hostile}[seed%3]
				w := sitetest.NewWorld(nil, 2)
				w.Model.Mistake = id
				if w.Play(t.Context(), g.Example(seed)) != nil {
					return
				}
			}
			t.Errorf("nothing is found of: %s", wrong)
		})
	}
}

// TestSettle lets anything happen to clients that are right, or restored: in the end
// the site holds what they know (SITE-2, SITE-3, SITE-9).
func TestSettle(t *testing.T) {
	t.Parallel()
	for _, rule := range modelRules {
		t.Attr("rule", rule)
	}
	honest, restored := siterapid.Steps(80), siterapid.Restored(80)
	rapid.Check(t, func(t *rapid.T) {
		g := honest
		if rapid.Bool().Draw(t, "restored") {
			g = restored
		}
		ctx := context.Background()
		w := sitetest.NewWorld(nil, 2)
		if err := w.Play(ctx, g.Draw(t, "steps")); err != nil {
			t.Fatal(err)
		}
		for _, a := range w.Agents {
			a.Refresh(w.Now, 0) // repairs what was forgotten (SITE-9)
		}
		if err := w.Settle(ctx); err != nil {
			t.Fatal(err)
		}
		for _, a := range w.Agents {
			if err := sitetest.Settled(ctx, w.Site.Keeper(), a); err != nil {
				t.Fatal(err)
			}
		}
	})
}
