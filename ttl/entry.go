package ttl

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"strconv"
)

// What may be wrong with stored metadata. An error that has more to say is a
// [*StoredError] or an [*AbsentError] and wraps these.
var (
	// ErrAbsent means that no metadata is stored (TTL-3).
	ErrAbsent = errors.New("ttl: no metadata is stored")
	// ErrDamaged means that stored metadata is truncated or altered.
	ErrDamaged = errors.New("ttl: stored metadata is damaged")
	// ErrForeign means that what is stored is of another format or format
	// version.
	ErrForeign = errors.New("ttl: stored metadata is of a foreign format")
)

const (
	// MaxSourceBytes is the longest source of an entry, in bytes.
	MaxSourceBytes = 4 << 10
	// MaxDataBytes is the most data of an entry, in bytes: 1 GiB.
	MaxDataBytes = 1 << 30
)

// The stored form; the package comment is the specification.
const (
	entryMagic   = "\x89USTTL\r\n"
	entryFormat  = 1
	entryTrailer = 4 // checksum

	offsetFormat  = 8
	offsetVersion = 12
	offsetAt      = 16
	offsetSource  = 24 // length
	offsetData    = 28 // length
	entryHeader   = 36
)

// Entry is stored metadata with its stamp. An entry without a stamp is absent.
type Entry struct {
	// Stamp says when and in which version the metadata was retrieved.
	Stamp Stamp
	// Source names the server the metadata came from, at most
	// [MaxSourceBytes].
	Source string
	// Data is the metadata itself, opaque to this package, at most
	// [MaxDataBytes].
	Data []byte
}

// StoredError says what is wrong with a stored form, and where.
type StoredError struct {
	// Fault is [ErrDamaged] or [ErrForeign].
	Fault error
	// Offset is the byte at which the fault was seen; for a form that ends
	// too early, its length.
	Offset int
	// Detail says what was seen there.
	Detail string
}

// Error is the fault, the offset and the detail.
func (e *StoredError) Error() string {
	return e.Fault.Error() + ": at byte " + strconv.Itoa(e.Offset) + ": " + e.Detail
}

// Unwrap returns the fault, [ErrDamaged] or [ErrForeign].
func (e *StoredError) Unwrap() error { return e.Fault }

// SizeError says that a part of an entry is longer than can be stored.
type SizeError struct {
	// Field is "Source" or "Data".
	Field string
	// Bytes is the field's length, MaxBytes the most it may have.
	Bytes, MaxBytes int
}

// Error names the field, its length and the limit.
func (e *SizeError) Error() string {
	return "ttl: entry: " + e.Field + ": " + strconv.Itoa(e.Bytes) + " bytes, at most " + strconv.Itoa(e.MaxBytes)
}

// Validate returns [ErrAbsent] for an entry without a stamp and a
// [*SizeError] for one that is too large to be stored.
func (e Entry) Validate() error {
	if !e.Stamp.Present() {
		return ErrAbsent // TTL-3
	}
	if len(e.Source) > MaxSourceBytes {
		return &SizeError{Field: "Source", Bytes: len(e.Source), MaxBytes: MaxSourceBytes}
	}
	if len(e.Data) > MaxDataBytes {
		return &SizeError{Field: "Data", Bytes: len(e.Data), MaxBytes: MaxDataBytes}
	}
	return nil
}

// AppendEntry appends the entry's stored form: magic, format version, stamp,
// source, data, checksum. An entry that [Entry.Validate] refuses is stored as
// absent, whose form is empty: nothing is appended.
func AppendEntry(dst []byte, e Entry) []byte {
	if e.Validate() != nil {
		return dst
	}
	start := len(dst)
	dst = append(dst, entryMagic...)
	dst = binary.BigEndian.AppendUint32(dst, entryFormat)
	dst = binary.BigEndian.AppendUint32(dst, uint32(e.Stamp.version))
	dst = binary.BigEndian.AppendUint64(dst, uint64(e.Stamp.at))
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(e.Source)))
	dst = binary.BigEndian.AppendUint64(dst, uint64(len(e.Data)))
	dst = append(dst, e.Source...)
	dst = append(dst, e.Data...)
	return binary.BigEndian.AppendUint32(dst, checksum(dst[start:]))
}

// DecodeEntry reads the stored form of an entry, which is all of b. The
// entry's Data aliases b and is nil when empty.
//
// Empty input is [ErrAbsent]. Every other error is a [*StoredError] that
// wraps [ErrDamaged] or [ErrForeign]. It never panics and allocates no more
// than the source and the error.
func DecodeEntry(b []byte) (Entry, error) {
	if len(b) == 0 {
		return Entry{}, ErrAbsent // TTL-3
	}
	if err := checkFormat(b); err != nil {
		return Entry{}, err
	}
	source, err := checkLengths(b)
	if err != nil {
		return Entry{}, err
	}
	sum := len(b) - entryTrailer
	if got, want := checksum(b[:sum]), binary.BigEndian.Uint32(b[sum:]); got != want {
		return Entry{}, damaged(sum, "the checksum does not agree")
	}
	at := int64(binary.BigEndian.Uint64(b[offsetAt:]))
	if at < earlyNano || at > lateNano {
		return Entry{}, damaged(offsetAt, "the stamp is out of range")
	}
	e := Entry{
		Stamp:  stampAt(at, Version(binary.BigEndian.Uint32(b[offsetVersion:]))),
		Source: string(b[entryHeader : entryHeader+source]),
	}
	if start := entryHeader + source; start < sum {
		e.Data = b[start:sum:sum]
	}
	return e, nil
}

// checkFormat tells a foreign blob from one of our form and format version.
func checkFormat(b []byte) error {
	n := min(len(b), len(entryMagic))
	if string(b[:n]) != entryMagic[:n] {
		return &StoredError{Fault: ErrForeign, Offset: 0, Detail: "the magic is not ours"}
	}
	if len(b) < offsetVersion {
		return damaged(len(b), "ends within the header")
	}
	if format := binary.BigEndian.Uint32(b[offsetFormat:]); format != entryFormat {
		return &StoredError{
			Fault: ErrForeign, Offset: offsetFormat,
			Detail: "format version " + strconv.FormatUint(uint64(format), 10) + ", not " + strconv.Itoa(entryFormat),
		}
	}
	return nil
}

// checkLengths returns the length of the source, once both lengths are in
// their ranges and agree with that of b.
func checkLengths(b []byte) (source int, err error) {
	if len(b) < entryHeader+entryTrailer {
		return 0, damaged(len(b), "ends within the header")
	}
	s := binary.BigEndian.Uint32(b[offsetSource:])
	if s > MaxSourceBytes {
		return 0, damaged(offsetSource, "the source is too long")
	}
	d := binary.BigEndian.Uint64(b[offsetData:])
	if d > MaxDataBytes {
		return 0, damaged(offsetData, "the data is too long")
	}
	want := entryHeader + uint64(s) + d + entryTrailer
	if uint64(len(b)) < want {
		return 0, damaged(len(b), "ends early, it needs "+strconv.FormatUint(want, 10)+" bytes")
	}
	if uint64(len(b)) > want {
		return 0, damaged(int(want), "goes on after its end")
	}
	return int(s), nil
}

func damaged(offset int, detail string) error {
	return &StoredError{Fault: ErrDamaged, Offset: offset, Detail: detail}
}

// checksum is the CRC-32C of b. It finds every change within four adjacent
// bytes.
func checksum(b []byte) uint32 {
	return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))
}
