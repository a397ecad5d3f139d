package wusptest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/updatescan/updatescan/internal/contract"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// sessionClauses are about where a client connects, and how it introduces
// itself.
func sessionClauses() []contract.Clause[maker] {
	return []contract.Clause[maker]{
		clientClause("location/only", "WF-3", "everything is asked of the server at the location, and of nobody else", locationOnly),
		clientClause("location/ssl-only", "WF-4", "with SSLOnly an http location is refused before a byte is sent", locationSSLOnly),
		clientClause("location/redirect", "WF-4", "with SSLOnly a redirection to http is an error with a code, and nothing is sent there", locationRedirect),
		clientClause("service/relative", "", "a relative ServiceUrl is resolved against the root of the server", serviceRelative),
		clientClause("service/empty", "", "an empty ServiceUrl is the usual place", serviceEmpty),
		clientClause("service/foreign", "WF-4", "a ServiceUrl on another host is refused with a code, and nothing is sent there", serviceForeign),
		clientClause("http/post", "", "a request is a POST of text/xml, with the SOAPAction in quotes", httpPost),
		clientClause("http/xpress", "", "XPRESS compression is not offered by a client that does not read it", httpXpress),
		clientClause("handshake/order", "", "before SyncUpdates come GetConfig, GetAuthorizationCookie, GetCookie, and RegisterComputer if the configuration wants it", handshakeOrder),
		clientClause("handshake/unregistered", "", "a client registers only if the configuration wants it", handshakeUnregistered),
		clientClause("handshake/verbatim", "", "GetCookie gives back LastChange and the one authorization cookie as they came", handshakeVerbatim),
		clientClause("handshake/cached", "", "a second retrieval goes on with the configuration, cookie and registration of the first", handshakeCached),
		clientClause("cookie/newest", "", "each call shows the cookie that was given last", cookieNewest),
		clientClause("retrieve/asks", "DEC-8", "each retrieval asks the server", retrieveAsks),
	}
}

func locationOnly(ctx context.Context, make maker) error {
	l := newLab(make, NewServer(3), 100)
	if _, err := l.must(ctx); err != nil {
		return err
	}
	for _, u := range l.wire.URLs() {
		if !strings.HasPrefix(u, home+"/") {
			return fmt.Errorf("%s was asked, the location is %s", u, home)
		}
	}
	return nil
}

func locationSSLOnly(ctx context.Context, make maker) error {
	l := newLab(make, NewServer(3), 100)
	l.request.SSLOnly = true
	_, err := l.retrieve(ctx)
	if n := len(l.wire.URLs()); n > 0 {
		return fmt.Errorf("%d requests were sent to http", n)
	}
	if !errors.Is(err, wsus.ErrNotSSL) {
		return fmt.Errorf("Retrieve: %w, want ErrNotSSL", orNone(err))
	}
	return nil
}

var errNone = errors.New("no error")

// orNone is an error to print.
func orNone(err error) error {
	if err == nil {
		return errNone
	}
	return err
}

func locationRedirect(ctx context.Context, make maker) error {
	for _, status := range []int{http.StatusFound, http.StatusTemporaryRedirect} {
		for _, at := range []wusp.Operation{wusp.OpGetConfig, wusp.OpSyncUpdates} {
			s := NewServer(3)
			s.After = At(Times(1, Redirect(status, "http://elsewhere.example.test"+at.Path())), at)
			l := newLab(make, s, 100)
			l.request.Location.URL, l.request.SSLOnly = "https://wsus.example.test:8531", true
			_, err := l.fails(ctx, 100)
			for _, u := range l.wire.URLs() {
				if !strings.HasPrefix(u, l.request.Location.URL+"/") {
					return fmt.Errorf("after status %d at %s, %s was asked", status, at, u)
				}
			}
			if err != nil {
				return fmt.Errorf("after status %d at %s: %w", status, at, err)
			}
		}
	}
	return nil
}

func serviceRelative(ctx context.Context, make maker) error {
	for _, service := range []string{"SimpleAuthWebService/SimpleAuth.asmx", "/SimpleAuthWebService/SimpleAuth.asmx", "Other/Auth.asmx"} {
		s := NewServer(3)
		s.Config.AuthInfo[0].ServiceURL = service
		l := newLab(make, s, 100)
		if _, err := l.must(ctx); err != nil {
			return fmt.Errorf("ServiceUrl %q: %w", service, err)
		}
		if want := home + "/" + strings.TrimPrefix(service, "/"); !slices.Contains(l.wire.URLs(), want) {
			return fmt.Errorf("ServiceUrl %q: %s was not asked", service, want)
		}
	}
	return nil
}

func serviceEmpty(ctx context.Context, make maker) error {
	s := NewServer(3)
	s.Config.AuthInfo[0].ServiceURL = ""
	l := newLab(make, s, 100)
	_, err := l.must(ctx)
	return err
}

func serviceForeign(ctx context.Context, make maker) error {
	for _, service := range []string{"http://elsewhere.example.test/SimpleAuth.asmx", "//elsewhere.example.test/SimpleAuth.asmx"} {
		s := NewServer(3)
		s.After = ForeignService(service)
		l := newLab(make, s, 100)
		_, err := l.fails(ctx, 100)
		for _, u := range l.wire.URLs() {
			if !strings.HasPrefix(u, home+"/") {
				return fmt.Errorf("ServiceUrl %q: %s was asked", service, u)
			}
		}
		if err != nil {
			return fmt.Errorf("ServiceUrl %q: %w", service, err)
		}
	}
	return nil
}

func httpPost(ctx context.Context, make maker) error {
	l := newLab(make, NewServer(3), 100)
	if _, err := l.must(ctx); err != nil {
		return err
	}
	for _, c := range l.server.Log() {
		if c.HTTP.Method != http.MethodPost {
			return fmt.Errorf("%s: method %s", c.Operation, c.HTTP.Method)
		}
		if kind, _, _ := strings.Cut(c.HTTP.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(kind), "text/xml") {
			return fmt.Errorf("%s: Content-Type %q", c.Operation, c.HTTP.Header.Get("Content-Type"))
		}
		if got, want := c.HTTP.Header.Get("SOAPAction"), `"`+c.Operation.Action()+`"`; got != want {
			return fmt.Errorf("%s: SOAPAction %s, want %s", c.Operation, got, want)
		}
	}
	return nil
}

func httpXpress(ctx context.Context, make maker) error {
	l := newLab(make, NewServer(3), 100)
	if _, err := l.must(ctx); err != nil {
		return err
	}
	for _, c := range l.server.Log() {
		if strings.Contains(strings.ToLower(c.HTTP.Header.Get("Accept-Encoding")), "xpress") {
			return fmt.Errorf("%s: Accept-Encoding %q", c.Operation, c.HTTP.Header.Get("Accept-Encoding"))
		}
	}
	return nil
}

// handshake are the calls that come before the first SyncUpdates, but for
// StartCategoryScan.
func handshake(log []*Call) []wusp.Operation {
	var ops []wusp.Operation
	for _, op := range operations(log) {
		if op == wusp.OpSyncUpdates {
			break
		}
		if op != wusp.OpStartCategoryScan {
			ops = append(ops, op)
		}
	}
	return ops
}

func handshakeOrder(ctx context.Context, make maker) error {
	l := newLab(make, NewServer(3), 100)
	if _, err := l.must(ctx); err != nil {
		return err
	}
	want := []wusp.Operation{wusp.OpGetConfig, wusp.OpGetAuthorizationCookie, wusp.OpGetCookie, wusp.OpRegisterComputer}
	if got := handshake(l.server.Log()); !slices.Equal(got, want) {
		return fmt.Errorf("before SyncUpdates: %v, want %v", got, want)
	}
	return nil
}

func handshakeUnregistered(ctx context.Context, make maker) error {
	s := NewServer(3)
	s.Config.IsRegistrationRequired = false
	l := newLab(make, s, 100)
	if _, err := l.must(ctx); err != nil {
		return err
	}
	if n := s.Count(wusp.OpRegisterComputer); n > 0 {
		return fmt.Errorf("registered %d times, unasked", n)
	}
	return nil
}

func handshakeVerbatim(ctx context.Context, make maker) error {
	s := NewServer(3)
	s.Config.LastChange = "2026-11-01T08:00:00.1234567+00:00"
	var auth wusp.AuthorizationCookie
	s.After = func(c *Call) {
		if m, ok := c.Answer.(*wusp.GetAuthorizationCookieResponse); ok {
			m.Cookie.CookieData = []byte{0, 0xff, 10, 32}
			auth = m.Cookie
		}
	}
	l := newLab(make, s, 100)
	if _, err := l.must(ctx); err != nil {
		return err
	}
	for _, c := range s.Log() {
		m, ok := c.Request.(*wusp.GetCookieRequest)
		if !ok {
			continue
		}
		if m.LastChange != s.Config.LastChange {
			return fmt.Errorf("LastChange %q, want %q", m.LastChange, s.Config.LastChange)
		}
		if len(m.AuthCookies) != 1 || m.AuthCookies[0].PlugInID != auth.PlugInID || !bytes.Equal(m.AuthCookies[0].CookieData, auth.CookieData) {
			return fmt.Errorf("authorization cookies %v, want the one of %s", m.AuthCookies, auth.PlugInID)
		}
	}
	return nil
}

func handshakeCached(ctx context.Context, make maker) error {
	l := newLab(make, NewServer(3), 100)
	if _, err := l.must(ctx); err != nil {
		return err
	}
	l.server.Forget()
	if _, err := l.must(ctx); err != nil {
		return err
	}
	for _, op := range l.server.Calls() {
		if op != wusp.OpSyncUpdates {
			return fmt.Errorf("%s in a second retrieval from a server where nothing has changed", op)
		}
	}
	return nil
}

// cookieOf is the cookie of a request, nil for one that has none.
func cookieOf(m wusp.Message) *wusp.Cookie {
	switch m := m.(type) {
	case *wusp.RegisterComputerRequest:
		return m.Cookie
	case *wusp.SyncUpdatesRequest:
		return m.Cookie
	case *wusp.RefreshCacheRequest:
		return m.Cookie
	case *wusp.GetExtendedUpdateInfoRequest:
		return m.Cookie
	case *wusp.GetFileLocationsRequest:
		return m.Cookie
	}
	return nil
}

func cookieNewest(ctx context.Context, make maker) error {
	s := NewServer(9)
	s.Page = 2
	l := newLab(make, s, 100)
	for range 2 {
		if _, err := l.must(ctx); err != nil {
			return err
		}
	}
	var last *wusp.Cookie
	for i, c := range s.Log() {
		if shown := cookieOf(c.Request); shown != nil && (last == nil || !bytes.Equal(shown.EncryptedData, last.EncryptedData)) {
			return fmt.Errorf("call %d, %s, shows another cookie than the one that was given last", i+1, c.Operation)
		}
		switch m := c.Answer.(type) {
		case *wusp.GetCookieResponse:
			last = &m.Cookie
		case *wusp.SyncUpdatesResponse:
			last = m.NewCookie
		}
	}
	return nil
}

func retrieveAsks(ctx context.Context, make maker) error {
	l := newLab(make, NewServer(3), 100)
	for range 3 {
		if _, err := l.must(ctx); err != nil {
			return err
		}
	}
	return nil
}
