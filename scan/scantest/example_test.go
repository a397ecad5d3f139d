package scantest_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/scan/scantest"
)

// A client of your own goes through random workflows beside the reference
// model. This one uses the metadata for 12 hours only; the check finds that,
// and says what it looks like.
func ExampleCheckMachine() {
	mine := func(cfg scantest.WorkflowConfig) (scantest.Client, error) {
		cfg.Mistake = "ttl-default-12h"
		return scantest.NewModelClient(cfg)
	}
	err := scantest.CheckMachine(context.Background(), mine, 1, 200)
	if d, ok := errors.AsType[*scantest.DifferenceError](err); ok {
		fmt.Println(d.LooksLike)
	}
	// Output:
	// [ttl-default-12h (TTL-1)]
}

// A whole client, in virtual time: its server is down for a morning.
func ExampleNewRig() {
	ctx := context.Background()
	rig, err := scantest.NewRig(scantest.RigConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	rig.Server.SetDown(0x80244022) // too busy
	fmt.Println(errors.Join(rig.Enable(ctx), rig.Pass(ctx, time.Hour)))
	rig.Server.SetDown(0)
	fmt.Println(rig.Pass(ctx, time.Hour))
	for _, r := range rig.Observer.Results() {
		fmt.Println(r.Finished.Format(time.TimeOnly), r.Outcome, r.Failure.Code)
	}
	fmt.Println(rig.Reported(scantest.ID(1)))
	// Output:
	// <nil>
	// <nil>
	// 08:00:00 pending_retry 0x80244022
	// 08:30:00 pending_retry 0x80244022
	// 09:00:00 pending_retry 0x80244022
	// 09:30:00 completed 0x00000000
	// required true
}

// A storage of your own keeps its contract, or the check says which clause it
// breaks.
func ExampleCheckStorage() {
	err := scantest.CheckStorage(context.Background(), func() scan.Storage {
		return scantest.BrokenStorage("copies-in") // yours
	})
	var c *scantest.ClauseError
	if errors.As(err, &c) {
		fmt.Println(c.Clause+":", c.Says)
	}
	// Output:
	// copies-in: Data is copied if it is kept
}

// The power fails at the third commit, after it has taken effect.
func ExampleStorage() {
	ctx := context.Background()
	rig, err := scantest.NewRig(scantest.RigConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	rig.Storage.Plan = scantest.AtCommit(3, scantest.PowerOffAfter)
	fmt.Println(errors.Is(errors.Join(rig.Enable(ctx), rig.Pass(ctx, time.Hour)), scantest.ErrPowerOff))
	fmt.Println(rig.Restart(ctx), rig.Pass(ctx, time.Hour))
	fmt.Println(rig.Reported(scantest.ID(2)))
	// Output:
	// true
	// <nil> <nil>
	// installed true
}

// The reference model alone: what a client is to do about an event.
func ExampleWorkflow() {
	w := scantest.NewWorkflow(scantest.WorkflowConfig{})
	now := scantest.Start()
	w.Step(now, scan.PolicyReceived{Policy: scan.Policy{Enabled: true}})
	w.Step(now, scan.Requested{Request: scan.Request{Trigger: scan.ScanCycle}})
	for _, e := range w.Step(now, scan.Requested{Request: scan.Request{
		Trigger: scan.BeforeDownload, Updates: []compliance.UpdateID{scantest.ID(1)},
	}}) {
		if n, ok := e.(scan.Notice); ok {
			fmt.Println(n.Kind, n.Trigger, n.Job)
		}
	}
	next, ok := w.Next()
	fmt.Println(next.Format(time.RFC3339), ok)
	// Output:
	// joined before_download 2
	// 2008-06-01T08:15:00Z true
}

// A function of your own decides what a scan does about metadata.
func ExampleCheckDecide() {
	err := scantest.CheckDecide(context.Background(), scantest.Model{Mistake: "dec-offline-absent-connects"}.Decide)
	var c *scantest.ClauseError
	if errors.As(err, &c) {
		fmt.Println(c.Clause, c.Says)
	}
	// Output:
	// DEC-4 forced offline without metadata fails
}
