package sitetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
)

func storeKept(ctx context.Context, s Keeper) error {
	p := plan(1, plain(1))
	p.Bad = []site.Kept{{Client: AgentID(1), Received: at(1), TopicType: 500, TopicID: "u", Serial: statemsg.MaxSerial, Reason: "first", Body: []byte{0, 0xFF, '\''}, Bytes: 30000}}
	report := site.Kept{Received: at(1), Report: true, Reason: "second"}
	if err := s.Commit(ctx, []site.Plan{p}, []site.Kept{report}); err != nil {
		return err
	}
	page, err := s.Inspect(ctx, site.KeptQuery{})
	if err != nil {
		return err
	}
	wants := []site.NumberedKept{{Number: 2, Kept: report}, {Number: 1, Kept: p.Bad[0]}}
	if d := cmp.Diff(wants, page.Kept, alike...); d != "" || page.Total != 2 || page.More {
		return fmt.Errorf("kept, of %d, more %v (-committed +returned):\n%s", page.Total, page.More, d)
	}
	for n := 3; n <= site.MaxKept+3; {
		var batch []site.Kept
		for ; len(batch) < 200 && n <= site.MaxKept+3; n++ {
			batch = append(batch, site.Kept{Client: AgentID(n % 2), Received: at(n), Report: true, Reason: fmt.Sprint(n)})
		}
		if err := s.Commit(ctx, nil, batch); err != nil {
			return err
		}
	}
	page, err = s.Inspect(ctx, site.KeptQuery{Limit: site.MaxLimit})
	if err != nil {
		return err
	}
	if page.Total != site.MaxKept+3 || len(page.Kept) != site.MaxKept {
		return fmt.Errorf("%d of %d are kept, want %d of %d", len(page.Kept), page.Total, site.MaxKept, site.MaxKept+3)
	}
	for i, k := range page.Kept {
		if n := site.MaxKept + 3 - i; k.Number != uint64(n) || k.Reason != fmt.Sprint(n) {
			return fmt.Errorf("place %d has number %d with reason %q, want number %d", i, k.Number, k.Reason, n)
		}
	}
	page, err = s.Inspect(ctx, site.KeptQuery{Client: AgentID(1), Before: 10, Limit: 2})
	if err != nil {
		return err
	}
	if len(page.Kept) != 2 || page.Kept[0].Number != 9 || page.Kept[1].Number != 7 || !page.More {
		return fmt.Errorf("a page of the client's before 10: %+v, want 9 and 7, and more", page.Kept)
	}
	return nil
}

// small commits a few clients and rows: client 1 has u1 and u2, client 2 u1 in state
// 0, client 3 is only registered, client 4 has no row of an update.
func small(ctx context.Context, s Keeper) error {
	scan := func(id string, serial uint64, st statemsg.StateID) statemsg.Message {
		return statemsg.Message{TopicType: statemsg.UpdateSourceScan, TopicID: id, StateID: st, Time: day, Serial: serial}
	}
	four := plain(4)
	four.LastHeard = at(50)
	four.Highest, four.Missing = 20, []site.Range{{From: 3, To: 4, Since: day}}
	four.Resync = site.Resync{Number: 1, Asked: day, Open: true}
	bad := plan(3, four, scan("s1", 7, 5), scan("s2", 8, 3))
	bad.Bad = []site.Kept{{Client: four.ID, Received: at(3), TopicType: 500, TopicID: "u2", Serial: 9, Reason: "bad"}}
	return s.Commit(ctx, []site.Plan{
		plan(1, plain(1), message("u1", 1, 2), message("u2", 2, 3), scan("s1", 3, 3)),
		plan(2, plain(2), message("u1", 1, 0)),
		plan(2, site.Client{ID: AgentID(3), Off: true}),
		bad,
	}, nil)
}

func storeSummaries(ctx context.Context, s Keeper) error {
	if err := small(ctx, s); err != nil {
		return err
	}
	u1 := site.UpdateSummary{Update: "u1", Summary: compliance.Summary{Required: 1, Unknown: 3}}
	u2 := site.UpdateSummary{Update: "u2", Summary: compliance.Summary{Installed: 1, Unknown: 3}}
	u3 := site.UpdateSummary{Update: "u3", Summary: compliance.Summary{Unknown: 4}}
	for _, c := range []struct {
		q    site.SummaryQuery
		want []site.UpdateSummary
		more bool
	}{
		{site.SummaryQuery{}, []site.UpdateSummary{u1, u2}, false},
		{site.SummaryQuery{Limit: 1}, []site.UpdateSummary{u1}, true},
		{site.SummaryQuery{Limit: 1, After: "u1"}, []site.UpdateSummary{u2}, false},
		{site.SummaryQuery{Updates: []string{"u3", "u2", "u3"}, After: "u9", Limit: 1}, []site.UpdateSummary{u2, u3}, false},
	} {
		got, err := s.Summaries(ctx, c.q)
		if err != nil {
			return err
		}
		if d := cmp.Diff(c.want, got.Updates, alike...); d != "" || got.Clients != 4 || got.More != c.more {
			return fmt.Errorf("Summaries(%+v), %d clients, more %v (-want +got):\n%s", c.q, got.Clients, got.More, d)
		}
	}
	return nil
}

func storeStates(ctx context.Context, s Keeper) error {
	if err := small(ctx, s); err != nil {
		return err
	}
	id := AgentID(1)
	for _, c := range []struct {
		q    site.StateQuery
		want []string
		more bool
	}{
		{site.StateQuery{Client: id}, []string{"u1", "u2", "s1"}, false},
		{site.StateQuery{Client: id, TopicType: 500}, []string{"u1", "u2"}, false},
		{site.StateQuery{Client: id, TopicType: 501}, []string{"s1"}, false},
		{site.StateQuery{Client: id, Limit: 2}, []string{"u1", "u2"}, true},
		{site.StateQuery{Client: id, Limit: 3}, []string{"u1", "u2", "s1"}, false},
		{site.StateQuery{Client: id, AfterType: 500, AfterID: "u1", Limit: 1}, []string{"u2"}, true},
		{site.StateQuery{Client: id, AfterType: 500, AfterID: "u2"}, []string{"s1"}, false},
		{site.StateQuery{Client: id, AfterType: 501, AfterID: "s1"}, nil, false},
		{site.StateQuery{Client: AgentID(3)}, nil, false},
	} {
		got, err := s.States(ctx, c.q)
		if err != nil {
			return err
		}
		var ids []string
		for _, r := range got.Rows {
			ids = append(ids, r.Message.TopicID)
		}
		if !slices.Equal(ids, c.want) || got.More != c.more || got.Client.ID != c.q.Client {
			return fmt.Errorf("States(%+v) = %v, more %v, of %q, want %v, more %v", c.q, ids, got.More, got.Client.ID, c.want, c.more)
		}
	}
	return nil
}

func storeSearch(ctx context.Context, s Keeper) error {
	if err := small(ctx, s); err != nil {
		return err
	}
	if err := s.Commit(ctx, nil, []site.Kept{{Client: AgentID(2), Received: at(3), Report: true, Reason: "cut short"}}); err != nil {
		return err
	}
	all := []string{"1", "2", "3", "4"}
	for _, c := range []struct {
		q    site.ClientQuery
		want []string // client, and why the update is Unknown there
		more bool
	}{
		{site.ClientQuery{}, all, false},
		{site.ClientQuery{Limit: 3}, all[:3], true},
		{site.ClientQuery{Limit: 4}, all, false},
		{site.ClientQuery{After: AgentID(2), Limit: 1}, all[2:3], true},
		{site.ClientQuery{After: AgentID(4)}, nil, false},
		{site.ClientQuery{Missing: true}, []string{"4"}, false},
		{site.ClientQuery{Resync: true}, []string{"4"}, false},
		{site.ClientQuery{NotHeardSince: at(50)}, all[:3], false},
		{site.ClientQuery{NotHeardSince: at(51)}, all, false},
		{site.ClientQuery{NotHeardSince: day}, []string{"3"}, false},
		{site.ClientQuery{NotHeardSince: at(51), Missing: true, Resync: true}, []string{"4"}, false},
		{site.ClientQuery{Update: "u1"}, []string{"1 required", "2 reported_unknown", "3 feature_off", "4 message_lost"}, false},
		{site.ClientQuery{Update: "u2"}, []string{"1 installed", "2 message_bad", "3 feature_off", "4 message_bad"}, false},
		{site.ClientQuery{Update: "u1", States: []compliance.State{compliance.Required}}, []string{"1 required"}, false},
		{site.ClientQuery{Update: "u1", States: []compliance.State{compliance.Installed, compliance.NotRequired}}, nil, false},
		{site.ClientQuery{Update: "u2", States: []compliance.State{compliance.Unknown}, Limit: 2}, []string{"2 message_bad", "3 feature_off"}, true},
		{site.ClientQuery{Update: "u3", States: []compliance.State{compliance.Unknown, compliance.Required}, After: AgentID(3)}, []string{"4 message_lost"}, false},
	} {
		found, err := s.Search(ctx, c.q)
		if err != nil {
			return err
		}
		var got []string
		for _, f := range found.Clients {
			got = append(got, described(&f, c.q.Update))
		}
		if !slices.Equal(got, c.want) || found.More != c.more {
			return fmt.Errorf("Search(%+v) = %v, more %v, want %v, more %v", c.q, got, found.More, c.want, c.more)
		}
	}
	found, err := s.Search(ctx, site.ClientQuery{Missing: true})
	if err != nil || len(found.Clients) != 1 {
		return fmt.Errorf("search found %d clients, %w", len(found.Clients), orNil(err))
	}
	if f := found.Clients[0]; f.Scan == nil || f.Scan.Message.TopicID != "s2" || f.Detection != nil || f.Bad {
		return fmt.Errorf("facts %+v, want the scan row with the highest serial, and nothing of an update", f)
	}
	return nil
}

// described is a client's number and, with an update, its state or why it is Unknown.
func described(f *site.Facts, update string) string {
	text := f.Client.ID[len(f.Client.ID)-1:]
	if update == "" {
		return text
	}
	if why := f.Why(); why != 0 {
		return text + " " + why.String()
	}
	return text + " " + f.State().String()
}

func storeAsOf(ctx context.Context, s Keeper) error {
	for _, c := range []struct {
		plan, kept, want int
	}{{5, 0, 5}, {3, 0, 5}, {0, 9, 9}, {9, 8, 9}, {10, 0, 10}} {
		var plans []site.Plan
		var kept []site.Kept
		if c.plan > 0 {
			plans = append(plans, plan(c.plan, plain(1)))
		}
		if c.kept > 0 {
			kept = append(kept, site.Kept{Received: at(c.kept), Report: true, Reason: "bad"})
		}
		if err := s.Commit(ctx, plans, kept); err != nil {
			return err
		}
		sums, err1 := s.Summaries(ctx, site.SummaryQuery{})
		states, err2 := s.States(ctx, site.StateQuery{Client: AgentID(1)})
		found, err3 := s.Search(ctx, site.ClientQuery{})
		page, err4 := s.Inspect(ctx, site.KeptQuery{})
		if err := errors.Join(err1, err2, err3, err4); err != nil {
			return err
		}
		for _, got := range []time.Time{sums.AsOf, states.AsOf, found.AsOf, page.AsOf} {
			if !got.Equal(at(c.want)) {
				return fmt.Errorf("AsOf %v after a commit of %+v, want %v", got, c, at(c.want))
			}
		}
	}
	return nil
}

func storeQueries(ctx context.Context, s Keeper) error {
	for _, limit := range []int{-1, site.MaxLimit + 1} {
		_, err1 := s.Summaries(ctx, site.SummaryQuery{Limit: limit})
		_, err2 := s.States(ctx, site.StateQuery{Client: AgentID(1), Limit: limit})
		_, err3 := s.Search(ctx, site.ClientQuery{Limit: limit})
		_, err4 := s.Inspect(ctx, site.KeptQuery{Limit: limit})
		for _, err := range []error{err1, err2, err3, err4} {
			if _, ok := errors.AsType[*site.QueryError](err); !ok {
				return fmt.Errorf("limit %d: %w, want a QueryError", limit, orNil(err))
			}
		}
	}
	_, err1 := s.Search(ctx, site.ClientQuery{States: []compliance.State{compliance.Required}})
	_, err2 := s.Search(ctx, site.ClientQuery{Update: "u", States: []compliance.State{9}})
	_, err3 := s.Summaries(ctx, site.SummaryQuery{Updates: make([]string, site.MaxLimit+1)})
	for i, err := range []error{err1, err2, err3} {
		if _, ok := errors.AsType[*site.QueryError](err); !ok {
			return fmt.Errorf("bad query %d: %w, want a QueryError", i, orNil(err))
		}
	}
	return nil
}

// storeWhole moves the states of two updates on ten clients together, and reads
// meanwhile.
func storeWhole(ctx context.Context, s Keeper) error {
	const rounds, clients = 40, 10
	stop := make(chan struct{})
	var wg sync.WaitGroup
	faults := make(chan error, 2)
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				sums, err := s.Summaries(ctx, site.SummaryQuery{})
				if err == nil && len(sums.Updates) > 0 {
					a := sums.Updates[0].Summary
					if len(sums.Updates) != 2 || sums.Updates[1].Summary != a || max(a.NotRequired, a.Required, a.Installed) != clients || sums.Clients != clients {
						err = fmt.Errorf("a summary of half a commit: %+v", sums)
					}
				}
				if err != nil {
					faults <- err
					return
				}
			}
		})
	}
	var err error
	for n := 1; n <= rounds && err == nil; n++ {
		var plans []site.Plan
		for i := range clients {
			st := statemsg.StateID(1 + n%3)
			plans = append(plans, plan(n, plain(i), message("u1", uint64(n), st), message("u2", uint64(n), st)))
		}
		err = s.Commit(ctx, plans, nil)
	}
	close(stop)
	wg.Wait()
	select {
	case fault := <-faults:
		return fault
	default:
	}
	return err
}

// storePlayed plays worlds that a seed draws.
func storePlayed(ctx context.Context, s Keeper) error {
	rnd := rand.New(rand.NewPCG(20080603, 2880))
	acts := []Act{Set, Set, Set, Set, Forget, Scan, Refresh, Answer, Report, Report, Report, Deliver, Deliver, Deliver, Lose, Wait, Check, Save, Restore, Register, Reject}
	w := NewWorld(s, 3)
	var steps []Step
	for range 150 {
		steps = append(steps, Step{
			Do: acts[rnd.IntN(len(acts))], Agent: rnd.IntN(3), N: rnd.IntN(8), State: compliance.State(rnd.IntN(4)),
			Again: rnd.IntN(3) == 0, For: time.Duration(rnd.IntN(72)) * time.Hour,
		})
	}
	if err := w.Play(ctx, steps); err != nil {
		return err
	}
	for _, a := range w.Agents {
		a.Refresh(w.Now, 0)
	}
	if err := w.Settle(ctx); err != nil {
		return err
	}
	for _, a := range w.Agents {
		if err := Settled(ctx, s, a); err != nil {
			return err
		}
	}
	return nil
}
