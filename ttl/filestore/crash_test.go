package filestore_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// childEnv makes TestChild the process that is killed, and names its file.
const childEnv = "UPDATESCAN_FILESTORE_CHILD"

// blob is that of a generation.
func blob(n uint64) []byte {
	return bytes.Repeat(binary.BigEndian.AppendUint64(nil, n), 20_000+int(n%7)*5_000)
}

// generation is the one that the file holds, whole; 0 for none.
func generation(t *testing.T, path string) uint64 {
	t.Helper()
	data, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return 0
	}
	if err != nil || len(data) < 8 {
		t.Fatalf("%d bytes, %v", len(data), err)
	}
	n := binary.BigEndian.Uint64(data)
	if !bytes.Equal(data, blob(n)) {
		t.Fatalf("the file is not generation %d, whole", n)
	}
	return n
}

// TestChild is the process of TestKill; it does nothing by itself.
func TestChild(t *testing.T) {
	path := os.Getenv(childEnv)
	if path == "" {
		return
	}
	s := open(t, path)
	for n := generation(t, path) + 1; ; n++ {
		if err := s.Save(t.Context(), blob(n)); err != nil {
			t.Fatal(err)
		}
		fmt.Printf("child: %d\n", n)
	}
}

// TestKill kills a process in the middle of Save, ten times: what was
// acknowledged is there, and what is there is whole.
func TestKill(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-6")
	dir := t.TempDir()
	path := filepath.Join(dir, "metadata")
	leftovers := 0
	for round := range 10 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestChild$", "-test.v")
		cmd.Env = append(os.Environ(), childEnv+"="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		acknowledged, answers := uint64(0), 0
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			text, ok := strings.CutPrefix(lines.Text(), "child: ")
			if !ok {
				continue
			}
			if acknowledged, err = strconv.ParseUint(text, 10, 64); err != nil {
				t.Fatal(err)
			}
			if answers++; answers != 2+round {
				continue // also what it said before it was dead
			}
			// Not always just after an answer.
			for start, spin := time.Now(), time.Duration(rand.IntN(1500))*time.Microsecond; time.Since(start) < spin; {
				continue
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		_ = cmd.Wait()
		if answers < 2+round {
			t.Fatalf("the child ended after %d answers", answers)
		}
		n := generation(t, path)
		if n != acknowledged && n != acknowledged+1 {
			t.Fatalf("round %d: generation %d is there, %d was acknowledged", round, n, acknowledged)
		}
		leftovers += len(names(t, dir)) - 1
		open(t, path)
		if got := names(t, dir); !slices.Equal(got, []string{"metadata"}) {
			t.Errorf("round %d: the folder holds %q", round, got)
		}
	}
	t.Logf("%d temporary files were left by ten crashes", leftovers)
}
