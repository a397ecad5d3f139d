package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"testing"
	"time"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/updatescan/updatescan/statemsg"
)

const reportMessages = 10_000

// The report as structs of encoding/xml.
type (
	xmlReport struct {
		XMLName xml.Name     `xml:"Report"`
		Header  xmlHeader    `xml:"ReportHeader"`
		Body    []xmlMessage `xml:"ReportBody>StateMessage"`
	}
	xmlHeader struct {
		Installed int    `xml:"Identification>Machine>ClientInstalled"`
		Type      int    `xml:"Identification>Machine>ClientType"`
		ID        string `xml:"Identification>Machine>ClientID"`
		Version   string `xml:"Identification>Machine>ClientVersion"`
		Name      string `xml:"Identification>Machine>NetBIOSName"`
		CodePage  int    `xml:"Identification>Machine>CodePage"`
		LCID      int    `xml:"Identification>Machine>SystemDefaultLCID"`
		Content   string `xml:"ReportDetails>ReportContent"`
		Kind      string `xml:"ReportDetails>ReportType"`
		Date      string `xml:"ReportDetails>Date"`
		Number    string `xml:"ReportDetails>Version"`
		Format    string `xml:"ReportDetails>Format"`
	}
	xmlMessage struct {
		Time   string    `xml:"MessageTime,attr"`
		Serial uint64    `xml:"SerialNumber,attr"`
		Topic  xmlTopic  `xml:"Topic"`
		State  xmlState  `xml:"State"`
		Params xmlParams `xml:"UserParameters"`
	}
	xmlTopic struct {
		ID     string `xml:"ID,attr"`
		Type   uint16 `xml:"Type,attr"`
		IDType uint8  `xml:"IDType,attr"`
	}
	xmlState struct {
		ID          uint16 `xml:"ID,attr"`
		Criticality int32  `xml:"Criticality,attr"`
	}
	xmlParams struct {
		Flags int      `xml:"Flags,attr"`
		Count int      `xml:"Count,attr"`
		Param []string `xml:"Param"`
	}
)

// A CIM date-time is a time in this layout and three digits of minutes east of
// UTC with their sign, which package time has no layout for.
const cimLayout = "20060102150405.000000"

func cim(t time.Time) string { return t.UTC().Format(cimLayout) + "+000" }

// parseCIM reads a CIM date-time.
func parseCIM(s string) (time.Time, error) {
	if len(s) != len(cimLayout)+4 {
		return time.Time{}, fmt.Errorf("time %q: %d characters, want %d", s, len(s), len(cimLayout)+4)
	}
	minutes, err := strconv.Atoi(s[len(cimLayout):])
	if err != nil {
		return time.Time{}, fmt.Errorf("time %q: offset: %w", s, err)
	}
	t, err := time.Parse(cimLayout, s[:len(cimLayout)])
	return t.Add(-time.Duration(minutes) * time.Minute), err
}

// newReport is a report of many messages.
func newReport() *statemsg.Report {
	at := time.Date(2008, 6, 2, 8, 0, 0, 573000000, time.UTC)
	r := &statemsg.Report{
		Client: statemsg.Client{ID: "GUID:4F6C2B1A-0042-4D7E-9C55-2008060200AA", Version: "4.00.6221.1000", NetBIOSName: "DESK-0042", CodePage: 437, LCID: 1033},
		Date:   at,
	}
	for i := range reportMessages {
		r.Messages = append(r.Messages, statemsg.Message{
			TopicType: statemsg.UpdateDetection, TopicID: id(i).String(), IDType: 3, StateID: statemsg.StateID(1 + i%3),
			Params: []string{"200"}, Time: at.Add(time.Duration(i) * time.Millisecond), Serial: uint64(i + 1),
		})
	}
	return r
}

// marshal is the peer's encoder: structs, encoding/xml, UTF-16.
func marshal(r *statemsg.Report) ([]byte, error) {
	x := xmlReport{Header: xmlHeader{
		Installed: 1, Type: 1, ID: r.Client.ID, Version: r.Client.Version, Name: r.Client.NetBIOSName, CodePage: r.Client.CodePage,
		LCID: r.Client.LCID, Content: "State Message Data", Kind: "Full", Date: cim(r.Date), Number: "1.0", Format: "1.0",
	}}
	for i := range r.Messages {
		m := &r.Messages[i]
		x.Body = append(x.Body, xmlMessage{
			Time: cim(m.Time), Serial: m.Serial, Topic: xmlTopic{m.TopicID, uint16(m.TopicType), m.IDType},
			State: xmlState{uint16(m.StateID), m.Criticality}, Params: xmlParams{0, len(m.Params), m.Params},
		})
	}
	data, err := xml.Marshal(&x)
	if err != nil {
		return nil, err
	}
	out, _, err := transform.Bytes(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder(), data)
	return out, err
}

// unmarshal is the peer's decoder.
func unmarshal(data []byte) ([]statemsg.Message, error) {
	plain, _, err := transform.Bytes(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder(), data)
	if err != nil {
		return nil, err
	}
	dec := xml.NewDecoder(bytes.NewReader(plain))
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	var x xmlReport
	if err := dec.Decode(&x); err != nil {
		return nil, err
	}
	out := make([]statemsg.Message, len(x.Body))
	for i, m := range x.Body {
		at, err := parseCIM(m.Time)
		if err != nil {
			return nil, fmt.Errorf("message %d: %w", i, err)
		}
		out[i] = statemsg.Message{
			TopicType: statemsg.TopicType(m.Topic.Type), TopicID: m.Topic.ID, IDType: m.Topic.IDType, StateID: statemsg.StateID(m.State.ID),
			Criticality: m.State.Criticality, Params: m.Params.Param, Time: at, Serial: m.Serial,
		}
	}
	return out, nil
}

// sameMessages says in what two lists of messages differ.
func sameMessages(who string, got, want []statemsg.Message) error {
	if len(got) != len(want) {
		return fmt.Errorf("%s: %d messages, want %d", who, len(got), len(want))
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			return fmt.Errorf("%s: message %d is %+v, want %+v", who, i, got[i], want[i])
		}
	}
	return nil
}

// checkedMessages is how many messages are compared; the others are like them.
const checkedMessages = 500

// checkReports lets each decoder read what each encoder wrote.
func checkReports(r *statemsg.Report) error {
	ours, err := statemsg.AppendReport(nil, r)
	if err != nil {
		return err
	}
	theirs, err := marshal(r)
	if err != nil {
		return err
	}
	for writer, wire := range map[string][]byte{"statemsg": ours, "encoding/xml": theirs} {
		got, err := statemsg.DecodeReport(wire)
		if err != nil {
			return fmt.Errorf("statemsg reads %s: %w", writer, err)
		}
		if err := sameMessages("statemsg reads "+writer, got.Messages, r.Messages); err != nil {
			return err
		}
		messages, err := unmarshal(wire)
		if err != nil {
			return fmt.Errorf("encoding/xml reads %s: %w", writer, err)
		}
		if err := sameMessages("encoding/xml reads "+writer, messages, r.Messages); err != nil {
			return err
		}
	}
	return nil
}

func reportGroups() ([]group, error) {
	r := newReport()
	wire, err := statemsg.AppendReport(nil, r)
	if err != nil {
		return nil, err
	}
	buf := make([]byte, 0, len(wire))
	few := *r
	few.Messages = r.Messages[:checkedMessages]
	check := func() error { return checkReports(&few) }
	return []group{{
		name: "report: encode 10,000 messages, UTF-16", unit: "ns a message", check: check,
		target: "<= 200 ns, 0 allocs into a reused buffer; 20x encoding/xml and a transform",
		entries: []entry{
			{name: "statemsg.AppendReport, reused buffer", ours: true, per: reportMessages, run: func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					var err error
					buf, err = statemsg.AppendReport(buf[:0], r)
					fail(b, err)
				}
			}},
			{name: "encoding/xml Marshal and x/text UTF-16", per: reportMessages, run: func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					_, err := marshal(r)
					fail(b, err)
				}
			}},
		},
	}, {
		name: "report: decode it, strictly", unit: "ns a message", check: check,
		target: "<= 800 ns; 10x encoding/xml",
		note:   "the peer refuses less: no limits, no position, duplicate attributes accepted",
		entries: []entry{
			{name: "statemsg.DecodeReport", ours: true, per: reportMessages, run: func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					_, err := statemsg.DecodeReport(wire)
					fail(b, err)
				}
			}},
			{name: "x/text and encoding/xml Unmarshal", per: reportMessages, run: func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					_, err := unmarshal(wire)
					fail(b, err)
				}
			}},
		},
	}}, nil
}
