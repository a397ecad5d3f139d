package sqldb

import (
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
)

// ErrUnknownDialect is what the error of an unknown dialect's text or number
// wraps.
var ErrUnknownDialect = errors.New("unknown dialect")

// Dialect is the kind of a database. The zero value is invalid.
type Dialect uint8

const (
	// SQLite is SQLite 3.38 or later, in a file.
	SQLite Dialect = 1 + iota
	// PostgreSQL is PostgreSQL 12 or later.
	PostgreSQL
)

func (d Dialect) token() string {
	switch d {
	case SQLite:
		return "sqlite"
	case PostgreSQL:
		return "postgresql"
	}
	return ""
}

// Valid reports whether d is one of the dialects.
func (d Dialect) Valid() bool { return d.token() != "" }

// Dialects iterates over the dialects in the order of their numbers.
func Dialects() iter.Seq[Dialect] {
	return func(yield func(Dialect) bool) {
		for d := SQLite; d <= PostgreSQL; d++ {
			if !yield(d) {
				return
			}
		}
	}
}

// ParseDialect parses a dialect's text form, exactly. The error wraps
// [ErrUnknownDialect].
func ParseDialect(s string) (Dialect, error) {
	for d := range Dialects() {
		if s == d.token() {
			return d, nil
		}
	}
	return 0, fmt.Errorf("sqlstore: %w: %.60q", ErrUnknownDialect, s)
}

// String returns the text form, or "Dialect(9)" for an invalid dialect.
func (d Dialect) String() string {
	if t := d.token(); t != "" {
		return t
	}
	return "Dialect(" + strconv.Itoa(int(d)) + ")"
}

// AppendText appends the text form; an invalid dialect is an error.
func (d Dialect) AppendText(b []byte) ([]byte, error) {
	if !d.Valid() {
		return b, fmt.Errorf("sqlstore: %w: %d", ErrUnknownDialect, uint8(d))
	}
	return append(b, d.token()...), nil
}

// MarshalText returns the text form as [Dialect.AppendText] does.
func (d Dialect) MarshalText() ([]byte, error) { return d.AppendText(nil) }

// UnmarshalText parses the text form, exactly.
func (d *Dialect) UnmarshalText(text []byte) error {
	v, err := ParseDialect(string(text))
	if err != nil {
		return err
	}
	*d = v
	return nil
}

// Text is a statement in the form of the dialect. Statements are written with a
// question mark for each argument, in their order and nowhere else, and BLOB for
// the type of data.
func (d Dialect) Text(query string) string {
	if d != PostgreSQL {
		return query
	}
	var b strings.Builder
	n := 0
	for part := range strings.SplitSeq(strings.ReplaceAll(query, "BLOB", "BYTEA"), "?") {
		if n > 0 {
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(n))
		}
		b.WriteString(part)
		n++
	}
	return b.String()
}
