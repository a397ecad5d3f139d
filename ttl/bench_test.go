package ttl_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/updatescan/updatescan/ttl"
)

func BenchmarkPolicyCheck(b *testing.B) {
	known := ttl.NewStamp(noon, 38)
	cases := []struct {
		name     string
		stamp    ttl.Stamp
		required ttl.Version
		now      time.Time
	}{
		{"within_ttl", known, 38, noon.Add(time.Hour)},
		{"expired", known, 38, noon.Add(25 * time.Hour)},
		{"absent", ttl.Stamp{}, 38, noon},
		{"from_future", known, 38, noon.Add(-time.Hour)},
		{"version_too_low", known, 39, noon.Add(time.Hour)},
		{"within_ttl/monotonic", ttl.NewStamp(time.Now(), 38), 38, time.Now()},
	}
	for _, bb := range cases {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			var fresh int
			for b.Loop() {
				if (ttl.Policy{}).Check(bb.stamp, bb.required, bb.now).Reason == ttl.WithinTTL {
					fresh++
				}
			}
		})
	}
}

// BenchmarkPolicyCheckInto is the same where the caller keeps the verdict.
func BenchmarkPolicyCheckInto(b *testing.B) {
	known, now := ttl.NewStamp(noon, 38), noon.Add(time.Hour)
	var kept struct {
		verdict ttl.Verdict
		connect bool
	}
	b.ReportAllocs()
	for b.Loop() {
		(ttl.Policy{}).CheckInto(&kept.verdict, known, 38, now)
		kept.connect = kept.verdict.Reason != ttl.WithinTTL
	}
}

func BenchmarkCacheCheck(b *testing.B) {
	c := newCache(b, new(ttl.MemStore))
	complete(b, c, noon, 38)
	now := noon.Add(time.Hour)
	b.ReportAllocs()
	for b.Loop() {
		_ = c.Check(38, now)
	}
}

func BenchmarkEntry(b *testing.B) {
	for _, size := range []int{0, 1 << 20} {
		e := ttl.Entry{Stamp: ttl.NewStamp(noon, 38), Source: "https://wsus:8531", Data: make([]byte, size)}
		form := ttl.AppendEntry(nil, e)
		b.Run(fmt.Sprintf("append/bytes=%d", size), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(form)))
			for b.Loop() {
				form = ttl.AppendEntry(form[:0], e)
			}
		})
		b.Run(fmt.Sprintf("decode/bytes=%d", size), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(form)))
			for b.Loop() {
				if _, err := ttl.DecodeEntry(form); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
