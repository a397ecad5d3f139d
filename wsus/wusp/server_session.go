package wusp

import (
	"context"
	"strings"
	"time"
)

// getConfig tells the configuration.
func (s *Server) getConfig(req *GetConfigRequest) (Message, *Fault) {
	if !twoParts(req.ProtocolVersion) {
		return nil, NewFault(InvalidParameters, "protocolVersion")
	}
	return &GetConfigResponse{
		LastChange:             NewDateTime(s.changed),
		IsRegistrationRequired: s.cfg.RequireRegistration,
		AuthInfo:               []AuthPlugIn{{PlugInID: authPlugIn, ServiceURL: strings.TrimPrefix(AuthPath, "/")}},
		Properties: []Property{
			{Name: PropertyMaxExtended, Value: itoa(s.cfg.MaxExtended)},
			{Name: "IsInventoryRequired", Value: "0"},
			{Name: "ClientReportingLevel", Value: "2"},
			{Name: PropertyProtocolVersion, Value: serverProtocolVersion},
		},
	}, nil
}

// twoParts reports whether a protocol version has two parts.
func twoParts(v string) bool {
	major, minor, ok := strings.Cut(strings.TrimSpace(v), ".")
	return ok && digits(major) && digits(minor)
}

func digits(s string) bool {
	return s != "" && len(s) < 10 && strings.Trim(s, "0123456789") == ""
}

// getAuthorizationCookie lets a client say who it is.
func (s *Server) getAuthorizationCookie(req *GetAuthorizationCookieRequest, call *Call) (Message, *Fault) {
	client, domain := strings.TrimSpace(req.ClientID), strings.TrimSpace(req.DNSName)
	for _, p := range [...]struct {
		name, value string
		may         bool
	}{{"clientId", client, false}, {"dnsName", domain, false}, {"targetGroupName", req.TargetGroupName, true}} {
		if p.value == "" && !p.may || len(p.value) > maxCookieText {
			return nil, NewFault(InvalidParameters, p.name)
		}
	}
	group := req.TargetGroupName
	if s.cfg.Group != nil {
		group = s.cfg.Group(client, domain, group)
	}
	c := s.issue(cookieAuthorization, s.cfg.Store.now.Load())
	c.client, c.domain, c.group = strings.ToLower(client), domain, strings.ToLower(group)
	c.group = c.group[:min(len(c.group), maxCookieText)]
	call.about(&c)
	return &GetAuthorizationCookieResponse{
		Cookie: AuthorizationCookie{PlugInID: authPlugIn, CookieData: c.seal(s.cfg.Key)},
	}, nil
}

// issue returns what a new cookie says.
func (s *Server) issue(kind byte, now *snapshot) ticket {
	return ticket{
		kind: kind, generation: now.generation, config: s.config(),
		expires: s.cfg.Clock.Now().UTC().Add(s.cfg.CookieLifetime).Truncate(100 * time.Nanosecond),
		serial:  s.serial.Add(1),
	}
}

func (s *Server) config() uint64 { return uint64(s.changed.UnixNano()) } //nolint:gosec // the bits are the value

func (c *Call) about(s *ticket) { c.ClientID, c.DNSName, c.Group = s.client, s.domain, s.group }

// cookie returns the cookie of a session.
func (s *Server) cookie(c *ticket) *Cookie {
	c.serial = s.serial.Add(1)
	return &Cookie{Expiration: NewDateTime(c.expires), EncryptedData: c.seal(s.cfg.Key)}
}

// getCookie opens a session. What the client has seen in its old one is
// taken over, if it is of the same group.
func (s *Server) getCookie(req *GetCookieRequest, call *Call) (Message, *Fault) {
	if !twoParts(req.ProtocolVersion) {
		return nil, NewFault(InvalidParameters, "protocolVersion")
	}
	if len(req.AuthCookies) != 1 {
		return nil, NewFault(InvalidParameters, "authCookies")
	}
	now := s.cfg.Store.now.Load()
	auth, ok := unseal(req.AuthCookies[0].CookieData, s.cfg.Key, cookieAuthorization)
	if !ok || auth.expired(s) {
		return nil, NewFault(InvalidAuthorizationCookie, "")
	}
	call.about(&auth)
	if at, ok := req.LastChange.Time(); !ok || !at.Equal(s.changed) {
		return nil, NewFault(ConfigChanged, "")
	}
	c := s.issue(cookieSession, now)
	c.client, c.domain, c.group = auth.client, auth.domain, auth.group
	if old := req.OldCookie; old != nil && len(old.EncryptedData) > 0 {
		before, ok := unseal(old.EncryptedData, s.cfg.Key, cookieSession)
		if !ok {
			return nil, NewFault(InvalidCookie, "")
		}
		if before.generation != now.generation {
			return nil, NewFault(ServerChanged, "")
		}
		if before.client == c.client && before.group == c.group {
			c.since = before.since
		}
	}
	return &GetCookieResponse{Cookie: *s.cookie(&c)}, nil
}

func (s *ticket) expired(by *Server) bool { return !by.cfg.Clock.Now().Before(s.expires) }

// open checks the cookie of a call.
func (s *Server) open(c *Cookie, call *Call) (ticket, *snapshot, *Fault) {
	now := s.cfg.Store.now.Load()
	if c == nil {
		return ticket{}, nil, NewFault(InvalidCookie, "")
	}
	got, ok := unseal(c.EncryptedData, s.cfg.Key, cookieSession)
	if !ok {
		return ticket{}, nil, NewFault(InvalidCookie, "")
	}
	call.about(&got)
	code := ErrorCode("")
	if got.generation != now.generation {
		code = ServerChanged
	} else if got.config != s.config() {
		code = ConfigChanged
	} else if got.expired(s) {
		code = CookieExpired
	} else if !s.clients.allow(got.client, s.cfg.Clock.Now(), s.cfg.MaxCallsPerMinute) {
		code = ServerBusy
	}
	if code != "" {
		return ticket{}, nil, NewFault(code, "")
	}
	return got, now, nil
}

// registerComputer remembers that a client has registered.
func (s *Server) registerComputer(req *RegisterComputerRequest, call *Call) (Message, *Fault) {
	c, _, fault := s.open(req.Cookie, call)
	if fault != nil {
		return nil, fault
	}
	if !s.cfg.RequireRegistration {
		return nil, NewFault(RegistrationNotRequired, "")
	}
	s.clients.register(c.client)
	if s.cfg.Registered != nil {
		s.cfg.Registered(c.client, req.ComputerInfo)
	}
	return new(RegisterComputerResponse), nil
}

// startCategoryScan prepares a scan that is limited to categories.
func (s *Server) startCategoryScan(req *StartCategoryScanRequest) (Message, *Fault) {
	if len(req.RequestedCategories) > maxCategories {
		return nil, NewFault(InvalidParameters, "requestedCategories")
	}
	return s.cfg.Store.now.Load().categoryScan(req), nil
}

// reportEventBatch hands events to the hook.
func (s *Server) reportEventBatch(ctx context.Context, req *ReportEventBatchRequest, call *Call) (Message, *Fault) {
	c, _, fault := s.open(req.Cookie, call)
	if fault != nil {
		return nil, fault
	}
	if len(req.Events) > maxEventsBatch {
		return nil, NewFault(InvalidParameters, "eventBatch")
	}
	call.Events = len(req.Events)
	resp := &ReportEventBatchResponse{Accepted: true}
	if s.cfg.Events != nil && s.cfg.Events(ctx, c.client, req.Events) != nil {
		resp.Accepted = false
	}
	return resp, nil
}
