package wusptest_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"testing/fstest"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp"
	"github.com/updatescan/updatescan/wsus/wusp/wusptest"
)

// newClient is package wusp's client. Yours takes its place.
func newClient(s wusptest.Setup) wusptest.ClientSubject {
	c, err := wusp.NewClient(wusp.ClientConfig{
		HTTP: s.HTTP, ClientID: s.ClientID, DNSName: s.DNSName, ProtocolVersion: s.ProtocolVersion,
		Facts: s.Facts, Categories: s.Categories, Drivers: s.Drivers, Devices: s.Devices,
	})
	if err != nil {
		panic(err)
	}
	return wusptest.ClientSubject{Source: c, Concurrent: true}
}

// A client meets a server that sends its updates in pages, and whose cookie
// expires after the fourth answer.
func ExampleServer() {
	server := wusptest.NewServer(4)
	server.Page = 2
	server.Before = wusptest.At(wusptest.Skip(4, wusptest.Times(1, wusptest.Faulty(wusp.NewFault(wusp.CookieExpired, "")))), wusp.OpSyncUpdates)
	client := newClient(wusptest.Setup{
		HTTP:     &http.Client{Transport: &wusptest.Transport{Handler: server}}, // or an httptest.Server
		ClientID: "6f0c0000-0000-4000-8000-000000000001", DNSName: "pc01.example.test", Facts: wusptest.Machine(),
	})
	catalog, err := client.Source.Retrieve(context.Background(), wsus.RetrieveRequest{
		Location: wsus.Location{URL: "http://wsus.example.test:8530"},
	})
	fmt.Println(catalog.Len(), err)
	for _, c := range server.Log() {
		if c.Fault != nil {
			fmt.Println(c.Operation, c.Fault.ErrorCode)
			continue
		}
		fmt.Println(c.Operation)
	}
	// Output:
	// 7 <nil>
	// get_config
	// get_authorization_cookie
	// get_cookie
	// register_computer
	// sync_updates
	// sync_updates
	// sync_updates
	// sync_updates
	// sync_updates CookieExpired
	// get_authorization_cookie
	// get_cookie
	// sync_updates
	// get_extended_update_info
}

// A client that goes on showing the cookie it was given first.
func ExampleCheckClient() {
	forgetful := wusptest.BrokenClient("cookie/newest", newClient)
	err := wusptest.CheckClient(context.Background(), forgetful)
	for _, breach := range err.(interface{ Unwrap() []error }).Unwrap() { //nolint:errorlint // it is joined
		fmt.Println(breach)
	}
	// Output:
	// wusptest: cookie/newest: each call shows the cookie that was given last: call 6, sync_updates, shows another cookie than the one that was given last
	// wusptest: fault/old-cookie: after CookieExpired the new cookie is asked for with the old one: another one, or none
}

// In a test, each clause is a subtest.
func ExampleRunClient() {
	_ = func(t *testing.T) { //nolint:thelper // it is func TestMyClient
		wusptest.RunClient(t, func(_ *testing.T, s wusptest.Setup) wusptest.ClientSubject { return newClient(s) })
	}
	// Output:
}

// A capture of one call, which the client asks as it was asked then, and goes
// on where the capture ends.
func ExampleReplay() {
	replay, err := wusptest.OpenReplay(fstest.MapFS{ // os.DirFS(...)
		"000001/request.body":  {Data: wusp.AppendEnvelope(nil, &wusp.GetConfigRequest{ProtocolVersion: "1.8"})},
		"000001/response.body": {Data: wusp.AppendEnvelope(nil, wusptest.DefaultConfig())},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	client := newClient(wusptest.Setup{
		HTTP:     &http.Client{Transport: replay},
		ClientID: "6f0c0000-0000-4000-8000-000000000001", DNSName: "pc01.example.test", Facts: wusptest.Machine(),
	})
	_, err = client.Source.Retrieve(context.Background(), wsus.RetrieveRequest{
		Location: wsus.Location{URL: "http://wsus.example.test:8530"},
	})
	fmt.Println(err != nil)
	fmt.Println(replay.Check())
	// Output:
	// true
	// wusptest: replay: get_authorization_cookie after the last step
}
