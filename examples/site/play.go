package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/updatescan/updatescan/examples/site/internal/console"
	"github.com/updatescan/updatescan/examples/site/internal/fleet"
)

// week is a run of the program: a site, its clients and its console.
type week struct {
	opt      options
	clock    *fleet.Clock
	fleet    *fleet.Fleet
	premises *premises
	journal  console.Journal
	out      io.Writer // of progress
	over     atomic.Bool
}

// play does what the flags ask for.
func play(ctx context.Context, opt options, stdout, stderr io.Writer) (err error) {
	db, err := openDatabase(ctx, opt.pg)
	if err != nil {
		return err
	}
	//nolint:contextcheck // what is closed is closed, also when ctx has ended
	defer func() { err = errors.Join(err, db.close()) }()
	w, err := newWeek(opt, db, stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.premises.server.Close(context.WithoutCancel(ctx))) }()
	if opt.once {
		if err := w.live(ctx); err != nil {
			return err
		}
		return w.print(ctx, db, stdout)
	}
	return w.show(ctx, db, stdout)
}

// newWeek prepares a run: nothing happens yet.
func newWeek(opt options, db *database, out io.Writer) (w *week, err error) {
	w = &week{opt: opt, clock: fleet.NewClock(fleet.Begin), out: out}
	w.fleet, err = fleet.New(fleet.Config{
		Seed: opt.seed, Clients: opt.clients, Days: opt.days, Clock: w.clock,
		Outage: func(down bool) { w.premises.down.Store(down) },
		Check:  func(ctx context.Context) error { return w.premises.check(ctx) },
		Tell:   w.tell,
	})
	if err != nil {
		return nil, err
	}
	w.premises, err = newPremises(db, w.clock, w.fleet.Members(), w.journal.Observe)
	return w, err
}

// show serves the console, already while the clients live, until the end of ctx.
func (w *week) show(ctx context.Context, db *database, stdout io.Writer) (err error) {
	pages, err := console.New(console.Config{
		Reader: db, Update: w.fleet.Update, Now: w.clock.Now, Progress: w.progress, Journal: &w.journal,
	})
	if err != nil {
		return err
	}
	page, err := listen(ctx, w.opt.listen, pages)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, page.close(ctx)) }()
	fmt.Fprintf(stdout, "The console is at %s/ and fills while the clients live.\n", page.url)
	if err := w.live(ctx); err != nil {
		return err
	}
	if err := w.print(ctx, db, stdout); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "\nThe console is at %s/ until you press Ctrl-C.\n", page.url)
	select {
	case <-ctx.Done():
		return nil
	case err := <-page.ended:
		return err
	}
}

// live lets the clients live through their days.
func (w *week) live(ctx context.Context) (err error) {
	point, err := listen(ctx, "127.0.0.1:0", w.premises.handler)
	if err != nil {
		return err
	}
	// No proxy of the environment.
	h := &http.Client{Transport: new(http.Transport)}
	defer func() {
		h.CloseIdleConnections()
		err = errors.Join(err, point.close(ctx))
	}()
	if err := w.premises.register(ctx, w.fleet.Members()); err != nil {
		return err
	}
	if err := w.fleet.Connect(point.url, h); err != nil {
		return err
	}
	if err := w.fleet.Live(ctx); err != nil {
		return err
	}
	w.tell(w.clock.Now(), "the end")
	w.over.Store(true)
	return nil
}

// tell shows progress.
func (w *week) tell(at time.Time, what string) {
	fmt.Fprintf(w.out, "%s  %5d reports  %s\n", at.Format("Mon 15:04"), w.premises.reports.Load(), what)
}

// progress says why numbers are about to change; empty when the week is over.
func (w *week) progress() string {
	if w.over.Load() {
		return ""
	}
	return fmt.Sprintf("The clients live: it is %s, the end is %s. The site has %d reports.",
		w.clock.Now().Format("Mon 15:04"), w.fleet.End().Format("Mon 2 Jan, 15:04"), w.premises.reports.Load())
}

// print writes the summary.
func (w *week) print(ctx context.Context, db *database, stdout io.Writer) error {
	s, err := summarize(ctx, db, w.fleet)
	if err != nil {
		return err
	}
	if s.Agreement, err = w.fleet.Compare(ctx, db); err != nil {
		return err
	}
	if w.opt.json {
		return s.printJSON(stdout)
	}
	return s.printTable(stdout)
}
