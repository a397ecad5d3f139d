package wusptest

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// maxInstalled is how many installed non-leaves a real server takes.
const maxInstalled = 400

// Server is a small WSUS with switches, to see what a client does. It is an
// http.Handler, and keeps every call.
//
// The zero Server has no updates and answers. Its fields are set before it is
// used, between two retrievals, by a [Trick], or with [Server.Do]. It answers
// one call at a time, is safe for concurrent use, and must not be copied after
// first use.
//
// It does less than a WSUS: there are no groups and approvals, it does not
// look at devices nor limit itself to categories, and a revision never changes
// but for its action and its leaf flag.
type Server struct {
	// Updates are what it serves, in this order. Their numbers are unique.
	Updates []Update
	// Page is how many new updates are in one answer; zero is all.
	Page int
	// Config is the answer to GetConfig; nil means [DefaultConfig].
	Config *wusp.GetConfigResponse
	// Faults are taken one by one, each by one call of the operation.
	Faults map[wusp.Operation][]wusp.ErrorCode
	// Always is the fault of every call of the operation that takes none of
	// Faults.
	Always map[wusp.Operation]wusp.ErrorCode
	// Before sees each call before it is answered, and may answer it; After
	// sees it with its answer, and may change that. Nil does nothing.
	Before, After Trick

	mu      sync.Mutex
	calls   []*Call
	cookies map[string]int // the last change that was told under a cookie
	change  int            // number of the last change of an update
	seen    map[int32]state
}

// state is what may change of an update, and the number of its last change.
type state struct {
	action wsus.Action
	leaf   bool
	change int
}

// Update is an update of a [Server], in revision 100. It is sent to clients
// that have installed what it needs.
type Update struct {
	// ID is the number of the revision at the server.
	ID int32
	// Name is the update's own id; the zero id is made from ID.
	Name compliance.UpdateID
	Kind wsus.Kind
	Leaf bool
	// Needs are the numbers of updates that must all be installed.
	Needs []int32
	// Action is what the server says is to be done with it.
	Action wsus.Action
	// State is what a machine with [Machine]'s facts says of it. Unknown
	// means Installed for categories and detectoids, else Required.
	State compliance.State
	// Core is the fragment; "" is one made from the other fields.
	Core string
}

// UpdateID is the update's own id.
func (u Update) UpdateID() compliance.UpdateID {
	if u.Name != (compliance.UpdateID{}) {
		return u.Name
	}
	return ID(u.ID)
}

// ID is the id of the update with a number, where no other name is given.
func ID(number int32) compliance.UpdateID {
	n := uint32(number)
	return compliance.UpdateID{
		byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n),
		0xaa, 0xaa, 0x4b, 0xbb, 0x8c, 0xcc, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab,
	}
}

// Title is the title that a [Server] gives to the update with a number.
func Title(number int32) string { return fmt.Sprintf("Update %d & more", number) }

// Deployment is what a [Server] says is to be done with the update, with the
// members that a native agent insists on.
func (u Update) Deployment() *wusp.Deployment {
	return &wusp.Deployment{ID: 7000 + u.ID, Action: u.Action, LastChangeTime: "2026-11-01", AutoSelect: "0", AutoDownload: "0", SupersedenceBehavior: "0"}
}

// DefaultConfig is the configuration of a WSUS 3.0 with service pack 2 that
// wants its clients to register.
func DefaultConfig() *wusp.GetConfigResponse {
	return &wusp.GetConfigResponse{
		LastChange: "2026-11-01T08:00:00Z", IsRegistrationRequired: true,
		AuthInfo: []wusp.AuthPlugIn{{PlugInID: "SimpleTargeting", ServiceURL: "SimpleAuthWebService/SimpleAuth.asmx"}},
		Properties: []wusp.Property{
			{Name: wusp.PropertyMaxExtended, Value: "50"}, {Name: wusp.PropertyProtocolVersion, Value: "3.2"},
		},
	}
}

// NewServer returns a Server with a chain of two categories and a detectoid,
// numbered 1 to 3, all installed, and n leaves of software that need the
// detectoid and are required, numbered from 100 on.
func NewServer(n int) *Server {
	s := &Server{
		Updates: []Update{
			{ID: 1, Kind: wsus.KindCategory, Action: wsus.ActionEvaluate},
			{ID: 2, Kind: wsus.KindCategory, Needs: []int32{1}, Action: wsus.ActionEvaluate},
			{ID: 3, Kind: wsus.KindDetectoid, Needs: []int32{2}, Action: wsus.ActionEvaluate},
		},
		Config: DefaultConfig(), Faults: make(map[wusp.Operation][]wusp.ErrorCode), Always: make(map[wusp.Operation]wusp.ErrorCode),
	}
	for i := range n {
		s.Updates = append(s.Updates, Software(int32(100+i)))
	}
	return s
}

// Software is a leaf of software that needs the detectoid of [NewServer].
func Software(number int32) Update {
	return Update{ID: number, Kind: wsus.KindSoftware, Leaf: true, Needs: []int32{3}, Action: wsus.ActionPreDeploymentCheck}
}

// Do runs f while no call is answered: for changes while a client is at work.
// f must not call a method of the Server.
func (s *Server) Do(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// Calls are the operations that were called since the last Forget, in order.
func (s *Server) Calls() []wusp.Operation {
	s.mu.Lock()
	defer s.mu.Unlock()
	ops := make([]wusp.Operation, len(s.calls))
	for i, c := range s.calls {
		ops[i] = c.Operation
	}
	return ops
}

// Requests are the requests since the last Forget, in order.
func (s *Server) Requests() []wusp.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]wusp.Message, len(s.calls))
	for i, c := range s.calls {
		list[i] = c.Request
	}
	return list
}

// Log has the calls since the last Forget, with what was answered, in order.
// They must not be modified.
func (s *Server) Log() []*Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Count is how often an operation was called since the last Forget.
func (s *Server) Count(op wusp.Operation) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, c := range s.calls {
		if c.Operation == op {
			n++
		}
	}
	return n
}

// Forget forgets the calls, and nothing else.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = nil
}

// ServeHTTP answers a call: with what Before gives, a fault of Faults or
// Always, or the answer, after After has seen it. What is no call of a client
// to the path of its operation is answered with a status, and not kept.
func (s *Server) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	m, err := wusp.DecodeRequest(body, 0)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c := &Call{Operation: m.Operation(), Request: m, HTTP: req, Body: body}
	raw := s.serve(c)
	raw.write(w)
}

// serve answers a call.
func (s *Server) serve(c *Call) *Raw {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !strings.EqualFold(c.HTTP.URL.Path, s.path(c.Operation)) || strings.Trim(c.HTTP.Header.Get("SOAPAction"), `"`) != c.Operation.Action() {
		return &Raw{Status: http.StatusNotFound, Body: []byte("wrong path or action")}
	}
	s.calls = append(s.calls, c)
	s.Before.see(c)
	if !c.answered() {
		if code := s.fault(c.Operation); code != "" {
			c.Fault = wusp.NewFault(code, "because")
		} else {
			s.answer(c)
		}
	}
	s.After.see(c)
	return c.raw()
}

// path is where an operation is answered: authorization where the
// configuration says.
func (s *Server) path(op wusp.Operation) string {
	if op == wusp.OpGetAuthorizationCookie {
		for _, p := range s.config().AuthInfo {
			if u, err := url.Parse(strings.TrimSpace(p.ServiceURL)); err == nil && u.Path != "" {
				return "/" + strings.TrimPrefix(u.Path, "/")
			}
		}
	}
	return op.Path()
}

func (s *Server) config() *wusp.GetConfigResponse {
	if s.Config == nil {
		return DefaultConfig()
	}
	return s.Config
}

// fault is that of the next call of an operation.
func (s *Server) fault(op wusp.Operation) wusp.ErrorCode {
	if list := s.Faults[op]; len(list) > 0 {
		s.Faults[op] = list[1:]
		return list[0]
	}
	return s.Always[op]
}

// maxExtended is how many revisions extended information may be asked for.
func (s *Server) maxExtended() int {
	text, _ := s.config().Property(wusp.PropertyMaxExtended)
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	return wusp.DefaultMaxExtended
}

// answer fills in the answer to a call.
func (s *Server) answer(c *Call) {
	switch m := c.Request.(type) {
	case *wusp.GetConfigRequest:
		config := *s.config()
		config.AuthInfo, config.Properties = slices.Clone(config.AuthInfo), slices.Clone(config.Properties)
		c.Answer = &config
	case *wusp.GetAuthorizationCookieRequest:
		c.Answer = &wusp.GetAuthorizationCookieResponse{Cookie: wusp.AuthorizationCookie{PlugInID: "SimpleTargeting", CookieData: []byte("auth " + m.ClientID)}}
	case *wusp.GetCookieRequest:
		c.Answer = &wusp.GetCookieResponse{Cookie: *s.cookie(max(0, s.told(m.OldCookie)))}
	case *wusp.RegisterComputerRequest:
		c.Answer = &wusp.RegisterComputerResponse{}
		if !s.config().IsRegistrationRequired {
			c.Fault = wusp.NewFault(wusp.RegistrationNotRequired, "")
		}
		s.check(c, m.Cookie)
	case *wusp.StartCategoryScanRequest:
		r := &wusp.StartCategoryScanResponse{}
		for _, relation := range m.RequestedCategories {
			r.PreferredCategoryIDs = append(r.PreferredCategoryIDs, relation.CategoryID)
		}
		c.Answer = r
	case *wusp.SyncUpdatesRequest:
		s.sync(c, m)
		s.check(c, m.Cookie)
	case *wusp.RefreshCacheRequest:
		c.Answer = s.refresh(m)
		s.check(c, m.Cookie)
	case *wusp.GetExtendedUpdateInfoRequest:
		c.Answer = extended(m)
		if len(m.RevisionIDs) > s.maxExtended() {
			c.Fault = wusp.NewFault(wusp.InvalidParameters, "revisionIDs")
		}
		s.check(c, m.Cookie)
	case *wusp.GetFileLocationsRequest:
		c.Answer = &wusp.GetFileLocationsResponse{}
		s.check(c, m.Cookie)
	case *wusp.ReportEventBatchRequest:
		c.Answer = &wusp.ReportEventBatchResponse{Accepted: true}
	default:
		c.Fault = &wusp.Fault{FaultCode: "Client", FaultString: "not served"}
	}
}

// check turns the answer to a cookie that the Server did not give into a
// fault.
func (s *Server) check(c *Call, cookie *wusp.Cookie) {
	if s.told(cookie) < 0 {
		c.Answer, c.Fault = nil, wusp.NewFault(wusp.InvalidCookie, "")
	}
}

// told is the number of the last change that was told under a cookie, -1
// for one that is not the Server's.
func (s *Server) told(cookie *wusp.Cookie) int {
	if cookie == nil {
		return -1
	}
	if n, ok := s.cookies[string(cookie.EncryptedData)]; ok {
		return n
	}
	return -1
}

// cookie makes a new cookie.
func (s *Server) cookie(told int) *wusp.Cookie {
	if s.cookies == nil {
		s.cookies = make(map[string]int)
	}
	data := fmt.Sprintf("cookie %d", len(s.cookies)+1)
	s.cookies[data] = told
	return &wusp.Cookie{Expiration: "2026-11-22T11:00:00Z", EncryptedData: []byte(data)}
}
