package scantest

import (
	"math/big"
	"slices"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
)

// WorkflowConfig configures a [Workflow]. Zero fields mean the documented
// defaults, so that the zero WorkflowConfig is useful.
type WorkflowConfig struct {
	// TTL is the freshness policy of the stored metadata (TTL-1, TTL-7).
	TTL ttl.Policy
	// Retry is what follows a failed attempt (WF-9).
	Retry wsus.RetryPolicy
	// Cycle is when state messages leave (MSG-3, MSG-4, MSG-10).
	Cycle statemsg.CyclePolicy
	// ScanSchedule and Reevaluation are the two schedules (WF-13).
	ScanSchedule, Reevaluation scan.Schedule
	// InitialWindow is the window of the random start of the initial scan
	// (WF-1); zero means 2 hours.
	InitialWindow time.Duration
	// UpdateSource is the topic id of scan state messages (WF-8).
	UpdateSource compliance.UpdateID
	// SiteCode is the client's site, for the location request.
	SiteCode string
	// ReportRemoved sends 500/0 for an update that is gone (DIFF-6).
	ReportRemoved bool
	// Random are the random numbers that the client draws, in turn and from
	// the beginning again when they are used up; none means 0.
	Random []uint64
	// Mistake plants one of the mistakes of
	// scan/scantest/vectors/mutants.json by its id; empty for none; an id
	// that does not concern the workflow has no effect.
	Mistake string
}

// Defaults returns the configuration with every zero field replaced by what
// it means.
func (c WorkflowConfig) Defaults() WorkflowConfig {
	if c.Mistake == "ttl-default-12h" {
		set(&c.TTL.TTL, 12*time.Hour)
	}
	set(&c.TTL.TTL, 24*time.Hour)                                       // TTL-1
	set(&c.TTL.Tolerance, 5*time.Minute)                                // TTL-7
	set(&c.Retry.Delay, 30*time.Minute)                                 // WF-9
	set(&c.Retry.Attempts, 4)                                           // WF-9
	set(&c.Retry.SwitchDelay, 2*time.Minute)                            // WF-9
	set(&c.Cycle.Interval, 15*time.Minute)                              // MSG-3
	set(&c.Cycle.FlushWithin, 2*time.Minute)                            // MSG-4
	set(&c.Cycle.BatchMessages, 1000)                                   // MSG-10
	set(&c.Cycle.DrainGap, min(10*time.Second, c.Cycle.Interval))       // MSG-10
	set(&c.Cycle.BackoffMax, max(c.Cycle.Interval, c.Cycle.BackoffMin)) // MSG-7
	set(&c.Cycle.BackoffMin, min(time.Minute, c.Cycle.BackoffMax))      // MSG-7
	set(&c.ScanSchedule.Interval, 7*24*time.Hour)                       // WF-13
	set(&c.Reevaluation.Interval, 7*24*time.Hour)                       // WF-13
	set(&c.InitialWindow, 2*time.Hour)                                  // WF-1
	c.Random = slices.Clone(c.Random)
	if len(c.Random) == 0 {
		c.Random = []uint64{0}
	}
	return c
}

// set gives a field that is zero a value.
func set[T comparable](field *T, value T) {
	if *field == *new(T) {
		*field = value
	}
}

// Machine returns the same configuration for a [scan.Machine]. It has no
// mistake, and random numbers of its own.
func (c WorkflowConfig) Machine() scan.MachineConfig {
	return scan.MachineConfig{
		TTL: c.TTL, Retry: c.Retry, Cycle: c.Cycle,
		ScanSchedule: c.ScanSchedule, Reevaluation: c.Reevaluation, InitialWindow: c.InitialWindow,
		UpdateSource: c.UpdateSource, SiteCode: c.SiteCode, ReportRemoved: c.ReportRemoved,
		Rand: NewNumbers(c.Random...),
	}
}

// Numbers is a [scan.Rand] that gives the same few numbers again and again.
// Its zero value gives 0. It is not safe for concurrent use.
type Numbers struct {
	list []uint64
	next int
}

// NewNumbers returns a source of the given numbers.
func NewNumbers(list ...uint64) *Numbers { return &Numbers{list: slices.Clone(list)} }

// Uint64 implements [scan.Rand].
func (n *Numbers) Uint64() uint64 {
	if len(n.list) == 0 {
		return 0
	}
	n.next++
	return n.list[(n.next-1)%len(n.list)]
}

// draw is the next random number, scaled to the window: the integer part of
// number * window / 2^64 (WF-1: uniform over the window), cut to milliseconds.
func (w *Workflow) draw(window time.Duration) time.Duration {
	n := new(big.Int).SetUint64(w.cfg.Random[0])
	w.cfg.Random = append(w.cfg.Random[1:], w.cfg.Random[0])
	n.Mul(n, big.NewInt(int64(window)))
	return time.Duration(n.Rsh(n, 64).Int64() / 1e6 * 1e6)
}
