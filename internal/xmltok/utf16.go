package xmltok

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// EncodingError is text that cannot be converted.
type EncodingError struct {
	// Offset is the byte offset in the text given.
	Offset int
	// Msg says what was wrong.
	Msg string
}

// Error implements error: "xmltok: offset 12: lone surrogate U+D800".
func (e *EncodingError) Error() string {
	return "xmltok: offset " + strconv.Itoa(e.Offset) + ": " + e.Msg
}

// Masks of four units in a word, whose low bytes come first.
const (
	beyondASCII = 0xFF80FF80FF80FF80
	pairs       = 0x0000FFFF0000FFFF
)

// DecodeUTF16 appends src, which is UTF-16 that begins with a byte order
// mark, to dst as UTF-8 and returns the extended slice. The mark decides the
// order and is left out. It refuses with an [*EncodingError] and returns dst
// as it was if there is no mark, if the length is odd, or at a surrogate
// without its other half. Characters that XML does not allow are left to the
// tokenizer. dst and src must not overlap.
func DecodeUTF16(dst, src []byte) ([]byte, error) {
	if len(src) < 2 {
		return dst, &EncodingError{Offset: 0, Msg: "no byte order mark"}
	}
	big := src[0] == 0xFE && src[1] == 0xFF
	if !big && (src[0] != 0xFF || src[1] != 0xFE) {
		return dst, &EncodingError{Offset: 0, Msg: "no byte order mark"}
	}
	out := slices.Grow(dst, len(src)/2)
	i := 2
	for {
		n := narrow(out[len(out):cap(out)], src[i:], big)
		out = out[:len(out)+n]
		i += 2 * n
		if i == len(src) {
			return out, nil
		}
		if i+1 == len(src) {
			return dst, &EncodingError{Offset: i, Msg: "half a unit at the end"}
		}
		r := rune(unit(src[i:], big))
		size := 2
		if utf16.IsSurrogate(r) {
			if i+4 > len(src) {
				return dst, loneSurrogate(i, r)
			}
			low := rune(unit(src[i+2:], big))
			pair := utf16.DecodeRune(r, low)
			if pair == utf8.RuneError {
				return dst, loneSurrogate(i, r)
			}
			r, size = pair, 4
		}
		out = utf8.AppendRune(out, r)
		i += size
	}
}

// loneSurrogate is the error for a surrogate without its other half.
func loneSurrogate(offset int, r rune) error {
	return &EncodingError{Offset: offset, Msg: fmt.Sprintf("lone surrogate %U", r)}
}

// unit is the first unit of src.
func unit(src []byte, big bool) uint16 {
	if big {
		return binary.BigEndian.Uint16(src)
	}
	return binary.LittleEndian.Uint16(src)
}

// narrow writes the units of src to dst as long as they are ASCII and there is
// room, and returns how many. The high byte of a unit comes first if big is
// true.
func narrow(dst, src []byte, big bool) int {
	// Words are read with the first byte lowest; the shift moves the bytes that
	// count to where they are if the low byte of a unit comes first.
	beyond, shift := uint64(beyondASCII), 0
	if big {
		beyond, shift = bits.ReverseBytes64(beyondASCII), 8
	}
	n := 0
	for ; len(src) >= 32 && len(dst)-n >= 16; n += 16 {
		w := binary.LittleEndian.Uint64(src)
		x := binary.LittleEndian.Uint64(src[8:])
		y := binary.LittleEndian.Uint64(src[16:])
		z := binary.LittleEndian.Uint64(src[24:])
		if (w|x|y|z)&beyond != 0 {
			break
		}
		out := dst[n : n+16]
		binary.LittleEndian.PutUint64(out, pack(w>>shift)|pack(x>>shift)<<32)
		binary.LittleEndian.PutUint64(out[8:], pack(y>>shift)|pack(z>>shift)<<32)
		src = src[32:]
	}
	for ; len(src) >= 2 && n < len(dst); n++ {
		u := unit(src, big)
		if u >= utf8.RuneSelf {
			break
		}
		dst[n] = byte(u)
		src = src[2:]
	}
	return n
}

// pack moves the low bytes of four units, whose high bytes are zero, together.
func pack(x uint64) uint64 {
	x = (x | x>>8) & pairs
	return uint64(uint32(x | x>>16))
}
