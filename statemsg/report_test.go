package statemsg_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/statemsg"
)

func testClient() statemsg.Client {
	return statemsg.Client{
		ID:          "GUID:5B0A7C1E-93D4-4F60-8E25-A1B2C3D4E5F6",
		Version:     "4.00.6487.2000",
		NetBIOSName: "LAB-PC-07",
		CodePage:    850,
		LCID:        1031,
	}
}

// toUTF16 is s as UTF-16 with byte-order mark, by the standard library.
func toUTF16(s string, order binary.AppendByteOrder) []byte {
	b := order.AppendUint16(nil, 0xFEFF)
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return b
}

// fromUTF16 is the inverse of toUTF16 for UTF-16LE.
func fromUTF16(b []byte) string {
	var units []uint16
	for i := 2; i+1 < len(b); i += 2 {
		units = append(units, binary.LittleEndian.Uint16(b[i:]))
	}
	return string(utf16.Decode(units))
}

// goldenReport has every optional piece and every character that needs care.
func goldenReport() *statemsg.Report {
	return &statemsg.Report{
		Client: testClient(),
		Date:   time.Date(2008, 6, 3, 9, 15, 0, 1000, time.UTC),
		Messages: []statemsg.Message{
			{
				TopicType: statemsg.UpdateDetection, TopicID: "3c1f8f0a-6f55-4e0e-9d0b-2f8f5c1b7a44", IDType: 3, StateID: 2,
				Params: []string{"102"}, Time: time.Date(2008, 6, 3, 9, 2, 10, 250000000, time.UTC), Serial: 17,
			},
			{
				TopicType: statemsg.UpdateSourceScan, TopicID: `{WSUS "A" & <B>}`, IDType: 3, StateID: 6, Criticality: -5,
				Params: []string{"-2145124300", "", "https://wsus.example:8531/?a=1&b='2'", " tab\there\nand\rthere ", "Müller 猫 😀"},
				Time:   time.Date(1, 1, 1, 0, 0, 0, 1000, time.UTC), Serial: statemsg.MaxSerial,
			},
			{
				TopicType: 9003, TopicID: "x", StateID: 65535, Criticality: 2147483647,
				Details: "<a>]]></a> & ]]]>", Time: time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC),
			},
			{
				TopicType: statemsg.AssignmentEnforcement, TopicID: "y", IDType: 2, StateID: 5, Criticality: -2147483648,
				Details: "line\r\nnext ]]>", Params: []string{"p"}, Time: at(0), Serial: 18,
			},
		},
	}
}

// TestAppendReportGolden holds the bytes of a report for good: changing them
// is changing the wire form.
func TestAppendReportGolden(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-9")
	t.Attr("rule", "MSG-1")
	path := filepath.Join("testdata", "report.xml")
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := statemsg.AppendReport([]byte("kept"), goldenReport())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, append([]byte("kept"), want...)) {
		t.Errorf("AppendReport differs from %s (-want +got)\n%s", path, cmp.Diff(fromUTF16(want), fromUTF16(got[4:])))
	}
	decoded, err := statemsg.DecodeReport(want)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(goldenReport(), decoded); diff != "" {
		t.Errorf("DecodeReport(%s) (-want +got)\n%s", path, diff)
	}
}

func TestAppendReportRefuses(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-9")
	t.Attr("rule", "MSG-1")
	cases := []struct {
		name string
		edit func(*statemsg.Report)
		want error
	}{
		{"no messages", func(r *statemsg.Report) { r.Messages = nil }, statemsg.ErrNoMessages},
		{"too many messages", func(r *statemsg.Report) { r.Messages = make([]statemsg.Message, statemsg.MaxReportMessages+1) }, statemsg.ErrReportSize},
		{"no client", func(r *statemsg.Report) { r.Client = statemsg.Client{} }, statemsg.ErrInvalidClient},
		{"bad name", func(r *statemsg.Report) { r.Client.NetBIOSName = "\x00" }, statemsg.ErrInvalidClient},
		{"long version", func(r *statemsg.Report) { r.Client.Version = strings.Repeat("1", 257) }, statemsg.ErrInvalidClient},
		{"negative code page", func(r *statemsg.Report) { r.Client.CodePage = -1 }, statemsg.ErrInvalidClient},
		{"negative locale", func(r *statemsg.Report) { r.Client.LCID = -1 }, statemsg.ErrInvalidClient},
		{"no date", func(r *statemsg.Report) { r.Date = time.Time{} }, nil},
		{"invalid message", func(r *statemsg.Report) { r.Messages[2].TopicID = "" }, statemsg.ErrInvalidMessage},
	}
	for _, c := range cases {
		r := goldenReport()
		c.edit(r)
		b, err := statemsg.AppendReport([]byte("kept"), r)
		if err == nil || string(b) != "kept" || (c.want != nil && !errors.Is(err, c.want)) {
			t.Errorf("%s: AppendReport = %q, %v, want %q, %v", c.name, b, err, "kept", c.want)
		}
	}
}

// Texts with what needs care more often than by chance.
func drawText(least, most int) *rapid.Generator[string] {
	r := rapid.OneOf(
		rapid.RuneFrom([]rune("ab<>&\"']]]>>\t\n\r \u0085\u2028\uFFFD\uD7FF\uE000\U0001F600\U0010FFFF")),
		rapid.Rune().Filter(func(r rune) bool { return r >= 0x20 && r != 0xFFFE && r != 0xFFFF }),
	)
	return rapid.StringOfN(r, least, -1, most)
}

func drawTime() *rapid.Generator[time.Time] {
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

func drawMessage() *rapid.Generator[statemsg.Message] {
	return rapid.Custom(func(t *rapid.T) statemsg.Message {
		m := statemsg.Message{
			TopicType:   statemsg.TopicType(rapid.Uint16Range(1, 65535).Draw(t, "type")),
			TopicID:     drawText(1, 40).Draw(t, "topic"),
			IDType:      rapid.Uint8().Draw(t, "idtype"),
			StateID:     statemsg.StateID(rapid.Uint16().Draw(t, "state")),
			Criticality: rapid.Int32().Draw(t, "criticality"),
			Params:      rapid.SliceOfN(drawText(0, 40), 0, statemsg.MaxParams).Draw(t, "params"),
			Details:     drawText(0, 40).Draw(t, "details"),
			Time:        drawTime().Draw(t, "time"),
			Serial:      rapid.Uint64Range(0, statemsg.MaxSerial).Draw(t, "serial"),
		}
		if len(m.Params) == 0 {
			m.Params = nil
		}
		return m
	})
}

// slowReport writes a report as UTF-8 text in the plainest way: the second
// implementation.
func slowReport(r *statemsg.Report) string {
	var b strings.Builder
	esc := strings.NewReplacer("<", "&lt;", ">", "&gt;", "&", "&amp;", `"`, "&quot;", "\t", "&#x9;", "\n", "&#xA;", "\r", "&#xD;")
	text := func(s string) { _, _ = esc.WriteString(&b, s) }
	tag := func(name, s string) {
		b.WriteString("<" + name + ">")
		text(s)
		b.WriteString("</" + name + ">")
	}
	const layout = "20060102150405.000000+000"
	b.WriteString(`<?xml version="1.0" encoding="UTF-16"?><Report><ReportHeader><Identification><Machine>`)
	tag("ClientInstalled", "1")
	tag("ClientType", "1")
	tag("ClientID", r.Client.ID)
	tag("ClientVersion", r.Client.Version)
	tag("NetBIOSName", r.Client.NetBIOSName)
	tag("CodePage", fmt.Sprint(r.Client.CodePage))
	tag("SystemDefaultLCID", fmt.Sprint(r.Client.LCID))
	b.WriteString(`</Machine></Identification><ReportDetails>`)
	tag("ReportContent", "State Message Data")
	tag("ReportType", "Full")
	tag("Date", r.Date.Format(layout))
	tag("Version", "1.0")
	tag("Format", "1.0")
	b.WriteString(`</ReportDetails></ReportHeader><ReportBody>`)
	for _, m := range r.Messages {
		b.WriteString(`<StateMessage MessageTime="` + m.Time.Format(layout) + `"`)
		if m.Serial != 0 {
			b.WriteString(` SerialNumber="` + fmt.Sprint(m.Serial) + `"`)
		}
		b.WriteString(`><Topic ID="`)
		text(m.TopicID)
		b.WriteString(`" Type="` + fmt.Sprint(uint16(m.TopicType)) + `" IDType="` + fmt.Sprint(m.IDType) + `"/>`)
		b.WriteString(`<State ID="` + fmt.Sprint(uint16(m.StateID)) + `" Criticality="` + fmt.Sprint(m.Criticality) + `"/>`)
		if m.Details != "" {
			b.WriteString(`<StateDetails Type="1">`)
			if strings.Contains(m.Details, "\r") {
				text(m.Details)
			} else {
				b.WriteString("<![CDATA[" + strings.ReplaceAll(m.Details, "]]>", "]]]]><![CDATA[>") + "]]>")
			}
			b.WriteString(`</StateDetails>`)
		}
		if len(m.Params) > 0 {
			b.WriteString(`<UserParameters Flags="0" Count="` + fmt.Sprint(len(m.Params)) + `">`)
			for _, p := range m.Params {
				tag("Param", p)
			}
			b.WriteString(`</UserParameters>`)
		}
		b.WriteString(`</StateMessage>`)
	}
	b.WriteString(`</ReportBody></Report>`)
	return b.String()
}

// TestReportRoundTrip: the encoder writes what the slow one writes, and the
// decoder gives back what was written, from all encodings.
func TestReportRoundTrip(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-9")
	t.Attr("rule", "MSG-1")
	rapid.Check(t, func(t *rapid.T) {
		r := &statemsg.Report{Client: testClient(), Date: drawTime().Draw(t, "date")}
		r.Client.Version = drawText(0, 20).Draw(t, "version")
		r.Client.NetBIOSName = drawText(0, 20).Draw(t, "name")
		r.Client.CodePage = rapid.IntRange(0, 1<<31-1).Draw(t, "codepage")
		r.Messages = rapid.SliceOfN(drawMessage(), 1, 5).Draw(t, "messages")
		for range rapid.SampledFrom([]int{0, 0, 0, 130}).Draw(t, "more") { // more than a chunk of the decoder
			r.Messages = append(r.Messages, r.Messages[0])
		}
		data, err := statemsg.AppendReport(nil, r)
		if err != nil {
			t.Fatalf("AppendReport = %v", err)
		}
		slow := slowReport(r)
		if diff := cmp.Diff(slow, fromUTF16(data)); diff != "" {
			t.Fatalf("AppendReport (-slow +got)\n%s", diff)
		}
		for name, form := range map[string][]byte{
			"UTF-16LE": data,
			"UTF-16BE": toUTF16(slow, binary.BigEndian),
			"UTF-8":    []byte(strings.Replace(slow, "UTF-16", "UTF-8", 1)),
		} {
			got, err := statemsg.DecodeReport(form)
			if err != nil {
				t.Fatalf("%s: DecodeReport = %v", name, err)
			}
			if diff := cmp.Diff(r, got); diff != "" {
				t.Fatalf("%s: DecodeReport (-want +got)\n%s", name, diff)
			}
		}
	})
}
