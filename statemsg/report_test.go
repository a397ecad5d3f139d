package statemsg_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/statemsgtest"
	"github.com/updatescan/updatescan/statemsg/statemsgtest/statemsgrapid"
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
		if _, err := (statemsgtest.Model{}).EncodeReport(r); err == nil || (c.want != nil && !errors.Is(err, c.want)) {
			t.Errorf("%s: EncodeReport of the model = %v, want %v", c.name, err, c.want)
		}
	}
}

// slowReport writes a report as UTF-8 text by the reference model: the second
// implementation.
func slowReport(tb rapid.TB, r *statemsg.Report) string {
	tb.Helper()
	text, err := statemsgtest.Model{}.EncodeReport(r)
	if err != nil {
		tb.Fatalf("EncodeReport of the model = %v", err)
	}
	return text
}

// slowDocument is slowReport without the XML declaration.
func slowDocument(tb rapid.TB, r *statemsg.Report) string {
	tb.Helper()
	_, doc, _ := strings.Cut(slowReport(tb, r), "?>")
	return doc
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// decode decodes a report, and again by the reference model. They must agree,
// but for names that the model documents to refuse.
func decode(tb rapid.TB, data []byte) (*statemsg.Report, error) {
	tb.Helper()
	got, err := statemsg.DecodeReport(data)
	want, wantErr := statemsgtest.Model{}.DecodeReport(data)
	if wantErr != nil && strings.Contains(wantErr.Error(), "invalid XML name") && !isASCII(wantErr.Error()) {
		return got, err
	}
	if (err == nil) != (wantErr == nil) {
		tb.Fatalf("DecodeReport = %v, of the model %v\n%.4000q", err, wantErr, data)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		tb.Fatalf("DecodeReport (-model +got)\n%s\n%.4000q", diff, data)
	}
	return got, err
}

// TestReportRoundTrip: the encoder writes what the slow one writes, and the
// decoder gives back what was written, from all encodings.
func TestReportRoundTrip(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-9")
	t.Attr("rule", "MSG-1")
	rapid.Check(t, func(t *rapid.T) {
		r := statemsgrapid.Report(5).Draw(t, "report")
		for range rapid.SampledFrom([]int{0, 0, 0, 130}).Draw(t, "more") { // more than a chunk of the decoder
			r.Messages = append(r.Messages, r.Messages[0])
		}
		data, err := statemsg.AppendReport(nil, r)
		if err != nil {
			t.Fatalf("AppendReport = %v", err)
		}
		if same, err := (statemsgtest.Model{}).EncodeBytes(r); err != nil || !bytes.Equal(same, data) {
			t.Fatalf("AppendReport differs from the model, %v\n%s", err, cmp.Diff(fromUTF16(same), fromUTF16(data)))
		}
		slow := slowReport(t, r)
		if diff := cmp.Diff(slow, fromUTF16(data)); diff != "" {
			t.Fatalf("AppendReport (-slow +got)\n%s", diff)
		}
		for name, form := range map[string][]byte{
			"UTF-16LE": data,
			"UTF-16BE": toUTF16(slow, binary.BigEndian),
			"UTF-8":    []byte(strings.Replace(slow, "UTF-16", "UTF-8", 1)),
		} {
			read := decode
			if len(r.Messages) > 5 { // the model takes its time
				read = func(_ rapid.TB, data []byte) (*statemsg.Report, error) { return statemsg.DecodeReport(data) }
			}
			got, err := read(t, form)
			if err != nil {
				t.Fatalf("%s: DecodeReport = %v", name, err)
			}
			if diff := cmp.Diff(r, got); diff != "" {
				t.Fatalf("%s: DecodeReport (-want +got)\n%s", name, diff)
			}
		}
	})
}
