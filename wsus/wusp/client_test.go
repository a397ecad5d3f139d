package wusp_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/wusp"
	"github.com/updatescan/updatescan/wsus/wusp/wusptest"
)

// TestRetrieve: the whole handshake and scan, and a second one that brings
// nothing new.
func TestRetrieve(t *testing.T) {
	t.Parallel()
	srv := wusptest.NewServer(120)
	srv.Page = 30
	req := start(t, srv)
	var last wusp.Progress
	cfg := configOf(t)
	cfg.Progress = func(p wusp.Progress) { last = p }
	c := clientOf(t, cfg)
	got := retrieve(t, c, req)
	if got.Len() != 123 || got.Version() != 7 {
		t.Fatalf("Retrieve: %d updates of version %d, want 123 of 7", got.Len(), got.Version())
	}
	// 2 and 3 are unlocked one after the other, then come four pages.
	want := []wusp.Operation{
		wusp.OpGetConfig, wusp.OpGetAuthorizationCookie, wusp.OpGetCookie, wusp.OpRegisterComputer,
		wusp.OpSyncUpdates, wusp.OpSyncUpdates, wusp.OpSyncUpdates, wusp.OpSyncUpdates, wusp.OpSyncUpdates, wusp.OpSyncUpdates, wusp.OpSyncUpdates,
		wusp.OpGetExtendedUpdateInfo, wusp.OpGetExtendedUpdateInfo, wusp.OpGetExtendedUpdateInfo,
	}
	if diff := cmp.Diff(want, srv.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if !last.Done || last.Trips != 7 || last.New != 123 || last.Cached != 123 || last.Installed != 3 || last.Extended != 122 {
		t.Errorf("Progress = %+v", last)
	}
	i, ok := got.Find(wusptest.ID(100))
	if !ok {
		t.Fatal("update 100 is missing")
	}
	u := got.At(i)
	if u.Title != "Update 100 & more" || u.Severity != "Critical" || !slices.Equal(u.KBArticles, []string{"951748"}) || u.Action != wsus.ActionPreDeploymentCheck || !u.Leaf {
		t.Errorf("update 100 = %+v", u)
	}
	eval, err := applicability.New(applicability.Config{Facts: cfg.Facts})
	if err != nil {
		t.Fatal(err)
	}
	found, err := eval.Evaluate(context.Background(), got)
	if err != nil {
		t.Fatal(err)
	}
	if r, ok := found.Snapshot.Find(u.ID); !ok || r.State != compliance.Required {
		t.Errorf("state of update 100 = %v, %v, want required", r.State, ok)
	}

	srv.Forget()
	req.Previous = got
	if again := retrieve(t, c, req); again != got {
		t.Error("a second retrieval without changes returned another catalogue")
	}
	if diff := cmp.Diff([]wusp.Operation{wusp.OpSyncUpdates}, srv.Calls()); diff != "" {
		t.Errorf("calls of the second retrieval (-want +got):\n%s", diff)
	}
	m := srv.Requests()[0].(*wusp.SyncUpdatesRequest)
	if !slices.Equal(m.InstalledNonLeafUpdateIDs, []int32{1, 2, 3}) || len(m.OtherCachedUpdateIDs) != 120 {
		t.Errorf("second request: installed %v, %d others", m.InstalledNonLeafUpdateIDs, len(m.OtherCachedUpdateIDs))
	}
}

// TestIncremental: only what changed crosses the wire.
func TestIncremental(t *testing.T) {
	t.Parallel()
	srv := wusptest.NewServer(10)
	req := start(t, srv)
	c := clientOf(t, configOf(t))
	first := retrieve(t, c, req)
	srv.Updates[3].Action = wsus.ActionInstall                // changed
	srv.Updates = append(srv.Updates[:5], srv.Updates[6:]...) // 102 is gone
	srv.Updates = append(srv.Updates, wusptest.Update{ID: 500, Kind: wsus.KindSoftware, Leaf: true, Needs: []int32{3}, Action: wsus.ActionInstall})
	srv.Forget()
	req.Previous = first
	got := retrieve(t, c, req)
	if diff := cmp.Diff([]wusp.Operation{wusp.OpSyncUpdates, wusp.OpGetExtendedUpdateInfo}, srv.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int32{500}, srv.Requests()[1].(*wusp.GetExtendedUpdateInfoRequest).RevisionIDs); diff != "" {
		t.Errorf("extended information (-want +got):\n%s", diff)
	}
	if i, ok := got.Find(wusptest.ID(100)); !ok || got.At(i).Action != wsus.ActionInstall {
		t.Errorf("update 100 did not change")
	}
	if _, ok := got.Find(wusptest.ID(102)); ok {
		t.Errorf("update 102 is still there")
	}
	if _, ok := got.Find(wusptest.ID(500)); !ok {
		t.Errorf("update 500 is missing")
	}
	if i, ok := first.Find(wusptest.ID(100)); !ok || first.At(i).Action != wsus.ActionPreDeploymentCheck {
		t.Errorf("the previous catalogue was modified")
	}
}

// TestPreviousSeedsTheCache: a client without a cache asks which of the
// previous catalogue's updates the server still has.
func TestPreviousSeedsTheCache(t *testing.T) {
	t.Parallel()
	srv := wusptest.NewServer(250)
	req := start(t, srv)
	req.Previous = retrieve(t, clientOf(t, configOf(t)), req)
	for _, how := range []string{"", "fault", "status", "page"} {
		refuse := how != ""
		srv.Forget()
		srv.Before = wusptest.At(map[string]wusptest.Trick{
			"fault":  wusptest.Faulty(&wusp.Fault{FaultString: "what?"}),
			"status": wusptest.WebPage(http.StatusNotFound),
			"page":   wusptest.WebPage(http.StatusOK),
		}[how], wusp.OpRefreshCache)
		if got := retrieve(t, clientOf(t, configOf(t)), req); got != req.Previous {
			t.Errorf("%q: another catalogue", how)
		}
		sent := 0
		for _, m := range srv.Requests() {
			if m, ok := m.(*wusp.RefreshCacheRequest); ok {
				sent += len(m.GlobalIDs)
				if len(m.GlobalIDs) > 200 {
					t.Errorf("RefreshCache of %d ids", len(m.GlobalIDs))
				}
			}
		}
		if !refuse && (sent != 253 || srv.Count(wusp.OpSyncUpdates) != 1) {
			t.Errorf("%d ids refreshed, %d syncs", sent, srv.Count(wusp.OpSyncUpdates))
		}
	}
}

// TestStateStore: a new process goes on where the last one was; a damaged
// state is as good as none.
func TestStateStore(t *testing.T) {
	t.Parallel()
	srv := wusptest.NewServer(40)
	req := start(t, srv)
	store := &wusptest.States{}
	cfg := configOf(t)
	cfg.Store = store
	first := retrieve(t, clientOf(t, cfg), req)
	srv.Forget()
	if got := retrieve(t, clientOf(t, cfg), req); !got.Equal(first) {
		t.Error("another catalogue from the stored state")
	}
	if diff := cmp.Diff([]wusp.Operation{wusp.OpSyncUpdates}, srv.Calls()); diff != "" {
		t.Errorf("calls from the stored state (-want +got):\n%s", diff)
	}
	key := req.Location.URL
	good := slices.Clone(store.Data[key])
	for at := 0; at < len(good); at += 397 {
		store.Data[key] = slices.Clone(good)
		store.Data[key][at] ^= 0x20
		if got := retrieve(t, clientOf(t, cfg), req); !got.Equal(first) {
			t.Fatalf("byte %d damaged: another catalogue", at)
		}
	}
	store.Data[key] = good[:len(good)/2]
	if got := retrieve(t, clientOf(t, cfg), req); !got.Equal(first) {
		t.Error("state cut short: another catalogue")
	}
}

// TestCategories: a limited scan names the categories that the server
// prefers, and a server or client that is too old is not asked.
func TestCategories(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, client, server string
		filter               bool
	}{
		{"both know it", "1.8", "3.2", true},
		{"old server", "1.8", "3.1", false},
		{"old client", "1.6", "3.2", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := wusptest.NewServer(1)
			srv.Config.Properties[1].Value = tt.server
			cfg := configOf(t)
			cfg.ProtocolVersion = tt.client
			id := wusptest.ID(2)
			cfg.Categories = []wusp.CategoryRelationship{{CategoryID: id}}
			retrieve(t, clientOf(t, cfg), start(t, srv))
			if n := srv.Count(wusp.OpStartCategoryScan); (n == 1) != tt.filter {
				t.Errorf("%d StartCategoryScan", n)
			}
			for _, m := range srv.Requests() {
				if m, ok := m.(*wusp.SyncUpdatesRequest); ok && (len(m.FilterCategoryIDs) == 1) != tt.filter {
					t.Errorf("filter %v", m.FilterCategoryIDs)
				}
			}
		})
	}
}

// TestDrivers: one call of the driver pass, unless the server says that it
// is not needed.
func TestDrivers(t *testing.T) {
	t.Parallel()
	for _, needed := range []bool{true, false} {
		srv := wusptest.NewServer(1)
		if needed {
			srv.Updates = append(srv.Updates, wusptest.Update{ID: 900, Kind: wsus.KindDriver, Leaf: true, Action: wsus.ActionInstall})
		}
		cfg := configOf(t)
		cfg.Drivers, cfg.Devices = true, []wusp.Device{{HardwareIDs: []string{`PCI\VEN_8086`}}}
		retrieve(t, clientOf(t, cfg), start(t, srv))
		passes := 0
		for _, m := range srv.Requests() {
			if m, ok := m.(*wusp.SyncUpdatesRequest); ok && m.SkipSoftwareSync {
				passes++
				if len(m.SystemSpec) != 1 || len(m.OtherCachedUpdateIDs) != 0 || len(m.InstalledNonLeafUpdateIDs) != 3 {
					t.Errorf("driver pass: %+v", m)
				}
			}
		}
		if (passes == 1) != needed || passes > 1 {
			t.Errorf("needed=%v: %d driver passes", needed, passes)
		}
	}
}

// TestReport: the events that a scan sends.
func TestReport(t *testing.T) {
	t.Parallel()
	srv := wusptest.NewServer(2)
	req := start(t, srv)
	cfg := configOf(t)
	c := clientOf(t, cfg)
	catalog := retrieve(t, c, req)
	eval, err := applicability.New(applicability.Config{Facts: cfg.Facts})
	if err != nil {
		t.Fatal(err)
	}
	found, err := eval.Evaluate(context.Background(), catalog)
	if err != nil {
		t.Fatal(err)
	}
	srv.Forget()
	if err := c.Report(context.Background(), req, wusp.Report{Catalog: catalog, Snapshot: found.Snapshot}); err != nil {
		t.Fatal(err)
	}
	events := srv.Requests()[0].(*wusp.ReportEventBatchRequest).Events
	if len(events) != 2 || events[0].BasicData.EventID != 147 || events[1].BasicData.EventID != 156 {
		t.Fatalf("events %+v", events)
	}
	want := []string{"U=" + strings.ToUpper(wusptest.ID(100).String()+";"+wusptest.ID(101).String())}
	if diff := cmp.Diff(want, events[1].ExtendedData.MiscData); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	if err := c.Report(context.Background(), req, wusp.Report{Failed: wsus.CodeTimeout}); err != nil {
		t.Fatal(err)
	}
	e := srv.Requests()[1].(*wusp.ReportEventBatchRequest).Events[0]
	if e.BasicData.EventID != 148 || e.BasicData.Win32HResult != wsus.CodeTimeout.Int32() || e.ExtendedData.ReplacementStrings[0] != "0x80072ee2" {
		t.Errorf("failure event %+v", e)
	}
}

func TestClientConfig(t *testing.T) {
	t.Parallel()
	for field, change := range map[string]func(*wusp.ClientConfig){
		"ClientID":        func(c *wusp.ClientConfig) { c.ClientID = "" },
		"DNSName":         func(c *wusp.ClientConfig) { c.DNSName = "" },
		"ProtocolVersion": func(c *wusp.ClientConfig) { c.ProtocolVersion = "1" },
		"MaxTrips":        func(c *wusp.ClientConfig) { c.MaxTrips = -1 },
		"MaxBytes":        func(c *wusp.ClientConfig) { c.MaxBytes = -1 },
	} {
		cfg := configOf(t)
		change(&cfg)
		_, err := wusp.NewClient(cfg)
		if e, ok := errors.AsType[*wusp.ClientConfigError](err); !ok || e.Field != field {
			t.Errorf("NewClient with bad %s = %v", field, err)
		}
	}
}

// badStore fails to load or to save.
type badStore struct{ load, save error }

func (b badStore) Load(context.Context, string) ([]byte, error) { return nil, b.load }
func (b badStore) Save(context.Context, string, []byte) error   { return b.save }

// TestBadStore: a store that fails is an error, and the next retrieval tries
// again.
func TestBadStore(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	srv := wusptest.NewServer(1)
	req := start(t, srv)
	for _, store := range []badStore{{load: broken}, {save: broken}} {
		cfg := configOf(t)
		cfg.Store = store
		if got, err := clientOf(t, cfg).Retrieve(context.Background(), req); got != nil || !errors.Is(err, broken) {
			t.Errorf("Retrieve with %+v = %v, %v", store, got, err)
		}
	}
}

// TestRegistration: what is told of the machine comes from its facts; it is
// told once, and not to a server that does not want it.
func TestRegistration(t *testing.T) {
	t.Parallel()
	srv := wusptest.NewServer(1)
	req := start(t, srv)
	c := clientOf(t, configOf(t))
	retrieve(t, c, req)
	retrieve(t, c, req)
	if n := srv.Count(wusp.OpRegisterComputer); n != 1 {
		t.Errorf("registered %d times", n)
	}
	want := wusp.ComputerInfo{
		DNSName: "pc01.example.test", OSMajorVersion: 10, OSBuildNumber: 26200, SuiteMask: 256, OldProductType: 1,
		ProcessorArchitecture: "AMD64", BiosReleaseDate: "0001-01-01T00:00:00",
	}
	for _, m := range srv.Requests() {
		if m, ok := m.(*wusp.RegisterComputerRequest); ok {
			if diff := cmp.Diff(want, m.ComputerInfo); diff != "" {
				t.Errorf("ComputerInfo (-want +got):\n%s", diff)
			}
		}
	}
	shy := wusptest.NewServer(1)
	shy.Config.IsRegistrationRequired = false
	retrieve(t, clientOf(t, configOf(t)), start(t, shy))
	if n := shy.Count(wusp.OpRegisterComputer); n != 0 {
		t.Errorf("registered %d times, unasked", n)
	}
}

// TestPowerOff: a process that ends without a word has stored most of what
// it had.
func TestPowerOff(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-10")
	srv := wusptest.NewServer(100)
	srv.Page = 2
	req := start(t, srv)
	store := &wusptest.States{}
	cfg := configOf(t)
	cfg.Store = store
	var kept []byte
	cfg.Progress = func(p wusp.Progress) {
		if p.Trips == 40 {
			kept, _ = store.Load(context.Background(), req.Location.URL)
		}
	}
	want := retrieve(t, clientOf(t, cfg), req)
	if err := store.Save(context.Background(), req.Location.URL, kept); err != nil || kept == nil {
		t.Fatal("nothing was stored on the way")
	}
	cfg.Progress = nil
	srv.Forget()
	if got := retrieve(t, clientOf(t, cfg), req); !got.Equal(want) {
		t.Error("another catalogue")
	}
	if n := srv.Count(wusp.OpSyncUpdates); n > 25 {
		t.Errorf("%d syncs after the restart", n)
	}
}
