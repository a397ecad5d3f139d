package scanstore_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/scan/sqlstore"
)

// versionOne is a database of version 1, as its statements made it.
func versionOne(d sqlstore.Dialect) []string {
	list := []string{
		`CREATE TABLE scan_schema (name TEXT NOT NULL PRIMARY KEY, version BIGINT NOT NULL)`,
		`CREATE TABLE scan_client (client TEXT NOT NULL PRIMARY KEY)`,
		`CREATE TABLE scan_part (
			client TEXT NOT NULL REFERENCES scan_client (client),
			part TEXT NOT NULL,
			data BLOB NOT NULL,
			PRIMARY KEY (client, part))`,
		`INSERT INTO scan_schema (name, version) VALUES ('client', 1)`,
		`INSERT INTO scan_client (client) VALUES ('` + client + `')`,
		`INSERT INTO scan_part (client, part, data) VALUES ('` + client + `', 'machine', X'6d616368696e65')`,
		`INSERT INTO scan_part (client, part, data) VALUES ('` + client + `', 'outbox', X'')`,
	}
	if d == sqlstore.PostgreSQL {
		for i := range list {
			list[i] = strings.NewReplacer("BLOB", "BYTEA", "X'6d", `'\x6d`, "X''", `'\x'`).Replace(list[i])
		}
		// Clients share the tables.
		list = append(list, `INSERT INTO scan_client (client) VALUES ('other')`,
			`INSERT INTO scan_part (client, part, data) VALUES ('other', 'machine', 'other')`)
	}
	return list
}

// TestMigrate opens a database of version 1.
func TestMigrate(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, m medium) {
		t.Helper()
		m.Do(t, versionOne(m.Dialect)...)
		for range 2 { // and once more, when it is migrated
			s := m.open(t)
			got, err := s.Load(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			found := map[scan.Part]string{}
			for _, b := range got {
				found[b.Part] = string(b.Data)
			}
			if empty, ok := found[scan.PartOutbox]; len(found) != 2 || found[scan.PartMachine] != "machine" || !ok || empty != "" {
				t.Fatalf("Load = %q", found)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if m.Dialect == sqlstore.PostgreSQL { // the other client's were migrated too
			cfg := m.config()
			cfg.Client = "other"
			s, err := sqlstore.Open(t.Context(), m.DB(t), cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if got, err := s.Load(t.Context()); err != nil || len(got) != 1 || string(got[0].Data) != "other" {
				t.Errorf("Load of the other client = %q, %v", got, err)
			}
		}
		s := m.open(t)
		if err := s.Commit(t.Context(), parts(2)); err != nil {
			t.Fatal(err)
		}
		holds(t, s, 2)
	})
}

// TestMigrateNot leaves a damaged database of version 1 as it is.
func TestMigrateNot(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, statement string
	}{
		{"a table is missing", `DROP TABLE scan_part`},
		{"a column is there already", `ALTER TABLE scan_part ADD COLUMN crc BIGINT`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			everywhere(t, func(t *testing.T, m medium) {
				t.Helper()
				m.Do(t, append(versionOne(m.Dialect), tt.statement)...)
				before := content(t, m)
				s, err := sqlstore.Open(t.Context(), m.DB(t), m.config())
				if err == nil {
					_ = s.Close()
					t.Fatal("Open = nil")
				}
				if e, ok := errors.AsType[*sqlstore.Error](err); !ok || e.Op != "open" {
					t.Errorf("Open = %T %v", err, err)
				}
				t.Log(err)
				if m.Dialect == sqlstore.PostgreSQL && content(t, m) != before {
					t.Error("the database is not as it was")
				}
				var n int
				if err := m.DB(t).QueryRowContext(t.Context(), `SELECT version FROM scan_schema`).Scan(&n); err != nil || n != 1 {
					t.Errorf("version %d, %v, want 1", n, err)
				}
			})
		})
	}
}
