package scantest_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/scan/scantest"
	"github.com/updatescan/updatescan/ttl"
)

func TestDecide(t *testing.T) {
	t.Parallel()
	scantest.RunDecide(t, scan.Decide)
}

// TestDecideMistakes: CheckDecide finds every mistake that a decision can show.
func TestDecideMistakes(t *testing.T) {
	t.Parallel()
	for _, m := range scantest.Mistakes() {
		if !slices.Contains(m.Ops, "decide") {
			continue
		}
		t.Attr("rule", m.Rule)
		err := scantest.CheckDecide(t.Context(), scantest.Model{Mistake: m.ID}.Decide)
		if err == nil {
			t.Errorf("CheckDecide with the mistake %s = nil", m.ID)
		}
		if strings.HasPrefix(m.ID, "dec-") && m.Rule < "DEC-6" && !names(err, m.Rule) {
			t.Errorf("CheckDecide with the mistake %s = %v, want a breach of %s", m.ID, err, m.Rule)
		}
	}
	zero := func(_ scan.Type, p ttl.Policy, s ttl.Stamp, required ttl.Version, now time.Time) scan.Decision {
		return scantest.Model{}.Decide(scan.NonForcedOnline, p, s, required, now) // the type is taken for a default
	}
	if err := scantest.CheckDecide(t.Context(), zero); !names(err, "TRG-5") {
		t.Errorf("CheckDecide of a function with a default = %v", err)
	}
}

// mutator changes what it is told.
type mutator struct{ scan.Observer }

func (*mutator) Event(_ time.Time, ev scan.Event) {
	if l, ok := ev.(scan.Located); ok && len(l.Locations) > 0 {
		l.Locations[0].URL = ""
	}
}

func TestObservers(t *testing.T) {
	t.Parallel()
	scantest.RunObserver(t, func(*testing.T) scan.Observer { return new(scantest.Observer) })
	err := scantest.CheckObserver(t.Context(), func() scan.Observer { return &mutator{new(scantest.Observer)} })
	if !names(err, "leaves-values") {
		t.Errorf("CheckObserver of one that changes values = %v", err)
	}
}

func TestRands(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-1")
	scantest.RunRand(t, func(*testing.T) scan.Rand { return rand.NewPCG(1, 2) })
	for _, bad := range [][]uint64{{0}, {1<<64 - 1, 1}, {1 << 63, 7}} {
		err := scantest.CheckRand(t.Context(), func() scan.Rand { return scantest.NewNumbers(bad...) })
		if !names(err, "uniform") {
			t.Errorf("CheckRand of %v = %v", bad, err)
		}
	}
}

// TestCheckMachineEnds: with a context that has ended nothing is claimed, and a
// client that cannot be made is an error of its own.
func TestCheckMachineEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := scantest.CheckMachine(ctx, machines, 1, 10); !errors.Is(err, context.Canceled) {
		t.Errorf("CheckMachine with a context that has ended = %v", err)
	}
	bad := errors.New("no client")
	none := func(scantest.WorkflowConfig) (scantest.Client, error) { return nil, bad }
	if err := scantest.CheckMachine(t.Context(), none, 1, 10); !errors.Is(err, bad) {
		t.Errorf("CheckMachine without a client = %v", err)
	}
}

// TestSameAgain: the same seed finds the same difference.
func TestSameAgain(t *testing.T) {
	t.Parallel()
	first := scantest.CheckMachine(t.Context(), mistaken("wf-switch-at-once"), 9, 400)
	again := scantest.CheckMachine(t.Context(), mistaken("wf-switch-at-once"), 9, 400)
	if first == nil || again == nil || first.Error() != again.Error() {
		t.Errorf("CheckMachine = %v, and again %v", first, again)
	}
}

// blind is a client whose state cannot be seen.
type blind struct{ scantest.Client }

// TestBlindClient: a client that only acts is compared by what it does. What
// shows in its state alone shows later in what it does.
func TestBlindClient(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", "ttl-sliding", "diff-removed-kept", "wf-interruption-uses-retry", "msg-restart-resends"} {
		newClient := func(cfg scantest.WorkflowConfig) (scantest.Client, error) {
			c, err := mistaken(id)(cfg)
			return blind{c}, err
		}
		if err := scantest.CheckMachine(t.Context(), newClient, 5, 400); (err == nil) != (id == "") {
			t.Errorf("CheckMachine of a client with the mistake %q = %v", id, err)
		}
	}
}
