package site_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
	"github.com/updatescan/updatescan/statemsg/site/sitetest"
)

// numbered is a report with one message for each serial, about the update with the
// serial's number.
func numbered(date time.Time, serials ...uint64) *statemsg.Report {
	r := &statemsg.Report{Client: statemsg.Client{ID: sitetest.AgentID(1)}, Date: date}
	for _, n := range serials {
		r.Messages = append(r.Messages, statemsg.Message{
			TopicType: statemsg.UpdateDetection, TopicID: sitetest.Update(int(n)), StateID: statemsg.DetectionRequired, Time: start, Serial: n,
		})
	}
	return r
}

// ingest takes reports in and returns the last plan.
func ingest(t *testing.T, d *sitetest.Direct, now time.Time, reports ...*statemsg.Report) (last site.Plan) {
	t.Helper()
	for _, r := range reports {
		p, err := d.Receive(t.Context(), now, r)
		if err != nil {
			t.Fatal(err)
		}
		last = p
	}
	return last
}

func ranges(c site.Client) string {
	s := ""
	for _, r := range c.Missing {
		s += fmt.Sprintf("%d-%d@%d ", r.From, r.To, int(r.Since.Sub(start).Seconds()))
	}
	return s
}

func TestMissingRanges(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-3")
	for _, c := range []struct {
		name    string
		serials []uint64 // one report each, a second apart
		want    string
	}{
		{"in order", []uint64{1, 2, 3}, ""},
		{"first is missing", []uint64{2}, "1-1@0 "},
		{"gap", []uint64{1, 5}, "2-4@1 "},
		{"closed from below", []uint64{1, 5, 2}, "3-4@1 "},
		{"closed from above", []uint64{1, 5, 4}, "2-3@1 "},
		{"split", []uint64{1, 5, 3}, "2-2@1 4-4@1 "},
		{"closed wholly", []uint64{1, 5, 3, 2, 4}, ""},
		{"two", []uint64{1, 5, 9}, "2-4@1 6-8@2 "},
		{"the highest there is", []uint64{statemsg.MaxSerial}, fmt.Sprintf("1-%d@0 ", statemsg.MaxSerial-1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var d sitetest.Direct
			var p site.Plan
			for i, n := range c.serials {
				p = ingest(t, &d, start.Add(time.Duration(i)*time.Second), numbered(start, n))
			}
			if got := ranges(p.Client); got != c.want {
				t.Errorf("missing %q, want %q", got, c.want)
			}
		})
	}
}

// TestRangesAreBounded fills the ranges and one more.
func TestRangesAreBounded(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-3")
	var d sitetest.Direct
	var p site.Plan
	serial := uint64(0)
	for i := range site.MaxRanges {
		serial += 10
		p = ingest(t, &d, start.Add(time.Duration(i)*time.Second), numbered(start.Add(time.Duration(i)), serial, serial+1, serial+2))
		serial += 2
	}
	if len(p.Client.Missing) != site.MaxRanges {
		t.Fatalf("%d ranges, want %d", len(p.Client.Missing), site.MaxRanges)
	}
	// One serial apart from its neighbour: they become one, since the earlier time.
	first := p.Client.Missing[0]
	p = ingest(t, &d, start.Add(time.Hour), numbered(start, first.From+3))
	if len(p.Client.Missing) != site.MaxRanges || p.Client.Missing[0] != first {
		t.Errorf("the split range is not one again: %v", ranges(p.Client))
	}
	p = ingest(t, &d, start.Add(2*time.Hour), numbered(start.Add(time.Hour), serial+3))
	if len(p.Client.Missing) != site.MaxRanges {
		t.Errorf("%d ranges, want %d", len(p.Client.Missing), site.MaxRanges)
	}
	merged := p.Client.Missing[len(p.Client.Missing)-1]
	if p.Events[1].Kind != site.GapsMerged && p.Events[0].Kind != site.GapsMerged {
		t.Errorf("events %v, want ranges merged (last range %v)", p.Events, merged)
	}
}

func TestResyncTimes(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-4")
	c := site.Client{ID: sitetest.AgentID(1), Life: 1, Highest: 9, Missing: []site.Range{{From: 3, To: 4, Since: start}}}
	asked := c
	asked.Resync = site.Resync{Number: 7, Asked: start, Open: true}
	answered := asked
	answered.Resync.Open = false
	wanted := answered
	wanted.Missing, wanted.Resync.Wanted = nil, true
	for _, v := range []struct {
		name   string
		c      site.Client
		after  time.Duration
		number uint64 // 0 = none
	}{
		{"a second before 2880 minutes", c, 2880*time.Minute - time.Second, 0},
		{"2880 minutes", c, 2880 * time.Minute, 0},
		{"less than a second after", c, 2880*time.Minute + time.Second - 1, 0},
		{"a second after", c, 2880*time.Minute + time.Second, 1},
		{"a second before 72 hours", asked, 72*time.Hour - time.Second, 0},
		{"72 hours", asked, 72 * time.Hour, 8},
		{"72 hours and answered", answered, 72 * time.Hour, 8},
		{"wanted too soon", wanted, 72*time.Hour - time.Second, 0},
		{"wanted", wanted, 72 * time.Hour, 8},
		{"nothing missing", site.Client{ID: sitetest.AgentID(1), Life: 1}, 1000 * time.Hour, 0},
		{"the site's clock was moved back", asked, -time.Hour, 0},
	} {
		p, ok := site.Check(site.Policy{}, v.c, start.Add(v.after))
		if got := p.Client.Asks(); ok != (v.number != 0) || got != v.number {
			t.Errorf("%s: Check = resync %d, %v, want %d", v.name, got, ok, v.number)
		}
		if ok && (p.Client.Resync.Wanted || len(p.Put) > 0 || p.RemoveBelow != (site.Mark{})) {
			t.Errorf("%s: plan %+v", v.name, p)
		}
	}
}

func TestResets(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-5")
	t.Attr("rule", "MSG-6")
	first := numbered(start, 1, 2, 3)
	changed := func(date time.Time, serials ...uint64) *statemsg.Report {
		r := numbered(date, serials...)
		r.Messages[0].StateID = statemsg.DetectionInstalled
		return r
	}
	topic := func(date time.Time, serial uint64, update int) *statemsg.Report {
		r := numbered(date, serial)
		r.Messages[0].TopicID = sitetest.Update(update)
		return r
	}
	later, earlier := start.Add(time.Second), start.Add(-time.Second)
	for _, c := range []struct {
		name   string
		before []*statemsg.Report
		r      *statemsg.Report
		reset  bool
	}{
		{"retry", nil, numbered(start, 1, 2, 3), false},
		{"retry with another date", nil, numbered(earlier, 1, 2, 3), true},
		{"retry with fewer messages", nil, numbered(start, 1, 2), true},
		{"restart from 1", []*statemsg.Report{numbered(later, 4)}, numbered(later.Add(1e9), 1), true},
		{"restart from 1 with an old clock", []*statemsg.Report{numbered(later, 4), numbered(later, 5), numbered(later, 6), numbered(later, 7)}, numbered(earlier, 1), true},
		{"the next", nil, numbered(later, 4), false},
		{"the next with an old clock", nil, numbered(earlier, 4), false},
		{"a part again, same date", nil, numbered(start, 2, 3), false},
		{"a part again, dated later", nil, numbered(later, 2, 3), true},
		{"a part again, dated earlier", nil, numbered(earlier, 2, 3), false},
		{"other content", nil, changed(earlier, 2), true},
		{"the same content", nil, numbered(earlier, 2), false},
		{"another topic", nil, topic(earlier, 2, 9), true},
		{"a topic whose row is older", nil, topic(earlier, 2, 1), true},
		{"a topic whose row is newer", nil, topic(earlier, 2, 3), false},
		{"seen and new, dated later", nil, numbered(later, 3, 4), true},
		{"missing, not seen", []*statemsg.Report{numbered(later, 6)}, numbered(later.Add(1e9), 5), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var d sitetest.Direct
			ingest(t, &d, start, append([]*statemsg.Report{first}, c.before...)...)
			p := ingest(t, &d, start.Add(time.Hour), c.r)
			if got := p.Client.Life == 2; got != c.reset {
				t.Fatalf("life %d, want a reset: %v; events %v", p.Client.Life, c.reset, p.Events)
			}
			want := uint64(0)
			if c.reset {
				want = 1
			}
			if p.Client.Asks() != want {
				t.Errorf("resync %d, want %d", p.Client.Asks(), want)
			}
			if rows, err := d.Keeper().States(t.Context(), site.StateQuery{Client: p.Client.ID}); err != nil || len(rows.Rows) < 3 {
				t.Errorf("%d rows, %v, want that a reset removes none", len(rows.Rows), err)
			}
		})
	}
}

// TestLateReportOfAnEarlierLife lets a report come late that a client sent before it
// was restored.
func TestLateReportOfAnEarlierLife(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-5")
	for name, c := range map[string]struct {
		after time.Duration
		first uint64
		stale bool
	}{
		"soon":                 {time.Hour, 8, true},
		"after 72 hours":       {72 * time.Hour, 8, false},
		"before 72 hours":      {72*time.Hour - time.Second, 8, true},
		"with the next serial": {time.Hour, 4, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var d sitetest.Direct
			reset := start.Add(10 * time.Minute)
			ingest(t, &d, start, numbered(start, 1, 2, 3, 4))
			if p := ingest(t, &d, reset, numbered(reset, 3)); p.Client.Life != 2 {
				t.Fatalf("life %d, want a reset", p.Client.Life)
			}
			p := ingest(t, &d, reset.Add(c.after), numbered(start.Add(time.Minute), c.first))
			if got := p.Client.Counts.Stale == 1 && len(p.Put) == 0; got != c.stale {
				t.Errorf("%+v, want it stale: %v", p, c.stale)
			}
		})
	}
}

// TestRefreshInEveryOrder refreshes a client that has forgotten an update, and lets
// the reports arrive in every order, each twice in some: the row goes exactly when
// all has arrived, and no other row is ever away.
func TestRefreshInEveryOrder(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-9")
	at := start.Add(time.Hour)
	for _, order := range permutations(4) {
		var d sitetest.Direct
		a := sitetest.NewAgent(1)
		for i := range 5 {
			a.Set(start, sitetest.Update(i), compliance.Required)
		}
		ingest(t, &d, start, a.Reports(start, 10)...)
		a.Forget(sitetest.Update(0))
		a.Set(at, sitetest.Update(1), compliance.Installed)
		a.Refresh(at, 0)
		all := a.Reports(at, 2) // four updates and the marker: three reports
		a.Set(at, sitetest.Update(2), compliance.Installed)
		all = append(all, a.Reports(at.Add(time.Minute), 2)...) // one more after it
		if len(all) != 4 {
			t.Fatalf("%d reports, want 4", len(all))
		}
		left := 3 // reports of the refresh
		for n, i := range order {
			if i < 3 {
				left--
			}
			p := ingest(t, &d, at, all[i])
			if n%2 == 0 {
				p = ingest(t, &d, at, all[i])
			}
			st, err := d.Keeper().States(t.Context(), site.StateQuery{Client: p.Client.ID, TopicType: statemsg.UpdateDetection})
			if err != nil {
				t.Fatal(err)
			}
			want := 5
			if left == 0 {
				want = 4
			}
			if len(st.Rows) != want {
				t.Fatalf("order %v: after report %d there are %d rows, want %d", order, i, len(st.Rows), want)
			}
		}
		if err := sitetest.Settled(t.Context(), d.Keeper(), a); err != nil {
			t.Fatalf("order %v: %v", order, err)
		}
	}
}

// permutations are all orders of the numbers below n.
func permutations(n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var all [][]int
	for _, p := range permutations(n - 1) {
		for i := range n {
			all = append(all, slices.Insert(slices.Clone(p), i, n-1))
		}
	}
	return all
}

// TestMarkerLost loses the marker, and then repeats it.
func TestMarkerLost(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-9")
	var d sitetest.Direct
	a := sitetest.NewAgent(1)
	for i := range 3 {
		a.Set(start, sitetest.Update(i), compliance.Required)
	}
	ingest(t, &d, start, a.Reports(start, 10)...)
	a.Forget(sitetest.Update(0))
	a.Refresh(start, 0)
	all := a.Reports(start.Add(time.Minute), 2)
	p := ingest(t, &d, start, all[0])
	if p.RemoveBelow != (site.Mark{}) || len(all) != 2 {
		t.Fatalf("removed without a marker: %+v, of %d reports", p, len(all))
	}
	a.Set(start, sitetest.Update(1), compliance.Installed)
	p = ingest(t, &d, start, a.Reports(start.Add(time.Hour), 2)...)
	if len(p.Client.Missing) != 1 {
		t.Fatalf("missing %v, want the marker", p.Client.Missing)
	}
	// The site asks, the client refreshes again; the first marker comes after all.
	now := start.Add(2881 * time.Minute)
	if asked, err := d.Check(t.Context(), now); err != nil || len(asked) != 1 {
		t.Fatalf("Check = %v, %v", asked, err)
	}
	a.Answer(now, 1)
	p = ingest(t, &d, now, a.Reports(now, 10)...)
	if p.RemoveBelow == (site.Mark{}) || p.Client.Asks() != 0 {
		t.Fatalf("the second refresh does nothing: %+v", p)
	}
	for range 2 {
		if p = ingest(t, &d, now, all[1]); p.RemoveBelow != (site.Mark{}) || len(p.Put) > 0 {
			t.Fatalf("an old marker has an effect: %+v", p)
		}
	}
	if err := sitetest.Settled(t.Context(), d.Keeper(), a); err != nil {
		t.Error(err)
	}
}

func TestBadRecords(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-7")
	var d sitetest.Direct
	r := numbered(start, 1, 2, 3, 4, 5, 6)
	r.Messages[1].StateID = 4                                   // none of the four
	r.Messages[2].TopicID = ""                                  // no message
	r.Messages[3] = statemsg.RefreshMarker(9, 0, start)         // from above its serial
	r.Messages[3].Serial = 4                                    //
	r.Messages[4].TopicType, r.Messages[4].StateID = 9003, 4711 // not for us to judge
	p := ingest(t, &d, start, r)
	if len(p.Put) != 3 || len(p.Bad) != 3 || p.Client.Counts.Bad != 3 || len(p.Client.Missing) != 0 || p.Client.Highest != 6 {
		t.Errorf("plan %+v", p)
	}
	f, err := d.Keeper().Search(t.Context(), site.ClientQuery{Update: sitetest.Update(2)})
	if err != nil || len(f.Clients) != 1 || f.Clients[0].Why() != site.MessageBad {
		t.Errorf("Search = %+v, %v, want %v", f, err, site.MessageBad)
	}
	if p = ingest(t, &d, start, r); len(p.Bad) != 0 {
		t.Errorf("a retry is kept again: %+v", p.Bad)
	}
}

// TestReasons gives each reason what it needs, and everything after it too.
func TestReasons(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-6")
	row := func(topic statemsg.TopicType, st statemsg.StateID) *site.Row {
		return &site.Row{Message: statemsg.Message{TopicType: topic, StateID: st}}
	}
	heard := site.Client{ID: sitetest.AgentID(1), Life: 1, FirstHeard: start}
	missing, off, open := heard, heard, heard
	missing.Missing = []site.Range{{From: 1, To: 1, Since: start}}
	open.Resync.Open = true
	off.Off = true
	for _, c := range []struct {
		f    site.Facts
		want site.UnknownReason
	}{
		{site.Facts{}, site.NeverHeard},
		{site.Facts{Client: site.Client{ID: heard.ID}}, site.NeverHeard},
		{site.Facts{Client: heard}, site.NeverScanned},
		{site.Facts{Client: heard, Scan: row(501, 1)}, site.ScanRunning},
		{site.Facts{Client: heard, Scan: row(501, 2)}, site.ScanRunning},
		{site.Facts{Client: heard, Scan: row(501, 3)}, site.NothingReceived},
		{site.Facts{Client: heard, Scan: row(501, 4)}, site.ScanFailed},
		{site.Facts{Client: heard, Scan: row(501, 5)}, site.ScanFailed},
		{site.Facts{Client: heard, Scan: row(501, 6)}, site.NothingReceived},
		{site.Facts{Client: missing, Scan: row(501, 5)}, site.MessageLost},
		{site.Facts{Client: open, Scan: row(501, 3)}, site.MessageLost},
		{site.Facts{Client: missing, Bad: true}, site.MessageBad},
		{site.Facts{Client: off, Bad: true}, site.FeatureOff},
		{site.Facts{Client: off, Bad: true, Detection: row(500, 0)}, site.ReportedUnknown},
		{site.Facts{Client: off, Bad: true, Detection: row(500, 2)}, 0},
	} {
		if got := c.f.Why(); got != c.want {
			t.Errorf("Why(%+v) = %v, want %v", c.f, got, c.want)
		}
		if got := c.f.State() == compliance.Unknown; got != (c.want != 0) {
			t.Errorf("State(%+v) = %v because of %v", c.f, c.f.State(), c.want)
		}
	}
}

// TestManyClients lets 200,000 messages of 2,000 clients arrive in a random order,
// some twice and some only after all others: every client's rows are its own
// baseline, nothing is missing, and the summaries are those of the rows.
func TestManyClients(t *testing.T) {
	t.Parallel()
	for _, rule := range []string{"SITE-2", "SITE-3", "SITE-8", "SITE-10"} {
		t.Attr("rule", rule)
	}
	clients := 2000
	if testing.Short() {
		clients = 50
	}
	ctx := t.Context()
	w := sitetest.NewWorld(nil, clients)
	var all []*statemsg.Report
	for n, a := range w.Agents {
		for i := range 100 {
			at := w.Now.Add(time.Duration(i) * time.Second)
			a.Set(at, sitetest.Update(i%30), compliance.State((n+i*7)%4))
			if i%4 == 3 {
				all = append(all, a.Reports(at, 4)...)
			}
		}
	}
	s := newServer(t, site.Config{Store: w.Site.Keeper()})
	all = shuffle(all, 2008)
	lost := all[:len(all)/20]
	twice := all[len(all)/2 : len(all)/2+len(all)/10]
	queue := make(chan *statemsg.Report)
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for r := range queue {
				own := r.Clone()
				if _, err := s.Receive(ctx, &own); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for _, r := range slices.Concat(all[len(lost):], twice, lost) {
		queue <- r
	}
	close(queue)
	wg.Wait()
	total := make(map[string]compliance.Summary)
	for _, a := range w.Agents {
		if err := sitetest.Settled(ctx, w.Site.Keeper(), a); err != nil {
			t.Fatal(err)
		}
		for _, m := range a.Baseline() {
			sum := total[m.TopicID]
			sum.Add(compliance.State(m.StateID))
			total[m.TopicID] = sum
		}
	}
	sums, err := w.Site.Keeper().Summaries(ctx, site.SummaryQuery{})
	if err != nil || len(sums.Updates) != len(total) {
		t.Fatalf("Summaries = %d, %v, want %d", len(sums.Updates), err, len(total))
	}
	for _, u := range sums.Updates {
		if u.Summary != total[u.Update] {
			t.Errorf("summary of %s %+v, want %+v", u.Update, u.Summary, total[u.Update])
		}
	}
}
