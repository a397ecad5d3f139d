package wusptest

import (
	"bytes"
	"net/http"
	"strconv"

	"github.com/updatescan/updatescan/wsus/wusp"
)

// Call is a call of a client, and what it is answered: one of Answer, Fault
// and Raw, of which the last that is not nil counts.
type Call struct {
	Operation wusp.Operation
	// Request is what was asked, Body its envelope as it came.
	Request wusp.Message
	Body    []byte
	// HTTP is the request; its body was read. Its context ends when the
	// client hangs up.
	HTTP *http.Request

	// Answer is an answer of the protocol.
	Answer wusp.Message
	// Fault is a fault, sent with status 500.
	Fault *wusp.Fault
	// Raw is anything else.
	Raw *Raw
}

// Raw is an answer of HTTP.
type Raw struct {
	// Status is the status; zero means 200.
	Status int
	// Header is sent besides the length; without a Content-Type it is that
	// of an envelope.
	Header http.Header
	Body   []byte
	// Length is the Content-Length that is promised; zero means the true
	// one. Of a longer body only so much is sent; after a shorter one the
	// connection ends.
	Length int64
}

// answered reports whether there is an answer.
func (c *Call) answered() bool { return c.Answer != nil || c.Fault != nil || c.Raw != nil }

// raw is the answer as it is sent.
func (c *Call) raw() *Raw {
	if c.Raw != nil {
		return c.Raw
	}
	if c.Fault != nil {
		return &Raw{Status: http.StatusInternalServerError, Body: wusp.AppendFault(nil, c.Fault)}
	}
	if c.Answer != nil {
		return &Raw{Body: wusp.AppendEnvelope(nil, c.Answer)}
	}
	return &Raw{Status: http.StatusNotImplemented}
}

// write sends it.
func (r *Raw) write(w http.ResponseWriter) {
	for name, values := range r.Header {
		w.Header()[name] = values
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", wusp.ContentType)
	}
	length, body := int64(len(r.Body)), r.Body
	if r.Length != 0 {
		length = r.Length
		body = body[:min(int64(len(body)), length)]
	}
	status := r.Status
	if status == 0 {
		status = http.StatusOK
	}
	if status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.FormatInt(length, 10))
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone
}

// hasCookie reports whether an envelope has an element cookie.
func hasCookie(envelope []byte) bool {
	return bytes.Contains(envelope, []byte("<cookie")) || bytes.Contains(envelope, []byte(":cookie"))
}
