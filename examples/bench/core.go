package main

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/updatescan/updatescan/examples/internal/siteload"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
)

// nowhere is a store that forgets, so that the memory which is left is the core's.
type nowhere struct{ site.MemStore }

// Clients implements [site.Store].
func (*nowhere) Clients(context.Context, []string) ([]site.Client, error) { return nil, nil }

// Commit implements [site.Store].
func (*nowhere) Commit(context.Context, []site.Plan, []site.Kept) error { return nil }

// coreBytes is how many bytes a client a site's core has on the heap after so many
// reports of each. With gaps every second serial is missing.
func coreBytes(clients, reports int, gaps bool) (float64, error) {
	const messages = 10
	ctx := context.Background()
	before := heap()
	server, err := site.New(site.Config{Store: new(nowhere), CacheClients: 2 * clients})
	if err != nil {
		return 0, err
	}
	for round := range reports {
		wires := make([][]byte, clients)
		for c := range wires {
			r := siteload.Full(c, round, messages)
			if gaps {
				r.Messages = r.Messages[:1]
				r.Messages[0].Serial = uint64(2*round + 1)
			}
			r.Date = r.Date.Add(time.Duration(round) * time.Second)
			if wires[c], err = statemsg.AppendReport(nil, r); err != nil {
				return 0, err
			}
		}
		if err := siteload.TakeIn(ctx, server, wires, 64); err != nil {
			return 0, err
		}
	}
	after := heap()
	// The server is alive until here.
	return max(after-before, 1) / float64(clients), server.Close(ctx)
}

// heap is how many bytes of the heap are in use.
func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// coreGroup measures the memory of the site's core.
func coreGroup(clients int) group {
	const metric = "B/client"
	clients = max(2*clients, 100) // below, what else is on the heap counts
	one := func(name string, reports int, gaps bool) entry {
		return entry{name: name, ours: true, metric: metric, run: func(b *testing.B) {
			var got float64
			for b.Loop() {
				var err error
				got, err = coreBytes(clients, reports, gaps)
				fail(b, err)
			}
			b.ReportMetric(got, metric)
		}}
	}
	return group{
		name: fmt.Sprintf("site: memory of the core, %d clients remembered", clients), unit: "bytes a client",
		note:   "on the heap, with the keys and the tables of the map that holds them, besides the rows",
		rounds: siteRounds,
		entries: []entry{
			one("after 30 reports of each", 30, false),
			one("after 3 reports of each", 3, false),
			one("after 40 reports with all gaps there can be", 40, true),
		},
		goals: []goal{
			{what: "memory, beside that after a tenth of the reports", unit: "bytes a client", peer: 1, mostShare: 1.1, most: 1024},
			{what: "memory, 32 ranges missing", unit: "bytes a client", ours: 2, most: 1024},
		},
	}
}
