package wusptest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/updatescan/updatescan/internal/contract"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp"
	"github.com/updatescan/updatescan/wsus/wusp/wusptest"
)

// good is the library's client.
func good(tb testing.TB) func(wusptest.Setup) wusptest.ClientSubject {
	tb.Helper()
	return func(s wusptest.Setup) wusptest.ClientSubject {
		cfg := wusp.ClientConfig{
			HTTP: s.HTTP, ClientID: s.ClientID, DNSName: s.DNSName, ProtocolVersion: s.ProtocolVersion, Facts: s.Facts,
			Categories: s.Categories, Drivers: s.Drivers, Devices: s.Devices, Store: &wusptest.States{},
		}
		again := func() wsus.Source {
			c, err := wusp.NewClient(cfg)
			if err != nil {
				tb.Error(err)
			}
			return c
		}
		return wusptest.ClientSubject{Source: again(), Restart: again, Concurrent: true}
	}
}

// TestGoodClient: the library's client breaks nothing.
func TestGoodClient(t *testing.T) {
	t.Parallel()
	if err := wusptest.CheckClient(t.Context(), good(t)); err != nil {
		t.Error(err)
	}
}

// TestBrokenClient: each clause catches what breaks it, and there is a breach
// for each.
func TestBrokenClient(t *testing.T) {
	t.Parallel()
	ids := wusptest.ClauseIDs()
	if got := wusptest.BreachIDs(); len(got) != len(ids) {
		t.Errorf("%d clauses, %d breaches", len(ids), len(got))
	}
	for _, id := range ids {
		t.Run(strings.ReplaceAll(id, "/", " "), func(t *testing.T) {
			t.Parallel()
			err := wusptest.CheckClause(t.Context(), id, wusptest.BrokenClient(id, good(t)))
			if got := contract.Breaches(err); !slices.Equal(got, []string{id}) {
				t.Errorf("breaches %v, want %s\n%v", got, id, err)
			}
		})
	}
	defer func() {
		if recover() == nil {
			t.Error("BrokenClient of no clause does not panic")
		}
	}()
	wusptest.BrokenClient("x", good(t))
}

// TestBreachesAreNamed: what breaks one clause is caught by it, and otherwise
// only by those that cannot hold without it.
func TestBreachesAreNamed(t *testing.T) {
	t.Parallel()
	for id, others := range map[string][]string{
		"cookie/newest":     {"fault/old-cookie"},
		"sync/out-of-scope": {"sync/same"},
		"fault/bounded":     nil,
	} {
		want := slices.Sorted(slices.Values(append([]string{id}, others...)))
		if got := contract.Breaches(wusptest.CheckClient(t.Context(), wusptest.BrokenClient(id, good(t)))); !slices.Equal(got, want) {
			t.Errorf("broken %s: breaches %v, want %v", id, got, want)
		}
	}
}

// idle is a Source that does nothing.
type idle struct{}

func (idle) Retrieve(context.Context, wsus.RetrieveRequest) (*wsus.Catalog, error) {
	return wsus.NewCatalog(0, nil)
}

// stuck is a Source that does not return before its test ends.
type stuck struct{ release chan struct{} }

func (s stuck) Retrieve(context.Context, wsus.RetrieveRequest) (*wsus.Catalog, error) {
	<-s.release
	return nil, context.Canceled
}

// TestNoClient: what does not speak the protocol at all, and what hangs, is
// caught too, and what needs more than there is is not checked.
func TestNoClient(t *testing.T) {
	t.Parallel()
	mute := func(wusptest.Setup) wusptest.ClientSubject { return wusptest.ClientSubject{Source: idle{}} }
	err := wusptest.CheckClause(t.Context(), "handshake/order", mute)
	if err == nil || !strings.Contains(err.Error(), "does the client use Setup.HTTP?") {
		t.Errorf("a client that never asks: %v", err)
	}
	for _, id := range []string{"concurrent/same", "resume/restart"} {
		plain := func(s wusptest.Setup) wusptest.ClientSubject {
			return wusptest.ClientSubject{Source: good(t)(s).Source}
		}
		if err := wusptest.CheckClause(t.Context(), id, plain); err != nil {
			t.Errorf("%s of a client that cannot: %v", id, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := wusptest.CheckClient(ctx, good(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that is done: %v", err)
	}
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		hangs := func(wusptest.Setup) wusptest.ClientSubject {
			return wusptest.ClientSubject{Source: stuck{release}}
		}
		if err := wusptest.CheckClause(t.Context(), "retrieve/asks", hangs); err == nil || !strings.Contains(err.Error(), "has not returned") {
			t.Errorf("a client that hangs: %v", err)
		}
	})
}
