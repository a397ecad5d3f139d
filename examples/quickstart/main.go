// Quickstart lets a client live through a virtual week: machine policy arrives,
// the initial scan starts at its random time, schedules fire inside and outside
// the time to live, a user forces a scan, WSUS is down and comes back, an
// installation waits for a restart, the management point is away for a while.
// It prints what fired, what was decided and why, what connected, which states
// changed and what was sent.
//
// Usage:
//
//	go run ./examples/quickstart [flags]
//
//	-catalog PATH    update metadata: a file, a folder or a zip of *.sdp and *.xml
//	-wsus URL        scan against this WSUS, http://HOST:PORT, instead of our own
//	-facts FILE      the machine document
//	-explain UPDATE  explain the verdict of one update, by id or KB article, and stop
//	-seed N          seed of the random delays (42)
//	-ttl DURATION    time to live of the stored metadata (24h)
//	-days N          virtual days to live through, 1 to 366 (7)
//	-json            print one JSON object a line, each with "time" and "event"
//	-reports DIR     write the reports that were sent to DIR, a new or empty folder
//
// Without flags it uses a small catalogue and a machine of its own making. The
// catalogue is served by a WSUS in the same process, and the client speaks the
// protocol of update servers to it, MS-WUSP over HTTP, on a loopback socket.
// With -wsus it scans against any other, which then knows a computer of the
// name in the machine document. It needs no other network, changes nothing on
// the computer it runs on, and writes no file unless -reports names a folder.
//
// The exit code is 0; or 1 when the run failed or was interrupted; or 2, after
// one line on the standard error that says what is wrong and where, for bad
// flags and bad files, and then nothing was written.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/updatescan/updatescan/ttl"
)

// options are the program's flags.
type options struct {
	catalog string
	wsus    string
	facts   string
	seed    uint64
	ttl     time.Duration
	days    int
	json    bool
	reports string
	explain string
}

// maxDays bounds the virtual time.
const maxDays = 366

// errUsage is a fault of the command line or of an input file.
var errUsage = errors.New("usage")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second interrupt ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program. It returns the exit code: 0, 1 for a run that failed or
// was interrupted, 2 for bad flags and bad files, with which nothing was
// written.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	out := &output{w: stdout}
	opt, err := parse(args, out)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err == nil {
		err = play(ctx, opt, out)
	}
	if err == nil {
		err = out.err
	}
	if err == nil {
		return 0
	}
	if ctx.Err() != nil {
		fmt.Fprintln(stderr, "quickstart: interrupted")
		return 1
	}
	text := strings.TrimPrefix(err.Error(), errUsage.Error()+": ")
	fmt.Fprintf(stderr, "quickstart: %s\n", oneLine(text))
	if errors.Is(err, errUsage) {
		return 2
	}
	return 1
}

// output keeps the first error of a writer, and writes nothing more after it.
type output struct {
	w   io.Writer
	err error
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.Write(p)
	if err != nil {
		o.err = fmt.Errorf("standard output: %w", err)
	}
	return n, o.err
}

// parse reads the flags.
func parse(args []string, stdout io.Writer) (options, error) {
	var opt options
	fs := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVar(&opt.catalog, "catalog", "", "update metadata, `PATH` of a file, a folder or a zip of *.sdp and *.xml (default: the sample)")
	fs.StringVar(&opt.wsus, "wsus", "", "scan against the WSUS at this `URL`, http://HOST:PORT (default: our own, on a loopback socket)")
	fs.StringVar(&opt.facts, "facts", "", "machine document, a `FILE` (default: the sample)")
	fs.Uint64Var(&opt.seed, "seed", 42, "seed `N` of the random delays")
	fs.DurationVar(&opt.ttl, "ttl", ttl.DefaultTTL, "time to live of the stored metadata, a `DURATION`")
	fs.IntVar(&opt.days, "days", 7, "virtual days `N` to live through, 1 to 366")
	fs.BoolVar(&opt.json, "json", false, "print one JSON object a line instead of a timeline")
	fs.StringVar(&opt.reports, "reports", "", "write the reports that were sent to `DIR`, a new or empty folder")
	fs.StringVar(&opt.explain, "explain", "", "explain the verdict of an `UPDATE`, by id or KB article, and stop")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(stdout, "Usage: go run ./examples/quickstart [flags]")
			fs.SetOutput(stdout)
			fs.PrintDefaults()
		}
		return opt, fmt.Errorf("%w: %w", errUsage, err)
	}
	if fs.NArg() > 0 {
		return opt, fmt.Errorf("%w: argument %q: want flags only", errUsage, fs.Arg(0))
	}
	if opt.days < 1 || opt.days > maxDays {
		return opt, fmt.Errorf("%w: -days %d: want 1 to %d", errUsage, opt.days, maxDays)
	}
	if opt.wsus != "" && opt.catalog != "" {
		return opt, fmt.Errorf("%w: -wsus and -catalog: want one of them", errUsage)
	}
	if opt.ttl <= 0 {
		return opt, fmt.Errorf("%w: -ttl %v: want a positive duration, such as 24h", errUsage, opt.ttl)
	}
	return opt, nil
}

// play does what the flags ask for.
func play(ctx context.Context, opt options, stdout io.Writer) error {
	in, err := load(ctx, opt)
	if err != nil {
		return err
	}
	if in.wire != nil {
		defer in.wire.close()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if opt.explain != "" {
		return explain(ctx, in, opt, stdout)
	}
	w, err := newWorld(opt, in, stdout)
	if err != nil {
		return err
	}
	defer w.wire.close()
	w.begin()
	if err := w.live(ctx); err != nil {
		return err
	}
	return w.summary(ctx)
}
