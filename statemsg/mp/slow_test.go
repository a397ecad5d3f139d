package mp_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/mp"
)

// serveShort is a server that has no patience.
func serveShort(t *testing.T, s *fake) *httptest.Server {
	t.Helper()
	srv := httptest.NewUnstartedServer(nil)
	srv.Config = mp.NewServer("", handler(t, mp.HandlerConfig{Receiver: s, MaxInFlight: 1}), nil)
	if c := srv.Config; c.ReadHeaderTimeout <= 0 || c.ReadTimeout <= 0 || c.IdleTimeout <= 0 || c.MaxHeaderBytes <= 0 ||
		c.WriteTimeout <= c.ReadTimeout+mp.DefaultReceiveTimeout || c.WriteTimeout >= statemsg.DefaultSendTimeout {
		t.Errorf("bounds of the server: %v %v %v %v %v", c.ReadHeaderTimeout, c.ReadTimeout, c.WriteTimeout, c.IdleTimeout, c.MaxHeaderBytes)
	}
	srv.Config.ErrorLog = discard()
	srv.Config.ReadHeaderTimeout = 100 * time.Millisecond
	srv.Config.ReadTimeout = 200 * time.Millisecond
	srv.Start()
	t.Cleanup(srv.Close)
	return srv
}

// TestSlowloris: who sends a byte now and then, or nothing more, is cut off, and
// the place is free for others.
func TestSlowloris(t *testing.T) {
	t.Parallel()
	s := new(fake)
	srv := serveShort(t, s)
	head := "POST " + mp.ReportPath + " HTTP/1.1\r\nHost: mp\r\nContent-Type: application/xml\r\nAuthorization: Bearer " + tokenA + "\r\n"
	for name, tt := range map[string]struct {
		sends  string
		status int // 0 for no answer
		word   string
	}{
		"headers": {head, 0, ""},
		"body":    {head + "Content-Length: 1000\r\n\r\n<Report>", 408, "timeout"},
		"chunks":  {head + "Transfer-Encoding: chunked\r\n\r\n8\r\n<Report>\r\n", 408, "timeout"},
	} {
		conn, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, tt.sends); err != nil {
			t.Fatal(err)
		}
		rest, err := io.ReadAll(conn) // until the server closes it
		var slow net.Error
		if errors.As(err, &slow) && slow.Timeout() {
			t.Errorf("%s: the server keeps the connection", name)
		}
		if tt.status == 0 {
			continue
		}
		resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(rest)), nil)
		if err != nil {
			t.Errorf("%s: answer %q: %v", name, rest, err)
			continue
		}
		var a answer
		if err := json.NewDecoder(resp.Body).Decode(&a); err != nil || resp.StatusCode != tt.status || a.Error != tt.word {
			t.Errorf("%s: answer = %d %q, %v, want %d %q", name, resp.StatusCode, a.Error, err, tt.status, tt.word)
		}
		resp.Body.Close()
	}
	if err := client(t, srv, mp.ClientConfig{}).Send(t.Context(), report(clientA, 1, 1)); err != nil {
		t.Errorf("Send afterwards = %v", err)
	}
	if s.Applied() != 1 {
		t.Errorf("%d messages, want 1", s.Applied())
	}
}

// TestServerHangs: a client whose server does not answer, or answers byte by
// byte without end, returns when its context ends.
func TestServerHangs(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-7")
	inside := make(chan struct{}, 1)
	end := make(chan struct{})
	t.Cleanup(func() { close(end) })
	for name, answers := range map[string]func(w http.ResponseWriter){
		"nothing": func(http.ResponseWriter) {},
		"headers": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"resync":`)
			_ = http.NewResponseController(w).Flush()
		},
	} {
		srv := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			answers(w)
			inside <- struct{}{}
			select {
			case <-end:
			case <-r.Context().Done():
			}
		}), false)
		ctx, cancel := context.WithCancelCause(t.Context())
		done := make(chan error, 1)
		go func() { done <- client(t, srv, mp.ClientConfig{Rand: fixed(0)}).Send(ctx, report(clientA, 1, 1)) }()
		<-inside
		cancel(statemsg.ErrSendTimeout) // as a sender does
		if err := <-done; err == nil || errors.Is(err, statemsg.ErrRejected) || statemsg.RetryAfter(err) != time.Minute {
			t.Errorf("%s: Send = %v, want an error that asks for a minute", name, err)
		}
	}
}
