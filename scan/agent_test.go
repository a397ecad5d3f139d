package scan_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/wsus"
)

type fakeEvaluator struct{ snap *compliance.Snapshot }

func (f *fakeEvaluator) Evaluate(context.Context, *wsus.Catalog) (wsus.Evaluation, error) {
	return wsus.Evaluation{Snapshot: f.snap}, nil
}

func TestAgentSmoke(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	mock := clock.NewMock()
	mock.Set(time.Date(2008, 6, 1, 8, 0, 0, 0, time.UTC))
	id, _ := compliance.ParseUpdateID("00000000-0000-0000-0000-000000000001")
	snap, err := compliance.NewSnapshot(nil, []compliance.Record{{ID: id, Revision: 100, State: compliance.Required}})
	if err != nil {
		t.Fatal(err)
	}
	cat, err := wsus.NewCatalog(1, nil)
	if err != nil {
		t.Fatal(err)
	}
	src := new(wsus.MemSource)
	src.Serve(cat)
	tr := new(statemsg.MemTransport)
	a, err := scan.New(scan.Config{
		Client:    statemsg.Client{ID: "GUID:4F6C2B1A-0042-4D7E-9C55-2008060200AA"},
		Machine:   scan.MachineConfig{Rand: rand.NewPCG(1, 2)},
		Locator:   wsus.StaticLocator{{URL: "http://wsus.example.test:8530"}},
		Source:    src,
		Evaluator: &fakeEvaluator{snap},
		Transport: tr,
		Clock:     mock,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.ApplyPolicy(ctx, scan.Policy{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	r, err := a.Scan(ctx, scan.ScanCycle)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", r)
	for range 6 {
		next, ok, err := a.Tick(ctx)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		t.Log(next)
		mock.Set(next)
	}
	t.Logf("%+v", tr)
}
