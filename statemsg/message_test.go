package statemsg_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
)

func TestMessageValidate(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-1")
	long := func(n int) string { return strings.Repeat("x", n) }
	cases := []struct {
		name  string
		edit  func(*statemsg.Message)
		field string // "" = valid
	}{
		{"plain", func(*statemsg.Message) {}, ""},
		{"unknown topic and state", func(m *statemsg.Message) { m.TopicType, m.StateID, m.IDType = 65535, 65535, 255 }, ""},
		{"topic type zero", func(m *statemsg.Message) { m.TopicType = 0 }, "TopicType"},
		{"no topic id", func(m *statemsg.Message) { m.TopicID = "" }, "TopicID"},
		{"longest topic id", func(m *statemsg.Message) { m.TopicID = long(statemsg.MaxTopicIDBytes) }, ""},
		{"too long topic id", func(m *statemsg.Message) { m.TopicID = long(statemsg.MaxTopicIDBytes + 1) }, "TopicID"},
		{"no parameters", func(m *statemsg.Message) { m.Params = nil }, ""},
		{"five parameters", func(m *statemsg.Message) { m.Params = make([]string, 5) }, ""},
		{"six parameters", func(m *statemsg.Message) { m.Params = make([]string, 6) }, "Params"},
		{"longest parameter", func(m *statemsg.Message) { m.Params = []string{long(statemsg.MaxParamBytes)} }, ""},
		{"too long parameter", func(m *statemsg.Message) { m.Params = []string{"", long(statemsg.MaxParamBytes + 1)} }, "Params[1]"},
		{"longest details", func(m *statemsg.Message) { m.Details = long(statemsg.MaxDetailsBytes) }, ""},
		{"too long details", func(m *statemsg.Message) { m.Details = long(statemsg.MaxDetailsBytes + 1) }, "Details"},
		{"white space", func(m *statemsg.Message) { m.Params = []string{"\t\r\n"} }, ""},
		{"delete character", func(m *statemsg.Message) { m.Params = []string{"\x7F"} }, ""},
		{"NUL", func(m *statemsg.Message) { m.Params = []string{"a\x00"} }, "Params[0]"},
		{"escape character", func(m *statemsg.Message) { m.TopicID = "\x1B" }, "TopicID"},
		{"not UTF-8", func(m *statemsg.Message) { m.Details = "\xC3(" }, "Details"},
		{"surrogate in UTF-8", func(m *statemsg.Message) { m.Details = "\xED\xA0\x80" }, "Details"},
		{"replacement character", func(m *statemsg.Message) { m.Details = "\uFFFD" }, ""},
		{"U+FFFE", func(m *statemsg.Message) { m.Details = "\uFFFE" }, "Details"},
		{"U+FFFF", func(m *statemsg.Message) { m.Details = "\uFFFF" }, "Details"},
		{"no time", func(m *statemsg.Message) { m.Time = time.Time{} }, "Time"},
		{"year 0", func(m *statemsg.Message) { m.Time = time.Date(0, 12, 31, 0, 0, 0, 0, time.UTC) }, "Time"},
		{"year 0 in UTC", func(m *statemsg.Message) { m.Time = time.Date(1, 1, 1, 0, 0, 0, 0, time.FixedZone("", 60)) }, "Time"},
		{"first second", func(m *statemsg.Message) { m.Time = time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC) }, ""},
		{"last second", func(m *statemsg.Message) { m.Time = time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC) }, ""},
		{"year 10000", func(m *statemsg.Message) { m.Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }, "Time"},
		{"last serial", func(m *statemsg.Message) { m.Serial = statemsg.MaxSerial }, ""},
		{"too high serial", func(m *statemsg.Message) { m.Serial = statemsg.MaxSerial + 1 }, "Serial"},
	}
	for _, c := range cases {
		m := update(1, 2, 0)
		c.edit(&m)
		err := m.Validate()
		field := ""
		if e, ok := errors.AsType[*statemsg.MessageError](err); ok && errors.Is(err, statemsg.ErrInvalidMessage) {
			field = e.Field
		}
		if (err == nil) != (c.field == "") || field != c.field {
			t.Errorf("%s: Validate() = %v, want field %q", c.name, err, c.field)
		}
		r := statemsg.Report{Client: testClient(), Date: at(0), Messages: []statemsg.Message{m}}
		if _, err := statemsg.AppendReport(nil, &r); (err == nil) != (c.field == "") || (err != nil && !errors.Is(err, statemsg.ErrInvalidMessage)) {
			t.Errorf("%s: AppendReport = %v, want as Validate", c.name, err)
		}
		var o statemsg.Outbox
		if err := o.Record(m); (err == nil) != (c.field == "" || c.field == "Serial") || o.Waiting() > 0 && err != nil {
			t.Errorf("%s: Record = %v, want as Validate", c.name, err)
		}
	}
}

// TestTextAgreement: for any bytes as a text, encoder and Validate agree on
// what a report can carry, and it is what XML 1.0 says.
func TestTextAgreement(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-9")
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.OneOf(
			rapid.SampledFrom([]byte("abcdefgh<>&\"'\t\n\r\x00\x1F\x7F\x80\xC3\xA4\xEF\xBF\xBE\xBF\xED\xA0\xF0\x9F\x98\x80")), rapid.ByteRange('a', 'z'),
		), 1, 30).Draw(t, "bytes")
		want := utf8.Valid(b)
		for _, r := range string(b) {
			if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
				want = false
			}
		}
		m := update(1, 2, 0)
		where := rapid.IntRange(0, 2).Draw(t, "where")
		switch where {
		case 0:
			m.TopicID = string(b)
		case 1:
			m.Params = []string{string(b)}
		case 2:
			m.Details = string(b)
		}
		if err := m.Validate(); (err == nil) != want {
			t.Fatalf("Validate with text %q = %v, want valid %v", b, err, want)
		}
		r := statemsg.Report{Client: testClient(), Date: at(0), Messages: []statemsg.Message{m}}
		data, err := statemsg.AppendReport(nil, &r)
		if (err == nil) != want {
			t.Fatalf("AppendReport with text %q = %v, want valid %v", b, err, want)
		}
		if err != nil {
			return
		}
		back, err := statemsg.DecodeReport(data)
		if err != nil {
			t.Fatalf("DecodeReport with text %q = %v", b, err)
		}
		if diff := cmp.Diff(m, back.Messages[0]); diff != "" {
			t.Fatalf("round trip (-want +got)\n%s", diff)
		}
	})
}

func TestFromChanges(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-2")
	t.Attr("rule", "DIFF-6")
	t.Attr("rule", "DIFF-7")
	id := func(last byte) compliance.UpdateID {
		return compliance.UpdateID{0x0e, 0x6c, 0xf4, 0xac, 15: last}
	}
	changes := []compliance.Change{
		{ID: id(1), Kind: compliance.First, To: compliance.NotRequired, Revision: 101},
		{ID: id(2), Kind: compliance.Changed, From: compliance.Required, To: compliance.Installed, FromRevision: 7, Revision: 8},
		{ID: id(3), Kind: compliance.Revised, From: compliance.Required, To: compliance.Required, FromRevision: 7, Revision: 8},
		{ID: id(4), Kind: compliance.Removed, From: compliance.Required, FromRevision: 200, Revision: 200},
		{ID: id(5), Kind: compliance.First, To: compliance.Required},
	}
	when := time.Date(2008, 6, 3, 11, 0, 0, 1999, time.FixedZone("", 7200))
	message := func(n, state, revision string) statemsg.Message {
		return statemsg.Message{
			TopicType: 500, TopicID: "0e6cf4ac-0000-0000-0000-00000000000" + n, IDType: 3, StateID: statemsg.StateID(state[0] - '0'),
			Params: []string{revision}, Time: time.Date(2008, 6, 3, 9, 0, 0, 1000, time.UTC),
		}
	}
	first := update(9, 1, 0)
	want := []statemsg.Message{first, message("1", "1", "101"), message("2", "3", "8"), message("5", "2", "0")}
	got := statemsg.FromChanges([]statemsg.Message{first}, when, changes, false)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("FromChanges without removed (-want +got)\n%s", diff)
	}
	want = []statemsg.Message{message("1", "1", "101"), message("2", "3", "8"), message("4", "0", "200"), message("5", "2", "0")}
	got = statemsg.FromChanges(nil, when, changes, true)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("FromChanges with removed (-want +got)\n%s", diff)
	}
	if got := statemsg.FromChanges(nil, when, nil, true); got != nil {
		t.Errorf("FromChanges of nothing = %v, want nil", got)
	}
}

func TestClientValidate(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-9")
	const guid = "5b0a7c1e-93d4-4f60-8e25-a1b2c3d4e5f6"
	for _, c := range []struct {
		id, want string // "" = refused
	}{
		{guid, "GUID:" + guid},
		{"GUID:" + guid, "GUID:" + guid},
		{"GUID:" + strings.ToUpper(guid), "GUID:" + strings.ToUpper(guid)},
		{"guid:" + guid, ""},
		{"GUID:GUID:" + guid, ""},
		{"{" + guid + "}", ""},
		{"", ""},
		{"GUID:", ""},
		{guid[:35], ""},
		{guid + "0", ""},
		{"5b0a7c1e093d404f6008e250a1b2c3d4e5f6", ""},
		{"5b0a7c1e-93d4-4f60-8e25-a1b2c3d4e5fg", ""},
		{"5b0a7c1e-93d4-4f60-8e25-a1b2c3d4e5f\x10", ""},
		{"5b0a7c1e-93d4-4f60-8e25-a1b2c3d4e5f\x19", ""},
	} {
		client := statemsg.Client{ID: c.id}
		err := client.Validate()
		if (err == nil) != (c.want != "") || (err != nil && !errors.Is(err, statemsg.ErrInvalidClient)) {
			t.Errorf("Validate of ID %q = %v", c.id, err)
			continue
		}
		if got := client.Normal().ID; err == nil && got != c.want {
			t.Errorf("Normal of ID %q = %q, want %q", c.id, got, c.want)
		}
	}
}
