package xmltok

// Next advances to the next token and returns its kind. At the end it
// returns EOF, again and again. A document that is refused gives the zero
// Kind and an [*Error], again and again.
func (t *Tokenizer) Next() (Kind, error) {
	if t.state != ready {
		return t.notReady()
	}
	t.namespaces = t.namespaces[:t.inScope]
	for {
		i := t.pos
		t.at = i
		if i >= len(t.data) {
			return t.finish()
		}
		if t.data[i] != '<' {
			if t.depth == 0 {
				if !t.skipSpace() {
					return t.refuse()
				}
				continue
			}
			return t.textToken(i)
		}
		if i+1 >= len(t.data) {
			t.truncated("markup")
			return t.refuse()
		}
		switch t.data[i+1] {
		case '/':
			return t.endTag(i)
		case '!':
			if kind, more := t.bang(i); !more {
				return kind, t.failure()
			}
		case '?':
			if !t.instruction(i) {
				return t.refuse()
			}
		default:
			return t.startTag(i)
		}
	}
}

// notReady is Next in the states other than ready.
func (t *Tokenizer) notReady() (Kind, error) {
	if t.state == failed {
		return t.refuse()
	}
	if t.state == atEOF {
		return EOF, nil
	}
	t.state = ready
	t.at = t.pos - len("/>")
	t.close()
	return End, nil
}

// close makes the innermost element the current tag and takes it off. Its
// declarations stay in scope until the next token.
func (t *Tokenizer) close() {
	t.depth--
	t.tag = t.depth
	t.inScope = t.open[t.tag].namespaces
	t.kind = End
}

// finish is the end of the data.
func (t *Tokenizer) finish() (Kind, error) {
	if t.depth > 0 {
		t.truncated("element <%s>", t.nameOf(t.open[t.depth-1]))
		return t.refuse()
	}
	if len(t.data) < len(t.doc) {
		t.badCharacter()
		return t.refuse()
	}
	if !t.rooted && !t.fragments {
		t.fail(len(t.doc), "no root element")
		return t.refuse()
	}
	t.state, t.kind = atEOF, EOF
	return EOF, nil
}

// skipSpace skips white space between root elements.
func (t *Tokenizer) skipSpace() bool {
	i := t.pos
	for i < len(t.data) && class[t.data[i]]&isSpace != 0 {
		i++
	}
	t.pos = i
	if i < len(t.data) && t.data[i] != '<' {
		t.fail(i, "text outside of the root element")
		return false
	}
	return true
}

// startTag reads the start tag at offset at.
func (t *Tokenizer) startTag(at int) (Kind, error) {
	data := t.data
	name := at + 1
	next, length := uint(name), uint(len(data))
	for next < length && class[data[next]]&isNameByte != 0 {
		next++
	}
	local, i := name, int(next)
	if next >= length || class[data[next]]&endsTagName == 0 || class[data[name]]&isNameStart == 0 {
		if local, i = t.qualifiedName(name); i < 0 {
			return t.refuse()
		}
		if i < len(data) && class[data[i]]&endsTagName == 0 {
			t.fail(i, "unexpected %s after the name of an element", quoteRune(data[i:]))
			return t.refuse()
		}
	}
	if t.depth == 0 {
		if t.rooted && !t.fragments {
			t.fail(at, "second root element <%s>", clip(data[name:i]))
			return t.refuse()
		}
		t.rooted = true
	}
	if t.depth >= t.lim.MaxDepth { // MSG-9
		t.fail(at, "elements nested deeper than %d", t.lim.MaxDepth)
		return t.refuse()
	}
	if t.depth == len(t.open) {
		t.open = append(t.open, element{})
	}
	t.open[t.depth] = element{name: name, local: local, end: i, namespaces: t.inScope}
	t.tag = t.depth
	t.depth++
	t.attrCount = 0
	if i < len(data) && data[i] == '>' && local == name {
		t.pos = i + 1
		t.kind = Start
		return Start, nil
	}
	t.scratch = t.scratch[:0]
	end, prefixed := t.attributes(i)
	if end < 0 {
		return t.refuse()
	}
	t.inScope = len(t.namespaces)
	if (prefixed || local != name) && !t.checkPrefixes() {
		return t.refuse()
	}
	t.pos = end
	t.kind = Start
	return Start, nil
}

// endTag reads the end tag at offset at.
func (t *Tokenizer) endTag(at int) (Kind, error) {
	data := t.data
	i := at + len("</")
	if t.depth > 0 {
		tag := &t.open[t.depth-1]
		name := data[tag.name:tag.end]
		rest := data[i:]
		if len(rest) > len(name) && rest[len(name)] == '>' && string(rest[:len(name)]) == string(name) {
			t.pos = i + len(name) + len(">")
			t.close()
			return End, nil
		}
	}
	_, end := t.qualifiedName(i)
	if end < 0 {
		return t.refuse()
	}
	close := t.afterSpace(end)
	if close >= len(data) {
		t.truncated("end tag")
		return t.refuse()
	}
	if data[close] != '>' {
		t.fail(close, "unexpected %s in an end tag", quoteRune(data[close:]))
		return t.refuse()
	}
	if t.depth == 0 {
		t.fail(at, "end tag </%s> closes nothing", clip(data[i:end]))
		return t.refuse()
	}
	tag := t.open[t.depth-1]
	if string(data[i:end]) != string(data[tag.name:tag.end]) {
		t.fail(at, "end tag </%s> closes <%s>", clip(data[i:end]), t.nameOf(tag))
		return t.refuse()
	}
	t.pos = close + 1
	t.close()
	return End, nil
}

// Skip moves from the current start tag to the end tag that matches it. What
// lies between is checked as usual. At any other token it is an error.
func (t *Tokenizer) Skip() error {
	if t.kind != Start {
		return t.Errorf("skip of an element without a start tag")
	}
	for depth := t.depth; ; {
		kind, err := t.Next()
		if err != nil {
			return err
		}
		if kind == End && t.depth < depth {
			return nil
		}
	}
}

// TextOf returns the character data of the element whose start tag is the
// current token, and moves to its end tag. Runs that comments, processing
// instructions and CDATA sections set apart are joined; white space is kept.
// The result is valid until t moves on. A child element is an error, and is
// then the current token. At any other token than a start tag it is an
// error.
func (t *Tokenizer) TextOf() ([]byte, error) {
	if t.kind != Start {
		return nil, t.Errorf("text of an element without a start tag")
	}
	parent := t.open[t.tag]
	t.scratch, t.joining = t.scratch[:0], true
	var out []byte
	for runs := 0; ; {
		kind, err := t.Next()
		if err != nil {
			t.joining = false
			return nil, err
		}
		if kind != Text {
			t.joining = false
			if kind == Start {
				return nil, t.Errorf("element <%s> in <%s>, which holds text only", t.nameOf(t.open[t.tag]), t.nameOf(parent))
			}
			return out, nil
		}
		runs++
		if runs == 1 {
			out = t.text
			continue
		}
		if runs == 2 {
			t.joined = append(t.joined[:0], out...)
		}
		t.joined = append(t.joined, t.text...)
		out = t.joined
	}
}
