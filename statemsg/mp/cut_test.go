package mp_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/mp"
)

var errCut = errors.New("the line was cut")

// line is a connection that is cut after so many bytes out or in; negative
// means never. It counts both.
type line struct {
	net.Conn
	cutOut, cutIn int64
	out, in       *atomic.Int64
}

func (l *line) Write(p []byte) (int, error) {
	if l.cutOut >= 0 && l.out.Load()+int64(len(p)) > l.cutOut {
		n, _ := l.Conn.Write(p[:l.cutOut-l.out.Load()])
		l.out.Add(int64(n))
		_ = l.Close()
		return n, errCut
	}
	n, err := l.Conn.Write(p)
	l.out.Add(int64(n))
	return n, err
}

func (l *line) Read(p []byte) (int, error) {
	if l.cutIn >= 0 {
		if l.in.Load() >= l.cutIn {
			_ = l.Close()
			return 0, errCut
		}
		p = p[:min(int64(len(p)), l.cutIn-l.in.Load())]
	}
	n, err := l.Conn.Read(p)
	l.in.Add(int64(n))
	return n, err
}

// lined is an HTTP client that sends everything over a line of its own.
func lined(srv *httptest.Server, cutOut, cutIn int64) (c *http.Client, out, in *atomic.Int64) {
	out, in = new(atomic.Int64), new(atomic.Int64)
	t := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, addr)
			return &line{conn, cutOut, cutIn, out, in}, err
		},
	}
	if srv.TLS != nil {
		t.TLSClientConfig = &tls.Config{RootCAs: srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	}
	return &http.Client{Transport: t}, out, in
}

// TestCut cuts the connection in every place of the request and of the answer.
// Then the client sends the same report again, over a good line: its effect is
// that of one.
func TestCut(t *testing.T) {
	t.Parallel()
	for _, overTLS := range []bool{false, true} {
		for _, gzip := range []bool{false, true} {
			t.Run(fmt.Sprintf("tls=%v,gzip=%v", overTLS, gzip), func(t *testing.T) {
				t.Parallel()
				t.Attr("rule", "SITE-1")
				t.Attr("rule", "SITE-2")
				t.Attr("rule", "MSG-6")
				t.Attr("rule", "MSG-7")
				cutAll(t, overTLS, gzip)
			})
		}
	}
}

func cutAll(t *testing.T, overTLS, gzip bool) {
	t.Helper()
	s := new(fake)
	srv := serve(t, handler(t, mp.HandlerConfig{Receiver: s, RatePerMinute: mp.Unlimited, MaxPerClient: 1000}), overTLS)
	serial := uint64(1)
	send := func(cutOut, cutIn int64) (out, in int64, first error) {
		t.Helper()
		before := s.Applied()
		bad, outs, ins := lined(srv, cutOut, cutIn)
		r := report(clientA, serial, 3)
		serial += 3
		first = client(t, srv, mp.ClientConfig{HTTP: bad, Gzip: gzip}).Send(t.Context(), r)
		had := s.Applied() - before
		if first == nil && had != 3 || had%3 != 0 {
			t.Fatalf("cut at %d, %d: Send = %v, and %d of 3 messages are there", cutOut, cutIn, first, had)
		}
		if errors.Is(first, statemsg.ErrRejected) {
			t.Fatalf("cut at %d, %d: Send = %v, which blames the report", cutOut, cutIn, first)
		}
		good, _, _ := lined(srv, -1, -1)
		if err := client(t, srv, mp.ClientConfig{HTTP: good, Gzip: gzip}).Send(t.Context(), r); err != nil {
			t.Fatalf("cut at %d, %d: Send again = %v", cutOut, cutIn, err)
		}
		if had := s.Applied() - before; had != 3 {
			t.Fatalf("cut at %d, %d: %d messages took effect, want 3", cutOut, cutIn, had)
		}
		return outs.Load(), ins.Load(), first
	}
	out, in, err := send(-1, -1)
	if err != nil {
		t.Fatal(err)
	}
	step := int64(11)
	if overTLS {
		step = 499
	}
	acknowledged := 0
	for n := int64(0); n < out; n += step {
		// The last bytes of a connection over TLS only say good-bye.
		if _, _, err := send(n, -1); err == nil {
			acknowledged++
		}
	}
	for n := int64(0); n < in; n += max(1, step/5) {
		if _, _, err := send(-1, n); err == nil {
			acknowledged++
		}
	}
	if !overTLS && acknowledged > 0 || acknowledged > 20 {
		t.Errorf("%d reports were acknowledged on a line that was cut", acknowledged)
	}
	if last, missing := s.Serials(clientA); last != serial-1 || len(missing) > 0 || len(s.Conflicts()) > 0 {
		t.Errorf("serials to %d, missing %v, conflicts %v", last, missing, s.Conflicts())
	}
	if s.Duplicates() == 0 {
		t.Error("no acknowledgement was lost")
	}
}
