package wusp

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/updatescan/updatescan/wsus"
)

// session is one retrieval, or one report, of a client at a server.
type session struct {
	client *Client
	server *server

	progress  Progress
	recovered map[ErrorCode]bool // the faults recovered from
	unwanted  bool               // registration is not wanted, whatever was said
	resync    bool               // revision numbers have changed
	preferred []CategoryIdentifier
	chosen    bool // preferred is known
}

// tell reports progress.
func (s *session) tell(op Operation) {
	s.progress.Operation = op
	if s.client.cfg.Progress == nil {
		return
	}
	s.progress.Cached = len(s.server.cache.entries)
	s.progress.Installed = s.server.cache.installed
	s.client.cfg.Progress(s.progress)
}

// call opens a session with the server as far as that is needed, sends the
// request that build makes, and recovers from the faults that ask for it.
func (s *session) call(ctx context.Context, build func() (Message, error)) (Message, error) {
	for {
		if err := s.open(ctx); err != nil {
			return nil, err
		}
		m, err := build()
		if err == nil {
			var answer Message
			if answer, err = s.post(ctx, m); err == nil {
				return answer, nil
			}
		}
		if !s.recover(err) {
			return nil, err
		}
	}
}

// open takes the steps of the handshake that are missing.
func (s *session) open(ctx context.Context) error {
	for {
		step := s.step()
		if step == nil {
			return nil
		}
		if err := step(ctx); err != nil && !s.recover(err) {
			return err
		}
	}
}

// step is the next one of the handshake, nil when none is missing.
func (s *session) step() func(context.Context) error {
	sv := s.server
	if sv.config == nil {
		return s.getConfig
	}
	if sv.cookie == nil && sv.auth == nil {
		return s.authorize
	}
	if sv.cookie == nil {
		return s.getCookie
	}
	if sv.refresh {
		return s.refreshCache
	}
	if sv.config.IsRegistrationRequired && !s.unwanted && (sv.registered == nil || *sv.registered != s.client.cfg.Computer) {
		return s.register
	}
	return nil
}

// recover forgets what a fault says is wrong, so that it is done anew, and
// reports whether it is worth trying again.
func (s *session) recover(err error) bool {
	f, ok := errors.AsType[*Fault](err)
	if !ok {
		return false
	}
	code, sv := f.ErrorCode.Normal(), s.server
	if s.recovered[code] {
		return false // two confused parties would go on for ever
	}
	switch code {
	case InvalidCookie, ServerChanged:
		sv.config, sv.auth, sv.cookie, sv.oldCookie = nil, nil, nil, nil
		sv.refresh, s.resync = true, true
	case ConfigChanged:
		sv.config, sv.auth, sv.cookie, sv.oldCookie = nil, nil, nil, nil
	case CookieExpired:
		sv.oldCookie = sv.cookie
		sv.auth, sv.cookie = nil, nil
	case InvalidAuthorizationCookie:
		sv.auth, sv.cookie = nil, nil
	case RegistrationRequired:
		if sv.config == nil {
			return false
		}
		config := *sv.config
		config.IsRegistrationRequired = true
		sv.config, sv.registered, s.unwanted = &config, nil, false
	case RegistrationNotRequired:
		s.unwanted = true
	case InvalidParameters, InternalServerError, ServerBusy, FileLocationChanged:
		return false
	default:
		return false
	}
	s.recovered[code] = true
	s.progress.Recoveries++
	return true
}

// advanced says that the server has answered a call of the scan, after which
// a cookie may well expire again.
func (s *session) advanced() { delete(s.recovered, CookieExpired) }

func (s *session) getConfig(ctx context.Context) error {
	answer, err := s.post(ctx, &GetConfigRequest{ProtocolVersion: s.client.cfg.ProtocolVersion})
	if err != nil {
		return err
	}
	s.server.config = answer.(*GetConfigResponse) //nolint:errcheck,forcetypeassert // DecodeResponse returns that of the operation
	return nil
}

// plugIn is the way to get an authorization cookie.
func (s *session) plugIn() (AuthPlugIn, error) {
	list := s.server.config.AuthInfo
	for _, p := range list {
		if strings.EqualFold(p.PlugInID, "SimpleTargeting") {
			return p, nil
		}
	}
	if len(list) == 0 {
		return AuthPlugIn{}, nil // the usual place
	}
	return AuthPlugIn{}, &wsus.Error{Op: "authorize", Code: codeNoAuthPlugIns, Err: fmt.Errorf("only %q", list[0].PlugInID)}
}

func (s *session) authorize(ctx context.Context) error {
	cfg := &s.client.cfg
	answer, err := s.post(ctx, &GetAuthorizationCookieRequest{
		ClientID: cfg.ClientID, TargetGroupName: cfg.TargetGroup, DNSName: cfg.DNSName,
	})
	if err != nil {
		return err
	}
	cookie := answer.(*GetAuthorizationCookieResponse).Cookie //nolint:errcheck,forcetypeassert // as above
	if len(cookie.CookieData) == 0 {
		return &wsus.Error{Op: "authorize", Code: codeNoAuthCookies}
	}
	if cookie.PlugInID == "" {
		cookie.PlugInID = "SimpleTargeting"
	}
	s.server.auth = &cookie
	return nil
}

func (s *session) getCookie(ctx context.Context) error {
	sv := s.server
	answer, err := s.post(ctx, &GetCookieRequest{
		AuthCookies:     []AuthorizationCookie{*sv.auth},
		OldCookie:       sv.oldCookie,
		LastChange:      sv.config.LastChange,
		CurrentTime:     NewDateTime(s.client.cfg.Clock.Now()),
		ProtocolVersion: s.client.cfg.ProtocolVersion,
	})
	if err != nil {
		return err
	}
	cookie := answer.(*GetCookieResponse).Cookie //nolint:errcheck,forcetypeassert // as above
	sv.cookie, sv.oldCookie = &cookie, nil
	return nil
}

func (s *session) register(ctx context.Context) error {
	info := s.client.cfg.Computer
	_, err := s.post(ctx, &RegisterComputerRequest{Cookie: s.server.cookie, ComputerInfo: info})
	if err == nil {
		s.server.registered = &info
	}
	return err
}

// newCookie replaces the cookie by one that came with an answer.
func (s *session) newCookie(c *Cookie) {
	if c != nil && len(c.EncryptedData) > 0 {
		s.server.cookie = c
	}
}

// version is a protocol version in two parts.
type version struct{ major, minor int }

func (v version) atLeast(o version) bool {
	return v.major > o.major || v.major == o.major && v.minor >= o.minor
}

func parseVersion(s string) (version, bool) {
	major, minor, ok := strings.Cut(s, ".")
	a, errA := strconv.ParseUint(major, 10, 16)
	b, errB := strconv.ParseUint(minor, 10, 16)
	return version{int(a), int(b)}, ok && errA == nil && errB == nil
}

// Versions from which on things are known.
var (
	filterClient = version{1, 7} // category filters, the client's part
	filterServer = version{3, 2} // and the server's
	specClient   = version{1, 6} // hardware ids of the computer
)

// clientAtLeast and serverAtLeast compare the versions of the two sides.
func (s *session) clientAtLeast(v version) bool {
	own, _ := parseVersion(s.client.cfg.ProtocolVersion)
	return own.atLeast(v)
}

func (s *session) serverAtLeast(v version) bool {
	text, ok := s.server.config.Property(PropertyProtocolVersion)
	theirs, valid := parseVersion(text)
	return ok && valid && theirs.atLeast(v)
}

// maxExtended is how many revisions extended information is asked for at
// once.
func (s *session) maxExtended() int {
	text, _ := s.server.config.Property(PropertyMaxExtended)
	if n, err := strconv.Atoi(strings.TrimSpace(text)); err == nil && n > 0 {
		return min(n, 1000)
	}
	return DefaultMaxExtended
}

// chooseCategories asks which categories a limited scan should name.
func (s *session) chooseCategories(ctx context.Context) error {
	wanted := s.client.cfg.Categories
	if s.chosen || len(wanted) == 0 || !s.clientAtLeast(filterClient) || !s.serverAtLeast(filterServer) {
		return nil
	}
	answer, err := s.post(ctx, &StartCategoryScanRequest{RequestedCategories: wanted})
	if err != nil {
		return err
	}
	m := answer.(*StartCategoryScanResponse) //nolint:errcheck,forcetypeassert // as above
	if len(m.PreferredCategoryIDs) == 0 && len(m.RequestedCategoryIDsInError) > 0 {
		return &wsus.Error{
			Op: OpStartCategoryScan.String(), Code: wsus.CodeSOAPFault,
			Err: fmt.Errorf("the server knows none of the categories, such as %s", m.RequestedCategoryIDsInError[0]),
		}
	}
	for _, id := range m.PreferredCategoryIDs {
		s.preferred = append(s.preferred, CategoryIdentifier{ID: id})
	}
	s.chosen = true
	return nil
}
