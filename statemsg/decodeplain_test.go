package statemsg_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/statemsgtest/statemsgrapid"
)

// decodeBothWays decodes doc as it is, and again with one more space in the
// start tags of its messages, so that none is in the plain form and the
// tokenizer reads all of them: the second implementation. The reasons of
// refusals are compared too. The reference model is the third.
func decodeBothWays(t rapid.TB, doc string) {
	t.Helper()
	const tag = "<StateMessage "
	got, gotErr := decode(t, []byte(doc))
	want, wantErr := statemsg.DecodeReport([]byte(strings.ReplaceAll(doc, tag, tag+" ")))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("DecodeReport(%q) (-tokens +got)\n%s", doc, diff)
	}
	if reason(gotErr) != reason(wantErr) {
		t.Fatalf("DecodeReport(%q) = %v, want %v", doc, gotErr, wantErr)
	}
}

// reason is what a refusal says besides the place.
func reason(err error) string {
	if e, ok := errors.AsType[*statemsg.DecodeError](err); ok {
		return e.Reason
	}
	return ""
}

// TestDecodePlainAgainstTokens: what is read without tokens is read as with
// them, and nothing more is accepted.
func TestDecodePlainAgainstTokens(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-9")
	t.Attr("rule", "MSG-1")
	rapid.Check(t, func(t *rapid.T) {
		r := benchReport(rapid.IntRange(1, 4).Draw(t, "messages"))
		m := &r.Messages[0]
		m.TopicID = strings.Repeat("i", rapid.SampledFrom([]int{1, 36, 255, 256}).Draw(t, "id"))
		m.Params = nil
		for range rapid.IntRange(0, statemsg.MaxParams).Draw(t, "params") {
			m.Params = append(m.Params, strings.Repeat("p", rapid.SampledFrom([]int{0, 3, 2047, 2048}).Draw(t, "param")))
		}
		m.Time = statemsgrapid.Time().Draw(t, "time")
		doc := slowDocument(t, r)
		doc = statemsgrapid.Edited(doc, strings.Index(doc, "<ReportBody>"), 3).Draw(t, "edited")
		decodeBothWays(t, doc)
	})
}

// TestDecodePlainEdges edits one value of a message to each side of its bound.
func TestDecodePlainEdges(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-9")
	t.Attr("rule", "MSG-1")
	r := benchReport(2)
	r.Messages[0].Time = time.Date(2008, 2, 29, 23, 59, 59, 999999000, time.UTC)
	doc := slowDocument(t, r)
	for old, edits := range map[string][]string{
		"20080229235959.999999+000": {
			"20070229235959.999999+000", "20080229235960.999999+000", "20080229240000.000000+000", "20080229235959.999999-720",
			"00010101000000.000000+000", "00010101000000.000000+001", "99991231235959.999999-001", "20080229235959.99999*+000",
		},
		`SerialNumber="1"`: {`SerialNumber=""`, `SerialNumber="0"`, `SerialNumber="007"`, `SerialNumber="9223372036854775807"`, `SerialNumber="9223372036854775808"`, `SerialNumber="18446744073709551616"`},
		`Type="500"`:       {`Type="0"`, `Type="65535"`, `Type="65536"`, `Type="+1"`},
		`IDType="3"`:       {`IDType="255"`, `IDType="256"`, `IDType=""`},
		`Topic ID="00000000-52b1-4d1c-9a6e-0123456789ab"`: {
			`Topic ID=""`, "Topic ID='x'", "Topic ID=\"a\tb\"", "Topic ID=\"a\r\nb\"", "Topic ID=\"a\x1Fb\"", "Topic ID=\"a\x7Fb~\"", `Topic ID="a>b]]"`,
			`Topic ID="a<b"`, `Topic ID="a&lt;b"`, `Topic ID="a&b"`, `Topic ID="é"`, "Topic ID=\"\xFF\"",
		},
		`State ID="1"`:    {`State ID="65535"`, `State ID="65536"`, `State ID="x"`},
		`Criticality="0"`: {`Criticality="2147483647"`, `Criticality="2147483648"`, `Criticality="-1"`, `Criticality=""`},
		`Count="1"`:       {`Count="0"`, `Count="2"`, `Count="6"`, `Count="4294967297"`},
		`Flags="0"`:       {`Flags="1"`, `Flags="x"`},
		"<Param>100</Param>": {
			"", "<Param></Param>", "<Param/>", "<Param>100</Param><Param>2</Param>", strings.Repeat("<Param>1</Param>", 5), strings.Repeat("<Param>1</Param>", 6),
			"<Param>a]]>b</Param>", "<Param>a]b</Param>", "<Param>a\rb</Param>", "<Param>a\tb</Param>", "<Param>&#x9;</Param>",
			"<Param>" + strings.Repeat("p", 2048) + "</Param>", "<Param>" + strings.Repeat("p", 2049) + "</Param>",
		},
		"</StateMessage>": {"</StateMessage", "</StateMessage >", "x</StateMessage>", "</StateMessages>"},
		"<ReportBody>":    {"<ReportBody/>", "<ReportBody xmlns='urn:n'>", "<ReportBody>x", "<ReportBody> "},
	} {
		if !strings.Contains(doc, old) {
			t.Errorf("the report lacks %s", old)
		}
		for _, edit := range edits {
			decodeBothWays(t, strings.Replace(doc, old, edit, 1))
		}
	}
}

func FuzzDecodePlain(f *testing.F) {
	for n := range 3 {
		f.Add([]byte(slowDocument(f, benchReport(n+1))))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		// Elsewhere than in a tag the space that decodeBothWays adds would count.
		if len(doc) < 2 || doc[0] != '<' || doc[1] == 0 || bytes.Contains(doc, []byte("<!")) || bytes.Contains(doc, []byte("<?")) {
			t.Skip()
		}
		decodeBothWays(t, string(doc))
	})
}
