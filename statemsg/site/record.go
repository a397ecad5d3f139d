package site

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/updatescan/updatescan/statemsg"
)

// RecordFault says what is wrong with a record of a report, "" when nothing is
// (SITE-7). It is bad when
//
//  1. it is not a message that a report can carry (see [statemsg.Message]);
//  2. its topic type is 500 and its state none of the four (DIFF-1);
//  3. it has the topic of a refresh marker and is none; see
//     [statemsg.ParseRefreshMarker].
//
// Topic types and states that this package does not know are good: other features
// use them.
func RecordFault(m *statemsg.Message) string {
	if err := m.Validate(); err != nil {
		return err.Error()
	}
	if m.TopicType == statemsg.UpdateDetection && m.StateID > statemsg.DetectionInstalled {
		return fmt.Sprintf("state %d of topic type 500", m.StateID)
	}
	if m.IsRefreshMarker() {
		if _, _, err := statemsg.ParseRefreshMarker(m); err != nil {
			return err.Error()
		}
	}
	return ""
}

// sort is step 2: it judges the records and brings them in order. The usual
// report is good and in order, and is not copied.
func (in *intake) sort(messages []statemsg.Message) {
	before := uint64(0)
	plain := true
	for i := range messages {
		m := &messages[i]
		if m.Serial <= before || !wireTime(m.Time) || RecordFault(m) != "" {
			plain = false
			break
		}
		before = m.Serial
		in.markers = in.markers || m.IsRefreshMarker()
	}
	if plain {
		in.numbered = messages
		return
	}
	in.sortSlowly(messages)
}

// wireTime says whether a time is as the wire carries it.
func wireTime(t time.Time) bool {
	return t.Location() == time.UTC && t.Nanosecond()%1000 == 0
}

// judged is a record and what is wrong with it.
type judged struct {
	m     statemsg.Message
	fault string
}

func (in *intake) sortSlowly(messages []statemsg.Message) {
	in.markers = false
	all := make([]judged, 0, len(messages))
	for i := range messages {
		m := messages[i]
		j := judged{m, RecordFault(&m)}
		j.m.Time = wireDate(m.Time)
		if j.fault != "" && (m.Serial == 0 || m.Serial > statemsg.MaxSerial) { // SITE-7
			j.m.Serial = 0
			in.keep(&j.m, j.fault)
			continue
		}
		all = append(all, j)
	}
	slices.SortStableFunc(all, func(a, b judged) int {
		if c := cmp.Compare(a.m.Serial, b.m.Serial); c != 0 || a.m.Serial != 0 {
			return c
		}
		return a.m.Time.Compare(b.m.Time)
	})
	for i := range all {
		j := &all[i]
		if j.m.Serial == 0 {
			in.loose = append(in.loose, j.m)
			continue
		}
		if n := len(in.numbered); n > 0 && in.numbered[n-1].Serial == j.m.Serial {
			if same(&in.numbered[n-1], &j.m) {
				in.twice++ // SITE-2
			} else {
				in.keep(&j.m, "serial twice in the report") // SITE-7
			}
			continue
		}
		in.numbered = append(in.numbered, j.m)
		if j.fault != "" && in.bad == nil {
			in.bad = make([]string, len(in.numbered)-1, len(all))
		}
		if in.bad != nil {
			in.bad = append(in.bad, j.fault)
		}
		in.markers = in.markers || j.fault == "" && j.m.IsRefreshMarker()
	}
}

// same says whether two messages have the same content, serials aside.
func same(a, b *statemsg.Message) bool {
	return a.TopicType == b.TopicType && a.TopicID == b.TopicID && a.IDType == b.IDType &&
		a.StateID == b.StateID && a.Criticality == b.Criticality && a.Details == b.Details &&
		wireDate(a.Time).Equal(wireDate(b.Time)) && slices.Equal(a.Params, b.Params)
}

// keep counts a bad record and keeps it for inspection (SITE-7).
func (in *intake) keep(m *statemsg.Message, fault string) {
	in.c.Counts.Bad++
	in.kept = append(in.kept, keepRecord(in.c.ID, m, fault, in.now))
	in.event(Event{Kind: BadRecord, From: m.Serial, Number: 1, Reason: fault})
}

// keepRecord is what is kept of a bad record.
func keepRecord(client string, m *statemsg.Message, fault string, now time.Time) Kept {
	body, err := json.Marshal(m)
	if err != nil { // a time that JSON cannot carry
		body = fmt.Appendf(nil, "%+v", *m)
	}
	return Kept{
		Client: client, Received: now, TopicType: m.TopicType,
		TopicID: clean(m.TopicID, statemsg.MaxTopicIDBytes), Serial: m.Serial,
		Reason: clean(fault, MaxReasonBytes), Body: body[:min(len(body), MaxKeptBytes)], Bytes: len(body),
	}
}

// KeepReport returns what is kept of a bad report (SITE-7): client is the id of
// whoever sent it, as far as that is known, why says what was wrong. It shares
// nothing with the body.
func KeepReport(client string, body []byte, why string, now time.Time) Kept {
	id, err := NormalID(client)
	if err != nil {
		id = ""
	}
	return Kept{
		Client: id, Received: seconds(now), Report: true, Reason: clean(why, MaxReasonBytes),
		Body: slices.Clone(body[:min(len(body), MaxKeptBytes)]), Bytes: len(body),
	}
}

// clean is a text that any store can keep: UTF-8 without control characters, of at
// most so many bytes.
func clean(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(s[:min(len(s), 4*most)], string(utf8.RuneError)))
	if len(s) <= most {
		return strings.Clone(s)
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return strings.Clone(s[:most])
}
