package wusp_test

import (
	"testing"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wsustest"
	"github.com/updatescan/updatescan/wsus/wusp"
	"github.com/updatescan/updatescan/wsus/wusp/wusptest"
)

// TestContract: the client keeps the contract of [wsus.Source].
func TestContract(t *testing.T) {
	t.Parallel()
	wsustest.RunSource(t, func(t *testing.T) wsustest.SourceSubject {
		t.Helper()
		srv := wusptest.NewServer(5)
		req := start(t, srv)
		next := int32(9000)
		return wsustest.SourceSubject{
			Source: clientOf(t, configOf(t)), Location: req.Location,
			Change: func() {
				next++
				srv.Do(func() {
					srv.Updates = append(srv.Updates, wusptest.Update{ID: next, Kind: wsus.KindSoftware, Leaf: true, Action: wsus.ActionInstall})
				})
			},
		}
	})
}

// TestContractOverTheWire: the client does what MS-WUSP demands.
func TestContractOverTheWire(t *testing.T) {
	t.Parallel()
	wusptest.RunClient(t, func(t *testing.T, s wusptest.Setup) wusptest.ClientSubject {
		t.Helper()
		cfg := wusp.ClientConfig{
			HTTP: s.HTTP, ClientID: s.ClientID, DNSName: s.DNSName, ProtocolVersion: s.ProtocolVersion, Facts: s.Facts,
			Categories: s.Categories, Drivers: s.Drivers, Devices: s.Devices, Store: &wusptest.States{},
		}
		return wusptest.ClientSubject{
			Source: clientOf(t, cfg), Concurrent: true,
			Restart: func() wsus.Source { return clientOf(t, cfg) },
		}
	})
}
