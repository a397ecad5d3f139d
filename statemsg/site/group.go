package site

import (
	"context"
	"fmt"
	"time"

	"github.com/updatescan/updatescan/statemsg"
)

// group is the work on jobs that share one commit.
type group struct {
	s       *Server
	now     time.Time
	clients map[string]*member
	rows    map[RowKey]*Row // that were read; nil = there is none
	plans   []Plan
	kept    []Kept
	failed  error // of a read in the middle of a plan
}

// member is a client in a group.
type member struct {
	c      Client // after the plans so far
	plans  []int  // those of the client
	folded int    // how many of them are in rows
	rows   map[RowKey]Row
	below  Mark // rows of the store before it are removed
}

// carryOut works on a group and answers all of it. If the group fails its calls are
// carried out again one by one, in their order, so that one which the store cannot
// take does not take others with it; all of it within one StoreTimeout.
func (s *Server) carryOut(ctx context.Context, jobs []*job) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	err := s.attempt(ctx, jobs)
	if err == nil {
		return
	}
	if len(jobs) == 1 || ctx.Err() != nil {
		s.fail(jobs, err)
		return
	}
	s.log.Warn("site: a group was not stored, its calls are tried one by one", "calls", len(jobs), "error", err)
	for i := range jobs {
		if err = s.attempt(ctx, jobs[i:i+1]); err == nil {
			continue
		}
		s.fail(jobs[i:i+1], err)
		rest := jobs[i+1:]
		if len(rest) == 0 {
			return
		}
		if err = s.reach(ctx); err != nil {
			s.fail(rest, err)
			return
		}
	}
}

// reach asks the store for nothing, to tell one that is down from one that cannot
// take a report.
func (s *Server) reach(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: panic: %v", ErrStore, p)
		}
	}()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", ErrStore, err)
	}
	if _, err := s.store.Clients(ctx, nil); err != nil {
		return fmt.Errorf("%w: %w", ErrStore, err)
	}
	return nil
}

// attempt works on a group with one commit and answers all of it, or returns an
// ErrStore and answers nothing. Then what was remembered of the clients is dropped:
// the store knows better.
func (s *Server) attempt(ctx context.Context, jobs []*job) (err error) {
	g := &group{s: s, now: seconds(s.clock.Now()), clients: make(map[string]*member), rows: make(map[RowKey]*Row)}
	committed := false
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("site: panic", "panic", p)
			if !committed {
				err = fmt.Errorf("%w: panic: %v", ErrStore, p)
			}
		}
		if err != nil {
			for id := range g.clients {
				s.cache.drop(id)
			}
		}
	}()
	if jobs[0].check {
		err = g.check(ctx, jobs[0])
	} else if jobs[0].forget {
		err = g.forget(ctx, jobs[0])
	} else {
		err = g.all(ctx, jobs)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrStore, err)
	}
	committed = true
	for _, m := range g.clients {
		if len(m.plans) > 0 {
			s.cache.put(&m.c)
		}
	}
	for _, j := range jobs {
		j.reply(outcome{})
	}
	if s.observe != nil {
		for i := range g.plans {
			s.observe(&g.plans[i])
		}
	}
	return nil
}

// fail answers what was not stored with the error.
func (s *Server) fail(jobs []*job, err error) {
	for _, j := range jobs {
		j.reply(outcome{err: err})
	}
	s.log.Error("site: not stored", "calls", len(jobs), "client", jobs[0].id, "error", err)
}

// reply answers a job, once.
func (j *job) reply(out outcome) {
	if j.answered {
		return
	}
	j.answered = true
	j.answer <- out
}

// all plans the jobs of a group in their order and commits the plans.
func (g *group) all(ctx context.Context, jobs []*job) error {
	if err := g.load(ctx, jobs); err != nil {
		return err
	}
	outs := make([]outcome, len(jobs))
	for i, j := range jobs {
		outs[i] = g.plan(ctx, j)
		if g.failed != nil {
			return g.failed
		}
	}
	if len(g.plans) > 0 || len(g.kept) > 0 {
		if err := g.s.store.Commit(ctx, g.plans, g.kept); err != nil { // SITE-1
			return err
		}
	}
	for i, j := range jobs {
		j.reply(outs[i])
	}
	return nil
}

// load reads the clients of the jobs and the rows that their reports need.
func (g *group) load(ctx context.Context, jobs []*job) error {
	var ids []string
	for _, j := range jobs {
		if j.id == "" || g.clients[j.id] != nil {
			continue
		}
		m := new(member)
		g.clients[j.id] = m
		var ok bool
		if m.c, ok = g.s.cache.get(j.id); !ok {
			ids = append(ids, j.id)
		}
	}
	if len(ids) > 0 {
		clients, err := g.s.store.Clients(ctx, ids)
		if err != nil {
			return err
		}
		for i := range clients {
			if m := g.clients[clients[i].ID]; m != nil {
				m.c = clients[i]
			}
		}
	}
	var keys []RowKey
	for _, j := range jobs {
		if j.report != nil {
			keys = append(keys, Needs(g.clients[j.id].c, j.report)...)
		}
	}
	return g.read(ctx, keys)
}

// read reads rows that were not read yet.
func (g *group) read(ctx context.Context, keys []RowKey) error {
	unread := keys[:0]
	for _, k := range keys {
		if _, ok := g.rows[k]; !ok {
			g.rows[k] = nil
			unread = append(unread, k)
		}
	}
	if len(unread) == 0 {
		return nil
	}
	rows, err := g.s.store.Rows(ctx, unread)
	if err != nil {
		return err
	}
	for i := range rows {
		g.rows[rows[i].Key()] = &rows[i]
	}
	return nil
}

// plan plans one job and returns its answer.
func (g *group) plan(ctx context.Context, j *job) outcome {
	m := g.clients[j.id]
	if j.kept != nil { // SITE-7
		g.kept = append(g.kept, *j.kept)
		if m != nil && m.c.Known() {
			c := m.c
			c.Counts.BadReports++
			g.add(m, Plan{At: g.now, Client: c})
		}
		return outcome{}
	}
	if j.register {
		p, err := Register(m.c, j.id, j.enabled, g.now)
		if err != nil {
			return outcome{err: err}
		}
		g.add(m, p)
		return outcome{}
	}
	p, err := Ingest(g.s.policy, m.c, j.report, g.now, func(k RowKey) (Row, bool) { return g.look(ctx, m, k) })
	if err != nil {
		return outcome{err: err}
	}
	g.add(m, p)
	return outcome{resync: p.Client.Asks()}
}

// add makes a plan one of the group's.
func (g *group) add(m *member, p Plan) {
	m.c = p.Client
	m.plans = append(m.plans, len(g.plans))
	g.plans = append(g.plans, p)
}

// look returns a row as it is after the plans of the client so far.
func (g *group) look(ctx context.Context, m *member, k RowKey) (Row, bool) {
	for _, n := range m.plans[m.folded:] {
		m.fold(&g.plans[n])
	}
	m.folded = len(m.plans)
	if row, ok := m.rows[k]; ok {
		return row, true
	}
	if _, ok := g.rows[k]; !ok && g.failed == nil {
		// It was not foreseen when the group was loaded.
		g.failed = g.read(ctx, []RowKey{k})
	}
	row := g.rows[k]
	if row == nil || row.Mark().Compare(m.below) < 0 {
		return Row{}, false
	}
	return *row, true
}

// fold adds what a plan does to the client's rows.
func (m *member) fold(p *Plan) {
	if m.rows == nil {
		m.rows = make(map[RowKey]Row, len(p.Put))
	}
	for i := range p.Put {
		row := p.Row(i)
		m.rows[row.Key()] = row
	}
	if p.RemoveBelow == (Mark{}) {
		return
	}
	for k, row := range m.rows {
		if row.Mark().Compare(p.RemoveBelow) < 0 {
			delete(m.rows, k)
		}
	}
	if m.below.Compare(p.RemoveBelow) < 0 {
		m.below = p.RemoveBelow
	}
}

// checkPage is how many clients a check looks at before others have their turn.
const checkPage = 500

// check looks at the next clients that may be due for a resync (SITE-4).
func (g *group) check(ctx context.Context, j *job) error {
	clients, err := g.s.store.Due(ctx, g.now.Add(-g.s.policy.MinMissingAge), j.after, checkPage)
	if err != nil {
		return err
	}
	out := outcome{}
	for i := range clients {
		c := clients[i]
		m := &member{c: c}
		g.clients[c.ID] = m
		p, ok := Check(g.s.policy, c, g.now)
		if ok {
			out.asked++
			g.add(m, p)
		}
	}
	if len(clients) == checkPage {
		out.after = clients[len(clients)-1].ID
	}
	if len(g.plans) > 0 {
		if err := g.s.store.Commit(ctx, g.plans, nil); err != nil {
			return err
		}
	}
	j.reply(out)
	return nil
}

// forget makes the store forget a client.
func (g *group) forget(ctx context.Context, j *job) error {
	g.s.cache.drop(j.id)
	known, err := g.s.store.(Forgetter).Forget(ctx, j.id, g.now)
	if err != nil {
		return err
	}
	j.reply(outcome{known: known})
	return nil
}

// Transport returns a way for one client to send reports to the server in the same
// process: a [statemsg.Transport] that is a [statemsg.Resyncer].
func (s *Server) Transport() *Transport { return &Transport{server: s} }

// Transport is a client's way to a [Server] in the same process. Of each client it
// has its own.
type Transport struct {
	server *Server
	resync uint64
}

// Send gives the server a copy of the report.
func (t *Transport) Send(ctx context.Context, r *statemsg.Report) error {
	t.resync = 0
	own := r.Clone()
	resync, err := t.server.Receive(ctx, &own)
	if err != nil {
		return err
	}
	t.resync = resync
	return nil
}

// Resync returns the number of the resync asked for in the last answer.
func (t *Transport) Resync() uint64 { return t.resync }
