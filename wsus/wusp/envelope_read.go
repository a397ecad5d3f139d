package wusp

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/internal/xmltok"
)

// DefaultMaxBytes is the default bound of an envelope. Pages of 51 MB occur,
// of component manifests.
const DefaultMaxBytes = 128 << 20

// MaxDepth bounds how deep the elements of an envelope nest.
const MaxDepth = 64

// DecodeError is the refusal of an envelope: what is wrong and where.
type DecodeError struct {
	// Line and Column are 1-based, the column counted in bytes; zero when the
	// refusal has no place.
	Line, Column int
	// Msg says what is wrong.
	Msg string
	// Err is the kind of the error; nil for a defect of the text.
	Err error
}

// Kinds of [DecodeError].
var (
	// ErrNotSOAP means that the data is no SOAP envelope: another document,
	// such as a web page, or no XML at all.
	ErrNotSOAP = errors.New("not a SOAP envelope")
	// ErrUnknownOperation means that the envelope asks for an operation that
	// this package does not know.
	ErrUnknownOperation = errors.New("unknown operation")
	// ErrOtherAnswer means that the envelope holds the answer to another
	// operation than the one asked for.
	ErrOtherAnswer = errors.New("answer to another operation")
	// ErrTooLarge means that an envelope is longer than its bound.
	ErrTooLarge = errors.New("envelope over its bound")
)

// Error implements error.
func (e *DecodeError) Error() string {
	b := []byte("wusp: ")
	if e.Line > 0 {
		b = append(b, "line "...)
		b = strconv.AppendInt(b, int64(e.Line), 10)
		b = append(b, ", column "...)
		b = strconv.AppendInt(b, int64(e.Column), 10)
		b = append(b, ": "...)
	}
	if e.Err != nil {
		b = append(b, e.Err.Error()...)
		if e.Msg != "" {
			b = append(b, ": "...)
		}
	}
	return string(append(b, e.Msg...))
}

// Unwrap returns Err.
func (e *DecodeError) Unwrap() error { return e.Err }

// reader reads one envelope.
type reader struct {
	tok   xmltok.Tokenizer
	short map[string]string // texts that occur again and again
	arena []byte            // what fragments are cut from
	block int               // size of the next block of it
}

const (
	// maxShort is the length of the longest text that is shared.
	maxShort = 32
	// maxShared bounds how many texts are shared.
	maxShared = 1 << 12
	// arenaBytes is the greatest size of a block that fragments are cut from.
	arenaBytes = 64 << 10
)

// fault is an error at the current token.
func (r *reader) fault(format string, args ...any) error {
	return located(r.tok.Errorf(format, args...))
}

// located turns an error of the tokenizer into one of this package.
func located(err error) error {
	if at, ok := errors.AsType[*xmltok.Error](err); ok {
		return &DecodeError{Line: at.Line, Column: at.Column, Msg: at.Msg}
	}
	return err
}

// next advances to the next tag and passes over text. ok is false at the end
// of the surrounding element.
func (r *reader) next() (ok bool, err error) {
	for {
		kind, err := r.tok.Next()
		if err != nil {
			return false, located(err)
		}
		if kind == xmltok.Start {
			return true, nil
		}
		if kind != xmltok.Text {
			return false, nil
		}
	}
}

// isNil reports whether the current element is one without a value.
func (r *reader) isNil() bool {
	if len(r.tok.Attrs()) == 0 {
		return false
	}
	v, ok := r.tok.Attr("nil")
	return ok && (string(v) == "true" || string(v) == "1")
}

func (r *reader) skip() error { return located(r.tok.Skip()) }

// text returns the text of the current element, valid until the next token.
func (r *reader) text() ([]byte, error) {
	b, err := r.tok.TextOf()
	if err != nil {
		return nil, located(err)
	}
	return b, nil
}

// word is text without the white space around it.
func (r *reader) word() ([]byte, error) {
	b, err := r.text()
	if err != nil || len(b) == 0 || b[0] > ' ' && b[len(b)-1] > ' ' {
		return b, err
	}
	return bytes.TrimSpace(b), nil
}

// share returns b as a string, the same one for the same short text.
func (r *reader) share(b []byte) string {
	if len(b) > maxShort {
		return string(b)
	}
	if s, ok := r.short[string(b)]; ok {
		return s
	}
	s := string(b)
	if r.short == nil {
		r.short = make(map[string]string)
	}
	if len(r.short) < maxShared {
		r.short[s] = s
	}
	return s
}

// keep copies b, which fragments are made of, to memory of its own.
func (r *reader) keep(b []byte) []byte {
	if len(b) > arenaBytes/4 {
		return bytes.Clone(b)
	}
	if len(b) > cap(r.arena)-len(r.arena) {
		r.arena = make([]byte, 0, max(r.block, len(b)))
	}
	from := len(r.arena)
	r.arena = append(r.arena, b...)
	return r.arena[from:len(r.arena):len(r.arena)]
}

// integer reads a number of at most bits bits.
func (r *reader) integer(lowest, highest int64) (int64, error) {
	b, err := r.word()
	if err != nil {
		return 0, err
	}
	n, ok := parseInt(b)
	if !ok || n < lowest || n > highest {
		return 0, r.fault("%s is no number from %d to %d", quote(b), lowest, highest)
	}
	return n, nil
}

// parseInt reads a decimal number.
func parseInt(b []byte) (int64, bool) {
	if n, ok := parseShort(b); ok {
		return n, true
	}
	n, err := strconv.ParseInt(string(b), 10, 64)
	return n, err == nil
}

// parseShort reads up to 9 decimal digits, the common case.
func parseShort(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > 9 {
		return 0, false
	}
	n := int64(0)
	for _, c := range b {
		if c -= '0'; c > 9 {
			return 0, false
		}
		n = n*10 + int64(c)
	}
	return n, true
}

func (r *reader) boolean() (bool, error) {
	b, err := r.word()
	if err != nil {
		return false, err
	}
	switch string(b) {
	case "true", "1", "True", "TRUE":
		return true, nil
	case "false", "0", "False", "FALSE", "":
		return false, nil
	}
	return false, r.fault("%s is no boolean", quote(b))
}

func (r *reader) guid() (compliance.UpdateID, error) {
	b, err := r.word()
	if err != nil {
		return compliance.UpdateID{}, err
	}
	if len(b) > 2 && b[0] == '{' && b[len(b)-1] == '}' {
		b = b[1 : len(b)-1]
	}
	var id compliance.UpdateID
	if err := id.UnmarshalText(b); err != nil {
		return compliance.UpdateID{}, r.fault("%s is no GUID", quote(b))
	}
	return id, nil
}

func (r *reader) binary() ([]byte, error) {
	b, err := r.text()
	if err != nil {
		return nil, err
	}
	if bytes.ContainsAny(b, " \t\r\n") {
		b = bytes.Map(func(c rune) rune {
			if c == ' ' || c == '\t' || c == '\r' || c == '\n' {
				return -1
			}
			return c
		}, b)
	}
	if len(b) == 0 {
		return nil, nil
	}
	data, err := base64.StdEncoding.AppendDecode(nil, b)
	if err != nil {
		return nil, r.fault("%s is no base64", quote(b))
	}
	return data, nil
}

// quote quotes a text of the envelope, cut short.
func quote(b []byte) string {
	const most = 40
	if len(b) > most {
		return strconv.Quote(strings.ToValidUTF8(string(b[:most]), "")) + "..."
	}
	return strconv.Quote(string(b))
}
