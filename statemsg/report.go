package statemsg

import (
	"errors"
	"slices"
	"strconv"
	"time"
)

// Bounds of a report (MSG-9).
const (
	// MaxReportMessages is the most messages a report can have.
	MaxReportMessages = 100_000
	// MaxReportBytes is the largest report in its wire form, 64 MiB.
	MaxReportBytes = 64 << 20
)

// Sentinels of the report codec.
var (
	// ErrReport is what every [DecodeError] unwraps to.
	ErrReport = errors.New("statemsg: report")
	// ErrNoMessages is the refusal of AppendReport to write a report without
	// messages.
	ErrNoMessages = errors.New("statemsg: report: no messages")
	// ErrReportSize is the refusal of AppendReport to write a report beyond
	// MaxReportMessages or MaxReportBytes.
	ErrReportSize = errors.New("statemsg: report: too large")
)

// DecodeError tells where and why a report was refused.
type DecodeError struct {
	// Line and Column count from 1, the column in bytes of the UTF-8 form that
	// the report has after conversion. Both are 0 when the report was refused
	// as a whole, before its first character.
	Line, Column int
	// Reason says what was wrong. It may quote the report, cut short.
	Reason string
}

// Error implements error: "statemsg: report: line 1, column 77: ...".
func (e *DecodeError) Error() string {
	if e.Line == 0 {
		return "statemsg: report: " + e.Reason
	}
	return "statemsg: report: line " + strconv.Itoa(e.Line) + ", column " + strconv.Itoa(e.Column) + ": " + e.Reason
}

// Unwrap returns [ErrReport].
func (e *DecodeError) Unwrap() error { return ErrReport }

// Report is what goes over the wire (MSG-9): who sends, when the report was
// made, and one message or more.
type Report struct {
	Client   Client
	Date     time.Time // when the report was made; UTC, microseconds
	Messages []Message
}

// NewReport returns the report of a batch. It shares the batch's messages.
func NewReport(c Client, b Batch) *Report {
	return &Report{Client: c.Normal(), Date: b.Date, Messages: b.Messages}
}

// Clone returns a report that shares nothing with r but texts.
func (r *Report) Clone() Report {
	c := *r
	c.Messages = slices.Clone(r.Messages)
	for i := range c.Messages {
		c.Messages[i].Params = slices.Clone(c.Messages[i].Params)
	}
	return c
}

// reportFixedBytes bounds the wire form of what a report holds besides its
// messages.
const reportFixedBytes = 16 << 10

// messageBound bounds the wire form of a message in bytes: two a character, and
// no byte of a text needs more than six characters in its place.
func messageBound(m *Message) int {
	text := len(m.TopicID) + len(m.Details)
	for _, p := range m.Params {
		text += len(p)
	}
	return 2*messageFixedChars + 12*text
}

// messageFixedChars bounds what a message needs besides its texts: names,
// numbers, time and five parameters' tags come to about 430 characters.
const messageFixedChars = 512
