package wusp_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// A machine is scanned against a server, which is one of this package here and
// may be any other.
func Example() {
	store := wusp.NewStore(nil)
	if err := store.Publish(systemDocuments()...); err != nil {
		log.Fatal(err)
	}
	handler, err := wusp.NewServer(wusp.ServerConfig{Store: store})
	if err != nil {
		log.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()

	machine, err := applicability.ParseDocument([]byte(`{"format": "updatescan-machine-1",
		"windows": {"major": 6, "minor": 0, "build": 6001}, "processor": {"architecture": 9},
		"registry": {"keys": {"HKEY_LOCAL_MACHINE\\SOFTWARE\\Example\\Patch": {}}}}`))
	if err != nil {
		log.Fatal(err)
	}
	client, err := wusp.NewClient(wusp.ClientConfig{
		ClientID: "6f0c2b1a-0042-4d7e-9c55-2008060200aa",
		DNSName:  "pc01.example.test",
		Facts:    machine.Facts(),
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	catalog, err := client.Retrieve(ctx, wsus.RetrieveRequest{Location: wsus.Location{URL: server.URL}})
	if err != nil {
		log.Fatal(err)
	}
	evaluator, err := applicability.New(applicability.Config{Facts: machine.Facts()})
	if err != nil {
		log.Fatal(err)
	}
	result, err := evaluator.Evaluate(ctx, catalog)
	if err != nil {
		log.Fatal(err)
	}
	for rec := range result.Snapshot.All() {
		if i, ok := catalog.Find(rec.ID); ok {
			fmt.Printf("%s is %s\n", catalog.At(i).Title, rec.State.Name())
		}
	}
	// Output:
	// Required is Required
	// Installed is Installed
	// Not Required is Not Required
	// Unknown is Unknown
}
