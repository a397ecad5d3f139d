package wusp_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp"
	"github.com/updatescan/updatescan/wsus/wusp/wusptest"
)

func configOf(tb testing.TB) wusp.ClientConfig {
	tb.Helper()
	return wusp.ClientConfig{ClientID: "6f0c0000-0000-4000-8000-000000000001", DNSName: "pc01.example.test", Facts: wusptest.Machine()}
}

func clientOf(tb testing.TB, cfg wusp.ClientConfig) *wusp.Client {
	tb.Helper()
	c, err := wusp.NewClient(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// start serves a handler over loopback.
func start(tb testing.TB, h http.Handler) wsus.RetrieveRequest {
	tb.Helper()
	srv := httptest.NewServer(h)
	tb.Cleanup(srv.Close)
	return wsus.RetrieveRequest{Location: wsus.Location{URL: srv.URL, Version: 7}}
}

func retrieve(tb testing.TB, c *wusp.Client, req wsus.RetrieveRequest) *wsus.Catalog {
	tb.Helper()
	got, err := c.Retrieve(context.Background(), req)
	if err != nil {
		tb.Fatalf("Retrieve = %v", err)
	}
	return got
}

func mustID(tb testing.TB, text string) compliance.UpdateID {
	tb.Helper()
	id, err := compliance.ParseUpdateID(text)
	if err != nil {
		tb.Fatal(err)
	}
	return id
}

// same reports whether two catalogues have the same updates, wherever they
// came from.
func same(a, b *wsus.Catalog) bool {
	if a.Len() != b.Len() {
		return false
	}
	for i, u := range a.All() {
		one, other := *u, *b.At(i)
		one.Origin, other.Origin = "", ""
		if !reflect.DeepEqual(one, other) {
			return false
		}
	}
	return true
}
