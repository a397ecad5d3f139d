package siterapid_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/statemsg/site"
	"github.com/updatescan/updatescan/statemsg/site/sitetest"
	"github.com/updatescan/updatescan/statemsg/site/sitetest/siterapid"
)

// TestDraws counts what is drawn: every act, both sides of each limit, and bad
// messages among good ones.
func TestDraws(t *testing.T) {
	t.Parallel()
	acts := make(map[sitetest.Act]bool)
	edges := make(map[time.Duration]bool)
	bad, good, loose := 0, 0, 0
	for seed := range 200 {
		for _, g := range []*rapid.Generator[[]sitetest.Step]{siterapid.Steps(60), siterapid.Restored(60), siterapid.Hostile(60), siterapid.Forgetful(60)} {
			for _, s := range g.Example(seed) {
				acts[s.Do] = true
				edges[s.For] = true
				for _, m := range s.Forged {
					if site.RecordFault(&m) != "" {
						bad++
					} else {
						good++
					}
					if m.Serial == 0 {
						loose++
					}
				}
			}
		}
	}
	for a := sitetest.Set; a <= sitetest.ForgetClient; a++ {
		if !acts[a] {
			t.Errorf("act %d is never drawn", a)
		}
	}
	for _, limit := range []time.Duration{site.DefaultMinMissingAge, site.DefaultMinResyncPeriod} {
		for _, d := range []time.Duration{-time.Second, 0, time.Second} {
			if !edges[limit+d] {
				t.Errorf("%v is never drawn", limit+d)
			}
		}
	}
	if bad == 0 || good == 0 || loose == 0 {
		t.Errorf("%d bad messages, %d good, %d without serial, want some of each", bad, good, loose)
	}
}

// TestHonestStepsForgeNothing: a client that is right sends nothing bad and is never
// reset.
func TestHonestStepsForgeNothing(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-5")
	rapid.Check(t, func(t *rapid.T) {
		w := sitetest.NewWorld(nil, 2)
		if err := w.Play(t.Context(), siterapid.Steps(60).Draw(t, "steps")); err != nil {
			t.Fatal(err)
		}
		for _, a := range w.Agents {
			c, ok := w.Model.Client(a.Client.ID)
			if ok && (c.Resets() > 0 || c.Counts.Bad > 0 || c.Counts.Stale > 0) {
				t.Fatalf("client %+v", c)
			}
		}
	})
}
