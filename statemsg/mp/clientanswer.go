package mp

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/updatescan/updatescan/statemsg"
)

// StatusError is an answer of a management point, or of something in front of
// it, that acknowledges nothing.
type StatusError struct {
	// Status is the status, not 200.
	Status int
	// Code is the word of the table of refusals; empty if the answer is not a
	// management point's.
	Code string
	// Detail is its sentence, cut short. It comes from outside.
	Detail string
}

// Error implements error.
func (e *StatusError) Error() string {
	text := "mp: answer " + strconv.Itoa(e.Status)
	if name := http.StatusText(e.Status); name != "" {
		text += " " + name
	}
	if e.Status >= 300 && e.Status < 400 {
		text += ", and redirects are not followed"
	}
	if e.Code == "" && e.Detail == "" {
		return text
	}
	// Quoted, since it may hold anything.
	return fmt.Sprintf("%s: %q: %q", text, e.Code, e.Detail)
}

// Unwrap returns [statemsg.ErrRejected] for a refusal for good,
// [ErrUnauthenticated] for 401, and else nil.
func (e *StatusError) Unwrap() error {
	switch e.Status {
	case http.StatusUnauthorized:
		return ErrUnauthenticated
	case http.StatusBadRequest:
		if e.Code == codeIncomplete {
			return nil // the connection's fault
		}
		return statemsg.ErrRejected
	case http.StatusForbidden, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType:
		return statemsg.ErrRejected
	}
	return nil
}

// answer reads an answer. The rest of it, if it is too long, is not read, and
// the connection then not used again.
func (c *Client) answer(resp *http.Response) (resync uint64, asked time.Duration, err error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxAnswerBytes+1))
	if resp.StatusCode == http.StatusOK {
		if err != nil {
			return 0, 0, fmt.Errorf("mp: answer: %w", err)
		}
		if resync, err = readAcknowledgement(resp.Header, body); err != nil {
			return 0, 0, err
		}
		return resync, 0, nil
	}
	// What was read before an error is good enough for a text.
	e := &StatusError{Status: resp.StatusCode}
	var refused refusalBody
	if isJSON(resp.Header) && len(body) <= MaxAnswerBytes && json.Unmarshal(body, &refused) == nil {
		e.Code, e.Detail = cut(refused.Error, 64), cut(refused.Detail, maxDetailBytes)
	}
	return 0, c.retryAfter(resp.Header), e
}

// readAcknowledgement reads the body of a 200 and returns the resync asked for.
func readAcknowledgement(header http.Header, body []byte) (resync uint64, err error) {
	if len(body) > MaxAnswerBytes {
		return 0, fmt.Errorf("%w: more than %d bytes", ErrAnswer, MaxAnswerBytes)
	}
	if !isJSON(header) {
		return 0, fmt.Errorf("%w: Content-Type is %.64q", ErrAnswer, header.Get("Content-Type"))
	}
	var a acknowledgement
	if err := json.Unmarshal(body, &a); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	if a.Resync == nil {
		return 0, fmt.Errorf("%w: it has no resync", ErrAnswer)
	}
	return *a.Resync, nil
}

// isJSON says whether Content-Type is that of JSON.
func isJSON(header http.Header) bool {
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}

// retryAfter reads Retry-After, in seconds or as a date; 0 if there is none that
// can be read or it is past. A date is compared with that of the answer, if it
// has one, so that the clocks of both need not agree.
func (c *Client) retryAfter(header http.Header) time.Duration {
	text := strings.TrimSpace(header.Get("Retry-After"))
	if text == "" {
		return 0
	}
	if strings.Trim(text, "0123456789") == "" {
		seconds, err := strconv.ParseInt(text, 10, 64)
		if limit := int64(statemsg.MaxRetryAfter / time.Second); err != nil || seconds > limit {
			seconds = limit // it does not fit
		}
		return time.Duration(seconds) * time.Second
	}
	until, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		now = c.cfg.Clock.Now()
	}
	return min(max(0, until.Sub(now)), statemsg.MaxRetryAfter)
}
