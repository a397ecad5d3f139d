package sitetest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
)

// alike are the options of comparisons: nil and empty are alike, and times are
// compared as instants.
var alike = []cmp.Option{cmpopts.EquateEmpty(), cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })}

// Compare compares all that a site knows with the model: clients, rows, what is
// kept, summaries, states and why they are Unknown. It returns the first difference.
func Compare(ctx context.Context, r site.Reader, m *Model) error {
	found, err := r.Search(ctx, site.ClientQuery{Limit: site.MaxLimit})
	if err != nil {
		return err
	}
	var ids []string
	for _, f := range found.Clients {
		ids = append(ids, f.Client.ID)
	}
	if want := m.Clients(); !slices.Equal(ids, want) {
		return fmt.Errorf("sitetest: clients %v, want %v", ids, want)
	}
	for _, id := range ids {
		if err := compareClient(ctx, r, m, id); err != nil {
			return err
		}
	}
	updates := m.Updates()
	for _, u := range updates {
		if err := compareUpdate(ctx, r, m, u); err != nil {
			return err
		}
	}
	sums, err := r.Summaries(ctx, site.SummaryQuery{Limit: site.MaxLimit})
	if err != nil {
		return err
	}
	var got []string
	for _, u := range sums.Updates {
		got = append(got, u.Update)
		if want := m.Summary(u.Update); u.Summary != want { // SITE-8
			return fmt.Errorf("sitetest: summary of %s %+v, want %+v", u.Update, u.Summary, want)
		}
		if u.Summary.Total() != sums.Clients {
			return fmt.Errorf("sitetest: summary of %s has total %d, want %d clients", u.Update, u.Summary.Total(), sums.Clients)
		}
	}
	if !slices.Equal(got, updates) {
		return fmt.Errorf("sitetest: summaries of %v, want %v", got, updates)
	}
	return compareKept(ctx, r, m)
}

func compareClient(ctx context.Context, r site.Reader, m *Model, id string) error {
	st, err := r.States(ctx, site.StateQuery{Client: id, Limit: site.MaxLimit})
	if err != nil {
		return err
	}
	want, _ := m.Client(id)
	if d := cmp.Diff(want, st.Client, alike...); d != "" {
		return fmt.Errorf("sitetest: client %s (-want +got):\n%s", id, d)
	}
	rows := m.Rows(id)
	if !slices.EqualFunc(rows, st.Rows, sameRow) {
		return fmt.Errorf("sitetest: rows of %s (-want +got):\n%s", id, cmp.Diff(rows, st.Rows, alike...))
	}
	return nil
}

func compareUpdate(ctx context.Context, r site.Reader, m *Model, update string) error {
	found, err := r.Search(ctx, site.ClientQuery{Update: update, Limit: site.MaxLimit})
	if err != nil {
		return err
	}
	for _, f := range found.Clients {
		if got, want := f.Why(), m.Why(f.Client.ID, update); got != want { // SITE-6
			return fmt.Errorf("sitetest: state of %s on %s is %v because of %v, want %v", update, f.Client.ID, f.State(), got, want)
		}
	}
	return nil
}

// compareKept compares who, when, which topic and which serial.
func compareKept(ctx context.Context, r site.Reader, m *Model) error {
	page, err := r.Inspect(ctx, site.KeptQuery{Limit: site.MaxLimit})
	if err != nil {
		return err
	}
	var got []site.Kept
	for _, k := range slices.Backward(page.Kept) {
		k.Reason, k.Body, k.Bytes = "", nil, 0
		got = append(got, k.Kept)
	}
	if d := cmp.Diff(m.Kept(), got, alike...); d != "" {
		return fmt.Errorf("sitetest: kept (-want +got):\n%s", d)
	}
	return nil
}

// Settled returns an error unless the site holds exactly what the agent knows, no
// serial is missing, and no resync is open or wanted.
func Settled(ctx context.Context, r site.Reader, a *Agent) error {
	id, err := site.NormalID(a.Client.ID)
	if err != nil {
		return err
	}
	st, err := r.States(ctx, site.StateQuery{Client: id, Limit: site.MaxLimit})
	if err != nil {
		return err
	}
	c := st.Client
	if len(c.Missing) > 0 || c.Refresh != (site.Refresh{}) || c.Resync.Open || c.Resync.Wanted {
		return fmt.Errorf("sitetest: %s is not settled: missing %v, refresh %+v, resync %+v", id, c.Missing, c.Refresh, c.Resync)
	}
	want, got := a.Baseline(), Messages(st.Rows)
	if !slices.EqualFunc(want, got, sameMessage) {
		return fmt.Errorf("sitetest: rows of %s (-its baseline +the site):\n%s", id, cmp.Diff(want, got, alike...))
	}
	return nil
}

// Messages are the messages of rows.
func Messages(rows []site.Row) []statemsg.Message {
	var all []statemsg.Message
	for _, r := range rows {
		all = append(all, r.Message)
	}
	return all
}

// sameRow and sameMessage are what cmp would say, sooner.
func sameRow(a, b site.Row) bool {
	return a.Client == b.Client && a.Life == b.Life && a.Received.Equal(b.Received) && sameMessage(a.Message, b.Message)
}

func sameMessage(a, b statemsg.Message) bool { return a.Serial == b.Serial && equal(a, b) }
