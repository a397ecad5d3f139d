package wsus

import (
	"context"
	"errors"
	"strconv"
	"strings"
)

// Error is a failure with a result code. A nil *Error inside an error says
// nothing: it has no code and no cause.
type Error struct {
	// Op is what was attempted: "locate", "set policy", "retrieve" or
	// "evaluate".
	Op string
	// Code is the result code; it should be a failure.
	Code Code
	// Err is the cause; it may be nil.
	Err error
}

// Error implements error: the operation, the code with its name, the cause.
func (e *Error) Error() string {
	if e == nil {
		return "wsus: unknown failure"
	}
	var b strings.Builder
	b.WriteString("wsus: ")
	if e.Op != "" {
		b.WriteString(e.Op)
		b.WriteString(": ")
	}
	b.WriteString(e.Code.String())
	if name := e.Code.Name(); name != "" {
		b.WriteString(" (" + name + ")")
	}
	if e.Err != nil {
		b.WriteString(": ")
		b.WriteString(e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.Err
}

// CodeOf returns the code of an error. It is 0 only for a nil error, and for
// any other the first of these that holds:
//
//  1. the code that [FindCode] finds;
//  2. for an error that is [context.Canceled], [CodeCancelled], which is not
//     a failure (WF-10);
//  3. for an error that is [context.DeadlineExceeded], or that has a method
//     Timeout() bool which says true, [CodeTimeout];
//  4. [CodeUnspecified].
//
// Errors of Go's net packages are told apart further by package netcode.
func CodeOf(err error) Code {
	if err == nil {
		return 0
	}
	if c, ok := FindCode(err); ok {
		return c
	}
	if errors.Is(err, context.Canceled) { // WF-10
		return CodeCancelled
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return CodeTimeout
	}
	var t interface{ Timeout() bool }
	if errors.As(err, &t) && t.Timeout() {
		return CodeTimeout
	}
	return CodeUnspecified
}

// FindCode returns the first code that an error carries, in the order in
// which [errors.As] looks: that of an [*Error], or of any error with a method
// Code() Code. A carried code of 0 is passed over. It reports false when no
// error in the chain carries one.
func FindCode(err error) (Code, bool) {
	for err != nil {
		switch e := err.(type) { //nolint:errorlint // this is the walk along the chain: errors.As would stop at a code of 0
		case *Error:
			if e != nil && e.Code != 0 {
				return e.Code, true
			}
		case interface{ Code() Code }:
			if c := e.Code(); c != 0 {
				return c, true
			}
		}
		switch u := err.(type) { //nolint:errorlint // this is the walk along the chain
		case interface{ Unwrap() error }:
			err = u.Unwrap()
		case interface{ Unwrap() []error }:
			for _, branch := range u.Unwrap() {
				if c, ok := FindCode(branch); ok {
					return c, true
				}
			}
			return 0, false
		default:
			return 0, false
		}
	}
	return 0, false
}

// maxQuoted is how many bytes of a foreign text an error message repeats.
const maxQuoted = 80

// quote returns s as a Go string literal, cut to maxQuoted bytes.
func quote(s string) string {
	if len(s) > maxQuoted {
		return strconv.Quote(s[:maxQuoted]) + "..."
	}
	return strconv.Quote(s)
}
