package xmltok

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Error is a refusal: what was wrong and where.
type Error struct {
	// Line counts from 1; a line ends at a line feed. Column counts bytes
	// from 1, a byte order mark included. Offset counts bytes from 0. All are
	// of the data given to Reset, which is what counts also when that was
	// converted from UTF-16.
	Line, Column, Offset int
	// Msg says what was wrong. It may quote names from the document, cut
	// short.
	Msg string
}

// Error implements error: "line 3, column 7: end tag </a> closes <b>".
func (e *Error) Error() string {
	return "line " + strconv.Itoa(e.Line) + ", column " + strconv.Itoa(e.Column) + ": " + e.Msg
}

// Errorf returns an error at the current token, for the reader of a format
// built on t. It does not stop t.
func (t *Tokenizer) Errorf(format string, args ...any) *Error {
	return t.ErrorfAt(t.at, format, args...)
}

// ErrorfAt is Errorf at an offset, as that of an attribute.
func (t *Tokenizer) ErrorfAt(offset int, format string, args ...any) *Error {
	line, column := t.Position(offset)
	return &Error{Line: line, Column: column, Offset: offset, Msg: fmt.Sprintf(format, args...)}
}

// Position turns an offset into a line and a column, as in [Error]. An offset
// outside of the document is taken to its nearer end. The time is
// proportional to the offset.
func (t *Tokenizer) Position(offset int) (line, column int) {
	before := t.doc[:max(0, min(offset, len(t.doc)))]
	line = bytes.Count(before, []byte{'\n'}) + 1
	return line, len(before) - bytes.LastIndexByte(before, '\n')
}

// fail refuses the document at an offset, for good. It returns -1, which is
// what the functions that return an offset return then.
func (t *Tokenizer) fail(offset int, format string, args ...any) int {
	t.err = t.ErrorfAt(offset, format, args...)
	t.state, t.kind = failed, 0
	return -1
}

// truncated refuses the document because it ends, or a character that is not
// allowed stands, in the middle of something.
func (t *Tokenizer) truncated(format string, args ...any) int {
	if len(t.data) < len(t.doc) {
		return t.badCharacter()
	}
	return t.fail(len(t.doc), "end of the document in "+format, args...)
}

// badCharacter refuses the document at the character that validPrefix found.
func (t *Tokenizer) badCharacter() int {
	rest := t.doc[len(t.data):]
	r, size := utf8.DecodeRune(rest)
	if r == utf8.RuneError && size == 1 {
		return t.fail(len(t.data), "malformed UTF-8")
	}
	return t.fail(len(t.data), "character %U is not allowed", r)
}

// refuse is what Next returns in state failed.
func (t *Tokenizer) refuse() (Kind, error) { return 0, t.err }

// failure is the error of state failed, and nil in the others.
func (t *Tokenizer) failure() error {
	if t.err == nil {
		return nil
	}
	return t.err
}

// maxQuoted bounds what an error quotes from the document, in bytes.
const maxQuoted = 64

// clip returns b, cut short if it is too long for an error.
func clip(b []byte) string {
	if len(b) <= maxQuoted {
		return string(b)
	}
	end := maxQuoted
	for end > 0 && !utf8.RuneStart(b[end]) {
		end--
	}
	return string(b[:end]) + "..."
}

// nameOf is the qualified name of an element for an error.
func (t *Tokenizer) nameOf(e element) string { return clip(t.data[e.name:e.end]) }

// quoteRune quotes the first character of b for an error.
func quoteRune(b []byte) string {
	r, _ := utf8.DecodeRune(b)
	return strconv.QuoteRune(r)
}
