package statemsg

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"time"
)

// The stored form of an outbox begins with outboxMagic and a version byte and
// ends with the CRC-32C, little-endian, of all bytes before it. Between them,
// with numbers as unsigned varints and signed ones in zigzag form:
//
//	last serial assigned
//	number of waiting messages, then each in queue order
//	number of sent messages, then each in order of serial, with the serial
//	    as the distance to the one before (to 0 for the first)
//	number of messages in flight; if it is not 0, the serial of the first,
//	    the date in microseconds since 1970, and then each, followed by a
//	    byte: 1 if it is the topic's last message, 0 if it is not any more
//
// A message is: topic type, topic id type, state id, criticality (signed), time
// in microseconds since 1970 (signed), topic id, details, number of parameters
// and each parameter. A text is its length and its bytes; a topic id that is a
// GUID in lower case is the length 0 and 16 bytes.
const (
	outboxMagic   = "USOB"
	outboxVersion = 1
	outboxMinimum = len(outboxMagic) + 1 + 4 + 4
)

// MaxOutboxBytes is the largest stored form that DecodeOutbox reads, 1 GiB.
const MaxOutboxBytes = 1 << 30

// ErrOutbox is what the errors of DecodeOutbox wrap: the data is not a whole
// and undamaged stored form of a known version.
var ErrOutbox = errors.New("statemsg: outbox: stored form")

// AppendBinary appends the stored form of the outbox. Equal outboxes have equal
// stored forms, except for Version, which is not part of it. The error is always
// nil.
func (o *Outbox) AppendBinary(b []byte) ([]byte, error) {
	start := len(b)
	b = slices.Grow(b, 64*len(o.topics)+64)
	b = append(b, outboxMagic...)
	b = append(b, outboxVersion)
	b = binary.AppendUvarint(b, o.last)
	b = binary.AppendUvarint(b, uint64(o.waiting))
	for e := o.head; e != nil; e = e.next {
		b = appendStored(b, &e.msg)
	}
	sent := make([]*entry, 0, len(o.topics)-o.waiting)
	for _, e := range o.topics {
		if e.place == PlaceSent {
			sent = append(sent, e)
		}
	}
	slices.SortFunc(sent, bySerial)
	b = binary.AppendUvarint(b, uint64(len(sent)))
	before := uint64(0)
	for _, e := range sent {
		b = binary.AppendUvarint(b, e.msg.Serial-before)
		before = e.msg.Serial
		b = appendStored(b, &e.msg)
	}
	b = binary.AppendUvarint(b, uint64(len(o.flight.Messages)))
	if o.flight.ID != 0 {
		b = binary.AppendUvarint(b, o.flight.ID)
		b = binary.AppendVarint(b, o.flight.Date.UnixMicro())
	}
	for i := range o.flight.Messages {
		m := &o.flight.Messages[i]
		b = appendStored(b, m)
		e := o.topics[keyOf(m)]
		if e != nil && e.place == PlaceInFlight {
			b = append(b, 1)
		} else {
			b = append(b, 0)
		}
	}
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli)), nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// bySerial orders entries by serial.
func bySerial(a, b *entry) int { return cmp.Compare(a.msg.Serial, b.msg.Serial) }

// appendStored appends a message without its serial.
func appendStored(b []byte, m *Message) []byte {
	b = binary.AppendUvarint(b, uint64(m.TopicType))
	b = append(b, m.IDType)
	b = binary.AppendUvarint(b, uint64(m.StateID))
	b = binary.AppendVarint(b, int64(m.Criticality))
	b = binary.AppendVarint(b, m.Time.UnixMicro())
	if guid, ok := packGUID(m.TopicID); ok {
		b = append(b, 0)
		b = append(b, guid[:]...)
	} else {
		b = appendString(b, m.TopicID)
	}
	b = appendString(b, m.Details)
	b = append(b, byte(len(m.Params)))
	for _, p := range m.Params {
		b = appendString(b, p)
	}
	return b
}

func appendString(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// DecodeOutbox reads the stored form that AppendBinary wrote. Data that is
// damaged, cut short, of another version, or that no outbox can have is refused
// with an error that wraps [ErrOutbox]; nothing is repaired by guessing, because
// a wrong serial number would be reused (MSG-5).
func DecodeOutbox(data []byte) (*Outbox, error) {
	if len(data) > MaxOutboxBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrOutbox, len(data), MaxOutboxBytes)
	}
	if len(data) < outboxMinimum || string(data[:len(outboxMagic)]) != outboxMagic {
		return nil, fmt.Errorf("%w: not an outbox", ErrOutbox)
	}
	if v := data[len(outboxMagic)]; v != outboxVersion {
		return nil, fmt.Errorf("%w: version %d, want %d", ErrOutbox, v, outboxVersion)
	}
	body, sum := data[:len(data)-4], binary.LittleEndian.Uint32(data[len(data)-4:])
	if got := crc32.Checksum(body, castagnoli); got != sum {
		return nil, fmt.Errorf("%w: checksum %08x, want %08x", ErrOutbox, got, sum)
	}
	r := storedReader{rest: body[len(outboxMagic)+1:]}
	o := new(Outbox)
	r.outbox(o)
	if r.fault == "" && len(r.rest) != 0 {
		r.fail("bytes after the end")
	}
	if r.fault != "" {
		return nil, fmt.Errorf("%w: byte %d: %s", ErrOutbox, len(body)-len(r.rest), r.fault)
	}
	return o, nil
}

// storedReader reads the stored form; after the first fault it reads zeros.
type storedReader struct {
	rest  []byte
	fault string
}

func (r *storedReader) fail(fault string) {
	if r.fault == "" {
		r.fault = fault
	}
}

// outbox reads all of the stored form into o, which is empty.
func (r *storedReader) outbox(o *Outbox) {
	o.last = r.number(MaxSerial)
	waiting := r.count()
	o.topics = make(map[topicKey]*entry, waiting)
	for range waiting {
		if e := r.topic(o, 0); e != nil {
			o.enqueue(e)
		}
	}
	serial := uint64(0)
	for range r.count() {
		step := r.number(o.last - serial)
		if step == 0 {
			r.fail("serials do not ascend")
		}
		serial += step
		if e := r.topic(o, serial); e != nil {
			e.place = PlaceSent
		}
	}
	flight := r.count()
	if flight == 0 || r.fault != "" {
		return
	}
	o.flight.ID = r.number(o.last)
	if o.flight.ID == 0 || o.last-o.flight.ID != uint64(flight)-1 || serial >= o.flight.ID {
		// The batch in flight always has the last serials.
		r.fail("serials in flight are not the last ones")
		return
	}
	o.flight.Date = r.time()
	o.flight.Messages = make([]Message, 0, flight)
	seen := make(map[topicKey]bool, flight)
	for i := range uint64(flight) {
		m := r.inFlight(o, o.flight.ID+i)
		if r.fault == "" && seen[keyOf(&m)] {
			r.fail("topic twice in flight")
		}
		if r.fault != "" {
			return
		}
		seen[keyOf(&m)] = true
		o.flight.Messages = append(o.flight.Messages, m)
	}
}

// inFlight reads one message of the batch in flight.
func (r *storedReader) inFlight(o *Outbox, serial uint64) Message {
	m := r.message(serial)
	current := r.byte()
	if current > 1 {
		r.fail("mark of a message in flight is not 0 or 1")
	}
	if current == 1 && r.fault == "" {
		if e := r.add(o, m); e != nil {
			e.place = PlaceInFlight
		}
	}
	return m
}

// topic reads the last message of a topic and adds it.
func (r *storedReader) topic(o *Outbox, serial uint64) *entry {
	m := r.message(serial)
	if r.fault != "" {
		return nil
	}
	return r.add(o, m)
}

// add makes m the last message of its topic, which is new.
func (r *storedReader) add(o *Outbox, m Message) *entry {
	if o.topics[keyOf(&m)] != nil {
		r.fail("topic given twice")
		return nil
	}
	e := &entry{msg: m}
	o.topics[keyOf(&m)] = e
	return e
}

// message reads one message.
func (r *storedReader) message(serial uint64) Message {
	var m Message
	m.TopicType = TopicType(r.number(1<<16 - 1))
	m.IDType = r.byte()
	m.StateID = StateID(r.number(1<<16 - 1))
	m.Criticality = r.criticality()
	m.Time = r.time()
	if n := r.number(MaxTopicIDBytes); n != 0 {
		m.TopicID = string(r.bytes(int(n)))
		if _, ok := packGUID(m.TopicID); ok {
			r.fail("GUID in long form")
		}
	} else if b := r.bytes(16); b != nil {
		m.TopicID = unpackGUID([16]byte(b))
	}
	m.Details = string(r.bytes(int(r.number(MaxDetailsBytes))))
	if n := int(r.byte()); n > MaxParams {
		r.fail("too many parameters")
	} else if n > 0 && r.fault == "" {
		m.Params = make([]string, n)
		for i := range m.Params {
			m.Params[i] = string(r.bytes(int(r.number(MaxParamBytes))))
		}
	}
	m.Serial = serial
	if r.fault == "" {
		if err := m.Validate(); err != nil {
			r.fail(err.Error())
		}
	}
	return m
}

// number reads an unsigned varint in its shortest form, up to limit.
func (r *storedReader) number(limit uint64) uint64 {
	n, size := binary.Uvarint(r.rest)
	if r.fault != "" {
		return 0
	}
	if size <= 0 || (size > 1 && r.rest[size-1] == 0) {
		r.fail("malformed number")
		return 0
	}
	if n > limit {
		r.fail(fmt.Sprintf("number %d, at most %d", n, limit))
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

// signed reads a signed varint in its shortest form.
func (r *storedReader) signed() int64 {
	n := r.number(1<<64 - 1)
	return int64(n>>1) ^ -int64(n&1)
}

func (r *storedReader) criticality() int32 {
	n := r.signed()
	if int64(int32(n)) != n {
		r.fail("criticality out of range")
	}
	return int32(n)
}

func (r *storedReader) time() time.Time {
	micro := r.signed()
	if micro <= minUnix*1e6 || micro > maxUnix*1e6+999999 {
		r.fail("time missing or outside the years 1 to 9999")
		return time.Time{}
	}
	return time.UnixMicro(micro).UTC()
}

// count reads how many messages follow. Each takes storedMinimum bytes or more.
func (r *storedReader) count() int {
	return int(r.number(uint64(len(r.rest) / storedMinimum)))
}

// storedMinimum is the length of the shortest message: seven numbers and a
// topic id of one byte.
const storedMinimum = 8

func (r *storedReader) byte() byte {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *storedReader) bytes(n int) []byte {
	if n > len(r.rest) {
		r.fail("cut short")
	}
	if r.fault != "" {
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

// packGUID is the 16 bytes of a GUID in lower case with hyphens; ok is false
// for any other text.
func packGUID(s string) (guid [16]byte, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return guid, false
	}
	i := 0
	for n := range guid {
		if s[i] == '-' {
			i++
		}
		hi, lo := lowerHex(s[i]), lowerHex(s[i+1])
		if hi > 15 || lo > 15 {
			return guid, false
		}
		guid[n] = hi<<4 | lo
		i += 2
	}
	return guid, true
}

// unpackGUID is the inverse of packGUID.
func unpackGUID(guid [16]byte) string {
	var b [36]byte
	i := 0
	for n, c := range guid {
		if n == 4 || n == 6 || n == 8 || n == 10 {
			b[i] = '-'
			i++
		}
		b[i], b[i+1] = hexDigits[c>>4], hexDigits[c&15]
		i += 2
	}
	return string(b[:])
}

const hexDigits = "0123456789abcdef"

// lowerHex is the value of a lower-case hexadecimal digit, 255 for others.
func lowerHex(c byte) byte {
	if c >= '0' && c <= '9' {
		return c - '0'
	}
	if c >= 'a' && c <= 'f' {
		return c - 'a' + 10
	}
	return 255
}
