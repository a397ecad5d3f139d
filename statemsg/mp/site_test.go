package mp_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/updatescan/updatescan/statemsg/mp"
	"github.com/updatescan/updatescan/statemsg/site"
)

// fullStore is a store without room.
type fullStore struct{ *site.MemStore }

func (fullStore) Commit(context.Context, []site.Plan, []site.Kept) error {
	return errors.New("no space left on device")
}

// TestSite: a site server behind the handler. What it cannot store is refused
// with 503; a bad report is kept, another's is not.
func TestSite(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-1")
	t.Attr("rule", "SITE-7")
	store := new(site.MemStore)
	behind := func(s site.Store) *mp.Handler {
		server, err := site.New(site.Config{Store: s, Reader: store})
		if err != nil {
			t.Fatal(err)
		}
		return handler(t, mp.HandlerConfig{Receiver: server, Reject: server.Reject})
	}
	good := wire(t, report(clientA, 1, 3))
	a := ask(t, behind(fullStore{store}), post(bytes.NewReader(good)))
	a.is(t, 503, "unavailable")
	if strings.Contains(a.Detail, "space") {
		t.Errorf("detail %q tells of the inside", a.Detail)
	}
	h := behind(store)
	ask(t, h, post(strings.NewReader("<Report/>"))).is(t, 400, "bad_report")
	ask(t, h, post(bytes.NewReader(wire(t, report(clientB, 1, 3))))).is(t, 403, "wrong_client")
	for range 2 {
		ask(t, h, post(bytes.NewReader(good))).acknowledged(t, 0)
	}
	clients, err := store.Clients(t.Context(), []string{clientA, clientB})
	if err != nil || len(clients) != 1 || clients[0].ID != clientA || clients[0].Highest != 3 {
		t.Errorf("Clients = %+v, %v, want A with 3 messages", clients, err)
	}
	page, err := store.Inspect(t.Context(), site.KeptQuery{Limit: 10})
	if err != nil || page.Total != 1 || len(page.Kept) != 1 || string(page.Kept[0].Body) != "<Report/>" {
		t.Errorf("kept = %+v, %v, want the bad one", page, err)
	}
}
