package xmltok

import "bytes"

// bang reads the markup that begins with "<!" at offset at. It returns a
// token, or zero and true if there is none and Next has to go on, or zero and
// false if the markup was refused.
func (t *Tokenizer) bang(at int) (kind Kind, more bool) {
	rest := t.data[at:]
	if bytes.HasPrefix(rest, []byte("<!--")) {
		return 0, t.comment(at)
	}
	if bytes.HasPrefix(rest, []byte("<![CDATA[")) {
		if t.section(at) {
			return Text, false
		}
		return 0, t.state == ready
	}
	if bytes.HasPrefix(rest, []byte("<!DOCTYPE")) { // MSG-9
		t.fail(at, "a document type declaration is not allowed")
		return 0, false
	}
	for _, known := range []string{"<!--", "<![CDATA[", "<!DOCTYPE"} {
		if len(rest) < len(known) && string(rest) == known[:len(rest)] {
			t.truncated("markup")
			return 0, false
		}
	}
	t.fail(at, `markup "<!" that is neither a comment nor a CDATA section`)
	return 0, false
}

// comment skips the comment at offset at.
func (t *Tokenizer) comment(at int) bool {
	from := at + len("<!--")
	length := bytes.Index(t.data[from:], []byte("--"))
	if length < 0 || from+length+2 >= len(t.data) {
		t.truncated("comment")
		return false
	}
	if t.data[from+length+2] != '>' {
		t.fail(from+length, `"--" in a comment`)
		return false
	}
	t.pos = from + length + len("-->")
	return true
}

// instruction skips the processing instruction at offset at.
func (t *Tokenizer) instruction(at int) bool {
	from := at + len("<?")
	local, end := t.qualifiedName(from)
	if end < 0 {
		return false
	}
	if local != from {
		t.fail(from, "colon in the name of a processing instruction")
		return false
	}
	if end >= len(t.data) {
		t.truncated("processing instruction")
		return false
	}
	if bytes.EqualFold(t.data[from:end], []byte("xml")) {
		t.fail(at, "XML declaration that is not at the start")
		return false
	}
	length := bytes.Index(t.data[end:], []byte("?>"))
	if length != 0 && class[t.data[end]]&isSpace == 0 {
		t.fail(end, "unexpected %s after the name of a processing instruction", quoteRune(t.data[end:]))
		return false
	}
	if length < 0 {
		t.truncated("processing instruction")
		return false
	}
	t.pos = end + length + len("?>")
	return true
}

// isDeclaration reports whether data begins with an XML declaration.
func isDeclaration(data []byte) bool {
	const open = "<?xml"
	return len(data) > len(open) && string(data[:len(open)]) == open &&
		(data[len(open)] == '?' || class[data[len(open)]]&isSpace != 0)
}

// declaration reads the XML declaration at pos.
func (t *Tokenizer) declaration() {
	t.at = t.pos
	i := t.pos + len("<?xml")
	version, i := t.setting(i, "version")
	if i < 0 {
		return
	}
	if version == nil {
		t.fail(t.at, "XML declaration without a version")
		return
	}
	if string(version) != "1.0" {
		t.fail(t.at, "XML version %q; only 1.0 is supported", clip(version))
		return
	}
	encoding, i := t.setting(i, "encoding")
	if i < 0 {
		return
	}
	want := "UTF-8"
	if t.lim.FromUTF16 {
		want = "UTF-16"
	}
	if encoding != nil && !bytes.EqualFold(encoding, []byte(want)) {
		t.fail(t.at, "encoding %q; the document is %s", clip(encoding), want)
		return
	}
	standalone, i := t.setting(i, "standalone")
	if i < 0 {
		return
	}
	if standalone != nil && string(standalone) != "yes" && string(standalone) != "no" {
		t.fail(t.at, "standalone %q, neither yes nor no", clip(standalone))
		return
	}
	i = t.afterSpace(i)
	if i+1 >= len(t.data) {
		t.truncated("XML declaration")
		return
	}
	if t.data[i] != '?' || t.data[i+1] != '>' {
		t.fail(i, "unexpected %s in an XML declaration", quoteRune(t.data[i:]))
		return
	}
	t.pos = i + len("?>")
}

// setting reads white space, name, "=" and a quoted value of an XML
// declaration from offset i on. It returns the value and the offset after
// it, or nil and i if another name or the end is there, or a negative offset
// if it was refused.
func (t *Tokenizer) setting(i int, name string) (value []byte, end int) {
	at := t.afterSpace(i)
	rest := t.data[at:]
	if len(rest) < len(name) && string(rest) == name[:len(rest)] {
		return nil, t.truncated("XML declaration")
	}
	if at == i || !bytes.HasPrefix(rest, []byte(name)) {
		return nil, i
	}
	local, stop, from := t.attributeName(at)
	if from < 0 {
		return nil, -1
	}
	if string(t.data[local:stop]) != name {
		return nil, i
	}
	length := bytes.IndexByte(t.data[from:], t.data[from-1])
	if length < 0 {
		return nil, t.truncated("XML declaration")
	}
	return t.data[from : from+length : from+length], from + length + 1
}
