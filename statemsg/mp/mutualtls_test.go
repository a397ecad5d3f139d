package mp_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/mp"
)

// authority is a certificate authority.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, pool: x509.NewCertPool()}
	a.cert, a.key = a.sign(&x509.Certificate{
		Subject: pkix.Name{CommonName: "CA"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	})
	a.pool.AddCert(a.cert)
	return a
}

// sign makes a key and a certificate, signed by the authority or, while it has
// none, by itself.
func (a *authority) sign(template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, key
}

// issue is a certificate of a client or a server, valid now unless edit says
// otherwise.
func (a *authority) issue(name string, edit func(*x509.Certificate)) tls.Certificate {
	a.t.Helper()
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		NotBefore:   time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if edit != nil {
		edit(template)
	}
	cert, key := a.sign(template)
	return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key, Leaf: cert}
}

func expired(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }

func uris(texts ...string) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		for _, text := range texts {
			u, err := url.Parse(text)
			if err != nil {
				panic(err)
			}
			c.URIs = append(c.URIs, u)
		}
	}
}

// serveMutual is a server that asks for certificates of ours.
func serveMutual(t *testing.T, s *fake, cert tls.Certificate, ours *authority, auth tls.ClientAuthType) *httptest.Server {
	t.Helper()
	srv := httptest.NewUnstartedServer(nil)
	srv.Config = mp.NewServer("", handler(t, mp.HandlerConfig{Receiver: s, Authenticator: mp.MutualTLS{}}), nil)
	srv.Config.ErrorLog = discard()
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, ClientCAs: ours.pool, ClientAuth: auth}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return srv
}

// TestMutualTLS sends over connections with all kinds of certificates.
func TestMutualTLS(t *testing.T) {
	t.Parallel()
	ours, foreign := newAuthority(t), newAuthority(t)
	for name, tt := range map[string]struct {
		cert   *tls.Certificate
		server func(*x509.Certificate)
		by     *authority // of the server's certificate
		fails  bool
		want   error // nil for one of the network's
	}{
		"common name":       {cert: new(ours.issue(clientA, nil))},
		"bare common name":  {cert: new(ours.issue(clientA[5:], nil))},
		"uri":               {cert: new(ours.issue("LAB-PC-07", uris("https://example.org/", "urn:uuid:"+strings.ToLower(clientA[5:]))))},
		"none":              {fails: true, want: mp.ErrUnauthenticated},
		"another's":         {cert: new(ours.issue(clientB, nil)), fails: true, want: statemsg.ErrRejected},
		"uri before name":   {cert: new(ours.issue(clientA, uris("URN:UUID:"+clientB[5:]))), fails: true, want: statemsg.ErrRejected},
		"two uris":          {cert: new(ours.issue(clientA, uris("urn:uuid:"+clientA[5:], "urn:uuid:"+clientB[5:]))), fails: true, want: mp.ErrUnauthenticated},
		"no id":             {cert: new(ours.issue("LAB-PC-07", nil)), fails: true, want: mp.ErrUnauthenticated},
		"expired":           {cert: new(ours.issue(clientA, expired)), fails: true},
		"foreign":           {cert: new(foreign.issue(clientA, nil)), fails: true},
		"server is expired": {cert: new(ours.issue(clientA, nil)), server: expired, fails: true},
		"server is foreign": {cert: new(ours.issue(clientA, nil)), by: foreign, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := new(fake)
			by := ours
			if tt.by != nil {
				by = tt.by
			}
			srv := serveMutual(t, s, by.issue("server", tt.server), ours, tls.VerifyClientCertIfGiven)
			config := &tls.Config{RootCAs: ours.pool}
			if tt.cert != nil {
				// Also when the server does not name its issuer.
				config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return tt.cert, nil }
			}
			c := client(t, srv, mp.ClientConfig{TLS: config})
			err := c.Send(t.Context(), report(clientA, 1, 2))
			if (err != nil) != tt.fails || !errors.Is(err, tt.want) && tt.want != nil {
				t.Errorf("Send = %v, want failure %v, %v", err, tt.fails, tt.want)
			}
			var status *mp.StatusError
			if tt.fails && tt.want == nil && (errors.As(err, &status) || errors.Is(err, statemsg.ErrRejected) || statemsg.RetryAfter(err) == 0) {
				t.Errorf("Send = %v, want an error of the network", err)
			}
			if n := s.Applied(); (n == 2) == tt.fails || n%2 != 0 {
				t.Errorf("%d messages were stored", n)
			}
		})
	}
}

// TestCertificateRunsOut: a connection that outlives its certificate.
func TestCertificateRunsOut(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	cert := ca.issue(clientA, nil).Leaf
	clk := clock.NewMock()
	r := httptest.NewRequest("POST", "/", nil)
	m := mp.MutualTLS{Clock: clk}
	refused := func() {
		t.Helper()
		if id, err := m.Authenticate(r); id != "" || !errors.Is(err, mp.ErrUnauthenticated) {
			t.Errorf("Authenticate = %q, %v, want ErrUnauthenticated", id, err)
		}
	}
	clk.Set(cert.NotAfter)
	refused() // no TLS
	r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{cert}, HandshakeComplete: true}
	refused() // it was shown and not verified
	r.TLS.VerifiedChains = [][]*x509.Certificate{{cert, ca.cert}}
	if id, err := m.Authenticate(r); id != clientA || err != nil {
		t.Errorf("Authenticate at the last moment = %q, %v", id, err)
	}
	clk.Set(cert.NotAfter.Add(1))
	refused()
	clk.Set(cert.NotBefore.Add(-1))
	refused()
	clk.Set(cert.NotBefore)
	m.ClientID = func(c *x509.Certificate) (string, error) { return "of " + c.Subject.CommonName, nil }
	if id, err := m.Authenticate(r); id != "of "+clientA || err != nil {
		t.Errorf("Authenticate with a function = %q, %v", id, err)
	}
	m.ClientID = func(*x509.Certificate) (string, error) { return clientA, errors.New("unknown") }
	refused()
}
