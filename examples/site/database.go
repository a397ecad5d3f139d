package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/updatescan/updatescan/statemsg/site"
	"github.com/updatescan/updatescan/statemsg/site/sqlstore"
)

// database is where the site keeps what it knows.
type database struct {
	*sqlstore.Store
	db  *sql.DB
	dir string // to be removed at the end; empty for none
}

// openDatabase opens the PostgreSQL database with a DSN, or without one a SQLite
// database in a folder of its own that is gone after close. A database in which a
// site has clients already is refused: those of this week would begin their serials
// anew.
func openDatabase(ctx context.Context, pg string) (_ *database, err error) {
	d := new(database)
	driver, dsn, dialect := "pgx", pg, sqlstore.PostgreSQL
	if pg == "" {
		if d.dir, err = os.MkdirTemp("", "updatescan-site-"); err != nil {
			return nil, err
		}
		driver, dsn, dialect = "sqlite", "file:"+filepath.ToSlash(filepath.Join(d.dir, "site.db")), sqlstore.SQLite
	}
	defer func() { //nolint:contextcheck // what is closed is closed, also when ctx has ended
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	if d.db, err = sql.Open(driver, dsn); err != nil {
		return nil, fmt.Errorf("%w: -pg: %w", errUsage, err)
	}
	if d.Store, err = sqlstore.Open(ctx, d.db, sqlstore.Config{Dialect: dialect}); err != nil {
		return nil, err
	}
	found, err := d.Search(ctx, site.ClientQuery{Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(found.Clients) > 0 {
		return nil, errors.New("the database has clients already: want an empty one")
	}
	return d, nil
}

// close closes the database.
func (d *database) close() (err error) {
	if d.Store != nil {
		err = d.Close()
	}
	if d.db != nil {
		err = errors.Join(err, d.db.Close())
	}
	if d.dir != "" {
		err = errors.Join(err, os.RemoveAll(d.dir))
	}
	return err
}
