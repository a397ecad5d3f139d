package site_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
)

// benchReport is a report of 500 messages with serials from first.
func benchReport(client int, first uint64, n int) *statemsg.Report {
	at := time.Date(2008, 6, 3, 9, 0, 0, 0, time.UTC)
	r := &statemsg.Report{
		Client: statemsg.Client{ID: fmt.Sprintf("GUID:5B0A7C1E-93D4-4F60-8E25-%012X", client), Version: "4.00.6487.2000", NetBIOSName: "LAB-PC-07"},
		Date:   at.Add(time.Duration(first) * time.Second),
	}
	for i := range n {
		r.Messages = append(r.Messages, statemsg.Message{
			TopicType: statemsg.UpdateDetection, TopicID: fmt.Sprintf("5d7e1f0a-93c4-4b1d-8a52-%012x", i),
			IDType: statemsg.IDTypeUpdate, StateID: statemsg.StateID(1 + (uint64(i)+first)%3), Params: []string{"102"},
			Time: at, Serial: first + uint64(i),
		})
	}
	return r
}

func BenchmarkIngest(b *testing.B) {
	now := time.Date(2008, 6, 3, 9, 15, 0, 0, time.UTC)
	for _, n := range []int{10, 160, 1000} {
		r := benchReport(1, 1, n)
		first, err := site.Ingest(site.Policy{}, site.Client{}, r, now, nil)
		if err != nil {
			b.Fatal(err)
		}
		next := benchReport(1, uint64(n)+1, n)
		perMessage := func(b *testing.B) {
			b.Helper()
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/message")
		}
		b.Run(fmt.Sprintf("messages=%d/new", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := site.Ingest(site.Policy{}, first.Client, next, now, nil); err != nil {
					b.Fatal(err)
				}
			}
			perMessage(b)
		})
		b.Run(fmt.Sprintf("messages=%d/retry", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := site.Ingest(site.Policy{}, first.Client, r, now, nil); err != nil {
					b.Fatal(err)
				}
			}
			perMessage(b)
		})
	}
}

// BenchmarkServer takes reports of 160 messages into a store in memory, 64 callers
// at a time.
func BenchmarkServer(b *testing.B) {
	s, err := site.New(site.Config{Store: new(site.MemStore)})
	if err != nil {
		b.Fatal(err)
	}
	const n, clients = 160, 64
	ctx := context.Background()
	b.ReportAllocs()
	b.ResetTimer()
	done := make(chan error, clients)
	for c := range clients {
		go func() {
			var err error
			for i := c; i < b.N && err == nil; i += clients {
				_, err = s.Receive(ctx, benchReport(c, uint64(i/clients*n)+1, n))
			}
			done <- err
		}()
	}
	for range clients {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds(), "messages/s")
}

func BenchmarkClientBinary(b *testing.B) {
	p, err := site.Ingest(site.Policy{}, site.Client{}, benchReport(1, 5, 10), time.Date(2008, 6, 3, 9, 15, 0, 0, time.UTC), nil)
	if err != nil {
		b.Fatal(err)
	}
	data, err := p.Client.AppendBinary(nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("append", func(b *testing.B) {
		b.ReportAllocs()
		buf := make([]byte, 0, 1024)
		for b.Loop() {
			buf, _ = p.Client.AppendBinary(buf[:0])
		}
		b.ReportMetric(float64(len(buf)), "bytes")
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := site.DecodeClient(data); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// TestIngestAllocates holds the cost of the usual report: the note of its batch, and
// nothing for its messages.
func TestIngestAllocates(t *testing.T) {
	first, err := site.Ingest(site.Policy{}, site.Client{}, benchReport(1, 1, 160), start, nil)
	if err != nil {
		t.Fatal(err)
	}
	next := benchReport(1, 161, 160)
	got := testing.AllocsPerRun(100, func() {
		if needs := site.Needs(first.Client, next); needs != nil {
			t.Fatalf("Needs = %v, want that the usual report needs no row", needs)
		}
		if _, err := site.Ingest(site.Policy{}, first.Client, next, start, nil); err != nil {
			t.Fatal(err)
		}
	})
	if got > 1 {
		t.Errorf("%v allocations for a report of 160 messages, want 1", got)
	}
}
