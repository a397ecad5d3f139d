package runner

import (
	"encoding/json"
	"io"
)

// JSONFormat is the version of the form that [Report.WriteJSON] writes.
const JSONFormat = 1

// jsonReport is a report for machines.
type jsonReport struct {
	Format   int          `json:"format"`
	OK       bool         `json:"ok"`
	Verdict  string       `json:"verdict"`
	Subject  Hello        `json:"subject"`
	Total    Counts       `json:"total"`
	Table    []Row        `json:"table"`
	Results  []jsonResult `json:"results"`
	Faults   []Fault      `json:"faults"`
	GivenUp  []string     `json:"given_up"`
	Warnings []string     `json:"warnings"`
}

// jsonResult is a result for machines. What was asked and wanted is given for
// failures of every kind only.
type jsonResult struct {
	ID          string          `json:"id"`
	Topic       string          `json:"topic"`
	Rule        string          `json:"rule"`
	Outcome     Outcome         `json:"outcome"`
	Why         string          `json:"why,omitempty"`
	Failure     string          `json:"failure,omitempty"`
	Misdeed     *SubjectError   `json:"misdeed,omitempty"`
	Differences []Difference    `json:"differences,omitempty"`
	Request     json.RawMessage `json:"request,omitempty"`
	Want        json.RawMessage `json:"want,omitempty"`
	Got         json.RawMessage `json:"got,omitempty"`
	ElapsedUS   int64           `json:"elapsed_us"`
}

// WriteJSON writes the report as one JSON object.
func (r *Report) WriteJSON(w io.Writer) error {
	out := jsonReport{
		Format: JSONFormat, OK: r.OK(), Verdict: r.Verdict(), Subject: r.Subject, Total: r.Total(), Table: r.Table(),
		Results: make([]jsonResult, 0, len(r.Results)),
		Faults:  append([]Fault{}, r.Faults...), GivenUp: append([]string{}, r.GivenUp...), Warnings: append([]string{}, r.Warnings...),
	}
	for i := range r.Results {
		res := &r.Results[i]
		j := jsonResult{
			ID: res.Vector.ID, Topic: res.Vector.Topic, Rule: res.Vector.Rule, Outcome: res.Outcome, Why: res.Why,
			Failure: res.Failure, Misdeed: res.Misdeed, Differences: res.Differences, ElapsedUS: res.Elapsed.Microseconds(),
		}
		if res.Asked && (res.Outcome != Passed) {
			j.Request, j.Want, j.Got = json.RawMessage(res.Request()), res.Vector.Want, res.Got
		}
		out.Results = append(out.Results, j)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(out)
}
