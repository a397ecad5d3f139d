package wusp_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
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
)

// capture reads a body of the captured category scan, nil when there is none.
func capture(t *testing.T, step int, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(testdata.Dir(t, "wsus-captures", "category-scan"), fmt.Sprintf("%06d", step), name))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return data
}

// replay answers with the captured answers, one after the other, and keeps
// what it was asked.
type replay struct {
	t     *testing.T
	steps []int
	next  int
	got   [][]byte
}

func (r *replay) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	if r.next == len(r.steps) {
		return nil, fmt.Errorf("one request too many: %s", body)
	}
	r.got = append(r.got, body)
	answer := capture(r.t, r.steps[r.next], "response.body")
	r.next++
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {wusp.ContentType}},
		Body: io.NopCloser(bytes.NewReader(answer)), ContentLength: int64(len(answer)), Request: req,
	}, nil
}

// matters removes from a request of the native agent what it sends beside
// the protocol: elements that no WSDL lists, a first old cookie without data,
// an empty ComputerSpec.
func matters(m wusp.Message) wusp.Message {
	switch m := m.(type) {
	case *wusp.GetCookieRequest:
		if m.OldCookie != nil && len(m.OldCookie.EncryptedData) == 0 {
			m.OldCookie = nil
		}
	case *wusp.SyncUpdatesRequest:
		m.AlsoPerformRegularSync, m.ProductsParameters = nil, nil
		if m.ComputerSpec != nil && len(m.ComputerSpec.HardwareIDs) == 0 {
			m.ComputerSpec = nil
		}
	case *wusp.GetExtendedUpdateInfoRequest:
		m.DeviceAttributes, m.CallerAttributes, m.GeoID = "", "", ""
	}
	return m
}

func decodeRequest(t *testing.T, data []byte) wusp.Message {
	t.Helper()
	m, err := wusp.DecodeRequest(data, 0)
	if err != nil {
		t.Fatalf("DecodeRequest = %v", err)
	}
	return m
}

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
	who := decodeRequest(t, capture(t, 2, "request.body")).(*wusp.GetAuthorizationCookieRequest)
	info := decodeRequest(t, capture(t, 4, "request.body")).(*wusp.RegisterComputerRequest)
	mock := clock.NewMock()
	mock.Set(time.Date(2026, 10, 4, 15, 3, 36, 0, time.UTC))
	server := &replay{t: t, steps: []int{1, 2, 3, 4, 5, 6, 7, 8, 10}}
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
	for i, step := range server.steps {
		if i >= len(server.got) {
			t.Fatalf("step %d was never reached", step)
		}
		want, got := matters(decodeRequest(t, capture(t, step, "request.body"))), decodeRequest(t, server.got[i])
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("step %d: request (-native +ours):\n%s", step, diff)
		}
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
