package scantest

import (
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/wsus"
)

// DrawConfig draws the configuration of a client: often the defaults, else
// numbers near which much happens in the time of a workflow.
func DrawConfig(d Dice) WorkflowConfig {
	c := WorkflowConfig{UpdateSource: compliance.UpdateID{1: 0x51, 14: 7}, SiteCode: "PS1"}
	if d.IntN(3) == 0 {
		c.TTL.TTL = pick(d, time.Hour, 36*time.Hour, 7*time.Hour+13*time.Minute)
	}
	if d.IntN(4) == 0 {
		c.TTL.Tolerance = pick(d, time.Second, time.Hour)
	}
	if d.IntN(3) == 0 {
		c.Retry = wsus.RetryPolicy{Delay: 10 * time.Minute, Attempts: 1 + d.IntN(2), SwitchDelay: time.Minute}
	}
	if d.IntN(4) == 0 {
		c.Retry.Codes = wsus.NewRetryTable(0x80072EE2, 0x80004005, 0x80244010)
	}
	if d.IntN(3) == 0 {
		c.Cycle = statemsg.CyclePolicy{BatchMessages: 1 + d.IntN(4), BackoffMin: 10 * time.Second, BackoffMax: time.Hour}
	}
	c.ScanSchedule, c.Reevaluation = DrawSchedule(d), DrawSchedule(d)
	if d.IntN(4) == 0 {
		c.InitialWindow = pick(d, time.Second, time.Hour, 12*time.Hour)
	}
	c.ReportRemoved = d.IntN(2) == 0
	for range 3 { // the edges of the window are drawn often (WF-1)
		c.Random = append(c.Random, pick(d, 0, 1<<64-1, uint64(d.IntN(1<<30))<<34, uint64(d.IntN(1<<30))<<33))
	}
	return c
}

// DrawSchedule draws a schedule: mostly one that fires in a workflow's time.
func DrawSchedule(d Dice) scan.Schedule {
	return pick(d,
		scan.Schedule{},
		scan.Schedule{Interval: 24 * time.Hour},
		scan.Schedule{Interval: 23*time.Hour + 17*time.Minute},
		scan.Schedule{Disabled: true},
		scan.Schedule{Interval: 8 * time.Hour, Start: Start().Add(3 * time.Hour)},
		scan.Schedule{Start: Start().Add(-100 * time.Hour)},
		scan.Schedule{Start: Start().Add(20 * 24 * time.Hour)},
	)
}
