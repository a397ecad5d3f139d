package applicability

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// likePattern is a compiled LIKE pattern, matched against folded text. The
// pattern is cut at each %, into segments that stand in the text one after
// the other: the first at its start, the last at its end. Each segment is
// searched for from where the last one ended and never searched for again,
// so that matching takes at most length of text times length of pattern.
type likePattern struct {
	segments []likeSegment
	// contains is the text of a pattern that is no more than a text between
	// two %, as most are; it has no segments.
	contains string
}

// likeSegment is a run of a pattern without %, of one of three forms: plain
// text; text of ASCII characters in which _ is any character (wild); or
// elements.
type likeSegment struct {
	text     string
	wild     bool
	elements []likeElement
	// anchor is the longest run of wild text without _, and where it starts.
	anchor   string
	anchorAt int
}

// likeElement matches one character.
type likeElement struct {
	char   rune // when set is nil and not any
	any    bool // _
	negate bool // [^...]
	set    []charRange
}

type charRange struct{ from, to rune }

var errBracket = errors.New("[ without ] or empty brackets in a LIKE pattern")

// compileLike compiles a folded pattern: % is any text, _ one character, [a-f] one
// of a set, [^a-f] one not of it; everything else is itself.
func compileLike(pattern string) (*likePattern, error) {
	p := &likePattern{}
	if n := len(pattern); n > 1 && pattern[0] == '%' && pattern[n-1] == '%' && !strings.ContainsAny(pattern[1:n-1], "%_[") {
		p.contains = pattern[1 : n-1]
		return p, nil
	}
	if !strings.Contains(pattern, "[") {
		p.segments = make([]likeSegment, 0, strings.Count(pattern, "%")+1)
		for text := range strings.SplitSeq(pattern, "%") {
			p.segments = append(p.segments, newSegment(text))
		}
		return p, nil
	}
	text := []rune(pattern)
	run := []likeElement{}
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '%':
			p.segments = append(p.segments, likeSegment{elements: run})
			run = []likeElement{}
		case '_':
			run = append(run, likeElement{any: true})
		case '[':
			e, n := parseSet(text[i+1:])
			if n == 0 {
				return nil, errBracket
			}
			run = append(run, e)
			i += n
		default:
			run = append(run, likeElement{char: text[i]})
		}
	}
	p.segments = append(p.segments, likeSegment{elements: run})
	return p, nil
}

// newSegment compiles a segment without sets.
func newSegment(text string) likeSegment {
	if !strings.Contains(text, "_") {
		return likeSegment{text: text}
	}
	if !isASCII(text) {
		s := likeSegment{elements: []likeElement{}}
		for _, r := range text {
			s.elements = append(s.elements, likeElement{char: r, any: r == '_'})
		}
		return s
	}
	s := likeSegment{text: text, wild: true}
	at := 0
	for run := range strings.SplitSeq(text, "_") {
		if len(run) > len(s.anchor) {
			s.anchor, s.anchorAt = run, at
		}
		at += len(run) + 1
	}
	return s
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// parseSet reads a set after its [ and returns how many runes it took,
// including the ], or 0.
func parseSet(text []rune) (likeElement, int) {
	var e likeElement
	i := 0
	if i < len(text) && text[i] == '^' {
		e.negate = true
		i++
	}
	for ; i < len(text) && text[i] != ']'; i++ {
		r := charRange{text[i], text[i]}
		if i+2 < len(text) && text[i+1] == '-' && text[i+2] != ']' {
			r.to = text[i+2]
			i += 2
		}
		e.set = append(e.set, r)
	}
	if i == len(text) || e.set == nil {
		return e, 0
	}
	return e, i + 1
}

func (e *likeElement) match(r rune) bool {
	if e.any {
		return true
	}
	if e.set == nil {
		return e.char == r
	}
	for _, s := range e.set {
		if s.from <= r && r <= s.to {
			return !e.negate
		}
	}
	return e.negate
}

// match reports whether the whole folded text matches.
func (p *likePattern) match(text string) bool {
	last := len(p.segments) - 1
	if last < 0 {
		return strings.Contains(text, p.contains)
	}
	n, ok := p.segments[0].prefix(text)
	if last == 0 || !ok {
		return ok && n == len(text)
	}
	text = text[n:]
	for i := 1; i < last; i++ {
		end := p.segments[i].find(text)
		if end < 0 {
			return false
		}
		text = text[end:]
	}
	return p.segments[last].suffix(text)
}

// prefix matches the segment at the start of text and returns its length in
// bytes.
func (s *likeSegment) prefix(text string) (int, bool) {
	if s.elements == nil && !s.wild {
		return len(s.text), strings.HasPrefix(text, s.text)
	}
	i, size := 0, s.size()
	for pos, r := range text {
		if i == size {
			return pos, true
		}
		if !s.matchAt(i, r) {
			return 0, false
		}
		i++
	}
	return len(text), i == size
}

// size is the number of characters that a segment with wildcards matches.
func (s *likeSegment) size() int {
	if s.wild {
		return len(s.text)
	}
	return len(s.elements)
}

func (s *likeSegment) matchAt(i int, r rune) bool {
	if s.wild {
		return s.text[i] == '_' || rune(s.text[i]) == r
	}
	return s.elements[i].match(r)
}

// find returns the end of the first match in text, or -1.
func (s *likeSegment) find(text string) int {
	if s.elements == nil && !s.wild {
		i := strings.Index(text, s.text)
		if i < 0 {
			return -1
		}
		return i + len(s.text)
	}
	if s.wild && s.anchor != "" {
		if !strings.Contains(text, s.anchor) {
			return -1
		}
		if isASCII(text) {
			return s.findBytes(text)
		}
	}
	for pos := 0; pos <= len(text); pos++ {
		if pos < len(text) && !utf8.RuneStart(text[pos]) {
			continue
		}
		if n, ok := s.prefix(text[pos:]); ok {
			return pos + n
		}
	}
	return -1
}

// findBytes is find for a text of ASCII characters: it looks for the anchor
// and then compares what is around it.
func (s *likeSegment) findBytes(text string) int {
	for from := s.anchorAt; from <= len(text); from++ {
		i := strings.Index(text[from:], s.anchor)
		if i < 0 {
			return -1
		}
		from += i
		start := from - s.anchorAt
		if start+len(s.text) > len(text) {
			return -1
		}
		if s.matchBytes(text[start:]) {
			return start + len(s.text)
		}
	}
	return -1
}

func (s *likeSegment) matchBytes(text string) bool {
	for i := range len(s.text) {
		if s.text[i] != '_' && s.text[i] != text[i] {
			return false
		}
	}
	return true
}

// suffix matches the segment at the end of text.
func (s *likeSegment) suffix(text string) bool {
	if s.elements == nil && !s.wild {
		return strings.HasSuffix(text, s.text)
	}
	size := s.size()
	pos := len(text)
	for i := size - 1; i >= 0; i-- {
		r, n := utf8.DecodeLastRuneInString(text[:pos])
		if n == 0 || !s.matchAt(i, r) {
			return false
		}
		pos -= n
	}
	return true
}
