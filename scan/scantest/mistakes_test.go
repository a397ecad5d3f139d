package scantest_test

import (
	"errors"
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
// find it, and say that it may be this one. So no mistake is dead code.
func TestMistakes(t *testing.T) {
	t.Parallel()
	n := 0
	for _, m := range scantest.Mistakes() {
		if !m.OfWorkflow() {
			continue
		}
		n++
		t.Run(m.ID, func(t *testing.T) {
			t.Parallel()
			t.Attr("rule", m.Rule)
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
		})
	}
	if n < 80 {
		t.Errorf("%d mistakes, want those of mutants.json", n)
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
