package scan_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/scan/scantest"
	"github.com/updatescan/updatescan/scan/scantest/scanrapid"
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
// after every step. Of every sixteenth the stored form is looked at, too.
func TestRandomWorkflows(t *testing.T) {
	t.Parallel()
	provesWorkflow(t)
	n := randomWorkflows()
	if err := scantest.CheckMachine(t.Context(), newClient, randomSeed, n*15/16); err != nil {
		t.Error(err)
	}
	if err := scantest.CheckMachine(t.Context(), newAudited, randomSeed+1, n/16); err != nil {
		t.Error(err)
	}
}

func newClient(cfg scantest.WorkflowConfig) (scantest.Client, error) {
	return scantest.NewMachineClient(cfg)
}

func newAudited(cfg scantest.WorkflowConfig) (scantest.Client, error) {
	return scantest.NewAuditedClient(cfg)
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

// TestRapidWorkflows is TestRandomWorkflows with decisions that rapid draws.
func TestRapidWorkflows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, scanrapid.Workflow(newAudited, 12))
}
