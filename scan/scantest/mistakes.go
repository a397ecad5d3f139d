package scantest

import (
	"encoding/json"
	"io/fs"
	"slices"

	"github.com/updatescan/updatescan/scan/scantest/vectors"
)

// Mistake is one of the planted mistakes of scan/scantest/vectors/mutants.json.
type Mistake struct {
	// ID names it, for the fields Mistake of the models.
	ID string `json:"id"`
	// Rule is the rule that it breaks.
	Rule string `json:"rule"`
	// Ops are the operations of the vectors that show it.
	Ops []string `json:"ops"`
	// Mistake says what it is.
	Mistake string `json:"mistake"`
}

// Mistakes returns all planted mistakes, in the order of the file.
func Mistakes() []Mistake {
	data, err := fs.ReadFile(vectors.FS(), "mutants.json")
	if err != nil {
		panic("scantest: " + err.Error())
	}
	var file struct{ Mutants []Mistake }
	if err := json.Unmarshal(data, &file); err != nil {
		panic("scantest: mutants.json: " + err.Error())
	}
	return file.Mutants
}

// OfWorkflow reports whether a [Workflow] can make the mistake.
func (m Mistake) OfWorkflow() bool { return slices.Contains(m.Ops, "workflow.run") }

// suspects returns the mistakes with which a workflow does in every step what
// a client did, each with its rule.
func suspects(cfg WorkflowConfig, moments []moment) []string {
	var ids []string
	for _, m := range Mistakes() {
		if cfg.Mistake = m.ID; m.OfWorkflow() && explains(cfg, moments) {
			ids = append(ids, m.ID+" ("+m.Rule+")")
		}
	}
	return ids
}

func explains(cfg WorkflowConfig, moments []moment) bool {
	w := NewWorkflow(cfg)
	for _, m := range moments {
		if m.event == nil {
			w.PowerOff()
			continue
		}
		if DiffEffects(m.effects, w.Step(m.now, m.event)) != "" {
			return false
		}
		if next, ok := w.Next(); ok != m.scheduled || !next.Equal(m.next) {
			return false
		}
		if m.status != nil && (*m.status != w.Status() || !sameRecords(m.baseline, w.baseline)) {
			return false
		}
	}
	return true
}
