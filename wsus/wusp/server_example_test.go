package wusp_test

import (
	"context"
	"fmt"
	"net/http/httptest"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// A server and a client in one process, over a loopback socket.
func ExampleServer() {
	store := wusp.NewStore(nil)
	if err := store.Publish([]byte(samplePackage)); err != nil {
		fmt.Println(err)
		return
	}
	server, err := wusp.NewServer(wusp.ServerConfig{Store: store})
	if err != nil {
		fmt.Println(err)
		return
	}
	web := httptest.NewServer(server)
	defer web.Close()

	client, err := wusp.NewClient(wusp.ClientConfig{
		ClientID: "6f0c0000-0000-4000-8000-000000000001", DNSName: "pc01.example.test",
		Facts: new(applicability.Document).Facts(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	catalog, err := client.Retrieve(context.Background(), wsus.RetrieveRequest{Location: wsus.Location{URL: web.URL}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, u := range catalog.All() {
		fmt.Println(u.Kind, u.Action, u.Title)
	}
	// Output:
	// category evaluate Security Updates
	// category evaluate Locally Published
	// software pre_deployment_check Viewer 2 & tools
}
