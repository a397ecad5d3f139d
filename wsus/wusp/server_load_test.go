package wusp_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// loadStore has a category and n updates that need it.
func loadStore(tb testing.TB, n int) *wusp.Store {
	tb.Helper()
	docs := [][]byte{[]byte(categoryDoc)}
	for i := 1; i <= n; i++ {
		docs = append(docs, []byte(softwareDoc(i, 100, "")))
	}
	s := wusp.NewStore(nil)
	if err := s.Publish(docs...); err != nil {
		tb.Fatal(err)
	}
	return s
}

// TestServerThousands: 2,000 clients that sync at once all finish, and none
// of them is told that something is wrong with it.
func TestServerThousands(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: takes seconds")
	}
	const clients, updates = 2000, 60
	var mu sync.Mutex
	faults, calls := map[wusp.ErrorCode]int{}, 0
	server, err := wusp.NewServer(wusp.ServerConfig{
		Store: loadStore(t, updates), RequireRegistration: true, PageUpdates: 30,
		Observe: func(c wusp.Call) {
			mu.Lock()
			defer mu.Unlock()
			calls++
			if c.Fault != nil {
				faults[c.Fault.ErrorCode]++
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server)
	defer web.Close()
	transport := &http.Transport{MaxIdleConnsPerHost: 64, MaxConnsPerHost: 256}
	defer transport.CloseIdleConnections()
	facts := new(applicability.Document).Facts()
	var wg sync.WaitGroup
	errs := make(chan error, clients)
	at := time.Now()
	for i := range clients {
		wg.Go(func() {
			c, err := wusp.NewClient(wusp.ClientConfig{
				ClientID: fmt.Sprintf("6f0c0000-0000-4000-8000-%012d", i), DNSName: fmt.Sprintf("pc%d.example.test", i),
				HTTP: &http.Client{Transport: transport}, Facts: facts,
			})
			if err == nil {
				var got *wsus.Catalog
				got, err = c.Retrieve(t.Context(), wsus.RetrieveRequest{Location: wsus.Location{URL: web.URL}})
				if err == nil && got.Len() != updates+1 {
					err = fmt.Errorf("client %d got %d updates", i, got.Len())
				}
			}
			if err != nil {
				errs <- err
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
	t.Logf("%d clients, %d calls in %v", clients, calls, time.Since(at))
	if len(faults) != 0 {
		t.Errorf("faults: %v", faults)
	}
}

// BenchmarkServerUpToDate is a SyncUpdates of a client that has 2,000
// revisions and misses none, over loopback sockets, from several clients.
func BenchmarkServerUpToDate(b *testing.B) {
	const updates = 2000
	var l lab
	l.tb = b
	var err error
	l.server, err = wusp.NewServer(wusp.ServerConfig{Store: loadStore(b, updates)})
	if err != nil {
		b.Fatal(err)
	}
	web := httptest.NewServer(l.server)
	defer web.Close()
	cached := make([]int32, updates)
	for i := range cached {
		cached[i] = int32(i) + 2
	}
	cookie := l.loginNow("client-1")
	first := must[*wusp.SyncUpdatesResponse](&l, &wusp.SyncUpdatesRequest{Cookie: cookie, InstalledNonLeafUpdateIDs: []int32{1}, OtherCachedUpdateIDs: cached})
	body := wusp.AppendEnvelope(nil, &wusp.SyncUpdatesRequest{Cookie: first.NewCookie, InstalledNonLeafUpdateIDs: []int32{1}, OtherCachedUpdateIDs: cached})
	transport := &http.Transport{MaxIdleConnsPerHost: 16}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	var mu sync.Mutex
	var times []time.Duration
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		var own []time.Duration
		for pb.Next() {
			at := time.Now()
			if err := post(client, web.URL+wusp.ClientPath, body); err != nil {
				b.Error(err)
				return
			}
			own = append(own, time.Since(at))
		}
		mu.Lock()
		times = append(times, own...)
		mu.Unlock()
	})
	b.StopTimer()
	slices.Sort(times)
	if len(times) > 0 {
		b.ReportMetric(float64(len(times))/b.Elapsed().Seconds(), "syncs/s")
		b.ReportMetric(float64(times[len(times)*99/100].Microseconds()), "p99-µs")
	}
}

// post sends an envelope and reads the answer to its end.
func post(c *http.Client, url string, body []byte) error {
	r, err := c.Post(url, wusp.ContentType, bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer r.Body.Close()
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return err
	}
	if r.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", r.StatusCode)
	}
	return nil
}

// loginNow is login at a server with the system's clock.
func (l *lab) loginNow(client string) *wusp.Cookie {
	l.tb.Helper()
	l.clock = clock.NewMock()
	return l.login(client, "", nil)
}
