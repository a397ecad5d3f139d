package wusp_test

import (
	"net/http"
	"testing"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// BenchmarkRetrieve is a sync of the size of a real one, 5,300 revisions of
// which 390 are not leaves, at 30 a page; and one without news.
func BenchmarkRetrieve(b *testing.B) {
	toy := newToy(4910)
	toy.page = 30
	for i := range int32(387) {
		toy.updates = append(toy.updates, toyUpdate{id: 20_000 + i, kind: "Detectoid", needs: []int32{2}, action: wsus.ActionEvaluate})
	}
	cut := &cutter{to: toy}
	cut.left.Store(1 << 60)
	cfg := configOf(b)
	cfg.HTTP = &http.Client{Transport: cut}
	cfg.MaxTrips = 1000
	var last wusp.Progress
	cfg.Progress = func(p wusp.Progress) { last = p }
	req := wsus.RetrieveRequest{Location: wsus.Location{URL: "http://wsus.example.test:8530"}}
	b.Run("first", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			retrieve(b, clientOf(b, cfg), req)
			toy.forget()
		}
		b.ReportMetric(float64(last.Trips), "trips")
		b.ReportMetric(float64(last.Received), "bytes-received")
	})
	b.Run("second", func(b *testing.B) {
		c := clientOf(b, cfg)
		req.Previous = retrieve(b, c, req)
		b.ReportAllocs()
		for b.Loop() {
			if got := retrieve(b, c, req); got != req.Previous {
				b.Fatal("another catalogue")
			}
			toy.forget()
		}
		b.ReportMetric(float64(last.Sent), "bytes-sent")
	})
}
