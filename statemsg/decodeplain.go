package statemsg

import (
	"math"
	"time"
)

// What stands between the values of a message, as AppendReport writes it.
const (
	textTime        = `<StateMessage MessageTime="`
	textSerial      = `" SerialNumber="`
	textTopic       = `"><Topic ID="`
	textType        = `" Type="`
	textIDType      = `" IDType="`
	textState       = `"/><State ID="`
	textCriticality = `" Criticality="`
	textStateEnd    = `"/>`
	textParams      = `<UserParameters Flags="0" Count="`
	textParam1      = `"><Param>`
	textParamNext   = `</Param><Param>`
	textParamsEnd   = `</Param></UserParameters></StateMessage>`
	textMessageEnd  = `</StateMessage>`
)

// plainMessage reads the next message if it is in the very form that
// AppendReport writes, without details and with texts of ASCII in which nothing
// is replaced, as those of updates are. It takes a fraction of the time that the
// tokenizer takes. Any other message, and any bad one, it leaves untouched to
// the tokenizer and returns false: it accepts nothing that message does not
// accept, with the same result.
func (d *Decoder) plainMessage() bool {
	ahead := d.tok.Ahead()
	r := plainReader{rest: ahead}
	if !r.literal(textTime) {
		return false
	}
	var m Message
	m.Time = r.time(&d.days)
	if r.literal(textSerial) {
		m.Serial = r.number(MaxSerial)
	}
	r.expect(textTopic)
	id := r.text(MaxTopicIDBytes)
	r.expect(textType)
	m.TopicType = TopicType(r.number(math.MaxUint16))
	r.expect(textIDType)
	m.IDType = uint8(r.number(math.MaxUint8))
	r.expect(textState)
	m.StateID = StateID(r.number(math.MaxUint16))
	r.expect(textCriticality)
	m.Criticality = int32(r.number(math.MaxInt32))
	r.expect(textStateEnd)
	var params [MaxParams][]byte
	n := 0
	if !r.literal(textMessageEnd) {
		n = r.params(&params)
	}
	if r.bad || len(id) == 0 || m.TopicType == 0 {
		return false
	}
	d.pending = append(d.pending, m)
	d.arena = append(d.arena, id...)
	d.endText()
	d.endText() // no details
	for _, p := range params[:n] {
		d.arena = append(d.arena, p...)
		d.endText()
	}
	d.params = append(d.params, uint8(n))
	d.tok.Advance(len(ahead) - len(r.rest))
	return true
}

// plainReader takes a message in its plain form apart. What it cannot take sets
// bad, for good.
type plainReader struct {
	rest []byte
	bad  bool
}

// literal takes s if it comes next.
func (r *plainReader) literal(s string) bool {
	if len(r.rest) < len(s) || string(r.rest[:len(s)]) != s {
		return false
	}
	r.rest = r.rest[len(s):]
	return true
}

// expect takes s, which must come next.
func (r *plainReader) expect(s string) {
	if !r.literal(s) {
		r.bad = true
	}
}

// time takes a CIM date-time, which must not be the zero time.
func (r *plainReader) time(days *cimDays) time.Time {
	if len(r.rest) < cimTimeLen {
		r.bad = true
		return time.Time{}
	}
	t, reason := readCIMTime(days, r.rest[:cimTimeLen])
	r.rest = r.rest[cimTimeLen:]
	r.bad = r.bad || reason != "" || t.IsZero()
	return t
}

// number takes the digits of a number up to limit.
func (r *plainReader) number(limit uint64) uint64 {
	i := 0
	for i < len(r.rest) && r.rest[i]-'0' <= 9 {
		i++
	}
	n, ok := parseNumber(r.rest[:i], limit)
	r.rest = r.rest[i:]
	r.bad = r.bad || !ok
	return n
}

// text takes characters from the space to the tilde as long as they stand for
// themselves in attributes and in elements alike, at most limit of them.
func (r *plainReader) text(limit int) []byte {
	i, end := 0, min(len(r.rest), limit)
	for i < end {
		c := r.rest[i]
		if c-' ' > '~'-' ' || c == '"' || c == '&' || c == '<' || c == '>' {
			break
		}
		i++
	}
	s := r.rest[:i]
	r.rest = r.rest[i:]
	return s
}

// params takes the parameters, one or more, and the end of the message. It
// returns how many there are.
func (r *plainReader) params(texts *[MaxParams][]byte) int {
	r.expect(textParams)
	count := r.number(MaxParams) // MSG-1
	r.expect(textParam1)
	for n := range texts {
		texts[n] = r.text(MaxParamBytes)
		if !r.literal(textParamNext) {
			r.expect(textParamsEnd)
			r.bad = r.bad || count != uint64(n+1)
			return n + 1
		}
	}
	r.bad = true
	return 0
}
