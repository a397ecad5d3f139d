package sitetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
)

// day is the time of the checks.
var day = time.Date(2008, 6, 3, 9, 0, 0, 0, time.UTC)

// at is so many seconds after day.
func at(n int) time.Time { return day.Add(time.Duration(n) * time.Second) }

// plain is a client that was heard of once.
func plain(n int) site.Client {
	return site.Client{ID: AgentID(n), Life: 1, Highest: 9, FirstHeard: day, LastHeard: day, LastDate: day, Counts: site.Counts{Reports: 1}}
}

// fullest is a client with every field set, at its edges where there are some.
func fullest(n int) site.Client {
	c := site.Client{
		ID: AgentID(n), Off: true, Version: "4.00.6487.2000'; DROP --", NetBIOSName: "ЛАБ-PC \"07\" %_\\ \U0001F600",
		Life: math.MaxUint32, LifeDate: time.Date(1, 1, 1, 0, 0, 1, 1000, time.UTC), LifeSince: day.Add(time.Hour),
		Highest: statemsg.MaxSerial, FirstDate: day.Add(-time.Microsecond), LastDate: time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC),
		Refresh: site.Refresh{From: 7, Marker: statemsg.MaxSerial, Request: 3}, RefreshedFrom: 5,
		Resync:     site.Resync{Number: 1 << 40, Asked: day, Open: true, Wanted: true, Highest: statemsg.MaxSerial},
		FirstHeard: day, LastHeard: day.Add(48 * time.Hour),
		Counts: site.Counts{Reports: 1 << 40, Messages: 1 << 41, Duplicates: 3, Stale: 4, Bad: 5, BadReports: 6},
	}
	for i := range uint64(site.MaxRanges) {
		c.Missing = append(c.Missing, site.Range{From: 10*i + 1, To: 10*i + 1 + i%3, Since: at(int(i))})
	}
	for i := range site.MaxBatches {
		c.Batches = append(c.Batches, site.Batch{First: uint64(1000 * i), Count: i + 1, Date: day.Add(time.Duration(i) * time.Microsecond), Life: uint32(i)})
	}
	return c
}

// message is a message of an update.
func message(topicID string, serial uint64, st statemsg.StateID) statemsg.Message {
	return statemsg.Message{
		TopicType: statemsg.UpdateDetection, TopicID: topicID, IDType: statemsg.IDTypeUpdate, StateID: st,
		Params: []string{"102"}, Time: day, Serial: serial,
	}
}

// plan is a plan of a client that puts messages.
func plan(n int, c site.Client, put ...statemsg.Message) site.Plan {
	return site.Plan{At: at(n), Client: c, Put: put}
}

// rowsOf are the rows of a client by the Reader, and by Rows: they must agree.
func rowsOf(ctx context.Context, s Keeper, id string) ([]site.Row, error) {
	st, err := s.States(ctx, site.StateQuery{Client: id, Limit: site.MaxLimit})
	if err != nil {
		return nil, err
	}
	var keys []site.RowKey
	for i := range st.Rows {
		keys = append(keys, st.Rows[i].Key())
	}
	rows, err := s.Rows(ctx, keys)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(rows, func(a, b site.Row) int {
		return slices.Index(keys, a.Key()) - slices.Index(keys, b.Key())
	})
	if d := cmp.Diff(st.Rows, rows, alike...); d != "" {
		return nil, fmt.Errorf("the rows of States and of Rows differ (-States +Rows):\n%s", d)
	}
	return st.Rows, nil
}

// want compares the rows of a client, as "topic id:state:serial:life".
func want(ctx context.Context, s Keeper, id string, rows ...string) error {
	got, err := rowsOf(ctx, s, id)
	if err != nil {
		return err
	}
	var texts []string
	for _, r := range got {
		texts = append(texts, fmt.Sprintf("%s:%d:%d:%d", r.Message.TopicID, r.Message.StateID, r.Message.Serial, r.Life))
	}
	if !slices.Equal(texts, rows) {
		return fmt.Errorf("rows %v, want %v", texts, rows)
	}
	return nil
}

func storeEmpty(ctx context.Context, s Keeper) error {
	clients, err1 := s.Clients(ctx, []string{AgentID(1)})
	rows, err2 := s.Rows(ctx, []site.RowKey{{Client: AgentID(1), TopicType: 500, TopicID: "u"}})
	due, err3 := s.Due(ctx, at(100), "", 10)
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	sums, err1 := s.Summaries(ctx, site.SummaryQuery{})
	states, err2 := s.States(ctx, site.StateQuery{Client: AgentID(1)})
	found, err3 := s.Search(ctx, site.ClientQuery{})
	kept, err4 := s.Inspect(ctx, site.KeptQuery{})
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return err
	}
	n := len(clients) + len(rows) + len(due) + sums.Clients + len(sums.Updates) + len(states.Rows) + len(found.Clients) + len(kept.Kept)
	if n != 0 || kept.Total != 0 || states.Client.Known() || !sums.AsOf.IsZero() {
		return fmt.Errorf("something is known: %+v, %+v, %+v, %+v", sums, states, found, kept)
	}
	if _, err := s.Clients(ctx, nil); err != nil {
		return fmt.Errorf("Clients of none: %w", err)
	}
	if _, err := s.Rows(ctx, nil); err != nil {
		return fmt.Errorf("Rows of none: %w", err)
	}
	if err := s.Commit(ctx, nil, nil); err != nil {
		return fmt.Errorf("commit of nothing: %w", err)
	}
	return nil
}

func storeClients(ctx context.Context, s Keeper) error {
	registered := site.Client{ID: AgentID(3)}
	for _, c := range []site.Client{plain(1), fullest(2), registered, plain(2), fullest(2)} {
		if err := s.Commit(ctx, []site.Plan{plan(1, c)}, nil); err != nil {
			return err
		}
		got, err := s.Clients(ctx, []string{AgentID(99), c.ID})
		if err != nil {
			return err
		}
		if d := cmp.Diff([]site.Client{c}, got, alike...); d != "" {
			return fmt.Errorf("Clients (-committed +returned):\n%s", d)
		}
	}
	got, err := s.Clients(ctx, []string{AgentID(3), AgentID(1), AgentID(2), AgentID(4)})
	if err != nil || len(got) != 3 {
		return fmt.Errorf("Clients of three that are known and one that is not = %d, %w", len(got), orNil(err))
	}
	return nil
}

// errNil stands for no error where an error is wrapped.
var errNil = errors.New("<nil>")

func orNil(err error) error {
	if err == nil {
		return errNil
	}
	return err
}

func storeRows(ctx context.Context, s Keeper) error {
	hostile := statemsg.Message{
		TopicType: 65535, TopicID: "'; DROP TABLE clients; -- \" \\ %_ \t\n é \U0001F600 ", IDType: 255, StateID: 65535,
		Criticality: math.MinInt32, Params: []string{"", "{a,b}", "\"", "\\N", "NULL"}, Details: "d\r\n]]>",
		Time: time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC), Serial: statemsg.MaxSerial,
	}
	early := message("early", 1, 0)
	early.Time = time.Date(1, 1, 1, 0, 0, 0, 1000, time.UTC)
	early.Params = nil
	alikes := []statemsg.Message{message("u", 2, 1), message("U", 3, 2), message("u ", 4, 3), message("ü", 0, 1)}
	other := message("u", 5, 2)
	other.TopicType = 501
	c := plain(1)
	p := plan(7, c, slices.Concat([]statemsg.Message{hostile, early, other}, alikes)...)
	if err := s.Commit(ctx, []site.Plan{p, plan(8, plain(2), message("u", 6, 0))}, nil); err != nil {
		return err
	}
	for i := range p.Put {
		row := p.Row(i)
		got, err := s.Rows(ctx, []site.RowKey{row.Key(), {Client: c.ID, TopicType: 500, TopicID: "nothing"}})
		if err != nil {
			return err
		}
		if d := cmp.Diff([]site.Row{row}, got, alike...); d != "" {
			return fmt.Errorf("Rows (-committed +returned):\n%s", d)
		}
	}
	// Byte order: upper case before lower, and what is not ASCII last.
	if err := want(ctx, s, c.ID, "U:2:3:1", "early:0:1:1", "u:1:2:1", "u :3:4:1", "ü:1:0:1", "u:2:5:1", fmt.Sprintf("%s:65535:%d:1", hostile.TopicID, hostile.Serial)); err != nil {
		return err
	}
	return want(ctx, s, AgentID(2), "u:0:6:1")
}

func storeOrder(ctx context.Context, s Keeper) error {
	c, d := plain(1), plain(1)
	d.Highest, d.Life = 20, 2
	// The later wins even where it is older: the plan has decided.
	plans := []site.Plan{
		plan(1, c, message("a", 9, 1), message("b", 1, 1), message("a", 2, 2)),
		plan(1, plain(2), message("a", 1, 3)),
		plan(2, d, message("b", 1, 3), message("c", 5, 1)),
	}
	if err := s.Commit(ctx, plans, nil); err != nil {
		return err
	}
	if err := want(ctx, s, c.ID, "a:2:2:1", "b:3:1:2", "c:1:5:2"); err != nil {
		return err
	}
	if err := s.Commit(ctx, []site.Plan{plan(3, c, message("c", 4, 2))}, nil); err != nil {
		return err
	}
	if err := want(ctx, s, c.ID, "a:2:2:1", "b:3:1:2", "c:2:4:1"); err != nil {
		return err
	}
	got, err := s.Clients(ctx, []string{c.ID})
	if err != nil || len(got) != 1 || got[0].Life != 1 {
		return fmt.Errorf("the client of the last plan is not the client: %+v, %w", got, orNil(err))
	}
	return want(ctx, s, AgentID(2), "a:3:1:1")
}

func storeRemove(ctx context.Context, s Keeper) error {
	first, second := plain(1), plain(1)
	second.Life = 2
	other := plan(1, plain(2), message("a", 1, 1))
	if err := s.Commit(ctx, []site.Plan{plan(1, first, message("old", 50, 1), message("older", 1, 1)), other}, nil); err != nil {
		return err
	}
	below := plan(2, second, message("a", 9, 1), message("b", 10, 1), message("c", 11, 1), message("loose", 0, 1))
	below.RemoveBelow = site.Mark{Life: 2, Serial: 10}
	after := plan(3, second, message("a", 8, 2), message("loose", 0, 2))
	if err := s.Commit(ctx, []site.Plan{below, after}, nil); err != nil {
		return err
	}
	if err := want(ctx, s, first.ID, "a:2:8:2", "b:1:10:2", "c:1:11:2", "loose:2:0:2"); err != nil {
		return err
	}
	only := plan(4, second)
	only.RemoveBelow = site.Mark{Life: 2, Serial: 11}
	if err := s.Commit(ctx, []site.Plan{only}, nil); err != nil {
		return err
	}
	if err := want(ctx, s, first.ID, "c:1:11:2"); err != nil {
		return err
	}
	// A row that was put again within the commit, after one that goes.
	late := plan(5, second, message("c", 12, 3), message("d", 3, 1))
	late.RemoveBelow = site.Mark{Life: 2, Serial: 12}
	if err := s.Commit(ctx, []site.Plan{plan(5, second, message("c", 10, 2)), late}, nil); err != nil {
		return err
	}
	if err := want(ctx, s, first.ID, "c:3:12:2"); err != nil {
		return err
	}
	return want(ctx, s, AgentID(2), "a:1:1:1")
}

func storeEnded(ctx context.Context, s Keeper) error {
	if err := s.Commit(ctx, []site.Plan{plan(1, plain(1), message("a", 1, 1))}, nil); err != nil {
		return err
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	remove := plan(2, fullest(1), message("b", 2, 2))
	remove.RemoveBelow = site.Mark{Life: math.MaxUint32}
	if err := s.Commit(ended, []site.Plan{remove, plan(2, plain(2))}, []site.Kept{{Received: at(2), Report: true, Reason: "bad"}}); err == nil {
		return errors.New("commit succeeds after its context has ended")
	}
	if err := want(ctx, s, AgentID(1), "a:1:1:1"); err != nil {
		return err
	}
	got, err := s.Clients(ctx, []string{AgentID(1), AgentID(2)})
	if err != nil {
		return err
	}
	if d := cmp.Diff([]site.Client{plain(1)}, got, alike...); d != "" {
		return fmt.Errorf("clients (-before +after):\n%s", d)
	}
	page, err := s.Inspect(ctx, site.KeptQuery{})
	if err != nil || page.Total != 0 {
		return fmt.Errorf("%d are kept, %w", page.Total, orNil(err))
	}
	return nil
}

func storeOwned(ctx context.Context, s Keeper) error {
	c := fullest(1)
	p := plan(1, c, message("a", 1, 1))
	kept := []site.Kept{{Client: c.ID, Received: at(1), Report: true, Reason: "bad", Body: []byte("body"), Bytes: 4}}
	if err := s.Commit(ctx, []site.Plan{p}, kept); err != nil {
		return err
	}
	p.Put[0].StateID, p.Put[0].Params[0] = 3, "changed"
	c.Missing[0].From, c.Batches[0].First, kept[0].Body[0] = 99, 99, 'X'
	for range 2 {
		clients, err1 := s.Clients(ctx, []string{c.ID})
		page, err2 := s.Inspect(ctx, site.KeptQuery{})
		rows, err3 := rowsOf(ctx, s, c.ID)
		if err := errors.Join(err1, err2, err3); err != nil {
			return err
		}
		if d := cmp.Diff([]site.Client{fullest(1)}, clients, alike...); d != "" {
			return fmt.Errorf("client (-committed +returned):\n%s", d)
		}
		if len(page.Kept) != 1 || string(page.Kept[0].Body) != "body" {
			return fmt.Errorf("kept %+v, want the body as it was given", page.Kept)
		}
		if len(rows) != 1 || rows[0].Message.StateID != 1 || !slices.Equal(rows[0].Message.Params, []string{"102"}) {
			return fmt.Errorf("rows %+v, want the message as it was given", rows)
		}
		clients[0].Missing[0].From, clients[0].Batches[0].First, page.Kept[0].Body[0] = 98, 98, 'Y'
		rows[0].Message.StateID = 2
	}
	return nil
}

func storeDue(ctx context.Context, s Keeper) error {
	missing := func(n int, since ...int) site.Client {
		c := plain(n)
		c.Highest = 100
		for i, m := range since {
			c.Missing = append(c.Missing, site.Range{From: uint64(10*i + 1), To: uint64(10*i + 1), Since: at(m)})
		}
		return c
	}
	wanted := plain(5)
	wanted.Resync.Wanted = true
	clients := []site.Client{missing(7, 9, 20), missing(1, 10), missing(2, 11), missing(3, 30, 9), plain(4), wanted, {ID: AgentID(6)}}
	var plans []site.Plan
	for _, c := range clients {
		plans = append(plans, plan(1, c))
	}
	if err := s.Commit(ctx, plans, nil); err != nil {
		return err
	}
	if err := due(ctx, s, 10, 3, 5, 7); err != nil { // at exactly the time it is not before
		return err
	}
	if err := due(ctx, s, 11, 1, 3, 5, 7); err != nil {
		return err
	}
	// Closing a range and granting a wish end it.
	wanted.Resync.Wanted = false
	if err := s.Commit(ctx, []site.Plan{plan(2, missing(3, 30)), plan(2, wanted)}, nil); err != nil {
		return err
	}
	return due(ctx, s, 11, 1, 7)
}

// due compares the clients that are due, page by page.
func due(ctx context.Context, s Keeper, since int, clients ...int) error {
	var wants []string
	for _, n := range clients {
		wants = append(wants, AgentID(n))
	}
	for limit := 1; limit <= len(wants)+1; limit++ {
		var got []string
		after := ""
		for {
			page, err := s.Due(ctx, at(since), after, limit)
			if err != nil {
				return err
			}
			if len(page) > limit {
				return fmt.Errorf("a limit of %d returned %d that are due", limit, len(page))
			}
			for i := range page {
				if page[i].ID <= after {
					return fmt.Errorf("after %q there is %q due", after, page[i].ID)
				}
				after = page[i].ID
				c := &page[i]
				if c.Resync.Wanted || !c.MissingSince().IsZero() && c.MissingSince().Before(at(since)) { // others may be there
					got = append(got, c.ID)
				}
			}
			if len(page) < limit {
				break
			}
		}
		if !slices.Equal(got, wants) {
			return fmt.Errorf("due by pages of %d: %v, want %v", limit, got, wants)
		}
	}
	return nil
}
