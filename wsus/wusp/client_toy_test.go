package wusp_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// toy is a small WSUS with switches, to see what a client does. It shares
// with the library nothing but the messages.
type toy struct {
	mu      sync.Mutex
	updates []toyUpdate
	page    int // new updates in one answer, 0 is all

	calls    []wusp.Operation
	requests []wusp.Message
	faults   map[wusp.Operation][]wusp.ErrorCode // taken one by one
	always   map[wusp.Operation]wusp.ErrorCode
	hook     func(op wusp.Operation, m wusp.Message, w http.ResponseWriter) bool // answers itself
	edit     func(op wusp.Operation, m wusp.Message)                             // changes an answer
	config   wusp.GetConfigResponse
	cookies  int
	sent     map[int32]wsus.Action
}

// toyUpdate is an update of the toy. It is sent when the client has
// installed what it needs.
type toyUpdate struct {
	id     int32
	kind   string
	leaf   bool
	needs  []int32
	action wsus.Action
	core   string // instead of the one made up
}

func updateID(id int32) string { return fmt.Sprintf("%08x-aaaa-4bbb-8ccc-0123456789ab", id) }

func (u *toyUpdate) fragment() string {
	if u.core != "" {
		return u.core
	}
	b := fmt.Sprintf(`<UpdateIdentity UpdateID="%s" RevisionNumber="100" /><Properties UpdateType="%s" />`, updateID(u.id), u.kind)
	if len(u.needs) > 0 {
		b += `<Relationships><Prerequisites>`
		for _, n := range u.needs {
			b += `<UpdateIdentity UpdateID="` + updateID(n) + `" />`
		}
		b += `</Prerequisites></Relationships>`
	}
	if u.kind == "Software" {
		return b + `<ApplicabilityRules><IsInstalled><b.RegKeyExists Key="HKEY_LOCAL_MACHINE" Subkey="SOFTWARE\Example" /></IsInstalled><IsInstallable><True /></IsInstallable></ApplicabilityRules>`
	}
	return b + `<ApplicabilityRules><IsInstalled><b.WindowsVersion Comparison="GreaterThanOrEqualTo" MajorVersion="6" MinorVersion="1" /></IsInstalled></ApplicabilityRules>`
}

// newToy has a chain of two categories, a detectoid and n leaves of software
// that need them.
func newToy(n int) *toy {
	s := &toy{
		config: wusp.GetConfigResponse{
			LastChange: "2026-11-01T08:00:00Z", IsRegistrationRequired: true,
			AuthInfo: []wusp.AuthPlugIn{{PlugInID: "SimpleTargeting", ServiceURL: "SimpleAuthWebService/SimpleAuth.asmx"}},
			Properties: []wusp.Property{
				{Name: "MaxExtendedUpdatesPerRequest", Value: "50"}, {Name: "ProtocolVersion", Value: "3.2"},
			},
		},
		updates: []toyUpdate{
			{id: 1, kind: "Category", action: wsus.ActionEvaluate},
			{id: 2, kind: "Category", needs: []int32{1}, action: wsus.ActionEvaluate},
			{id: 3, kind: "Detectoid", needs: []int32{2}, action: wsus.ActionEvaluate},
		},
		faults: make(map[wusp.Operation][]wusp.ErrorCode),
		always: make(map[wusp.Operation]wusp.ErrorCode),
		sent:   make(map[int32]wsus.Action),
	}
	for i := range n {
		s.updates = append(s.updates, toyUpdate{id: int32(100 + i), kind: "Software", leaf: true, needs: []int32{3}, action: wsus.ActionPreDeploymentCheck})
	}
	return s
}

func (s *toy) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	data, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	m, err := wusp.DecodeRequest(data, 0)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	op := m.Operation()
	if !strings.EqualFold(req.URL.Path, op.Path()) || req.Header.Get("SOAPAction") != `"`+op.Action()+`"` {
		http.Error(w, "wrong path or action", http.StatusNotFound)
		return
	}
	s.calls, s.requests = append(s.calls, op), append(s.requests, m)
	if s.hook != nil && s.hook(op, m, w) {
		return
	}
	code := s.always[op]
	if list := s.faults[op]; len(list) > 0 {
		code, s.faults[op] = list[0], list[1:]
	}
	w.Header().Set("Content-Type", wusp.ContentType)
	if code != "" {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write(wusp.AppendFault(nil, wusp.NewFault(code, "because")))
		return
	}
	answer := s.answer(m)
	if s.edit != nil {
		s.edit(op, answer)
	}
	_, _ = w.Write(wusp.AppendEnvelope(nil, answer))
}

func (s *toy) cookie() *wusp.Cookie {
	s.cookies++
	return &wusp.Cookie{Expiration: "2026-11-22T11:00:00Z", EncryptedData: fmt.Appendf(nil, "cookie %d", s.cookies)}
}

func (s *toy) answer(m wusp.Message) wusp.Message {
	switch m := m.(type) {
	case *wusp.GetConfigRequest:
		c := s.config
		return &c
	case *wusp.GetAuthorizationCookieRequest:
		return &wusp.GetAuthorizationCookieResponse{Cookie: wusp.AuthorizationCookie{PlugInID: "SimpleTargeting", CookieData: []byte("auth")}}
	case *wusp.GetCookieRequest:
		return &wusp.GetCookieResponse{Cookie: *s.cookie()}
	case *wusp.RegisterComputerRequest:
		return &wusp.RegisterComputerResponse{}
	case *wusp.StartCategoryScanRequest:
		r := &wusp.StartCategoryScanResponse{}
		for _, c := range m.RequestedCategories {
			r.PreferredCategoryIDs = append(r.PreferredCategoryIDs, c.CategoryID)
		}
		return r
	case *wusp.SyncUpdatesRequest:
		return s.sync(m)
	case *wusp.RefreshCacheRequest:
		r := &wusp.RefreshCacheResponse{}
		for _, id := range m.GlobalIDs {
			for i := range s.updates {
				if u := &s.updates[i]; updateID(u.id) == id.UpdateID.String() {
					r.Updates = append(r.Updates, wusp.RefreshedUpdate{RevisionID: u.id, GlobalID: id, IsLeaf: u.leaf, Deployment: u.deployment()})
				}
			}
		}
		return r
	case *wusp.GetExtendedUpdateInfoRequest:
		r := &wusp.GetExtendedUpdateInfoResponse{}
		for _, id := range m.RevisionIDs {
			r.Updates = append(
				r.Updates,
				wusp.UpdateData{ID: id, XML: []byte(`<ExtendedProperties DefaultPropertiesLanguage="en" MsrcSeverity="Critical"><KBArticleID>951748</KBArticleID></ExtendedProperties>`)},
				wusp.UpdateData{ID: id, XML: fmt.Appendf(nil, `<LocalizedProperties><Language>en</Language><Title>Update %d &amp; more</Title></LocalizedProperties>`, id)},
			)
		}
		return r
	case *wusp.ReportEventBatchRequest:
		return &wusp.ReportEventBatchResponse{Accepted: true}
	}
	return nil
}

func (u *toyUpdate) deployment() *wusp.Deployment {
	return &wusp.Deployment{ID: 7000 + u.id, Action: u.action, LastChangeTime: "2026-11-01", AutoSelect: "0", AutoDownload: "0", SupersedenceBehavior: "0"}
}

func (s *toy) sync(m *wusp.SyncUpdatesRequest) *wusp.SyncUpdatesResponse {
	r := &wusp.SyncUpdatesResponse{NewCookie: s.cookie(), DriverSyncNotNeeded: "true"}
	has := make(map[int32]bool)
	for _, id := range slices.Concat(m.InstalledNonLeafUpdateIDs, m.OtherCachedUpdateIDs) {
		has[id] = true
	}
	needed := make(map[int32]bool)
	for i := range s.updates {
		u := &s.updates[i]
		met := true
		for _, n := range u.needs {
			met = met && slices.Contains(m.InstalledNonLeafUpdateIDs, n)
		}
		if !met {
			continue
		}
		needed[u.id] = true
		info := wusp.UpdateInfo{ID: u.id, Deployment: u.deployment(), IsLeaf: u.leaf}
		if has[u.id] {
			if s.sent[u.id] != u.action {
				r.ChangedUpdates = append(r.ChangedUpdates, info)
				s.sent[u.id] = u.action
			}
			continue
		}
		if s.page > 0 && len(r.NewUpdates) == s.page {
			r.Truncated = true
			continue
		}
		info.XML = []byte(u.fragment())
		s.sent[u.id] = u.action
		r.NewUpdates = append(r.NewUpdates, info)
	}
	for id := range has {
		if !needed[id] {
			r.OutOfScopeRevisionIDs = append(r.OutOfScopeRevisionIDs, id)
		}
	}
	return r
}

// count is how often an operation was called.
func (s *toy) count(op wusp.Operation) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, c := range s.calls {
		if c == op {
			n++
		}
	}
	return n
}

func (s *toy) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls, s.requests = nil, nil
}

// machine is Windows 10 with an empty registry.
func machine(tb testing.TB) applicability.Facts {
	tb.Helper()
	doc, err := applicability.ParseDocument([]byte(`{"format":"updatescan-machine-1",
		"windows":{"major":10,"minor":0,"build":26200,"suite_mask":256},
		"processor":{"architecture":9},"registry":{}}`))
	if err != nil {
		tb.Fatal(err)
	}
	return doc.Facts()
}

func configOf(tb testing.TB) wusp.ClientConfig {
	tb.Helper()
	return wusp.ClientConfig{ClientID: "6f0c0000-0000-4000-8000-000000000001", DNSName: "pc01.example.test", Facts: machine(tb)}
}

func clientOf(tb testing.TB, cfg wusp.ClientConfig) *wusp.Client {
	tb.Helper()
	c, err := wusp.NewClient(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// start serves the toy over loopback.
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
