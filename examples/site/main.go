// Site lets a site of simulated clients live through a virtual week, and shows what
// the site knows of them on a console page.
//
// It starts, in one process, a management point over HTTP on the loopback (package
// mp), a site server (package site) on a SQLite database (package sqlstore) and
// agents of the package scan. There are deadlines with and without restart, an
// outage of the software update point and one of the database, reports that are
// lost, damaged or answered in vain, a client that is restored from an old backup,
// some that are switched off or cannot be scanned, and an update that is declined.
// The console says of every update on every client what its state is and, where
// that is not known, why.
//
// Usage:
//
//	go run ./examples/site [flags]
//
//	-listen ADDRESS  where the console page is, port 0 for any free one (127.0.0.1:8080)
//	-pg DSN          use the PostgreSQL database with this DSN, which must be empty
//	-clients N       simulated clients, 20 to 1000 (50)
//	-days N          virtual days to live through, 1 to 366 (7)
//	-seed N          seed of everything random (42)
//	-once            print the summary at the end as a table, and exit
//	-json            the same as JSON
//
// The clients' memories are in the process, the SQLite database in a temporary
// folder; both are gone at the end. The same seed gives the same summary. Nothing
// but the loopback is used, unless -listen or -pg says so; the page has no log-in,
// so leave it there.
//
// The exit code is 0, also after an interrupt while the page is shown; or 1 when the
// run failed or was interrupted before; or 2, after one line on the standard error,
// for bad flags.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strings"

	"github.com/updatescan/updatescan/examples/site/internal/fleet"
)

// options are the program's flags.
type options struct {
	listen  string
	pg      string
	clients int
	days    int
	seed    uint64
	once    bool
	json    bool
}

// errUsage is a fault of the command line.
var errUsage = errors.New("usage")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second interrupt ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program. It returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	opt, err := parse(args, stdout)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err == nil {
		err = play(ctx, opt, stdout, stderr)
	}
	if err == nil {
		return 0
	}
	if errors.Is(err, errUsage) {
		fmt.Fprintf(stderr, "site: %s\n", strings.TrimPrefix(err.Error(), errUsage.Error()+": "))
		return 2
	}
	if ctx.Err() != nil {
		fmt.Fprintln(stderr, "site: interrupted")
	} else {
		fmt.Fprintf(stderr, "site: %v\n", err)
	}
	return 1
}

// parse reads the flags.
func parse(args []string, stdout io.Writer) (options, error) {
	var opt options
	fs := flag.NewFlagSet("site", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVar(&opt.listen, "listen", "127.0.0.1:8080", "`ADDRESS` of the console page, port 0 for any free one")
	fs.StringVar(&opt.pg, "pg", "", "use the PostgreSQL database with this `DSN`, which must be empty")
	fs.IntVar(&opt.clients, "clients", 50, fmt.Sprintf("simulated clients `N`, %d to %d", fleet.MinClients, fleet.MaxClients))
	fs.IntVar(&opt.days, "days", 7, fmt.Sprintf("virtual days `N` to live through, 1 to %d", fleet.MaxDays))
	fs.Uint64Var(&opt.seed, "seed", 42, "seed `N` of everything random")
	fs.BoolVar(&opt.once, "once", false, "print the summary at the end as a table, and exit")
	fs.BoolVar(&opt.json, "json", false, "print the summary at the end as JSON, and exit")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(stdout, "Usage: go run ./examples/site [flags]")
			fs.SetOutput(stdout)
			fs.PrintDefaults()
		}
		return opt, fmt.Errorf("%w: %w", errUsage, err)
	}
	if fs.NArg() > 0 {
		return opt, fmt.Errorf("%w: argument %q: want flags only", errUsage, fs.Arg(0))
	}
	if opt.clients < fleet.MinClients || opt.clients > fleet.MaxClients {
		return opt, fmt.Errorf("%w: -clients %d: want %d to %d", errUsage, opt.clients, fleet.MinClients, fleet.MaxClients)
	}
	if opt.days < 1 || opt.days > fleet.MaxDays {
		return opt, fmt.Errorf("%w: -days %d: want 1 to %d", errUsage, opt.days, fleet.MaxDays)
	}
	if _, _, err := net.SplitHostPort(opt.listen); err != nil {
		return opt, fmt.Errorf("%w: -listen %q: want host:port, such as 127.0.0.1:8080", errUsage, opt.listen)
	}
	opt.once = opt.once || opt.json
	return opt, nil
}
