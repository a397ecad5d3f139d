package scan_test

import (
	"context"
	"errors"
	"testing"

	"github.com/benbjohnson/clock"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/scan/scantest"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/wsus"
)

// faultSource, faultLocator and faultEvaluator are functions that are what
// their names say.
type (
	faultSource    func(context.Context, wsus.RetrieveRequest) (*wsus.Catalog, error)
	faultLocator   func(context.Context, wsus.LocateRequest) ([]wsus.Location, error)
	faultEvaluator func(context.Context, *wsus.Catalog) (wsus.Evaluation, error)
)

func (f faultSource) Retrieve(ctx context.Context, r wsus.RetrieveRequest) (*wsus.Catalog, error) {
	return f(ctx, r)
}

func (f faultLocator) Locate(ctx context.Context, r wsus.LocateRequest) ([]wsus.Location, error) {
	return f(ctx, r)
}

func (f faultEvaluator) Evaluate(ctx context.Context, c *wsus.Catalog) (wsus.Evaluation, error) {
	return f(ctx, c)
}

// faultConfig is the configuration of a client of which everything works: its
// initial scan is due at once, and it has no schedules.
func faultConfig(c clock.Clock) scan.Config {
	catalog, err := wsus.NewCatalog(7, nil)
	if err != nil {
		panic(err)
	}
	source := new(wsus.MemSource)
	source.Serve(catalog)
	return scan.Config{
		Machine: scan.MachineConfig{
			Rand: scantest.NewNumbers(0), UpdateSource: scantest.ID(99),
			ScanSchedule: scan.Schedule{Disabled: true}, Reevaluation: scan.Schedule{Disabled: true},
		},
		Client:  statemsg.Client{ID: "GUID:00000000-0000-4000-8000-00000000FA17"},
		Locator: wsus.StaticLocator{{URL: crashA}, {URL: crashB}},
		Source:  source,
		Evaluator: faultEvaluator(func(_ context.Context, c *wsus.Catalog) (wsus.Evaluation, error) {
			if c == nil {
				return wsus.Evaluation{}, errors.New("evaluation without metadata")
			}
			return wsus.Evaluation{Snapshot: faultSnapshot()}, nil
		}),
		Transport: new(statemsg.MemTransport),
		Storage:   new(scan.MemStorage),
		Clock:     c,
		Observer:  new(scantest.Observer),
	}
}

// faultSnapshot is what the evaluator finds.
func faultSnapshot() *compliance.Snapshot {
	s, err := compliance.NewSnapshot(nil, []compliance.Record{
		{ID: scantest.ID(1), Revision: 100, State: compliance.Required},
		{ID: scantest.ID(2), Revision: 100, State: compliance.Installed},
		{ID: scantest.ID(3), Revision: 100, State: compliance.NotRequired},
	})
	if err != nil {
		panic(err)
	}
	return s
}

// faultAgent returns the agent of a configuration, with the feature enabled.
func faultAgent(t *testing.T, cfg scan.Config) *scan.Agent {
	t.Helper()
	a, err := scan.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.ApplyPolicy(t.Context(), scan.Policy{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	return a
}

// faultScanned returns the agent of a client that has scanned online.
func faultScanned(t *testing.T, cfg scan.Config) *scan.Agent {
	t.Helper()
	a := faultAgent(t, cfg)
	if _, err := a.Scan(t.Context(), scan.ScanCycle); err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a
}

// faultBlob returns a stored part, nil when there is none.
func faultBlob(t *testing.T, s scan.Storage, p scan.Part) []byte {
	t.Helper()
	blobs, err := s.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range blobs {
		if b.Part == p {
			return b.Data
		}
	}
	return nil
}
