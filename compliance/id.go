package compliance

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// UpdateID is the identity of an update: 128 bits, kept in the byte order of
// their text form, so that comparing bytes and comparing text give the same
// order. It is comparable and may be a map key. The zero value is the id of no
// update; packages use it for "no id".
type UpdateID [16]byte

const (
	// idTextLen is the length of the one text form of an id.
	idTextLen = 36
	// idBracedLen is the length of the text form between braces.
	idBracedLen = idTextLen + 2
)

// ParseUpdateID parses the text form of an id: 36 characters, groups of 8, 4,
// 4, 4 and 12 hexadecimal digits of either case with a hyphen between groups,
// optionally between one pair of braces. Nothing else is accepted, not even
// spaces around it. Anything else is an [*IDError] that says what is wrong and
// where. It allocates nothing unless it fails.
func ParseUpdateID(s string) (UpdateID, error) {
	var id UpdateID
	if !parseID(&id, s) {
		return UpdateID{}, idFault(s)
	}
	return id, nil
}

// parseID fills id from s and reports whether s was a text form. The reads
// are unrolled, because this is on the path of every record of a catalogue;
// what exactly is wrong with a bad text is idFault's work.
func parseID[T string | []byte](id *UpdateID, s T) bool {
	if len(s) == idBracedLen && s[0] == '{' && s[idBracedLen-1] == '}' {
		s = s[1 : idBracedLen-1]
	}
	if len(s) != idTextLen {
		return false
	}
	if s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	h0, l0 := hexValues[s[0]], hexValues[s[1]]
	h1, l1 := hexValues[s[2]], hexValues[s[3]]
	h2, l2 := hexValues[s[4]], hexValues[s[5]]
	h3, l3 := hexValues[s[6]], hexValues[s[7]]
	bad := h0 | l0 | h1 | l1 | h2 | l2 | h3 | l3
	id[0], id[1], id[2], id[3] = h0<<4|l0, h1<<4|l1, h2<<4|l2, h3<<4|l3
	h0, l0 = hexValues[s[9]], hexValues[s[10]]
	h1, l1 = hexValues[s[11]], hexValues[s[12]]
	h2, l2 = hexValues[s[14]], hexValues[s[15]]
	h3, l3 = hexValues[s[16]], hexValues[s[17]]
	bad |= h0 | l0 | h1 | l1 | h2 | l2 | h3 | l3
	id[4], id[5], id[6], id[7] = h0<<4|l0, h1<<4|l1, h2<<4|l2, h3<<4|l3
	h0, l0 = hexValues[s[19]], hexValues[s[20]]
	h1, l1 = hexValues[s[21]], hexValues[s[22]]
	h2, l2 = hexValues[s[24]], hexValues[s[25]]
	h3, l3 = hexValues[s[26]], hexValues[s[27]]
	bad |= h0 | l0 | h1 | l1 | h2 | l2 | h3 | l3
	id[8], id[9], id[10], id[11] = h0<<4|l0, h1<<4|l1, h2<<4|l2, h3<<4|l3
	h0, l0 = hexValues[s[28]], hexValues[s[29]]
	h1, l1 = hexValues[s[30]], hexValues[s[31]]
	h2, l2 = hexValues[s[32]], hexValues[s[33]]
	h3, l3 = hexValues[s[34]], hexValues[s[35]]
	bad |= h0 | l0 | h1 | l1 | h2 | l2 | h3 | l3
	id[12], id[13], id[14], id[15] = h0<<4|l0, h1<<4|l1, h2<<4|l2, h3<<4|l3
	return bad <= maxDigit
}

// quoteAt quotes the character at an offset, or names the byte when it begins
// none.
func quoteAt(s string, at int) string {
	r, size := utf8.DecodeRuneInString(s[at:])
	if r == utf8.RuneError && size <= 1 {
		return fmt.Sprintf("byte 0x%02X", s[at])
	}
	return strconv.QuoteRune(r)
}

// idFault says why s is no text form of an id.
func idFault(s string) error {
	from := 0
	if len(s) == idBracedLen {
		if s[0] != '{' {
			return &IDError{Text: s, Offset: 0, Reason: "want '{', got " + quoteAt(s, 0)}
		}
		if s[idBracedLen-1] != '}' {
			return &IDError{Text: s, Offset: idBracedLen - 1, Reason: "want '}', got " + quoteAt(s, idBracedLen-1)}
		}
		from = 1
	} else if len(s) != idTextLen {
		reason := fmt.Sprintf("has %d bytes, want %d, or %d with braces", len(s), idTextLen, idBracedLen)
		return &IDError{Text: s, Offset: min(len(s), idTextLen), Reason: reason}
	}
	for i := range idTextLen {
		c := s[from+i]
		hyphen := i == 8 || i == 13 || i == 18 || i == 23
		if hyphen && c != '-' {
			return &IDError{Text: s, Offset: from + i, Reason: "want '-', got " + quoteAt(s, from+i)}
		}
		if !hyphen && hexValues[c] == notHex {
			return &IDError{Text: s, Offset: from + i, Reason: "want a hexadecimal digit, got " + quoteAt(s, from+i)}
		}
	}
	return nil
}

// String returns the one text form of the id: 36 characters, lower case, no
// braces.
func (id UpdateID) String() string {
	var b [idTextLen]byte
	put(&b, &id)
	return string(b[:])
}

// AppendText appends the text form of the id to b. The error is always nil.
// It implements [encoding.TextAppender], and allocates nothing when b has
// room.
func (id UpdateID) AppendText(b []byte) ([]byte, error) {
	n := len(b)
	if cap(b)-n < idTextLen { // not slices.Grow: this is the whole cost of a text
		b = append(b, make([]byte, idTextLen)...)
	}
	b = b[:n+idTextLen]
	put((*[idTextLen]byte)(b[n:]), &id)
	return b, nil
}

// MarshalText returns the text form of the id. The error is always nil. It
// implements [encoding.TextMarshaler], so ids are JSON strings and JSON keys.
func (id UpdateID) MarshalText() ([]byte, error) { return id.AppendText(nil) }

// UnmarshalText sets id from a text as [ParseUpdateID] does. On error id is
// untouched. It implements [encoding.TextUnmarshaler].
func (id *UpdateID) UnmarshalText(text []byte) error {
	var v UpdateID
	if !parseID(&v, text) {
		return idFault(string(text))
	}
	*id = v
	return nil
}

// put writes the text form of id to b, a pair of digits at a time.
func put(b *[idTextLen]byte, id *UpdateID) {
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	b[0], b[1] = hexPairs[2*int(id[0])], hexPairs[2*int(id[0])+1]
	b[2], b[3] = hexPairs[2*int(id[1])], hexPairs[2*int(id[1])+1]
	b[4], b[5] = hexPairs[2*int(id[2])], hexPairs[2*int(id[2])+1]
	b[6], b[7] = hexPairs[2*int(id[3])], hexPairs[2*int(id[3])+1]
	b[9], b[10] = hexPairs[2*int(id[4])], hexPairs[2*int(id[4])+1]
	b[11], b[12] = hexPairs[2*int(id[5])], hexPairs[2*int(id[5])+1]
	b[14], b[15] = hexPairs[2*int(id[6])], hexPairs[2*int(id[6])+1]
	b[16], b[17] = hexPairs[2*int(id[7])], hexPairs[2*int(id[7])+1]
	b[19], b[20] = hexPairs[2*int(id[8])], hexPairs[2*int(id[8])+1]
	b[21], b[22] = hexPairs[2*int(id[9])], hexPairs[2*int(id[9])+1]
	b[24], b[25] = hexPairs[2*int(id[10])], hexPairs[2*int(id[10])+1]
	b[26], b[27] = hexPairs[2*int(id[11])], hexPairs[2*int(id[11])+1]
	b[28], b[29] = hexPairs[2*int(id[12])], hexPairs[2*int(id[12])+1]
	b[30], b[31] = hexPairs[2*int(id[13])], hexPairs[2*int(id[13])+1]
	b[32], b[33] = hexPairs[2*int(id[14])], hexPairs[2*int(id[14])+1]
	b[34], b[35] = hexPairs[2*int(id[15])], hexPairs[2*int(id[15])+1]
}

// Compare returns -1, 0 or +1 as id comes before, is, or comes after other.
// The order is that of the text forms. It is the order of every snapshot and
// of every diff (DIFF-4).
func (id UpdateID) Compare(other UpdateID) int {
	if c := cmp.Compare(binary.BigEndian.Uint64(id[:8]), binary.BigEndian.Uint64(other[:8])); c != 0 {
		return c
	}
	return cmp.Compare(binary.BigEndian.Uint64(id[8:]), binary.BigEndian.Uint64(other[8:]))
}

// less reports whether a comes before b. It takes pointers, because the loops
// that call it would copy ids otherwise.
func less(a, b *UpdateID) bool {
	high, other := binary.BigEndian.Uint64(a[:8]), binary.BigEndian.Uint64(b[:8])
	if high != other {
		return high < other
	}
	return binary.BigEndian.Uint64(a[8:]) < binary.BigEndian.Uint64(b[8:])
}

// IsZero reports whether id is the zero id, which names no update.
func (id UpdateID) IsZero() bool { return id == UpdateID{} }

// IDError reports a text that is not the text form of an update id.
type IDError struct {
	// Text is the whole text that was refused.
	Text string
	// Offset is the byte offset in Text at which it went wrong; for a text
	// that is too short, its length.
	Offset int
	// Reason says what was wanted and what was found there.
	Reason string
}

// Error names the text, cut to a bounded length, the offset and the reason.
func (e *IDError) Error() string {
	return "compliance: update id " + quote(e.Text) + ": offset " + strconv.Itoa(e.Offset) + ": " + e.Reason
}
