package scanrapid

import (
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/scan/scantest"
	"github.com/updatescan/updatescan/ttl"
)

// Trigger draws one of the triggers.
func Trigger() *rapid.Generator[scan.Trigger] {
	return rapid.SampledFrom(scantest.Model{}.Triggers())
}

// AnyTrigger draws a number that may be a trigger, half of the time one next to
// those that are.
func AnyTrigger() *rapid.Generator[scan.Trigger] {
	edges := rapid.SampledFrom([]scan.Trigger{0, 1, 9, 10, 255})
	return rapid.OneOf(edges, rapid.Map(rapid.Byte(), func(b byte) scan.Trigger { return scan.Trigger(b) }))
}

// Type draws one of the scan types.
func Type() *rapid.Generator[scan.Type] {
	return rapid.SampledFrom([]scan.Type{scan.NonForcedOnline, scan.ForcedOnline, scan.ForcedOffline})
}

// AnyType draws a number that may be a scan type.
func AnyType() *rapid.Generator[scan.Type] {
	edges := rapid.SampledFrom([]scan.Type{0, 1, 3, 4, 255})
	return rapid.OneOf(edges, rapid.Map(rapid.Byte(), func(b byte) scan.Type { return scan.Type(b) }))
}

// TriggerText draws a text that is one of a trigger, or nearly so, or not at
// all.
func TriggerText() *rapid.Generator[string] {
	return nearToken(rapid.Map(Trigger(), scantest.Model{}.TriggerText))
}

// TypeText draws a text that is one of a scan type, or nearly so, such as that
// of the type that does not exist, or not at all.
func TypeText() *rapid.Generator[string] {
	return nearToken(rapid.SampledFrom([]string{"non_forced_online", "forced_online", "forced_offline", "non_forced_offline"}))
}

// nearToken draws a token, one with a small change, or any text.
func nearToken(token *rapid.Generator[string]) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		s := token.Draw(t, "token")
		change := rapid.IntRange(0, 7).Draw(t, "change")
		if change == 0 {
			return strings.ToUpper(s)
		}
		if change == 1 {
			return strings.ToUpper(s[:1]) + s[1:]
		}
		if change == 2 {
			return strings.ReplaceAll(s, "_", rapid.SampledFrom([]string{"-", " ", ""}).Draw(t, "sign"))
		}
		if change == 3 {
			return rapid.SampledFrom([]string{" " + s, s + " ", s + "\n", s[1:], s + "s", ""}).Draw(t, "end")
		}
		if change == 4 {
			return rapid.String().Draw(t, "text")
		}
		return s
	})
}

// ScheduleID draws a schedule id that is one of a trigger, or nearly so.
func ScheduleID() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		id := "{00000000-0000-0000-0000-" + rapid.SampledFrom([]string{
			"000000000113", "000000000108", "000000000112", "000000000000", "00000000113",
		}).Draw(t, "number") + "}"
		if rapid.Bool().Draw(t, "bare") {
			return id[1 : len(id)-1]
		}
		return id
	})
}

// ID draws the id of an update of a small set, so that ids meet: those of
// [scantest.ID] from 0 to 5.
func ID() *rapid.Generator[compliance.UpdateID] {
	return rapid.Map(rapid.IntRange(0, 5), scantest.ID)
}

// Required draws a content version that a request requires: mostly none, else
// one around those that the locations of a [scantest.World] have.
func Required() *rapid.Generator[ttl.Version] {
	return rapid.OneOf(rapid.Just(ttl.Version(0)), rapid.Map(rapid.Uint32Range(10, 14), func(n uint32) ttl.Version { return ttl.Version(n) }))
}

// Request draws a request: mostly a valid one, else one with an unknown
// trigger, or without the updates that it must name.
func Request() *rapid.Generator[scan.Request] {
	return rapid.Custom(func(t *rapid.T) scan.Request {
		r := scan.Request{Trigger: Trigger().Draw(t, "trigger"), Required: Required().Draw(t, "required")}
		if rapid.IntRange(0, 15).Draw(t, "odd") == 15 {
			r.Trigger = AnyTrigger().Draw(t, "any trigger")
		}
		least := 0
		if (scantest.Model{}).NamesUpdates(r.Trigger) && rapid.IntRange(0, 7).Draw(t, "unnamed") < 7 {
			least = 1
		}
		r.Updates = rapid.SliceOfN(ID(), least, 4).Draw(t, "updates")
		return r
	})
}

// Installation draws the end of an installation, now and then one without
// updates, which is refused.
func Installation() *rapid.Generator[scan.Installation] {
	return rapid.Custom(func(t *rapid.T) scan.Installation {
		return scan.Installation{
			Assignment:      rapid.SampledFrom([]string{"", "{D1}", "{D2}"}).Draw(t, "assignment"),
			Updates:         rapid.SliceOfN(ID(), 0, 3).Draw(t, "updates"),
			RestartRequired: rapid.Bool().Draw(t, "restart"),
		}
	})
}

// Schedule draws a valid schedule, often one at the edge of what is valid:
// intervals of a minute and of ten years, starts in the past and the future.
func Schedule() *rapid.Generator[scan.Schedule] {
	return rapid.Custom(func(t *rapid.T) scan.Schedule {
		s := scan.Schedule{Disabled: rapid.IntRange(0, 7).Draw(t, "disabled") == 7}
		edges := rapid.SampledFrom([]time.Duration{0, time.Minute, time.Minute + 1, scan.MaxInterval - 1, scan.MaxInterval})
		hours := rapid.Map(rapid.Int64Range(1, 14*24), func(n int64) time.Duration { return time.Duration(n) * time.Hour })
		s.Interval = rapid.OneOf(edges, hours).Draw(t, "interval")
		if rapid.Bool().Draw(t, "custom") {
			s.Start = Moment(scantest.Start()).Draw(t, "start")
		}
		return s
	})
}
