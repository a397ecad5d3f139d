package sqldb

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Schema is what a store's tables are. What was released is never changed, only
// added to.
type Schema struct {
	// Table is the table of versions, with the columns name and version.
	Table string
	// Name is the row of the store in it.
	Name string
	// Owner is whose tables they are, for a person: "a client".
	Owner string
	// Migrations lead from an empty database to the present version, which is their
	// number.
	Migrations []Migration
}

// Migration takes a database from one version to the next.
type Migration struct {
	// What says what is new.
	What string
	// Statements change the tables; see [Dialect.Text].
	Statements func(Dialect) []string
	// Fill, when not nil, works out what the statements cannot.
	Fill func(context.Context, *Session) error
	// Tables are the columns of the tables and views after it; there may be others.
	Tables map[string][]string
}

// Version is the present version of the tables.
func (c *Schema) Version() int { return len(c.Migrations) }

// Text is a value that should be text.
func Text(v any) string {
	if b, ok := v.([]byte); ok {
		return string(b)
	}
	s, _ := v.(string)
	return s
}

// Kind is a value's type for a person.
func Kind(v any) string {
	if v == nil {
		return "null"
	}
	return fmt.Sprintf("a value of type %T", v)
}

// Inspect looks at a database, changes nothing, and returns the version of its
// tables; 0 when there are none yet. It refuses what is somebody else's, damaged
// or newer.
func (c *Schema) Inspect(ctx context.Context, s *Session) (int, error) {
	found, err := c.tables(ctx, s)
	if err != nil {
		return 0, err
	}
	if found[c.Table] == nil {
		return 0, c.checkUnversioned(found)
	}
	if missing := lacks(found, c.Migrations[0].Tables, c.Table); missing != "" {
		return 0, Fault(ErrForeign, "table "+c.Table, missing+" is missing", "a table of versions")
	}
	rows, err := s.Query(ctx, `SELECT version FROM `+c.Table+` WHERE name = ?`, c.Name)
	if err != nil {
		return 0, err
	}
	if len(rows) != 1 {
		return 0, Fault(ErrDamaged, "table "+c.Table, fmt.Sprintf("%d rows named %q", len(rows), c.Name), "one")
	}
	n, ok := rows[0][0].(int64)
	if !ok || n < 1 {
		return 0, Fault(ErrDamaged, "table "+c.Table+", column version", fmt.Sprintf("%.60q", fmt.Sprint(rows[0][0])), "a version")
	}
	if n > int64(c.Version()) {
		return 0, Fault(ErrNewer, "table "+c.Table, fmt.Sprintf("version %d", n), fmt.Sprintf("at most %d", c.Version()))
	}
	for _, table := range slices.Sorted(maps.Keys(c.Migrations[n-1].Tables)) {
		if missing := lacks(found, c.Migrations[n-1].Tables, table); missing != "" {
			return 0, Fault(ErrDamaged, "table "+table, missing+" is missing", fmt.Sprintf("the tables of version %d", n))
		}
	}
	return int(n), nil
}

// names are the tables and views of all versions, ascending.
func (c *Schema) names() []string {
	all := map[string]bool{c.Table: true}
	for _, m := range c.Migrations {
		for name := range m.Tables {
			all[name] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// tables returns the columns of the tables and views of a database: in SQLite of
// all, in PostgreSQL of those with our names.
func (c *Schema) tables(ctx context.Context, s *Session) (map[string][]string, error) {
	query := `SELECT t.name, c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c
		WHERE t.type IN ('table', 'view') AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY 1, 2`
	if s.Dialect == PostgreSQL {
		query = `SELECT table_name, column_name FROM information_schema.columns
			WHERE table_schema = current_schema() AND table_name IN ('` + strings.Join(c.names(), "', '") + `') ORDER BY 1, 2`
	}
	rows, err := s.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	found := map[string][]string{}
	for _, row := range rows {
		name := Text(row[0])
		found[name] = append(found[name], Text(row[1]))
	}
	return found, nil
}

// lacks returns what is missing of a table, empty for nothing.
func lacks(found, want map[string][]string, table string) string {
	if found[table] == nil {
		return "it"
	}
	for _, column := range want[table] {
		if !slices.Contains(found[table], column) {
			return "column " + column
		}
	}
	return ""
}

// checkUnversioned refuses a database without a table of versions that is not
// an empty one. It is a damaged one of ours if all tables of a version are there.
func (c *Schema) checkUnversioned(found map[string][]string) error {
	for _, m := range c.Migrations {
		ours := ""
		for table := range m.Tables {
			if table == c.Table {
				continue
			}
			ours = max(ours, table)
			if lacks(found, m.Tables, table) != "" {
				ours = ""
				break
			}
		}
		if ours != "" {
			return Fault(ErrDamaged, "table "+c.Table, "it is missing", "it beside table "+ours)
		}
	}
	if len(found) == 0 {
		return nil
	}
	names := slices.Sorted(maps.Keys(found))
	list := strings.Join(names[:min(len(names), 5)], ", ")
	return Fault(ErrForeign, "tables", fmt.Sprintf("%d of somebody else's (%.200s)", len(names), list), "none, or those of "+c.Owner)
}

// Migrate takes a database from a version to the present one, within the
// transaction that is open.
func (c *Schema) Migrate(ctx context.Context, s *Session, from int) error {
	for n, m := range c.Migrations[from:] {
		for _, statement := range m.Statements(s.Dialect) {
			if err := s.Exec(ctx, statement); err != nil {
				return fmt.Errorf("migration to version %d, %s: %w", from+n+1, m.What, err)
			}
		}
		if m.Fill == nil {
			continue
		}
		if err := m.Fill(ctx, s); err != nil {
			return fmt.Errorf("migration to version %d, %s: %w", from+n+1, m.What, err)
		}
	}
	if from == c.Version() {
		return nil
	}
	return s.Exec(ctx, `UPDATE `+c.Table+` SET version = ? WHERE name = ?`, c.Version(), c.Name)
}
