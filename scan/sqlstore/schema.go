package sqlstore

import (
	"context"
	"fmt"
	"hash/crc32"

	"github.com/updatescan/updatescan/internal/sqldb"
)

// The tables.
const (
	tableSchema = "scan_schema"
	tableClient = "scan_client"
	tablePart   = "scan_part"
)

// schemaName is the row of this package in the table of versions.
const schemaName = "client"

// schema is what the tables are.
var schema = sqldb.Schema{Table: tableSchema, Name: schemaName, Owner: "a client", Migrations: []sqldb.Migration{
	{
		What: "clients and their parts",
		Statements: always(
			`CREATE TABLE scan_schema (name TEXT NOT NULL PRIMARY KEY, version BIGINT NOT NULL)`,
			`CREATE TABLE scan_client (client TEXT NOT NULL PRIMARY KEY)`,
			`CREATE TABLE scan_part (
				client TEXT NOT NULL REFERENCES scan_client (client),
				part TEXT NOT NULL,
				data BLOB NOT NULL,
				PRIMARY KEY (client, part))`,
			`INSERT INTO scan_schema (name, version) VALUES ('client', 0)`,
		),
		Tables: map[string][]string{
			tableSchema: {"name", "version"},
			tableClient: {"client"},
			tablePart:   {"client", "part", "data"},
		},
	},
	{
		What: "checksums, and a fence against a second opener",
		Statements: always(
			`ALTER TABLE scan_client ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0`,
			`ALTER TABLE scan_client ADD COLUMN commits BIGINT NOT NULL DEFAULT 0`,
			`ALTER TABLE scan_part ADD COLUMN crc BIGINT NOT NULL DEFAULT -1`, // no checksum is negative
		),
		Fill: fillChecksums,
		Tables: map[string][]string{
			tableSchema: {"name", "version"},
			tableClient: {"client", "epoch", "commits"},
			tablePart:   {"client", "part", "data", "crc"},
		},
	},
}}

// always are the same statements in each dialect.
func always(statements ...string) func(sqldb.Dialect) []string {
	return func(sqldb.Dialect) []string { return statements }
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is the stored checksum of a part.
func checksum(client, part string, data []byte) int64 {
	sum := crc32.Checksum([]byte(client+"\x00"+part+"\x00"), castagnoli)
	return int64(crc32.Update(sum, castagnoli, data))
}

// fillChecksums works out the checksums of what was stored without.
func fillChecksums(ctx context.Context, s *sqldb.Session) error {
	rows, err := s.Query(ctx, `SELECT client, part FROM scan_part ORDER BY client, part`)
	if err != nil {
		return err
	}
	for _, row := range rows {
		client, part := sqldb.Text(row[0]), sqldb.Text(row[1])
		stored, err := s.Query(ctx, `SELECT data FROM scan_part WHERE client = ? AND part = ?`, client, part)
		if err != nil {
			return err
		}
		for _, one := range stored {
			data, ok := one[0].([]byte)
			if !ok {
				return fault(ErrDamaged, wherePart(client, part)+", column data", sqldb.Kind(one[0]), "bytes")
			}
			err := s.Exec(ctx, `UPDATE scan_part SET crc = ? WHERE client = ? AND part = ?`, checksum(client, part, data), client, part)
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

// inspect looks at a database, changes nothing, and returns the version of its
// tables; 0 when there are none yet. It refuses what is not a client's, damaged
// or newer.
func inspect(ctx context.Context, s *session, client string) (int, error) {
	n, err := schema.Inspect(ctx, &s.Session)
	if err != nil || n == 0 {
		return n, err
	}
	return n, checkClients(ctx, s, client)
}

// checkClients refuses a SQLite database of another client.
func checkClients(ctx context.Context, s *session, client string) error {
	if s.Dialect != SQLite {
		return nil
	}
	rows, err := s.Query(ctx, `SELECT client FROM scan_client ORDER BY client`)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if other := sqldb.Text(row[0]); other != client {
			return fault(ErrForeign, "table "+tableClient, fmt.Sprintf("client %.60q", other), fmt.Sprintf("client %.60q", client))
		}
	}
	return nil
}
