package scanstore

import (
	"context"
	"time"

	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/scan/scantest"
)

// AgentCommits are the commits of an agent that lives for a week with 40 updates:
// what it really stores.
func AgentCommits(ctx context.Context) ([][]scan.Blob, error) {
	list := new(tape)
	r, err := scantest.NewRig(scantest.RigConfig{})
	if err != nil {
		return nil, err
	}
	r.Storage.Next = list
	for i := range 40 {
		r.Machine.Set(scantest.ID(i+1), 100, 1)
	}
	if err := r.Enable(ctx); err != nil {
		return nil, err
	}
	if err := r.Pass(ctx, 7*24*time.Hour); err != nil {
		return nil, err
	}
	return list.commits, nil
}

// MeanBytes is how large a commit is, all its parts together.
func MeanBytes(commits [][]scan.Blob) int {
	size := 0
	for _, c := range commits {
		for _, blob := range c {
			size += len(blob.Data)
		}
	}
	return size / len(commits)
}

// tape is a storage that keeps every commit.
type tape struct {
	scan.MemStorage

	commits [][]scan.Blob
}

// Commit implements [scan.Storage].
func (s *tape) Commit(ctx context.Context, blobs []scan.Blob) error {
	s.commits = append(s.commits, blobs)
	return s.MemStorage.Commit(ctx, blobs)
}
