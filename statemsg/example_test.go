package statemsg_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
)

// From the changes of a scan to the acknowledged report, with the time as an
// argument throughout.
func Example() {
	kb, err := compliance.ParseUpdateID("3c1f8f0a-6f55-4e0e-9d0b-2f8f5c1b7a44")
	if err != nil {
		log.Fatal(err)
	}
	scanned := time.Date(2008, 6, 3, 9, 2, 10, 0, time.UTC)
	changes := []compliance.Change{{ID: kb, Kind: compliance.First, To: compliance.Required, Revision: 102}}

	var (
		policy statemsg.CyclePolicy // every 15 minutes
		outbox statemsg.Outbox
		cycle  = statemsg.Cycle{Anchor: time.Date(2008, 6, 3, 9, 0, 0, 0, time.UTC)}
	)
	for _, m := range statemsg.FromChanges(nil, scanned, changes, false) {
		if err := outbox.Record(m); err != nil {
			log.Fatal(err)
		}
	}
	cycle = cycle.Observe(policy, scanned, &outbox)
	next, _ := cycle.Next(policy, &outbox)
	fmt.Println("next report:", next.Format(time.TimeOnly))

	batch, _ := outbox.Batch(next, 0) // and now the outbox is stored
	for _, m := range batch.Messages {
		state, _ := statemsg.StateName(m.TopicType, m.StateID)
		fmt.Printf("serial %d: %s revision %s is %s\n", m.Serial, m.TopicID, m.Params[0], state)
	}
	outbox.Acknowledge(batch.ID)
	cycle = cycle.Acknowledged(policy, next.Add(time.Second), &outbox)
	_, waits := cycle.Next(policy, &outbox)
	fmt.Println("anything left:", waits)
	// Output:
	// next report: 09:15:00
	// serial 1: 3c1f8f0a-6f55-4e0e-9d0b-2f8f5c1b7a44 revision 102 is Required
	// anything left: false
}

// A message that is overwritten while it waits is not sent; one that is in
// flight is.
func ExampleOutbox() {
	now := time.Date(2008, 6, 3, 9, 0, 0, 0, time.UTC)
	scan := func(s statemsg.StateID) statemsg.Message {
		return statemsg.Message{TopicType: statemsg.UpdateSourceScan, TopicID: "{2D9D4F65-8D5B-4E4C-9E3A-1B0C6A7F8E90}", StateID: s, Time: now}
	}
	var o statemsg.Outbox
	show := func() statemsg.Batch {
		b, _ := o.Batch(now, 0)
		for _, m := range b.Messages {
			name, _ := statemsg.StateName(m.TopicType, m.StateID)
			fmt.Println(m.Serial, name)
		}
		return b
	}
	for _, s := range []statemsg.StateID{statemsg.ScanWaitingForLocation, statemsg.ScanRunning} {
		if err := o.Record(scan(s)); err != nil {
			log.Fatal(err)
		}
	}
	b := show()
	if err := o.Record(scan(statemsg.ScanCompleted)); err != nil {
		log.Fatal(err)
	}
	show() // a retry: the same again
	o.Acknowledge(b.ID)
	show()
	// Output:
	// 1 Scan is running
	// 1 Scan is running
	// 2 Scan completed
}

func ExampleAppendReport() {
	when := time.Date(2008, 6, 3, 9, 2, 10, 250_000_000, time.UTC)
	report := &statemsg.Report{
		Client: statemsg.Client{ID: "5B0A7C1E-93D4-4F60-8E25-A1B2C3D4E5F6", NetBIOSName: "LAB-PC-07"},
		Date:   when.Add(13 * time.Minute),
		Messages: []statemsg.Message{{
			TopicType: statemsg.UpdateDetection,
			TopicID:   "3c1f8f0a-6f55-4e0e-9d0b-2f8f5c1b7a44",
			IDType:    statemsg.IDTypeUpdate,
			StateID:   statemsg.DetectionInstalled,
			Params:    []string{"102"},
			Time:      when,
			Serial:    17,
		}},
	}
	data, err := statemsg.AppendReport(nil, report)
	if err != nil {
		log.Fatal(err)
	}
	back, err := statemsg.DecodeReport(data)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(back.Client.ID, back.Messages[0].Serial, back.Messages[0].Time.Format(time.RFC3339Nano))

	_, err = statemsg.DecodeReport([]byte(`<!DOCTYPE Report [<!ENTITY a "aaaaaaaa">]><Report>&a;</Report>`))
	fmt.Println(err)
	// Output:
	// GUID:5B0A7C1E-93D4-4F60-8E25-A1B2C3D4E5F6 17 2008-06-03T09:02:10.25Z
	// statemsg: report: line 1, column 1: a document type declaration is not allowed
}

// A program that ends before the next tick sends what it has at once. Others
// call Run in a goroutine and let it send every 15 minutes.
func ExampleSender() {
	var site statemsg.MemTransport
	sender, err := statemsg.NewSender(statemsg.SenderConfig{
		Client:    statemsg.Client{ID: "GUID:5B0A7C1E-93D4-4F60-8E25-A1B2C3D4E5F6"},
		Transport: &site,
		Save: func(ctx context.Context, o *statemsg.Outbox, c statemsg.Cycle) error {
			_, err := o.AppendBinary(nil) // into a file or a database, with c
			return err
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	err = sender.Record(ctx, statemsg.Message{
		TopicType: statemsg.UpdateDetection,
		TopicID:   "3c1f8f0a-6f55-4e0e-9d0b-2f8f5c1b7a44",
		IDType:    statemsg.IDTypeUpdate,
		StateID:   statemsg.DetectionRequired,
		Params:    []string{"102"},
		Time:      time.Date(2008, 6, 3, 9, 2, 10, 0, time.UTC),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("pending:", sender.Pending())
	if err := sender.SendNow(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Println("pending:", sender.Pending(), "arrived:", len(site.Messages()))
	// Output:
	// pending: 1
	// pending: 0 arrived: 1
}
