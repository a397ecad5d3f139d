package netcode

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/url"
	"syscall"

	"github.com/updatescan/updatescan/wsus"
)

// Classify returns the result code of an error from the network. The rules,
// in order:
//
//  1. nil: 0.
//  2. An error that carries a code ([wsus.FindCode]): that code.
//  3. [context.Canceled]: [wsus.CodeCancelled]. This is not a failure: a scan
//     cut short uses up no retry (WF-10), and [wsus.RetryPolicy.Next] knows
//     the code. A deadline that passed is rule 6.
//  4. A name that could not be resolved, for whatever reason, a DNS time-out
//     included: 0x8024402C, which the agent documents for this.
//  5. A server certificate that was not accepted: 0x80072F8F, the HTTP
//     stack's one code for every fault of a certificate; that the agent logs
//     it is this library's choice. Any other failure of the TLS handshake,
//     such as an alert of the server or an answer that is not TLS:
//     0x80072F7D, likewise.
//  6. A time-out, of a deadline, of a connection attempt or of a read:
//     0x80072EE2, seen in published logs.
//  7. No connection, such as one refused or a network that is not reachable:
//     0x80072EFD (recalled).
//  8. A connection that ended early, reset, aborted or closed, an end of
//     file in the middle included: 0x80072EFE (recalled).
//  9. Any other error of an HTTP client or of package net: 0x80244FFF, the
//     agent's code for a communication error without one of its own.
//  10. Anything else: what [wsus.CodeOf] returns.
//
// It is pure and safe for concurrent use.
func Classify(err error) wsus.Code {
	if err == nil {
		return 0
	}
	if c, ok := wsus.FindCode(err); ok {
		return c
	}
	if errors.Is(err, context.Canceled) { // WF-10
		return wsus.CodeCancelled
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return wsus.CodeNameNotResolved
	}
	if c := secure(err); c != 0 {
		return c
	}
	if timedOut(err) {
		return wsus.CodeTimeout
	}
	if c := broken(err); c != 0 {
		return c
	}
	_, fromClient := errors.AsType[*url.Error](err)
	_, fromNet := errors.AsType[net.Error](err)
	if fromClient || fromNet {
		return wsus.CodeCommunication
	}
	return wsus.CodeOf(err)
}

// Error wraps an error from the network in a [*wsus.Error] with the code of
// [Classify] and the operation, such as "retrieve". It returns nil for nil.
// The error stays in the chain, so that errors.Is still finds
// [context.Canceled] in the result.
func Error(op string, err error) error {
	if err == nil {
		return nil
	}
	return &wsus.Error{Op: op, Code: Classify(err), Err: err}
}

// secure returns the code of a failed TLS handshake, 0 when it was none.
func secure(err error) wsus.Code {
	if is[*tls.CertificateVerificationError](err) ||
		is[x509.CertificateInvalidError](err) ||
		is[x509.HostnameError](err) ||
		is[x509.UnknownAuthorityError](err) ||
		is[x509.SystemRootsError](err) ||
		is[x509.ConstraintViolationError](err) ||
		is[x509.UnhandledCriticalExtension](err) {
		return wsus.CodeSecureFailure
	}
	if is[tls.RecordHeaderError](err) || is[tls.AlertError](err) || is[*tls.ECHRejectionError](err) {
		return wsus.CodeSecureChannel
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		// crypto/tls reports alerts as operations of this name; the alert
		// itself has no exported type there.
		if op.Op == "remote error" || op.Op == "local error" {
			return wsus.CodeSecureChannel
		}
	}
	return 0
}

// is reports whether an error of type E is in err's chain.
func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// timedOut reports whether err is a time-out of any kind.
func timedOut(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, syscall.ETIMEDOUT) {
		return true
	}
	t, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	return ok && t.Timeout()
}

// broken returns the code of a connection that was not made or that ended
// early, 0 when it was neither.
func broken(err error) wsus.Code {
	// What was attempted decides first: the system's error numbers differ
	// between platforms, the operation's name does not. Connecting through
	// a proxy nests one operation in another.
	for e := err; e != nil; {
		op, ok := errors.AsType[*net.OpError](e)
		if !ok {
			break
		}
		if op.Op == "dial" || op.Op == "proxyconnect" || op.Op == "socks connect" {
			return wsus.CodeCannotConnect
		}
		if op.Op == "read" || op.Op == "write" || op.Op == "readfrom" || op.Op == "writeto" {
			return wsus.CodeConnectionAborted
		}
		e = op.Err
	}
	for _, no := range []error{
		syscall.ECONNREFUSED, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EHOSTDOWN, syscall.EADDRNOTAVAIL,
	} {
		if errors.Is(err, no) {
			return wsus.CodeCannotConnect
		}
	}
	for _, end := range []error{
		syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EPIPE, io.ErrUnexpectedEOF, io.EOF, net.ErrClosed,
	} {
		if errors.Is(err, end) {
			return wsus.CodeConnectionAborted
		}
	}
	return 0
}
