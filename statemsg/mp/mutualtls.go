package mp

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"strings"

	"github.com/benbjohnson/clock"

	"github.com/updatescan/updatescan/statemsg"
)

// MutualTLS is an [Authenticator] by the certificate that the client has shown
// in the handshake of TLS. Only a certificate counts that the server has
// verified: its tls.Config has to have ClientCAs, and as ClientAuth
// tls.RequireAndVerifyClientCert or tls.VerifyClientCertIfGiven. It does not ask
// for revocations: tls.Config.VerifyConnection is the place for that.
//
// The zero value is ready. Safe for concurrent use.
type MutualTLS struct {
	// ClientID returns the id of the client whose certificate it is, or an
	// error if it stands for none. The certificate is verified. It is called
	// concurrently. Nil means [CertificateClientID].
	ClientID func(*x509.Certificate) (string, error)
	// Clock says whether the certificate is still valid, with each request: a
	// connection can outlive it. Nil means the system clock.
	Clock clock.Clock
}

// Authenticate goes by the request's verified certificate.
func (m MutualTLS) Authenticate(r *http.Request) (clientID string, err error) {
	if r.TLS == nil || len(r.TLS.VerifiedChains) == 0 || len(r.TLS.VerifiedChains[0]) == 0 {
		return "", fmt.Errorf("%w: no verified client certificate", ErrUnauthenticated)
	}
	cert := r.TLS.VerifiedChains[0][0]
	c := m.Clock
	if c == nil {
		c = clock.New()
	}
	if now := c.Now(); now.After(cert.NotAfter) || now.Before(cert.NotBefore) {
		return "", fmt.Errorf("%w: the client certificate is not valid at this time", ErrUnauthenticated)
	}
	of := m.ClientID
	if of == nil {
		of = CertificateClientID
	}
	id, err := of(cert)
	if err != nil {
		return "", fmt.Errorf("%w: client certificate: %w", ErrUnauthenticated, err)
	}
	return id, nil
}

// Challenge asks for a certificate. There is no registered word for that.
func (m MutualTLS) Challenge() string { return `ClientCertificate realm="statemsg"` }

// CertificateClientID is the client id that a certificate names: the GUID of its
// only URI of the form urn:uuid:GUID (RFC 9562) among the alternative names, or
// if it has no such URI the common name of its subject, which then has to be a
// GUID, with or without "GUID:" before it. Several such URIs are refused.
func CertificateClientID(cert *x509.Certificate) (string, error) {
	const prefix = "uuid:"
	var ids []string
	for _, u := range cert.URIs {
		if u.Scheme == "urn" && len(u.Opaque) > len(prefix) && strings.EqualFold(u.Opaque[:len(prefix)], prefix) {
			ids = append(ids, u.Opaque[len(prefix):])
		}
	}
	if len(ids) > 1 {
		return "", fmt.Errorf("mp: %d URIs urn:uuid, want one", len(ids))
	}
	if len(ids) == 0 {
		ids = append(ids, cert.Subject.CommonName)
	}
	c := statemsg.Client{ID: ids[0]}.Normal()
	if err := c.Validate(); err != nil {
		return "", err
	}
	return c.ID, nil
}
