package statemsg

import (
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// Bounds of a message. A message beyond them is refused by Validate, by
// [Outbox.Record] and on both ways of the report codec.
const (
	// MaxParams is the most parameters a message can have (MSG-1).
	MaxParams = 5
	// MaxTopicIDBytes is the longest topic id, in bytes of UTF-8.
	MaxTopicIDBytes = 256
	// MaxParamBytes is the longest parameter, in bytes of UTF-8.
	MaxParamBytes = 2048
	// MaxDetailsBytes is the longest details text, in bytes of UTF-8.
	MaxDetailsBytes = 64 << 10
)

// ErrInvalidMessage is what every [MessageError] unwraps to.
var ErrInvalidMessage = errors.New("statemsg: invalid message")

// ErrUnknownText is returned by the text parsers for a text that names
// nothing.
var ErrUnknownText = errors.New("unknown text")

// MessageError tells which field of a message is invalid and why.
type MessageError struct {
	Field  string // the Go name of the field, such as "TopicID" or "Params[2]"
	Reason string
}

// Error implements error.
func (e *MessageError) Error() string {
	return "statemsg: invalid message: " + e.Field + ": " + e.Reason
}

// Unwrap returns [ErrInvalidMessage].
func (e *MessageError) Unwrap() error { return ErrInvalidMessage }

// Message is one state message (MSG-1): the state of one topic at a point in
// time. Of a message inside an [Outbox], a [Batch] or a [Report] the Params
// must not be modified.
type Message struct {
	// TopicType is what the message is about; zero is refused.
	TopicType TopicType
	// TopicID names the topic among those of its type: of an update its id's
	// text form. From 1 to MaxTopicIDBytes bytes.
	TopicID string
	// IDType is the topic id type.
	IDType uint8
	// StateID is the state; its meaning depends on TopicType.
	StateID StateID
	// Criticality is carried as it is; its meaning is not documented.
	Criticality int32
	// Params are up to MaxParams parameters of up to MaxParamBytes bytes each.
	Params []string
	// Details is free text, usually empty, up to MaxDetailsBytes bytes.
	Details string
	// Time is when the state changed. The wire and the stored form keep UTC
	// and microseconds: what is finer is cut off by [Outbox.Record] and
	// [AppendReport].
	Time time.Time
	// Serial is 0 until the message is first put in a batch (MSG-5). On the
	// wire it is optional, and 0 when it is left out.
	Serial uint64
}

// Validate reports the first field that a report could not carry, as a
// *[MessageError]: too many parameters, a text that is empty where it must not
// be, too long, not UTF-8 or with a character that XML 1.0 cannot carry, a
// time that is missing or outside the years 1 to 9999.
func (m *Message) Validate() error {
	if m.TopicType == 0 {
		return &MessageError{"TopicType", "zero"}
	}
	if m.TopicID == "" {
		return &MessageError{"TopicID", "empty"}
	}
	if reason := checkText(m.TopicID, MaxTopicIDBytes); reason != "" {
		return &MessageError{"TopicID", reason}
	}
	if len(m.Params) > MaxParams { // MSG-1
		return &MessageError{"Params", fmt.Sprintf("%d of them, at most %d", len(m.Params), MaxParams)}
	}
	for i, p := range m.Params {
		if reason := checkText(p, MaxParamBytes); reason != "" {
			return &MessageError{fmt.Sprintf("Params[%d]", i), reason}
		}
	}
	if reason := checkText(m.Details, MaxDetailsBytes); reason != "" {
		return &MessageError{"Details", reason}
	}
	if timeMissing(m.Time) {
		return &MessageError{"Time", "missing"}
	}
	if !timeRepresentable(m.Time) {
		return &MessageError{"Time", "outside the years 1 to 9999"}
	}
	if m.Serial > MaxSerial {
		return &MessageError{"Serial", "too large"}
	}
	return nil
}

// normalize makes m what the wire and the stored form keep, with parameters of
// its own.
func (m *Message) normalize() {
	m.Time = wireTime(m.Time)
	m.Params = slices.Clone(m.Params)
	if len(m.Params) == 0 {
		m.Params = nil
	}
}

// wireTime is t in UTC without what is finer than a microsecond.
func wireTime(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// timeRepresentable says whether a CIM date-time in UTC can hold t.
func timeRepresentable(t time.Time) bool {
	s := t.Unix()
	return s >= minUnix && s <= maxUnix
}

// timeMissing says whether a representable t is the zero time once what is finer
// than a microsecond is cut off.
func timeMissing(t time.Time) bool { return t.Unix() == minUnix && t.Nanosecond() < 1000 }

// The first and the last second of the years 1 to 9999 in UTC.
const (
	minUnix = -62135596800
	maxUnix = 253402300799
)

// checkText returns why s cannot stand in a report; "" when it can.
func checkText(s string, limit int) string {
	if len(s) > limit {
		return fmt.Sprintf("%d bytes long, at most %d", len(s), limit)
	}
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c < utf8.RuneSelf {
			i++
			continue
		}
		if c < 0x20 {
			if c != '\t' && c != '\n' && c != '\r' {
				return fmt.Sprintf("control character U+%04X at byte %d", c, i)
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			return fmt.Sprintf("not UTF-8 at byte %d", i)
		}
		if r == 0xFFFE || r == 0xFFFF {
			return fmt.Sprintf("character U+%04X at byte %d", r, i)
		}
		i += n
	}
	return ""
}
