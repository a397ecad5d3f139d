package mp

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The words of the answers' member error.
const (
	codeBadEncoding     = "bad_encoding"
	codeBadReport       = "bad_report"
	codeRejected        = "rejected"
	codeIncomplete      = "incomplete"
	codeUnauthenticated = "unauthenticated"
	codeWrongClient     = "wrong_client"
	codeNotFound        = "not_found"
	codeMethod          = "method_not_allowed"
	codeTimeout         = "timeout"
	codeTooLarge        = "too_large"
	codeMediaType       = "unsupported_media_type"
	codeEncoding        = "unsupported_encoding"
	codeTooMany         = "too_many_requests"
	codeInternal        = "internal"
	codeBusy            = "busy"
	codeUnavailable     = "unavailable"
)

// maxDetailBytes bounds the detail of an answer.
const maxDetailBytes = 1024

// refusal is an answer other than an acknowledgement.
type refusal struct {
	status       int
	code, detail string
	after        time.Duration // 0 for no Retry-After
	header       [2]string     // one more, if it has a name
	why          error         // for the log; nil if detail says it all
}

// acknowledgement is the body of an acknowledgement. Resync is a pointer for
// the reader's sake, to whom a body without it acknowledges nothing.
type acknowledgement struct {
	Resync *uint64 `json:"resync"`
}

// refusalBody is the body of a refusal.
type refusalBody struct {
	Error  string `json:"error"`
	Detail string `json:"detail"`
}

// acknowledge answers that the report is stored (SITE-1).
func acknowledge(w http.ResponseWriter, resync uint64) {
	w.Header().Set(ResyncHeader, strconv.FormatUint(resync, 10))
	writeJSON(w, http.StatusOK, acknowledgement{&resync})
}

// refuse answers with a refusal and logs it.
func (h *Handler) refuse(w http.ResponseWriter, req *http.Request, r *refusal) {
	level := slog.LevelInfo
	if r.status >= http.StatusInternalServerError || r.code == codeWrongClient {
		level = slog.LevelWarn
	}
	h.cfg.Logger.Log(req.Context(), level, "request refused",
		"status", r.status, "error", r.code, "detail", r.detail, "why", r.why, "remote", req.RemoteAddr)
	if r.header[0] != "" {
		w.Header().Set(r.header[0], r.header[1])
	}
	if r.after > 0 {
		seconds := (r.after + time.Second - 1) / time.Second
		w.Header().Set("Retry-After", strconv.FormatInt(int64(seconds), 10))
	}
	writeJSON(w, r.status, refusalBody{r.code, cut(r.detail, maxDetailBytes)})
}

// writeJSON writes a whole answer. That it may not arrive is the sender's
// business, who sends again.
func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // two structs of texts and numbers
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// cut shortens a text to at most n bytes of UTF-8.
func cut(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.ToValidUTF8(s, "")
}
