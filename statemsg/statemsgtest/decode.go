package statemsgtest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/updatescan/updatescan/statemsg"
)

// DecodeReport reads a report (MSG-9) in an obvious way: it makes a tree of the
// tokens of encoding/xml, checks by itself what that leaves out, and then looks
// up one thing after the other. What it refuses gives an error that wraps
// [statemsg.ErrReport], without a place.
//
// It accepts what [statemsg.DecodeReport] accepts, with the same content, and
// nothing else, but for names of elements and attributes with characters that
// only the fifth edition of XML allows: these it refuses. As there, a second
// byte-order mark after the first of UTF-16 is passed over.
func (m Model) DecodeReport(data []byte) (*statemsg.Report, error) {
	d := reportReader{mistake: m.Mistake}
	r := d.report(data)
	if d.refusal != "" {
		return nil, fmt.Errorf("%w: %s", statemsg.ErrReport, d.refusal)
	}
	return r, nil
}

// reportReader reads a report. The first refusal stands; what is read after it
// means nothing.
type reportReader struct {
	mistake string
	refusal string
}

// refuse notes why the report is refused.
func (d *reportReader) refuse(format string, args ...any) {
	if d.refusal == "" {
		d.refusal = fmt.Sprintf(format, args...)
	}
}

// report reads the whole report.
func (d *reportReader) report(data []byte) *statemsg.Report {
	if len(data) > maxReportBytes {
		d.refuse("too large")
		return nil
	}
	doc, encoding := d.utf8(data)
	root, err := readTree(doc, encoding, d.mistake == "msg-doctype-accepted")
	if err != nil {
		d.refuse("%v", err)
		return nil
	}
	if root.name != "Report" {
		d.refuse("<%s> is no report", root.name)
		return nil
	}
	d.inOrder(root, "ReportHeader", "ReportBody")
	header := d.only(root, "ReportHeader")
	machine := d.only(d.only(header, "Identification"), "Machine")
	r := &statemsg.Report{Client: d.client(machine), Date: d.details(d.only(header, "ReportDetails"))}
	body := d.only(root, "ReportBody")
	d.noText(body)
	for _, n := range body.children {
		if n.name == "StateMessage" {
			r.Messages = append(r.Messages, d.message(n))
		}
	}
	if len(r.Messages) == 0 || len(r.Messages) > maxReportMessages {
		d.refuse("%d messages", len(r.Messages))
	}
	return r
}

// utf8 is the report in UTF-8, and the encoding it is in.
func (d *reportReader) utf8(data []byte) (doc []byte, encoding string) {
	var order binary.ByteOrder = binary.LittleEndian
	if bytes.HasPrefix(data, []byte{0xFE, 0xFF}) {
		order = binary.BigEndian
	} else if !bytes.HasPrefix(data, []byte{0xFF, 0xFE}) {
		return data, "UTF-8"
	}
	var units []uint16
	for rest := data[2:]; len(rest) >= 2; rest = rest[2:] {
		units = append(units, order.Uint16(rest))
	}
	text := utf16.Decode(units)
	if len(data)%2 != 0 || !slices.Equal(utf16.Encode(text), units) {
		d.refuse("not UTF-16")
	}
	return []byte(string(text)), "UTF-16"
}

// inOrder refuses elements that do not come in the given order. Those that are
// not named may come anywhere.
func (d *reportReader) inOrder(n *node, names ...string) {
	last := 0
	for _, c := range n.children {
		if i := slices.Index(names, c.name); i >= 0 {
			if i < last {
				d.refuse("<%s> after <%s>", c.name, names[last])
			}
			last = i
		}
	}
}

// noText refuses text in an element that holds elements.
func (d *reportReader) noText(n *node) {
	if strings.Trim(n.text, " \t\r\n") != "" {
		d.refuse("text in <%s>", n.name)
	}
}

// find is the one element of the given name that n has, nil if it has none.
func (d *reportReader) find(n *node, name string) *node {
	d.noText(n)
	var found *node
	for _, c := range n.children {
		if c.name != name {
			continue
		}
		if found != nil {
			d.refuse("two <%s>", name)
		}
		found = c
	}
	return found
}

// only is the element of the given name that n must have.
func (d *reportReader) only(n *node, name string) *node {
	if found := d.find(n, name); found != nil {
		return found
	}
	d.refuse("no <%s>", name)
	return &node{name: name}
}

// textOf is the text of an element that holds nothing else.
func (d *reportReader) textOf(n *node, limit int) string {
	if len(n.children) > 0 {
		d.refuse("an element in <%s>", n.name)
	}
	if len(n.text) > limit {
		d.refuse("<%s> is too long", n.name)
	}
	return n.text
}

var digits = regexp.MustCompile(`^[0-9]{1,20}$`)

// number is a decimal number up to the limit.
func (d *reportReader) number(s, what string, limit uint64) uint64 {
	if !digits.MatchString(s) {
		d.refuse("%s is not a number", what)
		return 0
	}
	s = strings.TrimLeft(s, "0")
	most := fmt.Sprint(limit)
	if len(s) > len(most) || len(s) == len(most) && s > most {
		d.refuse("%s is too large", what)
		return 0
	}
	n := uint64(0)
	for _, c := range s {
		n = 10*n + uint64(c-'0')
	}
	return n
}

// client reads <Machine>.
func (d *reportReader) client(machine *node) statemsg.Client {
	text := func(name string) string {
		if n := d.find(machine, name); n != nil {
			return d.textOf(n, maxClientText)
		}
		return ""
	}
	number := func(name string) int {
		if n := d.find(machine, name); n != nil {
			return int(d.number(d.textOf(n, len(n.text)), name, 1<<31-1))
		}
		return 0
	}
	number("ClientInstalled")
	number("ClientType")
	c, err := checkClient(statemsg.Client{
		ID: text("ClientID"), Version: text("ClientVersion"), NetBIOSName: text("NetBIOSName"),
		CodePage: number("CodePage"), LCID: number("SystemDefaultLCID"),
	})
	if err != nil {
		d.refuse("%v", err)
	}
	return c
}

// details reads <ReportDetails> and returns the date.
func (d *reportReader) details(n *node) time.Time {
	text := func(name string) string {
		child := d.only(n, name)
		return d.textOf(child, len(child.text))
	}
	if s := text("ReportContent"); s != "State Message Data" {
		d.refuse("<ReportContent> %q", s)
	}
	if s := text("ReportType"); !strings.EqualFold(s, "full") {
		d.refuse("<ReportType> %q", s)
	}
	for _, name := range []string{"Version", "Format"} {
		if d.find(n, name) != nil && text(name) != "1.0" {
			d.refuse("<%s> is not 1.0", name)
		}
	}
	return d.time(text("Date"))
}

var cimForm = regexp.MustCompile(`^([0-9]{14}\.[0-9]{6})([+-])([0-9]{3})$`)

// time is a CIM date-time.
func (d *reportReader) time(s string) time.Time {
	parts := cimForm.FindStringSubmatch(s)
	if parts == nil {
		d.refuse("%q is no CIM date-time", s)
		return time.Time{}
	}
	t, err := time.Parse("20060102150405.000000", parts[1])
	if err != nil || t.Year() == 0 {
		d.refuse("%q is no time", s)
		return time.Time{}
	}
	minutes := time.Duration(d.number(parts[3], "distance to UTC", 999)) * time.Minute
	if parts[2] == "+" {
		minutes = -minutes
	}
	t = t.Add(minutes)
	if !carriesTime(t) {
		d.refuse("%q is out of range", s)
	}
	return t
}

// message reads <StateMessage>.
func (d *reportReader) message(n *node) statemsg.Message {
	var m statemsg.Message
	d.inOrder(n, "Topic", "StateDetails", "UserParameters")
	d.inOrder(n, "Topic", "State")
	sent, ok := n.attr("MessageTime")
	if !ok {
		d.refuse("a message without time")
	}
	m.Time = d.time(sent)
	if s, ok := n.attr("SerialNumber"); ok {
		m.Serial = d.number(s, "SerialNumber", maxSerial)
	}
	topic := d.only(n, "Topic")
	d.noText(topic)
	m.TopicID, _ = topic.attr("ID")
	if m.TopicID == "" || len(m.TopicID) > maxTopicID {
		d.refuse("the topic's ID has %d bytes", len(m.TopicID))
	}
	typ, _ := topic.attr("Type")
	m.TopicType = statemsg.TopicType(d.number(typ, "topic Type", 1<<16-1))
	if m.TopicType == 0 {
		d.refuse("topic type 0")
	}
	if s, ok := topic.attr("IDType"); ok {
		m.IDType = uint8(d.number(s, "IDType", 1<<8-1))
	}
	d.state(&m, d.only(n, "State"))
	if details := d.find(n, "StateDetails"); details != nil {
		m.Details = d.textOf(details, maxDetails)
	}
	if params := d.find(n, "UserParameters"); params != nil {
		d.params(&m, params)
	}
	return m
}

// state reads <State>.
func (d *reportReader) state(m *statemsg.Message, n *node) {
	d.noText(n)
	id, _ := n.attr("ID")
	m.StateID = statemsg.StateID(d.number(id, "state ID", 1<<16-1))
	criticality, ok := n.attr("Criticality")
	if !ok {
		return
	}
	if rest, minus := strings.CutPrefix(criticality, "-"); minus {
		m.Criticality = int32(-int64(d.number(rest, "Criticality", 1<<31)))
	} else {
		m.Criticality = int32(d.number(criticality, "Criticality", 1<<31-1))
	}
	if d.mistake == "msg-criticality-lost" {
		m.Criticality = 0
	}
}

// params reads <UserParameters>.
func (d *reportReader) params(m *statemsg.Message, n *node) {
	d.noText(n)
	for _, c := range n.children {
		if c.name == "Param" {
			m.Params = append(m.Params, d.textOf(c, maxParam))
		}
	}
	if len(m.Params) > maxParams {
		d.refuse("%d parameters", len(m.Params))
	}
	if s, ok := n.attr("Count"); ok {
		count := d.number(s, "Count", 1<<31-1)
		if count != uint64(len(m.Params)) && d.mistake != "msg-count-ignored" {
			d.refuse("Count %d with %d parameters", count, len(m.Params))
		}
	}
}
