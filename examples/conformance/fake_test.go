package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestFakeSubject is no test: it is the subject of the other tests, which start
// this program again with the arguments "fake" and a mode. Its answers are in
// the questions: what "answer" holds, unless "do" names a misdeed.
func TestFakeSubject(*testing.T) {
	if flag.Arg(0) == "fake" {
		os.Exit(fake(flag.Args()[1:]))
	}
}

// fakeCommand is the command line of a fake subject.
func fakeCommand(mode ...string) []string {
	return append([]string{os.Args[0], "-test.run=^TestFakeSubject$", "--", "fake"}, mode...)
}

// fakeHello are first lines by mode; a mode without one says the usual.
var fakeHello = map[string]string{
	"no-json":        `hello`,
	"protocol-2":     `{"protocol": 2, "name": "fake", "version": "1", "topics": []}`,
	"no-protocol":    `{"name": "fake", "version": "1", "topics": []}`,
	"no-name":        `{"protocol": 1, "version": "1", "topics": []}`,
	"topics-no-list": `{"protocol": 1, "name": "fake", "version": "1", "topics": "ttl"}`,
	"no-topics":      `{"protocol": 1, "name": "fake", "version": "1", "topics": []}`,
	"other-topics":   `{"protocol": 1, "name": "fake", "version": "1", "topics": ["ttl", "tt1"]}`,
	"differs":        `{"protocol": 1, "name": "fake", "version": "1", "topics": ["ttl", "diff"], "differs": ["TTL-2", "TTL-99"], "more": 1}`,
	"two-hellos":     `{"protocol": 1, "name": "fake", "version": "1", "topics": ["ttl"]}` + "\n" + `{}`,
	"":               `{"protocol": 1, "name": "fake", "version": "1", "topics": ["ttl", "diff"]}`,
}

// fake is the fake subject.
func fake(args []string) int {
	mode := ""
	if len(args) > 0 {
		mode = args[0]
	}
	in := bufio.NewReader(os.Stdin)
	switch mode {
	case "sleep":
		time.Sleep(time.Minute)
	case "hello-crash":
		fmt.Fprintln(os.Stderr, "no licence")
		return 4
	case "hello-hang":
		time.Sleep(time.Minute)
	case "once": // starts well once, and never again
		if _, err := os.Stat(args[1]); err == nil {
			return 5
		}
		_ = os.WriteFile(args[1], nil, 0o644)
	case "child", "quiet-child":
		c := fakeCommand("sleep")
		cmd := exec.Command(c[0], c[1:]...)
		if mode == "child" {
			cmd.Stdout = os.Stdout
		}
		if err := cmd.Start(); err != nil {
			return 6
		}
	}
	_, _ = in.ReadString('\n')
	hello, ok := fakeHello[mode]
	if !ok {
		hello = fakeHello[""]
	}
	fmt.Println(hello)
	late := ""
	for {
		text, err := in.ReadString('\n')
		if err != nil {
			break
		}
		if late != "" {
			fmt.Println(late)
		}
		late = fakeAnswer(text)
	}
	switch mode {
	case "bad-end":
		fmt.Fprintln(os.Stderr, "could not save")
		return 3
	case "hang-at-end":
		time.Sleep(time.Minute)
	case "line-at-end":
		fmt.Println("bye")
	}
	return 0
}

// fakeAnswer answers a question, and returns a line that is to be written after
// the next.
func fakeAnswer(text string) (late string) {
	var q struct {
		ID int
		In struct {
			Do     string
			Answer json.RawMessage
		}
	}
	if err := json.Unmarshal([]byte(text), &q); err != nil {
		os.Exit(7)
	}
	right := fmt.Sprintf(`{"id": %d, "out": %s}`, q.ID, q.In.Answer)
	switch q.In.Do {
	case "":
		fmt.Println(right)
	case "spaces":
		fmt.Print("  " + right + " \t\r\n")
	case "say":
		fmt.Fprintln(os.Stderr, "hello")
		fmt.Println(right)
	case "failure":
		fmt.Printf("{\"id\": %d, \"failure\": \"no idea\"}\n", q.ID)
	case "hang":
		time.Sleep(time.Minute)
	case "crash":
		fmt.Fprintln(os.Stderr, "boom at the\nsecond line")
		os.Exit(3)
	case "crash-after":
		fmt.Println(right)
		os.Exit(3)
	case "garbage":
		fmt.Println("Traceback (most recent call last):")
	case "empty":
		fmt.Println()
	case "two":
		fmt.Print(right + "\n" + right + "\n")
	case "empty-behind":
		fmt.Print(right + "\n\n")
	case "late":
		fmt.Println(right)
		return right
	case "long":
		fmt.Print(strings.Repeat("x", 64<<20+1))
		fmt.Println()
	case "wrong-id":
		fmt.Printf("{\"id\": %d, \"out\": %s}\n", q.ID+100, q.In.Answer)
	case "text-id":
		fmt.Printf("{\"id\": \"%d\", \"out\": %s}\n", q.ID, q.In.Answer)
	case "bad-json":
		fmt.Printf("{\"id\": %d, \"out\": {]}\n", q.ID)
	case "twice-the-key":
		fmt.Printf("{\"id\": %d, \"out\": {\"a\": 1, \"a\": 1}}\n", q.ID)
	case "no-utf8":
		fmt.Printf("{\"id\": %d, \"out\": \"\xff\"}\n", q.ID)
	case "no-out":
		fmt.Printf("{\"id\": %d}\n", q.ID)
	case "half-line":
		fmt.Print(`{"id": `)
		os.Exit(0)
	case "close-output":
		_ = os.Stdout.Close()
		time.Sleep(time.Minute)
	default:
		os.Exit(8)
	}
	return ""
}
