package xmltok

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// Eight equal bytes in a word.
const (
	ones   = 0x0101010101010101
	highs  = 0x8080808080808080
	spaces = 0x2020202020202020
)

// zeroBytes marks the lowest zero byte of x by its high bit. Bits above the
// lowest one it marks may be wrong.
func zeroBytes(x uint64) uint64 { return (x - ones) &^ x & highs }

// validPrefix is the length of the part of data before the first character
// that XML does not allow, or before the first malformed one.
func validPrefix(data []byte) int {
	i := 0
	for {
		for ; len(data)-i >= 32; i += 32 {
			b := data[i : i+32]
			w := binary.LittleEndian.Uint64(b)
			x := binary.LittleEndian.Uint64(b[8:])
			y := binary.LittleEndian.Uint64(b[16:])
			z := binary.LittleEndian.Uint64(b[24:])
			// No byte is beyond ASCII, and none borrows when a space is taken
			// from it.
			if (w|x|y|z|(w-spaces)|(x-spaces)|(y-spaces)|(z-spaces))&highs != 0 {
				break
			}
		}
		for end := min(i+32, len(data)); i < end; {
			if data[i] < utf8.RuneSelf {
				if class[data[i]]&isControl != 0 {
					return i
				}
				i++
				continue
			}
			r, size := utf8.DecodeRune(data[i:])
			if r == utf8.RuneError && size == 1 || !isCharacter(r) {
				return i
			}
			i += size
		}
		if i >= len(data) {
			return i
		}
	}
}

// isCharacter reports whether XML allows the character r.
func isCharacter(r rune) bool {
	return 0x20 <= r && r <= 0xD7FF || r == '\t' || r == '\n' || r == '\r' ||
		0xE000 <= r && r <= 0xFFFD || 0x10000 <= r && r <= utf8.MaxRune
}

// textStop is the offset of the first byte from i on that needs a look in
// character data: "<", "&", "]" or a carriage return; or the length of data.
func textStop(data []byte, i int) int {
	rest := data[i:]
	for ; len(rest) >= 8; rest = rest[8:] {
		x := binary.LittleEndian.Uint64(rest)
		m := zeroBytes(x^ones*'<') | zeroBytes(x^ones*'&') | zeroBytes(x^ones*']') | zeroBytes(x^ones*'\r')
		if m != 0 {
			return len(data) - len(rest) + bits.TrailingZeros64(m)/8
		}
	}
	for j, c := range rest {
		if class[c]&stopsText != 0 {
			return len(data) - len(rest) + j
		}
	}
	return len(data)
}

// valueStop is the offset of the first byte from i on that needs a look in an
// attribute value: the quote, "<", "&", or one below a space; or the length
// of data.
func valueStop(data []byte, i int, quote byte) int {
	// The ampersand and either quote differ in one bit: setting it, one test
	// finds both.
	differ := uint64(quote^'&') * ones
	rest := data[i:]
	for ; len(rest) >= 8; rest = rest[8:] {
		x := binary.LittleEndian.Uint64(rest)
		m := zeroBytes((x|differ)^(ones*'&'|differ)) | zeroBytes(x^ones*'<') | (x-spaces)&^x&highs
		if m != 0 {
			return len(data) - len(rest) + bits.TrailingZeros64(m)/8
		}
	}
	for j, c := range rest {
		if class[c]&stopsValue != 0 && (c == quote || class[c]&isQuote == 0) {
			return len(data) - len(rest) + j
		}
	}
	return len(data)
}
