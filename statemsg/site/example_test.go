package site_test

import (
	"context"
	"fmt"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
	"github.com/updatescan/updatescan/statemsg/site/sitetest"
)

// A site in one process: a report comes in, and the summary of the update says what
// it said.
func Example() {
	store := new(site.MemStore)
	server, err := site.New(site.Config{Store: store})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	at := time.Date(2008, 6, 3, 9, 15, 0, 0, time.UTC)
	err = server.Register(ctx, "GUID:5B0A7C1E-93D4-4F60-8E25-000000000002", true) // it was never heard of
	if err != nil {
		fmt.Println(err)
		return
	}
	resync, err := server.Receive(ctx, &statemsg.Report{
		Client: statemsg.Client{ID: "GUID:5B0A7C1E-93D4-4F60-8E25-000000000001", NetBIOSName: "LAB-PC-01"},
		Date:   at,
		Messages: []statemsg.Message{{
			TopicType: statemsg.UpdateDetection, TopicID: "5d7e1f0a-93c4-4b1d-8a52-0c6f2e9b7d31", IDType: statemsg.IDTypeUpdate,
			StateID: statemsg.DetectionInstalled, Params: []string{"102"}, Time: at, Serial: 1,
		}},
	})
	fmt.Println("resync", resync, "error", err)
	sums, err := store.Summaries(ctx, site.SummaryQuery{})
	for _, u := range sums.Updates {
		percent, _ := u.Summary.Percent()
		fmt.Printf("%s: %d installed, %d unknown, %.0f %% compliant, %v\n", u.Update, u.Summary.Installed, u.Summary.Unknown, percent, err)
	}
	found, err := store.Search(ctx, site.ClientQuery{Update: sums.Updates[0].Update, States: []compliance.State{compliance.Unknown}})
	for _, f := range found.Clients {
		fmt.Println(f.Client.ID, f.State(), f.Why(), err)
	}
	// Output:
	// resync 0 error <nil>
	// 5d7e1f0a-93c4-4b1d-8a52-0c6f2e9b7d31: 1 installed, 1 unknown, 50 % compliant, <nil>
	// GUID:5B0A7C1E-93D4-4F60-8E25-000000000002 unknown never_heard <nil>
}

// Ingest is a function: from what is known and a report it says what changes.
func ExampleIngest() {
	at := time.Date(2008, 6, 3, 9, 15, 0, 0, time.UTC)
	report := func(serial uint64) *statemsg.Report {
		return &statemsg.Report{
			Client: statemsg.Client{ID: "GUID:5B0A7C1E-93D4-4F60-8E25-000000000001"}, Date: at.Add(time.Duration(serial) * time.Minute),
			Messages: []statemsg.Message{{TopicType: statemsg.UpdateSourceScan, TopicID: "source", StateID: statemsg.ScanCompleted, Time: at, Serial: serial}},
		}
	}
	var c site.Client // not known yet
	for _, serial := range []uint64{1, 4} {
		plan, err := site.Ingest(site.Policy{}, c, report(serial), at, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, e := range plan.Events {
			fmt.Println(e.Kind, e.From, e.To)
		}
		c = plan.Client
	}
	_, asked := site.Check(site.Policy{}, c, at.Add(2880*time.Minute))
	fmt.Println("after exactly 2880 minutes:", asked)
	plan, asked := site.Check(site.Policy{}, c, at.Add(2880*time.Minute+time.Second))
	fmt.Println("a second later:", asked, plan.Client.Resync.Number)
	// Output:
	// first_report 0 0
	// gap_opened 2 3
	// after exactly 2880 minutes: false
	// a second later: true 1
}

// story tells what happens to the reports of computers with one client id.
type story struct {
	site sitetest.Direct
	now  time.Time
}

// send lets a computer report, do what the answer asks for, and report again.
func (s *story) send(who string, a *sitetest.Agent) {
	reports := a.Reports(s.now, 100)
	for i := 0; i < len(reports); i++ {
		r := reports[i]
		p, err := s.site.Receive(context.Background(), s.now, r)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s  %s sends %d-%d, life %d:", s.now.Format("Jan _2 15:04"), who, r.Messages[0].Serial, a.LastSerial(), p.Client.Life)
		for _, e := range p.Events {
			if e.Kind != site.FirstReport {
				fmt.Printf(" %v", e.Kind)
			}
		}
		fmt.Println()
		if a.Answer(s.now, p.Client.Asks()) {
			reports = append(reports, a.Reports(s.now.Add(time.Second), 100)...)
		}
	}
	s.now = s.now.Add(time.Hour)
}

// A client is restored from an old backup: it uses its serials again. The site
// notices, begins its serials again, and has everything rebuilt.
func Example_restored() {
	s := &story{now: time.Date(2008, 6, 3, 9, 0, 0, 0, time.UTC)}
	a := sitetest.NewAgent(1)
	a.Set(s.now, sitetest.Update(1), compliance.Required)
	a.Set(s.now, sitetest.Update(2), compliance.Required)
	s.send("client", a)
	backup := a.Save()
	a.Set(s.now, sitetest.Update(1), compliance.Installed)
	a.Set(s.now, sitetest.Update(3), compliance.Required)
	s.send("client", a)
	a.Restore(backup)
	a.Set(s.now, sitetest.Update(2), compliance.Installed)
	s.send("client", a)
	fmt.Println("the site holds what the client knows:", sitetest.Settled(context.Background(), s.site.Keeper(), a) == nil)
	// Output:
	// Jun  3 09:00  client sends 1-2, life 1:
	// Jun  3 10:00  client sends 3-4, life 1:
	// Jun  3 11:00  client sends 3-3, life 2: client_reset resync_asked gap_opened
	// Jun  3 11:00  client sends 4-6, life 2: resync_answered gap_replaced refresh_complete
	// the site holds what the client knows: true
}

// A computer is cloned: two of them report with one id. The site notices each time
// that one contradicts the other, and asks for a resync at most once in 72 hours.
func Example_cloned() {
	s := &story{now: time.Date(2008, 6, 3, 9, 0, 0, 0, time.UTC)}
	a := sitetest.NewAgent(1)
	a.Set(s.now, sitetest.Update(1), compliance.Required)
	s.send("a", a)
	b := a.Clone()
	a.Set(s.now, sitetest.Update(1), compliance.Installed)
	s.send("a", a)
	b.Set(s.now, sitetest.Update(2), compliance.Required)
	s.send("b", b)
	a.Set(s.now, sitetest.Update(3), compliance.Required)
	s.send("a", a)
	s.now = s.now.Add(72 * time.Hour)
	asked, err := s.site.Check(context.Background(), s.now)
	fmt.Println("72 hours later the check asks", len(asked), "client,", err)
	b.Set(s.now, sitetest.Update(2), compliance.Installed)
	s.send("b", b)
	found, err := s.site.Keeper().Search(context.Background(), site.ClientQuery{})
	fmt.Println("resets:", found.Clients[0].Client.Resets(), err)
	// Output:
	// Jun  3 09:00  a sends 1-1, life 1:
	// Jun  3 10:00  a sends 2-2, life 1:
	// Jun  3 11:00  b sends 2-2, life 2: client_reset resync_asked gap_opened
	// Jun  3 11:00  b sends 3-5, life 2: resync_answered gap_replaced refresh_complete
	// Jun  3 12:00  a sends 3-3, life 3: client_reset gap_opened
	// 72 hours later the check asks 1 client, <nil>
	// Jun  6 13:00  b sends 6-6, life 3: gap_opened
	// Jun  6 13:00  b sends 7-9, life 3: resync_answered gap_replaced gap_replaced refresh_complete
	// resets: 2 <nil>
}
