package ttl_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/ttl/ttltest"
)

var (
	firstInside = ttltest.FirstInside()
	lastInside  = ttltest.LastInside()
	noon        = time.Date(2008, 6, 1, 12, 0, 0, 0, time.UTC)
)

func TestZeroStampIsAbsent(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-3")
	var s ttl.Stamp
	if s.Present() || s.Version() != 0 {
		t.Errorf("zero Stamp: Present, Version = %v, %v, want false, 0", s.Present(), s.Version())
	}
	if at, ok := s.Time(); ok || !at.IsZero() {
		t.Errorf("zero Stamp: Time() = %v, %v, want zero, false", at, ok)
	}
	if got := s.String(); got != "absent" {
		t.Errorf("zero Stamp: String() = %q, want absent", got)
	}
	epoch := ttl.NewStamp(time.Unix(0, 0), 0)
	if !epoch.Present() || epoch == s || epoch.Equal(s) {
		t.Errorf("the stamp of 1970 is not told from an absent one: %v", epoch)
	}
}

func TestStampHoldsTimesInRange(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		at, want time.Time
	}{
		{"ordinary", noon, noon},
		{"one nanosecond", noon.Add(1), noon.Add(1)},
		{"before 1970", time.Unix(-1, 999_999_999), time.Unix(-1, 999_999_999)},
		{"other zone", noon.In(time.FixedZone("", 3600)), noon},
		{"first inside", firstInside, firstInside},
		{"last inside", lastInside, lastInside},
		{"just before", firstInside.Add(-1), firstInside.Add(-1)},
		{"just after", lastInside.Add(1), lastInside.Add(1)},
		{"long before", time.Time{}, firstInside.Add(-1)},
		{"long after", time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), lastInside.Add(1)},
		{"least", time.Unix(math.MinInt64, 0), firstInside.Add(-1)},
		{"greatest", time.Unix(math.MaxInt64, 999_999_999), lastInside.Add(1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := ttl.NewStamp(tt.at, 38)
			got, ok := s.Time()
			if !ok || !got.Equal(tt.want) || got.Location() != time.UTC {
				t.Errorf("NewStamp(%v).Time() = %v, %v, want %v", tt.at, got, ok, tt.want)
			}
			if s.Version() != 38 || !s.Present() {
				t.Errorf("NewStamp(%v) = %v, want present, version 38", tt.at, s)
			}
			if again := ttl.NewStamp(got, 38); again != s || !again.Equal(s) {
				t.Errorf("NewStamp(Time()) = %v, want %v", again, s)
			}
		})
	}
}

func TestStampIsWallClock(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-2")
	now := time.Now() // with a monotonic reading
	if !strings.Contains(now.String(), "m=") {
		t.Skip("SKIPPED: this system's clock gives no monotonic reading")
	}
	if got, want := ttl.NewStamp(now, 1), ttl.NewStamp(now.Round(0), 1); got != want {
		t.Errorf("NewStamp with a monotonic reading = %v, without = %v", got, want)
	}
	at, _ := ttl.NewStamp(now, 1).Time()
	if strings.Contains(at.String(), "m=") {
		t.Errorf("Time() = %v, want no monotonic reading", at)
	}
}

func TestStampString(t *testing.T) {
	t.Parallel()
	if got, want := ttl.NewStamp(noon, 38).String(), "2008-06-01T12:00:00Z, version 38"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	if got, want := ttl.NewStamp(noon, 0).String(), "2008-06-01T12:00:00Z"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
}

func TestStampKeepsEveryTimeInRange(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sec := rapid.Int64Range(firstInside.Unix(), lastInside.Unix()).Draw(t, "sec")
		at := time.Unix(sec, rapid.Int64Range(0, 999_999_999).Draw(t, "nsec"))
		if got, _ := ttl.NewStamp(at, 1).Time(); !got.Equal(at) {
			t.Fatalf("NewStamp(%v).Time() = %v", at.UTC(), got)
		}
	})
}
