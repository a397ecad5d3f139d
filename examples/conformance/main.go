// Conformance drives an implementation of the scan for software updates
// compliance, in any language, through the test vectors, and says where it
// differs. The implementation, the subject, is a program that reads questions
// from its standard input and writes answers to its standard output, a JSON
// object a line, as scan/scantest/vectors/README.md specifies.
//
// Usage:
//
//	go run ./examples/conformance [flags] -- ./subject [args]
//	go run ./examples/conformance -export DIR [flags]
//
//	-vectors DIR       a folder with core/*.json and generated/*.json (the built-in vectors)
//	-topic NAMES       only these topics, separated by commas
//	-run REGEXP        only vectors whose id matches
//	-expect-fail FILE  ids of vectors that are expected to fail, one a line, # for comments;
//	                   one that passes is a failure
//	-timeout DURATION  how long the subject may take for an answer, and for its end (10s)
//	-start-timeout DURATION
//	                   how long it may take for the handshake (1m): "go run" compiles first
//	-junit FILE        write the result as JUnit XML too
//	-json              print the result as one JSON object instead of a table
//	-stderr            pass on the subject's standard error; without it the last lines are
//	                   shown with a failure
//	-export DIR        run nothing; write each request to a file and the answer that is
//	                   wanted beside it, into a new or empty folder
//
// A subject that hangs, crashes, writes garbage or more than one line is
// reported with the vector at which it did, started again, and the run goes
// on; after 20 such restarts in a row the topic is given up.
//
// The exit code is 0 when all vectors passed that the subject was asked, but
// for differences that it declares and expected failures; 1 for failures; 2
// for bad flags and files, and for a subject that cannot be started or whose
// handshake is wrong.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/updatescan/updatescan/examples/conformance/internal/runner"
	"github.com/updatescan/updatescan/scan/scantest/vectors"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitNotRun = 2
)

// options are the program's flags and arguments.
type options struct {
	vectors    string
	topics     []string
	run        *regexp.Regexp
	expectFail string
	timeout    time.Duration
	start      time.Duration
	junit      string
	json       bool
	stderr     bool
	export     string
	subject    []string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second interrupt ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program. It returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	opt, err := parse(args, stdout)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	var report *runner.Report
	if err == nil {
		report, err = conform(ctx, opt, stdout, stderr)
	}
	if err != nil {
		fmt.Fprintf(stderr, "conformance: %v\n", err)
		if e, ok := errors.AsType[*runner.SubjectError](err); ok && e.Stderr != "" && !opt.stderr {
			fmt.Fprintf(stderr, "the subject's standard error:\n%s\n", e.Stderr)
		}
		return exitNotRun
	}
	if report != nil && !report.OK() {
		return exitFailed
	}
	return exitOK
}

// parse reads the flags.
func parse(args []string, stdout io.Writer) (options, error) {
	var opt options
	fs := flag.NewFlagSet("conformance", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVar(&opt.vectors, "vectors", "", "read vectors from `DIR`/core/*.json and DIR/generated/*.json (default: the built-in ones)")
	topics := fs.String("topic", "", "ask only these topics, `NAMES` separated by commas")
	expr := fs.String("run", "", "ask only vectors whose id matches `REGEXP`")
	fs.StringVar(&opt.expectFail, "expect-fail", "", "a `FILE` of ids of vectors that are expected to fail, one a line")
	fs.DurationVar(&opt.timeout, "timeout", runner.DefaultTimeout, "how long the subject may take for an answer, and for its end, a `DURATION`")
	fs.DurationVar(&opt.start, "start-timeout", runner.DefaultStartTimeout, "how long the subject may take for the handshake, a `DURATION`")
	fs.StringVar(&opt.junit, "junit", "", "write the result as JUnit XML to `FILE` too")
	fs.BoolVar(&opt.json, "json", false, "print the result as one JSON object instead of a table")
	fs.BoolVar(&opt.stderr, "stderr", false, "pass on the subject's standard error")
	fs.StringVar(&opt.export, "export", "", "run nothing; write requests and wanted answers to `DIR`, a new or empty folder")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(stdout, "Usage: go run ./examples/conformance [flags] -- ./subject [args]")
			fs.SetOutput(stdout)
			fs.PrintDefaults()
		}
		return opt, err
	}
	opt.subject = fs.Args()
	if *topics != "" {
		opt.topics = strings.Split(*topics, ",")
	}
	var err error
	if opt.run, err = regexp.Compile(*expr); err != nil {
		return opt, fmt.Errorf("-run: %w", err)
	}
	if opt.timeout <= 0 || opt.start <= 0 {
		return opt, fmt.Errorf("-timeout %v, -start-timeout %v: want more than 0", opt.timeout, opt.start)
	}
	if opt.export == "" && len(opt.subject) == 0 {
		return opt, errors.New("no subject: want -- PROGRAM [ARGUMENTS], or -export DIR")
	}
	if opt.export != "" && len(opt.subject) > 0 {
		return opt, fmt.Errorf("-export runs no subject, and %q is given", opt.subject[0])
	}
	return opt, nil
}

// conform does what the flags ask for. The report is nil when nothing was run.
func conform(ctx context.Context, opt options, stdout, stderr io.Writer) (*runner.Report, error) {
	all, err := runner.Load(source(opt.vectors))
	if err != nil {
		return nil, err
	}
	cfg := runner.Config{}
	if cfg.Vectors, err = choose(all, opt); err != nil {
		return nil, err
	}
	if opt.export != "" {
		if err := runner.Export(opt.export, cfg.Vectors); err != nil {
			return nil, err
		}
		_, err := fmt.Fprintf(stdout, "%d requests written to %s\n", len(cfg.Vectors), opt.export)
		return nil, err
	}
	if cfg.ExpectFail, err = readExpected(opt.expectFail, all); err != nil {
		return nil, err
	}
	program := runner.Program{Path: opt.subject[0], Args: opt.subject[1:], Timeout: opt.timeout, StartTimeout: opt.start}
	if opt.stderr {
		program.Stderr = stderr
	}
	cfg.Launch = runner.Command(program)
	if opt.junit != "" { // before the run, so that a bad name costs no run
		if err := os.WriteFile(opt.junit, nil, 0o644); err != nil {
			return nil, err
		}
	}
	report, err := runner.Run(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return report, publish(report, opt, stdout)
}

// publish writes the report in all forms that were asked for.
func publish(report *runner.Report, opt options, stdout io.Writer) error {
	write := report.WriteText
	if opt.json {
		write = report.WriteJSON
	}
	if err := write(stdout); err != nil || opt.junit == "" {
		return err
	}
	var b bytes.Buffer
	if err := report.WriteJUnit(&b); err != nil {
		return err
	}
	return os.WriteFile(opt.junit, b.Bytes(), 0o644)
}

// source is where vectors are read from: a folder, or what is built in.
func source(dir string) fs.FS {
	if dir == "" {
		return vectors.FS()
	}
	return os.DirFS(dir)
}

// choose applies -topic and -run.
func choose(all []runner.Vector, opt options) ([]runner.Vector, error) {
	for _, t := range opt.topics {
		if !slices.ContainsFunc(all, func(v runner.Vector) bool { return v.Topic == t }) {
			return nil, fmt.Errorf("-topic: no vector has the topic %q", t)
		}
	}
	chosen := slices.DeleteFunc(slices.Clone(all), func(v runner.Vector) bool {
		return len(opt.topics) > 0 && !slices.Contains(opt.topics, v.Topic) || !opt.run.MatchString(v.ID)
	})
	if len(chosen) == 0 {
		return nil, fmt.Errorf("-run %s: no vector's id matches", opt.run)
	}
	return chosen, nil
}

// readExpected reads the list of expected failures, if there is one.
func readExpected(name string, all []runner.Vector) ([]string, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	ids, err := runner.ReadExpected(f, all)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path.Base(name), err)
	}
	return ids, nil
}
