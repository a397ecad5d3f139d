package wusp_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime/metrics"
	"sync/atomic"
	"testing"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/internal/testdata"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/metadata"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// countingConn counts the bytes that cross it in both directions.
type countingConn struct {
	net.Conn
	n *atomic.Int64
}

func (c countingConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.n.Add(int64(n))
	return n, err
}

func (c countingConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.n.Add(int64(n))
	return n, err
}

// sampleMachine is the notebook that the evaluator is tested with.
func sampleMachine(tb testing.TB) *applicability.Document {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("..", "applicability", "testdata", "laptop.json"))
	if err != nil {
		tb.Fatal(err)
	}
	doc, err := applicability.ParseDocument(data)
	if err != nil {
		tb.Fatal(err)
	}
	devices := make([]map[string]any, 140)
	for i := range devices {
		devices[i] = map[string]any{
			"DeviceID": fmt.Sprintf(`PCI\VEN_8086&DEV_%04X&SUBSYS_83D2103C&REV_21\3&11583659&0&%02X`, 0x9D00+i, i), "Status": "OK",
		}
	}
	if err := doc.SetWMI(`root\cimv2`, "Win32_PnPEntity", devices...); err != nil {
		tb.Fatal(err)
	}
	return doc
}

func memoryNow() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64() - sample[1].Value.Uint64()
}

// TestVendorCatalogue publishes a whole vendor catalogue, syncs it over a
// loopback socket, twice, and evaluates it: the verdicts are those of the
// packages themselves. Times are printed; only bytes are held to a bound.
func TestVendorCatalogue(t *testing.T) {
	if testing.Short() {
		t.Skip("publishes and syncs 1,829 packages")
	}
	store := wusp.NewStore(nil)
	at := time.Now()
	if err := store.Publish(vendorPackages(t)...); err != nil {
		t.Fatal(err)
	}
	t.Logf("read and published in %v: %d updates", time.Since(at), store.Len())
	if n := len(store.Unreachable()); n != 0 {
		t.Errorf("%d updates are unreachable", n)
	}
	srv, err := wusp.NewServer(wusp.ServerConfig{Store: store, RequireRegistration: true})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(srv)
	defer web.Close()

	var wire atomic.Int64
	dialer := &net.Dialer{}
	transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dialer.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return countingConn{c, &wire}, nil
	}}
	defer transport.CloseIdleConnections()
	machine := sampleMachine(t)
	client, err := wusp.NewClient(wusp.ClientConfig{
		ClientID: "6f0c0000-0000-4000-8000-000000000001", DNSName: "pc01.example.test",
		HTTP: &http.Client{Transport: transport}, Facts: machine.Facts(),
	})
	if err != nil {
		t.Fatal(err)
	}
	req := wsus.RetrieveRequest{Location: wsus.Location{URL: web.URL}}
	at = time.Now()
	got, err := client.Retrieve(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("first sync: %v, %d bytes, %d updates, memory of the process %d MB", time.Since(at), wire.Swap(0), got.Len(), memoryNow()>>20)

	req.Previous = got
	at = time.Now()
	again, err := client.Retrieve(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	bytes := wire.Swap(0)
	t.Logf("second sync: %v, %d bytes", time.Since(at), bytes)
	if const40 := int64(40_000); bytes > const40 {
		t.Errorf("a sync without news takes %d bytes, want at most %d", bytes, const40)
	}
	if again.Len() != got.Len() {
		t.Errorf("second sync: %d updates, want %d", again.Len(), got.Len())
	}

	eval, err := applicability.New(applicability.Config{Facts: machine.Facts()})
	if err != nil {
		t.Fatal(err)
	}
	at = time.Now()
	found, err := eval.Evaluate(t.Context(), again)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("offline scan: %v; memory of the process %d MB", time.Since(at), memoryNow()>>20)
	at = time.Now()
	if found, err = eval.Evaluate(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	t.Logf("another offline scan: %v", time.Since(at))

	f, err := os.Open(testdata.Dir(t, "vendor-catalogue", "hp-2021-sdp.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	read, err := metadata.ReadZip(f, info.Size(), metadata.Options{})
	if err != nil {
		t.Fatal(err)
	}
	direct, err := read.Catalog(1)
	if err != nil {
		t.Fatal(err)
	}
	want, err := eval.Evaluate(t.Context(), direct)
	if err != nil {
		t.Fatal(err)
	}
	states := make(map[compliance.State]int)
	for i := range direct.Len() {
		id := direct.At(i).ID
		w, wok := want.Snapshot.Find(id)
		g, gok := found.Snapshot.Find(id)
		if wok != gok || w.State != g.State {
			t.Errorf("%v = %v, %v over the wire, %v, %v from the archive", id, g.State, gok, w.State, wok)
		}
		states[w.State]++
	}
	t.Logf("verdicts: %v", states)
}
