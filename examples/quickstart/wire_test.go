package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/updatescan/updatescan/wsus/wusp"
)

// newWSUS serves the first catalogue of the sample, in front of which a test
// may stand.
func newWSUS(t *testing.T, before func(next http.Handler) http.Handler) string {
	t.Helper()
	in, err := load(t.Context(), options{})
	if err != nil {
		t.Fatal(err)
	}
	store := wusp.NewStore(nil)
	if err := store.Publish(in.documents...); err != nil {
		t.Fatal(err)
	}
	handler, err := wusp.NewServer(wusp.ServerConfig{Store: store, RequireRegistration: true})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(before(handler))
	t.Cleanup(srv.Close)
	return srv.URL
}

// TestOwnServer: the default run speaks the protocol on a loopback socket.
func TestOwnServer(t *testing.T) {
	t.Parallel()
	opt, err := parse(nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	in, err := load(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	w, err := newWorld(opt, in, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	var dials, received int64
	dial := w.wire.http.DialContext
	w.wire.http.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err == nil && conn.RemoteAddr().(*net.TCPAddr).IP.IsLoopback() {
			dials++
			return &counted{Conn: conn, n: &received}, nil
		}
		return conn, err
	}
	if err := w.live(t.Context()); err != nil {
		t.Fatal(err)
	}
	if dials == 0 || atomic.LoadInt64(&received) < 10_000 {
		t.Errorf("a week: %d connections to the loopback address, %d bytes, want the catalogue over them", dials, received)
	}
	w.wire.close()
	if _, err := w.wire.http.DialContext(t.Context(), "tcp", ownURL); err == nil {
		t.Error("after the end the server still takes connections")
	}
}

// counted counts what is read from a connection.
type counted struct {
	net.Conn
	n *int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	atomic.AddInt64(c.n, int64(n))
	return n, err
}

// TestOtherWSUS: a week against a WSUS of the sample's documents is the week
// with these documents.
func TestOtherWSUS(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	url := newWSUS(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			calls.Add(1)
			next.ServeHTTP(w, r)
		})
	})
	got := runJSON(t, "-wsus", url)
	want := runJSON(t, "-catalog", copySample(t))
	ignore := cmpopts.IgnoreFields(event{}, "Text", "Files")
	if diff := cmp.Diff(want, got, ignore); diff != "" {
		t.Errorf("the week with -wsus differs from that with -catalog (-want +got):\n%s", diff)
	}
	if calls.Load() < 10 {
		t.Errorf("the WSUS was called %d times", calls.Load())
	}
	text := runOK(t, "-wsus", url, "-facts", write(t, "m.json", sampleFile(t, "machine.json")), "-days", "1")
	for _, want := range []string{"and the catalogue of " + url + " in ", " revisions", "locate    " + url, "metadata retrieved from " + url} {
		if !strings.Contains(text, want) {
			t.Errorf("-wsus lacks %q:\n%s", want, text)
		}
	}
	if text := runOK(t, "-wsus", url, "-explain", "KB990108"); !strings.Contains(text, "Not Required") {
		t.Errorf("-explain with -wsus says:\n%s", text)
	}
}

func TestBadWSUS(t *testing.T) {
	t.Parallel()
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<!DOCTYPE html><html><body>Sign in</body></html>")
	}))
	defer page.Close()
	closed := httptest.NewServer(http.NotFoundHandler())
	defer closed.Close()
	away, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := "http://" + away.Addr().String()
	_ = away.Close()
	for _, tt := range []struct {
		name string
		code int
		args []string
		want []string
	}{
		{"nobody listens", 1, []string{"-wsus", gone}, []string{"-wsus " + gone, "0x80072EFD"}},
		{"no such service", 1, []string{"-wsus", closed.URL}, []string{"-wsus " + closed.URL, "404"}},
		{"a web page", 1, []string{"-wsus", page.URL}, []string{"-wsus " + page.URL, "not a SOAP envelope"}},
		{"no scheme", 2, []string{"-wsus", "sup01:8530"}, []string{"-wsus", "sup01:8530"}},
		{"other scheme", 2, []string{"-wsus", "ftp://sup01"}, []string{"-wsus", "ftp://sup01", "http or https"}},
		{"path", 2, []string{"-wsus", "http://sup01/x"}, []string{"-wsus", "http://sup01/x"}},
		{"with a catalogue", 2, []string{"-wsus", gone, "-catalog", "x"}, []string{"-wsus and -catalog"}},
	} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), tt.args, &stdout, &stderr)
		text := stderr.String()
		if code != tt.code || stdout.Len() != 0 || !strings.HasPrefix(text, "quickstart: ") || strings.Count(text, "\n") != 1 {
			t.Errorf("%s: run(%q) = %d, stdout %q, stderr %q, want %d and one line", tt.name, tt.args, code, stdout.String(), text, tt.code)
		}
		for _, want := range tt.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: stderr %q, want %q in it", tt.name, text, want)
			}
		}
	}
}

// TestInterruptWSUS: an interrupt ends a run that waits for a WSUS.
func TestInterruptWSUS(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	url := newWSUS(t, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			cancel()
			<-r.Context().Done()
		})
	})
	var stdout, stderr bytes.Buffer
	if code := run(ctx, []string{"-wsus", url}, &stdout, &stderr); code != 1 || stderr.String() != "quickstart: interrupted\n" || stdout.Len() != 0 {
		t.Errorf("run, interrupted = %d, %q, %q, want 1 and one line", code, stdout.String(), stderr.String())
	}
}

// TestLostWSUS: a WSUS that goes away after it was found is told, and the
// week goes on without it.
func TestLostWSUS(t *testing.T) {
	t.Parallel()
	var lost atomic.Bool
	url := newWSUS(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if lost.Load() {
				http.Error(w, "gone", http.StatusServiceUnavailable)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"-wsus", url}, writeFunc(func(p []byte) (int, error) {
		lost.Store(true) // the first words come when the WSUS was found
		return stdout.Write(p)
	}), &stderr)
	if code != 0 || stderr.Len() != 0 {
		t.Errorf("run = %d, stderr %q, want 0", code, stderr.String())
	}
	for _, want := range []string{"pending retry: 0x", "Total                0", "nothing is required"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("a lost WSUS: output lacks %q:\n%s", want, stdout.String())
		}
	}
}
