package site_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
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
		{"forgetful", siterapid.Forgetful(60)},
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
	// Two resets soon after one another: the second must wait for its resync.
	again := []sitetest.Step{
		{Do: sitetest.Restore},
		{Do: sitetest.Wait, For: time.Minute},
		{Do: sitetest.Set, State: compliance.Installed},
		{Do: sitetest.Report},
		{Do: sitetest.Deliver},
	}
	forge := func(date time.Duration, messages ...statemsg.Message) sitetest.Step {
		return sitetest.Step{Do: sitetest.Forge, For: date, Forged: messages}
	}
	marker := func(from, serial uint64) statemsg.Message {
		m := statemsg.RefreshMarker(from, 0, start)
		m.Serial = serial
		return m
	}
	all = append(all,
		// Of two refreshes that are arriving the earlier marker comes last.
		[]sitetest.Step{forge(0, marker(8, 10)), forge(0, marker(3, 5))},
		// A serial is used again, for a topic that has no row.
		[]sitetest.Step{forge(0, numbered(start, 1, 2, 3).Messages...), forge(-time.Hour, numbered(start, 4).Messages...), forge(-time.Hour, topicAt(2, 9))})
	return append(all, slices.Concat(gap[:2], []sitetest.Step{{Do: sitetest.Deliver}}, again, again, []sitetest.Step{wait(72 * time.Hour)}))
}

// topicAt is a message with a serial about an update that has another number.
func topicAt(serial uint64, update int) statemsg.Message {
	m := numbered(start, serial).Messages[0]
	m.TopicID = sitetest.Update(update)
	return m
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
