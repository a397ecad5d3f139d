package wusp

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/updatescan/updatescan/compliance"
)

// buffers are for bodies. A large one is not kept.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

const largestKept = 2 << 20

// serve answers one call of a service.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, service string) {
	body, err := s.body(w, r)
	if err != nil {
		return
	}
	select {
	case s.slots <- struct{}{}:
	case <-r.Context().Done():
		return
	}
	call := Call{RequestBytes: len(body)}
	out, _ := buffers.Get().(*[]byte)
	status := http.StatusOK
	answer, fault := s.answer(r, service, body, &call)
	if fault != nil {
		fault.ID, fault.Method = newGUID(), r.Header.Get("SOAPAction")
		if len(fault.Method) > maxCookieText {
			fault.Method = ""
		}
		status, *out = http.StatusInternalServerError, AppendFault((*out)[:0], fault)
	} else {
		*out = AppendEnvelope((*out)[:0], answer)
	}
	<-s.slots
	h := w.Header()
	h.Set("Cache-Control", "private")
	h.Set("Content-Type", ContentType)
	h.Set("Content-Length", strconv.Itoa(len(*out)))
	w.WriteHeader(status)
	_, _ = w.Write(*out)
	call.Fault, call.AnswerBytes = fault, len(*out)
	if cap(*out) <= largestKept {
		buffers.Put(out)
	}
	if s.cfg.Observe != nil {
		s.cfg.Observe(call)
	}
}

// body reads a request; what cannot be read is answered here.
func (s *Server) body(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if c := r.Header.Get("Content-Encoding"); c != "" && !strings.EqualFold(c, "identity") {
		http.Error(w, "Content-Encoding is not supported", http.StatusUnsupportedMediaType)
		return nil, errors.ErrUnsupported
	}
	most := int64(s.cfg.MaxBodyBytes)
	if r.ContentLength > most {
		http.Error(w, "request too large", http.StatusRequestEntityTooLarge)
		return nil, ErrTooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		http.Error(w, "request too large", http.StatusRequestEntityTooLarge)
	} else if err != nil {
		http.Error(w, "request cut short", http.StatusBadRequest)
	}
	return body, err
}

// answer decodes a request and hands it to its operation.
func (s *Server) answer(r *http.Request, service string, body []byte, call *Call) (Message, *Fault) {
	req, err := DecodeRequest(body, s.cfg.MaxBodyBytes)
	if err != nil {
		return nil, &Fault{FaultCode: "Client", FaultString: err.Error()}
	}
	op := req.Operation()
	call.Operation = op
	if op.Path() != service {
		return nil, &Fault{FaultCode: "Client", FaultString: "no operation " + op.Name() + " at this path"}
	}
	action := strings.Trim(r.Header.Get("SOAPAction"), ` "`)
	if action != "" && action != op.Action() {
		return nil, &Fault{FaultCode: "Client", FaultString: "the SOAPAction is not that of " + op.Name()}
	}
	switch req := req.(type) {
	case *GetConfigRequest:
		return s.getConfig(req)
	case *GetAuthorizationCookieRequest:
		return s.getAuthorizationCookie(req, call)
	case *GetCookieRequest:
		return s.getCookie(req, call)
	case *RegisterComputerRequest:
		return s.registerComputer(req, call)
	case *StartCategoryScanRequest:
		return s.startCategoryScan(req)
	case *SyncUpdatesRequest:
		return s.syncUpdates(req, call)
	case *RefreshCacheRequest:
		return s.refreshCache(req, call)
	case *GetExtendedUpdateInfoRequest:
		return s.getExtended(r, req, call)
	case *GetExtendedUpdateInfo2Request:
		return s.getExtended2(r, req, call)
	case *GetFileLocationsRequest:
		return s.getFileLocations(r, req, call)
	case *ReportEventBatchRequest:
		return s.reportEventBatch(r.Context(), req, call)
	}
	return nil, NewFault(InternalServerError, fmt.Sprintf("%T", req))
}

// newGUID returns a random GUID.
func newGUID() string {
	var id compliance.UpdateID
	_, _ = rand.Read(id[:]) // never fails
	id[6], id[8] = id[6]&0x0F|0x40, id[8]&0x3F|0x80
	return id.String()
}
