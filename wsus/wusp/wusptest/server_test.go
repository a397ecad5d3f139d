package wusptest_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp"
	"github.com/updatescan/updatescan/wsus/wusp/wusptest"
)

const wsusHome = "http://wsus.example.test:8530"

// post sends an envelope, and returns the status and the body.
func post(t *testing.T, rt http.RoundTripper, op wusp.Operation, body []byte) (int, []byte, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, wsusHome+op.Path(), bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("SOAPAction", op.Action()) // without quotes is good enough
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // it never fails
	data, err := io.ReadAll(resp.Body)
	return resp.StatusCode, data, err
}

// ask sends a request that must be answered.
func ask[T wusp.Message](t *testing.T, s *wusptest.Server, m wusp.Message) T {
	t.Helper()
	var none T
	_, data, err := post(t, &wusptest.Transport{Handler: s}, m.Operation(), wusp.AppendEnvelope(nil, m))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := wusp.DecodeResponse(data, m.Operation(), 0)
	if err != nil {
		t.Fatalf("%s: %v", m.Operation(), err)
	}
	if a, ok := answer.(T); ok {
		return a
	}
	t.Fatalf("%s: %T", m.Operation(), answer)
	return none
}

// faultOf sends a request that must be answered with a fault.
func faultOf(t *testing.T, s *wusptest.Server, m wusp.Message) wusp.ErrorCode {
	t.Helper()
	status, data, err := post(t, &wusptest.Transport{Handler: s}, m.Operation(), wusp.AppendEnvelope(nil, m))
	if err != nil {
		t.Fatal(err)
	}
	f, ok, err := wusp.DecodeFault(data, 0)
	if !ok || err != nil || status != http.StatusInternalServerError {
		t.Fatalf("%s: status %d, %s", m.Operation(), status, data)
	}
	return f.ErrorCode
}

func numbers(list []wusp.UpdateInfo) []int32 {
	var ids []int32
	for _, u := range list {
		ids = append(ids, u.ID)
	}
	return ids
}

// TestServer: prerequisites, pages, what is taken back and what has changed
// since a cookie was given.
func TestServer(t *testing.T) {
	t.Parallel()
	s := wusptest.NewServer(5)
	s.Page = 2
	cookie := ask[*wusp.GetCookieResponse](t, s, &wusp.GetCookieRequest{}).Cookie
	sync := func(c wusp.Cookie, installed, other []int32) *wusp.SyncUpdatesResponse {
		return ask[*wusp.SyncUpdatesResponse](t, s, &wusp.SyncUpdatesRequest{Cookie: &c, InstalledNonLeafUpdateIDs: installed, OtherCachedUpdateIDs: other})
	}
	if got := sync(cookie, nil, nil); !slices.Equal(numbers(got.NewUpdates), []int32{1}) || got.Truncated {
		t.Errorf("of nothing: %v, truncated %t", numbers(got.NewUpdates), got.Truncated)
	}
	if got := sync(cookie, []int32{1, 2}, []int32{3, 100, 777}); len(got.NewUpdates) != 0 || !slices.Equal(got.OutOfScopeRevisionIDs, []int32{100, 777}) {
		t.Errorf("new %v, out of scope %v", numbers(got.NewUpdates), got.OutOfScopeRevisionIDs)
	}
	got := sync(cookie, []int32{1, 2, 3}, []int32{100})
	if !slices.Equal(numbers(got.NewUpdates), []int32{101, 102}) || !got.Truncated || len(got.ChangedUpdates) != 0 {
		t.Errorf("new %v, truncated %t, changed %v", numbers(got.NewUpdates), got.Truncated, numbers(got.ChangedUpdates))
	}
	s.Updates[3].Action = wsus.ActionInstall
	for range 2 { // an answer that was lost loses nothing
		if got = sync(cookie, []int32{1, 2, 3}, []int32{100}); !slices.Equal(numbers(got.ChangedUpdates), []int32{100}) {
			t.Errorf("changed %v", numbers(got.ChangedUpdates))
		}
	}
	if got = sync(*got.NewCookie, []int32{1, 2, 3}, []int32{100}); len(got.ChangedUpdates) != 0 {
		t.Errorf("changed %v, which was told", numbers(got.ChangedUpdates))
	}
	renewed := ask[*wusp.GetCookieResponse](t, s, &wusp.GetCookieRequest{OldCookie: got.NewCookie}).Cookie
	if got = sync(renewed, []int32{1, 2, 3}, []int32{100}); len(got.ChangedUpdates) != 0 {
		t.Errorf("changed %v with a renewed cookie", numbers(got.ChangedUpdates))
	}
}

// TestServerRefuses: what a real server refuses.
func TestServerRefuses(t *testing.T) {
	t.Parallel()
	s := wusptest.NewServer(1)
	cookie := &ask[*wusp.GetCookieResponse](t, s, &wusp.GetCookieRequest{}).Cookie
	s.Config.IsRegistrationRequired = false
	for _, tt := range []struct {
		m    wusp.Message
		want wusp.ErrorCode
	}{
		{&wusp.SyncUpdatesRequest{}, wusp.InvalidCookie},
		{&wusp.GetExtendedUpdateInfoRequest{Cookie: &wusp.Cookie{EncryptedData: []byte("forged")}}, wusp.InvalidCookie},
		{&wusp.SyncUpdatesRequest{Cookie: cookie, SystemSpec: make([]wusp.Device, 1)}, wusp.InvalidParameters},
		{&wusp.SyncUpdatesRequest{Cookie: cookie, InstalledNonLeafUpdateIDs: make([]int32, 401)}, wusp.InvalidParameters},
		{&wusp.GetExtendedUpdateInfoRequest{Cookie: cookie, RevisionIDs: make([]int32, 51)}, wusp.InvalidParameters},
		{&wusp.RegisterComputerRequest{Cookie: cookie}, wusp.RegistrationNotRequired},
		{&wusp.GetExtendedUpdateInfo2Request{Cookie: cookie}, ""},
	} {
		if got := faultOf(t, s, tt.m); got != tt.want {
			t.Errorf("%+v: fault %q, want %q", tt.m, got, tt.want)
		}
	}
	for name, body := range map[string][]byte{"a page": []byte("<html/>"), "another operation": wusp.AppendEnvelope(nil, &wusp.GetConfigRequest{})} {
		before := len(s.Calls())
		if status, _, err := post(t, &wusptest.Transport{Handler: s}, wusp.OpGetAuthorizationCookie, body); err != nil || status/100 != 4 || len(s.Calls()) != before {
			t.Errorf("%s: status %d, %v", name, status, err)
		}
	}
}

// TestFaultsAndTricks: faults are taken one by one before those for ever, and
// tricks are played where and as often as they say.
func TestFaultsAndTricks(t *testing.T) {
	t.Parallel()
	config := &wusp.GetConfigRequest{ProtocolVersion: "1.8"}
	s := wusptest.NewServer(1)
	s.Faults[wusp.OpGetConfig] = []wusp.ErrorCode{wusp.ServerBusy, wusp.ConfigChanged}
	s.Always[wusp.OpGetConfig] = wusp.InternalServerError
	for _, want := range []wusp.ErrorCode{wusp.ServerBusy, wusp.ConfigChanged, wusp.InternalServerError, wusp.InternalServerError} {
		if got := faultOf(t, s, config); got != want {
			t.Errorf("fault %s, want %s", got, want)
		}
	}
	s = wusptest.NewServer(1)
	s.After = wusptest.Tricks(nil, wusptest.At(wusptest.Skip(1, wusptest.Times(1, wusptest.WebPage(401))), wusp.OpGetConfig))
	var statuses []int
	for range 4 {
		status, _, err := post(t, &wusptest.Transport{Handler: s}, wusp.OpGetConfig, wusp.AppendEnvelope(nil, config))
		if err != nil {
			t.Fatal(err)
		}
		statuses = append(statuses, status)
		ask[*wusp.GetAuthorizationCookieResponse](t, s, &wusp.GetAuthorizationCookieRequest{})
	}
	if !slices.Equal(statuses, []int{200, 401, 200, 200}) {
		t.Errorf("statuses %v", statuses)
	}
	if n := s.Count(wusp.OpGetConfig); n != 4 || len(s.Log()) != 8 || s.Log()[2].Raw == nil {
		t.Errorf("%d calls of GetConfig, of %d", n, len(s.Log()))
	}
	if s.Forget(); len(s.Calls()) != 0 {
		t.Error("calls are not forgotten")
	}
}

// TestLengths: what is promised and what comes, with and without sockets the
// same.
func TestLengths(t *testing.T) {
	t.Parallel()
	envelope := wusp.AppendEnvelope(nil, &wusp.GetConfigRequest{ProtocolVersion: "1.8"})
	whole := len(wusp.AppendEnvelope(nil, wusptest.DefaultConfig()))
	for _, tt := range []struct {
		name  string
		trick func() wusptest.Trick
		want  int
		err   error
	}{
		{"too long", func() wusptest.Trick { return wusptest.WrongLength(10) }, whole, io.ErrUnexpectedEOF},
		{"too short", func() wusptest.Trick { return wusptest.WrongLength(-10) }, whole - 10, nil},
		{"cut", func() wusptest.Trick { return wusptest.CutAfter(100) }, 100, io.ErrUnexpectedEOF},
		{"cut at the end", func() wusptest.Trick { return wusptest.CutAfter(whole) }, whole, nil},
	} {
		s := wusptest.NewServer(0)
		for name, rt := range map[string]http.RoundTripper{"transport": &wusptest.Transport{Handler: s}, "socket": socket(t, s)} {
			s.Do(func() { s.After = tt.trick() })
			_, data, err := post(t, rt, wusp.OpGetConfig, envelope)
			if len(data) != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("%s over %s: %d bytes, %v, want %d, %v", tt.name, name, len(data), err, tt.want, tt.err)
			}
		}
	}
}

// dialed is a transport that reaches one host whatever is asked.
type dialed struct {
	http.RoundTripper
	host string
}

func (d dialed) RoundTrip(req *http.Request) (*http.Response, error) {
	req.URL.Host = d.host
	return d.RoundTripper.RoundTrip(req)
}

// socket leads to a handler over a socket.
func socket(t *testing.T, h http.Handler) http.RoundTripper {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return dialed{srv.Client().Transport, srv.Listener.Addr().String()}
}

// TestTransport: it counts, ends and gives up.
func TestTransport(t *testing.T) {
	t.Parallel()
	rt := &wusptest.Transport{Handler: http.NotFoundHandler(), Limit: 2}
	for i := range 3 {
		_, _, err := post(t, rt, wusp.OpGetConfig, nil)
		if (i < 2) != (err == nil) || i == 2 && !errors.Is(err, wusptest.ErrLimit) {
			t.Errorf("request %d: %v", i+1, err)
		}
	}
	if diff := cmp.Diff(slices.Repeat([]string{wsusHome + wusp.OpGetConfig.Path()}, 3), rt.URLs()); diff != "" {
		t.Errorf("URLs (-want +got):\n%s", diff)
	}
	if _, _, err := post(t, &wusptest.Transport{}, wusp.OpGetConfig, nil); !errors.Is(err, io.EOF) {
		t.Errorf("without a handler: %v", err)
	}
	for written, want := range map[string]error{"": io.ErrUnexpectedEOF, "half": io.ErrUnexpectedEOF} {
		h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, written)
			panic(http.ErrAbortHandler)
		})
		if _, data, err := post(t, &wusptest.Transport{Handler: h}, wusp.OpGetConfig, nil); !errors.Is(err, want) || string(data) != written {
			t.Errorf("aborted after %q: %q, %v", written, data, err)
		}
	}
}

// TestServerAtOnce: calls and changes at the same time.
func TestServerAtOnce(t *testing.T) {
	t.Parallel()
	s := wusptest.NewServer(3)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			c := ask[*wusp.GetCookieResponse](t, s, &wusp.GetCookieRequest{}).Cookie
			s.Do(func() { s.Updates = append(s.Updates, wusptest.Software(int32(500+i))) })
			ask[*wusp.SyncUpdatesResponse](t, s, &wusp.SyncUpdatesRequest{Cookie: &c, InstalledNonLeafUpdateIDs: []int32{1, 2, 3}})
			_ = s.Requests()
		})
	}
	wg.Wait()
	if n := s.Count(wusp.OpSyncUpdates); n != 4 || len(s.Updates) != 10 {
		t.Errorf("%d syncs, %d updates", n, len(s.Updates))
	}
}

// TestTricks: what each does to an answer.
func TestTricks(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		trick wusptest.Trick
		want  string
	}{
		"none":        {nil, "[1] [] false"},
		"repeats":     {wusptest.Repeats(), "[1 2] [] false"},
		"truncates":   {wusptest.Truncates(), "[2] [] true"},
		"duplicates":  {wusptest.Duplicates(), "[2 2] [] false"},
		"takes back":  {wusptest.TakesBack(7, 8), "[2] [7 8] false"},
		"at another":  {wusptest.At(wusptest.TakesBack(7), wusp.OpGetConfig), "[2] [] false"},
		"one at once": {wusptest.Times(1, wusptest.TakesBack(7)), "[2] [] false"},
	} {
		s := wusptest.NewServer(0)
		c := ask[*wusp.GetCookieResponse](t, s, &wusp.GetCookieRequest{}).Cookie
		s.After = tt.trick
		first := ask[*wusp.SyncUpdatesResponse](t, s, &wusp.SyncUpdatesRequest{Cookie: &c})
		m := ask[*wusp.SyncUpdatesResponse](t, s, &wusp.SyncUpdatesRequest{Cookie: &c, InstalledNonLeafUpdateIDs: []int32{1}})
		if name == "none" {
			m = first
		}
		if got := fmt.Sprint(numbers(m.NewUpdates), m.OutOfScopeRevisionIDs, m.Truncated); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}
