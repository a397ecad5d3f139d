package runner

import (
	"errors"
	"fmt"
	"os/exec"
	"time"
)

// pollEvery is how often an ended program's children are looked for while they
// may still be ending.
const pollEvery = 100 * time.Millisecond

// kill ends the program, whatever it does, and lets go of its pipes.
func (s *process) kill() {
	s.killing.Do(func() {
		s.release()
		killGroup(s.cmd)
		close(s.done)
		s.waitExit()
		// Where a read cannot be interrupted, closing waits for it.
		go func() {
			_ = s.stdin.Close()
			_ = s.output.Close()
		}()
	})
}

// End implements Session: it closes the input, and the program should end with
// status 0, say nothing more and leave nothing running.
func (s *process) End() []*SubjectError {
	var all []*SubjectError
	add := func(kind Kind, format string, args ...any) {
		all = append(all, &SubjectError{Kind: kind, Detail: fmt.Sprintf(format, args...)})
	}
	_ = s.stdin.Close()
	ended, closed, extra := s.drain()
	if extra != nil {
		add(SecondLine, "a line that nobody asked for: %s", quote(extra.text))
	}
	if !ended {
		add(Hung, "it did not end within %v after its input was closed", s.timeout)
	} else if state := s.cmd.ProcessState; state != nil && !state.Success() {
		add(BadEnd, "it ended with %v, want 0", state)
	}
	if ended && (!closed || errors.Is(s.waitErr, exec.ErrWaitDelay) || s.childLeft()) {
		add(ChildLeft, "it ended and left a process running")
	}
	s.kill()
	for _, e := range all {
		e.Stderr = s.stderr.String()
	}
	return all
}

// drain waits until the program has ended and its output is closed, within the
// time limit. It returns the first line that came meanwhile.
func (s *process) drain() (ended, closed bool, extra *line) {
	t := s.clock.Timer(s.timeout)
	defer t.Stop()
	lines, exited := s.lines, s.exited
	for lines != nil || exited != nil {
		select {
		case l, ok := <-lines:
			if !ok {
				lines, closed = nil, true
				continue
			}
			if extra == nil && (l.err == nil || len(l.text) > 0 || errors.Is(l.err, errLongLine)) {
				extra = &l
			}
		case <-exited:
			exited, ended = nil, true
			t.Reset(grace)
		case <-t.C:
			return ended, closed, extra
		}
	}
	return ended, closed, extra
}

// childLeft reports whether the program, which has ended, has left a process
// running that does not end by itself at once.
func (s *process) childLeft() bool {
	for range int(grace / pollEvery) {
		if !groupLeft(s.cmd) {
			return false
		}
		<-s.clock.Timer(pollEvery).C
	}
	return true
}
