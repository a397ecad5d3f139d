package scan_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/scan/scantest"
	"github.com/updatescan/updatescan/ttl"
)

var june = time.Date(2008, 6, 1, 8, 0, 0, 0, time.UTC)

func TestDecide(t *testing.T) {
	t.Parallel()
	stamp := ttl.NewStamp(june, 5)
	day := 24 * time.Hour
	for _, tt := range []struct {
		name     string
		rule     string
		typ      scan.Type
		stamp    ttl.Stamp
		required ttl.Version
		age      time.Duration
		action   scan.Action
		reason   scan.Reason
	}{
		{"forced online, fresh", "DEC-1", scan.ForcedOnline, stamp, 0, 0, scan.Connect, scan.ForcedToConnect},
		{"forced online, expired", "DEC-1", scan.ForcedOnline, stamp, 0, 2 * day, scan.Connect, scan.ForcedToConnect},
		{"forced online, absent", "DEC-1", scan.ForcedOnline, ttl.Stamp{}, 0, 0, scan.Connect, scan.ForcedToConnect},
		{"forced online, the moment after", "DEC-8", scan.ForcedOnline, stamp, 0, 1, scan.Connect, scan.ForcedToConnect},
		{"non-forced, at the limit", "DEC-2", scan.NonForcedOnline, stamp, 0, day, scan.UseLocal, scan.MetadataFresh},
		{"non-forced, past the limit", "DEC-2", scan.NonForcedOnline, stamp, 0, day + 1, scan.Connect, scan.MetadataNotFresh},
		{"non-forced, absent", "DEC-2", scan.NonForcedOnline, ttl.Stamp{}, 0, 0, scan.Connect, scan.MetadataNotFresh},
		{"non-forced, from the future", "DEC-2", scan.NonForcedOnline, stamp, 0, -time.Hour, scan.Connect, scan.MetadataNotFresh},
		{"non-forced, version will do", "DEC-2", scan.NonForcedOnline, stamp, 5, 0, scan.UseLocal, scan.MetadataFresh},
		{"non-forced, version too low", "DEC-2", scan.NonForcedOnline, stamp, 6, 0, scan.Connect, scan.MetadataNotFresh},
		{"offline, fresh", "DEC-3", scan.ForcedOffline, stamp, 0, 0, scan.UseLocal, scan.ForcedOfflineScan},
		{"offline, a year old", "DEC-3", scan.ForcedOffline, stamp, 0, 365 * day, scan.UseLocal, scan.ForcedOfflineScan},
		{"offline, from the future", "DEC-3", scan.ForcedOffline, stamp, 0, -day, scan.UseLocal, scan.ForcedOfflineScan},
		{"offline, version too low", "DEC-3", scan.ForcedOffline, stamp, 6, 0, scan.UseLocal, scan.ForcedOfflineScan},
		{"offline, absent", "DEC-4", scan.ForcedOffline, ttl.Stamp{}, 0, 0, scan.Fail, scan.NoOfflineHistory},
		{"no type", "DEC-6", 0, stamp, 0, 0, scan.Fail, scan.InvalidType},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			t.Attr("rule", tt.rule)
			got := scan.Decide(tt.typ, ttl.Policy{}, tt.stamp, tt.required, june.Add(tt.age))
			if got.Action != tt.action || got.Reason != tt.reason || got.Type != tt.typ {
				t.Errorf("Decide = %+v, want %v, %v", got, tt.action, tt.reason)
			}
			if !strings.HasPrefix(got.String(), strings.SplitN(tt.action.String(), "_", 2)[0]) {
				t.Errorf("Decide says %q, which does not begin with %v", got, tt.action)
			}
		})
	}
}

// TestDecideModel compares Decide with the reference model, near every
// boundary.
func TestDecideModel(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DEC-1")
	t.Attr("rule", "DEC-2")
	t.Attr("rule", "DEC-3")
	t.Attr("rule", "DEC-4")
	t.Attr("rule", "DEC-6")
	t.Attr("rule", "DEC-8")
	rapid.Check(t, func(t *rapid.T) {
		limit := time.Duration(rapid.Int64Range(1, int64(1000*time.Hour)).Draw(t, "ttl"))
		edge := rapid.SampledFrom([]time.Duration{0, limit, -5 * time.Minute, time.Hour}).Draw(t, "edge")
		age := edge + time.Duration(rapid.Int64Range(-2, 2).Draw(t, "offset"))*rapid.SampledFrom([]time.Duration{1, time.Second}).Draw(t, "unit")
		have := ttl.Version(rapid.Uint32Range(0, 3).Draw(t, "have"))
		want := ttl.Version(rapid.Uint32Range(0, 3).Draw(t, "want"))
		stored := rapid.Bool().Draw(t, "stored")
		typ := rapid.SampledFrom([]scan.Type{scan.NonForcedOnline, scan.ForcedOnline, scan.ForcedOffline}).Draw(t, "type")
		var stamp ttl.Stamp
		if stored {
			stamp = ttl.NewStamp(june, have)
		}
		got := scan.Decide(typ, ttl.Policy{TTL: limit}, stamp, want, june.Add(age))
		if model := (scantest.Model{}).Decide(typ, ttl.Policy{TTL: limit}, stamp, want, june.Add(age)); got != model {
			t.Fatalf("Decide(%v, %v, %v, %d, age %v) = %+v, want %+v", typ, limit, stamp, want, age, got, model)
		}
	})
}

func TestDecideAllocatesNothing(t *testing.T) {
	stamp := ttl.NewStamp(june, 5)
	now := june.Add(25 * time.Hour)
	var d scan.Decision
	if n := testing.AllocsPerRun(100, func() { d = scan.Decide(scan.NonForcedOnline, ttl.Policy{}, stamp, 3, now) }); n != 0 {
		t.Errorf("Decide allocates %v times", n)
	}
	_ = d
}

func BenchmarkDecide(b *testing.B) {
	stamp := ttl.NewStamp(june, 5)
	now := june.Add(25 * time.Hour)
	b.ReportAllocs()
	var d scan.Decision
	for b.Loop() {
		d = scan.Decide(scan.NonForcedOnline, ttl.Policy{}, stamp, 3, now)
	}
	_ = d
}

// Only the rule is needed: metadata retrieved this morning, and a user who asks
// for a scan after one that the schedule started.
func ExampleDecide() {
	retrieved := ttl.NewStamp(time.Date(2008, 6, 1, 8, 0, 0, 0, time.UTC), 38)
	policy := ttl.Policy{TTL: 24 * time.Hour}
	for _, trigger := range []scan.Trigger{scan.ScanSchedule, scan.ScanCycle, scan.AfterInstallation} {
		now := time.Date(2008, 6, 2, 8, 0, 0, 0, time.UTC)
		d := scan.Decide(trigger.Type(), policy, retrieved, 0, now)
		fmt.Printf("%s: %s\n", trigger, d.Action)
	}
	// Output:
	// scan_schedule: use_local
	// software_updates_scan_cycle: connect
	// after_installation: use_local
}
