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

// wqlToken is one token of a query. For a name, folded is its folded text;
// for a string, text is its content without escapes.
type wqlToken struct {
	kind   tokenKind
	offset int
	text   string
	folded string
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

// next returns the next token.
func (l *wqlLexer) next() (wqlToken, error) {
	for l.pos < len(l.query) && strings.IndexByte(" \t\r\n", l.query[l.pos]) >= 0 {
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
		return wqlToken{kind: tokName, offset: start, text: text, folded: fold(text)}, nil
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
	var b []byte
	for l.pos++; l.pos < len(l.query); l.pos++ {
		c := l.query[l.pos]
		if c == quote {
			l.pos++
			return wqlToken{kind: tokString, offset: start, text: string(b)}, nil
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
		b = append(b, c)
	}
	return wqlToken{}, l.fail(start, "string without an end")
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
