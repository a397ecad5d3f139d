package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/scan/sqlstore"
)

// The database is one of the driver of your choice: sql.Open("sqlite",
// "file:client.db") with modernc.org/sqlite, sql.Open("pgx", dsn) with
// github.com/jackc/pgx/v5/stdlib.
func ExampleOpen() {
	ctx := context.Background()
	db := scripted()
	defer db.Close()

	store, err := sqlstore.Open(ctx, db, sqlstore.Config{
		Dialect: sqlstore.SQLite,
		Client:  "GUID:4F6C2B1A-0042-4D7E-9C55-2008060200AA",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()

	// An agent does this: scan.Config{Storage: store, ...}.
	err = store.Commit(ctx, []scan.Blob{{Part: scan.PartOutbox, Data: []byte("...")}})
	fmt.Println("committed:", err)
	// Output: committed: <nil>
}

func ExampleOpen_refused() {
	newer := sqlite()
	newer.script(answer{has: "sqlite_master", rows: append(row("scan_schema", "name"), row("scan_schema", "version")...)})
	newer.script(answer{has: "SELECT version", rows: row(int64(9))})
	_, err := sqlstore.Open(context.Background(), newer.open(), sqlstore.Config{Dialect: sqlstore.SQLite, Client: "GUID:1"})
	fmt.Println(err)
	fmt.Println(errors.Is(err, sqlstore.ErrNewer))
	// Output:
	// scan/sqlstore: open: the database is of a newer version: table scan_schema: version 9, want at most 2
	// true
}

func ExampleParseDialect() {
	d, err := sqlstore.ParseDialect("postgresql")
	fmt.Println(d, err)
	_, err = sqlstore.ParseDialect("oracle")
	fmt.Println(errors.Is(err, sqlstore.ErrUnknownDialect))
	// Output:
	// postgresql <nil>
	// true
}

// scripted stands for a database: the driver of this package's tests.
func scripted() *sql.DB { return sqlite().open() }
