package xmltok

// attributes reads the attributes and the end of a start tag, from the first
// byte after the name of the element. It returns the offset after the tag,
// negative if it was refused, and whether a name has a prefix to be checked.
func (t *Tokenizer) attributes(i int) (end int, prefixed bool) {
	data, attrs := t.data, t.attrs
	n, left := 0, t.lim.MaxAttrs
	var seen uint64 // a hash per attribute; a clear bit means no duplicate
	for ; ; left-- {
		if n == len(attrs) {
			t.attrs = append(attrs, Attr{})
			attrs = t.attrs
		}
		attr := &attrs[n]
		var first, last byte // of the local name
		if name, stop := scanAttribute(data, i); stop > 0 {
			attr.Local, attr.Value, attr.Offset = data[i+1:name:name], data[name+2:stop:stop], i+1
			if attr.Prefix != nil {
				attr.Prefix = nil
			}
			first, last = data[i+1], data[name-1]
			i = stop + 1
		} else {
			if end = t.plainEnd(i); end > 0 {
				t.attrCount = n
				return end, prefixed
			}
			if i, end = t.attribute(attr, i); i < 0 {
				t.attrCount = n
				return end, prefixed
			}
			first, last = attr.Local[0], attr.Local[len(attr.Local)-1]
		}
		if left == 0 { // MSG-9
			return t.fail(attr.Offset, "more than %d attributes", t.lim.MaxAttrs), false
		}
		if attr.Prefix != nil || first == 'x' {
			if isDeclare(attr) {
				if !t.declare(attr) {
					return -1, false
				}
				continue
			}
			prefixed = prefixed || attr.Prefix != nil
		}
		bit := uint64(1) << ((uint(first)*5 + uint(last)*11 + uint(len(attr.Local))) % 64)
		if seen&bit != 0 && t.isDuplicate(attrs[:n], attr) {
			return -1, false
		}
		seen |= bit
		n++
	}
}

// plainEnd returns the offset after a tag that ends at i without white space,
// zero if it does not.
func (t *Tokenizer) plainEnd(i int) int {
	if i+1 >= len(t.data) {
		return 0
	}
	if t.data[i] == '>' {
		return i + len(">")
	}
	if t.data[i] == '/' && t.data[i+1] == '>' {
		t.state = selfClosed
		return i + len("/>")
	}
	return 0
}

// scanAttribute reads an attribute in the plainest form, which is one space,
// an ASCII name without a prefix, "=" and a quoted value without anything to
// be replaced. It returns where the name and the value end, zero for the
// latter if the attribute has another form or there is none.
func scanAttribute(data []byte, at int) (name, stop int) {
	i, end := uint(at)+1, uint(len(data)) // unsigned, so that one comparison does for the bounds
	if i >= end || data[i-1] != ' ' || class[data[i]]&isNameStart == 0 {
		return 0, 0
	}
	for i++; i < end && class[data[i]]&isNameByte != 0; {
		i++
	}
	if i+1 >= end || data[i] != '=' {
		return 0, 0
	}
	name = int(i)
	i++
	quote := data[i]
	if class[quote]&isQuote == 0 {
		return 0, 0
	}
	i++
	// Most values are short: a loop that the processor predicts comes first.
	for last := min(i+4, end); i < last; i++ {
		if class[data[i]]&stopsValue != 0 {
			if data[i] == quote {
				return name, int(i)
			}
			return 0, 0
		}
	}
	i = uint(valueStop(data, int(i), quote))
	if i >= end || data[i] != quote {
		return 0, 0
	}
	return name, int(i)
}

// attribute reads an attribute in any form into attr, from the first byte
// after a name or value. It returns the offset after it, or a negative number
// and the offset after the tag, negative if it was refused.
func (t *Tokenizer) attribute(attr *Attr, i int) (next, end int) {
	at, end := t.afterValue(i)
	if at < 0 {
		return -1, end
	}
	local, name, value := t.attributeName(at)
	if value < 0 {
		return -1, -1
	}
	quote := t.data[value-1]
	stop := valueStop(t.data, value, quote)
	attr.Prefix, attr.Local, attr.Offset = nil, t.data[local:name:name], at
	if local != at {
		attr.Prefix = t.data[at : local-1 : local-1]
	}
	if stop < len(t.data) && t.data[stop] == quote {
		attr.Value = t.data[value:stop:stop]
	} else if attr.Value, stop = t.slowValue(value, stop, quote); stop < 0 {
		return -1, -1
	}
	return stop + 1, 0
}

// afterValue reads what comes before an attribute or ends the tag, from the
// first byte after a name or value. It returns where the attribute is, or a
// negative number and the offset after the tag, negative if it was refused.
func (t *Tokenizer) afterValue(i int) (at, end int) {
	at = t.afterSpace(i)
	if at >= len(t.data) {
		return -1, t.truncated("start tag")
	}
	if t.data[at] == '>' {
		return -1, at + 1
	}
	if t.data[at] == '/' {
		if at+1 >= len(t.data) {
			return -1, t.truncated("start tag")
		}
		if t.data[at+1] != '>' {
			return -1, t.fail(at, `"/" in a start tag, not followed by ">"`)
		}
		t.state = selfClosed
		return -1, at + len("/>")
	}
	if at == i {
		return -1, t.fail(at, "white space is missing before an attribute")
	}
	return at, 0
}

// attributeName reads the name of an attribute, "=" and the opening quote
// with white space around them. It returns where the local name starts and
// ends, and where the value starts, negative if it was refused.
func (t *Tokenizer) attributeName(at int) (local, end, value int) {
	local, end = t.qualifiedName(at)
	if end < 0 {
		return 0, 0, -1
	}
	i := t.afterSpace(end)
	if i < len(t.data) && t.data[i] != '=' {
		return 0, 0, t.fail(i, `expected "=" after the name of an attribute, got %s`, quoteRune(t.data[i:]))
	}
	i = t.afterSpace(i + 1)
	if i >= len(t.data) {
		return 0, 0, t.truncated("start tag")
	}
	if class[t.data[i]]&isQuote == 0 {
		return 0, 0, t.fail(i, "expected a quoted value, got %s", quoteRune(t.data[i:]))
	}
	if i+1 >= len(t.data) {
		return 0, 0, t.truncated("attribute value")
	}
	return local, end, i + 1
}

// afterSpace is the offset of the first byte from i on that is not white
// space, at most the length of the data.
func (t *Tokenizer) afterSpace(i int) int {
	for i < len(t.data) && class[t.data[i]]&isSpace != 0 {
		i++
	}
	return min(i, len(t.data))
}

// slowValue reads an attribute value that differs from what is written. It
// begins at from; stop is the first byte that needs a look. It returns the
// value and the offset of the closing quote, negative if it was refused.
func (t *Tokenizer) slowValue(from, stop int, quote byte) ([]byte, int) {
	data := t.data
	begin := len(t.scratch)
	buf := t.scratch
	for {
		buf = append(buf, data[from:stop]...)
		if stop >= len(data) {
			return nil, t.truncated("attribute value")
		}
		c := data[stop]
		if c == quote {
			t.scratch = buf
			return buf[begin:len(buf):len(buf)], stop
		}
		if c == '<' {
			return nil, t.fail(stop, `"<" in an attribute value`)
		}
		if c == '&' {
			if buf, from = t.reference(buf, stop); from < 0 {
				return nil, -1
			}
		} else {
			buf = append(buf, ' ')
			from = stop + 1
			if c == '\r' && from < len(data) && data[from] == '\n' {
				from++
			}
		}
		stop = valueStop(data, from, quote)
	}
}

// isDuplicate reports whether attr is among those before it, and refuses it
// then.
// Only attributes with the same prefix are judged here; those with two
// prefixes for one namespace are left to checkPrefixes.
func (t *Tokenizer) isDuplicate(before []Attr, attr *Attr) bool {
	for i := range before {
		old := &before[i]
		if string(old.Local) == string(attr.Local) && string(old.Prefix) == string(attr.Prefix) {
			t.fail(attr.Offset, "attribute %s is given twice", clip(t.data[attr.Offset:attr.Offset+qualifiedLen(attr)]))
			return true
		}
	}
	return false
}

// qualifiedLen is the length of the name of attr with prefix and colon.
func qualifiedLen(attr *Attr) int {
	if len(attr.Prefix) == 0 {
		return len(attr.Local)
	}
	return len(attr.Prefix) + len(":") + len(attr.Local)
}
