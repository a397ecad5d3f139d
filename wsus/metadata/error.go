package metadata

import (
	"errors"
	"io/fs"
	"strconv"
	"unicode"

	"github.com/updatescan/updatescan/internal/xmltok"
)

var (
	// ErrForm means that a document is well-formed as far as it was read, but
	// its root element is none of the forms of metadata.
	ErrForm = errors.New("no form of update metadata")
	// ErrCabinet means that the data is a cabinet file, which is not read: it
	// has to be expanded first.
	ErrCabinet = errors.New("cabinet files are not read")
	// ErrLimit means that the input is larger than a bound of [Options].
	ErrLimit = errors.New("over a limit")
	// ErrEntry means that an entry of an archive cannot be trusted or read: its
	// name leaves the archive or occurs twice, or it is encrypted or damaged.
	ErrEntry = errors.New("bad archive entry")
)

// Error is the refusal of a document: which, where and why.
type Error struct {
	// File is the document's name: Options.Origin, or the entry of a folder or
	// archive. It is empty when the caller gave no name.
	File string
	// Line and Column are 1-based, the column counted in bytes. Both are zero
	// when the refusal has no place in a text.
	Line, Column int
	// Msg says what is wrong.
	Msg string
	// Err is the kind or the cause of the error; nil for a defect of the text.
	Err error
}

// Error returns "metadata: file:line:column: message".
func (e *Error) Error() string {
	b := append(make([]byte, 0, 128), "metadata: "...)
	if e.File != "" {
		b = append(b, printable(e.File)...)
		if e.Line == 0 {
			b = append(b, ':', ' ')
		}
	}
	if e.Line != 0 {
		if e.File == "" {
			b = append(b, "line "...)
		} else {
			b = append(b, ':')
		}
		b = strconv.AppendInt(b, int64(e.Line), 10)
		b = append(b, ':')
		b = strconv.AppendInt(b, int64(e.Column), 10)
		b = append(b, ':', ' ')
	}
	return string(append(b, e.Msg...))
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// missing is the refusal of an argument that is nil.
func missing(file, what string) *Error {
	return &Error{File: file, Msg: what + " is nil", Err: fs.ErrInvalid}
}

// printable returns a name as it is, or quoted when it could disturb a
// terminal or a log.
func printable(name string) string {
	for _, c := range name {
		if !unicode.IsPrint(c) {
			return strconv.Quote(name)
		}
	}
	return name
}

// located turns an error met while reading the named document into an *Error.
func located(file string, err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		if e.File == "" {
			e.File = file
		}
		return e
	}
	if e, ok := errors.AsType[*xmltok.Error](err); ok {
		return &Error{File: file, Line: e.Line, Column: e.Column, Msg: e.Msg}
	}
	if e, ok := errors.AsType[*xmltok.EncodingError](err); ok {
		return &Error{File: file, Msg: "UTF-16: " + e.Msg + " at byte " + strconv.Itoa(e.Offset), Err: err}
	}
	return &Error{File: file, Msg: err.Error(), Err: err}
}
