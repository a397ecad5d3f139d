package scanstore_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/scan/scantest"
	"github.com/updatescan/updatescan/scan/sqlstore"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/wsus"
)

// disk makes the storage of a life: the first, and what is found after each
// power cut.
type disk func(t *testing.T) scan.Storage

// memory is a disk of the mind.
func memory() disk {
	s := new(scan.MemStorage)
	return func(*testing.T) scan.Storage { return s }
}

// files is a SQLite database. At each power cut the files are taken as they
// are, in the middle of everything, to another place: nobody closes the old
// ones.
func files(m medium) disk {
	dir, life := filepath.Dir(m.Path), 0
	return func(t *testing.T) scan.Storage {
		t.Helper()
		if life > 0 {
			next := filepath.Join(dir, "life"+strconv.Itoa(life)+".db")
			for _, suffix := range []string{"", "-wal"} {
				data, err := os.ReadFile(m.Path + suffix)
				if err != nil && !errors.Is(err, os.ErrNotExist) {
					t.Fatal(err)
				}
				if err == nil {
					write(t, next+suffix, data)
				}
			}
			m.Path = next
		}
		life++
		return m.open(t)
	}
}

// sessions is PostgreSQL. At each power cut the session ends.
func sessions(m medium) disk {
	var last *sqlstore.Store
	return func(t *testing.T) scan.Storage {
		t.Helper()
		if last != nil {
			kick(t, m)
		}
		last = reopen(t, m)
		return last
	}
}

// after is what an agent's fortnight leaves behind.
type after struct {
	Cuts     int
	Lives    int
	Results  []scan.Result
	Stored   map[scan.Part]string
	Reported map[string]statemsg.Message
	Status   scan.Status
}

// live lives a fortnight with power cuts at a few commits: updates change, a
// server fails, installations end, the site does not answer for a day.
func live(t *testing.T, newDisk disk, seed uint64) after {
	t.Helper()
	ctx := context.Background() //nolint:usetesting // stores outlive it
	rng := rand.New(rand.NewPCG(seed, 1))
	r, err := scantest.NewRig(scantest.RigConfig{Machine: scan.MachineConfig{Rand: scantest.NewNumbers(seed, 1<<40, 7)}})
	if err != nil {
		t.Fatal(err)
	}
	got := after{Lives: 1}
	r.Storage.Next = newDisk(t)
	r.Storage.Plan = func(_ context.Context, c scantest.StorageCall) scantest.StorageFault {
		if c.Commit > 0 && rng.IntN(4) == 0 {
			return scantest.PowerOffBefore + scantest.StorageFault(rng.IntN(2))
		}
		return scantest.NoFault
	}
	// do repeats what was cut short, as whoever asked for it would.
	do := func(what func() error) {
		t.Helper()
		for {
			err := what()
			if err == nil {
				return
			}
			if !r.Storage.Off() {
				t.Fatal(err)
			}
			got.Cuts++
			for r.Storage.Off() {
				r.Storage.Next = newDisk(t)
				got.Lives++
				if err := r.Restart(ctx); err != nil && !r.Storage.Off() {
					t.Fatal(err)
				}
			}
		}
	}
	do(func() error { return r.Enable(ctx) })
	start := r.Clock.Now()
	for step := range 56 {
		until := start.Add(time.Duration(step+1) * 6 * time.Hour)
		id := scantest.ID(1 + rng.IntN(40))
		r.Machine.Set(id, 100, compliance.State(1+rng.IntN(3)))
		if step%9 == 4 {
			r.Machine.Remove(scantest.ID(1 + rng.IntN(40)))
		}
		code := wsus.Code(0)
		if step%14 == 6 {
			code = wsus.CodeCannotConnect
		}
		if err := r.Server.SetDownAt(scantest.ServerA, code); err != nil {
			t.Fatal(err)
		}
		if step%5 == 2 {
			do(func() error {
				return r.Agent.InstallationFinished(ctx, scan.Installation{Updates: []compliance.UpdateID{id}, Assignment: "{A}"})
			})
		}
		if step%7 == 3 {
			do(func() error { return r.Agent.Refresh(ctx) })
		}
		do(func() error { return r.Until(ctx, until) })
	}
	r.Storage.Plan = nil
	do(func() error { return r.Until(ctx, start.Add(15*24*time.Hour)) })
	got.Results = r.Observer.Results()
	for i := range got.Results {
		got.Results[i].Failure.Err = nil
	}
	blobs, err := r.Storage.Survived(ctx)
	if err != nil {
		t.Fatal(err)
	}
	got.Stored = map[scan.Part]string{}
	for _, b := range blobs {
		got.Stored[b.Part] = string(bytes.Clone(b.Data))
	}
	got.Reported = map[string]statemsg.Message{}
	for i := range 40 {
		id := scantest.ID(i + 1).String()
		if m, ok := r.Site.State("GUID:00000000-0000-4000-8000-000000000001", statemsg.UpdateDetection, id); ok {
			got.Reported[id] = m
		}
	}
	if n := len(r.Site.Conflicts()); n > 0 {
		t.Errorf("%d serials were used twice", n)
	}
	if got.Status, err = r.Agent.Status(ctx); err != nil {
		t.Fatal(err)
	}
	return got
}

// TestFortnight compares an agent's fortnight with power cuts on a database to
// the same in memory: everything that happened, that is stored, and that the
// site holds is the same.
func TestFortnight(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-9")
	t.Attr("rule", "WF-10")
	t.Attr("rule", "MSG-5")
	everywhere(t, func(t *testing.T, m medium) {
		t.Helper()
		on := files(m)
		if m.Dialect == sqlstore.PostgreSQL {
			on = sessions(m)
		}
		want := live(t, memory(), 17)
		got := live(t, on, 17)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("after a fortnight (-in memory +in the database):\n%.4000s", diff)
		}
		if got.Cuts < 10 || len(got.Results) < 10 || len(got.Stored) != 4 || len(got.Reported) < 20 {
			t.Errorf("%d cuts, %d results, %d parts, %d updates reported: too little has happened",
				got.Cuts, len(got.Results), len(got.Stored), len(got.Reported))
		}
		t.Logf("%d power cuts, %d lives, %d results, %d updates reported", got.Cuts, got.Lives, len(got.Results), len(got.Reported))
	})
}
