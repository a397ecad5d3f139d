package compliance_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/compliance/compliancetest"
)

// benchRecords makes n records with random ids and states.
func benchRecords(n int, seed uint64) []compliance.Record {
	rng := rand.New(rand.NewPCG(seed, 2007))
	records := make([]compliance.Record, n)
	for i := range records {
		r := &records[i]
		for k := range r.ID {
			r.ID[k] = byte(rng.Uint32())
		}
		r.Revision = compliance.Revision(100 + rng.IntN(5))
		r.State = compliance.State(1 + rng.IntN(3))
	}
	return records
}

// every changes each step-th record in place.
func every(records []compliance.Record, step int, change func(*compliance.Record)) []compliance.Record {
	for i := step / 2; i < len(records); i += step {
		change(&records[i])
	}
	return records
}

func nextState(r *compliance.Record) { r.State = r.State%3 + 1 }
func otherID(r *compliance.Record)   { r.ID[15] ^= 1; r.ID[0] ^= 0x80 }
func noChange(*compliance.Record)    {}

func BenchmarkDiff(b *testing.B) {
	cases := []struct {
		name   string
		step   int
		change func(*compliance.Record)
		share  bool
	}{
		{"unchanged", 100, noChange, true},
		{"changed=1%", 100, nextState, true},
		{"changed=100%", 1, nextState, true},
		{"revised=1%", 100, func(r *compliance.Record) { r.Revision++ }, true},
		{"ids=1%", 100, otherID, true},
		{"ids=100%", 1, otherID, true},
		{"unshared,unchanged", 100, noChange, false},
		{"unshared,changed=1%", 100, nextState, false},
	}
	for _, n := range []int{1000, 20000, 1000000} {
		for _, c := range cases {
			b.Run(fmt.Sprintf("updates=%d/%s", n, c.name), func(b *testing.B) {
				base := compliancetest.Build(b, nil, benchRecords(n, 1))
				like := base
				if !c.share {
					like = nil
				}
				next := compliancetest.Build(b, like, every(benchRecords(n, 1), c.step, c.change))
				b.ReportAllocs()
				for b.Loop() {
					compliance.Diff(base, next)
				}
			})
		}
	}
}

func BenchmarkAppendDiff(b *testing.B) {
	for _, n := range []int{1000, 20000} {
		b.Run(fmt.Sprintf("updates=%d/changed=1%%", n), func(b *testing.B) {
			base := compliancetest.Build(b, nil, benchRecords(n, 1))
			next := compliancetest.Build(b, base, every(benchRecords(n, 1), 100, nextState))
			buf := make([]compliance.Change, 0, n)
			b.ReportAllocs()
			for b.Loop() {
				buf = compliance.AppendDiff(buf[:0], base, next)
			}
		})
	}
}

func BenchmarkApply(b *testing.B) {
	for _, c := range []struct {
		name   string
		change func(*compliance.Record)
	}{{"changed=1%", nextState}, {"ids=1%", otherID}} {
		b.Run("updates=20000/"+c.name, func(b *testing.B) {
			base := compliancetest.Build(b, nil, benchRecords(20000, 1))
			next := compliancetest.Build(b, base, every(benchRecords(20000, 1), 100, c.change))
			changes := compliance.Diff(base, next)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := compliance.Apply(base, changes); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkNewSnapshot(b *testing.B) {
	records := benchRecords(20000, 1)
	base := compliancetest.Build(b, nil, records)
	sorted := make([]compliance.Record, 0, len(records))
	for r := range base.All() {
		sorted = append(sorted, r)
	}
	for _, c := range []struct {
		name    string
		records []compliance.Record
	}{{"unsorted", records}, {"sorted", sorted}} {
		b.Run("updates=20000/"+c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := compliance.NewSnapshot(base, c.records); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSnapshot(b *testing.B) {
	s := compliancetest.Build(b, nil, benchRecords(20000, 1))
	data, err := s.MarshalBinary()
	if err != nil {
		b.Fatal(err)
	}
	b.Run("updates=20000/Summary", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.Summary()
		}
	})
	b.Run("updates=20000/Find", func(b *testing.B) {
		id := s.At(12345).ID
		b.ReportAllocs()
		for b.Loop() {
			s.Find(id)
		}
	})
	b.Run("updates=20000/AppendBinary", func(b *testing.B) {
		buf := make([]byte, 0, len(data))
		b.ReportAllocs()
		for b.Loop() {
			buf, _ = s.AppendBinary(buf[:0])
		}
	})
	b.Run("updates=20000/DecodeSnapshot", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := compliance.DecodeSnapshot(data); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkUpdateID(b *testing.B) {
	const text = "5D7e1f0a-93c4-4b1d-8a52-0c6f2e9b7d31"
	id, err := compliance.ParseUpdateID(text)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("Parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := compliance.ParseUpdateID(text); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("UnmarshalText", func(b *testing.B) {
		raw := []byte(text)
		b.ReportAllocs()
		for b.Loop() {
			if err := id.UnmarshalText(raw); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("AppendText", func(b *testing.B) {
		buf := make([]byte, 0, 64)
		b.ReportAllocs()
		for b.Loop() {
			buf, _ = id.AppendText(buf[:0])
		}
	})
}
