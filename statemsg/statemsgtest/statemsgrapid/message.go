package statemsgrapid

import (
	"fmt"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/statemsg"
)

// Text draws a text that a report can carry, of at least so many characters and
// at most so many bytes, with what needs care more often than by chance.
func Text(leastRunes, mostBytes int) *rapid.Generator[string] {
	r := rapid.OneOf(
		rapid.RuneFrom([]rune("ab<>&\"']]]>>\t\n\r \u0085\u2028\uFFFD\uD7FF\uE000\U0001F600\U0010FFFF")),
		rapid.Rune().Filter(func(r rune) bool { return r >= 0x20 && r != 0xFFFE && r != 0xFFFF }),
	)
	return rapid.StringOfN(r, leastRunes, -1, mostBytes)
}

// Time draws a time that a report can carry, often at the edges of the years
// that it can, or of a leap day.
func Time() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		edges := rapid.SampledFrom([]int64{-62135596800, 253402300799, 0, 951782400, 1212483600})
		seconds := rapid.OneOf(edges, rapid.Int64Range(-62135596800, 253402300799)).Draw(t, "seconds")
		micros := rapid.Int64Range(0, 999999).Draw(t, "micros")
		at := time.Unix(seconds, micros*1000).UTC()
		if at.IsZero() {
			at = at.Add(time.Microsecond)
		}
		return at
	})
}

// Client draws a client whose id has its prefix.
func Client() *rapid.Generator[statemsg.Client] {
	return rapid.Custom(func(t *rapid.T) statemsg.Client {
		number := rapid.OneOf(rapid.SampledFrom([]int{0, 437, 1<<31 - 1}), rapid.IntRange(0, 1<<31-1))
		return statemsg.Client{
			ID:          "GUID:" + rapid.StringMatching(`[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}`).Draw(t, "guid"),
			Version:     Text(0, 20).Draw(t, "version"),
			NetBIOSName: Text(0, 20).Draw(t, "name"),
			CodePage:    number.Draw(t, "codepage"),
			LCID:        number.Draw(t, "lcid"),
		}
	})
}

// Message draws any message that a report can carry.
func Message() *rapid.Generator[statemsg.Message] {
	return rapid.Custom(func(t *rapid.T) statemsg.Message {
		m := statemsg.Message{
			TopicType:   statemsg.TopicType(rapid.Uint16Range(1, 65535).Draw(t, "type")),
			TopicID:     Text(1, 40).Draw(t, "topic"),
			IDType:      rapid.Uint8().Draw(t, "idtype"),
			StateID:     statemsg.StateID(rapid.Uint16().Draw(t, "state")),
			Criticality: rapid.Int32().Draw(t, "criticality"),
			Params:      rapid.SliceOfN(Text(0, 40), 0, statemsg.MaxParams).Draw(t, "params"),
			Details:     Text(0, 40).Draw(t, "details"),
			Time:        Time().Draw(t, "time"),
			Serial:      rapid.Uint64Range(0, statemsg.MaxSerial).Draw(t, "serial"),
		}
		if len(m.Params) == 0 {
			m.Params = nil
		}
		return m
	})
}

// EdgeMessage draws a message one of whose fields, mostly, is near the edge of
// what a report can carry, on either side.
func EdgeMessage() *rapid.Generator[statemsg.Message] {
	return rapid.Custom(func(t *rapid.T) statemsg.Message {
		m := Message().Draw(t, "message")
		long := func(limit int, what string) string {
			n := limit + rapid.IntRange(-2, 2).Draw(t, what)
			s := rapid.SampledFrom([]string{"x", "é", "猫"}).Draw(t, "of")
			return strings.Repeat("y", n%len(s)) + strings.Repeat(s, n/len(s))
		}
		bad := rapid.SampledFrom([]string{"\x00", "\x1F", "\xFF", "\xED\xA0\x80", "\uFFFE", "\uFFFF", "\x7F", "\uFFFD", ""})
		edits := []func(){
			func() {},
			func() { m.TopicType = statemsg.TopicType(rapid.Uint16Range(0, 1).Draw(t, "least type")) },
			func() { m.TopicID = long(statemsg.MaxTopicIDBytes, "topic id") },
			func() { m.TopicID = bad.Draw(t, "bad topic id") },
			func() { m.Params = make([]string, rapid.IntRange(4, 7).Draw(t, "count")) },
			func() { m.Params = []string{"", long(statemsg.MaxParamBytes, "param")} },
			func() { m.Params = []string{"a" + bad.Draw(t, "bad param")} },
			func() { m.Details = long(statemsg.MaxDetailsBytes, "details") },
			func() { m.Details = bad.Draw(t, "bad details") + "b" },
			func() { m.Time = edgeTime(t) },
			func() { m.Serial = statemsg.MaxSerial + rapid.Uint64Range(0, 2).Draw(t, "over") - 1 },
		}
		rapid.SampledFrom(edits).Draw(t, "edit")()
		return m
	})
}

// edgeTime draws a time near the first or after the last that a report can
// carry.
func edgeTime(t *rapid.T) time.Time {
	edge := rapid.SampledFrom([]time.Time{{}, time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}).Draw(t, "edge")
	unit := rapid.SampledFrom([]time.Duration{time.Nanosecond, time.Microsecond, time.Second}).Draw(t, "unit")
	return edge.Add(time.Duration(rapid.IntRange(-2, 2).Draw(t, "distance")) * unit)
}

// UpdateMessage draws an ordinary message about one of so many updates, whose
// topic ids are u0, u1 and so on.
func UpdateMessage(updates int) *rapid.Generator[statemsg.Message] {
	return rapid.Custom(func(t *rapid.T) statemsg.Message {
		return statemsg.Message{
			TopicType: rapid.SampledFrom([]statemsg.TopicType{500, 500, 500, 402}).Draw(t, "type"),
			TopicID:   fmt.Sprint("u", rapid.IntRange(0, updates-1).Draw(t, "update")),
			IDType:    statemsg.IDTypeUpdate,
			StateID:   statemsg.StateID(rapid.Uint16Range(0, 3).Draw(t, "state")),
			Params:    []string{fmt.Sprint(rapid.IntRange(100, 102).Draw(t, "revision"))},
			Time:      time.Date(2008, 6, 3, 9, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 3600).Draw(t, "second")) * time.Second),
		}
	})
}

// Report draws a report of 1 to most messages.
func Report(most int) *rapid.Generator[*statemsg.Report] {
	return rapid.Custom(func(t *rapid.T) *statemsg.Report {
		return &statemsg.Report{
			Client:   Client().Draw(t, "client"),
			Date:     Time().Draw(t, "date"),
			Messages: rapid.SliceOfN(Message(), 1, most).Draw(t, "messages"),
		}
	})
}

// pieces are what Edited puts into a report: most of it makes it another one,
// or none.
var pieces = []string{
	"", " ", `"`, "'", "<", ">", "&", "&amp;", "]]>", "\t", "\r\n", "\x01", "\x7F", "é", "\xFF", "-", "0", "9", "00000000000000000000", "65536",
	"/", "/>", "<Param>", "</Param>", "</Param><Param>", "<New/>", "<!-- -->", "<?p q?>", "<![CDATA[ ]]>", ` New="x"`, ` xmlns="urn:n"`, ` xmlns:n="urn:n"`, "n:",
	` SerialNumber="1"`, "99999999999999999999", "*", "</StateMessage>", "<StateMessage/>", strings.Repeat("x", 256), strings.Repeat("y", 2048),
	"&#x9;", "&#1;", "&#xD800;", "&apos;", "&boom;", "<!DOCTYPE Report>", "<Topic/>", "<UserParameters/>", "<StateDetails/>", "<Version>1.0</Version>",
}

// Edited draws the text with up to so many edits from the given place on: a
// few bytes are cut out and others put in their place.
func Edited(text string, from, edits int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		doc := text
		for range rapid.IntRange(0, edits).Draw(t, "edits") {
			at := rapid.IntRange(from, len(doc)).Draw(t, "at")
			cut := rapid.IntRange(0, min(3, len(doc)-at)).Draw(t, "cut")
			doc = doc[:at] + rapid.SampledFrom(pieces).Draw(t, "piece") + doc[at+cut:]
		}
		return doc
	})
}
