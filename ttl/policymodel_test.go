package ttl_test

import (
	"math"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/ttl"
)

// modelCheck is the rule again, slow and obvious: exact integers and nothing
// else.
func modelCheck(p ttl.Policy, stamp *time.Time, version, required ttl.Version, now time.Time) (ttl.Reason, time.Duration) {
	exact := func(t time.Time) *big.Int {
		n := new(big.Int).Mul(big.NewInt(t.Unix()), big.NewInt(1e9))
		return n.Add(n, big.NewInt(int64(t.Nanosecond())))
	}
	early := func(t time.Time) bool { return exact(t).Cmp(exact(firstInside)) < 0 }
	late := func(t time.Time) bool { return exact(t).Cmp(exact(lastInside)) > 0 }
	if p.TTL == 0 {
		p.TTL = 24 * time.Hour
	}
	if p.Tolerance == 0 {
		p.Tolerance = 5 * time.Minute
	}
	if p.Tolerance < 0 {
		p.Tolerance = 0
	}

	if stamp == nil {
		return ttl.Absent, 0
	}
	if late(*stamp) || early(now) {
		return ttl.FromFuture, -math.MaxInt64
	}
	age := new(big.Int).Sub(exact(now), exact(*stamp))
	longest := big.NewInt(math.MaxInt64)
	known := !early(*stamp) && !late(now)
	if !known {
		age.Set(longest)
	}
	said := new(big.Int).Set(age)
	if said.CmpAbs(longest) > 0 {
		said.Mul(longest, big.NewInt(int64(said.Sign())))
	}
	if new(big.Int).Neg(age).Cmp(big.NewInt(int64(p.Tolerance))) > 0 {
		return ttl.FromFuture, time.Duration(said.Int64())
	}
	if age.Sign() < 0 {
		age.SetInt64(0)
		said.SetInt64(0)
	}
	if version < required {
		return ttl.VersionTooLow, time.Duration(said.Int64())
	}
	if !known || age.Cmp(big.NewInt(int64(p.TTL))) > 0 {
		return ttl.Expired, time.Duration(said.Int64())
	}
	return ttl.WithinTTL, time.Duration(said.Int64())
}

// nudge draws up to 2 ns or up to 2 s to either side.
func nudge() *rapid.Generator[time.Duration] {
	return rapid.Custom(func(t *rapid.T) time.Duration {
		n := rapid.Int64Range(-2, 2).Draw(t, "n")
		return time.Duration(n) * rapid.SampledFrom([]time.Duration{1, time.Second}).Draw(t, "unit")
	})
}

// limits draws a TTL or a tolerance, invalid ones too.
func limits() *rapid.Generator[time.Duration] {
	return rapid.OneOf(
		rapid.SampledFrom([]time.Duration{0, 1, time.Second, time.Hour, 24 * time.Hour, math.MaxInt64, -1, math.MinInt64}),
		rapid.Map(rapid.Int64Range(1, int64(60*24*time.Hour)), func(n int64) time.Duration { return time.Duration(n) }),
	)
}

// instants draws mostly ordinary times, and often the ends of the range and
// times that hardly exist.
func instants() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		switch rapid.IntRange(0, 5).Draw(t, "instant") {
		case 0:
			return firstInside.Add(nudge().Draw(t, "nudge"))
		case 1:
			return lastInside.Add(nudge().Draw(t, "nudge"))
		case 2:
			return time.Unix(rapid.Int64().Draw(t, "sec"), rapid.Int64().Draw(t, "nsec"))
		}
		sec := rapid.Int64Range(946684800, 4102444800).Draw(t, "sec") // 2000 to 2100
		return time.Unix(sec, rapid.Int64Range(0, 999_999_999).Draw(t, "nsec"))
	})
}

// stampsNear draws a time around a limit that counts at now, or any.
func stampsNear(p ttl.Policy, now time.Time) *rapid.Generator[time.Time] {
	limit, tolerance := p.TTL, p.Tolerance
	if limit == 0 {
		limit = ttl.DefaultTTL
	}
	if tolerance == 0 {
		tolerance = ttl.DefaultTolerance
	}
	return rapid.Custom(func(t *rapid.T) time.Time {
		switch rapid.IntRange(0, 5).Draw(t, "stamp") {
		case 0, 1:
			return now.Add(-limit).Add(nudge().Draw(t, "from the TTL"))
		case 2:
			return now.Add(tolerance).Add(nudge().Draw(t, "from the tolerance"))
		case 3:
			return now.Add(nudge().Draw(t, "from now"))
		case 4:
			return now.Add(-time.Duration(rapid.Int64Range(0, int64(100*24*time.Hour)).Draw(t, "age")))
		}
		return instants().Draw(t, "any")
	})
}

func TestCheckAgreesWithModel(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-2")
	rapid.Check(t, func(t *rapid.T) {
		p := ttl.Policy{TTL: limits().Draw(t, "TTL"), Tolerance: limits().Draw(t, "tolerance")}
		now := instants().Draw(t, "now")
		version := ttl.Version(rapid.Uint32Range(0, 3).Draw(t, "version"))
		required := ttl.Version(rapid.Uint32Range(0, 3).Draw(t, "required"))
		var stamp ttl.Stamp
		var at *time.Time
		if rapid.IntRange(0, 9).Draw(t, "absent") != 0 {
			drawn := stampsNear(p, now).Draw(t, "at")
			stamp, at = ttl.NewStamp(drawn, version), &drawn
		}
		got := p.Check(stamp, required, now)
		reason, age := modelCheck(p, at, version, required, now)
		if got.Reason != reason || got.Age != age {
			t.Fatalf("%+v.Check(%v, %v, %v) = %v, %v, want %v, %v", p, stamp, required, now.UTC(), got.Reason, got.Age, reason, age)
		}
		into := ttl.Verdict{Reason: 9, Age: 9, TTL: 9, Stamp: ttl.NewStamp(noon, 9), Required: 9}
		if p.CheckInto(&into, stamp, required, now); into != got {
			t.Fatalf("CheckInto(...) = %+v, but Check(...) = %+v", into, got)
		}
		if got.Stamp != stamp || got.Required != required {
			t.Fatalf("Check(...) = %+v, does not hold its inputs", got)
		}
		if want := p.TTL; want != 0 && got.TTL != want || want == 0 && got.TTL != 24*time.Hour {
			t.Fatalf("Check(...).TTL = %v under %+v", got.TTL, p)
		}
		if t0, ok := got.Expires(); ok {
			if fresh := p.Check(stamp, 0, t0); !fresh.Fresh() {
				t.Fatalf("at Expires() = %v: %v, want fresh", t0, fresh)
			}
			if after := p.Check(stamp, 0, t0.Add(1)); after.Fresh() {
				t.Fatalf("1 ns after Expires() = %v: %v, want not fresh", t0, after)
			}
		} else if got.Fresh() {
			t.Fatalf("%v has no Expires()", got)
		}
		if got.String() == "" {
			t.Fatal("String() is empty")
		}
	})
}

func TestFreshnessIsMonotone(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-9")
	rapid.Check(t, func(t *rapid.T) {
		p := ttl.Policy{TTL: limits().Draw(t, "TTL"), Tolerance: limits().Draw(t, "tolerance")}
		b := instants().Draw(t, "b")
		at := stampsNear(p, b).Draw(t, "at")
		stamp := ttl.NewStamp(at, 2)
		required := ttl.Version(rapid.Uint32Range(0, 3).Draw(t, "required"))
		if !p.Check(stamp, required, b).Fresh() {
			return
		}
		// Earlier, but not before the stamp.
		if age := b.Sub(at); age >= 0 {
			back := time.Duration(rapid.Int64Range(0, int64(age)).Draw(t, "back"))
			if v := p.Check(stamp, required, b.Add(-back)); !v.Fresh() {
				t.Fatalf("fresh at %v, but %v earlier: %v", b, back, v)
			}
		}
		// A longer TTL, a longer tolerance, a lower requirement.
		longer := p
		if longer.TTL == 0 {
			longer.TTL = ttl.DefaultTTL
		}
		longer.TTL += time.Duration(rapid.Int64Range(0, int64(math.MaxInt64-longer.TTL)).Draw(t, "longer"))
		if v := longer.Check(stamp, required, b); !v.Fresh() {
			t.Fatalf("fresh under %v, but under %v: %v", p.TTL, longer.TTL, v)
		}
		if v := p.Check(stamp, rapid.SampledFrom([]ttl.Version{0, required}).Draw(t, "lower"), b); !v.Fresh() {
			t.Fatalf("fresh for version %v, but for a lower one: %v", required, v)
		}
	})
}
