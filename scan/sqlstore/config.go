package sqlstore

import (
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/updatescan/updatescan/scan"
)

// CommitWait is how long a COMMIT that was sent is waited for when its context
// has ended.
const CommitWait = 30 * time.Second

// MaxClientBytes is the longest key of a client, in bytes.
const MaxClientBytes = 256

// Config says what database it is and whose. Both fields are required.
type Config struct {
	// Dialect is that of the database.
	Dialect Dialect
	// Client is the key of the client whose state it is, such as its GUID: 1
	// to [MaxClientBytes] bytes of UTF-8 without a zero byte, compared
	// exactly.
	Client string
}

// validate returns a [*scan.ConfigError] for a field that is refused.
func (c Config) validate() error {
	if !c.Dialect.Valid() {
		return &scan.ConfigError{Field: "Dialect", Value: c.Dialect.String(), Want: "SQLite or PostgreSQL"}
	}
	if n := len(c.Client); n == 0 || n > MaxClientBytes || !utf8.ValidString(c.Client) || strings.Contains(c.Client, "\x00") {
		return &scan.ConfigError{
			Field: "Client", Value: fmt.Sprintf("%.60q", c.Client),
			Want: "1 to " + strconv.Itoa(MaxClientBytes) + " bytes of UTF-8 without a zero byte",
		}
	}
	return nil
}

// ErrUnknownDialect is what the error of an unknown dialect's text or number
// wraps.
var ErrUnknownDialect = errors.New("unknown dialect")

// Dialect is the kind of a database. The zero value is invalid.
type Dialect uint8

const (
	// SQLite is SQLite 3.35 or later, in a file.
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
	return 0, fmt.Errorf("scan/sqlstore: %w: %.60q", ErrUnknownDialect, s)
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
		return b, fmt.Errorf("scan/sqlstore: %w: %d", ErrUnknownDialect, uint8(d))
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

// text is a statement in the form of the dialect. Statements are written with a
// question mark for each argument, in their order, and BLOB for the type of
// data.
func (d Dialect) text(query string) string {
	if d != PostgreSQL {
		return query
	}
	query = strings.ReplaceAll(query, "BLOB", "BYTEA")
	for n := 1; strings.Contains(query, "?"); n++ {
		query = strings.Replace(query, "?", "$"+strconv.Itoa(n), 1)
	}
	return query
}
