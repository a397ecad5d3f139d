package wusp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/updatescan/updatescan/wsus"
)

// StatusError is an answer of HTTP that is neither an envelope nor a fault.
type StatusError struct {
	// Status is the HTTP status.
	Status int
	// URL is what was asked.
	URL string
	// Redirect is where the server points to, for a redirection; it is
	// refused.
	Redirect string
}

// Error implements error.
func (e *StatusError) Error() string {
	if e.Redirect != "" {
		return fmt.Sprintf("wusp: %s: HTTP status %d: redirection to %q refused", e.URL, e.Status, e.Redirect)
	}
	return fmt.Sprintf("wusp: %s: HTTP status %d", e.URL, e.Status)
}

// Code returns the code of the status.
func (e *StatusError) Code() wsus.Code {
	if c := wsus.CodeForHTTPStatus(e.Status); c != 0 {
		return c
	}
	return wsus.CodeHTTPNotMapped
}

// ErrForeignService is matched by the error for a ServiceUrl that names
// another server than the one that was asked.
var ErrForeignService = errors.New("service on another host refused")

// ServiceURLError is a ServiceUrl that is not followed.
type ServiceURLError struct {
	URL string
	Err error
}

// Error implements error.
func (e *ServiceURLError) Error() string { return fmt.Sprintf("wusp: ServiceUrl %q: %v", e.URL, e.Err) }

// Unwrap returns Err.
func (e *ServiceURLError) Unwrap() error { return e.Err }

// Code is that of a configuration without a usable way to authorize.
func (e *ServiceURLError) Code() wsus.Code { return codeNoAuthPlugIns }

// serviceURL resolves a ServiceUrl against the root of the server. It must
// stay on it: same scheme, host and port.
func serviceURL(at wsus.Endpoint, service string) (string, error) {
	if strings.TrimSpace(service) == "" {
		return at.String() + AuthPath, nil
	}
	root, err := url.Parse(at.String() + "/")
	if err != nil {
		return "", &ServiceURLError{URL: service, Err: err}
	}
	ref, err := url.Parse(strings.TrimSpace(service))
	if err != nil {
		return "", &ServiceURLError{URL: service, Err: err}
	}
	u := root.ResolveReference(ref)
	there, err := wsus.ParseEndpoint(u.Scheme + "://" + u.Host)
	if err != nil || there != at || u.User != nil || u.Opaque != "" {
		return "", &ServiceURLError{URL: service, Err: ErrForeignService}
	}
	u.Fragment = ""
	return u.String(), nil
}

// url is where an operation is asked for.
func (s *session) url(op Operation) (string, error) {
	if op == OpGetAuthorizationCookie {
		plugIn, err := s.plugIn()
		if err != nil {
			return "", err
		}
		return serviceURL(s.server.at, plugIn.ServiceURL)
	}
	return s.server.at.String() + op.Path(), nil
}

// post sends a request and returns its answer.
func (s *session) post(ctx context.Context, m Message) (Message, error) {
	op := m.Operation()
	target, err := s.url(op)
	if err != nil {
		return nil, err
	}
	body := AppendEnvelope(nil, m)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("wusp: %s: %w", op, err)
	}
	req.Header.Set("Cache-Control", "no-cache")
	req.Header.Set("Pragma", "no-cache")
	req.Header.Set("Content-Type", ContentType)
	req.Header.Set("User-Agent", s.client.cfg.UserAgent)
	req.Header.Set("SOAPAction", `"`+op.Action()+`"`)
	s.progress.Sent += int64(len(body))
	resp, err := s.client.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("wusp: %s: %w", op, err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was read, or the error is known
	limit := s.client.cfg.MaxBytes
	data, err := readAll(resp.Body, resp.ContentLength, limit)
	s.progress.Received += int64(len(data))
	if err != nil {
		return nil, fmt.Errorf("wusp: %s: %w", op, err)
	}
	answer, err := decode(data, resp, op, target, limit)
	if err != nil {
		return nil, err
	}
	if op == OpSyncUpdates {
		s.progress.Trips++
	}
	s.tell(op)
	return answer, nil
}

// decode tells an answer from a fault and from what is neither.
func decode(data []byte, resp *http.Response, op Operation, target string, limit int) (Message, error) {
	if resp.StatusCode == http.StatusOK {
		m, err := DecodeResponse(data, op, limit)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		return m, nil
	}
	if resp.StatusCode == http.StatusInternalServerError {
		f, ok, err := DecodeFault(data, limit)
		if ok {
			return nil, fmt.Errorf("%s: %w", op, f)
		}
		if err != nil && !errors.Is(err, ErrNotSOAP) {
			return nil, &wsus.Error{Op: op.String(), Code: wsus.CodeSOAPFaultParse, Err: err}
		}
	}
	e := &StatusError{Status: resp.StatusCode, URL: target}
	if resp.StatusCode/100 == 3 { // WF-4: nothing is followed
		e.Redirect = resp.Header.Get("Location")
	}
	return nil, e
}

// readAll reads a body of at most limit bytes.
func readAll(r io.Reader, length int64, limit int) ([]byte, error) {
	if length > int64(limit) {
		return nil, &DecodeError{Err: ErrTooLarge}
	}
	const start = 8 << 10
	var buf bytes.Buffer
	// A length that is promised and not kept costs no memory.
	buf.Grow(int(min(max(length+bytes.MinRead, start), 1<<20)))
	n, err := buf.ReadFrom(io.LimitReader(r, int64(limit)+1))
	if err != nil {
		return nil, err
	}
	if n > int64(limit) {
		return nil, &DecodeError{Err: ErrTooLarge}
	}
	return buf.Bytes(), nil
}

// Code is that of an answer that was not understood.
func (e *DecodeError) Code() wsus.Code { return wsus.CodeParse }
