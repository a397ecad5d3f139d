package wusptest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// Player is the server of a [Script]: an http.RoundTripper that answers a real
// client and keeps what it was asked. It is safe for concurrent use, but what
// two retrievals at once get of a list is left to chance.
type Player struct {
	cfg    ScriptConfig
	server *ScriptServer

	mu    sync.Mutex
	count map[string]int
	calls []ScriptCall
	errs  []error
}

var _ http.RoundTripper = (*Player)(nil)

// NewPlayer makes a Player of a script. Its retrievals are the caller's to
// make.
func NewPlayer(s Script) *Player {
	return &Player{cfg: s.Config.complete(), server: &s.Server, count: make(map[string]int)}
}

// Take returns the calls since the last Take, and an error when one of them was
// no request of the protocol.
func (p *Player) Take() ([]ScriptCall, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	calls, errs := p.calls, p.errs
	p.calls, p.errs = nil, nil
	return calls, errors.Join(errs...)
}

// RoundTrip implements http.RoundTripper.
func (p *Player) RoundTrip(req *http.Request) (*http.Response, error) {
	data, err := io.ReadAll(req.Body)
	_ = req.Body.Close()
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	m, err := wusp.DecodeRequest(data, 0)
	if err != nil {
		return nil, p.fail(err)
	}
	call, err := p.call(req.URL, m)
	if err != nil {
		return nil, p.fail(err)
	}
	p.calls = append(p.calls, call)
	n := p.count[call.Op]
	p.count[call.Op]++
	return p.respond(req, m, p.server.answer(call.Op, n))
}

func (p *Player) fail(err error) error {
	err = fmt.Errorf("wusptest: player: %w", err)
	p.errs = append(p.errs, err)
	return err
}

// call is a request in the form of an [Outcome].
func (p *Player) call(to *url.URL, m wusp.Message) (ScriptCall, error) {
	op := m.Operation()
	c := ScriptCall{Op: op.String()}
	if at := p.cfg.URL + op.Path(); op != wusp.OpGetAuthorizationCookie && to.String() != at {
		return c, fmt.Errorf("%s asked at %s, want %s", op, to, at)
	}
	switch m := m.(type) {
	case *wusp.GetConfigRequest:
		c.Version = m.ProtocolVersion
	case *wusp.GetAuthorizationCookieRequest:
		c.URL = to.String()
	case *wusp.GetCookieRequest:
		if len(m.AuthCookies) != 1 {
			return c, fmt.Errorf("%s shows %d authorization cookies", op, len(m.AuthCookies))
		}
		c.Auth, c.LastChange = string(m.AuthCookies[0].CookieData), string(m.LastChange)
		if m.OldCookie != nil {
			old := playerCookie(m.OldCookie)
			c.OldCookie = &old
		}
	case *wusp.RegisterComputerRequest:
		c.Cookie = playerCookie(m.Cookie)
	case *wusp.StartCategoryScanRequest:
		for _, r := range m.RequestedCategories {
			c.Categories = append(c.Categories, r.CategoryID)
		}
	case *wusp.SyncUpdatesRequest:
		c.Cookie, c.Pass = playerCookie(m.Cookie), PassSoftware
		if m.SkipSoftwareSync {
			c.Pass = PassDrivers
		} else if len(m.SystemSpec) > 0 {
			return c, fmt.Errorf("%s names devices in the software pass", op)
		}
		c.Installed, c.Other, c.Drivers = m.InstalledNonLeafUpdateIDs, m.OtherCachedUpdateIDs, m.CachedDriverIDs
		for _, list := range [][]int32{c.Installed, c.Other, c.Drivers} {
			slices.Sort(list)
		}
		for _, f := range m.FilterCategoryIDs {
			c.Filter = append(c.Filter, f.ID)
		}
	case *wusp.RefreshCacheRequest:
		c.Cookie = playerCookie(m.Cookie)
		for _, id := range m.GlobalIDs {
			c.Updates = append(c.Updates, wsus.Identity{ID: id.UpdateID, Revision: compliance.Revision(id.RevisionNumber)})
		}
	case *wusp.GetExtendedUpdateInfoRequest:
		c.Cookie, c.IDs = playerCookie(m.Cookie), m.RevisionIDs
	default:
		return c, fmt.Errorf("%s is no call of a scan", op)
	}
	return c, nil
}

// playerCookie is the text of a cookie, which is not there at all in a request
// without one.
func playerCookie(c *wusp.Cookie) string {
	if c == nil {
		return "(none)"
	}
	return string(c.EncryptedData)
}

// respond answers a request.
func (p *Player) respond(req *http.Request, m wusp.Message, a *ScriptAnswer) (*http.Response, error) {
	r := &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {wusp.ContentType}}, ContentLength: -1, Request: req,
	}
	status := func(n int) { r.StatusCode, r.Status = n, strconv.Itoa(n)+" "+http.StatusText(n) }
	if a == nil {
		a = new(ScriptAnswer)
	}
	var data []byte
	switch {
	case a.Fault != nil:
		status(http.StatusInternalServerError)
		data = wusp.AppendFault(nil, wusp.NewFault(wusp.ErrorCode(*a.Fault), "scripted"))
	case a.HTML:
		data = []byte("<!DOCTYPE html><html><body>Log in</body></html>")
	case a.Status != 0:
		status(a.Status)
		if a.Redirect != "" {
			r.Header.Set("Location", a.Redirect)
		}
		data = []byte("no envelope")
	default:
		answer, err := p.message(m, a)
		if err != nil {
			return nil, p.fail(err)
		}
		data = wusp.AppendEnvelope(nil, answer)
	}
	if !a.Cut {
		r.Body = io.NopCloser(bytes.NewReader(data))
		return r, nil
	}
	r.ContentLength = int64(len(data))
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(data[:len(data)/2]), playerCut{}))
	return r, nil
}

// playerCut is where a connection ends too early.
type playerCut struct{}

func (playerCut) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// message is an answer.
func (p *Player) message(m wusp.Message, a *ScriptAnswer) (wusp.Message, error) {
	cookie := func(missing string) []byte {
		if a.Cookie != nil {
			return []byte(*a.Cookie)
		}
		return []byte(missing)
	}
	switch m.(type) {
	case *wusp.GetConfigRequest:
		c := p.server.configuration()
		if a.Configuration != nil {
			c = *a.Configuration
		}
		return c.message(), nil
	case *wusp.GetAuthorizationCookieRequest:
		return &wusp.GetAuthorizationCookieResponse{
			Cookie: wusp.AuthorizationCookie{PlugInID: "SimpleTargeting", CookieData: cookie(scriptAuth)},
		}, nil
	case *wusp.GetCookieRequest:
		return &wusp.GetCookieResponse{Cookie: *newPlayerCookie(cookie(scriptCookie))}, nil
	case *wusp.RegisterComputerRequest:
		return new(wusp.RegisterComputerResponse), nil
	case *wusp.StartCategoryScanRequest:
		r := new(wusp.StartCategoryScanResponse)
		if a.Categories != nil {
			r.PreferredCategoryIDs, r.RequestedCategoryIDsInError = a.Categories.Preferred, a.Categories.Unknown
		}
		if a.Categories == nil || a.Categories.Preferred == nil {
			r.PreferredCategoryIDs = p.cfg.Categories
		}
		return r, nil
	case *wusp.SyncUpdatesRequest:
		if a.Sync == nil {
			return new(wusp.SyncUpdatesResponse), nil
		}
		return a.Sync.message()
	case *wusp.RefreshCacheRequest:
		r := new(wusp.RefreshCacheResponse)
		for _, row := range a.Rows {
			r.Updates = append(r.Updates, wusp.RefreshedUpdate{
				RevisionID: row.ID, IsLeaf: row.Leaf, Deployment: playerDeployment(row.ID, row.Action),
				GlobalID: wusp.UpdateIdentity{UpdateID: row.Identity.ID, RevisionNumber: int32(row.Revision)},
			})
		}
		return r, nil
	case *wusp.GetExtendedUpdateInfoRequest:
		return &wusp.GetExtendedUpdateInfoResponse{OutOfScopeRevisionIDs: a.OutOfScope}, nil
	}
	return nil, fmt.Errorf("no answer to %s", m.Operation())
}

func newPlayerCookie(data []byte) *wusp.Cookie {
	return &wusp.Cookie{Expiration: "2026-11-22T11:00:00Z", EncryptedData: data}
}

func playerDeployment(id int32, action wsus.Action) *wusp.Deployment {
	return &wusp.Deployment{
		ID: id, Action: action, LastChangeTime: "2026-11-01", AutoSelect: "0", AutoDownload: "0", SupersedenceBehavior: "0",
	}
}

// message is the configuration on the wire.
func (c *ScriptConfiguration) message() *wusp.GetConfigResponse {
	m := &wusp.GetConfigResponse{
		LastChange: wusp.DateTime(c.LastChange), IsRegistrationRequired: c.Registration,
		AuthInfo: []wusp.AuthPlugIn{{PlugInID: "SimpleTargeting", ServiceURL: c.ServiceURL}},
	}
	if c.MaxExtended != nil {
		m.Properties = append(m.Properties, wusp.Property{Name: wusp.PropertyMaxExtended, Value: strconv.Itoa(*c.MaxExtended)})
	}
	if c.ServerVersion != nil {
		m.Properties = append(m.Properties, wusp.Property{Name: wusp.PropertyProtocolVersion, Value: *c.ServerVersion})
	}
	return m
}

// message is the answer on the wire.
func (s *ScriptSync) message() (wusp.Message, error) {
	r := &wusp.SyncUpdatesResponse{OutOfScopeRevisionIDs: s.OutOfScope, Truncated: s.Truncated}
	if s.Cookie != "" {
		r.NewCookie = newPlayerCookie([]byte(s.Cookie))
	}
	if s.DriversNotNeeded {
		r.DriverSyncNotNeeded = "true"
	}
	for _, c := range s.Changed {
		r.ChangedUpdates = append(r.ChangedUpdates, wusp.UpdateInfo{ID: c.ID, Deployment: playerDeployment(c.ID, c.Action), IsLeaf: c.Leaf})
	}
	for _, u := range s.New {
		core, err := u.fragment()
		if err != nil {
			return nil, err
		}
		r.NewUpdates = append(r.NewUpdates, wusp.UpdateInfo{
			ID: u.ID, Deployment: playerDeployment(u.ID, u.Action), IsLeaf: u.Leaf, XML: core,
		})
	}
	return r, nil
}

// fragment is the metadata of an update: its one rule is True or False.
func (u *ScriptUpdate) fragment() ([]byte, error) {
	if u.Broken {
		return []byte(`<UpdateIdentity UpdateID="`), nil
	}
	kinds := map[wsus.Kind]string{
		wsus.KindSoftware: "Software", wsus.KindDriver: "Driver", wsus.KindCategory: "Category", wsus.KindDetectoid: "Detectoid",
	}
	if kinds[u.Kind] == "" {
		return nil, fmt.Errorf("update %d has the kind %v", u.ID, u.Kind)
	}
	rule := "<False/>"
	if u.Installed {
		rule = "<True/>"
	}
	return fmt.Appendf(nil, `<UpdateIdentity UpdateID="%s" RevisionNumber="%d" /><Properties UpdateType="%s" />`+
		`<ApplicabilityRules><IsInstalled>%s</IsInstalled></ApplicabilityRules>`, u.Identity.ID, u.Revision, kinds[u.Kind], rule), nil
}

// Play plays a script for [wusp.Client], and returns what it did. An error means
// that the script cannot be played, or that the client has sent what is no
// request.
func Play(ctx context.Context, s Script) (Outcome, error) {
	player, store := NewPlayer(s), new(States)
	client, err := player.client(store)
	if err != nil {
		return Outcome{}, err
	}
	var out Outcome
	for _, r := range s.Retrievals {
		if r.Restart {
			if client, err = player.client(store); err != nil {
				return Outcome{}, err
			}
		}
		catalog, err := client.Retrieve(ctx, wsus.RetrieveRequest{Location: wsus.Location{URL: player.cfg.URL}, SSLOnly: r.SSLOnly})
		calls, odd := player.Take()
		if done := ctx.Err(); done != nil {
			return Outcome{}, done
		}
		if odd != nil {
			return Outcome{}, odd
		}
		out.Retrievals = append(out.Retrievals, playerResult(calls, catalog, err))
	}
	return out, nil
}

// playerResult is how a retrieval ended.
func playerResult(calls []ScriptCall, catalog *wsus.Catalog, err error) ScriptResult {
	r := ScriptResult{Calls: calls, Result: ResultCompleted}
	if errors.Is(err, wsus.ErrNotSSL) {
		r.Result = ResultNotSSL
		return r
	}
	if err != nil {
		r.Result, r.Code = ResultFailed, wsus.CodeOf(err)
		return r
	}
	for _, u := range catalog.All() {
		r.Updates = append(r.Updates, ScriptKnown{Identity: u.Identity, Kind: u.Kind, Leaf: u.Leaf, Action: u.Action})
	}
	return r
}

// client is a client whose server is the Player.
func (p *Player) client(store wusp.StateStore) (*wusp.Client, error) {
	cfg := wusp.ClientConfig{
		ClientID: "6f0c0000-0000-4000-8000-000000000001", DNSName: "pc01.example.test",
		HTTP: &http.Client{Transport: p}, Facts: applicability.Facts{}, Store: store,
		ProtocolVersion: p.cfg.Version, MaxTrips: p.cfg.MaxTrips, MaxInstalled: p.cfg.MaxInstalled, Drivers: p.cfg.Drivers,
	}
	if cfg.Drivers {
		cfg.Devices = []wusp.Device{{HardwareIDs: []string{`PCI\VEN_8086`}}}
	}
	for i, id := range p.cfg.Categories {
		cfg.Categories = append(cfg.Categories, wusp.CategoryRelationship{IndexOfAndGroup: int32(i), CategoryID: id})
	}
	return wusp.NewClient(cfg)
}
