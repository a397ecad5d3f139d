package wusp_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/internal/testdata"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/wusp"
	"github.com/updatescan/updatescan/wsus/wusp/wusptest"
)

func windows(t *testing.T, major, minor, build, product int) applicability.Facts {
	t.Helper()
	doc, err := applicability.ParseDocument(fmt.Appendf(nil,
		`{"format":"updatescan-machine-1","windows":{"major":%d,"minor":%d,"build":%d,"suite_mask":256,"product_type":%d}}`,
		major, minor, build, product))
	if err != nil {
		t.Fatal(err)
	}
	return doc.Facts()
}

// TestReplay: the captured scan of a native agent, request by request. The
// client, given the captured answers, sends what the agent sent as far as it
// matters, and reaches the same end. It leaves out step 9: the agent asks
// until an answer is empty, which costs a call and never ends at some servers.
func TestReplay(t *testing.T) {
	t.Parallel()
	product := mustID(t, "dd78b8a1-0b20-45c1-add6-4da72e9364cf")
	server, err := wusptest.OpenReplay(os.DirFS(testdata.Dir(t, "wsus-captures", "category-scan")), 9)
	if err != nil {
		t.Fatal(err)
	}
	who := server.Captured(wusp.OpGetAuthorizationCookie).(*wusp.GetAuthorizationCookieRequest)
	info := server.Captured(wusp.OpRegisterComputer).(*wusp.RegisterComputerRequest)
	mock := clock.NewMock()
	mock.Set(time.Date(2026, 10, 4, 15, 3, 36, 0, time.UTC))
	facts := windows(t, 10, 0, 26200, 1)
	c := clientOf(t, wusp.ClientConfig{
		ClientID: who.ClientID, DNSName: who.DNSName, ProtocolVersion: "2.90",
		HTTP: &http.Client{Transport: server}, Clock: mock, Facts: facts, Computer: info.ComputerInfo,
		Categories: []wusp.CategoryRelationship{{CategoryID: product}}, Languages: []string{"en-US", "en"},
	})
	catalog, err := c.Retrieve(context.Background(), wsus.RetrieveRequest{Location: wsus.Location{URL: "http://192.0.2.1:8530"}})
	if err != nil {
		t.Fatalf("Retrieve = %v", err)
	}
	if err := server.Check(); err != nil {
		t.Error(err)
	}
	cookie := server.Captured(wusp.OpGetCookie).(*wusp.GetCookieRequest)
	if got := server.Requests()[2].(*wusp.GetCookieRequest).CurrentTime; got != cookie.CurrentTime {
		t.Errorf("CurrentTime = %q, want %q", got, cookie.CurrentTime)
	}
	titles := make(map[string]string)
	for _, u := range catalog.All() {
		titles[u.CategoryType] = u.Title
	}
	if diff := cmp.Diff(map[string]string{"Company": "Microsoft", "ProductFamily": "Windows", "Product": "OOBE ZDP"}, titles); diff != "" {
		t.Errorf("categories (-want +got):\n%s", diff)
	}
	for _, tt := range []struct {
		name  string
		facts applicability.Facts
		want  compliance.State
	}{
		{"Windows 11", facts, compliance.Installed},
		{"Windows 8.1", windows(t, 6, 3, 9600, 1), compliance.Installed},
		{"Windows 8", windows(t, 6, 2, 9200, 1), compliance.NotRequired},
		{"Windows Server", windows(t, 10, 0, 26100, 3), compliance.NotRequired},
		{"unknown", applicability.Facts{}, compliance.Unknown},
	} {
		eval, err := applicability.New(applicability.Config{Facts: tt.facts})
		if err != nil {
			t.Fatal(err)
		}
		why, err := eval.Explain(context.Background(), catalog, product)
		if err != nil || why.State != tt.want {
			t.Errorf("product on %s: %v, %v, want %v", tt.name, why.State, err, tt.want)
		}
		if !strings.Contains(why.String(), "WindowsVersion") {
			t.Errorf("product on %s was not decided by WindowsVersion:\n%s", tt.name, why)
		}
	}
}
