package wusptest_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp"
	"github.com/updatescan/updatescan/wsus/wusp/wusptest"
)

const root = "http://wsus.example.test:8530"

// TestPlayerRefuses sends what is no call of a scan.
func TestPlayerRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		url  string
		body []byte
		want string
	}{
		"no request":     {root + wusp.ClientPath, []byte("<html/>"), "player"},
		"the wrong path": {root + "/x", wusp.AppendEnvelope(nil, &wusp.GetConfigRequest{ProtocolVersion: "1.8"}), "asked at"},
		"another host":   {"http://other.test" + wusp.ClientPath, wusp.AppendEnvelope(nil, &wusp.GetConfigRequest{ProtocolVersion: "1.8"}), "asked at"},
		"no scan":        {root + wusp.ClientPath, wusp.AppendEnvelope(nil, &wusp.GetFileLocationsRequest{}), "no call of a scan"},
		"two cookies": {
			root + wusp.ClientPath, wusp.AppendEnvelope(nil, &wusp.GetCookieRequest{AuthCookies: make([]wusp.AuthorizationCookie, 2)}),
			"2 authorization cookies",
		},
		"devices": {
			root + wusp.ClientPath, wusp.AppendEnvelope(nil, &wusp.SyncUpdatesRequest{SystemSpec: make([]wusp.Device, 1)}), "names devices",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := wusptest.NewPlayer(wusptest.Script{})
			resp, err := (&http.Client{Transport: p}).Post(c.url, wusp.ContentType, bytes.NewReader(c.body))
			if err == nil {
				_ = resp.Body.Close()
				t.Fatal("it is answered")
			}
			calls, odd := p.Take()
			if len(calls) > 0 || odd == nil || !strings.Contains(odd.Error(), c.want) {
				t.Errorf("Take = %v, %v; want an error with %q", calls, odd, c.want)
			}
			if _, odd := p.Take(); odd != nil {
				t.Errorf("Take again = %v", odd)
			}
		})
	}
}

// TestPlayRefuses plays what cannot be played.
func TestPlayRefuses(t *testing.T) {
	t.Parallel()
	one := []wusptest.ScriptRetrieval{{}}
	if _, err := wusptest.Play(context.Background(), wusptest.Script{Config: wusptest.ScriptConfig{Version: "x"}, Retrievals: one}); err == nil {
		t.Error("Play of a version that is none gives no error")
	}
	unkind := wusptest.Script{Retrievals: one, Server: wusptest.ScriptServer{Answers: map[string][]*wusptest.ScriptAnswer{
		wusptest.CallSyncUpdates: {{Sync: &wusptest.ScriptSync{New: []wusptest.ScriptUpdate{{ID: 1}}}}},
	}}}
	if _, err := wusptest.Play(context.Background(), unkind); err == nil {
		t.Error("Play of an update of no kind gives no error")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := wusptest.Play(ctx, wusptest.Script{Retrievals: one}); !errors.Is(err, context.Canceled) {
		t.Errorf("Play(cancelled) = %v, want %v", err, context.Canceled)
	}
}

// TestPlayEnds has a retrieval end in each way.
func TestPlayEnds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer *wusptest.ScriptAnswer
		ssl    bool
		result string
		code   wsus.Code
	}{
		"well":       {result: wusptest.ResultCompleted},
		"not by SSL": {ssl: true, result: wusptest.ResultNotSSL},
		"a fault":    {answer: &wusptest.ScriptAnswer{Fault: new("ServerBusy")}, result: wusptest.ResultFailed, code: 0x8024F004},
		"a page":     {answer: &wusptest.ScriptAnswer{HTML: true}, result: wusptest.ResultFailed, code: 0x8024400A},
		"a status":   {answer: &wusptest.ScriptAnswer{Status: 503}, result: wusptest.ResultFailed, code: 0x80244022},
		"a cut":      {answer: &wusptest.ScriptAnswer{Cut: true}, result: wusptest.ResultFailed, code: 0x80072EFE},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := wusptest.Script{Retrievals: []wusptest.ScriptRetrieval{{SSLOnly: c.ssl}}}
			s.Server.Answers = map[string][]*wusptest.ScriptAnswer{wusptest.CallSyncUpdates: {c.answer}}
			got, err := wusptest.Play(context.Background(), s)
			if err != nil || got.Retrievals[0].Result != c.result || got.Retrievals[0].Code != c.code {
				t.Errorf("Play = %+v, %v; want %s, %v", got, err, c.result, c.code)
			}
		})
	}
}
