package scan_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/scan"
)

func TestMemStorage(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-9")
	ctx := t.Context()
	var s scan.MemStorage
	if blobs, err := s.Load(ctx); err != nil || len(blobs) != 0 {
		t.Fatalf("Load of a new storage = %v, %v, want nothing", blobs, err)
	}
	data := []byte("one")
	if err := s.Commit(ctx, []scan.Blob{{scan.PartMachine, data}, {scan.PartOutbox, []byte("o")}, {scan.PartBaseline, []byte{}}}); err != nil {
		t.Fatal(err)
	}
	data[0] = 'X' // the storage has its own copy
	if err := s.Commit(ctx, []scan.Blob{{scan.PartOutbox, nil}}); err != nil {
		t.Fatal(err)
	}
	// Refused whole: the valid part is not stored either.
	if err := s.Commit(ctx, []scan.Blob{{scan.PartMachine, []byte("two")}, {99, nil}}); err == nil {
		t.Error("a commit with an unknown part is accepted")
	}
	want := []scan.Blob{{scan.PartMachine, []byte("one")}, {scan.PartBaseline, []byte{}}}
	got, err := s.Load(ctx)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("Load: %v (-want +got):\n%s", err, diff)
	}
	got[0].Data[0] = 'Y'
	if got, _ := s.Load(ctx); got[0].Data[0] != 'o' {
		t.Error("the caller of Load does not own the data")
	}
	if n := s.Commits(); n != 2 {
		t.Errorf("Commits() = %d, want 2", n)
	}
	done, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := s.Load(done); !errors.Is(err, context.Canceled) {
		t.Errorf("Load with a context that ended: %v", err)
	}
	if err := s.Commit(done, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Commit with a context that ended: %v", err)
	}
}
