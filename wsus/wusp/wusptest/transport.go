package wusptest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
)

// ErrLimit is the error of a [Transport] that has let through as many
// requests as it may.
var ErrLimit = errors.New("wusptest: too many requests")

// Transport is an http.RoundTripper that leads straight to a handler, whatever
// the scheme and the host, without a socket, and keeps what was asked.
//
// A body that is shorter than its Content-Length ends with
// io.ErrUnexpectedEOF, as on a connection that is cut. Redirections are
// answers like any other; an http.Client follows them. A request whose context
// ends is left to the handler, and its answer is dropped.
//
// Its fields must not be changed while it is used. It is safe for concurrent
// use if its handler is, and must not be copied after first use.
type Transport struct {
	// Handler answers; nil is as if every connection were closed at once.
	Handler http.Handler
	// Limit is how many requests are let through, so that what would go on
	// for ever ends; zero is any number.
	Limit int

	mu   sync.Mutex
	urls []string
}

// URLs are those that were asked, in order, also where nothing was answered.
func (t *Transport) URLs() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.urls)
}

// admit keeps a request and reports whether it may go on.
func (t *Transport) admit(url string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.urls = append(t.urls, url)
	if t.Limit > 0 && len(t.urls) > t.Limit {
		return ErrLimit
	}
	return nil
}

// RoundTrip answers a request.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	var body []byte
	if req.Body != nil {
		var err error
		body, err = io.ReadAll(req.Body)
		_ = req.Body.Close()
		if err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := t.admit(req.URL.String()); err != nil {
		return nil, err
	}
	if t.Handler == nil {
		return nil, io.EOF
	}
	in := req.Clone(ctx)
	in.Body, in.ContentLength, in.RequestURI = io.NopCloser(bytes.NewReader(body)), int64(len(body)), req.URL.RequestURI()
	if in.Host == "" {
		in.Host = req.URL.Host
	}
	done := make(chan *answer, 1)
	go func() { done <- ask(t.Handler, in) }()
	select {
	case a := <-done:
		return a.response(req)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// answer is an http.ResponseWriter that keeps an answer.
type answer struct {
	header  http.Header
	status  int
	body    bytes.Buffer
	aborted bool
}

// ask runs a handler, which may end the connection by a panic.
func ask(h http.Handler, req *http.Request) (a *answer) {
	a = &answer{header: make(http.Header)}
	defer func() {
		if p := recover(); p != nil {
			if p != http.ErrAbortHandler { //nolint:errorlint // it is this value
				panic(p)
			}
			a.aborted = true
		}
	}()
	h.ServeHTTP(a, req)
	return a
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// Write implements http.ResponseWriter.
func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

// response is what the client gets.
func (a *answer) response(req *http.Request) (*http.Response, error) {
	a.WriteHeader(http.StatusOK)
	if a.aborted && a.body.Len() == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	length, tail := int64(a.body.Len()), io.EOF
	if n, err := strconv.ParseInt(a.header.Get("Content-Length"), 10, 64); err == nil && n > length {
		length, tail = n, io.ErrUnexpectedEOF
	}
	if a.aborted {
		tail = io.ErrUnexpectedEOF
	}
	return &http.Response{
		Status: strconv.Itoa(a.status) + " " + http.StatusText(a.status), StatusCode: a.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header, ContentLength: length, Request: req,
		Body: &body{Reader: bytes.NewReader(a.body.Bytes()), tail: tail, ctx: req.Context()},
	}, nil
}

// body is that of an answer.
type body struct {
	io.Reader
	tail error
	ctx  context.Context //nolint:containedctx // a body ends with the context of its request
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := b.Reader.Read(p)
	if err == io.EOF { //nolint:errorlint // it is this value
		err = b.tail
	}
	return n, err
}

// Close implements io.Closer.
func (b *body) Close() error { return nil }
