package xmltok_test

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"testing"

	"github.com/updatescan/updatescan/internal/xmltok"
)

// reportOf returns a report-like document of n messages of 295 bytes or so.
func reportOf(n int) []byte {
	b := []byte("<Report><ReportBody>")
	for i := range n {
		b = fmt.Appendf(b, `<StateMessage MessageTime="20140120171855.%06d+000" SerialNumber="%d">`+
			`<Topic ID="%08x-52b1-4d1c-9a6e-0123456789ab" Type="500" IDType="3" User="" UserSID=""/>`+
			`<State ID="%d" Criticality="0"/><UserParameters Flags="0" Count="1"><Param>200</Param></UserParameters></StateMessage>`,
			i%1000000, i, i*7919, i%4)
	}
	return append(b, "</ReportBody></Report>"...)
}

// metadataOf returns an answer-like document of n updates with namespaces,
// indentation and escaped fragments.
func metadataOf(n int) []byte {
	b := []byte(`<?xml version="1.0" encoding="utf-8"?>` + "\r\n" + `<e:Envelope xmlns:e="urn:example:envelope" xmlns:i="urn:example:instance">` +
		`<e:Body><Answer xmlns="urn:example:service">`)
	for i := range n {
		b = fmt.Appendf(b, "\r\n  <Update>\r\n    <ID>%d</ID>\r\n    <Leaf i:nil=\"true\"/>\r\n    <Xml>&lt;Identity UpdateID=&quot;%08x-52b1-4d1c-9a6e-0123456789ab&quot; Revision=&quot;%d&quot; /&gt;"+
			"&lt;Rules&gt;&lt;b.RegSz Key=&quot;HKEY_LOCAL_MACHINE&quot; Subkey=&quot;SOFTWARE\\Example\\Product\\%d&quot; Value=&quot;Version&quot; Comparison=&quot;EqualTo&quot; Data=&quot;1.%d&quot; /&gt;"+
			"&lt;b.FileVersion Path=&quot;\\system32\\example.dll&quot; Comparison=&quot;LessThan&quot; Version=&quot;10.0.%d.1&quot; /&gt;&lt;/Rules&gt;</Xml>\r\n  </Update>",
			i, i*7919, i%300, i, i%10, i%20000)
	}
	return append(b, "</Answer></e:Body></e:Envelope>"...)
}

func drain(tb testing.TB, t *xmltok.Tokenizer) (tokens int) {
	tb.Helper()
	for {
		kind, err := t.Next()
		if err != nil {
			tb.Fatal(err)
		}
		if kind == xmltok.EOF {
			return tokens
		}
		tokens++
	}
}

func benchmarkTokens(b *testing.B, doc []byte, units int) {
	b.Helper()
	b.Run("xmltok", func(b *testing.B) {
		var t xmltok.Tokenizer
		b.ReportAllocs()
		b.SetBytes(int64(len(doc)))
		for b.Loop() {
			t.Reset(doc, xmltok.Limits{}, false)
			drain(b, &t)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(units), "ns/unit")
	})
	b.Run("encoding-xml", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(doc)))
		for b.Loop() {
			d := xml.NewDecoder(bytes.NewReader(doc))
			for {
				_, err := d.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(units), "ns/unit")
	})
}

// BenchmarkReport reads the tokens of reports; a unit is a message.
func BenchmarkReport(b *testing.B) {
	for _, n := range []int{1, 1000, 50000} {
		b.Run("messages="+strconv.Itoa(n), func(b *testing.B) { benchmarkTokens(b, reportOf(n), n) })
	}
}

// BenchmarkMetadata reads the tokens of an answer with namespaces and escaped
// fragments; a unit is an update.
func BenchmarkMetadata(b *testing.B) {
	for _, n := range []int{25, 1000} {
		b.Run("updates="+strconv.Itoa(n), func(b *testing.B) { benchmarkTokens(b, metadataOf(n), n) })
	}
}

// BenchmarkUTF16 converts a report of 1,000 messages from UTF-16.
func BenchmarkUTF16(b *testing.B) {
	wide := append([]byte("\xFF\xFE"), modelEncode(binary.LittleEndian, string(reportOf(1000)))...)
	var err error
	buf := make([]byte, 0, len(wide))
	b.ReportAllocs()
	b.SetBytes(int64(len(wide)))
	for b.Loop() {
		if buf, err = xmltok.DecodeUTF16(buf[:0], wide); err != nil {
			b.Fatal(err)
		}
	}
}
