package sqlstore

import (
	"context"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
	"strings"
)

// The tables.
const (
	tableSchema = "scan_schema"
	tableClient = "scan_client"
	tablePart   = "scan_part"
)

// schemaName is the row of this package in the table of versions.
const schemaName = "client"

// migration takes a database from one version to the next.
type migration struct {
	// what says what is new.
	what string
	// statements change the tables; see [Dialect.text].
	statements []string
	// fill, when not nil, works out what the statements cannot.
	fill func(context.Context, *session) error
	// tables are the columns of the tables after it; there may be others.
	tables map[string][]string
}

// migrations lead from an empty database to the present version, which is their
// number. What was released is never changed, only added to.
var migrations = []migration{
	{
		what: "clients and their parts",
		statements: []string{
			`CREATE TABLE scan_schema (name TEXT NOT NULL PRIMARY KEY, version BIGINT NOT NULL)`,
			`CREATE TABLE scan_client (client TEXT NOT NULL PRIMARY KEY)`,
			`CREATE TABLE scan_part (
				client TEXT NOT NULL REFERENCES scan_client (client),
				part TEXT NOT NULL,
				data BLOB NOT NULL,
				PRIMARY KEY (client, part))`,
			`INSERT INTO scan_schema (name, version) VALUES ('client', 0)`,
		},
		tables: map[string][]string{
			tableSchema: {"name", "version"},
			tableClient: {"client"},
			tablePart:   {"client", "part", "data"},
		},
	},
	{
		what: "checksums, and a fence against a second opener",
		statements: []string{
			`ALTER TABLE scan_client ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0`,
			`ALTER TABLE scan_client ADD COLUMN commits BIGINT NOT NULL DEFAULT 0`,
			`ALTER TABLE scan_part ADD COLUMN crc BIGINT NOT NULL DEFAULT -1`, // no checksum is negative
		},
		fill: fillChecksums,
		tables: map[string][]string{
			tableSchema: {"name", "version"},
			tableClient: {"client", "epoch", "commits"},
			tablePart:   {"client", "part", "data", "crc"},
		},
	},
}

// version is the present version of the tables.
func version() int { return len(migrations) }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is the stored checksum of a part.
func checksum(client, part string, data []byte) int64 {
	sum := crc32.Checksum([]byte(client+"\x00"+part+"\x00"), castagnoli)
	return int64(crc32.Update(sum, castagnoli, data))
}

// fillChecksums works out the checksums of what was stored without.
func fillChecksums(ctx context.Context, s *session) error {
	rows, err := s.query(ctx, `SELECT client, part FROM scan_part ORDER BY client, part`)
	if err != nil {
		return err
	}
	for _, row := range rows {
		client, part := text(row[0]), text(row[1])
		stored, err := s.query(ctx, `SELECT data FROM scan_part WHERE client = ? AND part = ?`, client, part)
		if err != nil {
			return err
		}
		for _, one := range stored {
			data, ok := one[0].([]byte)
			if !ok {
				return fault(ErrDamaged, wherePart(client, part)+", column data", kind(one[0]), "bytes")
			}
			err := s.exec(ctx, `UPDATE scan_part SET crc = ? WHERE client = ? AND part = ?`, checksum(client, part, data), client, part)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// wherePart is the place of a part, for an [Error].
func wherePart(client, part string) string {
	return fmt.Sprintf("table %s, client %.60q, part %.20q", tablePart, client, part)
}

// text is a value that should be text.
func text(v any) string {
	if b, ok := v.([]byte); ok {
		return string(b)
	}
	s, _ := v.(string)
	return s
}

// kind is a value's type for a person.
func kind(v any) string {
	if v == nil {
		return "null"
	}
	return fmt.Sprintf("a value of type %T", v)
}

// inspect looks at a database, changes nothing, and returns the version of its
// tables; 0 when there are none yet. It refuses what is not a client's, damaged
// or newer.
func inspect(ctx context.Context, s *session, client string) (int, error) {
	found, err := tables(ctx, s)
	if err != nil {
		return 0, err
	}
	if found[tableSchema] == nil {
		return 0, checkUnversioned(s, found)
	}
	if missing := lacks(found, migrations[0].tables, tableSchema); missing != "" {
		return 0, fault(ErrForeign, "table "+tableSchema, missing+" is missing", "a table of versions")
	}
	rows, err := s.query(ctx, `SELECT version FROM scan_schema WHERE name = ?`, schemaName)
	if err != nil {
		return 0, err
	}
	if len(rows) != 1 {
		return 0, fault(ErrDamaged, "table "+tableSchema, fmt.Sprintf("%d rows named %q", len(rows), schemaName), "one")
	}
	n, ok := rows[0][0].(int64)
	if !ok || n < 1 {
		return 0, fault(ErrDamaged, "table "+tableSchema+", column version", fmt.Sprintf("%.60q", fmt.Sprint(rows[0][0])), "a version")
	}
	if n > int64(version()) {
		return 0, fault(ErrNewer, "table "+tableSchema, fmt.Sprintf("version %d", n), fmt.Sprintf("at most %d", version()))
	}
	for _, table := range slices.Sorted(maps.Keys(migrations[n-1].tables)) {
		if missing := lacks(found, migrations[n-1].tables, table); missing != "" {
			return 0, fault(ErrDamaged, "table "+table, missing+" is missing", fmt.Sprintf("the tables of version %d", n))
		}
	}
	return int(n), checkClients(ctx, s, client)
}

// tables returns the columns of the tables of a database: in SQLite of all, in
// PostgreSQL of those with our names.
func tables(ctx context.Context, s *session) (map[string][]string, error) {
	query := `SELECT t.name, c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c
		WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY 1, 2`
	if s.dialect == PostgreSQL {
		query = `SELECT table_name, column_name FROM information_schema.columns
			WHERE table_schema = current_schema() AND table_name IN ('scan_schema', 'scan_client', 'scan_part') ORDER BY 1, 2`
	}
	rows, err := s.query(ctx, query)
	if err != nil {
		return nil, err
	}
	found := map[string][]string{}
	for _, row := range rows {
		name := text(row[0])
		found[name] = append(found[name], text(row[1]))
	}
	return found, nil
}

// lacks returns what is missing of a table, empty for nothing.
func lacks(found, want map[string][]string, table string) string {
	if found[table] == nil {
		return "the table"
	}
	for _, column := range want[table] {
		if !slices.Contains(found[table], column) {
			return "column " + column
		}
	}
	return ""
}

// checkUnversioned refuses a database without a table of versions that is not
// an empty one.
func checkUnversioned(s *session, found map[string][]string) error {
	for _, name := range []string{tableClient, tablePart} {
		if found[name] != nil {
			return fault(ErrDamaged, "table "+tableSchema, "the table is missing", "it beside table "+name)
		}
	}
	if s.dialect != SQLite || len(found) == 0 {
		return nil
	}
	names := slices.Sorted(maps.Keys(found))
	list := strings.Join(names[:min(len(names), 5)], ", ")
	return fault(ErrForeign, "tables", fmt.Sprintf("%d of somebody else's (%.200s)", len(names), list), "none, or those of a client")
}

// checkClients refuses a SQLite database of another client.
func checkClients(ctx context.Context, s *session, client string) error {
	if s.dialect != SQLite {
		return nil
	}
	rows, err := s.query(ctx, `SELECT client FROM scan_client ORDER BY client`)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if other := text(row[0]); other != client {
			return fault(ErrForeign, "table "+tableClient, fmt.Sprintf("client %.60q", other), fmt.Sprintf("client %.60q", client))
		}
	}
	return nil
}

// migrate takes a database from a version to the present one, within the
// transaction that is open.
func migrate(ctx context.Context, s *session, from int) error {
	for n, m := range migrations[from:] {
		for _, statement := range m.statements {
			if err := s.exec(ctx, statement); err != nil {
				return fmt.Errorf("migration to version %d, %s: %w", from+n+1, m.what, err)
			}
		}
		if m.fill == nil {
			continue
		}
		if err := m.fill(ctx, s); err != nil {
			return fmt.Errorf("migration to version %d, %s: %w", from+n+1, m.what, err)
		}
	}
	if from == version() {
		return nil
	}
	return s.exec(ctx, `UPDATE scan_schema SET version = ? WHERE name = ?`, version(), schemaName)
}
