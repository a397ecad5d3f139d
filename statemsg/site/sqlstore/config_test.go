package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/updatescan/updatescan/statemsg/site"
	"github.com/updatescan/updatescan/statemsg/site/sqlstore"
)

func ExampleOpen() {
	// db, err := sql.Open("sqlite", "file:site.db"), with a driver imported.
	_, err := sqlstore.Open(context.Background(), nil, sqlstore.Config{})
	fmt.Println(err)
	// Output:
	// site/sqlstore: config: Dialect: Dialect(0), want SQLite or PostgreSQL
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	_, err := sqlstore.Open(t.Context(), nil, sqlstore.Config{Dialect: sqlstore.SQLite})
	if e, ok := errors.AsType[*sqlstore.ConfigError](err); !ok || e.Field != "db" {
		t.Errorf("Open without a database = %v, want a ConfigError of db", err)
	}
}

// TestZeroStore: a store that was not opened is closed.
func TestZeroStore(t *testing.T) {
	t.Parallel()
	for _, s := range []*sqlstore.Store{nil, new(sqlstore.Store)} {
		_, clients := s.Clients(t.Context(), nil)
		_, rows := s.Rows(t.Context(), nil)
		_, search := s.Search(t.Context(), site.ClientQuery{})
		for i, err := range []error{clients, rows, search, s.Commit(t.Context(), nil, nil)} {
			if !errors.Is(err, sqlstore.ErrClosed) {
				t.Errorf("call %d = %v, want ErrClosed", i, err)
			}
			if e, ok := errors.AsType[*sqlstore.Error](err); !ok || e.Op == "" || e.Package != "site/sqlstore" {
				t.Errorf("call %d = %v, want an *Error", i, err)
			}
		}
		if err := s.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	}
}

func TestDialects(t *testing.T) {
	t.Parallel()
	if got := slices.Collect(sqlstore.Dialects()); !slices.Equal(got, []sqlstore.Dialect{sqlstore.SQLite, sqlstore.PostgreSQL}) {
		t.Errorf("Dialects() = %v", got)
	}
	for d := range sqlstore.Dialects() {
		if got, err := sqlstore.ParseDialect(d.String()); err != nil || got != d {
			t.Errorf("ParseDialect(%q) = %v, %v", d, got, err)
		}
	}
	if _, err := sqlstore.ParseDialect("mysql"); !errors.Is(err, sqlstore.ErrUnknownDialect) {
		t.Errorf("ParseDialect(mysql) = %v, want ErrUnknownDialect", err)
	}
}
