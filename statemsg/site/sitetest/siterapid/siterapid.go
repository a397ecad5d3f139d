// Package siterapid draws what happens between a site and its clients, for
// properties with rapid. What has a bound is drawn near it half of the time.
//
// Importing rapid registers flags, so this package is apart from sitetest and only
// tests import it.
package siterapid

import (
	"time"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
	"github.com/updatescan/updatescan/statemsg/site/sitetest"
)

// Duration draws a time to wait: half of the time near 2880 minutes or 72 hours.
func Duration() *rapid.Generator[time.Duration] {
	near := rapid.Custom(func(t *rapid.T) time.Duration {
		limit := rapid.SampledFrom([]time.Duration{site.DefaultMinMissingAge, site.DefaultMinResyncPeriod, 24 * time.Hour}).Draw(t, "limit")
		return limit + time.Duration(rapid.IntRange(-1, 1).Draw(t, "seconds"))*time.Second
	})
	far := rapid.Map(rapid.IntRange(0, 3600), func(n int) time.Duration { return time.Duration(n) * time.Second })
	return rapid.OneOf(near, far)
}

// honest are the acts of clients that are right; reports are made and arrive more
// often than other things happen.
var honest = []sitetest.Act{
	sitetest.Set, sitetest.Set, sitetest.Set, sitetest.Set, sitetest.Set, sitetest.Forget, sitetest.Scan, sitetest.Refresh, sitetest.Answer,
	sitetest.Report, sitetest.Report, sitetest.Report, sitetest.Report, sitetest.Deliver, sitetest.Deliver, sitetest.Deliver, sitetest.Deliver,
	sitetest.Lose, sitetest.Lose, sitetest.Wait, sitetest.Wait, sitetest.Wait, sitetest.Check, sitetest.Register, sitetest.Reject,
}

// Steps draws up to so many steps of clients that are right, over a network that
// loses, repeats and delays.
func Steps(most int) *rapid.Generator[[]sitetest.Step] {
	return rapid.SliceOfN(step(honest), 1, most)
}

// Restored draws steps of clients that are right, but are restored from backups,
// installed again or cloned now and then.
func Restored(most int) *rapid.Generator[[]sitetest.Step] {
	acts := append([]sitetest.Act{sitetest.Save, sitetest.Restore}, honest...)
	return rapid.SliceOfN(step(acts), 1, most)
}

// Forgetful draws steps of clients that are right, some restored, and of a site that
// forgets them now and then. Its store must be a [site.Forgetter].
func Forgetful(most int) *rapid.Generator[[]sitetest.Step] {
	acts := append([]sitetest.Act{sitetest.ForgetClient, sitetest.ForgetClient, sitetest.Save, sitetest.Restore}, honest...)
	return rapid.SliceOfN(step(acts), 1, most)
}

// Hostile draws steps among which are reports that no client makes.
func Hostile(most int) *rapid.Generator[[]sitetest.Step] {
	acts := append([]sitetest.Act{sitetest.Save, sitetest.Restore, sitetest.Forge, sitetest.Forge, sitetest.Forge, sitetest.Forge, sitetest.Forge}, honest...)
	return rapid.SliceOfN(step(acts), 1, most)
}

func step(acts []sitetest.Act) *rapid.Generator[sitetest.Step] {
	states := rapid.SampledFrom([]compliance.State{compliance.Unknown, compliance.NotRequired, compliance.Required, compliance.Installed})
	return rapid.Custom(func(t *rapid.T) sitetest.Step {
		s := sitetest.Step{
			Do:    rapid.SampledFrom(acts).Draw(t, "act"),
			Agent: rapid.IntRange(0, 1).Draw(t, "agent"),
			N:     rapid.IntRange(0, 7).Draw(t, "n"),
			Again: rapid.IntRange(0, 3).Draw(t, "again") == 0,
		}
		if s.Do == sitetest.Set {
			s.State = states.Draw(t, "state")
		}
		if s.Do == sitetest.Wait {
			s.For = Duration().Draw(t, "for")
			s.Again = rapid.Bool().Draw(t, "check")
		}
		if s.Do == sitetest.Forge {
			s.For = time.Duration(rapid.IntRange(-3, 3).Draw(t, "date")) * time.Hour
			s.Forged = rapid.SliceOfN(Message(), 1, 6).Draw(t, "forged")
		}
		return s
	})
}

// Message draws a message with a small serial, or none, that may be bad: one about
// one of four updates, or a refresh marker.
func Message() *rapid.Generator[statemsg.Message] {
	return rapid.Custom(func(t *rapid.T) statemsg.Message {
		at := time.Date(2008, 6, 3, 9, 0, rapid.IntRange(0, 4).Draw(t, "second"), 0, time.UTC)
		serial := uint64(max(0, rapid.IntRange(-5, 90).Draw(t, "serial")))
		if rapid.IntRange(0, 5).Draw(t, "marker") == 5 {
			m := statemsg.RefreshMarker(uint64(rapid.IntRange(0, 40).Draw(t, "from")), uint64(rapid.IntRange(0, 3).Draw(t, "request")), at)
			m.Serial = serial
			return m
		}
		return statemsg.Message{
			TopicType: statemsg.UpdateDetection, TopicID: sitetest.Update(rapid.IntRange(0, 3).Draw(t, "topic")),
			StateID: statemsg.StateID(rapid.IntRange(0, 4).Draw(t, "state")), Time: at, Serial: serial,
		}
	})
}
