package runner

import (
	"fmt"
	"io"
	"strings"
)

const (
	// maxShownDifferences is how many differences a failure shows.
	maxShownDifferences = 20
	// maxShownText is the most bytes of a request or answer that it shows.
	maxShownText = 20_000
)

// WriteText writes the report for a person: a table by topic and rule, what
// needs no attention in a line each, and then every failure in full.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "subject: %s %s\n\n", r.Subject.Name, r.Subject.Version)
	r.writeTable(&b)
	for _, warning := range r.Warnings {
		fmt.Fprintf(&b, "\nwarning: %s\n", warning)
	}
	r.writeList(&b, Declared, "Declared differences")
	r.writeList(&b, Expected, "Expected failures")
	for i := range r.Results {
		if r.Results[i].Outcome == Failed {
			b.WriteString("\n")
			b.WriteString(r.Results[i].text())
		}
	}
	for _, f := range r.Faults {
		fmt.Fprintf(&b, "\nFAULT %s\n", f.Misdeed.Kind)
		writeField(&b, "what", f.Misdeed.Detail)
		if f.Last != "" {
			writeField(&b, "after", f.Last)
		}
		writeField(&b, "stderr", f.Misdeed.Stderr)
	}
	for _, why := range r.GivenUp {
		fmt.Fprintf(&b, "\nGIVEN UP: %s\n", why)
	}
	fmt.Fprintf(&b, "\n%s\n", r.Verdict())
	_, err := io.WriteString(w, b.String())
	return err
}

// Verdict is the report in one line.
func (r *Report) Verdict() string {
	c := r.Total()
	text := fmt.Sprintf("%d passed, %d failed, %d declared, %d expected failures, %d not asked", c.Passed, c.Failed, c.Declared, c.Expected, c.NotAsked)
	if n := len(r.Faults); n == 1 {
		text += ", 1 fault"
	} else if n > 1 {
		text += fmt.Sprintf(", %d faults", n)
	}
	if r.OK() {
		return "ok: " + text
	}
	return "FAILED: " + text
}

// writeTable writes the table.
func (r *Report) writeTable(w io.Writer) {
	const form = "%-*s  %6v  %6v  %8v  %8v  %9v\n"
	rows := append(r.Table(), Row{Topic: "all", Counts: r.Total()})
	names := make([]string, len(rows))
	width := len("topic, rule")
	for i, row := range rows {
		names[i] = row.Topic
		if row.Rule != "" {
			names[i] = "  " + row.Rule
		}
		width = max(width, len(names[i]))
	}
	fmt.Fprintf(w, form, width, "topic, rule", "passed", "failed", "declared", "expected", "not asked")
	for i, c := range rows {
		fmt.Fprintf(w, form, width, names[i], c.Passed, c.Failed, c.Declared, c.Expected, c.NotAsked)
	}
}

// writeList lists the vectors of an outcome by id.
func (r *Report) writeList(w io.Writer, o Outcome, title string) {
	first := true
	for i := range r.Results {
		res := &r.Results[i]
		if res.Outcome != o {
			continue
		}
		if first {
			fmt.Fprintf(w, "\n%s:\n", title)
			first = false
		}
		fmt.Fprintf(w, "  %s  %s\n", res.Vector.ID, res.remark())
	}
}

// remark says in one line what was wrong with an answer.
func (r *Result) remark() string {
	text := "as wanted"
	switch {
	case r.Misdeed != nil:
		text = r.Misdeed.Error()
	case r.Failure != "":
		text = r.Failure
	case len(r.Differences) > 0:
		text = r.Differences[0].String()
	}
	if r.Why != "" {
		text = r.Why + "; " + text
	}
	return shorten(strings.ReplaceAll(text, "\n", " "), maxShownValue)
}

// text is a failure in full.
func (r *Result) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "FAIL %s\n", r.Vector.ID)
	writeField(&b, "rule", fmt.Sprintf("%s, %s of its boundary (topic %s, %s)", r.Vector.Rule, r.Vector.Side, r.Vector.Topic, r.Vector.File))
	writeField(&b, "note", r.Vector.Note)
	writeField(&b, "why", r.Why)
	writeField(&b, "failure", r.Failure)
	if r.Misdeed != nil {
		writeField(&b, "misdeed", r.Misdeed.Error())
	}
	for i, d := range r.Differences {
		if i == maxShownDifferences {
			writeField(&b, "differs", fmt.Sprintf("in %d more places", len(r.Differences)-i))
			break
		}
		writeField(&b, "differs", d.String())
	}
	writeField(&b, "request", shorten(r.Request(), maxShownText))
	writeField(&b, "want", shorten(string(formatValue(r.Vector.Want)), maxShownText))
	if r.Got != nil {
		writeField(&b, "got", shorten(string(r.Got), maxShownText))
	} else {
		writeField(&b, "got", "no answer")
	}
	if r.Misdeed != nil {
		writeField(&b, "stderr", r.Misdeed.Stderr)
	}
	return b.String()
}

// writeField writes a named value, and nothing for an empty one.
func writeField(b *strings.Builder, name, value string) {
	if value == "" {
		return
	}
	indent := "\n  " + strings.Repeat(" ", 9)
	fmt.Fprintf(b, "  %-8s %s\n", name, strings.ReplaceAll(value, "\n", indent))
}
