package wusp_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp"
	"github.com/updatescan/updatescan/wsus/wusp/wusptest"
)

// TestServiceURL: an authorization service on another host is refused before
// it is asked.
func TestServiceURL(t *testing.T) {
	t.Parallel()
	for service, ok := range map[string]bool{
		"SimpleAuthWebService/SimpleAuth.asmx": true, "/SimpleAuthWebService/SimpleAuth.asmx": true, "": true, " ": true,
		"http://elsewhere.example.test/SimpleAuthWebService/SimpleAuth.asmx": false,
		"//elsewhere.example.test/SimpleAuth.asmx":                           false,
		"https://127.0.0.1/SimpleAuthWebService/SimpleAuth.asmx":             false,
		"file:///etc/passwd": false, "ftp://127.0.0.1/x": false, "http://user@127.0.0.1/": false, "%zz": false, "mailto:x": false,
	} {
		srv := wusptest.NewServer(1)
		srv.Config.AuthInfo[0].ServiceURL = service
		_, err := clientOf(t, configOf(t)).Retrieve(context.Background(), start(t, srv))
		if (err == nil) != ok {
			t.Errorf("ServiceUrl %q: %v", service, err)
		}
		if _, is := errors.AsType[*wusp.ServiceURLError](err); !ok && (!is || wsus.CodeOf(err) != 0x80244027 || srv.Count(wusp.OpGetAuthorizationCookie) != 0) {
			t.Errorf("ServiceUrl %q: %v", service, err)
		}
	}
	srv := wusptest.NewServer(1)
	srv.Config.AuthInfo[0].PlugInID = "Another"
	if _, err := clientOf(t, configOf(t)).Retrieve(context.Background(), start(t, srv)); wsus.CodeOf(err) != 0x80244027 {
		t.Errorf("another plug-in: %v", err)
	}
}

// TestSSLOnly: not a byte is sent to an http location (WF-4), and an https
// one is not left by a redirection.
func TestSSLOnly(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-4")
	srv := wusptest.NewServer(1)
	req := start(t, srv)
	req.SSLOnly = true
	c := clientOf(t, configOf(t))
	if _, err := c.Retrieve(context.Background(), req); !errors.Is(err, wsus.ErrNotSSL) || len(srv.Calls()) != 0 {
		t.Errorf("Retrieve over http = %v after %d calls", err, len(srv.Calls()))
	}
	if err := c.Report(context.Background(), req, wusp.Report{}); !errors.Is(err, wsus.ErrNotSSL) || len(srv.Calls()) != 0 {
		t.Errorf("Report over http = %v after %d calls", err, len(srv.Calls()))
	}
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a byte was sent to http") }))
	t.Cleanup(plain.Close)
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, plain.URL+r.URL.Path, http.StatusTemporaryRedirect)
	}))
	t.Cleanup(secure.Close)
	cfg := configOf(t)
	cfg.HTTP = secure.Client()
	req.Location.URL = secure.URL
	if _, err := clientOf(t, cfg).Retrieve(context.Background(), req); err == nil {
		t.Error("a redirection was followed")
	}
	if _, err := clientOf(t, configOf(t)).Retrieve(context.Background(), req); wsus.CodeOf(err) != wsus.CodeSecureFailure {
		t.Errorf("unknown certificate: %v", err)
	}
}

// TestCutAtEveryTenthByte: a connection that is cut anywhere in a sync; the
// next retrieval goes on, and the result is the same.
func TestCutAtEveryTenthByte(t *testing.T) {
	t.Parallel()
	srv := wusptest.NewServer(6)
	srv.Page = 2
	req := wsus.RetrieveRequest{Location: wsus.Location{URL: "http://wsus.example.test:8530"}}
	var total int64
	cfg := configOf(t)
	cfg.HTTP = &http.Client{Transport: &wusptest.Transport{Handler: srv}}
	cfg.Progress = func(p wusp.Progress) { total = p.Received }
	want := retrieve(t, clientOf(t, cfg), req)
	store := &wusptest.States{}
	cfg.Progress = nil
	step := int64(10)
	if testing.Short() {
		step = 310
	}
	for at := int64(0); at < total; at += step {
		store.Data = nil
		cfg.Store = nil
		if at%20 == 0 {
			cfg.Store = store // and the process ends too
		}
		c := clientOf(t, cfg)
		srv.After = wusptest.CutAfter(int(at))
		got, err := c.Retrieve(context.Background(), req)
		if got != nil || wsus.CodeOf(err) != wsus.CodeConnectionAborted {
			t.Fatalf("cut at %d: %v, %v", at, got, err)
		}
		if cfg.Store != nil {
			c = clientOf(t, cfg)
		}
		srv.After = nil
		if got := retrieve(t, c, req); !got.Equal(want) {
			t.Fatalf("cut at %d: another catalogue of %d updates", at, got.Len())
		}
	}
}

// TestCancelled: a retrieval that is cut short returns the context's error.
func TestCancelled(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-10")
	release := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(srv.Close)
	t.Cleanup(func() { close(release) })
	req := wsus.RetrieveRequest{Location: wsus.Location{URL: srv.URL}}
	c := clientOf(t, configOf(t))
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := c.Retrieve(ctx, req); !errors.Is(err, context.Canceled) || wsus.CodeOf(err) != wsus.CodeCancelled {
		t.Errorf("cancelled: %v", err)
	}
	ctx, cancel = context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := c.Retrieve(ctx, req); !errors.Is(err, context.DeadlineExceeded) || wsus.CodeOf(err) != wsus.CodeTimeout {
		t.Errorf("timed out: %v", err)
	}
}

// TestTwoSyncsAtOnce: retrievals of one client wait for each other, and all
// get the same; one that is cancelled while it waits does not wait on.
func TestTwoSyncsAtOnce(t *testing.T) {
	t.Parallel()
	srv := wusptest.NewServer(100)
	srv.Page = 5
	req := start(t, srv)
	c := clientOf(t, configOf(t))
	var wg sync.WaitGroup
	got := make([]*wsus.Catalog, 8)
	for i := range got {
		wg.Go(func() {
			var err error
			if got[i], err = c.Retrieve(context.Background(), req); err != nil {
				t.Errorf("Retrieve = %v", err)
			}
		})
	}
	wg.Wait()
	for i := range got {
		if got[i].Len() != 103 || !got[i].Equal(got[0]) {
			t.Errorf("retrieval %d: %d updates", i, got[i].Len())
		}
	}
	if n := srv.Count(wusp.OpGetCookie); n != 1 {
		t.Errorf("%d cookies for one client", n)
	}
	held := make(chan struct{})
	entered := make(chan struct{}, 1)
	srv.Do(func() {
		srv.Before = wusptest.Times(1, func(*wusptest.Call) {
			entered <- struct{}{}
			<-held
		})
	})
	done := make(chan error, 1)
	go func() {
		_, err := c.Retrieve(context.Background(), req)
		done <- err
	}()
	<-entered
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if _, err := c.Retrieve(ctx, req); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while waiting: %v", err)
	}
	close(held)
	if err := <-done; err != nil {
		t.Errorf("the one that was waited for: %v", err)
	}
}

// TestNoServer: nobody listens.
func TestNoServer(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.NotFoundHandler())
	url := srv.URL
	srv.Close()
	_, err := clientOf(t, configOf(t)).Retrieve(context.Background(), wsus.RetrieveRequest{Location: wsus.Location{URL: url}})
	if wsus.CodeOf(err) != wsus.CodeCannotConnect {
		t.Errorf("no server: %v (code %v)", err, wsus.CodeOf(err))
	}
	if _, err := clientOf(t, configOf(t)).Retrieve(context.Background(), wsus.RetrieveRequest{}); !errors.Is(err, wsus.ErrBadLocation) {
		t.Errorf("no location: %v", err)
	}
}
