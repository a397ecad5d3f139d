package questions

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

// sender is the client of the reports.
var sender = o{
	"id", "GUID:4F6C2B1A-0042-4D7E-9C55-2008060200AA", "version", "4.00.6221.1000", "netbios_name", "DESK-0001", "code_page", 437, "lcid", 1033,
}

// report asks for a report of messages.
func report(messages ...o) o {
	return o{"client", sender, "date", "2008-06-03T12:15:00Z", "messages", messages}
}

// reportBy asks for a report of one message by a client.
func reportBy(client o) o {
	return o{"client", client, "date", "2008-06-03T12:15:00Z", "messages", l{numbered(1)}}
}

// numbered is a message with a serial number.
func numbered(n int) o { return msg(n, 2, "serial", n) }

// plain is a message with nothing that may be missing.
func plain(more ...any) o {
	return o{"topic_type", 402, "topic_id", "one", "state_id", 9, "time", moment(noon)}.with(more...)
}

func reports(c *collector) {
	encoded(c)
	escaped(c)
	refusedToWrite(c)
	carried(c)
	encodings(c)
	doctypes(c)
	structure(c)
	counts(c)
	times(c)
	numbersRead(c)
}

// encoded are MSG-9: how a report is written.
func encoded(c *collector) {
	c.add("MSG-9/one-message-written", inside, "report.encode", report(numbered(1)))
	c.add("MSG-9/two-messages-written", inside, "report.encode", report(numbered(1), numbered(2)), note("nothing between the elements"))
	c.add("MSG-9/no-serial-number-written", inside, "report.encode", report(plain()), note("what is 0 or empty is left out, but numbers of attributes that are always there"))
	c.add("MSG-9/details-written", inside, "report.encode", report(plain("details", "0 of 3 files")))
	c.add("MSG-9/parameters-written", inside, "report.encode", report(plain("params", l{"a", "", "c"})))
	c.add("MSG-9/a-time-with-microseconds", inside, "report.encode", report(o{"topic_type", 402, "topic_id", "one", "state_id", 9, "time", "2008-06-03T12:00:00.000001Z"}))
	c.add("MSG-9/a-time-finer-than-microseconds", inside, "report.encode",
		report(o{"topic_type", 402, "topic_id", "one", "state_id", 9, "time", "2008-12-31T23:59:59.999999999Z"}), note("cut, not rounded"))
	c.add("MSG-9/the-time-is-utc", inside, "report.bytes", report(plain()))
	c.add("MSG-9/little-endian-with-its-mark", inside, "report.bytes", report(numbered(1)))
	c.add("MSG-9/letters-beyond-ascii", inside, "report.bytes", report(plain("params", l{"Prüfung"})))
	c.add("MSG-9/a-character-of-two-units", inside, "report.bytes", report(plain("params", l{"𝄞"})))
	c.add("MSG-9/a-client-with-little-to-say", inside, "report.encode", reportBy(o{"id", "GUID:4F6C2B1A-0042-4D7E-9C55-2008060200AA"}))
	c.add("MSG-9/a-client-id-without-its-prefix", inside, "report.encode", reportBy(o{"id", "4f6c2b1a-0042-4d7e-9c55-2008060200aa"}))
}

// escaped are MSG-9: texts in XML.
func escaped(c *collector) {
	for _, e := range []struct{ text, words string }{
		{"<>&\"'", "the-five"}, {"a\tb\nc\rd", "white-space"}, {"]]>", "the-end-of-cdata"}, {" a ", "spaces-around"}, {"&amp;", "what-looks-escaped"},
	} {
		c.add("MSG-9/a-parameter-with-"+e.words, inside, "report.encode", report(plain("params", l{e.text})))
		c.add("MSG-9/details-with-"+e.words, inside, "report.encode", report(plain("details", e.text)))
	}
	c.add("MSG-9/a-topic-with-the-five", inside, "report.encode", report(about(301, "<>&\"'", 4)))
	c.add("MSG-9/a-computer-with-the-five", inside, "report.encode", reportBy(o{"id", sender[1], "netbios_name", "<>&\"'"}))
}

// refusedToWrite are the reports that are not written.
func refusedToWrite(c *collector) {
	c.add("MSG-9/nothing-to-write", outside, "report.bytes", o{"client", sender, "date", "2008-06-03T12:15:00Z", "messages", l{}})
	c.add("MSG-9/a-client-without-an-id", outside, "report.encode", reportBy(o{"id", ""}))
	c.add("MSG-9/a-client-with-a-short-id", outside, "report.encode", reportBy(o{"id", "GUID:4F6C2B1A-0042-4D7E-9C55-2008060200A"}))
	c.add("MSG-9/a-client-with-a-negative-code-page", outside, "report.encode", reportBy(o{"id", sender[1], "code_page", -1}))
	c.add("MSG-9/a-message-with-a-control-character", outside, "report.encode", report(plain("details", "a\u0000b")))
	c.add("MSG-1/a-report-with-six-parameters", inside, "report.encode", report(plain("params", l{"a", "b", "c", "d", "e", "f"})))
	c.add("MSG-1/a-report-without-a-topic", inside, "report.encode", report(about(402, "", 1)))
}

// carried are MSG-1: every part of a message is carried.
func carried(c *collector) {
	all := plain("id_type", 3, "criticality", 2, "params", l{"a", "b"}, "details", "why", "serial", 17)
	c.add("MSG-1/everything-written", outside, "report.encode", report(all))
	c.add("MSG-1/a-criticality-below-zero-written", outside, "report.encode", report(plain("criticality", -2147483648)))
	c.add("MSG-1/everything-read", outside, "report.decode", reading(document("", `<StateMessage MessageTime="20080603120000.250000+000" SerialNumber="17">`+
		`<Topic ID="one" Type="402" IDType="3"/><State ID="9" Criticality="2"/><StateDetails Type="1"><![CDATA[why]]></StateDetails>`+
		`<UserParameters Flags="0" Count="2"><Param>a</Param><Param>b</Param></UserParameters></StateMessage>`)))
	c.add("MSG-1/a-criticality-read", outside, "report.decode", reading(document("", stateMessage(`<Topic ID="one" Type="402" IDType="0"/><State ID="9" Criticality="-7"/>`))))
	c.add("MSG-1/six-parameters-read", inside, "report.decode", reading(document("", stateMessage(`<Topic ID="one" Type="402"/><State ID="9"/>`+
		`<UserParameters Flags="0" Count="6">`+strings.Repeat("<Param>a</Param>", 6)+`</UserParameters>`))))
	c.add("MSG-1/five-parameters-read", outside, "report.decode", reading(document("", stateMessage(`<Topic ID="one" Type="402"/><State ID="9"/>`+
		`<UserParameters Flags="0" Count="5">`+strings.Repeat("<Param>a</Param>", 5)+`</UserParameters>`))))
}

// declaration is the XML declaration of a written report.
const declaration = `<?xml version="1.0" encoding="UTF-16"?>`

// header is the header of a report.
const header = `<ReportHeader><Identification><Machine><ClientInstalled>1</ClientInstalled><ClientType>1</ClientType>` +
	`<ClientID>GUID:4F6C2B1A-0042-4D7E-9C55-2008060200AA</ClientID><ClientVersion>4.00.6221.1000</ClientVersion>` +
	`<NetBIOSName>DESK-0001</NetBIOSName><CodePage>437</CodePage><SystemDefaultLCID>1033</SystemDefaultLCID></Machine></Identification>` +
	`<ReportDetails><ReportContent>State Message Data</ReportContent><ReportType>Full</ReportType><Date>20080603121500.000000+000</Date>` +
	`<Version>1.0</Version><Format>1.0</Format></ReportDetails></ReportHeader>`

// document is a report with something before its root.
func document(before, messages string) string {
	return before + "<Report>" + header + "<ReportBody>" + messages + "</ReportBody></Report>"
}

// stateMessage is a message with its content.
func stateMessage(content string) string {
	return `<StateMessage MessageTime="20080603120000.250000+000" SerialNumber="17">` + content + `</StateMessage>`
}

// simple is a message.
var simple = stateMessage(`<Topic ID="one" Type="402" IDType="3"/><State ID="9" Criticality="0"/>`)

// reading asks to read a document in UTF-8.
func reading(text string) o { return readingBytes([]byte(text)) }

func readingBytes(data []byte) o {
	return o{"base64", base64.StdEncoding.EncodeToString(data)}
}

// utf16Bytes is a text in UTF-16 in an order of bytes, with or without its
// mark.
func utf16Bytes(text string, order binary.AppendByteOrder, mark bool) []byte {
	var b []byte
	if mark {
		text = "\ufeff" + text
	}
	for _, unit := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, unit)
	}
	return b
}

// encodings are MSG-9: in what a report may be written.
func encodings(c *collector) {
	text := document(declaration, simple)
	utf8 := document(`<?xml version="1.0" encoding="utf-8"?>`, simple)
	bare := document("", simple)
	c.add("MSG-9/utf-16-little-endian", outside, "report.decode", readingBytes(utf16Bytes(text, binary.LittleEndian, true)))
	c.add("MSG-9/utf-16-big-endian", outside, "report.decode", readingBytes(utf16Bytes(text, binary.BigEndian, true)))
	c.add("MSG-9/utf-16-without-its-mark", inside, "report.decode", readingBytes(utf16Bytes(text, binary.LittleEndian, false)))
	c.add("MSG-9/utf-16-cut-in-a-unit", inside, "report.decode", readingBytes(append(utf16Bytes(text, binary.LittleEndian, true), '>')))
	c.add("MSG-9/utf-8", outside, "report.decode", reading(utf8))
	c.add("MSG-9/utf-8-with-a-mark", outside, "report.decode", reading("\ufeff"+utf8))
	c.add("MSG-9/utf-8-that-says-utf-16", inside, "report.decode", reading(text))
	c.add("MSG-9/utf-16-that-says-utf-8", inside, "report.decode", readingBytes(utf16Bytes(utf8, binary.LittleEndian, true)))
	c.add("MSG-9/another-encoding", inside, "report.decode", reading(document(`<?xml version="1.0" encoding="ISO-8859-1"?>`, simple)))
	c.add("MSG-9/bytes-that-are-not-utf-8", inside, "report.decode", readingBytes([]byte(strings.Replace(bare, "DESK", "DE\xffK", 1))))
	c.add("MSG-9/nothing-at-all", inside, "report.decode", readingBytes(nil))
	c.add("MSG-9/cut-short-after-the-header", inside, "report.decode", reading(bare[:strings.Index(bare, "<ReportBody>")]))
}

// doctypes are MSG-9: what makes a document dangerous.
func doctypes(c *collector) {
	c.add("MSG-9/a-document-type-declaration", inside, "report.decode", reading(document(`<!DOCTYPE Report>`, simple)))
	c.add("MSG-9/a-document-type-with-an-entity", inside, "report.decode",
		reading(strings.Replace(document(`<!DOCTYPE Report [<!ENTITY e "x">]>`, simple), "DESK-0001", "&e;", 1)))
	c.add("MSG-9/an-external-document-type", inside, "report.decode", reading(document(`<!DOCTYPE Report SYSTEM "http://example.test/report.dtd">`, simple)))
	c.add("MSG-9/an-entity-that-is-not-declared", inside, "report.decode", reading(strings.Replace(document("", simple), "DESK-0001", "&nbsp;", 1)))
	c.add("MSG-9/the-five-entities", outside, "report.decode", reading(strings.Replace(document("", simple), "DESK-0001", "&lt;&gt;&amp;&quot;&apos;", 1)))
	c.add("MSG-9/a-character-by-its-number", outside, "report.decode", reading(strings.Replace(document("", simple), "DESK-0001", "D&#69;SK&#x2D;1", 1)))
	c.add("MSG-9/a-character-that-xml-has-not", inside, "report.decode", reading(strings.Replace(document("", simple), "DESK-0001", "&#1;", 1)))
}

// structure are MSG-9: elements.
func structure(c *collector) {
	good := document("", simple)
	for _, r := range []struct{ old, new, words, side string }{
		{"<Report>", "<Report>\n  ", "white-space-between-elements", outside},
		{"<Report>", "<Report><!-- a report -->", "a-comment", outside},
		{"<Report>", "<Report><?check this?>", "a-processing-instruction", outside},
		{"<ReportBody>", "<ReportBody>text", "text-in-the-body", inside},
		{"<NetBIOSName>", "<Priority>5</Priority><NetBIOSName>", "an-element-of-later-clients", outside},
		{`<Topic ID="one"`, `<Topic User="u" ID="one"`, "an-attribute-of-later-clients", outside},
		{`<Topic ID="one"`, `<Topic ID="one" ID="two"`, "an-attribute-twice-in-the-topic", inside},
		{"<CodePage>437</CodePage>", "", "no-code-page", outside},
		{"<CodePage>437</CodePage>", "<CodePage>437</CodePage><CodePage>437</CodePage>", "a-code-page-twice", inside},
		{"<ReportType>Full</ReportType>", "<ReportType>FULL</ReportType>", "the-type-in-capitals", outside},
		{"<ReportType>Full</ReportType>", "<ReportType>Delta</ReportType>", "another-type", inside},
		{"State Message Data", "Status Message Data", "another-content", inside},
		{"<Version>1.0</Version>", "<Version>2.0</Version>", "another-version", inside},
		{"<Version>1.0</Version>", "", "no-version", outside},
		{"<Date>20080603121500.000000+000</Date>", "", "no-date", inside},
		{"<State ID=\"9\" Criticality=\"0\"/>", "", "no-state", inside},
		{"<Topic ID=\"one\" Type=\"402\" IDType=\"3\"/>", "", "no-topic", inside},
		{" ID=\"one\"", "", "no-topic-id", inside},
		{" IDType=\"3\"", "", "no-topic-id-type", outside},
		{" Criticality=\"0\"", "", "no-criticality", outside},
		{"</ReportBody>", "", "an-element-that-is-not-closed", inside},
		{"</Report>", "</Report><Report/>", "two-roots", inside},
		{"GUID:4F6C2B1A-0042", "4F6C2B1A-0042", "no-prefix-of-the-client-id", outside},
		{"GUID:4F6C2B1A-0042", "GUID:4F6C2B1A-0O42", "a-letter-in-the-client-id", inside},
	} {
		c.add("MSG-9/read-with-"+r.words, r.side, "report.decode", reading(strings.Replace(good, r.old, r.new, 1)))
	}
	c.add("MSG-9/read-with-another-root", inside, "report.decode", reading(strings.ReplaceAll(good, "Report>", "Reports>")))
}

// counts are MSG-9: parameters and their count.
func counts(c *collector) {
	params := func(attrs, content string) o {
		return reading(document("", stateMessage(`<Topic ID="one" Type="402"/><State ID="9"/><UserParameters`+attrs+`>`+content+`</UserParameters>`)))
	}
	two := "<Param>a</Param><Param>b</Param>"
	c.add("MSG-9/a-count-of-two-for-two", outside, "report.decode", params(` Flags="0" Count="2"`, two))
	c.add("MSG-9/a-count-of-one-for-two", inside, "report.decode", params(` Flags="0" Count="1"`, two))
	c.add("MSG-9/a-count-of-three-for-two", inside, "report.decode", params(` Flags="0" Count="3"`, two))
	c.add("MSG-9/a-count-of-none-for-two", inside, "report.decode", params(` Flags="0" Count="0"`, two))
	c.add("MSG-9/no-count-for-two", outside, "report.decode", params(` Flags="0"`, two))
	c.add("MSG-9/an-empty-parameter", outside, "report.decode", params(` Count="2"`, "<Param/><Param></Param>"))
	c.add("MSG-9/a-parameter-in-two-pieces", outside, "report.decode", params(` Count="1"`, "<Param>a<![CDATA[<b>]]>c</Param>"))
}

// times are MSG-9: CIM date-times.
func times(c *collector) {
	for _, t := range []struct{ text, words, side string }{
		{"20080603120000.000000+000", "in-utc", outside},
		{"20080603120000.000000+060", "an-hour-east", outside},
		{"20080603120000.000000-480", "eight-hours-west", outside},
		{"20080603000000.000000+060", "the-day-before-in-utc", outside},
		{"20080229120000.999999+000", "on-the-leap-day", outside},
		{"20090229120000.000000+000", "on-no-leap-day", inside},
		{"20081301120000.000000+000", "in-month-thirteen", inside},
		{"20080603240000.000000+000", "at-hour-twenty-four", inside},
		{"20080603120060.000000+000", "in-a-leap-second", inside},
		{"20080603120000.000+000", "with-milliseconds", inside},
		{"20080603120000.000000+0", "with-a-short-distance", inside},
		{"20080603120000.000000Z", "with-a-letter-for-utc", inside},
		{"2008060312****.******+000", "with-wildcards", inside},
		{"", "that-is-empty", inside},
	} {
		c.add("MSG-9/a-time-"+t.words, t.side, "report.decode",
			reading(strings.Replace(document("", simple), "20080603120000.250000+000", t.text, 1)))
	}
}

// numbersRead are MSG-9: numbers and their ranges.
func numbersRead(c *collector) {
	for _, n := range []struct{ old, new, words, side string }{
		{`SerialNumber="17"`, `SerialNumber="1"`, "serial-number-one", outside},
		{`SerialNumber="17"`, `SerialNumber="-1"`, "serial-number-below-zero", inside},
		{`SerialNumber="17"`, `SerialNumber="9223372036854775808"`, "serial-number-too-high", inside},
		{`SerialNumber="17"`, `SerialNumber="x"`, "serial-number-no-number", inside},
		{` SerialNumber="17"`, ``, "serial-number-missing", outside},
		{`Type="402"`, `Type="65535"`, "topic-type-the-highest", outside},
		{`Type="402"`, `Type="65536"`, "topic-type-too-high", inside},
		{`Type="402"`, `Type="0"`, "topic-type-none", inside},
		{`State ID="9"`, `State ID="65535"`, "state-the-highest", outside},
		{`State ID="9"`, `State ID="65536"`, "state-too-high", inside},
		{`IDType="3"`, `IDType="256"`, "topic-id-type-too-high", inside},
		{`Criticality="0"`, `Criticality="2147483648"`, "criticality-too-high", inside},
	} {
		c.add("MSG-9/read-"+n.words, n.side, "report.decode", reading(strings.Replace(document("", simple), n.old, n.new, 1)))
	}
}
