package statemsg

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

func itoa(n uint64) string { return strconv.FormatUint(n, 10) }

// AppendReport appends the wire form of r to dst and returns the extended slice
// (MSG-9): the <Report> XML that the package comment specifies, in UTF-16LE
// with byte-order mark. The same report always gives the same bytes. It
// allocates nothing when dst has room.
//
// Times are written in UTC and cut to microseconds, a bare client GUID gets its
// prefix; [DecodeReport] gives back all the rest as it was. An invalid client
// or message is refused with an error that wraps a *[ClientError] or
// *[MessageError], a report without messages with [ErrNoMessages], one that is
// too large with [ErrReportSize]. On error dst is returned as it was.
func AppendReport(dst []byte, r *Report) ([]byte, error) {
	if len(r.Messages) == 0 {
		return dst, ErrNoMessages
	}
	if len(r.Messages) > MaxReportMessages {
		return dst, fmt.Errorf("%w: %d messages, at most %d", ErrReportSize, len(r.Messages), MaxReportMessages)
	}
	if err := r.Client.Validate(); err != nil {
		return dst, err
	}
	if !timeRepresentable(r.Date) || timeMissing(r.Date) {
		return dst, fmt.Errorf("statemsg: report: date: missing or outside the years 1 to 9999")
	}
	b := slices.Grow(dst, min(len(r.Messages)*typicalMessageBytes, MaxReportBytes)+reportFixedBytes)
	var times cimWriter
	b = appendHeader(b, r, &times)
	for i := range r.Messages {
		m := &r.Messages[i]
		var ok bool
		if b, ok = appendMessage(b, m, &times); !ok {
			return dst, fmt.Errorf("statemsg: report: message %d: %w", i, m.Validate())
		}
		if len(b)-len(dst) > MaxReportBytes {
			return dst, fmt.Errorf("%w: more than %d bytes", ErrReportSize, MaxReportBytes)
		}
	}
	b = append(b, fragEnd...)
	if len(b)-len(dst) > MaxReportBytes {
		return dst, fmt.Errorf("%w: more than %d bytes", ErrReportSize, MaxReportBytes)
	}
	return b, nil
}

// typicalMessageChars is what a message of an update needs, and
// typicalMessageBytes the same with some room.
const (
	typicalMessageChars = 256
	typicalMessageBytes = 640
)

// wide is s, which is ASCII, in UTF-16LE.
func wide(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteByte(s[i])
		b.WriteByte(0)
	}
	return b.String()
}

// The fixed pieces of a report in wire form. They are never written to.
var (
	fragStart = "\xFF\xFE" + wide(`<?xml version="1.0" encoding="UTF-16"?>`+
		`<Report><ReportHeader><Identification><Machine><ClientInstalled>1</ClientInstalled><ClientType>1</ClientType><ClientID>`)
	fragVersion  = wide(`</ClientID><ClientVersion>`)
	fragName     = wide(`</ClientVersion><NetBIOSName>`)
	fragCodePage = wide(`</NetBIOSName><CodePage>`)
	fragLCID     = wide(`</CodePage><SystemDefaultLCID>`)
	fragDate     = wide(`</SystemDefaultLCID></Machine></Identification><ReportDetails>` +
		`<ReportContent>State Message Data</ReportContent><ReportType>Full</ReportType><Date>`)
	fragBody = wide(`</Date><Version>1.0</Version><Format>1.0</Format></ReportDetails></ReportHeader><ReportBody>`)

	fragTime         = wide(textTime)
	fragSerial       = wide(textSerial)
	fragTopic        = wide(textTopic)
	fragType         = wide(textType)
	fragIDType       = wide(textIDType)
	fragState        = wide(textState)
	fragCriticality  = wide(textCriticality)
	fragStateEnd     = wide(textStateEnd)
	fragDetails      = wide(`<StateDetails Type="1">`)
	fragCDATA        = wide(`<![CDATA[`)
	fragCDATASplit   = wide(`]]]]><![CDATA[>`)
	fragCDATAEnd     = wide(`]]>`)
	fragDetailsEnd   = wide(`</StateDetails>`)
	fragParams       = wide(textParams)
	fragParam1       = wide(textParam1)
	fragParamNext    = wide(textParamNext)
	fragParamsEnd    = wide(textParamsEnd)
	fragMessageEnd   = wide(textMessageEnd)
	fragStateNoTexts = fragStateEnd + fragMessageEnd
	fragStateParams  = fragStateEnd + fragParams

	fragEnd = wide(`</ReportBody></Report>`)
)

// appendHeader appends everything before the first message. The client is
// valid.
func appendHeader(b []byte, r *Report, times *cimWriter) []byte {
	c := r.Client.Normal()
	b = append(b, fragStart...)
	b, _ = appendText(b, c.ID)
	b = append(b, fragVersion...)
	b, _ = appendText(b, c.Version)
	b = append(b, fragName...)
	b, _ = appendText(b, c.NetBIOSName)
	b = append(b, fragCodePage...)
	b = appendUint(b, uint64(c.CodePage))
	b = append(b, fragLCID...)
	b = appendUint(b, uint64(c.LCID))
	b = append(b, fragDate...)
	b = widen(b, times.text(r.Date))
	return append(b, fragBody...)
}

// appendMessage appends a message; ok is false if it is invalid.
func appendMessage(b []byte, m *Message, times *cimWriter) (_ []byte, ok bool) {
	if !m.sizesFit() {
		return b, false
	}
	b = slices.Grow(b, messageBound(m))
	b = append(b, fragTime...)
	b = widen(b, times.text(m.Time))
	if m.Serial != 0 { // optional on the wire
		b = append(b, fragSerial...)
		b = appendUint(b, m.Serial)
	}
	b = append(b, fragTopic...)
	if b, ok = appendText(b, m.TopicID); !ok {
		return b, false
	}
	b = append(b, fragType...)
	b = appendUint(b, uint64(m.TopicType))
	b = append(b, fragIDType...)
	b = appendUint(b, uint64(m.IDType))
	b = append(b, fragState...)
	b = appendUint(b, uint64(m.StateID))
	b = append(b, fragCriticality...)
	if m.Criticality < 0 {
		b = append(b, '-', 0)
		b = appendUint(b, uint64(-int64(m.Criticality)))
	} else {
		b = appendUint(b, uint64(m.Criticality))
	}
	if m.Details == "" && len(m.Params) == 0 {
		return append(b, fragStateNoTexts...), true
	}
	if m.Details != "" {
		b = append(b, fragStateEnd...)
		if b, ok = appendDetails(b, m.Details); !ok {
			return b, false
		}
		if len(m.Params) == 0 {
			return append(b, fragMessageEnd...), true
		}
		b = append(b, fragParams...)
	} else {
		b = append(b, fragStateParams...)
	}
	b = append(b, byte('0'+len(m.Params)), 0)
	for i, p := range m.Params {
		if i == 0 {
			b = append(b, fragParam1...)
		} else {
			b = append(b, fragParamNext...)
		}
		if b, ok = appendText(b, p); !ok {
			return b, false
		}
	}
	return append(b, fragParamsEnd...), true
}

// sizesFit is Validate without a look at the characters.
func (m *Message) sizesFit() bool {
	if m.TopicType == 0 || m.TopicID == "" || len(m.TopicID) > MaxTopicIDBytes || len(m.Params) > MaxParams ||
		len(m.Details) > MaxDetailsBytes || m.Serial > MaxSerial || timeMissing(m.Time) || !timeRepresentable(m.Time) {
		return false
	}
	for _, p := range m.Params {
		if len(p) > MaxParamBytes {
			return false
		}
	}
	return true
}

// appendDetails appends the details element. The text stands in a CDATA
// section, unless it has a carriage return, which no CDATA section can carry.
func appendDetails(b []byte, s string) (_ []byte, ok bool) {
	b = append(b, fragDetails...)
	if strings.IndexByte(s, '\r') >= 0 {
		if b, ok = appendText(b, s); !ok {
			return b, false
		}
		return append(b, fragDetailsEnd...), true
	}
	if checkText(s, MaxDetailsBytes) != "" {
		return b, false
	}
	b = append(b, fragCDATA...)
	for {
		before, after, found := strings.Cut(s, "]]>")
		for _, r := range before {
			b = appendRune(b, r)
		}
		if !found {
			break
		}
		b = append(b, fragCDATASplit...)
		s = after
	}
	b = append(b, fragCDATAEnd...)
	return append(b, fragDetailsEnd...), true
}

// appendUint appends n in decimal.
func appendUint(b []byte, n uint64) []byte {
	if n < 10 {
		return append(b, byte('0'+n), 0)
	}
	digits := 2
	for limit := uint64(100); n >= limit && digits < 20; limit *= 10 {
		digits++
	}
	end := len(b) + 2*digits
	b = slices.Grow(b, 2*digits)[:end]
	for ; n >= 10; n /= 10 {
		end -= 2
		b[end], b[end+1] = byte('0'+n%10), 0
	}
	b[end-2], b[end-1] = byte('0'+n), 0
	return b
}

// widen appends s, which is ASCII.
func widen(b, s []byte) []byte {
	n := len(b)
	b = slices.Grow(b, 2*len(s))[:n+2*len(s)]
	for len(s) >= 4 {
		binary.LittleEndian.PutUint64(b[n:], widen4(binary.LittleEndian.Uint32(s)))
		s = s[4:]
		n += 8
	}
	for _, c := range s {
		b[n], b[n+1] = c, 0
		n += 2
	}
	return b
}

// widen4 spreads four bytes into four units.
func widen4(four uint32) uint64 {
	x := uint64(four)
	x = (x | x<<16) & 0x0000FFFF0000FFFF
	return (x | x<<8) & 0x00FF00FF00FF00FF
}

// Classes of bytes in a text.
const (
	plain   = iota // stands as it is
	escaped        // stands as a reference
	long           // begins a character of several bytes
	refused        // XML 1.0 cannot carry it
)

// byteClass is the class of each byte; it is never written to.
var byteClass = func() (class [256]uint8) {
	for c := range class {
		if c < 0x20 {
			class[c] = refused
		} else if c >= utf8.RuneSelf {
			class[c] = long
		}
	}
	for _, c := range "<>&\"\t\n\r" {
		class[c] = escaped
	}
	return class
}()

// appendText appends s as character data or as an attribute value; ok is false
// at a character that XML 1.0 cannot carry.
func appendText(b []byte, s string) (_ []byte, ok bool) {
	n := len(b)
	b = slices.Grow(b, 2*len(s))
	out := b[:n+2*len(s)]
	for len(s) >= 8 {
		x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		if !allPlain(x) {
			return appendSlow(out[:n], s)
		}
		binary.LittleEndian.PutUint64(out[n:], widen4(uint32(x)))
		binary.LittleEndian.PutUint64(out[n+8:], widen4(uint32(x>>32)))
		s = s[8:]
		n += 16
	}
	for i := range len(s) {
		if byteClass[s[i]] != plain {
			return appendSlow(out[:n], s[i:])
		}
		out[n], out[n+1] = s[i], 0
		n += 2
	}
	return out, true
}

// allPlain says whether eight bytes are all plain.
func allPlain(x uint64) bool {
	const (
		ones  = 0x0101010101010101
		highs = 0x8080808080808080
	)
	angle := (x | ones*('<'^'>')) ^ ones*('<'|'>') // 0 where x has < or >
	quote := (x | ones*('&'^'"')) ^ ones*('&'|'"') // 0 where x has & or "
	// A byte is below n if it borrows when n is taken from it.
	found := (x - ones*0x20) | (angle - ones) | (quote - ones) | x
	return found&highs == 0
}

// appendSlow is appendText for a text with other than plain bytes.
func appendSlow(b []byte, s string) (_ []byte, ok bool) {
	for i := 0; i < len(s); {
		c := s[i]
		switch byteClass[c] {
		case plain:
			b = append(b, c, 0)
			i++
		case escaped:
			for _, r := range []byte(reference(c)) {
				b = append(b, r, 0)
			}
			i++
		case long:
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 || r == 0xFFFE || r == 0xFFFF {
				return b, false
			}
			b = appendRune(b, r)
			i += size
		default:
			return b, false
		}
	}
	return b, true
}

// reference is what stands for an escaped byte.
func reference(c byte) string {
	switch c {
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	case '&':
		return "&amp;"
	case '"':
		return "&quot;"
	case '\t':
		return "&#x9;"
	case '\n':
		return "&#xA;"
	}
	return "&#xD;"
}

// appendRune appends one character.
func appendRune(b []byte, r rune) []byte {
	if r > 0xFFFF {
		high, low := utf16.EncodeRune(r)
		b = binary.LittleEndian.AppendUint16(b, uint16(high))
		r = low
	}
	return binary.LittleEndian.AppendUint16(b, uint16(r))
}
