package xmltok

import (
	"bytes"
	"strconv"
)

// Kind is the kind of a token. The zero Kind is invalid; it comes with an
// error.
type Kind uint8

const (
	// Start is a start tag; an element that closes itself gives Start and
	// then End.
	Start Kind = 1 + iota
	// End is an end tag.
	End
	// Text is character data, never empty, with references resolved; a CDATA
	// section is a Text of its own.
	Text
	// EOF is the end of a well-formed document, or of a list of fragments.
	EOF
)

// String returns the kind in lower case, or "Kind(n)" for an invalid one.
func (k Kind) String() string {
	switch k {
	case Start:
		return "start"
	case End:
		return "end"
	case Text:
		return "text"
	case EOF:
		return "eof"
	}
	return "Kind(" + strconv.Itoa(int(k)) + ")"
}

// Defaults of the fields of [Limits] that are zero.
const (
	DefaultMaxBytes      = 64 << 20
	DefaultMaxDepth      = 64
	DefaultMaxAttrs      = 64
	DefaultMaxNamespaces = 128
)

// Limits bounds what a document may be. A number that is zero or negative
// means the default.
type Limits struct {
	// MaxBytes is the greatest length of a document, in bytes;
	// [DefaultMaxBytes] if zero.
	MaxBytes int
	// MaxDepth is how many elements may be open at once; [DefaultMaxDepth]
	// if zero.
	MaxDepth int
	// MaxAttrs is how many attributes a start tag may have, namespace
	// declarations included; [DefaultMaxAttrs] if zero. In the worst case the
	// time for one tag grows with the square of it.
	MaxAttrs int
	// MaxNamespaces is how many namespace declarations may be in scope at
	// once, hidden ones included; [DefaultMaxNamespaces] if zero. In the worst
	// case the time for one name grows in proportion.
	MaxNamespaces int
	// LaxPrefixes accepts prefixes that are not declared. They are in no
	// namespace: Space and Lookup give nil.
	LaxPrefixes bool
	// FromUTF16 says that the document was UTF-16 and the caller has
	// converted it with DecodeUTF16. The encoding in an XML declaration, if
	// given, must then be UTF-16.
	FromUTF16 bool
}

// withDefaults returns lim with the defaults filled in.
func (lim Limits) withDefaults() Limits {
	if lim.MaxBytes <= 0 {
		lim.MaxBytes = DefaultMaxBytes
	}
	if lim.MaxDepth <= 0 {
		lim.MaxDepth = DefaultMaxDepth
	}
	if lim.MaxAttrs <= 0 {
		lim.MaxAttrs = DefaultMaxAttrs
	}
	if lim.MaxNamespaces <= 0 {
		lim.MaxNamespaces = DefaultMaxNamespaces
	}
	return lim
}

// Attr is an attribute of the current start tag. Its slices are valid until
// the tokenizer moves on, and must not be modified.
type Attr struct {
	// Prefix is the namespace prefix as written, nil if there is none.
	// [Tokenizer.Lookup] resolves it.
	Prefix []byte
	// Local is the name without the prefix.
	Local []byte
	// Value is the value with references resolved and each tab or line end
	// replaced by a space.
	Value []byte
	// Offset is the byte offset of the qualified name in the document.
	Offset int
}

// state says what Next has to do.
type state uint8

const (
	ready      state = iota // read on at pos
	selfClosed              // give the end of the element that closed itself
	atEOF                   // the end was given
	failed                  // err was given
)

// element is an open element: offsets of its qualified name, of the local
// part in it and of its end, and how many declarations were in scope before.
type element struct {
	name, local, end int
	namespaces       int
}

// Tokenizer reads tokens from one document held in memory. The zero value is
// ready for Reset. A Tokenizer keeps its buffers, and a reference to the
// document, from one Reset to the next. It is not safe for concurrent use.
type Tokenizer struct {
	data []byte // the document up to the first character that is refused
	doc  []byte // all of the document
	lim  Limits
	err  *Error // of state failed

	pos, at    int       // where the next and the current token start
	open       []element // depth of them are open
	depth      int
	tag        int // index in open of the element of the current tag
	attrs      []Attr
	attrCount  int // how many of attrs are of the current start tag
	namespaces []namespace
	inScope    int // length of namespaces to return to at the next token
	spaceIDs   []int

	text    []byte
	scratch []byte // values that differ from what is written
	joined  []byte // of TextOf

	kind      Kind
	state     state
	fragments bool
	rooted    bool // a root element has been seen
	joining   bool // TextOf is at work: scratch must be kept
}

// Reset makes t read data, which is UTF-8 with or without a byte order mark
// and an XML declaration, and must not change while t reads it. If fragments
// is true, there may be several root elements, or none. Problems are reported
// by the first Next.
func (t *Tokenizer) Reset(data []byte, lim Limits, fragments bool) {
	t.doc, t.lim, t.fragments = data, lim.withDefaults(), fragments
	t.err, t.state, t.kind = nil, ready, 0
	t.pos, t.at, t.rooted = 0, 0, false
	t.depth, t.tag, t.attrCount = 0, 0, 0
	t.namespaces, t.inScope = t.namespaces[:0], 0
	t.text, t.scratch, t.joining = nil, t.scratch[:0], false
	if len(data) > t.lim.MaxBytes { // MSG-9
		t.data = nil
		t.fail(t.lim.MaxBytes, "document of %d bytes; at most %d are allowed", len(data), t.lim.MaxBytes)
		return
	}
	t.data = data[:validPrefix(data)]
	if bytes.HasPrefix(t.data, bom) {
		t.pos = len(bom)
	}
	if isDeclaration(t.data[t.pos:]) {
		t.declaration()
	}
}

// bom is the byte order mark in UTF-8.
var bom = []byte("\xEF\xBB\xBF")

// Local is the local name of the current start or end tag, nil at other
// tokens. It is valid until the next Reset.
func (t *Tokenizer) Local() []byte {
	if t.kind != Start && t.kind != End {
		return nil
	}
	tag := &t.open[t.tag]
	return t.data[tag.local:tag.end:tag.end]
}

// Prefix is the namespace prefix of the current start or end tag as written,
// nil if there is none. It is valid until the next Reset.
func (t *Tokenizer) Prefix() []byte {
	if t.kind != Start && t.kind != End {
		return nil
	}
	tag := &t.open[t.tag]
	if tag.local == tag.name {
		return nil
	}
	return t.data[tag.name : tag.local-1 : tag.local-1]
}

// Attrs are the attributes of the current start tag in the order written,
// namespace declarations left out; nil at other tokens. The slice and what
// it holds are valid until t moves on.
func (t *Tokenizer) Attrs() []Attr {
	if t.kind != Start {
		return nil
	}
	return t.attrs[:t.attrCount:t.attrCount]
}

// Attr returns the value of the first attribute of the current start tag
// with the given local name, whatever its prefix, and whether there is one.
// The value is valid until t moves on.
func (t *Tokenizer) Attr(local string) ([]byte, bool) {
	if t.kind != Start {
		return nil, false
	}
	for i := range t.attrCount {
		if string(t.attrs[i].Local) == local {
			return t.attrs[i].Value, true
		}
	}
	return nil, false
}

// Text is the character data of the current Text token, nil at other tokens.
// It is valid until t moves on.
func (t *Tokenizer) Text() []byte {
	if t.kind != Text {
		return nil
	}
	return t.text
}

// Depth is the number of open elements. After Start it counts that element,
// after End it does not.
func (t *Tokenizer) Depth() int { return t.depth }

// Offset is the byte offset of the current token in the data given to Reset:
// of the "<" of a tag or of a CDATA section, of the first byte of text, of
// the "/>" for the end of an element that closes itself. After an error it
// stays at the last token that was begun.
func (t *Tokenizer) Offset() int { return t.at }

// EndOffset is the byte offset just after the current token. For an element
// that closes itself it is the same at Start and at End.
func (t *Tokenizer) EndOffset() int { return t.pos }

// Ahead is the document from the end of the current token on, up to the first
// character that is refused; nil where the end of an element that closes itself
// comes next, and after EOF or an error. It is for readers that know a common
// form of what may follow by heart and take it without tokens; see
// [Tokenizer.Advance]. It is valid until the next Reset.
func (t *Tokenizer) Ahead() []byte {
	if t.state != ready {
		return nil
	}
	return t.data[t.pos:len(t.data):len(t.data)]
}

// Advance passes over the first n bytes of Ahead. The caller vouches that they
// are well-formed content of the innermost open element: elements that are
// closed, within the limits, and text. The current token stays what it was,
// but ends after them.
func (t *Tokenizer) Advance(n int) { t.pos += n }
