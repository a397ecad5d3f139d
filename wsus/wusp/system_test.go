package wusp_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/metadata"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// systemID is the id of an update of the system test.
func systemID(n int) string { return fmt.Sprintf("5e570000-%04d-4000-8000-000000000000", n) }

// systemUpdate is a document. Empty rules are left out.
func systemUpdate(n int, kind, title, installed, installable string, needs ...int) []byte {
	b := `<upd:Update xmlns:upd="http://schemas.microsoft.com/msus/2002/12/Update"` +
		` xmlns:lar="http://schemas.microsoft.com/msus/2002/12/LogicalApplicabilityRules"` +
		` xmlns:bar="http://schemas.microsoft.com/msus/2002/12/BaseApplicabilityRules">` +
		`<upd:UpdateIdentity UpdateID="` + systemID(n) + `" RevisionNumber="100" />` +
		`<upd:Properties DefaultPropertiesLanguage="en" UpdateType="` + kind + `" PublicationState="Published" CreationDate="2008-05-13T17:00:00Z" ExplicitlyDeployable="true" />` +
		`<upd:LocalizedPropertiesCollection><upd:LocalizedProperties><upd:Language>en</upd:Language><upd:Title>` + title +
		`</upd:Title></upd:LocalizedProperties></upd:LocalizedPropertiesCollection>`
	if len(needs) > 0 {
		b += `<upd:Relationships><upd:Prerequisites>`
		for _, id := range needs {
			b += `<upd:UpdateIdentity UpdateID="` + systemID(id) + `" />`
		}
		b += `</upd:Prerequisites></upd:Relationships>`
	}
	b += `<upd:ApplicabilityRules>`
	if installed != "" {
		b += `<upd:IsInstalled>` + installed + `</upd:IsInstalled>`
	}
	if installable != "" {
		b += `<upd:IsInstallable>` + installable + `</upd:IsInstallable>`
	}
	return []byte(b + `</upd:ApplicabilityRules></upd:Update>`)
}

// Rules of the system test's updates.
const (
	isVista  = `<bar:WindowsVersion Comparison="EqualTo" MajorVersion="6" MinorVersion="0" />`
	isX64    = `<bar:Processor Architecture="9" />`
	isX86    = `<bar:Processor Architecture="0" />`
	hasPatch = `<bar:RegKeyExists Key="HKEY_LOCAL_MACHINE" Subkey="SOFTWARE\Example\Patch" />`
	hasOther = `<bar:RegKeyExists Key="HKEY_LOCAL_MACHINE" Subkey="SOFTWARE\Example\Other" />`
	licensed = `<bar:LicenseValueExists Value="Example-Revision" />`
	always   = `<lar:True />`
)

// systemDocuments has an update of every state, and two behind a detectoid
// that the machine does not have.
func systemDocuments() [][]byte {
	return [][]byte{
		systemUpdate(1, "Category", "Vista", isVista, ""),
		systemUpdate(2, "Detectoid", "x64", isX64, "", 1),
		systemUpdate(3, "Detectoid", "x86", isX86, "", 1),
		systemUpdate(10, "Software", "Required", hasOther, always, 1, 2),
		systemUpdate(11, "Software", "Installed", hasPatch, always, 2),
		systemUpdate(12, "Software", "Not Required", hasOther, hasOther, 2),
		systemUpdate(13, "Software", "Unknown", licensed, always, 2),
		systemUpdate(14, "Software", "Not for x64", hasOther, always, 3),
		systemUpdate(15, "Software", "Not for x64 either", hasPatch, always, 1, 3),
	}
}

func systemMachine(tb testing.TB) *applicability.Document {
	tb.Helper()
	doc, err := applicability.ParseDocument([]byte(`{"format":"updatescan-machine-1","name":"PC01",
		"windows":{"major":6,"minor":0,"build":6001},"processor":{"architecture":9},
		"registry":{"keys":{"HKEY_LOCAL_MACHINE\\SOFTWARE\\Example\\Patch":{}}}}`))
	if err != nil {
		tb.Fatal(err)
	}
	return doc
}

// system is a whole client, whose source speaks to servers over sockets.
type system struct {
	clock  *clock.Mock
	policy wsus.MemPolicy
	agent  *scan.Agent

	mu       sync.Mutex
	dials    map[string]int // connections tried, by address
	bytes    int            // that crossed any connection
	results  []scan.Result
	servedBy []string // where metadata was retrieved
}

// Event implements scan.Observer.
func (*system) Event(time.Time, scan.Event) {}

// Effect implements scan.Observer.
func (s *system) Effect(_ time.Time, e scan.Effect) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e := e.(type) {
	case scan.Finished:
		s.results = append(s.results, e.Result)
	case scan.Notice:
		if e.Kind == scan.NoticeConnected {
			s.servedBy = append(s.servedBy, e.Location.URL)
		}
	}
}

// meteredConn counts the bytes of a connection.
type meteredConn struct {
	net.Conn
	s *system
}

func (c meteredConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.add(n)
	return n, err
}

func (c meteredConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.add(n)
	return n, err
}

func (c meteredConn) add(n int) {
	c.s.mu.Lock()
	c.s.bytes += n
	c.s.mu.Unlock()
}

// traffic is how many connections were tried and how many bytes crossed them.
func (s *system) traffic() (dials, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.dials {
		dials += d
	}
	return dials, s.bytes
}

// newSystem makes a client for the servers at some URLs, the first preferred.
func newSystem(t *testing.T, policy scan.Policy, urls ...string) *system {
	t.Helper()
	s := &system{clock: clock.NewMock(), dials: make(map[string]int)}
	s.clock.Set(time.Date(2008, 6, 2, 8, 0, 0, 0, time.UTC))
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		s.mu.Lock()
		s.dials["http://"+address]++
		s.mu.Unlock()
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return meteredConn{conn, s}, nil
	}}
	t.Cleanup(transport.CloseIdleConnections)
	doc := systemMachine(t)
	cfg := configOf(t)
	cfg.Facts, cfg.HTTP = doc.Facts(), &http.Client{Transport: transport}
	evaluator, err := applicability.New(applicability.Config{Facts: doc.Facts()})
	if err != nil {
		t.Fatal(err)
	}
	var locations wsus.StaticLocator
	for i, url := range urls {
		locations = append(locations, wsus.Location{URL: url, Version: 7, SameForest: i == 0})
	}
	s.agent, err = scan.New(scan.Config{
		Machine:     scan.MachineConfig{Rand: rand.NewPCG(1, 2)},
		Client:      statemsg.Client{ID: "GUID:4F6C2B1A-0042-4D7E-9C55-2008060200AA"},
		Locator:     locations,
		LocalPolicy: &s.policy,
		Source:      clientOf(t, cfg),
		Evaluator:   evaluator,
		Transport:   new(statemsg.MemTransport),
		Clock:       s.clock,
		Observer:    s,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.agent.ApplyPolicy(t.Context(), policy); err != nil {
		t.Fatal(err)
	}
	return s
}

// scan asks for a scan and returns how its first attempt ended.
func (s *system) scan(t *testing.T, trigger scan.Trigger) scan.Result {
	t.Helper()
	before := len(s.results)
	if _, err := s.agent.ScanRequest(t.Context(), scan.Request{Trigger: trigger}); err != nil {
		if _, ok := errors.AsType[*scan.Error](err); !ok {
			t.Fatal(err)
		}
	}
	if len(s.results) == before {
		t.Fatalf("%v: no result", trigger)
	}
	return s.results[before]
}

// until lets time pass.
func (s *system) until(t *testing.T, end time.Time) {
	t.Helper()
	for {
		next, ok, err := s.agent.Tick(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !ok || next.After(end) {
			break
		}
		if next.After(s.clock.Now()) {
			s.clock.Set(next)
		}
	}
	s.clock.Set(end)
}

// systemServer serves the documents, and says what was asked of it.
func systemServer(t *testing.T) *httptest.Server {
	t.Helper()
	store := wusp.NewStore(nil)
	if err := store.Publish(systemDocuments()...); err != nil {
		t.Fatal(err)
	}
	h, err := wusp.NewServer(wusp.ServerConfig{Store: store, RequireRegistration: true, PageUpdates: 2})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv
}

// direct evaluates the documents themselves.
func direct(t *testing.T) map[string]compliance.State {
	t.Helper()
	var updates []wsus.Update
	for _, d := range systemDocuments() {
		u, err := metadata.Parse(d, metadata.Options{})
		if err != nil {
			t.Fatal(err)
		}
		updates = append(updates, u...)
	}
	catalog, err := wsus.NewCatalog(7, updates)
	if err != nil {
		t.Fatal(err)
	}
	evaluator, err := applicability.New(applicability.Config{Facts: systemMachine(t).Facts()})
	if err != nil {
		t.Fatal(err)
	}
	got, err := evaluator.Evaluate(t.Context(), catalog)
	if err != nil {
		t.Fatal(err)
	}
	return statesOf(got.Snapshot)
}

func statesOf(s *compliance.Snapshot) map[string]compliance.State {
	states := make(map[string]compliance.State)
	for rec := range s.All() {
		states[rec.ID.String()] = rec.State
	}
	return states
}

// TestSystem: a scan over the wire gives the states of the documents. What
// stands behind a detectoid that is not installed never reaches the client;
// without the wire it is Not Required.
func TestSystem(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-3")
	srv := systemServer(t)
	s := newSystem(t, scan.Policy{Enabled: true}, srv.URL)
	want := direct(t)
	for _, n := range []int{14, 15} {
		if want[systemID(n)] != compliance.NotRequired {
			t.Fatalf("update %d is %v without the wire, want Not Required", n, want[systemID(n)])
		}
		delete(want, systemID(n))
	}
	kinds := slices.Compact(slices.Sorted(maps.Values(want)))
	if len(want) != 4 || len(kinds) != 4 {
		t.Fatalf("states without the wire: %v, want one of each", want)
	}
	got := s.scan(t, scan.ScanCycle)
	if err := got.Err(); err != nil || !got.Connected {
		t.Fatalf("scan: %v, connected %v", err, got.Connected)
	}
	if diff := cmp.Diff(want, statesOf(got.Snapshot)); diff != "" {
		t.Errorf("states over the wire (-without it +over it):\n%s", diff)
	}
	if p := s.policy.Local(); p.Server != srv.URL || !p.Use {
		t.Errorf("local policy %+v, want the server before the agent connects", p)
	}

	// Without traffic: the stored metadata is fresh, or the scan is offline.
	dials, n := s.traffic()
	if dials == 0 || n == 0 {
		t.Fatal("the scan made no connection")
	}
	srv.Close()
	_, n = s.traffic()
	for _, trigger := range []scan.Trigger{scan.ScanSchedule, scan.AfterRestart} {
		local := s.scan(t, trigger)
		if local.Err() != nil || local.Connected {
			t.Errorf("%v: %v, connected %v", trigger, local.Err(), local.Connected)
		}
		if diff := cmp.Diff(want, statesOf(local.Snapshot)); diff != "" {
			t.Errorf("%v: states without traffic (-want +got):\n%s", trigger, diff)
		}
	}
	if d, b := s.traffic(); d != dials || b != n {
		t.Errorf("scans from local metadata: %d connections and %d bytes, want none", d-dials, b-n)
	}
}

// TestSystemSecond: a second scan asks again, gets nothing new and changes
// nothing.
func TestSystemSecond(t *testing.T) {
	t.Parallel()
	srv := systemServer(t)
	s := newSystem(t, scan.Policy{Enabled: true}, srv.URL)
	first := s.scan(t, scan.ScanCycle)
	_, before := s.traffic()
	again := s.scan(t, scan.ScanCycle)
	_, after := s.traffic()
	if first.Err() != nil || again.Err() != nil || !again.Connected || len(again.Changes) != 0 {
		t.Errorf("second scan: %v, connected %v, %d changes, want none", again.Err(), again.Connected, len(again.Changes))
	}
	if after == before || after-before >= before {
		t.Errorf("first scan %d bytes, second %d, want fewer and some", before, after-before)
	}
}

// TestSystemSSLOnly: a client of a native-mode site, or on the internet,
// refuses an http location before a byte is sent.
func TestSystemSSLOnly(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-4")
	srv := systemServer(t)
	native := newSystem(t, scan.Policy{Enabled: true, NativeMode: true}, srv.URL)
	roaming := newSystem(t, scan.Policy{Enabled: true}, srv.URL)
	if err := roaming.agent.SetInternet(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*system{"native mode": native, "on the internet": roaming} {
		if got := s.scan(t, scan.ScanCycle); got.Err() == nil || got.Connected {
			t.Errorf("%s: scan of an http location: %v, connected %v, want it refused", name, got.Err(), got.Connected)
		}
		if dials, n := s.traffic(); dials != 0 || n != 0 {
			t.Errorf("%s: %d connections, %d bytes, want none", name, dials, n)
		}
	}

	// The client itself refuses too, whoever asks.
	_, err := clientOf(t, configOf(t)).Retrieve(t.Context(), wsus.RetrieveRequest{Location: wsus.Location{URL: srv.URL}, SSLOnly: true})
	if err == nil {
		t.Error("Retrieve over http with SSLOnly succeeds")
	}
}

// TestSystemPolicyConflict: a domain policy that names another server ends the
// scan before a byte is sent.
func TestSystemPolicyConflict(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-5")
	srv := systemServer(t)
	s := newSystem(t, scan.Policy{Enabled: true}, srv.URL)
	const other = "http://other.example.test:8530"
	s.policy.SetDomain(wsus.Policy{Server: other, StatusServer: other, Use: true})
	got := s.scan(t, scan.ScanCycle)
	if got.Failure.Code != wsus.CodeGroupPolicyConflict || s.policy.Writes() != 0 {
		t.Errorf("scan: %v, %d writes of the policy, want %v and none", got.Failure.Code, s.policy.Writes(), wsus.CodeGroupPolicyConflict)
	}
	if dials, _ := s.traffic(); dials != 0 {
		t.Errorf("%d connections, want none", dials)
	}
}

// TestSystemNoLocation: no location is another failure than a server that
// cannot be reached, and so is none of the wanted version.
func TestSystemNoLocation(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-6")
	srv := systemServer(t)
	none := newSystem(t, scan.Policy{Enabled: true})
	old := newSystem(t, scan.Policy{Enabled: true, ContentVersion: 8}, srv.URL)
	gone := systemServer(t)
	gone.Close()
	away := newSystem(t, scan.Policy{Enabled: true}, gone.URL)
	codes := make(map[wsus.Code]bool)
	for name, s := range map[string]*system{"none": none, "version too low": old, "unreachable": away} {
		got := s.scan(t, scan.ScanCycle)
		if got.Err() == nil {
			t.Errorf("%s: the scan succeeds", name)
		}
		if dials, _ := s.traffic(); (dials != 0) != (name == "unreachable") {
			t.Errorf("%s: %d connections", name, dials)
		}
		if name == "unreachable" && got.Failure.Code != wsus.CodeCannotConnect {
			t.Errorf("%s: %v, want %v", name, got.Failure.Code, wsus.CodeCannotConnect)
		}
		codes[got.Failure.Code] = true
	}
	if len(codes) < 2 {
		t.Errorf("codes %v, want no location told from no connection", slices.Collect(maps.Keys(codes)))
	}
}

// TestSystemFailover: a server that is away is tried five times, half an hour
// apart; two minutes later the next one is, and stays.
func TestSystemFailover(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-9")
	away, here := systemServer(t), systemServer(t)
	away.Close()
	s := newSystem(t, scan.Policy{Enabled: true}, away.URL, here.URL)
	begin := s.clock.Now()
	first := s.scan(t, scan.ScanCycle)
	if first.Outcome != scan.PendingRetry || first.Failure.Code != wsus.CodeCannotConnect {
		t.Fatalf("first attempt: %v, %v", first.Outcome, first.Failure.Code)
	}
	s.until(t, begin.Add(wsus.DefaultRetryAttempts*wsus.DefaultRetryDelay+wsus.DefaultSwitchDelay-time.Second))
	for i, r := range s.results {
		if r.Connected || r.Failure.Code != wsus.CodeCannotConnect {
			t.Errorf("attempt %d: connected %v, %v", i+1, r.Connected, r.Failure.Code)
		}
	}
	if s.dials[away.URL] < wsus.DefaultRetryAttempts+1 || s.dials[here.URL] != 0 {
		t.Errorf("connections before the switch: %v, want five or more to the first only", s.dials)
	}
	s.until(t, begin.Add(4*time.Hour))
	last := s.results[len(s.results)-1]
	if last.Err() != nil || !slices.Contains(s.servedBy, here.URL) {
		t.Fatalf("after the switch: %v, served by %v, want %s", last.Err(), s.servedBy, here.URL)
	}
	want := direct(t)
	delete(want, systemID(14))
	delete(want, systemID(15))
	if diff := cmp.Diff(want, statesOf(last.Snapshot)); diff != "" {
		t.Errorf("states after the switch (-want +got):\n%s", diff)
	}
	before := s.dials[away.URL]
	if got := s.scan(t, scan.ScanCycle); got.Err() != nil || !got.Connected || s.dials[away.URL] != before {
		t.Errorf("next scan: %v, %d connections to the first, want it to stay with the second", got.Err(), s.dials[away.URL]-before)
	}
}
