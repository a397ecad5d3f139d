package scantest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/scan/scantest"
)

func TestStorages(t *testing.T) {
	t.Parallel()
	for name, newStorage := range map[string]func(*testing.T) scan.Storage{
		"MemStorage": func(*testing.T) scan.Storage { return new(scan.MemStorage) },
		"Storage":    func(*testing.T) scan.Storage { return new(scantest.Storage) },
		"honest":     func(*testing.T) scan.Storage { return scantest.BrokenStorage("") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scantest.RunStorage(t, newStorage)
		})
	}
}

// TestBrokenStorages breaks each clause: that clause's check finds it.
func TestBrokenStorages(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-9")
	for _, clause := range []string{
		"new-is-empty", "returns-commits", "part-once", "replaces", "nil-removes", "others-stay",
		"all-or-nothing", "copies-in", "copies-out", "context", "survives",
	} {
		t.Run(clause, func(t *testing.T) {
			t.Parallel()
			err := scantest.CheckStorage(t.Context(), func() scan.Storage { return scantest.BrokenStorage(clause) })
			if !names(err, clause) {
				t.Errorf("CheckStorage of a storage that breaks %s = %v", clause, err)
			}
		})
	}
}

// names reports whether one of the joined errors is a breach of the clause.
func names(err error, clause string) bool {
	joined, ok := err.(interface{ Unwrap() []error }) //nolint:errorlint // of what is joined all are looked at
	if !ok {
		return false
	}
	for _, e := range joined.Unwrap() {
		if c, ok := errors.AsType[*scantest.ClauseError](e); ok && c.Clause == clause {
			return true
		}
	}
	return false
}

func TestCheckStorageEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := scantest.CheckStorage(ctx, func() scan.Storage { return new(scan.MemStorage) }); !errors.Is(err, context.Canceled) {
		t.Errorf("CheckStorage with a context that has ended = %v", err)
	}
}

// TestStorageFaults plans each fault for the second of three commits.
func TestStorageFaults(t *testing.T) {
	t.Parallel()
	one := []scan.Blob{{Part: scan.PartMachine, Data: []byte("1")}, {Part: scan.PartOutbox, Data: []byte("1")}}
	two := []scan.Blob{{Part: scan.PartMachine, Data: []byte("2")}, {Part: scan.PartOutbox, Data: []byte("2")}}
	for _, tt := range []struct {
		fault   scantest.StorageFault
		err     error
		machine string
		outbox  string
		off     bool
	}{
		{scantest.NoFault, nil, "2", "2", false},
		{scantest.FailBefore, scantest.ErrStorage, "1", "1", false},
		{scantest.FailAfter, scantest.ErrStorage, "2", "2", false},
		{scantest.Hang, context.DeadlineExceeded, "1", "1", false},
		{scantest.PowerOffBefore, scantest.ErrPowerOff, "1", "1", true},
		{scantest.PowerOffAfter, scantest.ErrPowerOff, "2", "2", true},
		{scantest.Torn, scantest.ErrStorage, "2", "1", false},
		{scantest.Lost, nil, "1", "1", false},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &scantest.Storage{Plan: scantest.AtCommit(2, tt.fault)}
			if err := s.Commit(t.Context(), one); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if err := s.Commit(ctx, two); !errors.Is(err, tt.err) || (err == nil) != (tt.err == nil) {
				t.Errorf("fault %d: Commit = %v, want %v", tt.fault, err, tt.err)
			}
			machine, _ := s.Part(t.Context(), scan.PartMachine)
			outbox, _ := s.Part(t.Context(), scan.PartOutbox)
			if string(machine) != tt.machine || string(outbox) != tt.outbox || s.Off() != tt.off {
				t.Errorf("fault %d: stored %q and %q, off %v", tt.fault, machine, outbox, s.Off())
			}
			_, err := s.Load(t.Context())
			if (err != nil) != tt.off {
				t.Errorf("fault %d: Load = %v", tt.fault, err)
			}
			s.PowerOn()
			if err := s.Commit(t.Context(), two); err != nil {
				t.Errorf("fault %d: Commit after it = %v", tt.fault, err)
			}
			if calls := s.Calls(); len(calls) != 4 || calls[3].Commit != 3 || calls[1].Fault != tt.fault {
				t.Errorf("fault %d: calls %+v", tt.fault, calls)
			}
		})
	}
	// Those that break the contract are found, and so are they by name.
	for _, tt := range []struct {
		fault  scantest.StorageFault
		commit int
		clause string
	}{
		{scantest.Lost, 2, "replaces"}, {scantest.Torn, 20, "all-or-nothing"}, {scantest.FailAfter, 20, "all-or-nothing"},
	} {
		err := scantest.CheckStorage(t.Context(), func() scan.Storage {
			return &scantest.Storage{Plan: scantest.AtCommit(tt.commit, tt.fault)}
		})
		if !names(err, tt.clause) {
			t.Errorf("fault %d: CheckStorage = %v, want a breach of %s", tt.fault, err, tt.clause)
		}
	}
}
