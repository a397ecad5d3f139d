package ttl_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/ttl/ttltest"
	"github.com/updatescan/updatescan/ttl/ttltest/ttlrapid"
)

func TestCheckAgreesWithModel(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-2")
	rapid.Check(t, func(t *rapid.T) {
		p := ttlrapid.Policies().Draw(t, "policy")
		now := ttlrapid.Instants().Draw(t, "now")
		version, required := ttlrapid.Versions().Draw(t, "version"), ttlrapid.Versions().Draw(t, "required")
		var stamp ttl.Stamp
		if rapid.IntRange(0, 9).Draw(t, "absent") != 0 {
			drawn := ttlrapid.StampTimes(p, now).Draw(t, "at")
			stamp = ttl.NewStamp(drawn, version)
			at, ok := stamp.Time()
			if want := ttltest.StampTime(drawn); !ok || !at.Equal(want) || stamp.Version() != version {
				t.Fatalf("NewStamp(%v, %v) = %v, want the time %v", drawn, version, stamp, want)
			}
		}
		got := p.Check(stamp, required, now)
		if want := (ttltest.Model{}).Check(p, stamp, required, now); got != want {
			t.Fatalf("%+v.Check(%v, %v, %v) = %+v, want %+v", p, stamp, required, now.UTC(), got, want)
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
		p := ttlrapid.Policies().Draw(t, "policy")
		b := ttlrapid.Instants().Draw(t, "b")
		at := ttlrapid.StampTimes(p, b).Draw(t, "at")
		stamp := ttl.NewStamp(at, 2)
		required := ttlrapid.Versions().Draw(t, "required")
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
