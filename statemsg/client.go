package statemsg

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// MaxClientTextBytes is the longest text of a [Client], in bytes of UTF-8.
const MaxClientTextBytes = 256

// ErrInvalidClient is what every [ClientError] unwraps to.
var ErrInvalidClient = errors.New("statemsg: invalid client")

// ClientError tells which field of a client is invalid and why.
type ClientError struct {
	Field  string
	Reason string
}

// Error implements error.
func (e *ClientError) Error() string { return "statemsg: invalid client: " + e.Field + ": " + e.Reason }

// Unwrap returns [ErrInvalidClient].
func (e *ClientError) Unwrap() error { return ErrInvalidClient }

// Client identifies the sender in a report's header.
type Client struct {
	// ID is "GUID:" and the client's GUID in 36 characters of any case. A bare
	// GUID is accepted and prefixed where the ID is written or read.
	ID string
	// Version is the client's version, such as "4.00.6487.2000"; it may be
	// empty.
	Version string
	// NetBIOSName is the computer's name; it may be empty.
	NetBIOSName string
	// CodePage is the system's code page, such as 437; not negative.
	CodePage int
	// LCID is the system's default locale, such as 1033; not negative.
	LCID int
}

// idPrefix begins every client id.
const idPrefix = "GUID:"

// Normal returns the client with its ID in the form that reports have. The ID
// of an invalid client is left as it is.
func (c Client) Normal() Client {
	if isGUID(c.ID) {
		c.ID = idPrefix + c.ID
	}
	return c
}

// Validate reports the first field that a report could not carry, as a
// *[ClientError].
func (c Client) Validate() error {
	if e := c.invalid(); e != nil {
		return e
	}
	return nil
}

// invalid is the first fault of the client, nil if there is none.
func (c Client) invalid() *ClientError {
	if !isGUID(strings.TrimPrefix(c.ID, idPrefix)) {
		return &ClientError{"ID", fmt.Sprintf("%.64q is not GUID:xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", c.ID)}
	}
	if reason := checkText(c.Version, MaxClientTextBytes); reason != "" {
		return &ClientError{"Version", reason}
	}
	if reason := checkText(c.NetBIOSName, MaxClientTextBytes); reason != "" {
		return &ClientError{"NetBIOSName", reason}
	}
	if c.CodePage < 0 || c.CodePage > math.MaxInt32 {
		return &ClientError{"CodePage", "out of range"}
	}
	if c.LCID < 0 || c.LCID > math.MaxInt32 {
		return &ClientError{"LCID", "out of range"}
	}
	return nil
}

// isGUID says whether s is 36 characters of hexadecimal digits and hyphens in
// their places.
func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if s[i] != '-' {
				return false
			}
			continue
		}
		c := s[i] | 0x20
		if (c < '0' || c > '9' || s[i] < '0') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
