package scanstore_test

import (
	"bufio"
	"bytes"
	"database/sql"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/updatescan/updatescan/examples/internal/sqltest"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/scan/sqlstore"
)

// said returns what follows the next line with the prefix.
func said(t *testing.T, lines *bufio.Scanner, prefix string) string {
	t.Helper()
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), "child: "+prefix); ok {
			return rest
		}
		if strings.Contains(lines.Text(), "FAIL") || strings.Contains(lines.Text(), "_test.go") {
			t.Log(lines.Text())
		}
	}
	t.Fatalf("the child ended before it said %q: %v", prefix, lines.Err())
	return ""
}

// TestChild is the process of TestKill; it does nothing by itself. It commits one
// generation after the other, and says "open" and then the generations that were
// acknowledged.
func TestChild(t *testing.T) {
	m, ok := sqltest.Parent(t)
	if !ok {
		return
	}
	s := reopen(t, medium{m})
	fmt.Println("child: open")
	blobs, err := s.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n := generation(t, blobs)
	for {
		n++
		if err := s.Commit(t.Context(), large(n)); err != nil {
			t.Fatal(err)
		}
		fmt.Printf("child: %d\n", n)
	}
}

// large is a commit of a generation, which takes a while.
func large(n uint64) []scan.Blob {
	var list []scan.Blob
	for p := range scan.Parts() {
		size := 500
		if p == scan.PartMetadata {
			size = 20_000
		}
		list = append(list, scan.Blob{Part: p, Data: bytes.Repeat(binary.BigEndian.AppendUint64(nil, n), size)})
	}
	if n%3 == 0 { // some are removed
		list[scan.PartBaseline-1].Data = nil
	}
	return list
}

// generation is the one that is stored, whole.
func generation(t *testing.T, blobs []scan.Blob) uint64 {
	t.Helper()
	if len(blobs) == 0 {
		return 0
	}
	n := binary.BigEndian.Uint64(blobs[0].Data)
	found := map[scan.Part][]byte{}
	for _, b := range blobs {
		found[b.Part] = b.Data
	}
	for _, want := range large(n) {
		if !bytes.Equal(found[want.Part], want.Data) {
			t.Fatalf("part %v is not that of generation %d", want.Part, n)
		}
	}
	return n
}

// reopen opens a database whose holder was killed: the server may take a
// moment to notice that.
func reopen(t *testing.T, m medium) *sqlstore.Store {
	t.Helper()
	return sqltest.Reopened(t, m.Medium, func(db *sql.DB) (*sqlstore.Store, error) {
		return sqlstore.Open(t.Context(), db, m.config())
	})
}

// TestKill kills a process in the middle of its commits, ten times: what was
// acknowledged is there, and what is there is whole.
func TestKill(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-9")
	everywhere(t, func(t *testing.T, m medium) {
		t.Helper()
		before := uint64(0)
		for round := range 10 {
			cmd, lines := m.Child(t)
			said(t, lines, "open")
			if round == 0 { // the lock of another process
				refused(t, m, sqlstore.ErrInUse)
			}
			acknowledged := before
			for range 3 + 5*round {
				n, err := strconv.ParseUint(said(t, lines, ""), 10, 64)
				if err != nil || n != acknowledged+1 {
					t.Fatalf("acknowledged %d, %v after %d", n, err, acknowledged)
				}
				acknowledged = n
			}
			// Not always just after an answer.
			for start, spin := time.Now(), time.Duration(rand.IntN(3000))*time.Microsecond; time.Since(start) < spin; {
				continue
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			for lines.Scan() { // what it said before it was dead
				if n, err := strconv.ParseUint(strings.TrimPrefix(lines.Text(), "child: "), 10, 64); err == nil {
					acknowledged = n
				}
			}
			_ = cmd.Wait()
			s := reopen(t, m)
			blobs, err := s.Load(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			n := generation(t, blobs)
			if n != acknowledged && n != acknowledged+1 {
				t.Fatalf("round %d: generation %d is there, %d was acknowledged", round, n, acknowledged)
			}
			t.Logf("round %d: %d acknowledged, %d there", round, acknowledged, n)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			before = n
		}
	})
}
