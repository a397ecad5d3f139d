package wusp_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// lab is a server with a clock that the test turns.
type lab struct {
	tb     testing.TB
	store  *wusp.Store
	server *wusp.Server
	clock  *clock.Mock
	strict *schema // nil without the WSDLs
	calls  []wusp.Call
	events []wusp.ReportingEvent
}

func newLab(tb testing.TB, edit func(*wusp.ServerConfig), docs ...string) *lab {
	tb.Helper()
	l := &lab{tb: tb, clock: clock.NewMock()}
	l.clock.Set(time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC))
	l.store = wusp.NewStore(l.clock)
	for _, d := range docs {
		if err := l.store.Publish([]byte(d)); err != nil {
			tb.Fatal(err)
		}
	}
	cfg := wusp.ServerConfig{
		Store: l.store, Clock: l.clock,
		Observe: func(c wusp.Call) { l.calls = append(l.calls, c) },
		Events: func(_ context.Context, _ string, e []wusp.ReportingEvent) error {
			l.events = append(l.events, e...)
			return nil
		},
	}
	if edit != nil {
		edit(&cfg)
	}
	var err error
	if l.server, err = wusp.NewServer(cfg); err != nil {
		tb.Fatal(err)
	}
	return l
}

// ask calls an operation without a socket.
func (l *lab) ask(m wusp.Message) (wusp.Message, *wusp.Fault) {
	l.tb.Helper()
	body := wusp.AppendEnvelope(nil, m)
	l.check(body)
	r := httptest.NewRequest(http.MethodPost, "http://wsus.example.test:8530"+m.Operation().Path(), bytes.NewReader(body))
	r.Header.Set("SOAPAction", `"`+m.Operation().Action()+`"`)
	w := httptest.NewRecorder()
	l.server.ServeHTTP(w, r)
	l.check(w.Body.Bytes())
	if w.Code == http.StatusInternalServerError {
		f, ok, err := wusp.DecodeFault(w.Body.Bytes(), 0)
		if !ok || err != nil {
			l.tb.Fatalf("status 500 with %s: %v", w.Body, err)
		}
		return nil, f
	}
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != wusp.ContentType {
		l.tb.Fatalf("status %d, %v: %s", w.Code, w.Header(), w.Body)
	}
	answer, err := wusp.DecodeResponse(w.Body.Bytes(), m.Operation(), 0)
	if err != nil {
		l.tb.Fatal(err)
	}
	return answer, nil
}

func (l *lab) check(envelope []byte) {
	l.tb.Helper()
	if l.strict == nil {
		return
	}
	if err := l.strict.check(envelope); err != nil {
		l.tb.Errorf("strict reader: %v in\n%.2000s", err, envelope)
	}
}

func must[T wusp.Message](l *lab, m wusp.Message) T {
	l.tb.Helper()
	answer, fault := l.ask(m)
	if fault != nil {
		l.tb.Fatalf("%T = %v", m, fault)
	}
	return answer.(T)
}

func (l *lab) fault(want wusp.ErrorCode, m wusp.Message) *wusp.Fault {
	l.tb.Helper()
	_, fault := l.ask(m)
	if fault == nil || fault.ErrorCode != want {
		l.tb.Fatalf("%T = fault %v, want %s", m, fault, want)
	}
	return fault
}

// login returns a cookie of a client.
func (l *lab) login(client, group string, old *wusp.Cookie) *wusp.Cookie {
	l.tb.Helper()
	cfg := must[*wusp.GetConfigResponse](l, &wusp.GetConfigRequest{ProtocolVersion: "1.8"})
	auth := must[*wusp.GetAuthorizationCookieResponse](l, &wusp.GetAuthorizationCookieRequest{
		ClientID: client, TargetGroupName: group, DNSName: client + ".example.test",
	})
	c := must[*wusp.GetCookieResponse](l, &wusp.GetCookieRequest{
		AuthCookies: []wusp.AuthorizationCookie{auth.Cookie}, OldCookie: old, LastChange: cfg.LastChange,
		CurrentTime: wusp.NewDateTime(l.clock.Now()), ProtocolVersion: "1.8",
	})
	return &c.Cookie
}

const (
	categoryDoc = `<Update><UpdateIdentity UpdateID="c0000000-0000-4000-8000-000000000001" RevisionNumber="100"/><Properties UpdateType="Category" DefaultPropertiesLanguage="en"/><LocalizedPropertiesCollection><LocalizedProperties><Language>en</Language><Title>Product</Title></LocalizedProperties></LocalizedPropertiesCollection><ApplicabilityRules><IsInstalled><True/></IsInstalled></ApplicabilityRules><HandlerSpecificData type="cat:Category"><CategoryInformation CategoryType="Product"/></HandlerSpecificData></Update>`
	productID   = "c0000000-0000-4000-8000-000000000001"
	softwareID  = "d0000000-0000-4000-8000-%012d"
)

// softwareDoc is an update of the product.
func softwareDoc(n, revision int, more string) string {
	return fmt.Sprintf(`<Update><UpdateIdentity UpdateID="`+softwareID+`" RevisionNumber="%d"/><Properties UpdateType="Software" DefaultPropertiesLanguage="en"/><LocalizedPropertiesCollection><LocalizedProperties><Language>de</Language><Title>Update %d, deutsch</Title></LocalizedProperties><LocalizedProperties><Language>en</Language><Title>Update %d</Title></LocalizedProperties></LocalizedPropertiesCollection><Relationships><Prerequisites><AtLeastOne IsCategory="true"><UpdateIdentity UpdateID="`+productID+`"/></AtLeastOne></Prerequisites>%s</Relationships><ApplicabilityRules><IsInstalled><False/></IsInstalled><IsInstallable><True/></IsInstallable></ApplicabilityRules></Update>`, n, revision, n, n, more)
}

func idsOf(list []wusp.UpdateInfo) (ids []int32) {
	for _, u := range list {
		ids = append(ids, u.ID)
	}
	return ids
}

// TestServerSync: what a client gets from its first call to changes, new
// revisions, declined updates and another group.
func TestServerSync(t *testing.T) {
	t.Parallel()
	l := newLab(t, func(c *wusp.ServerConfig) { c.PageUpdates = 2; c.RequireRegistration = true }, categoryDoc)
	for i := 1; i <= 3; i++ {
		if err := l.store.Publish([]byte(softwareDoc(i, 100, ""))); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.store.AddGroup("Pilot"); err != nil {
		t.Fatal(err)
	}
	cookie := l.login("client-1", "pilot", nil)
	sync := func(installed, other []int32) *wusp.SyncUpdatesResponse {
		r := must[*wusp.SyncUpdatesResponse](l, &wusp.SyncUpdatesRequest{
			Cookie: cookie, InstalledNonLeafUpdateIDs: installed, OtherCachedUpdateIDs: other,
		})
		cookie = r.NewCookie
		return r
	}
	l.fault(wusp.RegistrationRequired, &wusp.SyncUpdatesRequest{Cookie: cookie})
	must[*wusp.RegisterComputerResponse](l, &wusp.RegisterComputerRequest{Cookie: cookie, ComputerInfo: wusp.ComputerInfo{DNSName: "x"}})

	r := sync(nil, nil)
	if len(r.NewUpdates) != 1 || r.NewUpdates[0].IsLeaf || r.NewUpdates[0].Deployment.Action != wsus.ActionEvaluate || r.Truncated || r.DriverSyncNotNeeded != "true" {
		t.Fatalf("first answer = %+v", r)
	}
	category := r.NewUpdates[0].ID
	if r = sync(nil, []int32{category}); len(r.NewUpdates)+len(r.ChangedUpdates)+len(r.OutOfScopeRevisionIDs) != 0 {
		t.Errorf("with the category not installed = %+v", r)
	}
	r = sync([]int32{category}, nil)
	if got := idsOf(r.NewUpdates); len(got) != 2 || !r.Truncated || !r.NewUpdates[0].IsLeaf || r.NewUpdates[0].Deployment.Action != wsus.ActionPreDeploymentCheck {
		t.Fatalf("first page = %+v", r)
	}
	r = sync([]int32{category}, idsOf(r.NewUpdates))
	if len(r.NewUpdates) != 1 || r.Truncated {
		t.Fatalf("last page = %+v", r)
	}
	all := []int32{2, 3, 4, 4, 99, -1}
	if r = sync([]int32{category}, all); len(r.NewUpdates)+len(r.ChangedUpdates) != 0 || !slices.Equal(r.OutOfScopeRevisionIDs, []int32{-1, 99}) {
		t.Errorf("with ids of no one = %+v", r)
	}

	second := mustID(t, fmt.Sprintf(softwareID, 2))
	if err := l.store.Approve("PILOT", second, wusp.Approval{Action: wsus.ActionInstall, Deadline: "2026-12-01T00:00:00Z"}); err != nil {
		t.Fatal(err)
	}
	if r = sync([]int32{category}, all[:3]); len(r.ChangedUpdates) != 1 || r.ChangedUpdates[0].ID != 3 || r.ChangedUpdates[0].Deployment.Action != wsus.ActionInstall || len(r.ChangedUpdates[0].XML) != 0 {
		t.Errorf("after an approval = %+v", r)
	}
	if err := l.store.Publish([]byte(softwareDoc(1, 101, ""))); err != nil {
		t.Fatal(err)
	}
	if err := l.store.Decline(second, true); err != nil {
		t.Fatal(err)
	}
	r = sync([]int32{category}, all[:3])
	if !slices.Equal(idsOf(r.NewUpdates), []int32{5}) || !slices.Equal(r.OutOfScopeRevisionIDs, []int32{2, 3}) {
		t.Errorf("after a new revision and a declined update = %+v", r)
	}
	// One becomes a prerequisite of another: it is no leaf any more.
	if err := l.store.Publish([]byte(softwareDoc(4, 100, `<BundledUpdates><UpdateIdentity UpdateID="`+fmt.Sprintf(softwareID, 3)+`" RevisionNumber="100"/></BundledUpdates>`))); err != nil {
		t.Fatal(err)
	}
	r = sync([]int32{category}, []int32{4, 5})
	if !slices.Equal(idsOf(r.NewUpdates), []int32{6}) || len(r.ChangedUpdates) != 1 || r.ChangedUpdates[0].Deployment.Action != wsus.ActionBundle {
		t.Errorf("after a bundle = %+v", r)
	}
	// A cookie renewed by the old one has seen what that has; another group has not.
	old := cookie
	cookie = l.login("client-1", "pilot", old)
	if r = sync([]int32{category}, []int32{4, 5, 6}); len(r.ChangedUpdates) != 0 {
		t.Errorf("with a renewed cookie = %+v", r)
	}
	cookie = l.login("client-1", "", old)
	if r = sync([]int32{category}, []int32{4, 5, 6}); len(r.ChangedUpdates) != 4 {
		t.Errorf("in another group: %d changed, want 4", len(r.ChangedUpdates))
	}
}

// TestServerFaults: each fault at the call that has it.
func TestServerFaults(t *testing.T) {
	t.Parallel()
	l := newLab(t, func(c *wusp.ServerConfig) { c.MaxCallsPerMinute = 50 }, categoryDoc, softwareDoc(1, 100, ""))
	cookie := l.login("client-1", "", nil)
	l.fault(wusp.InvalidParameters, &wusp.GetConfigRequest{ProtocolVersion: "one"})
	l.fault(wusp.InvalidParameters, &wusp.GetAuthorizationCookieRequest{ClientID: "a"})
	l.fault(wusp.InvalidParameters, &wusp.GetCookieRequest{ProtocolVersion: "1.8"})
	l.fault(wusp.InvalidAuthorizationCookie, &wusp.GetCookieRequest{
		ProtocolVersion: "1.8", AuthCookies: []wusp.AuthorizationCookie{{CookieData: cookie.EncryptedData}},
	})
	auth := must[*wusp.GetAuthorizationCookieResponse](l, &wusp.GetAuthorizationCookieRequest{ClientID: "client-1", DNSName: "x"})
	ask := wusp.GetCookieRequest{ProtocolVersion: "1.8", AuthCookies: []wusp.AuthorizationCookie{auth.Cookie}, LastChange: "2020-01-01T00:00:00Z"}
	l.fault(wusp.ConfigChanged, &ask)
	ask.LastChange, ask.OldCookie = wusp.NewDateTime(l.clock.Now()), &wusp.Cookie{EncryptedData: []byte("bad")}
	l.fault(wusp.InvalidCookie, &ask)
	l.fault(wusp.RegistrationNotRequired, &wusp.RegisterComputerRequest{Cookie: cookie})
	for i := range cookie.EncryptedData {
		bad := slices.Clone(cookie.EncryptedData)
		bad[i] ^= 1
		if _, f := l.ask(&wusp.SyncUpdatesRequest{Cookie: &wusp.Cookie{EncryptedData: bad}}); f == nil || f.ErrorCode != wusp.InvalidCookie {
			t.Fatalf("cookie with byte %d changed = %v, want InvalidCookie", i, f)
		}
	}
	l.fault(wusp.InvalidCookie, &wusp.SyncUpdatesRequest{Cookie: &wusp.Cookie{}})
	many := make([]int32, 401)
	if f := l.fault(wusp.InvalidParameters, &wusp.SyncUpdatesRequest{Cookie: cookie, InstalledNonLeafUpdateIDs: many}); f.Message != "parameters.InstalledNonLeafUpdateIDs" {
		t.Errorf("message = %q", f.Message)
	}
	l.fault(wusp.InvalidParameters, &wusp.SyncUpdatesRequest{Cookie: cookie, SystemSpec: make([]wusp.Device, 1)})
	l.fault(wusp.InvalidParameters, &wusp.GetExtendedUpdateInfoRequest{Cookie: cookie, RevisionIDs: many[:51]})
	l.fault(wusp.InvalidParameters, &wusp.GetExtendedUpdateInfoRequest{Cookie: cookie, InfoTypes: []string{wusp.FragmentLocalizedProperties}})
	l.fault(wusp.InvalidParameters, &wusp.GetFileLocationsRequest{Cookie: cookie, FileDigests: [][]byte{make([]byte, 19)}})
	l.fault(wusp.InvalidParameters, &wusp.StartCategoryScanRequest{RequestedCategories: make([]wusp.CategoryRelationship, 201)})
	for range 50 {
		_, _ = l.ask(&wusp.SyncUpdatesRequest{Cookie: cookie})
	}
	l.fault(wusp.ServerBusy, &wusp.SyncUpdatesRequest{Cookie: cookie})
	l.clock.Add(time.Minute)
	must[*wusp.SyncUpdatesResponse](l, &wusp.SyncUpdatesRequest{Cookie: cookie})
	l.clock.Add(wusp.DefaultCookieLifetime)
	f := l.fault(wusp.CookieExpired, &wusp.SyncUpdatesRequest{Cookie: cookie})
	if len(f.ID) != 36 || f.Method != `"`+wusp.OpSyncUpdates.Action()+`"` || f.FaultCode != "Client" {
		t.Errorf("fault = %+v", f)
	}
	// Another store with the same key: ids mean nothing there.
	key := []byte("0123456789abcdef")
	a := newLab(t, func(c *wusp.ServerConfig) { c.Key = key })
	b := newLab(t, func(c *wusp.ServerConfig) { c.Key = key })
	b.fault(wusp.ServerChanged, &wusp.SyncUpdatesRequest{Cookie: a.login("x", "", nil)})
}

// TestServerStrict: a reader that is generated from Microsoft's WSDL takes
// every request and every answer.
func TestServerStrict(t *testing.T) {
	t.Parallel()
	strict := loadWSDL(t, "Client.fixed.wsdl", "SimpleAuth.wsdl", "Reporting.wsdl")
	l := newLab(t, func(c *wusp.ServerConfig) { c.RequireRegistration = true }, categoryDoc, softwareDoc(1, 100, ""), samplePackage)
	l.strict = strict
	cookie := l.login("client-1", "Pilot", nil)
	l.fault(wusp.RegistrationRequired, &wusp.SyncUpdatesRequest{Cookie: cookie})
	must[*wusp.RegisterComputerResponse](l, &wusp.RegisterComputerRequest{Cookie: cookie, ComputerInfo: wusp.ComputerInfo{DNSName: "pc", BiosReleaseDate: "2020-01-01T00:00:00Z"}})
	product := mustID(t, productID)
	scan := must[*wusp.StartCategoryScanResponse](l, &wusp.StartCategoryScanRequest{RequestedCategories: []wusp.CategoryRelationship{
		{IndexOfAndGroup: 1, CategoryID: product}, {IndexOfAndGroup: 2, CategoryID: mustID(t, fmt.Sprintf(softwareID, 1))},
	}})
	if !slices.Equal(scan.PreferredCategoryIDs, []compliance.UpdateID{product}) || len(scan.RequestedCategoryIDsInError) != 1 {
		t.Errorf("StartCategoryScan = %+v", scan)
	}
	limited := must[*wusp.SyncUpdatesResponse](l, &wusp.SyncUpdatesRequest{
		Cookie: cookie, InstalledNonLeafUpdateIDs: []int32{1, 4, 5}, OtherCachedUpdateIDs: []int32{3}, NeedTwoGroupOutOfScopeUpdates: true,
		FilterCategoryIDs: []wusp.CategoryIdentifier{{ID: product}},
	})
	if !slices.Equal(idsOf(limited.NewUpdates), []int32{2}) || !slices.Contains(limited.DeployedOutOfScopeRevisionIDs, 3) || len(limited.OutOfScopeRevisionIDs) != 0 {
		t.Errorf("limited SyncUpdates = %+v", limited)
	}
	full := must[*wusp.SyncUpdatesResponse](l, &wusp.SyncUpdatesRequest{Cookie: cookie, InstalledNonLeafUpdateIDs: []int32{1, 4, 5}, OtherCachedUpdateIDs: []int32{3, 77}})
	if len(full.NewUpdates) != 1 || len(full.ChangedUpdates) != 4 || !slices.Equal(full.OutOfScopeRevisionIDs, []int32{77}) {
		t.Errorf("SyncUpdates = %+v", full)
	}
	must[*wusp.SyncUpdatesResponse](l, &wusp.SyncUpdatesRequest{Cookie: cookie, SkipSoftwareSync: true, SystemSpec: []wusp.Device{{HardwareIDs: []string{"PCI"}}}})
	info := must[*wusp.GetExtendedUpdateInfoResponse](l, &wusp.GetExtendedUpdateInfoRequest{
		Cookie: cookie, RevisionIDs: []int32{1, 2, 3, 99}, InfoTypes: []string{wusp.FragmentExtended, wusp.FragmentLocalizedProperties}, Locales: []string{"de-AT", "de", "en"},
	})
	if len(info.Updates) != 6 || len(info.FileLocations) != 1 || !slices.Equal(info.OutOfScopeRevisionIDs, []int32{99}) {
		t.Errorf("GetExtendedUpdateInfo = %d updates, %d files, out of scope %v", len(info.Updates), len(info.FileLocations), info.OutOfScopeRevisionIDs)
	}
	if got := string(info.Updates[4].XML); !strings.Contains(got, "deutsch") {
		t.Errorf("localized fragment = %s", got)
	}
	const url = "http://wsus.example.test:8530/Content/13/000102030405060708090A0B0C0D0E0F10111213.exe"
	files := must[*wusp.GetFileLocationsResponse](l, &wusp.GetFileLocationsRequest{Cookie: cookie, FileDigests: [][]byte{info.FileLocations[0].FileDigest, make([]byte, 20)}})
	if len(files.FileLocations) != 1 || files.FileLocations[0].URL != url {
		t.Errorf("GetFileLocations = %+v, want %s", files.FileLocations, url)
	}
	identity := wusp.UpdateIdentity{UpdateID: mustID(t, fmt.Sprintf(softwareID, 1)), RevisionNumber: 100}
	if two := must[*wusp.GetExtendedUpdateInfo2Response](l, &wusp.GetExtendedUpdateInfo2Request{
		Cookie: cookie, UpdateIDs: []wusp.UpdateIdentity{identity}, InfoTypes: []string{wusp.FragmentCore}, Locales: []string{"en"},
	}); len(two.Updates) != 1 {
		t.Errorf("GetExtendedUpdateInfo2 = %+v", two)
	}
	fresh := must[*wusp.RefreshCacheResponse](l, &wusp.RefreshCacheRequest{Cookie: cookie, GlobalIDs: []wusp.UpdateIdentity{identity, {UpdateID: product, RevisionNumber: 7}}})
	if len(fresh.Updates) != 1 || fresh.Updates[0].RevisionID != 2 {
		t.Errorf("RefreshCache = %+v", fresh)
	}
	event := wusp.ReportingEvent{BasicData: wusp.BasicData{Sid: "client-1", TimeAtTarget: "2026-11-01T08:00:00Z", EventID: wusp.EventDetected, SourceID: wusp.SourceAgent}}
	if ok := must[*wusp.ReportEventBatchResponse](l, &wusp.ReportEventBatchRequest{Cookie: cookie, ClientTime: "2026-11-01T08:00:00Z", Events: []wusp.ReportingEvent{event}}); !ok.Accepted || len(l.events) != 1 {
		t.Errorf("ReportEventBatch = %+v, %d events", ok, len(l.events))
	}
	l.fault(wusp.InvalidCookie, &wusp.ReportEventBatchRequest{Cookie: &wusp.Cookie{}, ClientTime: "2026-11-01T08:00:00Z"})
	if len(l.calls) < 15 {
		t.Errorf("%d calls were observed", len(l.calls))
	}
}

// TestServerHTTP: paths in any case, both reporting paths, methods and bodies.
func TestServerHTTP(t *testing.T) {
	t.Parallel()
	l := newLab(t, func(c *wusp.ServerConfig) {
		c.MaxBodyBytes = 2000
		c.Content = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	})
	config := string(wusp.AppendEnvelope(nil, &wusp.GetConfigRequest{ProtocolVersion: "1.8"}))
	report := string(wusp.AppendEnvelope(nil, &wusp.ReportEventBatchRequest{}))
	for _, c := range []struct {
		method, path, action, body string
		want                       int
	}{
		{"POST", "/CLIENTWEBSERVICE/Client.ASMX", wusp.OpGetConfig.Action(), config, 200},
		{"POST", wusp.ClientPath, "", config, 200},
		{"POST", wusp.ClientPath, `"` + wusp.OpGetConfig.Action() + `"`, config, 200},
		{"POST", wusp.ClientPath, `"` + wusp.OpSyncUpdates.Action() + `"`, config, 500},
		{"POST", wusp.AuthPath, "", config, 500},
		{"POST", wusp.ReportPath, "", report, 500},
		{"POST", "/ReportingWebService/WebService.asmx", "", report, 500},
		{"POST", wusp.ClientPath, "", "<html/>", 500},
		{"POST", wusp.ClientPath, "", strings.Repeat(" ", 2001), 413},
		{"GET", wusp.ClientPath, "", "", 405},
		{"GET", "/ClientWebService/wusserverversion.xml", "", "", 200},
		{"GET", "/Content/13/00.exe", "", "", http.StatusTeapot},
		{"POST", "/Content/13/00.exe", "", "", 404},
		{"GET", "/", "", "", 404},
	} {
		r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
		if c.action != "" {
			r.Header.Set("SOAPAction", c.action)
		}
		w := httptest.NewRecorder()
		l.server.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s %s %s = %d, want %d: %s", c.method, c.path, c.action, w.Code, c.want, w.Body)
		}
	}
}

func TestServerConfig(t *testing.T) {
	t.Parallel()
	store := wusp.NewStore(nil)
	for name, cfg := range map[string]wusp.ServerConfig{
		"no store":  {},
		"negative":  {Store: store, PageUpdates: -1},
		"lifetime":  {Store: store, CookieLifetime: -1},
		"short key": {Store: store, Key: []byte("short")},
	} {
		if _, err := wusp.NewServer(cfg); err == nil {
			t.Errorf("%s: NewServer = nil error", name)
		}
	}
	if err := store.Approve("x", mustID(t, productID), wusp.Approval{Action: wsus.ActionInstall}); err == nil {
		t.Error("Approve of an unknown update = nil error")
	}
}

// FuzzServer: whatever is posted is answered, and never with a panic.
func FuzzServer(f *testing.F) {
	l := newLab(f, func(c *wusp.ServerConfig) { c.Observe = nil }, categoryDoc, softwareDoc(1, 100, ""), samplePackage)
	cookie := l.login("client-1", "", nil)
	for _, m := range []wusp.Message{
		&wusp.GetConfigRequest{ProtocolVersion: "1.8"},
		&wusp.SyncUpdatesRequest{Cookie: cookie, InstalledNonLeafUpdateIDs: []int32{1, -5, 1 << 30}, OtherCachedUpdateIDs: []int32{2}},
		&wusp.SyncUpdatesRequest{Cookie: cookie, SkipSoftwareSync: true, SystemSpec: []wusp.Device{{HardwareIDs: []string{"a"}}}},
		&wusp.GetExtendedUpdateInfoRequest{Cookie: cookie, RevisionIDs: []int32{1, 0, -1}, InfoTypes: []string{wusp.FragmentExtended}},
		&wusp.RefreshCacheRequest{Cookie: cookie}, &wusp.GetFileLocationsRequest{Cookie: cookie},
		&wusp.StartCategoryScanRequest{}, &wusp.ReportEventBatchRequest{Cookie: cookie},
		&wusp.GetCookieRequest{ProtocolVersion: "1.8"}, &wusp.RegisterComputerRequest{Cookie: cookie},
	} {
		f.Add(m.Operation().Path(), wusp.AppendEnvelope(nil, m))
	}
	f.Fuzz(func(t *testing.T, path string, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		r.URL.Path = path
		w := httptest.NewRecorder()
		l.server.ServeHTTP(w, r)
		switch w.Code {
		case http.StatusOK:
			m, err := wusp.DecodeRequest(body, 0)
			if err != nil {
				t.Fatalf("answered what is no request: %v", err)
			}
			if _, err := wusp.DecodeResponse(w.Body.Bytes(), m.Operation(), 0); err != nil {
				t.Fatalf("answer: %v\n%s", err, w.Body)
			}
		case http.StatusInternalServerError:
			if _, ok, err := wusp.DecodeFault(w.Body.Bytes(), 0); !ok || err != nil {
				t.Fatalf("fault: %v\n%s", err, w.Body)
			}
		case http.StatusNotFound, http.StatusRequestEntityTooLarge:
		default:
			t.Fatalf("status %d", w.Code)
		}
	})
}
