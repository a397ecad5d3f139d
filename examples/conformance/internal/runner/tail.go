package runner

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

// The most of a subject's standard error that is kept.
const (
	tailLines = 20
	tailBytes = 8 << 10
)

// tail keeps the end of what is written to it and passes all of it on. It is
// safe for concurrent use.
type tail struct {
	mu  sync.Mutex
	buf []byte
	to  io.Writer // may be nil
}

// Write implements io.Writer. It never fails: a subject must not be stopped by
// what happens to its diagnostics.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.to != nil {
		_, _ = t.to.Write(p)
	}
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - tailBytes; over > 0 {
		t.buf = bytes.Clone(t.buf[over:])
	}
	return len(p), nil
}

// String returns the last lines.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := strings.ToValidUTF8(strings.TrimRight(string(t.buf), "\r\n"), "\uFFFD")
	lines := strings.Split(text, "\n")
	return strings.Join(lines[max(0, len(lines)-tailLines):], "\n")
}
