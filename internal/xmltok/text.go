package xmltok

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// textToken reads the character data at offset i, inside of an element, up
// to the next markup.
func (t *Tokenizer) textToken(i int) (Kind, error) {
	data := t.data
	stop := textStop(data, i)
	for stop < len(data) && data[stop] == ']' && !t.isSectionEnd(stop) {
		stop = textStop(data, stop+1)
	}
	if stop >= len(data) {
		return t.finish()
	}
	if data[stop] == '<' {
		t.text = data[i:stop:stop]
		t.pos = stop
		t.kind = Text
		return Text, nil
	}
	return t.slowText(i, stop)
}

// isSectionEnd reports whether the "]]>" of a CDATA section is at i.
func (t *Tokenizer) isSectionEnd(i int) bool {
	return i+2 < len(t.data) && t.data[i+1] == ']' && t.data[i+2] == '>'
}

// slowText reads character data that differs from what is written. It begins
// at from; stop is the first byte that needs a look.
func (t *Tokenizer) slowText(from, stop int) (Kind, error) {
	data := t.data
	length := bytes.IndexByte(data[stop:], '<')
	if length < 0 {
		length = len(data) - stop
	}
	buf := t.scratch
	if !t.joining {
		buf = buf[:0]
	}
	begin := len(buf)
	buf = slices.Grow(buf, stop+length-from)
	for {
		buf = append(buf, data[from:stop]...)
		if stop >= len(data) {
			return t.finish()
		}
		c := data[stop]
		if c == '<' {
			break
		}
		from = stop + 1
		if c == '&' {
			if buf, from = t.reference(buf, stop); from < 0 {
				return t.refuse()
			}
		} else if c == '\r' {
			buf = append(buf, '\n')
			if from < len(data) && data[from] == '\n' {
				from++
			}
		} else { // ']'
			if t.isSectionEnd(stop) {
				t.fail(stop, `"]]>" outside of a CDATA section`)
				return t.refuse()
			}
			buf = append(buf, ']')
		}
		stop = textStop(data, from)
	}
	t.scratch = buf
	t.text = buf[begin:len(buf):len(buf)]
	t.pos = stop
	t.kind = Text
	return Text, nil
}

// section reads the CDATA section at offset at. It is false if the section
// is empty or was refused.
func (t *Tokenizer) section(at int) bool {
	if t.depth == 0 {
		t.fail(at, "CDATA section outside of the root element")
		return false
	}
	from := at + len("<![CDATA[")
	length := bytes.Index(t.data[from:], []byte("]]>"))
	if length < 0 {
		t.truncated("CDATA section")
		return false
	}
	t.pos = from + length + len("]]>")
	t.text = t.data[from : from+length : from+length]
	if length == 0 {
		return false
	}
	t.kind = Text
	if bytes.IndexByte(t.text, '\r') < 0 {
		return true
	}
	buf := t.scratch
	if !t.joining {
		buf = buf[:0]
	}
	begin := len(buf)
	for i, c := range t.text {
		if c == '\r' {
			buf = append(buf, '\n')
		} else if c != '\n' || i == 0 || t.text[i-1] != '\r' {
			buf = append(buf, c)
		}
	}
	t.scratch = buf
	t.text = buf[begin:len(buf):len(buf)]
	return true
}

// reference appends the character that the reference at offset at stands for,
// and returns the offset after the reference, negative if it was refused.
func (t *Tokenizer) reference(buf []byte, at int) ([]byte, int) {
	rest := t.data[at+1:]
	if len(rest) >= 5 {
		if string(rest[:3]) == "lt;" {
			return append(buf, '<'), at + 4
		}
		if string(rest[:3]) == "gt;" {
			return append(buf, '>'), at + 4
		}
		if string(rest[:5]) == "quot;" {
			return append(buf, '"'), at + 6
		}
		if string(rest[:4]) == "amp;" {
			return append(buf, '&'), at + 5
		}
		if string(rest[:5]) == "apos;" {
			return append(buf, '\''), at + 6
		}
	}
	if len(rest) > 0 && rest[0] == '#' {
		return t.number(buf, at)
	}
	return t.entity(buf, at)
}

// entity is reference for the names that are not known, and for those so near
// to the end of the data that the document cannot be whole.
func (t *Tokenizer) entity(buf []byte, at int) ([]byte, int) {
	end := at + 1
	for end < len(t.data) && class[t.data[end]]&isNameByte != 0 {
		end++
	}
	if end >= len(t.data) {
		return buf, t.truncated("reference")
	}
	name := t.data[at+1 : end]
	if t.data[end] != ';' || len(name) == 0 {
		return buf, t.fail(at, `"&" that does not begin a reference`)
	}
	for _, known := range [...]string{"lt", "gt", "amp", "quot", "apos"} {
		if string(name) == known {
			return buf, end + 1 // the document is cut; this text is never delivered
		}
	}
	return buf, t.fail(at, "entity &%s; is not allowed", clip(name)) // MSG-9
}

// number is reference for a character given by its number.
func (t *Tokenizer) number(buf []byte, at int) ([]byte, int) {
	data := t.data
	i := at + len("&#")
	base := rune(10)
	if i < len(data) && data[i] == 'x' {
		base = 16
		i++
	}
	first := i
	var r rune
	for ; i < len(data); i++ {
		digit := hexDigit(data[i])
		if digit < 0 || digit >= base {
			break
		}
		r = min(r*base+digit, utf8.MaxRune+1)
	}
	if i >= len(data) {
		return buf, t.truncated("reference")
	}
	if i == first || data[i] != ';' {
		return buf, t.fail(at, "malformed character reference")
	}
	if !isCharacter(r) {
		return buf, t.fail(at, "reference to a character that is not allowed")
	}
	return utf8.AppendRune(buf, r), i + 1
}

// hexDigit is the value of a hexadecimal digit, -1 for another byte.
func hexDigit(c byte) rune {
	if '0' <= c && c <= '9' {
		return rune(c - '0')
	}
	if 'a' <= c|0x20 && c|0x20 <= 'f' {
		return rune(c|0x20-'a') + 10
	}
	return -1
}
