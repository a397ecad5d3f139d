package statemsgtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/internal/contract"
	"github.com/updatescan/updatescan/statemsg"
)

// patience is how long after its context has ended a send may take. It is long,
// so that a busy computer raises no alarm.
const patience = 20 * time.Second

// Receiver is a transport with the probe that its check needs.
type Receiver interface {
	statemsg.Transport
	// Received returns the reports that the receiver has durably: what its next
	// process would find. A report that was sent again may be there once or as
	// often as it came, in any order.
	Received() []statemsg.Report
}

// CheckTransport checks the contract of [statemsg.Transport] and returns all
// breaches, joined, each a [*ClauseError]. newReceiver returns a new receiver
// each time, which has no reports and which nothing else uses. Reports are
// compared as [statemsg.DecodeReport] would give them.
//
// The transport is taken to be shared, so it must be safe for concurrent use;
// for one that never is, use [RunTransport] with -skip /concurrent. If the
// context ends its error is returned; a send that never returns is waited for
// until then.
//
// Green does not prove that an acknowledged report survives a crash of the
// receiver: that is as true as what Received looks at. Nor does it prove that
// a send that is under way heeds its context, when none takes long enough to be
// caught at it, or that nothing retains the report where Received does not show
// it; or, unless it runs under the race detector, that there are no data races.
func CheckTransport(ctx context.Context, newReceiver func() Receiver) error {
	return contract.Check(ctx, "statemsgtest", transportClauses(), newReceiver)
}

// RunTransport is [CheckTransport] with one subtest a clause, named by its id,
// so that one can be left out with -skip.
func RunTransport(t *testing.T, newReceiver func(*testing.T) Receiver) {
	t.Helper()
	contract.Run(t, "statemsgtest", transportClauses(), newReceiver)
}

// transportClauses are the sentences of the comment of [statemsg.Transport].
func transportClauses() []contract.Clause[Receiver] {
	return []contract.Clause[Receiver]{
		{ID: "durable", Rule: "MSG-7", Says: "a nil error means that the receiver has the report durably, whole", Check: transportDurable},
		{ID: "repeated", Rule: "MSG-7", Says: "a report that is sent again is acknowledged, and its messages are there once by client and serial", Check: transportRepeated},
		{ID: "unmodified", Rule: "MSG-6", Says: "Send must not modify the report", Check: transportUnmodified},
		{ID: "not-retained", Rule: "MSG-6", Says: "Send must not retain the report after it has returned", Check: transportNotRetained},
		{ID: "context-ended", Rule: "MSG-7", Says: "when ctx has ended there is an error, unless the receiver has the report", Check: transportContextEnded},
		{ID: "context-soon", Rule: "MSG-7", Says: "when ctx ends Send returns soon", Check: transportContextSoon},
		{ID: "concurrent", Rule: "MSG-7", Says: "several senders can share it", Check: transportConcurrent},
	}
}

// checkReport is a report of a client, with the given serials, of ordinary
// messages and some that need care.
func checkReport(client int, serials ...uint64) *statemsg.Report {
	at := time.Date(2008, 6, 3, 9, 15, 0, 250_000_000, time.UTC)
	r := &statemsg.Report{
		Client: statemsg.Client{
			ID: fmt.Sprintf("GUID:5B0A7C1E-93D4-4F60-8E25-%012X", client), Version: "4.00.6487.2000",
			NetBIOSName: "LAB-PC-07", CodePage: 437, LCID: 1033,
		},
		Date: at,
	}
	for i, serial := range serials {
		m := statemsg.Message{
			TopicType: statemsg.UpdateDetection, TopicID: fmt.Sprintf("%08x-52b1-4d1c-9a6e-0123456789ab", serial),
			IDType: statemsg.IDTypeUpdate, StateID: statemsg.DetectionRequired, Params: []string{"102"}, Time: at, Serial: serial,
		}
		if i == 1 {
			m.Params, m.Details, m.Criticality = []string{"", " <&\"'>\r\n", "Müller 猫 😀"}, "<a>]]></a>", -5
		}
		r.Messages = append(r.Messages, m)
	}
	return r
}

// wasReceived says what is wrong with how the wanted reports were received.
func wasReceived(r Receiver, wants ...*statemsg.Report) error {
	got := r.Received()
	for _, want := range wants {
		found, nearest := false, ""
		for i := range got {
			if got[i].Client.ID != want.Client.ID || len(got[i].Messages) == 0 || got[i].Messages[0].Serial != want.Messages[0].Serial {
				continue
			}
			if d := cmp.Diff(*want, got[i]); d == "" {
				found = true
			} else {
				nearest = "; one with that serial differs: (-sent +received)\n" + d
			}
		}
		if !found {
			return fmt.Errorf("the report with serial %d, acknowledged, is not among the %d received%s", want.Messages[0].Serial, len(got), nearest)
		}
	}
	return nil
}

// sendAll sends the reports and expects each to be acknowledged.
func sendAll(ctx context.Context, t statemsg.Transport, reports ...*statemsg.Report) error {
	for _, r := range reports {
		if err := t.Send(ctx, r); err != nil {
			return fmt.Errorf("Send of the report with serial %d: %w", r.Messages[0].Serial, err)
		}
	}
	return nil
}

func transportDurable(ctx context.Context, newReceiver func() Receiver) error {
	r := newReceiver()
	reports := []*statemsg.Report{checkReport(1, 1, 2, 3), checkReport(1, 4), checkReport(2, 1), checkReport(1, 5, 6)}
	if err := sendAll(ctx, r, reports...); err != nil {
		return err
	}
	return wasReceived(r, reports...)
}

func transportRepeated(ctx context.Context, newReceiver func() Receiver) error {
	r := newReceiver()
	if err := sendAll(ctx, r, checkReport(1, 1, 2), checkReport(1, 1, 2), checkReport(1, 3), checkReport(1, 1, 2)); err != nil {
		return err
	}
	if err := wasReceived(r, checkReport(1, 1, 2), checkReport(1, 3)); err != nil {
		return err
	}
	var site Site
	for _, report := range r.Received() {
		if err := site.Send(ctx, &report); err != nil {
			return err
		}
	}
	if n := site.Applied(); n != 3 || len(site.Conflicts()) > 0 {
		return fmt.Errorf("of 3 messages, 2 of them sent three times, %d take effect, and %d serials have two contents", n, len(site.Conflicts()))
	}
	return nil
}

func transportUnmodified(ctx context.Context, newReceiver func() Receiver) error {
	r := newReceiver()
	ended, cancel := context.WithCancel(ctx)
	cancel()
	for i, ctx := range []context.Context{ctx, ctx, ended} {
		report := checkReport(1, 1, 2)
		// Whatever comes of it; of what has not returned nothing can be said.
		if _, late := sendInTime(ctx, r, report); late { //nolint:contextcheck // one of them has ended
			return nil
		}
		if diff := cmp.Diff(checkReport(1, 1, 2), report); diff != "" {
			return fmt.Errorf("after send %d (-before +after)\n%s", i+1, diff)
		}
	}
	return nil
}

func transportNotRetained(ctx context.Context, newReceiver func() Receiver) error {
	r := newReceiver()
	report := checkReport(1, 1, 2)
	if err := sendAll(ctx, r, report); err != nil {
		return err
	}
	report.Client.NetBIOSName = "changed"
	for i := range report.Messages {
		report.Messages[i].StateID, report.Messages[i].Params[0] = 9, "changed"
	}
	return wasReceived(r, checkReport(1, 1, 2))
}

func transportContextEnded(ctx context.Context, newReceiver func() Receiver) error {
	r := newReceiver()
	ended, cancel := context.WithCancel(ctx)
	cancel()
	err, _ := sendInTime(ended, r, checkReport(1, 1))
	if err == nil {
		return wasReceived(r, checkReport(1, 1))
	}
	return nil
}

// errLate says that a send did not return soon after the end of its context.
var errLate = errors.New("statemsgtest: it has not returned")

// sendInTime sends a report and gives it up when it has not returned in time.
func sendInTime(ctx context.Context, r Receiver, report *statemsg.Report) (err error, late bool) {
	done := make(chan error, 1)
	go func() { done <- r.Send(ctx, report) }()
	select {
	case err := <-done:
		return err, false
	case <-ctx.Done():
	}
	timer := clock.New().Timer(patience)
	defer timer.Stop()
	select {
	case err := <-done:
		return err, false
	case <-timer.C:
		return errLate, true
	}
}

func transportContextSoon(ctx context.Context, newReceiver func() Receiver) error {
	for _, before := range []bool{true, false} {
		r := newReceiver()
		ctx, cancel := context.WithCancel(ctx)
		if before {
			cancel()
		} else {
			go cancel()
		}
		err, late := sendInTime(ctx, r, checkReport(1, 1))
		cancel()
		if late {
			return fmt.Errorf("%v after the end of ctx: %w", patience, err)
		}
	}
	return nil
}

func transportConcurrent(ctx context.Context, newReceiver func() Receiver) error {
	r := newReceiver()
	const senders, each = 8, 5
	errs := make([]error, senders)
	var wg sync.WaitGroup
	var want []*statemsg.Report
	for i := range senders {
		for serial := range each {
			want = append(want, checkReport(i, uint64(serial+1)))
		}
		wg.Go(func() {
			for serial := range each {
				errs[i] = errors.Join(errs[i], sendAll(ctx, r, checkReport(i, uint64(serial+1))))
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return wasReceived(r, want...)
}
