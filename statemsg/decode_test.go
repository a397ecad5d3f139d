package statemsg_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/statemsg"
)

// laterForm is a report as later clients write it.
const laterForm = `<?xml version="1.0" encoding="UTF-16"?>
<Report><ReportHeader><Identification><Machine><ClientInstalled>1</ClientInstalled><ClientType>1</ClientType>` +
	`<ClientID>GUID:5B0A7C1E-93D4-4F60-8E25-A1B2C3D4E5F6</ClientID><ClientVersion>4.00.6487.2000</ClientVersion>` +
	`<NetBIOSName>LAB-PC-07</NetBIOSName><CodePage>850</CodePage><SystemDefaultLCID>1031</SystemDefaultLCID><Priority>5</Priority></Machine>` +
	`</Identification><ReportDetails><ReportContent>State Message Data</ReportContent><ReportType>Full</ReportType>` +
	`<Date>20080603111500.000001+120</Date><Version>1.0</Version><Format>1.0</Format></ReportDetails></ReportHeader>
<ReportBody><StateMessage MessageTime="20080603090210.250000+000" SerialNumber="232">` +
	`<Topic ID="3c1f8f0a-6f55-4e0e-9d0b-2f8f5c1b7a44" Type="500" IDType="3" User="" UserSID=""/><State ID="2" Criticality="0"/>` +
	`<UserParameters Flags="0" Count="1"><Param>102</Param></UserParameters></StateMessage></ReportBody></Report>
`

func laterReport() *statemsg.Report {
	r := goldenReport()
	r.Messages = r.Messages[:1]
	r.Messages[0].Serial = 232
	return r
}

func TestDecodeReportAccepts(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-9")
	noDeclaration := laterForm[strings.Index(laterForm, "?>")+2:]
	utf8Form := `<?xml version="1.0" encoding="utf-8"?>` + noDeclaration
	replace := func(pairs ...string) []byte {
		s := strings.NewReplacer(pairs...).Replace(noDeclaration)
		if s == noDeclaration {
			t.Fatalf("nothing replaced: %q", pairs)
		}
		return []byte(s)
	}
	cases := []struct {
		name string
		data []byte
		edit func(*statemsg.Report)
	}{
		{"UTF-16LE", toUTF16(laterForm, binary.LittleEndian), nil},
		{"UTF-16BE", toUTF16(laterForm, binary.BigEndian), nil},
		{"UTF-8 with a declaration", []byte(utf8Form), nil},
		{"UTF-8 with a byte-order mark", []byte("\xEF\xBB\xBF" + utf8Form), nil},
		{"no declaration", []byte(noDeclaration), nil},
		{"white space and comments", replace("><", ">\r\n<!-- c -->\t<"), nil},
		{"report type in capitals", replace(">Full<", ">FULL<"), nil},
		{"bare GUID", replace("GUID:", ""), nil},
		{"header in another order", replace(
			"<ReportType>Full</ReportType>", "", "<Version>1.0</Version>", "<ReportType>Full</ReportType>"), nil},
		{
			"nothing but the id of the machine", replace(
				"<ClientInstalled>1</ClientInstalled><ClientType>1</ClientType>", "", "<ClientVersion>4.00.6487.2000</ClientVersion>", "",
				"<NetBIOSName>LAB-PC-07</NetBIOSName><CodePage>850</CodePage><SystemDefaultLCID>1031</SystemDefaultLCID>", ""),
			func(r *statemsg.Report) { r.Client = statemsg.Client{ID: r.Client.ID} },
		},
		{"unknown elements and attributes", replace(
			"<ReportHeader>", "<New a='1'><Deep>text</Deep></New><ReportHeader>", "<Topic ", "<Topic New='x' ", "</ReportBody>", "<New/></ReportBody>",
			"<Param>", "<New/><Param>", "<Date>", "<New>x</New><Date>", "<State ID=\"2\" Criticality=\"0\"/>", "<State ID='2'><New/></State>"), nil},
		{"prefixed names are not ours", replace("<ReportBody>", `<n:ReportBody xmlns:n="urn:n"/><ReportBody>`), nil},
		{"no serial", replace(` SerialNumber="232"`, ""), func(r *statemsg.Report) { r.Messages[0].Serial = 0 }},
		{"no id type", replace(` IDType="3"`, ""), func(r *statemsg.Report) { r.Messages[0].IDType = 0 }},
		{"no count", replace(` Count="1"`, ""), nil},
		{
			"no parameters", replace(`<UserParameters Flags="0" Count="1"><Param>102</Param></UserParameters>`, ""),
			func(r *statemsg.Report) { r.Messages[0].Params = nil },
		},
		{
			"five parameters", replace(`Count="1"><Param>102</Param>`, `Count="5"><Param>102</Param><Param/><Param> </Param><Param>&lt;</Param><Param><![CDATA[a]]>b</Param>`),
			func(r *statemsg.Report) { r.Messages[0].Params = []string{"102", "", " ", "<", "ab"} },
		},
		{
			"details", replace(`<UserParameters`, `<StateDetails Type="7"><![CDATA[a<]]>&amp;</StateDetails><UserParameters`),
			func(r *statemsg.Report) { r.Messages[0].Details = "a<&" },
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			want := laterReport()
			if c.edit != nil {
				c.edit(want)
			}
			got, err := decode(t, c.data)
			if err != nil {
				t.Fatalf("DecodeReport = %v", err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("DecodeReport (-want +got)\n%s", diff)
			}
		})
	}
}

func TestDecodeReportRefuses(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-9")
	base := laterForm[strings.Index(laterForm, "?>")+3:]
	cases := []struct {
		name, old, new string
		want           string // of the reason
	}{
		{"document type", "<Report>", "<!DOCTYPE Report><Report>", "document type"},
		{"entity", ">102<", ">&boom;<", "entity"},
		{"other root", "Report>", "Raport>", "root element"},
		{"other content", "State Message Data", "Inventory Data", "ReportContent"},
		{"other type", ">Full<", ">Delta<", "ReportType"},
		{"other version", "<Version>1.0", "<Version>2.0", "Version"},
		{"other format", "<Format>1.0", "<Format>1.1", "Format"},
		{"no header", "ReportHeader>", "Other>", "ReportBody> before <ReportHeader>"},
		{"no body", "ReportBody>", "Other>", "no <ReportBody>"},
		{"no client id", "ClientID>", "Other>", "no <ClientID>"},
		{"no machine", "Machine>", "Other>", "no <Machine>"},
		{"no identification", "Identification>", "Other>", "no <Identification>"},
		{"no details", "ReportDetails>", "Other>", "no <ReportDetails>"},
		{"no content", "ReportContent>", "Other>", "no <ReportContent>"},
		{"no date", "Date>", "Other>", "no <Date>"},
		{"no message", "StateMessage", "Other", "no <StateMessage>"},
		{"second header", "<ReportBody>", "<ReportHeader/><ReportBody>", "second <ReportHeader>"},
		{"second body", "</Report>", "<ReportBody/></Report>", "second <ReportBody>"},
		{"second client id", "<CodePage>", "<ClientID>GUID:5B0A7C1E-93D4-4F60-8E25-A1B2C3D4E5F6</ClientID><CodePage>", "second <ClientID>"},
		{"bad client id", "GUID:5B0A", "GUID:5B0X", "ID:"},
		{"bad code page", ">850<", ">85O<", "CodePage"},
		{"negative locale", ">1031<", ">-1<", "SystemDefaultLCID"},
		{"bad date", "20080603111500.000001+120", "20080631111500.000001+120", "no such day"},
		{"no time", ` MessageTime="20080603090210.250000+000"`, "", "without MessageTime"},
		{"bad time", "20080603090210.250000+000", "20080603090260.250000+000", "no such time"},
		{"time with wildcard", "20080603090210.250000+000", "20080603090210.******+000", "yyyymmdd"},
		{"bad serial", `"232"`, `"23 2"`, "SerialNumber"},
		{"large serial", `"232"`, `"9223372036854775808"`, "SerialNumber"},
		{"topic missing", "<Topic ", "<Other ", "before <Topic>"},
		{"topic twice", "<State ", `<Topic ID="1" Type="1"/><State `, "second <Topic>"},
		{"topic without id", ` ID="3c1f8f0a-6f55-4e0e-9d0b-2f8f5c1b7a44"`, "", "without ID"},
		{"topic with empty id", `"3c1f8f0a-6f55-4e0e-9d0b-2f8f5c1b7a44"`, `""`, "0 bytes"},
		{"topic with long id", `3c1f8f0a`, strings.Repeat("x", statemsg.MaxTopicIDBytes), "bytes, want 1 to"},
		{"topic without type", ` Type="500"`, "", "without Type"},
		{"topic type 0", ` Type="500"`, ` Type="0"`, "Type 0"},
		{"topic type too large", ` Type="500"`, ` Type="65536"`, "Type"},
		{"topic id type too large", ` IDType="3"`, ` IDType="256"`, "IDType"},
		{"state missing", "<State ", "<Other ", "no <State>"},
		{"state without id", `<State ID="2"`, "<State", "without ID"},
		{"state too large", `<State ID="2"`, `<State ID="65536"`, "ID"},
		{"criticality too large", `Criticality="0"`, `Criticality="2147483648"`, "Criticality"},
		{"criticality too small", `Criticality="0"`, `Criticality="-2147483649"`, "Criticality"},
		{"count too large", `Count="1"`, `Count="2"`, "Count 2"},
		{"count too small", `Count="1"`, `Count="0"`, "Count 0"},
		{"six parameters", `Count="1"><Param>102</Param>`, `Count="6">` + strings.Repeat("<Param/>", 6), "more than 5"},
		{"long parameter", ">102<", ">" + strings.Repeat("x", statemsg.MaxParamBytes+1) + "<", "2049 bytes"},
		{"long details", "<UserParameters", "<StateDetails>" + strings.Repeat("x", statemsg.MaxDetailsBytes+1) + "</StateDetails><UserParameters", "bytes"},
		{"details late", "</StateMessage>", "<StateDetails/></StateMessage>", "after <UserParameters>"},
		{"parameters twice", "</StateMessage>", "<UserParameters/></StateMessage>", "second <UserParameters>"},
		{"element in a parameter", ">102<", "><b/><", ""},
		{"text between elements", "<ReportBody>", "<ReportBody>x", "text in <ReportBody>"},
		{"too deep", "<ReportBody>", strings.Repeat("<n>", 20) + strings.Repeat("</n>", 20) + "<ReportBody>", "deeper"},
		{"duplicate attribute", `Type="500"`, `Type="500" Type="500"`, "twice"},
		{"control character", ">102<", ">&#1;<", ""},
		{"raw control character", ">102<", ">\x01<", ""},
		{"malformed UTF-8", ">102<", ">\xFF<", ""},
		{"second root", "</Report>", "</Report><Report/>", "second root"},
		{"cut short", "</Report>", "", ""},
		{"wrong encoding", "<Report>", `<?xml version="1.0" encoding="UTF-16"?><Report>`, "encoding"},
		{"empty name", ">102<", "><><", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			doc := strings.ReplaceAll(base, c.old, c.new)
			if doc == base {
				t.Fatalf("nothing replaced: %q", c.old)
			}
			r, err := decode(t, []byte(doc))
			e, ok := errors.AsType[*statemsg.DecodeError](err)
			if !ok || r != nil || !errors.Is(err, statemsg.ErrReport) {
				t.Fatalf("DecodeReport = %v, %v, want a *DecodeError", r, err)
			}
			if !strings.Contains(e.Reason, c.want) || e.Line < 1 || e.Column < 1 {
				t.Errorf("DecodeReport = %v, want a line, a column and %q", err, c.want)
			}
		})
	}
}

func TestDecodeReportPosition(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-9")
	doc := strings.Replace(laterForm, `Criticality="0"`, `Criticality="high"`, 1)
	_, err := statemsg.DecodeReport(toUTF16(doc, binary.LittleEndian))
	e, ok := errors.AsType[*statemsg.DecodeError](err)
	if !ok {
		t.Fatalf("DecodeReport = %v, want a *DecodeError", err)
	}
	line := strings.Split(doc, "\n")[2]
	if wantColumn := strings.Index(line, "Criticality") + 1; e.Line != 3 || e.Column != wantColumn {
		t.Errorf("DecodeReport = %v, want line 3, column %d", err, wantColumn)
	}
}

func TestDecodeReportRefusesWholes(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-9")
	good := toUTF16(laterForm, binary.LittleEndian)
	cases := []struct {
		name string
		data []byte
	}{
		{"nothing", nil},
		{"one byte", []byte("<")},
		{"mark alone", []byte{0xFF, 0xFE}},
		{"no mark", good[2:]},
		{"half a unit", good[:len(good)-1]},
		{"lone surrogate", append(bytes.Clone(good), 0x00, 0xD8)},
		{"declared as UTF-8", toUTF16(strings.Replace(laterForm, "UTF-16", "UTF-8", 1), binary.LittleEndian)},
		{"too large", make([]byte, statemsg.MaxReportBytes+1)},
	}
	for _, c := range cases {
		r, err := decode(t, c.data)
		if _, ok := errors.AsType[*statemsg.DecodeError](err); !ok || r != nil {
			t.Errorf("%s: DecodeReport = %v, %v, want a *DecodeError", c.name, r, err)
		}
	}
}

func TestDecoderVisit(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-9")
	r := goldenReport()
	for range 200 {
		r.Messages = append(r.Messages, r.Messages[:4]...)
	}
	data, err := statemsg.AppendReport(nil, r)
	if err != nil {
		t.Fatal(err)
	}
	var d statemsg.Decoder
	stop := errors.New("stop")
	for _, last := range []int{0, 5, 64, len(r.Messages)} { // and the decoder is used again
		var got statemsg.Report
		err := d.Visit(data, func(h statemsg.Header) error {
			got.Client, got.Date = h.Client, h.Date
			return nil
		}, func(m *statemsg.Message) error {
			if len(got.Messages) == last {
				return stop
			}
			got.Messages = append(got.Messages, *m)
			return nil
		})
		if (err == nil) != (last == len(r.Messages)) || (err != nil && !errors.Is(err, stop)) {
			t.Fatalf("Visit stopped after %d = %v", last, err)
		}
		want := *r
		want.Messages = r.Messages[:last]
		if last == 0 {
			want.Messages = nil
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("Visit stopped after %d (-want +got)\n%s", last, diff)
		}
	}
	err = d.Visit(data, func(statemsg.Header) error { return stop }, nil)
	if !errors.Is(err, stop) {
		t.Errorf("Visit with a header function that stops = %v, want %v", err, stop)
	}
}

func FuzzDecodeReport(f *testing.F) {
	golden, err := statemsg.AppendReport(nil, goldenReport())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	f.Add([]byte(strings.Replace(fromUTF16(golden), "UTF-16", "UTF-8", 1)))
	f.Add(toUTF16(laterForm, binary.LittleEndian))
	f.Add(toUTF16(laterForm, binary.BigEndian))
	f.Add([]byte(laterForm[strings.Index(laterForm, "<Report>"):]))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := decode(t, data)
		if err != nil {
			if _, ok := errors.AsType[*statemsg.DecodeError](err); !ok {
				t.Fatalf("DecodeReport = %v, want a *DecodeError", err)
			}
			return
		}
		again, err := statemsg.AppendReport(nil, r)
		if err != nil {
			t.Fatalf("AppendReport of a decoded report = %v", err)
		}
		back, err := decode(t, again)
		if err != nil {
			t.Fatalf("DecodeReport of a report written = %v", err)
		}
		if diff := cmp.Diff(r, back); diff != "" {
			t.Fatalf("round trip (-first +second)\n%s", diff)
		}
	})
}
