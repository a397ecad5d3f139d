//go:build !unix

package runner

import "os/exec"

// newGroup does nothing: there are no process groups.
func newGroup(*exec.Cmd) {}

// killGroup ends the command. What it has started may go on.
func killGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() }

// groupLeft does not know. A process that holds the command's output is
// noticed by that.
func groupLeft(*exec.Cmd) bool { return false }
