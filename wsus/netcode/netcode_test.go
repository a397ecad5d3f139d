package netcode_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/netcode"
)

func TestClassify(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-9")
	op := func(name string, err error) error { return &net.OpError{Op: name, Net: "tcp", Err: err} }
	get := func(err error) error { return &url.Error{Op: "Get", URL: "http://wsus", Err: err} }
	tests := []struct {
		name string
		err  error
		want wsus.Code
	}{
		{"nil", nil, 0},
		{"carried code", get(&wsus.Error{Code: wsus.CodeSOAPFault, Err: io.EOF}), wsus.CodeSOAPFault},
		{"location", get(&wsus.LocationError{Kind: wsus.ErrNotSSL}), wsus.CodeInvalidLocation},
		{"name not found", get(op("dial", &net.DNSError{Err: "no such host", IsNotFound: true})), wsus.CodeNameNotResolved},
		{"name server slow", get(op("dial", &net.DNSError{Err: "i/o timeout", IsTimeout: true})), wsus.CodeNameNotResolved},
		{"deadline", get(context.DeadlineExceeded), wsus.CodeTimeout},
		{"os deadline", op("read", os.ErrDeadlineExceeded), wsus.CodeTimeout},
		{"system time-out", op("dial", os.NewSyscallError("connect", syscall.ETIMEDOUT)), wsus.CodeTimeout},
		{"refused", op("dial", os.NewSyscallError("connect", syscall.ECONNREFUSED)), wsus.CodeCannotConnect},
		{"refused, bare", syscall.ECONNREFUSED, wsus.CodeCannotConnect},
		{"unreachable, bare", syscall.ENETUNREACH, wsus.CodeCannotConnect},
		{"proxy refused", op("proxyconnect", op("dial", syscall.ECONNREFUSED)), wsus.CodeCannotConnect},
		{"proxy cut", op("proxyconnect", op("read", syscall.ECONNRESET)), wsus.CodeCannotConnect},
		{"unknown dial error", op("dial", errors.New("x")), wsus.CodeCannotConnect},
		{"unknown read error", op("read", errors.New("x")), wsus.CodeConnectionAborted},
		{"reset", op("read", os.NewSyscallError("read", syscall.ECONNRESET)), wsus.CodeConnectionAborted},
		{"reset, bare", syscall.ECONNRESET, wsus.CodeConnectionAborted},
		{"broken pipe", op("write", syscall.EPIPE), wsus.CodeConnectionAborted},
		{"end of file", get(io.EOF), wsus.CodeConnectionAborted},
		{"unexpected end", fmt.Errorf("body: %w", io.ErrUnexpectedEOF), wsus.CodeConnectionAborted},
		{"closed", op("accept", net.ErrClosed), wsus.CodeConnectionAborted},
		{"unknown authority", get(&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}), wsus.CodeSecureFailure},
		{"wrong name", x509.HostnameError{Certificate: &x509.Certificate{}, Host: "a"}, wsus.CodeSecureFailure},
		{"expired", x509.CertificateInvalidError{Reason: x509.Expired}, wsus.CodeSecureFailure},
		{"not TLS", tls.RecordHeaderError{Msg: "x"}, wsus.CodeSecureChannel},
		{"alert", get(op("remote error", errors.New("tls: handshake failure"))), wsus.CodeSecureChannel},
		{"other client error", get(errors.New("unsupported protocol scheme")), wsus.CodeCommunication},
		{"other net error", &net.AddrError{Err: "x", Addr: "y"}, wsus.CodeCommunication},
		{"nil pointer", get((*wsus.Error)(nil)), wsus.CodeCommunication},
		{"nil pointer, bare", (*wsus.Error)(nil), wsus.CodeUnspecified},
		{"not of the network", errors.New("x"), wsus.CodeUnspecified},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := netcode.Classify(tt.err); got != tt.want {
				t.Errorf("Classify(%v) = %v, want %v", tt.err, got, tt.want)
			}
			err := netcode.Error("retrieve", tt.err)
			if (err == nil) != (tt.err == nil) || wsus.CodeOf(err) != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("Error(%v) = %v, want code %v", tt.err, err, tt.want)
			}
		})
	}
}

func TestClassifyCancelled(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-10")
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(server.Close)
	ctx, cancel := context.WithCancel(t.Context())
	client := server.Client()
	client.Transport = &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		defer cancel() // cancelled while the request is under way
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}}
	err := fetch(ctx, client, server.URL)
	if got := netcode.Classify(err); got != wsus.CodeCancelled {
		t.Errorf("Classify(%v) = %v, want %v", err, got, wsus.CodeCancelled)
	}
	if d := (wsus.RetryPolicy{}).Next(wsus.Failure{Code: netcode.Classify(err)}); d.Reason != wsus.RetryNoFailure {
		t.Errorf("Next = %v, want no failure", d.Reason)
	}
	_, err = (&net.Dialer{}).DialContext(ctx, "tcp", "127.0.0.1:1")
	if got := netcode.Classify(err); got != wsus.CodeCancelled {
		t.Errorf("Classify(%v) = %v, want %v", err, got, wsus.CodeCancelled)
	}
}

// fetch reads the whole answer to one request and returns what went wrong.
func fetch(ctx context.Context, client *http.Client, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// listen starts a server on the loopback interface that handles each
// connection with serve and then closes it; it returns its address.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				serve(conn)
			}()
		}
	}()
	return l.Addr().String()
}

// readRequest reads the head of an HTTP request.
func readRequest(conn net.Conn) {
	_, _ = http.ReadRequest(bufio.NewReader(conn))
}

// reset makes the close of a connection a reset.
func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
}

// TestClassifyRealErrors meets each fault on a real connection.
func TestClassifyRealErrors(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-9")
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	goneAddr := gone.Addr().String()
	_ = gone.Close()
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	hang := func(net.Conn) { <-done }

	tests := []struct {
		name    string
		url     string
		timeout time.Duration
		want    wsus.Code
		retried bool // by the documented table
	}{
		{"refused", "http://" + goneAddr, 0, wsus.CodeCannotConnect, true},
		{"reset before the answer", "http://" + listen(t, func(c net.Conn) { readRequest(c); reset(c) }), 0, wsus.CodeConnectionAborted, true},
		{"closed before the answer", "http://" + listen(t, readRequest), 0, wsus.CodeConnectionAborted, true},
		{"closed in the head", "http://" + listen(t, func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n")
		}), 0, wsus.CodeConnectionAborted, true},
		{"fewer bytes than promised", "http://" + listen(t, func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfour")
		}), 0, wsus.CodeConnectionAborted, true},
		{"reset in the body", "http://" + listen(t, func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfour")
			reset(c)
		}), 0, wsus.CodeConnectionAborted, true},
		{"no answer", "http://" + listen(t, hang), 20 * time.Millisecond, wsus.CodeTimeout, false},
		{"answer stops", "http://" + listen(t, func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfour")
			hang(c)
		}), 50 * time.Millisecond, wsus.CodeTimeout, false},
		{"no TLS handshake", "https://" + listen(t, hang), 20 * time.Millisecond, wsus.CodeTimeout, false},
		{"not TLS", "https://" + listen(t, func(c net.Conn) { _, _ = io.WriteString(c, "220 mail ready\r\n") }), 0, wsus.CodeSecureChannel, false},
		{"handshake cut", "https://" + listen(t, func(c net.Conn) { _, _ = c.Read(make([]byte, 1)); reset(c) }), 0, wsus.CodeConnectionAborted, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client := &http.Client{Timeout: tt.timeout, Transport: &http.Transport{DisableKeepAlives: true}}
			err := fetch(t.Context(), client, tt.url)
			got := netcode.Classify(err)
			if got != tt.want {
				t.Errorf("Classify(%v) = %v, want %v", err, got, tt.want)
			}
			if has := wsus.DocumentedRetryCodes().Has(got); has != tt.retried {
				t.Errorf("the documented table retries %v: %t, want %t", got, has, tt.retried)
			}
			if got == wsus.CodeTimeout && !wsus.WiderRetryCodes().Has(got) {
				t.Error("the wider table does not retry a time-out")
			}
		})
	}
}

func TestClassifyRealCertificates(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	trusting := server.Client()
	if err := fetch(t.Context(), trusting, server.URL); err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	with := func(cfg *tls.Config) *http.Client {
		return &http.Client{Transport: &http.Transport{TLSClientConfig: cfg, DisableKeepAlives: true}}
	}
	tests := []struct {
		name string
		cfg  *tls.Config
		want wsus.Code
	}{
		{"unknown authority", &tls.Config{RootCAs: x509.NewCertPool()}, wsus.CodeSecureFailure},
		{"wrong name", &tls.Config{RootCAs: pool, ServerName: "wsus.invalid"}, wsus.CodeSecureFailure},
		{
			"expired",
			&tls.Config{RootCAs: pool, Time: func() time.Time { return time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC) }},
			wsus.CodeSecureFailure,
		},
		{"no common version", &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}, wsus.CodeSecureChannel},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := fetch(t.Context(), with(tt.cfg), server.URL)
			if got := netcode.Classify(err); got != tt.want {
				t.Errorf("Classify(%v) = %v, want %v", err, got, tt.want)
			}
		})
	}
}

// TestClassifyResolver asks a name server on the loopback interface that
// answers nothing, so that no name leaves the machine.
func TestClassifyResolver(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-9")
	refused := errors.New("no name server")
	resolver := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, refused
	}}
	dialer := &net.Dialer{Resolver: resolver}
	client := &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext}}
	err := fetch(t.Context(), client, "http://wsus.invalid:8530")
	if got := netcode.Classify(err); got != wsus.CodeNameNotResolved || !wsus.DocumentedRetryCodes().Has(got) {
		t.Errorf("Classify(%v) = %v, want %v, which is retried", err, got, wsus.CodeNameNotResolved)
	}
}

func ExampleError() {
	_, err := net.Dial("tcp", "127.0.0.1:0") // nothing listens on port 0
	err = netcode.Error("retrieve", err)
	code := wsus.CodeOf(err)
	d := wsus.RetryPolicy{}.Next(wsus.Failure{Code: code})
	fmt.Println(code, code.Name())
	fmt.Println(d.Action, "after", d.Delay)
	// Output:
	// 0x80072EFD WININET_E_CANNOT_CONNECT
	// same_location after 30m0s
}
