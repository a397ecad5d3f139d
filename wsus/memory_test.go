package wsus_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wsustest"
)

// client is the order of an online scan written out: locate, choose, policy,
// retrieve. It notes each step.
type client struct {
	locator wsus.Locator
	policy  wsus.LocalPolicy
	source  wsus.Source
	need    wsus.Requirement
	steps   []string
}

func (c *client) scan(ctx context.Context) (*wsus.Catalog, error) {
	c.steps = append(c.steps, "locate")
	list, err := c.locator.Locate(ctx, wsus.LocateRequest{Version: c.need.Version, Internet: c.need.Internet})
	if err != nil {
		return nil, err
	}
	loc, err := wsus.Choose(list, c.need)
	if err != nil {
		return nil, err
	}
	effective, err := c.policy.Effective(ctx)
	if err != nil {
		return nil, err
	}
	p, write, err := wsus.PolicyFor(loc, effective)
	if err != nil {
		return nil, err
	}
	if write {
		c.steps = append(c.steps, "set policy "+p.Server)
		if err := c.policy.Set(ctx, p); err != nil {
			return nil, err
		}
	}
	c.steps = append(c.steps, "retrieve "+loc.URL)
	return c.source.Retrieve(ctx, wsus.RetrieveRequest{Location: loc, SSLOnly: c.need.NeedsSSL()})
}

func TestOnlineScanOrder(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-3")
	var policy wsus.MemPolicy
	var source wsus.MemSource
	c := client{locator: wsus.StaticLocator{{URL: "http://wsus:8530"}}, policy: &policy, source: &source}
	for range 2 { // the second scan finds the policy written
		got, err := c.scan(t.Context())
		if err != nil || got == nil || got.Len() != 0 {
			t.Fatalf("scan = %v, %v, want an empty catalogue", got, err)
		}
	}
	want := []string{"locate", "set policy http://wsus:8530", "retrieve http://wsus:8530", "locate", "retrieve http://wsus:8530"}
	if diff := cmp.Diff(want, c.steps); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	wantPolicy := wsus.Policy{Server: "http://wsus:8530", StatusServer: "http://wsus:8530", Use: true}
	if got := policy.Local(); got != wantPolicy || policy.Writes() != 1 {
		t.Errorf("local policy %+v after %d writes, want %+v after 1", got, policy.Writes(), wantPolicy)
	}
}

func TestPolicyConflictTouchesNothing(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-5")
	var policy wsus.MemPolicy
	domain := wsus.Policy{Server: "http://other:8530", StatusServer: "http://other:8530", Use: true}
	policy.SetDomain(domain)
	c := client{locator: wsus.StaticLocator{{URL: "http://wsus:8530"}}, policy: &policy, source: wsustest.NewForbiddenSource(t)}
	_, err := c.scan(t.Context())
	if !errors.Is(err, wsus.ErrPolicyConflict) || wsus.CodeOf(err) != 0x87D00692 {
		t.Errorf("scan: %v, want a policy conflict", err)
	}
	if policy.Writes() != 0 || policy.Local() != (wsus.Policy{}) {
		t.Errorf("the local policy was written: %+v", policy.Local())
	}
	domain.HigherAuthority = true
	if got, err := policy.Effective(t.Context()); got != domain || err != nil {
		t.Errorf("Effective() = %+v, %v, want the domain's", got, err)
	}
	policy.ClearDomain()
	if got, err := policy.Effective(t.Context()); got != (wsus.Policy{}) || err != nil {
		t.Errorf("Effective() = %+v, %v, want none", got, err)
	}
}

func TestNothingConnectsWithoutALocation(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-4")
	t.Attr("rule", "WF-6")
	tests := []struct {
		name string
		list wsus.StaticLocator
		need wsus.Requirement
		want error
	}{
		{"no location", nil, wsus.Requirement{}, wsus.ErrNoLocation},
		{"http for an SSL client", wsus.StaticLocator{{URL: "http://wsus"}}, wsus.Requirement{SSLOnly: true}, wsus.ErrNotSSL},
		{"version too low", wsus.StaticLocator{{URL: "http://wsus", Version: 1}}, wsus.Requirement{Version: 2}, wsus.ErrNoVersion},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := client{locator: tt.list, policy: &wsus.MemPolicy{}, source: wsustest.NewForbiddenSource(t), need: tt.need}
			if _, err := c.scan(t.Context()); !errors.Is(err, tt.want) {
				t.Errorf("scan: %v, want %v", err, tt.want)
			}
		})
	}
}

func TestMemSourceSSLOnly(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-4")
	var s wsus.MemSource
	req := wsus.RetrieveRequest{Location: wsus.Location{URL: "http://wsus"}, SSLOnly: true}
	if got, err := s.Retrieve(t.Context(), req); !errors.Is(err, wsus.ErrNotSSL) || got != nil {
		t.Errorf("Retrieve over http = %v, %v, want ErrNotSSL", got, err)
	}
	req.Location.URL = "wsus"
	if got, err := s.Retrieve(t.Context(), req); !errors.Is(err, wsus.ErrBadLocation) || got != nil {
		t.Errorf("Retrieve of a bad URL = %v, %v, want ErrBadLocation", got, err)
	}
	if s.Calls() != 2 || s.Connections() != 0 {
		t.Errorf("%d calls, %d connections, want 2, 0", s.Calls(), s.Connections())
	}
	req.Location.URL = "https://wsus"
	if got, err := s.Retrieve(t.Context(), req); err != nil || got == nil {
		t.Errorf("Retrieve over https = %v, %v", got, err)
	}
	if s.Connections() != 1 || s.ConnectionsTo("https://WSUS:443/") != 1 || s.ConnectionsTo("wsus") != 0 {
		t.Errorf("%d connections, %d to https://wsus, want 1, 1", s.Connections(), s.ConnectionsTo("https://wsus"))
	}
}

func TestMemSourceDown(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-9")
	var s wsus.MemSource
	get := func(url string) wsus.Code {
		_, err := s.Retrieve(t.Context(), wsus.RetrieveRequest{Location: wsus.Location{URL: url}})
		return wsus.CodeOf(err)
	}
	check := func(url string, want wsus.Code) {
		t.Helper()
		if got := get(url); got != want {
			t.Errorf("Retrieve(%s): code %v, want %v", url, got, want)
		}
	}
	if err := s.SetDownAt("http://a", wsus.CodeServerBusy); err != nil {
		t.Fatal(err)
	}
	if err := s.SetDownAt("a", wsus.CodeServerBusy); !errors.Is(err, wsus.ErrBadLocation) {
		t.Errorf("SetDownAt of a bad URL: %v", err)
	}
	check("http://a:80", wsus.CodeServerBusy)
	check("http://b", 0)
	s.SetDown(wsus.CodeCannotConnect)
	check("http://a", wsus.CodeCannotConnect)
	check("http://b", wsus.CodeCannotConnect)
	s.SetDown(0)
	check("http://a", wsus.CodeServerBusy)
	if err := s.SetDownAt("http://a", 0); err != nil {
		t.Fatal(err)
	}
	check("http://a", 0)
	if s.Calls() != 6 || s.Connections() != 6 {
		t.Errorf("%d calls, %d connections, want 6, 6", s.Calls(), s.Connections())
	}
}

func TestMemoryContexts(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-10")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var p wsus.MemPolicy
	var s wsus.MemSource
	_, errLocate := wsus.StaticLocator{{URL: "http://a"}}.Locate(ctx, wsus.LocateRequest{})
	_, errGet := p.Effective(ctx)
	errSet := p.Set(ctx, wsus.Policy{Server: "x"})
	_, errRetrieve := s.Retrieve(ctx, wsus.RetrieveRequest{Location: wsus.Location{URL: "http://a"}})
	for i, err := range []error{errLocate, errGet, errSet, errRetrieve} {
		if !errors.Is(err, context.Canceled) || wsus.CodeOf(err) != wsus.CodeCancelled {
			t.Errorf("call %d with a cancelled context: %v (%v), want its error", i, err, wsus.CodeOf(err))
		}
	}
	if p.Writes() != 0 || p.Local() != (wsus.Policy{}) || s.Connections() != 0 {
		t.Error("a cancelled call had an effect")
	}
}

func TestStaticLocatorIsCopied(t *testing.T) {
	t.Parallel()
	l := wsus.StaticLocator{{URL: "http://a"}}
	got, err := l.Locate(t.Context(), wsus.LocateRequest{})
	if err != nil || len(got) != 1 {
		t.Fatalf("Locate = %v, %v", got, err)
	}
	got[0].URL = "changed"
	if l[0].URL != "http://a" {
		t.Error("Locate returns the locator's own slice")
	}
}

// TestMemoryConcurrency is for the race detector, and checks that a
// replacement is seen whole.
func TestMemoryConcurrency(t *testing.T) {
	t.Parallel()
	var s wsus.MemSource
	var p wsus.MemPolicy
	catalogs := []*wsus.Catalog{wsustest.BigCatalog(1, 1), wsustest.BigCatalog(2, 1)}
	s.Serve(catalogs[0])
	ctx := t.Context()
	req := wsus.RetrieveRequest{Location: wsus.Location{URL: "http://a"}}
	var wait sync.WaitGroup
	for n := range 4 {
		wait.Go(func() {
			for i := range 200 {
				c, err := s.Retrieve(ctx, req)
				if err == nil && c != catalogs[0] && c != catalogs[1] {
					t.Errorf("Retrieve = %p, which was never served", c)
				}
				s.Serve(catalogs[i%2])
				s.SetDown(wsus.Code(i%2) * wsus.CodeServerBusy)
				_ = s.SetDownAt("http://a", wsus.Code(i%3)*wsus.CodeTimeout)
				_, _, _ = s.Calls(), s.Connections(), s.ConnectionsTo("http://a")
				_ = p.Set(ctx, wsus.Policy{Server: fmt.Sprint(n)})
				p.SetDomain(wsus.Policy{Server: "d"})
				if got, _ := p.Effective(ctx); got.Server == "" {
					t.Error("Effective() is empty")
				}
				p.ClearDomain()
				_, _ = p.Local(), p.Writes()
			}
		})
	}
	wait.Wait()
	if s.Calls() != 800 || p.Writes() != 800 {
		t.Errorf("%d calls, %d writes, want 800 each", s.Calls(), p.Writes())
	}
}

func TestRetrieveRequestCheck(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-4")
	tests := []struct {
		url  string
		ssl  bool
		want error
	}{
		{"http://a", false, nil},
		{"http://a", true, wsus.ErrNotSSL},
		{"HTTPS://a", true, nil},
		{"https://a", false, nil},
		{"a", false, wsus.ErrBadLocation},
		{"httpss://a", true, wsus.ErrBadLocation},
	}
	for _, tt := range tests {
		req := wsus.RetrieveRequest{Location: wsus.Location{URL: tt.url}, SSLOnly: tt.ssl}
		if err := req.Check(); !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
			t.Errorf("Check() of %q, SSL only %t = %v, want %v", tt.url, tt.ssl, err, tt.want)
		}
	}
}

func ExampleMemSource() {
	var source wsus.MemSource
	var failed []string
	locations := []wsus.Location{{URL: "http://sup1:8530"}, {URL: "http://sup2:8530"}}
	_ = source.SetDownAt("http://sup1:8530", wsus.CodeForHTTPStatus(503))

	for range locations { // without the waits of a RetryPolicy
		loc, err := wsus.Choose(locations, wsus.Requirement{Failed: failed})
		if err != nil {
			fmt.Println(err)
			return
		}
		_, err = source.Retrieve(context.Background(), wsus.RetrieveRequest{Location: loc})
		fmt.Println(loc.URL, wsus.CodeOf(err))
		if err != nil {
			failed = append(failed, loc.URL)
		}
	}
	// Output:
	// http://sup1:8530 0x80244022
	// http://sup2:8530 0x00000000
}
