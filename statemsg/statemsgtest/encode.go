package statemsgtest

import (
	"encoding/binary"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/updatescan/updatescan/statemsg"
)

// Bounds of reports (MSG-9), written down once more.
const (
	maxReportMessages = 100_000
	maxReportBytes    = 64 << 20
)

// EncodeReport writes a report as a text, without its byte-order mark, in the
// plainest way (MSG-9). The errors are those of [statemsg.AppendReport], but for
// what they say.
func (m Model) EncodeReport(r *statemsg.Report) (string, error) {
	if len(r.Messages) == 0 {
		return "", fmt.Errorf("statemsgtest: %w", statemsg.ErrNoMessages)
	}
	if len(r.Messages) > maxReportMessages {
		return "", fmt.Errorf("statemsgtest: %w", statemsg.ErrReportSize)
	}
	client, err := checkClient(r.Client)
	if err != nil {
		return "", err
	}
	if !carriesTime(r.Date) {
		return "", fmt.Errorf("statemsgtest: the date of the report is %v", r.Date)
	}
	w := reportWriter{mistake: m.Mistake}
	w.header(client, r.Date)
	for _, message := range r.Messages {
		if err := checkMessage(message, maxParams); err != nil {
			return "", err
		}
		w.message(message)
	}
	w.raw(`</ReportBody></Report>`)
	text := w.String()
	if 2+2*len(utf16.Encode([]rune(text))) > maxReportBytes {
		return "", fmt.Errorf("statemsgtest: %w", statemsg.ErrReportSize)
	}
	return text, nil
}

// EncodeBytes is EncodeReport in the bytes that leave: UTF-16LE after its
// byte-order mark.
func (m Model) EncodeBytes(r *statemsg.Report) ([]byte, error) {
	text, err := m.EncodeReport(r)
	if err != nil {
		return nil, err
	}
	if m.Mistake == "msg-utf8" {
		return []byte(strings.Replace(text, "UTF-16", "UTF-8", 1)), nil
	}
	data := []byte{0xFF, 0xFE}
	if m.Mistake == "msg-no-byte-order-mark" {
		data = nil
	}
	for _, unit := range utf16.Encode([]rune(text)) {
		data = binary.LittleEndian.AppendUint16(data, unit)
	}
	return data, nil
}

// guid is a client's GUID, with its prefix or without.
var guid = regexp.MustCompile(`^(GUID:)?[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)

// checkClient returns the client with the prefix of its id, or says, as a
// *[statemsg.ClientError], why a report could not carry it.
func checkClient(c statemsg.Client) (statemsg.Client, error) {
	refuse := func(field, reason string) (statemsg.Client, error) {
		return statemsg.Client{}, &statemsg.ClientError{Field: field, Reason: reason}
	}
	if !guid.MatchString(c.ID) {
		return refuse("ID", "not a GUID")
	}
	if !strings.HasPrefix(c.ID, "GUID:") {
		c.ID = "GUID:" + c.ID
	}
	if !carries(c.Version, maxClientText) {
		return refuse("Version", "too long, or not a text of XML")
	}
	if !carries(c.NetBIOSName, maxClientText) {
		return refuse("NetBIOSName", "too long, or not a text of XML")
	}
	if c.CodePage < 0 || c.CodePage > 1<<31-1 {
		return refuse("CodePage", "out of range")
	}
	if c.LCID < 0 || c.LCID > 1<<31-1 {
		return refuse("LCID", "out of range")
	}
	return c, nil
}

// reportWriter puts a report together, piece by piece.
type reportWriter struct {
	strings.Builder
	mistake string
}

// escapes are what cannot stand in a text as it is.
var escapes = strings.NewReplacer("<", "&lt;", ">", "&gt;", "&", "&amp;", `"`, "&quot;", "\t", "&#x9;", "\n", "&#xA;", "\r", "&#xD;")

func (w *reportWriter) raw(s string) { w.WriteString(s) }

// attr writes an attribute.
func (w *reportWriter) attr(name string, value any) {
	w.raw(" " + name + `="` + escapes.Replace(fmt.Sprint(value)) + `"`)
}

// element writes an element that holds a text.
func (w *reportWriter) element(name string, value any) {
	w.raw("<" + name + ">" + escapes.Replace(fmt.Sprint(value)) + "</" + name + ">")
}

// time is t as a CIM date-time.
func (w *reportWriter) time(t time.Time) string {
	if w.mistake == "msg-time-without-zone" {
		return t.UTC().Format("20060102150405.000000") + "+060"
	}
	return t.UTC().Format("20060102150405.000000") + "+000"
}

// header writes all that comes before the messages.
func (w *reportWriter) header(c statemsg.Client, date time.Time) {
	w.raw(`<?xml version="1.0" encoding="UTF-16"?><Report><ReportHeader><Identification><Machine>`)
	w.element("ClientInstalled", 1)
	w.element("ClientType", 1)
	w.element("ClientID", c.ID)
	w.element("ClientVersion", c.Version)
	w.element("NetBIOSName", c.NetBIOSName)
	w.element("CodePage", c.CodePage)
	w.element("SystemDefaultLCID", c.LCID)
	w.raw(`</Machine></Identification><ReportDetails>`)
	w.element("ReportContent", "State Message Data")
	w.element("ReportType", "Full")
	w.element("Date", w.time(date))
	w.element("Version", "1.0")
	w.element("Format", "1.0")
	w.raw(`</ReportDetails></ReportHeader><ReportBody>`)
}

// message writes one message.
func (w *reportWriter) message(m statemsg.Message) {
	w.raw("<StateMessage")
	w.attr("MessageTime", w.time(m.Time))
	if m.Serial != 0 {
		w.attr("SerialNumber", m.Serial)
	}
	w.raw("><Topic")
	w.attr("ID", m.TopicID)
	w.attr("Type", uint16(m.TopicType))
	w.attr("IDType", m.IDType)
	w.raw("/><State")
	w.attr("ID", uint16(m.StateID))
	if w.mistake == "msg-criticality-lost" {
		m.Criticality = 0
	}
	w.attr("Criticality", m.Criticality)
	w.raw("/>")
	if strings.Contains(m.Details, "\r") {
		w.raw(`<StateDetails Type="1">` + escapes.Replace(m.Details) + "</StateDetails>")
	} else if m.Details != "" {
		inside := strings.ReplaceAll(m.Details, "]]>", "]]]]><![CDATA[>")
		w.raw(`<StateDetails Type="1"><![CDATA[` + inside + "]]></StateDetails>")
	}
	if len(m.Params) > 0 {
		w.raw("<UserParameters")
		w.attr("Flags", 0)
		w.attr("Count", len(m.Params))
		w.raw(">")
		for _, p := range m.Params {
			w.element("Param", p)
		}
		w.raw("</UserParameters>")
	}
	w.raw("</StateMessage>")
}
