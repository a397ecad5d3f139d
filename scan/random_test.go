package scan_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/scan"
)

// randomSeed is the seed of the random workflows: each has it and its own
// number.
const randomSeed = 20080601

// randomWorkflows is how many are run: fewer when the race detector makes
// each slow, and with -short.
func randomWorkflows() int {
	if testing.Short() || raceEnabled {
		return 1_000
	}
	return 10_000
}

// TestRandomWorkflows runs random workflows on the machine and on the model,
// which is the rules once more in slow and obvious form, and compares them
// after every step.
func TestRandomWorkflows(t *testing.T) {
	t.Parallel()
	provesWorkflow(t)
	n := randomWorkflows()
	var (
		group        sync.WaitGroup
		number, step atomic.Int64
		found        atomic.Int64 // number of a workflow that differs, plus 1
	)
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for found.Load() == 0 {
				i := number.Add(1) - 1
				if i >= int64(n) {
					return
				}
				w := randomWorld(uint64(i))
				w.run(20 + int(i%41))
				step.Add(int64(w.steps))
				if w.fault != "" {
					found.CompareAndSwap(0, i+1)
				}
			}
		})
	}
	group.Wait()
	t.Logf("%d workflows, %d steps, seed %d", n, step.Load(), uint64(randomSeed))
	if i := found.Load(); i > 0 {
		t.Error(explainWorkflow(uint64(i - 1)))
	}
}

// provesWorkflow names the rules that the model has in it: whichever of them
// the machine breaks, the two differ.
func provesWorkflow(t *testing.T) {
	t.Helper()
	t.Attr("rule", "TRG-3")
	t.Attr("rule", "TRG-4")
	t.Attr("rule", "TRG-7")
	t.Attr("rule", "TTL-2")
	t.Attr("rule", "TTL-3")
	t.Attr("rule", "TTL-4")
	t.Attr("rule", "TTL-5")
	t.Attr("rule", "TTL-6")
	t.Attr("rule", "TTL-7")
	t.Attr("rule", "TTL-8")
	t.Attr("rule", "DEC-1")
	t.Attr("rule", "DEC-2")
	t.Attr("rule", "DEC-3")
	t.Attr("rule", "DEC-4")
	t.Attr("rule", "DEC-5")
	t.Attr("rule", "DEC-6")
	t.Attr("rule", "DEC-7")
	t.Attr("rule", "DEC-8")
	t.Attr("rule", "WF-1")
	t.Attr("rule", "WF-2")
	t.Attr("rule", "WF-3")
	t.Attr("rule", "WF-4")
	t.Attr("rule", "WF-5")
	t.Attr("rule", "WF-6")
	t.Attr("rule", "WF-7")
	t.Attr("rule", "WF-8")
	t.Attr("rule", "WF-9")
	t.Attr("rule", "WF-10")
	t.Attr("rule", "WF-11")
	t.Attr("rule", "WF-12")
	t.Attr("rule", "WF-13")
	t.Attr("rule", "WF-14")
	t.Attr("rule", "WF-15")
	t.Attr("rule", "DIFF-2")
	t.Attr("rule", "DIFF-3")
	t.Attr("rule", "DIFF-4")
	t.Attr("rule", "DIFF-5")
	t.Attr("rule", "DIFF-6")
	t.Attr("rule", "DIFF-7")
	t.Attr("rule", "DIFF-8")
	t.Attr("rule", "DIFF-9")
	t.Attr("rule", "MSG-1")
	t.Attr("rule", "MSG-2")
	t.Attr("rule", "MSG-3")
	t.Attr("rule", "MSG-4")
	t.Attr("rule", "MSG-5")
	t.Attr("rule", "MSG-6")
	t.Attr("rule", "MSG-7")
	t.Attr("rule", "MSG-8")
	t.Attr("rule", "MSG-10")
}

// randomWorld is the world of workflow i.
func randomWorld(i uint64) *world {
	w := newWorld(rand.New(rand.NewPCG(randomSeed, i)))
	w.audited = i%16 == 0
	return w
}

// explainWorkflow runs a workflow again and tells how it came to differ.
func explainWorkflow(i uint64) string {
	w := randomWorld(i)
	var lines []string
	w.log = func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	w.run(20 + int(i%41))
	tail := lines[max(0, len(lines)-60):]
	return fmt.Sprintf("seed %d, workflow %d: %s\nlast steps:\n%s", uint64(randomSeed), i, w.fault, strings.Join(tail, "\n"))
}

// rapidDice lets rapid make a world's decisions, so that it can shrink them.
type rapidDice struct{ t *rapid.T }

func (d rapidDice) IntN(n int) int { return rapid.IntRange(0, n-1).Draw(d.t, "dice") }

// TestRapidWorkflows is TestRandomWorkflows with decisions that rapid draws.
func TestRapidWorkflows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(rapidDice{rt})
		w.audited = true
		w.log = rt.Logf
		w.run(12)
		if w.fault != "" {
			rt.Fatal(w.fault)
		}
	})
}

var _ scan.Rand = (*worldNumbers)(nil)
