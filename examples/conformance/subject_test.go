package main

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestGoSubject runs the subject that answers with the library, as a program.
func TestGoSubject(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "subject")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	if out, err := exec.Command("go", "build", "-o", program, "./subject").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	o := conformance(t, "--", program)
	o.wantCode(t, exitOK)
	if o.stderr != "" || !strings.Contains(o.stdout, " 0 failed, 0 declared, 0 expected failures, 0 not asked\n") {
		t.Errorf("stdout:\n%s\nstderr:\n%s", o.stdout, o.stderr)
	}
	// What the runner says of a mistake names the rule that it breaks.
	o = conformance(t, "-topic", "ttl", "--", program, "-mistake", "ttl-boundary-expired")
	o.wantCode(t, exitFailed)
	wantText(t, o.stdout, "FAIL TTL-2/exactly-the-ttl\n  rule     TTL-2, outside of its boundary", "differs  $.fresh: want true, got false")
}
