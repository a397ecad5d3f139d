package statemsgtest

import (
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/updatescan/updatescan/statemsg"
)

// Bounds of messages (MSG-1), written down once more.
const (
	maxParams     = 5
	maxTopicID    = 256
	maxParam      = 2048
	maxDetails    = 65536
	maxClientText = 256

	maxSerial uint64 = 1<<63 - 1
)

// checkMessage says, as a *[statemsg.MessageError], why a report could not
// carry m, with at most the given number of parameters.
func checkMessage(m statemsg.Message, params int) error {
	refuse := func(field, reason string) error { return &statemsg.MessageError{Field: field, Reason: reason} }
	if m.TopicType == 0 {
		return refuse("TopicType", "zero")
	}
	if m.TopicID == "" || !carries(m.TopicID, maxTopicID) {
		return refuse("TopicID", "empty, too long, or not a text of XML")
	}
	if len(m.Params) > params {
		return refuse("Params", fmt.Sprintf("%d of them", len(m.Params)))
	}
	for i, p := range m.Params {
		if !carries(p, maxParam) {
			return refuse(fmt.Sprintf("Params[%d]", i), "too long, or not a text of XML")
		}
	}
	if !carries(m.Details, maxDetails) {
		return refuse("Details", "too long, or not a text of XML")
	}
	if !carriesTime(m.Time) {
		return refuse("Time", "missing, or outside the years 1 to 9999")
	}
	if m.Serial > maxSerial {
		return refuse("Serial", "too large")
	}
	return nil
}

// carries says whether s is UTF-8 of at most limit bytes whose characters are
// all characters of XML 1.0.
func carries(s string, limit int) bool {
	if len(s) > limit || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		tabOrLineEnd := r == '\t' || r == '\n' || r == '\r'
		if r < ' ' && !tabOrLineEnd || r == '\uFFFE' || r == '\uFFFF' {
			return false
		}
	}
	return true
}

// carriesTime says whether a report can hold t: it is in the years 1 to 9999
// and not the zero time, once what is finer than a microsecond is cut off.
func carriesTime(t time.Time) bool {
	t = t.UTC().Truncate(time.Microsecond)
	return t.Year() >= 1 && t.Year() <= 9999 && !t.IsZero()
}
