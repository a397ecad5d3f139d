package xmltok

import "unicode/utf8"

// Bits of class.
const (
	isNameStart = 1 << iota // ASCII that may begin a name, the colon excepted
	isNameByte              // ASCII that may stand in a name, the colon excepted
	isSpace                 // white space
	endsTagName             // may follow the name of an element: white space, "/", ">"
	isQuote                 // " and '
	stopsText               // needs a look in character data
	stopsValue              // needs a look in an attribute value
	isControl               // ASCII that XML does not allow
)

// class says what each byte is.
var class = [256]uint8{
	0x00: isControl, 0x01: isControl, 0x02: isControl, 0x03: isControl,
	0x04: isControl, 0x05: isControl, 0x06: isControl, 0x07: isControl,
	0x08: isControl, 0x0B: isControl, 0x0C: isControl, 0x0E: isControl,
	0x0F: isControl, 0x10: isControl, 0x11: isControl, 0x12: isControl,
	0x13: isControl, 0x14: isControl, 0x15: isControl, 0x16: isControl,
	0x17: isControl, 0x18: isControl, 0x19: isControl, 0x1A: isControl,
	0x1B: isControl, 0x1C: isControl, 0x1D: isControl, 0x1E: isControl,
	0x1F: isControl,

	'\t': isSpace | endsTagName | stopsValue,
	'\n': isSpace | endsTagName | stopsValue,
	'\r': isSpace | endsTagName | stopsText | stopsValue,
	' ':  isSpace | endsTagName,
	'/':  endsTagName,
	'>':  endsTagName,
	'"':  isQuote | stopsValue,
	'\'': isQuote | stopsValue,
	'<':  stopsText | stopsValue,
	'&':  stopsText | stopsValue,
	']':  stopsText,

	'-': isNameByte, '.': isNameByte,
	'0': isNameByte, '1': isNameByte, '2': isNameByte, '3': isNameByte, '4': isNameByte,
	'5': isNameByte, '6': isNameByte, '7': isNameByte, '8': isNameByte, '9': isNameByte,
	'_': inName,
	'A': inName, 'B': inName, 'C': inName, 'D': inName, 'E': inName, 'F': inName, 'G': inName,
	'H': inName, 'I': inName, 'J': inName, 'K': inName, 'L': inName, 'M': inName, 'N': inName,
	'O': inName, 'P': inName, 'Q': inName, 'R': inName, 'S': inName, 'T': inName, 'U': inName,
	'V': inName, 'W': inName, 'X': inName, 'Y': inName, 'Z': inName,
	'a': inName, 'b': inName, 'c': inName, 'd': inName, 'e': inName, 'f': inName, 'g': inName,
	'h': inName, 'i': inName, 'j': inName, 'k': inName, 'l': inName, 'm': inName, 'n': inName,
	'o': inName, 'p': inName, 'q': inName, 'r': inName, 's': inName, 't': inName, 'u': inName,
	'v': inName, 'w': inName, 'x': inName, 'y': inName, 'z': inName,
}

// inName is what letters are.
const inName = isNameStart | isNameByte

// qualifiedName reads a name with or without a prefix at offset i. It returns
// where the local name starts and ends; the end is negative if the name was
// refused.
func (t *Tokenizer) qualifiedName(i int) (local, end int) {
	end = t.simpleName(i)
	if end < 0 || end >= len(t.data) || t.data[end] != ':' {
		return i, end
	}
	local = end + 1
	end = t.simpleName(local)
	if end >= 0 && end < len(t.data) && t.data[end] == ':' {
		return 0, t.fail(end, "second colon in a name")
	}
	return local, end
}

// simpleName reads a name without a colon at offset i and returns where it
// ends, negative if there is none.
func (t *Tokenizer) simpleName(i int) int {
	data := t.data
	if i >= len(data) {
		return t.truncated("name")
	}
	for begin := i; i < len(data); {
		if c := data[i]; c < utf8.RuneSelf {
			if class[c]&isNameStart == 0 {
				if i == begin {
					return t.fail(i, "expected a name, got %s", quoteRune(data[i:]))
				}
				if class[c]&isNameByte == 0 {
					return i
				}
			}
			i++
			continue
		}
		r, size := utf8.DecodeRune(data[i:])
		if !startsName(r) && (i == begin || !continuesName(r)) {
			return t.fail(i, "%s in a name", quoteRune(data[i:]))
		}
		i += size
	}
	return i
}

// startsName reports whether a character beyond ASCII may begin a name.
func startsName(r rune) bool {
	return 0xC0 <= r && r <= 0x2FF && r != 0xD7 && r != 0xF7 ||
		0x370 <= r && r <= 0x1FFF && r != 0x37E ||
		r == 0x200C || r == 0x200D ||
		0x2070 <= r && r <= 0x218F ||
		0x2C00 <= r && r <= 0x2FEF ||
		0x3001 <= r && r <= 0xD7FF ||
		0xF900 <= r && r <= 0xFDCF ||
		0xFDF0 <= r && r <= 0xFFFD ||
		0x10000 <= r && r <= 0xEFFFF
}

// continuesName reports whether a character beyond ASCII may stand in a name
// but not begin it.
func continuesName(r rune) bool {
	return r == 0xB7 || 0x300 <= r && r <= 0x36F || r == 0x203F || r == 0x2040
}
