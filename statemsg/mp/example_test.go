package mp_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/mp"
	"github.com/updatescan/updatescan/statemsg/site"
)

// A site behind a management point, and a client that sends to it over TLS.
func Example() {
	ctx := context.Background()
	const id, token = "GUID:5B0A7C1E-93D4-4F60-8E25-000000000001", "8JwqpTOKENnotforuse2008"

	store := new(site.MemStore)
	server, err := site.New(site.Config{Store: store})
	if err != nil {
		log.Fatal(err)
	}
	tokens, err := mp.NewBearerTokens(map[string]string{token: id})
	if err != nil {
		log.Fatal(err)
	}
	handler, err := mp.NewHandler(mp.HandlerConfig{Receiver: server, Reject: server.Reject, Authenticator: tokens})
	if err != nil {
		log.Fatal(err)
	}
	https := httptest.NewUnstartedServer(nil)
	https.Config = mp.NewServer("", handler, nil)
	https.StartTLS()
	defer https.Close()

	client, err := mp.NewClient(mp.ClientConfig{
		URL: https.URL, Token: mp.FixedToken(token), Gzip: true, Rand: rand.NewPCG(1, 2),
		TLS: &tls.Config{RootCAs: https.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs},
	})
	if err != nil {
		log.Fatal(err)
	}
	at := time.Date(2008, 6, 3, 9, 15, 0, 0, time.UTC)
	report := &statemsg.Report{Client: statemsg.Client{ID: id}, Date: at, Messages: []statemsg.Message{{
		TopicType: statemsg.UpdateDetection, TopicID: "5d7e1f0a-93c4-4b1d-8a52-0c6f2e9b7d31", IDType: statemsg.IDTypeUpdate,
		StateID: statemsg.DetectionInstalled, Params: []string{"102"}, Time: at, Serial: 1,
	}}}
	fmt.Println("sent:", client.Send(ctx, report), "resync", client.Resync())

	report.Client.ID = "GUID:5B0A7C1E-93D4-4F60-8E25-000000000002"
	err = client.Send(ctx, report)
	var status *mp.StatusError
	fmt.Println("as another:", errors.As(err, &status), status.Status, status.Code, errors.Is(err, statemsg.ErrRejected))

	clients, err := store.Clients(ctx, []string{id, report.Client.ID})
	fmt.Println("known:", len(clients), err)
	// Output:
	// sent: <nil> resync 0
	// as another: true 403 wrong_client true
	// known: 1 <nil>
}

// A certificate that names its client.
func ExampleMutualTLS() {
	auth := mp.MutualTLS{}
	handler, err := mp.NewHandler(mp.HandlerConfig{
		Authenticator: auth,
		Receiver:      mp.ReceiverFunc(func(context.Context, *statemsg.Report) (uint64, error) { return 0, nil }),
	})
	if err != nil {
		log.Fatal(err)
	}
	// ClientCAs are the authorities that sign the clients' certificates.
	server := mp.NewServer("localhost:8443", handler, &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: nil})
	fmt.Println(server.ReadTimeout, auth.Challenge())
	// Output: 2m0s ClientCertificate realm="statemsg"
}
