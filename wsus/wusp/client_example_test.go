package wusp_test

import (
	"context"
	"fmt"
	"net/http/httptest"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/wusp"
	"github.com/updatescan/updatescan/wsus/wusp/wusptest"
)

// A scan against a WSUS: the client retrieves the catalogue, the evaluator
// decides what is required, the client reports it.
func ExampleClient() {
	server := httptest.NewServer(wusptest.NewServer(2)) // any WSUS
	defer server.Close()

	machine, err := applicability.ParseDocument([]byte(`{"format": "updatescan-machine-1",
		"windows": {"major": 10, "minor": 0, "build": 26200}, "registry": {}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := wusp.NewClient(wusp.ClientConfig{
		ClientID: "6f0c0000-0000-4000-8000-000000000001",
		DNSName:  "pc01.example.test",
		Facts:    machine.Facts(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	request := wsus.RetrieveRequest{Location: wsus.Location{URL: server.URL}}
	catalog, err := client.Retrieve(context.Background(), request)
	if err != nil {
		fmt.Println(wsus.CodeOf(err), err)
		return
	}
	evaluator, err := applicability.New(applicability.Config{Facts: machine.Facts()})
	if err != nil {
		fmt.Println(err)
		return
	}
	found, err := evaluator.Evaluate(context.Background(), catalog)
	if err != nil {
		fmt.Println(err)
		return
	}
	for r := range found.Snapshot.All() {
		i, _ := catalog.Find(r.ID)
		fmt.Println(catalog.At(i).Title, r.State)
	}
	fmt.Println(client.Report(context.Background(), request, wusp.Report{Catalog: catalog, Snapshot: found.Snapshot}))
	// Output:
	// Update 100 & more required
	// Update 101 & more required
	// <nil>
}

func ExampleAppendEnvelope() {
	request := wusp.AppendEnvelope(nil, &wusp.GetConfigRequest{ProtocolVersion: "1.8"})
	m, err := wusp.DecodeRequest(request, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Operation(), m.(*wusp.GetConfigRequest).ProtocolVersion)
	// Output:
	// get_config 1.8
}

func ExampleFault() {
	fault := wusp.NewFault(wusp.ServerBusy, "later")
	_, err := wusp.DecodeResponse(wusp.AppendFault(nil, fault), wusp.OpSyncUpdates, 0)
	fmt.Println(err)
	fmt.Println(wsus.CodeOf(err))
	// Output:
	// wusp: fault ServerBusy: later
	// 0x8024F004
}
