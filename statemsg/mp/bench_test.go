package mp_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"testing"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/mp"
)

// BenchmarkReports: reports of 160 messages over the loopback, from client to
// receiver, which does nothing. The clients write and compress them too.
func BenchmarkReports(b *testing.B) {
	nothing := mp.ReceiverFunc(func(context.Context, *statemsg.Report) (uint64, error) { return 0, nil })
	h := handler(b, mp.HandlerConfig{Receiver: nothing, RatePerMinute: mp.Unlimited, MaxPerClient: mp.DefaultMaxInFlight})
	for _, overTLS := range []bool{false, true} {
		for _, gzip := range []bool{false, true} {
			b.Run(fmt.Sprintf("tls=%v/gzip=%v", overTLS, gzip), func(b *testing.B) {
				srv := serve(b, h, overTLS)
				hc := srv.Client()
				hc.Transport.(*http.Transport).MaxIdleConnsPerHost = 64
				b.SetParallelism(8)
				b.ReportAllocs()
				b.RunParallel(func(p *testing.PB) {
					c, err := mp.NewClient(mp.ClientConfig{
						URL: srv.URL, AllowHTTP: true, HTTP: hc, Token: mp.FixedToken(tokenA), Gzip: gzip, Rand: rand.NewPCG(1, 2),
					})
					if err != nil {
						b.Error(err)
						return
					}
					r := report(clientA, 1, 160)
					for p.Next() {
						if err := c.Send(b.Context(), r); err != nil {
							b.Error(err)
							return
						}
					}
				})
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reports/s")
			})
		}
	}
}

// BenchmarkHandler: the handler alone, without a network.
func BenchmarkHandler(b *testing.B) {
	nothing := mp.ReceiverFunc(func(context.Context, *statemsg.Report) (uint64, error) { return 0, nil })
	h := handler(b, mp.HandlerConfig{Receiver: nothing, RatePerMinute: mp.Unlimited})
	plain := wire(b, report(clientA, 1, 160))
	for _, gzip := range []bool{false, true} {
		b.Run(fmt.Sprintf("gzip=%v", gzip), func(b *testing.B) {
			body := plain
			if gzip {
				body = zipped(b, plain)
			}
			b.SetBytes(int64(len(plain)))
			b.ReportAllocs()
			from := newRewinder(body)
			req := post(from)
			req.ContentLength = int64(len(body))
			if gzip {
				req.Header.Set("Content-Encoding", "gzip")
			}
			for b.Loop() {
				from.at = 0
				w := quiet{header: http.Header{}}
				h.ServeHTTP(&w, req)
				if w.status != http.StatusOK {
					b.Fatal(w.status)
				}
			}
		})
	}
}

// rewinder is a body that can be read again.
type rewinder struct {
	data []byte
	at   int
}

func newRewinder(data []byte) *rewinder { return &rewinder{data: data} }

func (r *rewinder) Read(p []byte) (int, error) {
	n := copy(p, r.data[r.at:])
	r.at += n
	if r.at == len(r.data) {
		return n, io.EOF
	}
	return n, nil
}

// quiet is a ResponseWriter that keeps the status.
type quiet struct {
	header http.Header
	status int
}

func (q *quiet) Header() http.Header         { return q.header }
func (q *quiet) WriteHeader(status int)      { q.status = status }
func (q *quiet) Write(p []byte) (int, error) { return len(p), nil }
