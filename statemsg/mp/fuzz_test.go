package mp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/mp"
)

// FuzzHandler: whatever comes, there is an answer of the table, and a report is
// stored exactly when the answer is 200, as it is read, under the caller's id.
func FuzzHandler(f *testing.F) {
	good := wire(f, report(clientA, 1, 2))
	f.Add("POST", mp.ReportPath, "Bearer "+tokenA, "application/xml", "", good)
	f.Add("POST", mp.ReportPath, "Bearer "+tokenB, "text/xml; charset=utf-16", "gzip", zipped(f, good))
	f.Add("POST", mp.ReportPath, "bearer "+tokenA, "application/xml", "GZIP", zipped(f, []byte("<Report>")))
	f.Add("PUT", mp.ReadyPath, "", "x/y; charset", "br", []byte{0x1f, 0x8b})
	f.Add("HEAD", mp.HealthPath, "Basic", "application/xml;charset=utf-7", "identity", []byte("\xff\xfe<\x00"))
	f.Fuzz(func(t *testing.T, method, path, auth, kind, encoding string, body []byte) {
		s := new(fake)
		rejected := 0
		h := handler(t, mp.HandlerConfig{
			Receiver: s, MaxWireBytes: 1 << 16, MaxReportBytes: 1 << 16,
			Reject: func(context.Context, string, []byte, error) error { rejected++; return nil },
		})
		req := httptest.NewRequest(http.MethodPost, mp.ReportPath, bytes.NewReader(body))
		req.Method, req.URL.Path = method, path
		req.Header.Set("Authorization", auth)
		req.Header.Set("Content-Type", kind)
		req.Header.Set("Content-Encoding", encoding)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		if !slices.Contains([]int{200, 400, 401, 403, 404, 405, 413, 415}, w.Code) {
			t.Errorf("answer = %d %s", w.Code, w.Body)
		}
		if !json.Valid(w.Body.Bytes()) {
			t.Errorf("the answer %q is not JSON", w.Body)
		}
		if rejected > 0 && w.Code != 400 {
			t.Errorf("the hook was given a report that was answered with %d", w.Code)
		}
		got := s.Received()
		if stored := w.Code == 200 && path == mp.ReportPath; stored != (len(got) == 1) {
			t.Fatalf("answer = %d, and %d reports are stored", w.Code, len(got))
		}
		if len(got) == 0 || encoding == "gzip" {
			return
		}
		want, err := statemsg.DecodeReport(body)
		if err != nil && len(body) > 0 && body[0] != 0x1f {
			t.Fatalf("stored is what cannot be read: %v", err)
		}
		if want != nil {
			want.Client.ID = got[0].Client.ID
			if diff := cmp.Diff(*want, got[0]); diff != "" || got[0].Client.ID != clientA && got[0].Client.ID != clientB {
				t.Errorf("stored (-sent +stored)\n%s", diff)
			}
		}
	})
}

// FuzzAnswer: a client takes nothing for an acknowledgement but one, whatever it
// is answered.
func FuzzAnswer(f *testing.F) {
	f.Add(200, "application/json", "", []byte(`{"resync":1}`))
	f.Add(503, "application/json", "120", []byte(`{"error":"busy","detail":"x"}`))
	f.Add(429, "text/html", "Tue, 03 Jun 2008 09:25:00 GMT", []byte("<html>"))
	f.Fuzz(func(t *testing.T, status int, kind, after string, body []byte) {
		c, err := mp.NewClient(mp.ClientConfig{
			URL: "https://mp.example.org", Rand: fixed(1 << 63),
			HTTP: &http.Client{Transport: answers{status, kind, after, body}},
		})
		if err != nil {
			t.Fatal(err)
		}
		err = c.Send(t.Context(), report(clientA, 1, 1))
		var a struct {
			Resync *uint64 `json:"resync"`
		}
		is := status == 200 && json.Unmarshal(body, &a) == nil && a.Resync != nil
		if err == nil && (!is || *a.Resync != c.Resync()) {
			t.Errorf("the answer %d %q acknowledges %d", status, body, c.Resync())
		}
		if wish := statemsg.RetryAfter(err); err != nil && (wish < statemsg.DefaultBackoff || wish > statemsg.MaxRetryAfter) {
			t.Errorf("Send = %v, wish %v", err, wish)
		}
		if err != nil && len(err.Error()) > 8*2048 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	})
}

// answers is an HTTP transport that always gets the same answer.
type answers struct {
	status      int
	kind, after string
	body        []byte
}

func (a answers) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: a.status, Body: io.NopCloser(bytes.NewReader(a.body)),
		Header: http.Header{"Content-Type": {a.kind}, "Retry-After": {a.after}},
	}, nil
}
