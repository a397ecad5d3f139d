package scan_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/scan/scantest"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
)

// The tests of this file are of mistakes that other programs have made.

// TestHourlyScansExpire: metadata that is used every hour expires all the same.
func TestHourlyScansExpire(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-5")
	d := enabledDriver(t, nil)
	at, _ := mustStamp(d).Time()
	for hour := 1; hour <= 24; hour++ {
		d.now = at.Add(time.Duration(hour) * time.Hour)
		trigger := []scan.Trigger{scan.ScanSchedule, scan.AfterInstallation, scan.Reevaluation}[hour%3]
		d.step(scan.Requested{Request: scan.Request{Trigger: trigger}})
		if r := d.evaluated(records(1, compliance.Required, 2, compliance.Installed)); r.Connected || r.Stamp != mustStamp(d) {
			t.Fatalf("scan after %d h: connected %t, stamp %v", hour, r.Connected, r.Stamp)
		}
		d.drain()
	}
	d.now = at.Add(24*time.Hour + 1)
	d.step(scan.Requested{Request: scan.Request{Trigger: scan.ScanSchedule}})
	must[scan.Locate](d)
}

// TestAttemptsDoNotRefresh: a client whose server fails each hour is not fresh
// because it has tried.
func TestAttemptsDoNotRefresh(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-6")
	d := enabledDriver(t, nil)
	stamp := mustStamp(d)
	d.now = d.now.Add(30 * time.Hour)
	for range 30 {
		d.step(scan.Requested{Request: scan.Request{Trigger: scan.ScanSchedule}})
		_, r := d.attempt(here, wsus.CodeTimeout)
		if mustStamp(d) != stamp || !r.FreshUntil.IsZero() {
			t.Fatalf("failed attempt: stamp %v, fresh until %v, want %v and never", mustStamp(d), r.FreshUntil, stamp)
		}
		d.now = d.now.Add(time.Hour)
	}
}

// TestFutureStamp: a clock that is moved back makes the stamp one of the future.
// Within the tolerance it is fresh, beyond it is not; an offline scan uses it.
func TestFutureStamp(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-7")
	d := enabledDriver(t, nil)
	at, _ := mustStamp(d).Time()
	for _, tt := range []struct {
		ahead   time.Duration
		trigger scan.Trigger
		local   bool
	}{
		{ttl.DefaultTolerance, scan.ScanSchedule, true},
		{ttl.DefaultTolerance + 1, scan.AfterInstallation, true},
		{23 * time.Hour, scan.AfterInstallation, true},
		{ttl.DefaultTolerance + 1, scan.ScanSchedule, false},
	} {
		d.now = at.Add(-tt.ahead)
		d.step(scan.Requested{Request: scan.Request{Trigger: tt.trigger}})
		e, local := find[scan.Evaluate](d)
		if local != tt.local || local && !e.Stored {
			t.Fatalf("%v with a stamp %v ahead: uses what is stored %t, want %t", tt.trigger, tt.ahead, local, tt.local)
		}
		if local {
			d.evaluated(records(1, compliance.Required, 2, compliance.Installed))
		}
	}
}

// TestOfflineKeepsWhatItUses: an offline scan, whether it succeeds or fails,
// leaves the stored metadata as it was.
func TestOfflineKeepsWhatItUses(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-6")
	clk := scantest.NewClock(scantest.Start())
	cfg := faultConfig(clk)
	faultScanned(t, cfg)
	stored := string(faultBlob(t, cfg.Storage, scan.PartMetadata))
	if stored == "" {
		t.Fatal("no metadata is stored")
	}
	good := cfg.Evaluator
	bad := faultEvaluator(func(context.Context, *wsus.Catalog) (wsus.Evaluation, error) {
		return wsus.Evaluation{}, errors.ErrUnsupported
	})
	for _, broken := range []bool{false, true, false} {
		clk.Add(48 * time.Hour)
		if cfg.Evaluator = good; broken {
			cfg.Evaluator = bad
		}
		r, err := faultAgent(t, cfg).Scan(t.Context(), scan.AfterInstallation)
		if (err != nil) != broken || r.Connected {
			t.Errorf("an offline scan = %v, %v, want an error %t", r.Outcome, err, broken)
		}
		if got := string(faultBlob(t, cfg.Storage, scan.PartMetadata)); got != stored {
			t.Errorf("an offline scan (error %t) changed the stored metadata", broken)
		}
	}
}

// TestMetadataOfUnknownAge: metadata that is stored while nothing says of when
// it is has no age, and is not taken as new.
func TestMetadataOfUnknownAge(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-3")
	clk := scantest.NewClock(scantest.Start())
	cfg := faultConfig(clk)
	faultScanned(t, cfg)
	metadata := faultBlob(t, cfg.Storage, scan.PartMetadata)
	cfg.Machine.InitialWindow = time.Hour
	cfg.Machine.Rand = sequence(1 << 63) // the initial scan is not due yet
	cfg.Storage = new(scan.MemStorage)   // the workflow of a client that never scanned
	faultAgent(t, cfg)
	if err := cfg.Storage.Commit(t.Context(), []scan.Blob{{Part: scan.PartMetadata, Data: metadata}}); err != nil {
		t.Fatal(err)
	}
	a := faultAgent(t, cfg)
	if r, err := a.Scan(t.Context(), scan.AfterInstallation); r.Failure.Code != wsus.CodeOfflineHistoryNotFound || err == nil {
		t.Errorf("an offline scan = %v, %v, want %v", r.Outcome, err, wsus.CodeOfflineHistoryNotFound)
	}
	if r, err := a.Scan(t.Context(), scan.ScanSchedule); err != nil || !r.Connected {
		t.Errorf("a scheduled scan = %v, %v, want a connection", r.Decision, err)
	}
}

// TestNothingStoredIsNoSuccess: an offline scan of a client that has nothing
// fails with a code of its own, evaluates nothing, and reports no state.
func TestNothingStoredIsNoSuccess(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DEC-4")
	cfg := faultConfig(scantest.NewClock(scantest.Start()))
	cfg.Machine.Rand = sequence(1 << 63)
	cfg.Evaluator = faultEvaluator(func(context.Context, *wsus.Catalog) (wsus.Evaluation, error) {
		t.Error("the machine was evaluated")
		return wsus.Evaluation{}, nil
	})
	for _, trigger := range []scan.Trigger{scan.AfterInstallation, scan.AfterRestart} {
		a := faultAgent(t, cfg)
		r, err := a.Scan(t.Context(), trigger)
		if err == nil || r.Outcome != scan.Failed || r.Failure.Code != wsus.CodeOfflineHistoryNotFound || r.Snapshot != nil {
			t.Errorf("Scan(%v) = %v %v, %v, want failed, %v", trigger, r.Outcome, r.Failure.Code, err, wsus.CodeOfflineHistoryNotFound)
		}
		if s, err := a.Baseline(t.Context()); err != nil || s.Len() != 0 {
			t.Errorf("Baseline() has %d records, %v, want none", s.Len(), err)
		}
	}
}

// TestForeignMetadata: metadata of another format version is absent, and the
// client says so.
func TestForeignMetadata(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-3")
	cfg := faultConfig(scantest.NewClock(scantest.Start()))
	faultScanned(t, cfg)
	const format = 8 // offset of the format version in a stored entry
	data := faultBlob(t, cfg.Storage, scan.PartMetadata)
	data[format]++
	if err := cfg.Storage.Commit(t.Context(), []scan.Blob{{Part: scan.PartMetadata, Data: data}}); err != nil {
		t.Fatal(err)
	}
	a := faultAgent(t, cfg)
	if f := a.Faults(); len(f) != 1 || !errors.Is(f[0], ttl.ErrForeign) {
		t.Errorf("Faults() = %v, want one that wraps %v", f, ttl.ErrForeign)
	}
	if mustStatus(t, a).Stamp.Present() {
		t.Error("metadata of a foreign format has a stamp")
	}
	if !mendedBy(t, cfg, scan.ScanSchedule) {
		t.Error("the metadata is foreign after an online scan")
	}
}

// TestFleetStaysSpread: clients with one schedule scan at different times, and
// do so again after an outage that ended for all at the same moment and after
// a restart with other random numbers.
func TestFleetStaysSpread(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-15")
	const clients = 48
	config := func(c *scan.MachineConfig) {
		c.ScanSchedule = scan.Schedule{Interval: 24 * time.Hour, Start: june}
		c.Reevaluation.Disabled = true
	}
	back := june.Add(10*24*time.Hour + 5*time.Hour)
	seen := make(map[time.Time]bool)
	for i := range uint64(clients) {
		d := newDriver(t, func(c *scan.MachineConfig) {
			config(c)
			c.Rand = sequence(i * (1<<63/clients*2 + 1))
		})
		d.step(scan.PolicyReceived{Policy: scan.Policy{Enabled: true}})
		first := d.m.Status().NextScan
		data, err := d.m.AppendPart(nil, scan.PartMachine)
		if err != nil {
			t.Fatal(err)
		}
		cfg := scan.MachineConfig{Rand: sequence(0)}
		config(&cfg)
		m, _, err := scan.RestoreMachine(cfg, []scan.Blob{{Part: scan.PartMachine, Data: data}})
		if err != nil {
			t.Fatal(err)
		}
		m.Step(back, scan.Resumed{})
		next := m.Status().NextScan
		if next.Sub(first)%(24*time.Hour) != 0 || !next.After(back) {
			t.Errorf("client %d: next scan %v after the outage, want whole days after %v", i, next, first)
		}
		seen[next] = true
	}
	if len(seen) != clients {
		t.Errorf("%d clients scan at %d different times after the outage", clients, len(seen))
	}
}

// TestTriggersAreToldApart: the table in the documentation of Trigger has one
// row for each trigger, with its type, and no two say the same.
func TestTriggersAreToldApart(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TRG-5")
	source, err := os.ReadFile("trigger.go")
	if err != nil {
		t.Fatal(err)
	}
	rows, labels, differs := make(map[string]int), make(map[string]bool), make(map[string]bool)
	for line := range strings.Lines(string(source)) {
		row, ok := strings.CutPrefix(line, "//\t")
		name, rest, _ := strings.Cut(row, " ")
		v, err := scan.ParseTrigger(name)
		if !ok || err != nil {
			continue
		}
		rows[name]++
		what, ok := strings.CutPrefix(strings.TrimSpace(rest), v.Type().Label()+" ")
		if what = strings.TrimSpace(what); !ok || what == "" || differs[what] {
			t.Errorf("row of %v: %q, want the type %q and what differs", v, row, v.Type().Label())
		}
		differs[what] = true
	}
	for v := range scan.Triggers() {
		if rows[v.String()] != 1 || labels[v.Label()] || v.Label() == v.String() {
			t.Errorf("%v: %d rows in the table, label %q, want one row and a label of its own", v, rows[v.String()], v.Label())
		}
		labels[v.Label()] = true
	}
}
