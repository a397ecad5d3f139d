package ttl_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/updatescan/updatescan/ttl"
)

func TestVerdictString(t *testing.T) {
	t.Parallel()
	known := ttl.NewStamp(noon, 38)
	tests := []struct {
		name     string
		policy   ttl.Policy
		stamp    ttl.Stamp
		required ttl.Version
		now      time.Time
		want     string
	}{
		{
			"within",
			ttl.Policy{},
			known, 0, noon.Add(90 * time.Minute),
			"within_ttl: 1h30m0s old, TTL 24h0m0s, fresh until 2008-06-02T12:00:00Z",
		},
		{"expired", ttl.Policy{}, known, 0, noon.Add(25 * time.Hour), "expired: 25h0m0s old, TTL 24h0m0s"},
		{"expired by the least", ttl.Policy{}, known, 0, noon.Add(24*time.Hour + 1), "expired: 24h0m0.000000001s old, TTL 24h0m0s"},
		{"absent", ttl.Policy{}, ttl.Stamp{}, 39, noon, "absent: no metadata is stored"},
		{"future", ttl.Policy{}, known, 0, noon.Add(-10 * time.Minute), "from_future: stamped 10m0s ahead of now"},
		{
			"too low",
			ttl.Policy{},
			known, 39, noon.Add(time.Hour),
			"version_too_low: version 38, required 39; 1h0m0s old, TTL 24h0m0s",
		},
		{"absurd now", ttl.Policy{}, known, 0, time.Unix(1<<60, 0), "expired: over 292 years old, TTL 24h0m0s"},
		{"absurd stamp", ttl.Policy{}, ttl.NewStamp(time.Unix(1<<60, 0), 0), 0, noon, "from_future: stamped over 292 years ahead of now"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.policy.Check(tt.stamp, tt.required, tt.now).String(); got != tt.want {
				t.Errorf("String() = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestVerdictMadeByHand(t *testing.T) {
	t.Parallel()
	for i := range math.MaxUint8 + 1 {
		v := ttl.Verdict{Reason: ttl.Reason(i), Age: math.MinInt64, TTL: math.MinInt64}
		line := v.String()
		if !strings.HasPrefix(line, v.Reason.String()) || strings.ContainsAny(line, "\r\n") {
			t.Errorf("String() = %q, want one line that begins with %v", line, v.Reason)
		}
		if _, ok := v.Expires(); ok {
			t.Errorf("Verdict{%v}.Expires() without a stamp: ok", v.Reason)
		}
		if v.Fresh() != (v.Reason == ttl.WithinTTL) {
			t.Errorf("Verdict{%v}.Fresh() = %v", v.Reason, v.Fresh())
		}
	}
}

func TestVerdictExpires(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-2")
	known := ttl.NewStamp(noon.In(time.FixedZone("", 3600)), 38)
	tests := []struct {
		name     string
		policy   ttl.Policy
		stamp    ttl.Stamp
		required ttl.Version
		now      time.Time
		want     time.Time
		ok       bool
	}{
		{"within", ttl.Policy{}, known, 0, noon, noon.Add(24 * time.Hour), true},
		{"expired", ttl.Policy{TTL: time.Hour}, known, 0, noon.Add(48 * time.Hour), noon.Add(time.Hour), true},
		{"version too low", ttl.Policy{}, known, 99, noon, noon.Add(24 * time.Hour), true},
		{"ahead within tolerance", ttl.Policy{}, known, 0, noon.Add(-time.Minute), noon.Add(24 * time.Hour), true},
		{"now after the range", ttl.Policy{}, known, 0, time.Unix(1<<60, 0), noon.Add(24 * time.Hour), true},
		{"past the range", ttl.Policy{TTL: math.MaxInt64}, known, 0, noon, lastInside, true},
		{"absent", ttl.Policy{}, ttl.Stamp{}, 0, noon, time.Time{}, false},
		{"from the future", ttl.Policy{}, known, 0, noon.Add(-time.Hour), time.Time{}, false},
		{"stamp before the range", ttl.Policy{}, ttl.NewStamp(time.Time{}, 0), 0, noon, time.Time{}, false},
		{"stamp after the range", ttl.Policy{}, ttl.NewStamp(lastInside.Add(1), 0), 0, lastInside, time.Time{}, false},
		{"negative TTL", ttl.Policy{TTL: -1}, known, 0, noon, time.Time{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := tt.policy.Check(tt.stamp, tt.required, tt.now).Expires()
			if got != tt.want || ok != tt.ok {
				t.Errorf("Expires() = %v, %v, want %v, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}
