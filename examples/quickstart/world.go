package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/folder"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
)

// monday is when the virtual time begins.
var monday = time.Date(2008, 6, 2, 8, 0, 0, 0, time.UTC)

// updateSource identifies the catalogue of the software update point.
var updateSource = compliance.UpdateID{0xC2, 0x00, 0x20, 0x08, 0x06, 0x02, 0x40, 0x00, 0x80, 0, 0, 0, 0, 0, 0, 1}

// world is the client, what surrounds it, and the virtual time.
type world struct {
	opt     options
	in      *input
	clock   *clock.Mock
	agent   *scan.Agent
	wire    *wire
	network network
	machine *machine
	print   *printer
	// deployed is the update that is deployed, if there is one.
	deployed []compliance.UpdateID
	last     scan.Result // the last scan that completed
}

// network is the way to the management point: up or down.
type network struct {
	mu   sync.Mutex
	down bool
	to   statemsg.Transport
	sent int // reports that were acknowledged
}

// Send implements statemsg.Transport.
func (n *network) Send(ctx context.Context, r *statemsg.Report) error {
	n.mu.Lock()
	down := n.down
	n.mu.Unlock()
	if down {
		return &wsus.Error{Op: "send", Code: wsus.CodeCannotConnect}
	}
	err := n.to.Send(ctx, r)
	if err == nil {
		n.mu.Lock()
		n.sent++
		n.mu.Unlock()
	}
	return err
}

// machine is the computer: its facts, and what has been installed that the
// facts do not tell.
type machine struct {
	programs applicability.Programs
	doc      *applicability.Document
	marked   map[compliance.UpdateID]bool
}

// Evaluate implements wsus.Evaluator.
func (m *machine) Evaluate(ctx context.Context, c *wsus.Catalog) (wsus.Evaluation, error) {
	ev, err := applicability.New(applicability.Config{Facts: m.doc.Facts(), Programs: &m.programs})
	if err != nil {
		return wsus.Evaluation{}, err
	}
	res, err := ev.Evaluate(ctx, c)
	if err != nil || len(m.marked) == 0 {
		return res, err
	}
	var records []compliance.Record
	for rec := range res.Snapshot.All() {
		if m.marked[rec.ID] {
			rec.State = compliance.Installed
		}
		records = append(records, rec)
	}
	res.Snapshot, err = compliance.NewSnapshot(res.Snapshot, records)
	return res, err
}

// newWorld puts the client into its surroundings. Nothing is written before
// everything has been checked.
func newWorld(opt options, in *input, stdout io.Writer) (*world, error) {
	w := &world{
		opt: opt, in: in, clock: clock.NewMock(), wire: in.wire,
		machine: &machine{doc: in.machine, marked: make(map[compliance.UpdateID]bool)},
	}
	w.clock.Set(monday)
	if w.wire == nil {
		var err error
		if w.wire, err = serve(in, w.clock); err != nil {
			return nil, err
		}
	}
	w.print = newPrinter(stdout, opt.json, w)
	w.network.to = new(statemsg.MemTransport)
	agent, err := scan.New(scan.Config{
		Machine: scan.MachineConfig{
			TTL:          ttl.Policy{TTL: opt.ttl},
			UpdateSource: updateSource,
			SiteCode:     "PS1",
			Rand:         rand.NewPCG(opt.seed, 0),
			// Shorter than the default of 7 days, so that a week shows it.
			ScanSchedule: scan.Schedule{Interval: 15 * time.Hour},
			Reevaluation: scan.Schedule{Interval: 5 * 24 * time.Hour},
		},
		Client:    newClient(in.machine),
		Locator:   w.wire,
		Source:    w.wire,
		Evaluator: w.machine,
		Transport: &w.network,
		Clock:     w.clock,
		Observer:  w.print,
	})
	if err != nil {
		w.wire.close()
		return nil, err
	}
	w.agent = agent
	if opt.reports == "" {
		return w, nil
	}
	if w.network.to, err = newFolder(opt.reports); err != nil {
		w.wire.close()
		return nil, fmt.Errorf("%w: -reports: %w", errUsage, err)
	}
	return w, nil
}

// newFolder makes the folder for the reports. One with something in it is
// refused: reports of two runs would not fit together.
func newFolder(name string) (*folder.Transport, error) {
	entries, err := os.ReadDir(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if len(entries) > 0 {
		return nil, fmt.Errorf("%s: there is something in it, such as %s: want a new or empty folder", name, entries[0].Name())
	}
	if err := os.MkdirAll(name, 0o755); err != nil {
		return nil, err
	}
	return folder.New(name)
}

// newClient is who the client says it is.
func newClient(d *applicability.Document) statemsg.Client {
	return statemsg.Client{
		ID: "GUID:4F6C2B1A-0042-4D7E-9C55-2008060200AA", Version: "4.00.6221.1000",
		NetBIOSName: clientName(d), CodePage: 437, LCID: 1033,
	}
}

// clientName is the name of the machine document.
func clientName(d *applicability.Document) string {
	if d.Name() == "" {
		return "DESK-0001"
	}
	return d.Name()
}

// until lets the virtual time pass.
func (w *world) until(ctx context.Context, t time.Time) error {
	for {
		next, ok, err := w.agent.Tick(ctx)
		if err != nil {
			return err
		}
		if !ok || next.After(t) {
			break
		}
		if next.After(w.clock.Now()) {
			w.clock.Set(next.UTC())
		}
	}
	w.clock.Set(t)
	_, _, err := w.agent.Tick(ctx)
	return err
}

// install changes the machine as the installation of an update would. For
// updates of the sample the files themselves are replaced; others are marked,
// because what their installers do is not known.
func (w *world) install(id compliance.UpdateID) error {
	doc := w.machine.doc.Clone()
	u, ok := w.wire.find(id)
	if !ok || !w.in.sample || !slices.Contains(u.KBArticles, "990103") {
		w.machine.marked[id] = true
		return nil
	}
	version, err := applicability.ParseVersion("6.0.6001.18120")
	if err != nil {
		return err
	}
	if err := doc.SetFile(`C:\Windows\System32\ntoskrnl.exe`, applicability.NewFile(version, w.clock.Now())); err != nil {
		return err
	}
	w.machine.doc = doc
	return w.wire.changed(doc)
}

// target picks the update that is deployed: one that needs a restart, or else
// the first that is Required; none if none is.
func (w *world) target(baseline *compliance.Snapshot) []compliance.UpdateID {
	var first []compliance.UpdateID
	for rec := range baseline.All() {
		if rec.State != compliance.Required {
			continue
		}
		if w.reboot(rec.ID) == "AlwaysRequiresReboot" {
			return []compliance.UpdateID{rec.ID}
		}
		if first == nil {
			first = []compliance.UpdateID{rec.ID}
		}
	}
	return first
}

// reboot is the reboot behaviour of an update, as its metadata says.
func (w *world) reboot(id compliance.UpdateID) string {
	if u, ok := w.wire.find(id); ok {
		return u.RebootBehavior
	}
	return ""
}
