package wusptest

import (
	"context"
	"net/http"
	"strings"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// sessionBreaches break the clauses about connecting, each by its id.
var sessionBreaches = map[string]breach{
	"location/only": before(func(x *exchange) { // looks whether there is an update of itself
		if x.Operation == wusp.OpGetConfig {
			x.visit("http://elsewhere.example.test/SelfUpdate/wuident.cab")
		}
	}),
	"location/ssl-only": onSource(func(ctx context.Context, s *brokenSource, req wsus.RetrieveRequest) (*wsus.Catalog, error) {
		if at, err := req.Location.Endpoint(); err == nil && req.SSLOnly && !at.SSL() { // looks whether it is there, first
			if r, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), http.NoBody); err == nil {
				if resp, err := s.setup.HTTP.Do(r); err == nil {
					_ = resp.Body.Close()
				}
			}
		}
		return s.Source.Retrieve(ctx, req)
	}),
	"location/redirect": after(func(x *exchange) {
		if x.Raw != nil && x.Raw.Header.Get("Location") != "" {
			x.visit(x.Raw.Header.Get("Location"))
		}
	}),
	"service/relative": before(func(x *exchange) { // to client.asmx, as a browser would
		if x.Operation == wusp.OpGetAuthorizationCookie {
			x.HTTP.URL.Path = "/ClientWebService" + x.HTTP.URL.Path
		}
	}),
	"service/empty": configured(func(m *wusp.GetConfigResponse) {
		for i := range m.AuthInfo {
			if m.AuthInfo[i].ServiceURL == "" {
				m.AuthInfo[i].ServiceURL = "ClientWebService/client.asmx"
			}
		}
	}),
	"service/foreign": onWire(func(Setup) func(*exchange) {
		foreign := ""
		return func(x *exchange) {
			if foreign != "" && x.Operation == wusp.OpGetAuthorizationCookie {
				x.visit(foreign)
				return
			}
			x.send()
			if m, ok := x.Answer.(*wusp.GetConfigResponse); ok && len(m.AuthInfo) > 0 && strings.Contains(m.AuthInfo[0].ServiceURL, "//") {
				_, host, _ := strings.Cut(m.AuthInfo[0].ServiceURL, "//")
				foreign, m.AuthInfo[0].ServiceURL = "http://"+host, ""
			}
		}
	}),
	"http/post": before(func(x *exchange) {
		x.HTTP.Header.Set("SOAPAction", strings.Trim(x.HTTP.Header.Get("SOAPAction"), `"`))
	}),
	"http/xpress": before(func(x *exchange) { x.HTTP.Header.Set("Accept-Encoding", "xpress") }),
	"handshake/order": before(func(x *exchange) {
		if x.Operation == wusp.OpGetCookie {
			x.aside(&wusp.GetConfigRequest{ProtocolVersion: wusp.DefaultProtocolVersion})
		}
	}),
	"handshake/unregistered": configured(func(m *wusp.GetConfigResponse) { m.IsRegistrationRequired = true }),
	"handshake/verbatim": before(func(x *exchange) {
		if m, ok := x.Request.(*wusp.GetCookieRequest); ok {
			if t, ok := m.LastChange.Time(); ok {
				m.LastChange = wusp.NewDateTime(t)
			}
		}
	}),
	"handshake/cached": before(func(x *exchange) { // asks each time
		if m, ok := x.Request.(*wusp.SyncUpdatesRequest); ok && len(m.OtherCachedUpdateIDs) > 2 {
			x.aside(&wusp.RegisterComputerRequest{Cookie: m.Cookie})
		}
	}),
	"cookie/newest": onWire(func(Setup) func(*exchange) {
		var first *wusp.Cookie
		return func(x *exchange) {
			if c := cookieOf(x.Request); c != nil && first != nil {
				*c = *first
			}
			x.send()
			if m, ok := x.Answer.(*wusp.GetCookieResponse); ok {
				first = &m.Cookie
			}
		}
	}),
	"retrieve/asks": func(make maker) maker {
		var last *wsus.Catalog
		return onSource(func(ctx context.Context, s *brokenSource, req wsus.RetrieveRequest) (*wsus.Catalog, error) {
			if last != nil && req.Previous == last {
				return last, nil
			}
			c, err := s.Source.Retrieve(ctx, req)
			last = c
			return c, err
		})(make)
	},
}

// visit sends the request to another URL instead.
func (x *exchange) visit(url string) {
	at, err := x.HTTP.URL.Parse(url)
	if err != nil {
		x.err = err
		return
	}
	own := x.HTTP.URL
	x.HTTP.URL, x.HTTP.Host = at, at.Host
	x.send()
	x.HTTP.URL, x.HTTP.Host = own, own.Host
}
