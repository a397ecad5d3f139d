package scan_test

import (
	"testing"

	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/scan/scantest"
)

func TestMemStorage(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-9")
	scantest.RunStorage(t, func(*testing.T) scan.Storage { return new(scan.MemStorage) })
	t.Run("unknown part", func(t *testing.T) {
		t.Parallel()
		var s scan.MemStorage
		if err := s.Commit(t.Context(), []scan.Blob{{scan.PartMachine, []byte("one")}}); err != nil {
			t.Fatal(err)
		}
		// Refused whole: the valid part is not stored either.
		if err := s.Commit(t.Context(), []scan.Blob{{scan.PartMachine, []byte("two")}, {99, nil}}); err == nil {
			t.Error("a commit with an unknown part is accepted")
		}
		if blobs, err := s.Load(t.Context()); err != nil || len(blobs) != 1 || string(blobs[0].Data) != "one" {
			t.Errorf("Load = %v, %v", blobs, err)
		}
		if n := s.Commits(); n != 1 {
			t.Errorf("Commits() = %d, want 1", n)
		}
	})
}
