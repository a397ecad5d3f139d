package site

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/updatescan/updatescan/statemsg"
)

// The stored form of a client begins with clientMagic and a version byte and ends
// with the CRC-32C, little-endian, of all bytes before it. Between them, with
// numbers as unsigned varints:
//
//	the 16 bytes of the id, without prefix and hyphens
//	flags: 1 off, 2 resync open, 4 resync wanted
//	version and NetBIOS name: each its length and its bytes
//	life
//	first heard, then last heard
//	life since; last date; life date; first date
//	highest serial
//	refresh: from, marker, request; refreshed from
//	resync: number, asked, highest
//	the six counts in the order of their fields
//	number of missing ranges, then each: the distance of its first serial to
//	    the last of the one before (to 0 for the first), its last serial less its
//	    first, since
//	number of batches, then each: first serial, count, date, life
//
// A time is 0 when it is zero, else 1 more than the zigzag form of its distance:
// first heard in seconds to 1970, the site's other times in seconds to last heard
// (last heard to first heard), last date in microseconds to 1970, the other dates
// in microseconds to last date; a base that is zero stands for 1970.
const (
	clientMagic   = "SC"
	clientVersion = 1
)

const (
	flagOff = 1 << iota
	flagOpen
	flagWanted
	flagsKnown = 1<<iota - 1
)

// ErrClient is what the errors of DecodeClient wrap: the data is not a whole and
// undamaged stored form of a known version.
var ErrClient = errors.New("site: client: stored form")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// AppendBinary appends the stored form of a client that is known. Equal clients
// have equal stored forms. A client that this package can not have made is an
// error that wraps ErrClient, and b is returned as it was.
func (c *Client) AppendBinary(b []byte) ([]byte, error) {
	if fault := c.fault(); fault != "" {
		return b, fmt.Errorf("%w: %s", ErrClient, fault)
	}
	start := len(b)
	b = append(b, clientMagic...)
	b = append(b, clientVersion)
	b = appendID(b, c.ID)
	flags := byte(0)
	if c.Off {
		flags |= flagOff
	}
	if c.Resync.Open {
		flags |= flagOpen
	}
	if c.Resync.Wanted {
		flags |= flagWanted
	}
	b = append(b, flags)
	b = appendText(b, c.Version)
	b = appendText(b, c.NetBIOSName)
	b = binary.AppendUvarint(b, uint64(c.Life))
	b = appendSeconds(b, c.FirstHeard, time.Time{})
	b = appendSeconds(b, c.LastHeard, c.FirstHeard)
	b = appendSeconds(b, c.LifeSince, c.LastHeard)
	b = appendMicros(b, c.LastDate, time.Time{})
	b = appendMicros(b, c.LifeDate, c.LastDate)
	b = appendMicros(b, c.FirstDate, c.LastDate)
	for _, n := range [...]uint64{c.Highest, c.Refresh.From, c.Refresh.Marker, c.Refresh.Request, c.RefreshedFrom, c.Resync.Number} {
		b = binary.AppendUvarint(b, n)
	}
	b = appendSeconds(b, c.Resync.Asked, c.LastHeard)
	b = binary.AppendUvarint(b, c.Resync.Highest)
	for _, n := range [...]uint64{c.Counts.Reports, c.Counts.Messages, c.Counts.Duplicates, c.Counts.Stale, c.Counts.Bad, c.Counts.BadReports} {
		b = binary.AppendUvarint(b, n)
	}
	b = binary.AppendUvarint(b, uint64(len(c.Missing)))
	before := uint64(0)
	for _, r := range c.Missing {
		b = binary.AppendUvarint(b, r.From-before)
		b = binary.AppendUvarint(b, r.To-r.From)
		b = appendSeconds(b, r.Since, c.LastHeard)
		before = r.To
	}
	b = binary.AppendUvarint(b, uint64(len(c.Batches)))
	for _, m := range c.Batches {
		b = binary.AppendUvarint(b, m.First)
		b = binary.AppendUvarint(b, uint64(m.Count))
		b = appendMicros(b, m.Date, c.LastDate)
		b = binary.AppendUvarint(b, uint64(m.Life))
	}
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli)), nil
}

// fault is what is wrong with a client that can not be stored, "" if nothing is.
func (c *Client) fault() string {
	if id, err := NormalID(c.ID); err != nil || id != c.ID {
		return fmt.Sprintf("id %.64q", c.ID)
	}
	if len(c.Version) > MaxTextBytes || len(c.NetBIOSName) > MaxTextBytes {
		return "text too long"
	}
	if !utf8.ValidString(c.Version) || !utf8.ValidString(c.NetBIOSName) {
		return "text is not UTF-8"
	}
	if c.Highest > statemsg.MaxSerial {
		return "serial out of range"
	}
	if len(c.Missing) > MaxRanges {
		return "too many missing ranges"
	}
	before := uint64(0)
	for i, r := range c.Missing {
		// Ranges are apart: between two there is a serial that has arrived.
		if r.From <= before || i > 0 && r.From == before+1 || r.To < r.From || r.To >= c.Highest {
			return "missing ranges out of order"
		}
		if r.Since.IsZero() {
			return "missing range without a time"
		}
		before = r.To
	}
	if len(c.Batches) > MaxBatches {
		return "too many batches"
	}
	for _, m := range c.Batches {
		if m.Count < 1 || m.Count > statemsg.MaxReportMessages || m.Life > c.Life {
			return "batch out of range"
		}
	}
	return ""
}

// DecodeClient reads the stored form that AppendBinary wrote. Data that is damaged,
// cut short, of another version, or that no client can have is refused with an
// error that wraps [ErrClient].
func DecodeClient(data []byte) (Client, error) {
	head := len(clientMagic) + 1
	if len(data) > MaxClientBytes {
		return Client{}, fmt.Errorf("%w: %d bytes, at most %d", ErrClient, len(data), MaxClientBytes)
	}
	if len(data) < head+4 || string(data[:len(clientMagic)]) != clientMagic {
		return Client{}, fmt.Errorf("%w: not a client", ErrClient)
	}
	if v := data[len(clientMagic)]; v != clientVersion {
		return Client{}, fmt.Errorf("%w: version %d, want %d", ErrClient, v, clientVersion)
	}
	body, sum := data[:len(data)-4], binary.LittleEndian.Uint32(data[len(data)-4:])
	if got := crc32.Checksum(body, castagnoli); got != sum {
		return Client{}, fmt.Errorf("%w: checksum %08x, want %08x", ErrClient, got, sum)
	}
	r := clientReader{rest: body[head:]}
	c := r.client()
	if len(r.rest) != 0 {
		r.fail("bytes after the end")
	}
	if r.fault == "" {
		r.fault = c.fault()
	}
	if r.fault != "" {
		return Client{}, fmt.Errorf("%w: byte %d: %s", ErrClient, len(body)-len(r.rest), r.fault)
	}
	return c, nil
}

// clientReader reads the stored form; after the first fault it reads zeros.
type clientReader struct {
	rest  []byte
	fault string
}

func (r *clientReader) fail(fault string) {
	if r.fault == "" {
		r.fault = fault
	}
}

// client reads all of the stored form.
func (r *clientReader) client() Client {
	var c Client
	c.ID = r.id()
	flags := byte(0)
	if b := r.bytes(1); b != nil {
		flags = b[0]
	}
	if flags&^flagsKnown != 0 {
		r.fail("unknown flags")
	}
	c.Off, c.Resync.Open, c.Resync.Wanted = flags&flagOff != 0, flags&flagOpen != 0, flags&flagWanted != 0
	c.Version, c.NetBIOSName = r.text(), r.text()
	c.Life = uint32(r.number(math.MaxUint32))
	c.FirstHeard = r.seconds(time.Time{})
	c.LastHeard = r.seconds(c.FirstHeard)
	c.LifeSince = r.seconds(c.LastHeard)
	c.LastDate = r.micros(time.Time{})
	c.LifeDate = r.micros(c.LastDate)
	c.FirstDate = r.micros(c.LastDate)
	for _, n := range [...]*uint64{&c.Highest, &c.Refresh.From, &c.Refresh.Marker, &c.Refresh.Request, &c.RefreshedFrom, &c.Resync.Number} {
		*n = r.number(math.MaxUint64)
	}
	c.Resync.Asked = r.seconds(c.LastHeard)
	c.Resync.Highest = r.number(math.MaxUint64)
	for _, n := range [...]*uint64{&c.Counts.Reports, &c.Counts.Messages, &c.Counts.Duplicates, &c.Counts.Stale, &c.Counts.Bad, &c.Counts.BadReports} {
		*n = r.number(math.MaxUint64)
	}
	if n := int(r.number(MaxRanges)); n > 0 {
		c.Missing = make([]Range, n)
	}
	before := uint64(0)
	for i := range c.Missing {
		from := before + r.number(statemsg.MaxSerial-before)
		before = from + r.number(statemsg.MaxSerial-from)
		c.Missing[i] = Range{From: from, To: before, Since: r.seconds(c.LastHeard)}
	}
	if n := int(r.number(MaxBatches)); n > 0 {
		c.Batches = make([]Batch, n)
	}
	for i := range c.Batches {
		c.Batches[i] = Batch{
			First: r.number(statemsg.MaxSerial), Count: int(r.number(statemsg.MaxReportMessages)),
			Date: r.micros(c.LastDate), Life: uint32(r.number(math.MaxUint32)),
		}
	}
	return c
}

// number reads an unsigned varint in its shortest form, up to limit.
func (r *clientReader) number(limit uint64) uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 || size > 1 && r.rest[size-1] == 0 {
		r.fail("malformed number")
	} else if n > limit {
		r.fail(fmt.Sprintf("number %d, at most %d", n, limit))
	}
	if r.fault != "" {
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

func (r *clientReader) bytes(n int) []byte {
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

func (r *clientReader) text() string { return string(r.bytes(int(r.number(MaxTextBytes)))) }

// The prefix and the places of the hyphens of an id.
const (
	idPrefix = "GUID:"
	idDigits = 32
)

func (r *clientReader) id() string {
	b := r.bytes(idDigits / 2)
	if b == nil {
		return ""
	}
	s := strings.ToUpper(hex.EncodeToString(b))
	return idPrefix + s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// appendID appends the bytes of an id that is as NormalID gives it.
func appendID(b []byte, id string) []byte {
	var digits [idDigits]byte
	n := 0
	for i := len(idPrefix); i < len(id); i++ {
		if id[i] != '-' {
			digits[n] = id[i]
			n++
		}
	}
	b, _ = hex.AppendDecode(b, digits[:]) // NormalID has checked the digits
	return b
}

func appendText(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// appendSeconds appends a time of the site, relative to a base.
func appendSeconds(b []byte, t, base time.Time) []byte {
	if t.IsZero() {
		return append(b, 0)
	}
	return appendDistance(b, t.Unix()-unixOf(base))
}

// appendMicros appends a date of the client, relative to a base.
func appendMicros(b []byte, t, base time.Time) []byte {
	if t.IsZero() {
		return append(b, 0)
	}
	return appendDistance(b, t.UnixMicro()-microOf(base))
}

func appendDistance(b []byte, d int64) []byte {
	return binary.AppendUvarint(b, (uint64(d<<1)^uint64(d>>63))+1)
}

// unixOf and microOf are the numbers of a base; of a zero one they are 0.
func unixOf(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func microOf(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// distance reads what appendDistance wrote; ok is false for a zero time.
func (r *clientReader) distance(most uint64) (d int64, ok bool) {
	n := r.number(most)
	if n == 0 {
		return 0, false
	}
	n--
	return int64(n>>1) ^ -int64(n&1), true
}

// The most that two representable times are apart, and what the zigzag form makes
// of it.
const (
	minUnix    = -62135596800
	maxUnix    = 253402300799
	maxSeconds = 2*(maxUnix-minUnix) + 2
	maxMicros  = maxSeconds * 1_000_000
)

func (r *clientReader) seconds(base time.Time) time.Time {
	d, ok := r.distance(maxSeconds)
	if !ok {
		return time.Time{}
	}
	s := unixOf(base) + d
	if s <= minUnix || s > maxUnix {
		r.fail("time out of range")
		return time.Time{}
	}
	return time.Unix(s, 0).UTC()
}

func (r *clientReader) micros(base time.Time) time.Time {
	d, ok := r.distance(maxMicros)
	if !ok {
		return time.Time{}
	}
	us := microOf(base) + d
	if us <= minUnix*1_000_000 || us >= (maxUnix+1)*1_000_000 {
		r.fail("time out of range")
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
