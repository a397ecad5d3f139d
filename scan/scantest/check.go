package scantest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"time"
)

// CheckMachine runs so many random workflows, drawn from the seed, on clients
// that newClient makes and on a [Workflow] side by side, and compares them
// after every step. It returns nil when there is no difference, the error of
// ctx when that ends first, and else a [*DifferenceError]: the one of the first
// workflow that differs, made as short as it could be.
//
// It runs workflows on all processors at once, so newClient is called from
// several goroutines; a client itself is used by one at a time. The same seed
// and number give the same answer.
//
// Green proves that the client did what the rules say in these workflows; see
// the package comment for what it does not prove.
func CheckMachine(ctx context.Context, newClient func(WorkflowConfig) (Client, error), seed uint64, workflows int) error {
	var (
		mu    sync.Mutex
		next  int
		first = workflows // number of the first workflow that is known to differ
		fault error
		group sync.WaitGroup
	)
	take := func() (i int, ok bool) {
		mu.Lock()
		defer mu.Unlock()
		next++
		return next - 1, next-1 < first && ctx.Err() == nil
	}
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for i, ok := take(); ok; i, ok = take() {
				err := runWorkflow(newClient, seed, i)
				mu.Lock()
				if err != nil && i < first {
					first, fault = i, err
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	if fault == nil {
		return ctx.Err()
	}
	if _, ok := errors.AsType[*DifferenceError](fault); !ok {
		return fault
	}
	return explain(ctx, newClient, seed, first)
}

// workflowDice are the dice of workflow number i.
func workflowDice(seed uint64, i int) Dice { return rand.New(rand.NewPCG(seed, uint64(i))) }

// workflowEvents is how much happens in workflow number i.
func workflowEvents(i int) int { return 20 + i%41 }

func runWorkflow(newClient func(WorkflowConfig) (Client, error), seed uint64, i int) error {
	w, err := NewWorld(workflowDice(seed, i), newClient)
	if err != nil {
		return err
	}
	return w.Run(workflowEvents(i))
}

// DifferenceError is where a client and the workflow differ.
type DifferenceError struct {
	// Rule is the rule that the first difference concerns. A mistake may show
	// first at another rule than the one that was broken.
	Rule string
	// Seed and Workflow say which workflow it is, for CheckMachine.
	Seed     uint64
	Workflow int
	// Step counts the steps until the difference, and At is the time in the
	// workflow.
	Step int
	At   time.Time
	// Detail is what differs.
	Detail string
	// LooksLike are the ids of those planted mistakes that explain what the
	// client has done, each with its rule: the workflow with the mistake does
	// the same in every step. None may.
	LooksLike []string
	// Log tells of the last steps.
	Log []string
}

// Error implements error: the rule, what differs, and the last steps.
func (d *DifferenceError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "scantest: %s: seed %d, workflow %d, step %d at %s: %s",
		d.Rule, d.Seed, d.Workflow, d.Step, d.At.Format(time.RFC3339Nano), d.Detail)
	if len(d.LooksLike) > 0 {
		fmt.Fprintf(&b, "\nthe client behaves as one with the mistake %s", strings.Join(d.LooksLike, ", or "))
	}
	if len(d.Log) > 0 {
		fmt.Fprintf(&b, "\nlast steps:\n%s", strings.Join(d.Log, "\n"))
	}
	return b.String()
}

// logLines is how many lines of the log a [DifferenceError] has at most.
const logLines = 60

// explain runs a workflow that differs again, shortens it, and tells how it
// came to differ.
func explain(ctx context.Context, newClient func(WorkflowConfig) (Client, error), seed uint64, i int) error {
	tape := &tape{source: workflowDice(seed, i)}
	w, err := NewWorld(tape, newClient)
	if err != nil {
		return err
	}
	found, ok := errors.AsType[*DifferenceError](w.Run(workflowEvents(i)))
	if !ok {
		return fmt.Errorf("scantest: seed %d, workflow %d: the client differs once and not again: it does not depend on its inputs alone", seed, i)
	}
	draws, short := shorten(ctx, newClient, tape.drawn, workflowEvents(i), found)
	var log []string
	var moments []moment
	w, err = NewWorld(&replay{draws: draws}, newClient)
	if err != nil {
		return err
	}
	w.Log = func(format string, args ...any) { log = append(log, fmt.Sprintf(format, args...)) }
	w.record = func(m moment) { moments = append(moments, m) }
	if again, ok := errors.AsType[*DifferenceError](w.Run(workflowEvents(i))); ok {
		short = again
	}
	short.Seed, short.Workflow = seed, i
	short.Log = log[max(0, len(log)-logLines):]
	short.LooksLike = suspects(w.cfg, moments)
	return short
}

// tape is dice that write down what they gave.
type tape struct {
	source Dice
	drawn  []int
}

// IntN implements [Dice].
func (t *tape) IntN(n int) int {
	v := t.source.IntN(n)
	t.drawn = append(t.drawn, v)
	return v
}

// replay is dice that give what was written down, and 0 when that is used up.
type replay struct {
	draws []int
	next  int
}

// IntN implements [Dice].
func (t *replay) IntN(n int) int {
	if t.next >= len(t.draws) {
		return 0
	}
	t.next++
	return t.draws[t.next-1] % n
}

// shortenRuns is how many workflows are run to make one shorter.
const shortenRuns = 200

// shorten leaves out draws as long as the workflow still differs in what
// concerns the same rule, and has no more steps.
func shorten(ctx context.Context, newClient func(WorkflowConfig) (Client, error), draws []int, events int, d *DifferenceError) ([]int, *DifferenceError) {
	runs := 0
	try := func(draws []int) (*DifferenceError, int) {
		runs++
		t := &replay{draws: draws}
		if w, err := NewWorld(t, newClient); err == nil {
			d, _ := errors.AsType[*DifferenceError](w.Run(events))
			return d, t.next
		}
		return nil, 0
	}
	for size := max(1, len(draws)/4); size > 0; size /= 2 {
		for i := len(draws) - size; i >= 0 && runs < shortenRuns && ctx.Err() == nil; i -= size {
			if i+size > len(draws) {
				continue
			}
			less := append(append([]int{}, draws[:i]...), draws[i+size:]...)
			if found, used := try(less); found != nil && found.Rule == d.Rule && found.Step <= d.Step {
				draws, d = less[:used], found
			}
		}
	}
	return draws, d
}
