package wusp_test

import (
	"net/http"
	"testing"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp"
	"github.com/updatescan/updatescan/wsus/wusp/wusptest"
)

// BenchmarkRetrieve is a sync of the size of a real one, 5,300 revisions of
// which 390 are not leaves, at 30 a page; and one without news.
func BenchmarkRetrieve(b *testing.B) {
	srv := wusptest.NewServer(4910)
	srv.Page = 30
	for i := range int32(387) {
		srv.Updates = append(srv.Updates, wusptest.Update{ID: 20_000 + i, Kind: wsus.KindDetectoid, Needs: []int32{2}, Action: wsus.ActionEvaluate})
	}
	cfg := configOf(b)
	cfg.HTTP = &http.Client{Transport: &wusptest.Transport{Handler: srv}}
	cfg.MaxTrips = 1000
	var last wusp.Progress
	cfg.Progress = func(p wusp.Progress) { last = p }
	req := wsus.RetrieveRequest{Location: wsus.Location{URL: "http://wsus.example.test:8530"}}
	b.Run("first", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			retrieve(b, clientOf(b, cfg), req)
			srv.Forget()
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
			srv.Forget()
		}
		b.ReportMetric(float64(last.Sent), "bytes-sent")
	})
}
