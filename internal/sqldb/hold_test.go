package sqldb_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/updatescan/updatescan/internal/sqldb"
)

// isError checks that a call was refused with an *Error of its package.
func isError(t *testing.T, err, want error) {
	t.Helper()
	if e, ok := errors.AsType[*sqldb.Error](err); !errors.Is(err, want) || !ok || e.Package != "pkg" || e.Op != "load" {
		t.Errorf("Take = %v, want an *Error of %v", err, want)
	}
}

func TestHold(t *testing.T) {
	t.Parallel()
	for _, h := range []*sqldb.Hold{nil, new(sqldb.Hold)} {
		isError(t, h.Take(t.Context(), "pkg", "load"), sqldb.ErrClosed)
		if h.End() {
			t.Error("End = true where nothing was opened")
		}
	}

	h := sqldb.NewHold(nil, sqldb.SQLite)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	isError(t, h.Take(ended, "pkg", "load"), context.Canceled)
	waits, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	go func() { result <- h.Take(waits, "pkg", "load") }()
	cancel()
	isError(t, <-result, context.Canceled) // whoever opens it has the turn

	h.Done()
	inside := 0
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if err := h.Take(t.Context(), "pkg", "load"); err != nil {
				t.Error(err)
				return
			}
			defer h.Done()
			if inside++; inside != 1 {
				t.Errorf("%d have the turn", inside)
			}
			inside--
		})
	}
	all.Wait()

	if err := h.Take(t.Context(), "pkg", "load"); err != nil {
		t.Fatal(err)
	}
	h.Epoch = 7
	lost := h.Lost("clients", "epoch 8", nil)
	if !errors.Is(lost, sqldb.ErrTakenOver) || !strings.Contains(lost.Error(), "table clients: epoch 8, want epoch 7") {
		t.Errorf("Lost = %v", lost)
	}
	h.Done()
	for range 2 {
		isError(t, h.Take(t.Context(), "pkg", "load"), sqldb.ErrTakenOver)
	}
	for range 2 {
		if !h.End() {
			t.Error("End = false")
		}
		h.Done()
		isError(t, h.Take(t.Context(), "pkg", "load"), sqldb.ErrClosed)
	}
}
