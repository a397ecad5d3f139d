package scan_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/scan/scantest"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
)

// damages are ways in which stored bytes go bad.
func damages() map[string]func([]byte) []byte {
	return map[string]func([]byte) []byte{
		"first byte": func(b []byte) []byte { b[0] ^= 1; return b },
		"middle":     func(b []byte) []byte { b[len(b)/2] ^= 0x20; return b },
		"last byte":  func(b []byte) []byte { b[len(b)-1] ^= 0x80; return b },
		"cut short":  func(b []byte) []byte { return b[:len(b)-3] },
		"nothing":    func([]byte) []byte { return []byte{} },
		"grown":      func(b []byte) []byte { return append(b, 0) },
		"foreign":    func([]byte) []byte { return []byte("another program's file") },
	}
}

// TestDamagedMetadata damages the stored metadata of a client. It is absent,
// the client says so, and what is stored stays until it is replaced. An
// offline scan then fails; an online scan within the TTL connects.
func TestDamagedMetadata(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-3")
	t.Attr("rule", "DEC-4")
	ways := damages()
	ways["missing"] = func([]byte) []byte { return nil }
	ways["of another scan"] = func(b []byte) []byte {
		e, err := ttl.DecodeEntry(b)
		if err != nil {
			panic(err)
		}
		at, _ := e.Stamp.Time()
		e.Stamp = ttl.NewStamp(at.Add(time.Hour), e.Stamp.Version())
		return ttl.AppendEntry(nil, e)
	}
	ways["no catalogue"] = func(b []byte) []byte {
		e, err := ttl.DecodeEntry(b)
		if err != nil {
			panic(err)
		}
		e.Data = e.Data[:len(e.Data)-1]
		return ttl.AppendEntry(nil, e)
	}
	for name, damage := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clk := scantest.NewClock(scantest.Start())
			cfg := faultConfig(clk)
			faultScanned(t, cfg)
			bad := damage(faultBlob(t, cfg.Storage, scan.PartMetadata))
			if err := cfg.Storage.Commit(t.Context(), []scan.Blob{{Part: scan.PartMetadata, Data: bad}}); err != nil {
				t.Fatal(err)
			}
			clk.Add(time.Hour)
			for range 2 { // it is so again after another restart
				watch := new(scantest.Observer)
				cfg.Observer = watch
				a := faultAgent(t, cfg)
				r, err := a.Scan(t.Context(), scan.AfterInstallation)
				if r.Failure.Code != 0x87D00606 || r.Outcome != scan.Failed {
					t.Errorf("an offline scan = %v, %v", r.Outcome, err)
				}
				if bad != nil && len(a.Faults()) != 1 || len(a.Faults()) > 1 {
					t.Errorf("Faults() = %v", a.Faults())
				}
				if got := faultBlob(t, cfg.Storage, scan.PartMetadata); string(got) != string(bad) {
					t.Error("the damaged metadata was touched")
				}
				if mustStatus(t, a).Stamp.Present() {
					t.Error("damaged metadata has a stamp")
				}
			}
			if !mendedBy(t, cfg, scan.ScanSchedule) {
				t.Error("the metadata is damaged after an online scan")
			}
		})
	}
}

// mendedBy scans and reports whether an offline scan then works.
func mendedBy(t *testing.T, cfg scan.Config, trigger scan.Trigger) bool {
	t.Helper()
	a := faultAgent(t, cfg)
	if r, err := a.Scan(t.Context(), trigger); err != nil || !r.Connected {
		t.Errorf("Scan(%v) = %v, %v, want a connection", trigger, r.Decision, err)
	}
	a = faultAgent(t, cfg)
	_, err := a.Scan(t.Context(), scan.AfterInstallation)
	return err == nil && len(a.Faults()) == 0
}

// TestDamagedBaselineAndOutbox damages what a client has recorded. It says so,
// reports everything again, and never uses a serial number twice. A process
// that ends on the way changes nothing of that.
func TestDamagedBaselineAndOutbox(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-2")
	t.Attr("rule", "DIFF-9")
	t.Attr("rule", "MSG-5")
	ways := damages()
	ways["missing"] = func([]byte) []byte { return nil }
	for name, damage := range ways {
		for _, part := range []scan.Part{scan.PartBaseline, scan.PartOutbox} {
			for stop := range 3 {
				t.Run(part.String()+" "+name+" "+string(rune('0'+stop)), func(t *testing.T) {
					t.Parallel()
					reportAgain(t, part, damage, stop)
				})
			}
		}
	}
}

// reportAgain damages a part and lets the client scan twice; the first scan is
// cut short at its evaluation for stop 1, and at once for stop 2.
func reportAgain(t *testing.T, part scan.Part, damage func([]byte) []byte, stop int) {
	t.Helper()
	clk := scantest.NewClock(scantest.Start())
	cfg := faultConfig(clk)
	site := cfg.Transport.(*statemsg.MemTransport)
	a := faultScanned(t, cfg)
	clk.Add(20 * time.Minute)
	if _, _, err := a.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	sent := site.Messages()
	bad := damage(faultBlob(t, cfg.Storage, part))
	if err := cfg.Storage.Commit(t.Context(), []scan.Blob{{Part: part, Data: bad}}); err != nil {
		t.Fatal(err)
	}
	if stop > 0 {
		cut, good := cfg, cfg.Evaluator
		ctx, cancel := context.WithCancel(t.Context())
		cut.Evaluator = faultEvaluator(func(ctx context.Context, _ *wsus.Catalog) (wsus.Evaluation, error) {
			cancel()
			<-ctx.Done()
			return wsus.Evaluation{}, ctx.Err()
		})
		if stop == 2 {
			cancel()
		}
		b := faultAgent(t, cut)
		if _, err := b.Scan(ctx, scan.ScanCycle); !errors.Is(err, context.Canceled) {
			t.Fatalf("a scan cut short = %v", err)
		}
		cancel()
		cfg.Evaluator = good
	}
	b := faultAgent(t, cfg)
	if stop == 0 && (len(b.Faults()) == 0) != (bad == nil && part == scan.PartBaseline) {
		t.Errorf("Faults() = %v", b.Faults())
	}
	if _, err := b.Scan(t.Context(), scan.ScanCycle); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		clk.Add(20 * time.Minute)
		if _, _, err := b.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	again := map[string]bool{}
	all := site.Messages()
	for i, m := range all {
		if i > 0 && m.Serial != all[i-1].Serial+1 {
			t.Errorf("serial %d follows %d", m.Serial, all[i-1].Serial)
		}
		if i >= len(sent) && m.TopicType == statemsg.UpdateDetection {
			again[m.TopicID] = true
		}
	}
	if len(again) != 3 {
		t.Errorf("%d updates are reported again, want 3", len(again))
	}
	base, err := b.Baseline(t.Context())
	if err != nil || !base.Equal(faultSnapshot()) {
		t.Errorf("Baseline() = %v, %v", slices.Collect(base.All()), err)
	}
}

// TestDamagedWorkflow damages the workflow itself: every call says so, and
// what is stored stays as it is.
func TestDamagedWorkflow(t *testing.T) {
	t.Parallel()
	ways := damages()
	ways["missing"] = func([]byte) []byte { return nil }
	for name, damage := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clk := scantest.NewClock(scantest.Start())
			cfg := faultConfig(clk)
			faultScanned(t, cfg)
			store := cfg.Storage.(*scan.MemStorage)
			bad := damage(faultBlob(t, store, scan.PartMachine))
			if err := store.Commit(t.Context(), []scan.Blob{{Part: scan.PartMachine, Data: bad}}); err != nil {
				t.Fatal(err)
			}
			commits := store.Commits()
			a, err := scan.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			for call, f := range map[string]func() error{
				"ApplyPolicy": func() error { return a.ApplyPolicy(t.Context(), scan.Policy{Enabled: true}) },
				"Scan":        func() error { _, err := a.Scan(t.Context(), scan.ScanCycle); return err },
				"Tick":        func() error { _, _, err := a.Tick(t.Context()); return err },
				"Status":      func() error { _, err := a.Status(t.Context()); return err },
			} {
				if err := f(); !errors.Is(err, scan.ErrStateDamaged) {
					t.Errorf("%s = %v, want %v", call, err, scan.ErrStateDamaged)
				}
			}
			if store.Commits() != commits {
				t.Error("the storage was written to")
			}
		})
	}
}

// TestForeignWorkflow is a workflow of a later format.
func TestForeignWorkflow(t *testing.T) {
	t.Parallel()
	_, _, err := scan.RestoreMachine(scan.MachineConfig{Rand: scantest.NewNumbers(1)},
		[]scan.Blob{{Part: scan.PartMachine, Data: []byte("updatescan-machine 2 00000000\n{}")}})
	if !errors.Is(err, scan.ErrStateForeign) {
		t.Errorf("RestoreMachine = %v, want %v", err, scan.ErrStateForeign)
	}
}

// TestRefreshAfterLoss asks for a refresh of a client whose outbox was lost:
// what is recorded again is reported, once (DIFF-8).
func TestRefreshAfterLoss(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-8")
	clk := scantest.NewClock(scantest.Start())
	cfg := faultConfig(clk)
	a := faultScanned(t, cfg)
	site := cfg.Transport.(*statemsg.MemTransport)
	count := func() int {
		n := 0
		for _, m := range site.Messages() {
			if m.TopicType == statemsg.UpdateDetection && m.StateID != statemsg.StateID(compliance.Unknown) {
				n++
			}
		}
		return n
	}
	for i := range 3 {
		clk.Add(20 * time.Minute)
		if _, _, err := a.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, want := count(), 3*(i+1); got != want {
			t.Errorf("%d messages about updates after %d refreshes, want %d", got, i, want)
		}
		if err := a.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
