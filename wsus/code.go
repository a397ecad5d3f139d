package wsus

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// Code is a result code as the update agent and the scan agent log it: an
// HRESULT such as 0x80244010. Zero is success; a code with its highest bit
// set is a failure.
//
// Its text form is "0x" and eight upper-case hexadecimal digits. Site
// databases hold the same number as a signed 32-bit integer ([Code.Int32]),
// the published retry table as an unsigned decimal.
type Code uint32

// Codes of the ConfigMgr client. The numbering is that of 2012 and later;
// for 2007 only the retry table's 0x80040693 is known, from which the
// numbering 0x8004xxxx is inferred.
const (
	// CodeScanTimedOut means that the search took too long.
	CodeScanTimedOut Code = 0x87D00601
	// CodeContentLocationTimedOut means that the location request got no answer.
	CodeContentLocationTimedOut Code = 0x87D00602
	// CodeOfflineHistoryNotFound means that an offline scan found no metadata of an
	// earlier online scan (DEC-4).
	CodeOfflineHistoryNotFound Code = 0x87D00606
	// CodeInvalidLocation means that a location is not usable as given.
	CodeInvalidLocation Code = 0x87D00628
	// CodeRetriesExhausted means that every retry was used up (WF-9).
	CodeRetriesExhausted Code = 0x87D00630
	// CodeScanRetryPending means that the scan failed and will be retried (WF-9).
	CodeScanRetryPending Code = 0x87D00631
	// CodeSourceNotFound means that there is no location to scan against (WF-6).
	CodeSourceNotFound Code = 0x87D00691
	// CodeGroupPolicyConflict means that policy from a higher authority names
	// another server (WF-5).
	CodeGroupPolicyConflict Code = 0x87D00692
	// CodeAgentTooOld means that the update agent's version is too low.
	CodeAgentTooOld Code = 0x87D00693
	// CodeAgentTooOld2007 is CodeAgentTooOld in the numbering inferred for
	// 2007; it is the first entry of the documented retry table.
	CodeAgentTooOld2007 Code = 0x80040693
	// CodeIncompleteResults means that the scan's results are not complete.
	CodeIncompleteResults Code = 0x87D00695
)

// Codes of the update agent.
const (
	// CodeCancelled means that the operation was cancelled
	// (WU_E_CALL_CANCELLED). A scan that was cut short is not a failure
	// (WF-10): [RetryPolicy.Next] uses up no retry for it, and it is reported
	// as no failure.
	CodeCancelled Code = 0x8024000B
	// CodeServiceStop means that the service or the system was being shut down.
	CodeServiceStop Code = 0x8024001E
	// CodeSOAPFault means that the server answered with a SOAP fault.
	CodeSOAPFault Code = 0x80244007
	// CodeSOAPFaultParse means that the server's SOAP fault could not be read.
	CodeSOAPFaultParse Code = 0x80244008
	// CodeRead means that the answer could not be read from the server.
	CodeRead Code = 0x80244009
	// CodeParse means that the answer was read but not understood.
	CodeParse Code = 0x8024400A
	// CodeSOAPClient means that the server found the request malformed.
	CodeSOAPClient Code = 0x8024400D
	// CodeSOAPServer means that the server failed to process the request.
	CodeSOAPServer Code = 0x8024400E
	// CodeMaxServerTrips means that one scan took more round trips than the
	// agent's fixed 200.
	CodeMaxServerTrips Code = 0x80244010
	// CodeServerNotSet means that the WUServer policy value is missing.
	CodeServerNotSet Code = 0x80244011
	// CodeRefreshCacheRequired means that the server changed or refused the cookie.
	CodeRefreshCacheRequired Code = 0x80244015
	// CodeHTTPNotMapped stands for an HTTP status that has no code of its own.
	CodeHTTPNotMapped Code = 0x8024402B
	// CodeNameNotResolved means that the server's or the proxy's name could not
	// be resolved.
	CodeNameNotResolved Code = 0x8024402C
	// CodeCommunication is a communication error that no other code covers.
	CodeCommunication Code = 0x80244FFF
	// CodeServerBusy means that the server rejected the request because it was
	// busy.
	CodeServerBusy Code = 0x8024F004
)

// Codes of the HTTP stack under the agent: 0x80070000 plus its error number,
// which starts at 12000. That the retry table's 0x80072EFD and 0x80072EFE are
// "cannot connect" and "connection aborted" was recalled, not read, when the
// facts were collected; the published numbers 12029 and 12030 agree.
const (
	// CodeTimeout means that the operation timed out (12002). It is not in the
	// documented retry table: see [WiderRetryCodes].
	CodeTimeout Code = 0x80072EE2
	// CodeWinINetNameNotResolved is the other spelling of
	// CodeNameNotResolved (12007).
	CodeWinINetNameNotResolved Code = 0x80072EE7
	// CodeCannotConnect means no connection to the server (12029, recalled).
	CodeCannotConnect Code = 0x80072EFD
	// CodeConnectionAborted means that the connection ended early (12030,
	// recalled).
	CodeConnectionAborted Code = 0x80072EFE
	// CodeConnectionReset means that the server reset the connection (12031).
	CodeConnectionReset Code = 0x80072EFF
	// CodeSecureChannel means that the TLS handshake failed for a reason other
	// than the server's certificate (12157).
	CodeSecureChannel Code = 0x80072F7D
	// CodeSecureFailure means that the server's certificate is not acceptable
	// (12175).
	CodeSecureFailure Code = 0x80072F8F
	// CodeUnspecified is the general failure, E_FAIL: what [CodeOf] returns
	// for an error it knows nothing about.
	CodeUnspecified Code = 0x80004005
)

// ErrBadCode is matched by the errors of [ParseCode] and
// [Code.UnmarshalText].
var ErrBadCode = errors.New("not a result code")

// Failed reports whether the code is a failure: its highest bit is set.
func (c Code) Failed() bool { return c&(1<<31) != 0 }

// Int32 returns the code as the signed number that databases and scripts
// show, such as -2016409966 for 0x87D00692.
func (c Code) Int32() int32 { return int32(uint32(c)) }

// String returns the text form, such as "0x87D00692".
func (c Code) String() string {
	b, _ := c.AppendText(make([]byte, 0, 10))
	return string(b)
}

// AppendText appends the text form. The error is always nil.
func (c Code) AppendText(b []byte) ([]byte, error) {
	const digits = "0123456789ABCDEF"
	b = append(b, '0', 'x')
	for shift := 28; shift >= 0; shift -= 4 {
		b = append(b, digits[c>>shift&0xF])
	}
	return b, nil
}

// MarshalText returns the text form. The error is always nil.
func (c Code) MarshalText() ([]byte, error) { return c.AppendText(nil) }

// UnmarshalText reads what [ParseCode] reads. On error the receiver is
// unchanged.
func (c *Code) UnmarshalText(text []byte) error {
	v, err := ParseCode(string(text))
	if err != nil {
		return err
	}
	*c = v
	return nil
}

// ParseCode reads a code in any of the forms it is published in: hexadecimal
// with a "0x" or "0X" prefix, one to eight digits of either case; or decimal,
// -2147483648 to 4294967295, where a negative number is the signed form. A
// plus sign, blanks and underscores are refused. Errors match [ErrBadCode].
func ParseCode(s string) (Code, error) {
	digits, base := s, 10
	if len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') {
		digits, base = s[2:], 16
	}
	if base == 16 && len(digits) > 8 {
		return 0, fmt.Errorf("wsus: parse code: %w: %s", ErrBadCode, quote(s))
	}
	if base == 10 && strings.HasPrefix(digits, "-") {
		n, err := strconv.ParseInt(digits, 10, 32)
		if err != nil {
			return 0, fmt.Errorf("wsus: parse code: %w: %s", ErrBadCode, quote(s))
		}
		return Code(uint32(int32(n))), nil
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil {
		return 0, fmt.Errorf("wsus: parse code: %w: %s", ErrBadCode, quote(s))
	}
	return Code(n), nil
}

// Name returns the documented name or text of the code: the symbol for codes
// of the update agent ("WU_E_PT_EXCEEDED_MAX_SERVER_TRIPS") and its HTTP
// stack, the message for codes of the ConfigMgr client ("Group policy
// conflict"). It returns "" for a code that is not documented, zero
// included.
func (c Code) Name() string {
	i, ok := slices.BinarySearchFunc(codeNames[:], c, func(n codeName, c Code) int {
		return cmp.Compare(n.code, c)
	})
	if !ok {
		return ""
	}
	return codeNames[i].name
}

// Codes returns every code that has a name, in ascending order.
func Codes() iter.Seq[Code] {
	return func(yield func(Code) bool) {
		for i := range codeNames {
			if !yield(codeNames[i].code) {
				return
			}
		}
	}
}

// firstHTTPCode is the code of the first status in httpStatuses; the others
// follow without a gap.
const firstHTTPCode Code = 0x80244016

// httpStatuses returns the HTTP statuses that have a code, in the order of
// their codes.
func httpStatuses() [15]int {
	return [15]int{400, 401, 403, 404, 405, 407, 408, 409, 410, 500, 501, 502, 503, 504, 505}
}

// CodeForHTTPStatus returns the agent's code for the status of an HTTP
// answer: 0 for 200 to 299, a code of its own for the fifteen statuses that
// have one (0x80244016 for 400 up to 0x80244024 for 505), and
// [CodeHTTPNotMapped] for any other number.
func CodeForHTTPStatus(status int) Code {
	if status >= 200 && status <= 299 {
		return 0
	}
	for i, s := range httpStatuses() {
		if s == status {
			return firstHTTPCode + Code(i)
		}
	}
	return CodeHTTPNotMapped
}

// HTTPStatus returns the HTTP status that the code stands for, and whether
// it stands for one.
func (c Code) HTTPStatus() (int, bool) {
	statuses := httpStatuses()
	if c < firstHTTPCode || c >= firstHTTPCode+Code(len(statuses)) {
		return 0, false
	}
	return statuses[c-firstHTTPCode], true
}
