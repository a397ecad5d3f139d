package mp

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/updatescan/updatescan/statemsg"
)

// reportWeight is how often the bytes of a report count as memory: the report,
// its form in UTF-8, and what is decoded.
const reportWeight = 4

// keptBytes is the largest buffer that is kept for other requests.
const keptBytes = 1 << 20

// firstBytes is the size that a buffer begins with.
const firstBytes = 32 << 10

// buffers are what reading a report needs; they are used again.
type buffers struct {
	wire, plain []byte
	source      bytes.Reader
	gzip        gzip.Reader
	decoder     statemsg.Decoder
}

// give takes the buffers back. Those of large reports are dropped.
func (h *Handler) give(b *buffers) {
	if cap(b.wire) > keptBytes || cap(b.plain) > keptBytes {
		return
	}
	b.source.Reset(nil)
	h.buffers.Put(b)
}

// bodyForm reads Content-Type and Content-Encoding.
func bodyForm(header http.Header) (zipped bool, refused *refusal) {
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	charset := strings.ToLower(params["charset"])
	if err != nil || kind != "application/xml" && kind != "text/xml" ||
		!slices.Contains([]string{"", "utf-8", "utf-16", "utf-16le", "utf-16be"}, charset) {
		return false, &refusal{
			status: http.StatusUnsupportedMediaType, code: codeMediaType,
			detail: "Content-Type has to be application/xml, in UTF-16 or UTF-8",
		}
	}
	encoding := strings.ToLower(strings.Join(header.Values("Content-Encoding"), ","))
	if encoding == "gzip" {
		return true, nil
	}
	if encoding != "" && encoding != "identity" {
		return false, &refusal{
			status: http.StatusUnsupportedMediaType, code: codeEncoding, detail: "Content-Encoding has to be gzip or absent",
			header: [2]string{"Accept-Encoding", "gzip"},
		}
	}
	return false, nil
}

// tooLarge refuses a body beyond a limit.
func tooLarge(limit int) *refusal {
	return &refusal{
		status: http.StatusRequestEntityTooLarge, code: codeTooLarge,
		detail: fmt.Sprintf("more than %d bytes", limit),
	}
}

// What fill stops with besides the errors of the reader.
var (
	errTooLarge = errors.New("mp: too large")
	errNoMemory = errors.New("mp: no memory left for it")
)

// fill reads all of r into dst, and stops beyond the limit or when charge says
// that there is no memory for so many bytes more.
func fill(dst []byte, r io.Reader, limit int, charge func(n int) bool) ([]byte, error) {
	for {
		if len(dst) == cap(dst) {
			dst = slices.Grow(dst, max(firstBytes, len(dst)))
		}
		n, err := r.Read(dst[len(dst):min(cap(dst), limit+1)])
		dst = dst[:len(dst)+n]
		if len(dst) > limit {
			return dst, errTooLarge
		}
		if !charge(n) {
			return dst, errNoMemory
		}
		if err == io.EOF { //nolint:errorlint // an io.Reader returns it as it is
			return dst, nil
		}
		if err != nil {
			return dst, err
		}
	}
}

// read reads and decodes the body.
func (h *Handler) read(w http.ResponseWriter, req *http.Request, id string, zipped bool, place *place) (*statemsg.Report, *refusal) {
	b := h.buffers.Get().(*buffers)
	defer h.give(b)
	if refused := h.readWire(w, req, b, place); refused != nil {
		return nil, refused
	}
	body := b.wire
	if zipped {
		if refused := h.unzip(req.Context(), id, b, place); refused != nil {
			return nil, refused
		}
		body = b.plain
	} else if len(body) > h.cfg.MaxReportBytes {
		return nil, tooLarge(h.cfg.MaxReportBytes)
	} else if !place.charge((reportWeight - 1) * len(body)) {
		return nil, h.busy()
	}
	r, err := b.decoder.Decode(body)
	if err != nil { // MSG-9
		h.reject(req.Context(), id, body, err)
		return nil, &refusal{status: http.StatusBadRequest, code: codeBadReport, detail: err.Error()}
	}
	if refused := checkClient(r, id); refused != nil {
		return nil, refused
	}
	return r, nil
}

// readWire reads the body as it comes.
func (h *Handler) readWire(w http.ResponseWriter, req *http.Request, b *buffers, place *place) (refused *refusal) {
	// It also has the connection closed after what was too large.
	body := http.MaxBytesReader(w, req.Body, int64(h.cfg.MaxWireBytes))
	b.wire = b.wire[:0]
	if n := req.ContentLength; n >= int64(cap(b.wire)) && n < keptBytes {
		b.wire = make([]byte, 0, n+1) // one more, to see the end without growing
	}
	var err error
	b.wire, err = fill(b.wire, body, h.cfg.MaxWireBytes, place.charge)
	if err == nil {
		return nil
	}
	var large *http.MaxBytesError
	if errors.Is(err, errTooLarge) || errors.As(err, &large) {
		return tooLarge(h.cfg.MaxWireBytes)
	}
	if errors.Is(err, errNoMemory) {
		return h.busy()
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &refusal{status: http.StatusRequestTimeout, code: codeTimeout, detail: "the body came too slowly", why: err}
	}
	return &refusal{status: http.StatusBadRequest, code: codeIncomplete, detail: "the body was cut off", why: err}
}

// unzip decompresses the body, as far as the limit: a bomb is not let grow.
func (h *Handler) unzip(ctx context.Context, id string, b *buffers, place *place) (refused *refusal) {
	b.source.Reset(b.wire)
	b.plain = b.plain[:0]
	err := b.gzip.Reset(&b.source)
	if err == nil {
		b.plain, err = fill(b.plain, &b.gzip, h.cfg.MaxReportBytes, func(n int) bool { return place.charge(reportWeight * n) })
	}
	if err == nil {
		return nil
	}
	if errors.Is(err, errTooLarge) {
		return tooLarge(h.cfg.MaxReportBytes)
	}
	if errors.Is(err, errNoMemory) {
		return h.busy()
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	err = fmt.Errorf("mp: gzip: %w", err)
	h.reject(ctx, id, b.wire, err)
	return &refusal{status: http.StatusBadRequest, code: codeBadEncoding, detail: err.Error()}
}

// reject gives a bad body to the hook (SITE-7).
func (h *Handler) reject(ctx context.Context, id string, body []byte, why error) {
	if h.cfg.Reject == nil {
		return
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := h.cfg.Clock.AfterFunc(h.cfg.ReceiveTimeout, func() { cancel(ErrReceiveTimeout) })
	defer timer.Stop()
	if err := h.cfg.Reject(ctx, id, body[:min(len(body), MaxRejectBytes)], why); err != nil {
		h.cfg.Logger.ErrorContext(ctx, "a bad report was not kept", "client", id, "error", err)
	}
}

// busy is the answer when there are too many reports, or too large ones.
func (h *Handler) busy() *refusal { return h.limits.busy() }
