package sqlstore

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/updatescan/updatescan/internal/sqldb"
	"github.com/updatescan/updatescan/scan"
)

// CommitWait is how long a COMMIT that was sent is waited for when its context
// has ended.
const CommitWait = sqldb.CommitWait

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
var ErrUnknownDialect = sqldb.ErrUnknownDialect

// Dialect is the kind of a database. The zero value is invalid. It has the text
// forms "sqlite" and "postgresql".
type Dialect = sqldb.Dialect

const (
	// SQLite is SQLite 3.38 or later, in a file.
	SQLite = sqldb.SQLite
	// PostgreSQL is PostgreSQL 12 or later.
	PostgreSQL = sqldb.PostgreSQL
)

// Dialects iterates over the dialects in the order of their numbers.
func Dialects() iter.Seq[Dialect] { return sqldb.Dialects() }

// ParseDialect parses a dialect's text form, exactly. The error wraps
// [ErrUnknownDialect].
func ParseDialect(s string) (Dialect, error) { return sqldb.ParseDialect(s) }
