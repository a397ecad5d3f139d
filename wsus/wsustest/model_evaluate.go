package wsustest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
)

// UnmodelledError says what [Model.Evaluate] was asked about and does not
// know.
type UnmodelledError struct {
	// What it does not know, sorted: the names of rules, and other things in
	// words.
	What []string
}

// Error lists what is not known.
func (e *UnmodelledError) Error() string {
	return "wsustest: the model does not know " + strings.Join(e.What, ", ")
}

// tri is a value of three-valued logic, ordered so that And is the least of
// its operands, Or the greatest, and Not turns it round.
type tri int

const (
	no tri = iota
	unknown
	yes
)

func not(v tri) tri { return yes - v }

func triOf(b bool) tri {
	if b {
		return yes
	}
	return no
}

// all is the conjunction, yes of nothing.
func all(values ...tri) tri { return slices.Min(append(values, yes)) }

// any of the values; no of nothing.
func some(values ...tri) tri { return slices.Max(append(values, no)) }

// judge decides the rules of an update on a machine.
type judge struct {
	machine document
	update  *wsus.Update
	// targets are the current subkeys of the loops around a rule, the
	// innermost last.
	targets []registryPath
	// unmodelled is what the model was asked about and does not know.
	unmodelled map[string]bool
}

// newJudge reads the machine from its document's JSON form.
func newJudge(machine *applicability.Document) (*judge, error) {
	data, err := json.Marshal(machine)
	if err != nil {
		return nil, fmt.Errorf("wsustest: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	j := &judge{update: &wsus.Update{}, unmodelled: map[string]bool{}}
	if err := decoder.Decode(&j.machine); err != nil {
		return nil, fmt.Errorf("wsustest: %w", err)
	}
	return j, nil
}

// refused is the error for what is not modelled, nil when there was nothing.
func (j *judge) refused() error {
	if len(j.unmodelled) == 0 {
		return nil
	}
	return &UnmodelledError{What: slices.Sorted(maps.Keys(j.unmodelled))}
}

// Evaluate is the reference of the evaluator of package applicability, with
// the zero Config but for the facts, which are those of the document: the
// records that a scan reports, sorted by id, and the count of every rule that
// could not be evaluated. Of several revisions of an update the highest counts.
//
// It reads the document in its JSON form and decides each rule by itself, each
// time anew. It knows all rules of [applicability.Vocabulary] but the six that
// read the Metadata section of an update: MsiPatchInstalled,
// MsiPatchSuperseded, MsiPatchInstallable, MsiApplicationInstalled,
// MsiApplicationSuperseded and MsiApplicationInstallable. It knows no bounds: a
// catalogue whose rules are nested more than 128 deep, whose RegKeyLoops visit
// more subkeys than fit in memory, or whose prerequisites go in circles of more
// than 1,024 updates is beyond it. In WQL it compares no numbers that are so
// near to each other that floating point of 64 bits does not tell them apart,
// unless both are whole; none written with an exponent of more than two digits;
// no text in hexadecimal, with a point before all digits, or of more than 40
// digits with a number; and no property that is not whole with text.
//
// What it does not know it refuses with an [*UnmodelledError], and then
// returns nothing else: it never guesses. The only other error is that of a
// document that is too large.
func (m Model) Evaluate(updates []wsus.Update, machine *applicability.Document) ([]compliance.Record, map[string]int, error) {
	j, err := newJudge(machine)
	if err != nil {
		return nil, nil, err
	}
	c := newClient(j, updates)
	unsupported := map[string]int{}
	for _, id := range c.ids {
		u := c.updates[id]
		j.update = u
		for _, section := range [][]wsus.Rule{u.Rules.IsInstalled, u.Rules.IsSuperseded, u.Rules.IsInstallable} {
			for i := range section {
				j.count(&section[i], 1, unsupported)
			}
		}
	}
	records := c.report()
	if err := j.refused(); err != nil {
		return nil, nil, err
	}
	if len(unsupported) == 0 {
		unsupported = nil
	}
	return records, unsupported, nil
}

// Rule is the value of a single rule, outside any update, as
// [applicability.ExplainRule] finds it. What the model does not know it
// refuses, as [Model.Evaluate] does.
func (m Model) Rule(rule *wsus.Rule, machine *applicability.Document) (applicability.Value, error) {
	j, err := newJudge(machine)
	if err != nil {
		return applicability.Unknown, err
	}
	if rule == nil {
		return applicability.Unknown, errors.New("wsustest: no rule")
	}
	j.count(rule, 1, map[string]int{})
	v := j.value(rule)
	if err := j.refused(); err != nil {
		return applicability.Unknown, err
	}
	return map[tri]applicability.Value{no: applicability.False, unknown: applicability.Unknown, yes: applicability.True}[v], nil
}
