package compliance

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
)

var (
	// ErrFormat is the kind of a [*DecodeError] for data that is not in a
	// form this package reads: another kind of file, or a version of the
	// binary form it does not know. The data may be perfectly good.
	ErrFormat = errors.New("foreign format")
	// ErrCorrupt is the kind of a [*DecodeError] for data that is in a known
	// form but damaged, truncated, or contradicts itself.
	ErrCorrupt = errors.New("corrupt")
)

// The binary form; the package comment specifies it.
const (
	binaryMagic   = "USSNAP"
	binaryVersion = 1

	versionAt  = len(binaryMagic)
	countAt    = versionAt + 2
	idsAt      = countAt + 4
	idSize     = 16
	revSize    = 4
	wordSize   = 8
	sumSize    = 4
	minBinary  = idsAt + sumSize
	recordSize = idSize + revSize
)

// binarySize is the length of the binary form of n records in bytes.
func binarySize(n int) int { return minBinary + recordSize*n + wordSize*laneWords(n) }

// castagnoli returns the polynomial's table, which the standard library makes
// once and keeps.
func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// AppendBinary appends the binary form of the snapshot, which the package
// comment specifies, to b. Equal snapshots have equal binary forms. The error
// is always nil. It implements [encoding.BinaryAppender], and allocates
// nothing when b has room.
func (s *Snapshot) AppendBinary(b []byte) ([]byte, error) {
	v := s.view()
	start := len(b)
	b = slices.Grow(b, binarySize(len(v.ids)))
	b = append(b, binaryMagic...)
	b = binary.BigEndian.AppendUint16(b, binaryVersion)
	b = binary.BigEndian.AppendUint32(b, uint32(len(v.ids)))
	for i := range v.ids {
		b = append(b, v.ids[i][:]...)
	}
	for _, r := range v.revs {
		b = binary.BigEndian.AppendUint32(b, uint32(r))
	}
	for _, w := range v.states {
		b = binary.BigEndian.AppendUint64(b, w)
	}
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli())), nil
}

// MarshalBinary returns the binary form of the snapshot, as AppendBinary
// does. It implements [encoding.BinaryMarshaler].
func (s *Snapshot) MarshalBinary() ([]byte, error) { return s.AppendBinary(nil) }

// UnmarshalBinary replaces the contents of s by those of the binary form
// data, as [DecodeSnapshot] reads them. On error s is untouched. It implements
// [encoding.BinaryUnmarshaler].
func (s *Snapshot) UnmarshalBinary(data []byte) error {
	v, err := DecodeSnapshot(data)
	if err != nil {
		return err
	}
	*s = *v
	return nil
}

// DecodeSnapshot reads the binary form of a snapshot. data is neither
// modified nor kept. Every error is a [*DecodeError] that names the fault and
// its offset: [ErrFormat] for a magic or version that is not ours, else
// [ErrCorrupt]. It never panics, and allocates only after the length and the
// checksum of the whole were found right, so never more than a small multiple
// of the length of data.
func DecodeSnapshot(data []byte) (*Snapshot, error) {
	n, err := checkBinary(data)
	if err != nil {
		return nil, err
	}
	revsAt := idsAt + idSize*n
	statesAt := revsAt + revSize*n
	s := &Snapshot{
		ids:    make([]UpdateID, n),
		revs:   make([]Revision, n),
		states: make(lanes, laneWords(n)),
	}
	for i := range s.ids {
		at := idsAt + idSize*i
		s.ids[i] = UpdateID(data[at : at+idSize])
		if i == 0 || less(&s.ids[i-1], &s.ids[i]) {
			continue
		}
		if s.ids[i-1] == s.ids[i] {
			return nil, &DecodeError{Offset: at, Fault: "update occurs twice", Kind: ErrCorrupt, Cause: &DuplicateError{ID: s.ids[i]}}
		}
		return nil, corrupt(at, "update %v is out of order", s.ids[i])
	}
	for i := range s.revs {
		at := revsAt + revSize*i
		s.revs[i] = Revision(binary.BigEndian.Uint32(data[at:]))
		if s.revs[i] > MaxRevision {
			return nil, corrupt(at, "revision %d is over %d", s.revs[i], MaxRevision)
		}
	}
	for i := range s.states {
		s.states[i] = binary.BigEndian.Uint64(data[statesAt+wordSize*i:])
	}
	if used := n % lanesPerWord; used != 0 && s.states[n/lanesPerWord]&^firstLanes(used) != 0 {
		return nil, corrupt(statesAt+wordSize*(n/lanesPerWord), "state behind the last record")
	}
	return s, nil
}

// checkBinary checks what frames the records, in the order in which it can be
// trusted, and returns their number.
func checkBinary(data []byte) (int, error) {
	head := min(len(data), len(binaryMagic))
	if string(data[:head]) != binaryMagic[:head] {
		return 0, &DecodeError{Offset: 0, Fault: "not a snapshot: magic " + quote(string(data[:head])), Kind: ErrFormat}
	}
	if len(data) < countAt {
		return 0, corrupt(len(data), "truncated: %d bytes are too few for a snapshot", len(data))
	}
	if v := binary.BigEndian.Uint16(data[versionAt:]); v != binaryVersion {
		fault := fmt.Sprintf("version %d, want %d", v, binaryVersion)
		return 0, &DecodeError{Offset: versionAt, Fault: fault, Kind: ErrFormat}
	}
	if len(data) < minBinary {
		return 0, corrupt(len(data), "truncated: %d bytes are too few for a snapshot", len(data))
	}
	count := binary.BigEndian.Uint32(data[countAt:])
	if count > MaxRecords {
		return 0, corrupt(countAt, "%d records are over %d", count, MaxRecords)
	}
	n := int(count)
	if want := binarySize(n); len(data) != want {
		return 0, corrupt(min(len(data), want), "%d bytes, want %d for %d records", len(data), want, n)
	}
	sumAt := len(data) - sumSize
	got, want := crc32.Checksum(data[:sumAt], castagnoli()), binary.BigEndian.Uint32(data[sumAt:])
	if got != want {
		return 0, corrupt(sumAt, "checksum %08x does not match %08x", want, got)
	}
	return n, nil
}

// corrupt is a DecodeError of the binary form of kind ErrCorrupt.
func corrupt(offset int, format string, args ...any) error {
	return &DecodeError{Offset: offset, Fault: fmt.Sprintf(format, args...), Kind: ErrCorrupt}
}

// DecodeError reports a binary or JSON form of a snapshot that was refused.
// errors.Is finds its kind, errors.As its cause.
type DecodeError struct {
	// Offset is the byte offset in the data at which the fault was found.
	Offset int
	// Fault says what is wrong there.
	Fault string
	// Kind is [ErrCorrupt] or [ErrFormat].
	Kind error
	// Cause is the error behind the fault where there is one, such as a
	// [*DuplicateError] or an [*IDError], else nil.
	Cause error
}

// Error says kind, offset, fault and cause.
func (e *DecodeError) Error() string {
	text := fmt.Sprintf("compliance: snapshot: %v: offset %d: %s", e.Kind, e.Offset, e.Fault)
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap returns the kind, and the cause if there is one.
func (e *DecodeError) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Cause}
}
