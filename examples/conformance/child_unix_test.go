//go:build unix

package main

import "testing"

// TestQuietChild leaves a process that holds none of the subject's output.
func TestQuietChild(t *testing.T) {
	t.Parallel()
	o := onFake(t, writeVectors(t, v{id: "one"}), nil, "quiet-child")
	o.wantCode(t, exitFailed)
	wantText(t, o.stdout, "FAULT child_left\n", "FAILED: 1 passed, 0 failed")
}
