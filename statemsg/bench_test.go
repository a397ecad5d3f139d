package statemsg_test

import (
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/updatescan/updatescan/statemsg"
)

// benchReport is a report of n ordinary messages of updates.
func benchReport(n int) *statemsg.Report {
	r := &statemsg.Report{Client: testClient(), Date: at(900)}
	for i := range n {
		r.Messages = append(r.Messages, statemsg.Message{
			TopicType: statemsg.UpdateDetection,
			TopicID:   fmt.Sprintf("%08x-52b1-4d1c-9a6e-0123456789ab", i*7919),
			IDType:    3,
			StateID:   statemsg.StateID(1 + i%3),
			Params:    []string{strconv.Itoa(100 + i%100)},
			Time:      at(i % 60).Add(time.Duration(i%1000) * time.Millisecond),
			Serial:    uint64(i + 1),
		})
	}
	return r
}

// The structs that encoding/xml, the peer, works with.
type (
	peerReport struct {
		XMLName  xml.Name      `xml:"Report"`
		Machine  peerMachine   `xml:"ReportHeader>Identification>Machine"`
		Details  peerDetails   `xml:"ReportHeader>ReportDetails"`
		Messages []peerMessage `xml:"ReportBody>StateMessage"`
	}
	peerMachine struct {
		ClientInstalled, ClientType int
		ClientID, ClientVersion     string
		NetBIOSName                 string
		CodePage                    int
		SystemDefaultLCID           int
	}
	peerDetails struct {
		ReportContent, ReportType, Date, Version, Format string
	}
	peerMessage struct {
		MessageTime  string `xml:",attr"`
		SerialNumber uint64 `xml:",attr"`
		Topic        struct {
			ID     string `xml:",attr"`
			Type   uint16 `xml:",attr"`
			IDType uint8  `xml:",attr"`
		}
		State struct {
			ID          uint16 `xml:",attr"`
			Criticality int32  `xml:",attr"`
		}
		UserParameters struct {
			Flags int      `xml:",attr"`
			Count int      `xml:",attr"`
			Param []string `xml:"Param"`
		}
	}
)

const peerLayout = "20060102150405.000000+000"

func peerEncode(r *statemsg.Report) ([]byte, error) {
	p := peerReport{
		Machine: peerMachine{1, 1, r.Client.ID, r.Client.Version, r.Client.NetBIOSName, r.Client.CodePage, r.Client.LCID},
		Details: peerDetails{"State Message Data", "Full", r.Date.Format(peerLayout), "1.0", "1.0"},
	}
	p.Messages = make([]peerMessage, len(r.Messages))
	for i, m := range r.Messages {
		q := &p.Messages[i]
		q.MessageTime, q.SerialNumber = m.Time.Format(peerLayout), m.Serial
		q.Topic.ID, q.Topic.Type, q.Topic.IDType = m.TopicID, uint16(m.TopicType), m.IDType
		q.State.ID, q.State.Criticality = uint16(m.StateID), m.Criticality
		q.UserParameters.Count, q.UserParameters.Param = len(m.Params), m.Params
	}
	text, err := xml.Marshal(p)
	if err != nil {
		return nil, err
	}
	return toUTF16(`<?xml version="1.0" encoding="UTF-16"?>`+string(text), binary.LittleEndian), nil
}

func peerDecode(data []byte) (*statemsg.Report, error) {
	units := make([]uint16, 0, len(data)/2)
	for i := 2; i+1 < len(data); i += 2 {
		units = append(units, binary.LittleEndian.Uint16(data[i:]))
	}
	text := string(utf16.Decode(units))
	var p peerReport
	if err := xml.Unmarshal([]byte(text[strings.Index(text, "?>")+2:]), &p); err != nil {
		return nil, err
	}
	r := &statemsg.Report{Client: statemsg.Client{
		ID: p.Machine.ClientID, Version: p.Machine.ClientVersion, NetBIOSName: p.Machine.NetBIOSName,
		CodePage: p.Machine.CodePage, LCID: p.Machine.SystemDefaultLCID,
	}}
	var err error
	if r.Date, err = time.Parse(peerLayout, p.Details.Date); err != nil {
		return nil, err
	}
	r.Messages = make([]statemsg.Message, len(p.Messages))
	for i, q := range p.Messages {
		at, err := time.Parse(peerLayout, q.MessageTime)
		if err != nil {
			return nil, err
		}
		r.Messages[i] = statemsg.Message{
			TopicType: statemsg.TopicType(q.Topic.Type), TopicID: q.Topic.ID, IDType: q.Topic.IDType,
			StateID: statemsg.StateID(q.State.ID), Criticality: q.State.Criticality, Params: q.UserParameters.Param,
			Time: at, Serial: q.SerialNumber,
		}
	}
	return r, nil
}

func perMessage(b *testing.B, n int) {
	b.Helper()
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/msg")
}

var benchSizes = []int{1, 100, 10_000}

func BenchmarkAppendReport(b *testing.B) {
	for _, n := range benchSizes {
		r := benchReport(n)
		b.Run(fmt.Sprintf("messages=%d/reused", n), func(b *testing.B) {
			b.ReportAllocs()
			buf, err := statemsg.AppendReport(nil, r)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if buf, err = statemsg.AppendReport(buf[:0], r); err != nil {
					b.Fatal(err)
				}
			}
			perMessage(b, n)
		})
		b.Run(fmt.Sprintf("messages=%d/fresh", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := statemsg.AppendReport(nil, r); err != nil {
					b.Fatal(err)
				}
			}
			perMessage(b, n)
		})
		b.Run(fmt.Sprintf("messages=%d/encoding-xml", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := peerEncode(r); err != nil {
					b.Fatal(err)
				}
			}
			perMessage(b, n)
		})
	}
}

func BenchmarkDecodeReport(b *testing.B) {
	for _, n := range benchSizes {
		data, err := statemsg.AppendReport(nil, benchReport(n))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("messages=%d/report", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := statemsg.DecodeReport(data); err != nil {
					b.Fatal(err)
				}
			}
			perMessage(b, n)
		})
		b.Run(fmt.Sprintf("messages=%d/reused", n), func(b *testing.B) {
			b.ReportAllocs()
			var d statemsg.Decoder
			for b.Loop() {
				if _, err := d.Decode(data); err != nil {
					b.Fatal(err)
				}
			}
			perMessage(b, n)
		})
		b.Run(fmt.Sprintf("messages=%d/visit", n), func(b *testing.B) {
			b.ReportAllocs()
			var d statemsg.Decoder
			seen := 0
			for b.Loop() {
				err := d.Visit(data, func(statemsg.Header) error { return nil }, func(*statemsg.Message) error { seen++; return nil })
				if err != nil {
					b.Fatal(err)
				}
			}
			perMessage(b, n)
		})
		b.Run(fmt.Sprintf("messages=%d/encoding-xml", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := peerDecode(data); err != nil {
					b.Fatal(err)
				}
			}
			perMessage(b, n)
		})
	}
}

func BenchmarkCIMTime(b *testing.B) {
	t := at(7).Add(123456 * time.Microsecond)
	text, _ := statemsg.AppendCIMTime(nil, t)
	b.Run("append", func(b *testing.B) {
		b.ReportAllocs()
		buf := make([]byte, 0, 32)
		for b.Loop() {
			buf, _ = statemsg.AppendCIMTime(buf[:0], t)
		}
	})
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := statemsg.ParseCIMTime(text); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkOutbox(b *testing.B) {
	const topics = 20_000
	messages := benchReport(topics).Messages
	fill := func() *statemsg.Outbox {
		o := new(statemsg.Outbox)
		for _, m := range messages {
			if err := o.Record(m); err != nil {
				b.Fatal(err)
			}
		}
		return o
	}
	b.Run("record-new", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			fill()
		}
		perMessage(b, topics)
	})
	b.Run("record-again", func(b *testing.B) {
		o := fill()
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			_ = o.Record(messages[i%topics])
		}
	})
	b.Run("batch-acknowledge-1000", func(b *testing.B) {
		o := fill()
		b.ReportAllocs()
		for b.Loop() {
			batch, ok := o.Batch(at(1), 1000)
			if !ok {
				o.Refresh()
			}
			o.Acknowledge(batch.ID)
		}
		perMessage(b, 1000)
	})
	data, err := fill().AppendBinary(nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("append-binary", func(b *testing.B) {
		o := fill()
		b.ReportAllocs()
		buf := make([]byte, 0, 2*len(data))
		for b.Loop() {
			buf, _ = o.AppendBinary(buf[:0])
		}
		perMessage(b, topics)
		b.ReportMetric(float64(len(data))/topics, "bytes/msg")
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := statemsg.DecodeOutbox(data); err != nil {
				b.Fatal(err)
			}
		}
		perMessage(b, topics)
	})
}
