package ops

import (
	"context"
	"fmt"
	"time"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
)

// siteRun lets the steps happen to the library's pure functions and its store in
// memory.
func (library) siteRun(in siteIn) (stepsOut, error) {
	policy, err := in.Config.policy()
	if err != nil {
		return stepsOut{}, fmt.Errorf("config: %w", err)
	}
	return in.happen(&librarySite{policy: policy, store: new(site.MemStore)})
}

// librarySite is what a site server does, without its queue. The store is one in
// memory, which does not fail unless it is to: what it returns as an error is
// passed on where there is a way, and is a panic else.
type librarySite struct {
	policy site.Policy
	store  *site.MemStore
}

// must returns the answer of the store in memory to a question without a fault.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// known returns what is known of a client.
func (s *librarySite) known(id string) site.Client {
	for _, c := range must(s.store.Clients(context.Background(), []string{id})) {
		return c
	}
	return site.Client{}
}

func (s *librarySite) commit(plans []site.Plan, kept ...site.Kept) error {
	return s.store.Commit(context.Background(), plans, kept)
}

func (s *librarySite) receive(at time.Time, r *statemsg.Report, storeFails bool) error {
	id, err := site.NormalID(r.Client.ID)
	if err != nil {
		return errSiteClient
	}
	c := s.known(id)
	rows := make(map[site.RowKey]site.Row)
	for _, row := range must(s.store.Rows(context.Background(), site.Needs(c, r))) {
		rows[row.Key()] = row
	}
	plan, err := site.Ingest(s.policy, c, r, at, func(k site.RowKey) (site.Row, bool) {
		row, ok := rows[k]
		return row, ok
	})
	if err != nil {
		return err
	}
	if storeFails { // SITE-1
		return errSiteStore
	}
	return s.commit([]site.Plan{plan})
}

func (s *librarySite) reject(at time.Time, client string) error {
	kept := site.KeepReport(client, []byte("<Report/>"), "no messages", at)
	var plans []site.Plan
	if c := s.known(kept.Client); c.Known() {
		c.Counts.BadReports++
		plans = append(plans, site.Plan{At: kept.Received, Client: c})
	}
	return s.commit(plans, kept)
}

func (s *librarySite) register(at time.Time, client string, enabled bool) error {
	id, err := site.NormalID(client)
	if err != nil {
		return errSiteClient
	}
	plan, err := site.Register(s.known(id), id, enabled, at)
	if err != nil {
		return err
	}
	return s.commit([]site.Plan{plan})
}

func (s *librarySite) check(at time.Time) ([]siteAsked, error) {
	var plans []site.Plan
	var asked []siteAsked
	since := at.Truncate(time.Second).Add(-s.policy.MinMissingAge)
	due, err := s.store.Due(context.Background(), since, "", site.MaxLimit)
	if err != nil {
		return nil, err
	}
	for _, c := range due {
		plan, ok := site.Check(s.policy, c, at)
		if ok {
			plans = append(plans, plan)
			asked = append(asked, siteAsked{plan.Client.ID, plan.Client.Resync.Number})
		}
	}
	if len(plans) == 0 {
		return nil, nil
	}
	return asked, s.commit(plans)
}

// restart fills a new store with the clients as they are read from their stored
// form, with the rows and with what is kept.
func (s *librarySite) restart() error {
	var plans []site.Plan
	asOf := s.asOf(time.Time{})
	for _, f := range s.found("") {
		data, err := f.Client.AppendBinary(nil)
		if err != nil {
			return err
		}
		c, err := site.DecodeClient(data)
		if err != nil {
			return err
		}
		for _, row := range s.rows(c.ID) {
			plans = append(plans, site.Plan{
				At: row.Received, Client: site.Client{ID: c.ID, Life: row.Life}, Put: []statemsg.Message{row.Message},
			})
		}
		plans = append(plans, site.Plan{At: asOf, Client: c})
	}
	kept, _ := s.kept()
	s.store = new(site.MemStore)
	return s.commit(plans, kept...)
}

// found is what there is of all clients, about an update if one is named.
func (s *librarySite) found(update string) []site.Facts {
	return must(s.store.Search(context.Background(), site.ClientQuery{Update: update, Limit: site.MaxLimit})).Clients
}

func (s *librarySite) client(id string) (site.Client, bool) {
	id, err := site.NormalID(id)
	if err != nil {
		return site.Client{}, false
	}
	c := s.known(id)
	return c, c.Known()
}

func (s *librarySite) clients() int { return len(s.found("")) }

func (s *librarySite) rows(id string) []site.Row {
	id, err := site.NormalID(id)
	if err != nil {
		return nil
	}
	return must(s.store.States(context.Background(), site.StateQuery{Client: id, Limit: site.MaxLimit})).Rows
}

func (s *librarySite) states(update string) []siteState {
	var list []siteState
	for _, f := range s.found(update) {
		list = append(list, stateFor(f.Client.ID, f.State(), f.Why()))
	}
	return list
}

func (s *librarySite) summaries(updates []string) []siteSummary {
	answer := must(s.store.Summaries(context.Background(), site.SummaryQuery{Updates: updates, Limit: site.MaxLimit}))
	var list []siteSummary
	for _, u := range answer.Updates {
		list = append(list, siteSummary{u.Update, summaryOf(u.Summary)})
	}
	return list
}

func (s *librarySite) kept() (list []site.Kept, total int) {
	page := must(s.store.Inspect(context.Background(), site.KeptQuery{Limit: site.MaxLimit}))
	for i := len(page.Kept) - 1; i >= 0; i-- {
		list = append(list, page.Kept[i].Kept)
	}
	return list, int(page.Total)
}

func (s *librarySite) asOf(time.Time) time.Time {
	return must(s.store.Inspect(context.Background(), site.KeptQuery{Limit: 1})).AsOf
}
