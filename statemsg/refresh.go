package statemsg

import (
	"strconv"
	"time"
)

// RefreshTopicID is the topic id of the message that ends a full refresh.
const RefreshTopicID = "refresh"

// RefreshRecorded is the state id of the message that ends a full refresh.
const RefreshRecorded StateID = 1

// RefreshMarker returns the message that ends a full refresh (DIFF-8, SITE-9):
// "all I know has been recorded again in the serials from the given one to the
// one before this message's own, and nothing else is known to me". On the wire it
// is a message like any other: topic type 700, topic id "refresh", state 1, and
// two parameters, from and request in decimal digits.
//
// from is the last serial that was used when the refresh began, plus 1; request
// the number of the site's resync request that the refresh answers, 0 when the
// client refreshes on its own account; at when it was recorded.
//
// So that the marker gets the last serial of the refresh, and an old one is never
// sent again, a client that holds an [Outbox] does, in one commit:
//
//	from := o.LastSerial() + 1
//	o.Forget(statemsg.Resync, statemsg.RefreshTopicID)
//	o.Refresh()
//	err := o.Record(statemsg.RefreshMarker(from, request, at))
func RefreshMarker(from, request uint64, at time.Time) Message {
	return Message{
		TopicType: Resync,
		TopicID:   RefreshTopicID,
		IDType:    IDTypeNone,
		StateID:   RefreshRecorded,
		Params:    []string{strconv.FormatUint(from, 10), strconv.FormatUint(request, 10)},
		Time:      at,
	}
}

// IsRefreshMarker says whether the topic is that of a [RefreshMarker]. Whether
// the rest of it makes sense is for [ParseRefreshMarker].
func (m *Message) IsRefreshMarker() bool {
	return m.TopicType == Resync && m.TopicID == RefreshTopicID
}

// ParseRefreshMarker returns what [RefreshMarker] was given. It is refused with a
// *[MessageError]
//
//  1. when its topic is not that of a marker, or its state another;
//  2. when it has not exactly two parameters, each a number in decimal digits
//     without sign or leading zeros, at most [MaxSerial];
//  3. when it has no serial of its own, or from is 0 or above that serial. A
//     refresh of a client that knows nothing is the marker alone: from is its
//     own serial.
//
// Parameters beyond those are not allowed for now: whoever adds a third must also
// choose another state.
func ParseRefreshMarker(m *Message) (from, request uint64, err error) {
	if m.TopicType != Resync {
		return 0, 0, &MessageError{"TopicType", "not that of a refresh marker"}
	}
	if m.TopicID != RefreshTopicID {
		return 0, 0, &MessageError{"TopicID", "not that of a refresh marker"}
	}
	if m.StateID != RefreshRecorded {
		return 0, 0, &MessageError{"StateID", "not that of a refresh marker"}
	}
	if len(m.Params) != 2 {
		return 0, 0, &MessageError{"Params", "a refresh marker has two"}
	}
	from, ok := parseSerial(m.Params[0])
	if !ok {
		return 0, 0, &MessageError{"Params[0]", "not a serial"}
	}
	request, ok = parseSerial(m.Params[1])
	if !ok {
		return 0, 0, &MessageError{"Params[1]", "not a number of a request"}
	}
	if m.Serial == 0 {
		return 0, 0, &MessageError{"Serial", "a refresh marker has one"}
	}
	if from == 0 || from > m.Serial {
		return 0, 0, &MessageError{"Params[0]", "not from 1 to the serial of the refresh marker"}
	}
	return from, request, nil
}

// answeredResync is the number of the resync that the last marker in o answers, 0
// when there is none.
func answeredResync(o *Outbox) uint64 {
	m, _, ok := o.Last(Resync, RefreshTopicID)
	if !ok || len(m.Params) != 2 {
		return 0
	}
	n, _ := parseSerial(m.Params[1])
	return n
}

// parseSerial reads decimal digits without sign or leading zeros, at most
// MaxSerial.
func parseSerial(s string) (uint64, bool) {
	n, err := strconv.ParseUint(s, 10, 63)
	if err != nil || s[0] == '+' || s[0] == '0' && len(s) > 1 {
		return 0, false
	}
	return n, true
}
