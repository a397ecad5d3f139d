package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/updatescan/updatescan/examples/internal/siteload"
	"github.com/updatescan/updatescan/examples/internal/sqltest"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site/sqlstore"
)

// sizes are how large the groups of the site are.
type sizes struct {
	clients int // whose reports are taken in
	rows    int // in the database that takes deltas
}

const (
	// siteMessages is how many messages a full report has, and siteReports how many
	// of them are in a transaction.
	siteMessages, siteReports = 160, 100
	// deltaUpdates is how many updates the large database has, deltaChanged of which
	// have changed, and deltaReports how many reports are in a transaction.
	deltaUpdates, deltaChanged, deltaReports = 1000, 10, 500
	// siteRounds is how often what takes a second is measured.
	siteRounds = 3
)

// siteGroups are the site's, the management point's and the agent's.
func siteGroups(size sizes) []group {
	var groups []group
	for d := range sqlstore.Dialects() {
		groups = append(groups, ingestGroup(d, size.clients, true), ingestGroup(d, size.clients, false), deltaGroup(d, size.rows))
	}
	return append(groups, pointGroup(size.clients), agentGroup(), coreGroup(size.clients))
}

// absent says why a dialect cannot be measured.
func absent(d sqlstore.Dialect) string {
	if d == sqlstore.PostgreSQL && os.Getenv(sqltest.Env) == "" {
		return sqltest.Env + " names no PostgreSQL server"
	}
	return ""
}

// pair is a site's database and that of the bare upsert.
type pair struct {
	ctx     context.Context //nolint:containedctx // A benchmark's entries share it.
	dialect sqlstore.Dialect
	site    siteload.Medium
	other   siteload.Medium
	store   *sqlstore.Store
	bare    *siteload.Bare
	done    []func()

	ours, theirs int // rounds so far
}

// open makes both databases, with so many clients that have so many updates.
func (p *pair) open(clients, updates int) (err error) {
	if p.site, err = siteload.NewMedium(p.ctx, p.dialect); err != nil {
		return err
	}
	p.done = append(p.done, func() { _ = p.site.Drop(p.ctx) })
	if p.other, err = siteload.NewMedium(p.ctx, p.dialect); err != nil {
		return err
	}
	p.done = append(p.done, func() { _ = p.other.Drop(p.ctx) })
	if p.bare, err = siteload.NewBare(p.ctx, p.other); err != nil {
		return err
	}
	p.done = append(p.done, p.bare.Close)
	if clients > 0 {
		if err := siteload.FillBare(p.ctx, p.other, clients, updates); err != nil {
			return err
		}
		if err := siteload.FillSite(p.ctx, p.site, clients, updates); err != nil {
			return err
		}
	}
	store, done, err := p.site.Open(p.ctx)
	if err != nil {
		return err
	}
	p.store = store
	p.done = append(p.done, done)
	return nil
}

// shut closes and removes both.
func (p *pair) shut() {
	for _, f := range slices.Backward(p.done) {
		f()
	}
	p.done = nil
}

// takeIn lets a new site take in reports, so many a transaction.
func (p *pair) takeIn(reports [][]byte, group, messages int) error {
	server, err := siteload.Server(p.store, group, messages)
	if err != nil {
		return err
	}
	return errors.Join(siteload.TakeIn(p.ctx, server, reports, 3*group), server.Close(p.ctx))
}

// upsert writes the rows of so many reports, so many a transaction.
func (p *pair) upsert(reports, group, messages int, row func(report, i int) siteload.Row) error {
	for from := 0; from < reports; from += group {
		n := min(group, reports-from) * messages
		if err := p.bare.Upsert(p.ctx, n, func(i int) siteload.Row { return row(from+i/messages, i%messages) }); err != nil {
			return err
		}
	}
	return nil
}

// agree says in what the two databases differ. When a site has received a message is
// its own affair.
func (p *pair) agree(want int) error {
	ours, err := p.site.Rows(p.ctx)
	if err != nil {
		return err
	}
	theirs, err := p.bare.Rows(p.ctx)
	if err != nil {
		return err
	}
	if len(ours) != want || len(theirs) != want {
		return fmt.Errorf("the site has %d rows, the bare upsert %d, want %d", len(ours), len(theirs), want)
	}
	for i := range ours {
		ours[i][6] = theirs[i][6]
		if ours[i] != theirs[i] {
			return fmt.Errorf("row %d of the site is %v, of the bare upsert %v", i, ours[i], theirs[i])
		}
	}
	return nil
}

// wire is a report in its wire form.
func wire(r *statemsg.Report) ([]byte, error) { return statemsg.AppendReport(nil, r) }

// full are the reports of so many clients in a round.
func full(from, clients, round int) ([][]byte, error) {
	reports := make([][]byte, clients)
	for c := range reports {
		var err error
		if reports[c], err = wire(siteload.Full(from+c, round, siteMessages)); err != nil {
			return nil, err
		}
	}
	return reports, nil
}

// takeFull and upsertFull do one round each: with anew of clients that are new, else
// of the same clients.
func (p *pair) takeFull(clients int, anew bool, pause, goOn func()) error {
	pause()
	from, round := who(p.ours, clients, anew)
	reports, err := full(from, clients, round)
	p.ours++
	goOn()
	if err != nil {
		return err
	}
	return p.takeIn(reports, siteReports, siteMessages)
}

func (p *pair) upsertFull(clients int, anew bool) error {
	from, round := who(p.theirs, clients, anew)
	p.theirs++
	return p.upsert(clients, siteReports, siteMessages, func(c, i int) siteload.Row {
		return siteload.FullRow(from+c, round, siteMessages, i)
	})
}

// who says whose report of which round it is.
func who(done, clients int, anew bool) (from, round int) {
	if anew {
		return done * clients, 0
	}
	return 0, done
}

// ingestGroup compares taking reports in with writing their rows.
func ingestGroup(d sqlstore.Dialect, clients int, anew bool) group {
	p := &pair{ctx: context.Background(), dialect: d}
	kind := "reports again, every state changed"
	if anew {
		kind = "first reports"
	}
	peer, least := "a bare upsert of 100 rows a statement", 120_000.0
	if d == sqlstore.PostgreSQL {
		peer, least = "a bare upsert from unnest", 80_000
	}
	return group{
		name: fmt.Sprintf("site: ingest into %s, %s of %d clients, %d messages each", d, kind, clients, siteMessages), unit: "ns a message",
		note:   fmt.Sprintf("ours decodes XML and does all that a site must; the peer has numbers; both %d reports a synced transaction", siteReports),
		rounds: siteRounds, skip: absent(d), shut: p.shut,
		check: func() error { return checkPair(d) },
		open: func() error {
			if err := p.open(0, 0); err != nil || anew {
				return err
			}
			nothing := func() {}
			return errors.Join(p.takeFull(clients, false, nothing, nothing), p.upsertFull(clients, false))
		},
		entries: []entry{
			{name: "statemsg.DecodeReport, site.Server, sqlstore", ours: true, per: clients * siteMessages, run: func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					fail(b, p.takeFull(clients, anew, b.StopTimer, b.StartTimer))
				}
			}},
			{name: peer, per: clients * siteMessages, run: func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					fail(b, p.upsertFull(clients, anew))
				}
			}},
		},
		goals: []goal{{what: "messages taken in", unit: "a second", perSecond: true, peer: 1, leastShare: 0.6, least: least}},
	}
}

// deltas are the next week's reports of clients in random order, and their rows.
func deltas(clients, week int) (reports [][]byte, rows []siteload.Row, err error) {
	random := rand.New(rand.NewPCG(uint64(week), 1))
	for _, c := range random.Perm(clients) {
		r, changed := siteload.Delta(c, week, deltaUpdates, deltaChanged, random)
		data, err := wire(r)
		if err != nil {
			return nil, nil, err
		}
		reports, rows = append(reports, data), append(rows, changed...)
	}
	return reports, rows, nil
}

// takeDelta and upsertDelta do one week each.
func (p *pair) takeDelta(clients int, pause, goOn func()) error {
	pause()
	p.ours++
	reports, _, err := deltas(clients, p.ours)
	goOn()
	if err != nil {
		return err
	}
	return p.takeIn(reports, deltaReports, deltaChanged)
}

func (p *pair) upsertDelta(clients int, pause, goOn func()) error {
	pause()
	p.theirs++
	_, rows, err := deltas(clients, p.theirs)
	goOn()
	if err != nil {
		return err
	}
	return p.upsert(clients, deltaReports, deltaChanged, func(c, i int) siteload.Row { return rows[c*deltaChanged+i] })
}

// deltaGroup compares taking in what changes in a week with writing its rows.
func deltaGroup(d sqlstore.Dialect, rows int) group {
	p := &pair{ctx: context.Background(), dialect: d}
	clients := rows / deltaUpdates
	return group{
		name: fmt.Sprintf("site: weekly delta of %d states a client, %s, %s rows", deltaChanged, d, thousands(float64(clients*deltaUpdates), 0)), unit: "ns a client",
		note: fmt.Sprintf("%d clients a synced transaction, in random order; the target is meant for 10,000,000 rows (-rows)", deltaReports),
		// Filling the database is most of the time.
		rounds: siteRounds, skip: absent(d), shut: p.shut,
		check: func() error { return checkPair(d) },
		open:  func() error { return p.open(clients, deltaUpdates) },
		entries: []entry{
			{name: "statemsg.DecodeReport, site.Server, sqlstore", ours: true, per: clients, run: func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					fail(b, p.takeDelta(clients, b.StopTimer, b.StartTimer))
				}
			}},
			{name: "a bare upsert of the same rows", per: clients, run: func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					fail(b, p.upsertDelta(clients, b.StopTimer, b.StartTimer))
				}
			}},
		},
		goals: []goal{{what: "clients taken in", unit: "a second", perSecond: true, peer: 1, least: 3000}},
	}
}

// checkPair lets a site and the bare upsert write the same, and compares.
func checkPair(d sqlstore.Dialect) error {
	nothing := func() {}
	for _, filled := range []bool{false, true} {
		p := &pair{ctx: context.Background(), dialect: d}
		defer p.shut()
		const clients = 3
		var err error
		updates := siteMessages
		if filled {
			updates = deltaUpdates
			err = p.open(clients, updates)
		} else {
			err = p.open(0, 0)
		}
		for range 2 {
			if err != nil {
				return err
			}
			if filled {
				err = errors.Join(p.takeDelta(clients, nothing, nothing), p.upsertDelta(clients, nothing, nothing))
			} else {
				err = errors.Join(p.takeFull(clients, false, nothing, nothing), p.upsertFull(clients, false))
			}
		}
		if err == nil {
			err = p.agree(clients * updates)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
