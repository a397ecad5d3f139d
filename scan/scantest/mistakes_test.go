package scantest_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/updatescan/updatescan/scan/scantest"
)

// mistaken makes clients that make a mistake.
func mistaken(id string) func(scantest.WorkflowConfig) (scantest.Client, error) {
	return func(cfg scantest.WorkflowConfig) (scantest.Client, error) {
		cfg.Mistake = id
		return scantest.NewModelClient(cfg)
	}
}

// machines makes clients that are the library's machine.
func machines(cfg scantest.WorkflowConfig) (scantest.Client, error) {
	return scantest.NewMachineClient(cfg)
}

// TestMistakes plants each mistake that a workflow can make: random workflows
// find it, so that no mistake is dead code, and the difference says that it may
// be this one. With the race detector, or -short, of most mistakes only the
// first is looked at.
func TestMistakes(t *testing.T) {
	t.Parallel()
	n := 0
	for _, m := range scantest.Mistakes() {
		if !m.OfWorkflow() {
			continue
		}
		n++
		explained := n%10 == 1 || !raceEnabled && !testing.Short()
		t.Run(m.ID, func(t *testing.T) {
			t.Parallel()
			t.Attr("rule", m.Rule)
			if explained {
				explainsMistake(t, m)
				return
			}
			for i := range uint64(400) {
				w, err := scantest.NewWorld(rand.New(rand.NewPCG(7, i)), mistaken(m.ID))
				if err != nil {
					t.Fatal(err)
				}
				if w.Run(20+int(i%41)) != nil {
					return
				}
			}
			t.Errorf("a client with the mistake %s shows no difference", m.ID)
		})
	}
	if n < 80 {
		t.Errorf("%d mistakes, want those of mutants.json", n)
	}
}

// explainsMistake checks what is said of a client that makes a mistake.
func explainsMistake(t *testing.T, m scantest.Mistake) {
	t.Helper()
	err := scantest.CheckMachine(t.Context(), mistaken(m.ID), 7, 400)
	var d *scantest.DifferenceError
	if !errors.As(err, &d) {
		t.Fatalf("a client with the mistake %s = %v, want a difference", m.ID, err)
	}
	if !slices.Contains(d.LooksLike, m.ID+" ("+m.Rule+")") {
		t.Errorf("it looks like %v, want %s among them", d.LooksLike, m.ID)
	}
	if d.Rule == "" || !strings.Contains(err.Error(), d.Rule+": seed 7, workflow ") {
		t.Errorf("the error names no rule: %v", err)
	}
}

// TestOtherMistakes: a mistake that is none, or not the workflow's, has no
// effect.
func TestOtherMistakes(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", "no such mistake", "msg-utf8", "site-only-installed"} {
		if err := scantest.CheckMachine(t.Context(), mistaken(id), 7, 100); err != nil {
			t.Errorf("a client with the mistake %q = %v", id, err)
		}
	}
}

// TestMachineAgrees compares the library's machine with the workflow. Package
// scan does so at length.
func TestMachineAgrees(t *testing.T) {
	t.Parallel()
	if err := scantest.CheckMachine(t.Context(), machines, 3, 300); err != nil {
		t.Error(err)
	}
}
