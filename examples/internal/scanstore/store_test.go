package scanstore_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/updatescan/updatescan/examples/internal/sqltest"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/scan/scantest"
	"github.com/updatescan/updatescan/scan/sqlstore"
)

// client is the key of the tests' client.
const client = "GUID:00000000-0000-4000-8000-000000000001"

// medium is a database that can be opened again and again.
type medium struct{ sqltest.Medium }

// newMedium returns a new, empty database.
func newMedium(tb testing.TB, d sqlstore.Dialect) medium {
	tb.Helper()
	return medium{sqltest.New(tb, d)}
}

// config is the client's configuration.
func (m medium) config() sqlstore.Config {
	return sqlstore.Config{Dialect: m.Dialect, Client: client}
}

// open opens the client's store, which is closed after the test.
func (m medium) open(tb testing.TB) *sqlstore.Store {
	tb.Helper()
	s, err := sqlstore.Open(tb.Context(), m.DB(tb), m.config())
	return sqltest.Opened(tb, s, err)
}

// everywhere runs a test on each dialect.
func everywhere(t *testing.T, test func(t *testing.T, m medium)) {
	t.Helper()
	sqltest.Everywhere(t, func(t *testing.T, m sqltest.Medium) {
		t.Helper()
		test(t, medium{m})
	})
}

// reopener is a store that the kit opens again as after a power-off: its
// connections end and nobody closes it.
type reopener struct {
	*sqlstore.Store

	t testing.TB
	m medium
}

// Reopen implements [scantest.Reopener].
func (r reopener) Reopen(context.Context) (scan.Storage, error) {
	if err := r.Close(); err != nil { //nolint:contextcheck // it takes none
		return nil, err
	}
	return reopener{r.m.open(r.t), r.t, r.m}, nil //nolint:contextcheck // it has the test's
}

func TestContract(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-9")
	for d := range sqlstore.Dialects() {
		t.Run(d.String(), func(t *testing.T) {
			t.Parallel()
			scantest.RunStorage(t, func(t *testing.T) scan.Storage {
				t.Helper()
				m := newMedium(t, d)
				return reopener{m.open(t), t, m}
			})
		})
	}
}

// parts is a commit of a generation.
func parts(generation byte) []scan.Blob {
	var list []scan.Blob
	for p := range scan.Parts() {
		list = append(list, scan.Blob{Part: p, Data: bytes.Repeat([]byte{generation, byte(p)}, 100)})
	}
	return list
}

// holds checks that a store holds a generation; 0 is nothing.
func holds(tb testing.TB, s scan.Storage, generation byte) {
	tb.Helper()
	got, err := s.Load(tb.Context())
	if err != nil {
		tb.Fatalf("Load = %v", err)
	}
	var want []scan.Blob
	if generation > 0 {
		want = parts(generation)
	}
	if len(got) != len(want) {
		tb.Fatalf("Load = %d parts, want %d", len(got), len(want))
	}
	for _, w := range want {
		found := false
		for _, g := range got {
			found = found || g.Part == w.Part && bytes.Equal(g.Data, w.Data)
		}
		if !found {
			tb.Fatalf("part %v is not that of generation %d: %.40q", w.Part, generation, got)
		}
	}
}

// refused checks that a database is refused with an error, and says so in full.
func refused(tb testing.TB, m medium, want error) *sqlstore.Error {
	tb.Helper()
	s, err := sqlstore.Open(tb.Context(), m.DB(tb), m.config())
	return sqltest.Refused(tb, s, err, want)
}

// TestTwice opens a client's database twice.
func TestTwice(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, m medium) {
		t.Helper()
		first := m.open(t)
		if err := first.Commit(t.Context(), parts(1)); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			refused(t, m, sqlstore.ErrInUse)
			holds(t, first, 1)
		}
		if err := first.Commit(t.Context(), parts(2)); err != nil {
			t.Fatal(err)
		}
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		holds(t, m.open(t), 2)
	})
}

// TestClosed uses a store that was closed.
func TestClosed(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, m medium) {
		t.Helper()
		s := m.open(t)
		for range 2 {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Load(t.Context()); !errors.Is(err, sqlstore.ErrClosed) {
			t.Errorf("Load = %v", err)
		}
		if err := s.Commit(t.Context(), parts(1)); !errors.Is(err, sqlstore.ErrClosed) {
			t.Errorf("Commit = %v", err)
		}
	})
}

// TestSamePool opens a client's database twice over one [sql.DB].
func TestSamePool(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, m medium) {
		t.Helper()
		db := m.DB(t)
		s, err := sqlstore.Open(t.Context(), db, m.config())
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if _, err := sqlstore.Open(t.Context(), db, m.config()); !errors.Is(err, sqlstore.ErrInUse) {
			t.Errorf("Open = %v, want ErrInUse", err)
		}
	})
}
