package statemsg_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/updatescan/updatescan/statemsg"
)

// TestDecodeReportSize: one unit more than allowed is refused for that, though
// it is white space that would not count elsewhere.
func TestDecodeReportSize(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-9")
	good := toUTF16(laterForm, binary.LittleEndian)
	data := append(good, bytes.Repeat([]byte{' ', 0}, (statemsg.MaxReportBytes+2-len(good))/2)...)
	_, err := statemsg.DecodeReport(data)
	if want := "67108866 bytes, at most 67108864"; reason(err) != want {
		t.Errorf("DecodeReport of %d bytes = %v, want %q", len(data), err, want)
	}
}

// TestDecodeReportCount: the greatest number of messages is read, one more is
// not, in the plain form and in another.
func TestDecodeReportCount(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-9")
	const plain = `<StateMessage MessageTime="20080603090000.000000+000"><Topic ID="x" Type="500" IDType="3"/><State ID="2" Criticality="0"/></StateMessage>`
	other := strings.Replace(plain, "e M", "e  M", 1)
	doc := slowDocument(t, benchReport(1))
	from, to := strings.Index(doc, "<StateMessage"), strings.Index(doc, "</ReportBody>")
	count := 0
	visit := func(messages string) error {
		count = 0
		var d statemsg.Decoder
		return d.Visit([]byte(doc[:from]+messages+doc[to:]),
			func(statemsg.Header) error { return nil }, func(*statemsg.Message) error { count++; return nil })
	}
	full := strings.Repeat(plain, statemsg.MaxReportMessages)
	if err := visit(full); err != nil || count != statemsg.MaxReportMessages {
		t.Errorf("Visit = %v after %d messages, want nil after %d", err, count, statemsg.MaxReportMessages)
	}
	for _, last := range []string{plain, other} {
		if err := visit(full + last); reason(err) != "more than 100000 messages" {
			t.Errorf("Visit with %.16q too many = %v, want more than 100000 messages", last, err)
		}
	}
}

// TestDecodeReportNoMark: what looks like UTF-16 but has no byte-order mark is
// refused for that, in either order.
func TestDecodeReportNoMark(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-9")
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		_, err := statemsg.DecodeReport(toUTF16(laterForm, order)[2:])
		if want := "UTF-16 without byte-order mark"; reason(err) != want {
			t.Errorf("%v: DecodeReport = %v, want %q", order, err, want)
		}
	}
}
