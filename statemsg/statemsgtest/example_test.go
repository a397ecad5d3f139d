package statemsgtest_test

import (
	"context"
	"fmt"
	"time"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/statemsgtest"
)

// A client whose acknowledgements get lost: its messages arrive more than once
// and take effect once.
func ExampleFaulty() {
	var site statemsgtest.Site
	way := &statemsgtest.Faulty{Next: &site, Plan: []statemsgtest.Fault{statemsgtest.Fail, statemsgtest.LoseAck, statemsgtest.Busy}}
	var outbox statemsg.Outbox // the one to be tested
	at := time.Date(2008, 6, 3, 9, 0, 0, 0, time.UTC)
	_ = outbox.Record(statemsg.Message{TopicType: statemsg.UpdateDetection, TopicID: "u1", StateID: 2, Time: at})
	client := statemsg.Client{ID: "GUID:5B0A7C1E-93D4-4F60-8E25-A1B2C3D4E5F6"}
	for {
		b, ok := outbox.Batch(at, 10)
		if !ok {
			break
		}
		if err := way.Send(context.Background(), statemsg.NewReport(client, b)); err != nil {
			fmt.Println(err, statemsg.RetryAfter(err))
			continue
		}
		outbox.Acknowledge(b.ID)
	}
	m, _ := site.State(client.ID, statemsg.UpdateDetection, "u1")
	fmt.Println("sends:", way.Sends(), "applied:", site.Applied(), "again:", site.Duplicates(), "state:", m.StateID)
	// Output:
	// statemsgtest: the management point is down 0s
	// statemsgtest: the management point is down 0s
	// statemsg: send: statemsgtest: the management point is down (retry after 5m0s) 5m0s
	// sends: 4 applied: 1 again: 1 state: 2
}

// mine is the transport to be tested, with the probe that the check needs. It
// acknowledges everything.
type mine struct{ mem statemsg.MemTransport }

func (m *mine) Send(ctx context.Context, r *statemsg.Report) error {
	_ = m.mem.Send(ctx, r)
	return nil
}

func (m *mine) Received() []statemsg.Report { return m.mem.Reports() }

func ExampleCheckTransport() {
	err := statemsgtest.CheckTransport(context.Background(), func() statemsgtest.Receiver { return new(mine) })
	fmt.Println(err)
	// Output:
	// statemsgtest: context-ended: when ctx has ended there is an error, unless the receiver has the report: the report with serial 1, acknowledged, is not among the 0 received
}

// An implementation of your own is compared with the timetable of the model.
func ExampleModel_Timetable() {
	script := statemsgtest.Script{
		Policy: statemsg.CyclePolicy{BatchMessages: 2},
		Events: []statemsgtest.Event{{At: 5, Record: 3}, {At: 1000, Record: 1, Flush: true}},
		Sends:  []statemsgtest.Send{{Takes: 1}, {Takes: 1, Fails: true}},
		Until:  3600,
	}
	for _, s := range (statemsgtest.Model{}).Timetable(script) {
		fmt.Printf("after %d s a report of %d\n", s.At, s.Messages)
	}
	// Output:
	// after 900 s a report of 2
	// after 911 s a report of 1
	// after 972 s a report of 1
	// after 1120 s a report of 1
}
