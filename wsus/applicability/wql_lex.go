package applicability

import (
	"fmt"
	"strconv"
	"strings"
)

// Limits of a WQL query.
const (
	// MaxQueryLength is the length of the longest query, in bytes. The
	// longest seen in a vendor's catalogue has 16,353.
	MaxQueryLength = 64 << 10
	// MaxQueryDepth is how deeply parentheses and NOT may be nested.
	MaxQueryDepth = 64
)

// QueryError is a query that the WQL evaluator does not understand.
type QueryError struct {
	// Offset is the position in the query, in bytes from 0.
	Offset int
	// Detail says what was found and what was expected.
	Detail string
}

// Error implements error.
func (e *QueryError) Error() string {
	return fmt.Sprintf("applicability: unsupported WQL at offset %d: %s", e.Offset, e.Detail)
}

type tokenKind uint8

const (
	tokEnd tokenKind = iota
	tokName
	tokString
	tokNumber
	tokSymbol // one of = <> < <= > >= ( ) , *
)

// wqlToken is one token of a query. Of a string, text is the content without
// escapes.
type wqlToken struct {
	kind   tokenKind
	offset int
	text   string
}

func (t wqlToken) String() string {
	switch t.kind {
	case tokEnd:
		return "the end of the query"
	case tokString:
		return "the string " + quoteShort(t.text)
	case tokName, tokNumber, tokSymbol:
		return quoteShort(t.text)
	}
	return "nothing"
}

// wqlLexer splits a query into tokens.
type wqlLexer struct {
	query string
	pos   int
}

func (l *wqlLexer) fail(offset int, format string, args ...any) error {
	return &QueryError{Offset: offset, Detail: fmt.Sprintf(format, args...)}
}

func isNameStart(c byte) bool {
	return c == '_' || ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || c >= 0x80
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// wqlBlanks are the characters between tokens that mean nothing.
const wqlBlanks = " \t\r\n"

// next returns the next token.
func (l *wqlLexer) next() (wqlToken, error) {
	for l.pos < len(l.query) && strings.IndexByte(wqlBlanks, l.query[l.pos]) >= 0 {
		l.pos++
	}
	start := l.pos
	if start == len(l.query) {
		return wqlToken{kind: tokEnd, offset: start}, nil
	}
	c := l.query[start]
	if c == '\'' || c == '"' {
		return l.quoted(c)
	}
	if isNameStart(c) {
		for l.pos < len(l.query) && (isNameStart(l.query[l.pos]) || isDigit(l.query[l.pos])) {
			l.pos++
		}
		text := l.query[start:l.pos]
		return wqlToken{kind: tokName, offset: start, text: text}, nil
	}
	if isDigit(c) || c == '.' || c == '-' || c == '+' {
		return l.number()
	}
	for _, symbol := range [...]string{"<>", "!=", "<=", ">=", "=", "<", ">", "(", ")", ",", "*"} {
		if strings.HasPrefix(l.query[start:], symbol) {
			l.pos += len(symbol)
			return wqlToken{kind: tokSymbol, offset: start, text: symbol}, nil
		}
	}
	return wqlToken{}, l.fail(start, "unexpected character %q", c)
}

// quoted reads a string. A backslash takes the next character as it is, and
// only a backslash or a quote may follow it.
func (l *wqlLexer) quoted(quote byte) (wqlToken, error) {
	start := l.pos
	end, escapes := l.closing(start)
	if escapes == 0 && end >= 0 {
		l.pos = end + 1
		return wqlToken{kind: tokString, offset: start, text: l.query[start+1 : end]}, nil
	}
	var b strings.Builder
	b.Grow(max(0, end-start-1-escapes))
	for l.pos++; l.pos < len(l.query); l.pos++ {
		c := l.query[l.pos]
		if c == quote {
			l.pos++
			return wqlToken{kind: tokString, offset: start, text: b.String()}, nil
		}
		if c == '\\' {
			l.pos++
			if l.pos == len(l.query) {
				break
			}
			c = l.query[l.pos]
			if c != '\\' && c != '\'' && c != '"' {
				return wqlToken{}, l.fail(l.pos-1, "unknown escape \\%c in a string: want \\\\, \\' or \\\"", c)
			}
		}
		b.WriteByte(c)
	}
	return wqlToken{}, l.fail(start, "string without an end")
}

// closing finds the end of the string that begins at start, -1 if it has none,
// and counts the escapes in it.
func (l *wqlLexer) closing(start int) (end, escapes int) {
	for i := start + 1; i < len(l.query); i++ {
		if l.query[i] == l.query[start] {
			return i, escapes
		}
		if l.query[i] == '\\' {
			escapes++
			i++
		}
	}
	return -1, escapes
}

func (l *wqlLexer) number() (wqlToken, error) {
	start := l.pos
	for l.pos < len(l.query) {
		c := l.query[l.pos]
		exponentSign := (c == '-' || c == '+') && l.pos > start && (l.query[l.pos-1]|0x20) == 'e'
		if !isDigit(c) && c != '.' && (c|0x20) != 'e' && l.pos != start && !exponentSign {
			break
		}
		l.pos++
	}
	text := l.query[start:l.pos]
	if _, err := strconv.ParseFloat(text, 64); err != nil {
		return wqlToken{}, l.fail(start, "%.40q is not a number", text)
	}
	return wqlToken{kind: tokNumber, offset: start, text: text}, nil
}
