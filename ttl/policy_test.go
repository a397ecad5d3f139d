package ttl_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/ttl"
)

func TestPolicyValidate(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-1")
	tests := []struct {
		name   string
		policy ttl.Policy
		want   *ttl.PolicyError
		text   string
	}{
		{"zero is the default", ttl.Policy{}, nil, ""},
		{"least", ttl.Policy{TTL: 1, Tolerance: 1}, nil, ""},
		{"greatest", ttl.Policy{TTL: math.MaxInt64, Tolerance: math.MaxInt64}, nil, ""},
		{"negative TTL", ttl.Policy{TTL: -1}, &ttl.PolicyError{Field: "TTL", Value: -1}, "ttl: policy: TTL: -1ns is negative"},
		{
			"negative tolerance",
			ttl.Policy{Tolerance: -time.Hour},
			&ttl.PolicyError{Field: "Tolerance", Value: -time.Hour},
			"ttl: policy: Tolerance: -1h0m0s is negative",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := tt.policy.Validate()
			if tt.want == nil {
				if err != nil {
					t.Errorf("Validate() = %v, want nil", err)
				}
				return
			}
			got, ok := errors.AsType[*ttl.PolicyError](err)
			if !ok || *got != *tt.want || err.Error() != tt.text {
				t.Errorf("Validate() = %v, want %q", err, tt.text)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	known := ttl.NewStamp(noon, 38)
	tests := []struct {
		name     string
		rule     string
		policy   ttl.Policy
		stamp    ttl.Stamp
		required ttl.Version
		now      time.Time
		reason   ttl.Reason
		age      time.Duration
	}{
		{"default TTL", "TTL-1", ttl.Policy{}, known, 0, noon.Add(day), ttl.WithinTTL, day},
		{"default TTL over", "TTL-1", ttl.Policy{}, known, 0, noon.Add(day + 1), ttl.Expired, day + 1},
		{"configured TTL", "TTL-1", ttl.Policy{TTL: time.Hour}, known, 0, noon.Add(time.Hour + 1), ttl.Expired, time.Hour + 1},
		{"negative TTL", "TTL-1", ttl.Policy{TTL: -1}, known, 0, noon, ttl.Expired, 0},
		{"just retrieved", "TTL-2", ttl.Policy{}, known, 0, noon, ttl.WithinTTL, 0},
		{"a nanosecond under", "TTL-2", ttl.Policy{TTL: day}, known, 0, noon.Add(day - 1), ttl.WithinTTL, day - 1},
		{"at the limit", "TTL-2", ttl.Policy{TTL: day}, known, 0, noon.Add(day), ttl.WithinTTL, day},
		{"a nanosecond over", "TTL-2", ttl.Policy{TTL: day}, known, 0, noon.Add(day + 1), ttl.Expired, day + 1},
		{"other zone", "TTL-2", ttl.Policy{}, known, 0, noon.Add(day).In(time.FixedZone("", -7*3600)), ttl.WithinTTL, day},
		{"absent", "TTL-3", ttl.Policy{}, ttl.Stamp{}, 0, noon, ttl.Absent, 0},
		{"absent at the epoch", "TTL-3", ttl.Policy{}, ttl.Stamp{}, 0, time.Unix(0, 0), ttl.Absent, 0},
		{"absent before too low", "TTL-3", ttl.Policy{}, ttl.Stamp{}, 38, noon, ttl.Absent, 0},
		{"within the default tolerance", "TTL-7", ttl.Policy{}, known, 0, noon.Add(-5 * time.Minute), ttl.WithinTTL, 0},
		{"over the default tolerance", "TTL-7", ttl.Policy{}, known, 0, noon.Add(-5*time.Minute - 1), ttl.FromFuture, -5*time.Minute - 1},
		{"at the tolerance", "TTL-7", ttl.Policy{Tolerance: time.Hour}, known, 0, noon.Add(-time.Hour), ttl.WithinTTL, 0},
		{"over the tolerance", "TTL-7", ttl.Policy{Tolerance: 1}, known, 0, noon.Add(-2), ttl.FromFuture, -2},
		{"negative tolerance", "TTL-7", ttl.Policy{Tolerance: -1}, known, 0, noon.Add(-1), ttl.FromFuture, -1},
		{"negative tolerance, now", "TTL-7", ttl.Policy{Tolerance: -1}, known, 0, noon, ttl.WithinTTL, 0},
		{"future before too low", "TTL-7", ttl.Policy{}, known, 39, noon.Add(-day), ttl.FromFuture, -day},
		{"clock a day back", "TTL-7", ttl.Policy{}, known, 0, noon.Add(time.Hour - day), ttl.FromFuture, time.Hour - day},
		{"clock a day forward", "TTL-2", ttl.Policy{}, known, 0, noon.Add(time.Hour + day), ttl.Expired, time.Hour + day},
		{"version equal", "TTL-8", ttl.Policy{}, known, 38, noon.Add(day), ttl.WithinTTL, day},
		{"version above", "TTL-8", ttl.Policy{}, known, 37, noon, ttl.WithinTTL, 0},
		{"version below", "TTL-8", ttl.Policy{}, known, 39, noon.Add(1), ttl.VersionTooLow, 1},
		{"version far below", "TTL-8", ttl.Policy{}, known, math.MaxUint32, noon, ttl.VersionTooLow, 0},
		{"version unknown", "TTL-8", ttl.Policy{}, ttl.NewStamp(noon, 0), 1, noon, ttl.VersionTooLow, 0},
		{"none required of none", "TTL-8", ttl.Policy{}, ttl.NewStamp(noon, 0), 0, noon, ttl.WithinTTL, 0},
		{"too low before expired", "TTL-8", ttl.Policy{}, known, 39, noon.Add(2 * day), ttl.VersionTooLow, 2 * day},
		{"too low within tolerance", "TTL-8", ttl.Policy{}, known, 39, noon.Add(-1), ttl.VersionTooLow, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			t.Attr("rule", tt.rule)
			limit := tt.policy.TTL
			if limit == 0 {
				limit = day
			}
			want := ttl.Verdict{Reason: tt.reason, Age: tt.age, TTL: limit, Stamp: tt.stamp, Required: tt.required}
			got := tt.policy.Check(tt.stamp, tt.required, tt.now)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("Check(%v, %v, %v) (-want +got):\n%s", tt.stamp, tt.required, tt.now, d)
			}
			if got.Fresh() != (tt.reason == ttl.WithinTTL) {
				t.Errorf("Check(...).Fresh() = %v for %v", got.Fresh(), tt.reason)
			}
		})
	}
}

// The literal rules, for those who look for one by its name.
func TestRuleAttributes(t *testing.T) {
	t.Parallel()
	policy, known := ttl.Policy{}, ttl.NewStamp(noon, 38)
	t.Run("TTL-1", func(t *testing.T) {
		t.Parallel()
		t.Attr("rule", "TTL-1")
		if got := policy.Check(known, 0, noon).TTL; got != 24*time.Hour {
			t.Errorf("the default TTL = %v, want 24h", got)
		}
		if got := (ttl.Policy{TTL: time.Hour}).Check(known, 0, noon).TTL; got != time.Hour {
			t.Errorf("the configured TTL = %v, want 1h", got)
		}
	})
	t.Run("TTL-7", func(t *testing.T) {
		t.Parallel()
		t.Attr("rule", "TTL-7")
		v := policy.Check(known, 0, noon.Add(-5*time.Minute-1))
		if v.Fresh() || v.Reason != ttl.FromFuture {
			t.Errorf("a stamp 5m0.000000001s ahead = %v, want from_future", v)
		}
		if v := policy.Check(known, 0, noon.Add(-5*time.Minute)); !v.Fresh() || v.Age != 0 {
			t.Errorf("a stamp 5m ahead = %v, want fresh of age 0", v)
		}
	})
	t.Run("TTL-8", func(t *testing.T) {
		t.Parallel()
		t.Attr("rule", "TTL-8")
		if v := policy.Check(known, 39, noon); v.Fresh() || v.Reason != ttl.VersionTooLow {
			t.Errorf("version 38 where 39 is required = %v, want version_too_low", v)
		}
	})
}

// Nothing absurd may read as fresh, however large the TTL and tolerance are,
// unless exact arithmetic inside the range says so.
func TestAbsurdTimesAreNeverFresh(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-7")
	absurd := []time.Time{
		{},
		time.Unix(math.MinInt64, 0),
		time.Unix(math.MinInt64, 999_999_999),
		time.Unix(math.MaxInt64, 0),
		time.Unix(math.MaxInt64, 999_999_999),
		time.Unix(math.MaxInt64, 2e9), // wraps in package time
		time.Unix(0, math.MinInt64),
		time.Unix(0, math.MaxInt64),
		time.Unix(math.MaxInt64/1_000_000_000+1, 0),
		time.Unix(math.MinInt64/1_000_000_000-1, 0),
		time.Unix(1<<62, 0), time.Unix(-1<<62, 0),
		time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
		firstInside.Add(-1), lastInside.Add(1),
	}
	// What wraps to an ordinary time when multiplied carelessly.
	for k := int64(-3); k <= 3; k++ {
		if k != 0 {
			absurd = append(absurd, time.Unix(noon.Unix()+k*(math.MaxInt64/1_000_000_000*2), 0))
		}
	}
	ordinary := []time.Time{noon, firstInside, lastInside, time.Unix(0, 0)}
	policies := []ttl.Policy{{}, {TTL: math.MaxInt64}, {Tolerance: math.MaxInt64}, {TTL: math.MaxInt64, Tolerance: math.MaxInt64}}
	check := func(p ttl.Policy, at, now time.Time) {
		v := p.Check(ttl.NewStamp(at, 1), 0, now)
		if v.Fresh() {
			t.Errorf("%+v.Check(%v, %v) = %v, want not fresh", p, at, now, v)
		}
		if v.Reason == ttl.FromFuture && v.Age >= 0 || v.Reason != ttl.FromFuture && v.Age < 0 {
			t.Errorf("%+v.Check(%v, %v).Age = %v for %v", p, at, now, v.Age, v.Reason)
		}
	}
	for _, p := range policies {
		for _, a := range absurd {
			for _, b := range absurd {
				check(p, a, b)
			}
			for _, b := range ordinary {
				check(p, a, b)
				check(p, b, a)
			}
		}
		// 584 years: the difference does not fit in a Duration.
		check(p, firstInside, lastInside)
		check(p, lastInside, firstInside)
	}
}

// The clock steps a day back and forward while metadata is stored.
func TestClockSteps(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-7")
	const day = 24 * time.Hour
	stamp := ttl.NewStamp(noon, 1)
	steps := []struct {
		name string
		now  time.Time
		want ttl.Reason
	}{
		{"an hour later", noon.Add(time.Hour), ttl.WithinTTL},
		{"stepped a day back", noon.Add(time.Hour - day), ttl.FromFuture},
		{"still behind", noon.Add(-5*time.Minute - time.Second), ttl.FromFuture},
		{"nearly caught up", noon.Add(-5 * time.Minute), ttl.WithinTTL},
		{"caught up", noon.Add(2 * time.Hour), ttl.WithinTTL},
		{"stepped a day forward", noon.Add(2*time.Hour + day), ttl.Expired},
		{"set right again", noon.Add(3 * time.Hour), ttl.WithinTTL},
	}
	for _, s := range steps {
		if got := (ttl.Policy{}).Check(stamp, 0, s.now); got.Reason != s.want {
			t.Errorf("%s: %v, want %v", s.name, got, s.want)
		}
	}
}

// Not parallel: AllocsPerRun counts those of the whole program.
func TestCheckDoesNotAllocate(t *testing.T) {
	stamps := []ttl.Stamp{{}, ttl.NewStamp(noon, 1), ttl.NewStamp(time.Time{}, 1)}
	var fresh int
	if n := testing.AllocsPerRun(100, func() {
		for _, s := range stamps {
			for _, d := range []time.Duration{-time.Hour, 0, 25 * time.Hour} {
				if (ttl.Policy{}).Check(s, 1, noon.Add(d)).Fresh() {
					fresh++
				}
			}
		}
	}); n != 0 {
		t.Errorf("Check allocates %v times, want 0", n)
	}
	if fresh == 0 {
		t.Error("nothing was fresh")
	}
}
