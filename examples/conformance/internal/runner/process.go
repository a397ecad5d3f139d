package runner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/benbjohnson/clock"
)

const (
	// DefaultTimeout is how long a subject may take for an answer.
	DefaultTimeout = 10 * time.Second
	// DefaultStartTimeout is how long a subject may take for the handshake. It
	// may have to be compiled first.
	DefaultStartTimeout = time.Minute
	// DefaultMaxLineBytes is the longest line that a subject may write.
	DefaultMaxLineBytes = 64 << 20
	// grace is how long a subject that has ended, or was killed, may take to
	// be gone with its output.
	grace = 2 * time.Second
)

// Program is a subject that is a program.
type Program struct {
	// Path is the program, and Args are its arguments.
	Path string
	Args []string
	// Timeout is how long it may take for an answer and for its end. Zero
	// means [DefaultTimeout].
	Timeout time.Duration
	// StartTimeout is how long it may take for the handshake. Zero means
	// [DefaultStartTimeout].
	StartTimeout time.Duration
	// MaxLineBytes is the longest line that it may write. Zero means
	// [DefaultMaxLineBytes].
	MaxLineBytes int
	// Stderr is where its standard error goes; nil keeps the end of it for
	// the report and nothing else.
	Stderr io.Writer
	// Env is its environment; nil means this process's.
	Env []string
	// Clock measures the timeout; nil means the system clock.
	Clock clock.Clock
}

// process is a running program. It is used by one goroutine.
type process struct {
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	output  *os.File
	lines   chan line
	done    chan struct{} // closed when the lines are no longer of interest
	exited  chan struct{} // closed when the program has ended; then waitErr is set
	waitErr error
	stderr  *tail
	clock   clock.Clock
	timeout time.Duration
	release func() bool // ends the watch of the context
	killing sync.Once

	hello Hello
	last  int // id of the last request, 0 before the first
}

// Command returns how the program is launched. Each launch is a process of its
// own.
func Command(p Program) Launch {
	if p.Timeout == 0 {
		p.Timeout = DefaultTimeout
	}
	if p.StartTimeout == 0 {
		p.StartTimeout = DefaultStartTimeout
	}
	if p.MaxLineBytes == 0 {
		p.MaxLineBytes = DefaultMaxLineBytes
	}
	if p.Clock == nil {
		p.Clock = clock.New()
	}
	return func(ctx context.Context) (Session, error) {
		s, err := p.start(ctx)
		if err != nil {
			return nil, &SubjectError{Kind: NotStarted, Detail: err.Error()}
		}
		if e := s.greet(p.StartTimeout); e != nil {
			return nil, e
		}
		return s, nil
	}
}

// start starts the program.
func (p Program) start(ctx context.Context) (*process, error) {
	cmd := exec.Command(p.Path, p.Args...)
	cmd.Env = p.Env
	s := &process{
		cmd: cmd, clock: p.Clock, timeout: p.Timeout, stderr: &tail{to: p.Stderr},
		lines: make(chan line, 1), done: make(chan struct{}), exited: make(chan struct{}),
	}
	newGroup(cmd)
	cmd.Stderr = s.stderr
	cmd.WaitDelay = grace // for a child that holds standard error
	var err error
	if s.stdin, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	// A pipe of our own: the one that exec makes is closed when the program
	// ends, and what it had written would be lost.
	var w *os.File
	if s.output, w, err = os.Pipe(); err != nil {
		return nil, err
	}
	cmd.Stdout = w
	err = cmd.Start()
	_ = w.Close()
	if err != nil {
		_ = s.output.Close()
		return nil, err
	}
	go readLines(s.output, p.MaxLineBytes, s.lines, s.done)
	go func() {
		s.waitErr = cmd.Wait()
		close(s.exited)
	}()
	s.release = context.AfterFunc(ctx, func() { killGroup(cmd) })
	return s, nil
}

// greet does the handshake.
func (s *process) greet(limit time.Duration) *SubjectError {
	l, e := s.exchange(helloRequest(), limit)
	if e != nil {
		e.Detail = "handshake: " + e.Detail
		return e
	}
	h, err := parseHello(l.text)
	if err != nil {
		return s.fail(BadHandshake, "%v: %s", err, quote(l.text))
	}
	if l.more {
		return s.fail(BadHandshake, "more than one line before the first question")
	}
	s.hello = h
	return nil
}

// Hello implements Session.
func (s *process) Hello() Hello { return s.hello }

// Answer implements Subject. After a [*SubjectError] the process is gone.
func (s *process) Answer(op string, in json.RawMessage) (json.RawMessage, error) {
	if e := s.checkIdle(); e != nil {
		return nil, e
	}
	before := s.last
	s.last++
	l, e := s.exchange(requestLine(s.last, op, in), s.timeout)
	if e != nil {
		return nil, e
	}
	a, err := parseAnswer(l.text)
	if err != nil {
		return nil, s.fail(Garbage, "%v: %s", err, quote(l.text))
	}
	if !sameNumber(a.id, number(s.last)) {
		if before > 0 && sameNumber(a.id, number(before)) {
			return nil, s.failEarlier(SecondLine, "it answered twice: %s", quote(l.text))
		}
		return nil, s.fail(WrongID, "it answers id %s, the question's is %d", a.id, s.last)
	}
	if l.more {
		return nil, s.fail(SecondLine, "%s", s.secondLine(l))
	}
	if a.failure != nil {
		return nil, a.failure
	}
	return a.out, nil
}

// number returns an id as JSON has it.
func number(id int) json.Number { return json.Number(fmt.Sprint(id)) }

// secondLine describes what came behind the line of an answer.
func (s *process) secondLine(answer line) string {
	behind := answer.behind
	if behind == nil {
		t := s.clock.Timer(grace)
		defer t.Stop()
		select {
		case l := <-s.lines:
			behind = l.text
		case <-t.C:
		}
	}
	if len(behind) == 0 {
		return "more than the answer"
	}
	return "more than the answer: " + quote(behind)
}

// checkIdle looks, before a question, whether something happened after the
// answer before.
func (s *process) checkIdle() *SubjectError {
	select {
	case l, ok := <-s.lines:
		if ok && len(l.text) > 0 || errors.Is(l.err, errLongLine) {
			return s.failEarlier(SecondLine, "a line that nobody asked for: %s", quote(l.text))
		}
		if ok && l.err == nil {
			return s.failEarlier(SecondLine, "an empty line that nobody asked for")
		}
		return s.failEarlier(Crashed, "%s after its answer", s.ended())
	case <-s.exited:
		return s.failEarlier(Crashed, "%s after its answer", s.ended())
	default:
		return nil
	}
}

// exchange writes a request and returns the line that answers it within the
// limit.
func (s *process) exchange(request []byte, limit time.Duration) (line, *SubjectError) {
	written := make(chan error, 1)
	go func() {
		_, err := s.stdin.Write(request)
		written <- err
	}()
	t := s.clock.Timer(limit)
	defer t.Stop()
	var got *line
	pending, exited := true, s.exited
	for pending || got == nil {
		select {
		case l, ok := <-s.lines:
			if !ok || l.err != nil {
				return line{}, s.badLine(l)
			}
			if got != nil {
				got.more, got.behind = true, l.text
				continue
			}
			got = &l
		case <-written:
			// An error here is a program that reads no more: it has ended,
			// or will not answer.
			pending, written = false, nil
		case <-exited:
			// What it wrote before may still be on its way.
			exited, pending = nil, false
			killGroup(s.cmd)
			t.Reset(grace)
		case <-t.C:
			if exited == nil {
				return line{}, s.fail(Crashed, "%s before it answered", s.ended())
			}
			return line{}, s.fail(Hung, "no answer within %v; is each line flushed?", limit)
		}
	}
	return *got, nil
}

// badLine is the error of output that has no answer.
func (s *process) badLine(l line) *SubjectError {
	if errors.Is(l.err, errLongLine) {
		return s.fail(LongLine, "a line that is longer than the limit")
	}
	if len(l.text) > 0 {
		return s.fail(Crashed, "%s within a line: %s", s.ended(), quote(l.text))
	}
	return s.fail(Crashed, "%s before it answered", s.ended())
}

// ended says how the program ended, or that it only closed its output.
func (s *process) ended() string {
	if s.waitExit() {
		if s.cmd.ProcessState != nil {
			return "it ended with " + s.cmd.ProcessState.String()
		}
		return "it ended"
	}
	return "it closed its output"
}

// waitExit waits, for as long as is decent, until the program has ended.
func (s *process) waitExit() bool {
	t := s.clock.Timer(grace)
	defer t.Stop()
	select {
	case <-s.exited:
		return true
	case <-t.C:
		return false
	}
}

// fail ends the program and returns what it did wrong.
func (s *process) fail(kind Kind, format string, args ...any) *SubjectError {
	s.kill()
	return &SubjectError{Kind: kind, Detail: fmt.Sprintf(format, args...), Stderr: s.stderr.String()}
}

// failEarlier is fail for something that happened after the answer before.
func (s *process) failEarlier(kind Kind, format string, args ...any) *SubjectError {
	e := s.fail(kind, format, args...)
	e.Earlier = true
	return e
}
