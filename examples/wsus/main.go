// Wsus serves a folder or an archive of update metadata as an update server
// does, over MS-WUSP, and shows which client synced what.
//
// Usage:
//
//	go run ./examples/wsus -catalog X [flags]
//
//	-catalog X       folder or .zip with *.sdp packages and *.xml update documents
//	-listen ADDRESS  where to listen, port 0 for any free one (127.0.0.1:8530)
//	-install         approve every update for installation; otherwise clients
//	                 evaluate and report, and are offered nothing
//	-register        make clients register before they sync
//
// Packages become updates as Microsoft's own stylesheet makes them, with the
// categories that they need. Files that are no update metadata are named on
// the standard error and passed over. No content is served: the server is for
// scans, not for installations.
//
// One line on the standard output stands for each call of a client: which
// operation, who, and what was in the answer. The program runs until it is
// interrupted, and then lets the calls under way finish.
//
// The exit code is 0 after an interrupt; or 1 when the catalogue could not be
// read or the address not be used; or 2, after one line on the standard
// error, for bad flags.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// Time-outs of the server, and how long it waits for calls at the end.
const (
	readTimeout  = time.Minute
	writeTimeout = 5 * time.Minute
	idleTimeout  = 2 * time.Minute
	lastTimeout  = 10 * time.Second
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program; it returns its exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("wsus", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	catalog := flags.String("catalog", "", "")
	listen := flags.String("listen", "127.0.0.1:8530", "")
	install := flags.Bool("install", false, "")
	register := flags.Bool("register", false, "")
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(stdout, "usage: wsus -catalog FOLDER|ZIP [-listen ADDRESS] [-install] [-register]")
		return 0
	}
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if err == nil && *catalog == "" {
		err = errors.New("-catalog is needed")
	}
	if err != nil {
		fmt.Fprintln(stderr, "wsus:", err)
		return 2
	}
	if err := serve(ctx, *catalog, *listen, *install, *register, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "wsus:", err)
		return 1
	}
	return 0
}

// serve reads the catalogue and answers until the context ends.
func serve(ctx context.Context, catalog, listen string, install, register bool, stdout, stderr io.Writer) error {
	store := wusp.NewStore(nil)
	loaded, err := load(store, catalog)
	if err != nil {
		return err
	}
	for _, skipped := range loaded.skipped {
		fmt.Fprintln(stderr, "wsus: passed over:", skipped)
	}
	if install {
		for _, id := range loaded.software {
			if err := store.Approve(wusp.AllComputers, id, wusp.Approval{Action: wsus.ActionInstall}); err != nil {
				return err
			}
		}
	}
	var out log
	out.w = stdout
	server, err := wusp.NewServer(wusp.ServerConfig{Store: store, RequireRegistration: register, Observe: out.call})
	if err != nil {
		return err
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", listen)
	if err != nil {
		return err
	}
	out.printf("%d files read, %d updates and categories published\n", loaded.files, store.Len())
	if n := len(store.Unreachable()); n > 0 {
		out.printf("%d of them need an update that is not in the catalogue, and are not sent\n", n)
	}
	out.printf("listening on http://%s\n", listener.Addr())
	web := &http.Server{
		Handler: server, ReadHeaderTimeout: readTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
	}
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastTimeout)
	defer cancel()
	err = web.Shutdown(last)
	out.printf("stopped\n")
	return err
}

// log writes lines, one at a time.
type log struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *log) printf(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.w, format, args...)
}

// call writes the line of a call.
func (l *log) call(c wusp.Call) {
	who := c.DNSName
	if who == "" {
		who = "-"
	}
	name := c.Operation.Name()
	if name == "" {
		name = "(no operation)"
	}
	what := fmt.Sprintf("%d bytes", c.AnswerBytes)
	if c.Fault != nil {
		what = c.Fault.Error()
	} else if c.Operation == wusp.OpSyncUpdates {
		what = fmt.Sprintf("%d new, %d changed, %d out of scope", c.New, c.Changed, c.OutOfScope)
		if c.Truncated {
			what += ", more to come"
		}
	} else if c.Operation == wusp.OpGetExtendedUpdateInfo {
		what = fmt.Sprintf("%d updates", c.New)
	} else if c.Operation == wusp.OpReportEventBatch {
		what = fmt.Sprintf("%d events", c.Events)
	}
	// What a client says of itself is quoted: it might hold anything.
	l.printf("%-24s %-32.64q %s\n", name, who, what)
}
