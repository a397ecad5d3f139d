package runner

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Outcome is what became of a vector.
type Outcome string

// The outcomes.
const (
	Passed   Outcome = "passed"
	Failed   Outcome = "failed"
	Declared Outcome = "declared"         // the subject has declared another choice
	Expected Outcome = "expected_failure" // it failed, as was expected
	NotAsked Outcome = "not_asked"
)

// Result is what became of one vector.
type Result struct {
	Vector  Vector
	Outcome Outcome
	// Asked says that the subject was asked.
	Asked bool
	// Got is the answer, nil when there was none.
	Got json.RawMessage
	// Differences are where it is not the wanted one.
	Differences []Difference
	// Failure is why there is no answer when the subject went on.
	Failure string
	// Misdeed is what the subject did wrong instead of, or after, answering.
	Misdeed *SubjectError
	// Why says more of the outcome; it may be empty.
	Why string
	// Elapsed is how long the answer took.
	Elapsed time.Duration
}

// Request is the request as a subject is sent it, without the line end.
func (r *Result) Request() string {
	return strings.TrimSuffix(string(requestLine(1, r.Vector.Op, r.Vector.In)), "\n")
}

// right reports whether the subject gave the wanted answer and behaved.
func (r *Result) right() bool {
	return r.Asked && r.Failure == "" && r.Misdeed == nil && len(r.Differences) == 0
}

// notAsked says why a vector is not asked.
func (r *Result) notAsked(why string) { r.Outcome, r.Why = NotAsked, why }

// Fault is a misdeed that belongs to no vector.
type Fault struct {
	Misdeed *SubjectError `json:"misdeed"`
	// Last is the id of the vector that was asked last, empty for none.
	Last string `json:"last,omitempty"`
}

// Report is what came of a run.
type Report struct {
	Subject Hello
	// Results are all vectors in the order in which they were given.
	Results []Result
	// Faults are misdeeds that belong to no vector. Each is a failure.
	Faults []Fault
	// GivenUp says what was not asked to the end. Each is a failure.
	GivenUp []string
	// Warnings are no failures.
	Warnings []string
}

// Counts are numbers of vectors by outcome.
type Counts struct {
	Passed   int `json:"passed"`
	Failed   int `json:"failed"`
	Declared int `json:"declared"`
	Expected int `json:"expected_failures"`
	NotAsked int `json:"not_asked"`
}

// add counts an outcome.
func (c *Counts) add(o Outcome) {
	switch o {
	case Passed:
		c.Passed++
	case Failed:
		c.Failed++
	case Declared:
		c.Declared++
	case Expected:
		c.Expected++
	case NotAsked:
		c.NotAsked++
	}
}

// Row is a line of the table: a topic, or a rule within a topic.
type Row struct {
	Topic string `json:"topic"`
	// Rule is empty in the row of the whole topic.
	Rule string `json:"rule,omitempty"`
	Counts
}

// Total counts all vectors.
func (r *Report) Total() Counts {
	var c Counts
	for i := range r.Results {
		c.add(r.Results[i].Outcome)
	}
	return c
}

// Table is the results by topic and rule, in the order of the topics: first
// the row of the topic, then those of its rules.
func (r *Report) Table() []Row {
	var rows []Row
	place := make(map[[2]string]int)
	row := func(topic, rule string) *Counts {
		key := [2]string{topic, rule}
		i, ok := place[key]
		if !ok {
			i = len(rows)
			place[key] = i
			rows = append(rows, Row{Topic: topic, Rule: rule})
		}
		return &rows[i].Counts
	}
	for i := range r.Results {
		res := &r.Results[i]
		row(res.Vector.Topic, "").add(res.Outcome)
		row(res.Vector.Topic, res.Vector.Rule).add(res.Outcome)
	}
	slices.SortStableFunc(rows, func(a, b Row) int {
		if d := compareTopics(a.Topic, b.Topic); d != 0 {
			return d
		}
		return compareRules(a.Rule, b.Rule)
	})
	return rows
}

// compareRules orders rules by group and number; none comes first.
func compareRules(a, b string) int {
	split := func(rule string) (group string, n int) {
		group, number, _ := strings.Cut(rule, "-")
		_, _ = fmt.Sscan(number, &n)
		return group, n
	}
	ga, na := split(a)
	gb, nb := split(b)
	if d := strings.Compare(ga, gb); d != 0 {
		return d
	}
	return na - nb
}

// OK reports whether everything passed that had to.
func (r *Report) OK() bool {
	return r.Total().Failed == 0 && len(r.Faults) == 0 && len(r.GivenUp) == 0
}

// settle works out the outcomes of the vectors that were asked.
func (r *Report) settle(expectFail []string) {
	for i := range r.Results {
		res := &r.Results[i]
		if !res.Asked {
			continue
		}
		expected := slices.Contains(expectFail, res.Vector.ID)
		differs := slices.IndexFunc(res.Vector.Flags, func(rule string) bool { return slices.Contains(r.Subject.Differs, rule) })
		switch {
		case expected && res.right():
			res.Outcome, res.Why = Failed, "it is expected to fail and passes: take it off the list of expected failures"
		case expected:
			res.Outcome = Expected
		case differs >= 0 && res.Misdeed == nil:
			res.Outcome, res.Why = Declared, "the subject differs in "+res.Vector.Flags[differs]
		case res.right():
			res.Outcome = Passed
		default:
			res.Outcome = Failed
		}
	}
}
